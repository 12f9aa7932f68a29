//! `diptych run`.

use std::path::{Path, PathBuf};

use crate::figures;
use crate::report::{self, Circumstances, Stopwatch};
use crate::run::store::write_whole;
use crate::run::{FaultKind, Results, Store, archive, frozen};
use crate::{Finished, Rejected, Study};

use super::machine::Machine;
use super::{Exit, Parameters, archived, open, progress, show};

#[derive(clap::Args)]
pub struct Run {
    /// A study, or an archive that `diptych export` wrote.
    pub study: PathBuf,
    /// Folder for `results.json`, `report.html`, `tables/` and `figures/`; the study's name with `_results` unless said.
    #[arg(long)]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) parameters: Parameters,
    #[command(flatten)]
    pub(super) machine: Machine,
}

pub fn run(arguments: &Run) -> Exit {
    arguments.machine.take_threads();
    if archive::is_archive(&arguments.study) {
        return archived::run(arguments);
    }
    let done = open(&arguments.study, &arguments.parameters).and_then(|study| {
        let store = arguments.machine.store(&study)?;
        let study = study.with_models();
        let stopwatch = Stopwatch::default();
        let finished = timed(&study, &store, &stopwatch)?;
        show::diagnostics(&finished.review.checked.diagnostics, &finished.review.sources);
        let out = arguments.out.clone().unwrap_or_else(|| results_beside(&arguments.study));
        Ok(finish(&finished, &stopwatch, &out, Exit::Done))
    });
    done.unwrap_or_else(|exit| exit)
}

/// `prime_results` of `prime.study`.
pub(super) fn results_beside(study: &Path) -> PathBuf {
    let stem = study.file_stem().unwrap_or_default().to_string_lossy().into_owned();
    study.with_file_name(format!("{stem}_results"))
}

/// Runs a study to its end, or tells everything that kept it from it.
pub(super) fn execute(study: &Study, store: &Store) -> Result<Finished, Exit> {
    timed(study, store, &Stopwatch::default())
}

/// [`execute`] for a report that tells how long the steps took.
pub(super) fn timed(study: &Study, store: &Store, stopwatch: &Stopwatch) -> Result<Finished, Exit> {
    let watch = progress::watch(stopwatch);
    progress::stop_at_interrupt(&watch);
    study.run(store, &watch).map_err(|no| rejected(&no))
}

/// Tells why a study did not come to its end.
pub(super) fn rejected(rejected: &Rejected) -> Exit {
    let review = rejected.review();
    show::diagnostics(&review.checked.diagnostics, &review.sources);
    match rejected {
        Rejected::Study(review) => {
            show::print(&format!("{}\n", show::tally(&review.checked.diagnostics)));
            Exit::StudyRejected
        }
        Rejected::Run { review, failure } => {
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
pub fn finish(finished: &Finished, stopwatch: &Stopwatch, out: &Path, exit: Exit) -> Exit {
    let run = &finished.report;
    show::results(&run.results);
    let written = written(finished, &stopwatch.circumstances(run))
        .into_iter()
        .try_for_each(|(name, content)| write_whole(&out.join(name), &content));
    if let Err(error) = written {
        show::complain(&format!("results cannot be written to {}: {error}", out.display()));
        return Exit::RunFailed;
    }
    draw(&run.results, out);
    let stored = run.stored.len();
    let computed = run.computed.len();
    show::print(&match (computed, stored) {
        (0, stored) => format!("Nothing was computed: all {stored} answers were in the store.\n"),
        (computed, 0) => format!("{computed} answers computed.\n"),
        (computed, stored) => format!("{computed} answers computed, {stored} taken from the store.\n"),
    });
    show::print(&format!("Results are in {}; report.html shows them all.\n", out.display()));
    exit
}

/// The files of the results with their names, and for each model its file, its card and its
/// predictions of every patient.
pub(super) fn written(finished: &Finished, circumstances: &Circumstances) -> Vec<(String, Vec<u8>)> {
    let Some(plan) = &finished.review.checked.plan else { return Vec::new() };
    let mut files = report::files(plan, &finished.report.results, &finished.review.sources, circumstances);
    for (model, predictions) in &finished.report.models {
        let name = report::file_name(&model.name);
        files.push((format!("models/{name}.json"), model.text().into_bytes()));
        files.push((format!("models/{name}.md"), frozen::card(model).into_bytes()));
        files.push((format!("predictions/{name}.csv"), predictions.csv().into_bytes()));
    }
    files
}

/// `figures/`: SVG, PNG and the numbers of each figure; what cannot be drawn is said, and stops nothing.
fn draw(results: &Results, out: &Path) {
    let mut taken = std::collections::HashMap::<String, usize>::new();
    for answer in &results.answers {
        for figure in &answer.figures {
            let mut name = report::file_name(&format!("{} {}", answer.declaration, figure.kind));
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
