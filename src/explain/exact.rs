//! Shapley values of any model by full enumeration of the feature sets:
//! `phi_i = sum over S without i of |S|! (M - 1 - |S|)! / M! (v(S + i) - v(S))`.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::{Background, ExplainError, Explanation, Predictor};
use crate::progress::Watch;

/// Features beyond which enumeration is refused.
pub const MOST_FEATURES: usize = 16;

/// Exact interventional Shapley values of the rows of `x` against `background`.
///
/// # Errors
/// More than [`MOST_FEATURES`] features, other features than the background, no background,
/// those of the model, stopped.
pub fn exact(
    model: &dyn Predictor,
    x: ArrayView2<'_, f64>,
    background: ArrayView2<'_, f64>,
    watch: &Watch,
) -> Result<Explanation, ExplainError> {
    let m = x.ncols();
    if m > MOST_FEATURES {
        return Err(ExplainError::TooManyFeatures { features: m, most: MOST_FEATURES });
    }
    let background = Background::new(model, background)?;
    background.check(x)?;
    let sets: Vec<Vec<bool>> =
        (0..1usize << m).map(|set| (0..m).map(|feature| set >> feature & 1 == 1).collect()).collect();
    // |S|! (M - 1 - |S|)! / M! = 1 / (M C(M - 1, |S|)).
    let mut weights = Vec::with_capacity(m);
    let mut choose = 1.0;
    for size in 0..m {
        weights.push(1.0 / (m as f64 * choose));
        choose *= (m - 1 - size) as f64 / (size + 1) as f64;
    }
    let rows: Vec<Vec<f64>> = (0..x.nrows())
        .into_par_iter()
        .map(|row| {
            watch.check()?;
            let values = background.values(x.row(row), &sets)?;
            let mut phi = vec![0.0; m + 2];
            for (feature, phi) in phi[..m].iter_mut().enumerate() {
                for set in (0..1usize << m).filter(|set| set >> feature & 1 == 0) {
                    *phi += weights[set.count_ones() as usize] * (values[set | 1 << feature] - values[set]);
                }
            }
            phi[m] = values[0];
            phi[m + 1] = values[values.len() - 1];
            watch.advance("explain", 1);
            Ok(phi)
        })
        .collect::<Result<_, ExplainError>>()?;
    Ok(assembled(&rows, m, None))
}

/// Rows of `features` values, base and prediction as an explanation.
pub(super) fn assembled(rows: &[Vec<f64>], features: usize, errors: Option<Array2<f64>>) -> Explanation {
    Explanation {
        base: rows.iter().map(|row| row[features]).collect(),
        values: Array2::from_shape_fn((rows.len(), features), |(row, feature)| rows[row][feature]),
        predictions: rows.iter().map(|row| row[features + 1]).collect(),
        errors,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn a_product_is_shared() {
        let model = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
            Ok(x.rows().into_iter().map(|row| row[0] * row[1]).collect())
        };
        let x = array![[2.0, 3.0]];
        let explanation = exact(&model, x.view(), array![[0.0, 0.0]].view(), &Watch::silent()).unwrap();
        assert_eq!(explanation.values, array![[3.0, 3.0]]);
        explanation.check_additivity(1e-12).unwrap();
        assert!(exact(&model, x.view(), Array2::zeros((0, 2)).view(), &Watch::silent()).is_err());
        assert!(exact(&model, x.view(), array![[0.0]].view(), &Watch::silent()).is_err());
        assert!(exact(&model, Array2::zeros((1, 17)).view(), Array2::zeros((1, 17)).view(), &Watch::silent()).is_err());
    }
}
