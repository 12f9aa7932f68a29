//! The first sheet of a workbook, through calamine.

use std::io::Cursor;

use calamine::{Data, Reader, open_workbook_auto_from_rs};
use chrono::NaiveDate;

use super::{Column, DataError, Raw};
use crate::frame::Cells;
use crate::frame::infer::Conventions;

pub(super) fn read(path: &str, bytes: Vec<u8>) -> Result<Raw, DataError> {
    let refuse = |reason: String| DataError::Format { path: path.to_owned(), reason };
    let mut book = open_workbook_auto_from_rs(Cursor::new(bytes)).map_err(|error| refuse(error.to_string()))?;
    let sheets = book.sheet_names();
    let sheet = book
        .worksheet_range_at(0)
        .ok_or_else(|| refuse("it has no sheet".to_owned()))?
        .map_err(|error| refuse(error.to_string()))?;
    let mut rows = sheet.rows();
    let header = rows.next().ok_or_else(|| refuse("its first sheet is empty".to_owned()))?;
    let names: Vec<String> = header
        .iter()
        .enumerate()
        .map(|(place, cell)| match cell.to_string().trim() {
            "" => format!("column_{}", place + 1),
            name => name.to_owned(),
        })
        .collect();
    let body: Vec<&[Data]> = rows.filter(|row| row.iter().any(|cell| !matches!(cell, Data::Empty))).collect();
    let columns =
        (0..names.len()).map(|place| column(body.iter().map(|row| row.get(place).unwrap_or(&Data::Empty)))).collect();
    let mut notes = Vec::new();
    if let [first, _, ..] = sheets.as_slice() {
        notes.push(format!("the first of {} sheets, \"{first}\", was read", sheets.len()));
    }
    Ok(Raw { names, columns, conventions: Conventions { decimal_comma: false }, notes })
}

/// Typed where every cell of a column is of one type, text otherwise; a cell with an error of
/// the workbook is missing.
fn column<'a>(cells: impl Iterator<Item = &'a Data> + Clone) -> Column {
    let is_empty = |cell: &Data| {
        matches!(cell, Data::Empty | Data::Error(_)) || matches!(cell, Data::String(text) if text.trim().is_empty())
    };
    let mut present = cells.clone().filter(|cell| !is_empty(cell)).peekable();
    if present.peek().is_some() && present.clone().all(|cell| date(cell).is_some()) {
        return Column::Typed(Cells::Date(cells.map(date).collect()));
    }
    Column::Text(
        cells
            .map(|cell| match cell {
                cell if is_empty(cell) => None,
                Data::Bool(flag) => Some(flag.to_string()),
                Data::DateTime(_) => date(cell).map(|date| date.to_string()),
                Data::Float(value) => Some(format!("{value}")),
                other => Some(other.to_string()),
            })
            .collect(),
    )
}

fn date(cell: &Data) -> Option<NaiveDate> {
    match cell {
        Data::DateTime(stamp) => {
            let (year, month, day, ..) = stamp.to_ymd_hms_milli();
            NaiveDate::from_ymd_opt(i32::from(year), u32::from(month), u32::from(day))
        }
        Data::DateTimeIso(text) => NaiveDate::parse_from_str(text.get(..10)?, "%Y-%m-%d").ok(),
        _ => None,
    }
}
