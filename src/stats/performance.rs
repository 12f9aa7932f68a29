//! A full evaluation of predicted probabilities: discrimination, classification, calibration and
//! decision curve, with bootstrap intervals of everything that has no analytic one.
//!
//! Patients are sorted by prediction once. A resample is a count for each patient, so that a
//! replicate expands counts in order and never sorts: every statistic is then one or two passes.

use serde::{Deserialize, Serialize};

use crate::progress::Watch;
use crate::random::Stream;

use super::binomial::{ProportionInterval, proportion};
pub use super::bootstrap::BootstrapInterval;
use super::bootstrap::{ResampleFault, Units, bca, counted_replicates, described, percentile};
use super::calibration::{
    Bin, Binning, Smoother, bins, calibration_curve, errors_of, expected_to_observed, fit_intercept, fit_slope,
    hosmer_lemeshow, interpolate, sorted_lowess,
};
use super::confusion::Confusion;
use super::decision_curve::{DecisionPoint, decision_curve, sorted_net_benefit};
use super::delong::placements;
use super::distribution::normal_multiplier;
use super::estimate::{Estimate, Interval, NotEstimable};
use super::hypothesis::TestResult;
use super::ranks::order;

/// On what patients an estimate rests. Estimates of different kinds are never averaged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Evidence {
    /// The patients the model was fitted to.
    Apparent,
    /// Out-of-fold predictions of the patients the model was fitted to.
    CrossValidated { folds: usize, repeats: usize },
    /// Apparent performance less the optimism that resampling found.
    OptimismCorrected,
    /// Patients of the same source that the fit did not see.
    InternalTest,
    /// Patients of another source.
    External,
}

impl std::fmt::Display for Evidence {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Evidence::Apparent => f.write_str("apparent"),
            Evidence::CrossValidated { folds, repeats: 1 } => write!(f, "{folds}-fold cross-validated"),
            Evidence::CrossValidated { folds, repeats } => {
                write!(f, "{folds}-fold cross-validated, {repeats} repeats")
            }
            Evidence::OptimismCorrected => f.write_str("optimism-corrected"),
            Evidence::InternalTest => f.write_str("internal test"),
            Evidence::External => f.write_str("external"),
        }
    }
}

/// What is evaluated and how.
#[derive(Clone, Debug, PartialEq)]
pub struct PerformancePlan {
    pub evidence: Evidence,
    pub level: f64,
    /// 0 leaves out every interval that needs resampling.
    pub resamples: usize,
    pub interval: BootstrapInterval,
    /// The patient of each row, where some have several rows: they are resampled together, and nothing
    /// that takes rows as independent is told.
    pub patients: Option<Vec<u32>>,
    /// Classification threshold; `None` leaves out the metrics of a classification.
    pub threshold: Option<f64>,
    pub smoother: Smoother,
    /// Quantile bins of the calibration plot.
    pub bins: usize,
    /// Thresholds of the decision curve, ascending.
    pub decision_thresholds: Vec<f64>,
    /// Groups of the Hosmer-Lemeshow test; `None` leaves it out.
    pub hosmer_lemeshow: Option<usize>,
}

impl Default for PerformancePlan {
    fn default() -> Self {
        PerformancePlan {
            evidence: Evidence::InternalTest,
            level: 0.95,
            resamples: 1000,
            interval: BootstrapInterval::Percentile,
            patients: None,
            threshold: None,
            smoother: Smoother::default(),
            bins: 10,
            decision_thresholds: super::decision_curve::default_thresholds(),
            hosmer_lemeshow: None,
        }
    }
}

/// A point of a smoothed calibration curve.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CurvePoint {
    pub predicted: f64,
    pub observed: f64,
    pub interval: Option<Interval>,
}

/// The evaluation of one model on one set of patients.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BinaryPerformance {
    pub evidence: Evidence,
    pub n: usize,
    pub events: usize,
    /// By the names of the metrics' cards, then `E50`, `E90`, `Emax` and `scaled_Brier`.
    pub estimates: Vec<Estimate>,
    /// Smoothed calibration curve, or why there is none.
    pub calibration: Result<Vec<CurvePoint>, NotEstimable>,
    /// How it was smoothed and its band made.
    pub calibration_how: String,
    pub bins: Vec<Bin>,
    pub decision: Vec<DecisionPoint>,
    pub hosmer_lemeshow: Option<Result<TestResult, NotEstimable>>,
}

impl BinaryPerformance {
    /// The estimate of this name.
    pub fn estimate(&self, name: &str) -> Option<&Estimate> {
        self.estimates.iter().find(|estimate| estimate.name == name)
    }
}

/// Patients in ascending order of prediction.
struct Sorted {
    p: Vec<f64>,
    events: Vec<f64>,
    /// Infinite where the prediction is 0 or 1.
    logits: Vec<f64>,
    /// Logarithmic loss of each patient.
    losses: Vec<f64>,
}

impl Sorted {
    fn new(events: &[bool], p: &[f64]) -> Self {
        let order = order(p);
        Sorted {
            p: order.iter().map(|row| p[*row]).collect(),
            events: order.iter().map(|row| f64::from(u8::from(events[*row]))).collect(),
            logits: order.iter().map(|row| p[*row].ln() - (-p[*row]).ln_1p()).collect(),
            losses: order
                .iter()
                .map(|row| {
                    let kept = p[*row].clamp(f64::EPSILON, 1.0 - f64::EPSILON);
                    if events[*row] { -kept.ln() } else { -(-kept).ln_1p() }
                })
                .collect(),
        }
    }

    fn resampled(&self, counts: &[f64]) -> Sorted {
        let n = self.p.len();
        let empty = || Vec::with_capacity(n);
        let mut sample = Sorted { p: empty(), events: empty(), logits: empty(), losses: empty() };
        for (row, count) in counts.iter().enumerate() {
            for _ in 0..*count as usize {
                sample.p.push(self.p[row]);
                sample.events.push(self.events[row]);
                sample.logits.push(self.logits[row]);
                sample.losses.push(self.losses[row]);
            }
        }
        sample
    }

    fn ties(&self, mut visit: impl FnMut(f64, f64)) {
        let mut start = 0;
        while start < self.p.len() {
            let mut end = start;
            let mut events = 0.0;
            while end < self.p.len() && self.p[end] == self.p[start] {
                events += self.events[end];
                end += 1;
            }
            visit((end - start) as f64, events);
            start = end;
        }
    }

    fn auc(&self) -> f64 {
        let m: f64 = self.events.iter().sum();
        let n = self.p.len() as f64 - m;
        let (mut others, mut concordant) = (0.0, 0.0);
        self.ties(|size, events| {
            concordant += events * (others + 0.5 * (size - events));
            others += size - events;
        });
        concordant / (m * n)
    }

    fn average_precision(&self) -> f64 {
        let m: f64 = self.events.iter().sum();
        let (mut left, mut found, mut sum) = (self.p.len() as f64, m, 0.0);
        // From the lowest score up: what is left is what calling positive from here on holds.
        self.ties(|size, events| {
            sum += events / m * (found / left);
            left -= size;
            found -= events;
        });
        sum
    }

    fn confusion(&self, threshold: f64) -> Confusion {
        let from = self.p.partition_point(|p| *p < threshold);
        let below = self.events[..from].iter().sum::<f64>() as usize;
        let above = self.events[from..].iter().sum::<f64>() as usize;
        Confusion {
            true_positive: above,
            false_positive: self.p.len() - from - above,
            true_negative: from - below,
            false_negative: below,
        }
    }

    /// Log-odds and outcomes of those that have log-odds.
    fn finite(&self) -> (Vec<f64>, Vec<f64>) {
        self.logits.iter().zip(&self.events).filter(|(logit, _)| logit.is_finite()).map(|(l, y)| (*l, *y)).unzip()
    }
}

/// Names of the scalars that are resampled, in the order of [`scalars`].
const RESAMPLED: [&str; 13] = [
    "AUC",
    "average_precision",
    "Brier",
    "scaled_Brier",
    "log_loss",
    "calibration_intercept",
    "calibration_slope",
    "EO",
    "ICI",
    "E50",
    "E90",
    "Emax",
    "F1",
];
const AFTER: [&str; 2] = ["MCC", "balanced_accuracy"];

/// Distances, which resampling only adds to: their interval is by percentile, whatever was asked
/// for, and moved to hold the estimate.
const DISTANCES: [&str; 4] = ["ICI", "E50", "E90", "Emax"];

/// Span of the lowess curve behind ICI, E50, E90 and Emax.
const INDEX_SPAN: f64 = 2.0 / 3.0;

fn index_curve(sample: &Sorted) -> Option<Vec<f64>> {
    (sample.p.len() >= 10).then(|| sorted_lowess(&sample.p, &sample.events, INDEX_SPAN))
}

/// Every resampled scalar of a sample; NaN where not estimable. `smooth` is its lowess curve of
/// span 2/3, absent below ten patients.
fn scalars(sample: &Sorted, smooth: Option<&[f64]>, threshold: Option<f64>, out: &mut Vec<f64>) {
    let n = sample.p.len() as f64;
    let m: f64 = sample.events.iter().sum();
    let (mut brier, mut expected) = (0.0, 0.0);
    for (p, y) in sample.p.iter().zip(&sample.events) {
        brier += (p - y) * (p - y);
        expected += p;
    }
    let log_loss: f64 = sample.losses.iter().sum();
    let null = m / n * (1.0 - m / n);
    out.extend([sample.auc(), sample.average_precision(), brier / n, 1.0 - brier / n / null, log_loss / n]);
    // Most samples hold no prediction of 0 or 1, and then nothing is copied.
    let finite;
    let (logits, outcomes) = if sample.logits.iter().all(|logit| logit.is_finite()) {
        (&sample.logits, &sample.events)
    } else {
        finite = sample.finite();
        (&finite.0, &finite.1)
    };
    out.push(fit_intercept(logits, outcomes, 0).map_or(f64::NAN, |fit| fit.intercept));
    out.push(fit_slope(logits, outcomes, 0).map_or(f64::NAN, |fit| fit.slope));
    out.push(expected / m);
    match smooth.map(|smooth| errors_of(&sample.p, smooth)) {
        Some(Ok(errors)) => out.extend([errors.mean, errors.median, errors.ninetieth, errors.maximum]),
        _ => out.extend([f64::NAN; 4]),
    }
    match threshold {
        Some(threshold) => {
            let counts = sample.confusion(threshold);
            out.extend([counts.f1(), counts.matthews(), counts.balanced_accuracy()].map(|v| v.unwrap_or(f64::NAN)));
        }
        None => out.extend([f64::NAN; 3]),
    }
}

/// Evaluates probabilities `p` of the event against what happened.
///
/// # Errors
/// No patients, predictions of other rows, or none that is a probability; stopped.
pub fn evaluate_binary(
    events: &[bool],
    p: &[f64],
    plan: &PerformancePlan,
    stream: &Stream,
    watch: &Watch,
) -> Result<BinaryPerformance, ResampleFault> {
    if events.is_empty() || events.len() != p.len() {
        return Err(NotEstimable::new("no patients, or predictions of other rows").into());
    }
    if p.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return Err(NotEstimable::new("a prediction is missing or no probability").into());
    }
    let n = events.len();
    let count = events.iter().filter(|event| **event).count();
    let sorted = Sorted::new(events, p);
    let mut decision = decision_curve(events, p, &plan.decision_thresholds)?;
    let grid = curve_grid(&sorted.p);
    let smooth_by_lowess = match plan.smoother {
        Smoother::Lowess { span } if n >= 10 => Some(span),
        _ => None,
    };
    let replicate = |counts: &[f64]| -> Vec<f64> {
        let sample = sorted.resampled(counts);
        let mut out = Vec::with_capacity(16 + plan.decision_thresholds.len() + grid.len());
        let smooth = index_curve(&sample);
        scalars(&sample, smooth.as_deref(), plan.threshold, &mut out);
        sorted_net_benefit(&sample.p, &sample.events, &plan.decision_thresholds, &mut out);
        if let Some(span) = smooth_by_lowess {
            // The curve of the index serves the plot too when the spans agree.
            let smooth = match smooth {
                Some(smooth) if span == INDEX_SPAN => smooth,
                _ => sorted_lowess(&sample.p, &sample.events, span),
            };
            let (first, last) = (sample.p[0], sample.p[sample.p.len() - 1]);
            out.extend(grid.iter().map(|at| {
                if (first..=last).contains(at) {
                    interpolate(&sample.p, &smooth, *at).clamp(0.0, 1.0)
                } else {
                    f64::NAN
                }
            }));
        }
        out
    };
    let clustered = plan.patients.as_ref();
    let units = match clustered {
        Some(patients) => Units::of(&order(p).into_iter().map(|row| patients[row]).collect::<Vec<_>>()),
        None => Units::rows(n),
    };
    let replicates = counted_replicates(&units, plan.resamples, &stream.named("performance"), watch, replicate)?;
    let left_out: Vec<Vec<f64>> =
        if plan.interval == BootstrapInterval::Bca && clustered.is_none() && plan.resamples > 0 {
            (0..n)
                .map(|row| {
                    watch.check()?;
                    let mut counts = vec![1.0; n];
                    counts[row] = 0.0;
                    Ok(replicate(&counts))
                })
                .collect::<Result<_, crate::progress::Cancelled>>()?
        } else {
            Vec::new()
        };
    let column = |place: usize| -> Vec<f64> { replicates.iter().map(|values| values[place]).collect() };
    let interval = |place: usize, value: f64| -> Option<(f64, f64)> {
        let values = column(place);
        let distance = RESAMPLED.get(place).is_some_and(|name| DISTANCES.contains(name));
        match plan.interval {
            BootstrapInterval::Bca if !distance && clustered.is_none() => {
                let jackknife: Vec<f64> = left_out.iter().map(|values| values[place]).collect();
                bca(value, &values, &jackknife, plan.level)
            }
            _ => percentile(&values, plan.level),
        }
    };

    let estimates = estimates(events, p, &sorted, plan, &interval, &column);
    let scalars_count = RESAMPLED.len() + AFTER.len();
    for (index, point) in decision.iter_mut().enumerate() {
        point.interval = interval(scalars_count + index, point.net_benefit).map(|(lower, upper)| Interval {
            lower,
            upper,
            level: plan.level,
        });
    }
    let curve_start = scalars_count + decision.len();
    let calibration = calibration_curve(events, p, plan.smoother, &grid, plan.level).map(|points| {
        points
            .into_iter()
            .map(|(predicted, observed, analytic)| {
                let place = grid.iter().position(|at| *at == predicted);
                let bootstrap = place.filter(|_| smooth_by_lowess.is_some()).and_then(|place| {
                    let (lower, upper) = percentile(&column(curve_start + place), plan.level)?;
                    Some(Interval { lower, upper, level: plan.level })
                });
                CurvePoint { predicted, observed, interval: analytic.filter(|_| clustered.is_none()).or(bootstrap) }
            })
            .collect()
    });
    let band = if smooth_by_lowess.is_some() { "pointwise percentile bootstrap" } else { "pointwise Wald" };
    Ok(BinaryPerformance {
        evidence: plan.evidence.clone(),
        n,
        events: count,
        estimates,
        calibration,
        calibration_how: format!("{}; band {band}", plan.smoother.described()),
        bins: bins(events, p, Binning::Quantiles, plan.bins.max(1), plan.level)?,
        decision,
        hosmer_lemeshow: plan.hosmer_lemeshow.map(|groups| match clustered {
            Some(_) => Err(NotEstimable::new("it takes rows as independent, and some are of one patient")),
            None => hosmer_lemeshow(events, p, groups, plan.evidence == Evidence::Apparent),
        }),
    })
}

/// At most 101 points evenly over the range of the predictions.
fn curve_grid(sorted: &[f64]) -> Vec<f64> {
    let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
    if first == last {
        return vec![first];
    }
    (0..=100).map(|i| if i == 100 { last } else { first + (last - first) * f64::from(i) / 100.0 }).collect()
}

fn estimates(
    events: &[bool],
    p: &[f64],
    sorted: &Sorted,
    plan: &PerformancePlan,
    interval: &dyn Fn(usize, f64) -> Option<(f64, f64)>,
    column: &dyn Fn(usize) -> Vec<f64>,
) -> Vec<Estimate> {
    let n = events.len();
    let count = events.iter().filter(|event| **event).count();
    let evidence = plan.evidence.to_string();
    let mut values = Vec::new();
    scalars(sorted, index_curve(sorted).as_deref(), plan.threshold, &mut values);
    let kind = match plan.interval {
        BootstrapInterval::Bca if plan.patients.is_none() => "BCa",
        _ => "percentile",
    };
    let distance = |name: &str| DISTANCES.contains(&name);
    let mut estimates = Vec::new();
    let finish = |estimate: Estimate| estimate.with_events(Some(count));
    for (place, name) in RESAMPLED.iter().chain(&AFTER).enumerate() {
        let value = values[place];
        let needs_threshold = place >= RESAMPLED.len() - 1;
        if needs_threshold && plan.threshold.is_none() {
            continue;
        }
        if !value.is_finite() {
            let reason = why_not(name, events, p, plan.threshold);
            estimates.push(finish(Estimate::not_estimable(*name, n, reason)));
            continue;
        }
        // Analytic intervals where they are standard; the bootstrap for the rest.
        let z = normal_multiplier(plan.level);
        let (logits, outcomes) = sorted.finite();
        let left_out = n - logits.len();
        let analytic: Option<(&str, f64, f64)> = match *name {
            _ if plan.patients.is_some() => None,
            "AUC" => placements(events, p)
                .ok()
                .and_then(|placed| placed.interval(plan.level))
                .map(|interval| ("DeLong", interval.lower, interval.upper)),
            "calibration_intercept" => fit_intercept(&logits, &outcomes, left_out)
                .ok()
                .map(|fit| ("Wald", value - z * fit.intercept_error, value + z * fit.intercept_error)),
            "calibration_slope" => fit_slope(&logits, &outcomes, left_out)
                .ok()
                .map(|fit| ("Wald", value - z * fit.slope_error, value + z * fit.slope_error)),
            "EO" => expected_to_observed(events, p)
                .ok()
                .map(|(_, error)| ("log scale", value / (z * error).exp(), value * (z * error).exp())),
            _ => None,
        };
        let missing = if name.starts_with("calibration_") { left_out } else { 0 };
        let estimate = match analytic {
            Some((how, lower, upper)) => Estimate::new(*name, value, n - missing, format!("{evidence}; {how}"))
                .within(lower, upper, plan.level)
                .with_missing(missing),
            None if plan.resamples == 0 || (*name == "AUC" && plan.patients.is_none()) => {
                let area = placements(events, p).map_or("there is no area", |placed| placed.without_interval());
                let reason = if *name == "AUC" { area } else { "no resamples were asked for" };
                let estimate = Estimate::new(*name, value, n, evidence.clone());
                Estimate { no_interval: Some(reason.to_owned()), ..estimate }
            }
            None => {
                let kind = if distance(name) { "percentile" } else { kind };
                let how = format!("{evidence}; {}", described(kind, &column(place)));
                let estimate = Estimate::new(*name, value, n, how);
                match interval(place, value) {
                    Some((lower, upper)) if distance(name) => estimate.within(lower, upper, plan.level).enclosed(),
                    Some((lower, upper)) => estimate.within(lower, upper, plan.level),
                    None => Estimate { no_interval: Some("the resamples give no interval".to_owned()), ..estimate },
                }
            }
        };
        estimates.push(finish(estimate));
    }
    if let Some(threshold) = plan.threshold {
        let counts = Confusion::at(events, p, threshold);
        for (name, (successes, trials)) in [
            ("sensitivity", counts.sensitivity()),
            ("specificity", counts.specificity()),
            ("PPV", counts.positive_predictive_value()),
            ("NPV", counts.negative_predictive_value()),
            ("accuracy", counts.accuracy()),
        ] {
            let mut estimate = proportion(name, successes, trials, ProportionInterval::Wilson, plan.level);
            estimate.how = format!("{evidence}; {} at {threshold}", estimate.how);
            if plan.patients.is_some() {
                estimate.interval = None;
                estimate.no_interval = Some("Wilson's takes rows as independent, and some are of one patient".into());
            }
            estimates.push(estimate);
        }
    }
    estimates
}

fn why_not(name: &str, events: &[bool], p: &[f64], threshold: Option<f64>) -> String {
    let count = events.iter().filter(|event| **event).count();
    if count == 0 || count == events.len() {
        return format!("{count} of {} patients have the event", events.len());
    }
    let reason = match name {
        "calibration_slope" => super::calibration::logistic_calibration(events, p).err(),
        "calibration_intercept" => super::calibration::calibration_in_the_large(events, p).err(),
        "ICI" | "E50" | "E90" | "Emax" => super::calibration::calibration_errors(events, p).err(),
        "F1" => threshold.and_then(|t| Confusion::at(events, p, t).f1().err()),
        "MCC" => threshold.and_then(|t| Confusion::at(events, p, t).matthews().err()),
        _ => None,
    };
    reason.map_or_else(|| "the computation has no finite result".to_owned(), |fault| fault.reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::metrics::{AveragePrecision, IntegratedCalibrationIndex};
    use crate::stats::{Judged, Metric, Outcome, Prediction};

    fn sample(n: usize) -> (Vec<bool>, Vec<f64>) {
        let p: Vec<f64> = (0..n).map(|i| 0.02 + 0.96 * ((i * 31) % n) as f64 / n as f64).collect();
        let events = (0..n).map(|i| ((i * 17 + 3) % n) as f64 / n as f64 * 0.7 < p[i] * 0.8).collect();
        (events, p)
    }

    #[test]
    fn agrees_with_the_metrics_one_by_one() {
        let (events, p) = sample(97);
        let plan = PerformancePlan { resamples: 60, threshold: Some(0.5), ..PerformancePlan::default() };
        let done = evaluate_binary(&events, &p, &plan, &Stream::root(1), &Watch::silent()).unwrap();
        let outcome = Outcome::Binary(events.clone());
        let prediction = Prediction::Probability(p.clone());
        let judged = Judged {
            outcome: &outcome,
            prediction: &prediction,
            held: None,
            patients: None,
            curves: None,
            training: None,
            horizon: None,
            threshold: Some(0.5),
        };
        let binary = |metric: &&&dyn crate::stats::Metric| metric.card().serves(crate::card::EndpointKind::Binary);
        for metric in crate::stats::metrics().iter().filter(binary) {
            let name = metric.card().name;
            let ours = done.estimate(name).unwrap_or_else(|| panic!("{name} is not evaluated"));
            let value = metric.score(&judged).unwrap();
            assert!((ours.value.clone().unwrap() - value).abs() < 1e-10, "{name}");
            assert!(ours.interval.is_some(), "{name}");
        }
        assert!(AveragePrecision.score(&judged).is_ok() && IntegratedCalibrationIndex.score(&judged).is_ok());
        assert_eq!(done.decision.len(), 99);
        assert!(done.decision[20].interval.is_some());
        assert!(done.calibration.unwrap().len() > 90);
    }

    #[test]
    fn degenerate_input_is_told_not_thrown() {
        let plan = PerformancePlan {
            resamples: 20,
            threshold: Some(0.5),
            interval: BootstrapInterval::Bca,
            hosmer_lemeshow: Some(10),
            ..PerformancePlan::default()
        };
        let run = |events: &[bool], p: &[f64]| evaluate_binary(events, p, &plan, &Stream::root(1), &Watch::silent());
        for (events, p) in [
            (vec![true; 12], vec![0.5; 12]),
            (vec![false; 12], vec![0.0; 12]),
            (vec![true, false], vec![0.5, 0.5]),
            (vec![true], vec![1.0]),
        ] {
            let done = run(&events, &p).unwrap();
            assert!(done.estimates.iter().all(|estimate| !matches!(estimate.value, Ok(value) if value.is_nan())));
        }
        assert!(run(&[], &[]).is_err());
        assert!(run(&[true], &[1.5]).is_err());
    }
}
