//! `:load FILE`.

use std::sync::Arc;

use crate::repl::cells;
use crate::repl::reply::{Piece, Reply, Sound};
use crate::repl::session::Session;
use crate::syntax::ast::Sources;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "load",
    usage: "FILE",
    summary: "Takes the declarations and questions of a study in.",
    documentation: "Nothing is computed before it is asked: `:run` answers all questions, a question typed again \
        answers alone. A definition replaces one of the same name. At the start of a session the study's folder \
        becomes the one from which paths start.",
    example: ":load \"prime.study\"",
    run,
};

fn run(session: &mut Session, words: &str) -> Reply {
    let name = super::file(words);
    if name.is_empty() {
        return Reply::note("name the file: `:load first.study`");
    }
    let path = session.folder().join(name);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => return Reply::caution(format!("{} cannot be read: {error}", path.display())),
    };
    let cut = match cells::cut(&text) {
        Ok(cut) => cut,
        Err(faults) => {
            let mut sources = Sources::default();
            sources.add(name, text.as_str());
            return Reply { pieces: vec![Piece::Diagnostics(faults, Arc::new(sources))] };
        }
    };
    let folder = path.parent().unwrap_or(session.folder()).to_owned();
    let fresh = session.cells().is_empty();
    let mut reply = Reply::default();
    if fresh {
        session.move_to(folder);
        session.tail = cut.tail;
        session.file = Some(path.clone());
    } else if folder != session.folder() {
        reply.push(Piece::Caution(format!("paths of the study start from {}", session.folder().display())));
    }
    let before = session.cells().clone();
    let (after, _) = session.placed(&before, cut.cells);
    let looked = session.examine(&after, &[]);
    let sources = Arc::new(looked.examined.sources.clone());
    let told = &looked.examined.checked.diagnostics;
    if !told.is_empty() {
        reply.push(Piece::Diagnostics(told.clone(), Arc::clone(&sources)));
    }
    if !looked.faults.is_empty() {
        reply.push(Piece::Faults(looked.faults, Arc::clone(&sources)));
    }
    for (number, fault) in &looked.broken {
        let words = after.iter().find(|cell| cell.number == *number).map(|cell| cell.subject.words());
        reply.push(Piece::Caution(format!(
            "set aside: [{number}] {}: {} ({}; `:why [{number}]`)",
            words.unwrap_or_default(),
            fault.message,
            fault.code
        )));
    }
    session.broken = looked.broken;
    session.sound = looked.examined.checked.plan.map(|plan| Sound { plan, sources });
    let questions = after.iter().filter(|cell| cell.subject.is_question()).count();
    let current = session.current;
    let declarations = after.len() - questions;
    session.branches[current].commit(after);
    reply.push(Piece::Note(format!(
        "{}: {declarations} declarations, {questions} questions; `:run` answers them",
        path.file_name().map_or_else(|| name.to_owned(), |name| name.to_string_lossy().into_owned())
    )));
    reply
}
