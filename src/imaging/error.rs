//! What can be wrong with an image or a mask, said of the file that has the fault.

use std::fmt;
use std::path::{Path, PathBuf};

use super::dicom::DicomFault;
use super::geometry::{GeometryFault, GeometryMismatch};

/// A file and its fault.
#[derive(Debug, thiserror::Error)]
#[error("{}: {fault}", path.display())]
pub struct ImagingError {
    pub path: PathBuf,
    #[source]
    pub fault: Fault,
}

impl ImagingError {
    pub fn new(path: &Path, fault: impl Into<Fault>) -> Self {
        ImagingError { path: path.to_owned(), fault: fault.into() }
    }
}

/// The fault of a file that holds an image or a mask.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    #[error("cannot be read or written: {0}")]
    Io(#[from] std::io::Error),
    #[error("its name announces no format this reader knows (.nii, .nii.gz, .nrrd, .nhdr, or DICOM)")]
    UnknownFormat,
    #[error("is no {0} file: its first bytes are not the format's signature")]
    NoSignature(&'static str),
    #[error("its header says `{field}: {value}`, which {reason}")]
    Header { field: &'static str, value: String, reason: &'static str },
    #[error("its header lacks `{0}`")]
    MissingField(&'static str),
    #[error("its header announces {announced} bytes of voxels, more than a file of {file_bytes} bytes can hold")]
    AnnouncesTooMuch { announced: u128, file_bytes: u64 },
    #[error("is truncated: {expected} bytes of voxels announced, {found} found")]
    Truncated { expected: u64, found: u64 },
    #[error("its voxels are packed with `{0}`, which is not supported")]
    Encoding(String),
    #[error("its geometry cannot be: {0}")]
    Geometry(#[from] GeometryFault),
    #[error("holds several values per voxel where one is needed; give one segment, or one layer")]
    SeveralValuesPerVoxel,
    #[error("{voxels} voxels are not a finite number")]
    NotFinite { voxels: u64 },
    #[error("is no label map: {0}")]
    NoLabels(String),
    #[error("has no voxel with label {label}; its labels are {}", Labels(present))]
    LabelAbsent { label: u32, present: Vec<u32> },
    #[error("has no segment named `{name}`; its segments are {}", present.join(", "))]
    SegmentAbsent { name: String, present: Vec<String> },
    #[error("has no layer {layer}: it has {layers}, counted from 0")]
    NoLayer { layer: usize, layers: usize },
    #[error(transparent)]
    Dicom(#[from] DicomFault),
    #[error("image and mask do not share a grid: {0}")]
    GridMismatch(Box<GeometryMismatch>),
}

struct Labels<'a>(&'a [u32]);

impl fmt::Display for Labels<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("none: nothing is segmented");
        }
        for (index, label) in self.0.iter().take(20).enumerate() {
            if index > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{label}")?;
        }
        if self.0.len() > 20 {
            write!(f, " and {} more", self.0.len() - 20)?;
        }
        Ok(())
    }
}
