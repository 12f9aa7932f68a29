//! `:flow`.

use crate::plan::Operation;
use crate::repl::reply::Reply;
use crate::repl::session::{Session, quoted};
use crate::run::world;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "flow",
    usage: "[COHORT]",
    summary: "Who came in, who left at which step and why, and where they went.",
    documentation: "The same as `flow COHORT` in a study, of every cohort unless one is named; it is not taken into \
        the study.",
    example: ":flow",
    run,
};

fn run(session: &mut Session, name: &str) -> Reply {
    let Some(sound) = &session.sound else { return super::nothing_yet() };
    let cohorts: Vec<String> = sound
        .plan
        .nodes()
        .iter()
        .filter(|node| matches!(node.operation, Operation::Cohort(_)))
        .map(|node| world::word(node).to_owned())
        .filter(|cohort| name.is_empty() || cohort == name)
        .collect();
    if cohorts.is_empty() {
        return Reply::note("no such cohort is declared: every row of the table is taken");
    }
    let mut reply = Reply::default();
    for cohort in cohorts {
        reply.extend(session.asked_in_passing(&format!("flow {}", quoted(&cohort))));
    }
    reply
}
