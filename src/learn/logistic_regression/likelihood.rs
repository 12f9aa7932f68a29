//! The likelihood of a logistic regression: Fisher scoring, separation, profiles.

use crate::learn::least_squares::{Orthogonal, add_scaled};
use crate::learn::seam::FitError;
use crate::learn::training::{log_one_plus_exp, logistic};
use crate::progress::Watch;

const STEPS: usize = 60;
/// Firth's scoring converges linearly, since its information leaves out the penalty: the slower, the nearer the
/// coefficients come to the rows in number.
const PENALISED_STEPS: usize = 1000;

/// Where a search stands.
#[derive(Clone, Debug)]
pub(super) struct State {
    pub beta: Vec<f64>,
    pub eta: Vec<f64>,
    /// The (penalised) log-likelihood.
    pub value: f64,
    pub steps: usize,
}

pub(super) enum Search {
    Converged(State),
    /// Not converged; the last step's direction.
    Rising(Vec<f64>),
}

/// The likelihood of one design of full rank, with or without Firth's penalty.
#[derive(Clone)]
pub(super) struct Problem<'a> {
    /// Intercept and covariates, column after column.
    pub columns: Vec<f64>,
    pub rows: usize,
    pub labels: &'a [bool],
    pub weights: &'a [f64],
    pub penalised: bool,
}

impl Problem<'_> {
    fn size(&self) -> usize {
        self.columns.len() / self.rows
    }

    fn column(&self, index: usize) -> &[f64] {
        &self.columns[index * self.rows..(index + 1) * self.rows]
    }

    pub fn linear(&self, beta: &[f64]) -> Vec<f64> {
        let mut eta = vec![0.0; self.rows];
        for (index, value) in beta.iter().enumerate() {
            add_scaled(&mut eta, *value, self.column(index));
        }
        eta
    }

    pub fn log_likelihood(&self, eta: &[f64]) -> f64 {
        let rows = eta.iter().zip(self.labels).zip(self.weights);
        -rows.map(|((eta, label), w)| w * log_one_plus_exp(if *label { -eta } else { *eta })).sum::<f64>()
    }

    /// Square roots of the weights of Fisher scoring.
    fn roots(&self, eta: &[f64]) -> Vec<f64> {
        eta.iter()
            .zip(self.weights)
            .map(|(eta, w)| {
                let p = logistic(-eta.abs());
                (w * p * (1.0 - p)).sqrt()
            })
            .collect()
    }

    fn factor(&self, roots: &[f64], without: Option<usize>) -> Orthogonal {
        let columns = (0..self.size())
            .filter(|index| Some(*index) != without)
            .flat_map(|index| self.column(index).iter().zip(roots).map(|(x, root)| x * root))
            .collect();
        Orthogonal::new(columns, self.rows, 0.0)
    }

    pub fn value(&self, eta: &[f64]) -> f64 {
        let value = self.log_likelihood(eta);
        if !self.penalised {
            return value;
        }
        let factor = self.factor(&self.roots(eta), None);
        if factor.rank() < self.size() { f64::NEG_INFINITY } else { value + 0.5 * factor.log_determinant() }
    }

    /// Inverse information, row after row.
    pub fn covariance(&self, eta: &[f64]) -> Vec<f64> {
        self.factor(&self.roots(eta), None).inverse_gram()
    }

    /// Fisher scoring with step halving. `fixed` holds a coefficient at a value; `start` is where
    /// to begin.
    pub fn maximise(
        &self,
        fixed: Option<(usize, f64)>,
        start: Option<&[f64]>,
        watch: &Watch,
    ) -> Result<Search, FitError> {
        let size = self.size();
        let mut beta = start.map_or_else(|| vec![0.0; size], <[f64]>::to_vec);
        if let Some((index, value)) = fixed {
            beta[index] = value;
        }
        let held = fixed.map(|(index, _)| index);
        let mut eta = self.linear(&beta);
        let mut value = self.value(&eta);
        let mut direction = vec![0.0; size];
        let allowed = if self.penalised { PENALISED_STEPS } else { STEPS };
        for steps in 0..allowed {
            watch.check()?;
            let roots = self.roots(&eta);
            let leverage = if self.penalised { self.factor(&roots, None).leverage() } else { Vec::new() };
            let response: Vec<f64> = (0..self.rows)
                .map(|row| {
                    let residual = if self.labels[row] { logistic(-eta[row]) } else { -logistic(eta[row]) };
                    let mut score = self.weights[row] * residual;
                    if self.penalised {
                        score += leverage[row] * (0.5 - logistic(eta[row]));
                    }
                    if roots[row] > 0.0 { score / roots[row] } else { 0.0 }
                })
                .collect();
            let factor = self.factor(&roots, held);
            let solved = factor.solve(&response);
            let free: Vec<usize> = (0..size).filter(|index| Some(*index) != held).collect();
            let mut step = vec![0.0; size];
            for (column, value) in factor.kept().iter().zip(&solved) {
                step[free[*column]] = *value;
            }
            let change = self.linear(&step);
            let longest = change.iter().fold(0.0_f64, |max, value| max.max(value.abs()));
            // Firth's likelihood is not concave: no step moves a log odds by more than 5.
            let mut share = if self.penalised && longest > 5.0 { 5.0 / longest } else { 1.0 };
            let mut accepted = None;
            for _ in 0..30 {
                let tried: Vec<f64> = eta.iter().zip(&change).map(|(eta, change)| eta + share * change).collect();
                let reached = self.value(&tried);
                if reached >= value - 1e-12 * (1.0 + value.abs()) {
                    accepted = Some((tried, reached));
                    break;
                }
                share /= 2.0;
            }
            let Some((tried, reached)) = accepted else {
                // No step along the score raises the likelihood: this is the maximum to rounding.
                return Ok(Search::Converged(State { beta, eta, value, steps }));
            };
            add_scaled(&mut beta, share, &step);
            let scale = 1.0 + tried.iter().fold(0.0_f64, |max, value| max.max(value.abs()));
            (eta, value) = (tried, reached);
            direction = step;
            let enough = if self.penalised { 1e-11 } else { 1e-9 };
            if share * longest <= enough * scale {
                return Ok(Search::Converged(State { beta, eta, value, steps: steps + 1 }));
            }
            if factor.rank() < free.len() || (!self.penalised && steps > 30 && longest > 0.5) {
                break;
            }
        }
        if self.penalised && self.slope_is_flat(&eta, held) {
            return Ok(Search::Converged(State { beta, eta, value, steps: allowed }));
        }
        Ok(Search::Rising(direction))
    }

    /// Whether Firth's modified score is zero to rounding, relative to its terms.
    fn slope_is_flat(&self, eta: &[f64], held: Option<usize>) -> bool {
        let leverage = self.factor(&self.roots(eta), None).leverage();
        (0..self.size()).filter(|index| Some(*index) != held).all(|index| {
            let mut sum = 0.0;
            let mut size = 0.0;
            for (row, x) in self.column(index).iter().enumerate() {
                let residual = if self.labels[row] { logistic(-eta[row]) } else { -logistic(eta[row]) };
                let term = x * (self.weights[row] * residual + leverage[row] * (0.5 - logistic(eta[row])));
                sum += term;
                size += term.abs();
            }
            sum.abs() <= 1e-9 * size
        })
    }

    /// The coefficients that take part in a separating direction: along it no row's likelihood
    /// falls. `None` if the direction does not separate.
    pub fn separation(&self, direction: &[f64]) -> Option<Vec<usize>> {
        let along = self.linear(direction);
        let signed = |row: usize| if self.labels[row] { along[row] } else { -along[row] };
        let used = (0..self.rows).filter(|row| self.weights[*row] > 0.0);
        let (worst, best) =
            used.fold((f64::INFINITY, 0.0_f64), |(low, high), row| (low.min(signed(row)), high.max(signed(row))));
        if best <= 0.0 || worst < -1e-3 * best {
            return None;
        }
        let spread: Vec<f64> = (0..self.size())
            .map(|index| {
                let column = self.column(index);
                let mean = column.iter().sum::<f64>() / self.rows as f64;
                let variance = column.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / self.rows as f64;
                direction[index].abs() * variance.sqrt()
            })
            .collect();
        let largest = spread.iter().copied().fold(0.0, f64::max);
        Some((1..self.size()).filter(|index| spread[*index] > 1e-3 * largest).collect())
    }

    /// Twice the fall of the (penalised) log-likelihood when a coefficient is held at `value` and
    /// the others are free; `None` if that has no maximum.
    pub fn profile_deviance(
        &self,
        index: usize,
        value: f64,
        best: &State,
        watch: &Watch,
    ) -> Result<Option<f64>, FitError> {
        Ok(match self.maximise(Some((index, value)), Some(&best.beta), watch)? {
            Search::Converged(state) => Some((2.0 * (best.value - state.value)).max(0.0)),
            Search::Rising(_) => None,
        })
    }

    /// Where the signed root of the profile deviance reaches `target` on one side.
    pub fn profile_bound(
        &self,
        index: usize,
        side: f64,
        target: f64,
        standard_error: f64,
        best: &State,
        watch: &Watch,
    ) -> Result<Option<f64>, FitError> {
        let centre = best.beta[index];
        let mut warm = best.beta.clone();
        let mut root = |distance: f64| -> Result<Option<f64>, FitError> {
            let at = centre + side * distance;
            Ok(match self.maximise(Some((index, at)), Some(&warm), watch)? {
                Search::Converged(state) => {
                    warm = state.beta;
                    Some((2.0 * (best.value - state.value)).max(0.0).sqrt() - target)
                }
                Search::Rising(_) => None,
            })
        };
        // Bracket, then Illinois' false position: the root is nearly linear in the coefficient.
        let (mut low, mut f_low) = (0.0, -target);
        let mut high = target * standard_error;
        let Some(mut f_high) = root(high)? else { return Ok(None) };
        let mut doublings = 0;
        while f_high < 0.0 {
            doublings += 1;
            if doublings > 12 {
                return Ok(None);
            }
            (low, f_low) = (high, f_high);
            high *= 1.6;
            match root(high)? {
                Some(value) => f_high = value,
                None => return Ok(None),
            }
        }
        let mut last_side = 0;
        for _ in 0..60 {
            if high - low <= 1e-11 * (centre.abs() + high) || f_high == 0.0 {
                break;
            }
            let middle = high - f_high * (high - low) / (f_high - f_low);
            let Some(f_middle) = root(middle)? else { return Ok(None) };
            if f_middle.abs() < 1e-11 {
                return Ok(Some(centre + side * middle));
            }
            if f_middle > 0.0 {
                (high, f_high) = (middle, f_middle);
                if last_side == 1 {
                    f_low /= 2.0;
                }
                last_side = 1;
            } else {
                (low, f_low) = (middle, f_middle);
                if last_side == -1 {
                    f_high /= 2.0;
                }
                last_side = -1;
            }
        }
        Ok(Some(centre + side * high))
    }
}
