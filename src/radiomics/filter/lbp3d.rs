//! Local binary patterns in space, by spherical harmonics, as PyRadiomics defines them.
//!
//! The sphere is an icosahedron whose edges are halved some times. Its samples are cubic splines in the arithmetic of
//! SciPy's `map_coordinates`, step for step, because whether a neighbour is as bright as the voxel may hang on the last
//! digit.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use std::collections::BTreeMap;
use std::f64::consts::PI;

use super::{Derived, Filter, Offered};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::{Volume, VoxelBox, VoxelType};
use crate::radiomics::region::Region;

pub static CARD: Card = Card {
    name: "LBP3D",
    title: "Local binary patterns in space",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "levels",
            domain: Domain::Integer { low: 1, high: 8 },
            default: Initial::Integer(2),
            summary: "How many degrees of spherical harmonics give an image each.",
        },
        Parameter {
            name: "radius",
            domain: Domain::RealOpen { low: 0.0, high: 64.0 },
            default: Initial::Real(1.0),
            summary: "Radius of the sphere of neighbours, in voxels.",
        },
        Parameter {
            name: "subdivision",
            domain: Domain::Integer { low: 0, high: 4 },
            default: Initial::Integer(1),
            summary: "How often the icosahedron's edges are halved: 12, 42, 162, 642 or 2562 neighbours.",
        },
    ],
    summary: "Whether neighbours on a sphere are as bright as the voxel, whatever the rotation.",
    documentation: "Neighbours lie on a sphere around the voxel; their values are cubic splines, and 0 beyond the image. \
A neighbour counts 1 if it is at least as bright as the voxel. The pattern's part of degree n in spherical harmonics \
gives the image `m` n + 1: the norm over the sphere of Σ_m c_m Y_m. The image `k` is the kurtosis, less 3, of the \
sampled values; −3 where all are equal. As in PyRadiomics, the harmonics take the two angles in SciPy's order and are \
not conjugated, and values are not scaled to the voxels' spacing. On images of whole numbers the samples are rounded. Patterns that are alike up to a rotation have values that differ by \
rounding, so a feature that counts what lies beyond a percentile can differ between machines, in PyRadiomics too.",
    references: &["Banerjee J, Moelker A, Niessen WJ, van Walsum T. 3D LBP-based rotationally invariant region \
description. ACCV 2012 Workshops, LNCS 7728:26-37."],
    example: "features radiomics from ct\n  discretize to width 0.2\n  filter original, LBP3D(levels = 2)",
};

pub static OFFERED: Offered = Offered {
    card: &CARD,
    make: |settings| {
        Ok(Filter::Lbp3d(Settings {
            levels: settings.count("levels"),
            radius: settings.real("radius"),
            subdivision: settings.count("subdivision"),
        }))
    },
};

/// The filter's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub levels: usize,
    /// In voxels.
    pub radius: f64,
    pub subdivision: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { levels: 2, radius: 1.0, subdivision: 1 }
    }
}

/// Half a short and half a long edge of the three rectangles that span an icosahedron of radius 1.
const SHORT: f64 = 0.525_731_112_119_133_6;
const LONG: f64 = 0.850_650_808_352_04;

/// Corners of an icosahedron whose edges are halved `subdivision` times, pushed out to `radius`: in the order of
/// trimesh, on which the last digit of a sum in single precision hangs.
fn sphere(radius: f64, subdivision: usize) -> Vec<[f64; 3]> {
    let mut corners: Vec<[f64; 3]> = Vec::new();
    for y in [LONG, -LONG] {
        corners.extend([[-SHORT, y, 0.0], [SHORT, y, 0.0]]);
    }
    for z in [LONG, -LONG] {
        corners.extend([[0.0, -SHORT, z], [0.0, SHORT, z]]);
    }
    for x in [LONG, -LONG] {
        corners.extend([[x, 0.0, -SHORT], [x, 0.0, SHORT]]);
    }
    let distance = |i: usize, j: usize| (0..3).map(|k| (corners[i][k] - corners[j][k]).powi(2)).sum::<f64>();
    // Neighbours are as far apart as the short edge is long; the next are further by the golden ratio.
    let near = |i: usize, j: usize| distance(i, j) < 1.5 * (2.0 * SHORT).powi(2);
    let mut faces: Vec<[usize; 3]> = Vec::new();
    for i in 0..12 {
        for j in i + 1..12 {
            faces.extend((j + 1..12).filter(|k| near(i, j) && near(j, *k) && near(i, *k)).map(|k| [i, j, k]));
        }
    }
    let push = |corner: &mut [f64; 3]| {
        let length = corner.iter().map(|v| v * v).sum::<f64>().sqrt();
        corner.iter_mut().for_each(|v| *v += *v / length * (radius - length));
    };
    for _ in 0..subdivision {
        // By the later corner of an edge, then by the earlier one.
        let key = |i: usize, j: usize| (i.max(j), i.min(j));
        let edges = faces.iter().flat_map(|[a, b, c]| [key(*a, *b), key(*b, *c), key(*c, *a)]);
        let mut halves: BTreeMap<(usize, usize), usize> = edges.map(|edge| (edge, 0)).collect();
        for ((i, j), place) in &mut halves {
            *place = corners.len();
            corners.push(std::array::from_fn(|k| (corners[*i][k] + corners[*j][k]) / 2.0));
        }
        let half = |i: usize, j: usize| halves.get(&key(i, j)).copied().unwrap_or(i);
        faces = faces
            .iter()
            .flat_map(|[a, b, c]| {
                let (ab, bc, ca) = (half(*a, *b), half(*b, *c), half(*c, *a));
                [[*a, ab, ca], [ab, *b, bc], [ca, bc, *c], [ab, bc, ca]]
            })
            .collect();
        corners.iter_mut().for_each(push);
    }
    if subdivision == 0 {
        corners.iter_mut().for_each(push);
    }
    corners
}

/// The associated Legendre function of degree `n` and order `m` ≥ 0, with the phase (−1)^m.
fn legendre(n: usize, m: usize, x: f64) -> f64 {
    let sine = (1.0 - x * x).max(0.0).sqrt();
    let mut diagonal = 1.0;
    for k in 1..=m {
        diagonal *= -((2 * k - 1) as f64) * sine;
    }
    if n == m {
        return diagonal;
    }
    let (mut before, mut last) = (diagonal, x * (2 * m + 1) as f64 * diagonal);
    for k in m + 2..=n {
        let next = (x * (2 * k - 1) as f64 * last - (k + m - 1) as f64 * before) / (k - m) as f64;
        (before, last) = (last, next);
    }
    last
}

/// The spherical harmonic of degree `n` and order `m`, real and imaginary part.
fn harmonic(m: i64, n: usize, azimuth: f64, polar: f64) -> [f64; 2] {
    let order = m.unsigned_abs() as usize;
    let ratio: f64 = (n - order + 1..=n + order).map(|k| 1.0 / k as f64).product();
    let size = ((2 * n + 1) as f64 / (4.0 * PI) * ratio).sqrt() * legendre(n, order, polar.cos());
    // Of negative order: the conjugate, with the sign (−1)^m.
    let sign = if m < 0 && order % 2 == 1 { -1.0 } else { 1.0 };
    let angle = m as f64 * azimuth;
    [sign * size * angle.cos(), sign * size * angle.sin()]
}

fn times(a: [f64; 2], b: [f64; 2]) -> [f64; 2] {
    [a[0] * b[0] - a[1] * b[1], a[0] * b[1] + a[1] * b[0]]
}

/// The real part of the root of a complex number, never negative.
fn root(a: [f64; 2]) -> f64 {
    ((a[0].hypot(a[1]) + a[0]) / 2.0).max(0.0).sqrt()
}

/// The harmonics of one degree at every corner, and the products of any two summed over the corners.
struct Degree {
    /// By order, then by corner.
    at: Vec<Vec<[f64; 2]>>,
    products: Vec<Vec<[f64; 2]>>,
}

impl Degree {
    fn new(n: usize, corners: &[[f64; 3]], radius: f64) -> Degree {
        let orders = -(n as i64)..=n as i64;
        let value = |m: i64, corner: &[f64; 3]| {
            // PyRadiomics gives the angle from the third axis first, which SciPy takes for the one around it.
            harmonic(m, n, (corner[2] / radius).clamp(-1.0, 1.0).acos(), corner[1].atan2(corner[0]))
        };
        let at: Vec<Vec<[f64; 2]>> = orders.map(|m| corners.iter().map(|c| value(m, c)).collect()).collect();
        let summed = |a: &[[f64; 2]], b: &[[f64; 2]]| {
            a.iter().zip(b).fold([0.0; 2], |sum, (a, b)| {
                let product = times(*a, *b);
                [sum[0] + product[0], sum[1] + product[1]]
            })
        };
        let products = at.iter().map(|a| at.iter().map(|b| summed(a, b)).collect()).collect();
        Degree { at, products }
    }

    /// The norm over the sphere of the pattern's part of this degree.
    fn norm(&self, pattern: &[bool]) -> f64 {
        let coefficient = |values: &Vec<[f64; 2]>| {
            values
                .iter()
                .zip(pattern)
                .filter(|(_, bright)| **bright)
                .fold([0.0; 2], |sum, (value, _)| [sum[0] + value[0], sum[1] + value[1]])
        };
        let coefficients: Vec<[f64; 2]> = self.at.iter().map(coefficient).collect();
        let mut square = [0.0; 2];
        for (a, row) in coefficients.iter().zip(&self.products) {
            for (b, product) in coefficients.iter().zip(row) {
                let part = times(times(*a, *b), *product);
                square = [square[0] + part[0], square[1] + part[1]];
            }
        }
        root(square)
    }
}

/// Spline coefficients of a box of the image, by SciPy's recursion with mirrored borders.
struct Spline {
    place: VoxelBox,
    size: [usize; 3],
    values: Vec<f64>,
    /// Size of the whole image.
    image: [usize; 3],
}

/// What the recursion remembers is below rounding after so many voxels.
const MEMORY: usize = 48;

impl Spline {
    fn new(image: &Volume, needed: &VoxelBox) -> Spline {
        let place = needed.widened([MEMORY; 3], image.size());
        let mut values = image.reals(&place);
        let size = place.size();
        for axis in [2, 1, 0] {
            let lanes: usize = size[..axis].iter().product();
            if size[axis] > 1 {
                values.chunks_exact_mut(lanes * size[axis]).for_each(|block| coefficients(block, lanes, size[axis]));
            }
        }
        Spline { place, size, values, image: image.size() }
    }

    /// The value at a position in voxels of the whole image; 0 beyond it.
    fn at(&self, position: [f64; 3]) -> f64 {
        let mut indices = [[0usize; 4]; 3];
        let mut weights = [[0.0; 4]; 3];
        for axis in 0..3 {
            let last = self.image[axis] as i64 - 1;
            if !(position[axis] >= 0.0 && position[axis] <= last as f64) {
                return 0.0;
            }
            let floor = position[axis].floor();
            let y = position[axis] - floor;
            let z = 1.0 - y;
            let w1 = (y * y * (y - 2.0) * 3.0 + 4.0) / 6.0;
            let w2 = (z * z * (z - 2.0) * 3.0 + 4.0) / 6.0;
            let w0 = z * z * z / 6.0;
            weights[axis] = [w0, w1, w2, 1.0 - w0 - w1 - w2];
            for k in 0..4 {
                let index = floor as i64 - 1 + k as i64;
                let index = if index < 0 { -index } else { index };
                let index = if index > last { 2 * last - index } else { index };
                let inside = index.clamp(0, last) as usize;
                indices[axis][k] = inside.saturating_sub(self.place.low[axis]).min(self.size[axis] - 1);
            }
        }
        let mut sum = 0.0;
        for k in 0..4 {
            for j in 0..4 {
                let row = &self.values[(indices[2][k] * self.size[1] + indices[1][j]) * self.size[0]..][..self.size[0]];
                for i in 0..4 {
                    sum += row[indices[0][i]] * weights[2][k] * weights[1][j] * weights[0][i];
                }
            }
        }
        sum
    }
}

/// Turns samples into coefficients along an axis: `length` steps of `lanes` numbers that lie side by side.
fn coefficients(values: &mut [f64], lanes: usize, length: usize) {
    let pole = 3f64.sqrt() - 2.0;
    let gain = (1.0 - pole) * (1.0 - 1.0 / pole);
    values.iter_mut().for_each(|value| *value *= gain);
    let far = pole.powi(length as i32 - 1);
    for lane in 0..lanes {
        let at = |n: usize| n * lanes + lane;
        let mut power = pole;
        let mut first = values[lane] + far * values[at(length - 1)];
        for n in 1..length - 1 {
            first += power * (values[at(n)] + far * values[at(length - 1 - n)]);
            power *= pole;
            if power == 0.0 {
                break;
            }
        }
        values[lane] = first / (1.0 - far * far);
    }
    for n in 1..length {
        let (before, after) = values.split_at_mut(n * lanes);
        for (value, previous) in after[..lanes].iter_mut().zip(&before[(n - 1) * lanes..]) {
            *value += pole * previous;
        }
    }
    let (before, last) = values.split_at_mut((length - 1) * lanes);
    for (value, previous) in last.iter_mut().zip(&before[(length - 2) * lanes..]) {
        *value = (pole * previous + *value) * pole / (pole * pole - 1.0);
    }
    for n in (0..length - 1).rev() {
        let (before, after) = values.split_at_mut((n + 1) * lanes);
        for (value, next) in before[n * lanes..].iter_mut().zip(&after[..lanes]) {
            *value = pole * (next - *value);
        }
    }
}

/// An interpolated value in the type of the image: whole types round, halves away from zero.
fn as_voxel(value: f64, kind: VoxelType) -> f64 {
    match kind {
        VoxelType::F64 => value,
        VoxelType::F32 => f64::from(value as f32),
        VoxelType::U8 | VoxelType::U16 | VoxelType::U32 | VoxelType::U64 => value.round().max(0.0),
        _ => value.round(),
    }
}

/// A sum in NumPy's order, rounded to single precision at every step where that is asked.
fn sum(values: &[f64], single: bool) -> f64 {
    let round = |value: f64| if single { f64::from(value as f32) } else { value };
    let add = |a: f64, b: f64| round(a + b);
    let n = values.len();
    if n < 8 {
        return values.iter().fold(0.0, |sum, value| add(sum, *value));
    }
    if n > 128 {
        let half = n / 2 - n / 2 % 8;
        return add(sum(&values[..half], single), sum(&values[half..], single));
    }
    let (eights, rest) = values.as_chunks::<8>();
    let mut lanes = [0.0; 8];
    for (turn, eight) in eights.iter().enumerate() {
        for (lane, value) in lanes.iter_mut().zip(eight) {
            *lane = if turn == 0 { *value } else { add(*lane, *value) };
        }
    }
    let pair = |k: usize| add(lanes[k], lanes[k + 1]);
    let whole = add(add(pair(0), pair(2)), add(pair(4), pair(6)));
    rest.iter().fold(whole, |sum, value| add(sum, *value))
}

/// Kurtosis less 3, in the precision of the image; −3 where the values do not differ.
fn kurtosis(values: &[f64], single: bool) -> f64 {
    let round = |value: f64| if single { f64::from(value as f32) } else { value };
    let mean_of = |values: &[f64]| round(sum(values, single) / values.len() as f64);
    let mean = mean_of(values);
    let squares: Vec<f64> = values.iter().map(|value| round(round(value - mean).powi(2))).collect();
    let fourths: Vec<f64> = squares.iter().map(|square| round(square * square)).collect();
    let (second, fourth) = (mean_of(&squares), mean_of(&fourths));
    // Differences that rounding makes are none: SciPy's threshold.
    let resolution = if single { 1e-6 } else { 1e-15 };
    if second <= (resolution * mean).powi(2) {
        return -3.0;
    }
    round(round(fourth / round(second * second)) - 3.0)
}

/// The images of all degrees, and last that of the kurtosis, at the region's voxels.
///
/// # Errors
/// The first of `visit`.
pub fn apply<E>(
    image: &Volume,
    region: &Region,
    settings: &Settings,
    visit: &mut dyn FnMut(Derived) -> Result<(), E>,
) -> Result<(), E> {
    let radius = settings.radius;
    let corners = sphere(radius, settings.subdivision);
    let degrees: Vec<Degree> = (0..settings.levels).map(|n| Degree::new(n, &corners, radius)).collect();
    let spline = Spline::new(image, &region.place.widened([radius.ceil() as usize + 3; 3], image.size()));
    let own = region.gather(&image.reals(&region.place), |v| v);
    let kind = image.voxels.kind();
    let mut norms: Vec<Vec<f64>> = vec![Vec::with_capacity(region.voxels); degrees.len()];
    let mut tails = Vec::with_capacity(region.voxels);
    let mut samples = vec![0.0; corners.len()];
    let mut pattern = vec![false; corners.len()];
    let inside = region.inside.iter().enumerate().filter(|(_, flag)| **flag != 0);
    for ((at, _), centre) in inside.zip(own) {
        let [nx, ny, _] = region.size;
        let offset = [at % nx, at / nx % ny, at / nx / ny];
        let voxel: [f64; 3] = std::array::from_fn(|axis| (region.place.low[axis] + offset[axis]) as f64);
        for ((sample, bright), corner) in samples.iter_mut().zip(&mut pattern).zip(&corners) {
            // A corner's first coordinate goes along z, as the arrays of PyRadiomics have it.
            let value = spline.at([voxel[0] + corner[2], voxel[1] + corner[1], voxel[2] + corner[0]]);
            *sample = as_voxel(value, kind);
            *bright = *sample >= centre;
        }
        for (degree, norms) in degrees.iter().zip(&mut norms) {
            norms.push(degree.norm(&pattern));
        }
        tails.push(kurtosis(&samples, kind == VoxelType::F32));
    }
    for (n, values) in norms.into_iter().enumerate() {
        visit(Derived { name: format!("lbp-3D-m{}", n + 1), values, single: false })?;
    }
    visit(Derived { name: "lbp-3D-k".into(), values: tails, single: false })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{Geometry, Voxels};

    #[test]
    fn the_sphere_has_its_corners_on_it() {
        for (subdivision, count) in [(0, 12), (1, 42), (2, 162)] {
            let corners = sphere(1.5, subdivision);
            assert_eq!(corners.len(), count);
            assert!(corners.iter().all(|c| (c.iter().map(|v| v * v).sum::<f64>().sqrt() - 1.5).abs() < 1e-14));
        }
    }

    #[test]
    fn harmonics_are_those_of_the_textbooks() {
        let (azimuth, polar) = (0.7, 1.1f64);
        let size = (3.0 / (8.0 * PI)).sqrt() * polar.sin();
        let near = |a: [f64; 2], b: [f64; 2]| (a[0] - b[0]).abs() < 1e-15 && (a[1] - b[1]).abs() < 1e-15;
        assert!(near(harmonic(1, 1, azimuth, polar), [-size * azimuth.cos(), -size * azimuth.sin()]));
        assert!(near(harmonic(-1, 1, azimuth, polar), [size * azimuth.cos(), -size * azimuth.sin()]));
        assert!(near(
            harmonic(0, 2, azimuth, polar),
            [(5.0 / (16.0 * PI)).sqrt() * (3.0 * polar.cos().powi(2) - 1.0), 0.0]
        ));
    }

    #[test]
    fn splines_go_through_the_voxels() {
        let geometry = Geometry::axis_aligned([6, 5, 4], [1.0; 3]).unwrap();
        let values: Vec<f64> = (0..120).map(|i| ((i * 7919) % 101) as f64).collect();
        let image = Volume::new(geometry, Voxels::F64(values.clone())).unwrap();
        let spline = Spline::new(&image, &image.whole());
        for (i, value) in values.iter().enumerate() {
            let at = [(i % 6) as f64, (i / 6 % 5) as f64, (i / 30) as f64];
            assert!((spline.at(at) - value).abs() < 1e-12);
        }
        assert_eq!(spline.at([-0.1, 0.0, 0.0]), 0.0);
    }

    #[test]
    fn equal_values_have_no_tails() {
        assert_eq!(kurtosis(&[2.0; 12], false), -3.0);
        assert_eq!(kurtosis(&[0.1, 0.1, 0.1], true), -3.0);
        assert!((kurtosis(&[0.0, 0.0, 0.0, 1.0], false) - (7.0 / 3.0 - 3.0)).abs() < 1e-15);
        let many: Vec<f64> = (0..300).map(f64::from).collect();
        assert_eq!(sum(&many, false), 44_850.0);
    }
}
