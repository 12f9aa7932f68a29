//! `diptych notebook`: a study, cell by cell, as one HTML file.

use std::path::{Path, PathBuf};

use crate::repl::display::{Terminal, shown};
use crate::repl::{Reply, Session};
use crate::run::store::write_whole;

use super::{Exit, Parameters, progress, show};

#[derive(clap::Args)]
pub struct Notebook {
    study: PathBuf,
    /// The file; the study's name with `_notebook.html` unless said.
    #[arg(long)]
    out: Option<PathBuf>,
    #[command(flatten)]
    parameters: Parameters,
}

pub fn notebook(arguments: Notebook) -> Exit {
    let draw = progress::listener();
    let mut session = Session::in_folder(Path::new(".")).told(draw);
    progress::stop_at_interrupt(&session.watch());
    session.set_parameters(arguments.parameters.set);
    let loaded = session.enter(&format!(":load \"{}\"", arguments.study.display()));
    let tell = |reply: &Reply| show::print(&shown(reply, &Terminal::plain()));
    if loaded.has_faults() || session.cells().is_empty() || session.is_broken() {
        tell(&loaded);
        return Exit::StudyRejected;
    }
    let page = match session.page(true) {
        Ok(page) => page,
        Err(reply) => {
            tell(&reply);
            return if reply.codes().iter().any(|code| code.starts_with("data::")) {
                Exit::DataRejected
            } else {
                Exit::RunFailed
            };
        }
    };
    let out = arguments.out.unwrap_or_else(|| {
        let stem = arguments.study.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        arguments.study.with_file_name(format!("{stem}_notebook.html"))
    });
    if let Err(error) = write_whole(&out, page.as_bytes()) {
        show::complain(&format!("{} cannot be written: {error}", out.display()));
        return Exit::RunFailed;
    }
    show::print(&format!("The notebook is in {}.\n", out.display()));
    Exit::Done
}
