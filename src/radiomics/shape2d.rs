//! Shape of a region that lies in one slice.

use std::f64::consts::PI;

use super::eigen::Tridiagonal;
use super::region::Region;
use super::surface::widest_distance;
use crate::card::{Card, Domain, Initial, Parameter, Role};

/// The features in PyRadiomics' order.
pub const NAMES: [&str; 9] = [
    "Elongation",
    "MajorAxisLength",
    "MaximumDiameter",
    "MeshSurface",
    "MinorAxisLength",
    "Perimeter",
    "PerimeterSurfaceRatio",
    "PixelSurface",
    "Sphericity",
];

pub static CARD: Card = Card {
    name: "shape2D",
    title: "Shape in a slice",
    role: Role::FeatureClass,
    endpoints: &[],
    parameters: &[Parameter {
        name: "axis",
        domain: Domain::Integer { low: 0, high: 2 },
        default: Initial::Integer(0),
        summary: "The axis across the slice: 0 is z, 1 is y, 2 is x.",
    }],
    summary: "Area, perimeter, diameter and axes of a region in one slice.",
    documentation: "Area and perimeter are of the marching-squares outline through the middle of edges between pixels \
inside and outside. Only for a region of one slice. Follows PyRadiomics 3.0.1.",
    references: &["Lorensen WE, Cline HE. Marching cubes. Comput Graph 1987;21:163-169."],
    example: "features radiomics from ct\n  classes shape2D",
};

/// Lines of each pattern of four corners (0,0), (0,1), (1,1), (1,0): pairs of edges top, right, bottom, left.
const LINES: [&[(usize, usize)]; 16] = [
    &[],
    &[(3, 0)],
    &[(0, 1)],
    &[(3, 1)],
    &[(1, 2)],
    &[(1, 2), (3, 0)],
    &[(0, 2)],
    &[(3, 2)],
    &[(2, 3)],
    &[(2, 0)],
    &[(0, 1), (2, 3)],
    &[(2, 1)],
    &[(1, 3)],
    &[(1, 0)],
    &[(0, 3)],
    &[],
];
const MIDDLES: [[f64; 2]; 4] = [[0.0, 0.5], [0.5, 1.0], [1.0, 0.5], [0.5, 0.0]];

/// The region has more than one slice across the axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("shape in a slice needs a region of one slice; this one has {slices} across the axis")]
pub struct NotFlat {
    pub slices: usize,
}

/// The features in the order of [`NAMES`], then SphericalDisproportion, which PyRadiomics gives only when asked by
/// name. `axis` is 0 for z, 1 for y, 2 for x.
///
/// # Errors
/// [`NotFlat`].
pub fn features(region: &Region, axis: usize) -> Result<[Option<f64>; 10], NotFlat> {
    let across = 2 - axis.min(2);
    if region.size[across] != 1 {
        return Err(NotFlat { slices: region.size[across] });
    }
    // Rows are the slower of the remaining axes.
    let plane: Vec<usize> = (0..3).rev().filter(|k| *k != across).collect();
    let (height, width) = (region.size[plane[0]], region.size[plane[1]]);
    let spacing = [region.spacing[plane[0]], region.spacing[plane[1]]];
    // One slice leaves the order of the remaining axes as it is.
    let inside = |y: usize, x: usize| {
        y >= 1 && x >= 1 && y <= height && x <= width && region.inside[(y - 1) * width + x - 1] != 0
    };
    let (mut surface, mut perimeter) = (0.0, 0.0);
    let mut vertices = Vec::new();
    for y in 0..=height {
        for x in 0..=width {
            let corners = [inside(y, x), inside(y, x + 1), inside(y + 1, x + 1), inside(y + 1, x)];
            let pattern: usize = corners.iter().enumerate().map(|(bit, flag)| usize::from(*flag) << bit).sum();
            for (from, to) in LINES[pattern] {
                let point = |edge: usize| -> [f64; 2] {
                    [(y as f64 + MIDDLES[edge][0]) * spacing[0], (x as f64 + MIDDLES[edge][1]) * spacing[1]]
                };
                let (a, b) = (point(*from), point(*to));
                surface += a[0] * b[1] - b[0] * a[1];
                perimeter += (a[0] - b[0]).hypot(a[1] - b[1]);
                vertices.push([a[0], a[1], 0.0]);
                vertices.push([b[0], b[1], 0.0]);
            }
        }
    }
    surface /= 2.0;
    let diameter = widest_distance(vertices);
    let n = region.voxels as f64;
    let (mut sum, mut products) = ([0.0; 2], [0.0; 3]);
    for y in 1..=height {
        for x in 1..=width {
            if inside(y, x) {
                let (y, x) = (y as f64, x as f64);
                sum[0] += y;
                sum[1] += x;
                products[0] += y * y;
                products[1] += y * x;
                products[2] += x * x;
            }
        }
    }
    let centred =
        |product: f64, a: usize, b: usize| (n * product - sum[a] * sum[b]) / (n * n) * spacing[a] * spacing[b];
    let off = centred(products[1], 0, 1);
    let values =
        Tridiagonal::reduce(vec![centred(products[0], 0, 0), off, off, centred(products[2], 1, 1)], 2).eigenvalues();
    let clear = |v: f64| if v < 0.0 && v > -1e-10 { 0.0 } else { v };
    let (minor, major) = (clear(values[0]), clear(values[1]));
    let length = |value: f64| (value >= 0.0).then(|| 4.0 * value.sqrt());
    let sphericity = 2.0 * (PI * surface).sqrt() / perimeter;
    Ok([
        (minor >= 0.0 && major > 0.0).then(|| (minor / major).sqrt()),
        length(major),
        Some(diameter),
        Some(surface),
        length(minor),
        Some(perimeter),
        Some(perimeter / surface),
        Some(n * spacing[0] * spacing[1]),
        Some(sphericity),
        Some(1.0 / sphericity),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::VoxelBox;

    #[test]
    fn a_square_of_pixels() {
        let region = Region::new(VoxelBox { low: [0; 3], high: [2, 2, 1] }, [1.0; 3], vec![1; 4]);
        let f = features(&region, 0).unwrap();
        // An octagon: 4 less the four cut corners of 1/8 each.
        assert!((f[3].unwrap() - 3.5).abs() < 1e-12);
        assert!((f[5].unwrap() - (4.0 + 4.0 * 0.5f64.sqrt())).abs() < 1e-12);
        assert_eq!(f[7], Some(4.0));
        let tall = Region::new(VoxelBox { low: [0; 3], high: [2, 2, 2] }, [1.0; 3], vec![1; 8]);
        assert_eq!(features(&tall, 0), Err(NotFlat { slices: 2 }));
    }
}
