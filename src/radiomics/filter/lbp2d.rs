//! Local binary patterns in slices, as scikit-image's `local_binary_pattern` gives them to PyRadiomics.

use super::log::inner;
use super::{Derived, Filter, Offered};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::{Volume, VoxelType};
use crate::radiomics::region::Region;

pub static CARD: Card = Card {
    name: "LBP2D",
    title: "Local binary patterns in slices",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "radius",
            domain: Domain::RealOpen { low: 0.0, high: 64.0 },
            default: Initial::Real(1.0),
            summary: "Radius of the circle of neighbours, in voxels.",
        },
        Parameter {
            name: "samples",
            domain: Domain::Integer { low: 2, high: 30 },
            default: Initial::Integer(8),
            summary: "How many neighbours are sampled on the circle.",
        },
        Parameter {
            name: "method",
            domain: Domain::Choice(&["uniform", "nri_uniform", "default", "ror"]),
            default: Initial::Choice("uniform"),
            summary: "How a pattern becomes a number: uniform patterns by how many neighbours are brighter, or also by \
where they begin (nri_uniform); the bits as a number (default), or its least rotation (ror).",
        },
        Parameter {
            name: "across",
            domain: Domain::Integer { low: 0, high: 2 },
            default: Initial::Integer(0),
            summary: "The axis that slices are across: 0 for z, 1 for y, 2 for x.",
        },
    ],
    summary: "Whether neighbours on a circle are as bright as the voxel.",
    documentation: "P neighbours lie on a circle of radius R around the voxel, at angles 2πk/P; their values are \
interpolated bilinearly, and 0 beyond the image. A neighbour counts 1 if it is at least as bright as the voxel. A \
pattern with at most two changes along k = 0 … P − 1 is uniform and gives the number of ones; any other gives P + 1. \
Values are few, so bins of width 1 or less are wanted. On real-valued images ties hang on rounding.",
    references: &["Ojala T, Pietikäinen M, Mäenpää T. Multiresolution gray-scale and rotation invariant texture \
classification with local binary patterns. IEEE Trans Pattern Anal Mach Intell 2002;24:971-987."],
    example: "features radiomics from ct\n  discretize to width 1\n  filter original, LBP2D(radius = 1, samples = 8)",
};

pub static OFFERED: Offered = Offered {
    card: &CARD,
    make: |settings| {
        Ok(Filter::Lbp2d(Settings {
            radius: settings.real("radius"),
            samples: settings.count("samples"),
            method: Method::named(settings.choice("method")).unwrap_or(Method::Uniform),
            across: settings.count("across"),
        }))
    },
};

/// How a pattern becomes a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The ones of a uniform pattern, whatever its rotation.
    Uniform,
    /// Uniform patterns by their ones and their rotation.
    NonRotationInvariantUniform,
    /// The bits as a number.
    Bits,
    /// The least number over all rotations of the bits.
    RotatedBits,
}

impl Method {
    /// By scikit-image's name.
    pub fn named(name: &str) -> Option<Method> {
        match name.to_ascii_lowercase().as_str() {
            "uniform" => Some(Method::Uniform),
            "nri_uniform" => Some(Method::NonRotationInvariantUniform),
            "default" => Some(Method::Bits),
            "ror" => Some(Method::RotatedBits),
            _ => None,
        }
    }
}

/// The filter's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// In voxels.
    pub radius: f64,
    pub samples: usize,
    pub method: Method,
    /// 0 for z, 1 for y, 2 for x.
    pub across: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Settings { radius: 1.0, samples: 8, method: Method::Uniform, across: 0 }
    }
}

/// A box of the image seen as slices of rows and columns.
struct Slices {
    values: Vec<f64>,
    /// Step in `values` from a row, and from a column, to the next.
    steps: [usize; 2],
    /// Rows and columns of the box.
    size: [usize; 2],
}

impl Slices {
    fn pixel(&self, slice: usize, row: i64, column: i64) -> f64 {
        let inside = |index: i64, length: usize| (0..length as i64).contains(&index);
        if !(inside(row, self.size[0]) && inside(column, self.size[1])) {
            return 0.0;
        }
        self.values[slice + row as usize * self.steps[0] + column as usize * self.steps[1]]
    }

    /// Between four pixels, in scikit-image's order of sums.
    fn between(&self, slice: usize, row: f64, column: f64) -> f64 {
        let (top, left) = (row.floor(), column.floor());
        let (bottom, right) = (row.ceil(), column.ceil());
        let (down, along) = (row - top, column - left);
        let pixel = |row: f64, column: f64| self.pixel(slice, row as i64, column as i64);
        let upper = (1.0 - along) * pixel(top, left) + along * pixel(top, right);
        let lower = (1.0 - along) * pixel(bottom, left) + along * pixel(bottom, right);
        (1.0 - down) * upper + down * lower
    }
}

/// Rows and columns of the neighbours around the voxel, rounded as scikit-image rounds them.
fn circle(radius: f64, samples: usize) -> Vec<[f64; 2]> {
    // scikit-image holds the radius in single precision.
    let radius = f64::from(radius as f32);
    let round = |value: f64| (value * 1e5).round_ties_even() / 1e5;
    (0..samples)
        .map(|k| {
            let angle = 2.0 * std::f64::consts::PI * k as f64 / samples as f64;
            [round(-radius * angle.sin()), round(radius * angle.cos())]
        })
        .collect()
}

/// The number of a pattern; bit k is neighbour k.
fn code(bits: u32, samples: usize, method: Method) -> u32 {
    let count = samples as u32;
    let ones = bits.count_ones();
    // Changes from a neighbour to the next, not from the last to the first.
    let changes = ((bits ^ (bits >> 1)) & !(u32::MAX << (count - 1))).count_ones();
    match method {
        Method::Uniform if changes <= 2 => ones,
        Method::Uniform => count + 1,
        Method::NonRotationInvariantUniform if changes > 2 => count * (count - 1) + 2,
        Method::NonRotationInvariantUniform if ones == 0 => 0,
        Method::NonRotationInvariantUniform if ones == count => count * (count - 1) + 1,
        Method::NonRotationInvariantUniform => {
            // How far the pattern is turned from the one whose ones stand last.
            let rotation = match bits.trailing_zeros() {
                0 => i64::from(ones) - i64::from(bits.trailing_ones()),
                first => i64::from(count) - i64::from(first),
            };
            (1 + (i64::from(ones) - 1) * i64::from(count) + rotation).max(0) as u32
        }
        Method::Bits => bits,
        Method::RotatedBits => {
            let rotated = |turn: u32| ((bits >> turn) | (bits << (count - turn))) & !(u32::MAX << count);
            (1..count).map(rotated).fold(bits, u32::min)
        }
    }
}

/// The pattern's number at each voxel of the region.
pub fn apply(image: &Volume, region: &Region, settings: &Settings) -> Derived {
    let reach = settings.radius.ceil() as usize + 1;
    let size = image.size();
    let place = region.place.widened([reach; 3], size);
    let wide = place.size();
    let steps = [1, wide[0], wide[0] * wide[1]];
    // The axes of rows and of columns, as the arrays of PyRadiomics have them.
    let (rows, columns, across) = match settings.across {
        0 => (1, 0, 2),
        1 => (2, 0, 1),
        _ => (1, 2, 0),
    };
    // A voxel of the box that is not of the image does not exist: the box ends with the image, or further out than
    // any neighbour.
    let slices =
        Slices { values: image.reals(&place), steps: [steps[rows], steps[columns]], size: [wide[rows], wide[columns]] };
    let samples = settings.samples.clamp(2, 30);
    let neighbours = circle(settings.radius, samples);
    let mut out = vec![0.0; slices.values.len()];
    let low: [usize; 3] = std::array::from_fn(|axis| region.place.low[axis] - place.low[axis]);
    for slice in low[across]..low[across] + region.size[across] {
        let start = slice * steps[across];
        for row in low[rows]..low[rows] + region.size[rows] {
            for column in low[columns]..low[columns] + region.size[columns] {
                let here = start + row * slices.steps[0] + column * slices.steps[1];
                let centre = slices.values[here];
                let mut bits = 0;
                for (k, [down, along]) in neighbours.iter().enumerate() {
                    let value = slices.between(start, row as f64 + down, column as f64 + along);
                    bits |= u32::from(value - centre >= 0.0) << k;
                }
                out[here] = f64::from(code(bits, samples, settings.method));
            }
        }
    }
    let single = image.voxels.kind() == VoxelType::F32;
    Derived { name: "lbp-2D".into(), values: inner(&out, &place, region), single }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::{Geometry, VoxelBox, Voxels};

    #[test]
    fn patterns_have_the_numbers_of_scikit_image() {
        let uniform = |bits| code(bits, 8, Method::Uniform);
        assert_eq!((uniform(0), uniform(0xff), uniform(0b0001_1100), uniform(0b0101_0000)), (0, 8, 3, 9));
        // Ones at both ends are two changes along the chain.
        assert_eq!(uniform(0b1000_0001), 2);
        let turned = |bits| code(bits, 8, Method::NonRotationInvariantUniform);
        assert_eq!((turned(0), turned(0xff), turned(0b0101_0000)), (0, 57, 58));
        assert_eq!((turned(0b0000_0001), turned(0b0000_0010), turned(0b1000_0001)), (1, 8, 10));
        assert_eq!(code(0b1000_0001, 8, Method::RotatedBits), 0b11);
        assert_eq!(code(0b1000_0001, 8, Method::Bits), 129);
    }

    #[test]
    fn a_flat_image_has_all_neighbours_as_bright_except_at_its_edge() {
        let geometry = Geometry::axis_aligned([5, 5, 2], [1.0; 3]).unwrap();
        let image = Volume::new(geometry, Voxels::I16(vec![7; 50])).unwrap();
        let region = Region::new(VoxelBox { low: [0; 3], high: [5, 5, 2] }, [1.0; 3], vec![1; 50]);
        let found = apply(&image, &region, &Settings::default()).values;
        assert_eq!(found[12], 8.0);
        // Beyond the corner there is nothing, which is darker.
        assert!(found[0] < 8.0);
    }
}
