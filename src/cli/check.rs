//! `diptych check`.

use std::path::Path;

use super::{Exit, Parameters, open, show};

pub fn check(path: &Path, parameters: &Parameters, json: bool) -> Exit {
    let study = match open(path, parameters) {
        Ok(study) => study,
        Err(exit) => return exit,
    };
    let review = study.check();
    let diagnostics = &review.checked.diagnostics;
    if json {
        for diagnostic in diagnostics {
            let line = serde_json::to_string(&diagnostic.located(&review.sources)).unwrap_or_default();
            show::print(&format!("{line}\n"));
        }
    } else {
        show::diagnostics(diagnostics, &review.sources);
        show::print(&format!("{}\n", show::tally(diagnostics)));
    }
    if review.checked.is_sound() { Exit::Done } else { Exit::StudyRejected }
}
