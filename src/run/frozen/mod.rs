//! Models as files: a fitted model with all that the next patient's prediction needs, from the
//! columns as they are read to the fusion, and applied to new patients without the study.
//!
//! A model file is JSON with a schema (`docs/model.schema.json`). It holds the frozen design, the
//! columns with their units, levels and ranges, the derivations, the cuts of its groups, the
//! horizons, and some training rows as the background of explanations. What a prediction is made by
//! is what the study itself used, so that the two agree to the last bit.
//!
//! May import: `plan`, the engines, and `run`'s own types. Deliberately absent: refitting.

mod apply;
mod assemble;
mod card;
mod explain;
mod inputs;
mod predictions;
mod record;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::EndpointKind;
use crate::frame::dictionary::ColumnEntry;
use crate::frame::expression::{Expression, Type};

use super::results::{EstimateRecord, StudyRecord};

pub use apply::{Asked, Declared, apply};
pub use assemble::{Parts, assemble, horizons};
pub use card::card;
pub use inputs::NewData;
pub use predictions::{Explained, Forecast, Patient, Predictions};
pub use record::{Record, Scores, record};

/// Number of the format of a model file; it grows when a field changes its meaning.
pub const FORMAT: u32 = 1;

/// What the file says that it is.
pub const KIND: &str = "diptych model";

/// A fitted model, ready for the next patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ModelFile {
    pub kind: String,
    pub format: u32,
    /// Version of Diptych that fitted it.
    pub diptych: String,
    /// `PRIME_R`.
    pub name: String,
    pub documentation: String,
    pub study: StudyRecord,
    /// Hash of the model's step in the plan.
    pub plan: String,
    /// When the prediction is made, in words.
    pub predict_at: Option<String>,
    pub endpoint: EndpointText,
    pub fitted_on: FittedOn,
    /// Tables that a patient's values come from; the first has a row for each patient.
    pub tables: Vec<InputTable>,
    pub derived: Vec<DerivedColumn>,
    pub blocks: Vec<InputBlock>,
    /// What `FittedDesign::freeze` wrote.
    pub design: Json,
    pub groups: Vec<GroupRule>,
    /// Pairs of groups that make profiles.
    pub quadrants: Vec<(String, String)>,
    /// Times at which survival is told.
    pub horizons: Vec<Horizon>,
    /// Days at which a survival curve is drawn.
    pub curve: Vec<f64>,
    pub background: Vec<BackgroundBlock>,
    pub performance: Vec<EstimateRecord>,
    /// Leaks that the study accepted, with their reasons.
    pub accepted: Vec<(String, String)>,
}

/// What is predicted, in the study's words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct EndpointText {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: EndpointKind,
    pub documentation: String,
    /// The definition, as the plan holds it.
    pub definition: Json,
    /// Unit in which times are shown.
    pub unit: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedOn {
    /// `train`.
    pub rows: String,
    pub patients: usize,
    pub events: Option<usize>,
    pub left_out: usize,
}

/// A table as the model reads it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputTable {
    pub name: String,
    pub key: Option<String>,
    pub columns: BTreeMap<String, ColumnRule>,
}

/// What a value of a column has to be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnRule {
    #[serde(rename = "type")]
    pub kind: Type,
    pub unit: Option<String>,
    /// The only values of text that are lawful; empty where any is.
    pub levels: Vec<String>,
    pub low: Option<f64>,
    pub high: Option<f64>,
    pub known_at: Option<String>,
    /// Whether a value may be missing; `None` where nobody said.
    pub nullable: Option<bool>,
    /// Whether the column can change a prediction; one that cannot may be absent.
    pub needed: bool,
    /// Smallest and largest value in training.
    pub observed: Option<(f64, f64)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DerivedColumn {
    pub table: String,
    pub column: String,
    pub expression: Expression,
}

/// A block of features and where it comes from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InputBlock {
    pub name: String,
    pub source: BlockSource,
    /// Levels of its columns of text, in the order of the fit.
    pub levels: BTreeMap<String, Vec<String>>,
    /// Columns of the first table that its preparation uses up, such as the centre of a
    /// harmonisation: no features.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub used_up: Vec<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BlockSource {
    Columns {
        table: String,
        columns: Vec<String>,
    },
    /// Radiomics of images, as the study declares them, with the features that were kept.
    Images {
        /// Name of the set of images.
        images: String,
        /// The study's declarations of the images, of the features and of parameters.
        declarations: String,
        /// Parameters that were set.
        set: Vec<(String, String)>,
        /// Files that the declarations name, such as one of extraction settings.
        files: BTreeMap<String, String>,
        columns: Vec<String>,
    },
}

/// `groups risk from PRIME_S at median on train`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct GroupRule {
    pub name: String,
    pub part: Option<String>,
    /// Ascending; a prediction above a cut is in the next group.
    pub cuts: Vec<f64>,
    /// Low to high.
    pub labels: Vec<String>,
}

impl GroupRule {
    pub fn label(&self, score: f64) -> &str {
        let place = self.cuts.iter().filter(|cut| score > **cut).count();
        self.labels.get(place).map_or("", String::as_str)
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Horizon {
    /// `24 months`.
    pub label: String,
    pub days: f64,
}

/// Training rows that explanations average over, only of columns that can change a prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BackgroundBlock {
    pub block: String,
    /// Name and values; levels by their number, `null` where missing.
    pub columns: Vec<(String, Vec<Option<f64>>)>,
}

impl ColumnRule {
    pub fn of(entry: &ColumnEntry) -> Self {
        let bound = |value: f64| value.is_finite().then_some(value);
        ColumnRule {
            kind: entry.kind,
            unit: entry.unit.clone(),
            levels: entry.levels.clone(),
            low: entry.range.and_then(|range| bound(range.0)),
            high: entry.range.and_then(|range| bound(range.1)),
            known_at: entry.known_at.clone(),
            nullable: entry.nullable,
            needed: true,
            observed: None,
        }
    }

    pub fn entry(&self) -> ColumnEntry {
        let range = (self.low.is_some() || self.high.is_some())
            .then(|| (self.low.unwrap_or(f64::NEG_INFINITY), self.high.unwrap_or(f64::INFINITY)));
        ColumnEntry {
            kind: self.kind,
            unit: self.unit.clone(),
            role: None,
            levels: self.levels.clone(),
            range,
            known_at: self.known_at.clone(),
            nullable: self.nullable,
        }
    }
}

impl ModelFile {
    /// # Errors
    /// Why this is no model file, or one of a later Diptych.
    pub fn parse(text: &str) -> Result<Self, String> {
        let json: Json = serde_json::from_str(text).map_err(|error| format!("it is no model file: {error}"))?;
        if json["kind"] != KIND {
            return Err(format!("it is no model file: it is not of the kind \"{KIND}\""));
        }
        match json["format"].as_u64() {
            Some(format) if format == u64::from(FORMAT) => {}
            Some(format) => return Err(format!("it has format {format}; this Diptych reads format {FORMAT}")),
            None => return Err("it is no model file: it has no `format`".to_owned()),
        }
        ModelFile::deserialize(json).map_err(|error| format!("it is no model file: {error}"))
    }

    /// As it is written to a file.
    pub fn text(&self) -> String {
        let mut text = serde_json::to_string(self).unwrap_or_default();
        text.push('\n');
        text
    }

    /// `probability`, `risk` or `value`, for the heading of a column.
    pub fn scale(&self) -> &'static str {
        match self.endpoint.kind {
            EndpointKind::Binary => "probability",
            EndpointKind::Survival => "risk",
            EndpointKind::Continuous => "value",
            EndpointKind::Nominal => "class",
        }
    }
}
