//! The seam for metrics: each metric is one file with a unit struct that implements [`Metric`]
//! and one line in the registry of its folder (`stats` for binary, `survival` for censored).

use crate::card::Card;
use crate::progress::{Cancelled, Watch};
use crate::random::Stream;
use crate::stats::bootstrap::{BootstrapInterval, Units, described, percentile, replicates};
use crate::stats::{Estimate, NotEstimable, Outcome, Prediction, Strata, SurvivalCurves};

/// Whether more is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    Higher,
    Lower,
}

/// What a metric judges: predictions beside what was observed, on the same rows.
#[derive(Clone, Copy, Debug)]
pub struct Judged<'a> {
    pub outcome: &'a Outcome,
    pub prediction: &'a Prediction,
    /// Where the predictions are out of fold, the folds: a statistic of pairs counts those within one.
    /// Other metrics take the pooled predictions.
    pub held: Option<&'a Strata>,
    /// The patient of each row, where some patients have several rows, which are not independent.
    pub patients: Option<&'a [u32]>,
    /// Predicted curves, where the model has them.
    pub curves: Option<&'a SurvivalCurves>,
    /// Outcome of the training rows, from which IPCW metrics take the censoring distribution
    /// (scikit-survival's convention); `None` takes it from the judged rows.
    pub training: Option<&'a Outcome>,
    /// The time at which the metric is wanted, for time-dependent ones.
    pub horizon: Option<f64>,
    /// Probability above which the event is predicted, for metrics of a classification.
    pub threshold: Option<f64>,
}

/// How intervals are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntervalPlan {
    /// Coverage, such as 0.95.
    pub level: f64,
    /// Resamples where no analytic interval exists.
    pub resamples: usize,
    /// Which interval the resamples give.
    pub bootstrap: BootstrapInterval,
}

impl Default for IntervalPlan {
    fn default() -> Self {
        IntervalPlan { level: 0.95, resamples: 1000, bootstrap: BootstrapInterval::Percentile }
    }
}

pub trait Metric: Send + Sync {
    fn card(&self) -> &'static Card;

    fn direction(&self) -> Direction;

    /// The value of a perfect model where better is neither more nor less, such as 1 for a
    /// calibration slope; candidates are then compared by their distance from it.
    fn target(&self) -> Option<f64> {
        None
    }

    /// Whether it needs predicted survival curves, as Brier and IBS do.
    fn needs_curves(&self) -> bool {
        false
    }

    /// Whether it is asked at a horizon.
    fn needs_horizon(&self) -> bool {
        false
    }

    /// The point estimate alone: what tuning calls in its inner loop.
    ///
    /// # Errors
    /// When it is not estimable: a single class, no comparable pair, no event.
    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable>;

    /// The estimate with its interval for independent rows; draws, if any, come from `stream`.
    /// [`estimate`] is what callers with rows of patients want.
    fn estimate(&self, judged: &Judged<'_>, intervals: &IntervalPlan, stream: &Stream) -> Estimate;
}

impl Judged<'_> {
    /// `metric` on some of the rows, repeated or not; NaN where it is not estimable.
    pub fn score_on(&self, metric: &dyn Metric, rows: &[usize]) -> f64 {
        let (outcome, prediction) = (self.outcome.select(rows), self.prediction.select(rows));
        let held = self.held.map(|held| held.select(rows));
        let curves = self.curves.map(|curves| SurvivalCurves {
            times: curves.times.clone(),
            survival: curves.survival.select(ndarray::Axis(0), rows),
        });
        let resample = Judged {
            outcome: &outcome,
            prediction: &prediction,
            held: held.as_ref(),
            patients: None,
            curves: curves.as_ref(),
            ..*self
        };
        metric.score(&resample).unwrap_or(f64::NAN)
    }
}

/// The estimate of a metric with its interval. Where patients have several rows the interval is the
/// percentile one of resampled patients, whose rows stay together (Field and Welsh, JRSS B 2007), for
/// analytic ones take rows as independent.
///
/// # Errors
/// Stopped.
pub fn estimate(
    metric: &dyn Metric,
    judged: &Judged<'_>,
    plan: &IntervalPlan,
    stream: &Stream,
    watch: &Watch,
) -> Result<Estimate, Cancelled> {
    let Some(patients) = judged.patients else { return Ok(metric.estimate(judged, plan, stream)) };
    let pointwise = IntervalPlan { resamples: 0, ..*plan };
    let estimate = metric.estimate(judged, &pointwise, stream);
    if estimate.value.is_err() {
        return Ok(estimate);
    }
    let units = Units::of(patients);
    let stream = stream.named("patients");
    let values = replicates(&units, plan.resamples, &stream, watch, |rows| judged.score_on(metric, rows))?;
    let kept = format!("{} patients with all their rows", units.count());
    let how = format!("{}, {kept}", described("percentile", &values));
    let estimate = Estimate { interval: None, no_interval: None, how, ..estimate };
    Ok(match percentile(&values, plan.level) {
        Some((lower, upper)) => estimate.within(lower, upper, plan.level),
        None => Estimate { no_interval: Some("fewer than ten resamples could be estimated".to_owned()), ..estimate },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::metrics::Auc;

    #[test]
    fn rows_said_twice_make_no_interval_narrower() {
        let events: Vec<bool> = (0..60).map(|row| row % 3 == 0).collect();
        let scores: Vec<f64> =
            (0..60).map(|row| f64::from((row * 17) % 60) + if row % 3 == 0 { 12.0 } else { 0.0 }).collect();
        let width = |times: usize, patients: bool| {
            let often = |row: usize| std::iter::repeat_n(row, times);
            let rows: Vec<usize> = (0..60).flat_map(often).collect();
            let outcome = Outcome::Binary(rows.iter().map(|row| events[*row]).collect());
            let prediction = Prediction::Value(rows.iter().map(|row| scores[*row]).collect());
            let own: Vec<u32> = rows.iter().map(|row| *row as u32).collect();
            let judged = Judged {
                outcome: &outcome,
                prediction: &prediction,
                held: None,
                patients: patients.then_some(&own),
                curves: None,
                training: None,
                horizon: None,
                threshold: None,
            };
            let plan = IntervalPlan::default();
            let estimate = estimate(&Auc, &judged, &plan, &Stream::root(3), &Watch::silent()).unwrap();
            let interval = estimate.interval.unwrap();
            (estimate.value.unwrap(), interval.upper - interval.lower, estimate.how)
        };
        let (once, four, naive) = (width(1, false), width(4, true), width(4, false));
        assert_eq!(once.0, four.0);
        assert!((four.1 / once.1 - 1.0).abs() < 0.1, "{} {}", four.1, once.1);
        assert!((naive.1 / once.1 - 0.5).abs() < 0.05, "{} {}", naive.1, once.1);
        assert!(four.2.contains("60 patients with all their rows"), "{}", four.2);
    }
}
