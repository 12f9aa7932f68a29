//! `expression rna from "rna.parquet"`: reads a matrix of expression; its samples become the rows
//! of a table, so that `rna is present` speaks of them.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use crate::frame::dictionary::Dictionary;
use crate::frame::{Cells, Keys, Table as Frame};
use crate::omics::read;
use crate::omics::scale::Scale;
use crate::omics::{duplicates, identifiers};
use crate::plan::Node;
use crate::plan::node::{Genes, Table};
use crate::run::fault::Fault;
use crate::run::results::DataRecord;
use crate::run::world::{TableValue, World, word};

/// # Errors
/// A file that cannot be read, or that does not say which way round it is or what its values are.
pub fn run(
    world: &mut World<'_>,
    node: &Node,
    spec: &Table,
    genes: &Genes,
    folder: &Path,
    bound: Option<&Frame>,
) -> Result<(), Fault> {
    let name = word(node).to_owned();
    let key = spec.key.as_deref();
    let (grid, shown) = match (bound, &spec.path) {
        (Some(frame), _) => (read::from_table(&name, frame, key)?, name.clone()),
        (None, Some(path)) => {
            let bytes = std::fs::read(folder.join(path))
                .map_err(|error| Fault::data("data::unreadable", format!("`{path}` cannot be read: {error}")))?;
            (read::grid(path, bytes, key)?, path.clone())
        }
        (None, None) => {
            return Err(Fault::data("data::unbound", format!("no data was given for the expression `{name}`"))
                .helped("give its file after `from`, or bind a frame by this name"));
        }
    };
    let patients: Vec<String> = world
        .tables
        .values()
        .filter(|table| table.key.is_some())
        .flat_map(|table| table.keys.values().iter().cloned())
        .collect();
    let declared = genes.scale.as_deref().and_then(Scale::from_word);
    let mut matrix = read::matrix(&shown, grid, &patients, declared)?;
    if let Some(path) = &genes.names {
        matrix = identifiers::mapped(matrix, &mapping(path, folder)?);
        if matrix.genes().is_empty() {
            return Err(Fault::data("data::no-match", format!("no gene of `{shown}` is in `{path}`"))
                .helped("its first column holds the identifiers of the matrix, its second the names of genes"));
        }
    }
    let matrix = duplicates::resolved(matrix);
    let column = spec.key.clone().unwrap_or_else(|| "sample".to_owned());
    let cells = Cells::Text(matrix.samples().iter().cloned().map(Some).collect());
    let table = Frame::new(vec![(column.clone(), cells)])?;
    let keys = Keys::new(&table, Some(&column), false)?;
    world.records.push(DataRecord {
        table: name.clone(),
        path: spec.path.clone().filter(|_| bound.is_none()),
        rows: matrix.samples().len(),
        columns: matrix.genes().len(),
        patients: keys.patients(),
        hash: blake3::Hash::from_bytes(matrix.hash()).to_hex().to_string(),
        notes: matrix.notes.clone(),
    });
    world.tables.insert(
        node.id,
        TableValue {
            name,
            own: 1,
            keys: Arc::new(keys),
            key: Some(column),
            repeated: false,
            dictionary: spec.dictionary.clone(),
            table,
        },
    );
    world.expressions.insert(node.id, Arc::new(matrix));
    Ok(())
}

/// Identifier and name from the first two columns of a table.
fn mapping(path: &str, folder: &Path) -> Result<HashMap<String, String>, Fault> {
    let table = crate::frame::read::read(&folder.join(path), &Dictionary::default(), None)?;
    let mut columns = table.columns();
    let (Some((_, from)), Some((_, to))) = (columns.next(), columns.next()) else {
        return Err(Fault::data("data::format", format!("`{path}` names no genes: two columns are wanted"))
            .helped("the identifier in the matrix, then the name in the gene sets"));
    };
    Ok((0..table.rows()).filter_map(|row| Some((from.text(row)?, to.text(row)?))).collect())
}
