//! Predictions when only some features of a row are known: the others take their values from
//! background rows, and predictions are averaged.

use ndarray::{Array2, ArrayView1, ArrayView2};

use super::{ExplainError, Predictor};

/// Rows that are predicted at once.
const BATCH: usize = 8192;

/// Background rows of a model.
pub struct Background<'m, 'r> {
    model: &'m dyn Predictor,
    rows: ArrayView2<'r, f64>,
}

impl<'m, 'r> Background<'m, 'r> {
    /// # Errors
    /// [`ExplainError::NoBackground`] without rows.
    pub fn new(model: &'m dyn Predictor, rows: ArrayView2<'r, f64>) -> Result<Self, ExplainError> {
        if rows.nrows() == 0 {
            return Err(ExplainError::NoBackground);
        }
        Ok(Background { model, rows })
    }

    /// Fails unless `x` has the features of the background.
    pub(super) fn check(&self, x: ArrayView2<'_, f64>) -> Result<(), ExplainError> {
        if x.ncols() != self.rows.ncols() {
            return Err(ExplainError::Shape { expected: self.rows.ncols(), given: x.ncols() });
        }
        Ok(())
    }

    /// The prediction of each row, nothing replaced.
    ///
    /// # Errors
    /// Those of the model; a prediction that is missing or of other rows.
    pub fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError> {
        let predictions = self.model.predict(x)?;
        if predictions.len() != x.nrows() || predictions.iter().any(|p| !p.is_finite()) {
            return Err(ExplainError::Model { reason: "a prediction is missing or not finite".to_owned() });
        }
        Ok(predictions)
    }

    /// Mean prediction for each set of known features of `row`.
    ///
    /// # Errors
    /// As [`Background::predict`].
    pub fn values(&self, row: ArrayView1<'_, f64>, known: &[Vec<bool>]) -> Result<Vec<f64>, ExplainError> {
        let each = self.rows.nrows();
        let mut values = Vec::with_capacity(known.len());
        for sets in known.chunks((BATCH / each).max(1)) {
            let mut x = Array2::zeros((sets.len() * each, self.rows.ncols()));
            for (index, mut target) in x.rows_mut().into_iter().enumerate() {
                let set = &sets[index / each];
                target.assign(&self.rows.row(index % each));
                for (feature, is_known) in set.iter().enumerate() {
                    if *is_known {
                        target[feature] = row[feature];
                    }
                }
            }
            let predictions = self.predict(x.view())?;
            values.extend(predictions.chunks(each).map(|part| part.iter().sum::<f64>() / each as f64));
        }
        Ok(values)
    }
}
