//! Why a table is rejected, in the statistician's words.

use super::expression::Type;

/// A fault of the data, not of the study.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DataError {
    #[error("`{path}` cannot be read: {reason}")]
    Unreadable { path: String, reason: String },
    #[error("`{path}` is no table that Diptych reads: {reason}")]
    Format { path: String, reason: String },
    #[error("line {line} of `{path}` has {found} fields where the header has {expected}")]
    Ragged { path: String, line: usize, found: usize, expected: usize },
    #[error("`{path}` has the column `{column}` twice")]
    ColumnTwice { path: String, column: String },
    #[error("there is no column `{column}`{}", nearest(.near))]
    NoColumn { column: String, near: Option<String> },
    #[error("column `{column}` should hold {expected}, but row {row} holds \"{value}\"{}", others(*.count))]
    Value { column: String, expected: String, row: String, value: String, count: usize },
    #[error("{what} wants {expected}, not {found}")]
    Kind { what: String, expected: String, found: String },
    #[error("column `{column}` holds dates whose day and month cannot be told apart, such as \"{value}\"")]
    AmbiguousDate { column: String, value: String },
    #[error("{count} {} of the key `{key}` {} more than once: {}", plural(*.count, "value", "values"), plural(*.count, "stands", "stand"), list(.values))]
    DuplicateKey { key: String, values: Vec<String>, count: usize },
    #[error("{count} {} no value of the key `{key}`", plural(*.count, "row has", "rows have"))]
    MissingKey { key: String, count: usize },
    #[error(
        "no patient of `{left}` is in `{right}`: the keys do not match (`{example_left}` there, `{example_right}` here)"
    )]
    NoMatch { left: String, right: String, example_left: String, example_right: String },
    #[error("column `{column}` has levels that the dictionary does not: {} ({} {})", list(.levels), plural(.rows.len(), "row", "rows"), list(.rows))]
    Level { column: String, levels: Vec<String>, rows: Vec<String> },
    #[error("column `{column}` has {count} {} outside {low} .. {high}: {}", plural(*.count, "value", "values"), list(.examples))]
    Range { column: String, low: f64, high: f64, count: usize, examples: Vec<String> },
    #[error("column `{column}` is said to be never missing and is missing in {count} {}: {}", plural(*.count, "row", "rows"), list(.rows))]
    MissingValue { column: String, count: usize, rows: Vec<String> },
    #[error("column `{column}` of the dictionary is not in the table{}", nearest(.near))]
    DictionaryColumn { column: String, near: Option<String> },
    #[error("`{function}` {reason}")]
    Function { function: String, reason: String },
    #[error("{0}")]
    Many(Faults),
}

/// Several faults of one table.
#[derive(Clone, Debug, PartialEq)]
pub struct Faults(pub Vec<DataError>);

impl std::fmt::Display for Faults {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (index, fault) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("; ")?;
            }
            write!(f, "{fault}")?;
        }
        Ok(())
    }
}

impl DataError {
    /// The stable code of the diagnostic.
    pub fn code(&self) -> &'static str {
        match self {
            DataError::Unreadable { .. } => "data::unreadable",
            DataError::Format { .. } | DataError::Ragged { .. } | DataError::ColumnTwice { .. } => "data::format",
            DataError::NoColumn { .. } | DataError::DictionaryColumn { .. } => "data::no-column",
            DataError::Value { .. } | DataError::Kind { .. } | DataError::Function { .. } => "data::type",
            DataError::AmbiguousDate { .. } => "data::ambiguous-date",
            DataError::DuplicateKey { .. } => "data::duplicate-key",
            DataError::MissingKey { .. } => "data::missing-key",
            DataError::NoMatch { .. } => "data::no-match",
            DataError::Level { .. } => "data::level",
            DataError::Range { .. } => "data::range",
            DataError::MissingValue { .. } => "data::missing",
            DataError::Many(faults) => faults.0.first().map_or("data::format", DataError::code),
        }
    }

    /// The column whose values are not of their type.
    pub fn column(&self) -> Option<&str> {
        match self {
            DataError::Value { column, .. } | DataError::AmbiguousDate { column, .. } => Some(column),
            _ => None,
        }
    }

    /// One error out of several; `Ok` if there is none.
    ///
    /// # Errors
    /// All the faults as one.
    pub fn gather(mut faults: Vec<DataError>) -> Result<(), DataError> {
        match faults.len() {
            0 => Ok(()),
            1 => Err(faults.remove(0)),
            _ => Err(DataError::Many(Faults(faults))),
        }
    }

    /// The single faults.
    pub fn each(&self) -> Vec<&DataError> {
        match self {
            DataError::Many(faults) => faults.0.iter().flat_map(DataError::each).collect(),
            single => vec![single],
        }
    }
}

/// At most eight, the rest counted.
pub fn list(values: &[String]) -> String {
    const SHOWN: usize = 8;
    let mut text = values.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if values.len() > SHOWN {
        text.push_str(&format!(" and {} more", values.len() - SHOWN));
    }
    text
}

/// The nearest spelling among `names`, if one is near.
pub fn near<'a>(word: &str, names: impl IntoIterator<Item = &'a str>) -> Option<String> {
    names
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&word.to_lowercase(), &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (word.chars().count().max(name.chars().count()) / 3).max(1))
        .min()
        .map(|(_, name)| name.to_owned())
}

fn nearest(near: &Option<String>) -> String {
    near.as_ref().map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}

fn others(count: usize) -> String {
    if count > 1 { format!(" (and {} more)", count - 1) } else { String::new() }
}

fn plural(count: usize, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

/// The type as a statistician says it.
pub fn words(kind: Type) -> &'static str {
    match kind {
        Type::Number => "numbers",
        Type::Text => "text",
        Type::Date => "dates",
        Type::Flag => "yes or no",
        Type::Duration => "durations",
    }
}
