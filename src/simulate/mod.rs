//! Made-up data: cohorts whose truth is known ([`prime`]), and rows that satisfy any study's
//! dictionary ([`dummy`]).
//!
//! May import: `plan`, `frame`, `imaging`, `random`, `progress`, and `run::store` to write files
//! whole. Deliberately absent: anything that fits or estimates; what was built into a cohort stands
//! in its truth file, and finding it again is the study's task.

pub mod draw;
pub mod dummy;
pub mod phantom;
pub mod prime;

use std::path::PathBuf;

use crate::imaging::ImagingError;
use crate::progress::Cancelled;

/// Why made-up data could not be written.
#[derive(Debug, thiserror::Error)]
pub enum SimulationFault {
    #[error("stopped")]
    Cancelled(#[from] Cancelled),
    #[error("{} cannot be written: {source}", path.display())]
    Unwritable { path: PathBuf, source: std::io::Error },
    #[error(transparent)]
    Image(#[from] ImagingError),
    #[error("the table cannot be made: {0}")]
    Table(#[from] crate::frame::DataError),
    #[error("{0}")]
    Refused(String),
}
