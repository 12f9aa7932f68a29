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

/// [`schema`] with the ranges of numbers, rounded outwards to two digits: enough to make up rows that
/// look alike, and no value of a patient.
pub fn observed(table: &Table) -> Dictionary {
    let mut dictionary = schema(table);
    for (column, entry) in &mut dictionary.columns {
        let Some(Cells::Number(values)) = table.get(column).map(|cells| &**cells) else { continue };
        let (low, high) = values
            .iter()
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(*value), high.max(*value)));
        if low <= high {
            entry.range = Some((outward(low, f64::floor), outward(high, f64::ceil)));
        }
    }
    dictionary
}

fn outward(value: f64, round: impl Fn(f64) -> f64) -> f64 {
    if value == 0.0 {
        return value;
    }
    let step = 10f64.powf(value.abs().log10().floor() - 1.0);
    // Dividing by a whole number keeps a short decimal short.
    if step < 1.0 { round(value * (1.0 / step).round()) / (1.0 / step).round() } else { round(value / step) * step }
}

fn levels(cells: &Cells) -> Vec<String> {
    let Cells::Text(values) = cells else { return Vec::new() };
    let distinct: BTreeSet<&str> = values.iter().filter_map(|value| value.as_deref()).collect();
    if distinct.len() > MOST_LEVELS { Vec::new() } else { distinct.into_iter().map(str::to_owned).collect() }
}
