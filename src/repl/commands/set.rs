//! `:set NAME = VALUE`.

use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;
use crate::run::results::{Cell, ResultTable};
use crate::syntax::diagnostic::nearest;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "set",
    usage: "[NAME = VALUE]",
    summary: "Gives a parameter of the study its value, or changes how answers are shown.",
    documentation: "A `parameter` of the study takes the value as with `--set`, for this session. Of the display: \
        `width` (columns, or `auto`), `colour` (`yes`, `no`), `background` (`dark`, `light`), `pictures` (`auto`, \
        `text`, `kitty`, `iterm`, `sixel`, `no`), `pager` (`yes`, `no`). `answers = no` declares without showing \
        what was declared.",
    example: ":set width = 100",
    run,
};

/// Settings of the display, with the words that they take.
pub(in crate::repl) const DISPLAY: [(&str, &str); 5] = [
    ("background", "dark, light"),
    ("colour", "yes, no"),
    ("pager", "yes, no"),
    ("pictures", "auto, text, kitty, iterm, sixel, no"),
    ("width", "auto, or a number of columns"),
];

fn run(session: &mut Session, words: &str) -> Reply {
    let parameters: Vec<String> = session
        .cells()
        .iter()
        .filter(|cell| cell.subject.keyword() == "parameter")
        .filter_map(|cell| cell.subject.name().map(str::to_owned))
        .collect();
    if words.is_empty() {
        let mut table = ResultTable::new("settings", "What can be set", ["name", "values", "set to"]);
        for name in &parameters {
            let set = session.set.iter().rfind(|(known, _)| known == name).map_or("", |(_, value)| value.as_str());
            table.push([Cell::text(name.as_str()), Cell::text("a parameter of the study"), Cell::text(set)]);
        }
        for (name, values) in DISPLAY {
            table.push([Cell::text(name), Cell::text(values), Cell::Empty]);
        }
        let answers = if session.answers_declarations { "yes" } else { "no" };
        table.push([Cell::text("answers"), Cell::text("yes, no"), Cell::text(answers)]);
        return Reply::table(table);
    }
    let (name, value) = match words.split_once('=') {
        Some((name, value)) => (name.trim(), value.trim()),
        None => match words.split_once(char::is_whitespace) {
            Some((name, value)) => (name.trim(), value.trim()),
            None => return Reply::note(format!("give it a value: `:set {words} = ...`")),
        },
    };
    if name == "answers" && matches!(value, "yes" | "no") {
        session.answers_declarations = value == "yes";
        return Reply::note(format!("answers = {value}"));
    }
    if parameters.iter().any(|known| known == name) {
        let kept = session.set.clone();
        session.set.retain(|(known, _)| known != name);
        session.set.push((name.to_owned(), value.to_owned()));
        let cells = session.cells().clone();
        let entered: Vec<usize> = cells.iter().map(|cell| cell.number).collect();
        let looked = session.examine(&cells, &entered);
        if looked.examined.checked.plan.is_none() || !looked.faults.is_empty() {
            session.set = kept;
            let sources = std::sync::Arc::new(looked.examined.sources);
            let mut told = looked.examined.checked.diagnostics;
            told.retain(crate::syntax::Diagnostic::is_error);
            let mut reply = Reply { pieces: vec![Piece::Diagnostics(told, std::sync::Arc::clone(&sources))] };
            if !looked.faults.is_empty() {
                reply.push(Piece::Faults(looked.faults, sources));
            }
            session.refresh();
            return reply;
        }
        session.refresh();
        let mut reply = Reply::note(format!("{name} = {value}"));
        let stale = session.stale();
        if !stale.is_empty() {
            reply.push(Piece::Caution(format!("stale: {}", stale.join(", "))));
        }
        return reply;
    }
    if DISPLAY.iter().any(|(known, _)| *known == name) {
        return Reply { pieces: vec![Piece::Set { name: name.to_owned(), value: value.to_owned() }] };
    }
    let known = parameters.iter().map(String::as_str).chain(DISPLAY.iter().map(|(name, _)| *name)).chain(["answers"]);
    Reply::caution(match nearest(name, known) {
        Some(near) => format!("nothing is called `{name}` that could be set; did you mean `{near}`?"),
        None => format!("nothing is called `{name}` that could be set; `:set` alone lists what can"),
    })
}
