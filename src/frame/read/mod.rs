//! Reading a file into a [`Table`]: the format by its extension, the types by the dictionary or
//! by the values.

mod arrow;
mod csv;
mod excel;
mod files;
mod parquet;

use std::path::Path;

use super::cells::Cells;
use super::dictionary::Dictionary;
use super::fault::DataError;
use super::infer;
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
/// What cannot be read, with its place.
pub fn read(path: &Path, dictionary: &Dictionary, key: Option<&str>) -> Result<Table, DataError> {
    let shown = path.display().to_string();
    let bytes =
        std::fs::read(path).map_err(|error| DataError::Unreadable { path: shown.clone(), reason: told(&error) })?;
    read_bytes(&shown, bytes, dictionary, key)
}

/// [`read`] on the content of a file; `name` tells its format.
///
/// # Errors
/// As [`read`].
pub fn read_bytes(name: &str, bytes: Vec<u8>, dictionary: &Dictionary, key: Option<&str>) -> Result<Table, DataError> {
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

fn typed(path: &str, raw: Raw, dictionary: &Dictionary, key: Option<&str>) -> Result<Table, DataError> {
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
        let cells = match (column, wanted) {
            (Column::Text(texts), wanted) => {
                let texts: Vec<Option<&str>> = texts.iter().map(Option::as_deref).collect();
                match wanted {
                    // A key is a name, whatever it looks like.
                    _ if key == Some(name.as_str()) => {
                        Ok(Cells::Text(texts.iter().map(|text| infer::cleaned(*text).map(str::to_owned)).collect()))
                    }
                    Some(kind) => infer::read_as(name, &texts, kind, raw.conventions, &row),
                    None => Ok(infer::infer(&texts, raw.conventions)),
                }
            }
            (Column::Typed(cells), Some(kind)) => infer::cast(name, &cells, kind, &row),
            (Column::Typed(cells), None) => Ok(cells),
        };
        match cells {
            Ok(cells) => columns.push((name.clone(), cells)),
            Err(fault) => faults.push(fault),
        }
    }
    DataError::gather(faults)?;
    let mut table = Table::new(columns)?;
    table.notes = raw.notes;
    Ok(table)
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
