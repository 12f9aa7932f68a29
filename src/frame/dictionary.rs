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

/// A fault of a dictionary's file, with its line (the header is line 1).
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("line {line} of the dictionary{}: {reason}", .column.as_ref().map_or(String::new(), |c| format!(" (`{c}`)")))]
pub struct DictionaryFault {
    pub line: usize,
    pub column: Option<String>,
    pub reason: String,
}

/// The headings that a dictionary may have; `column` and `type` must be there.
const HEADINGS: [&str; 9] =
    ["column", "type", "unit", "role", "levels", "range", "known at", "nullable", "description"];

/// Reads a dictionary from CSV text: one row a column with the headings `column, type, unit, role,
/// levels, range, known at, nullable, description` in any order (`known_at` and `missing` serve as
/// well). Levels are separated by `|` or `;`; a range is `0 .. 120`; types are `number`, `text`,
/// `date`, `flag`, `duration`, and the words that other dictionaries use for them.
///
/// # Errors
/// Every fault with its line.
pub fn parse(text: &str) -> Result<Dictionary, Vec<DictionaryFault>> {
    let mut faults = Vec::new();
    let mut fault = |line: usize, column: Option<&str>, reason: String| {
        faults.push(DictionaryFault { line, column: column.map(str::to_owned), reason });
    };
    let text = text.trim_start_matches('\u{feff}');
    let separator = match text.lines().next() {
        Some(line) if !line.contains(',') && line.contains(';') => ';',
        Some(line) if !line.contains(',') && line.contains('\t') => '\t',
        _ => ',',
    };
    let mut records = records(text, separator).into_iter();
    let Some((_, header)) = records.next() else {
        return Err(vec![DictionaryFault { line: 1, column: None, reason: "it is empty".to_owned() }]);
    };
    let heading = |name: &str| {
        let name = name.trim().to_lowercase().replace('_', " ");
        if name == "missing" { "nullable".to_owned() } else { name }
    };
    let header: Vec<String> = header.iter().map(|name| heading(name)).collect();
    for name in &header {
        if !HEADINGS.contains(&name.as_str()) {
            let near =
                super::fault::near(name, HEADINGS).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            fault(1, None, format!("unknown heading `{name}`{near}"));
        }
    }
    for needed in ["column", "type"] {
        if !header.iter().any(|name| name == needed) {
            fault(1, None, format!("the heading `{needed}` is missing"));
        }
    }
    let mut dictionary = Dictionary::default();
    for (line, fields) in records {
        if fields.len() != header.len() {
            fault(line, None, format!("{} fields where the header has {}", fields.len(), header.len()));
            continue;
        }
        let field = |name: &str| {
            header
                .iter()
                .position(|heading| heading == name)
                .map(|place| fields[place].trim())
                .filter(|text| !text.is_empty())
        };
        let Some(column) = field("column") else {
            fault(line, None, "no name of a column".to_owned());
            continue;
        };
        let kind = match field("type").map(kind_of) {
            Some(Some(kind)) => kind,
            Some(None) => {
                let word = field("type").unwrap_or("");
                fault(line, Some(column), format!("`{word}` is no type; one of number, text, date, flag, duration"));
                continue;
            }
            None => {
                fault(line, Some(column), "no type".to_owned());
                continue;
            }
        };
        let levels: Vec<String> = field("levels")
            .map(|text| {
                let separator = if text.contains('|') { '|' } else { ';' };
                text.split(separator).map(|level| level.trim().to_owned()).filter(|level| !level.is_empty()).collect()
            })
            .unwrap_or_default();
        let range = field("range").and_then(|text| {
            let bounds = text.split_once("..").and_then(|(low, high)| {
                let bound = |text: &str, open: f64| match text.trim() {
                    "" => Some(open),
                    text => text.parse::<f64>().ok().filter(|value| value.is_finite()),
                };
                Some((bound(low, f64::NEG_INFINITY)?, bound(high, f64::INFINITY)?))
            });
            match bounds {
                Some((low, high)) if low <= high => Some((low, high)),
                _ => {
                    fault(line, Some(column), format!("`{text}` is no range such as `0 .. 120`"));
                    None
                }
            }
        });
        let nullable = match field("nullable").map(str::to_lowercase).as_deref() {
            None => None,
            Some("yes" | "true" | "1" | "maybe") => Some(true),
            Some("no" | "false" | "0" | "never") => Some(false),
            Some(word) => {
                fault(line, Some(column), format!("`{word}` under `nullable` is neither yes nor no"));
                None
            }
        };
        let entry = ColumnEntry {
            kind,
            unit: field("unit").map(str::to_owned),
            role: field("role").map(str::to_owned),
            levels,
            range,
            known_at: field("known at").map(str::to_owned),
            nullable,
        };
        if dictionary.columns.insert(column.to_owned(), entry).is_some() {
            fault(line, Some(column), "the column is described twice".to_owned());
        }
    }
    if faults.is_empty() { Ok(dictionary) } else { Err(faults) }
}

fn kind_of(word: &str) -> Option<Type> {
    Some(match word.to_lowercase().as_str() {
        "number" | "numeric" | "integer" | "int" | "real" | "float" | "continuous" | "count" => Type::Number,
        "text" | "string" | "category" | "categorical" | "factor" | "nominal" | "ordinal" | "id" => Type::Text,
        "date" | "datetime" => Type::Date,
        "flag" | "boolean" | "bool" | "logical" | "binary" => Type::Flag,
        "duration" => Type::Duration,
        _ => return None,
    })
}

/// Records by RFC 4180 with the line on which each begins; blank lines are no records.
fn records(text: &str, separator: char) -> Vec<(usize, Vec<String>)> {
    let mut records = Vec::new();
    let mut fields = vec![String::new()];
    let (mut quoted, mut line, mut start) = (false, 1, 1);
    let mut characters = text.chars().peekable();
    loop {
        let character = characters.next();
        match character {
            Some('"') if quoted && characters.peek() == Some(&'"') => {
                characters.next();
                if let Some(field) = fields.last_mut() {
                    field.push('"');
                }
            }
            Some('"') => quoted = !quoted,
            Some('\n') | None if !quoted || character.is_none() => {
                if fields.iter().any(|field| !field.trim().is_empty()) {
                    records.push((start, std::mem::take(&mut fields)));
                }
                fields = vec![String::new()];
                line += 1;
                start = line;
                if character.is_none() {
                    return records;
                }
            }
            Some('\r') if !quoted => {}
            Some(character) if character == separator && !quoted => fields.push(String::new()),
            Some(character) => {
                if character == '\n' {
                    line += 1;
                }
                if let Some(field) = fields.last_mut() {
                    field.push(character);
                }
            }
            None => return records,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_is_read_and_its_faults_have_lines() {
        let text = "column,type,unit,role,levels,range,known at\n\
                    age,number,years,predictor,,18 .. 120,treatment_start\n\
                    child_pugh,text,,predictor,A|B|C,,\n\
                    \"size, cm\",number,cm,,,0 ..,\n";
        let dictionary = parse(text).unwrap();
        assert_eq!(dictionary.columns["age"].range, Some((18.0, 120.0)));
        assert_eq!(dictionary.columns["child_pugh"].levels, ["A", "B", "C"]);
        assert_eq!(dictionary.columns["size, cm"].range, Some((0.0, f64::INFINITY)));
        let faults = parse("column,type,rnage\nage,nmber,\n,number,\nx,number\n").unwrap_err();
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "line 1 of the dictionary: unknown heading `rnage`; did you mean `range`?",
                "line 2 of the dictionary (`age`): `nmber` is no type; one of number, text, date, flag, duration",
                "line 3 of the dictionary: no name of a column",
                "line 4 of the dictionary: 2 fields where the header has 3",
            ]
        );
        assert!(parse("").is_err());
    }
}
