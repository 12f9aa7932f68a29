//! Row expressions, typed and resolved: what the checker makes of a study's conditions and
//! derivations, and what [`crate::frame`] evaluates over a table. Units are already converted;
//! evaluation is in three-valued logic: a comparison with a missing value is missing.

use chrono::NaiveDate;
use serde::{Deserialize, Serialize};

/// The type of a column or an expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Type {
    Number,
    Text,
    Date,
    Flag,
    /// A difference of dates, in days.
    Duration,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Expression {
    Column(String),
    Number(f64),
    Text(String),
    Date(#[serde(with = "iso_date")] NaiveDate),
    Flag(bool),
    /// The literal `missing`.
    Missing,
    Not(Box<Expression>),
    Negate(Box<Expression>),
    And(Box<Expression>, Box<Expression>),
    Or(Box<Expression>, Box<Expression>),
    Compare {
        comparison: Comparison,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    Arithmetic {
        operation: Operation,
        left: Box<Expression>,
        right: Box<Expression>,
    },
    /// Whether the value is one of a set; a missing value is in no set and gives missing.
    OneOf {
        value: Box<Expression>,
        set: Vec<Expression>,
    },
    /// Bounds included.
    Within {
        value: Box<Expression>,
        low: Box<Expression>,
        high: Box<Expression>,
    },
    IsMissing(Box<Expression>),
    /// A date moved by calendar months (clamped to the month's last day) and by days.
    Shift {
        date: Box<Expression>,
        months: i32,
        days: i32,
    },
    /// `value * factor + offset`: a conversion of units.
    Convert {
        value: Box<Expression>,
        factor: f64,
        offset: f64,
        from: String,
        to: String,
    },
    /// A function of the registry, by its card's name.
    Call {
        function: String,
        arguments: Vec<Expression>,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Operation {
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
}

/// Dates as `2021-01-31`; chrono's own serde support would rebuild all of Polars.
mod iso_date {
    use chrono::NaiveDate;
    use serde::{Deserialize, Deserializer, Serializer};

    pub fn serialize<S: Serializer>(date: &NaiveDate, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(date)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<NaiveDate, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}
