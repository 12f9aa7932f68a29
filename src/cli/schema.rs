//! `diptych schema`.

use super::{Exit, show};

/// Prints the JSON Schema of `results.json`.
pub fn schema() -> Exit {
    show::print(crate::report::schema::RESULTS);
    Exit::Done
}
