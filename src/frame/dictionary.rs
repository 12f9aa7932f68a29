//! What is known of a table's columns before the data is read.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::expression::Type;

/// Columns by name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Dictionary {
    pub columns: BTreeMap<String, ColumnEntry>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ColumnEntry {
    #[serde(rename = "type")]
    pub kind: Type,
    /// As written: `g/L`.
    pub unit: Option<String>,
    /// `key`, `predictor`, `outcome`, `eligibility`, `treatment`, ...
    pub role: Option<String>,
    /// Levels in their order; empty where any text is lawful.
    pub levels: Vec<String>,
    /// Bounds included, in the column's unit.
    pub range: Option<(f64, f64)>,
    /// When the value is known, as written: `treatment_start - 1 month`.
    pub known_at: Option<String>,
    /// Whether values may be missing; `None` where the dictionary does not say, which counts as
    /// yes.
    pub nullable: Option<bool>,
}
