//! A table as a file's content, the format by its extension.

use std::path::Path;

use polars_io::parquet::write::ParquetWriter;

use super::cells::Cells;
use super::fault::DataError;
use super::table::Table;

/// The content of `path`: `.csv`, or `.parquet`. Numbers are written so that they read back as the same numbers;
/// what is missing is empty.
///
/// # Errors
/// Another extension; what Polars reports.
pub fn content(path: &Path, table: &Table) -> Result<Vec<u8>, DataError> {
    let extension = path.extension().and_then(|extension| extension.to_str()).unwrap_or("").to_ascii_lowercase();
    match extension.as_str() {
        "csv" => Ok(csv(table).into_bytes()),
        "parquet" | "pq" => {
            let mut bytes = Vec::new();
            ParquetWriter::new(&mut bytes)
                .finish(&mut table.to_frame()?)
                .map_err(|error| DataError::Format { path: path.display().to_string(), reason: error.to_string() })?;
            Ok(bytes)
        }
        _ => Err(DataError::Format {
            path: path.display().to_string(),
            reason: "tables are written to .csv or .parquet".to_owned(),
        }),
    }
}

/// RFC 4180.
fn csv(table: &Table) -> String {
    fn field(text: &mut String, value: &str) {
        if value.contains(['"', ',', '\n', '\r']) {
            text.push_str(&format!("\"{}\"", value.replace('"', "\"\"")));
        } else {
            text.push_str(value);
        }
    }
    let mut text = String::new();
    for (place, name) in table.names().enumerate() {
        if place > 0 {
            text.push(',');
        }
        field(&mut text, name);
    }
    text.push('\n');
    for row in 0..table.rows() {
        for (place, (_, cells)) in table.columns().enumerate() {
            if place > 0 {
                text.push(',');
            }
            match &**cells {
                Cells::Number(values) | Cells::Duration(values) => {
                    if let Some(value) = values.get(row).filter(|value| !value.is_nan()) {
                        text.push_str(&format!("{value:?}"));
                    }
                }
                cells => field(&mut text, &cells.text(row).unwrap_or_default()),
            }
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::dictionary::Dictionary;
    use crate::frame::read::read_bytes;

    #[test]
    fn what_is_written_reads_back() {
        let table = Table::new(vec![
            ("id".into(), Cells::Text(vec![Some("a, \"b\"".into()), None])),
            ("x".into(), Cells::Number(vec![0.1 + 0.2, f64::NAN])),
            ("y".into(), Cells::Number(vec![1e-300, -4.0])),
        ])
        .unwrap();
        for name in ["t.csv", "t.parquet"] {
            let bytes = content(Path::new(name), &table).unwrap();
            let back = read_bytes(name, bytes, &Dictionary::default(), None).unwrap();
            assert_eq!(back.hash(), table.hash(), "{name}");
        }
        assert!(content(Path::new("t.xlsx"), &table).is_err());
    }
}
