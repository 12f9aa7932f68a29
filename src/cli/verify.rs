//! `diptych verify`.

use std::path::PathBuf;

use crate::Study;
use crate::run::Store;
use crate::run::archive::{Opened, is_archive};
use crate::run::lock::{Cause, Difference, Lock, changed_cells, differences};

use super::lock::{beside, locked};
use super::machine::threads;
use super::run::{execute, rejected};
use super::{Exit, Parameters, open, show};

/// Differences of one cause that are shown; the rest are counted.
const SHOWN: usize = 40;

#[derive(clap::Args)]
pub struct Verify {
    pub study: PathBuf,
    /// The lock, or an archive that holds it; the study's name with `.lock` unless said. An archive
    /// with its data tells what a changed value was.
    #[arg(long)]
    pub lock: Option<PathBuf>,
    /// Threads; results do not depend on it.
    #[arg(long)]
    pub threads: Option<usize>,
    /// Takes finished pieces from this folder instead of computing everything again; an
    /// interrupted verification then resumes.
    #[arg(long)]
    pub store: Option<PathBuf>,
}

pub fn verify(arguments: &Verify) -> Exit {
    threads(arguments.threads);
    let path = arguments.lock.clone().unwrap_or_else(|| beside(&arguments.study));
    let (lock, archive) = match held(&path) {
        Ok(held) => held,
        Err(exit) => return exit,
    };
    let parameters = Parameters { set: lock.study.set.clone() };
    let study = match open(&arguments.study, &parameters) {
        Ok(study) => study,
        Err(exit) => return exit,
    };
    let store = match arguments.store.as_deref().map_or(Ok(Store::none()), Store::at) {
        Ok(store) => store,
        Err(error) => {
            show::complain(&format!("the store cannot be used: {error}"));
            return Exit::RunFailed;
        }
    };
    against(&study, &lock, archive.as_ref(), &store).unwrap_or_else(|exit| exit)
}

/// The lock of a file, or of an archive.
fn held(path: &std::path::Path) -> Result<(Lock, Option<Opened>), Exit> {
    if !is_archive(path) {
        return Ok((read(path)?, None));
    }
    let told = |reason: String| {
        show::complain(&format!("{}: {reason}", path.display()));
        Exit::Usage
    };
    let archive = Opened::at(path).map_err(|fault| told(fault.to_string()))?;
    let text = archive.lock().map_err(|fault| told(fault.to_string()))?;
    let lock = Lock::parse(&String::from_utf8_lossy(&text)).map_err(told)?;
    Ok((lock, Some(archive)))
}

/// The lock in a file.
pub(super) fn read(path: &std::path::Path) -> Result<Lock, Exit> {
    let told = |reason: String| {
        show::complain(&format!("{}: {reason}", path.display()));
        Exit::Usage
    };
    let text = std::fs::read_to_string(path)
        .map_err(|error| told(format!("{error}; `diptych lock` writes the lock of a study")))?;
    Lock::parse(&text).map_err(told)
}

/// Tells every difference between the lock and the study as it runs now: first what can be told
/// before the run, so that a study that its changed data stops is explained as well.
fn against(study: &Study, lock: &Lock, archive: Option<&Opened>, store: &Store) -> Result<Exit, Exit> {
    let review = study.prepare().map_err(|no| rejected(&no))?;
    let before = study.lock_inputs(&review).map_err(|faults| {
        show::faults(&faults, &review.sources);
        Exit::DataRejected
    })?;
    let mut early = differences(lock, &before);
    if let Some(plan) = &review.checked.plan {
        let earlier = |path: &str| archive.and_then(|archive| archive.beside_study(path));
        early.extend(changed_cells(plan, &study.inputs(), (lock, &before), &earlier));
    }
    tell(&early);
    let finished = execute(study, store)?;
    let now = locked(study, &finished)?;
    let all = differences(lock, &now);
    let late: Vec<Difference> = all.iter().filter(|difference| difference.cause == Cause::Results).cloned().collect();
    tell(&late);
    if all.is_empty() {
        let estimates = now.results.as_ref().map_or(0, |results| results.estimates.len());
        show::print(&format!(
            "Verified: plan, data and results are those of the lock, {estimates} estimates to the last digit.\n"
        ));
        return Ok(Exit::Done);
    }
    if late.is_empty() {
        show::print("The results are those of the lock to the last digit, whatever else differs.\n");
    }
    let has = |cause| all.iter().any(|difference| difference.cause == cause);
    Ok(if has(Cause::Plan) {
        Exit::StudyRejected
    } else if has(Cause::Data) {
        Exit::DataRejected
    } else if has(Cause::Results) {
        Exit::RunFailed
    } else {
        Exit::Done
    })
}

/// Differences by cause.
pub(super) fn tell(differences: &[Difference]) {
    for cause in [Cause::Version, Cause::Plan, Cause::Data, Cause::Results] {
        let of: Vec<&Difference> = differences.iter().filter(|difference| difference.cause == cause).collect();
        if of.is_empty() {
            continue;
        }
        let mut text = format!("{}\n", cause.words());
        for difference in of.iter().take(SHOWN) {
            text.push_str(&format!("  {}\n", difference.message));
        }
        if of.len() > SHOWN {
            text.push_str(&format!("  and {} more\n", of.len() - SHOWN));
        }
        show::print(&text);
    }
}
