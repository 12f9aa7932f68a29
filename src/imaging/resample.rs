//! Voxels on another grid: nearest neighbour, trilinear, cubic B-spline.
//!
//! The arithmetic is that of ITK's `ResampleImageFilter`, because two things of it reach the features: ties of
//! nearest neighbours, and the truncation (not rounding) of real values to whole voxel types. The spline is the
//! interpolating one with mirrored borders; its recursive prefilter has a pole of √3 − 2 whose memory is below
//! rounding after 48 voxels, so only the needed box and that margin are filtered.
//! Source: Unser, IEEE Signal Processing Magazine 16(6):22 (1999).

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use std::collections::BTreeMap;

use super::error::Fault;
use super::geometry::{Geometry, VoxelBox};
use super::volume::{Number, Volume, VoxelType, Voxels};
use crate::on_voxels;

/// How a value between voxel centres is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Interpolation {
    Nearest,
    Linear,
    #[default]
    BSpline,
}

/// What becomes of interpolated values of a whole-number image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The type of the source; fractions are dropped towards zero, as ITK does.
    SourceType,
    /// `f64`, not rounded.
    Real,
}

/// √3 − 2 as ITK computes it: the rounded root less 2, not the rounded difference.
const POLE: f64 = 1.732_050_807_568_877_2 - 2.0;
const MEMORY: usize = 48;
const HORIZON: usize = 18; // ceil(ln 1e-10 / ln |pole|), ITK's tolerance
/// Splines are summed along the axes for speed; a value this near a whole number is summed again in ITK's order,
/// so that truncation falls on the same side.
const NEAR_WHOLE: f64 = 1e-6;

/// Where each voxel of a grid lies on the source's grid, one row of voxels at a time.
struct Rows<'a> {
    grid: &'a Geometry,
    source: &'a Geometry,
}

impl Rows<'_> {
    /// The positions of the row's first voxel and of the one after its last; voxels between are interpolated.
    fn ends(&self, y: usize, z: usize) -> ([f64; 3], [f64; 3]) {
        let at = |x: usize| self.source.position(self.grid.centre([x, y, z])).0;
        (at(0), at(self.grid.size()[0]))
    }

    fn between(&self, ends: &([f64; 3], [f64; 3]), x: usize) -> [f64; 3] {
        let alpha = x as f64 / self.grid.size()[0] as f64;
        std::array::from_fn(|axis| ends.0[axis] + (ends.1[axis] - ends.0[axis]) * alpha)
    }

    /// Positions along each axis, when the grids are parallel so that the axes separate.
    fn separable(&self) -> Option<[Vec<f64>; 3]> {
        let [nx, ny, nz] = self.grid.size();
        let first = self.ends(0, 0);
        let axes = [
            (0..nx).map(|x| self.between(&first, x)[0]).collect::<Vec<_>>(),
            (0..ny).map(|y| self.ends(y, 0).0[1]).collect(),
            (0..nz).map(|z| self.ends(0, z).0[2]).collect(),
        ];
        for z in [0, nz - 1] {
            for y in [0, ny - 1] {
                let ends = self.ends(y, z);
                for x in [0, nx - 1] {
                    let at = self.between(&ends, x);
                    let nominal = [axes[0][x], axes[1][y], axes[2][z]];
                    if (0..3).any(|axis| (at[axis] - nominal[axis]).abs() > 1e-7) {
                        return None;
                    }
                }
            }
        }
        Some(axes)
    }
}

fn inside(position: f64, length: usize) -> bool {
    position >= -0.5 && position < length as f64 - 0.5
}

/// The image on `grid`; voxels outside the source are 0.
///
/// # Errors
/// [`Fault`] when the result cannot be addressed.
pub fn resample(
    source: &Volume,
    grid: &Geometry,
    interpolation: Interpolation,
    outcome: Outcome,
) -> Result<Volume, Fault> {
    let rows = Rows { grid, source: &source.geometry };
    let kind = match outcome {
        Outcome::SourceType => source.voxels.kind(),
        Outcome::Real => VoxelType::F64,
    };
    let values = match interpolation {
        Interpolation::Nearest => pointwise(source, &rows, nearest),
        Interpolation::Linear => pointwise(source, &rows, linear),
        Interpolation::BSpline => spline(source, &rows, kind.is_integer()),
    };
    Volume::new(grid.clone(), kind.cast(values))
}

/// Which voxels of `grid` have `label` by nearest neighbour: 1 or 0.
pub fn resample_label(mask: &Volume, label: u32, grid: &Geometry) -> Vec<u8> {
    let rows = Rows { grid, source: &mask.geometry };
    let size = mask.size();
    let [nx, ny, nz] = grid.size();
    let mut out = Vec::with_capacity(grid.voxels());
    on_voxels!(&mask.voxels, values => for z in 0..nz {
        for y in 0..ny {
            let ends = rows.ends(y, z);
            for x in 0..nx {
                let at = rows.between(&ends, x);
                let hit = (0..3).all(|axis| inside(at[axis], size[axis]));
                let value = if hit { values[nearest_index(&at, size)].real() } else { 0.0 };
                out.push(u8::from(value >= 0.0 && value as u32 == label));
            }
        }
    });
    out
}

fn nearest_index(at: &[f64; 3], size: [usize; 3]) -> usize {
    let index: [usize; 3] =
        std::array::from_fn(|axis| ((at[axis] + 0.5).floor().max(0.0) as usize).min(size[axis] - 1));
    (index[2] * size[1] + index[1]) * size[0] + index[0]
}

fn pointwise(source: &Volume, rows: &Rows<'_>, value: fn(&Voxels, [usize; 3], &[f64; 3]) -> f64) -> Vec<f64> {
    let [nx, ny, nz] = rows.grid.size();
    let size = source.size();
    let mut out = Vec::with_capacity(nx * ny * nz);
    for z in 0..nz {
        for y in 0..ny {
            let ends = rows.ends(y, z);
            for x in 0..nx {
                let at = rows.between(&ends, x);
                let hit = (0..3).all(|axis| inside(at[axis], size[axis]));
                out.push(if hit { value(&source.voxels, size, &at) } else { 0.0 });
            }
        }
    }
    out
}

fn get(voxels: &Voxels, index: usize) -> f64 {
    on_voxels!(voxels, values => values.get(index).map_or(0.0, |value| value.real()))
}

fn nearest(voxels: &Voxels, size: [usize; 3], at: &[f64; 3]) -> f64 {
    get(voxels, nearest_index(at, size))
}

fn linear(voxels: &Voxels, size: [usize; 3], at: &[f64; 3]) -> f64 {
    let base: [usize; 3] = std::array::from_fn(|axis| (at[axis].floor().max(0.0) as usize).min(size[axis] - 1));
    let next: [usize; 3] = std::array::from_fn(|axis| (base[axis] + 1).min(size[axis] - 1));
    let part: [f64; 3] = std::array::from_fn(|axis| (at[axis] - base[axis] as f64).max(0.0));
    let corner = |x: usize, y: usize, z: usize| get(voxels, (z * size[1] + y) * size[0] + x);
    let mix = |a: f64, b: f64, t: f64| a + (b - a) * t;
    let edge = |y: usize, z: usize| mix(corner(base[0], y, z), corner(next[0], y, z), part[0]);
    let face = |z: usize| mix(edge(base[1], z), edge(next[1], z), part[1]);
    mix(face(base[2]), face(next[2]), part[2])
}

/// The four source indices and weights of a position along one axis; mirrored at the borders.
fn support(position: f64, length: usize) -> ([usize; 4], [f64; 4]) {
    // ITK takes the floor in single precision.
    let first = (position as f32).floor() as i64 - 1;
    let w = position - (first + 1) as f64;
    let w3 = (1.0 / 6.0) * w * w * w;
    let w0 = (1.0 / 6.0) + 0.5 * w * (w - 1.0) - w3;
    let w2 = w + w0 - 2.0 * w3;
    let w1 = 1.0 - w0 - w2 - w3;
    let end = length as i64 - 1;
    let index = std::array::from_fn(|k| {
        let mut index = first + k as i64;
        if length == 1 {
            return 0;
        }
        if index < 0 {
            index = -index;
        }
        if index >= end {
            index = end - (index - end);
        }
        index.clamp(0, end) as usize
    });
    (index, [w0, w1, w2, w3])
}

/// Spline coefficients of a box of the source.
struct Coefficients {
    region: VoxelBox,
    size: [usize; 3],
    values: Vec<f64>,
}

impl Coefficients {
    fn new(source: &Volume, needed: &VoxelBox) -> Coefficients {
        let region = needed.widened([MEMORY; 3], source.size());
        let mut values = source.reals(&region);
        let size = region.size();
        let [nx, ny, nz] = size;
        if nx > 1 {
            for row in values.chunks_exact_mut(nx) {
                prefilter(row, 1, nx);
            }
        }
        if ny > 1 {
            for plane in values.chunks_exact_mut(nx * ny) {
                prefilter(plane, nx, ny);
            }
        }
        if nz > 1 {
            prefilter(&mut values, nx * ny, nz);
        }
        Coefficients { region, size, values }
    }

    fn row(&self, y: usize, z: usize) -> &[f64] {
        let start = ((z - self.region.low[2]) * self.size[1] + (y - self.region.low[1])) * self.size[0];
        &self.values[start..start + self.size[0]]
    }

    /// The value at a position, summed in ITK's order.
    fn exact(&self, at: &[f64; 3], size: [usize; 3]) -> f64 {
        let (xs, wx) = support(at[0], size[0]);
        let (ys, wy) = support(at[1], size[1]);
        let (zs, wz) = support(at[2], size[2]);
        let mut sum = 0.0;
        for k in 0..4 {
            for j in 0..4 {
                let row = self.row(ys[j], zs[k]);
                for i in 0..4 {
                    sum += wx[i] * wy[j] * wz[k] * row[xs[i] - self.region.low[0]];
                }
            }
        }
        sum
    }
}

/// Turns samples into spline coefficients along an axis: `length` steps of `lanes` numbers, lanes side by side.
fn prefilter(values: &mut [f64], lanes: usize, length: usize) {
    let gain = (1.0 - POLE) * (1.0 - 1.0 / POLE);
    for value in values.iter_mut() {
        *value *= gain;
    }
    // Causal start for mirrored borders.
    let mut start = values[..lanes].to_vec();
    if HORIZON < length {
        let mut power = POLE;
        for n in 1..HORIZON {
            for (sum, value) in start.iter_mut().zip(&values[n * lanes..(n + 1) * lanes]) {
                *sum += power * value;
            }
            power *= POLE;
        }
    } else {
        let inverse = 1.0 / POLE;
        let mut power = POLE;
        let mut back = POLE.powi(length as i32 - 1);
        for (sum, value) in start.iter_mut().zip(&values[(length - 1) * lanes..]) {
            *sum += back * value;
        }
        back = back * back * inverse;
        for n in 1..length - 1 {
            for (sum, value) in start.iter_mut().zip(&values[n * lanes..(n + 1) * lanes]) {
                *sum += (power + back) * value;
            }
            power *= POLE;
            back *= inverse;
        }
        for sum in &mut start {
            *sum /= 1.0 - power * power;
        }
    }
    values[..lanes].copy_from_slice(&start);
    for n in 1..length {
        let (before, after) = values.split_at_mut(n * lanes);
        for (value, previous) in after[..lanes].iter_mut().zip(&before[(n - 1) * lanes..]) {
            *value += POLE * previous;
        }
    }
    let (before, last) = values.split_at_mut((length - 1) * lanes);
    for (value, previous) in last.iter_mut().zip(&before[(length - 2) * lanes..]) {
        *value = (POLE / (POLE * POLE - 1.0)) * (POLE * previous + *value);
    }
    for n in (0..length - 1).rev() {
        let (before, after) = values.split_at_mut((n + 1) * lanes);
        for (value, next) in before[n * lanes..].iter_mut().zip(&after[..lanes]) {
            *value = POLE * (next - *value);
        }
    }
}

fn spline(source: &Volume, rows: &Rows<'_>, truncated: bool) -> Vec<f64> {
    let size = source.size();
    let Some(axes) = rows.separable() else {
        let coefficients = Coefficients::new(source, &source.whole());
        let [nx, ny, nz] = rows.grid.size();
        let mut out = Vec::with_capacity(nx * ny * nz);
        for z in 0..nz {
            for y in 0..ny {
                let ends = rows.ends(y, z);
                for x in 0..nx {
                    let at = rows.between(&ends, x);
                    let hit = (0..3).all(|axis| inside(at[axis], size[axis]));
                    out.push(if hit { coefficients.exact(&at, size) } else { 0.0 });
                }
            }
        }
        return out;
    };
    let supports: [Vec<Support>; 3] = std::array::from_fn(|axis| {
        axes[axis].iter().map(|p| inside(*p, size[axis]).then(|| support(*p, size[axis]))).collect()
    });
    let used = |axis: usize| {
        let indices = || supports[axis].iter().flatten().flat_map(|(index, _)| index.iter().copied());
        // A voxel more each way: rounding may move the support of a single voxel by one.
        (indices().min().unwrap_or(0).saturating_sub(1), (indices().max().unwrap_or(0) + 2).min(size[axis]))
    };
    let [x, y, z] = [used(0), used(1), used(2)];
    let needed = VoxelBox { low: [x.0, y.0, z.0], high: [x.1, y.1, z.1] };
    let coefficients = Coefficients::new(source, &needed);
    let [nx, ny, nz] = rows.grid.size();
    let mut out = vec![0.0; nx * ny * nz];
    let mut planes: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    let mut lines = vec![0.0; (y.1 - y.0) * nx];
    for (k, plane_support) in supports[2].iter().enumerate() {
        let Some((zs, wz)) = plane_support else { continue };
        let lowest = zs.iter().copied().min().unwrap_or(0);
        planes.retain(|index, _| *index >= lowest);
        for index in zs {
            planes
                .entry(*index)
                .or_insert_with(|| plane(&coefficients, *index, (y.0, y.1), &supports[0], &supports[1], &mut lines));
        }
        let target = &mut out[k * nx * ny..(k + 1) * nx * ny];
        let parts: Vec<&[f64]> = zs.iter().filter_map(|index| planes.get(index).map(Vec::as_slice)).collect();
        if let [a, b, c, d] = parts[..] {
            for (i, value) in target.iter_mut().enumerate() {
                *value = wz[0] * a[i] + wz[1] * b[i] + wz[2] * c[i] + wz[3] * d[i];
            }
        }
        if !truncated {
            continue;
        }
        for (j, line) in target.chunks_exact_mut(nx).enumerate() {
            if supports[1][j].is_none() {
                continue;
            }
            let mut ends = None;
            for (i, value) in line.iter_mut().enumerate() {
                if (*value - value.round()).abs() < NEAR_WHOLE && supports[0][i].is_some() {
                    let at = rows.between(ends.get_or_insert_with(|| rows.ends(j, k)), i);
                    *value = coefficients.exact(&at, size);
                }
            }
        }
    }
    out
}

/// Source indices and weights of one output voxel along an axis; none outside the source.
type Support = Option<([usize; 4], [f64; 4])>;
type AxisSupport = [Support];

/// One plane of the source, interpolated along x and y.
fn plane(
    coefficients: &Coefficients,
    z: usize,
    used_y: (usize, usize),
    along_x: &AxisSupport,
    along_y: &AxisSupport,
    lines: &mut [f64],
) -> Vec<f64> {
    let nx = along_x.len();
    let low = coefficients.region.low[0];
    for y in used_y.0..used_y.1 {
        let row = coefficients.row(y, z);
        let line = &mut lines[(y - used_y.0) * nx..][..nx];
        for (value, support) in line.iter_mut().zip(along_x) {
            *value = support.map_or(0.0, |(index, w)| {
                w[0] * row[index[0] - low]
                    + w[1] * row[index[1] - low]
                    + w[2] * row[index[2] - low]
                    + w[3] * row[index[3] - low]
            });
        }
    }
    let mut plane = vec![0.0; nx * along_y.len()];
    for (target, support) in plane.chunks_exact_mut(nx).zip(along_y) {
        let Some((index, w)) = support else { continue };
        let [a, b, c, d] = index.map(|y| &lines[(y - used_y.0) * nx..][..nx]);
        for (i, value) in target.iter_mut().enumerate() {
            *value = w[0] * a[i] + w[1] * b[i] + w[2] * c[i] + w[3] * d[i];
        }
    }
    plane
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::geometry::Millimetres;

    fn ramp() -> Volume {
        let geometry = Geometry::axis_aligned([6, 5, 4], [1.0, 2.0, 3.0]).unwrap();
        let values = (0..120).map(|i| ((i * 7919) % 101) as f64).collect();
        Volume::new(geometry, Voxels::F64(values)).unwrap()
    }

    #[test]
    fn the_same_grid_gives_the_same_values() {
        for method in [Interpolation::Nearest, Interpolation::Linear, Interpolation::BSpline] {
            let back = resample(&ramp(), &ramp().geometry, method, Outcome::Real).unwrap();
            let (Voxels::F64(a), Voxels::F64(b)) = (&back.voxels, &ramp().voxels) else { panic!() };
            for (x, y) in a.iter().zip(b) {
                assert!((x - y).abs() < 1e-10, "{method:?}");
            }
        }
    }

    #[test]
    fn the_quick_sum_is_the_exact_sum() {
        let source = ramp();
        let grid = Geometry::new(
            [9, 8, 7],
            Millimetres([-0.2, 0.3, 0.1]),
            Millimetres([0.6, 1.1, 1.3]),
            *source.geometry.direction(),
        )
        .unwrap();
        let quick = resample(&source, &grid, Interpolation::BSpline, Outcome::Real).unwrap();
        let Voxels::F64(quick) = &quick.voxels else { panic!() };
        let rows = Rows { grid: &grid, source: &source.geometry };
        let coefficients = Coefficients::new(&source, &source.whole());
        for (i, value) in quick.iter().enumerate() {
            let at = rows.between(&rows.ends((i / 9) % 8, i / 72), i % 9);
            assert!((coefficients.exact(&at, source.size()) - value).abs() < 1e-10);
        }
    }

    #[test]
    fn outside_is_zero_and_one_slice_stays() {
        let flat = Volume::new(Geometry::axis_aligned([4, 4, 1], [1.0; 3]).unwrap(), Voxels::I16(vec![7; 16])).unwrap();
        let grid = Geometry::new(
            [3, 1, 1],
            Millimetres([-5.0, 1.0, 0.0]),
            Millimetres([6.0, 1.0, 1.0]),
            *flat.geometry.direction(),
        )
        .unwrap();
        let out = resample(&flat, &grid, Interpolation::BSpline, Outcome::Real).unwrap();
        let Voxels::F64(values) = out.voxels else { panic!() };
        assert!(values[0] == 0.0 && (values[1] - 7.0).abs() < 1e-10 && values[2] == 0.0);
    }
}
