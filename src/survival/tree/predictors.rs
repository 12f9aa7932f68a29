//! Predictors as ranks: what a tree walks. A feature is stored as the rank of each row among the
//! feature's distinct values, so that a node sorts small integers and never touches the values.

use ndarray::ArrayView2;

use crate::learn::FitError;

/// Features in columns of ranks.
#[derive(Clone, Debug)]
pub struct Predictors {
    rows: usize,
    columns: Vec<Ranked>,
}

/// One feature: the rank of each row, and the distinct values in ascending order. Values are
/// rounded to single precision, as scikit-learn's trees do, so that thresholds agree with it.
#[derive(Clone, Debug)]
pub struct Ranked {
    pub ranks: Vec<u32>,
    pub distinct: Vec<f32>,
}

impl Predictors {
    /// # Errors
    /// A matrix without columns, and the first column with a missing or infinite value.
    pub fn new(learner: &'static str, x: ArrayView2<'_, f64>, names: &[String]) -> Result<Self, FitError> {
        if x.ncols() == 0 {
            return Err(FitError::NotEstimable { learner, reason: "there is no feature".to_owned() });
        }
        let mut columns = Vec::with_capacity(x.ncols());
        let mut order: Vec<u32> = Vec::with_capacity(x.nrows());
        for (place, column) in x.columns().into_iter().enumerate() {
            let values: Vec<f32> = column.iter().map(|value| *value as f32).collect();
            if values.iter().any(|value| !value.is_finite()) {
                let column = names.get(place).cloned().unwrap_or_default();
                return Err(FitError::Missing { learner, column });
            }
            order.clear();
            order.extend(0..values.len() as u32);
            order.sort_unstable_by(|left, right| values[*left as usize].total_cmp(&values[*right as usize]));
            let mut ranks = vec![0; values.len()];
            let mut distinct: Vec<f32> = Vec::new();
            for row in &order {
                let value = values[*row as usize];
                if distinct.last() != Some(&value) {
                    distinct.push(value);
                }
                ranks[*row as usize] = (distinct.len() - 1) as u32;
            }
            columns.push(Ranked { ranks, distinct });
        }
        Ok(Predictors { rows: x.nrows(), columns })
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn len(&self) -> usize {
        self.columns.len()
    }

    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    pub fn column(&self, feature: usize) -> &Ranked {
        &self.columns[feature]
    }
}

impl Ranked {
    /// The threshold between two neighbouring values of a node: half way, in double precision,
    /// and the lower value if rounding lands on the upper.
    pub fn threshold(&self, below: u32, above: u32) -> f64 {
        let (below, above) = (f64::from(self.distinct[below as usize]), f64::from(self.distinct[above as usize]));
        let half = below / 2.0 + above / 2.0;
        if half == above || !half.is_finite() { below } else { half }
    }
}
