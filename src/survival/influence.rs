//! Statistics that know the influence of each patient: their variances, and paired differences
//! between models judged on the same patients.

use crate::stats::Estimate;
use crate::stats::distribution::{normal_multiplier, normal_two_sided};

/// A value with the change that each patient's weight makes in it: the squares sum to its
/// variance (the infinitesimal jackknife).
#[derive(Clone, Debug, PartialEq)]
pub struct Influenced {
    pub value: f64,
    /// One a patient, in row order.
    pub influence: Vec<f64>,
    pub events: usize,
}

/// Two values of the same patients beside each other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Comparison {
    pub first: f64,
    pub second: f64,
    /// First minus second.
    pub difference: f64,
    pub se: f64,
    pub lower: f64,
    pub upper: f64,
    pub level: f64,
    /// Absent where the models say the same, so that the difference has no variance.
    pub z: Option<f64>,
    pub p: Option<f64>,
    pub n: usize,
    pub events: usize,
}

impl Influenced {
    pub fn variance(&self) -> f64 {
        self.influence.iter().map(|value| value * value).sum()
    }

    /// The estimate with its normal interval, cut at `low` and `high`; without variance it has none.
    pub fn estimate(&self, name: &str, how: &str, level: f64, low: f64, high: f64) -> Estimate {
        let error = self.variance().sqrt();
        let estimate = Estimate::new(name, self.value, self.influence.len(), how).with_events(Some(self.events));
        if error <= 1e-12 * (1.0 + self.value.abs()) {
            return Estimate {
                no_interval: Some("no patient's weight changes it, so its variance is 0".to_owned()),
                ..estimate
            };
        }
        let half = normal_multiplier(level) * error;
        estimate.within((self.value - half).max(low), (self.value + half).min(high), level)
    }

    /// This minus `other`, both of the same patients in the same order.
    pub fn compare(&self, other: &Influenced, level: f64) -> Comparison {
        let variance: f64 = self.influence.iter().zip(&other.influence).map(|(a, b)| (a - b).powi(2)).sum();
        let (difference, se) = (self.value - other.value, variance.sqrt());
        let half = normal_multiplier(level) * se;
        let z = (se > 1e-12 * (1.0 + self.value.abs())).then(|| difference / se);
        Comparison {
            first: self.value,
            second: other.value,
            difference,
            se,
            lower: difference - half,
            upper: difference + half,
            level,
            z,
            p: z.map(normal_two_sided),
            n: self.influence.len(),
            events: self.events,
        }
    }
}
