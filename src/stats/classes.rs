//! Several classes without an order: what was observed, and what a model says of each.

use std::sync::Arc;

/// The observed class of rows, by the place of its level.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Classes {
    pub class: Vec<usize>,
    pub levels: Arc<[String]>,
}

impl Classes {
    pub fn len(&self) -> usize {
        self.class.len()
    }

    pub fn is_empty(&self) -> bool {
        self.class.is_empty()
    }

    /// Rows of each class.
    pub fn counts(&self) -> Vec<usize> {
        let mut counts = vec![0; self.levels.len()];
        for class in &self.class {
            if let Some(count) = counts.get_mut(*class) {
                *count += 1;
            }
        }
        counts
    }

    /// Which rows are of this class.
    pub fn of(&self, level: usize) -> Vec<bool> {
        self.class.iter().map(|class| *class == level).collect()
    }

    /// The rows at `rows`, in that order.
    pub fn select(&self, rows: &[usize]) -> Self {
        Classes { class: rows.iter().map(|row| self.class[*row]).collect(), levels: Arc::clone(&self.levels) }
    }
}

/// Predicted probabilities of the classes, which add up to one in every row.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassProbabilities {
    levels: Arc<[String]>,
    /// Row after row.
    p: Vec<f64>,
    /// The most probable class of each row, the first of equals.
    called: Vec<f64>,
}

impl ClassProbabilities {
    /// `rows` hold a probability for each level; one of another length counts as unknown (all alike).
    pub fn new(levels: Arc<[String]>, rows: impl IntoIterator<Item = Vec<f64>>) -> Self {
        let count = levels.len().max(1);
        let (mut p, mut called) = (Vec::new(), Vec::new());
        for row in rows {
            let row = if row.len() == levels.len() { row } else { vec![1.0 / count as f64; levels.len()] };
            let mut best = 0;
            for (place, value) in row.iter().enumerate() {
                if *value > row[best] {
                    best = place;
                }
            }
            called.push(best as f64);
            p.extend(row);
        }
        ClassProbabilities { levels, p, called }
    }

    pub fn levels(&self) -> &Arc<[String]> {
        &self.levels
    }

    /// The number of the most probable class of each row.
    pub fn called(&self) -> &[f64] {
        &self.called
    }

    pub fn row(&self, row: usize) -> &[f64] {
        let count = self.levels.len();
        self.p.get(row * count..(row + 1) * count).unwrap_or(&[])
    }

    /// The probability of one class in every row.
    pub fn column(&self, level: usize) -> Vec<f64> {
        self.p.iter().skip(level).step_by(self.levels.len().max(1)).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_equals_is_called() {
        let levels: Arc<[String]> = ["a", "b", "c"].map(str::to_owned).to_vec().into();
        let p = ClassProbabilities::new(levels, [vec![0.2, 0.4, 0.4], vec![0.9, 0.1, 0.0], vec![0.5]]);
        assert_eq!((p.called(), p.row(1), p.row(9)), (&[1.0, 0.0, 0.0][..], &[0.9, 0.1, 0.0][..], &[][..]));
        assert_eq!(p.column(1), [0.4, 0.1, 1.0 / 3.0]);
    }
}
