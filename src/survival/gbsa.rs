//! `gbsa`: gradient boosting of regression trees under censoring.

use ndarray::ArrayView2;
use rand::RngExt;
use rand::seq::index::sample;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::boosting_loss::{BoostingLoss, LossOfFollowUp};
use super::cox::baseline::CumulativeHazard;
use super::cox_learner::not_estimable;
use super::error::check_follow_up;
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::training::{complete, freeze, refuse, same_columns, thaw};
use crate::learn::tree::fitted::importance;
use crate::learn::tree::{Criterion, Growth, Ranks, Tree, TreeEnsemble, grow};
use crate::learn::{FitError, Learner, Model, Task};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Censored, Outcome, Prediction, SurvivalCurves};

pub struct GradientBoostingSurvival;

static CARD: Card = Card {
    name: "gbsa",
    title: "Gradient boosting survival analysis",
    role: Role::Learner,
    endpoints: &[EndpointKind::Survival],
    parameters: &[
        Parameter {
            name: "trees",
            domain: Domain::Integer { low: 1, high: 100_000 },
            default: Initial::Integer(100),
            summary: "Number of trees.",
        },
        Parameter {
            name: "learning_rate",
            domain: Domain::RealOpen { low: 0.0, high: 10.0 },
            default: Initial::Real(0.1),
            summary: "Factor of each tree (shrinkage).",
        },
        Parameter {
            name: "depth",
            domain: Domain::Integer { low: 1, high: 100 },
            default: Initial::Integer(3),
            summary: "Greatest depth of a tree.",
        },
        Parameter {
            name: "subsample",
            domain: Domain::Real { low: 0.01, high: 1.0 },
            default: Initial::Real(1.0),
            summary: "Patients drawn without replacement for each tree, as a share of all.",
        },
        Parameter {
            name: "features",
            domain: Domain::Integer { low: 1, high: i64::MAX },
            default: Initial::Derived("all features"),
            summary: "Features drawn at each node.",
        },
        Parameter {
            name: "split",
            domain: Domain::Integer { low: 2, high: i64::MAX },
            default: Initial::Integer(2),
            summary: "A node with fewer patients is a leaf.",
        },
        Parameter {
            name: "leaf",
            domain: Domain::Integer { low: 1, high: i64::MAX },
            default: Initial::Integer(1),
            summary: "Each side of a split keeps at least so many patients.",
        },
        Parameter {
            name: "loss",
            domain: Domain::Choice(&["coxph", "squared", "ipcwls"]),
            default: Initial::Choice("coxph"),
            summary: "Partial likelihood, squared residuals of log time, or those weighted for censoring.",
        },
        Parameter {
            name: "dropout",
            domain: Domain::Real { low: 0.0, high: 0.99 },
            default: Initial::Real(0.0),
            summary: "Chance of each earlier tree to be left out while the next is grown.",
        },
        Parameter {
            name: "patience",
            domain: Domain::Integer { low: 1, high: 100_000 },
            default: Initial::Derived("no early stopping"),
            summary: "Stops when so many trees in a row did not lower the loss of the patients left out of their draws.",
        },
    ],
    summary: "Boosting of small regression trees along the gradient of the partial likelihood.",
    documentation: "\
The score `f` starts at 0. Each round grows a regression tree of limited depth by squared error on the negative gradient
of the loss and adds it with the factor `learning_rate`; a leaf is the mean of its gradients, without a line search.

- `coxph`: minus the Breslow log partial likelihood, with the negative gradient

  `delta_i - exp(f_i) sum_{t_k <= T_i} d_k / sum_{j at risk at t_k} exp(f_j)`.

  The risk score is `f`, a log hazard ratio; survival is `exp(-H0(t) exp(f))` with Breslow's baseline of the training
  patients. Late entry is taken into the at-risk sets.
- `squared`: half the squared residuals of log time, `log T_i - f_i`, which count for the censored only where positive.
- `ipcwls`: squared residuals of log time of the patients with the event, weighted by `1 / G(T_i)`, with `G` the
  probability of not being censored by then (reverse Kaplan-Meier).

With the last two `f` is a log time, the risk score is `-f`, and there is no survival curve. Competing events count as
censored.

Follows scikit-survival's `GradientBoostingSurvivalAnalysis`. Two differences are on purpose: the partial likelihood and
its gradient take the case weights, and the trees of `ipcwls` take the censoring weights, both of which scikit-survival
leaves out there. `subsample` below 1 is stochastic gradient boosting. With `dropout` each earlier tree is left out of the
gradient with that chance, at least one of them; with `k` left out the new tree counts `1 / (k + 1)` and each of those
`k / (k + 1)`, as Vinayak and Gilad-Bachrach do.

`patience` stops early by what every draw leaves out: a tree's out-of-bag improvement is the loss of those patients before
it minus after it. Once the last `patience` improvements sum to no more than 0, growing stops and those trees are taken
back. It wants `subsample` below 1 and no dropout.

Importance is the decrease of squared error, averaged over trees and scaled to sum 1.",
    references: &[
        "Ridgeway G. The state of boosting. Computing Science and Statistics 1999;31:172-181.",
        "Friedman JH. Stochastic gradient boosting. Comput Stat Data Anal 2002;38:367-78.",
        "Hothorn T, Buhlmann P, Dudoit S, Molinaro A, van der Laan MJ. Survival ensembles. Biostatistics 2006;7:355-73.",
        "Vinayak RK, Gilad-Bachrach R. DART: dropouts meet multiple additive regression trees. AISTATS 2015.",
    ],
    example: "gbsa(clinical, trees = 200, learning_rate = 0.05, depth in (1, 2, 3), subsample = 0.5)",
};

/// The fitted model: `learning rate x sum of trees`, a log hazard ratio or a log time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BoostedSurvivalTrees {
    /// With the factors of dropout in their values.
    pub trees: Vec<Tree>,
    pub learning_rate: f64,
    pub features: usize,
    pub loss: BoostingLoss,
    /// Loss of the training patients after each tree.
    pub training_loss: Vec<f64>,
    /// Cumulative hazard of `f = 0`; `None` for the losses of time.
    pub baseline: Option<CumulativeHazard>,
}

/// Explains the risk, so the trees of a log time count with the opposite sign.
impl TreeEnsemble for BoostedSurvivalTrees {
    fn trees(&self) -> &[Tree] {
        &self.trees
    }

    fn base(&self) -> f64 {
        0.0
    }

    fn scale(&self) -> f64 {
        if self.loss.is_of_time() { -self.learning_rate } else { self.learning_rate }
    }
}

/// Trees left out of the next gradient, at least one of them, in ascending order.
fn left_out(trees: usize, chance: f64, rng: &mut impl rand::Rng) -> Vec<usize> {
    let drawn: Vec<usize> = (0..trees).filter(|_| rng.random::<f64>() < chance).collect();
    if drawn.is_empty() { vec![rng.random_range(0..trees)] } else { drawn }
}

impl Learner for GradientBoostingSurvival {
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
        let Outcome::Survival(outcome) = task.outcome else {
            return Err(FitError::WrongEndpoint { learner: CARD.name, kind: task.outcome.kind() });
        };
        complete(task, CARD.name)?;
        check_follow_up(outcome).map_err(|error| not_estimable(CARD.name, error))?;
        let loss = BoostingLoss::named(settings.choice("loss"));
        let objective =
            LossOfFollowUp::new(loss, outcome, task.weights).map_err(|error| not_estimable(CARD.name, error))?;
        let (rows, features) = task.x.dim();
        let growth = Growth {
            criterion: Criterion::SquaredError,
            depth: settings.count("depth"),
            split: settings.count("split"),
            leaf: settings.count("leaf"),
            features: settings.count_if_given("features").unwrap_or(features).min(features),
        };
        let drawn = ((settings.real("subsample") * rows as f64) as usize).max(1);
        let rate = settings.real("learning_rate");
        let dropout = settings.real("dropout");
        let patience = settings.count_if_given("patience");
        if patience.is_some() && (drawn == rows || dropout > 0.0) {
            let reason =
                "`patience` judges by the patients that a draw leaves out: take `subsample` below 1 and no dropout";
            return Err(refuse(CARD.name, reason));
        }
        let mut improvements: Vec<f64> = Vec::new();
        let ranks = Ranks::new(task.x);
        let candidates: Vec<u32> = (0..features as u32).collect();
        let data: Vec<f64> = task.x.iter().copied().collect();
        let mut score = vec![0.0; rows];
        let mut residual = vec![0.0; rows];
        let mut model = BoostedSurvivalTrees {
            trees: Vec::new(),
            learning_rate: rate,
            features,
            loss,
            training_loss: Vec::new(),
            baseline: None,
        };
        // Factors of the trees, and each tree's values of the training rows: only dropout needs them again.
        let mut factors: Vec<f64> = Vec::new();
        let mut values: Vec<Vec<f64>> = Vec::new();
        for round in 0..settings.count("trees") {
            watch.check()?;
            let mut rng = stream.indexed(round as u64).rng();
            let out = if dropout > 0.0 && round > 0 { left_out(round, dropout, &mut rng) } else { Vec::new() };
            if !out.is_empty() {
                score.fill(0.0);
                for tree in (0..round).filter(|tree| out.binary_search(tree).is_err()) {
                    add(&mut score, rate * factors[tree], &values[tree]);
                }
            }
            objective.residuals(&score, &mut residual);
            let mut weights = objective.weights().to_vec();
            let mut outside: Vec<usize> = Vec::new();
            if drawn < rows {
                let mut inside = vec![None; rows];
                for row in sample(&mut rng, rows, drawn) {
                    inside[row] = Some(weights[row]);
                }
                if patience.is_some() {
                    outside = (0..rows).filter(|row| inside[*row].is_none()).collect();
                }
                weights = inside.into_iter().map(Option::unwrap_or_default).collect();
            }
            let before = loss_among(loss, task, outcome, &outside, &score);
            if weights.iter().all(|weight| *weight <= 0.0) {
                let reason = "a draw of patients had no weight; take a larger share by `subsample`";
                return Err(refuse(CARD.name, reason));
            }
            let tree = grow(&ranks, &residual, &weights, &candidates, &growth, &mut rng);
            let fitted: Vec<f64> = data.chunks_exact(features).map(|row| tree.predict(row)).collect();
            let factor = 1.0 / (out.len() as f64 + 1.0);
            for dropped in &out {
                factors[*dropped] *= out.len() as f64 * factor;
                add(&mut score, rate * factors[*dropped], &values[*dropped]);
            }
            add(&mut score, rate * factor, &fitted);
            let value = objective.value(&score);
            if !value.is_finite() || score.iter().any(|score| !score.is_finite()) {
                return Err(refuse(CARD.name, "the boosted score overflows; take a smaller `learning_rate`"));
            }
            model.trees.push(tree);
            model.training_loss.push(value);
            if dropout > 0.0 {
                factors.push(factor);
                values.push(fitted);
            }
            watch.advance(CARD.name, 1);
            if let Some(patience) = patience {
                let after = loss_among(loss, task, outcome, &outside, &score);
                // A draw that leaves out nobody with the event says nothing.
                improvements.push(before.zip(after).map_or(0.0, |(before, after)| before - after));
                if improvements.len() >= patience && improvements.iter().rev().take(patience).sum::<f64>() <= 0.0 {
                    let kept = model.trees.len() - patience;
                    model.trees.truncate(kept);
                    model.training_loss.truncate(kept);
                    break;
                }
            }
        }
        for (tree, factor) in model.trees.iter_mut().zip(&factors) {
            tree.value.iter_mut().for_each(|value| *value *= factor);
        }
        if loss == BoostingLoss::PartialLikelihood {
            let baseline = objective.likelihood().baseline(&model.scores(task.x)?);
            if !baseline.is_finite() {
                return Err(refuse(CARD.name, "the baseline hazard overflows; take a smaller `learning_rate`"));
            }
            model.baseline = Some(baseline);
        }
        Ok(Box::new(model))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let model: BoostedSurvivalTrees = thaw(frozen)?;
        let reason = if !model.trees.iter().all(|tree| tree.is_sound(model.features)) {
            "its trees are not trees"
        } else if !model.baseline.as_ref().is_none_or(CumulativeHazard::is_sound) {
            "its parts have different lengths"
        } else {
            return Ok(Box::new(model));
        };
        Err(FitError::Frozen { reason: reason.to_owned() })
    }
}

/// The loss of some patients among themselves; `None` where they have no event.
fn loss_among(loss: BoostingLoss, task: &Task<'_>, outcome: &Censored, rows: &[usize], score: &[f64]) -> Option<f64> {
    if rows.is_empty() {
        return None;
    }
    let weights: Option<Vec<f64>> = task.weights.map(|weights| rows.iter().map(|row| weights[*row]).collect());
    let objective = LossOfFollowUp::new(loss, &outcome.select(rows), weights.as_deref()).ok()?;
    let score: Vec<f64> = rows.iter().map(|row| score[*row]).collect();
    Some(objective.value(&score)).filter(|value| value.is_finite())
}

fn add(score: &mut [f64], factor: f64, values: &[f64]) {
    score.iter_mut().zip(values).for_each(|(score, value)| *score += factor * value);
}

impl BoostedSurvivalTrees {
    /// `f` of each row: a log hazard ratio, or a log time.
    ///
    /// # Errors
    /// [`FitError::Shape`], [`FitError::Missing`].
    pub fn scores(&self, x: ArrayView2<'_, f64>) -> Result<Vec<f64>, FitError> {
        same_columns(x, self.features, CARD.name)?;
        let mut row = vec![0.0; self.features];
        Ok(x.rows()
            .into_iter()
            .map(|values| {
                row.iter_mut().zip(values).for_each(|(to, from)| *to = *from);
                self.trees.iter().fold(0.0, |sum, tree| sum + self.learning_rate * tree.predict(&row))
            })
            .collect())
    }
}

impl Model for BoostedSurvivalTrees {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        let mut scores = self.scores(x)?;
        if self.loss.is_of_time() {
            scores.iter_mut().for_each(|score| *score = -*score);
        }
        Ok(Prediction::Risk(scores))
    }

    fn curves(&self, x: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        let scores = self.scores(x)?;
        Ok(self.baseline.as_ref().map(|baseline| baseline.curves(&scores, times)))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        Some(importance(self.trees.iter(), self.features))
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;
    use crate::learn::training::testing::two_classes;
    use crate::stats::Censored;
    use ndarray::Array2;

    fn cohort(rows: usize) -> (Array2<f64>, Vec<String>, Censored) {
        let (x, names, _) = two_classes(rows, 4, 21);
        let time = (0..rows)
            .map(|row| {
                let u = ((row * 37) % rows) as f64 / rows as f64;
                ((-(1.0 - u).ln()) * (-0.9 * x[[row, 0]] + 0.6 * x[[row, 1]]).exp() * 10.0).ceil().max(1.0)
            })
            .collect();
        let event = (0..rows).map(|row| u8::from(row % 4 != 0)).collect();
        (x, names, Censored::new(time, event))
    }

    fn fitted(
        x: &Array2<f64>,
        outcome: &Censored,
        weights: Option<&[f64]>,
        given: &[(&'static str, Value)],
    ) -> Result<Box<dyn Model>, FitError> {
        let names: Vec<String> = (0..x.ncols()).map(|column| format!("x{column}")).collect();
        let outcome = Outcome::Survival(outcome.clone());
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights };
        let settings = Settings::new(&CARD, given.iter().cloned()).unwrap();
        GradientBoostingSurvival.fit(&task, &settings, &Stream::root(1), &Watch::silent())
    }

    fn text(value: &str) -> Value {
        Value::Text(value.to_owned())
    }

    #[test]
    fn every_loss_ranks_comes_back_and_does_not_mind_threads() {
        let (x, _, outcome) = cohort(80);
        for loss in ["coxph", "squared", "ipcwls"] {
            let given = [
                ("loss", text(loss)),
                ("trees", Value::Integer(30)),
                ("subsample", Value::Real(0.6)),
                ("dropout", Value::Real(0.1)),
            ];
            let model = fitted(&x, &outcome, None, &given).unwrap();
            let risk = model.predict(x.view()).unwrap();
            let (mut concordant, mut pairs) = (0, 0);
            for a in (0..80).filter(|row| outcome.event[*row] == 1) {
                for b in (0..80).filter(|row| outcome.time[*row] > outcome.time[a]) {
                    pairs += 1;
                    concordant += usize::from(risk.scores()[a] > risk.scores()[b]);
                }
            }
            assert!(concordant as f64 > 0.65 * f64::from(pairs), "{loss}: {concordant} of {pairs}");
            let thawed =
                GradientBoostingSurvival.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
            assert_eq!(thawed.predict(x.view()).unwrap(), risk);
            let times = [0.5, 5.0, 1e4];
            let curves = model.curves(x.view(), &times).unwrap();
            assert_eq!(thawed.curves(x.view(), &times).unwrap(), curves);
            assert_eq!(curves.is_some(), loss == "coxph");
            assert!(curves.is_none_or(|curves| {
                curves.survival.column(0).iter().all(|s| *s == 1.0)
                    && curves.survival.rows().into_iter().all(|row| row[1] >= row[2] && row[2] >= 0.0)
            }));
            let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
            assert_eq!(pool.install(|| fitted(&x, &outcome, None, &given)).unwrap().predict(x.view()).unwrap(), risk);
            assert!((model.importance().unwrap().iter().sum::<f64>() - 1.0).abs() < 1e-9);
            assert!(matches!(model.predict(x.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
        }
    }

    #[test]
    fn each_tree_lowers_the_loss_and_a_weight_of_two_is_a_patient_twice() {
        let (x, _, outcome) = cohort(40);
        let given = [("trees", Value::Integer(5))];
        let weights: Vec<f64> = (0..40).map(|row| if row % 3 == 0 { 2.0 } else { 1.0 }).collect();
        let twice: Vec<usize> = (0..40).flat_map(|row| vec![row; weights[row] as usize]).collect();
        let weighted = fitted(&x, &outcome, Some(&weights), &given).unwrap();
        let repeated = fitted(&x.select(ndarray::Axis(0), &twice), &outcome.select(&twice), None, &given).unwrap();
        let (ours, theirs) = (weighted.predict(x.view()).unwrap(), repeated.predict(x.view()).unwrap());
        for (ours, theirs) in ours.scores().iter().zip(theirs.scores()) {
            assert!((ours - theirs).abs() < 1e-9, "{ours} {theirs}");
        }
        let model = weighted.as_any().downcast_ref::<BoostedSurvivalTrees>().unwrap();
        assert!(model.training_loss.windows(2).all(|pair| pair[1] < pair[0]));
    }

    #[test]
    fn patience_stops_early_and_wants_patients_left_out() {
        let (x, _, outcome) = cohort(80);
        let given = |patience: i64, subsample: f64| {
            [
                ("trees", Value::Integer(400)),
                ("subsample", Value::Real(subsample)),
                ("patience", Value::Integer(patience)),
            ]
        };
        let model = fitted(&x, &outcome, None, &given(15, 0.5)).unwrap();
        let trees = model.as_any().downcast_ref::<BoostedSurvivalTrees>().unwrap().trees.len();
        assert!(trees < 385, "{trees}");
        assert!(fitted(&x, &outcome, None, &given(15, 1.0)).err().unwrap().to_string().contains("subsample"));
    }

    #[test]
    fn degenerate_input_is_an_error_or_a_constant() {
        let (x, names, outcome) = cohort(20);
        let none = Censored::new(outcome.time.clone(), vec![0; 20]);
        for loss in ["coxph", "squared", "ipcwls"] {
            let error = fitted(&x, &none, None, &[("loss", text(loss))]).err().unwrap().to_string();
            assert!(error.contains("no events"), "{error}");
            let flat = Array2::ones((20, 2));
            let model = fitted(&flat, &outcome, None, &[("loss", text(loss))]).unwrap();
            let risk = model.predict(flat.view()).unwrap();
            assert!(risk.scores().iter().all(|score| *score == risk.scores()[0] && score.is_finite()));
            assert_eq!(model.importance().unwrap(), [0.0, 0.0]);
        }
        let mut late = outcome.clone();
        late.entry = Some(vec![0.0; 20]);
        assert!(fitted(&x, &late, None, &[]).is_ok());
        assert!(fitted(&x, &late, None, &[("loss", text("squared"))]).is_err());
        let mut missing = x.clone();
        missing[[3, 1]] = f64::NAN;
        assert!(matches!(fitted(&missing, &outcome, None, &[]), Err(FitError::Missing { .. })));
        let fast = fitted(&x, &outcome, None, &[("learning_rate", Value::Real(9.9)), ("trees", Value::Integer(300))]);
        assert!(fast.is_err() || fast.unwrap().predict(x.view()).unwrap().scores().iter().all(|f| f.is_finite()));
        let binary = Outcome::Binary(vec![true; 20]);
        let task = Task { x: x.view(), names: &names, outcome: &binary, weights: None };
        let settings = Settings::defaults(&CARD);
        let error = GradientBoostingSurvival.fit(&task, &settings, &Stream::root(1), &Watch::silent());
        assert!(matches!(error, Err(FitError::WrongEndpoint { .. })));
        assert!(GradientBoostingSurvival.thaw(&Json::Null).is_err());
    }
}
