//! `STUDY.lock`: what a run was made from (plan, tables, images, versions) and what it found, so
//! that another person can repeat it and be told exactly where theirs differs.
//!
//! A table is held by a hash of each column and a hash of each row: a changed cell is named by
//! both, and neither gives a value away, as a hash of a single yes or no would. An estimate is held
//! in full. Times, thread counts and what came from the store are not in here.

mod cells;
mod compare;
mod inputs;
mod parts;

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::plan::{Plan, canonical, hash};

use super::Inputs;
use super::fault::Fault;
use super::results::{EstimateRecord, Results};

pub use cells::changed_cells;
pub use compare::{Cause, Difference, differences};
pub use inputs::{image_files, within};

/// Number of the format of a lock; it grows when a field changes its meaning.
pub const FORMAT: u32 = 1;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Lock {
    pub format: u32,
    /// Version of Diptych.
    pub diptych: String,
    pub study: StudyLock,
    pub plan: PlanLock,
    pub tables: Vec<TableLock>,
    /// Dictionaries, studies that are used, gene sets, images and masks.
    pub files: Vec<FileLock>,
    /// `None` before the run.
    pub results: Option<ResultsLock>,
}

/// The text of the study and what was set on the command line.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct StudyLock {
    pub name: String,
    pub hash: String,
    pub set: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PlanLock {
    pub hash: String,
    pub nodes: Vec<NodeLock>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NodeLock {
    /// `model PRIME_R`.
    pub name: String,
    pub operation: String,
    pub inputs: Vec<String>,
    pub parameters: Json,
    pub accepted: Vec<String>,
    /// Of parameters and inputs.
    pub hash: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TableLock {
    pub table: String,
    pub path: Option<String>,
    pub key: Option<String>,
    pub hash: String,
    /// Name and hash of each column.
    pub columns: Vec<(String, String)>,
    pub rows: usize,
    /// Key and hash of each row; empty for a table of more than `inputs::MOST_ROWS` rows.
    pub row_hashes: Vec<(String, String)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct FileLock {
    /// As the study writes it, from the study's folder; an image may be a folder.
    pub path: String,
    /// `dictionary or study`, `gene sets`, `expression`, `image`, `mask`.
    pub what: String,
    pub hash: String,
    /// Name and hash of what the file consists of, so that a change is named more closely: the
    /// files of a folder, the lines of a dictionary, the sets of a collection, the rows and columns
    /// of a matrix.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<(String, String)>,
}

impl FileLock {
    /// A dictionary, or a study that is used.
    pub fn of_text(path: &str, content: &[u8]) -> Self {
        let lines = if path.ends_with(".study") { Vec::new() } else { parts::lines(content) };
        FileLock {
            path: path.to_owned(),
            what: "dictionary or study".to_owned(),
            hash: inputs::short(blake3::hash(content).as_bytes()),
            parts: lines,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ResultsLock {
    /// Of `results.json`.
    pub hash: String,
    pub estimates: Vec<EstimateLock>,
}

/// A headline number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EstimateLock {
    pub declaration: String,
    pub model: String,
    pub cohort: String,
    pub metric: String,
    pub horizon: Option<String>,
    pub value: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub n: usize,
    pub events: Option<usize>,
}

impl From<&EstimateRecord> for EstimateLock {
    fn from(estimate: &EstimateRecord) -> Self {
        EstimateLock {
            declaration: estimate.declaration.clone(),
            model: estimate.model.clone(),
            cohort: estimate.cohort.clone(),
            metric: estimate.metric.clone(),
            horizon: estimate.horizon.clone(),
            value: estimate.value,
            lower: estimate.lower,
            upper: estimate.upper,
            n: estimate.n,
            events: estimate.events,
        }
    }
}

impl Lock {
    /// The lock of a study before it runs; `read` are the files that checking it has read.
    ///
    /// # Errors
    /// A table, image or gene set that cannot be read.
    pub fn new(study: StudyLock, plan: &Plan, inputs: &Inputs, read: Vec<FileLock>) -> Result<Self, Vec<Fault>> {
        let nodes = plan
            .nodes()
            .iter()
            .map(|node| NodeLock {
                name: node.name.clone(),
                operation: canonical::kind(&node.operation).to_owned(),
                inputs: node.inputs.iter().map(|input| plan.node(*input).name.clone()).collect(),
                parameters: canonical::parameters(node),
                accepted: node.accepted.iter().map(|accepted| accepted.code.clone()).collect(),
                hash: plan.hash(node.id).map(|hash| hash.to_string()).unwrap_or_default(),
            })
            .collect();
        let (tables, patients) = inputs::tables(plan, inputs)?;
        let mut files = read;
        files.extend(inputs::files(plan, &inputs.folder, &patients).map_err(|fault| vec![fault])?);
        files.sort();
        files.dedup();
        Ok(Lock {
            format: FORMAT,
            diptych: env!("CARGO_PKG_VERSION").to_owned(),
            study,
            plan: PlanLock { hash: hash::of_plan(plan).to_string(), nodes },
            tables,
            files,
            results: None,
        })
    }

    /// The lock with what the run found.
    #[must_use]
    pub fn with_results(mut self, results: &Results) -> Self {
        self.results = Some(ResultsLock {
            hash: blake3::hash(results.json().as_bytes()).to_hex().to_string(),
            estimates: results.estimates().map(EstimateLock::from).collect(),
        });
        self
    }

    /// # Errors
    /// Why this is no lock, or one of a later Diptych.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| format!("it is no lock: {error}"))?;
        match json["format"].as_u64() {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => return Err(format!("it has format {format}; this Diptych reads format {FORMAT}")),
            None => return Err("it is no lock: it has no `format`".to_owned()),
        }
        Lock::deserialize(json).map_err(|error| format!("it is no lock: {error}"))
    }

    /// The lock as text: JSON, one thing a line, so that two locks can be compared by eye.
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Ok(json) = serde_json::to_value(self) {
            lines(&json, 0, &mut text);
        }
        text.push('\n');
        text
    }
}

/// Longest value that stands on one line.
const LINE: usize = 140;

fn lines(value: &Json, depth: usize, text: &mut String) {
    let whole = value.to_string();
    let is_leaf = !value.is_object() && !value.is_array();
    if is_leaf || (depth > 0 && whole.len() <= LINE) || whole.len() == 2 {
        text.push_str(&whole);
        return;
    }
    let indent = "  ".repeat(depth + 1);
    let close = "  ".repeat(depth);
    match value {
        Json::Object(fields) => {
            text.push('{');
            for (place, (name, value)) in fields.iter().enumerate() {
                text.push_str(if place == 0 { "\n" } else { ",\n" });
                text.push_str(&format!("{indent}{}: ", Json::String(name.clone())));
                lines(value, depth + 1, text);
            }
            text.push_str(&format!("\n{close}}}"));
        }
        Json::Array(elements) => {
            text.push('[');
            for (place, element) in elements.iter().enumerate() {
                text.push_str(if place == 0 { "\n" } else { ",\n" });
                text.push_str(&indent);
                lines(element, depth + 1, text);
            }
            text.push_str(&format!("\n{close}]"));
        }
        _ => {}
    }
}
