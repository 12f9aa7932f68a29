//! `diptych lock`.

use std::path::{Path, PathBuf};

use crate::run::lock::Lock;
use crate::run::store::write_whole;
use crate::{Finished, Study};

use super::machine::Machine;
use super::run::execute;
use super::{Exit, Parameters, open, show};

#[derive(clap::Args)]
pub struct LockStudy {
    pub study: PathBuf,
    /// File of the lock; the study's name with `.lock` unless said.
    #[arg(long)]
    pub out: Option<PathBuf>,
    #[command(flatten)]
    pub(super) parameters: Parameters,
    #[command(flatten)]
    pub(super) machine: Machine,
}

pub fn lock(arguments: &LockStudy) -> Exit {
    arguments.machine.take_threads();
    let done = open(&arguments.study, &arguments.parameters).and_then(|study| {
        let store = arguments.machine.store(&study)?;
        let finished = execute(&study, &store)?;
        let lock = locked(&study, &finished)?;
        let out = arguments.out.clone().unwrap_or_else(|| beside(&arguments.study));
        write_whole(&out, lock.text().as_bytes()).map_err(|error| {
            show::complain(&format!("{} cannot be written: {error}", out.display()));
            Exit::RunFailed
        })?;
        show::print(&format!("Locked in {}: {}.\n", out.display(), told(&lock)));
        Ok(())
    });
    done.map_or_else(|exit| exit, |()| Exit::Done)
}

/// `prime.lock` of `prime.study`.
pub(super) fn beside(study: &Path) -> PathBuf {
    study.with_extension("lock")
}

/// The lock of a finished run, or the exit that its data brought about.
pub(super) fn locked(study: &Study, finished: &Finished) -> Result<Lock, Exit> {
    study.lock(finished).map_err(|faults| {
        show::faults(&faults, &finished.review.sources);
        Exit::DataRejected
    })
}

fn told(lock: &Lock) -> String {
    let count = |n: usize, word: &str| format!("{n} {word}{}", if n == 1 { "" } else { "s" });
    let estimates = lock.results.as_ref().map_or(0, |results| results.estimates.len());
    [
        count(lock.plan.nodes.len(), "step"),
        count(lock.tables.len(), "table"),
        count(lock.files.len(), "file"),
        count(estimates, "estimate"),
    ]
    .join(", ")
}
