//! Trees that split by the log-rank statistic: the axis of times, the growth of one tree, and
//! the fitted tree. The learners `survival_tree`, `rsf` and `extra_survival_trees` are thin over
//! it.

pub mod fitted;
pub mod grow;
pub mod predictors;

pub use fitted::SurvivalTree;
pub use grow::{Growth, Splitter, grow};
pub use predictors::Predictors;

use crate::learn::FitError;
use crate::stats::Censored;

/// The distinct times of a training set, and where each row stands on them.
#[derive(Clone, Debug)]
pub struct TimeAxis {
    /// Distinct times, ascending.
    pub times: Vec<f64>,
    /// Number of distinct event times at or after each time.
    pub event_times_from: Vec<u32>,
    /// Index into `times`, one a row.
    pub index: Vec<u32>,
    /// Whether the row has the event, one a row.
    pub event: Vec<bool>,
    /// Rows in ascending order of time.
    pub order: Vec<u32>,
}

impl TimeAxis {
    /// # Errors
    /// Left truncation, which a survival tree has no definition for, and an outcome without any
    /// event.
    pub fn new(learner: &'static str, outcome: &Censored) -> Result<Self, FitError> {
        let reason = if outcome.entry.is_some() {
            "it takes no left-truncated follow-up"
        } else if outcome.events() == 0 {
            "no event among the training rows"
        } else {
            ""
        };
        if !reason.is_empty() {
            return Err(FitError::NotEstimable { learner, reason: reason.to_owned() });
        }
        let mut order: Vec<u32> = (0..outcome.len() as u32).collect();
        order.sort_by(|left, right| outcome.time[*left as usize].total_cmp(&outcome.time[*right as usize]));
        let event: Vec<bool> = outcome.event.iter().map(|event| *event == 1).collect();
        let mut times: Vec<f64> = Vec::new();
        let mut has_event: Vec<bool> = Vec::new();
        let mut index = vec![0; outcome.len()];
        for row in &order {
            let row = *row as usize;
            if times.last() != Some(&outcome.time[row]) {
                times.push(outcome.time[row]);
                has_event.push(false);
            }
            let last = times.len() - 1;
            has_event[last] |= event[row];
            index[row] = last as u32;
        }
        let mut event_times_from = vec![0; times.len()];
        let mut count = 0;
        for place in (0..times.len()).rev() {
            count += u32::from(has_event[place]);
            event_times_from[place] = count;
        }
        Ok(TimeAxis { times, event_times_from, index, event, order })
    }
}
