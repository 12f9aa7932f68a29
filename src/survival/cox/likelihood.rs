//! The partial likelihood with its first two derivatives.

use ndarray::{Array2, ArrayView2};

use super::Ties;
use crate::stats::Censored;

/// Patients in the order in which risk sets grow: by stratum, and in it by descending time.
#[derive(Clone, Debug)]
pub struct RiskOrder {
    /// Row numbers; strata one after the other, each by descending time.
    pub rows: Vec<usize>,
    /// Row numbers; strata one after the other, each by descending entry. Empty without entry.
    pub entries: Vec<usize>,
    /// Where each stratum starts and ends in `rows` and `entries`.
    pub strata: Vec<std::ops::Range<usize>>,
}

impl RiskOrder {
    pub fn new(outcome: &Censored, strata: Option<&[u32]>) -> Self {
        let stratum = |row: usize| strata.map_or(0, |strata| strata[row]);
        let mut rows: Vec<usize> = (0..outcome.len()).collect();
        rows.sort_by(|a, b| stratum(*a).cmp(&stratum(*b)).then(outcome.time[*b].total_cmp(&outcome.time[*a])));
        let mut entries = Vec::new();
        if let Some(entry) = &outcome.entry {
            entries = (0..outcome.len()).collect();
            entries.sort_by(|a, b| stratum(*a).cmp(&stratum(*b)).then(entry[*b].total_cmp(&entry[*a])));
        }
        let mut ranges = Vec::new();
        let mut start = 0;
        for end in 1..=rows.len() {
            if end == rows.len() || stratum(rows[end]) != stratum(rows[start]) {
                ranges.push(start..end);
                start = end;
            }
        }
        RiskOrder { rows, entries, strata: ranges }
    }
}

/// What the partial likelihood is a function of, apart from the coefficients.
pub struct PartialLikelihood<'a> {
    pub x: ArrayView2<'a, f64>,
    pub outcome: &'a Censored,
    pub weights: Option<&'a [f64]>,
    pub offset: Option<&'a [f64]>,
    pub order: &'a RiskOrder,
    pub ties: Ties,
}

/// Value, gradient and negative Hessian of the log partial likelihood.
#[derive(Clone, Debug)]
pub struct Derivatives {
    pub value: f64,
    pub score: Vec<f64>,
    pub information: Array2<f64>,
}

/// Weighted sums over a risk set: of the hazard ratios, times covariates, times products of
/// covariates (lower triangle by rows).
struct Sums {
    s0: f64,
    s1: Vec<f64>,
    s2: Vec<f64>,
}

impl Sums {
    fn new(p: usize) -> Self {
        Sums { s0: 0.0, s1: vec![0.0; p], s2: vec![0.0; p * (p + 1) / 2] }
    }

    fn clear(&mut self) {
        self.s0 = 0.0;
        self.s1.fill(0.0);
        self.s2.fill(0.0);
    }

    fn add(&mut self, risk: f64, x: &[f64]) {
        self.s0 += risk;
        let mut at = 0;
        for (i, value) in x.iter().enumerate() {
            let weighted = risk * value;
            self.s1[i] += weighted;
            for (sum, other) in self.s2[at..=at + i].iter_mut().zip(x) {
                *sum += weighted * other;
            }
            at += i + 1;
        }
    }
}

impl PartialLikelihood<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// Linear predictors with the offset.
    pub fn predictor(&self, beta: &[f64]) -> Vec<f64> {
        self.x
            .rows()
            .into_iter()
            .enumerate()
            .map(|(row, x)| {
                let sum: f64 = x.iter().zip(beta).map(|(x, b)| x * b).sum();
                sum + self.offset.map_or(0.0, |offset| offset[row])
            })
            .collect()
    }

    /// Evaluates at `beta`. The value is not finite if a hazard ratio overflows.
    pub fn at(&self, beta: &[f64]) -> Derivatives {
        self.at_with(beta, |_| 1.0)
    }

    /// Evaluates at `beta` with the terms of each event time multiplied by `scale` of the time.
    pub fn at_with(&self, beta: &[f64], scale: impl Fn(f64) -> f64) -> Derivatives {
        let p = self.x.ncols();
        let eta = self.predictor(beta);
        // The likelihood does not change when a constant is taken off every predictor.
        let shift = eta.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let eta: Vec<f64> = eta.into_iter().map(|eta| eta - shift).collect();
        let risk: Vec<f64> = eta.iter().enumerate().map(|(row, eta)| self.weight(row) * eta.exp()).collect();
        let x = self.x.as_standard_layout();
        let x = x.as_slice().unwrap_or(&[]);
        let row_of = |row: usize| &x[row * p..(row + 1) * p];

        let mut result = Derivatives { value: 0.0, score: vec![0.0; p], information: Array2::zeros((p, p)) };
        let mut information = vec![0.0; p * (p + 1) / 2];
        let (mut all, mut dead) = (Sums::new(p), Sums::new(p));
        let mut mean = vec![0.0; p];
        let mut deaths = Vec::new();
        let mut at_risk: Vec<usize> = Vec::new();
        for range in &self.order.strata {
            let rows = &self.order.rows[range.clone()];
            let entries = if self.order.entries.is_empty() { &[][..] } else { &self.order.entries[range.clone()] };
            let mut entries = entries.iter().peekable();
            all.clear();
            at_risk.clear();
            let mut at = 0;
            while at < rows.len() {
                let time = self.outcome.time[rows[at]];
                deaths.clear();
                while at < rows.len() && self.outcome.time[rows[at]] == time {
                    let row = rows[at];
                    if self.ties == Ties::Exact {
                        at_risk.push(row);
                    } else {
                        all.add(risk[row], row_of(row));
                    }
                    if self.outcome.event[row] == 1 {
                        deaths.push(row);
                    }
                    at += 1;
                }
                if deaths.is_empty() {
                    continue;
                }
                if let Some(entry) = &self.outcome.entry {
                    while let Some(row) = entries.next_if(|row| entry[**row] >= time) {
                        if self.ties != Ties::Exact {
                            all.add(-risk[*row], row_of(*row));
                        }
                    }
                }
                let scale = scale(time);
                for row in &deaths {
                    let weight = scale * self.weight(*row);
                    result.value += weight * eta[*row];
                    for (score, x) in result.score.iter_mut().zip(row_of(*row)) {
                        *score += weight * x;
                    }
                }
                if self.ties == Ties::Exact {
                    let members = at_risk
                        .iter()
                        .copied()
                        .filter(|row| self.outcome.entry.as_ref().is_none_or(|entry| entry[*row] < time));
                    let term = subsets(members.map(|row| (eta[row], row_of(row))), deaths.len(), p);
                    result.value -= scale * term.log;
                    for (score, mean) in result.score.iter_mut().zip(&term.mean) {
                        *score -= scale * mean;
                    }
                    let mut cell = 0;
                    for i in 0..p {
                        for j in 0..=i {
                            information[cell] += scale * (term.second[cell] - term.mean[i] * term.mean[j]);
                            cell += 1;
                        }
                    }
                    continue;
                }
                let d = deaths.len() as f64;
                let steps = if self.ties == Ties::Efron { deaths.len() } else { 1 };
                dead.clear();
                if steps > 1 {
                    for row in &deaths {
                        dead.add(risk[*row], row_of(*row));
                    }
                }
                let total: f64 = scale * deaths.iter().map(|row| self.weight(*row)).sum::<f64>();
                let each = if self.ties == Ties::Efron { total / d } else { total };
                for step in 0..steps {
                    let gone = step as f64 / d;
                    let s0 = all.s0 - gone * dead.s0;
                    result.value -= each * s0.ln();
                    for (i, mean) in mean.iter_mut().enumerate() {
                        *mean = (all.s1[i] - gone * dead.s1[i]) / s0;
                        result.score[i] -= each * *mean;
                    }
                    let mut cell = 0;
                    for i in 0..p {
                        for j in 0..=i {
                            let second = (all.s2[cell] - gone * dead.s2[cell]) / s0;
                            information[cell] += each * (second - mean[i] * mean[j]);
                            cell += 1;
                        }
                    }
                }
            }
        }
        let mut cell = 0;
        for i in 0..p {
            for j in 0..=i {
                result.information[[i, j]] = information[cell];
                result.information[[j, i]] = information[cell];
                cell += 1;
            }
        }
        result
    }
}

/// Log of the sum over all subsets of a size of the product of hazard ratios, the mean of the
/// subset's summed covariates and the mean of their products under that distribution.
#[derive(Clone)]
struct SubsetSum {
    log: f64,
    mean: Vec<f64>,
    second: Vec<f64>,
}

/// Gail, Lubin and Rubinstein's recursion over the members of a risk set, carried in logs and
/// means so that no sum overflows.
fn subsets<'x>(members: impl Iterator<Item = (f64, &'x [f64])>, size: usize, p: usize) -> SubsetSum {
    let empty = SubsetSum { log: f64::NEG_INFINITY, mean: vec![0.0; p], second: vec![0.0; p * (p + 1) / 2] };
    let mut sums = vec![empty; size + 1];
    sums[0].log = 0.0;
    for (seen, (eta, x)) in members.enumerate() {
        for k in (1..=size.min(seen + 1)).rev() {
            let (fewer, more) = sums.split_at_mut(k);
            let (from, to) = (&fewer[k - 1], &mut more[0]);
            let with = from.log + eta;
            let high = with.max(to.log);
            let log = high + ((with - high).exp() + (to.log - high).exp()).ln();
            let share = (with - log).exp();
            let mut cell = 0;
            for i in 0..p {
                for j in 0..=i {
                    let product = x[i] * x[j] + x[i] * from.mean[j] + from.mean[i] * x[j] + from.second[cell];
                    to.second[cell] += share * (product - to.second[cell]);
                    cell += 1;
                }
            }
            for (to, (x, from)) in to.mean.iter_mut().zip(x.iter().zip(&from.mean)) {
                *to += share * (x + from - *to);
            }
            to.log = log;
        }
    }
    sums.swap_remove(size)
}
