//! What the filters of IBSI-2 share: borders, convolution with one kernel an axis, and right-angle rotations.

#![allow(clippy::needless_range_loop)] // axes and matrices are walked by index

use super::mean::{Boundary, separable};
use crate::card::{Domain, Initial, Parameter};

/// The setting that says what lies beyond the edge of an image.
pub const BOUNDARY: Parameter = Parameter {
    name: "boundary",
    domain: Domain::Choice(&["mirror", "nearest", "periodic", "zero"]),
    default: Initial::Choice("mirror"),
    summary: "What lies beyond the edge of the image.",
};

/// The border that the setting names.
pub fn boundary(name: &str) -> Boundary {
    match name {
        "zero" => Boundary::Zero,
        "nearest" => Boundary::Nearest,
        "periodic" => Boundary::Periodic,
        _ => Boundary::Mirror,
    }
}

/// A kernel for each axis, first to last; an empty one leaves its axis alone.
pub type Kernels = [Vec<f64>; 3];

/// The kernel in the way that [`separable`] takes it: of odd length, its centre at n / 2 rounded down, and turned
/// round, because a convolution turns its kernel.
fn turned(kernel: &[f64]) -> Vec<f64> {
    if kernel.is_empty() {
        return vec![1.0];
    }
    let mut odd = kernel.to_vec();
    if odd.len().is_multiple_of(2) {
        odd.push(0.0);
    }
    odd.reverse();
    odd
}

/// Convolves a volume with one kernel an axis.
pub fn convolve(values: &[f64], size: [usize; 3], kernels: &Kernels, boundary: Boundary) -> Vec<f64> {
    let [x, y, z] = std::array::from_fn(|axis| turned(&kernels[axis]));
    separable(values, size, [&x, &y, &z], boundary)
}

/// An axis of the kernels for each axis of the image, and whether it is turned round.
pub type Rotation = [(usize, bool); 3];

/// The right-angle rotations: 24 in space, 4 in the plane of the first two axes.
pub fn rotations(flat: bool) -> Vec<Rotation> {
    if flat {
        return vec![
            [(0, false), (1, false), (2, false)],
            [(1, false), (0, true), (2, false)],
            [(0, true), (1, true), (2, false)],
            [(1, true), (0, false), (2, false)],
        ];
    }
    let mut all = Vec::new();
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let odd = (0..3).flat_map(|i| (0..i).map(move |j| (i, j))).filter(|(i, j)| order[*j] > order[*i]).count() % 2;
        for flips in 0..8usize {
            let flip = [flips & 1 == 1, flips & 2 == 2, flips & 4 == 4];
            // Proper rotations: an even number of swaps and flips together.
            if (odd + flip.iter().filter(|f| **f).count()).is_multiple_of(2) {
                all.push(std::array::from_fn(|axis| (order[axis], flip[axis])));
            }
        }
    }
    all
}

/// The kernels rotated. They are brought to odd length first, so that turning round keeps their centre.
pub fn rotated(kernels: &Kernels, rotation: &Rotation) -> Kernels {
    std::array::from_fn(|axis| {
        let (from, turn) = rotation[axis];
        let mut kernel = kernels[from].clone();
        if kernel.len().is_multiple_of(2) && !kernel.is_empty() {
            kernel.push(0.0);
        }
        if turn {
            kernel.reverse();
        }
        kernel
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_are_as_many_rotations_as_a_cube_has() {
        let mut all = rotations(false);
        assert_eq!(all.len(), 24);
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 24);
        let kernels = [vec![1.0, 2.0], vec![3.0], vec![]];
        assert_eq!(rotated(&kernels, &[(0, true), (1, false), (2, false)])[0], vec![0.0, 2.0, 1.0]);
        // An impulse comes out as the kernel, not turned round.
        let out =
            convolve(&[0.0, 0.0, 1.0, 0.0, 0.0], [5, 1, 1], &[vec![1.0, 2.0, 4.0], vec![], vec![]], Boundary::Zero);
        assert_eq!(out, vec![0.0, 1.0, 2.0, 4.0, 0.0]);
    }
}
