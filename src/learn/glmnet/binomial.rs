//! The binomial likelihood with logit link.

use ndarray::ArrayView2;

use crate::progress::Watch;

use super::super::seam::FitError;
use super::super::training::{log_one_plus_exp, logistic, refuse};
use super::path::{self, Control, Family, Lambdas, Path, Penalty};
use super::standardise::StandardisedColumns;

struct Binomial<'a> {
    labels: &'a [bool],
    weights: &'a [f64],
}

/// Fitted probabilities nearer than this to 0 or 1 are held there, as in glmnet.
const NEAREST: f64 = 1e-9;

impl Family for Binomial<'_> {
    fn loss(&self, eta: &[f64]) -> f64 {
        let mut sum = 0.0;
        for ((eta, label), weight) in eta.iter().zip(self.labels).zip(self.weights) {
            sum += weight * log_one_plus_exp(if *label { -eta } else { *eta });
        }
        sum
    }

    fn derivatives(&self, eta: &[f64], score: &mut [f64], curvature: &mut [f64]) {
        for (row, eta) in eta.iter().enumerate() {
            let p = logistic(*eta);
            let weight = self.weights[row];
            score[row] = weight * (if self.labels[row] { 1.0 - p } else { -p });
            curvature[row] = weight * (p * (1.0 - p)).max(NEAREST);
        }
    }

    fn saturated(&self) -> f64 {
        0.0
    }
}

/// The path of `sum_i w_i log(1 + exp(-y_i eta_i)) + penalty` with `y` in -1, 1 and weights summing
/// to 1.
///
/// # Errors
/// [`FitError::NotEstimable`] with one class or no feature that varies.
pub fn fit(
    x: ArrayView2<'_, f64>,
    labels: &[bool],
    weights: Option<&[f64]>,
    penalty: &Penalty,
    lambdas: &Lambdas,
    control: &Control,
    watch: &Watch,
) -> Result<Path, FitError> {
    const NAME: &str = "elastic_net";
    let columns = StandardisedColumns::new(x, weights, control.standardise);
    let events: f64 = columns.weights().iter().zip(labels).filter(|(_, label)| **label).map(|(w, _)| w).sum();
    if labels.len() != x.nrows() || events <= 0.0 || events >= 1.0 - 1e-15 {
        return Err(refuse(NAME, "only one class among the training rows"));
    }
    let family = Binomial { labels, weights: columns.weights() };
    path::fit(&columns, &family, penalty, lambdas, control, NAME, watch)
}

/// scikit-learn's objective: `C sum_i w_i log(1 + exp(-y_i eta_i)) + l1_ratio |b|_1
/// + (1 - l1_ratio) |b|_2^2 / 2` on features as given, intercept unpenalised: the path at the one
/// `lambda = 1 / (C sum w)` without standardisation. Returns intercept and slopes.
///
/// # Errors
/// As [`fit`].
pub fn fit_c(
    x: ArrayView2<'_, f64>,
    labels: &[bool],
    weights: Option<&[f64]>,
    c: f64,
    l1_ratio: f64,
    threshold: f64,
    watch: &Watch,
) -> Result<(f64, Vec<f64>), FitError> {
    let total: f64 = weights.map_or(labels.len() as f64, |weights| weights.iter().sum());
    let penalty = Penalty { alpha: l1_ratio, factors: None };
    let control = Control { threshold, standardise: false, ..Control::default() };
    let lambda = 1.0 / (c * total);
    // Down a short ladder of lambdas: each start is near its end.
    let ladder: Vec<f64> = (0..8).rev().map(|step| lambda * 1.8_f64.powi(step)).collect();
    let path = fit(x, labels, weights, &penalty, &Lambdas::Given(ladder), &control, watch)?;
    if let Some(reason) = path.stopped {
        return Err(refuse("elastic_net", reason));
    }
    Ok(path.at(lambda))
}
