//! The LDLᵀ factor of an information matrix, tolerant of columns that depend on earlier ones.

use ndarray::Array2;

/// `A = L D Lᵀ` with unit lower triangular `L`; a pivot below `tolerance` times the largest
/// diagonal element is set to zero, and the column is called aliased.
#[derive(Clone, Debug)]
pub struct Ldl {
    l: Array2<f64>,
    d: Vec<f64>,
}

impl Ldl {
    /// Factors the symmetric, nonnegative definite `a`.
    pub fn new(a: &Array2<f64>, tolerance: f64) -> Self {
        let p = a.nrows();
        let mut l = Array2::<f64>::eye(p);
        let mut d = vec![0.0; p];
        let largest = (0..p).map(|j| a[[j, j]].abs()).fold(0.0, f64::max);
        for j in 0..p {
            let mut pivot = a[[j, j]];
            for k in 0..j {
                pivot -= l[[j, k]] * l[[j, k]] * d[k];
            }
            if !(pivot.is_finite() && pivot > tolerance * largest) {
                continue;
            }
            d[j] = pivot;
            for i in j + 1..p {
                let mut value = a[[i, j]];
                for k in 0..j {
                    value -= l[[i, k]] * l[[j, k]] * d[k];
                }
                l[[i, j]] = value / pivot;
            }
        }
        Ldl { l, d }
    }

    /// Which columns depend on the ones before them.
    pub fn aliased(&self) -> Vec<bool> {
        self.d.iter().map(|pivot| *pivot == 0.0).collect()
    }

    pub fn rank(&self) -> usize {
        self.d.iter().filter(|pivot| **pivot != 0.0).count()
    }

    /// A solution of `A x = b`; aliased elements of `x` are 0.
    pub fn solve(&self, b: &[f64]) -> Vec<f64> {
        let p = self.d.len();
        let mut x = b.to_vec();
        for i in 0..p {
            for k in 0..i {
                x[i] -= self.l[[i, k]] * x[k];
            }
            if self.d[i] == 0.0 {
                x[i] = 0.0;
            }
        }
        for (x, d) in x.iter_mut().zip(&self.d) {
            *x = if *d == 0.0 { 0.0 } else { *x / d };
        }
        for i in (0..p).rev() {
            for k in i + 1..p {
                x[i] -= self.l[[k, i]] * x[k];
            }
            if self.d[i] == 0.0 {
                x[i] = 0.0;
            }
        }
        x
    }

    /// A generalised inverse; rows and columns of aliased elements are 0.
    pub fn inverse(&self) -> Array2<f64> {
        let p = self.d.len();
        let mut inverse = Array2::zeros((p, p));
        let mut unit = vec![0.0; p];
        for j in (0..p).filter(|j| self.d[*j] != 0.0) {
            unit[j] = 1.0;
            for (i, value) in self.solve(&unit).into_iter().enumerate() {
                inverse[[i, j]] = value;
            }
            unit[j] = 0.0;
        }
        // Symmetric to the last bit, whatever the order of the sums.
        for i in 0..p {
            for j in 0..i {
                let mean = 0.5 * (inverse[[i, j]] + inverse[[j, i]]);
                inverse[[i, j]] = mean;
                inverse[[j, i]] = mean;
            }
        }
        inverse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn solves_and_names_a_dependent_column() {
        let a = array![[4.0, 2.0], [2.0, 3.0]];
        let x = Ldl::new(&a, 1e-12).solve(&[2.0, 5.0]);
        assert!((4.0 * x[0] + 2.0 * x[1] - 2.0).abs() < 1e-14 && (2.0 * x[0] + 3.0 * x[1] - 5.0).abs() < 1e-14);
        let twice = array![[1.0, 2.0], [2.0, 4.0]];
        assert_eq!(Ldl::new(&twice, 1e-12).aliased(), [false, true]);
        assert_eq!(Ldl::new(&twice, 1e-12).inverse(), array![[1.0, 0.0], [0.0, 0.0]]);
    }
}
