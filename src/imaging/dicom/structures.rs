//! RTSTRUCT: structures drawn as contours, turned into masks on the grid of an image.
//!
//! A voxel belongs to a structure when its centre lies within the structure's contours on its slice by the even-odd
//! rule over all of them together: a contour within another cuts a hole, one within the hole is an island, and a
//! contour that runs in and out along one line (a keyhole) leaves its hole out. Each contour has to lie in a slice of
//! the image, within a quarter of a slice; slices between contours stay empty, nothing is interpolated. Labels are 1, 2,
//! 3, ... in the order of StructureSetROISequence; structures that overlap go to different layers.
//! Source: PS3.3, C.8.8.5 and C.8.8.6, <https://dicom.nema.org/medical/dicom/current/output/html/part03.html>.

use std::path::Path;

use super::fault::DicomFault;
use super::file::DicomFile;
use super::{DataSet, tag};
use crate::imaging::contour::turn_over;
use crate::imaging::error::{Fault, ImagingError};
use crate::imaging::geometry::{Geometry, Millimetres};
use crate::imaging::segmentation::{Layering, Segmentation};

/// The storage class of structure sets.
pub const STRUCTURE_SET_STORAGE: &str = "1.2.840.10008.5.1.4.1.1.481.3";

/// How far from the middle of a slice a contour may lie, in slices.
const OFF_SLICE: f64 = 0.25;

/// No point of a contour is as many voxels away from the image's first.
const FAR: f64 = 1e6;

/// Reads the structures as masks on `grid`.
///
/// # Errors
/// [`ImagingError`] with the fault: a contour that is no closed polygon in a slice of the grid, or lies outside of it.
pub fn read(path: &Path, grid: &Geometry) -> Result<Segmentation, ImagingError> {
    read_faulty(path, grid).map_err(|fault| ImagingError::new(path, fault))
}

fn read_faulty(path: &Path, grid: &Geometry) -> Result<Segmentation, Fault> {
    let file = DicomFile::read(path)?;
    let data = file.data_set()?;
    let structures = data.items(tag::STRUCTURE_SET_ROI_SEQUENCE)?;
    if structures.is_empty() {
        return Err(DicomFault::Missing(tag::STRUCTURE_SET_ROI_SEQUENCE.keyword).into());
    }
    let drawings = data.items(tag::ROI_CONTOUR_SEQUENCE)?;
    let number = |item: &DataSet<'_>, tag: tag::Tag| item.decimal(tag)?.ok_or(DicomFault::Missing(tag.keyword));
    let mut layering = Layering::new(grid.clone());
    for (index, structure) in structures.iter().enumerate() {
        let wanted = number(structure, tag::ROI_NUMBER)?;
        let name = structure.text(tag::ROI_NAME).unwrap_or_else(|| format!("Structure {wanted}"));
        let mut slices = Slices { grid, flags: Default::default() };
        for drawing in &drawings {
            if number(drawing, tag::REFERENCED_ROI_NUMBER)? != wanted {
                continue;
            }
            for contour in drawing.items(tag::CONTOUR_SEQUENCE)? {
                slices.add(&contour, &name)?;
            }
        }
        let [columns, rows, _] = grid.size();
        let mut region = layering.region(&name, index as u32 + 1);
        for (slice, flags) in slices.flags {
            region.add(slice, [columns, rows], flags);
        }
        layering.place(region)?;
    }
    layering.finish()
}

/// The slices that a structure's contours lie in.
struct Slices<'a> {
    grid: &'a Geometry,
    flags: std::collections::BTreeMap<usize, Vec<bool>>,
}

impl Slices<'_> {
    fn add(&mut self, contour: &DataSet<'_>, name: &str) -> Result<(), DicomFault> {
        let fault = |reason: String| DicomFault::Contour { name: name.to_owned(), reason };
        let kind = contour.need_text(tag::CONTOUR_GEOMETRIC_TYPE)?;
        match kind.as_str() {
            "CLOSED_PLANAR" | "CLOSEDPLANAR_XOR" => {}
            // Points mark places and enclose nothing.
            "POINT" => return Ok(()),
            _ => return Err(fault(format!("of the kind {kind}, which encloses no region"))),
        }
        let numbers = contour.decimals(tag::CONTOUR_DATA)?.ok_or(DicomFault::Missing(tag::CONTOUR_DATA.keyword))?;
        let (points, rest) = numbers.as_chunks::<3>();
        if !rest.is_empty() {
            return Err(fault(format!("of {} numbers, which are no points in space", numbers.len())));
        }
        let positions: Vec<[f64; 3]> = points.iter().map(|point| self.grid.position(Millimetres(*point)).0).collect();
        // Fewer than three points enclose no voxel's centre.
        let Some(first) = positions.first().filter(|_| positions.len() > 2) else { return Ok(()) };
        let slice = first[2].round();
        let [columns, rows, slices] = self.grid.size();
        for (position, point) in positions.iter().zip(points) {
            let [x, y, z] = *point;
            if !((position[2] - first[2]).abs() <= OFF_SLICE) {
                return Err(fault(format!(
                    "that leaves its slice at ({x}, {y}, {z}) mm: it is not parallel to the image's"
                )));
            }
            if !((position[2] - slice).abs() <= OFF_SLICE) {
                return Err(fault(format!("at ({x}, {y}, {z}) mm, between two slices of the image")));
            }
        }
        if positions.iter().flatten().any(|position| !(position.abs() <= FAR)) {
            return Err(fault("with a point farther away than any patient reaches".into()));
        }
        let within = |axis: usize, count: usize| {
            positions.iter().any(|position| position[axis] > -0.5 && position[axis] < count as f64 - 0.5)
        };
        let [x, y, z] = points.first().copied().unwrap_or_default();
        let inside = slice >= 0.0 && slice < slices as f64 && within(0, columns) && within(1, rows);
        if !inside {
            let (at, grid) = (format!("({x}, {y}, {z}) mm"), self.grid);
            return Err(fault(format!("at {at} outside the image, which has {grid}")));
        }
        let corners: Vec<[f64; 2]> = positions.iter().map(|position| [position[0], position[1]]).collect();
        let flags = self.flags.entry(slice as usize).or_insert_with(|| vec![false; columns * rows]);
        turn_over(&corners, [columns, rows], flags);
        Ok(())
    }
}
