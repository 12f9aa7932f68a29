//! The seam for metrics: each metric is one file with a unit struct that implements [`Metric`]
//! and one line in the registry of its folder (`stats` for binary, `survival` for censored).

use crate::card::Card;
use crate::random::Stream;
use crate::stats::bootstrap::BootstrapInterval;
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

    /// The estimate with its interval; draws, if any, come from `stream`.
    fn estimate(&self, judged: &Judged<'_>, intervals: &IntervalPlan, stream: &Stream) -> Estimate;
}
