//! Coordinate descent for one penalised weighted least-squares problem: the quadratic in
//! `b = b_old + d` with score `s` and curvature `v` at `b_old`,
//!
//! ```text
//! -s'X d + 1/2 sum_i v_i (x_i'd)^2 + lambda sum_j f_j (alpha |b_j| + (1 - alpha) b_j^2 / 2)
//! ```
//!
//! Two ways through memory. The residual is kept, as glmnet's naive updates do: two walks over the
//! rows for each coefficient that moves. Where that takes many passes (correlated features) it gives
//! way to gradients of the working set, kept up to date through columns of `X'VX` that are computed
//! when a coefficient first moves: then a coordinate that stays costs one comparison, and one that
//! moves a walk over the working set, which is worth its columns only after many passes.

use super::super::least_squares::{add_scaled, dot};
use super::standardise::StandardisedColumns;

/// The quadratic problem of one reweighting.
pub struct Quadratic<'a> {
    pub columns: &'a StandardisedColumns,
    /// First derivative of the log-likelihood in each row's linear predictor.
    pub score: &'a [f64],
    /// Minus the second derivative, not negative.
    pub curvature: &'a [f64],
    /// Penalty `lambda f_j alpha` and `lambda f_j (1 - alpha)` of each column, the intercept last.
    pub l1: &'a [f64],
    pub l2: &'a [f64],
}

/// Buffers kept between problems, so that a path allocates once.
#[derive(Default)]
pub struct Workspace {
    gram: Vec<f64>,
    has_gram: Vec<bool>,
    gradient: Vec<f64>,
    square: Vec<f64>,
    weighted: Vec<f64>,
    residual: Vec<f64>,
    active: Vec<usize>,
}

/// Square of a column that was not wanted yet.
const UNKNOWN: f64 = -1.0;

/// `sum_i v_i x_i^2`, in four interleaved sums.
fn weighted_square(x: &[f64], v: &[f64]) -> f64 {
    let mut sums = [0.0; 4];
    let (x4, x_rest) = x.as_chunks::<4>();
    let (v4, v_rest) = v.as_chunks::<4>();
    for (x, v) in x4.iter().zip(v4) {
        for lane in 0..4 {
            sums[lane] += x[lane] * x[lane] * v[lane];
        }
    }
    let rest: f64 = x_rest.iter().zip(v_rest).map(|(x, v)| x * x * v).sum();
    (sums[0] + sums[1]) + (sums[2] + sums[3]) + rest
}

/// `sign(u) max(|u| - t, 0)`.
fn shrink(u: f64, t: f64) -> f64 {
    if u > t {
        u - t
    } else if u < -t {
        u + t
    } else {
        0.0
    }
}

impl Workspace {
    /// Descends until no coordinate of `working` moves by more than `enough` in the metric
    /// `v x^2 d^2`, as glmnet's criterion. Returns the passes it took; more than `limit` of them
    /// means that it did not converge.
    pub fn descend(
        &mut self,
        problem: &Quadratic<'_>,
        working: &[usize],
        beta: &mut [f64],
        enough: f64,
        limit: usize,
    ) -> usize {
        self.residual.clear();
        self.residual.extend_from_slice(problem.score);
        self.square.clear();
        self.square.resize(working.len(), UNKNOWN);
        // A column of X'VX costs as much as half the working set's moves; a set beyond the rows never
        // pays for them.
        let few = if working.len() <= 2 * problem.columns.rows() { 8 + working.len() / 6 } else { usize::MAX };
        let used = self.by_residual(problem, working, beta, enough, few.min(limit));
        if used <= few.min(limit) || used > limit {
            return used;
        }
        used + self.by_covariance(problem, working, beta, enough, limit - used)
    }

    /// `sum_i v_i x_i^2` of the columns of the last problem that moved, in the order of its working set;
    /// negative for a column that did not.
    pub fn squares(&self) -> &[f64] {
        &self.square
    }

    fn by_covariance(
        &mut self,
        problem: &Quadratic<'_>,
        working: &[usize],
        beta: &mut [f64],
        enough: f64,
        limit: usize,
    ) -> usize {
        let size = working.len();
        let columns = problem.columns;
        self.gradient.clear();
        self.gradient.extend(working.iter().map(|column| dot(columns.column(*column), &self.residual)));
        self.has_gram.clear();
        self.has_gram.resize(size, false);
        if self.gram.len() < size * size {
            self.gram.resize(size * size, 0.0);
        }
        let mut passes = 0;
        loop {
            passes += 1;
            let mut moved = 0.0_f64;
            for (place, column) in working.iter().enumerate() {
                let old = beta[*column];
                let l1 = problem.l1[*column];
                if old == 0.0 && self.gradient[place].abs() <= l1 {
                    continue;
                }
                if !self.has_gram[place] {
                    self.fill_gram(problem, working, place);
                }
                let square = self.square[place];
                let divisor = square + problem.l2[*column];
                if divisor <= 0.0 {
                    continue;
                }
                let new = shrink(self.gradient[place] + square * old, l1) / divisor;
                let change = new - old;
                if change == 0.0 {
                    continue;
                }
                beta[*column] = new;
                moved = moved.max(square * change * change);
                let gram = &self.gram[place * size..(place + 1) * size];
                add_scaled(&mut self.gradient, -change, gram);
            }
            if moved <= enough || passes > limit {
                return passes;
            }
        }
    }

    /// Column `place` of `X'VX` over the working set; entries known from the other side are copied.
    fn fill_gram(&mut self, problem: &Quadratic<'_>, working: &[usize], place: usize) {
        let size = working.len();
        let own = problem.columns.column(working[place]);
        self.weighted.clear();
        self.weighted.extend(own.iter().zip(problem.curvature).map(|(x, v)| x * v));
        for (other, column) in working.iter().enumerate() {
            self.gram[place * size + other] = if other != place && self.has_gram[other] {
                self.gram[other * size + place]
            } else {
                dot(problem.columns.column(*column), &self.weighted)
            };
        }
        self.square[place] = self.gram[place * size + place];
        self.has_gram[place] = true;
    }

    fn by_residual(
        &mut self,
        problem: &Quadratic<'_>,
        working: &[usize],
        beta: &mut [f64],
        enough: f64,
        limit: usize,
    ) -> usize {
        let mut passes = 0;
        loop {
            // All of the working set, then those that are not zero until they rest.
            passes += 1;
            let mut places = std::mem::take(&mut self.active);
            places.clear();
            places.extend(0..working.len());
            let moved = self.pass(problem, working, &places, beta);
            if moved <= enough || passes > limit {
                self.active = places;
                return passes;
            }
            places.retain(|place| beta[working[*place]] != 0.0);
            loop {
                passes += 1;
                let moved = self.pass(problem, working, &places, beta);
                if moved <= enough || passes > limit {
                    break;
                }
            }
            self.active = places;
        }
    }

    fn pass(&mut self, problem: &Quadratic<'_>, working: &[usize], places: &[usize], beta: &mut [f64]) -> f64 {
        let mut moved = 0.0_f64;
        for place in places {
            let column = working[*place];
            let values = problem.columns.column(column);
            let old = beta[column];
            let gradient = dot(values, &self.residual);
            if old == 0.0 && gradient.abs() <= problem.l1[column] {
                continue;
            }
            if self.square[*place] == UNKNOWN {
                self.square[*place] = weighted_square(values, problem.curvature);
            }
            let square = self.square[*place];
            let divisor = square + problem.l2[column];
            if divisor <= 0.0 {
                continue;
            }
            let new = shrink(gradient + square * old, problem.l1[column]) / divisor;
            let change = new - old;
            if change == 0.0 {
                continue;
            }
            beta[column] = new;
            moved = moved.max(square * change * change);
            for ((residual, x), v) in self.residual.iter_mut().zip(values).zip(problem.curvature) {
                *residual -= change * x * v;
            }
        }
        moved
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;

    #[test]
    fn both_ways_through_memory_meet() {
        let x = Array2::from_shape_fn((30, 8), |(i, j)| ((i * (j + 2) * 7) % 11) as f64 + 0.3 * j as f64);
        let columns = StandardisedColumns::new(x.view(), None, true);
        let score: Vec<f64> = (0..30).map(|i| ((i * 5) % 7) as f64 / 60.0 - 0.05).collect();
        let curvature: Vec<f64> = (0..30).map(|i| 0.01 + 0.001 * (i % 4) as f64).collect();
        let (l1, l2) = ([vec![0.01; 8], vec![0.0]].concat(), [vec![0.005; 8], vec![0.0]].concat());
        let problem = Quadratic { columns: &columns, score: &score, curvature: &curvature, l1: &l1, l2: &l2 };
        let working: Vec<usize> = (0..9).collect();
        let (mut a, mut b) = (vec![0.0; 9], vec![0.0; 9]);
        let fresh = || Workspace { residual: score.clone(), square: vec![UNKNOWN; 9], ..Workspace::default() };
        fresh().by_covariance(&problem, &working, &mut a, 1e-28, 100_000);
        fresh().by_residual(&problem, &working, &mut b, 1e-28, 100_000);
        for (a, b) in a.iter().zip(&b) {
            assert!((a - b).abs() < 1e-11);
        }
        assert!(a.iter().any(|a| *a != 0.0));
    }
}
