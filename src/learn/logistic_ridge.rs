//! Logistic regression with a ridge penalty, on scikit-learn's scale, to the last digit.

use ndarray::{Array2, ArrayView2};

use crate::progress::Watch;

use super::least_squares::{Orthogonal, add_scaled, dot};
use super::seam::FitError;
use super::training::{log_one_plus_exp, logistic, refuse};

const NAME: &str = "logistic";

/// Minimises `C sum w log(1 + exp(-y eta)) + |b|^2 / 2` with an unpenalised intercept by Newton's
/// method; returns intercept and slopes. More columns than rows are first rotated into the row
/// space, which leaves the minimum unchanged.
///
/// # Errors
/// [`FitError::NotEstimable`] if Newton's method does not converge.
pub fn fit(
    x: ArrayView2<'_, f64>,
    labels: &[bool],
    weights: Option<&[f64]>,
    c: f64,
    watch: &Watch,
) -> Result<(f64, Vec<f64>), FitError> {
    let (rows, columns) = x.dim();
    if columns > rows {
        // x' = Q R, so x b = R' (Q' b), and the best b lies in the span of Q.
        let transposed: Vec<f64> = x.rows().into_iter().flat_map(|row| row.to_vec()).collect();
        let factor = Orthogonal::new(transposed, columns, 1e-12);
        let mut rotated = Array2::zeros((rows, factor.rank()));
        for (row, values) in x.rows().into_iter().enumerate() {
            let values = values.to_vec();
            for index in 0..factor.rank() {
                rotated[[row, index]] = dot(factor.direction(index), &values);
            }
        }
        let (intercept, turned) = fit(rotated.view(), labels, weights, c, watch)?;
        let mut slopes = vec![0.0; columns];
        for (index, value) in turned.iter().enumerate() {
            add_scaled(&mut slopes, *value, factor.direction(index));
        }
        return Ok((intercept, slopes));
    }
    let design: Vec<f64> =
        std::iter::repeat_n(1.0, rows).chain(x.columns().into_iter().flat_map(|column| column.to_vec())).collect();
    let weight = |row: usize| c * weights.map_or(1.0, |weights| weights[row]);
    let value = |eta: &[f64], beta: &[f64]| -> f64 {
        let loss: f64 =
            (0..rows).map(|row| weight(row) * log_one_plus_exp(if labels[row] { -eta[row] } else { eta[row] })).sum();
        loss + 0.5 * dot(&beta[1..], &beta[1..])
    };
    let size = columns + 1;
    let mut beta = vec![0.0; size];
    let mut eta = vec![0.0; rows];
    let mut current = value(&eta, &beta);
    for _ in 0..200 {
        watch.check()?;
        // Rows of the data, then one row a penalised coefficient.
        let length = rows + columns;
        let mut augmented = vec![0.0; length * size];
        let mut response = vec![0.0; length];
        let mut roots = vec![0.0; rows];
        for row in 0..rows {
            let p = logistic(eta[row]);
            roots[row] = (weight(row) * p * (1.0 - p)).max(1e-300).sqrt();
            let residual = if labels[row] { logistic(-eta[row]) } else { -p };
            response[row] = weight(row) * residual / roots[row];
        }
        for column in 0..size {
            for row in 0..rows {
                augmented[column * length + row] = design[column * rows + row] * roots[row];
            }
            if column > 0 {
                augmented[column * length + rows + column - 1] = 1.0;
                response[rows + column - 1] = -beta[column];
            }
        }
        let factor = Orthogonal::new(augmented, length, 0.0);
        if factor.rank() < size {
            return Err(refuse(NAME, "the penalised information is singular"));
        }
        let step = factor.solve(&response);
        let mut change = vec![0.0; rows];
        for (column, value) in step.iter().enumerate() {
            add_scaled(&mut change, *value, &design[column * rows..(column + 1) * rows]);
        }
        let mut share = 1.0;
        let mut better = None;
        for _ in 0..40 {
            let tried: Vec<f64> = beta.iter().zip(&step).map(|(b, s)| b + share * s).collect();
            let tried_eta: Vec<f64> = eta.iter().zip(&change).map(|(e, s)| e + share * s).collect();
            let reached = value(&tried_eta, &tried);
            if reached <= current + 1e-13 * current.abs() {
                better = Some((tried, tried_eta, reached));
                break;
            }
            share /= 2.0;
        }
        let Some((next, next_eta, reached)) = better else { return Ok((beta[0], beta[1..].to_vec())) };
        let moved = change.iter().fold(0.0_f64, |max, value| max.max((share * value).abs()));
        (beta, eta, current) = (next, next_eta, reached);
        if moved < 1e-10 {
            return Ok((beta[0], beta[1..].to_vec()));
        }
    }
    Err(refuse(NAME, "Newton's method did not converge in 200 steps"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ridge_in_the_row_space_is_ridge() {
        let wide = Array2::from_shape_fn((6, 9), |(i, j)| ((i * 7 + j * 3) % 5) as f64 + 0.1 * (i * j) as f64);
        let labels = [true, false, true, false, false, true];
        let (intercept, slopes) = fit(wide.view(), &labels, None, 0.7, &Watch::silent()).unwrap();
        // The gradient vanishes: b = C sum (y - p) x.
        for column in 0..9 {
            let gradient: f64 = (0..6)
                .map(|row| {
                    let eta = intercept + dot(&slopes, &wide.row(row).to_vec());
                    0.7 * (f64::from(u8::from(labels[row])) - logistic(eta)) * wide[[row, column]]
                })
                .sum();
            assert!((gradient - slopes[column]).abs() < 1e-9);
        }
    }
}
