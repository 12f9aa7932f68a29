//! `adaboost`: adaBoost as a learner.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;

use crate::stats::Prediction;

use super::training::{binary, freeze, logistic, refuse, same_columns, thaw};
use super::tree::{Criterion, Growth, Ranks, Tree, grow};

use super::seam::{FitError, Learner, Model, Task};

pub struct AdaBoost;

static CARD: Card = Card {
    name: "adaboost",
    title: "AdaBoost",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary],
    parameters: &[ROUNDS, RATE, STUMP],
    summary: "Boosting by reweighting the rows that were predicted wrong (SAMME).",
    documentation: "\
Discrete AdaBoost for two classes (SAMME with two classes), as scikit-learn's `AdaBoostClassifier`. With weights `w`
that start as the case weights and sum to 1, round `m` grows a tree, its error is `e = sum w [wrong]`, its weight
`a = rate log((1 - e) / e)`, and the weights of the wrong rows are multiplied by `exp(a)`. Boosting stops at a perfect
tree and before one that is no better than chance; if the first is none, the fit is refused.

The score is `d = 2 sum_m a_m h_m / sum_m a_m` with `h` in -1, 1, and the probability `1 / (1 + exp(-d))`: it ranks, but
it lies between 0.12 and 0.88 and is not calibrated; a calibration step or a late fusion mends that.

Importance is the decrease of impurity, averaged over trees by their weights.",
    references: &[
        "Freund Y, Schapire RE. A decision-theoretic generalization of on-line learning and an application to boosting. J Comput Syst Sci 1997;55:119-39.",
        "Zhu J, Zou H, Rosset S, Hastie T. Multi-class AdaBoost. Stat Interface 2009;2:349-60.",
    ],
    example: "learn adaboost(rounds = 100, rate in (0.1, 0.5, 1))",
};

pub(super) const ROUNDS: Parameter = Parameter {
    name: "rounds",
    domain: Domain::Integer { low: 1, high: 100_000 },
    default: Initial::Integer(50),
    summary: "Trees at most.",
};
pub(super) const RATE: Parameter = Parameter {
    name: "rate",
    domain: Domain::RealOpen { low: 0.0, high: 100.0 },
    default: Initial::Real(1.0),
    summary: "Factor of each tree's weight.",
};
pub(super) const STUMP: Parameter = Parameter {
    name: "depth",
    domain: Domain::Integer { low: 1, high: 100 },
    default: Initial::Integer(1),
    summary: "Depth of each tree; 1 is a stump.",
};

/// The fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdaBoostModel {
    pub trees: Vec<Tree>,
    /// Weight of each tree's vote.
    pub weights: Vec<f64>,
    /// Weighted error of each tree on the training rows.
    pub errors: Vec<f64>,
    pub features: usize,
}

impl AdaBoostModel {
    /// The score in -2 .. 2 of each row.
    ///
    /// # Errors
    /// [`FitError::Shape`], [`FitError::Missing`].
    pub fn decision(&self, x: ArrayView2<'_, f64>, learner: &'static str) -> Result<Vec<f64>, FitError> {
        same_columns(x, self.features, learner)?;
        let total: f64 = self.weights.iter().sum();
        Ok(x.rows()
            .into_iter()
            .map(|row| {
                let row = row.to_vec();
                let votes = self.trees.iter().zip(&self.weights);
                let sum: f64 = votes.map(|(tree, w)| if tree.predict(&row) > 0.5 { *w } else { -w }).sum();
                2.0 * sum / total
            })
            .collect())
    }
}

/// Boosts; also the fit of `boosting`.
pub(super) fn boost(
    task: &Task<'_>,
    settings: &Settings,
    learner: &'static str,
    stream: &Stream,
    watch: &Watch,
) -> Result<AdaBoostModel, FitError> {
    let labels = binary(task, learner)?;
    let (rows, features) = task.x.dim();
    let y: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
    let ranks = Ranks::new(task.x);
    let growth = Growth { criterion: Criterion::Gini, depth: settings.count("depth"), ..Growth::default() };
    let candidates: Vec<u32> = (0..features as u32).collect();
    let given = task.weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
    let total: f64 = given.iter().sum();
    let mut weights: Vec<f64> = given.iter().map(|weight| weight / total).collect();
    let mut model = AdaBoostModel { trees: Vec::new(), weights: Vec::new(), errors: Vec::new(), features };
    let data: Vec<Vec<f64>> = task.x.rows().into_iter().map(|row| row.to_vec()).collect();
    let rounds = settings.count("rounds");
    for round in 0..rounds {
        watch.check()?;
        for (weight, given) in weights.iter_mut().zip(&given) {
            if *given > 0.0 {
                *weight = weight.max(f64::EPSILON);
            }
        }
        let tree = grow(&ranks, &y, &weights, &candidates, &growth, &mut stream.indexed(round as u64).rng());
        let wrong: Vec<bool> =
            data.iter().zip(labels).map(|(row, label)| (tree.predict(row) > 0.5) != *label).collect();
        let all: f64 = weights.iter().sum();
        let error = weights.iter().zip(&wrong).filter(|(_, wrong)| **wrong).map(|(w, _)| w).sum::<f64>() / all;
        if error >= 0.5 {
            if model.trees.is_empty() {
                return Err(refuse(learner, "the first tree is no better than chance"));
            }
            break;
        }
        let perfect = error <= 0.0;
        let weight = if perfect { 1.0 } else { settings.real("rate") * ((1.0 - error) / error).ln() };
        model.trees.push(tree);
        model.weights.push(weight);
        model.errors.push(error.max(0.0));
        watch.advance(learner, 1);
        if perfect {
            break;
        }
        for (own, wrong) in weights.iter_mut().zip(&wrong) {
            if *wrong && *own > 0.0 {
                *own = (own.ln() + weight).exp();
            }
        }
        let sum: f64 = weights.iter().sum();
        if !sum.is_finite() || sum <= 0.0 {
            break;
        }
        weights.iter_mut().for_each(|weight| *weight /= sum);
    }
    Ok(model)
}

impl AdaBoost {
    pub(super) fn thawed(frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let model: AdaBoostModel = thaw(frozen)?;
        let sound = !model.trees.is_empty()
            && model.weights.len() == model.trees.len()
            && model.trees.iter().all(|tree| tree.is_sound(model.features));
        if !sound {
            return Err(FitError::Frozen { reason: "its trees are not trees".to_owned() });
        }
        Ok(Box::new(model))
    }
}

impl Model for AdaBoostModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        Ok(Prediction::Probability(self.decision(x, CARD.name)?.into_iter().map(logistic).collect()))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        let mut sum = vec![0.0; self.features];
        for (tree, weight) in self.trees.iter().zip(&self.weights) {
            let own = super::tree::fitted::importance(std::iter::once(tree), self.features);
            sum.iter_mut().zip(own).for_each(|(sum, own)| *sum += weight * own);
        }
        let total: f64 = self.weights.iter().sum();
        Some(sum.into_iter().map(|value| value / total).collect())
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl Learner for AdaBoost {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &Task<'_>,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(boost(task, settings, CARD.name, stream, watch)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        Self::thawed(frozen)
    }
}

#[cfg(test)]
mod tests {
    use super::super::training::testing::{auc, two_classes};
    use super::*;

    #[test]
    fn learns_comes_back_and_does_not_mind_threads() {
        let (x, names, outcome) = two_classes(150, 6, 4);
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let settings = Settings::defaults(&CARD);
        let fit = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| AdaBoost.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.7, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = AdaBoost.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }

    // The agreement with scikit-learn on a real table is in tests/conformance; twelve patients leave
    // equal splits, between which rounding decides.
    #[test]
    fn the_first_round_has_its_closed_form() {
        let (x, names, outcome) = super::super::training::testing::cohort_of_twelve();
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let settings = Settings::new(&CARD, [("rounds", crate::card::Value::Integer(1))]).unwrap();
        let model = boost(&task, &settings, CARD.name, &Stream::root(1), &Watch::silent()).unwrap();
        // The best stump of the cohort is wrong on two of twelve.
        assert!((model.errors[0] - 1.0 / 6.0).abs() < 1e-12);
        assert!((model.weights[0] - 5.0_f64.ln()).abs() < 1e-12);
        let decision = model.decision(x.view(), CARD.name).unwrap();
        assert!(decision.iter().all(|d| d.abs() == 2.0));
    }
}
