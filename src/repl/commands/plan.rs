//! `:plan`.

use crate::plan::describe;
use crate::repl::reply::Reply;
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "plan",
    usage: "[NAME]",
    summary: "What the study will do, every default spelt out.",
    documentation: "The whole plan, or the step of one name with what it is made of.",
    example: ":plan RESPONSE",
    run,
};

fn run(session: &mut Session, name: &str) -> Reply {
    let Some(sound) = &session.sound else { return super::nothing_yet() };
    if name.is_empty() {
        return Reply::text(describe::describe(&sound.plan));
    }
    let nodes = super::why::named(&sound.plan, name);
    if nodes.is_empty() {
        return super::why::unknown(session, name);
    }
    let steps: Vec<String> = nodes.into_iter().map(|id| describe::node(&sound.plan, id)).collect();
    Reply::text(steps.join("\n"))
}
