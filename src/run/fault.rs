//! Why a step of the plan did not come to its answer.

use crate::frame::DataError;
use crate::fuse::FuseError;
use crate::learn::FitError;
use crate::omics::OmicsError;
use crate::progress::Cancelled;
use crate::stats::NotEstimable;
use crate::syntax::ast::Span;

/// Who has to act: it decides the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The data is rejected (exit code 2).
    Data,
    /// The run failed (exit code 3).
    Run,
    /// Somebody stopped it; what was finished is kept (exit code 3).
    Stopped,
}

/// One fault of a run, at the declaration that it belongs to.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    pub kind: FaultKind,
    /// Stable code: `data::duplicate-key`, `run::unavailable`.
    pub code: &'static str,
    pub message: String,
    pub help: Option<String>,
    /// The step's name in the plan.
    pub declaration: String,
    pub span: Span,
}

impl Fault {
    pub fn new(kind: FaultKind, code: &'static str, message: impl Into<String>) -> Self {
        Fault { kind, code, message: message.into(), help: None, declaration: String::new(), span: Span::default() }
    }

    pub fn data(code: &'static str, message: impl Into<String>) -> Self {
        Fault::new(FaultKind::Data, code, message)
    }

    pub fn run(code: &'static str, message: impl Into<String>) -> Self {
        Fault::new(FaultKind::Run, code, message)
    }

    /// What Diptych cannot do yet, and what serves instead.
    pub fn unavailable(what: &str, instead: &str) -> Self {
        Fault::run("run::unavailable", format!("{what} is not built yet")).helped(instead)
    }

    #[must_use]
    pub fn helped(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }
}

impl From<DataError> for Fault {
    fn from(error: DataError) -> Self {
        let help = match &error {
            DataError::DuplicateKey { .. } => Some("one row per patient is expected; where several are lawful (lesions, visits), say so with `repeated` under the table".to_owned()),
            DataError::Level { .. } | DataError::Range { .. } => Some("correct the value, or the dictionary if it is too narrow".to_owned()),
            DataError::AmbiguousDate { .. } => Some("write dates as 2021-01-31".to_owned()),
            _ => None,
        };
        Fault { help, ..Fault::data(error.code(), error.to_string()) }
    }
}

impl From<OmicsError> for Fault {
    fn from(error: OmicsError) -> Self {
        let fault = match &error {
            OmicsError::Cancelled(cancelled) => (*cancelled).into(),
            OmicsError::NotEstimable(_) => Fault::run(error.code(), error.to_string()),
            _ => Fault::data(error.code(), error.to_string()),
        };
        match error.help() {
            Some(help) => fault.helped(help),
            None => fault,
        }
    }
}

impl From<Cancelled> for Fault {
    fn from(_: Cancelled) -> Self {
        Fault::new(FaultKind::Stopped, "run::stopped", "stopped; what was finished is kept, and the next run resumes")
    }
}

impl From<FuseError> for Fault {
    fn from(error: FuseError) -> Self {
        match error {
            FuseError::Cancelled => Cancelled.into(),
            other => Fault::run("run::not-fitted", other.to_string()),
        }
    }
}

impl From<FitError> for Fault {
    fn from(error: FitError) -> Self {
        match error {
            FitError::Cancelled(cancelled) => cancelled.into(),
            other => Fault::run("run::not-fitted", other.to_string()),
        }
    }
}

impl From<NotEstimable> for Fault {
    fn from(error: NotEstimable) -> Self {
        Fault::run("run::not-estimable", error.to_string())
    }
}
