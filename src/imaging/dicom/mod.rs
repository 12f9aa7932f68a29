//! DICOM: CT and other series of slices as volumes, and a writer for them.
//!
//! The file format is read here and not by a general library: a reader that is fed by anybody's archive may allocate
//! nothing because a header says so, and needs few of the standard's attributes.
//! Deliberately absent: images of several frames, colours, network services, and any use of patients' data.

pub mod fault;

mod data_set;
mod file;
mod jpeg;
mod jpeg2000;
mod pixels;
mod run_length;
mod series;
mod tag;
#[cfg(test)]
mod tests;
mod write;

pub use fault::{DicomFault, SeriesSummary};
pub use series::{Gaps, SeriesChoice, list, read};
pub use write::{SeriesText, write_series};

use std::io::Read;
use std::path::Path;

/// Whether a file begins as DICOM files do.
pub fn is_dicom_file(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(132).read_to_end(&mut start));
    read.is_ok() && file::is_dicom(&start)
}
