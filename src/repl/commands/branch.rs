//! `:branch NAME`.

use crate::repl::branches::Branch;
use crate::repl::reply::Reply;
use crate::repl::session::Session;
use crate::run::results::{Cell, ResultTable};

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "branch",
    usage: "[NAME]",
    summary: "Goes on in a copy of the study; alone, lists the branches.",
    documentation: "A branch is another version of the study: what is declared there does not touch the branch that \
        it came from, and what both have in common is computed once. `:switch` goes back, `:diff NAME` compares.",
    example: ":branch cox-only",
    run,
};

fn run(session: &mut Session, name: &str) -> Reply {
    if name.is_empty() {
        let mut table = ResultTable::new("branches", "Branches", ["branch", "declarations", "questions", "here"]);
        for (place, branch) in session.branches.iter().enumerate() {
            let questions = branch.cells().iter().filter(|cell| cell.subject.is_question()).count();
            table.push([
                Cell::text(branch.name.as_str()),
                Cell::count(branch.cells().len() - questions),
                Cell::count(questions),
                Cell::text(if place == session.current { "yes" } else { "" }),
            ]);
        }
        return Reply::table(table);
    }
    if session.branches.iter().any(|branch| branch.name == name) {
        return Reply::caution(format!("there is a branch `{name}` already; `:switch {name}` goes there"));
    }
    let from = session.branch().to_owned();
    let branch = Branch::new(name, session.cells().clone());
    session.branches.push(branch);
    session.current = session.branches.len() - 1;
    Reply::note(format!("branch `{name}`, a copy of `{from}`"))
}
