//! Penalised multinomial regression: what `elastic_net`, `lasso` and `ridge` fit to a nominal
//! endpoint, as glmnet's `family = "multinomial"`.

use std::sync::Arc;

use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{ClassProbabilities, Outcome, Prediction};

use super::elastic_net::{NetPlan, Strength};
use super::glmnet::cross_validation::{deal, fold_numbers, summarise};
use super::glmnet::multinomial::{MultinomialPath, fit};
use super::glmnet::path::Path;
use super::glmnet::{Control, Lambdas, Measure, Penalty, Rule, Tuned};
use super::seam::{FitError, Model, Task};
use super::training::{freeze, nominal, refuse, same_columns};

/// A coefficient vector for each class, in the symmetric parametrisation: probabilities are
/// `exp(eta_k) / sum exp(eta)`, and a penalty rather than a reference class makes them unique.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MultinomialModel {
    pub levels: Vec<String>,
    /// By class; they sum to zero.
    pub intercepts: Vec<f64>,
    /// By class, one a feature, on the scale of the features as given.
    pub slopes: Vec<Vec<f64>>,
    #[serde(flatten)]
    pub tuned: Tuned,
    learner: String,
}

/// Fits at the strength that the plan asks for.
///
/// # Errors
/// [`FitError::NotEstimable`] with the reason; [`FitError::WrongEndpoint`].
pub(super) fn learn(
    task: &Task<'_>,
    plan: &NetPlan,
    learner: &'static str,
    stream: &Stream,
    watch: &Watch,
) -> Result<MultinomialModel, FitError> {
    let classes = nominal(task, learner)?;
    let count = classes.levels.len();
    if let Some(none) = classes.counts().iter().position(|rows| *rows == 0) {
        return Err(refuse(learner, format!("no training row is of class `{}`", classes.levels[none])));
    }
    let penalty = Penalty { alpha: plan.alpha, factors: plan.factors.clone() };
    let control = Control { standardise: plan.standardise, ..Control::default() };
    let automatic = Lambdas::Automatic { count: plan.lambdas, min_ratio: None };
    let path_of = |x: ArrayView2<'_, f64>, class: &[usize], weights: Option<&[f64]>, lambdas: &Lambdas| {
        fit(x, class, count, weights, &penalty, lambdas, &control, watch)
    };
    let whole = path_of(task.x, &classes.class, task.weights, &automatic)?;
    let (path, tuned) = match &plan.strength {
        Strength::Lambda(lambda) => {
            // Down the automatic path, so that the start is near the end.
            let mut ladder: Vec<f64> = whole.lambda.iter().copied().filter(|value| value > lambda).collect();
            ladder.push(*lambda);
            let path = path_of(task.x, &classes.class, task.weights, &Lambdas::Given(ladder))?;
            if let Some(reason) = path.stopped {
                return Err(refuse(learner, reason));
            }
            (path, Tuned::given(plan.alpha, *lambda))
        }
        Strength::C(_) => return Err(refuse(learner, "`C` is for a binary endpoint; give `lambda`")),
        Strength::Folds { folds, rule, .. } => {
            let tuned = tuned(task, &classes.class, &whole, folds, *rule, &path_of, watch)?;
            (whole, Tuned { alpha: plan.alpha, ..tuned })
        }
        Strength::CrossValidated { folds, rule, .. } => {
            let used = (*folds).min(classes.counts().into_iter().min().unwrap_or(0));
            if used < 2 {
                return Err(refuse(learner, "cross-validation wants two rows of each class"));
            }
            let folds = deal(&classes.class, used, stream);
            let tuned = tuned(task, &classes.class, &whole, &folds, *rule, &path_of, watch)?;
            (whole, Tuned { alpha: plan.alpha, ..tuned })
        }
    };
    let (intercepts, slopes) = at(&path, tuned.lambda, count);
    Ok(MultinomialModel { levels: classes.levels.to_vec(), intercepts, slopes, tuned, learner: learner.to_owned() })
}

/// Lambda by the deviance of the rows outside each fold's fit, as `cv.glmnet`.
fn tuned(
    task: &Task<'_>,
    classes: &[usize],
    whole: &MultinomialPath,
    folds: &[usize],
    rule: Rule,
    path_of: &(impl Fn(ArrayView2<'_, f64>, &[usize], Option<&[f64]>, &Lambdas) -> Result<MultinomialPath, FitError> + Sync),
    watch: &Watch,
) -> Result<Tuned, FitError> {
    let count = whole.coefficients.first().map_or(0, Vec::len);
    let weight = |row: usize| task.weights.map_or(1.0, |weights| weights[row]);
    let numbers = fold_numbers(folds);
    let judged: Result<Vec<(Vec<Option<f64>>, f64)>, FitError> = numbers
        .par_iter()
        .map(|fold| {
            watch.check()?;
            let (held, kept): (Vec<usize>, Vec<usize>) = (0..folds.len()).partition(|row| folds[*row] == *fold);
            let class: Vec<usize> = kept.iter().map(|row| classes[*row]).collect();
            let weights: Option<Vec<f64>> = task.weights.map(|all| kept.iter().map(|row| all[*row]).collect());
            let count_of = whole.lambda.len().max(100);
            let automatic = Lambdas::Automatic { count: count_of, min_ratio: None };
            let path = path_of(task.x.select(Axis(0), &kept).view(), &class, weights.as_deref(), &automatic)?;
            let total: f64 = held.iter().map(|row| weight(*row)).sum();
            let deviances = whole.lambda.iter().map(|lambda| {
                let (intercepts, slopes) = at(&path, *lambda, count);
                let loss = |row: &usize| {
                    let p = shares(&intercepts, &slopes, &task.x.row(*row).to_vec());
                    // glmnet keeps probabilities off 0 and 1.
                    -2.0 * weight(*row) * p[classes[*row]].clamp(1e-5, 1.0 - 1e-5).ln()
                };
                Some(held.iter().map(loss).sum::<f64>() / total)
            });
            Ok((deviances.collect(), total))
        })
        .collect();
    let (values, weights): (Vec<_>, Vec<_>) = judged?.into_iter().unzip();
    let path = Path {
        lambda: whole.lambda.clone(),
        intercept: Vec::new(),
        slopes: Vec::new(),
        deviance_ratio: whole.deviance_ratio.clone(),
        null_deviance: whole.null_deviance,
        features: whole.features,
        stopped: None,
    };
    let found = summarise(path, &values, &weights, Measure::Deviance, numbers.len())?;
    Ok(Tuned {
        alpha: 1.0,
        lambda: found.chosen(rule),
        lambdas: found.lambda,
        mean: found.mean,
        standard_error: found.standard_error,
    })
}

/// Intercepts and slopes of every class at a lambda: linear between the two nearest of the path,
/// constant beyond its ends, as glmnet's `coef`.
fn at(path: &MultinomialPath, lambda: f64, count: usize) -> (Vec<f64>, Vec<Vec<f64>>) {
    let (mut intercepts, mut slopes) = (vec![0.0; count], vec![vec![0.0; path.features]; count]);
    let mut add = |index: usize, share: f64| {
        for (class, (intercept, own)) in path.coefficients[index].iter().enumerate() {
            intercepts[class] += share * intercept;
            for (feature, slope) in own {
                slopes[class][*feature] += share * slope;
            }
        }
    };
    let last = path.lambda.len().saturating_sub(1);
    let right = path.lambda.partition_point(|value| *value > lambda);
    if right == 0 || right > last || path.lambda[right] == lambda {
        add(right.min(last), 1.0);
    } else {
        let share = (lambda - path.lambda[right]) / (path.lambda[right - 1] - path.lambda[right]);
        add(right - 1, share);
        add(right, 1.0 - share);
    }
    (intercepts, slopes)
}

/// Probabilities of the classes of one row of features.
fn shares(intercepts: &[f64], slopes: &[Vec<f64>], row: &[f64]) -> Vec<f64> {
    let eta: Vec<f64> = intercepts
        .iter()
        .zip(slopes)
        .map(|(intercept, slopes)| intercept + slopes.iter().zip(row).map(|(slope, value)| slope * value).sum::<f64>())
        .collect();
    let largest = eta.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let odds: Vec<f64> = eta.iter().map(|eta| (eta - largest).exp()).collect();
    let total: f64 = odds.iter().sum();
    odds.into_iter().map(|odds| odds / total).collect()
}

impl Model for MultinomialModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        same_columns(x, self.slopes.first().map_or(0, Vec::len), "elastic_net")?;
        let levels: Arc<[String]> = self.levels.clone().into();
        let rows = x.rows().into_iter().map(|row| shares(&self.intercepts, &self.slopes, &row.to_vec()));
        Ok(Prediction::Classes(ClassProbabilities::new(levels, rows)))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        let features = self.slopes.first().map_or(0, Vec::len);
        // The range over the classes does not change when a constant is added to all of them.
        let range = |feature: usize| {
            let own = self.slopes.iter().map(|slopes| slopes[feature]);
            own.clone().fold(f64::NEG_INFINITY, f64::max) - own.fold(f64::INFINITY, f64::min)
        };
        Some((0..features).map(range).collect())
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

/// The model of a frozen fit of a nominal endpoint, which has one coefficient vector a class.
///
/// # Errors
/// [`FitError::Frozen`].
pub(super) fn thaw(frozen: &Json) -> Result<Option<Box<dyn Model>>, FitError> {
    if !frozen["levels"].is_array() {
        return Ok(None);
    }
    let model: MultinomialModel = super::training::thaw(frozen)?;
    let features = model.slopes.first().map_or(0, Vec::len);
    let even = model.slopes.len() == model.levels.len()
        && model.intercepts.len() == model.levels.len()
        && model.slopes.iter().all(|slopes| slopes.len() == features);
    if !even {
        return Err(FitError::Frozen { reason: "its classes do not have as many coefficients each".to_owned() });
    }
    Ok(Some(Box::new(model)))
}

/// Whether this endpoint is one of several classes.
pub(super) fn serves(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Nominal(_))
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::super::elastic_net::ElasticNet;
    use super::*;
    use crate::card::{Settings, Value};
    use crate::learn::Learner;
    use crate::stats::Classes;

    /// The inputs of scripts/reference/nominal.R.
    fn sixty() -> (Array2<f64>, Outcome) {
        let at = |i: usize, j: usize| match j {
            0 => (0.7 * i as f64).sin(),
            1 => (1.3 * i as f64).cos(),
            _ => (2.1 * i as f64 + 0.5).sin(),
        };
        let class = |i: usize| {
            let noisy: Vec<f64> = [3.3, 4.7, 5.9]
                .iter()
                .enumerate()
                .map(|(j, speed)| at(i, j) + 0.8 * (speed * i as f64).sin())
                .collect();
            (0..3).fold(0, |best, j| if noisy[j] > noisy[best] { j } else { best })
        };
        let levels: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        let classes = Classes { class: (1..=60).map(class).collect(), levels: levels.into() };
        (Array2::from_shape_fn((60, 3), |(i, j)| at(i + 1, j)), Outcome::Nominal(classes))
    }

    fn names() -> Vec<String> {
        ["x1", "x2", "x3"].map(str::to_owned).to_vec()
    }

    // scripts/reference/nominal.R: glmnet, family = "multinomial".
    #[test]
    fn agrees_with_glmnet() {
        let (x, outcome) = sixty();
        let Outcome::Nominal(classes) = &outcome else { unreachable!() };
        assert_eq!(classes.counts(), [23, 20, 17]);
        let control = Control { threshold: 1e-15, ..Control::default() };
        let penalty = Penalty { alpha: 0.5, factors: None };
        let given = Lambdas::Given(vec![0.1, 0.03]);
        let path = fit(x.view(), &classes.class, 3, None, &penalty, &given, &control, &Watch::silent()).unwrap();
        let (intercepts, slopes) = at(&path, 0.03, 3);
        let theirs = [
            [0.24937484130, 1.280687982622, -0.27701401052, 0.0],
            [-0.07959802783, -0.002459708868, 1.77869222036, -0.7088777402],
            [-0.16977681347, 0.0, -0.08274821747, 1.3084498904],
        ];
        for (class, theirs) in theirs.iter().enumerate() {
            assert!((intercepts[class] - theirs[0]).abs() < 1e-6, "{} {}", intercepts[class], theirs[0]);
            for (ours, theirs) in slopes[class].iter().zip(&theirs[1..]) {
                assert!((ours - theirs).abs() < 1e-6, "{ours} {theirs}");
            }
        }
        let task = Task { x: x.view(), names: &names(), outcome: &outcome, weights: None };
        let plan = NetPlan {
            alpha: 0.5,
            strength: Strength::Folds {
                folds: (0..60).map(|row| row % 5).collect(),
                rule: Rule::Minimum,
                measure: Measure::Deviance,
            },
            standardise: true,
            factors: None,
            lambdas: 100,
        };
        let model = learn(&task, &plan, "elastic_net", &Stream::root(1), &Watch::silent()).unwrap();
        assert!((model.tuned.lambda / 0.02553192 - 1.0).abs() < 1e-6, "{}", model.tuned.lambda);
        let best = model.tuned.mean.iter().copied().fold(f64::INFINITY, f64::min);
        assert!((best - 1.55397316).abs() < 1e-4, "{best}");
    }

    #[test]
    fn every_learner_of_classes_learns_and_comes_back() {
        let (x, outcome) = sixty();
        let task = Task { x: x.view(), names: &names(), outcome: &outcome, weights: None };
        let mut served = 0;
        for learner in crate::learn::learners() {
            if !learner.card().serves(crate::card::EndpointKind::Nominal) {
                continue;
            }
            served += 1;
            let name = learner.card().name;
            let small = learner.card().parameter("trees").map(|_| ("trees", Value::Integer(20)));
            let settings = Settings::new(learner.card(), small).unwrap();
            let model = learner.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap();
            let told = model.predict(x.view()).unwrap();
            let Prediction::Classes(p) = &told else { panic!("{name}") };
            assert!((0..60).all(|row| (p.row(row).iter().sum::<f64>() - 1.0).abs() < 1e-12), "{name}");
            let Outcome::Nominal(classes) = &outcome else { unreachable!() };
            let right = p.called().iter().zip(&classes.class).filter(|(called, class)| **called as usize == **class);
            assert!(right.count() > 36, "{name}");
            let thawed = learner.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
            assert_eq!(thawed.predict(x.view()).unwrap(), told, "{name}");
            assert_eq!(model.importance().unwrap().len(), 3, "{name}");
        }
        assert_eq!(served, 8);
        let settings = Settings::new(ElasticNet.card(), [("C", Value::Real(1.0))]).unwrap();
        let refused = ElasticNet.fit(&task, &settings, &Stream::root(1), &Watch::silent()).map(|_| ()).unwrap_err();
        assert!(refused.to_string().contains("binary"), "{refused}");
    }

    // scripts/reference/nominal.R: scikit-learn's roc_auc_score, log_loss and the rest on glmnet's
    // probabilities at lambda 0.03.
    #[test]
    fn is_judged_as_scikit_learn_judges() {
        use crate::stats::{IntervalPlan, Judged, Metric};
        let (x, outcome) = sixty();
        let task = Task { x: x.view(), names: &names(), outcome: &outcome, weights: None };
        let settings = Settings::new(ElasticNet.card(), [("lambda", Value::Real(0.03))]).unwrap();
        let model = ElasticNet.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        let prediction = model.predict(x.view()).unwrap();
        let judged = Judged {
            outcome: &outcome,
            prediction: &prediction,
            held: None,
            patients: None,
            curves: None,
            training: None,
            horizon: None,
            threshold: None,
        };
        for (name, theirs, close) in [
            ("AUC", 0.8552003410059675, 1e-12),
            ("AUC-ovr", 0.8544633750803085, 1e-12),
            ("log_loss", 0.7026576500624733, 1e-5),
            ("balanced_accuracy", 0.672847399829497, 1e-12),
            ("accuracy", 0.6833333333333333, 1e-12),
            ("Brier", 0.42317770440719144, 1e-5),
        ] {
            let serves = |metric: &&&dyn Metric| {
                metric.card().name == name && metric.card().serves(crate::card::EndpointKind::Nominal)
            };
            let metric = crate::stats::metrics().iter().find(serves).unwrap();
            let estimate = metric.estimate(&judged, &IntervalPlan::default(), &Stream::root(1));
            let value = estimate.value.unwrap();
            assert!((value - theirs).abs() < close, "{name} {value} {theirs}");
            let interval = estimate.interval.unwrap();
            assert!(interval.lower < value && value < interval.upper, "{name}");
        }
    }
}
