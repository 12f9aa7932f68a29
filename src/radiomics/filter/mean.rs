//! Mean over a cube, as IBSI's mean filter.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use super::log::inner;
use super::{Derived, Filter, Offered};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::{Volume, VoxelBox};
use crate::radiomics::region::Region;

pub static CARD: Card = Card {
    name: "mean",
    title: "Mean filter",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "support",
            domain: Domain::Integer { low: 1, high: 255 },
            default: Initial::Integer(5),
            summary: "Edge of the cube in voxels; an odd number.",
        },
        Parameter {
            name: "flat",
            domain: Domain::Flag,
            default: Initial::Flag(false),
            summary: "Over squares within slices instead of cubes.",
        },
    ],
    summary: "Intensities smoothed over a cube.",
    documentation: "The mean of the M × M × M voxels around each voxel; beyond the image its mirror image goes on \
(the edge voxel once). Even numbers count as the next odd one.",
    references: &["Whybra P, et al. The Image Biomarker Standardization Initiative: convolutional filters. \
Radiology 2024;310:e231319."],
    example: "features radiomics from ct\n  filter mean(support = 5)",
};

pub static OFFERED: Offered = Offered {
    card: &CARD,
    make: |settings| Ok(Filter::Mean { support: settings.count("support"), flat: settings.flag("flat") }),
};

/// What lies beyond the edge of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    Zero,
    Nearest,
    /// The image repeats.
    Periodic,
    /// The image is mirrored, its edge voxel doubled.
    Mirror,
}

impl Boundary {
    /// The voxel that stands at `index`; none for zero.
    pub fn index(self, index: isize, length: usize) -> Option<usize> {
        let n = length as isize;
        match self {
            _ if (0..n).contains(&index) => Some(index as usize),
            Boundary::Zero => None,
            Boundary::Nearest => Some(index.clamp(0, n - 1) as usize),
            Boundary::Periodic => Some(index.rem_euclid(n) as usize),
            Boundary::Mirror => {
                let folded = index.rem_euclid(2 * n);
                Some(if folded < n { folded } else { 2 * n - 1 - folded } as usize)
            }
        }
    }
}

/// Convolves a volume with one odd kernel per axis. Kernel entry `k` multiplies the voxel `k − centre` away.
pub fn separable(values: &[f64], size: [usize; 3], kernels: [&[f64]; 3], boundary: Boundary) -> Vec<f64> {
    let mut out = values.to_vec();
    let mut line = Vec::new();
    for axis in 0..3 {
        let kernel = kernels[axis];
        if kernel == [1.0] {
            continue;
        }
        let stride: usize = size[..axis].iter().product();
        let length = size[axis];
        let centre = (kernel.len() / 2) as isize;
        for start in (0..out.len()).filter(|i| (i / stride).is_multiple_of(length)) {
            line.clear();
            line.extend((0..length).map(|i| out[start + i * stride]));
            for i in 0..length {
                let mut sum = 0.0;
                for (k, weight) in kernel.iter().enumerate() {
                    if let Some(j) = boundary.index(i as isize + k as isize - centre, length) {
                        sum += weight * line[j];
                    }
                }
                out[start + i * stride] = sum;
            }
        }
    }
    out
}

/// The mean at the region's voxels.
pub fn apply(image: &Volume, region: &Region, support: usize, flat: bool) -> Derived {
    let support = support.max(1) | 1;
    let size = image.size();
    let place = region.place.widened([support; 3], size);
    // Mirrored voxels are those of the image; the box holds them, since it reaches as far as the cube.
    let kernel = vec![1.0 / support as f64; support];
    let last: &[f64] = if flat { &[1.0] } else { &kernel };
    let values = separable(&image.reals(&place), place.size(), [&kernel, &kernel, last], Boundary::Mirror);
    let name = format!("mean-{support}{}", if flat { "-2D" } else { "" });
    Derived { name, values: inner(&values, &place, region), single: false }
}

/// The mean over the whole image, for any boundary; within slices if `flat`.
pub fn response(image: &Volume, support: usize, boundary: Boundary, flat: bool) -> Vec<f64> {
    let kernel = vec![1.0 / support as f64; support];
    let whole: VoxelBox = image.whole();
    let last: &[f64] = if flat { &[1.0] } else { &kernel };
    separable(&image.reals(&whole), image.size(), [&kernel, &kernel, last], boundary)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edges_go_on_as_said() {
        assert_eq!(Boundary::Zero.index(-1, 3), None);
        assert_eq!(Boundary::Nearest.index(5, 3), Some(2));
        assert_eq!(Boundary::Periodic.index(-1, 3), Some(2));
        assert_eq!(Boundary::Mirror.index(-1, 3), Some(0));
        assert_eq!(Boundary::Mirror.index(3, 3), Some(2));
        assert_eq!(Boundary::Mirror.index(-7, 3), Some(0));
        let mean = separable(&[3.0, 0.0, 6.0], [3, 1, 1], [&[1.0 / 3.0; 3], &[1.0], &[1.0]], Boundary::Zero);
        assert!((mean[0] - 1.0).abs() < 1e-15 && (mean[1] - 3.0).abs() < 1e-15);
    }
}
