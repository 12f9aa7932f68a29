//! Tests, intervals, agreement, ROC, and the types in which every estimate is told.
//!
//! May import: `card`, `random`, `progress`. Knows nothing of the language, of tables or of
//! learners. Deliberately absent: anything that fits a prediction model, and the metrics of
//! censored endpoints (they live in `survival`).
//!
//! A metric is one file in `metrics` and one line in [`metrics()`]; a significance test is one
//! file in `hypothesis`.

pub mod binomial;
pub mod bland_altman;
pub mod bootstrap;
pub mod calibration;
pub mod classes;
pub mod cluster;
pub mod comparison;
pub mod confusion;
pub mod correlate;
pub mod decision_curve;
pub mod delong;
pub mod density;
pub mod describe;
pub mod distribution;
pub mod estimate;
pub mod hand_till;
pub mod hypothesis;
pub mod icc;
pub mod kappa;
pub mod metric;
pub mod metrics;
pub mod multiplicity;
pub mod optimism;
pub mod outcome;
pub mod performance;
pub mod ranks;
pub mod reclassification;
pub mod roc;
pub mod sample_size;
pub mod smooth;
pub mod standardised_difference;
pub mod strata;
pub mod stratify;

pub use classes::{ClassProbabilities, Classes};
pub use estimate::{Estimate, Interval, NotEstimable};
pub use hypothesis::TestResult;
pub use metric::{Direction, IntervalPlan, Judged, Metric};
pub use outcome::{Censored, Outcome, Prediction, SurvivalCurves};
pub use strata::Strata;

/// Every metric of a binary or nominal endpoint, in alphabetical order.
pub fn metrics() -> &'static [&'static dyn Metric] {
    metrics::REGISTRY
}
