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
