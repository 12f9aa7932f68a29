//! `diptych run`.

use std::path::{Path, PathBuf};

use crate::Rejected;
use crate::figures;
use crate::run::store::write_whole;
use crate::run::{FaultKind, Report, Results, Store};

use super::{Exit, Parameters, open, progress, show};

#[derive(clap::Args)]
pub struct Run {
    pub study: PathBuf,
    /// Folder for `results.json`, `tables/` and `figures/`; the study's name with `_results` unless said.
    #[arg(long)]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) parameters: Parameters,
    /// Threads; results do not depend on it.
    #[arg(long)]
    pub threads: Option<usize>,
    /// Folder of finished pieces; `.diptych` beside the study unless said.
    #[arg(long)]
    pub store: Option<PathBuf>,
}

pub fn run(arguments: &Run) -> Exit {
    let study = match open(&arguments.study, &arguments.parameters) {
        Ok(study) => study,
        Err(exit) => return exit,
    };
    let place = arguments.store.clone().unwrap_or_else(|| study.folder().join(".diptych"));
    let store = match Store::at(&place) {
        Ok(store) => store,
        Err(error) => {
            show::complain(&format!("the store {} cannot be used: {error}", place.display()));
            return Exit::RunFailed;
        }
    };
    if let Some(threads) = arguments.threads.filter(|threads| *threads > 0) {
        // Fails only where a pool exists already, which then keeps its size.
        let _ = rayon::ThreadPoolBuilder::new().num_threads(threads).build_global();
    }
    let out = arguments.out.clone().unwrap_or_else(|| {
        let stem = arguments.study.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        arguments.study.with_file_name(format!("{stem}_results"))
    });
    let watch = progress::watch();
    progress::stop_at_interrupt(&watch);
    match study.run(&store, &watch) {
        Ok(finished) => {
            show::diagnostics(&finished.review.checked.diagnostics, &finished.review.sources);
            finish(&finished.report, &out, Exit::Done)
        }
        Err(Rejected::Study(review)) => {
            show::diagnostics(&review.checked.diagnostics, &review.sources);
            show::print(&format!("{}\n", show::tally(&review.checked.diagnostics)));
            Exit::StudyRejected
        }
        Err(Rejected::Run { review, failure }) => {
            show::diagnostics(&review.checked.diagnostics, &review.sources);
            let exit = if failure.faults.iter().any(|fault| fault.kind == FaultKind::Data) {
                Exit::DataRejected
            } else {
                Exit::RunFailed
            };
            if let Some(report) = &failure.report {
                show::results(&report.results);
            }
            show::faults(&failure.faults, &review.sources);
            if exit == Exit::RunFailed {
                show::print("What is finished is kept; the same command takes it up again.\n");
            }
            exit
        }
    }
}

/// Prints and writes the results of a run.
pub fn finish(report: &Report, out: &Path, exit: Exit) -> Exit {
    show::results(&report.results);
    if let Err(error) = write(&report.results, out) {
        show::complain(&format!("results cannot be written to {}: {error}", out.display()));
        return Exit::RunFailed;
    }
    draw(&report.results, out);
    let stored = report.stored.len();
    let computed = report.computed.len();
    show::print(&match (computed, stored) {
        (0, stored) => format!("Nothing was computed: all {stored} answers were in the store.\n"),
        (computed, 0) => format!("{computed} answers computed.\n"),
        (computed, stored) => format!("{computed} answers computed, {stored} taken from the store.\n"),
    });
    show::print(&format!("Results are in {}.\n", out.display()));
    exit
}

/// `results.json` and a CSV for each table, each whole or not at all.
fn write(results: &Results, out: &Path) -> std::io::Result<()> {
    write_whole(&out.join("results.json"), results.json().as_bytes())?;
    for answer in &results.answers {
        for table in &answer.tables {
            let name = file_name(&format!("{} {}", answer.declaration, table.name));
            write_whole(&out.join("tables").join(format!("{name}.csv")), table.csv().as_bytes())?;
        }
    }
    Ok(())
}

/// `figures/`: SVG, PNG and the numbers of each figure; what cannot be drawn is said, and stops nothing.
fn draw(results: &Results, out: &Path) {
    let mut taken = std::collections::HashMap::<String, usize>::new();
    for answer in &results.answers {
        for figure in &answer.figures {
            let mut name = file_name(&format!("{} {}", answer.declaration, figure.kind));
            let before = taken.entry(name.clone()).or_default();
            *before += 1;
            if *before > 1 {
                name = format!("{name}-{before}");
            }
            let drawn = figures::read(&figure.kind, &figure.data)
                .and_then(|numbers| figures::write(&out.join("figures"), &name, numbers.as_ref()));
            if let Err(reason) = drawn {
                show::print(&format!("! {} ({}) could not be drawn: {reason}\n", figure.title, figure.kind));
            }
        }
    }
}

/// A name that every file system takes.
fn file_name(words: &str) -> String {
    let mut name = String::new();
    for character in words.chars() {
        if character.is_alphanumeric() || character == '-' {
            name.push(character);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name: String = name.trim_matches('_').chars().take(100).collect();
    if name.is_empty() { "table".to_owned() } else { name }
}
