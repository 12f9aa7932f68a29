//! `:edit NAME`.

use std::sync::Arc;

use crate::repl::cells::Cell;
use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "edit",
    usage: "NAME",
    summary: "Puts a declaration into the line, to be changed and entered again.",
    documentation: "By its name, its number or its line.",
    example: ":edit RESPONSE",
    run,
};

fn run(session: &mut Session, name: &str) -> Reply {
    match found(session, name) {
        Some(cell) => Reply { pieces: vec![Piece::Edit(cell.text.clone())] },
        None => Reply::caution(format!("there is no cell `{name}`; `:cells` lists them")),
    }
}

/// The cell of this name, number or line.
pub(super) fn found(session: &Session, name: &str) -> Option<Arc<Cell>> {
    let number = name.trim_start_matches('[').trim_end_matches(']').parse::<usize>().ok();
    let is_it = |cell: &&Arc<Cell>| {
        Some(cell.number) == number || cell.subject.name() == Some(name) || cell.subject.words() == name
    };
    session.cells().iter().find(is_it).cloned()
}
