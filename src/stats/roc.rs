//! The empirical ROC curve and Youden's cut-off.

use serde::{Deserialize, Serialize};

use super::delong::area;
use super::estimate::NotEstimable;
use super::ranks::{each_tie, order};

/// One point of a ROC curve: what calling positive every score above `threshold` does.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// Midway between two neighbouring scores; infinite at the ends.
    pub threshold: f64,
    pub sensitivity: f64,
    pub specificity: f64,
}

/// The curve from everybody positive (threshold minus infinity) to nobody.
///
/// # Errors
/// When a class is empty or a score is missing.
pub fn roc_curve(events: &[bool], scores: &[f64]) -> Result<Vec<RocPoint>, NotEstimable> {
    // The area's checks are the curve's checks.
    area(events, scores)?;
    let order = order(scores);
    let m = events.iter().filter(|event| **event).count() as f64;
    let n = events.len() as f64 - m;
    let mut curve = vec![RocPoint { threshold: f64::NEG_INFINITY, sensitivity: 1.0, specificity: 0.0 }];
    let (mut events_left, mut others_left) = (m, n);
    each_tie(&order, scores, |start, end| {
        let here = order[start..end].iter().filter(|row| events[**row]).count() as f64;
        events_left -= here;
        others_left -= (end - start) as f64 - here;
        let threshold = match order.get(end) {
            Some(next) => 0.5 * (scores[order[start]] + scores[*next]),
            None => f64::INFINITY,
        };
        curve.push(RocPoint { threshold, sensitivity: events_left / m, specificity: (n - others_left) / n });
    });
    Ok(curve)
}

/// The point of the largest `sensitivity + specificity - 1`; of several, the one with the lowest
/// threshold.
///
/// # Errors
/// As [`roc_curve`].
pub fn youden(events: &[bool], scores: &[f64]) -> Result<RocPoint, NotEstimable> {
    let curve = roc_curve(events, scores)?;
    let mut best = curve[0];
    for point in &curve[1..] {
        // Beyond rounding of the two ratios, so that ties go to the lower threshold.
        if point.sensitivity + point.specificity > best.sensitivity + best.specificity + 1e-12 {
            best = *point;
        }
    }
    Ok(best)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_curve() {
        let curve = roc_curve(&[false, true, false, true], &[0.1, 0.4, 0.4, 0.8]).unwrap();
        let points: Vec<(f64, f64)> = curve.iter().map(|point| (point.sensitivity, point.specificity)).collect();
        assert_eq!(points, [(1.0, 0.0), (1.0, 0.5), (0.5, 1.0), (0.0, 1.0)]);
        assert_eq!(curve[1].threshold, 0.25);
        assert_eq!(youden(&[false, true, false, true], &[0.1, 0.4, 0.4, 0.8]).unwrap().threshold, 0.25);
        assert!(roc_curve(&[true], &[0.1]).is_err());
    }
}
