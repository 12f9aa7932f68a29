//! `:what if ...`.

use crate::repl::reply::Reply;
use crate::repl::session::Session;
use crate::repl::what_if;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "what if",
    usage: "CLAUSE | MODEL: CLAUSE | DECLARATION",
    summary: "Tries a change on a branch of its own, and shows the results of both side by side.",
    documentation: "A clause takes the place of the clause of its keyword, in every declaration that has one and for \
        which it is sound; with a name and a colon before it, in that declaration only. What is not said is taken \
        from the clause that was there: `what if keep ICC > 0.9 between readers`. A whole declaration takes the \
        place of the one of its name. The study stays as it is; `:switch` goes to the branch.",
    example: "what if learn cox",
    run: |session: &mut Session, words: &str| {
        if words.is_empty() {
            return Reply::note("say what changes: `what if learn cox`");
        }
        what_if::run(session, words)
    },
};
