//! Post-processing of scores: the threshold above which the event is predicted.
//!
//! Choose it on out-of-fold predictions of the training rows, never on rows that the estimate at
//! the threshold is made on. A row is predicted positive where its score is at least the threshold.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::seam::FitError;

const NAME: &str = "threshold";

/// What a threshold is chosen by.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub enum Criterion {
    /// The largest sensitivity + specificity - 1; the largest such threshold.
    Youden,
    /// The largest threshold with at least this sensitivity.
    Sensitivity(f64),
    /// The smallest threshold with at least this specificity.
    Specificity(f64),
    /// The least `miss` (cost of a missed event) times false negatives plus `alarm` times false
    /// positives; the largest such threshold.
    Cost { miss: f64, alarm: f64 },
}

impl fmt::Display for Criterion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Criterion::Youden => f.write_str("the cut that maximises Youden's index"),
            Criterion::Sensitivity(share) => {
                write!(f, "the highest cut with a sensitivity of at least {}%", share * 100.0)
            }
            Criterion::Specificity(share) => {
                write!(f, "the lowest cut with a specificity of at least {}%", share * 100.0)
            }
            Criterion::Cost { miss, alarm } => {
                write!(f, "the cut of least cost, {miss} for a missed event and {alarm} for a false alarm")
            }
        }
    }
}

/// A chosen threshold with what it does on the rows it was chosen on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Threshold {
    pub value: f64,
    pub sensitivity: f64,
    pub specificity: f64,
    pub n: usize,
    pub events: usize,
}

/// Chooses among the scores that occur, and the smallest number above all of them (predict nobody).
///
/// # Errors
/// One class only, a score that is not finite, or a criterion out of its range.
pub fn choose(scores: &[f64], events: &[bool], criterion: Criterion) -> Result<Threshold, FitError> {
    let n = events.len();
    let refuse = |reason: String| FitError::NotEstimable { learner: NAME, reason };
    if scores.len() != n {
        return Err(FitError::Shape { expected: n, given: scores.len() });
    }
    if scores.iter().any(|score| !score.is_finite()) {
        return Err(refuse("a score is not finite".to_owned()));
    }
    let positives = events.iter().filter(|event| **event).count();
    if positives == 0 || positives == n {
        return Err(refuse(format!("{positives} events and {} non-events among {n} rows", n - positives)));
    }
    let sound = match criterion {
        Criterion::Youden => true,
        Criterion::Sensitivity(share) | Criterion::Specificity(share) => (0.0..=1.0).contains(&share),
        Criterion::Cost { miss, alarm } => miss > 0.0 && alarm > 0.0 && miss.is_finite() && alarm.is_finite(),
    };
    if !sound {
        return Err(refuse("a share lies between 0 and 1, and costs are positive".to_owned()));
    }
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| scores[*b].total_cmp(&scores[*a]));
    let of = |value: f64, hits: usize, alarms: usize| Threshold {
        value,
        sensitivity: hits as f64 / positives as f64,
        specificity: 1.0 - alarms as f64 / (n - positives) as f64,
        n,
        events: positives,
    };
    // Descending thresholds, so that the first of equals is the largest.
    let mut candidates = vec![of(scores[order[0]].next_up(), 0, 0)];
    let (mut hits, mut alarms) = (0, 0);
    for ties in order.chunk_by(|a, b| scores[*a] == scores[*b]) {
        hits += ties.iter().filter(|row| events[**row]).count();
        alarms += ties.iter().filter(|row| !events[**row]).count();
        candidates.push(of(scores[ties[0]], hits, alarms));
    }
    // Shares are ratios of counts; a request such as 0.9 of 10 events is met exactly.
    let slack = 1e-12;
    let best = |value: &dyn Fn(&Threshold) -> f64| {
        candidates.iter().copied().reduce(|best, next| if value(&next) > value(&best) + slack { next } else { best })
    };
    let chosen = match criterion {
        Criterion::Youden => best(&|threshold| threshold.sensitivity + threshold.specificity),
        Criterion::Sensitivity(share) => {
            candidates.iter().copied().find(|threshold| threshold.sensitivity >= share - slack)
        }
        Criterion::Specificity(share) => {
            candidates.iter().copied().rev().find(|threshold| threshold.specificity >= share - slack)
        }
        Criterion::Cost { miss, alarm } => best(&|threshold| {
            let missed = (1.0 - threshold.sensitivity) * positives as f64;
            let alarms = (1.0 - threshold.specificity) * (n - positives) as f64;
            -(miss * missed + alarm * alarms)
        }),
    };
    chosen.ok_or_else(|| refuse("no threshold meets the criterion".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCORES: [f64; 8] = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.7];
    const EVENTS: [bool; 8] = [false, false, true, false, true, false, true, true];

    #[test]
    fn each_criterion_has_its_threshold() {
        let at = |criterion| choose(&SCORES, &EVENTS, criterion).unwrap();
        // Youden: 0.7 gives 0.5 + 1, 0.5 gives 0.75 + 0.75, 0.3 gives 1 + 0.5: the largest threshold.
        assert_eq!(at(Criterion::Youden).value, 0.7);
        let sensitive = at(Criterion::Sensitivity(0.9));
        assert_eq!((sensitive.value, sensitive.sensitivity, sensitive.specificity), (0.3, 1.0, 0.5));
        assert_eq!(at(Criterion::Specificity(0.75)).value, 0.5);
        assert_eq!(at(Criterion::Cost { miss: 10.0, alarm: 1.0 }).value, 0.3);
        assert_eq!(at(Criterion::Cost { miss: 1.0, alarm: 10.0 }).value, 0.7);
        assert!(at(Criterion::Specificity(1.0)).value <= 0.7);
    }

    #[test]
    fn degenerate_input_is_an_error() {
        assert!(choose(&[0.1, 0.2], &[true, true], Criterion::Youden).is_err());
        assert!(choose(&[], &[], Criterion::Youden).is_err());
        assert!(choose(&[f64::NAN, 0.2], &[true, false], Criterion::Youden).is_err());
        assert!(choose(&[0.1, 0.2], &[true, false], Criterion::Sensitivity(1.5)).is_err());
        let useless = choose(&[0.5, 0.5], &[true, false], Criterion::Youden).unwrap();
        assert!(useless.value > 0.5, "predicting nobody is as good and the larger threshold");
    }
}
