//! `diptych run`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use crate::figures;
use crate::report::{self, Circumstances, Stopwatch};
use crate::run::results::Notice;
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
        let out = arguments.out.clone().unwrap_or_else(|| results_beside(&arguments.study));
        let finished = ended(&study, &store, &stopwatch).map_err(|no| {
            let exit = rejected(&no);
            remains(&no, &stopwatch, &out);
            exit
        })?;
        show::diagnostics(&finished.review.checked.diagnostics, &finished.review.sources);
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
    ended(study, store, stopwatch).map_err(|no| rejected(&no))
}

/// A study run to its end, or why it did not come there.
// A rejection ends the run; its size costs nothing.
#[allow(clippy::result_large_err)]
fn ended(study: &Study, store: &Store, stopwatch: &Stopwatch) -> Result<Finished, Rejected> {
    let watch = progress::watch(stopwatch);
    progress::stop_at_interrupt(&watch);
    study.run(store, &watch)
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

/// Writes what a run answered whose other steps failed; the report says which and why. Nothing is
/// written of a study or data that was rejected, nor of a run that was interrupted.
fn remains(rejected: &Rejected, stopwatch: &Stopwatch, out: &Path) {
    let Rejected::Run { review, failure } = rejected else { return };
    let Some(report) = &failure.report else { return };
    if failure.faults.iter().all(|fault| fault.kind == FaultKind::Stopped) {
        return;
    }
    let mut report = report.as_ref().clone();
    let failed = || failure.faults.iter().chain(&failure.skipped);
    report.results.notices.extend(failed().map(|fault| Notice {
        declaration: fault.declaration.clone(),
        code: fault.code.to_owned(),
        message: fault.message.clone(),
    }));
    let mut circumstances = stopwatch.circumstances(&report);
    circumstances.faults = failed().map(|fault| (fault.declaration.clone(), fault.message.clone())).collect();
    let finished = Finished { review: review.as_ref().clone(), report };
    match place(&finished, &circumstances, out) {
        Ok(()) => show::print(&format!(
            "What was answered is in {}; report.html says what is not there and why.\n",
            out.display()
        )),
        Err(error) => show::complain(&format!("results cannot be written to {}: {error}", out.display())),
    }
}

/// Writes every file of the results, and draws the figures.
fn place(finished: &Finished, circumstances: &Circumstances, out: &Path) -> std::io::Result<()> {
    for (name, content) in written(finished, circumstances) {
        write_whole(&out.join(name), &content)?;
    }
    draw(&finished.report.results, out);
    Ok(())
}

/// Prints and writes the results of a run.
pub fn finish(finished: &Finished, stopwatch: &Stopwatch, out: &Path, exit: Exit) -> Exit {
    let run = &finished.report;
    show::results(&run.results);
    if let Err(error) = place(finished, &stopwatch.circumstances(run), out) {
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
    let mut foreign = BTreeMap::new();
    for (answer, names) in results.answers.iter().zip(report::figure_names(&results.answers)) {
        for (figure, name) in answer.figures.iter().zip(names) {
            let drawn = figures::read(&figure.kind, &figure.data)
                .and_then(|numbers| figures::write(&out.join("figures"), &name, numbers.as_ref()));
            match drawn {
                Ok(written) => foreign.extend(written.foreign),
                Err(reason) => {
                    show::print(&format!("! {} ({}) could not be drawn: {reason}\n", figure.title, figure.kind));
                }
            }
        }
    }
    show::print(&lettered(&foreign));
}

/// What is said of letters that the font of the figures lacks.
fn lettered(foreign: &BTreeMap<char, Option<&'static Path>>) -> String {
    let mut out = String::new();
    let some = |letters: Vec<char>| -> String {
        let more = if letters.len() > 20 { "…" } else { "" };
        letters.iter().take(20).collect::<String>() + more
    };
    let absent = some(foreign.iter().filter(|(_, font)| font.is_none()).map(|(letter, _)| *letter).collect());
    if !absent.is_empty() {
        out.push_str(&format!(
            "! no font has the letters {absent}: boxes stand for them in the PNG files. The SVG files and the report \
             show them wherever a font has them; install one, such as Noto Sans CJK, and run again.\n"
        ));
    }
    let fonts: BTreeSet<&Path> = foreign.values().copied().flatten().collect();
    for font in fonts {
        let of = foreign.iter().filter(|(_, path)| **path == Some(font)).map(|(letter, _)| *letter);
        out.push_str(&format!(
            "! the PNG files have the letters {} from {}, as the font of the figures lacks them.\n",
            some(of.collect()),
            font.display()
        ));
    }
    out
}
