//! Why there is no answer about genes.

use crate::progress::Cancelled;
use crate::stats::NotEstimable;

#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum OmicsError {
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("`{path}` is no table of expression: {reason}")]
    Format { path: String, reason: String },
    #[error("line {line} of `{path}` {reason}")]
    Line { path: String, line: usize, reason: String },
    /// The file does not say which way round it is.
    #[error(
        "it is not clear whether the rows of `{path}` are genes or patients: neither its rows (such as `{row}`) nor its columns (such as `{column}`) are patients of the study"
    )]
    Orientation { path: String, row: String, column: String },
    /// The values do not say what they are.
    #[error(
        "are the values of `{path}` counts, TPM or logarithms? They run from {low} to {high}, and {found}: the values alone do not say"
    )]
    Scale { path: String, low: f64, high: f64, found: String },
    /// What was declared of the values cannot be.
    #[error("the values of `{path}` are declared to be {declared}, but {found}")]
    Declared { path: String, declared: &'static str, found: String },
    #[error("{0}")]
    NotEstimable(#[from] NotEstimable),
    #[error("{0}")]
    Cancelled(#[from] Cancelled),
}

impl OmicsError {
    pub fn none(reason: impl Into<String>) -> Self {
        OmicsError::NotEstimable(NotEstimable::new(reason))
    }

    /// The stable code of the diagnostic.
    pub fn code(&self) -> &'static str {
        match self {
            OmicsError::Unreadable { .. } => "data::unreadable",
            OmicsError::Format { .. } | OmicsError::Line { .. } => "data::format",
            OmicsError::Orientation { .. } => "data::expression-orientation",
            OmicsError::Scale { .. } | OmicsError::Declared { .. } => "data::expression-scale",
            OmicsError::NotEstimable(_) => "run::not-estimable",
            OmicsError::Cancelled(_) => "run::stopped",
        }
    }

    /// What to do about it.
    pub fn help(&self) -> Option<&'static str> {
        match self {
            OmicsError::Orientation { .. } => Some(
                "name the column that holds the patient with `key` if patients are rows, or make the column names those of the key",
            ),
            OmicsError::Scale { .. } | OmicsError::Declared { .. } => {
                Some("say it under the declaration: `scale counts`, `scale TPM` or `scale log`")
            }
            _ => None,
        }
    }
}
