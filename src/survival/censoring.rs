//! The distribution of the time to censoring, and the weights by its inverse (IPCW).

use super::error::SurvivalError;
use super::life_table::{Counted, LifeTable};
use crate::stats::{Censored, NotEstimable};

/// `G(t)`, the probability of not being censored up to `t`, by reverse Kaplan-Meier: events at
/// the same time as a censoring come before it, so they are not at risk of it.
#[derive(Clone, Debug, PartialEq)]
pub struct CensoringSurvival {
    times: Vec<f64>,
    values: Vec<f64>,
}

/// At which side of an event's time `G` is taken for its weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Side {
    /// `G(T)`, as scikit-survival does.
    #[default]
    At,
    /// `G(T-)`, as riskRegression does; they differ only where a censoring ties with an event.
    Before,
}

impl CensoringSurvival {
    /// # Errors
    /// Follow-up that does not fit, or late entry, under which these weights are not defined.
    pub fn new(outcome: &Censored) -> Result<Self, SurvivalError> {
        if outcome.entry.is_some() {
            return Err(SurvivalError::because("weights for censoring are not defined under late entry"));
        }
        let table = LifeTable::new(outcome, None, Counted::AnyEvent)?;
        let mut free = 1.0;
        let values = (0..table.time.len())
            .map(|at| {
                let left = table.at_risk[at] - table.events[at];
                if table.censored[at] > 0.0 {
                    free *= 1.0 - table.censored[at] / left;
                }
                free
            })
            .collect();
        Ok(CensoringSurvival { times: table.time, values })
    }

    /// `G` at or just before `time`.
    ///
    /// # Errors
    /// `time` is after the end of follow-up from which `G` comes, or nobody is followed so long.
    pub fn at(&self, time: f64, side: Side) -> Result<f64, NotEstimable> {
        let end = self.times.last().copied().unwrap_or(0.0);
        let index = match side {
            Side::At => self.times.partition_point(|other| *other <= time),
            Side::Before => self.times.partition_point(|other| *other < time),
        };
        let value = if index == 0 { 1.0 } else { self.values[index - 1] };
        if value <= 0.0 || time > end {
            return Err(NotEstimable::new(format!(
                "no patient of the censoring distribution is followed beyond {end}, so that time {time} has no \
                 weight; ask for a horizon before it"
            )));
        }
        Ok(value)
    }
}
