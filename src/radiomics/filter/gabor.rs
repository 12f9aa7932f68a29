//! Gabor's filters within planes, by IBSI-2.

#![allow(clippy::needless_range_loop)] // planes are walked by index

use std::f64::consts::TAU;
use std::sync::Arc;

use rustfft::num_complex::Complex;
use rustfft::{Fft, FftPlanner};

use super::convolve::{self, BOUNDARY};
use super::mean::Boundary;
use super::{Derived, Filter, Offered, log::inner};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::{Volume, VoxelBox};
use crate::radiomics::region::Region;

/// Where the kernel ends, in standard deviations of its longer axis.
const CUTOFF: f64 = 5.0;

pub static CARD: Card = Card {
    name: "gabor",
    title: "Gabor's filter",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "sigma",
            domain: Domain::RealOpen { low: 0.0, high: 1000.0 },
            default: Initial::Required,
            summary: "Standard deviation of the Gaussian across the stripes, in mm.",
        },
        Parameter {
            name: "lambda",
            domain: Domain::RealOpen { low: 0.0, high: 1000.0 },
            default: Initial::Required,
            summary: "Wavelength of the stripes, in mm.",
        },
        Parameter {
            name: "gamma",
            domain: Domain::RealOpen { low: 0.0, high: 100.0 },
            default: Initial::Real(1.5),
            summary: "Ratio of the Gaussian's standard deviations, across to along the stripes.",
        },
        Parameter {
            name: "theta",
            domain: Domain::Real { low: 0.0, high: 360.0 },
            default: Initial::Real(0.0),
            summary: "Direction across the stripes in degrees, clockwise; without rotation invariance.",
        },
        Parameter {
            name: "step",
            domain: Domain::Real { low: 0.0, high: 180.0 },
            default: Initial::Real(45.0),
            summary: "Step of the directions whose responses are averaged, in degrees; 0 takes `theta` alone.",
        },
        Parameter {
            name: "planes",
            domain: Domain::Choice(&["axial", "all"]),
            default: Initial::Choice("axial"),
            summary: "Within slices, or the mean over the three planes of the grid.",
        },
        BOUNDARY,
    ],
    summary: "Stripes of one width, in one direction or in all.",
    documentation: "The modulus of the image convolved with exp(−(a² + γ² b²) / 2σ² + 2πi a / λ), where a = k₁ cos θ + \
k₂ sin θ and b = k₁ sin θ − k₂ cos θ in mm of the plane; cut off at five standard deviations.",
    references: &["Whybra P, et al. The Image Biomarker Standardization Initiative: convolutional filters. Radiology \
2024;310:e231319."],
    example: "features radiomics from ct\n  filter gabor(sigma = 5 mm, lambda = 2 mm)",
};

pub static OFFERED: Offered = Offered {
    card: &CARD,
    make: |settings| {
        Ok(Filter::Gabor(Settings {
            sigma: settings.real("sigma"),
            lambda: settings.real("lambda"),
            gamma: settings.real("gamma"),
            theta: settings.real("theta"),
            step: settings.real("step"),
            all_planes: settings.choice("planes") == "all",
            boundary: convolve::boundary(settings.choice("boundary")),
        }))
    },
};

/// The filter's parameters; lengths in mm, angles in degrees.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub sigma: f64,
    pub lambda: f64,
    pub gamma: f64,
    pub theta: f64,
    /// 0 takes `theta` alone.
    pub step: f64,
    pub all_planes: bool,
    pub boundary: Boundary,
}

impl Settings {
    fn directions(&self) -> Vec<f64> {
        if self.step <= 0.0 {
            return vec![self.theta.to_radians()];
        }
        let count = (360.0 / self.step).round().max(1.0) as usize;
        (0..count).map(|place| place as f64 * self.step.to_radians()).collect()
    }
}

/// Two-dimensional transforms of one size.
struct Plane {
    size: [usize; 2],
    forward: [Arc<dyn Fft<f64>>; 2],
    inverse: [Arc<dyn Fft<f64>>; 2],
}

impl Plane {
    fn new(size: [usize; 2]) -> Self {
        let mut planner = FftPlanner::new();
        Plane {
            size,
            forward: size.map(|n| planner.plan_fft_forward(n)),
            inverse: size.map(|n| planner.plan_fft_inverse(n)),
        }
    }

    fn transform(&self, values: &mut [Complex<f64>], by: &[Arc<dyn Fft<f64>>; 2]) {
        let [nx, ny] = self.size;
        by[0].process(values);
        let mut column = vec![Complex::default(); ny];
        for x in 0..nx {
            for y in 0..ny {
                column[y] = values[y * nx + x];
            }
            by[1].process(&mut column);
            for y in 0..ny {
                values[y * nx + x] = column[y];
            }
        }
    }
}

/// The response at the voxels of a box.
pub fn response(image: &Volume, place: &VoxelBox, settings: &Settings) -> Vec<f64> {
    let values = image.reals(&image.whole());
    let planes: &[[usize; 3]] = if settings.all_planes { &[[0, 1, 2], [1, 2, 0], [2, 0, 1]] } else { &[[0, 1, 2]] };
    let mut out = vec![0.0; place.voxels()];
    for axes in planes {
        add_plane(&values, image, place, *axes, settings, planes.len() as f64, &mut out);
    }
    out
}

/// Adds the mean response over all directions within the planes of the first two of `axes`.
fn add_plane(
    values: &[f64],
    image: &Volume,
    place: &VoxelBox,
    axes: [usize; 3],
    settings: &Settings,
    planes: f64,
    out: &mut [f64],
) {
    let size = image.size();
    let spacing = image.geometry.spacing().0;
    let stride = [1, size[0], size[0] * size[1]];
    let longer = settings.sigma * (1.0 / settings.gamma).max(1.0);
    let reach: [usize; 2] = std::array::from_fn(|k| (CUTOFF * longer / spacing[axes[k]]).ceil() as usize);
    let padded: [usize; 2] = std::array::from_fn(|k| size[axes[k]] + 2 * reach[k]);
    let plane = Plane::new(padded);
    let directions = settings.directions();
    let kernels: Vec<Vec<Complex<f64>>> = directions
        .iter()
        .map(|theta| {
            let (sin, cos) = theta.sin_cos();
            let mut kernel = vec![Complex::default(); padded[0] * padded[1]];
            for k2 in -(reach[1] as isize)..=reach[1] as isize {
                for k1 in -(reach[0] as isize)..=reach[0] as isize {
                    let (x, y) = (k1 as f64 * spacing[axes[0]], k2 as f64 * spacing[axes[1]]);
                    let (a, b) = (x * cos + y * sin, x * sin - y * cos);
                    let g = settings.gamma * b;
                    let weight = (-(a * a + g * g) / (2.0 * settings.sigma * settings.sigma)).exp();
                    let at = [k1.rem_euclid(padded[0] as isize), k2.rem_euclid(padded[1] as isize)];
                    kernel[at[1] as usize * padded[0] + at[0] as usize] =
                        Complex::from_polar(weight, TAU * a / settings.lambda);
                }
            }
            plane.transform(&mut kernel, &plane.forward);
            kernel
        })
        .collect();
    let box_size = place.size();
    let box_stride = [1, box_size[0], box_size[0] * box_size[1]];
    let scale = 1.0 / (padded[0] * padded[1]) as f64 / directions.len() as f64 / planes;
    for slice in place.low[axes[2]]..place.high[axes[2]] {
        let mut source = vec![Complex::default(); padded[0] * padded[1]];
        for y in 0..padded[1] {
            let row = settings.boundary.index(y as isize - reach[1] as isize, size[axes[1]]);
            for x in 0..padded[0] {
                let column = settings.boundary.index(x as isize - reach[0] as isize, size[axes[0]]);
                if let (Some(row), Some(column)) = (row, column) {
                    let at = slice * stride[axes[2]] + row * stride[axes[1]] + column * stride[axes[0]];
                    source[y * padded[0] + x].re = values[at];
                }
            }
        }
        plane.transform(&mut source, &plane.forward);
        for kernel in &kernels {
            let mut product: Vec<Complex<f64>> = source.iter().zip(kernel).map(|(a, b)| a * b).collect();
            plane.transform(&mut product, &plane.inverse);
            for row in place.low[axes[1]]..place.high[axes[1]] {
                for column in place.low[axes[0]]..place.high[axes[0]] {
                    let from = (row + reach[1]) * padded[0] + column + reach[0];
                    let at = (slice - place.low[axes[2]]) * box_stride[axes[2]]
                        + (row - place.low[axes[1]]) * box_stride[axes[1]]
                        + (column - place.low[axes[0]]) * box_stride[axes[0]];
                    out[at] += product[from].norm() * scale;
                }
            }
        }
    }
}

/// The response at the region's voxels.
pub fn apply(image: &Volume, region: &Region, settings: &Settings) -> Derived {
    let word = |value: f64| format!("{value:?}").replace('.', "-");
    let name = format!("gabor-sigma-{}-lambda-{}-mm", word(settings.sigma), word(settings.lambda));
    let values = response(image, &region.place, settings);
    Derived { name, values: inner(&values, &region.place, region), single: false }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directions_go_round_once() {
        let mut settings = Settings {
            sigma: 2.0,
            lambda: 4.0,
            gamma: 1.0,
            theta: 180.0,
            step: 45.0,
            all_planes: false,
            boundary: Boundary::Zero,
        };
        assert_eq!(settings.directions().len(), 8);
        settings.step = 0.0;
        assert_eq!(settings.directions(), vec![std::f64::consts::PI]);
    }
}
