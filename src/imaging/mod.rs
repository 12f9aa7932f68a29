//! Volumes with geometry and their files: DICOM, NIfTI, NRRD and segmentation objects.
//!
//! May import: `progress`, `random`. Knows nothing of features or of the language.
//! Deliberately absent: display, registration, and any guess about a file that its header does not settle.

mod bytes;
pub mod contour;
pub mod dicom;
pub mod error;
pub mod geometry;
mod inverse;
pub mod nifti;
pub mod nrrd;
pub mod resample;
pub mod segmentation;
pub mod slices;
pub mod volume;
mod whole;

pub use dicom::{Gaps, SeriesChoice};
pub use error::{Fault, ImagingError};
pub use geometry::{Geometry, GeometryMismatch, Millimetres, VoxelBox, VoxelPosition};
pub use resample::Interpolation;
pub use segmentation::{Mismatch, Segment, Segmentation};
pub use volume::{Volume, VoxelType, Voxels};

use std::path::Path;

/// The formats this module reads: told apart by the file's name, DICOM by its content.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// `.nrrd`, `.nhdr`, `.seg.nrrd`
    Nrrd,
    /// `.nii`, `.nii.gz`
    Nifti,
    /// A file of any name, or a folder of files
    Dicom,
}

impl Format {
    /// The format that a file's name announces; DICOM files may have any name, or be a folder.
    pub fn of(path: &Path) -> Option<Format> {
        let name = path.file_name()?.to_str()?.to_ascii_lowercase();
        if path.is_dir() {
            Some(Format::Dicom)
        } else if name.ends_with(".nrrd") || name.ends_with(".nhdr") {
            Some(Format::Nrrd)
        } else if name.ends_with(".nii") || name.ends_with(".nii.gz") {
            Some(Format::Nifti)
        } else if name.ends_with(".dcm") || dicom::is_dicom_file(path) {
            Some(Format::Dicom)
        } else {
            None
        }
    }
}

/// Reads one three-dimensional image with one number per voxel: a file of any format, or a folder that holds one DICOM
/// series.
///
/// # Errors
/// [`ImagingError`] with the file and the fault: unknown format, truncated, absurd header, several layers or series,
/// slices that are no grid, voxels that are no numbers.
pub fn read(path: &Path) -> Result<Volume, ImagingError> {
    read_chosen(path, &SeriesChoice::default())
}

/// As [`read`], with a say in which series of a folder is read and what is done about missing slices.
///
/// # Errors
/// As [`read`].
pub fn read_chosen(path: &Path, choice: &SeriesChoice) -> Result<Volume, ImagingError> {
    // A path that is not there is that, and not a file of unknown format.
    std::fs::metadata(path).map_err(|error| ImagingError::new(path, error))?;
    let volume = match Format::of(path) {
        Some(Format::Nifti) => nifti::read(path)?,
        Some(Format::Nrrd) => {
            let mut file = nrrd::read(path)?;
            match (file.layers.pop(), file.layers.is_empty()) {
                (Some(volume), true) => volume,
                (_, _) => return Err(ImagingError::new(path, Fault::SeveralValuesPerVoxel)),
            }
        }
        Some(Format::Dicom) => dicom::read(path, choice)?,
        None => return Err(ImagingError::new(path, Fault::UnknownFormat)),
    };
    let missing = volume.voxels.not_finite();
    if missing > 0 {
        return Err(ImagingError::new(path, Fault::NotFinite { voxels: missing }));
    }
    Ok(volume)
}

/// As [`read`].
///
/// # Errors
/// As [`read`].
pub fn read_image(path: &Path) -> Result<Volume, ImagingError> {
    read(path)
}

/// Reads a segmentation on its own grid: a label map, a `.seg.nrrd` with several segments and layers, or a DICOM SEG.
///
/// # Errors
/// As [`read`]; also when voxels of a mask are no labels, and for a structure set, which has no grid: see [`read_mask`].
pub fn read_segmentation(path: &Path) -> Result<Segmentation, ImagingError> {
    std::fs::metadata(path).map_err(|error| ImagingError::new(path, error))?;
    match Format::of(path) {
        Some(Format::Nifti) => Segmentation::from_layers(path, vec![nifti::read(path)?], &Default::default()),
        Some(Format::Nrrd) => {
            let file = nrrd::read(path)?;
            Segmentation::from_layers(path, file.layers, &file.metadata)
        }
        Some(Format::Dicom) => match dicom::segmentation_file(path)? {
            (file, dicom::Content::Segmentation) => dicom::segmentation::read(&file),
            (file, _) => Err(ImagingError::new(&file, dicom::DicomFault::NeedsGrid)),
        },
        None => Err(ImagingError::new(path, Fault::UnknownFormat)),
    }
}

/// Reads a mask for an image: any segmentation that [`read_segmentation`] reads, or a DICOM structure set, on the
/// image's grid.
///
/// A DICOM SEG leaves out what is empty, so it is set into the image's grid where its own is a part of it. Otherwise
/// `mismatch` says whether a mask on another grid is a fault or is resampled.
///
/// # Errors
/// As [`read_segmentation`], and [`Fault::GridMismatch`].
pub fn read_mask(path: &Path, grid: &Geometry, mismatch: Mismatch) -> Result<Segmentation, ImagingError> {
    std::fs::metadata(path).map_err(|error| ImagingError::new(path, error))?;
    let found = if Format::of(path) == Some(Format::Dicom) {
        let found = match dicom::segmentation_file(path)? {
            (file, dicom::Content::StructureSet) => return dicom::structures::read(&file, grid),
            (file, _) => dicom::segmentation::read(&file)?,
        };
        match found.within(grid) {
            Some(found) => return Ok(found),
            None => found,
        }
    } else {
        read_segmentation(path)?
    };
    found.on(grid, mismatch).map_err(|fault| ImagingError::new(path, fault))
}

/// Writes an image in the format that the file's name announces.
///
/// # Errors
/// [`ImagingError`] when the name announces no known format or the file cannot be written.
pub fn write_image(path: &Path, volume: &Volume) -> Result<(), ImagingError> {
    match Format::of(path) {
        Some(Format::Nifti) => nifti::write(path, volume),
        Some(Format::Nrrd) => nrrd::write(path, volume, &[]),
        Some(Format::Dicom) | None => Err(ImagingError::new(path, Fault::UnknownFormat)),
    }
}
