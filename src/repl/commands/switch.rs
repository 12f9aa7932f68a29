//! `:switch NAME`.

use crate::repl::reply::Reply;
use crate::repl::session::Session;
use crate::syntax::diagnostic::nearest;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "switch",
    usage: "NAME",
    summary: "Goes to another branch.",
    documentation: "Nothing is computed: what the branch asked before is in the store, and `:run` shows what is not.",
    example: ":switch main",
    run,
};

fn run(session: &mut Session, name: &str) -> Reply {
    let names: Vec<String> = session.branches.iter().map(|branch| branch.name.clone()).collect();
    let Some(place) = names.iter().position(|known| known == name) else {
        let near = nearest(name, names.iter().map(String::as_str));
        return Reply::caution(match near {
            Some(near) => format!("there is no branch `{name}`; did you mean `{near}`?"),
            None => format!("there is no branch `{name}`; there are {}", names.join(", ")),
        });
    };
    session.current = place;
    session.refresh();
    Reply::note(format!("on `{name}`"))
}
