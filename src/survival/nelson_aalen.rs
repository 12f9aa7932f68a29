//! The Nelson-Aalen estimate of the cumulative hazard: `H(t) = sum d/n`, with the variance
//! `sum d/n^2`. Numbers are those of `cumhaz` and `std.chaz` of R's `survival::survfit`.

use super::error::SurvivalError;
use super::life_table::{Counted, LifeTable, step_at};
use crate::stats::distribution::normal_multiplier;
use crate::stats::{Censored, Interval};

/// A cumulative hazard, one element a distinct time of follow-up.
#[derive(Clone, Debug, PartialEq)]
pub struct NelsonAalen {
    pub n: usize,
    pub events: usize,
    pub table: LifeTable,
    pub hazard: Vec<f64>,
    pub se: Vec<f64>,
    /// `H exp(± z se / H)`, symmetric for `log H`; `None` before the first event.
    pub bounds: Vec<Option<Interval>>,
}

/// Estimates the cumulative hazard of those who count `counted` as the event.
///
/// # Errors
/// Follow-up or weights that do not fit, or nobody.
pub fn nelson_aalen(
    outcome: &Censored,
    weights: Option<&[f64]>,
    counted: Counted,
    level: f64,
) -> Result<NelsonAalen, SurvivalError> {
    let table = LifeTable::new(outcome, weights, counted)?;
    let quantile = normal_multiplier(level);
    let (mut sum, mut variance) = (0.0, 0.0);
    let (mut hazard, mut se, mut bounds) = (Vec::new(), Vec::new(), Vec::new());
    for (n, d) in table.at_risk.iter().zip(&table.events) {
        if *d > 0.0 {
            sum += d / n;
            variance += d / (n * n);
        }
        let error: f64 = f64::sqrt(variance);
        let width: f64 = (quantile * error / sum).exp();
        hazard.push(sum);
        se.push(error);
        bounds.push((sum > 0.0).then(|| Interval { lower: sum / width, upper: sum * width, level }));
    }
    let events = outcome.event.iter().filter(|event| counted.holds(**event)).count();
    Ok(NelsonAalen { n: outcome.len(), events, table, hazard, se, bounds })
}

impl NelsonAalen {
    /// The cumulative hazard just after `time`.
    pub fn at(&self, time: f64) -> f64 {
        step_at(&self.table.time, &self.hazard, 0.0, time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_hazards() {
        let outcome = Censored::new(vec![1.0, 2.0, 3.0], vec![1, 0, 1]);
        let estimate = nelson_aalen(&outcome, None, Counted::Event, 0.95).unwrap();
        assert!((estimate.at(3.0) - 4.0 / 3.0).abs() < 1e-15 && estimate.at(0.5) == 0.0);
        let none = Censored::new(vec![1.0], vec![0]);
        assert_eq!(nelson_aalen(&none, None, Counted::Event, 0.95).unwrap().bounds, [None]);
    }
}
