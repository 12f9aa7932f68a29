//! Why an analysis of a censored endpoint has no result, in the statistician's words.

use crate::stats::Censored;

/// Input that no estimator of this folder can work with.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SurvivalError {
    #[error("there are no patients")]
    Empty,
    #[error("no events among {n} patients")]
    NoEvents { n: usize },
    #[error("{what} has {found} values for {expected} patients")]
    Length { what: &'static str, expected: usize, found: usize },
    #[error("the follow-up time of row {row} is {value}; it must be a number of at least 0")]
    Time { row: usize, value: f64 },
    #[error("row {row} enters at {entry}, not before the end of its follow-up at {time}")]
    Entry { row: usize, entry: f64, time: f64 },
    #[error("the case weight of row {row} is {value}; it must be a number above 0")]
    Weight { row: usize, value: f64 },
    #[error("`{column}` is missing or infinite in row {row}")]
    Covariate { column: String, row: usize },
    #[error("case weights are not defined for the exact method of ties")]
    WeightedExact,
    #[error("there are no covariates")]
    NoCovariates,
    #[error("{reason}")]
    NotEstimable { reason: String },
    #[error("stopped")]
    Cancelled(#[from] crate::progress::Cancelled),
}

impl SurvivalError {
    pub(crate) fn because(reason: impl Into<String>) -> Self {
        SurvivalError::NotEstimable { reason: reason.into() }
    }
}

/// Checks follow-up: at least one patient, finite times of at least 0, entries before exits.
///
/// # Errors
/// The first row that does not fit.
pub fn check_follow_up(outcome: &Censored) -> Result<(), SurvivalError> {
    if outcome.is_empty() {
        return Err(SurvivalError::Empty);
    }
    same_length("event status", outcome.len(), outcome.event.len())?;
    for (row, time) in outcome.time.iter().enumerate() {
        if !(time.is_finite() && *time >= 0.0) {
            return Err(SurvivalError::Time { row, value: *time });
        }
    }
    if let Some(entry) = &outcome.entry {
        same_length("entry time", outcome.len(), entry.len())?;
        for (row, (entry, time)) in entry.iter().zip(&outcome.time).enumerate() {
            if !(entry.is_finite() && entry < time) {
                return Err(SurvivalError::Entry { row, entry: *entry, time: *time });
            }
        }
    }
    Ok(())
}

/// Checks that case weights are one a row, finite and above 0.
///
/// # Errors
/// The first weight that does not fit.
pub fn check_weights(weights: Option<&[f64]>, n: usize) -> Result<(), SurvivalError> {
    let Some(weights) = weights else { return Ok(()) };
    same_length("case weights", n, weights.len())?;
    match weights.iter().position(|weight| !(weight.is_finite() && *weight > 0.0)) {
        Some(row) => Err(SurvivalError::Weight { row, value: weights[row] }),
        None => Ok(()),
    }
}

/// Checks that something has one value a patient.
///
/// # Errors
/// [`SurvivalError::Length`] if not.
pub fn same_length(what: &'static str, expected: usize, found: usize) -> Result<(), SurvivalError> {
    if expected == found { Ok(()) } else { Err(SurvivalError::Length { what, expected, found }) }
}
