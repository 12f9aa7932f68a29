//! Slices through a region for eyes to check a mask: axial, coronal and sagittal, with the region's outline.
//!
//! Each plane is seen as radiologists see it: the patient's right is on the left of axial and coronal slices, anterior
//! is on the left of the sagittal one, and superior is at the top of both upright ones. On an oblique grid a slice is
//! the plane of the grid that comes nearest to the anatomical one, never an interpolated one. It goes through the
//! region's centre of mass, or where that plane misses the region, through the nearest one that does not.

use super::contour::outlines;
use super::error::Fault;
use super::geometry::{Geometry, VoxelBox};
use super::segmentation::{label_box, labels, selected};
use super::volume::{Number, Volume};
use crate::on_voxels;

/// The plane of a slice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plane {
    Axial,
    Coronal,
    Sagittal,
}

/// Grey levels: `level` is the middle, black is half of `width` below it and white half above.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Window {
    pub level: f64,
    pub width: f64,
}

impl Window {
    /// A value as grey from 0, black, to 255, white.
    pub fn grey(&self, value: f64) -> u8 {
        let share = (value - self.level) / self.width + 0.5;
        (share * 255.0).round().clamp(0.0, 255.0) as u8
    }
}

/// One slice, its pixels row by row from the upper left.
#[derive(Clone, Debug, PartialEq)]
pub struct Slice {
    pub plane: Plane,
    /// Which voxel of the grid along the axis that the slice is across, from 0.
    pub index: usize,
    pub columns: usize,
    pub rows: usize,
    /// Width and height of a pixel in millimetres.
    pub pixel: [f64; 2],
    pub values: Vec<f64>,
    /// Closed polygons around the region, in pixels from the upper left corner of the slice.
    pub outlines: Vec<Vec<[f64; 2]>>,
}

/// What of an image is shown.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// Millimetres around the region; none for whole slices.
    pub margin: Option<f64>,
    /// None for one that follows from the region's values and those around it.
    pub window: Option<Window>,
}

impl Default for View {
    fn default() -> View {
        View { margin: Some(20.0), window: None }
    }
}

/// The three slices through the region of `mask` with `label`, and the window to show them in.
///
/// # Errors
/// [`Fault::GridMismatch`] when image and mask do not share a grid, [`Fault::LabelAbsent`] when there is no such region.
pub fn through(image: &Volume, mask: &Volume, label: u32, view: &View) -> Result<([Slice; 3], Window), Fault> {
    if let Some(found) = image.geometry.mismatch(&mask.geometry, 1e-3) {
        return Err(Fault::GridMismatch(Box::new(found)));
    }
    let Some(region) = label_box(mask, label) else {
        return Err(Fault::LabelAbsent { label, present: labels(mask) });
    };
    let inside = selected(mask, label, &region);
    let spacing = image.geometry.spacing().0;
    let shown = match view.margin {
        Some(margin) => {
            let voxels = spacing.map(|length| (margin.max(0.0) / length).ceil().min(1e9) as usize);
            region.widened(voxels, image.size())
        }
        None => image.whole(),
    };
    let axes = anatomical(&image.geometry);
    let slices = [Plane::Axial, Plane::Coronal, Plane::Sagittal].map(|plane| {
        let walks = orientation(plane, &axes);
        let index = middle(&inside, &region, walks[2].axis);
        cut(image, &inside, &region, &shown, plane, index, walks)
    });
    let window = view.window.unwrap_or_else(|| {
        let values = image.reals(&region).into_iter().zip(&inside).filter(|(_, flag)| **flag != 0);
        spread(values.map(|(value, _)| value).collect(), &slices)
    });
    Ok((slices, window))
}

/// An axis of the grid, and whether it is walked backwards.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Walk {
    axis: usize,
    backwards: bool,
}

/// For left, posterior and superior: the axis of the grid that runs most along it, and whether it runs against it.
fn anatomical(geometry: &Geometry) -> [Walk; 3] {
    let direction = geometry.direction();
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let along = |order: &[usize; 3]| (0..3).map(|row| direction[row][order[row]].abs()).sum::<f64>();
    let mut best = orders[0];
    for order in orders {
        if along(&order) > along(&best) + 1e-9 {
            best = order;
        }
    }
    std::array::from_fn(|row| Walk { axis: best[row], backwards: direction[row][best[row]] < 0.0 })
}

/// Across, down, and through a slice.
fn orientation(plane: Plane, [left, posterior, superior]: &[Walk; 3]) -> [Walk; 3] {
    let inferior = Walk { backwards: !superior.backwards, ..*superior };
    match plane {
        Plane::Axial => [*left, *posterior, *superior],
        Plane::Coronal => [*left, inferior, *posterior],
        Plane::Sagittal => [*posterior, inferior, *left],
    }
}

/// Where the region's centre lies along an axis, or the nearest place that the region has.
fn middle(inside: &[u8], region: &VoxelBox, axis: usize) -> usize {
    let size = region.size();
    let mut counts = vec![0u64; size[axis]];
    for (index, flag) in inside.iter().enumerate() {
        let at = [index % size[0], index / size[0] % size[1], index / (size[0] * size[1])];
        counts[at[axis]] += u64::from(*flag);
    }
    let total: u64 = counts.iter().sum();
    let moment: f64 = counts.iter().enumerate().map(|(at, count)| at as f64 * *count as f64).sum();
    let centre = moment / total.max(1) as f64;
    let distance = |at: usize| (at as f64 - centre).abs();
    let filled = (0..counts.len()).filter(|at| counts[*at] > 0);
    let nearest = filled.min_by(|a, b| distance(*a).total_cmp(&distance(*b)));
    region.low[axis] + nearest.unwrap_or(0)
}

fn cut(
    image: &Volume,
    inside: &[u8],
    region: &VoxelBox,
    shown: &VoxelBox,
    plane: Plane,
    index: usize,
    [across, down, through]: [Walk; 3],
) -> Slice {
    let (columns, rows) = (shown.size()[across.axis], shown.size()[down.axis]);
    let place = |walk: Walk, at: usize| {
        if walk.backwards { shown.high[walk.axis] - 1 - at } else { shown.low[walk.axis] + at }
    };
    let voxel = |x: usize, y: usize| {
        let mut at = [0; 3];
        at[across.axis] = place(across, x);
        at[down.axis] = place(down, y);
        at[through.axis] = index;
        at
    };
    let [nx, ny, _] = image.size();
    let mut values = Vec::with_capacity(columns * rows);
    on_voxels!(&image.voxels, voxels => for y in 0..rows {
        for x in 0..columns {
            let [i, j, k] = voxel(x, y);
            values.push(voxels[(k * ny + j) * nx + i].real());
        }
    });
    let size = region.size();
    let flagged = |x: usize, y: usize| {
        let at = voxel(x, y);
        if (0..3).any(|axis| at[axis] < region.low[axis] || at[axis] >= region.high[axis]) {
            return false;
        }
        let [i, j, k]: [usize; 3] = std::array::from_fn(|axis| at[axis] - region.low[axis]);
        inside[(k * size[1] + j) * size[0] + i] == 1
    };
    // Outlines are in voxels around centres; a slice's pixels start at its corner.
    let outlines = outlines([columns, rows], &flagged)
        .into_iter()
        .map(|outline| outline.into_iter().map(|[x, y]| [x + 0.5, y + 0.5]).collect())
        .collect();
    let spacing = image.geometry.spacing().0;
    Slice { plane, index, columns, rows, pixel: [spacing[across.axis], spacing[down.axis]], values, outlines }
}

/// The 1st and the 99th percentile.
fn percentiles(mut values: Vec<f64>) -> (f64, f64) {
    values.retain(|value| value.is_finite());
    values.sort_by(f64::total_cmp);
    let at = |share: f64| values.get((values.len().saturating_sub(1) as f64 * share).round() as usize).copied();
    (at(0.01).unwrap_or(0.0), at(0.99).unwrap_or(0.0))
}

/// A window that shows what the region differs from: its own spread and one and a half of it on either side, as far as
/// the slices' values reach.
fn spread(own: Vec<f64>, slices: &[Slice; 3]) -> Window {
    let (darkest, brightest) = percentiles(slices.iter().flat_map(|slice| slice.values.iter().copied()).collect());
    let (low, high) = percentiles(own);
    let beside = 1.5 * (high - low);
    let (low, high) = match ((low - beside).max(darkest), (high + beside).min(brightest)) {
        (low, high) if low < high => (low, high),
        // A region of one value, or one that the slices hardly meet.
        _ => (darkest, brightest),
    };
    Window { level: low + (high - low) / 2.0, width: (high - low).max(f64::MIN_POSITIVE.max(1e-12 * high.abs())) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{Millimetres, Voxels};

    const SIZE: [usize; 3] = [6, 5, 4];

    /// A volume whose value says its voxel (zyx), and a mask of one block; along x the grid may run to the right.
    fn example(sign: f64) -> (Volume, Volume) {
        let direction = [[sign, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        let geometry = Geometry::new(SIZE, Millimetres([0.0; 3]), Millimetres([0.5, 0.75, 2.0]), direction).unwrap();
        let (mut values, mut flags) = (Vec::new(), Vec::new());
        for z in 0..4 {
            for y in 0..5 {
                for x in 0..6 {
                    values.push((100 * z + 10 * y + x) as i16);
                    flags.push(u8::from((1..3).contains(&x) && (2..5).contains(&y) && (1..2).contains(&z)));
                }
            }
        }
        let image = Volume::new(geometry.clone(), Voxels::I16(values)).unwrap();
        (image, Volume::new(geometry, Voxels::U8(flags)).unwrap())
    }

    #[test]
    fn planes_are_seen_as_radiologists_see_them() {
        let (image, mask) = example(1.0);
        let ([axial, coronal, sagittal], _) = through(&image, &mask, 1, &View { margin: None, window: None }).unwrap();
        assert_eq!((axial.index, axial.columns, axial.rows, axial.pixel), (1, 6, 5, [0.5, 0.75]));
        assert_eq!(axial.values[..3], [100.0, 101.0, 102.0]);
        assert_eq!(axial.outlines, [[[1.0, 2.0], [3.0, 2.0], [3.0, 5.0], [1.0, 5.0]]]);
        // Superior is at the top.
        assert_eq!((coronal.index, coronal.columns, coronal.rows, coronal.pixel), (3, 6, 4, [0.5, 2.0]));
        assert_eq!((coronal.values[0], coronal.values[18]), (330.0, 30.0));
        assert_eq!(coronal.outlines, [[[1.0, 2.0], [3.0, 2.0], [3.0, 3.0], [1.0, 3.0]]]);
        assert_eq!((sagittal.index, sagittal.columns, sagittal.rows), (1, 5, 4));
        assert_eq!(sagittal.values[..2], [301.0, 311.0]);
        // A grid that runs to the right is turned, so that the patient's right stays on the left.
        let (image, mask) = example(-1.0);
        let ([axial, ..], _) = through(&image, &mask, 1, &View { margin: None, window: None }).unwrap();
        assert_eq!(axial.values[..3], [105.0, 104.0, 103.0]);
        assert_eq!(axial.outlines, [[[3.0, 2.0], [5.0, 2.0], [5.0, 5.0], [3.0, 5.0]]]);
    }

    #[test]
    fn margins_windows_and_faults() {
        let (image, mask) = example(1.0);
        let ([axial, ..], window) = through(&image, &mask, 1, &View { margin: Some(0.5), window: None }).unwrap();
        assert_eq!((axial.columns, axial.rows), (4, 4));
        assert!(window.width > 0.0);
        assert_eq!(Window { level: 50.0, width: 400.0 }.grey(-150.0), 0);
        assert_eq!(Window { level: 50.0, width: 400.0 }.grey(50.0), 128);
        assert_eq!(Window { level: 50.0, width: 400.0 }.grey(1e9), 255);
        assert!(matches!(through(&image, &mask, 2, &View::default()), Err(Fault::LabelAbsent { .. })));
        let (other, _) = example(-1.0);
        assert!(matches!(through(&other, &mask, 1, &View::default()), Err(Fault::GridMismatch(_))));
    }

    #[test]
    fn a_plane_that_misses_the_region_is_moved() {
        // Two blocks with nothing between: the centre of mass lies in the gap.
        let geometry = Geometry::axis_aligned([5, 1, 1], [1.0; 3]).unwrap();
        let image = Volume::new(geometry.clone(), Voxels::I16(vec![0, 1, 2, 3, 4])).unwrap();
        let mask = Volume::new(geometry, Voxels::U8(vec![1, 0, 0, 0, 1])).unwrap();
        let ([.., sagittal], _) = through(&image, &mask, 1, &View::default()).unwrap();
        assert!(sagittal.index == 0 && !sagittal.outlines.is_empty());
    }
}
