//! Exact Shapley values of a linear predictor with features taken as independent:
//! `phi_i = beta_i (x_i - mean_i)`, on the scale of the linear predictor (log-odds, log hazard).

use ndarray::{Array2, ArrayView2, Axis};

use super::{ExplainError, Explanation};

/// Values of `intercept + x beta` against the means of `background`.
///
/// # Errors
/// Another number of coefficients than features, no background.
pub fn linear(
    coefficients: &[f64],
    intercept: f64,
    x: ArrayView2<'_, f64>,
    background: ArrayView2<'_, f64>,
) -> Result<Explanation, ExplainError> {
    for given in [x.ncols(), background.ncols()] {
        if given != coefficients.len() {
            return Err(ExplainError::Shape { expected: coefficients.len(), given });
        }
    }
    let means = background.mean_axis(Axis(0)).ok_or(ExplainError::NoBackground)?;
    let values =
        Array2::from_shape_fn(x.dim(), |(row, feature)| coefficients[feature] * (x[[row, feature]] - means[feature]));
    let predict =
        |row: ndarray::ArrayView1<'_, f64>| intercept + row.iter().zip(coefficients).map(|(x, b)| x * b).sum::<f64>();
    Ok(Explanation {
        base: vec![predict(means.view()); x.nrows()],
        values,
        predictions: x.rows().into_iter().map(predict).collect(),
        errors: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn adds_up() {
        let explanation =
            linear(&[2.0, -1.0], 0.5, array![[1.0, 2.0]].view(), array![[0.0, 0.0], [2.0, 2.0]].view()).unwrap();
        assert_eq!(explanation.values, array![[0.0, -1.0]]);
        explanation.check_additivity(1e-12).unwrap();
        assert!(linear(&[1.0], 0.0, array![[1.0, 2.0]].view(), array![[1.0, 2.0]].view()).is_err());
        assert!(linear(&[1.0], 0.0, array![[1.0]].view(), Array2::zeros((0, 1)).view()).is_err());
    }
}
