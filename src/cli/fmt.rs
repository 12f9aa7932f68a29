//! `diptych fmt`.

use std::path::PathBuf;

use crate::run::store::write_whole;
use crate::syntax::ast::Sources;
use crate::syntax::format;

use super::{Exit, show};

pub fn fmt(paths: &[PathBuf], check: bool) -> Exit {
    if paths.is_empty() {
        show::complain("name the studies to format");
        return Exit::Usage;
    }
    let mut exit = Exit::Done;
    for path in paths {
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                show::complain(&format!("{} cannot be read: {error}", path.display()));
                exit = Exit::StudyRejected;
                continue;
            }
        };
        let mut sources = Sources::default();
        let id = sources.add(path.display().to_string(), text.as_str());
        match format(&text, id) {
            Err(faults) => {
                show::diagnostics(&faults, &sources);
                exit = Exit::StudyRejected;
            }
            Ok(formatted) if formatted == text => {}
            Ok(_) if check => {
                show::print(&format!("{} is not in canonical layout\n", path.display()));
                exit = Exit::StudyRejected;
            }
            Ok(formatted) => {
                if let Err(error) = write_whole(path, formatted.as_bytes()) {
                    show::complain(&format!("{} cannot be written: {error}", path.display()));
                    exit = Exit::RunFailed;
                }
            }
        }
    }
    exit
}
