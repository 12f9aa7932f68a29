//! Laplacian of Gaussian by a sampled kernel, as IBSI-2 defines it.

use super::convolve::{self, BOUNDARY, Kernels};
use super::mean::Boundary;
use super::{Derived, Filter, Offered, log::inner};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::Volume;
use crate::radiomics::region::Region;

pub static CARD: Card = Card {
    name: "LoG_ibsi",
    title: "Laplacian of Gaussian, by IBSI",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "sigma",
            domain: Domain::RealOpen { low: 0.0, high: 1000.0 },
            default: Initial::Required,
            summary: "Standard deviation of the Gaussian in mm.",
        },
        Parameter {
            name: "cutoff",
            domain: Domain::RealOpen { low: 0.0, high: 20.0 },
            default: Initial::Real(4.0),
            summary: "Where the kernel ends, in standard deviations.",
        },
        Parameter {
            name: "flat",
            domain: Domain::Flag,
            default: Initial::Flag(false),
            summary: "Within slices instead of in space.",
        },
        BOUNDARY,
    ],
    summary: "Edges and blobs of the size of sigma, by IBSI's kernel.",
    documentation: "The image convolved with Σ ∂²g/∂k² of a Gaussian g of σ / spacing voxels along each axis, sampled at \
voxel centres and cut off at `cutoff` σ. Unlike `LoG`, which is PyRadiomics', it is not scaled by σ².",
    references: &["Whybra P, et al. The Image Biomarker Standardization Initiative: convolutional filters. Radiology \
2024;310:e231319."],
    example: "features radiomics from ct\n  filter LoG_ibsi(sigma = 3 mm)",
};

pub static OFFERED: Offered = Offered {
    card: &CARD,
    make: |settings| {
        Ok(Filter::SampledLoG(Settings {
            sigma: settings.real("sigma"),
            cutoff: settings.real("cutoff"),
            flat: settings.flag("flat"),
            boundary: convolve::boundary(settings.choice("boundary")),
        }))
    },
};

/// The filter's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub sigma: f64,
    pub cutoff: f64,
    pub flat: bool,
    pub boundary: Boundary,
}

/// A Gaussian and its second derivative at voxel centres.
fn kernels(sigma: f64, cutoff: f64) -> (Vec<f64>, Vec<f64>) {
    let reach = (cutoff * sigma + 0.5).floor() as i64;
    let square = sigma * sigma;
    (-reach..=reach)
        .map(|x| {
            let x2 = (x * x) as f64;
            let g = (-x2 / (2.0 * square)).exp() / ((2.0 * std::f64::consts::PI).sqrt() * sigma);
            (g, g * (x2 / (square * square) - 1.0 / square))
        })
        .unzip()
}

/// The response over a whole image.
pub fn response(image: &Volume, settings: &Settings) -> Vec<f64> {
    let values = image.reals(&image.whole());
    let spacing = image.geometry.spacing().0;
    let axes = if settings.flat { 2 } else { 3 };
    let mut out = vec![0.0; values.len()];
    for second in 0..axes {
        let kernels: Kernels = std::array::from_fn(|axis| {
            if axis >= axes {
                return Vec::new();
            }
            let (g, d2) = kernels(settings.sigma / spacing[axis], settings.cutoff);
            if axis == second { d2 } else { g }
        });
        let part = convolve::convolve(&values, image.size(), &kernels, settings.boundary);
        out.iter_mut().zip(part).for_each(|(sum, value)| *sum += value);
    }
    out
}

/// The response at the region's voxels.
pub fn apply(image: &Volume, region: &Region, settings: &Settings) -> Derived {
    let name = format!("log-ibsi-sigma-{}-mm", format!("{:?}", settings.sigma).replace('.', "-"));
    Derived { name, values: inner(&response(image, settings), &image.whole(), region), single: false }
}
