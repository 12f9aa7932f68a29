//! A number as a reader may trust it: with its interval, its n, its events and how it was made.

use serde::{Deserialize, Serialize};

/// A confidence interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    pub lower: f64,
    /// Infinite where a survival curve's limit is not reached within follow-up.
    pub upper: f64,
    /// Coverage, such as 0.95.
    pub level: f64,
}

/// Why discrimination has no interval where nobody is told apart.
pub const SAME_SCORE: &str = "the score is the same for all patients";

/// Why there is no number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("not estimable: {reason}")]
pub struct NotEstimable {
    /// In the statistician's words: "no events among 12 patients".
    pub reason: String,
}

impl NotEstimable {
    pub fn new(reason: impl Into<String>) -> Self {
        NotEstimable { reason: reason.into() }
    }
}

/// One estimate. `value` is never NaN: [`Estimate::new`] turns one into "not estimable".
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Estimate {
    /// What was estimated: `AUC`, `C-index`, `median survival`.
    pub name: String,
    pub value: Result<f64, NotEstimable>,
    pub interval: Option<Interval>,
    /// Why an interval is absent where one would be expected.
    pub no_interval: Option<String>,
    pub n: usize,
    pub events: Option<usize>,
    /// Rows left out because something needed was missing.
    pub missing: usize,
    /// Method of value and interval: "trapezoid; DeLong".
    pub how: String,
}

impl Estimate {
    /// An estimate without interval yet; not finite means not estimable.
    pub fn new(name: impl Into<String>, value: f64, n: usize, how: impl Into<String>) -> Self {
        let value =
            if value.is_finite() { Ok(value) } else { Err(NotEstimable::new("the computation has no finite result")) };
        Estimate {
            name: name.into(),
            value,
            interval: None,
            no_interval: None,
            n,
            events: None,
            missing: 0,
            how: how.into(),
        }
    }

    pub fn not_estimable(name: impl Into<String>, n: usize, reason: impl Into<String>) -> Self {
        Estimate {
            name: name.into(),
            value: Err(NotEstimable::new(reason)),
            interval: None,
            no_interval: None,
            n,
            events: None,
            missing: 0,
            how: String::new(),
        }
    }

    /// Adds the interval; bounds that are not finite are told as absent.
    #[must_use]
    pub fn within(mut self, lower: f64, upper: f64, level: f64) -> Self {
        if self.value.is_err() {
            return self;
        }
        if lower.is_finite() && upper.is_finite() {
            self.interval = Some(Interval { lower, upper, level });
        } else {
            self.no_interval = Some("the interval has no finite bounds".to_owned());
        }
        self
    }

    /// Adds the interval of a time, whose upper limit, or both, may not be reached within follow-up.
    /// Where the time itself is not reached either, the interval stands beside the reason.
    #[must_use]
    pub fn within_follow_up(mut self, lower: Option<f64>, upper: Option<f64>, level: f64) -> Self {
        let reached = |limit: Option<f64>| limit.filter(|limit| limit.is_finite()).unwrap_or(f64::INFINITY);
        self.interval = Some(Interval { lower: reached(lower), upper: reached(upper), level });
        self
    }

    /// The same with the nearer limit moved to the value, where the interval lies beside it: for a
    /// distance, which resampling adds to and which cannot be negative.
    #[must_use]
    pub fn enclosed(mut self) -> Self {
        if let (Ok(value), Some(interval)) = (&self.value, &mut self.interval) {
            interval.lower = interval.lower.min(*value);
            interval.upper = interval.upper.max(*value);
        }
        self
    }

    #[must_use]
    pub fn with_events(mut self, events: Option<usize>) -> Self {
        self.events = events;
        self
    }

    #[must_use]
    pub fn with_missing(mut self, missing: usize) -> Self {
        self.missing = missing;
        self
    }
}
