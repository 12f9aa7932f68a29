//! A table: named columns over the same rows, and its exchange with Polars.

use std::collections::HashMap;
use std::sync::Arc;

use chrono::{Duration, NaiveDate};
use polars::prelude::{AnyValue, Column, DataFrame, DataType, IntoColumn, NamedFrom, Series, TimeUnit};

use super::cells::Cells;
use super::fault::{DataError, near};

/// Columns of equal length by name. Cheap to clone.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    rows: usize,
    columns: Vec<(String, Arc<Cells>)>,
    places: Arc<HashMap<String, usize>>,
    /// What the reader decided: encoding, delimiter, markers of missing values.
    pub notes: Vec<String>,
}

impl Table {
    /// # Errors
    /// A column of another length or a name used twice.
    pub fn new(columns: Vec<(String, Cells)>) -> Result<Self, DataError> {
        let rows = columns.first().map_or(0, |(_, cells)| cells.len());
        let mut places = HashMap::new();
        for (place, (name, cells)) in columns.iter().enumerate() {
            if cells.len() != rows {
                return Err(DataError::Kind {
                    what: format!("column `{name}`"),
                    expected: format!("{rows} rows"),
                    found: format!("{} rows", cells.len()),
                });
            }
            if places.insert(name.clone(), place).is_some() {
                return Err(DataError::ColumnTwice { path: "the table".to_owned(), column: name.clone() });
            }
        }
        let columns = columns.into_iter().map(|(name, cells)| (name, Arc::new(cells))).collect();
        Ok(Table { rows, columns, places: Arc::new(places), notes: Vec::new() })
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn columns(&self) -> impl Iterator<Item = (&str, &Arc<Cells>)> {
        self.columns.iter().map(|(name, cells)| (name.as_str(), cells))
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(name, _)| name.as_str())
    }

    pub fn get(&self, name: &str) -> Option<&Arc<Cells>> {
        self.places.get(name).map(|place| &self.columns[*place].1)
    }

    /// # Errors
    /// [`DataError::NoColumn`] with the nearest spelling.
    pub fn column(&self, name: &str) -> Result<&Arc<Cells>, DataError> {
        self.get(name).ok_or_else(|| DataError::NoColumn { column: name.to_owned(), near: near(name, self.names()) })
    }

    /// The table with `cells` as its column `name`, in the place of one of that name or last.
    ///
    /// # Errors
    /// A column of another length.
    pub fn with(&self, name: &str, cells: Arc<Cells>) -> Result<Self, DataError> {
        if cells.len() != self.rows && !self.columns.is_empty() {
            return Err(DataError::Kind {
                what: format!("column `{name}`"),
                expected: format!("{} rows", self.rows),
                found: format!("{} rows", cells.len()),
            });
        }
        let mut table = self.clone();
        table.rows = cells.len();
        match self.places.get(name) {
            Some(place) => table.columns[*place].1 = cells,
            None => {
                let mut places = (*self.places).clone();
                places.insert(name.to_owned(), table.columns.len());
                table.places = Arc::new(places);
                table.columns.push((name.to_owned(), cells));
            }
        }
        Ok(table)
    }

    /// The rows at `rows`, in that order.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Self {
        Table {
            rows: rows.len(),
            columns: self
                .columns
                .iter()
                .map(|(name, cells)| (name.clone(), Arc::new(cells.select(rows.iter().copied().map(Some)))))
                .collect(),
            places: Arc::clone(&self.places),
            notes: Vec::new(),
        }
    }

    /// Content hash: names, types, validity and values in column order; how the table was stored
    /// does not count.
    pub fn hash(&self) -> [u8; 32] {
        let mut hasher = blake3::Hasher::new();
        for (name, cells) in &self.columns {
            hasher.update(&(name.len() as u64).to_le_bytes());
            hasher.update(name.as_bytes());
            hasher.update(&cells.hash());
        }
        *hasher.finalize().as_bytes()
    }

    /// From a Polars frame; text columns keep their text, and integers become numbers.
    ///
    /// # Errors
    /// A column of a type that no statistic is made of (lists, structs).
    pub fn from_frame(frame: &DataFrame) -> Result<Self, DataError> {
        let columns = frame
            .columns()
            .iter()
            .map(|column| Ok((column.name().to_string(), cells(column)?)))
            .collect::<Result<Vec<_>, DataError>>()?;
        Table::new(columns)
    }

    /// As a Polars frame: numbers as `Float64`, text as `String`, dates as `Date`, flags as
    /// `Boolean`, durations as days in `Float64`; missing values are null.
    ///
    /// # Errors
    /// What Polars reports, which for a sound table is nothing.
    pub fn to_frame(&self) -> Result<DataFrame, DataError> {
        let columns: Vec<Column> = self
            .columns
            .iter()
            .map(|(name, cells)| {
                let name = name.as_str();
                match &**cells {
                    Cells::Number(values) | Cells::Duration(values) => {
                        let values: Vec<Option<f64>> =
                            values.iter().map(|value| (!value.is_nan()).then_some(*value)).collect();
                        Ok(Series::new(name.into(), values).into_column())
                    }
                    Cells::Text(values) => Ok(Series::new(name.into(), values).into_column()),
                    Cells::Flag(values) => Ok(Series::new(name.into(), values).into_column()),
                    Cells::Date(values) => {
                        let days: Vec<Option<i32>> = values
                            .iter()
                            .map(|date| {
                                date.map(|date| date.signed_duration_since(NaiveDate::default()).num_days() as i32)
                            })
                            .collect();
                        Series::new(name.into(), days)
                            .cast(&DataType::Date)
                            .map(IntoColumn::into_column)
                            .map_err(foreign)
                    }
                }
            })
            .collect::<Result<_, DataError>>()?;
        DataFrame::new(self.rows, columns).map_err(foreign)
    }
}

fn foreign(error: polars::error::PolarsError) -> DataError {
    DataError::Format { path: "the frame".to_owned(), reason: error.to_string() }
}

/// The cells of a Polars column.
fn cells(column: &Column) -> Result<Cells, DataError> {
    let series = column.as_materialized_series();
    let refuse = || DataError::Kind {
        what: format!("column `{}`", column.name()),
        expected: "numbers, text, dates or flags".to_owned(),
        found: format!("the type {}", column.dtype()),
    };
    let dated = |nanoseconds_a_day: i64| -> Vec<Option<NaiveDate>> {
        series
            .iter()
            .map(|value| match value {
                AnyValue::Date(days) => NaiveDate::default().checked_add_signed(Duration::days(i64::from(days))),
                AnyValue::Datetime(stamp, _, _) => {
                    NaiveDate::default().checked_add_signed(Duration::days(stamp.div_euclid(nanoseconds_a_day)))
                }
                AnyValue::DatetimeOwned(stamp, _, _) => {
                    NaiveDate::default().checked_add_signed(Duration::days(stamp.div_euclid(nanoseconds_a_day)))
                }
                _ => None,
            })
            .collect()
    };
    let per_day = |unit: TimeUnit| match unit {
        TimeUnit::Nanoseconds => 86_400_000_000_000,
        TimeUnit::Microseconds => 86_400_000_000,
        TimeUnit::Milliseconds => 86_400_000,
    };
    Ok(match column.dtype() {
        DataType::Boolean => Cells::Flag(series.bool().map_err(foreign)?.iter().collect()),
        DataType::String => {
            Cells::Text(series.str().map_err(foreign)?.iter().map(|text| text.map(str::to_owned)).collect())
        }
        DataType::Date => Cells::Date(dated(1)),
        DataType::Datetime(unit, _) => Cells::Date(dated(per_day(*unit))),
        DataType::Duration(unit) => {
            let physical = series.cast(&DataType::Int64).map_err(foreign)?;
            let scale = per_day(*unit) as f64;
            Cells::Duration(
                physical.i64().map_err(foreign)?.iter().map(|v| v.map_or(f64::NAN, |v| v as f64 / scale)).collect(),
            )
        }
        DataType::Null => Cells::Number(vec![f64::NAN; series.len()]),
        dtype if dtype.is_primitive_numeric() => {
            let real = series.cast(&DataType::Float64).map_err(foreign)?;
            Cells::Number(
                real.f64()
                    .map_err(foreign)?
                    .iter()
                    .map(|value| value.filter(|value| value.is_finite()).unwrap_or(f64::NAN))
                    .collect(),
            )
        }
        _ => return Err(refuse()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_survives_polars_and_keeps_its_hash() {
        let date = NaiveDate::from_ymd_opt(1969, 7, 20);
        let table = Table::new(vec![
            ("n".into(), Cells::Number(vec![1.5, f64::NAN])),
            ("t".into(), Cells::Text(vec![None, Some("x".into())])),
            ("d".into(), Cells::Date(vec![date, None])),
            ("f".into(), Cells::Flag(vec![Some(true), None])),
        ])
        .unwrap();
        let back = Table::from_frame(&table.to_frame().unwrap()).unwrap();
        assert_eq!(back.hash(), table.hash());
        assert_eq!(back, table);
    }

    #[test]
    fn an_absent_column_is_told_with_the_nearest_spelling() {
        let table = Table::new(vec![("bilirubin".into(), Cells::Number(vec![1.0]))]).unwrap();
        let fault = table.column("bilirubine").unwrap_err();
        assert_eq!(fault.to_string(), "there is no column `bilirubine`; did you mean `bilirubin`?");
        assert!(
            Table::new(vec![
                ("a".into(), Cells::none(crate::frame::expression::Type::Text, 1)),
                ("a".into(), Cells::Number(vec![1.0]))
            ])
            .is_err()
        );
    }
}
