//! Runs a plan: reads the data, fits what is not in the store yet, and gathers the answers.
//!
//! Data nodes (tables, derived columns, cohorts, splits, endpoints, blocks) are evaluated in the
//! order of the plan into a [`world::World`]. Every other node has a key, the hash of all that its
//! answer follows from; answers found in the store are taken, and only the rest is computed, in
//! parallel, each with the random stream of its own name. So neither the number of threads nor
//! another declaration changes a result.
//!
//! May import: `plan`, `syntax` for spans, and the engines. Deliberately absent: parsing, checking,
//! printing, and reading the clock.

pub mod archive;
pub mod codes;
pub mod fault;
pub mod frozen;
pub mod key;
pub mod lock;
pub mod operations;
pub mod results;
pub mod scheduler;
pub mod step;
pub mod store;
pub mod world;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::frame::Table;
use crate::frame::read::Files;
use crate::plan::{NodeId, Plan};
use crate::progress::Watch;

pub use fault::{Fault, FaultKind};
pub use results::{Answer, EstimateRecord, Results};
pub use store::Store;

/// What a run is given beside the plan.
#[derive(Clone, Default)]
pub struct Inputs {
    /// Folder that relative paths of the study start from.
    pub folder: PathBuf,
    /// Tables bound by their name in the study; they take the place of files.
    pub tables: BTreeMap<String, Table>,
    /// How files are read: anew, or as they are remembered.
    pub files: Files,
    /// Whether models and predictions of every patient are wanted as files.
    pub models: bool,
}

/// A finished run.
#[derive(Clone, Debug)]
pub struct Report {
    pub results: Results,
    /// Steps that were computed, and those that the store had.
    pub computed: Vec<String>,
    pub stored: Vec<String>,
    /// The fitted models, where they were asked for, each with its predictions of every patient.
    pub models: Vec<(frozen::ModelFile, results::ResultTable)>,
}

/// A run that did not come to its end, with what did.
#[derive(Clone, Debug)]
pub struct Failure {
    pub faults: Vec<Fault>,
    /// Steps that did not run because a step that they ask failed.
    pub skipped: Vec<Fault>,
    /// Answers of the steps that succeeded; `None` where the data itself was rejected.
    pub report: Option<Box<Report>>,
}

/// Runs `plan` over `inputs`. Finished pieces are put into `store` at once.
///
/// # Errors
/// Every fault of the data, or of the steps that failed.
pub fn run(plan: &Plan, inputs: &Inputs, store: &Store, watch: &Watch) -> Result<Report, Failure> {
    scheduler::run(plan, None, inputs, store, watch)
}

/// Answers only what is asked: the data and the models that `asked` stand on are read and fitted,
/// and nothing else is.
///
/// # Errors
/// As [`run`].
pub fn answer(plan: &Plan, asked: &[NodeId], inputs: &Inputs, store: &Store, watch: &Watch) -> Result<Report, Failure> {
    scheduler::run(plan, Some(asked), inputs, store, watch)
}
