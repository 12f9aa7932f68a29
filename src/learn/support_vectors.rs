//! The dual of the support vector machine by sequential minimal optimisation, and Platt's
//! calibration.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};

use crate::progress::Watch;

use super::least_squares::dot;
use super::seam::FitError;
use super::training::{log_one_plus_exp, logistic, refuse};

/// Inner product of two rows in feature space.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Kernel {
    Linear,
    /// `exp(-gamma |x - z|^2)`.
    Rbf {
        gamma: f64,
    },
}

impl Kernel {
    fn value(self, a: &[f64], b: &[f64]) -> f64 {
        match self {
            Kernel::Linear => dot(a, b),
            Kernel::Rbf { gamma } => (-gamma * a.iter().zip(b).map(|(a, b)| (a - b) * (a - b)).sum::<f64>()).exp(),
        }
    }
}

/// A fitted machine: `f(x) = sum_i c_i k(x_i, x) + offset`, or a weighted sum for the linear kernel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Machine {
    pub kernel: Kernel,
    pub features: usize,
    /// Support vectors, row after row; none for the linear kernel.
    pub vectors: Vec<f64>,
    /// `alpha_i y_i` of each support vector; the weights of the features for the linear kernel.
    pub coefficients: Vec<f64>,
    pub offset: f64,
    /// As the learner's documentation says.
    pub importance: Vec<f64>,
}

impl Machine {
    /// Weight of each feature in the decision value, for the linear kernel.
    pub fn linear_weights(&self) -> Option<&[f64]> {
        (self.kernel == Kernel::Linear).then_some(&self.coefficients)
    }

    pub fn decision(&self, row: &[f64]) -> f64 {
        match self.kernel {
            Kernel::Linear => dot(&self.coefficients, row) + self.offset,
            Kernel::Rbf { .. } => {
                let vectors = self.vectors.chunks_exact(self.features).zip(&self.coefficients);
                vectors.fold(self.offset, |sum, (vector, c)| sum + c * self.kernel.value(vector, row))
            }
        }
    }

    /// Whether the arrays fit together, for what comes from a file.
    pub fn is_sound(&self) -> bool {
        let expected = match self.kernel {
            Kernel::Linear => self.coefficients.len() == self.features,
            Kernel::Rbf { .. } => self.vectors.len() == self.coefficients.len() * self.features,
        };
        expected && self.importance.len() == self.features && self.features > 0
    }

    /// Sets the importance from the training rows `data`, row after row.
    pub fn set_importance(&mut self, data: &[f64]) {
        let Kernel::Rbf { gamma } = self.kernel else {
            self.importance = self.coefficients.clone();
            return;
        };
        let rows = (data.len() / self.features) as f64;
        let (mut slopes, mut sum, mut square) =
            (vec![0.0; self.features], vec![0.0; self.features], vec![0.0; self.features]);
        let mut slope = vec![0.0; self.features];
        for row in data.chunks_exact(self.features) {
            slope.fill(0.0);
            for (vector, c) in self.vectors.chunks_exact(self.features).zip(&self.coefficients) {
                let factor = 2.0 * gamma * c * self.kernel.value(vector, row);
                for (slope, (v, x)) in slope.iter_mut().zip(vector.iter().zip(row)) {
                    *slope += factor * (v - x);
                }
            }
            for feature in 0..self.features {
                slopes[feature] += slope[feature].abs();
                sum[feature] += row[feature];
                square[feature] += row[feature] * row[feature];
            }
        }
        self.importance = (0..self.features)
            .map(|feature| {
                let mean = sum[feature] / rows;
                let deviation = (square[feature] / rows - mean * mean).max(0.0).sqrt();
                slopes[feature] / rows * deviation
            })
            .collect();
    }
}

/// Columns of the kernel matrix, kept while they fit into a quarter of a gigabyte.
struct Columns<'a> {
    data: &'a [f64],
    features: usize,
    rows: &'a [usize],
    kernel: Kernel,
    kept: Vec<Option<Vec<f64>>>,
    oldest: VecDeque<usize>,
    capacity: usize,
}

impl Columns<'_> {
    fn row(&self, place: usize) -> &[f64] {
        let row = self.rows[place];
        &self.data[row * self.features..(row + 1) * self.features]
    }

    fn load(&mut self, place: usize) {
        if self.kept[place].is_some() {
            return;
        }
        if self.oldest.len() >= self.capacity
            && let Some(old) = self.oldest.pop_front()
        {
            self.kept[old] = None;
        }
        let own = self.row(place);
        let column = (0..self.rows.len()).map(|other| self.kernel.value(own, self.row(other))).collect();
        self.kept[place] = Some(column);
        self.oldest.push_back(place);
    }

    fn column(&self, place: usize) -> &[f64] {
        self.kept[place].as_deref().unwrap_or(&[])
    }
}

/// Solves the dual on the rows `rows` of `data` (row after row), with an upper bound `cost` on each
/// row's multiplier.
///
/// # Errors
/// [`FitError::NotEstimable`] if ten million steps do not suffice; [`FitError::Cancelled`].
pub fn solve(
    data: &[f64],
    features: usize,
    rows: &[usize],
    labels: &[bool],
    cost: &[f64],
    kernel: Kernel,
    watch: &Watch,
) -> Result<Machine, FitError> {
    const TOLERANCE: f64 = 1e-3;
    const FLOOR: f64 = 1e-12;
    let size = rows.len();
    let y: Vec<f64> = rows.iter().map(|row| if labels[*row] { 1.0 } else { -1.0 }).collect();
    let cost: Vec<f64> = rows.iter().map(|row| cost[*row]).collect();
    let capacity = ((1_usize << 25) / size.max(1)).max(2);
    let mut columns =
        Columns { data, features, rows, kernel, kept: vec![None; size], oldest: VecDeque::new(), capacity };
    let diagonal: Vec<f64> = (0..size).map(|place| kernel.value(columns.row(place), columns.row(place))).collect();
    let mut alpha = vec![0.0; size];
    let mut gradient = vec![-1.0; size];
    let is_up = |alpha: f64, place: usize| if y[place] > 0.0 { alpha < cost[place] } else { alpha > 0.0 };
    let is_low = |alpha: f64, place: usize| if y[place] > 0.0 { alpha > 0.0 } else { alpha < cost[place] };
    let mut converged = false;
    for step in 0..10_000_000_u64 {
        if step % 256 == 0 {
            watch.check()?;
        }
        let (mut first, mut top) = (usize::MAX, f64::NEG_INFINITY);
        for place in 0..size {
            if is_up(alpha[place], place) && -y[place] * gradient[place] > top {
                top = -y[place] * gradient[place];
                first = place;
            }
        }
        if first == usize::MAX {
            converged = true;
            break;
        }
        columns.load(first);
        let (mut second, mut best, mut bottom) = (usize::MAX, f64::INFINITY, f64::INFINITY);
        {
            let column = columns.column(first);
            for place in 0..size {
                if !is_low(alpha[place], place) {
                    continue;
                }
                let value = -y[place] * gradient[place];
                bottom = bottom.min(value);
                let gain = top - value;
                if gain > 0.0 {
                    let bend = (diagonal[first] + diagonal[place] - 2.0 * column[place]).max(FLOOR);
                    let score = -gain * gain / bend;
                    if score < best {
                        best = score;
                        second = place;
                    }
                }
            }
        }
        if top - bottom < TOLERANCE || second == usize::MAX {
            converged = true;
            break;
        }
        columns.load(second);
        columns.load(first);
        let (i, j) = (first, second);
        let bend = (diagonal[i] + diagonal[j] - 2.0 * columns.column(i)[j]).max(FLOOR);
        let (old_i, old_j) = (alpha[i], alpha[j]);
        // Along y_i d_i = -y_j d_j = t, from zero to where a bound is met.
        let step = (-y[i] * gradient[i] + y[j] * gradient[j]) / bend;
        let room_i = if y[i] > 0.0 { cost[i] - old_i } else { old_i };
        let room_j = if y[j] > 0.0 { old_j } else { cost[j] - old_j };
        let step = step.min(room_i).min(room_j);
        alpha[i] = if step == room_i && y[i] > 0.0 { cost[i] } else { (old_i + y[i] * step).clamp(0.0, cost[i]) };
        alpha[j] = if step == room_j && y[j] < 0.0 { cost[j] } else { (old_j - y[j] * step).clamp(0.0, cost[j]) };
        let (by_i, by_j) = ((alpha[i] - old_i) * y[i], (alpha[j] - old_j) * y[j]);
        let (column_i, column_j) = (columns.column(i), columns.column(j));
        for place in 0..size {
            gradient[place] += y[place] * (column_i[place] * by_i + column_j[place] * by_j);
        }
    }
    if !converged {
        return Err(refuse("svm", "the dual did not converge; scale the features or take a smaller C"));
    }
    // The offset: mean over free rows, else the middle of what the bounds allow.
    let (mut upper, mut lower, mut sum, mut free) = (f64::INFINITY, f64::NEG_INFINITY, 0.0, 0_usize);
    for place in 0..size {
        let value = y[place] * gradient[place];
        if alpha[place] > 0.0 && alpha[place] < cost[place] {
            sum += value;
            free += 1;
        } else if (alpha[place] <= 0.0) == (y[place] > 0.0) {
            upper = upper.min(value);
        } else {
            lower = lower.max(value);
        }
    }
    let offset = -if free > 0 {
        sum / free as f64
    } else if upper.is_finite() && lower.is_finite() {
        0.5 * (upper + lower)
    } else if upper.is_finite() {
        upper
    } else {
        lower
    };
    let support: Vec<usize> = (0..size).filter(|place| alpha[*place] > 0.0).collect();
    let (vectors, coefficients) = match kernel {
        Kernel::Linear => {
            let mut weights = vec![0.0; features];
            for place in &support {
                super::least_squares::add_scaled(&mut weights, alpha[*place] * y[*place], columns.row(*place));
            }
            (Vec::new(), weights)
        }
        Kernel::Rbf { .. } => (
            support.iter().flat_map(|place| columns.row(*place).iter().copied()).collect(),
            support.iter().map(|place| alpha[*place] * y[*place]).collect(),
        ),
    };
    Ok(Machine { kernel, features, vectors, coefficients, offset, importance: vec![0.0; features] })
}

/// Platt's `A` and `B` by maximum likelihood with his targets `(N1 + 1) / (N1 + 2)` and
/// `1 / (N0 + 2)`, by Newton's method with backtracking (Lin, Lin and Weng 2007).
pub fn platt(decisions: &[f64], labels: &[bool], weights: Option<&[f64]>) -> (f64, f64) {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let total = |class: bool| (0..labels.len()).filter(|row| labels[*row] == class).map(weight).sum::<f64>();
    let (events, others) = (total(true), total(false));
    let high = (events + 1.0) / (events + 2.0);
    let low = 1.0 / (others + 2.0);
    let target: Vec<f64> = labels.iter().map(|label| if *label { high } else { low }).collect();
    let loss = |a: f64, b: f64| -> f64 {
        (0..labels.len())
            .map(|row| {
                let f = a * decisions[row] + b;
                // -t log p - (1 - t) log(1 - p) with p = 1 / (1 + exp(f)).
                weight(row) * (log_one_plus_exp(f) - (1.0 - target[row]) * f)
            })
            .sum()
    };
    let (mut a, mut b) = (0.0, ((others + 1.0) / (events + 1.0)).ln());
    let mut value = loss(a, b);
    for _ in 0..100 {
        let (mut h11, mut h22, mut h21, mut g1, mut g2) = (1e-12, 1e-12, 0.0, 0.0, 0.0);
        for row in 0..labels.len() {
            let p = logistic(-(a * decisions[row] + b));
            let bend = weight(row) * p * (1.0 - p);
            let slope = weight(row) * (target[row] - p);
            h11 += decisions[row] * decisions[row] * bend;
            h22 += bend;
            h21 += decisions[row] * bend;
            g1 += decisions[row] * slope;
            g2 += slope;
        }
        if g1.abs() < 1e-8 && g2.abs() < 1e-8 {
            break;
        }
        let determinant = h11 * h22 - h21 * h21;
        if determinant <= 0.0 {
            break;
        }
        let (da, db) = (-(h22 * g1 - h21 * g2) / determinant, -(h11 * g2 - h21 * g1) / determinant);
        let fall = g1 * da + g2 * db;
        let mut share = 1.0;
        let mut moved = false;
        while share >= 1e-10 {
            let tried = loss(a + share * da, b + share * db);
            if tried < value + 1e-4 * share * fall {
                (a, b, value, moved) = (a + share * da, b + share * db, tried, true);
                break;
            }
            share /= 2.0;
        }
        if !moved {
            break;
        }
    }
    (a, b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_margin_between_two_points() {
        let data = [0.0, 0.0, 2.0, 0.0];
        let labels = [false, true];
        for kernel in [Kernel::Linear, Kernel::Rbf { gamma: 0.5 }] {
            let machine = solve(&data, 2, &[0, 1], &labels, &[100.0; 2], kernel, &Watch::silent()).unwrap();
            assert!((machine.decision(&[2.0, 0.0]) - 1.0).abs() < 1e-3);
            assert!((machine.decision(&[0.0, 0.0]) + 1.0).abs() < 1e-3);
            assert!(machine.decision(&[1.0, 0.0]).abs() < 1e-3);
        }
    }

    #[test]
    fn platt_finds_the_shares_of_constant_decisions() {
        let labels: Vec<bool> = (0..40).map(|row| row < 10).collect();
        let (a, b) = platt(&[0.0; 40], &labels, None);
        let p = logistic(-b);
        // The targets' mean: (10 x 11/12 + 30 x 1/32) / 40.
        assert!((p - (10.0 * 11.0 / 12.0 + 30.0 / 32.0) / 40.0).abs() < 1e-8);
        assert_eq!(a, 0.0);
    }
}
