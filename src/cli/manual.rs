//! `diptych manual`: the reference part of the manual, written from the code.

use std::path::Path;

use crate::manual::book;
use crate::run::store::write_whole;

use super::{Exit, show};

pub fn manual(out: &Path) -> Exit {
    for chapter in book() {
        let path = out.join(&chapter.file);
        if let Err(error) = write_whole(&path, chapter.text.as_bytes()) {
            show::complain(&format!("{} cannot be written: {error}", path.display()));
            return Exit::RunFailed;
        }
    }
    show::print(&format!("The manual is in {}.\n", out.display()));
    Exit::Done
}
