//! `:looks`.

use crate::plan::Operation;
use crate::repl::reply::Reply;
use crate::repl::session::Session;
use crate::run::results::{Cell, ResultTable};

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "looks",
    usage: "",
    summary: "How often each sealed part was looked at, and by which question.",
    documentation: "Every different question that saw the outcome of a sealed part is a look, over all sessions of the \
        project; the same question on the same definitions is the same look. Descriptions without outcome are none.",
    example: ":looks",
    run,
};

fn run(session: &mut Session, _: &str) -> Reply {
    let sealed: Vec<String> = session
        .sound
        .iter()
        .flat_map(|sound| sound.plan.nodes())
        .filter_map(|node| match &node.operation {
            Operation::Split(split) => Some(split.sealed.clone()),
            _ => None,
        })
        .flatten()
        .collect();
    let counts = session.looks.counts();
    if sealed.is_empty() && counts.is_empty() {
        return Reply::note("no part is sealed; `seal external` under a split seals one");
    }
    let mut table = ResultTable::new("looks", "Looks at sealed parts", ["part", "question"]);
    for (part, question) in session.looks.all() {
        table.push([Cell::text(part), Cell::text(question)]);
    }
    let mut parts: Vec<&str> = sealed.iter().map(String::as_str).chain(counts.keys().copied()).collect();
    parts.sort_unstable();
    parts.dedup();
    for part in parts {
        let count = counts.get(part).copied().unwrap_or(0);
        let times = match count {
            0 => "never".to_owned(),
            1 => "once".to_owned(),
            count => format!("{count} times"),
        };
        table.notes.push(format!("`{part}` was looked at {times}"));
    }
    Reply::table(table)
}
