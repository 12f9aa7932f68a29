//! DICOM SEG: binary and fractional segmentations of several segments, whose frames lie anywhere on a common grid.
//!
//! The frames give the grid: it reaches from the lowest to the highest of them along their normal, in steps of
//! SpacingBetweenSlices, or where that is absent of the shortest distance between two frames. A frame that is not there is empty, which is how writers leave out empty slices. A
//! fractional segment has a voxel where its value is at least half of MaximumFractionalValue. Segments that overlap go
//! to different layers; a segment's label is its SegmentNumber.
//! Source: PS3.3, A.51 and C.8.20, <https://dicom.nema.org/medical/dicom/current/output/html/part03.html>.

use std::path::Path;

use super::fault::DicomFault;
use super::file::{DicomFile, Packing};
use super::frames::{FunctionalGroups, Plane, axes, dot, minus};
use super::pixels::{PixelFormat, frame};
use super::{DataSet, tag};
use crate::imaging::error::{Fault, ImagingError};
use crate::imaging::geometry::{Geometry, Millimetres};
use crate::imaging::segmentation::{Layering, Segmentation};

/// The storage class of segmentations.
pub const SEGMENTATION_STORAGE: &str = "1.2.840.10008.5.1.4.1.1.66.4";

/// Slices that a grid may have beyond those that there are frames for: what is left out is empty, and a whole body has
/// about two thousand.
const LEFT_OUT: usize = 4000;

/// Reads a segmentation on the grid that its frames span.
///
/// # Errors
/// [`ImagingError`] with the fault.
pub fn read(path: &Path) -> Result<Segmentation, ImagingError> {
    read_faulty(path).map_err(|fault| ImagingError::new(path, fault))
}

/// A frame's segment, and its slice of the grid.
struct Place {
    segment: u32,
    slice: usize,
}

fn read_faulty(path: &Path) -> Result<Segmentation, Fault> {
    let file = DicomFile::read(path)?;
    let data = file.data_set()?;
    let format = PixelFormat::of(&data)?;
    let kind = data.need_text(tag::SEGMENTATION_TYPE)?;
    let threshold = match kind.as_str() {
        "BINARY" => 1,
        "FRACTIONAL" => {
            let most = data.need_unsigned(tag::MAXIMUM_FRACTIONAL_VALUE)?;
            i64::from(most.div_ceil(2).max(1))
        }
        other => {
            let (value, reason) = (other.to_owned(), "is neither BINARY nor FRACTIONAL");
            return Err(DicomFault::Value { keyword: tag::SEGMENTATION_TYPE.keyword, value, reason }.into());
        }
    };
    let bits = pixels_are_there(&data, &format, file.syntax.packing)?;
    let groups = FunctionalGroups::of(&data, format.frames)?;
    let (geometry, places) = grid(&groups, &format)?;
    let segments = segments(&data)?;
    let [columns, rows, _] = geometry.size();
    let mut layering = Layering::new(geometry.clone());
    for (name, label) in &segments {
        let mut region = layering.region(name, *label);
        for (index, place) in places.iter().enumerate().filter(|(_, place)| place.segment == *label) {
            let flags: Vec<bool> = match bits {
                Some(bytes) => (0..format.pixels())
                    .map(|pixel| index * format.pixels() + pixel)
                    .map(|bit| bytes.get(bit / 8).is_some_and(|byte| byte >> (bit % 8) & 1 == 1))
                    .collect(),
                None => {
                    frame(&data, file.syntax, &format, index)?.into_iter().map(|value| value >= threshold).collect()
                }
            };
            region.add(place.slice, [columns, rows], flags);
        }
        layering.place(region)?;
    }
    if let Some((index, place)) =
        places.iter().enumerate().find(|(_, place)| !segments.iter().any(|(_, label)| *label == place.segment))
    {
        let reason = format!("belongs to segment {}, which is not described", place.segment);
        return Err(DicomFault::Frame { frame: index + 1, reason }.into());
    }
    layering.finish()
}

/// The bytes of pixels of one bit, or none where a pixel takes whole bytes.
fn pixels_are_there<'a>(
    data: &DataSet<'a>,
    format: &PixelFormat,
    packing: Packing,
) -> Result<Option<&'a [u8]>, DicomFault> {
    let element = data.get(tag::PIXEL_DATA).ok_or(DicomFault::Missing(tag::PIXEL_DATA.keyword))?;
    if packing != Packing::Native {
        // A frame is at least one fragment.
        let fragments = data.fragments(tag::PIXEL_DATA)?.len().saturating_sub(1);
        if format.allocated == 1 || fragments < format.frames {
            let reason = format!("{fragments} fragments hold no {} frames of {} bits", format.frames, format.allocated);
            return Err(DicomFault::Codec { codec: "compressed", reason });
        }
        return Ok(None);
    }
    let bits = (format.pixels() as u64).saturating_mul(format.frames as u64).saturating_mul(format.allocated.into());
    let (expected, found) = (bits.div_ceil(8), element.value.len() as u64);
    if found < expected {
        let (rows, columns) = (format.rows, format.columns);
        return Err(DicomFault::PixelData { rows, columns, expected, found });
    }
    Ok((format.allocated == 1).then_some(element.value))
}

/// Name and label of every segment.
fn segments(data: &DataSet<'_>) -> Result<Vec<(String, u32)>, DicomFault> {
    let mut found: Vec<(String, u32)> = Vec::new();
    for item in data.items(tag::SEGMENT_SEQUENCE)? {
        let number = item.need_unsigned(tag::SEGMENT_NUMBER)?;
        if number == 0 || found.iter().any(|(_, label)| *label == number) {
            let (value, reason) = (number.to_string(), "is not from 1, or there twice");
            return Err(DicomFault::Value { keyword: tag::SEGMENT_NUMBER.keyword, value, reason });
        }
        let name = item.text(tag::SEGMENT_LABEL).unwrap_or_else(|| format!("Segment {number}"));
        found.push((name, number));
    }
    if found.is_empty() {
        return Err(DicomFault::Missing(tag::SEGMENT_SEQUENCE.keyword));
    }
    Ok(found)
}

/// The grid that the frames span, and where each lies on it.
fn grid(groups: &FunctionalGroups<'_>, format: &PixelFormat) -> Result<(Geometry, Vec<Place>), Fault> {
    let planes: Vec<Plane> = (0..format.frames).map(|index| groups.plane(index)).collect::<Result<_, _>>()?;
    let first = planes.first().copied().ok_or(DicomFault::NoSegmentation)?;
    let normal = first.normal();
    let fault = |index: usize, reason: String| DicomFault::Frame { frame: index + 1, reason };
    for (index, plane) in planes.iter().enumerate() {
        let turned = plane.orientation.iter().zip(first.orientation).any(|(a, b)| (a - b).abs() > 1e-4);
        let scaled = plane.spacing.iter().zip(first.spacing).any(|(a, b)| (a - b).abs() > 1e-4);
        if turned || scaled {
            return Err(fault(index, "has another orientation or pixel spacing than the first".into()).into());
        }
        let offset = minus(plane.position, first.position);
        let depth = dot(offset, normal);
        let sideways = (dot(offset, offset) - depth * depth).max(0.0).sqrt();
        if sideways > 0.1 * first.spacing[0].min(first.spacing[1]) {
            return Err(fault(index, format!("lies {sideways:.4} mm beside the stack of the others")).into());
        }
    }
    let along: Vec<f64> = planes.iter().map(|plane| dot(plane.position, normal)).collect();
    let mut sorted: Vec<(f64, usize)> = along.iter().copied().zip(0..).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Frames of several segments lie at one position.
    let steps = sorted.windows(2).map(|pair| pair[1].0 - pair[0].0).filter(|step| *step > 1e-3);
    let shortest = steps.fold(f64::INFINITY, f64::min);
    // What the writer says goes; a sparse segmentation may have no neighbours that show it.
    let step = first.between.or(Some(shortest).filter(|step| step.is_finite())).or(first.thickness);
    let step = step.ok_or(DicomFault::Missing(tag::SPACING_BETWEEN_SLICES.keyword))?;
    let (Some((low, bottom)), Some((high, _))) = (sorted.first().copied(), sorted.last().copied()) else {
        return Err(DicomFault::NoSegmentation.into());
    };
    let slices = ((high - low) / step).round() + 1.0;
    if slices > (format.frames + LEFT_OUT) as f64 {
        let (value, reason) = (format!("{slices} slices from first to last"), "is more than a patient has");
        return Err(DicomFault::Value { keyword: tag::PLANE_POSITION_SEQUENCE.keyword, value, reason }.into());
    }
    // The mean step of what the frames span is freer of rounding than a step that is written down.
    let step = if slices > 1.0 { (high - low) / (slices - 1.0) } else { step };
    let mut places = Vec::with_capacity(planes.len());
    for (index, depth) in along.iter().enumerate() {
        let slice = (depth - low) / step;
        if !((slice - slice.round()).abs() <= 0.1) {
            return Err(fault(index, format!("lies between the slices of {step:.4} mm that the others span")).into());
        }
        let item = groups.group(index, tag::SEGMENT_IDENTIFICATION_SEQUENCE)?;
        let segment = item.need_unsigned(tag::REFERENCED_SEGMENT_NUMBER)?;
        places.push(Place { segment, slice: slice.round() as usize });
    }
    let [row, column] = axes(&first.orientation);
    let direction = std::array::from_fn(|axis| [row[axis] + 0.0, column[axis] + 0.0, normal[axis] + 0.0]);
    let size = [format.columns, format.rows, slices as usize];
    let origin = planes.get(bottom).map_or(first.position, |plane| plane.position);
    let spacing = Millimetres([first.spacing[1], first.spacing[0], step]);
    Ok((Geometry::new(size, Millimetres(origin), spacing, direction)?, places))
}
