//! Competing risks: cumulative incidence (Aalen-Johansen) and Gray's test of its equality.
//!
//! `F_k(t) = sum S(u-) d_k(u) / n(u)`, with `S` the Kaplan-Meier estimate for any event; variance
//! after Aalen and Gray's K-sample statistic with `rho = 0`, numbers those of R's `cmprsk::cuminc`.

use ndarray::Array2;

use super::cox::ChiSquared;
use super::cox::ldl::Ldl;
use super::error::{SurvivalError, check_follow_up, same_length};
use super::life_table::step_at;
use crate::stats::Censored;

/// Cumulative incidence of one event code, at the distinct times of any event.
#[derive(Clone, Debug, PartialEq)]
pub struct CumulativeIncidence {
    pub n: usize,
    /// Events of this code.
    pub events: usize,
    pub times: Vec<f64>,
    pub incidence: Vec<f64>,
    pub variance: Vec<f64>,
}

impl CumulativeIncidence {
    /// The incidence just after `time`.
    pub fn at(&self, time: f64) -> f64 {
        step_at(&self.times, &self.incidence, 0.0, time)
    }

    /// Its variance just after `time`.
    pub fn variance_at(&self, time: f64) -> f64 {
        step_at(&self.times, &self.variance, 0.0, time)
    }
}

/// At one time: at risk, events of the code, events of other codes.
struct Moment {
    time: f64,
    at_risk: f64,
    own: f64,
    other: f64,
}

fn moments(outcome: &Censored, rows: &[usize], code: u8) -> Vec<Moment> {
    let mut order = rows.to_vec();
    order.sort_by(|a, b| outcome.time[*a].total_cmp(&outcome.time[*b]));
    let mut entries: Vec<f64> =
        outcome.entry.as_ref().map_or(Vec::new(), |entry| rows.iter().map(|row| entry[*row]).collect());
    entries.sort_by(f64::total_cmp);
    let mut result = Vec::new();
    let mut at = 0;
    while at < order.len() {
        let time = outcome.time[order[at]];
        let left = order.len() - at;
        // Those who enter at this time or later are not yet at risk.
        let late = entries.len() - entries.partition_point(|entry| *entry < time);
        let (mut own, mut other) = (0.0, 0.0);
        while at < order.len() && outcome.time[order[at]] == time {
            match outcome.event[order[at]] {
                0 => {}
                event if event == code => own += 1.0,
                _ => other += 1.0,
            }
            at += 1;
        }
        if own + other > 0.0 {
            result.push(Moment { time, at_risk: (left - late) as f64, own, other });
        }
    }
    result
}

/// Cumulative incidence of the event `code` among all patients.
///
/// # Errors
/// Follow-up that does not fit, nobody, or a code of 0.
pub fn cumulative_incidence(outcome: &Censored, code: u8) -> Result<CumulativeIncidence, SurvivalError> {
    check_follow_up(outcome)?;
    if code == 0 {
        return Err(SurvivalError::because("0 is the code of censoring, not of an event"));
    }
    let rows: Vec<usize> = (0..outcome.len()).collect();
    let moments = moments(outcome, &rows, code);
    let mut estimate = CumulativeIncidence {
        n: outcome.len(),
        events: outcome.event.iter().filter(|event| **event == code).count(),
        times: Vec::new(),
        incidence: Vec::new(),
        variance: Vec::new(),
    };
    let (mut survival, mut incidence) = (1.0, 0.0);
    // Sums of a, a F and a F^2 of the terms (F(t) - F(u))^2 a(u) and their like.
    let (mut one, mut first, mut second) = (0.0, 0.0, 0.0);
    for moment in &moments {
        let (n, own, other) = (moment.at_risk, moment.own, moment.other);
        incidence += survival * own / n;
        let after = survival * (1.0 - (own + other) / n);
        // cmprsk's variance: multinomial within a time, as Gray's program has it.
        if other > 0.0 && after > 0.0 {
            let shrink = if other > 1.0 { 1.0 - (other - 1.0) / (n - 1.0) } else { 1.0 };
            let term = shrink * survival * survival * other / (n * n);
            let slope = 1.0 / after;
            one += slope * slope * term;
            first += incidence * slope * slope * term;
            second += incidence * incidence * slope * slope * term;
        }
        if own > 0.0 {
            let shrink = if own > 1.0 { 1.0 - (own - 1.0) / (n - 1.0) } else { 1.0 };
            let term = shrink * survival * survival * own / (n * n);
            let slope = if after > 0.0 { 1.0 / after } else { 0.0 };
            let level = 1.0 + slope * incidence;
            one += slope * slope * term;
            first += level * slope * term;
            second += level * level * term;
        }
        survival = after;
        estimate.times.push(moment.time);
        estimate.incidence.push(incidence);
        estimate.variance.push((second - 2.0 * incidence * first + incidence * incidence * one).max(0.0));
    }
    Ok(estimate)
}

/// Gray's test that the incidence of `code` is the same in all groups, numbered from 0; groups
/// are compared within `strata` if given.
///
/// # Errors
/// Follow-up that does not fit, late entry, no events of the code, or fewer than two groups.
pub fn gray_test(
    outcome: &Censored,
    code: u8,
    group: &[u32],
    groups: usize,
    strata: Option<&[u32]>,
) -> Result<ChiSquared, SurvivalError> {
    check_follow_up(outcome)?;
    let n = outcome.len();
    same_length("the groups", n, group.len())?;
    if outcome.entry.is_some() {
        return Err(SurvivalError::because("Gray's test is not defined under late entry"));
    }
    if let Some(strata) = strata {
        same_length("the strata", n, strata.len())?;
    }
    if group.iter().any(|label| *label as usize >= groups) {
        return Err(SurvivalError::because(format!("a group is not among the {groups} groups")));
    }
    if code == 0 || !outcome.event.contains(&code) {
        return Err(SurvivalError::because(format!("no events of code {code} among {n} patients")));
    }
    let mut labels: Vec<u32> = strata.map_or(vec![0], <[u32]>::to_vec);
    labels.sort_unstable();
    labels.dedup();
    let mut score = vec![0.0; groups];
    let mut variance = Array2::<f64>::zeros((groups, groups));
    for label in labels {
        let rows: Vec<usize> = (0..n).filter(|row| strata.is_none_or(|strata| strata[*row] == label)).collect();
        gray_stratum(outcome, code, group, &rows, &mut score, &mut variance);
    }
    let kept = groups.saturating_sub(1);
    let reduced = variance.slice(ndarray::s![..kept, ..kept]).to_owned();
    let factor = Ldl::new(&reduced, 1e-10);
    if factor.rank() == 0 {
        return Err(SurvivalError::because("fewer than two groups are at risk together at an event"));
    }
    let statistic: f64 = score[..kept].iter().zip(factor.solve(&score[..kept])).map(|(a, b)| a * b).sum();
    Ok(ChiSquared::new(statistic.max(0.0), factor.rank()))
}

/// Adds the score and its variance of one stratum (Gray 1988, section 3, without weights).
fn gray_stratum(
    outcome: &Censored,
    code: u8,
    group: &[u32],
    rows: &[usize],
    score: &mut [f64],
    variance: &mut Array2<f64>,
) {
    let groups = score.len();
    let mut order = rows.to_vec();
    order.sort_by(|a, b| outcome.time[*a].total_cmp(&outcome.time[*b]));
    let mut at_risk = vec![0.0; groups];
    order.iter().for_each(|row| at_risk[group[*row] as usize] += 1.0);
    // Just before the time: survival and incidence of each group, pooled incidence.
    let mut survival = vec![1.0; groups];
    let mut incidence = vec![0.0; groups];
    let mut pooled = 0.0;
    // How the score answers to the incidence of each group, and sums over the noise of it.
    let mut answer = Array2::<f64>::zeros((groups, groups));
    let mut noise = vec![0.0; groups];
    let mut cross = Array2::<f64>::zeros((groups, groups));
    let mut at = 0;
    while at < order.len() {
        let time = outcome.time[order[at]];
        let (mut own, mut other, mut gone) = (vec![0.0; groups], vec![0.0; groups], vec![0.0; groups]);
        while at < order.len() && outcome.time[order[at]] == time {
            let (g, event) = (group[order[at]] as usize, outcome.event[order[at]]);
            gone[g] += 1.0;
            if event == code {
                own[g] += 1.0;
            } else if event > 0 {
                other[g] += 1.0;
            }
            at += 1;
        }
        let (events, others): (f64, f64) = (own.iter().sum(), other.iter().sum());
        if events + others > 0.0 {
            let present: Vec<usize> = (0..groups).filter(|g| at_risk[*g] > 0.0 && survival[*g] > 0.0).collect();
            let mut after = survival.clone();
            let inflated = |g: usize| at_risk[g] / survival[g];
            let total: f64 = present.iter().map(|g| inflated(*g)).sum();
            let subdistribution: f64 = present.iter().map(|g| inflated(*g) * (1.0 - incidence[*g])).sum();
            let mut next = incidence.clone();
            for g in &present {
                after[*g] = survival[*g] * (at_risk[*g] - own[*g] - other[*g]) / at_risk[*g];
                next[*g] = incidence[*g] + survival[*g] * own[*g] / at_risk[*g];
            }
            let pooled_next = pooled + events / total;
            let mut slope = Array2::<f64>::zeros((groups, groups));
            for i in &present {
                score[*i] += own[*i] - events * inflated(*i) * (1.0 - incidence[*i]) / subdistribution;
                for j in &present {
                    let same = f64::from(u8::from(i == j));
                    slope[[*i, *j]] = inflated(*i) * (same - inflated(*j) / total);
                    answer[[*i, *j]] += slope[[*i, *j]] * events / (total * (1.0 - pooled));
                }
            }
            for k in &present {
                let mut add = |factor: f64, jump: f64, direct: bool| {
                    noise[*k] += factor * factor * jump;
                    let reach: Vec<f64> = (0..groups)
                        .map(|i| if direct { slope[[i, *k]] } else { 0.0 } - factor * answer[[i, *k]])
                        .collect();
                    for i in 0..groups {
                        cross[[i, *k]] += reach[i] * factor * jump;
                        for j in 0..groups {
                            variance[[i, j]] += reach[i] * reach[j] * jump;
                        }
                    }
                };
                if events > 0.0 {
                    let factor = if after[*k] > 0.0 { 1.0 - (1.0 - pooled_next) / after[*k] } else { 1.0 };
                    let shrink = if events > 1.0 { 1.0 - (events - 1.0) / (total * survival[*k] - 1.0) } else { 1.0 };
                    add(factor, shrink * survival[*k] * events / (total * at_risk[*k]), true);
                }
                if other[*k] > 0.0 && after[*k] > 0.0 {
                    let factor = -(1.0 - pooled_next) / after[*k];
                    let shrink = if other[*k] > 1.0 { 1.0 - (other[*k] - 1.0) / (at_risk[*k] - 1.0) } else { 1.0 };
                    add(factor, shrink * (survival[*k] / at_risk[*k]).powi(2) * other[*k], false);
                }
            }
            survival = after;
            incidence = next;
            pooled = pooled_next;
        }
        for g in 0..groups {
            at_risk[g] -= gone[g];
        }
    }
    for i in 0..groups {
        for j in 0..groups {
            for k in 0..groups {
                variance[[i, j]] += answer[[i, k]] * answer[[j, k]] * noise[k]
                    + answer[[i, k]] * cross[[j, k]]
                    + answer[[j, k]] * cross[[i, k]];
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn incidences_and_survival_sum_to_one() {
        let outcome = Censored::new(vec![1.0, 2.0, 2.0, 3.0, 4.0, 5.0], vec![1, 2, 1, 0, 2, 1]);
        let (one, two) = (cumulative_incidence(&outcome, 1).unwrap(), cumulative_incidence(&outcome, 2).unwrap());
        assert!((one.at(5.0) + two.at(5.0) - 1.0).abs() < 1e-15);
        assert!((one.at(2.0) - (1.0 / 6.0 + 5.0 / 6.0 / 5.0)).abs() < 1e-15);
        assert!(cumulative_incidence(&outcome, 0).is_err());
        assert_eq!(cumulative_incidence(&outcome, 7).unwrap().at(9.0), 0.0);
    }

    #[test]
    fn degenerate_groups_are_named() {
        let outcome = Censored::new(vec![1.0, 2.0], vec![1, 2]);
        assert!(gray_test(&outcome, 3, &[0, 1], 2, None).unwrap_err().to_string().contains("no events"));
        assert!(gray_test(&outcome, 1, &[0, 0], 1, None).is_err());
        assert!(gray_test(&outcome, 1, &[0, 4], 2, None).is_err());
    }
}
