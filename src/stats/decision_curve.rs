//! Decision curves: what a model is worth to the decision to treat (Vickers & Elkin 2006).
//!
//! At threshold probability `t`, treating everybody with `p >= t`,
//! `net benefit = TP/N - FP/N * t / (1 - t)`. Treating all has
//! `prevalence - (1 - prevalence) * t / (1 - t)`, treating none 0. Standardised net benefit
//! divides by the prevalence, so that 1 is the most any model can have (Kerr et al. 2016).

use serde::{Deserialize, Serialize};

use super::estimate::{Interval, NotEstimable};

/// One threshold of a decision curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionPoint {
    pub threshold: f64,
    pub net_benefit: f64,
    /// Percentile bootstrap; absent without resamples.
    pub interval: Option<Interval>,
    pub treat_all: f64,
    /// `None` when nobody has the event.
    pub standardised: Option<f64>,
    /// Unnecessary treatments per 100 patients that the model spares
    /// compared with treating all:
    /// `100 (NB - NB_all) (1 - t) / t`.
    pub avoided_per_100: f64,
}

/// The thresholds 0.01, 0.02, ..., 0.99.
pub fn default_thresholds() -> Vec<f64> {
    (1..100).map(|percent| f64::from(percent) / 100.0).collect()
}

/// The curve at `thresholds`, each above 0 and below 1.
///
/// # Errors
/// No patients, or a threshold out of range.
pub fn decision_curve(events: &[bool], p: &[f64], thresholds: &[f64]) -> Result<Vec<DecisionPoint>, NotEstimable> {
    if events.is_empty() || events.len() != p.len() {
        return Err(NotEstimable::new("no patients, or predictions of other rows"));
    }
    if let Some(wrong) = thresholds.iter().find(|t| !(**t > 0.0 && **t < 1.0)) {
        return Err(NotEstimable::new(format!("a threshold of {wrong} is not between 0 and 1")));
    }
    let n = events.len() as f64;
    let with_event = events.iter().filter(|event| **event).count() as f64;
    Ok(thresholds
        .iter()
        .map(|threshold| {
            let (mut tp, mut fp) = (0.0, 0.0);
            for (event, p) in events.iter().zip(p) {
                if *p >= *threshold {
                    if *event {
                        tp += 1.0;
                    } else {
                        fp += 1.0;
                    }
                }
            }
            point(*threshold, tp, fp, with_event, n)
        })
        .collect())
}

fn point(threshold: f64, tp: f64, fp: f64, events: f64, n: f64) -> DecisionPoint {
    let odds = threshold / (1.0 - threshold);
    let prevalence = events / n;
    let net_benefit = tp / n - fp / n * odds;
    let treat_all = prevalence - (1.0 - prevalence) * odds;
    // From counts, so that it is 0, not a rounding error, where as many are spared as events are missed for them.
    let avoided = 100.0 * ((n - events - fp) - (events - tp) / odds) / n;
    let avoided = if avoided.abs() < 1e-9 { 0.0 } else { avoided };
    DecisionPoint {
        threshold,
        net_benefit,
        interval: None,
        treat_all,
        standardised: (prevalence > 0.0).then(|| net_benefit / prevalence),
        avoided_per_100: avoided,
    }
}

/// Net benefits over ascending predictions, for resampling: one pass over patients and
/// thresholds, both ascending.
pub(super) fn sorted_net_benefit(p: &[f64], events: &[f64], thresholds: &[f64], out: &mut Vec<f64>) {
    let n = p.len() as f64;
    let mut tp: f64 = events.iter().sum();
    let mut fp = n - tp;
    let mut row = 0;
    for threshold in thresholds {
        while row < p.len() && p[row] < *threshold {
            tp -= events[row];
            fp -= 1.0 - events[row];
            row += 1;
        }
        out.push((tp - fp * threshold / (1.0 - threshold)) / n);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_agree() {
        let p = [0.1, 0.2, 0.2, 0.6, 0.9];
        let events = [false, true, false, false, true];
        let thresholds = [0.05, 0.2, 0.5, 0.95];
        let curve = decision_curve(&events, &p, &thresholds).unwrap();
        let mut sorted = Vec::new();
        sorted_net_benefit(&p, &[0.0, 1.0, 0.0, 0.0, 1.0], &thresholds, &mut sorted);
        for (point, value) in curve.iter().zip(sorted) {
            assert!((point.net_benefit - value).abs() < 1e-15);
        }
        assert!((curve[1].net_benefit - (0.4 - 0.4 * 0.25)).abs() < 1e-15);
        assert_eq!(curve[3].net_benefit, 0.0);
        assert!(decision_curve(&events, &p, &[1.0]).is_err());
        assert_eq!(decision_curve(&[false], &[0.2], &[0.5]).unwrap()[0].standardised, None);
    }
}
