//! `diptych repl`, and `diptych` alone.

use std::path::PathBuf;

use crate::repl;

use super::{Exit, Parameters};

#[derive(clap::Args, Default)]
pub struct Repl {
    /// A study to begin with.
    pub study: Option<PathBuf>,
    #[command(flatten)]
    pub(super) parameters: Parameters,
}

pub fn repl(arguments: Repl) -> Exit {
    let start = repl::Start { study: arguments.study, folder: PathBuf::from("."), set: arguments.parameters.set };
    if repl::run(start) { Exit::Done } else { Exit::StudyRejected }
}
