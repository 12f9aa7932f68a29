//! Reading a file into a [`Table`]: the format by its extension, the types by the dictionary or
//! by the values.

mod arrow;
mod csv;
mod excel;
mod files;
mod parquet;

use std::path::Path;

use super::cells::Cells;
use super::check;
use super::dictionary::Dictionary;
use super::fault::DataError;
use super::infer;
use super::key::Keys;
use super::table::Table;

pub use files::Files;

/// Text columns as a file holds them, before they have types.
struct Raw {
    names: Vec<String>,
    columns: Vec<Column>,
    conventions: infer::Conventions,
    notes: Vec<String>,
}

/// One column of a file.
enum Column {
    /// Of a format without types.
    Text(Vec<Option<String>>),
    Typed(Cells),
}

/// Reads `path`: `.csv`, `.tsv`, `.txt`, each also `.gz`; `.parquet`; `.arrow`, `.feather`,
/// `.ipc`; `.xlsx`, `.xls`, `.xlsb`, `.ods` (the first sheet). Columns that the dictionary knows
/// take its types. `key` names rows in faults.
///
/// # Errors
/// What cannot be read, with its place. Where a value is not of its type, what else breaks the
/// dictionary's promises is told as well.
pub fn read(path: &Path, dictionary: &Dictionary, key: Option<&str>) -> Result<Table, DataError> {
    whole(read_on(path, dictionary, key)?, dictionary, key)
}

/// [`read`] that goes on where values are not of their types: they are missing in the table, and
/// told beside it.
///
/// # Errors
/// A file that is no table.
pub fn read_on(path: &Path, dictionary: &Dictionary, key: Option<&str>) -> Result<(Table, Vec<DataError>), DataError> {
    let shown = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|error| DataError::Unreadable { path: shown.clone(), reason: told(&error) })?;
    parsed(&shown, bytes, dictionary, key)
}

/// [`read`] on the content of a file; `name` tells its format.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(name: &str, bytes: Vec<u8>, dictionary: &Dictionary, key: Option<&str>) -> Result<Table, DataError> {
    whole(parsed(name, bytes, dictionary, key)?, dictionary, key)
}

/// A table every value of which is of its type.
fn whole(
    (table, mut faults): (Table, Vec<DataError>),
    dictionary: &Dictionary,
    key: Option<&str>,
) -> Result<Table, DataError> {
    if faults.is_empty() {
        return Ok(table);
    }
    // The key's own faults are told where the table is used, which knows whether it may repeat.
    let keys =
        Keys::new(&table, key.filter(|key| table.get(key).is_some()), true).or_else(|_| Keys::new(&table, None, true));
    if let Ok(keys) = keys {
        check::beside(&mut faults, &table, dictionary, &keys);
    }
    DataError::gather(faults)?;
    Ok(table)
}

fn parsed(
    name: &str,
    bytes: Vec<u8>,
    dictionary: &Dictionary,
    key: Option<&str>,
) -> Result<(Table, Vec<DataError>), DataError> {
    let lower = name.to_ascii_lowercase();
    let (stem, bytes) = match lower.strip_suffix(".gz") {
        Some(stem) => (stem.to_owned(), inflate(name, &bytes)?),
        None => (lower, bytes),
    };
    let extension = stem.rsplit('.').next().unwrap_or("");
    let raw = match extension {
        "csv" | "tsv" | "txt" | "tab" => csv::read(name, &bytes)?,
        "parquet" | "pq" => parquet::read(name, bytes)?,
        "arrow" | "feather" | "ipc" => arrow::read(name, bytes)?,
        "xlsx" | "xls" | "xlsb" | "xlsm" | "ods" => excel::read(name, bytes)?,
        _ => {
            return Err(DataError::Format {
                path: name.to_owned(),
                reason: "its name ends in none of .csv, .tsv, .parquet, .arrow, .feather, .xlsx, .xls, .ods".to_owned(),
            });
        }
    };
    typed(name, raw, dictionary, key)
}

fn typed(
    path: &str,
    raw: Raw,
    dictionary: &Dictionary,
    key: Option<&str>,
) -> Result<(Table, Vec<DataError>), DataError> {
    for (place, name) in raw.names.iter().enumerate() {
        if raw.names[..place].contains(name) {
            return Err(DataError::ColumnTwice { path: path.to_owned(), column: name.clone() });
        }
    }
    let key_values: Option<Vec<String>> =
        key.and_then(|key| raw.names.iter().position(|name| name == key)).map(|place| match &raw.columns[place] {
            Column::Text(texts) => texts.iter().map(|text| text.clone().unwrap_or_default()).collect(),
            Column::Typed(cells) => (0..cells.len()).map(|row| cells.text(row).unwrap_or_default()).collect(),
        });
    let row = |row: usize| key_values.as_ref().map_or_else(|| (row + 1).to_string(), |values| values[row].clone());
    let mut faults = Vec::new();
    let mut columns = Vec::with_capacity(raw.names.len());
    for (name, column) in raw.names.iter().zip(raw.columns) {
        let wanted = dictionary.columns.get(name).map(|entry| entry.kind);
        let (cells, fault) = match (column, wanted) {
            (Column::Text(texts), wanted) => {
                let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
                match wanted {
                    // A key is a name, whatever it looks like.
                    _ if key == Some(name.as_str()) => {
                        (Cells::Text(texts.iter().map(|text| infer::cleaned(*text).map(str::to_owned)).collect()), None)
                    }
                    Some(kind) => infer::readable(name, &texts, kind, raw.conventions, &row),
                    None => (infer::infer(&texts, raw.conventions), None),
                }
            }
            (Column::Typed(cells), Some(kind)) => infer::castable(name, &cells, kind, &row),
            (Column::Typed(cells), None) => (cells, None),
        };
        columns.push((name.clone(), cells));
        faults.extend(fault);
    }
    let mut table = Table::new(columns)?;
    table.notes = raw.notes;
    Ok((table, faults))
}

fn inflate(path: &str, bytes: &[u8]) -> Result<Vec<u8>, DataError> {
    use std::io::Read;
    let mut content = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .read_to_end(&mut content)
        .map_err(|error| DataError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
    Ok(content)
}

fn told(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
        std::io::ErrorKind::PermissionDenied => "reading it is not permitted".to_owned(),
        std::io::ErrorKind::IsADirectory => "it is a folder".to_owned(),
        _ => error.to_string(),
    }
}
