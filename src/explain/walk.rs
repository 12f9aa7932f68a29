//! Shapley values of any model by sampled walks: from a background row to the row itself, one
//! feature after the other in a random order and then in its reverse (Strumbelj & Kononenko 2014,
//! with the antithetic orders of Mitchell et al. 2022). Every background row is walked equally
//! often, so the values of a row sum to its prediction less the mean prediction of the background
//! exactly, whatever was drawn; sampling only shares that difference out among the features.
//!
//! A feature may own several columns (the indicators of a level); they change together.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::exact::assembled;
use super::{ExplainError, Explanation, Predictor};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::bootstrap::below;

/// Rows that are predicted at once.
const BATCH: usize = 4096;

/// Shapley values of the features behind the columns of `x`: column `c` belongs to feature
/// `owner[c]` of `features`. Each background row is walked by `orders` pairs of orders. The errors
/// are standard errors over all walks; as the background rows differ for other reasons than the
/// draw, they are upper bounds.
///
/// # Errors
/// No orders, no background, other columns than `owner`, those of the model, stopped.
#[allow(clippy::too_many_arguments, reason = "the model, its data, the plan, the surroundings")]
pub fn walks(
    model: &dyn Predictor,
    x: ArrayView2<'_, f64>,
    background: ArrayView2<'_, f64>,
    owner: &[usize],
    features: usize,
    orders: usize,
    stream: &Stream,
    watch: &Watch,
) -> Result<Explanation, ExplainError> {
    for given in [x.ncols(), background.ncols()] {
        if given != owner.len() {
            return Err(ExplainError::Shape { expected: owner.len(), given });
        }
    }
    if background.nrows() == 0 {
        return Err(ExplainError::NoBackground);
    }
    if orders == 0 {
        return Err(ExplainError::NotEstimable { reason: "no orders of the features were asked for".to_owned() });
    }
    let mut columns: Vec<Vec<usize>> = vec![Vec::new(); features];
    for (column, feature) in owner.iter().enumerate() {
        if let Some(own) = columns.get_mut(*feature) {
            own.push(column);
        }
    }
    let of_background = checked(model, background)?;
    let of_rows = checked(model, x)?;
    let base = of_background.iter().sum::<f64>() / of_background.len() as f64;
    let draws = (background.nrows() * orders) as f64;
    let rows: Vec<(Vec<f64>, Vec<f64>)> = (0..x.nrows())
        .into_par_iter()
        .map(|row| {
            let mut rng = stream.indexed(row as u64).rng();
            let mut sums = vec![0.0; features];
            let mut squares = vec![0.0; features];
            let mut walks: Vec<Walk> = Vec::new();
            let mut states: Vec<f64> = Vec::new();
            let settle = |walks: &mut Vec<Walk>, states: &mut Vec<f64>, sums: &mut [f64], squares: &mut [f64]| {
                let width = owner.len();
                let count = states.len().checked_div(width).unwrap_or(0);
                let view = ArrayView2::from_shape((count, width), states.as_slice())
                    .map_err(|fault| ExplainError::Model { reason: fault.to_string() })?;
                let between = if count == 0 { Vec::new() } else { checked(model, view)? };
                let mut at = 0;
                for walk in walks.drain(..) {
                    let inner = walk.order.len().saturating_sub(1);
                    let ends = (of_background[walk.background], of_rows[row]);
                    let forwards = steps(ends, &between[at..at + inner]);
                    let backwards = steps(ends, &between[at + inner..at + 2 * inner]);
                    at += 2 * inner;
                    let last = walk.order.len();
                    for (place, feature) in walk.order.iter().enumerate() {
                        let value = 0.5 * (forwards[place] + backwards[last - 1 - place]);
                        sums[*feature] += value;
                        squares[*feature] += value * value;
                    }
                }
                states.clear();
                Ok::<(), ExplainError>(())
            };
            for other in 0..background.nrows() {
                watch.check()?;
                let differs = |feature: &usize| {
                    columns[*feature].iter().any(|column| {
                        let (a, b) = (x[[row, *column]], background[[other, *column]]);
                        a != b && !(a.is_nan() && b.is_nan())
                    })
                };
                let changed: Vec<usize> = (0..features).filter(differs).collect();
                for _ in 0..orders {
                    let mut order = changed.clone();
                    for last in (1..order.len()).rev() {
                        order.swap(last, below(&mut rng, last + 1));
                    }
                    for reversed in [false, true] {
                        let mut state = background.row(other).to_vec();
                        for step in 0..order.len().saturating_sub(1) {
                            let place = if reversed { order.len() - 1 - step } else { step };
                            for column in &columns[order[place]] {
                                state[*column] = x[[row, *column]];
                            }
                            states.extend_from_slice(&state);
                        }
                    }
                    walks.push(Walk { background: other, order });
                    if states.len() >= BATCH * owner.len().max(1) {
                        settle(&mut walks, &mut states, &mut sums, &mut squares)?;
                    }
                }
            }
            settle(&mut walks, &mut states, &mut sums, &mut squares)?;
            let errors = sums
                .iter()
                .zip(&squares)
                .map(|(sum, square)| {
                    let mean = sum / draws;
                    if draws < 2.0 {
                        f64::NAN
                    } else {
                        ((square / draws - mean * mean).max(0.0) / (draws - 1.0)).sqrt()
                    }
                })
                .collect();
            let mut values: Vec<f64> = sums.iter().map(|sum| sum / draws).collect();
            values.extend([base, of_rows[row]]);
            watch.advance("explain", 1);
            Ok((values, errors))
        })
        .collect::<Result<_, ExplainError>>()?;
    let errors = Array2::from_shape_fn((rows.len(), features), |(row, feature)| rows[row].1[feature]);
    let values: Vec<Vec<f64>> = rows.into_iter().map(|(values, _)| values).collect();
    Ok(assembled(&values, features, Some(errors)))
}

/// One walk and its reverse.
struct Walk {
    background: usize,
    order: Vec<usize>,
}

/// Differences along a path between two ends.
fn steps((first, last): (f64, f64), between: &[f64]) -> Vec<f64> {
    let mut before = first;
    between
        .iter()
        .chain(std::iter::once(&last))
        .map(|value| {
            let step = value - before;
            before = *value;
            step
        })
        .collect()
}

fn checked(model: &dyn Predictor, x: ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError> {
    let predictions = model.predict(x)?;
    if predictions.len() != x.nrows() || predictions.iter().any(|prediction| !prediction.is_finite()) {
        return Err(ExplainError::NotFinite);
    }
    Ok(predictions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn converges_to_enumeration_and_always_adds_up() {
        let model = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
            Ok(x.rows().into_iter().map(|row| row[0] * row[1] + (row[2] - row[3]).max(0.0)).collect())
        };
        let x = array![[2.0, 3.0, 1.0, -1.0], [0.1, 0.2, 0.3, 0.4]];
        let background = array![[0.0, 0.0, 0.0, 0.0], [1.0, -1.0, 0.5, 2.0], [0.3, 0.2, 1.0, 0.0]];
        let watch = Watch::silent();
        let run = |owner: &[usize], features, orders| {
            walks(&model, x.view(), background.view(), owner, features, orders, &Stream::root(1), &watch).unwrap()
        };
        let truth = super::super::exact(&model, x.view(), background.view(), &watch).unwrap();
        run(&[0, 1, 2, 3], 4, 1).check_additivity(1e-12).unwrap();
        let many = run(&[0, 1, 2, 3], 4, 300);
        many.check_additivity(1e-10).unwrap();
        let errors = many.errors.as_ref().unwrap();
        for ((a, b), error) in many.values.iter().zip(&truth.values).zip(errors) {
            assert!((a - b).abs() < 5.0 * error + 1e-9, "{a} {b} {error}");
        }
        // Two columns of one feature change together: with two features one pair of orders is exact.
        let grouped = run(&[0, 0, 1, 1], 2, 1);
        let pairs = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> { model(x) };
        assert!(pairs(x.view()).is_ok());
        for row in 0..2 {
            let v = |first: bool, second: bool| -> f64 {
                let rows = Array2::from_shape_fn((3, 4), |(b, c)| {
                    if if c < 2 { first } else { second } { x[[row, c]] } else { background[[b, c]] }
                });
                model(rows.view()).unwrap().iter().sum::<f64>() / 3.0
            };
            let expected = 0.5 * (v(true, false) - v(false, false) + v(true, true) - v(false, true));
            assert!((grouped.values[[row, 0]] - expected).abs() < 1e-12);
        }
        assert!(walks(&model, x.view(), background.view(), &[0, 1], 2, 1, &Stream::root(1), &watch).is_err());
    }
}
