//! Lambda by cross-validation over given folds, as `cv.glmnet`: each fold has its own path, whose
//! coefficients are interpolated at the lambdas of the path of all rows.

use ndarray::{ArrayView2, Axis};
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};

use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::super::seam::FitError;
use super::super::training::{logistic, refuse};
use super::path::{Control, Lambdas, Path, Penalty};
use super::{binomial, gaussian};

const NAME: &str = "elastic_net";

/// What is averaged over the folds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Measure {
    /// Binomial deviance or partial-likelihood deviance.
    Deviance,
    /// Area under the ROC curve of each fold, weighted by the fold's rows.
    Auc,
    /// Share of rows on the wrong side of 0.5.
    Misclassification,
    MeanSquaredError,
    /// Harrell's concordance index.
    Concordance,
}

impl Measure {
    fn higher_is_better(self) -> bool {
        matches!(self, Measure::Auc | Measure::Concordance)
    }
}

/// Which lambda.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Rule {
    /// The best mean; the largest such lambda.
    Minimum,
    /// The largest lambda whose mean is within one standard error of the best.
    OneStandardError,
}

/// A path with the cross-validated measure of each lambda.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CrossValidated {
    pub path: Path,
    pub measure: Measure,
    /// Lambdas at which the measure could be computed, descending.
    pub lambda: Vec<f64>,
    pub mean: Vec<f64>,
    /// Standard error of the mean over folds.
    pub standard_error: Vec<f64>,
    pub lambda_min: f64,
    pub lambda_1se: f64,
    pub folds: usize,
}

impl CrossValidated {
    pub fn chosen(&self, rule: Rule) -> f64 {
        match rule {
            Rule::Minimum => self.lambda_min,
            Rule::OneStandardError => self.lambda_1se,
        }
    }
}

/// Averages `values` (unit by lambda; `None` where a unit has none) by the units' weights, and
/// chooses. A unit is a fold, or a row where folds are too small.
///
/// # Errors
/// [`FitError::NotEstimable`] if no lambda has a mean and a standard error.
pub(crate) fn summarise(
    path: Path,
    values: &[Vec<Option<f64>>],
    weights: &[f64],
    measure: Measure,
    folds: usize,
) -> Result<CrossValidated, FitError> {
    let mut lambda = Vec::new();
    let mut mean = Vec::new();
    let mut standard_error = Vec::new();
    for (index, value) in path.lambda.iter().enumerate() {
        let units: Vec<(f64, f64)> =
            values.iter().zip(weights).filter_map(|(unit, weight)| unit[index].map(|value| (value, *weight))).collect();
        let total: f64 = units.iter().map(|(_, weight)| weight).sum();
        if units.len() < 2 || total <= 0.0 {
            continue;
        }
        let average = units.iter().map(|(value, weight)| value * weight).sum::<f64>() / total;
        let spread = units.iter().map(|(value, weight)| weight * (value - average).powi(2)).sum::<f64>() / total;
        lambda.push(*value);
        mean.push(average);
        standard_error.push((spread / (units.len() - 1) as f64).sqrt());
    }
    let sign = if measure.higher_is_better() { -1.0 } else { 1.0 };
    let best = mean.iter().map(|value| sign * value).fold(f64::INFINITY, f64::min);
    let Some(minimum) = mean.iter().position(|value| sign * value <= best) else {
        return Err(refuse(NAME, "no lambda could be judged in two folds or more"));
    };
    let bar = sign * mean[minimum] + standard_error[minimum];
    let one = mean.iter().position(|value| sign * value <= bar).unwrap_or(minimum);
    Ok(CrossValidated {
        lambda_min: lambda[minimum],
        lambda_1se: lambda[one],
        path,
        measure,
        lambda,
        mean,
        standard_error,
        folds,
    })
}

/// The distinct fold numbers, ascending.
pub(crate) fn fold_numbers(folds: &[usize]) -> Vec<usize> {
    let mut numbers = folds.to_vec();
    numbers.sort_unstable();
    numbers.dedup();
    numbers
}

/// Deals rows into `folds` folds at random, each stratum evenly; the strata follow one another, so
/// that fold sizes differ by one at most.
pub fn deal(strata: &[usize], folds: usize, stream: &Stream) -> Vec<usize> {
    let mut rng = stream.rng();
    let mut assigned = vec![0; strata.len()];
    let mut next = 0;
    for stratum in fold_numbers(strata) {
        let mut rows: Vec<usize> = (0..strata.len()).filter(|row| strata[*row] == stratum).collect();
        rows.shuffle(&mut rng);
        for row in rows {
            assigned[row] = next % folds;
            next += 1;
        }
    }
    assigned
}

/// Fits the path of a binary or continuous outcome. See [`binomial::fit`] and [`gaussian::fit`].
///
/// # Errors
/// As those; [`FitError::WrongEndpoint`] for a censored outcome.
pub fn fit_path(
    x: ArrayView2<'_, f64>,
    outcome: &Outcome,
    weights: Option<&[f64]>,
    penalty: &Penalty,
    lambdas: &Lambdas,
    control: &Control,
    watch: &Watch,
) -> Result<Path, FitError> {
    match outcome {
        Outcome::Binary(labels) => binomial::fit(x, labels, weights, penalty, lambdas, control, watch),
        Outcome::Continuous(y) => gaussian::fit(x, y, weights, penalty, lambdas, control, watch),
        Outcome::Survival(_) | Outcome::Nominal(_) => {
            Err(FitError::WrongEndpoint { learner: NAME, kind: outcome.kind() })
        }
    }
}

/// Linear predictors of `rows` at each lambda: lambda by row.
pub(crate) fn linear_predictors(path: &Path, lambdas: &[f64], x: ArrayView2<'_, f64>, rows: &[usize]) -> Vec<Vec<f64>> {
    lambdas
        .iter()
        .map(|lambda| {
            let (intercept, slopes) = path.at(*lambda);
            let used: Vec<(usize, f64)> =
                slopes.iter().copied().enumerate().filter(|(_, slope)| *slope != 0.0).collect();
            rows.iter()
                .map(|row| used.iter().fold(intercept, |sum, (feature, slope)| sum + slope * x[[*row, *feature]]))
                .collect()
        })
        .collect()
}

/// The rows of a fold, and their linear predictors: lambda by row.
type HeldOut = (Vec<usize>, Vec<Vec<f64>>);

/// Cross-validates lambda. `folds` gives each row's fold; any numbers.
///
/// With fewer than three rows a fold the rows rather than the folds are averaged, as `cv.glmnet`
/// does. A fold with one class has no AUC and is left out of that mean.
///
/// # Errors
/// As [`fit_path`], of all rows or of the rows outside a fold.
#[allow(clippy::too_many_arguments)]
pub fn cross_validate(
    x: ArrayView2<'_, f64>,
    outcome: &Outcome,
    weights: Option<&[f64]>,
    penalty: &Penalty,
    lambdas: &Lambdas,
    control: &Control,
    folds: &[usize],
    measure: Measure,
    watch: &Watch,
) -> Result<CrossValidated, FitError> {
    let numbers = fold_numbers(folds);
    if folds.len() != x.nrows() || numbers.len() < 2 {
        return Err(refuse(NAME, "cross-validation wants two folds or more, and a fold for each row"));
    }
    let fits = matches!(
        (outcome, measure),
        (Outcome::Binary(_), Measure::Deviance | Measure::Auc | Measure::Misclassification)
            | (Outcome::Continuous(_), Measure::Deviance | Measure::MeanSquaredError)
    );
    if !fits {
        return Err(refuse(NAME, format!("{measure:?} is no measure of a {} endpoint", outcome.kind())));
    }
    let path = fit_path(x, outcome, weights, penalty, lambdas, control, watch)?;
    let held_out: Vec<Result<HeldOut, FitError>> = numbers
        .par_iter()
        .map(|number| {
            let inside: Vec<usize> = (0..folds.len()).filter(|row| folds[*row] != *number).collect();
            let outside: Vec<usize> = (0..folds.len()).filter(|row| folds[*row] == *number).collect();
            let weights: Option<Vec<f64>> = weights.map(|weights| inside.iter().map(|row| weights[*row]).collect());
            let part = x.select(Axis(0), &inside);
            let fold_path =
                fit_path(part.view(), &outcome.select(&inside), weights.as_deref(), penalty, lambdas, control, watch)?;
            let predicted = linear_predictors(&fold_path, &path.lambda, x, &outside);
            Ok((outside, predicted))
        })
        .collect();
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let by_row = x.nrows() < 3 * numbers.len() && measure != Measure::Auc;
    let mut values = Vec::new();
    let mut unit_weights = Vec::new();
    for fold in held_out {
        let (rows, predicted) = fold?;
        if by_row {
            for (place, row) in rows.iter().enumerate() {
                values.push(predicted.iter().map(|eta| Some(row_loss(outcome, measure, *row, eta[place]))).collect());
                unit_weights.push(weight(*row));
            }
            continue;
        }
        let total: f64 = rows.iter().map(|row| weight(*row)).sum();
        values.push(
            predicted
                .iter()
                .map(|eta| {
                    if measure == Measure::Auc {
                        return fold_auc(outcome, &rows, eta, weights);
                    }
                    let sum: f64 = rows
                        .iter()
                        .zip(eta)
                        .map(|(row, eta)| weight(*row) * row_loss(outcome, measure, *row, *eta))
                        .sum();
                    (total > 0.0).then(|| sum / total)
                })
                .collect(),
        );
        unit_weights.push(total);
    }
    summarise(path, &values, &unit_weights, measure, numbers.len())
}

/// The loss of one row; probabilities are held 1e-5 away from 0 and 1, as in `cv.glmnet`.
fn row_loss(outcome: &Outcome, measure: Measure, row: usize, eta: f64) -> f64 {
    match outcome {
        Outcome::Binary(labels) => {
            let p = logistic(eta);
            if measure == Measure::Misclassification {
                return f64::from(u8::from((p > 0.5) != labels[row]));
            }
            let p = p.clamp(1e-5, 1.0 - 1e-5);
            -2.0 * if labels[row] { p.ln() } else { (1.0 - p).ln() }
        }
        Outcome::Continuous(y) => (y[row] - eta).powi(2),
        Outcome::Survival(_) | Outcome::Nominal(_) => f64::NAN,
    }
}

fn fold_auc(outcome: &Outcome, rows: &[usize], eta: &[f64], weights: Option<&[f64]>) -> Option<f64> {
    let Outcome::Binary(labels) = outcome else { return None };
    let mut order: Vec<usize> = (0..rows.len()).collect();
    order.sort_by(|a, b| eta[*a].total_cmp(&eta[*b]));
    let weight = |place: usize| weights.map_or(1.0, |weights| weights[rows[place]]);
    let (mut below, mut wins, mut cases, mut start) = (0.0, 0.0, 0.0, 0);
    while start < order.len() {
        let mut end = start;
        let (mut tied_cases, mut tied_controls) = (0.0, 0.0);
        while end < order.len() && eta[order[end]] == eta[order[start]] {
            if labels[rows[order[end]]] {
                tied_cases += weight(order[end]);
            } else {
                tied_controls += weight(order[end]);
            }
            end += 1;
        }
        wins += tied_cases * (below + 0.5 * tied_controls);
        below += tied_controls;
        cases += tied_cases;
        start = end;
    }
    (cases > 0.0 && below > 0.0).then(|| wins / (cases * below))
}

#[cfg(test)]
mod tests {
    use super::super::super::training::testing::two_classes;
    use super::*;

    #[test]
    fn folds_are_even_in_each_stratum() {
        let strata: Vec<usize> = (0..53).map(|row| usize::from(row % 4 == 0)).collect();
        let folds = deal(&strata, 5, &Stream::root(2));
        for fold in 0..5 {
            let size = folds.iter().filter(|f| **f == fold).count();
            assert!((10..=11).contains(&size));
            let events = (0..53).filter(|row| folds[*row] == fold && strata[*row] == 1).count();
            assert!((2..=4).contains(&events));
        }
    }

    #[test]
    fn the_same_for_any_number_of_threads_and_1se_is_simpler() {
        let (x, _, outcome) = two_classes(90, 30, 5);
        let folds: Vec<usize> = (0..90).map(|row| row % 5).collect();
        let penalty = Penalty { alpha: 0.5, factors: None };
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| {
                let (lambdas, control) = (Lambdas::default(), Control::default());
                let silent = Watch::silent();
                let deviance = Measure::Deviance;
                cross_validate(x.view(), &outcome, None, &penalty, &lambdas, &control, &folds, deviance, &silent)
                    .unwrap()
            })
        };
        let one = run(1);
        assert_eq!(one, run(3));
        assert!(one.lambda_1se >= one.lambda_min);
    }
}
