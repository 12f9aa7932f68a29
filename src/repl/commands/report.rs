//! `:report FILE`.

use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;
use crate::run::store::write_whole;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "report",
    usage: "[notebook] [FILE]",
    summary: "Answers the whole study and writes its report as one HTML file.",
    documentation: "With `notebook` the cells in their order, each with the prose of its `##` comments above it and \
        what it answers below, as `diptych notebook STUDY` writes it. Without a name it stands beside the study.",
    example: ":report first.html",
    run,
};

fn run(session: &mut Session, words: &str) -> Reply {
    let (as_notebook, name) = match words.strip_prefix("notebook") {
        Some(rest) if rest.is_empty() || rest.starts_with(' ') => (true, super::file(rest)),
        _ => (false, super::file(words)),
    };
    let page = match session.page(as_notebook) {
        Ok(page) => page,
        Err(reply) => return reply,
    };
    let path = if name.is_empty() {
        let stem =
            session.file.as_ref().and_then(|file| file.file_stem()).map_or("study".into(), |s| s.to_string_lossy());
        session.folder().join(format!("{stem}_{}.html", if as_notebook { "notebook" } else { "report" }))
    } else {
        session.folder().join(name)
    };
    match write_whole(&path, page.as_bytes()) {
        Ok(()) => Reply { pieces: vec![Piece::Note(format!("{} written", path.display())), Piece::Open(path)] },
        Err(error) => Reply::caution(format!("{} cannot be written: {error}", path.display())),
    }
}
