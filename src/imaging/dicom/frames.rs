//! Where the frames of an object with several frames lie: its functional groups (PS3.3, C.7.6.16).

use super::data_set::DataSet;
use super::fault::DicomFault;
use super::tag::{self, Tag};

/// What holds for all frames, and for each.
pub struct FunctionalGroups<'a> {
    shared: Option<DataSet<'a>>,
    frames: Vec<DataSet<'a>>,
}

/// Where a frame lies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plane {
    pub orientation: [f64; 6],
    pub position: [f64; 3],
    /// Between rows, then between columns.
    pub spacing: [f64; 2],
    /// SpacingBetweenSlices
    pub between: Option<f64>,
    /// SliceThickness
    pub thickness: Option<f64>,
}

impl<'a> FunctionalGroups<'a> {
    /// # Errors
    /// [`DicomFault`] when the sequences are damaged, or there are not as many items as `frames`.
    pub fn of(data: &DataSet<'a>, frames: usize) -> Result<FunctionalGroups<'a>, DicomFault> {
        let shared = data.items(tag::SHARED_FUNCTIONAL_GROUPS_SEQUENCE)?.into_iter().next();
        let items = data.items(tag::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE)?;
        if items.len() != frames {
            let reason = "does not say where each of the frames lies";
            let keyword = tag::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE.keyword;
            return Err(DicomFault::Value { keyword, value: format!("{} items", items.len()), reason });
        }
        Ok(FunctionalGroups { shared, frames: items })
    }

    /// The item of a group: the frame's own, else the shared one.
    ///
    /// # Errors
    /// [`DicomFault`] when neither has it.
    pub fn group(&self, frame: usize, tag: Tag) -> Result<DataSet<'a>, DicomFault> {
        let own = self.frames.get(frame).map(|items| items.items(tag)).transpose()?;
        if let Some(item) = own.and_then(|items| items.into_iter().next()) {
            return Ok(item);
        }
        let shared = self.shared.as_ref().map(|items| items.items(tag)).transpose()?;
        shared.and_then(|items| items.into_iter().next()).ok_or(DicomFault::Missing(tag.keyword))
    }

    /// Where a frame lies.
    ///
    /// # Errors
    /// [`DicomFault`] when it is not said, or cannot be.
    pub fn plane(&self, frame: usize) -> Result<Plane, DicomFault> {
        let measures = self.group(frame, tag::PIXEL_MEASURES_SEQUENCE)?;
        let positive = |tag| measures.decimal(tag).map(|length| length.filter(|mm| *mm > 0.0));
        let plane = Plane {
            orientation: self
                .group(frame, tag::PLANE_ORIENTATION_SEQUENCE)?
                .need_decimals(tag::IMAGE_ORIENTATION_PATIENT)?,
            position: self.group(frame, tag::PLANE_POSITION_SEQUENCE)?.need_decimals(tag::IMAGE_POSITION_PATIENT)?,
            spacing: measures.need_decimals(tag::PIXEL_SPACING)?,
            between: positive(tag::SPACING_BETWEEN_SLICES)?,
            thickness: positive(tag::SLICE_THICKNESS)?,
        };
        plane.checked()
    }
}

impl Plane {
    /// # Errors
    /// [`DicomFault::Value`] when the axes are no perpendicular unit vectors, or the spacing is not positive.
    pub fn checked(self) -> Result<Plane, DicomFault> {
        let [row, column] = axes(&self.orientation);
        let unit = |axis: [f64; 3]| (dot(axis, axis).sqrt() - 1.0).abs() < 1e-3;
        let wrong = |tag: Tag, value: String, reason| Err(DicomFault::Value { keyword: tag.keyword, value, reason });
        if !unit(row) || !unit(column) || dot(row, column).abs() > 1e-3 {
            let value = format!("{:?}", self.orientation);
            return wrong(tag::IMAGE_ORIENTATION_PATIENT, value, "is no pair of perpendicular unit vectors");
        }
        if self.spacing.iter().any(|mm| *mm <= 0.0) {
            return wrong(tag::PIXEL_SPACING, format!("{:?}", self.spacing), "is not positive");
        }
        Ok(self)
    }

    /// The direction that slices are stacked along.
    pub fn normal(&self) -> [f64; 3] {
        let [row, column] = axes(&self.orientation);
        cross(row, column)
    }
}

/// The unit vectors along the rows and down the columns.
pub fn axes(orientation: &[f64; 6]) -> [[f64; 3]; 2] {
    let [a, b, c, d, e, f] = *orientation;
    [[a, b, c], [d, e, f]]
}

pub fn dot(a: [f64; 3], b: [f64; 3]) -> f64 {
    a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
}

pub fn cross(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

pub fn minus(a: [f64; 3], b: [f64; 3]) -> [f64; 3] {
    std::array::from_fn(|axis| a[axis] - b[axis])
}
