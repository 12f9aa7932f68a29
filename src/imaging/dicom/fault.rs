//! What can be wrong with DICOM files, one by one or as a series.

use std::fmt;

/// The fault of a DICOM file, or of the files of a series taken together; other files are named by their file name.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DicomFault {
    #[error("its attribute {name} at byte {at} announces {announced} bytes where {left} are left")]
    Length { name: String, at: usize, announced: u64, left: usize },
    #[error("its data set ends at byte {0}, in the middle of an attribute")]
    EndsEarly(usize),
    #[error("its data set is no sequence of attributes at byte {at}: {reason}")]
    Structure { at: usize, reason: &'static str },
    #[error("its attribute {keyword} is `{value}`, which {reason}")]
    Value { keyword: &'static str, value: String, reason: &'static str },
    #[error("lacks the attribute {0}")]
    Missing(&'static str),
    #[error("its transfer syntax {0} is not supported")]
    TransferSyntax(String),
    #[error("its deflated data set cannot be inflated: {0}")]
    Deflate(&'static str),
    #[error("its pixel data ({codec}) cannot be decoded: {reason}")]
    Codec { codec: &'static str, reason: String },
    #[error("its pixel data has {found} bytes where {rows} rows of {columns} pixels need {expected}")]
    PixelData { rows: usize, columns: usize, expected: u64, found: u64 },
    #[error("a pixel's value {0} is beyond 32 bits")]
    Overflow(f64),
    #[error("holds no DICOM image")]
    NoImage,
    #[error("holds no segmentation: neither a DICOM SEG nor an RTSTRUCT")]
    NoSegmentation,
    #[error("holds {0} segmentations; name the file of one")]
    SeveralSegmentations(usize),
    #[error("is a structure set: its contours become a mask only on the grid of an image")]
    NeedsGrid,
    #[error("its structure `{name}` has a contour {reason}")]
    Contour { name: String, reason: String },
    #[error("its frame {frame} {reason}")]
    Frame { frame: usize, reason: String },
    #[error("holds {} series; name one: {}", .0.len(), Lines(.0))]
    SeveralSeries(Vec<SeriesSummary>),
    #[error("holds no series {wanted}; its series are: {}", Lines(found))]
    SeriesAbsent { wanted: String, found: Vec<SeriesSummary> },
    #[error(
        "its series has a gap of {distance:.4} mm between {before} and {after}, where its slices are {spacing:.4} mm \
         apart{}",
        Missing(*missing)
    )]
    Gap { before: String, after: String, distance: f64, spacing: f64, missing: Option<usize> },
    #[error("its series has two slices at the same position ({position:.4} mm along their normal): {one} and {other}")]
    Duplicate { one: String, other: String, position: f64 },
    #[error(
        "its slices are tilted by {degrees:.3} degrees against the line they are stacked on (gantry tilt): \
         resample the series to a grid with right angles first"
    )]
    Tilt { degrees: f64 },
    #[error("its slices do not lie on one line: {file} is {off:.4} mm off the line from the first to the last")]
    OffLine { file: String, off: f64 },
    #[error("its series mixes orientations: {one} has {first:?}, {other} has {second:?}")]
    MixedOrientation { one: String, other: String, first: [f64; 6], second: [f64; 6] },
    #[error("its series mixes {what}: {one} has {first}, {other} has {second}")]
    Mixed { what: &'static str, one: String, other: String, first: String, second: String },
}

/// One series of a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeriesSummary {
    /// SeriesInstanceUID, empty where absent
    pub uid: String,
    /// SeriesDescription, empty where absent
    pub description: String,
    pub slices: usize,
}

impl fmt::Display for SeriesSummary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.slices == 1 { "" } else { "s" };
        let name = if self.uid.is_empty() { "one without a UID" } else { &self.uid };
        write!(f, "{name} ({} slice{plural}", self.slices)?;
        if !self.description.is_empty() {
            write!(f, ", `{}`", self.description)?;
        }
        f.write_str(")")
    }
}

struct Lines<'a>(&'a [SeriesSummary]);

impl fmt::Display for Lines<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, series) in self.0.iter().take(10).enumerate() {
            let comma = if index > 0 { ", " } else { "" };
            write!(f, "{comma}{series}")?;
        }
        if self.0.len() > 10 {
            write!(f, " and {} more", self.0.len() - 10)?;
        }
        Ok(())
    }
}

struct Missing(Option<usize>);

impl fmt::Display for Missing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(1) => f.write_str(": one slice is missing"),
            Some(n) => write!(f, ": {n} slices are missing"),
            None => f.write_str(", and no whole number of slices fits: the spacing is irregular"),
        }
    }
}
