//! `:cells`.

use crate::repl::reply::Reply;
use crate::repl::session::Session;
use crate::run::results::{Cell, ResultTable};

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "cells",
    usage: "[text]",
    summary: "The declarations and questions of the study, with their state.",
    documentation: "With `text` the study as `:save` would write it.",
    example: ":cells",
    run,
};

fn run(session: &mut Session, words: &str) -> Reply {
    if words == "text" {
        return Reply::text(session.text());
    }
    let mut table = ResultTable::new("cells", format!("Cells of `{}`", session.branch()), ["cell", "what", "state"]);
    for cell in session.cells() {
        let state = if session.broken.contains_key(&cell.number) {
            "set aside"
        } else if let (true, Some(sound)) = (cell.subject.is_question(), &session.sound) {
            let own: Vec<_> = session
                .questions(sound)
                .into_iter()
                .filter(|id| {
                    let span = sound.plan.node(*id).span;
                    sound.sources.get(span.source).is_some_and(|source| *source.text == *cell.text)
                })
                .collect();
            if own.iter().any(|id| session.is_stale(sound, *id)) {
                "stale"
            } else if !own.is_empty() && own.iter().all(|id| session.is_answered(sound, *id)) {
                "answered"
            } else {
                "not asked"
            }
        } else {
            ""
        };
        table.push([Cell::text(format!("[{}]", cell.number)), Cell::text(cell.subject.words()), Cell::text(state)]);
    }
    Reply::table(table)
}
