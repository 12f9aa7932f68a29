//! Shape of a region in space.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use std::f64::consts::PI;

use super::eigen::Tridiagonal;
use super::region::Region;
use super::surface::{PaddedMask, measure};
use crate::card::{Card, Role};

/// The features in PyRadiomics' order.
pub const NAMES: [&str; 14] = [
    "Elongation",
    "Flatness",
    "LeastAxisLength",
    "MajorAxisLength",
    "Maximum2DDiameterColumn",
    "Maximum2DDiameterRow",
    "Maximum2DDiameterSlice",
    "Maximum3DDiameter",
    "MeshVolume",
    "MinorAxisLength",
    "Sphericity",
    "SurfaceArea",
    "SurfaceVolumeRatio",
    "VoxelVolume",
];

pub static CARD: Card = Card {
    name: "shape",
    title: "Shape in three dimensions",
    role: Role::FeatureClass,
    endpoints: &[],
    parameters: &[],
    summary: "Volume, surface, diameters and axes of the region.",
    documentation: "Surface and mesh volume are of the marching-cubes surface through the middle of edges between voxels \
inside and outside; diameters are the widest distances between its vertices, in space and within planes of constant z \
(slice), y (column) and x (row). Axis lengths are 4 √λ of the covariance (divided by N) of voxel centres in mm. A \
region that lies in one plane has least axis 0. Follows PyRadiomics 3.0.1.",
    references: &["Lorensen WE, Cline HE. Marching cubes. Comput Graph 1987;21:163-169."],
    example: "features radiomics from ct\n  classes shape",
};

/// Eigenvalues, ascending, of the covariance (divided by N) of voxel centres in mm.
pub fn axes(region: &Region) -> [f64; 3] {
    let [nx, ny, _] = region.size;
    // Whole numbers, so that nothing is lost before the one division.
    let (mut sum, mut products) = ([0i128; 3], [[0i128; 3]; 3]);
    for (row, line) in region.inside.chunks_exact(nx.max(1)).enumerate() {
        let (y, z) = ((row % ny) as i128, (row / ny) as i128);
        let (mut count, mut sx, mut sxx) = (0i128, 0i128, 0i128);
        for (x, flag) in line.iter().enumerate() {
            let flag = i128::from(*flag != 0);
            let x = x as i128;
            count += flag;
            sx += flag * x;
            sxx += flag * x * x;
        }
        let rest = [0, y, z];
        sum[0] += sx;
        products[0][0] += sxx;
        for a in 1..3 {
            sum[a] += count * rest[a];
            products[0][a] += sx * rest[a];
            for b in a..3 {
                products[a][b] += count * rest[a] * rest[b];
            }
        }
    }
    let n = region.voxels as i128;
    let mut matrix = vec![0.0; 9];
    for a in 0..3 {
        for b in a..3 {
            let centred = (n * products[a][b] - sum[a] * sum[b]) as f64 / (n as f64 * n as f64);
            let value = centred * region.spacing[a] * region.spacing[b];
            matrix[a * 3 + b] = value;
            matrix[b * 3 + a] = value;
        }
    }
    let values = Tridiagonal::reduce(matrix, 3).eigenvalues();
    std::array::from_fn(|i| {
        let value = values[i];
        // Rounding of a region in one plane.
        if value < 0.0 && value > -1e-10 { 0.0 } else { value }
    })
}

/// The features in the order of [`NAMES`], then Compactness1, Compactness2 and SphericalDisproportion, which
/// PyRadiomics gives only when asked by name.
pub fn features(region: &Region) -> [Option<f64>; 17] {
    let surface = measure(&PaddedMask::new(region.size, &region.inside), region.spacing);
    let [least, minor, major] = axes(region);
    let length = |value: f64| (value >= 0.0).then(|| 4.0 * value.sqrt());
    let ratio = |value: f64| (value >= 0.0 && major > 0.0).then(|| (value / major).sqrt());
    let (v, a) = (surface.volume, surface.area);
    let sphere = (36.0 * PI * v * v).cbrt();
    let [slice, column, row] = surface.planar;
    [
        ratio(minor),
        ratio(least),
        length(least),
        length(major),
        Some(column),
        Some(row),
        Some(slice),
        Some(surface.diameter),
        Some(v),
        length(minor),
        Some(sphere / a),
        Some(a),
        Some(a / v),
        Some(region.voxels as f64 * region.spacing.iter().product::<f64>()),
        Some(v / (a.powf(1.5) * PI.sqrt())),
        Some(36.0 * PI * v * v / (a * a * a)),
        Some(a / sphere),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::imaging::VoxelBox;

    #[test]
    fn a_plate_has_no_third_axis() {
        let region = Region::new(VoxelBox { low: [0; 3], high: [4, 3, 1] }, [1.0, 2.0, 5.0], vec![1; 12]);
        let f = features(&region);
        assert_eq!(f[2], Some(0.0));
        assert_eq!(f[1], Some(0.0));
        assert_eq!(f[13], Some(120.0));
    }

    #[test]
    fn a_ball_is_nearly_round() {
        let n = 21;
        let inside = (0..n * n * n)
            .map(|i| {
                let d = |k: usize| (k % n) as f64 - 10.0;
                u8::from(d(i).powi(2) + d(i / n).powi(2) + d(i / n / n).powi(2) <= 81.0)
            })
            .collect();
        let region = Region::new(VoxelBox { low: [0; 3], high: [n; 3] }, [1.0; 3], inside);
        let f = features(&region);
        assert!(f[10].unwrap() > 0.9 && f[0].unwrap() > 0.999);
        assert!((f[7].unwrap() - 19.0).abs() < 0.5);
    }
}
