//! What a table as read says of its columns: the schema by which a study without a dictionary is
//! checked again before anything is fitted.

use std::collections::BTreeSet;

use super::cells::Cells;
use super::dictionary::{ColumnEntry, Dictionary};
use super::table::Table;

/// Texts with more different values than this are free text: no levels are listed.
const MOST_LEVELS: usize = 50;

/// Kind of each column, whether values are missing, and the levels of text.
pub fn schema(table: &Table) -> Dictionary {
    let columns = table
        .columns()
        .map(|(name, cells)| {
            let entry = ColumnEntry {
                kind: cells.kind(),
                unit: None,
                role: None,
                levels: levels(cells),
                range: None,
                known_at: None,
                nullable: Some(cells.missing() > 0),
            };
            (name.to_owned(), entry)
        })
        .collect();
    Dictionary { columns }
}

fn levels(cells: &Cells) -> Vec<String> {
    let Cells::Text(values) = cells else { return Vec::new() };
    let distinct: BTreeSet<&str> = values.iter().filter_map(|value| value.as_deref()).collect();
    if distinct.len() > MOST_LEVELS { Vec::new() } else { distinct.into_iter().map(str::to_owned).collect() }
}
