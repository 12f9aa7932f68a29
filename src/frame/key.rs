//! The rows of a table by patient: duplicates, and matching one table to another.

use std::collections::HashMap;

use super::fault::DataError;
use super::table::Table;

/// The value of the key of every row, as text, and where each value stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Keys {
    pub column: Option<String>,
    values: Vec<String>,
    rows: HashMap<String, Vec<usize>>,
}

impl Keys {
    /// Without a key every row is a patient of its own, named by its number from 1.
    ///
    /// # Errors
    /// A missing key; a key that stands twice, unless `repeated` allows it.
    pub fn new(table: &Table, key: Option<&str>, repeated: bool) -> Result<Self, DataError> {
        let values = match key {
            None => (1..=table.rows()).map(|row| row.to_string()).collect::<Vec<_>>(),
            Some(key) => {
                let cells = table.column(key)?;
                let missing = cells.missing();
                if missing > 0 {
                    return Err(DataError::MissingKey { key: key.to_owned(), count: missing });
                }
                (0..table.rows()).filter_map(|row| cells.text(row)).collect()
            }
        };
        let mut rows: HashMap<String, Vec<usize>> = HashMap::new();
        for (row, value) in values.iter().enumerate() {
            rows.entry(value.clone()).or_default().push(row);
        }
        if !repeated {
            let mut twice: Vec<String> =
                rows.iter().filter(|(_, rows)| rows.len() > 1).map(|(value, _)| value.clone()).collect();
            if !twice.is_empty() {
                twice.sort();
                let count = twice.len();
                return Err(DataError::DuplicateKey { key: key.unwrap_or("row").to_owned(), values: twice, count });
            }
        }
        Ok(Keys { column: key.map(str::to_owned), values, rows })
    }

    /// The patient of a row.
    pub fn name(&self, row: usize) -> &str {
        self.values.get(row).map_or("", String::as_str)
    }

    pub fn values(&self) -> &[String] {
        &self.values
    }

    /// The rows of a patient.
    pub fn rows(&self, value: &str) -> &[usize] {
        self.rows.get(value).map_or(&[], Vec::as_slice)
    }

    /// Number of patients.
    pub fn patients(&self) -> usize {
        self.rows.len()
    }

    /// For each row here, the row of the same patient there, if there is one; and how the two sides
    /// differ.
    ///
    /// # Errors
    /// [`DataError::NoMatch`] if no patient is on both sides; [`DataError::DuplicateKey`] if a
    /// patient has several rows there.
    pub fn match_to(&self, there: &Keys, names: (&str, &str)) -> Result<Match, DataError> {
        let mut places = Vec::with_capacity(self.values.len());
        for value in &self.values {
            match there.rows(value) {
                [] => places.push(None),
                [row] => places.push(Some(*row)),
                _ => {
                    return Err(DataError::DuplicateKey {
                        key: there.column.clone().unwrap_or_else(|| "row".to_owned()),
                        values: vec![value.clone()],
                        count: 1,
                    });
                }
            }
        }
        if places.iter().all(Option::is_none) && !self.values.is_empty() && !there.values.is_empty() {
            return Err(DataError::NoMatch {
                left: names.0.to_owned(),
                right: names.1.to_owned(),
                example_left: self.name(0).to_owned(),
                example_right: there.name(0).to_owned(),
            });
        }
        let only_here = self.values.iter().filter(|value| there.rows(value).is_empty()).cloned().collect::<Vec<_>>();
        let mut only_there: Vec<String> =
            there.rows.keys().filter(|value| self.rows(value).is_empty()).cloned().collect();
        only_there.sort();
        Ok(Match { places, only_here, only_there })
    }
}

/// How the rows of one table meet those of another.
#[derive(Clone, Debug, PartialEq)]
pub struct Match {
    pub places: Vec<Option<usize>>,
    pub only_here: Vec<String>,
    pub only_there: Vec<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::Cells;

    fn table(ids: &[&str]) -> Table {
        Table::new(vec![("id".into(), Cells::Text(ids.iter().map(|id| Some((*id).to_owned())).collect()))]).unwrap()
    }

    #[test]
    fn a_patient_twice_is_told_unless_it_is_lawful() {
        let table = table(&["a", "b", "a"]);
        let fault = Keys::new(&table, Some("id"), false).unwrap_err();
        assert_eq!(fault.to_string(), "1 value of the key `id` stands more than once: a");
        assert_eq!(Keys::new(&table, Some("id"), true).unwrap().rows("a"), [0, 2]);
        assert_eq!(Keys::new(&table, None, false).unwrap().name(2), "3");
    }

    #[test]
    fn tables_meet_by_patient_and_tell_who_is_missing() {
        let here = Keys::new(&table(&["a", "b", "c"]), Some("id"), false).unwrap();
        let there = Keys::new(&table(&["c", "a", "z"]), Some("id"), false).unwrap();
        let met = here.match_to(&there, ("left", "right")).unwrap();
        assert_eq!(met.places, [Some(1), None, Some(0)]);
        assert_eq!((met.only_here, met.only_there), (vec!["b".to_owned()], vec!["z".to_owned()]));
        let strangers = Keys::new(&table(&["x"]), Some("id"), false).unwrap();
        assert!(matches!(here.match_to(&strangers, ("l", "r")), Err(DataError::NoMatch { .. })));
    }
}
