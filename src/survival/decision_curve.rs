//! Decision curves of a censored endpoint at a horizon (Vickers, Cronin, Elkin & Gonen 2008).
//!
//! With `x` the share of patients whose predicted risk reaches the threshold `t` and `S` their
//! Kaplan-Meier survival at the horizon,
//! `net benefit = x (1 - S) - x S t / (1 - t)`; treating all has `x = 1`. Values are those of the
//! `dcurves` packages; a threshold that nobody reaches has net benefit 0.

use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::bootstrap::{ResampleFault, Units, counted_replicates, percentile};
use crate::stats::decision_curve::DecisionPoint;
use crate::stats::{Censored, Interval, NotEstimable};

use super::error::{SurvivalError, check_follow_up, same_length};

/// The curve at ascending `thresholds`, with percentile intervals from `resamples` of the patients
/// (none for 0), with all their rows where `patients` says whose each is. Late entry is not taken into the at-risk sets.
///
/// # Errors
/// Input that does not fit; a risk outside 0 to 1; follow-up that ends before the horizon; stopped.
#[allow(clippy::too_many_arguments, reason = "the data, the question, the surroundings")]
pub fn decision_curve(
    outcome: &Censored,
    risk: &[f64],
    horizon: f64,
    thresholds: &[f64],
    resamples: usize,
    patients: Option<&[u32]>,
    level: f64,
    stream: &Stream,
    watch: &Watch,
) -> Result<Vec<DecisionPoint>, ResampleFault> {
    let told = |error: SurvivalError| ResampleFault::NotEstimable(NotEstimable::new(error.to_string()));
    check_follow_up(outcome).map_err(told)?;
    same_length("the predicted risk", outcome.len(), risk.len()).map_err(told)?;
    if risk.iter().any(|risk| !(0.0..=1.0).contains(risk)) {
        return Err(NotEstimable::new("a predicted risk is missing or not between 0 and 1").into());
    }
    if let Some(wrong) = thresholds.iter().find(|t| !(**t > 0.0 && **t < 1.0)) {
        return Err(NotEstimable::new(format!("a threshold of {wrong} is not between 0 and 1")).into());
    }
    let last = outcome.time.iter().copied().fold(0.0, f64::max);
    if horizon > last {
        return Err(NotEstimable::new(format!("follow-up ends at {last}, before the horizon {horizon}")).into());
    }
    // Descending time: the at-risk set only grows, so one pass has every curve's value.
    let mut order: Vec<usize> = (0..outcome.len()).collect();
    order.sort_by(|a, b| outcome.time[*b].total_cmp(&outcome.time[*a]).then(a.cmp(b)));
    let sorted = Sorted {
        time: order.iter().map(|row| outcome.time[*row]).collect(),
        event: order.iter().map(|row| outcome.event[*row] == 1).collect(),
        risk: order.iter().map(|row| risk[*row]).collect(),
        horizon,
    };
    let ones = vec![1.0; order.len()];
    let whole = sorted.curve(&ones, thresholds);
    let (at_all, all_survive) = sorted.group(&ones, 0.0);
    let units = match patients {
        Some(patients) => Units::of(&order.iter().map(|row| patients[*row]).collect::<Vec<_>>()),
        None => Units::rows(order.len()),
    };
    let replicates = counted_replicates(&units, resamples, &stream.named("decision curve"), watch, |counts| {
        sorted.curve(counts, thresholds)
    })?;
    let prevalence = 1.0 - all_survive;
    debug_assert!(at_all > 0.0);
    Ok(thresholds
        .iter()
        .enumerate()
        .map(|(place, threshold)| {
            let odds = threshold / (1.0 - threshold);
            // Everybody reaches the threshold: the same treatments, so the same sum to the last bit.
            let all_reach = risk.iter().all(|risk| risk >= threshold);
            let net_benefit = if all_reach { prevalence - all_survive * odds } else { whole[place] };
            let treat_all = prevalence - all_survive * odds;
            let values: Vec<f64> = replicates.iter().map(|curve| curve[place]).collect();
            DecisionPoint {
                threshold: *threshold,
                net_benefit,
                interval: percentile(&values, level).map(|(lower, upper)| Interval { lower, upper, level }),
                treat_all,
                standardised: (prevalence > 0.0).then(|| net_benefit / prevalence),
                avoided_per_100: 100.0 * (net_benefit - treat_all) / odds,
            }
        })
        .collect())
}

/// Patients by descending time.
struct Sorted {
    time: Vec<f64>,
    event: Vec<bool>,
    risk: Vec<f64>,
    horizon: f64,
}

impl Sorted {
    fn curve(&self, counts: &[f64], thresholds: &[f64]) -> Vec<f64> {
        let total: f64 = counts.iter().sum();
        thresholds
            .iter()
            .map(|threshold| {
                let (weight, survival) = self.group(counts, *threshold);
                let share = weight / total;
                share * (1.0 - survival) - share * survival * threshold / (1.0 - threshold)
            })
            .collect()
    }

    /// Weight of those whose risk reaches `threshold`, and their survival at the horizon.
    fn group(&self, counts: &[f64], threshold: f64) -> (f64, f64) {
        let (mut at_risk, mut survival) = (0.0, 1.0);
        let mut row = 0;
        while row < self.time.len() {
            let time = self.time[row];
            let mut deaths = 0.0;
            while row < self.time.len() && self.time[row] == time {
                if self.risk[row] >= threshold {
                    at_risk += counts[row];
                    if self.event[row] {
                        deaths += counts[row];
                    }
                }
                row += 1;
            }
            if deaths > 0.0 && time <= self.horizon {
                survival *= 1.0 - deaths / at_risk;
            }
        }
        (at_risk, survival)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::survival::kaplan_meier::{Transform, kaplan_meier};
    use crate::survival::life_table::Counted;

    // scripts/reference/decision_curve.py: dcurves.dca of these twelve patients at 6.
    #[test]
    fn agrees_with_dcurves() {
        let time = vec![1.0, 2.0, 2.0, 3.0, 4.0, 5.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
        let event = vec![1, 0, 1, 1, 0, 1, 1, 0, 1, 0, 1, 0];
        let risk = [0.9, 0.4, 0.7, 0.6, 0.2, 0.55, 0.3, 0.35, 0.5, 0.1, 0.25, 0.15];
        let outcome = Censored::new(time, event);
        let watch = Watch::silent();
        let curve =
            decision_curve(&outcome, &risk, 6.0, &[0.1, 0.3, 0.5, 0.95], 200, None, 0.95, &Stream::root(1), &watch)
                .unwrap();
        for (point, (model, all)) in curve.iter().zip(DCURVES) {
            assert!((point.net_benefit - model).abs() < 1e-10, "{} {model}", point.net_benefit);
            assert!((point.treat_all - all).abs() < 1e-10, "{} {all}", point.treat_all);
            let interval = point.interval.unwrap();
            assert!(interval.lower <= point.net_benefit && point.net_benefit <= interval.upper);
        }
        let km = kaplan_meier(&outcome, None, Counted::Event, Transform::Log, 0.95).unwrap();
        let survival = km.estimate_at(6.0).value.unwrap();
        assert!((curve[0].treat_all - (1.0 - survival - survival * 0.1 / 0.9)).abs() < 1e-12);
        assert!(decision_curve(&outcome, &risk, 60.0, &[0.1], 0, None, 0.95, &Stream::root(1), &watch).is_err());
        assert!(decision_curve(&outcome, &risk, 6.0, &[1.0], 0, None, 0.95, &Stream::root(1), &watch).is_err());
    }

    const DCURVES: [(f64, f64); 4] = [
        (0.4121105232216345, 0.4121105232216345),
        (0.3809523809523809, 0.2441421012849586),
        (0.25000000000000006, -0.05820105820105792),
        (0.0, -9.58201058201057),
    ];
}
