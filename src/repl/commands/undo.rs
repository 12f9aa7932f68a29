//! `:undo`.

use crate::repl::reply::Reply;
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "undo",
    usage: "",
    summary: "Takes back the last change of the study.",
    documentation: "What was computed stays in the store, so that going back and forth costs nothing. `:redo` does it \
        again.",
    example: ":undo",
    run,
};

fn run(session: &mut Session, _: &str) -> Reply {
    let after = session.cells().clone();
    let current = session.current;
    if !session.branches[current].undo() {
        return Reply::note("nothing to undo");
    }
    let before = session.cells().clone();
    session.refresh();
    Reply::note(super::redo::change(&after, &before))
}
