//! `gradient_boosting`: gradient boosting as a learner.

use ndarray::ArrayView2;
use rand::seq::index::sample;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;

use crate::stats::Prediction;

use super::forest::{LEAF, SPLIT, responses};
use super::training::{freeze, logistic, refuse, same_columns, thaw};
use super::tree::{Criterion, Growth, Ranks, Tree, TreeEnsemble, grow};

use super::seam::{FitError, Learner, Model, Task};

pub struct GradientBoosting;

static CARD: Card = Card {
    name: "gradient_boosting",
    title: "Gradient boosting",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary, EndpointKind::Continuous],
    parameters: &[
        Parameter {
            name: "rounds",
            domain: Domain::Integer { low: 1, high: 100_000 },
            default: Initial::Integer(100),
            summary: "Number of trees.",
        },
        Parameter {
            name: "rate",
            domain: Domain::RealOpen { low: 0.0, high: 10.0 },
            default: Initial::Real(0.1),
            summary: "Factor of each tree (shrinkage).",
        },
        Parameter {
            name: "depth",
            domain: Domain::Integer { low: 1, high: 100 },
            default: Initial::Integer(3),
            summary: "Depth of each tree.",
        },
        LEAF,
        SPLIT,
        Parameter {
            name: "rows",
            domain: Domain::Real { low: 0.01, high: 1.0 },
            default: Initial::Real(1.0),
            summary: "Patients drawn without replacement for each tree, as a share of all.",
        },
        Parameter {
            name: "features",
            domain: Domain::Real { low: 0.001, high: 1.0 },
            default: Initial::Real(1.0),
            summary: "Features drawn for each split, as a share of all.",
        },
    ],
    summary: "Boosting of small regression trees along the gradient of the likelihood.",
    documentation: "\
Starts from the log odds of the event (the mean, for a continuous endpoint). Each round grows a regression tree of
limited depth on the negative gradient of the loss, `y - p` (`y - f`), by squared error; for a binary endpoint each leaf
takes one Newton step, `sum w (y - p) / sum w p (1 - p)`, and the tree is added with the factor `rate`, as scikit-learn's
`GradientBoostingClassifier` (its improvement score of Friedman chooses the same splits as squared error).

`rows` below 1 is stochastic gradient boosting; `features` below 1 draws features anew for each split. See `gtbr` for the
stochastic form as a learner of its own.

Importance is the decrease of squared error, averaged over trees and scaled to sum 1.",
    references: &[
        "Friedman JH. Greedy function approximation: a gradient boosting machine. Ann Stat 2001;29:1189-232.",
        "Friedman JH. Stochastic gradient boosting. Comput Stat Data Anal 2002;38:367-78.",
    ],
    example: "learn gradient_boosting(rounds = 100, depth in (2, 3))",
};

/// The fitted model: `base + rate x sum of trees` on the scale of the log odds or of the endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoostedTrees {
    pub trees: Vec<Tree>,
    pub base: f64,
    pub rate: f64,
    pub features: usize,
    /// Whether the sum is a log odds.
    pub binary: bool,
}

impl TreeEnsemble for BoostedTrees {
    fn trees(&self) -> &[Tree] {
        &self.trees
    }

    fn base(&self) -> f64 {
        self.base
    }

    fn scale(&self) -> f64 {
        self.rate
    }
}

/// Boosts; also the fit of `gtbr`.
pub(super) fn boost(
    task: &Task<'_>,
    settings: &Settings,
    learner: &'static str,
    stream: &Stream,
    watch: &Watch,
) -> Result<BoostedTrees, FitError> {
    let (y, binary) = responses(task, learner)?;
    let (rows, features) = task.x.dim();
    let given = task.weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
    let total: f64 = given.iter().sum();
    let mean = given.iter().zip(&y).map(|(w, y)| w * y).sum::<f64>() / total;
    let base = if binary { (mean / (1.0 - mean)).ln() } else { mean };
    let growth = Growth {
        criterion: Criterion::SquaredError,
        depth: settings.count("depth"),
        split: settings.count("split"),
        leaf: settings.count("leaf"),
        features: ((settings.real("features") * features as f64) as usize).max(1),
    };
    let drawn = ((settings.real("rows") * rows as f64) as usize).max(1);
    let rate = settings.real("rate");
    let ranks = Ranks::new(task.x);
    let candidates: Vec<u32> = (0..features as u32).collect();
    let data: Vec<f64> = task.x.rows().into_iter().flat_map(|row| row.to_vec()).collect();
    let mut score = vec![base; rows];
    let mut gradient = vec![0.0; rows];
    let mut curvature = vec![1.0; rows];
    let mut leaf_of = vec![0; rows];
    let mut model = BoostedTrees { trees: Vec::new(), base, rate, features, binary };
    for round in 0..settings.count("rounds") {
        watch.check()?;
        let mut rng = stream.indexed(round as u64).rng();
        for row in 0..rows {
            if binary {
                let p = logistic(score[row]);
                gradient[row] = y[row] - p;
                curvature[row] = p * (1.0 - p);
            } else {
                gradient[row] = y[row] - score[row];
            }
        }
        let weights = if drawn < rows {
            let mut inside = vec![0.0; rows];
            for row in sample(&mut rng, rows, drawn) {
                inside[row] = given[row];
            }
            inside
        } else {
            given.clone()
        };
        if weights.iter().all(|weight| *weight <= 0.0) {
            return Err(refuse(learner, "a draw of patients had no case weight; take a larger share of `rows`"));
        }
        let mut tree = grow(&ranks, &gradient, &weights, &candidates, &growth, &mut rng);
        for (row, values) in data.chunks_exact(features).enumerate() {
            leaf_of[row] = tree.leaf(values);
        }
        if binary {
            let mut slope = vec![0.0; tree.len()];
            let mut bend = vec![0.0; tree.len()];
            for row in 0..rows {
                slope[leaf_of[row]] += weights[row] * gradient[row];
                bend[leaf_of[row]] += weights[row] * curvature[row];
            }
            for node in 0..tree.len() {
                tree.value[node] = if bend[node] > 1e-150 { slope[node] / bend[node] } else { 0.0 };
            }
            fill_inner_values(&mut tree);
        }
        for row in 0..rows {
            score[row] += rate * tree.value[leaf_of[row]];
        }
        if score.iter().any(|score| !score.is_finite()) {
            return Err(refuse(learner, "the boosted score overflows; take a smaller `rate`"));
        }
        model.trees.push(tree);
        watch.advance(learner, 1);
    }
    Ok(model)
}

/// The value of an inner node is the cover-weighted mean of its leaves, which the explainer needs.
fn fill_inner_values(tree: &mut Tree) {
    for node in (0..tree.len()).rev() {
        if tree.left[node] >= 0 {
            let (left, right) = (tree.left[node] as usize, tree.right[node] as usize);
            tree.value[node] = (tree.cover[left] * tree.value[left] + tree.cover[right] * tree.value[right])
                / (tree.cover[left] + tree.cover[right]);
        }
    }
}

impl GradientBoosting {
    pub(super) fn thawed(frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let model: BoostedTrees = thaw(frozen)?;
        if !model.trees.iter().all(|tree| tree.is_sound(model.features)) {
            return Err(FitError::Frozen { reason: "its trees are not trees".to_owned() });
        }
        Ok(Box::new(model))
    }
}

impl Model for BoostedTrees {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        same_columns(x, self.features, CARD.name)?;
        let scores = x.rows().into_iter().map(|row| {
            let row = row.to_vec();
            self.trees.iter().fold(self.base, |sum, tree| sum + self.rate * tree.predict(&row))
        });
        Ok(if self.binary {
            Prediction::Probability(scores.map(logistic).collect())
        } else {
            Prediction::Value(scores.collect())
        })
    }

    fn importance(&self) -> Option<Vec<f64>> {
        Some(super::tree::fitted::importance(self.trees.iter(), self.features))
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl Learner for GradientBoosting {
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
            pool.install(|| GradientBoosting.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.7, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = GradientBoosting.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }

    // scripts/reference/learn.py: GradientBoostingClassifier, of age alone (no ties).
    #[test]
    fn agrees_with_scikit_learn_on_twelve() {
        let expected = [
            0.24944461196351367,
            0.24944461196351367,
            0.49427638802294005,
            0.24944461196351367,
            0.6304897508194853,
            0.49427638802294005,
            0.5319415878001933,
            0.24944461196351367,
            0.49427638802294005,
            0.49427638802294005,
            0.24944461196351367,
            0.6304897508194853,
        ];
        let given = [("depth", crate::card::Value::Integer(2)), ("rounds", crate::card::Value::Integer(5))];
        let ours = super::super::training::testing::fitted_to_twelve(&GradientBoosting, &given, 1);
        for (ours, theirs) in ours.iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-12, "{ours} {theirs}");
        }
    }
}
