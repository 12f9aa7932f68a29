//! `diptych run`.

use std::path::{Path, PathBuf};

use crate::report::{self, Stopwatch};
use crate::run::{FaultKind, Store};
use crate::{Finished, Rejected};

use super::{Exit, Parameters, open, progress, show};

#[derive(clap::Args)]
pub struct Run {
    pub study: PathBuf,
    /// Folder for `results.json`, `report.html` and `tables/`; the study's name with `_results` unless said.
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
    let stopwatch = Stopwatch::default();
    let watch = progress::watch(&stopwatch);
    progress::stop_at_interrupt(&watch);
    match study.run(&store, &watch) {
        Ok(finished) => {
            show::diagnostics(&finished.review.checked.diagnostics, &finished.review.sources);
            finish(&finished, &stopwatch, &out)
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
fn finish(finished: &Finished, stopwatch: &Stopwatch, out: &Path) -> Exit {
    let run = &finished.report;
    show::results(&run.results);
    let Some(plan) = &finished.review.checked.plan else { return Exit::StudyRejected };
    let circumstances = stopwatch.circumstances(run);
    if let Err(error) = report::write(plan, &run.results, &finished.review.sources, &circumstances, out) {
        show::complain(&format!("results cannot be written to {}: {error}", out.display()));
        return Exit::RunFailed;
    }
    let stored = run.stored.len();
    let computed = run.computed.len();
    show::print(&match (computed, stored) {
        (0, stored) => format!("Nothing was computed: all {stored} answers were in the store.\n"),
        (computed, 0) => format!("{computed} answers computed.\n"),
        (computed, stored) => format!("{computed} answers computed, {stored} taken from the store.\n"),
    });
    show::print(&format!("Results are in {}; report.html holds them all.\n", out.display()));
    Exit::Done
}
