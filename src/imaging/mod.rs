//! Volumes with geometry, DICOM, NIfTI, NRRD and segmentation objects.
//!
//! May import: `progress`. Knows nothing of features or of the language.
