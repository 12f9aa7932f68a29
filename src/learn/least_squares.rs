//! Orthogonal factors of a design matrix, for least squares and for the steps of reweighted
//! least squares. Scale of the columns does not matter, and columns that others determine are
//! dropped in order, as R's `lm` does.

/// `X P = Q R` of the columns that are kept.
#[derive(Clone, Debug)]
pub struct Orthogonal {
    rows: usize,
    /// Indices of the columns that add something to those before them.
    kept: Vec<usize>,
    /// Rows by kept, column after column.
    q: Vec<f64>,
    /// Kept by kept, column after column, upper triangle.
    r: Vec<f64>,
}

/// Inner product in four interleaved sums, in a fixed order.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (a4, a_rest) = a.as_chunks::<4>();
    let (b4, b_rest) = b.as_chunks::<4>();
    for (x, y) in a4.iter().zip(b4) {
        for lane in 0..4 {
            sums[lane] += x[lane] * y[lane];
        }
    }
    let rest: f64 = a_rest.iter().zip(b_rest).map(|(x, y)| x * y).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// `y += a x`.
pub(crate) fn add_scaled(y: &mut [f64], a: f64, x: &[f64]) {
    for (y, x) in y.iter_mut().zip(x) {
        *y += a * x;
    }
}

impl Orthogonal {
    /// Factors `columns` (column after column, each of `rows` values). A column whose part that is
    /// orthogonal to the columns before it is shorter than `tolerance` times the column is dropped.
    ///
    /// Gram-Schmidt with each column orthogonalised twice, which is as accurate as Householder's
    /// reflections (Giraud et al., Numer. Math. 2005) and walks memory in order.
    pub fn new(mut columns: Vec<f64>, rows: usize, tolerance: f64) -> Self {
        let count = columns.len().checked_div(rows).unwrap_or(0);
        let mut kept = Vec::with_capacity(count);
        let mut upper: Vec<Vec<f64>> = Vec::with_capacity(count);
        for column in 0..count {
            let rank = kept.len();
            let (done, rest) = columns.split_at_mut(column * rows);
            let vector = &mut rest[..rows];
            let length = dot(vector, vector).sqrt();
            let mut entries = vec![0.0; rank + 1];
            for _ in 0..2 {
                for (index, entry) in entries[..rank].iter_mut().enumerate() {
                    let direction = &done[index * rows..(index + 1) * rows];
                    let projection = dot(direction, vector);
                    *entry += projection;
                    add_scaled(vector, -projection, direction);
                }
            }
            let left = dot(vector, vector).sqrt();
            if left.is_nan() || left <= tolerance * length || left == 0.0 {
                continue;
            }
            for value in vector.iter_mut() {
                *value /= left;
            }
            entries[rank] = left;
            columns.copy_within(column * rows..(column + 1) * rows, rank * rows);
            kept.push(column);
            upper.push(entries);
        }
        let rank = kept.len();
        columns.truncate(rank * rows);
        let mut r = vec![0.0; rank * rank];
        for (column, entries) in upper.iter().enumerate() {
            r[column * rank..column * rank + entries.len()].copy_from_slice(entries);
        }
        Orthogonal { rows, kept, q: columns, r }
    }

    pub fn rank(&self) -> usize {
        self.kept.len()
    }

    /// Indices of the columns that were kept, ascending.
    pub fn kept(&self) -> &[usize] {
        &self.kept
    }

    /// Column `index` of `Q`.
    pub fn direction(&self, index: usize) -> &[f64] {
        &self.q[index * self.rows..(index + 1) * self.rows]
    }

    /// Entry of `R`.
    pub fn upper(&self, row: usize, column: usize) -> f64 {
        self.r[column * self.rank() + row]
    }

    /// Least-squares coefficients of the kept columns.
    pub fn solve(&self, y: &[f64]) -> Vec<f64> {
        let rank = self.rank();
        let mut solution: Vec<f64> = (0..rank).map(|index| dot(self.direction(index), y)).collect();
        for row in (0..rank).rev() {
            solution[row] /= self.upper(row, row);
            let value = solution[row];
            for (above, entry) in solution[..row].iter_mut().enumerate() {
                *entry -= value * self.upper(above, row);
            }
        }
        solution
    }

    /// `(X'X)^-1` of the kept columns, row after row.
    pub fn inverse_gram(&self) -> Vec<f64> {
        let rank = self.rank();
        // R^-1, column after column.
        let mut inverse = vec![0.0; rank * rank];
        for column in 0..rank {
            inverse[column * rank + column] = 1.0 / self.upper(column, column);
            for row in (0..column).rev() {
                let sum: f64 = (row + 1..=column).map(|k| self.upper(row, k) * inverse[column * rank + k]).sum();
                inverse[column * rank + row] = -sum / self.upper(row, row);
            }
        }
        let mut gram = vec![0.0; rank * rank];
        for row in 0..rank {
            for column in 0..=row {
                let sum: f64 = (row..rank).map(|k| inverse[k * rank + row] * inverse[k * rank + column]).sum();
                gram[row * rank + column] = sum;
                gram[column * rank + row] = sum;
            }
        }
        gram
    }

    /// Diagonal of the hat matrix `X (X'X)^-1 X'`.
    pub fn leverage(&self) -> Vec<f64> {
        let mut leverage = vec![0.0; self.rows];
        for index in 0..self.rank() {
            for (sum, value) in leverage.iter_mut().zip(self.direction(index)) {
                *sum += value * value;
            }
        }
        leverage
    }

    /// Logarithm of the determinant of `X'X`.
    pub fn log_determinant(&self) -> f64 {
        (0..self.rank()).map(|index| 2.0 * self.upper(index, index).abs().ln()).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drops_what_others_determine_and_solves_the_rest() {
        let one = vec![1.0; 5];
        let a = vec![1.0, 2.0, 3.0, 4.0, 6.0];
        let twice: Vec<f64> = a.iter().map(|x| 2.0 * x - 3.0).collect();
        let b = vec![0.5, -1.0, 2.0, 0.0, 1.0];
        let y: Vec<f64> = a.iter().zip(&b).map(|(a, b)| 1.5 + 2.0 * a - 3.0 * b).collect();
        let factor = Orthogonal::new([one, a, twice, b].concat(), 5, 1e-9);
        assert_eq!(factor.kept(), [0, 1, 3]);
        for (value, expected) in factor.solve(&y).iter().zip([1.5, 2.0, -3.0]) {
            assert!((value - expected).abs() < 1e-12);
        }
        assert!((factor.leverage().iter().sum::<f64>() - 3.0).abs() < 1e-12);
    }

    #[test]
    fn nothing_comes_of_nothing() {
        let factor = Orthogonal::new(vec![0.0; 6], 3, 1e-9);
        assert_eq!(factor.rank(), 0);
        assert!(factor.solve(&[1.0, 2.0, 3.0]).is_empty());
    }
}
