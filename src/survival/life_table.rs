//! Counts at each distinct time of follow-up: what Kaplan-Meier, Nelson-Aalen and the weights
//! for censoring are made of.

use super::error::{SurvivalError, check_follow_up, check_weights};
use crate::stats::Censored;

/// Who counts as having the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Counted {
    /// Event 1; other codes are censored.
    Event,
    /// Any event code above 0.
    AnyEvent,
    /// Being censored: the reverse Kaplan-Meier method.
    Censoring,
}

impl Counted {
    pub fn holds(self, event: u8) -> bool {
        match self {
            Counted::Event => event == 1,
            Counted::AnyEvent => event > 0,
            Counted::Censoring => event == 0,
        }
    }
}

/// One row for each distinct end of follow-up, ascending. Counts are sums of weights.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct LifeTable {
    pub time: Vec<f64>,
    /// At risk just before: `entry < time <= end`.
    pub at_risk: Vec<f64>,
    pub events: Vec<f64>,
    pub censored: Vec<f64>,
}

impl LifeTable {
    /// # Errors
    /// Follow-up or weights that do not fit.
    pub fn new(outcome: &Censored, weights: Option<&[f64]>, counted: Counted) -> Result<Self, SurvivalError> {
        check_follow_up(outcome)?;
        check_weights(weights, outcome.len())?;
        let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let mut rows: Vec<usize> = (0..outcome.len()).collect();
        rows.sort_by(|a, b| outcome.time[*b].total_cmp(&outcome.time[*a]));
        let mut entries: Vec<usize> = Vec::new();
        if let Some(entry) = &outcome.entry {
            entries = (0..outcome.len()).collect();
            entries.sort_by(|a, b| entry[*b].total_cmp(&entry[*a]));
        }
        let mut entries = entries.into_iter().peekable();
        let mut table = LifeTable::default();
        let (mut inside, mut at) = (0.0, 0);
        while at < rows.len() {
            let time = outcome.time[rows[at]];
            let (mut events, mut censored) = (0.0, 0.0);
            while at < rows.len() && outcome.time[rows[at]] == time {
                let row = rows[at];
                inside += weight(row);
                if counted.holds(outcome.event[row]) {
                    events += weight(row);
                } else {
                    censored += weight(row);
                }
                at += 1;
            }
            if let Some(entry) = &outcome.entry {
                while let Some(row) = entries.next_if(|row| entry[*row] >= time) {
                    inside -= weight(row);
                }
            }
            table.time.push(time);
            table.at_risk.push(inside);
            table.events.push(events);
            table.censored.push(censored);
        }
        table.time.reverse();
        table.at_risk.reverse();
        table.events.reverse();
        table.censored.reverse();
        Ok(table)
    }
}

/// The last of `values` at a time not after `time`, or `before`; `times` ascends.
pub fn step_at(times: &[f64], values: &[f64], before: f64, time: f64) -> f64 {
    match times.partition_point(|other| *other <= time) {
        0 => before,
        k => values[k - 1],
    }
}
