//! Eigenvalues of small symmetric matrices: Householder reduction to three diagonals, then the implicit QL method.
//! Source: Golub and Van Loan, Matrix Computations, chapter 8.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

/// A symmetric matrix reduced to three diagonals, with what turns its vectors back.
pub struct Tridiagonal {
    n: usize,
    diagonal: Vec<f64>,
    /// `off[k]` joins k and k + 1.
    off: Vec<f64>,
    /// Householder vectors, one per eliminated column, with their factors.
    reflectors: Vec<(Vec<f64>, f64)>,
}

impl Tridiagonal {
    /// Reduces a symmetric matrix, row by row, of order `n`; the matrix is used up.
    pub fn reduce(mut a: Vec<f64>, n: usize) -> Tridiagonal {
        let mut diagonal = vec![0.0; n];
        let mut off = vec![0.0; n.saturating_sub(1)];
        let mut reflectors = Vec::new();
        let mut p = vec![0.0; n];
        for k in 0..n.saturating_sub(2) {
            let m = n - k - 1;
            // Column k below the diagonal; the matrix is symmetric, so its row serves.
            let mut v: Vec<f64> = a[k * n + k + 1..k * n + n].to_vec();
            let scale = v.iter().map(|x| x * x).sum::<f64>().sqrt();
            let rest: f64 = v[1..].iter().map(|x| x * x).sum();
            if rest == 0.0 {
                off[k] = v[0];
                reflectors.push((vec![0.0; m], 0.0));
                continue;
            }
            let alpha = if v[0] > 0.0 { -scale } else { scale };
            v[0] -= alpha;
            let beta = 2.0 / v.iter().map(|x| x * x).sum::<f64>();
            off[k] = alpha;
            // p = β A v; K = β/2 pᵀv; w = p − K v; A ← A − v wᵀ − w vᵀ.
            for (i, value) in p[..m].iter_mut().enumerate() {
                let row = &a[(k + 1 + i) * n + k + 1..(k + 1 + i) * n + n];
                *value = beta * row.iter().zip(&v).map(|(x, y)| x * y).sum::<f64>();
            }
            let half = 0.5 * beta * p[..m].iter().zip(&v).map(|(x, y)| x * y).sum::<f64>();
            for (value, x) in p[..m].iter_mut().zip(&v) {
                *value -= half * x;
            }
            for i in 0..m {
                let row = &mut a[(k + 1 + i) * n + k + 1..(k + 1 + i) * n + n];
                let (vi, pi) = (v[i], p[i]);
                for ((x, vj), pj) in row.iter_mut().zip(&v).zip(&p) {
                    *x -= vi * pj + pi * vj;
                }
            }
            reflectors.push((v, beta));
        }
        for k in 0..n {
            diagonal[k] = a[k * n + k];
        }
        if n >= 2 {
            off[n - 2] = a[(n - 2) * n + n - 1];
        }
        Tridiagonal { n, diagonal, off, reflectors }
    }

    /// The eigenvalues, ascending.
    pub fn eigenvalues(&self) -> Vec<f64> {
        let n = self.n;
        let mut d = self.diagonal.clone();
        let mut e = self.off.clone();
        e.push(0.0);
        for l in 0..n {
            for _ in 0..200 {
                let small = (l..n.saturating_sub(1))
                    .find(|m| e[*m].abs() <= f64::EPSILON * (d[*m].abs() + d[*m + 1].abs()))
                    .unwrap_or(n - 1);
                if small == l {
                    break;
                }
                let mut g = (d[l + 1] - d[l]) / (2.0 * e[l]);
                let mut r = g.hypot(1.0);
                g = d[small] - d[l] + e[l] / (g + if g >= 0.0 { r } else { -r });
                let (mut s, mut c, mut p) = (1.0, 1.0, 0.0);
                let mut deflated = false;
                for i in (l..small).rev() {
                    let f = s * e[i];
                    let b = c * e[i];
                    r = f.hypot(g);
                    e[i + 1] = r;
                    if r == 0.0 {
                        d[i + 1] -= p;
                        e[small] = 0.0;
                        deflated = true;
                        break;
                    }
                    s = f / r;
                    c = g / r;
                    g = d[i + 1] - p;
                    r = (d[i] - g) * s + 2.0 * c * b;
                    p = s * r;
                    d[i + 1] = g + p;
                    g = c * r - b;
                }
                if deflated {
                    continue;
                }
                d[l] -= p;
                e[l] = g;
                e[small] = 0.0;
            }
        }
        d.sort_by(f64::total_cmp);
        d
    }

    /// A unit eigenvector of the original matrix for one of its eigenvalues, by inverse iteration.
    pub fn eigenvector(&self, value: f64) -> Vec<f64> {
        let n = self.n;
        let mut x = vec![1.0; n];
        let size = self.diagonal.iter().chain(&self.off).fold(0.0f64, |m, v| m.max(v.abs()));
        let tiny = f64::EPSILON * size.max(f64::MIN_POSITIVE);
        for (i, v) in x.iter_mut().enumerate() {
            // A start without symmetry, so that it is orthogonal to no vector.
            *v = 1.0 + (i as f64 * 0.618_033_988_75).fract();
        }
        for _ in 0..4 {
            self.solve_shifted(value, tiny, &mut x);
            let norm = x.iter().map(|v| v * v).sum::<f64>().sqrt();
            for v in &mut x {
                *v /= norm;
            }
        }
        for (k, (v, beta)) in self.reflectors.iter().enumerate().rev() {
            let tail = &mut x[k + 1..];
            let factor = beta * tail.iter().zip(v).map(|(a, b)| a * b).sum::<f64>();
            for (a, b) in tail.iter_mut().zip(v) {
                *a -= factor * b;
            }
        }
        x
    }

    /// Solves (T − shift) x = x in place, with row exchanges; pivots of zero become `tiny`.
    fn solve_shifted(&self, shift: f64, tiny: f64, x: &mut [f64]) {
        let n = self.n;
        let mut main: Vec<f64> = self.diagonal.iter().map(|d| d - shift).collect();
        let mut upper = self.off.clone();
        upper.push(0.0);
        let mut second = vec![0.0; n];
        for k in 0..n.saturating_sub(1) {
            let below = self.off[k];
            if below.abs() > main[k].abs() {
                // Exchange rows k and k + 1.
                let (d, u) = (main[k + 1], upper[k + 1]);
                let factor = main[k] / below;
                main[k + 1] = upper[k] - factor * d;
                upper[k + 1] = -factor * u;
                main[k] = below;
                upper[k] = d;
                second[k] = u;
                x.swap(k, k + 1);
                x[k + 1] -= factor * x[k];
            } else {
                if main[k].abs() < tiny {
                    main[k] = tiny;
                }
                let factor = below / main[k];
                main[k + 1] -= factor * upper[k];
                x[k + 1] -= factor * x[k];
            }
        }
        for k in (0..n).rev() {
            if main[k].abs() < tiny {
                main[k] = tiny;
            }
            let mut value = x[k];
            if k + 1 < n {
                value -= upper[k] * x[k + 1];
            }
            if k + 2 < n {
                value -= second[k] * x[k + 2];
            }
            x[k] = value / main[k];
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_and_vectors_of_a_known_matrix() {
        let n = 7;
        let a: Vec<f64> = (0..n * n)
            .map(|k| {
                let (i, j) = (k / n, k % n);
                1.0 / (1.0 + i as f64 + j as f64) + if i == j { i as f64 } else { 0.0 }
            })
            .collect();
        let t = Tridiagonal::reduce(a.clone(), n);
        let values = t.eigenvalues();
        let trace: f64 = (0..n).map(|i| a[i * n + i]).sum();
        assert!((values.iter().sum::<f64>() - trace).abs() < 1e-12);
        for value in values {
            let v = t.eigenvector(value);
            for i in 0..n {
                let av: f64 = (0..n).map(|j| a[i * n + j] * v[j]).sum();
                assert!((av - value * v[i]).abs() < 1e-10, "{value}");
            }
        }
    }

    #[test]
    fn diagonal_and_tiny_matrices() {
        assert_eq!(Tridiagonal::reduce(vec![3.0], 1).eigenvalues(), vec![3.0]);
        assert_eq!(Tridiagonal::reduce(vec![2.0, 0.0, 0.0, 1.0], 2).eigenvalues(), vec![1.0, 2.0]);
        assert_eq!(Tridiagonal::reduce(vec![0.0; 9], 3).eigenvalues(), vec![0.0; 3]);
    }
}
