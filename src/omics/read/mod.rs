//! Files to matrices of expression.
//!
//! A reader makes a [`Grid`]: names of rows, names of columns, and numbers. [`orient`] says which
//! are genes, by the patients of the study. Formats by the ending of the name: `.csv`, `.tsv`,
//! `.txt` (with or without a name above the first column, as R writes), `.gct` (1.2 and 1.3), each also `.gz`;
//! `.parquet`, `.arrow` and `.xlsx` through `frame`.

mod gct;
mod grid;
mod text;

use std::io::Read;

use crate::frame::dictionary::Dictionary;
use crate::frame::{Cells, Table};

use super::error::OmicsError;
use super::identifiers::unversioned;
use super::matrix::Expression;
use super::scale::{Scale, detect};

pub use grid::{Grid, orient};

/// Reads the content of a file; `name` tells its format. `key` is the column that holds the
/// patient, where patients are rows.
///
/// # Errors
/// What cannot be read, with its line.
pub fn grid(name: &str, bytes: Vec<u8>, key: Option<&str>) -> Result<Grid, OmicsError> {
    let lower = name.to_ascii_lowercase();
    let (stem, bytes) = match lower.strip_suffix(".gz") {
        Some(stem) => (stem.to_owned(), inflate(name, &bytes)?),
        None => (lower, bytes),
    };
    match stem.rsplit('.').next().unwrap_or("") {
        "csv" | "tsv" | "txt" | "tab" => text::read(name, &decoded(&bytes), key),
        "gct" => gct::read(name, &decoded(&bytes)),
        "parquet" | "pq" | "arrow" | "feather" | "ipc" | "xlsx" | "xls" | "xlsb" | "xlsm" | "ods" => {
            let table = crate::frame::read::read_bytes(&stem, bytes, &Dictionary::default(), key)
                .map_err(|error| OmicsError::Format { path: name.to_owned(), reason: error.to_string() })?;
            from_table(name, &table, key)
        }
        _ => Err(OmicsError::Format {
            path: name.to_owned(),
            reason: "its name ends in none of .csv, .tsv, .gct, .parquet, .arrow, .xlsx".to_owned(),
        }),
    }
}

/// Text as it is met: a byte-order mark does not count, and what is not UTF-8 is read as Latin-1.
fn decoded(bytes: &[u8]) -> String {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

fn inflate(path: &str, bytes: &[u8]) -> Result<Vec<u8>, OmicsError> {
    let mut content = Vec::new();
    flate2::read::MultiGzDecoder::new(bytes)
        .read_to_end(&mut content)
        .map_err(|error| OmicsError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
    Ok(content)
}

/// A table with a column of names (the key, or else the first column of text) and columns of
/// numbers; other columns are left out, and a note names them.
///
/// # Errors
/// No column of names, or no column of numbers.
pub fn from_table(path: &str, table: &Table, key: Option<&str>) -> Result<Grid, OmicsError> {
    let names = match key.and_then(|key| table.get(key).map(|cells| (key.to_owned(), cells))) {
        Some(found) => Some(found),
        None => table
            .columns()
            .find(|(_, cells)| matches!(&***cells, Cells::Text(_)))
            .map(|(name, cells)| (name.to_owned(), cells)),
    };
    let Some((corner, cells)) = names else {
        return Err(OmicsError::Format { path: path.to_owned(), reason: "no column holds names".to_owned() });
    };
    let rows: Vec<String> = (0..cells.len()).map(|row| cells.text(row).unwrap_or_default()).collect();
    let (mut columns, mut numbers, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    for (name, cells) in table.columns() {
        match &**cells {
            _ if name == corner => {}
            Cells::Number(values) => {
                columns.push(name.to_owned());
                numbers.push(values.clone());
            }
            _ => left_out.push(name.to_owned()),
        }
    }
    if columns.is_empty() {
        return Err(OmicsError::Format { path: path.to_owned(), reason: "no column holds numbers".to_owned() });
    }
    let values = (0..rows.len()).flat_map(|row| numbers.iter().map(move |column| column[row])).collect();
    let mut grid = Grid { corner, rows, columns, values, key: key.map(str::to_owned), notes: Vec::new() };
    if !left_out.is_empty() {
        grid.notes.push(format!("columns that hold no numbers are left out: {}", crate::frame::fault::list(&left_out)));
    }
    Ok(grid)
}

/// The matrix of a grid: oriented by `patients`, its scale declared or found, versions of Ensembl
/// identifiers off. Genes may still stand on several rows.
///
/// # Errors
/// A question that the file does not answer: [`OmicsError::Orientation`], [`OmicsError::Scale`].
pub fn matrix(path: &str, grid: Grid, patients: &[String], declared: Option<Scale>) -> Result<Expression, OmicsError> {
    let (genes, samples, values, notes) = orient(path, grid, patients)?;
    let width = samples.len().max(1);
    let mut totals = vec![0.0; samples.len()];
    for (place, value) in values.iter().enumerate() {
        if value.is_finite() {
            totals[place % width] += value;
        }
    }
    let (scale, words) = detect(path, &values, &totals, declared)?;
    let mut matrix = Expression::new(genes, samples, values, scale);
    if matrix.genes().is_empty() {
        return Err(OmicsError::Format {
            path: path.to_owned(),
            reason: "no gene has a value in every sample".to_owned(),
        });
    }
    let mut all = notes;
    all.push(words);
    all.extend(matrix.notes.iter().cloned());
    matrix.notes = all;
    Ok(unversioned(matrix))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::io::Write;

    fn patients(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    fn read(name: &str, text: &str, key: Option<&str>, of: &[&str]) -> Result<Expression, OmicsError> {
        let grid = grid(name, text.as_bytes().to_vec(), key)?;
        matrix(name, grid, &patients(of), None)
    }

    #[test]
    fn both_ways_round_give_the_same_matrix() {
        let by_gene = "gene,P1,P2\nTP53,1.5,2\nMYC,0.25,-1\n";
        let by_patient = "patient\tTP53\tMYC\nP1\t1.5\t0.25\nP2\t2\t-1\n";
        let a = read("x.csv", by_gene, Some("patient"), &["P1", "P2", "P3"]).unwrap();
        let b = read("x.tsv", by_patient, Some("patient"), &["P1"]).unwrap();
        assert_eq!((a.genes(), a.samples(), a.values()), (b.genes(), b.samples(), b.values()));
        assert!(a.notes[0].contains("rows are genes"), "{:?}", a.notes);
        assert!(b.notes[0].contains("rows are patients"), "{:?}", b.notes);
        // Without a corner, as R writes, and zipped.
        let mut zipped = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        zipped.write_all(b"P1,P2\n\"TP53\",1.5,2\n\"MYC\",0.25,-1\n").unwrap();
        let grid = grid("x.csv.gz", zipped.finish().unwrap(), None).unwrap();
        assert_eq!(matrix("x.csv.gz", grid, &patients(&["P2"]), None).unwrap().values(), a.values());
        // By the keys alone.
        let turned = read("x.csv", "id,TP53,MYC\nP1,1.5,0.25\nP2,2,-1\n", None, &["P1", "P2"]).unwrap();
        assert_eq!(turned.values(), a.values());
    }

    #[test]
    fn gct_files_are_read() {
        let text = "#1.2\n2\t2\nName\tDescription\tP1\tP2\nTP53\ttumour\t10\t200\nMYC\tna\t30\t40\n";
        let told = read("x.gct", text, None, &["P1"]).unwrap();
        assert_eq!(told.genes(), ["TP53", "MYC"]);
        assert_eq!(told.scale, Scale::Counts);
        let newer = "#1.3\n1\t2\t1\t1\nid\tnote\tP1\tP2\nage\tna\t50\t60\nTP53\tx\t1.5\t2.5\n";
        assert_eq!(read("x.gct", newer, None, &["P1"]).unwrap().row(0), [1.5, 2.5]);
        assert!(read("x.gct", "#1.2\n5\t2\nName\tDescription\tP1\tP2\nTP53\tx\t1\t2\n", None, &[]).is_err());
    }

    #[test]
    fn what_is_not_clear_is_asked() {
        let strangers = read("x.csv", "id,a,b\nc,1.5,2\nd,0.25,1\n", None, &["P1"]).unwrap_err();
        assert!(matches!(strangers, OmicsError::Orientation { .. }), "{strangers}");
        assert!(strangers.help().is_some());
        let scale = read("x.csv", "gene,P1,P2\nTP53,1.5,200\nMYC,0.25,1\n", None, &["P1"]).unwrap_err();
        assert!(scale.to_string().starts_with("are the values of `x.csv` counts, TPM or logarithms?"), "{scale}");
        let ragged = read("x.csv", "gene,P1,P2\nTP53,1.5\n", None, &["P1"]).unwrap_err();
        assert_eq!(ragged.to_string(), "line 2 of `x.csv` has 2 fields where the header has 3");
        assert!(read("x.csv", "", None, &[]).is_err());
        assert!(read("x.doc", "a", None, &[]).is_err());
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_told(text in "[a-c0-9,.\t\n\"#-]{0,120}", gct in any::<bool>()) {
            let name = if gct { "x.gct" } else { "x.csv" };
            if let Ok(matrix) = read(name, &text, None, &["a", "b"]) {
                prop_assert!(matrix.values().iter().all(|value| value.is_finite()));
            }
        }
    }
}
