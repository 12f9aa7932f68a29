//! What an explanation holds, and how explanations are put together.

use ndarray::Array2;

use super::ExplainError;

/// Shapley values of rows: `base + sum of values = prediction` in every row.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// Prediction without knowledge of any feature, one a row (it differs between the folds of an
    /// out-of-fold explanation).
    pub base: Vec<f64>,
    /// Rows by features.
    pub values: Array2<f64>,
    /// What the model predicts, one a row.
    pub predictions: Vec<f64>,
    /// Standard error of each value where it was sampled.
    pub errors: Option<Array2<f64>>,
}

impl Explanation {
    /// Largest `|base + sum of values - prediction|` over rows; rounding for an exact method.
    pub fn additivity_gap(&self) -> f64 {
        self.values
            .rows()
            .into_iter()
            .zip(self.base.iter().zip(&self.predictions))
            .map(|(values, (base, prediction))| (base + values.sum() - prediction).abs())
            .fold(0.0, f64::max)
    }

    /// # Errors
    /// When a row's values do not sum to its prediction within `tolerance`.
    pub fn check_additivity(&self, tolerance: f64) -> Result<(), ExplainError> {
        let gap = self.additivity_gap();
        if gap <= tolerance {
            return Ok(());
        }
        Err(ExplainError::NotEstimable {
            reason: format!("the Shapley values of a row miss its prediction by {gap:.3e}"),
        })
    }

    /// Mean absolute value of each feature.
    pub fn importance(&self) -> Vec<f64> {
        let n = self.values.nrows().max(1) as f64;
        self.values.columns().into_iter().map(|column| column.iter().map(|v| v.abs()).sum::<f64>() / n).collect()
    }

    /// Features by descending mean absolute value; ties in column order.
    pub fn ranking(&self) -> Vec<usize> {
        let importance = self.importance();
        let mut order: Vec<usize> = (0..importance.len()).collect();
        order.sort_by(|a, b| importance[*b].total_cmp(&importance[*a]));
        order
    }

    /// Values summed over groups of features, such as modalities: `group` has a group a feature.
    ///
    /// # Errors
    /// Another number of features than the explanation has.
    pub fn by_group(&self, group: &[usize], groups: usize) -> Result<Explanation, ExplainError> {
        if group.len() != self.values.ncols() || group.iter().any(|g| *g >= groups) {
            return Err(ExplainError::Shape { expected: self.values.ncols(), given: group.len() });
        }
        let mut values = Array2::zeros((self.values.nrows(), groups));
        for ((row, feature), value) in self.values.indexed_iter() {
            values[[row, group[feature]]] += value;
        }
        Ok(Explanation { base: self.base.clone(), values, predictions: self.predictions.clone(), errors: None })
    }
}

/// The mean of explanations of the same rows by several models (the folds of a cross-validation):
/// the explanation of the mean prediction.
///
/// # Errors
/// No explanations, or explanations of different shapes.
pub fn average(explanations: &[Explanation]) -> Result<Explanation, ExplainError> {
    let first = explanations.first().ok_or(ExplainError::NoRows)?;
    let mut mean = Explanation { errors: None, ..first.clone() };
    let count = explanations.len() as f64;
    for other in &explanations[1..] {
        if other.values.dim() != first.values.dim() {
            return Err(ExplainError::Shape { expected: first.values.ncols(), given: other.values.ncols() });
        }
        mean.values += &other.values;
        for (sum, value) in mean.base.iter_mut().zip(&other.base) {
            *sum += value;
        }
        for (sum, value) in mean.predictions.iter_mut().zip(&other.predictions) {
            *sum += value;
        }
    }
    mean.values /= count;
    mean.base.iter_mut().for_each(|value| *value /= count);
    mean.predictions.iter_mut().for_each(|value| *value /= count);
    Ok(mean)
}

/// Explanations of each fold's held-out rows, by the model that did not see them, put back in the
/// order of `n` rows. A row in several folds (repeats) gets the mean.
///
/// # Errors
/// A row that no fold holds, a row number out of range, or folds of different features.
pub fn out_of_fold(n: usize, folds: &[(Vec<usize>, Explanation)]) -> Result<Explanation, ExplainError> {
    let features = folds.first().ok_or(ExplainError::NoRows)?.1.values.ncols();
    let mut values = Array2::<f64>::zeros((n, features));
    let mut base = vec![0.0; n];
    let mut predictions = vec![0.0; n];
    let mut held = vec![0.0; n];
    for (rows, explanation) in folds {
        if explanation.values.ncols() != features || explanation.values.nrows() != rows.len() {
            return Err(ExplainError::Shape { expected: features, given: explanation.values.ncols() });
        }
        for (place, row) in rows.iter().enumerate() {
            if *row >= n {
                return Err(ExplainError::NotEstimable { reason: format!("row {row} is not among {n} rows") });
            }
            let mut target = values.row_mut(*row);
            target += &explanation.values.row(place);
            base[*row] += explanation.base[place];
            predictions[*row] += explanation.predictions[place];
            held[*row] += 1.0;
        }
    }
    if let Some(row) = held.iter().position(|count| *count == 0.0) {
        return Err(ExplainError::NotEstimable { reason: format!("no fold holds row {row} out") });
    }
    for (row, count) in held.iter().enumerate() {
        let mut target = values.row_mut(row);
        target /= *count;
        base[row] /= count;
        predictions[row] /= count;
    }
    Ok(Explanation { base, values, predictions, errors: None })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    fn explanation(values: Array2<f64>) -> Explanation {
        let predictions = values.rows().into_iter().map(|row| 1.0 + row.sum()).collect();
        Explanation { base: vec![1.0; values.nrows()], values, predictions, errors: None }
    }

    #[test]
    fn folds_are_put_back() {
        let a = explanation(array![[1.0, -3.0]]);
        let b = explanation(array![[0.5, 0.0], [0.0, 2.0]]);
        let whole = out_of_fold(3, &[(vec![2], a.clone()), (vec![0, 1], b.clone())]).unwrap();
        assert_eq!(whole.values, array![[0.5, 0.0], [0.0, 2.0], [1.0, -3.0]]);
        whole.check_additivity(1e-12).unwrap();
        assert_eq!(whole.ranking(), [1, 0]);
        assert!(out_of_fold(3, &[(vec![2], a)]).is_err());
        assert_eq!(average(&[b.clone(), b.clone()]).unwrap(), b);
        assert_eq!(b.by_group(&[0, 0], 1).unwrap().values, array![[0.5], [2.0]]);
        assert!(average(&[]).is_err());
    }
}
