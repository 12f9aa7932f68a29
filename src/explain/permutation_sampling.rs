//! Shapley values of any model by sampled orders of the features, each walked forwards and
//! backwards (antithetic; Mitchell et al. 2022). Values add up to the prediction exactly, whatever
//! the number of orders, and carry a standard error.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::exact::assembled;
use super::{Background, ExplainError, Explanation, Predictor};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::bootstrap::below;

/// Sampled interventional Shapley values of the rows of `x` against `background`, from `orders`
/// pairs of feature orders a row. Row `r` draws from `stream.indexed(r)`.
///
/// # Errors
/// No orders, other features than the background, no background, those of the model, stopped.
pub fn permutation_sampling(
    model: &dyn Predictor,
    x: ArrayView2<'_, f64>,
    background: ArrayView2<'_, f64>,
    orders: usize,
    stream: &Stream,
    watch: &Watch,
) -> Result<Explanation, ExplainError> {
    if orders == 0 {
        return Err(ExplainError::NotEstimable { reason: "no orders of the features were asked for".to_owned() });
    }
    let background = Background::new(model, background)?;
    background.check(x)?;
    let m = x.ncols();
    let rows: Vec<(Vec<f64>, Vec<f64>)> = (0..x.nrows())
        .into_par_iter()
        .map(|row| {
            let mut rng = stream.indexed(row as u64).rng();
            let mut order: Vec<usize> = (0..m).collect();
            let mut sums = vec![0.0; m + 2];
            let mut squares = vec![0.0; m];
            for _ in 0..orders {
                watch.check()?;
                for last in (1..m).rev() {
                    order.swap(last, below(&mut rng, last + 1));
                }
                // Known sets along the order and along its reverse; the ends are shared.
                let mut sets = Vec::with_capacity(2 * m);
                let mut known = vec![false; m];
                sets.push(known.clone());
                for feature in &order {
                    known[*feature] = true;
                    sets.push(known.clone());
                }
                for feature in &order[..m.saturating_sub(1)] {
                    known[*feature] = false;
                    sets.push(known.clone());
                }
                let values = background.values(x.row(row), &sets)?;
                for (place, feature) in order.iter().enumerate() {
                    let forwards = values[place + 1] - values[place];
                    // After m + place sets the features before this one are gone again; without
                    // this one too the walk is one further, or back at the empty set.
                    let without = if place + 1 == m { values[0] } else { values[m + place + 1] };
                    let pair = 0.5 * (forwards + values[m + place] - without);
                    sums[*feature] += pair;
                    squares[*feature] += pair * pair;
                }
                sums[m] += values[0];
                sums[m + 1] += values[m];
            }
            let count = orders as f64;
            for sum in &mut sums {
                *sum /= count;
            }
            let errors = squares
                .iter()
                .zip(&sums)
                .map(|(square, mean)| {
                    if orders < 2 { f64::NAN } else { ((square / count - mean * mean).max(0.0) / (count - 1.0)).sqrt() }
                })
                .collect();
            watch.advance("explain", 1);
            Ok((sums, errors))
        })
        .collect::<Result<_, ExplainError>>()?;
    let errors = (orders > 1).then(|| Array2::from_shape_fn((rows.len(), m), |(row, feature)| rows[row].1[feature]));
    let rows: Vec<Vec<f64>> = rows.into_iter().map(|(values, _)| values).collect();
    Ok(assembled(&rows, m, errors))
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
        let background = array![[0.0, 0.0, 0.0, 0.0], [1.0, -1.0, 0.5, 2.0], [0.3, 0.3, 1.0, 0.0]];
        let watch = Watch::silent();
        let truth = super::super::exact(&model, x.view(), background.view(), &watch).unwrap();
        let one = permutation_sampling(&model, x.view(), background.view(), 1, &Stream::root(1), &watch).unwrap();
        one.check_additivity(1e-12).unwrap();
        assert!(one.errors.is_none());
        let many = permutation_sampling(&model, x.view(), background.view(), 400, &Stream::root(1), &watch).unwrap();
        many.check_additivity(1e-10).unwrap();
        let errors = many.errors.as_ref().unwrap();
        for ((a, b), error) in many.values.iter().zip(&truth.values).zip(errors) {
            assert!((a - b).abs() < 5.0 * error + 1e-12, "{a} is not {b} ± {error}");
        }
    }

    #[test]
    fn one_feature_and_no_orders() {
        let model = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> { Ok(x.column(0).to_vec()) };
        let (x, background) = (array![[2.0]], array![[0.5]]);
        let run = |orders| {
            permutation_sampling(&model, x.view(), background.view(), orders, &Stream::root(1), &Watch::silent())
        };
        assert_eq!(run(3).unwrap().values, array![[1.5]]);
        assert!(run(0).is_err());
    }
}
