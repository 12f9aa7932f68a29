//! `diptych run ARCHIVE`: unpacks what `diptych export` wrote, runs it, and tells whether the
//! results are those of its lock.

use std::path::Path;

use crate::report::Stopwatch;
use crate::run::archive::{self, DataKept};
use crate::run::lock::{Lock, differences};

use super::run::{Run, finish, results_beside, timed};
use super::{Exit, Parameters, lock, open, show, verify};

pub fn run(arguments: &Run) -> Exit {
    let into = arguments.study.with_extension("");
    let manifest = match archive::unpack(&arguments.study, &into) {
        Ok(manifest) => manifest,
        Err(fault) => {
            show::complain(&format!("{}: {fault}", arguments.study.display()));
            return Exit::Usage;
        }
    };
    show::print(&format!("Unpacked into {}.\n", into.display()));
    let done = verify::read(&into.join(&manifest.lock)).and_then(|locked| {
        let path = into.join(&manifest.study);
        if manifest.data == DataKept::Hashes {
            present(&path, &locked)?;
        }
        // What the archive set stands before what is set now.
        let mut set = manifest.set.clone();
        set.extend(arguments.parameters.set.iter().cloned());
        let study = open(&path, &Parameters { set })?;
        let store = arguments.machine.store(&study)?;
        let study = study.with_models();
        let stopwatch = Stopwatch::default();
        let finished = timed(&study, &store, &stopwatch)?;
        let out = arguments.out.clone().unwrap_or_else(|| results_beside(&path));
        let exit = finish(&finished, &stopwatch, &out, Exit::Done);
        let now = lock::locked(&study, &finished)?;
        let found = differences(&locked, &now);
        verify::tell(&found);
        if found.is_empty() {
            show::print("The results are those of the archive's lock to the last digit.\n");
            return Ok(exit);
        }
        Ok(Exit::RunFailed)
    });
    done.unwrap_or_else(|exit| exit)
}

/// Whether the data that the archive left out has been brought.
fn present(study: &Path, lock: &Lock) -> Result<(), Exit> {
    let folder = study.parent().unwrap_or(Path::new("."));
    let tables = lock.tables.iter().filter_map(|table| table.path.as_deref());
    let files = lock.files.iter().map(|file| file.path.as_str());
    let absent: Vec<&str> = tables.chain(files).filter(|path| !folder.join(path).exists()).collect();
    if absent.is_empty() {
        return Ok(());
    }
    show::complain(&format!(
        "the archive was written without its data; bring {} to {} and run it again",
        crate::frame::fault::list(&absent.iter().map(|path| format!("`{path}`")).collect::<Vec<_>>()),
        folder.display()
    ));
    Err(Exit::DataRejected)
}
