//! Separable wavelets with rotation invariance, by IBSI-2.

use super::convolve::{self, BOUNDARY, Kernels};
use super::mean::Boundary;
use super::{Derived, Filter, Offered, log::inner, wavelet};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::Volume;
use crate::radiomics::region::Region;

pub static CARD: Card = Card {
    name: "wavelet_ibsi",
    title: "Separable wavelet, by IBSI",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "family",
            domain: Domain::Text,
            default: Initial::Choice("coif1"),
            summary: "As of `wavelet`.",
        },
        Parameter {
            name: "band",
            domain: Domain::Text,
            default: Initial::Required,
            summary: "Low- or high-pass along x, y and z: LLH; two letters act within slices.",
        },
        Parameter {
            name: "level",
            domain: Domain::Integer { low: 1, high: 6 },
            default: Initial::Integer(1),
            summary: "Level of decomposition.",
        },
        Parameter {
            name: "invariant",
            domain: Domain::Flag,
            default: Initial::Flag(true),
            summary: "The mean over the right-angle rotations of the kernels.",
        },
        BOUNDARY,
    ],
    summary: "One sub-band, averaged over rotations.",
    documentation: "Undecimated: the image is smoothed by the low-pass kernel of each level before the last, and the \
last level's kernels are convolved along the axes; kernels of level j have 2^(j−1) − 1 zeros after each of their values. \
Unlike `wavelet`, which is PyRadiomics', a border is chosen and the response does not depend on the patient's pose.",
    references: &["Whybra P, et al. The Image Biomarker Standardization Initiative: convolutional filters. Radiology \
2024;310:e231319."],
    example: "features radiomics from ct\n  filter wavelet_ibsi(family = db3, band = LLH)",
};

pub static OFFERED: Offered = Offered {
    card: &CARD,
    make: |settings| {
        let (family, band) = (settings.choice("family").to_owned(), settings.choice("band").to_owned());
        if wavelet::filters(&family).is_none() {
            return Err(format!("no wavelet is called `{family}`"));
        }
        if !(2..=3).contains(&band.len()) || !band.chars().all(|letter| letter == 'L' || letter == 'H') {
            return Err(format!("`{band}` is no sub-band: letters L or H for x, y and z, such as LLH, or for x and y"));
        }
        Ok(Filter::SeparableWavelet(Settings {
            family,
            band,
            level: settings.count("level"),
            invariant: settings.flag("invariant"),
            boundary: convolve::boundary(settings.choice("boundary")),
        }))
    },
};

/// The filter's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub family: String,
    /// `LLH`.
    pub band: String,
    pub level: usize,
    pub invariant: bool,
    pub boundary: Boundary,
}

/// The kernel of a level: zeros after every value.
fn spread(kernel: &[f64], level: usize) -> Vec<f64> {
    let step = 1 << (level - 1);
    let mut out = vec![0.0; kernel.len() * step];
    kernel.iter().enumerate().for_each(|(place, value)| out[place * step] = *value);
    out
}

/// The response over a whole image; nothing where the family is unknown.
pub fn response(image: &Volume, settings: &Settings) -> Vec<f64> {
    let Some((low, high)) = wavelet::filters(&settings.family) else { return Vec::new() };
    let values = image.reals(&image.whole());
    let size = image.size();
    let level = settings.level.max(1);
    let letters: Vec<char> = settings.band.chars().collect();
    // An axis without a letter is left alone.
    let last: Kernels = std::array::from_fn(|axis| match letters.get(axis) {
        Some('H') => spread(&high, level),
        Some(_) => spread(&low, level),
        None => Vec::new(),
    });
    let of = |rotation: &convolve::Rotation| {
        let mut values = values.clone();
        for before in 1..level {
            let smooth: Kernels =
                std::array::from_fn(|axis| if axis < letters.len() { spread(&low, before) } else { Vec::new() });
            values = convolve::convolve(&values, size, &convolve::rotated(&smooth, rotation), settings.boundary);
        }
        convolve::convolve(&values, size, &convolve::rotated(&last, rotation), settings.boundary)
    };
    let mut rotations = convolve::rotations(letters.len() < 3);
    if !settings.invariant {
        rotations.truncate(1);
    }
    let mut sum = vec![0.0; values.len()];
    for rotation in &rotations {
        sum.iter_mut().zip(of(rotation)).for_each(|(sum, value)| *sum += value);
    }
    let count = rotations.len() as f64;
    sum.iter_mut().for_each(|value| *value /= count);
    sum
}

/// The response at the region's voxels.
pub fn apply(image: &Volume, region: &Region, settings: &Settings) -> Derived {
    let invariant = if settings.invariant { "-invariant" } else { "" };
    let name = format!("wavelet-ibsi-{}-{}-{}{invariant}", settings.family, settings.level, settings.band);
    Derived { name, values: inner(&response(image, settings), &image.whole(), region), single: false }
}
