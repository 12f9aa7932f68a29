//! Tests, intervals, agreement, ROC, and the types in which every estimate is told.
//!
//! May import: `card`, `random`, `progress`. Knows nothing of the language, of tables or of
//! learners. Deliberately absent: anything that fits a prediction model.

pub mod estimate;
pub mod metric;
pub mod outcome;

pub use estimate::{Estimate, Interval, NotEstimable};
pub use metric::{Direction, Judged, Metric};
pub use outcome::{Censored, Outcome, Prediction, SurvivalCurves};

/// Every metric of binary and continuous endpoints, in alphabetical order.
pub fn metrics() -> &'static [&'static dyn Metric] {
    &[]
}
