//! Optimism of apparent performance by the bootstrap: Harrell's correction, .632 and .632+.
//!
//! The whole modelling strategy is repeated in each resample by the caller's closure; an
//! optimism estimated with the strategy frozen is no estimate of it.

use serde::{Deserialize, Serialize};

use crate::progress::Watch;
use crate::random::Stream;

use super::bootstrap::{ResampleFault, Units};
use super::estimate::NotEstimable;

/// Performance of a model refitted on one resample.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Refit {
    /// On the resample it was fitted to.
    pub resample: f64,
    /// On the original rows.
    pub original: f64,
    /// On the rows the resample left out; NaN when not estimable there.
    pub left_out: f64,
}

/// Apparent performance corrected in three ways.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Optimism {
    pub apparent: f64,
    /// Mean of resample minus original performance.
    pub optimism: f64,
    /// `apparent - optimism` (Harrell).
    pub corrected: f64,
    /// Mean performance on left-out rows.
    pub left_out: Option<f64>,
    /// `0.368 apparent + 0.632 left_out` (Efron 1983).
    pub point_632: Option<f64>,
    /// .632+ (Efron & Tibshirani 1997); needs the performance without information.
    pub point_632_plus: Option<f64>,
    /// Resamples that could be evaluated.
    pub resamples: usize,
    /// Resamples in which the fit or the metric failed, and the first reason.
    pub failed: usize,
    pub failure: Option<String>,
}

/// Repeats `refit` in `resamples` bootstrap samples of rows, or of patients with all their rows.
///
/// `refit` is given the rows of the resample (with repeats), the rows left out, and a stream of
/// its own. `no_information` is the metric's value when predictions and outcomes are independent:
/// 0.5 for an AUC; `None` leaves out .632+. Resamples run in order of their number and in
/// parallel; results do not depend on the threads.
///
/// # Errors
/// Stopped; every resample failed.
pub fn optimism(
    units: &Units,
    resamples: usize,
    apparent: f64,
    no_information: Option<f64>,
    stream: &Stream,
    watch: &Watch,
    refit: impl Fn(&[usize], &[usize], &Stream) -> Result<Refit, String> + Sync,
) -> Result<Optimism, ResampleFault> {
    use rayon::prelude::*;
    let results: Vec<Result<Refit, String>> = (0..resamples)
        .into_par_iter()
        .map(|index| {
            watch.check()?;
            let stream = stream.indexed(index as u64);
            let mut rows = Vec::new();
            units.draw(&stream, &mut rows);
            let mut drawn = vec![false; units.rows_in_all()];
            for row in &rows {
                drawn[*row] = true;
            }
            let left_out: Vec<usize> = (0..drawn.len()).filter(|row| !drawn[*row]).collect();
            let result = refit(&rows, &left_out, &stream.named("refit"));
            watch.advance("optimism", 1);
            Ok(result)
        })
        .collect::<Result<_, crate::progress::Cancelled>>()?;
    let failure = results.iter().find_map(|result| result.as_ref().err().cloned());
    let kept: Vec<Refit> = results
        .into_iter()
        .flatten()
        .filter(|refit| refit.resample.is_finite() && refit.original.is_finite())
        .collect();
    if kept.is_empty() {
        let reason = failure.unwrap_or_else(|| "the metric is not estimable".to_owned());
        return Err(NotEstimable::new(format!("none of {resamples} resamples could be evaluated: {reason}")).into());
    }
    let mean = |values: &mut dyn Iterator<Item = f64>| {
        let (mut sum, mut count) = (0.0, 0.0);
        for value in values {
            sum += value;
            count += 1.0;
        }
        (count > 0.0).then(|| sum / count)
    };
    let optimism = mean(&mut kept.iter().map(|refit| refit.resample - refit.original)).unwrap_or(0.0);
    let left_out = mean(&mut kept.iter().map(|refit| refit.left_out).filter(|value| value.is_finite()));
    Ok(Optimism {
        apparent,
        optimism,
        corrected: apparent - optimism,
        left_out,
        point_632: left_out.map(|out| 0.368 * apparent + 0.632 * out),
        point_632_plus: left_out.zip(no_information).map(|(out, chance)| point_632_plus(apparent, out, chance)),
        resamples: kept.len(),
        failed: resamples - kept.len(),
        failure,
    })
}

/// `(1 - w) apparent + w left_out` with `w = .632 / (1 - .368 R)` and the relative overfitting
/// `R = (left_out - apparent) / (chance - apparent)`, kept within 0 and 1; `left_out` is kept from
/// being worse than chance.
pub fn point_632_plus(apparent: f64, left_out: f64, chance: f64) -> f64 {
    let span = chance - apparent;
    let bounded = if span > 0.0 { left_out.min(chance) } else { left_out.max(chance) };
    let overfitting = if span == 0.0 { 0.0 } else { ((bounded - apparent) / span).clamp(0.0, 1.0) };
    let weight = 0.632 / (1.0 - 0.368 * overfitting);
    (1.0 - weight) * apparent + weight * bounded
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_honest_rule_has_no_optimism() {
        let result =
            optimism(&Units::rows(50), 40, 0.7, Some(0.5), &Stream::root(1), &Watch::silent(), |rows, out, _| {
                assert_eq!(rows.len(), 50);
                assert!(out.iter().all(|row| !rows.contains(row)));
                Ok(Refit { resample: 0.7, original: 0.7, left_out: 0.7 })
            })
            .unwrap();
        assert!((result.corrected - 0.7).abs() < 1e-12);
        assert!((result.point_632_plus.unwrap() - 0.7).abs() < 1e-12);
        assert_eq!((result.resamples, result.failed), (40, 0));
    }

    #[test]
    fn total_overfitting_is_chance() {
        assert!((point_632_plus(1.0, 0.5, 0.5) - 0.5).abs() < 1e-12);
        assert!((point_632_plus(1.0, 0.3, 0.5) - 0.5).abs() < 1e-12);
        // An error rate: lower is better.
        assert!((point_632_plus(0.0, 0.5, 0.5) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn failures_are_told() {
        let fail = |_: &[usize], _: &[usize], _: &Stream| Err("separation".to_owned());
        let fault = optimism(&Units::rows(5), 3, 0.7, None, &Stream::root(1), &Watch::silent(), fail).unwrap_err();
        assert!(fault.to_string().contains("separation"));
    }
}
