//! Partial dependence: the mean prediction as one feature is set to each value of a grid
//! (Friedman 2001), with the curve of each row (ICE; Goldstein et al. 2015) on request.

use ndarray::{Array2, ArrayView2};

use super::{ExplainError, Predictor};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::progress::Watch;
use crate::stats::ranks::quantile_of_sorted;

/// The method as a study names it.
pub static CARD: Card = Card {
    name: "partial_dependence",
    title: "Partial dependence",
    role: Role::Explanation,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "features",
            domain: Domain::Integer { low: 1, high: 1000 },
            default: Initial::Integer(6),
            summary: "Features shown: those whose curves move the prediction most.",
        },
        Parameter {
            name: "points",
            domain: Domain::Integer { low: 2, high: 1000 },
            default: Initial::Integer(20),
            summary: "Values of the feature, at its quantiles, at which the prediction is averaged.",
        },
    ],
    summary: "The mean prediction as one feature is set to each of several values.",
    documentation: "Every patient is predicted with the feature set to a value and everything else as it is; the mean \
over patients is the partial dependence at that value. Each patient is predicted by a model that was fitted without \
that patient. Correlated features are set to combinations that may not occur.",
    references: &["Friedman JH. Greedy function approximation. Ann Stat 2001;29:1189-232."],
    example: "explain RESPONSE by partial_dependence(features = 4)",
};

/// The dependence on one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct PartialDependence {
    /// Values of the feature, ascending.
    pub grid: Vec<f64>,
    /// Mean prediction at each.
    pub mean: Vec<f64>,
    /// Rows by grid, when asked for.
    pub individual: Option<Array2<f64>>,
}

/// Distinct quantiles of a feature, at most `points`; missing values do not count.
pub fn quantile_grid(values: impl IntoIterator<Item = f64>, points: usize) -> Vec<f64> {
    let mut sorted: Vec<f64> = values.into_iter().filter(|value| !value.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    if distinct.len() <= points {
        return distinct;
    }
    let steps = points.saturating_sub(1).max(1);
    let mut grid: Vec<f64> = (0..points).filter_map(|i| quantile_of_sorted(&sorted, i as f64 / steps as f64)).collect();
    grid.dedup();
    grid
}

/// The dependence of `model` on `feature` over the rows of `x`.
///
/// # Errors
/// No rows, no such feature, those of the model, stopped.
pub fn partial_dependence(
    model: &dyn Predictor,
    x: ArrayView2<'_, f64>,
    feature: usize,
    grid: &[f64],
    individual: bool,
    watch: &Watch,
) -> Result<PartialDependence, ExplainError> {
    if x.nrows() == 0 {
        return Err(ExplainError::NoRows);
    }
    if feature >= x.ncols() {
        return Err(ExplainError::Shape { expected: feature + 1, given: x.ncols() });
    }
    let mut rows = x.to_owned();
    let mut mean = Vec::with_capacity(grid.len());
    let mut curves = individual.then(|| Array2::zeros((x.nrows(), grid.len())));
    for (place, value) in grid.iter().enumerate() {
        watch.check()?;
        rows.column_mut(feature).fill(*value);
        let predictions = model.predict(rows.view())?;
        if predictions.len() != x.nrows() {
            return Err(ExplainError::Model { reason: "the model predicts other rows".to_owned() });
        }
        mean.push(predictions.iter().sum::<f64>() / x.nrows() as f64);
        if let Some(curves) = &mut curves {
            for (slot, prediction) in curves.column_mut(place).iter_mut().zip(predictions) {
                *slot = prediction;
            }
        }
    }
    Ok(PartialDependence { grid: grid.to_vec(), mean, individual: curves })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_line_is_a_line() {
        let model = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
            Ok(x.rows().into_iter().map(|row| 2.0 * row[0] + row[1]).collect())
        };
        let x = array![[0.0, 1.0], [5.0, 3.0]];
        let result = partial_dependence(&model, x.view(), 0, &[0.0, 1.0], true, &Watch::silent()).unwrap();
        assert_eq!(result.mean, [2.0, 4.0]);
        assert_eq!(result.individual, Some(array![[1.0, 3.0], [3.0, 5.0]]));
        assert!(partial_dependence(&model, x.view(), 2, &[0.0], false, &Watch::silent()).is_err());
        assert_eq!(quantile_grid([3.0, 1.0, f64::NAN, 1.0], 5), [1.0, 3.0]);
        assert_eq!(quantile_grid((0..100).map(f64::from), 3), [0.0, 49.5, 99.0]);
    }
}
