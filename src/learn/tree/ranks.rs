//! Features as ranks among their distinct values: exact, and half the memory of the values.

use ndarray::ArrayView2;
use rayon::prelude::*;

/// Rows by features as ranks, column after column.
#[derive(Clone, Debug)]
pub struct Ranks {
    rows: usize,
    features: usize,
    /// Rank of each row among the feature's distinct values.
    rank: Vec<u32>,
    /// Rows in ascending order of the feature; ties in row order.
    order: Vec<u32>,
    /// Distinct values, ascending, a feature each.
    values: Vec<Vec<f64>>,
}

impl Ranks {
    /// `x` is rows by features, complete.
    pub fn new(x: ArrayView2<'_, f64>) -> Self {
        let (rows, features) = x.dim();
        let columns: Vec<(Vec<u32>, Vec<u32>, Vec<f64>)> = (0..features)
            .into_par_iter()
            .map(|feature| {
                let column = x.column(feature).to_vec();
                let mut order: Vec<u32> = (0..rows as u32).collect();
                order.sort_unstable_by(|a, b| column[*a as usize].total_cmp(&column[*b as usize]).then(a.cmp(b)));
                let mut rank = vec![0; rows];
                let mut values: Vec<f64> = Vec::new();
                for row in &order {
                    let value = column[*row as usize];
                    // -0 and 0 are one value.
                    if values.last() != Some(&value) {
                        values.push(value);
                    }
                    rank[*row as usize] = (values.len() - 1) as u32;
                }
                (rank, order, values)
            })
            .collect();
        let mut ranks = Ranks {
            rows,
            features,
            rank: Vec::with_capacity(rows * features),
            order: Vec::with_capacity(rows * features),
            values: Vec::with_capacity(features),
        };
        for (rank, order, values) in columns {
            ranks.rank.extend(rank);
            ranks.order.extend(order);
            ranks.values.push(values);
        }
        ranks
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn features(&self) -> usize {
        self.features
    }

    pub fn rank(&self, feature: usize) -> &[u32] {
        &self.rank[feature * self.rows..(feature + 1) * self.rows]
    }

    pub fn order(&self, feature: usize) -> &[u32] {
        &self.order[feature * self.rows..(feature + 1) * self.rows]
    }

    /// The threshold between two ranks: halfway, or the lower value where rounding takes halfway to
    /// the upper one.
    pub fn threshold(&self, feature: usize, lower: u32, upper: u32) -> f64 {
        let (low, high) = (self.values[feature][lower as usize], self.values[feature][upper as usize]);
        let middle = low / 2.0 + high / 2.0;
        if middle >= high || middle < low { low } else { middle }
    }
}
