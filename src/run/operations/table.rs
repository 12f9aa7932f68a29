//! `table patients from "patients.csv"`: reads or takes a table, checks its key and dictionary.

use std::sync::Arc;

use crate::frame::expression::Type;
use crate::frame::{self, Cells, Keys, Table as Frame, infer};
use crate::plan::Node;
use crate::plan::node::Table;
use crate::run::Inputs;
use crate::run::fault::Fault;
use crate::run::results::DataRecord;
use crate::run::world::{TableValue, World, word};

/// Reads the table, or takes `bound` in its place.
///
/// # Errors
/// Whatever makes the data unusable: unreadable, duplicate patients, values against the dictionary.
pub fn run(
    world: &mut World<'_>,
    node: &Node,
    spec: &Table,
    inputs: &Inputs,
    bound: Option<&Frame>,
) -> Result<(), Fault> {
    if let Some(genes) = &spec.expression {
        return super::expression::run(world, node, spec, genes, &inputs.folder, bound);
    }
    let name = word(node).to_owned();
    let (table, path) = match (bound, &spec.path) {
        (Some(frame), _) => (typed(frame, spec)?, None),
        (None, Some(path)) => {
            let path = inputs.folder.join(path);
            let table = inputs.files.read(&path, &spec.dictionary, spec.key.as_deref())?;
            (table, Some(path.display().to_string()))
        }
        (None, None) => {
            return Err(Fault::data("data::unbound", format!("no data was given for the table `{name}`"))
                .helped("give its file after `from`, or bind a frame by this name"));
        }
    };
    let keys = Keys::new(&table, spec.key.as_deref(), spec.repeated)?;
    frame::check::check(&table, &spec.dictionary, &keys)?;
    let own = table.names().count();
    let empty: Vec<&str> = table.columns().filter(|(_, cells)| cells.all_missing()).map(|(name, _)| name).collect();
    if table.rows() == 0 {
        return Err(Fault::data("data::empty", format!("the table `{name}` has no row")));
    }
    if !empty.is_empty() {
        world.notice(
            node,
            "data::empty-column",
            format!(
                "no value at all in {}",
                frame::fault::list(&empty.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>())
            ),
        );
    }
    world.records.push(DataRecord {
        table: name.clone(),
        path: spec.path.clone().filter(|_| path.is_some()),
        rows: table.rows(),
        columns: own,
        patients: keys.patients(),
        hash: blake3::Hash::from_bytes(table.hash()).to_hex().to_string(),
        notes: table.notes.clone(),
    });
    world.tables.insert(
        node.id,
        TableValue {
            name,
            own,
            keys: Arc::new(keys),
            key: spec.key.clone(),
            repeated: spec.repeated,
            dictionary: spec.dictionary.clone(),
            table,
        },
    );
    Ok(())
}

/// A bound frame with the types of the dictionary; its key is text.
fn typed(frame: &Frame, spec: &Table) -> Result<Frame, Fault> {
    let mut table = frame.clone();
    for (column, cells) in frame.columns() {
        let kind = if spec.key.as_deref() == Some(column) {
            Some(Type::Text)
        } else {
            spec.dictionary.columns.get(column).map(|entry| entry.kind)
        };
        if let Some(kind) = kind
            && cells.kind() != kind
        {
            let cells: Cells = infer::cast(column, cells, kind, &|row| (row + 1).to_string())?;
            table = table.with(column, Arc::new(cells))?;
        }
    }
    Ok(table)
}
