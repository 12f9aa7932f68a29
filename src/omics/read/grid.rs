//! Rows and columns with their names, and which of them are genes.

use std::collections::HashSet;

use crate::omics::error::OmicsError;

/// A grid of numbers as a file holds it.
#[derive(Clone, Debug, PartialEq)]
pub struct Grid {
    /// Name of the column of names; empty where the file has none.
    pub corner: String,
    pub rows: Vec<String>,
    pub columns: Vec<String>,
    /// Row after row; missing ones are NaN.
    pub values: Vec<f64>,
    /// The column that the study says to hold patients.
    pub key: Option<String>,
    pub notes: Vec<String>,
}

/// Names that a column of genes has.
const GENES: &[&str] = &[
    "gene",
    "genes",
    "symbol",
    "gene_symbol",
    "gene_name",
    "gene_id",
    "geneid",
    "hugo_symbol",
    "name",
    "id_ref",
    "probe",
    "probe_id",
    "ensembl",
    "ensembl_id",
    "ensembl_gene_id",
];

type Oriented = (Vec<String>, Vec<String>, Vec<f64>, Vec<String>);

/// Genes, samples, values gene after gene, and how it was decided: the study's key names the column
/// of names, or more of the columns (rows) are `patients` than of the rows (columns), or the column
/// of names is called as genes are.
///
/// # Errors
/// [`OmicsError::Orientation`] where nothing tells.
pub fn orient(path: &str, grid: Grid, patients: &[String]) -> Result<Oriented, OmicsError> {
    let known: HashSet<&str> = patients.iter().map(String::as_str).collect();
    let matching = |names: &[String]| names.iter().filter(|name| known.contains(name.as_str())).count();
    let (in_rows, in_columns) = (matching(&grid.rows), matching(&grid.columns));
    let keyed = grid.key.as_ref().is_some_and(|key| *key == grid.corner);
    let (rows_are_genes, why) = if keyed && in_columns <= in_rows {
        (false, format!("rows are patients, columns are genes: `{}` is the key", grid.corner))
    } else if in_columns > in_rows {
        (
            true,
            format!(
                "rows are genes, columns are patients: {in_columns} of {} columns are patients of the study",
                grid.columns.len()
            ),
        )
    } else if in_rows > in_columns {
        (
            false,
            format!(
                "rows are patients, columns are genes: {in_rows} of {} rows are patients of the study",
                grid.rows.len()
            ),
        )
    } else if patients.is_empty() && GENES.contains(&grid.corner.to_ascii_lowercase().as_str()) {
        (true, format!("rows are genes, columns are patients: the first column is `{}`", grid.corner))
    } else {
        return Err(OmicsError::Orientation {
            path: path.to_owned(),
            row: grid.rows.first().cloned().unwrap_or_default(),
            column: grid.columns.first().cloned().unwrap_or_default(),
        });
    };
    let mut notes = vec![why];
    notes.extend(grid.notes);
    let samples = if rows_are_genes { &grid.columns } else { &grid.rows };
    let mut seen = HashSet::new();
    if let Some(twice) = samples.iter().find(|name| !seen.insert(name.as_str())) {
        return Err(OmicsError::Format {
            path: path.to_owned(),
            reason: format!("the patient `{twice}` is in it twice"),
        });
    }
    if rows_are_genes {
        return Ok((grid.rows, grid.columns, grid.values, notes));
    }
    let width = grid.columns.len();
    let mut values = Vec::with_capacity(grid.values.len());
    for column in 0..width {
        values.extend((0..grid.rows.len()).map(|row| grid.values[row * width + column]));
    }
    Ok((grid.columns, grid.rows, values, notes))
}
