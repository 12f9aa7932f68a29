//! The log-rank test and its family: Fleming and Harrington's `G(rho)` weights, strata, trend,
//! and pairwise comparisons.
//!
//! With weights `w = S(t-)^rho` of the pooled Kaplan-Meier estimate, observed minus expected of
//! group `g` is the sum over event times of `w (d_g - d n_g / n)`, with the hypergeometric
//! variance; `rho = 0` is the log-rank test, `rho = 1` Peto and Peto's Wilcoxon test. Numbers are
//! those of R's `survival::survdiff`; late entry is allowed here as well.

use ndarray::Array2;

use super::cox::ChiSquared;
use super::cox::ldl::Ldl;
use super::cox::likelihood::RiskOrder;
use super::error::{SurvivalError, check_follow_up, same_length};
use crate::stats::Censored;
use crate::stats::multiplicity::{Adjustment, adjust_present};

/// A comparison of groups.
#[derive(Clone, Debug)]
pub struct LogRank {
    /// Patients in each group.
    pub n: Vec<usize>,
    /// Weighted numbers of events, observed and expected under no difference.
    pub observed: Vec<f64>,
    pub expected: Vec<f64>,
    /// Of observed minus expected.
    pub variance: Array2<f64>,
    pub test: ChiSquared,
}

/// Compares `groups` groups, numbered from 0 in `group`, within `strata` if given.
///
/// # Errors
/// Follow-up that does not fit, no events, or fewer than two groups with patients at risk of an
/// event.
pub fn logrank(
    outcome: &Censored,
    group: &[u32],
    groups: usize,
    strata: Option<&[u32]>,
    rho: f64,
) -> Result<LogRank, SurvivalError> {
    check_follow_up(outcome)?;
    let size = outcome.len();
    same_length("the groups", size, group.len())?;
    if let Some(strata) = strata {
        same_length("the strata", size, strata.len())?;
    }
    let mut n = vec![0usize; groups];
    for label in group {
        match n.get_mut(*label as usize) {
            Some(count) => *count += 1,
            None => return Err(SurvivalError::because(format!("group {label} is not among the {groups} groups"))),
        }
    }
    if n.iter().filter(|count| **count > 0).count() < 2 {
        return Err(SurvivalError::because("a comparison needs at least two groups with patients"));
    }
    if outcome.events() == 0 {
        return Err(SurvivalError::NoEvents { n: size });
    }
    let order = RiskOrder::new(outcome, strata);
    let mut observed = vec![0.0; groups];
    let mut expected = vec![0.0; groups];
    let mut variance = Array2::<f64>::zeros((groups, groups));
    for range in &order.strata {
        // By descending time first, because risk sets grow that way.
        let mut events: Vec<(Vec<f64>, Vec<f64>)> = Vec::new();
        let rows = &order.rows[range.clone()];
        let late = if order.entries.is_empty() { &[][..] } else { &order.entries[range.clone()] };
        let mut late = late.iter().peekable();
        let mut at_risk = vec![0.0; groups];
        let mut at = 0;
        while at < rows.len() {
            let time = outcome.time[rows[at]];
            let mut deaths = vec![0.0; groups];
            let mut any = false;
            while at < rows.len() && outcome.time[rows[at]] == time {
                let g = group[rows[at]] as usize;
                at_risk[g] += 1.0;
                if outcome.event[rows[at]] == 1 {
                    deaths[g] += 1.0;
                    any = true;
                }
                at += 1;
            }
            if let Some(entry) = &outcome.entry {
                while let Some(row) = late.next_if(|row| entry[**row] >= time) {
                    at_risk[group[*row] as usize] -= 1.0;
                }
            }
            if any {
                events.push((at_risk.clone(), deaths));
            }
        }
        let mut survival: f64 = 1.0;
        for (at_risk, deaths) in events.iter().rev() {
            let (total, d): (f64, f64) = (at_risk.iter().sum(), deaths.iter().sum());
            let weight = survival.powf(rho);
            survival *= 1.0 - d / total;
            for g in 0..groups {
                observed[g] += weight * deaths[g];
                expected[g] += weight * d * at_risk[g] / total;
            }
            if total > 1.0 {
                let scale = weight * weight * d * (total - d) / (total - 1.0) / total;
                for g in 0..groups {
                    variance[[g, g]] += scale * at_risk[g];
                    for h in 0..groups {
                        variance[[g, h]] -= scale * at_risk[g] * at_risk[h] / total;
                    }
                }
            }
        }
    }
    let kept: Vec<usize> = (0..groups).filter(|g| expected[*g] > 0.0).collect();
    if kept.len() < 2 {
        return Err(SurvivalError::because("fewer than two groups have patients at risk at an event time"));
    }
    let last = &kept[1..];
    let reduced = Array2::from_shape_fn((last.len(), last.len()), |(i, j)| variance[[last[i], last[j]]]);
    let difference: Vec<f64> = last.iter().map(|g| observed[*g] - expected[*g]).collect();
    let factor = Ldl::new(&reduced, 1e-12);
    if factor.rank() == 0 {
        return Err(SurvivalError::because("the groups are never at risk together at an event time"));
    }
    let statistic = difference.iter().zip(factor.solve(&difference)).map(|(a, b)| a * b).sum();
    let test = ChiSquared::new(statistic, last.len());
    Ok(LogRank { n, observed, expected, variance, test })
}

impl LogRank {
    /// Tarone's test for trend over `scores`, one a group: `(s'(O - E))^2 / s'Vs`, on 1 degree.
    ///
    /// # Errors
    /// Not one score a group, or scores without variance.
    pub fn trend(&self, scores: &[f64]) -> Result<ChiSquared, SurvivalError> {
        same_length("the trend's scores", self.n.len(), scores.len())?;
        let mut sum = 0.0;
        let mut variance = 0.0;
        for g in 0..scores.len() {
            sum += scores[g] * (self.observed[g] - self.expected[g]);
            for h in 0..scores.len() {
                variance += scores[g] * scores[h] * self.variance[[g, h]];
            }
        }
        let scale = scores.iter().map(|score| score * score).fold(0.0, f64::max);
        if variance.is_nan() || variance <= 1e-12 * scale {
            return Err(SurvivalError::because("the scores of the trend do not vary among those at risk"));
        }
        Ok(ChiSquared::new(sum * sum / variance, 1))
    }
}

/// One pair of groups.
#[derive(Clone, Debug)]
pub struct Pair {
    pub groups: (u32, u32),
    /// Absent, with the reason, where the pair cannot be compared.
    pub test: Result<ChiSquared, SurvivalError>,
    /// Adjusted over the pairs that can be compared.
    pub adjusted: Option<f64>,
}

/// Every pair of groups on its own patients, with adjusted p.
///
/// # Errors
/// As [`logrank`] for all groups at once.
pub fn pairwise(
    outcome: &Censored,
    group: &[u32],
    groups: usize,
    strata: Option<&[u32]>,
    rho: f64,
    method: Adjustment,
) -> Result<Vec<Pair>, SurvivalError> {
    logrank(outcome, group, groups, strata, rho)?;
    let mut pairs = Vec::new();
    for first in 0..groups as u32 {
        for second in first + 1..groups as u32 {
            let rows: Vec<usize> =
                (0..group.len()).filter(|row| group[*row] == first || group[*row] == second).collect();
            let labels: Vec<u32> = rows.iter().map(|row| u32::from(group[*row] == second)).collect();
            let within: Option<Vec<u32>> = strata.map(|strata| rows.iter().map(|row| strata[*row]).collect());
            let test = logrank(&outcome.select(&rows), &labels, 2, within.as_deref(), rho).map(|result| result.test);
            pairs.push(Pair { groups: (first, second), test, adjusted: None });
        }
    }
    let p: Vec<Option<f64>> = pairs.iter().map(|pair| pair.test.as_ref().ok().map(|test| test.p)).collect();
    for (pair, adjusted) in pairs.iter_mut().zip(adjust_present(&p, method)) {
        pair.adjusted = adjusted;
    }
    Ok(pairs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_groups_by_hand() {
        let outcome = Censored::new(vec![1.0, 2.0, 3.0, 4.0], vec![1, 1, 1, 0]);
        let result = logrank(&outcome, &[0, 1, 0, 1], 2, None, 0.0).unwrap();
        let expected = 2.0 / 4.0 + 1.0 / 3.0 + 1.0 / 2.0;
        assert!((result.expected[0] - expected).abs() < 1e-15);
        let variance = 0.25 + 2.0 / 9.0 + 0.25;
        assert!((result.test.statistic - (2.0 - expected).powi(2) / variance).abs() < 1e-14);
        let trend = result.trend(&[1.0, 2.0]).unwrap();
        assert!((trend.statistic - result.test.statistic).abs() < 1e-12);
    }

    #[test]
    fn degenerate_comparisons_are_named() {
        let outcome = Censored::new(vec![1.0, 2.0], vec![0, 0]);
        assert_eq!(logrank(&outcome, &[0, 1], 2, None, 0.0).unwrap_err(), SurvivalError::NoEvents { n: 2 });
        assert!(logrank(&outcome, &[0, 0], 2, None, 0.0).unwrap_err().to_string().contains("two groups"));
        assert!(logrank(&outcome, &[0, 5], 2, None, 0.0).is_err());
        let tied = Censored::new(vec![1.0, 1.0], vec![1, 1]);
        assert!(logrank(&tied, &[0, 1], 2, None, 0.0).is_err());
    }
}
