//! `:drop NAME`.

use crate::repl::branches::Cells;
use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "drop",
    usage: "NAME",
    summary: "Takes a declaration or a question out of the study.",
    documentation: "By its name, its number or its line. What stands on it is set aside until it is declared again; \
        `:undo` brings it back.",
    example: ":drop [12]",
    run,
};

fn run(session: &mut Session, name: &str) -> Reply {
    let Some(cell) = super::edit::found(session, name) else {
        return Reply::caution(format!("there is no cell `{name}`; `:cells` lists them"));
    };
    let kept: Cells = session.cells().iter().filter(|other| other.number != cell.number).cloned().collect();
    let current = session.current;
    session.branches[current].commit(kept);
    let before: Vec<usize> = session.broken.keys().copied().collect();
    session.refresh();
    let mut reply = Reply::note(format!("`{}` is gone", cell.subject.words()));
    for (number, fault) in session.broken.clone() {
        if !before.contains(&number) {
            reply.push(Piece::Caution(format!("set aside: [{number}]: {} ({})", fault.message, fault.code)));
        }
    }
    reply
}
