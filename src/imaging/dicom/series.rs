//! The slices of a DICOM series as one volume.
//!
//! A slice is a file, or a frame of an enhanced image. One folder holds one or several series, told apart by
//! SeriesInstanceUID. The slices of a series are sorted by where they lie along their common normal, never by file name
//! or instance number. Then they have to be a grid:
//!
//! - the same rows, columns, pixel spacing and orientation in every slice (1e-4 in the direction cosines, 1e-4 mm);
//! - no two slices at one position;
//! - stacked along their normal: a gantry tilt is a fault, because a grid with right angles cannot hold such slices
//!   without resampling;
//! - evenly spaced: each step within 5 % (at least 0.02 mm) of the median step. A longer step is a **gap**, and a gap
//!   is a fault that names the slices around it. [`Gaps::Interpolate`] asks instead for the missing slices to be
//!   interpolated linearly between the two around them; it is done only where a whole number of slices fits.
//!
//! The spacing along the normal is the distance from the first to the last slice over the number of steps, as ITK
//! takes it. Values are `stored * RescaleSlope + RescaleIntercept` of each slice's own. MONOCHROME1 says how to display
//! an image, not what its values are, so it changes nothing here.
//! Source: PS3.3, C.7.6.2 (Image Plane), C.7.6.16 (Multi-frame Functional Groups) and C.11.1 (Modality LUT),
//! <https://dicom.nema.org/medical/dicom/current/output/html/part03.html>.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::data_set::DataSet;
use super::fault::{DicomFault, SeriesSummary};
use super::file::{DicomFile, is_dicom};
use super::frames::{FunctionalGroups, Plane, axes, dot, minus};
use super::pixels::{PixelFormat, frame};
use super::tag;
use crate::imaging::error::{Fault, ImagingError};
use crate::imaging::geometry::{Geometry, Millimetres};
use crate::imaging::volume::{Number, Volume, Voxels};
use crate::on_voxels;

/// What is done about slices that are missing.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Gaps {
    /// A gap is a fault.
    #[default]
    Refuse,
    /// Missing slices are interpolated linearly between those around the gap.
    Interpolate,
}

/// Which series of a folder is read, and how.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeriesChoice {
    /// SeriesInstanceUID; needed only where a folder holds several.
    pub series: Option<String>,
    pub gaps: Gaps,
}

/// One slice of a series, without its pixels: a file, or a frame of one that holds several.
#[derive(Clone, Debug)]
struct Slice {
    path: PathBuf,
    /// From 0.
    frame: usize,
    series: String,
    description: String,
    format: PixelFormat,
    plane: Plane,
    slope: f64,
    intercept: f64,
}

/// Storage classes that hold pixels which are no slices of an image: segmentations, and dose grids.
const NO_IMAGES: [&str; 3] =
    ["1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7", "1.2.840.10008.5.1.4.1.1.481.2"];

/// The files of a folder (not of its subfolders) that are DICOM, in the order of their names.
///
/// # Errors
/// [`ImagingError`] when the folder or a file cannot be read.
pub fn dicom_files(folder: &Path) -> Result<Vec<PathBuf>, ImagingError> {
    let listing = |error| ImagingError::new(folder, Fault::Io(error));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(listing)? {
        let path = entry.map_err(listing)?.path();
        let hidden = path.file_name().is_none_or(|name| name.to_string_lossy().starts_with('.'));
        if hidden || path.file_name().is_some_and(|name| name.eq_ignore_ascii_case("DICOMDIR")) || !path.is_file() {
            continue;
        }
        let failed = |error| ImagingError::new(&path, Fault::Io(error));
        let mut start = Vec::new();
        File::open(&path).map_err(failed)?.take(132).read_to_end(&mut start).map_err(failed)?;
        let named = path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("dcm"));
        if is_dicom(&start) {
            files.push(path);
        } else if named {
            return Err(ImagingError::new(&path, Fault::NoSignature("DICOM")));
        }
    }
    files.sort();
    Ok(files)
}

/// The series of a folder, in the order of their first file's name.
///
/// # Errors
/// [`ImagingError`] of the folder or of one of its files.
pub fn list(folder: &Path) -> Result<Vec<SeriesSummary>, ImagingError> {
    Ok(summaries(&slices(folder)?))
}

/// Reads a series: `path` is its folder, or one file, which is then a series of one slice.
///
/// # Errors
/// [`ImagingError`] with the file and the fault; a fault of the series as a whole names its folder.
pub fn read(path: &Path, choice: &SeriesChoice) -> Result<Volume, ImagingError> {
    let of_folder = |fault: DicomFault| ImagingError::new(path, fault);
    let mut slices = slices(path)?;
    let found = summaries(&slices);
    match &choice.series {
        Some(wanted) => slices.retain(|slice| slice.series == *wanted),
        None if found.len() > 1 => return Err(of_folder(DicomFault::SeveralSeries(found))),
        None => {}
    }
    if slices.is_empty() {
        return Err(of_folder(match &choice.series {
            Some(wanted) if !found.is_empty() => DicomFault::SeriesAbsent { wanted: wanted.clone(), found },
            _ => DicomFault::NoImage,
        }));
    }
    let grid = Grid::of(slices, choice.gaps).map_err(of_folder)?;
    let mut layers = read_slices(&grid.slices)?;
    fill(&mut layers, &grid.missing);
    let geometry = grid.geometry.map_err(|fault| ImagingError::new(path, fault))?;
    Volume::new(geometry, joined(layers)).map_err(|fault| ImagingError::new(path, fault))
}

fn slices(path: &Path) -> Result<Vec<Slice>, ImagingError> {
    let files = if path.is_dir() { dicom_files(path)? } else { vec![path.to_owned()] };
    let slices: Result<Vec<Vec<Slice>>, ImagingError> = files.par_iter().map(|file| slices_of(file)).collect();
    Ok(slices?.into_iter().flatten().collect())
}

fn summaries(slices: &[Slice]) -> Vec<SeriesSummary> {
    let mut found: Vec<SeriesSummary> = Vec::new();
    for slice in slices {
        match found.iter_mut().find(|series| series.uid == slice.series) {
            Some(series) => series.slices += 1,
            None => {
                let (uid, description) = (slice.series.clone(), slice.description.clone());
                found.push(SeriesSummary { uid, description, slices: 1 });
            }
        }
    }
    found
}

/// What the header of a file says of its slices; none when the file holds no slice of an image.
fn slices_of(path: &Path) -> Result<Vec<Slice>, ImagingError> {
    let facts = || -> Result<Vec<Slice>, Fault> {
        let file = DicomFile::read_header(path)?;
        let data = file.header()?;
        // Structures, plans and reports have no rows; a directory neither.
        let class = data.text(tag::SOP_CLASS_UID);
        if data.get(tag::ROWS).is_none() || class.is_some_and(|class| NO_IMAGES.contains(&class.as_str())) {
            return Ok(Vec::new());
        }
        let format = PixelFormat::of(&data)?;
        // An enhanced image says where its frames lie in its functional groups, even if there is one frame only.
        if format.frames == 1 && data.get(tag::PER_FRAME_FUNCTIONAL_GROUPS_SEQUENCE).is_none() {
            return Ok(vec![facts(path, &data, format)?]);
        }
        Ok(frames(path, &data, format)?)
    };
    facts().map_err(|fault| ImagingError::new(path, fault))
}

/// The frames of an enhanced image. Several of one place, as phases in time, are duplicates, which the grid refuses.
fn frames(path: &Path, data: &DataSet<'_>, format: PixelFormat) -> Result<Vec<Slice>, DicomFault> {
    let groups = FunctionalGroups::of(data, format.frames)?;
    let series = data.text(tag::SERIES_INSTANCE_UID).unwrap_or_default();
    let description = data.text(tag::SERIES_DESCRIPTION).unwrap_or_default();
    let slice = |frame: usize| {
        let (slope, intercept) = match groups.group(frame, tag::PIXEL_VALUE_TRANSFORMATION_SEQUENCE) {
            Ok(values) => rescale(&values)?,
            Err(DicomFault::Missing(_)) => (1.0, 0.0),
            Err(fault) => return Err(fault),
        };
        let (path, series, description) = (path.to_owned(), series.clone(), description.clone());
        Ok(Slice { path, frame, series, description, format, plane: groups.plane(frame)?, slope, intercept })
    };
    (0..format.frames).map(slice).collect()
}

/// Slope and intercept.
fn rescale(data: &DataSet<'_>) -> Result<(f64, f64), DicomFault> {
    let slope = data.decimal(tag::RESCALE_SLOPE)?.unwrap_or(1.0);
    if slope == 0.0 {
        let (value, reason) = ("0".into(), "would make every value the same");
        return Err(DicomFault::Value { keyword: tag::RESCALE_SLOPE.keyword, value, reason });
    }
    Ok((slope, data.decimal(tag::RESCALE_INTERCEPT)?.unwrap_or(0.0)))
}

fn facts(path: &Path, data: &DataSet<'_>, format: PixelFormat) -> Result<Slice, DicomFault> {
    let wrong = |tag: tag::Tag, value: String, reason| DicomFault::Value { keyword: tag.keyword, value, reason };
    if data.get(tag::MODALITY_LUT_SEQUENCE).is_some() {
        let reason = "maps values through a table, which is not supported";
        return Err(wrong(tag::MODALITY_LUT_SEQUENCE, "a table".into(), reason));
    }
    let positive = |tag| data.decimal(tag).map(|length| length.filter(|mm| *mm > 0.0));
    let plane = Plane {
        orientation: data.need_decimals(tag::IMAGE_ORIENTATION_PATIENT)?,
        position: data.need_decimals(tag::IMAGE_POSITION_PATIENT)?,
        spacing: data.need_decimals(tag::PIXEL_SPACING)?,
        between: positive(tag::SPACING_BETWEEN_SLICES)?,
        thickness: positive(tag::SLICE_THICKNESS)?,
    }
    .checked()?;
    let (slope, intercept) = rescale(data)?;
    Ok(Slice {
        path: path.to_owned(),
        frame: 0,
        // Some tools that remove names remove UIDs: such files are taken for one series.
        series: data.text(tag::SERIES_INSTANCE_UID).unwrap_or_default(),
        description: data.text(tag::SERIES_DESCRIPTION).unwrap_or_default(),
        format,
        plane,
        slope,
        intercept,
    })
}

/// Slices in order, and the grid that they are.
struct Grid {
    slices: Vec<Slice>,
    /// How many slices are missing behind each slice.
    missing: Vec<usize>,
    geometry: Result<Geometry, Fault>,
}

/// How a fault names a slice.
fn called(slice: &Slice) -> String {
    let file = slice.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    if slice.format.frames > 1 { format!("{file}, frame {}", slice.frame + 1) } else { file }
}

impl Grid {
    fn of(mut slices: Vec<Slice>, gaps: Gaps) -> Result<Grid, DicomFault> {
        let Some(first) = slices.first().cloned() else { return Err(DicomFault::NoImage) };
        alike(&first, &slices)?;
        let normal = first.plane.normal();
        let along = |slice: &Slice| dot(slice.plane.position, normal);
        slices.sort_by(|a, b| along(a).total_cmp(&along(b)).then_with(|| (&a.path, a.frame).cmp(&(&b.path, b.frame))));
        let steps: Vec<f64> = slices.windows(2).map(|pair| along(&pair[1]) - along(&pair[0])).collect();
        let mut sorted = steps.clone();
        sorted.sort_by(f64::total_cmp);
        let (from, to) = match (slices.first(), slices.last()) {
            (Some(from), Some(to)) => (from.clone(), to.clone()),
            _ => return Err(DicomFault::NoImage),
        };
        let Some(median) = sorted.get(sorted.len() / 2).copied() else {
            let lacking = DicomFault::Missing("SliceThickness (or SpacingBetweenSlices, for a series of one slice)");
            let depth = from.plane.between.or(from.plane.thickness).ok_or(lacking)?;
            return Ok(Grid { geometry: geometry(&from, normal, 1, depth), slices, missing: vec![0] });
        };
        let near = (median * 0.05).max(0.02);
        for (step, pair) in steps.iter().zip(slices.windows(2)) {
            if *step < near.min(median * 0.5) || *step <= 1e-3 {
                let (one, other) = (called(&pair[0]), called(&pair[1]));
                return Err(DicomFault::Duplicate { one, other, position: along(&pair[0]) });
            }
        }
        stacked(&slices, minus(to.plane.position, from.plane.position), normal, &from)?;
        let mut missing = Vec::with_capacity(slices.len());
        for (step, pair) in steps.iter().zip(slices.windows(2)) {
            let count = (step / median).round();
            let fits = count >= 1.0 && (step - count * median).abs() <= near * count.max(1.0);
            let lacking = fits.then_some((count - 1.0).max(0.0) as usize);
            match lacking {
                Some(0) => missing.push(0),
                Some(n) if gaps == Gaps::Interpolate && n <= 1000 => missing.push(n),
                _ => {
                    let (before, after) = (called(&pair[0]), called(&pair[1]));
                    return Err(DicomFault::Gap { before, after, distance: *step, spacing: median, missing: lacking });
                }
            }
        }
        missing.push(0);
        let count = slices.len() + missing.iter().sum::<usize>();
        let depth = (along(&to) - along(&from)) / (count - 1) as f64;
        Ok(Grid { geometry: geometry(&from, normal, count, depth), slices, missing })
    }
}

/// Whether all slices have the size, spacing and orientation of the first.
fn alike(first: &Slice, slices: &[Slice]) -> Result<(), DicomFault> {
    for slice in slices {
        let (one, other) = (called(first), called(slice));
        let size = |slice: &Slice| format!("{} rows of {}", slice.format.rows, slice.format.columns);
        if (slice.format.rows, slice.format.columns) != (first.format.rows, first.format.columns) {
            let (first, second) = (size(first), size(slice));
            return Err(DicomFault::Mixed { what: "sizes", one, other, first, second });
        }
        if slice.plane.spacing.iter().zip(first.plane.spacing).any(|(a, b)| (a - b).abs() > 1e-4) {
            let text = |slice: &Slice| format!("{} x {} mm", slice.plane.spacing[0], slice.plane.spacing[1]);
            let (first, second) = (text(first), text(slice));
            return Err(DicomFault::Mixed { what: "pixel spacings", one, other, first, second });
        }
        if slice.plane.orientation.iter().zip(first.plane.orientation).any(|(a, b)| (a - b).abs() > 1e-4) {
            let (first, second) = (first.plane.orientation, slice.plane.orientation);
            return Err(DicomFault::MixedOrientation { one, other, first, second });
        }
    }
    Ok(())
}

/// Whether the slices lie on one line, and that line is their normal. What the whole stack may be off sideways is a
/// hundredth of a pixel per slice and at most half a pixel, which rounding of positions stays below.
fn stacked(slices: &[Slice], run: [f64; 3], normal: [f64; 3], from: &Slice) -> Result<(), DicomFault> {
    let length = dot(run, run).sqrt();
    let depth = dot(run, normal);
    let sideways = (length * length - depth * depth).max(0.0).sqrt();
    let pixel = from.plane.spacing[0].min(from.plane.spacing[1]);
    if sideways > (0.01 * pixel * slices.len() as f64).min(0.5 * pixel) {
        return Err(DicomFault::Tilt { degrees: (sideways / depth).atan().to_degrees() });
    }
    for slice in slices {
        let offset = minus(slice.plane.position, from.plane.position);
        let share = dot(offset, run) / (length * length);
        let off = minus(offset, run.map(|part| part * share));
        let off = dot(off, off).sqrt();
        if off > 0.5 * pixel {
            return Err(DicomFault::OffLine { file: called(slice), off });
        }
    }
    Ok(())
}

fn geometry(first: &Slice, normal: [f64; 3], slices: usize, depth: f64) -> Result<Geometry, Fault> {
    let [row, column] = axes(&first.plane.orientation);
    let direction = std::array::from_fn(|axis| [row[axis] + 0.0, column[axis] + 0.0, normal[axis] + 0.0]);
    let spacing = Millimetres([first.plane.spacing[1], first.plane.spacing[0], depth]);
    let size = [first.format.columns, first.format.rows, slices];
    Ok(Geometry::new(size, Millimetres(first.plane.position), spacing, direction)?)
}

/// The values of the slices, in their order; a file that holds several is read once.
fn read_slices(slices: &[Slice]) -> Result<Vec<Voxels>, ImagingError> {
    let mut files: BTreeMap<&Path, Vec<(usize, &Slice)>> = BTreeMap::new();
    for (place, slice) in slices.iter().enumerate() {
        files.entry(&slice.path).or_default().push((place, slice));
    }
    let files: Vec<_> = files.into_iter().collect();
    let read: Vec<Vec<(usize, Voxels)>> =
        files.par_iter().map(|(path, slices)| read_file(path, slices)).collect::<Result<_, _>>()?;
    let mut layers: Vec<(usize, Voxels)> = read.into_iter().flatten().collect();
    layers.sort_by_key(|(place, _)| *place);
    Ok(layers.into_iter().map(|(_, values)| values).collect())
}

/// The values of slices of one file in the narrowest type that holds them: 16 or 32 bits, or reals where slope or
/// intercept are fractions.
fn read_file(path: &Path, slices: &[(usize, &Slice)]) -> Result<Vec<(usize, Voxels)>, ImagingError> {
    let values = || -> Result<Vec<(usize, Voxels)>, Fault> {
        let file = DicomFile::read(path)?;
        let data = file.data_set()?;
        for tag in [tag::FLOAT_PIXEL_DATA, tag::DOUBLE_FLOAT_PIXEL_DATA] {
            if data.get(tag).is_some() {
                let (value, reason) = ("there".into(), "is not supported: pixels have to be whole numbers");
                return Err(DicomFault::Value { keyword: tag.keyword, value, reason }.into());
            }
        }
        let values = |slice: &Slice| -> Result<Voxels, Fault> {
            let stored = frame(&data, file.syntax, &slice.format, slice.frame)?;
            Ok(rescaled(stored, slice.slope, slice.intercept)?)
        };
        slices.par_iter().map(|(place, slice)| Ok((*place, values(slice)?))).collect()
    };
    values().map_err(|fault| ImagingError::new(path, fault))
}

fn rescaled(stored: Vec<i64>, slope: f64, intercept: f64) -> Result<Voxels, DicomFault> {
    let whole = |number: f64| number.fract() == 0.0 && number.abs() <= f64::from(i32::MAX);
    if !whole(slope) || !whole(intercept) {
        return Ok(Voxels::F64(stored.into_iter().map(|value| value as f64 * slope + intercept).collect()));
    }
    let (slope, intercept) = (slope as i64, intercept as i64);
    // 32 bits times 31 bits, plus 31 bits: 64 bits hold it.
    let values: Vec<i64> = stored.into_iter().map(|value| value * slope + intercept).collect();
    let (low, high) =
        values.iter().fold((0, 0), |(low, high), value| (value.min(&low).to_owned(), value.max(&high).to_owned()));
    if low >= i64::from(i16::MIN) && high <= i64::from(i16::MAX) {
        Ok(Voxels::I16(values.into_iter().map(|value| value as i16).collect()))
    } else if low >= i64::from(i32::MIN) && high <= i64::from(i32::MAX) {
        Ok(Voxels::I32(values.into_iter().map(|value| value as i32).collect()))
    } else {
        let beyond = if high > i64::from(i32::MAX) { high } else { low };
        Err(DicomFault::Overflow(beyond as f64))
    }
}

/// Puts interpolated slices where some are missing.
fn fill(layers: &mut Vec<Voxels>, missing: &[usize]) {
    if missing.iter().all(|count| *count == 0) {
        return;
    }
    let reals = |layer: &Voxels| -> Vec<f64> { on_voxels!(layer, values => values.iter().map(|v| v.real()).collect()) };
    let sources = std::mem::take(layers);
    let whole = sources.iter().all(|layer| layer.kind().is_integer());
    for (index, count) in missing.iter().enumerate() {
        let Some(before) = sources.get(index) else { continue };
        layers.push(before.clone());
        let Some(after) = sources.get(index + 1).filter(|_| *count > 0) else { continue };
        let (low, high) = (reals(before), reals(after));
        for step in 1..=*count {
            let share = step as f64 / (count + 1) as f64;
            let between = low.iter().zip(&high).map(|(a, b)| a + (b - a) * share);
            layers.push(if whole {
                Voxels::I32(between.map(|value| value.round() as i32).collect())
            } else {
                Voxels::F64(between.collect())
            });
        }
    }
}

/// Slices one after the other, in the narrowest type that holds them all.
fn joined(layers: Vec<Voxels>) -> Voxels {
    let count = layers.iter().map(Voxels::len).sum();
    macro_rules! join {
        ($variant:ident, $convert:expr) => {{
            let mut out = Vec::with_capacity(count);
            for layer in layers {
                match layer {
                    Voxels::$variant(values) => out.extend(values),
                    other => on_voxels!(&other, values => out.extend(values.iter().map(|v| $convert(v.real())))),
                }
            }
            Voxels::$variant(out)
        }};
    }
    let fits = |layer: &Voxels| match layer {
        Voxels::I16(_) => true,
        Voxels::I32(values) => values.iter().all(|value| i16::try_from(*value).is_ok()),
        _ => false,
    };
    if layers.iter().all(fits) {
        join!(I16, |value| value as i16)
    } else if layers.iter().all(|layer| layer.kind().is_integer()) {
        join!(I32, |value| value as i32)
    } else {
        join!(F64, |value| value)
    }
}
