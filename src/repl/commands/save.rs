//! `:save FILE`.

use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;
use crate::run::store::write_whole;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "save",
    usage: "FILE",
    summary: "Writes the study in its canonical layout.",
    documentation: "Every declaration and every question that was asked, not the keystrokes; `diptych run FILE` gives \
        the same numbers. Looks at a table or a column are left out. Without a name it is the file that the study \
        came from.",
    example: ":save first.study",
    run,
};

fn run(session: &mut Session, words: &str) -> Reply {
    let path = match (super::file(words), &session.file) {
        ("", Some(path)) => path.clone(),
        ("", None) => return Reply::note("name the file: `:save first.study`"),
        (name, _) => {
            let mut path = session.folder().join(name);
            if path.extension().is_none() {
                path.set_extension("study");
            }
            path
        }
    };
    if session.cells().is_empty() {
        return super::nothing_yet();
    }
    let text = session.text();
    if let Err(error) = write_whole(&path, text.as_bytes()) {
        return Reply::caution(format!("{} cannot be written: {error}", path.display()));
    }
    let questions = session.cells().iter().filter(|cell| cell.subject.is_question()).count();
    let declarations = session.cells().len() - questions;
    let mut reply =
        Reply::note(format!("{} written: {declarations} declarations, {questions} questions", path.display()));
    if path.parent().is_some_and(|folder| folder != session.folder()) {
        reply.push(Piece::Caution("paths in a study start from its own folder, which is another one there".to_owned()));
    }
    if !session.set.is_empty() {
        let set: Vec<String> = session.set.iter().map(|(name, value)| format!("--set {name}={value}")).collect();
        reply.push(Piece::Caution(format!(
            "parameters that were set are not in the file: run it with {}",
            set.join(" ")
        )));
    }
    session.file = Some(path);
    reply
}
