//! Columns centred and scaled as glmnet does it: by the weighted mean and the weighted standard
//! deviation with divisor n, a constant column left out.

use ndarray::ArrayView2;

use super::super::least_squares::dot;

/// Features, column after column, followed by a column of ones for the intercept.
#[derive(Clone, Debug)]
pub struct StandardisedColumns {
    rows: usize,
    values: Vec<f64>,
    mean: Vec<f64>,
    scale: Vec<f64>,
    /// Case weights with sum 1.
    weights: Vec<f64>,
    usable: Vec<bool>,
}

impl StandardisedColumns {
    /// `x` is rows by features, complete; `weights` are not negative and not all zero.
    /// Without `scaling` columns are centred only; without `centring` neither.
    pub fn new(x: ArrayView2<'_, f64>, weights: Option<&[f64]>, scaling: bool) -> Self {
        let (rows, columns) = x.dim();
        let total: f64 = weights.map_or(rows as f64, |weights| weights.iter().sum());
        let weights: Vec<f64> = match weights {
            Some(weights) => weights.iter().map(|weight| weight / total).collect(),
            None => vec![1.0 / total; rows],
        };
        let mut values = Vec::with_capacity(rows * (columns + 1));
        let mut mean = Vec::with_capacity(columns);
        let mut scale = Vec::with_capacity(columns);
        let mut usable = Vec::with_capacity(columns);
        for column in x.columns() {
            let start = values.len();
            values.extend(column.iter());
            let slice = &mut values[start..];
            let centre = dot(slice, &weights);
            let largest = slice.iter().fold(0.0_f64, |max, value| max.max(value.abs()));
            let mut variance = 0.0;
            for (value, weight) in slice.iter_mut().zip(&weights) {
                *value -= centre;
                variance += weight * *value * *value;
            }
            let deviation = variance.sqrt();
            // Rounding of the mean leaves a constant column with a tiny spread.
            let varies = deviation > 1e-13 * largest && deviation.is_finite();
            let divisor = if scaling && varies { deviation } else { 1.0 };
            if divisor != 1.0 {
                for value in slice.iter_mut() {
                    *value /= divisor;
                }
            }
            mean.push(centre);
            scale.push(divisor);
            usable.push(varies);
        }
        values.resize(rows * (columns + 1), 1.0);
        StandardisedColumns { rows, values, mean, scale, weights, usable }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Number of features, the intercept apart.
    pub fn features(&self) -> usize {
        self.mean.len()
    }

    /// Case weights with sum 1.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// A standardised feature; the one after the last is the column of ones.
    pub fn column(&self, index: usize) -> &[f64] {
        &self.values[index * self.rows..(index + 1) * self.rows]
    }

    /// Whether the feature varies.
    pub fn usable(&self, feature: usize) -> bool {
        self.usable[feature]
    }

    /// Standard deviation by which the feature was divided.
    pub fn scale(&self, feature: usize) -> f64 {
        self.scale[feature]
    }

    /// Intercept and nonzero slopes on the scale of the features as given. `beta` has one entry a
    /// feature and the intercept last.
    pub fn original(&self, beta: &[f64]) -> (f64, Vec<(usize, f64)>) {
        let features = self.features();
        let mut intercept = beta[features];
        let mut slopes = Vec::new();
        for (feature, value) in beta[..features].iter().enumerate() {
            if *value != 0.0 {
                let slope = value / self.scale[feature];
                intercept -= slope * self.mean[feature];
                slopes.push((feature, slope));
            }
        }
        (intercept, slopes)
    }
}
