//! The empirical ROC curve and Youden's cut-off.

use serde::{Deserialize, Serialize};

use super::delong::area;
use super::estimate::NotEstimable;
use super::ranks::{each_tie, order};
use super::strata::Strata;

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

/// The curve of out-of-fold predictions, from nobody positive: the mean of the folds' curves at each
/// share of false positives, each fold weighing its pairs, so that the area is that of
/// [`placements_within`](super::delong::placements_within). Points are `(1 - specificity,
/// sensitivity)`; a vertical piece has both its ends.
///
/// # Errors
/// When no fold holds both classes.
pub fn roc_within(events: &[bool], strata: &Strata) -> Result<Vec<(f64, f64)>, NotEstimable> {
    let mut curves: Vec<(f64, Vec<(f64, f64)>)> = Vec::new();
    let mut pairs = vec![0.0; strata.repeats()];
    let mut owner = Vec::new();
    for stratum in strata.strata() {
        let own: Vec<bool> = stratum.rows.iter().map(|row| events[*row]).collect();
        let scores: Vec<f64> = stratum.rows.iter().map(|row| stratum.scores[*row]).collect();
        let Ok(curve) = roc_curve(&own, &scores) else { continue };
        let happened = own.iter().filter(|event| **event).count();
        let weight = (happened * (own.len() - happened)) as f64;
        pairs[stratum.repeat] += weight;
        owner.push(stratum.repeat);
        let points: Vec<(f64, f64)> = curve.iter().rev().map(|p| (1.0 - p.specificity, p.sensitivity)).collect();
        curves.push((weight, points));
    }
    if curves.is_empty() {
        return Err(NotEstimable::new("no fold holds a patient with the event and one without"));
    }
    let repeats = pairs.iter().filter(|pairs| **pairs > 0.0).count() as f64;
    for ((weight, _), repeat) in curves.iter_mut().zip(owner) {
        *weight /= pairs[repeat] * repeats;
    }
    let mut at: Vec<f64> = curves.iter().flat_map(|(_, points)| points.iter().map(|point| point.0)).collect();
    at.sort_by(f64::total_cmp);
    // Shares of folds of different sizes meet only up to rounding.
    at.dedup_by(|a, b| (*a - *b).abs() < 1e-12);
    let mut points = Vec::new();
    for at in at {
        let (mut lower, mut upper) = (0.0, 0.0);
        for (weight, curve) in &curves {
            let (low, high) = heights(curve, at);
            lower += weight * low;
            upper += weight * high;
        }
        // Weights sum to 1 up to rounding.
        let (lower, upper) = (lower.min(1.0), upper.min(1.0));
        if points.last() != Some(&(at, lower)) {
            points.push((at, lower));
        }
        if upper > lower {
            points.push((at, upper));
        }
    }
    Ok(points)
}

/// Where a curve, ascending, arrives and leaves at a place of the horizontal axis.
fn heights(curve: &[(f64, f64)], at: f64) -> (f64, f64) {
    const SAME: f64 = 1e-12;
    let here: Vec<f64> = curve.iter().filter(|point| (point.0 - at).abs() < SAME).map(|point| point.1).collect();
    if let (Some(first), Some(last)) = (here.first(), here.last()) {
        return (*first, *last);
    }
    let next = curve.partition_point(|point| point.0 < at);
    match (next.checked_sub(1).and_then(|before| curve.get(before)), curve.get(next)) {
        (Some(a), Some(b)) => {
            let height = a.1 + (b.1 - a.1) * (at - a.0) / (b.0 - a.0);
            (height, height)
        }
        (Some(edge), None) | (None, Some(edge)) => (edge.1, edge.1),
        (None, None) => (0.0, 0.0),
    }
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
    fn the_area_under_the_mean_curve_is_the_stratified_area() {
        use crate::stats::delong::placements_within;
        use crate::stats::strata::Layer;
        let mut state = 7u64;
        let mut draw = |below: u64| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (state >> 33) % below
        };
        for _ in 0..20 {
            let events: Vec<bool> = (0..37).map(|_| draw(3) == 0).collect();
            let layers = (0..2).map(|_| Layer {
                scores: (0..37).map(|_| draw(9) as f64).collect(),
                fold: (0..37).map(|_| Some(draw(4) as usize)).collect(),
                classes: Vec::new(),
            });
            let strata = Strata::new(layers.collect());
            let (Ok((placed, _)), Ok(curve)) = (placements_within(&events, &strata), roc_within(&events, &strata))
            else {
                continue;
            };
            assert_eq!((curve.first().unwrap().0, curve.last().unwrap().0), (0.0, 1.0));
            assert!(curve.iter().all(|(x, y)| (0.0..=1.0).contains(x) && (0.0..=1.0).contains(y)));
            let area: f64 = curve.windows(2).map(|two| (two[1].0 - two[0].0) * 0.5 * (two[0].1 + two[1].1)).sum();
            assert!((area - placed.area).abs() < 1e-10, "{area} {}", placed.area);
        }
    }

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
