//! `:run`.

use crate::plan::NodeId;
use crate::repl::reply::Reply;
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "run",
    usage: "[all | NAME]",
    summary: "Answers the questions of the study that are stale or not answered yet.",
    documentation: "With `all` every question is shown again, whether or not it has to be computed; with a name or \
        the number of a cell, only that one.",
    example: ":run",
    run,
};

fn run(session: &mut Session, words: &str) -> Reply {
    let Some(sound) = session.sound.clone() else { return super::nothing_yet() };
    let questions = session.questions(&sound);
    let asked: Vec<NodeId> = match words {
        "" => questions.iter().copied().filter(|id| !session.is_answered(&sound, *id)).collect(),
        "all" => questions.clone(),
        name => {
            let number = name.trim_start_matches('[').trim_end_matches(']').parse::<usize>().ok();
            let cell = session.cells().iter().find(|cell| Some(cell.number) == number || cell.subject.words() == name);
            let source = cell.map(|cell| cell.text.clone());
            let of_cell = |id: &NodeId| {
                let span = sound.plan.node(*id).span;
                source
                    .as_ref()
                    .is_some_and(|text| sound.sources.get(span.source).is_some_and(|own| *own.text == **text))
            };
            let mut found: Vec<NodeId> = questions.iter().copied().filter(of_cell).collect();
            if found.is_empty() {
                found = super::why::named(&sound.plan, name);
            }
            if found.is_empty() {
                return super::why::unknown(session, name);
            }
            found
        }
    };
    if asked.is_empty() {
        return Reply::note(if questions.is_empty() {
            "the study asks nothing yet".to_owned()
        } else {
            format!("all {} questions are answered as they are defined; `:run all` shows them again", questions.len())
        });
    }
    session.ask(&sound, &asked)
}
