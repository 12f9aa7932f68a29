//! `diptych demo`: a small study on made-up patients, embedded whole.

use std::path::PathBuf;

use crate::run::store::write_whole;

use super::run::{Run, run};
use super::{Exit, Parameters, show};

/// The study and its data, as they stand in `examples/demo`.
const FILES: [(&str, &str); 3] = [
    ("demo.study", include_str!("../../examples/demo/demo.study")),
    ("patients.csv", include_str!("../../examples/demo/patients.csv")),
    ("dictionary.csv", include_str!("../../examples/demo/dictionary.csv")),
];

#[derive(clap::Args)]
pub struct Demo {
    /// Folder that the study, its data and its results are written to.
    #[arg(long, default_value = "diptych-demo")]
    out: PathBuf,
    /// Threads; results do not depend on it.
    #[arg(long)]
    threads: Option<usize>,
}

pub fn demo(arguments: &Demo) -> Exit {
    for (name, content) in FILES {
        let path = arguments.out.join(name);
        if let Err(error) = write_whole(&path, content.as_bytes()) {
            show::complain(&format!("{} cannot be written: {error}", path.display()));
            return Exit::RunFailed;
        }
    }
    run(&Run {
        study: arguments.out.join("demo.study"),
        out: None,
        parameters: Parameters::default(),
        threads: arguments.threads,
        store: None,
    })
}
