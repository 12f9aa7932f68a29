//! `:open`.

use std::path::{Path, PathBuf};

use crate::repl::pictures;
use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;
use crate::run::store::write_whole;

use super::Command;

/// More files than this are not listed one by one.
const MANY: usize = 8;

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
    let mut written: Vec<PathBuf> = Vec::new();
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
            free(&folder, &plain(&format!("{} {}", figure.kind, figure.title)), "svg", &written)
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
                free(&folder, &plain(&table.title), "csv", &written)
            } else {
                session.folder().join(name)
            };
            match write_whole(&path, table.csv().as_bytes()) {
                Ok(()) => written.push(path),
                Err(error) => reply.push(Piece::Caution(format!("{} cannot be written: {error}", path.display()))),
            }
        }
    }
    let shown = |path: &PathBuf| path.strip_prefix(".").unwrap_or(path).display().to_string();
    if written.len() > MANY {
        let (count, first) = (written.len(), written.first().map(shown).unwrap_or_default());
        reply.push(Piece::Note(format!("{count} files written into {}, {first} first", shown(&folder))));
    } else {
        for path in &written {
            reply.push(Piece::Note(format!("{} written", shown(path))));
        }
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

/// A file of this name, numbered where one of this answer has the name already.
fn free(folder: &Path, name: &str, extension: &str, written: &[PathBuf]) -> PathBuf {
    let numbered = (2..).map(|number| folder.join(format!("{name}_{number}.{extension}")));
    std::iter::once(folder.join(format!("{name}.{extension}")))
        .chain(numbered)
        .find(|path| !written.contains(path))
        .unwrap_or_else(|| folder.join(name))
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
