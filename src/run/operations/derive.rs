//! `derive albi = ...`: a column computed row by row; says how many values it could not make.

use std::sync::Arc;

use crate::frame::evaluate;
use crate::plan::Node;
use crate::plan::node::Derive;
use crate::run::fault::Fault;
use crate::run::world::World;

/// # Errors
/// A column or a type that the expression cannot take.
pub fn run(world: &mut World<'_>, node: &Node, spec: &Derive) -> Result<(), Fault> {
    let cells = world.evaluate(&spec.expression, spec.table)?;
    let value = world.table(spec.table)?;
    // What is missing although everything it is made of is there: a logarithm of 0, a division by 0.
    let sources: Vec<_> =
        evaluate::columns(&spec.expression).iter().filter_map(|name| value.table.get(name).cloned()).collect();
    let undefined = (0..cells.len())
        .filter(|row| cells.is_missing(*row) && sources.iter().all(|source| !source.is_missing(*row)))
        .count();
    let table = value.table.with(&spec.column, Arc::new(cells))?;
    if undefined > 0 {
        world.notice(
            node,
            "data::undefined",
            format!(
                "`{}` is undefined in {undefined} of {} rows although its parts are known",
                spec.column,
                table.rows()
            ),
        );
    }
    if let Some(value) = world.tables.get_mut(&spec.table) {
        value.table = table;
    }
    Ok(())
}
