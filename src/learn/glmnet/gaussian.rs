//! Least squares. As glmnet, the endpoint is divided by its standard deviation `s` (divisor n) for
//! the fit and lambda is given and told on the endpoint's own scale; so the quadratic part of the
//! penalty is `lambda (1 - alpha) b^2 / (2 s)`.

use ndarray::ArrayView2;

use crate::progress::Watch;

use super::super::least_squares::dot;
use super::super::seam::FitError;
use super::super::training::refuse;
use super::path::{self, Control, Family, Lambdas, Path, Penalty};
use super::standardise::StandardisedColumns;

struct Gaussian {
    y: Vec<f64>,
    weights: Vec<f64>,
}

impl Family for Gaussian {
    fn loss(&self, eta: &[f64]) -> f64 {
        0.5 * eta.iter().zip(&self.y).zip(&self.weights).map(|((eta, y), w)| w * (y - eta).powi(2)).sum::<f64>()
    }

    fn derivatives(&self, eta: &[f64], score: &mut [f64], curvature: &mut [f64]) {
        for row in 0..eta.len() {
            score[row] = self.weights[row] * (self.y[row] - eta[row]);
            curvature[row] = self.weights[row];
        }
    }

    fn saturated(&self) -> f64 {
        0.0
    }

    fn is_quadratic(&self) -> bool {
        true
    }
}

/// The path of `1 / 2 sum_i w_i (y_i - b0 - b'x_i)^2 + penalty`, weights summing to 1; the penalty
/// as this file's head says.
///
/// # Errors
/// [`FitError::NotEstimable`] when endpoint or features do not vary.
pub fn fit(
    x: ArrayView2<'_, f64>,
    y: &[f64],
    weights: Option<&[f64]>,
    penalty: &Penalty,
    lambdas: &Lambdas,
    control: &Control,
    watch: &Watch,
) -> Result<Path, FitError> {
    const NAME: &str = "elastic_net";
    let columns = StandardisedColumns::new(x, weights, control.standardise);
    let weights = columns.weights().to_vec();
    let mean = dot(y, &weights);
    let scale = y.iter().zip(&weights).map(|(y, w)| w * (y - mean).powi(2)).sum::<f64>().sqrt();
    if scale.is_nan() || scale <= 0.0 {
        return Err(refuse(NAME, "the endpoint does not vary"));
    }
    let family = Gaussian { y: y.iter().map(|y| (y - mean) / scale).collect(), weights };
    let lambdas = match lambdas {
        Lambdas::Given(values) => Lambdas::Given(values.iter().map(|value| value / scale).collect()),
        automatic => automatic.clone(),
    };
    let mut path = path::fit(&columns, &family, penalty, &lambdas, control, NAME, watch)?;
    for index in 0..path.lambda.len() {
        path.lambda[index] *= scale;
        path.intercept[index] = path.intercept[index] * scale + mean;
        for (_, slope) in &mut path.slopes[index] {
            *slope *= scale;
        }
    }
    path.null_deviance *= scale * scale;
    Ok(path)
}
