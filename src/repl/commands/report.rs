//! `:report FILE`.

use crate::repl::reply::Reply;
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "report",
    usage: "[FILE]",
    summary: "Runs the study and writes its report.",
    documentation: "What was done at the prompt, with the `##` comments as its prose.",
    example: ":report first.html",
    run,
};

fn run(_: &mut Session, _: &str) -> Reply {
    Reply::caution("the report is not built yet; `:save FILE` and `diptych run FILE` write the results as tables")
}
