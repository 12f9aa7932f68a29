//! `:quit`.

use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "quit",
    usage: "",
    summary: "Leaves the prompt; Ctrl-D does the same.",
    documentation: "The study is not saved by itself: `:save FILE` writes it. What was computed is kept.",
    example: ":quit",
    run: |_: &mut Session, _: &str| Reply { pieces: vec![Piece::Leave] },
};
