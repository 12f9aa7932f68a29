//! `:clear-cache`.

use crate::repl::reply::Reply;
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "clear-cache",
    usage: "",
    summary: "Throws away what was computed; everything is computed anew when it is asked.",
    documentation: "The pieces in `.diptych` beside the study; its history and its looks at sealed parts stay.",
    example: ":clear-cache",
    run,
};

fn run(session: &mut Session, _: &str) -> Reply {
    let store = session.store();
    match store.clear() {
        Ok(count) => {
            session.asked.clear();
            Reply::note(format!("{count} pieces thrown away"))
        }
        Err(error) => Reply::caution(format!("the store could not be cleared: {error}")),
    }
}
