//! `:redo`.

use crate::repl::branches::Cells;
use crate::repl::reply::Reply;
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "redo",
    usage: "",
    summary: "Does again what was undone.",
    documentation: "As long as nothing else was declared since.",
    example: ":redo",
    run,
};

fn run(session: &mut Session, _: &str) -> Reply {
    let before = session.cells().clone();
    let current = session.current;
    if !session.branches[current].redo() {
        return Reply::note("nothing to do again");
    }
    let after = session.cells().clone();
    session.refresh();
    Reply::note(change(&before, &after))
}

/// What a step between two versions did, in words.
pub(super) fn change(from: &Cells, to: &Cells) -> String {
    let mut words = Vec::new();
    for cell in to {
        match from.iter().find(|other| other.subject == cell.subject) {
            Some(same) if same.text == cell.text => {}
            Some(_) => words.push(format!("`{}` is as it was", cell.subject.words())),
            None => words.push(format!("`{}` is there again", cell.subject.words())),
        }
    }
    for cell in from {
        if !to.iter().any(|other| other.subject == cell.subject) {
            words.push(format!("`{}` is gone", cell.subject.words()));
        }
    }
    if words.is_empty() { "nothing changed".to_owned() } else { words.join("; ") }
}
