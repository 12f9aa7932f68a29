//! `features clinical from patients`: a block of columns; nothing is fitted here.

use std::sync::Arc;

use crate::frame::expression::{Expression, Type};
use crate::frame::{Cells, Table, evaluate};
use crate::learn::{Block, Column, Values};
use crate::plan::node::{Columns, Selection};
use crate::plan::{Node, NodeId};
use crate::run::fault::Fault;
use crate::run::world::{BlockValue, TableValue, World, coded, word};

/// # Errors
/// An absent column, a date among the features, a block without columns.
pub fn run(world: &mut World<'_>, node: &Node, spec: &Columns) -> Result<(), Fault> {
    let value = world.table(spec.table)?;
    let mut names: Vec<String> = Vec::new();
    for selection in &spec.selections {
        let chosen = match selection {
            Selection::Named(chosen) => chosen.clone(),
            Selection::Where(predicate) => matching(value, predicate)?,
        };
        for name in chosen {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    if names.is_empty() {
        return Err(Fault::data("data::no-features", format!("no column of `{}` is in `{}`", value.name, word(node))));
    }
    let columns = names.iter().map(|name| column(world, spec.table, name)).collect::<Result<Vec<_>, _>>()?;
    let block = Block::new(value.table.rows(), columns);
    world.blocks.insert(node.id, Arc::new(BlockValue { table: spec.table, block }));
    Ok(())
}

/// A column of a table as a feature.
///
/// # Errors
/// No such column; dates, which are no feature until a study says how.
pub fn column(world: &World<'_>, table: NodeId, name: &str) -> Result<Column, Fault> {
    let value = world.table(table)?;
    let cells = value.table.column(name)?;
    let levels = value.dictionary.columns.get(name).map_or(&[][..], |entry| &entry.levels);
    Ok(Column { name: name.to_owned(), values: values(name, cells, levels)? })
}

/// Cells as a feature: numbers, durations in days and flags as 0 and 1; text as levels.
///
/// # Errors
/// Dates.
pub fn values(name: &str, cells: &Cells, levels: &[String]) -> Result<Values, Fault> {
    match cells.kind() {
        Type::Date => Err(Fault::data("data::type", format!("`{name}` holds dates, which are no feature as they are"))
            .helped("derive a duration from it, such as `days_between(diagnosis_date, treatment_start)`")),
        Type::Text => {
            let (codes, levels) = coded(cells, levels);
            Ok(Values::Level { codes, levels })
        }
        _ => Ok(Values::Number(cells.numbers().unwrap_or_default())),
    }
}

/// Columns whose `name`, `role`, `type` and `unit` fulfil the predicate, in the order of the file.
fn matching(value: &TableValue, predicate: &Expression) -> Result<Vec<String>, Fault> {
    let names: Vec<&str> =
        value.table.names().take(value.own).filter(|name| value.key.as_deref() != Some(*name)).collect();
    let entry = |name: &str| value.dictionary.columns.get(name);
    let text = |f: &dyn Fn(&str) -> Option<String>| Cells::Text(names.iter().map(|name| f(name)).collect());
    let about = Table::new(vec![
        ("name".to_owned(), text(&|name| Some(name.to_owned()))),
        ("role".to_owned(), text(&|name| entry(name).and_then(|entry| entry.role.clone()))),
        ("unit".to_owned(), text(&|name| entry(name).and_then(|entry| entry.unit.clone()))),
        (
            "type".to_owned(),
            text(&|name| {
                value.table.get(name).map(|cells| {
                    match cells.kind() {
                        Type::Number => "number",
                        Type::Text => "text",
                        Type::Date => "date",
                        Type::Flag => "flag",
                        Type::Duration => "duration",
                    }
                    .to_owned()
                })
            }),
        ),
    ])?;
    let chosen = evaluate::condition(predicate, &about)?;
    Ok(names
        .iter()
        .zip(chosen)
        .filter(|(_, chosen)| *chosen == Some(true))
        .map(|(name, _)| (*name).to_owned())
        .collect())
}
