//! The values of cells that changed: what they are now, and what they were where an archive still
//! holds the table.

use crate::frame::{self, Keys, Table};
use crate::plan::Plan;
use crate::plan::node::Operation;
use crate::run::Inputs;
use crate::run::world::word;

use super::compare::Sides;
use super::{Cause, Difference, Lock, TableLock};

/// Most changed cells of which values are told.
const MOST: usize = 20;

/// The values of the cells in which the tables of two locks differ. `before` gives the content of a
/// file of tables as it was locked; without it only what a cell is now can be told, and only where
/// the hashes of rows and columns say which cells changed.
pub fn changed_cells(
    plan: &Plan,
    inputs: &Inputs,
    (was, is): (&Lock, &Lock),
    before: &dyn Fn(&str) -> Option<Vec<u8>>,
) -> Vec<Difference> {
    let mut found = Vec::new();
    for node in plan.nodes() {
        let Operation::Table(spec) = &node.operation else { continue };
        let name = word(node);
        let of = |lock: &Lock| lock.tables.iter().find(|table| table.table == name).cloned();
        let (Some(old), Some(new)) = (of(was), of(is)) else { continue };
        if old.hash == new.hash {
            continue;
        }
        let key = spec.key.as_deref();
        let now = match (inputs.tables.get(name), &spec.path) {
            (Some(bound), _) => Some(bound.clone()),
            (None, Some(path)) => frame::read::read(&inputs.folder.join(path), &spec.dictionary, key).ok(),
            (None, None) => None,
        };
        let earlier =
            old.path.as_ref().and_then(|path| frame::read::read_bytes(path, before(path)?, &spec.dictionary, key).ok());
        let Some(now) = now else { continue };
        for message in told(&old, &new, earlier.as_ref(), &now, key) {
            found.push(Difference { cause: Cause::Data, message });
        }
    }
    found
}

fn told(old: &TableLock, new: &TableLock, was: Option<&Table>, is: &Table, key: Option<&str>) -> Vec<String> {
    let rows = Sides::of(&old.row_hashes, &new.row_hashes).changed;
    // Rows that came or went change the hash of every column.
    let columns: Vec<String> =
        is.names().filter(|name| was.is_none_or(|was| was.get(name).is_some())).map(str::to_owned).collect();
    let columns = if was.is_some() { columns } else { Sides::of(&old.columns, &new.columns).changed };
    let certain = old.rows == new.rows && (rows.len() == 1 || columns.len() == 1);
    if rows.is_empty() || (was.is_none() && !certain) {
        return Vec::new();
    }
    let Ok(keys) = Keys::new(is, key, true) else { return Vec::new() };
    let earlier = was.and_then(|was| Some((was, Keys::new(was, key, true).ok()?)));
    let word = key.unwrap_or("row");
    let mut messages = Vec::new();
    for patient in &rows {
        let &[row] = keys.rows(patient) else { continue };
        for column in &columns {
            let Some(value) = is.get(column).map(|cells| cells.text(row)) else { continue };
            let value = shown(value);
            match &earlier {
                Some((was, keys)) => {
                    let &[row] = keys.rows(patient) else { continue };
                    let before = was.get(column).map_or_else(|| "nothing".to_owned(), |cells| shown(cells.text(row)));
                    if before != value {
                        messages.push(format!("`{column}` of {word} {patient} was {before} and is {value}"));
                    }
                }
                None => messages.push(format!("`{column}` of {word} {patient} is {value} now")),
            }
        }
    }
    let more = messages.len().saturating_sub(MOST);
    messages.truncate(MOST);
    if more > 0 {
        messages.push(format!("and {more} more cells of `{}`", new.table));
    }
    messages
}

fn shown(text: Option<String>) -> String {
    text.unwrap_or_else(|| "missing".to_owned())
}
