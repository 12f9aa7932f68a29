//! DICOM: CT and other series of slices as volumes, segmentations (SEG) and structure sets (RTSTRUCT) as masks, and a
//! writer for series.
//!
//! The file format is read here and not by a general library: a reader that is fed by anybody's archive may allocate
//! nothing because a header says so, and needs few of the standard's attributes.
//! Deliberately absent: frames that share a place (phases in time), colours, network services, and any use of patients' data.

pub mod fault;

mod data_set;
mod file;
mod frames;
mod jpeg;
mod jpeg2000;
mod jpeg_ls;
mod pixels;
mod run_length;
pub mod segmentation;
mod series;
pub mod structures;
mod tag;
#[cfg(test)]
mod tests;
mod write;

use data_set::DataSet;
pub use fault::{DicomFault, SeriesSummary};
pub use series::{Gaps, SeriesChoice, list, read};
pub use write::{SeriesText, write_series};

use std::io::Read;
use std::path::{Path, PathBuf};

use super::error::ImagingError;

/// What a DICOM file holds, by its storage class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Content {
    Image,
    Segmentation,
    StructureSet,
}

/// What a file holds.
///
/// # Errors
/// [`ImagingError`] when it cannot be read as DICOM.
pub fn content(path: &Path) -> Result<Content, ImagingError> {
    let class = || -> Result<Option<String>, super::Fault> {
        let file = file::DicomFile::read_header(path)?;
        Ok(file.header()?.text(tag::SOP_CLASS_UID))
    };
    let class = class().map_err(|fault| ImagingError::new(path, fault))?;
    Ok(match class.as_deref() {
        Some(segmentation::SEGMENTATION_STORAGE) => Content::Segmentation,
        Some(structures::STRUCTURE_SET_STORAGE) => Content::StructureSet,
        _ => Content::Image,
    })
}

/// The one segmentation or structure set that `path` is, or holds as a folder.
///
/// # Errors
/// [`ImagingError`] when there is none, or more than one.
pub fn segmentation_file(path: &Path) -> Result<(PathBuf, Content), ImagingError> {
    let files = if path.is_dir() { series::dicom_files(path)? } else { vec![path.to_owned()] };
    let mut found = Vec::new();
    for file in files {
        let content = content(&file)?;
        if content != Content::Image {
            found.push((file, content));
        }
    }
    let several = found.len();
    match found.pop() {
        Some(file) if several == 1 => Ok(file),
        Some(_) => Err(ImagingError::new(path, DicomFault::SeveralSegmentations(several))),
        None => Err(ImagingError::new(path, DicomFault::NoSegmentation)),
    }
}

/// Whether a file begins as DICOM files do.
pub fn is_dicom_file(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|file| file.take(132).read_to_end(&mut start));
    read.is_ok() && file::is_dicom(&start)
}
