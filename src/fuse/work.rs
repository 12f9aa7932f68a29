//! What every fit is given: the data, the stream, the watch, the memory, the clock.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::card::EndpointKind;
use crate::learn::block::Block;
use crate::learn::folds::{FoldError, Layout};
use crate::learn::seam::FitError;
use crate::progress::{Cancelled, Watch};
use crate::random::Stream;
use crate::stats::{NotEstimable, Outcome};

/// The table as engines see it: blocks, outcome, groups and columns share one row order, and
/// fits name rows of it by number.
#[derive(Clone, Copy, Debug)]
pub struct Cohort<'a> {
    pub blocks: &'a BTreeMap<String, Block>,
    pub outcome: &'a Outcome,
    /// Group of each row (the patient of a lesion); folds never tear one apart.
    pub groups: Option<&'a [u32]>,
    /// Levels of the columns that a leave-out resampling names.
    pub columns: &'a BTreeMap<String, Vec<Option<String>>>,
}

impl<'a> Cohort<'a> {
    pub fn layout(&self) -> Layout<'a> {
        Layout { outcome: self.outcome, groups: self.groups, columns: self.columns }
    }

    /// # Errors
    /// [`FuseError::NoBlock`].
    pub fn block(&self, name: &str) -> Result<&'a Block, FuseError> {
        self.blocks.get(name).ok_or_else(|| FuseError::NoBlock { block: name.to_owned() })
    }
}

/// Remembers finished pieces of a long fit, so that an interrupted one resumes. Keys are places in
/// the fit (`cross-fit/fold 0.3`); whoever implements it scopes them by the content hash of the
/// design, its data, its rows and its seed. A value that is not what was put is ignored.
pub trait Memo: Send + Sync {
    fn get(&self, key: &str) -> Option<Json>;
    fn put(&self, key: &str, value: &Json);
}

/// The place of a piece of work: its stream, and its key in the memory.
#[derive(Clone)]
pub struct Work<'a> {
    pub stream: Stream,
    pub watch: &'a Watch,
    pub memo: Option<&'a dyn Memo>,
    /// Deals the folds of a cross-fit, where models share them; else its own stream does.
    folds: Option<Stream>,
    key: String,
}

impl<'a> Work<'a> {
    pub fn new(stream: Stream, watch: &'a Watch) -> Self {
        Work { stream, watch, memo: None, folds: None, key: String::new() }
    }

    #[must_use]
    pub fn with_memo(mut self, memo: &'a dyn Memo) -> Self {
        self.memo = Some(memo);
        self
    }

    /// Folds dealt by this stream: models of the same rows and outcome get the same, so that they are
    /// compared on equal terms.
    #[must_use]
    pub fn with_folds(mut self, folds: Stream) -> Self {
        self.folds = Some(folds);
        self
    }

    pub(super) fn folds(&self) -> Stream {
        self.folds.unwrap_or_else(|| self.stream.named("folds"))
    }

    /// The piece of that name within this one.
    #[must_use]
    pub fn named(&self, name: &str) -> Self {
        let key = if self.key.is_empty() { name.to_owned() } else { format!("{}/{name}", self.key) };
        Work { stream: self.stream.named(name), key, ..self.clone() }
    }

    pub(super) fn recall(&self) -> Option<Json> {
        self.memo.and_then(|memo| memo.get(&self.key))
    }

    pub(super) fn remember(&self, value: impl FnOnce() -> Json) {
        if let Some(memo) = self.memo {
            memo.put(&self.key, &value());
        }
    }
}

/// Why a design cannot be fitted or cannot predict.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FuseError {
    #[error("stopped")]
    Cancelled,
    #[error("{place}: {source}")]
    Fit {
        /// Block, learner or part.
        place: String,
        source: FitError,
    },
    #[error(transparent)]
    Folds(#[from] FoldError),
    #[error("there is no block `{block}`")]
    NoBlock { block: String },
    #[error("there is no row to learn from: {reason}")]
    NoRows { reason: String },
    #[error("`{rule}` does not combine predictions of a {kind} endpoint; {instead}")]
    WrongEndpoint { rule: String, kind: EndpointKind, instead: String },
    #[error("the design cannot be fitted: {reason}")]
    Design { reason: String },
    #[error("no candidate could be judged by {metric}: {reason}")]
    NothingJudged { metric: String, reason: String },
    #[error("{rows} patients have only {present}, and the fusion has no combiner for that: {reason}")]
    Pattern { rows: usize, present: String, reason: String },
    #[error("the estimate is {0}")]
    NotEstimable(#[from] NotEstimable),
    #[error("the frozen design cannot be read: {reason}")]
    Frozen { reason: String },
}

impl FuseError {
    /// A failed fit with the place where it failed; being stopped is not a failure.
    pub fn at(place: impl Into<String>) -> impl FnOnce(FitError) -> Self {
        move |source| match source {
            FitError::Cancelled(_) => FuseError::Cancelled,
            source => FuseError::Fit { place: place.into(), source },
        }
    }
}

impl From<Cancelled> for FuseError {
    fn from(_: Cancelled) -> Self {
        FuseError::Cancelled
    }
}
