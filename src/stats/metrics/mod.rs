//! Metrics of a binary endpoint, one file each, and those of a nominal one (`nominal_*`), whose words they
//! share where they mean the same.
//!
//! A metric reads [`Judged`], checks it by [`ranked`] or [`probabilities`], and tells an
//! estimate. Probabilities are required where the metric judges calibration; a ranking is enough
//! where it judges discrimination.

mod accuracy;
mod auc;
mod average_precision;
mod balanced_accuracy;
mod brier;
mod calibration_intercept;
mod calibration_slope;
mod expected_to_observed;
mod f1;
mod integrated_calibration_index;
mod log_loss;
mod matthews_correlation;
mod negative_predictive_value;
mod nominal_accuracy;
mod nominal_auc;
mod nominal_auc_ovr;
mod nominal_balanced_accuracy;
mod nominal_brier;
mod nominal_log_loss;
mod positive_predictive_value;
mod sensitivity;
mod specificity;

pub use accuracy::Accuracy;
pub use auc::Auc;
pub use average_precision::AveragePrecision;
pub use balanced_accuracy::BalancedAccuracy;
pub use brier::Brier;
pub use calibration_intercept::CalibrationIntercept;
pub use calibration_slope::CalibrationSlope;
pub use expected_to_observed::ExpectedToObserved;
pub use f1::F1;
pub use integrated_calibration_index::IntegratedCalibrationIndex;
pub use log_loss::LogLoss;
pub use matthews_correlation::MatthewsCorrelation;
pub use negative_predictive_value::NegativePredictiveValue;
pub use nominal_accuracy::NominalAccuracy;
pub use nominal_auc::NominalAuc;
pub use nominal_auc_ovr::NominalAucOvr;
pub use nominal_balanced_accuracy::NominalBalancedAccuracy;
pub use nominal_brier::NominalBrier;
pub use nominal_log_loss::NominalLogLoss;
pub use positive_predictive_value::PositivePredictiveValue;
pub use sensitivity::Sensitivity;
pub use specificity::Specificity;

use super::binomial::{ProportionInterval, proportion};
use super::bootstrap::{BootstrapInterval, Units, bca, described, jackknife, percentile, replicates};
use super::calibration::CalibrationFit;
use super::confusion::Confusion;
use super::distribution::normal_multiplier;
use super::estimate::{Estimate, NotEstimable, SAME_SCORE};
use super::hand_till::{MeanArea, Ranked};
use super::metric::{IntervalPlan, Judged, Metric};
use super::outcome::{Outcome, Prediction};
use crate::progress::Watch;
use crate::random::Stream;

pub(super) static REGISTRY: &[&dyn Metric] = &[
    &Accuracy,
    &NominalAccuracy,
    &Auc,
    &NominalAuc,
    &NominalAucOvr,
    &AveragePrecision,
    &BalancedAccuracy,
    &NominalBalancedAccuracy,
    &Brier,
    &NominalBrier,
    &CalibrationIntercept,
    &CalibrationSlope,
    &ExpectedToObserved,
    &F1,
    &IntegratedCalibrationIndex,
    &LogLoss,
    &NominalLogLoss,
    &MatthewsCorrelation,
    &NegativePredictiveValue,
    &PositivePredictiveValue,
    &Sensitivity,
    &Specificity,
];

/// Observed events beside scores that rank the patients.
///
/// # Errors
/// Another endpoint, other rows, no rows, or a missing prediction.
pub fn ranked<'a>(judged: &Judged<'a>) -> Result<(&'a [bool], &'a [f64]), NotEstimable> {
    let Outcome::Binary(events) = judged.outcome else {
        return Err(NotEstimable::new(format!("the endpoint is {}, not binary", judged.outcome.kind())));
    };
    let scores = judged.prediction.scores();
    if events.len() != scores.len() {
        return Err(NotEstimable::new("predictions and outcomes are of different numbers of rows"));
    }
    if events.is_empty() {
        return Err(NotEstimable::new("no patients"));
    }
    if scores.iter().any(|score| score.is_nan()) {
        return Err(NotEstimable::new("a prediction is missing"));
    }
    Ok((events, scores))
}

/// Observed events beside predicted probabilities.
///
/// # Errors
/// As [`ranked`]; predictions that are no probabilities.
pub fn probabilities<'a>(judged: &Judged<'a>) -> Result<(&'a [bool], &'a [f64]), NotEstimable> {
    let (events, scores) = ranked(judged)?;
    if !matches!(judged.prediction, Prediction::Probability(_)) {
        return Err(NotEstimable::new("the model predicts a score, not a probability"));
    }
    if scores.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return Err(NotEstimable::new("a predicted probability is outside 0 to 1"));
    }
    Ok((events, scores))
}

/// Observed classes beside the probabilities of each.
///
/// # Errors
/// Another endpoint, other rows, or no rows.
pub fn classes<'a>(judged: &Judged<'a>) -> Result<Ranked<'a>, NotEstimable> {
    let (Outcome::Nominal(classes), Prediction::Classes(p)) = (judged.outcome, judged.prediction) else {
        return Err(NotEstimable::new(format!("the endpoint is {}, not nominal", judged.outcome.kind())));
    };
    if classes.len() != p.called().len() {
        return Err(NotEstimable::new("predictions and outcomes are of different numbers of rows"));
    }
    if classes.is_empty() {
        return Err(NotEstimable::new("no patients"));
    }
    Ok(Ranked { classes, p, held: judged.held })
}

/// A mean of areas with its interval by influence.
fn mean_area(judged: &Judged<'_>, plan: &IntervalPlan, name: &str, found: Result<MeanArea, NotEstimable>) -> Estimate {
    let n = judged.outcome.len();
    let found = match found {
        Ok(found) => found,
        Err(fault) => return Estimate::not_estimable(name, n, fault.reason),
    };
    let within = if judged.held.is_some() { ", of pairs within a fold" } else { "" };
    let estimate =
        Estimate::new(name, found.area, n, format!("mean of {} areas{within}; influence of each patient", found.areas));
    match found.interval(plan.level) {
        Some(interval) => estimate.within(interval.lower, interval.upper, plan.level),
        None if judged.prediction.is_constant() && (found.area - 0.5).abs() < 1e-12 => {
            Estimate { no_interval: Some(SAME_SCORE.to_owned()), ..estimate }
        }
        None => {
            let why = "a class has a single patient, or every patient ranks alike: the variance is unknown or 0";
            Estimate { no_interval: Some(why.to_owned()), ..estimate }
        }
    }
}

/// Counts at the judged threshold.
///
/// # Errors
/// As [`ranked`]; without a threshold.
fn classified(judged: &Judged<'_>) -> Result<Confusion, NotEstimable> {
    let (events, scores) = ranked(judged)?;
    let threshold = judged.threshold.ok_or_else(|| NotEstimable::new("no threshold was given"))?;
    Ok(Confusion::at(events, scores, threshold))
}

fn proportion_score((successes, trials): (usize, usize), reason: &str) -> Result<f64, NotEstimable> {
    if trials == 0 { Err(NotEstimable::new(reason)) } else { Ok(successes as f64 / trials as f64) }
}

/// A proportion with Wilson's interval of its trials; n and events are of all who were judged, as of any metric.
fn proportion_estimate(
    name: &str,
    judged: &Judged<'_>,
    plan: &IntervalPlan,
    counts: Result<(usize, usize), NotEstimable>,
    reason: &str,
) -> Estimate {
    match counts {
        Ok((_, 0)) => Estimate::not_estimable(name, judged.outcome.len(), reason),
        Ok((successes, trials)) => Estimate {
            n: judged.outcome.len(),
            events: judged.outcome.events(),
            ..proportion(name, successes, trials, ProportionInterval::Wilson, plan.level)
        },
        Err(fault) => Estimate::not_estimable(name, judged.outcome.len(), fault.reason),
    }
}

/// A coefficient of a calibration model with its Wald interval.
fn calibration_estimate(
    name: &str,
    judged: &Judged<'_>,
    fit: Result<CalibrationFit, NotEstimable>,
    coefficient: impl Fn(&CalibrationFit) -> (f64, f64),
    plan: &IntervalPlan,
) -> Estimate {
    match fit {
        Ok(fit) => {
            let (value, error) = coefficient(&fit);
            let half = normal_multiplier(plan.level) * error;
            Estimate::new(name, value, fit.n, "maximum likelihood; Wald")
                .with_events(Some(fit.events))
                .with_missing(fit.left_out)
                .within(value - half, value + half, plan.level)
        }
        Err(fault) => Estimate::not_estimable(name, judged.outcome.len(), fault.reason),
    }
}

/// The mean of the patients' losses.
fn mean_score(losses: Result<Vec<f64>, NotEstimable>) -> Result<f64, NotEstimable> {
    let losses = losses?;
    Ok(losses.iter().sum::<f64>() / losses.len() as f64)
}

/// The estimate of a mean over patients with a normal interval of the mean, bounded below by 0.
fn mean_estimate(
    judged: &Judged<'_>,
    plan: &IntervalPlan,
    name: &str,
    losses: Result<Vec<f64>, NotEstimable>,
) -> Estimate {
    let n = judged.outcome.len();
    let losses = match losses {
        Ok(losses) => losses,
        Err(fault) => return Estimate::not_estimable(name, n, fault.reason),
    };
    let size = losses.len() as f64;
    let mean = losses.iter().sum::<f64>() / size;
    let estimate = Estimate::new(name, mean, n, "mean over patients; normal interval of the mean")
        .with_events(judged.outcome.events());
    if losses.len() < 2 {
        return Estimate { no_interval: Some("one patient has no spread".to_owned()), ..estimate };
    }
    let variance = losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / (size - 1.0);
    let half = normal_multiplier(plan.level) * (variance / size).sqrt();
    estimate.within((mean - half).max(0.0), mean + half, plan.level)
}

/// The estimate of a statistic with a percentile bootstrap interval over patients.
fn bootstrapped(
    judged: &Judged<'_>,
    plan: &IntervalPlan,
    stream: &Stream,
    metric: &dyn Metric,
    value_method: &str,
) -> Estimate {
    let name = metric.card().name;
    let n = judged.outcome.len();
    let value = match metric.score(judged) {
        Ok(value) => value,
        Err(fault) => return Estimate::not_estimable(name, n, fault.reason),
    };
    let statistic = |rows: &[usize]| judged.score_on(metric, rows);
    let events = judged.outcome.events();
    if plan.resamples == 0 {
        let estimate = Estimate::new(name, value, n, value_method).with_events(events);
        return Estimate { no_interval: Some("no resamples were asked for".to_owned()), ..estimate };
    }
    let values = match replicates(&Units::rows(n), plan.resamples, &stream.named(name), &Watch::silent(), statistic) {
        Ok(values) => values,
        Err(stopped) => return Estimate::not_estimable(name, n, stopped.to_string()),
    };
    let (kind, interval) = match plan.bootstrap {
        BootstrapInterval::Percentile => ("percentile", percentile(&values, plan.level)),
        BootstrapInterval::Bca => ("BCa", bca(value, &values, &jackknife(n, statistic), plan.level)),
    };
    let how = format!("{value_method}; {}", described(kind, &values));
    let estimate = Estimate::new(name, value, n, how).with_events(events);
    match interval {
        Some((lower, upper)) => estimate.within(lower, upper, plan.level),
        None => Estimate { no_interval: Some("the resamples give no interval".to_owned()), ..estimate },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::EndpointKind;

    pub(super) fn judge<T>(events: &[bool], p: &[f64], f: impl FnOnce(&Judged<'_>) -> T) -> T {
        let outcome = Outcome::Binary(events.to_vec());
        let prediction = Prediction::Probability(p.to_vec());
        f(&Judged {
            outcome: &outcome,
            prediction: &prediction,
            held: None,
            patients: None,
            curves: None,
            training: None,
            horizon: None,
            threshold: Some(0.5),
        })
    }

    #[test]
    fn cards_are_complete_and_in_order() {
        let names: Vec<&str> = REGISTRY.iter().map(|metric| metric.card().name).collect();
        let mut sorted = names.clone();
        sorted.sort_by_key(|name| name.to_lowercase());
        assert_eq!(names, sorted);
        for metric in REGISTRY {
            let card = metric.card();
            assert!(card.serves(EndpointKind::Binary) || card.serves(EndpointKind::Nominal));
            assert!(!card.references.is_empty() && !card.example.is_empty() && card.documentation.contains("$"));
        }
    }

    #[test]
    fn no_metric_panics_or_tells_nan_on_degenerate_input() {
        let cases: [(&[bool], &[f64]); 7] = [
            (&[], &[]),
            (&[true], &[0.5]),
            (&[true, true, true], &[0.1, 0.2, 0.3]),
            (&[false, false], &[0.1, 0.1]),
            (&[true, false, true], &[0.5, 0.5, 0.5]),
            (&[true, false, true, false], &[1.0, 0.0, 1.0, 0.0]),
            (&[true, false], &[f64::NAN, 0.2]),
        ];
        let plan = IntervalPlan { resamples: 20, ..IntervalPlan::default() };
        for (events, p) in cases {
            judge(events, p, |judged| {
                for metric in REGISTRY {
                    let estimate = metric.estimate(judged, &plan, &Stream::root(1));
                    assert_eq!(estimate.value.is_ok(), metric.score(judged).is_ok(), "{}", estimate.name);
                    if let Ok(value) = estimate.value {
                        assert!(value.is_finite());
                    }
                }
            });
        }
    }
}
