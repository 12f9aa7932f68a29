//! The Mann-Whitney U test (Wilcoxon rank sum).

use std::sync::OnceLock;

use super::{Effect, TestResult};
use crate::stats::distribution::normal_two_sided;
use crate::stats::estimate::NotEstimable;
use crate::stats::ranks::{midranks, tie_term};

/// Whether a rank test sums its null distribution or approximates it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exactness {
    /// Exact below 50 values a group without ties, otherwise normal with continuity correction.
    Automatic,
    /// Normal, tie-corrected, with continuity correction.
    Corrected,
    /// Normal, tie-corrected, without continuity correction.
    Uncorrected,
}

/// The two-sided Mann-Whitney test; `W` is the number of pairs in which the first group is
/// larger, ties as half, and the effect is that share of pairs.
///
/// # Errors
/// An empty group, or all values equal.
pub fn mann_whitney(a: &[f64], b: &[f64], exactness: Exactness) -> Result<TestResult, NotEstimable> {
    RankSums::new(a.len(), b.len(), exactness).test(a, b)
}

/// [`mann_whitney`] for many pairs of groups of the same sizes: the exact null distribution is
/// summed once.
pub struct RankSums {
    sizes: (usize, usize),
    exactness: Exactness,
    /// `P(W <= w)`, summed when it is first wanted.
    cumulative: OnceLock<Vec<f64>>,
}

impl RankSums {
    pub fn new(m: usize, n: usize, exactness: Exactness) -> Self {
        RankSums { sizes: (m, n), exactness, cumulative: OnceLock::new() }
    }

    /// # Errors
    /// As [`mann_whitney`]; groups of other sizes.
    pub fn test(&self, a: &[f64], b: &[f64]) -> Result<TestResult, NotEstimable> {
        if (a.len(), b.len()) != self.sizes {
            return Err(NotEstimable::new("the groups are of other sizes"));
        }
        if a.is_empty() || b.is_empty() {
            return Err(NotEstimable::new("a group has no values"));
        }
        let all: Vec<f64> = a.iter().chain(b).copied().collect();
        if all.iter().any(|value| value.is_nan()) {
            return Err(NotEstimable::new("a value is missing"));
        }
        let (m, n) = (a.len() as f64, b.len() as f64);
        let ranks = midranks(&all);
        let w = ranks[..a.len()].iter().sum::<f64>() - m * (m + 1.0) / 2.0;
        let ties = tie_term(&all);
        let effect = Effect { name: "probability of superiority".to_owned(), value: w / (m * n), interval: None };
        let exact = self.exactness == Exactness::Automatic && a.len() < 50 && b.len() < 50;
        if exact && ties == 0.0 {
            let cumulative = self.cumulative.get_or_init(|| rank_sum_cdf(a.len(), b.len()));
            let tail = |w: usize| cumulative[w.min(cumulative.len() - 1)];
            let w_count = w.round() as usize;
            // The distribution is symmetric; the small tail keeps its digits.
            let p = tail(w_count.min((a.len() * b.len()).saturating_sub(w_count)));
            return Ok(TestResult::new("Mann-Whitney U test, exact", "W", w, (2.0 * p).min(1.0), all.len())
                .with_effect(effect));
        }
        let z = w - m * n / 2.0;
        let total = m + n;
        let sigma = (m * n / 12.0 * (total + 1.0 - ties / (total * (total - 1.0)))).sqrt();
        if sigma.is_nan() || sigma <= 0.0 {
            return Err(NotEstimable::new("all values are equal"));
        }
        let correction = if self.exactness == Exactness::Uncorrected || z == 0.0 { 0.0 } else { 0.5 * z.signum() };
        let p = normal_two_sided((z - correction) / sigma);
        Ok(TestResult::new("Mann-Whitney U test", "W", w, p, all.len()).with_effect(effect))
    }
}

/// `P(W <= w)` for `w` from 0 to `m n`, no ties: subsets of `m` out of `m + n` ranks by sum.
fn rank_sum_cdf(m: usize, n: usize) -> Vec<f64> {
    let most = m * n;
    // ways[j][s]: choices of j items whose ranks exceed the smallest possible by s in total.
    let mut ways = vec![vec![0.0f64; most + 1]; m + 1];
    ways[0][0] = 1.0;
    for item in 1..=m + n {
        for j in (1..=m.min(item)).rev() {
            // The item is the j-th chosen: it stands item - j above its smallest rank.
            let shift = item - j;
            if shift > n {
                continue;
            }
            let (before, after) = ways.split_at_mut(j);
            for s in shift..=most {
                after[0][s] += before[j - 1][s - shift];
            }
        }
    }
    let total: f64 = ways[m].iter().sum();
    let mut sum = 0.0;
    ways[m]
        .iter()
        .map(|count| {
            sum += count;
            sum / total
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    // wilcox.test(c(1.1, 2.2, 3.3, 0.5), c(2.5, 3.5, 4.5, 5.5, 6.5)) of R: W = 1, p = 2/63.
    #[test]
    fn exact_agrees_with_r() {
        let result = mann_whitney(&[1.1, 2.2, 3.3, 0.5], &[2.5, 3.5, 4.5, 5.5, 6.5], Exactness::Automatic).unwrap();
        assert_eq!(result.statistic_value(), Some(1.0));
        assert!((result.p - 2.0 / 63.0).abs() < 1e-12);
        let mirrored = mann_whitney(&[2.5, 3.5, 4.5, 5.5, 6.5], &[1.1, 2.2, 3.3, 0.5], Exactness::Automatic).unwrap();
        assert!((result.p - mirrored.p).abs() < 1e-14);
    }

    #[test]
    fn degenerate_groups_are_told() {
        assert!(mann_whitney(&[], &[1.0], Exactness::Automatic).is_err());
        assert!(mann_whitney(&[1.0, 1.0], &[1.0], Exactness::Automatic).is_err());
        assert!(mann_whitney(&[f64::NAN], &[1.0], Exactness::Automatic).is_err());
    }
}
