//! `:help`.

use std::fmt::Write;

use crate::repl::help;
use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "help",
    usage: "[WORD]",
    summary: "What can be typed here; with a word, its page.",
    documentation: "The same as `?WORD`. `??word` searches everything that is documented.",
    example: ":help rsf",
    run,
};

fn run(_: &mut Session, word: &str) -> Reply {
    if !word.is_empty() {
        return help::page(word);
    }
    page()
}

/// What can be typed at the prompt.
pub(in crate::repl) fn page() -> Reply {
    let mut page = "A **declaration** enters the study, a **question** answers:\n\n\
        ```\n\
        table patients from \"patients.csv\"\n\
        endpoint os = survival(months, died == 1)\n\
        describe patients by arm\n\
        cox(os ~ age + stage)\n\
        ```\n\n\
        Tab completes, an empty line ends a declaration with clauses, Ctrl-C stops a computation, Ctrl-D leaves.\n\n\
        - `?rsf` explains a word or a diagnostic, `??calibration` searches\n\
        - `what if learn cox` tries a change on a branch, and shows both results\n\n"
        .to_owned();
    for command in super::all() {
        let usage = if command.usage.is_empty() { String::new() } else { format!(" {}", command.usage) };
        let _ = writeln!(page, "- `:{}{usage}` {}", command.name, command.summary);
    }
    Reply { pieces: vec![Piece::Page(page)] }
}
