//! What is done to image and mask before features: normalise, resample, check, reduce the region.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use super::region::Region;
use super::settings::{Normalisation, Resampling, Resegmentation, ResegmentationMode, Settings};
use crate::imaging::geometry::GeometryFault;
use crate::imaging::resample::{Outcome, resample, resample_label};
use crate::imaging::segmentation::{from_flags, label_box, labels, selected};
use crate::imaging::volume::Number;
use crate::imaging::{Fault, Geometry, GeometryMismatch, Interpolation, Volume, VoxelBox, VoxelPosition, Voxels};
use crate::on_voxels;

/// An image with its region, ready for filters.
#[derive(Clone, Debug)]
pub struct Prepared {
    pub image: Volume,
    /// The region whose intensities count.
    pub region: Region,
    /// The region whose shape counts: before its reduction by intensity, unless asked otherwise.
    pub shape_region: Region,
}

/// Why image and mask cannot be prepared.
#[derive(Debug, thiserror::Error)]
pub enum PreprocessFault {
    #[error("the mask has no voxel with label {label}; its labels are {present:?}")]
    LabelAbsent { label: u32, present: Vec<u32> },
    #[error("the region with label {label} vanished when the mask was resampled: it is thinner than the new voxels")]
    Vanished { label: u32 },
    #[error("image and mask do not share a grid: {0}; resample the mask if they show the same patient")]
    GridMismatch(Box<GeometryMismatch>),
    #[error("the region reaches out of the image by more than a rounding error")]
    OutsideImage,
    #[error("the region is a single voxel")]
    SingleVoxel,
    #[error("the region extends along {found} axes; at least {least} are asked for")]
    TooFlat { found: usize, least: usize },
    #[error("the region has {voxels} voxels; more than {least} are asked for")]
    TooSmall { voxels: usize, least: usize },
    #[error("only {left} voxels of the region lie in the range of intensities that is kept")]
    NothingLeft { left: usize },
    #[error("the image is constant, so that it cannot be normalised")]
    Constant,
    #[error("the spacing to resample to must be positive, or 0 for the mask's own: {0:?} mm")]
    Spacing([f64; 3]),
    #[error(transparent)]
    Geometry(#[from] GeometryFault),
    #[error(transparent)]
    Image(#[from] Fault),
}

/// Prepares an image and the region of its mask with the settings' label.
///
/// # Errors
/// [`PreprocessFault`].
pub fn prepare(image: Volume, mask: &Volume, settings: &Settings) -> Result<Prepared, PreprocessFault> {
    let label = settings.label;
    let Some(bounds) = label_box(mask, label) else {
        return Err(PreprocessFault::LabelAbsent { label, present: labels(mask) });
    };
    let image = match &settings.normalisation {
        Some(how) => normalise(image, how)?,
        None => image,
    };
    let mismatch = image.geometry.mismatch(&mask.geometry, settings.tolerance);
    let (image, place, inside) = match &settings.resampling {
        Some(how) => resampled(image, mask, &bounds, how, settings)?,
        None => {
            let (bounds, inside) = match mismatch {
                None => (bounds, selected(mask, label, &bounds)),
                Some(_) if settings.correct_mask => {
                    within_image(&image.geometry, &mask.geometry, &bounds)?;
                    corrected(mask, label, &image.geometry)?
                }
                Some(mismatch) => return Err(PreprocessFault::GridMismatch(Box::new(mismatch))),
            };
            if settings.crop_first {
                let kept = bounds.widened([settings.pad; 3], image.size());
                (image.cropped(&kept)?, shifted(&bounds, &kept), inside)
            } else {
                (image, bounds, inside)
            }
        }
    };
    let region = Region::new(place, image.geometry.spacing().0, inside);
    check(&region, settings)?;
    let Some(how) = &settings.resegmentation else {
        return Ok(Prepared { image, shape_region: region.clone(), region });
    };
    let reduced = resegment(&image, &region, how)?;
    check(&reduced, settings)?;
    // PyRadiomics crops both to the reduced region's box.
    let shape_region = if how.shape { reduced.clone() } else { cut(&region, &reduced.place) };
    Ok(Prepared { image, region: reduced, shape_region })
}

fn shifted(bounds: &VoxelBox, kept: &VoxelBox) -> VoxelBox {
    VoxelBox {
        low: std::array::from_fn(|axis| bounds.low[axis] - kept.low[axis]),
        high: std::array::from_fn(|axis| bounds.high[axis] - kept.low[axis]),
    }
}

/// The mask by nearest neighbour on the image's grid.
fn corrected(mask: &Volume, label: u32, grid: &Geometry) -> Result<(VoxelBox, Vec<u8>), PreprocessFault> {
    let flags = from_flags(grid.clone(), resample_label(mask, label, grid))?;
    let bounds = label_box(&flags, 1).ok_or(PreprocessFault::Vanished { label })?;
    let inside = selected(&flags, 1, &bounds);
    Ok((bounds, inside))
}

/// Intensities to mean 0 and a standard deviation (divided by n − 1) of `scale`, over the whole image, in `f64`.
///
/// # Errors
/// [`PreprocessFault::Constant`].
pub fn normalise(image: Volume, how: &Normalisation) -> Result<Volume, PreprocessFault> {
    let n = image.voxels.len() as f64;
    let (sum, squares) = on_voxels!(&image.voxels, values => {
        // Four sums at once; whole numbers add up exactly in any order.
        let mut sums = [0.0; 4];
        let mut squares = [0.0; 4];
        let chunks = values.chunks_exact(4);
        let rest = chunks.remainder();
        for chunk in chunks {
            for k in 0..4 {
                let v = chunk[k].real();
                sums[k] += v;
                squares[k] += v * v;
            }
        }
        for value in rest {
            sums[0] += value.real();
            squares[0] += value.real() * value.real();
        }
        (sums.iter().sum::<f64>(), squares.iter().sum::<f64>())
    });
    let mean = sum / n;
    let variance = (squares - sum * sum / n) / (n - 1.0);
    if !(variance.is_finite() && variance > 0.0) {
        return Err(PreprocessFault::Constant);
    }
    let (shift, inverse) = (-mean, 1.0 / variance.sqrt());
    let values: Vec<f64> = on_voxels!(&image.voxels, values => values
        .iter()
        .map(|v| {
            let z = (v.real() + shift) * inverse;
            let z = match how.outliers {
                Some(limit) if z > limit => limit,
                Some(limit) if z < -limit => -limit,
                _ => z,
            };
            z * how.scale
        })
        .collect());
    Ok(Volume { geometry: image.geometry, voxels: Voxels::F64(values) })
}

/// Refuses a region that reaches out of the image.
fn within_image(image: &Geometry, mask: &Geometry, bounds: &VoxelBox) -> Result<(), PreprocessFault> {
    let corner = |index: [usize; 3]| image.position(mask.point(VoxelPosition(index.map(|v| v as f64 - 0.5)))).0;
    let (a, b) = (corner(bounds.low), corner(bounds.high));
    let tolerance = 1e-3;
    let outside = (0..3).any(|axis| {
        a[axis].min(b[axis]) < -0.5 - tolerance || a[axis].max(b[axis]) > image.size()[axis] as f64 - 0.5 + tolerance
    });
    if outside { Err(PreprocessFault::OutsideImage) } else { Ok(()) }
}

/// NumPy's `allclose`.
fn all_close(a: [f64; 3], b: [f64; 3]) -> bool {
    (0..3).all(|axis| (a[axis] - b[axis]).abs() <= 1e-8 + 1e-5 * b[axis].abs())
}

type Placed = (Volume, VoxelBox, Vec<u8>);

/// Image and mask on PyRadiomics' grid: corners aligned, cropped to the region and a margin.
fn resampled(
    image: Volume,
    mask: &Volume,
    bounds: &VoxelBox,
    how: &Resampling,
    settings: &Settings,
) -> Result<Placed, PreprocessFault> {
    let label = settings.label;
    let old = mask.geometry.spacing().0;
    if how.spacing.iter().any(|mm| !(mm.is_finite() && *mm >= 0.0)) {
        return Err(PreprocessFault::Spacing(how.spacing));
    }
    within_image(&image.geometry, &mask.geometry, bounds)?;
    let extent = bounds.size();
    let spacing: [f64; 3] = std::array::from_fn(|axis| {
        // An axis of one slice keeps its spacing, as does one that asks for 0.
        if how.spacing[axis] == 0.0 || extent[axis] == 1 { old[axis] } else { how.spacing[axis] }
    });
    if all_close(image.geometry.spacing().0, spacing) {
        let (bounds, inside) = if image.geometry == mask.geometry {
            (*bounds, selected(mask, label, bounds))
        } else {
            corrected(mask, label, &image.geometry)?
        };
        let kept = bounds.widened([settings.pad; 3], image.size());
        return Ok((image.cropped(&kept)?, shifted(&bounds, &kept), inside));
    }
    let size = mask.size();
    let mut new_size = [0; 3];
    let mut first = [0.0; 3];
    for axis in 0..3 {
        let ratio = old[axis] / spacing[axis];
        let pad = settings.pad as f64;
        let low = ((bounds.low[axis] as f64 - 0.5) * ratio - pad).floor().max(0.0);
        let most = (size[axis] as f64 * ratio).ceil() - 1.0;
        let high = ((bounds.high[axis] as f64 - 0.5) * ratio + pad).ceil().min(most);
        let count = high - low + 1.0;
        if !(1.0..1e7).contains(&count) {
            return Err(PreprocessFault::Spacing(how.spacing));
        }
        new_size[axis] = count as usize;
        first[axis] = 0.5 * (spacing[axis] - old[axis]) / old[axis] + low / ratio;
    }
    let origin = mask.geometry.point(VoxelPosition(first));
    let grid = Geometry::new(new_size, origin, crate::imaging::Millimetres(spacing), *mask.geometry.direction())?;
    let flags = from_flags(grid.clone(), resample_label(mask, label, &grid))?;
    let place = label_box(&flags, 1).ok_or(PreprocessFault::Vanished { label })?;
    let inside = selected(&flags, 1, &place);
    drop(flags);
    let image = resample(&image, &grid, how.interpolation, Outcome::SourceType)?;
    Ok((image, place, inside))
}

fn check(region: &Region, settings: &Settings) -> Result<(), PreprocessFault> {
    let found = region.size.iter().filter(|n| **n > 1).count();
    if found == 0 {
        return Err(PreprocessFault::SingleVoxel);
    }
    if found < settings.least_dimensions {
        return Err(PreprocessFault::TooFlat { found, least: settings.least_dimensions });
    }
    if let Some(least) = settings.least_voxels
        && region.voxels <= least
    {
        return Err(PreprocessFault::TooSmall { voxels: region.voxels, least });
    }
    Ok(())
}

/// The part of a region inside another box of the same image.
fn cut(region: &Region, place: &VoxelBox) -> Region {
    let [nx, ny, _] = region.size;
    let mut inside = Vec::with_capacity(place.voxels());
    for z in place.low[2]..place.high[2] {
        for y in place.low[1]..place.high[1] {
            let row = ((z - region.place.low[2]) * ny + y - region.place.low[1]) * nx;
            let (from, to) = (place.low[0] - region.place.low[0], place.high[0] - region.place.low[0]);
            inside.extend_from_slice(&region.inside[row + from..row + to]);
        }
    }
    Region::new(*place, region.spacing, inside)
}

/// The region without voxels outside a range of intensities.
///
/// # Errors
/// [`PreprocessFault::NothingLeft`] when at most one voxel remains.
pub fn resegment(image: &Volume, region: &Region, how: &Resegmentation) -> Result<Region, PreprocessFault> {
    let values = image.reals(&region.place);
    let own: Vec<f64> = region.gather(&values, |v| v);
    let n = own.len() as f64;
    let absolute = |threshold: f64| match how.mode {
        ResegmentationMode::Absolute => threshold,
        ResegmentationMode::Relative => threshold * own.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        ResegmentationMode::Sigma => {
            let mean = own.iter().sum::<f64>() / n;
            let variance = own.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>() / n;
            mean + variance.sqrt() * threshold
        }
    };
    let low = absolute(how.low);
    let high = how.high.map(absolute);
    let flags: Vec<u8> = region
        .inside
        .iter()
        .zip(&values)
        .map(|(flag, v)| u8::from(*flag != 0 && *v >= low && high.is_none_or(|high| *v <= high)))
        .collect();
    let left = flags.iter().filter(|v| **v != 0).count();
    if left <= 1 {
        return Err(PreprocessFault::NothingLeft { left });
    }
    let reduced = Region::new(region.place, region.spacing, flags);
    let [nx, ny, _] = region.size;
    let mut low = region.size;
    let mut high = [0; 3];
    for (at, flag) in reduced.inside.iter().enumerate() {
        if *flag != 0 {
            for (axis, index) in [at % nx, at / nx % ny, at / nx / ny].into_iter().enumerate() {
                low[axis] = low[axis].min(index);
                high[axis] = high[axis].max(index + 1);
            }
        }
    }
    let place = VoxelBox {
        low: std::array::from_fn(|axis| region.place.low[axis] + low[axis]),
        high: std::array::from_fn(|axis| region.place.low[axis] + high[axis]),
    };
    Ok(cut(&reduced, &place))
}

/// The interpolation that a SimpleITK name means, where it is offered.
pub fn interpolation_named(name: &str) -> Option<Interpolation> {
    match name {
        "sitkNearestNeighbor" => Some(Interpolation::Nearest),
        "sitkLinear" => Some(Interpolation::Linear),
        "sitkBSpline" => Some(Interpolation::BSpline),
        _ => None,
    }
}
