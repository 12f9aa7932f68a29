//! Harrell's C under many multiplicities of the same patients.

use super::{check, ranks};
use crate::stats::Censored;
use crate::survival::error::SurvivalError;

/// Harrell's C of many weightings of the same patients, such as bootstrap multiplicities: sorted
/// once, counted in whole numbers.
pub struct Resampler {
    /// By descending time, at equal times the censored first: row, score rank, event.
    order: Vec<(u32, u32, bool)>,
    /// Ends of runs of events with equal time in `order`; censored rows are runs of their own.
    runs: Vec<u32>,
    ranks: usize,
}

impl Resampler {
    /// # Errors
    /// As [`concordance`](super::concordance); also under late entry.
    pub fn new(outcome: &Censored, scores: &[f64]) -> Result<Self, SurvivalError> {
        check(outcome, scores, None)?;
        if outcome.entry.is_some() {
            return Err(SurvivalError::because("resampled concordance is not defined under late entry"));
        }
        Ok(Self::prepared(outcome, scores))
    }

    pub(super) fn prepared(outcome: &Censored, scores: &[f64]) -> Self {
        let (rank, ranks) = ranks(scores);
        let mut order: Vec<(u32, u32, bool)> =
            (0..outcome.len()).map(|row| (row as u32, rank[row] as u32, outcome.event[row] == 1)).collect();
        order.sort_unstable_by(|a, b| {
            let (x, y) = (outcome.time[a.0 as usize], outcome.time[b.0 as usize]);
            y.total_cmp(&x).then(a.2.cmp(&b.2)).then(a.0.cmp(&b.0))
        });
        let mut runs = Vec::new();
        for at in 1..=order.len() {
            let same = at < order.len()
                && order[at].2
                && order[at - 1].2
                && outcome.time[order[at].0 as usize] == outcome.time[order[at - 1].0 as usize];
            if !same {
                runs.push(at as u32);
            }
        }
        Resampler { order, runs, ranks }
    }

    /// C with each row counted `multiplicity` times (once if absent).
    ///
    /// # Errors
    /// No comparable pair.
    pub fn c(&self, multiplicity: Option<&[u32]>) -> Result<f64, SurvivalError> {
        let mut tree = vec![0u32; self.ranks + 1];
        let (mut concordant, mut tied, mut pairs, mut total) = (0u64, 0u64, 0u64, 0u64);
        let below = |tree: &[u32], rank: usize| {
            let (mut at, mut sum) = (rank, 0u64);
            while at > 0 {
                sum += u64::from(tree[at]);
                at &= at - 1;
            }
            sum
        };
        let mut start = 0usize;
        for end in &self.runs {
            let run = &self.order[start..*end as usize];
            start = *end as usize;
            for (row, rank, event) in run {
                let count = u64::from(multiplicity.map_or(1, |counts| counts[*row as usize]));
                if *event && count > 0 {
                    let less = below(&tree, *rank as usize);
                    let through = below(&tree, *rank as usize + 1);
                    concordant += count * less;
                    tied += count * (through - less);
                    pairs += count * total;
                }
            }
            for (row, rank, _) in run {
                let count = multiplicity.map_or(1, |counts| counts[*row as usize]);
                if count > 0 {
                    total += u64::from(count);
                    let mut at = *rank as usize + 1;
                    while at < tree.len() {
                        tree[at] += count;
                        at += at & at.wrapping_neg();
                    }
                }
            }
        }
        if pairs == 0 {
            return Err(SurvivalError::because("no comparable pair of patients"));
        }
        Ok((concordant as f64 + 0.5 * tied as f64) / pairs as f64)
    }
}
