//! `:time`.

use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;
use crate::run::results::{Cell, ResultTable};

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "time",
    usage: "",
    summary: "What the last computation ran, what it took from the store, and how long each step took.",
    documentation: "A step is computed again only if something that it follows from has changed. Times are of the \
        wall; steps run beside each other, so that they may add up to more than the whole.",
    example: ":time",
    run,
};

fn run(session: &mut Session, _: &str) -> Reply {
    let last = &session.last;
    if last.computed.is_empty() && last.stored.is_empty() {
        return Reply::note("nothing was computed yet");
    }
    let mut table = ResultTable::new("time", "The last computation", ["step", "came from", "milliseconds"]);
    for name in &last.computed {
        let took = session.clock.of(name).map_or(Cell::Empty, |took| milliseconds(took.as_secs_f64()));
        table.push([Cell::text(name.as_str()), Cell::text("computed"), took]);
    }
    for name in &last.stored {
        table.push([Cell::text(name.as_str()), Cell::text("the store"), Cell::Empty]);
    }
    table.notes.push(format!(
        "{} computed, {} from the store, {:.0} ms in all",
        last.computed.len(),
        last.stored.len(),
        session.clock.whole().as_secs_f64() * 1000.0
    ));
    let candidates = session.clock.candidates();
    if candidates.is_empty() {
        return Reply::table(table);
    }
    let mut tried = ResultTable::new("candidates", "What was tried, over all folds", ["candidate", "milliseconds"]);
    for (name, seconds) in candidates {
        tried.push([Cell::text(name), milliseconds(seconds)]);
    }
    Reply { pieces: vec![Piece::Table(table), Piece::Table(tried)] }
}

fn milliseconds(seconds: f64) -> Cell {
    Cell::Number { value: seconds * 1000.0, digits: 1 }
}
