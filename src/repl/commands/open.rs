//! `:open`.

use crate::repl::pictures;
use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;
use crate::run::store::write_whole;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "open",
    usage: "[FILE]",
    summary: "Writes the figures of the last answer as SVG and opens the first.",
    documentation: "Into `figures` beside the study, or into the file that is named. `open` serves without the colon. \
        Answers without a figure are written as CSV tables.",
    example: ":open",
    run,
};

fn run(session: &mut Session, words: &str) -> Reply {
    let name = super::file(words);
    let folder = session.folder().join("figures");
    let mut written = Vec::new();
    let mut reply = Reply::default();
    for (place, figure) in session.last.figures.iter().enumerate() {
        let svg = match pictures::svg(figure) {
            Ok(svg) => svg,
            Err(reason) => {
                reply.push(Piece::Caution(format!("{}: {reason}", figure.title)));
                continue;
            }
        };
        let path = if name.is_empty() || place > 0 {
            folder.join(format!("{}.svg", plain(&format!("{} {}", figure.kind, figure.title))))
        } else {
            session.folder().join(name)
        };
        match write_whole(&path, svg.as_bytes()) {
            Ok(()) => written.push(path),
            Err(error) => reply.push(Piece::Caution(format!("{} cannot be written: {error}", path.display()))),
        }
    }
    if session.last.figures.is_empty() {
        for (place, table) in session.last.tables.iter().enumerate() {
            let path = if name.is_empty() || place > 0 {
                folder.join(format!("{}.csv", plain(&table.title)))
            } else {
                session.folder().join(name)
            };
            match write_whole(&path, table.csv().as_bytes()) {
                Ok(()) => written.push(path),
                Err(error) => reply.push(Piece::Caution(format!("{} cannot be written: {error}", path.display()))),
            }
        }
    }
    for path in &written {
        reply.push(Piece::Note(format!("{} written", path.display())));
    }
    match written.into_iter().next() {
        Some(first) => reply.push(Piece::Open(first)),
        None if reply.pieces.is_empty() => {
            reply.push(Piece::Note("the last answer has no figure and no table".to_owned()))
        }
        None => {}
    }
    reply
}

/// A name that every file system takes.
fn plain(words: &str) -> String {
    let mut name = String::new();
    for sign in words.chars() {
        if sign.is_alphanumeric() || sign == '-' {
            name.push(sign);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    name.trim_matches('_').chars().take(80).collect()
}
