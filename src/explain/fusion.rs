//! A late fusion as one model of the original features: each part sees its own columns, the
//! combiner sees the parts. Explained as a whole it attributes to the features of every modality.

use ndarray::{Array2, ArrayView2, Axis};

use super::{ExplainError, Predictor};

/// Combines the predictions of the parts (rows by parts) into one number a row.
pub type Combiner<'a> = dyn Fn(ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError> + Sync + 'a;

/// A part of a late fusion: the columns it was fitted on, in its order, and its prediction.
pub struct Part<'a> {
    pub columns: Vec<usize>,
    pub model: &'a dyn Predictor,
}

/// A late fusion.
pub struct Fusion<'a> {
    pub parts: Vec<Part<'a>>,
    pub combine: &'a Combiner<'a>,
}

impl Predictor for Fusion<'_> {
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError> {
        let mut scores = Array2::zeros((rows.nrows(), self.parts.len()));
        for (place, part) in self.parts.iter().enumerate() {
            if let Some(column) = part.columns.iter().find(|column| **column >= rows.ncols()) {
                return Err(ExplainError::Shape { expected: column + 1, given: rows.ncols() });
            }
            let predictions = part.model.predict(rows.select(Axis(1), &part.columns).view())?;
            if predictions.len() != rows.nrows() {
                return Err(ExplainError::Model { reason: "a part predicts other rows".to_owned() });
            }
            for (row, value) in predictions.into_iter().enumerate() {
                scores[[row, place]] = value;
            }
        }
        (self.combine)(scores.view())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::progress::Watch;
    use ndarray::array;

    #[test]
    fn attribution_reaches_the_features_of_each_part() {
        let clinical = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> { Ok(x.column(0).to_vec()) };
        let imaging = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
            Ok(x.rows().into_iter().map(|row| row[0] * row[1]).collect())
        };
        let combine = |scores: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
            Ok(scores.rows().into_iter().map(|row| 1.0 / (1.0 + (-(row[0] + 2.0 * row[1])).exp())).collect())
        };
        let fusion = Fusion {
            parts: vec![Part { columns: vec![2], model: &clinical }, Part { columns: vec![0, 1], model: &imaging }],
            combine: &combine,
        };
        let x = array![[1.0, 1.0, 0.0, 9.0]];
        let background = array![[0.0, 0.0, 0.0, 1.0]];
        let explanation = super::super::exact(&fusion, x.view(), background.view(), &Watch::silent()).unwrap();
        explanation.check_additivity(1e-12).unwrap();
        // The product is shared by its factors; the clinical column did not change, and no part
        // sees the last one.
        assert!((explanation.values[[0, 0]] - explanation.values[[0, 1]]).abs() < 1e-12);
        assert_eq!((explanation.values[[0, 2]], explanation.values[[0, 3]]), (0.0, 0.0));
        let by_modality = explanation.by_group(&[1, 1, 0, 0], 2).unwrap();
        assert!((by_modality.values[[0, 1]] - (1.0 / (1.0 + (-2.0f64).exp()) - 0.5)).abs() < 1e-12);
    }
}
