//! `:diff`.

use crate::repl::compare;
use crate::repl::reply::Reply;
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "diff",
    usage: "[BRANCH]",
    summary: "How the study differs from its last version, or from a branch.",
    documentation: "The declarations that differ, line by line, and the steps of the plan that follow from them.",
    example: ":diff main",
    run,
};

fn run(session: &mut Session, name: &str) -> Reply {
    let here = session.cells().clone();
    let (other, words) = if name.is_empty() {
        match session.branches[session.current].before() {
            Some(before) => (before.clone(), "the version before".to_owned()),
            None => return Reply::note("there is no version before this one"),
        }
    } else {
        match session.branches.iter().find(|branch| branch.name == name) {
            Some(branch) => (branch.cells().clone(), format!("`{name}`")),
            None => return Reply::caution(format!("there is no branch `{name}`; `:branch` lists them")),
        }
    };
    let text = compare::texts(&other, &here);
    if text.is_empty() {
        return Reply::note(format!("the study is the same as {words}"));
    }
    let before = session.examine(&other, &[]).examined.checked.plan;
    let after = session.examine(&here, &[]).examined.checked.plan;
    let mut shown = format!("against {words}:\n{text}");
    if let (Some(before), Some(after)) = (before, after) {
        shown.push_str(&compare::Difference::of(&before, &after).words());
    }
    Reply::text(shown)
}
