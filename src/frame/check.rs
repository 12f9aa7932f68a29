//! What a dictionary promises, held against the table: columns, levels, ranges, missing values.

use super::cells::Cells;
use super::dictionary::Dictionary;
use super::fault::{DataError, near};
use super::key::Keys;
use super::table::Table;

/// Every column that the dictionary describes is there and keeps to its levels and range.
///
/// # Errors
/// All faults of the table, each with the patients that it concerns.
pub fn check(table: &Table, dictionary: &Dictionary, keys: &Keys) -> Result<(), DataError> {
    let mut faults = Vec::new();
    beside(&mut faults, table, dictionary, keys);
    DataError::gather(faults)
}

/// [`check`] of a table of which other faults are known already: its own are told beside them. A
/// value that could not be read has been told, and is not missing.
pub fn beside(faults: &mut Vec<DataError>, table: &Table, dictionary: &Dictionary, keys: &Keys) {
    let unread: Vec<String> = faults.iter().filter_map(|fault| fault.column().map(str::to_owned)).collect();
    for (column, entry) in &dictionary.columns {
        let Some(cells) = table.get(column) else {
            faults.push(DataError::DictionaryColumn { column: column.clone(), near: near(column, table.names()) });
            continue;
        };
        if !entry.levels.is_empty() {
            let wrong: Vec<(String, usize)> = (0..cells.len())
                .filter_map(|row| cells.text(row).map(|text| (text, row)))
                .filter(|(text, _)| !entry.levels.contains(text))
                .collect();
            if !wrong.is_empty() {
                let mut levels: Vec<String> = wrong.iter().map(|(text, _)| format!("\"{text}\"")).collect();
                levels.sort();
                levels.dedup();
                let rows = wrong.iter().map(|(_, row)| keys.name(*row).to_owned()).collect();
                faults.push(DataError::Level { column: column.clone(), levels, rows });
            }
        }
        if let (Some((low, high)), Cells::Number(values) | Cells::Duration(values)) = (entry.range, &**cells) {
            let examples: Vec<String> = values
                .iter()
                .enumerate()
                .filter(|(_, value)| **value < low || **value > high)
                .map(|(row, value)| format!("{} has {value}", keys.name(row)))
                .collect();
            if !examples.is_empty() {
                faults.push(DataError::Range { column: column.clone(), low, high, count: examples.len(), examples });
            }
        }
        if entry.nullable == Some(false) && !unread.contains(column) {
            let rows: Vec<String> =
                (0..cells.len()).filter(|row| cells.is_missing(*row)).map(|row| keys.name(row).to_owned()).collect();
            if !rows.is_empty() {
                faults.push(DataError::MissingValue { column: column.clone(), count: rows.len(), rows });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::dictionary::parse;

    #[test]
    fn what_breaks_the_promise_is_told_with_its_patients() {
        let table = Table::new(vec![
            ("id".into(), Cells::Text(vec![Some("p1".into()), Some("p2".into())])),
            ("cps".into(), Cells::Text(vec![Some("A".into()), Some("D".into())])),
            ("age".into(), Cells::Number(vec![17.0, f64::NAN])),
        ])
        .unwrap();
        let keys = Keys::new(&table, Some("id"), false).unwrap();
        let dictionary =
            parse("column,type,levels,range,nullable\ncps,text,A|B|C,,\nage,number,,18 .. 99,no\nage_,number,,,\n")
                .unwrap();
        let fault = check(&table, &dictionary, &keys).unwrap_err();
        let told: Vec<String> = fault.each().iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "column `age` has 1 value outside 18 .. 99: p1 has 17",
                "column `age` is said to be never missing and is missing in 1 row: p2",
                "column `age_` of the dictionary is not in the table; did you mean `age`?",
                "column `cps` has levels that the dictionary does not: \"D\" (row p2)",
            ]
        );
    }
}
