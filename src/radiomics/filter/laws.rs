//! Laws' kernels, by IBSI-2.

use super::convolve::{self, BOUNDARY, Kernels};
use super::mean::Boundary;
use super::{Derived, Filter, Offered, log::inner};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::imaging::Volume;
use crate::radiomics::region::Region;

pub static CARD: Card = Card {
    name: "laws",
    title: "Laws' kernels",
    role: Role::Filter,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "kernels",
            domain: Domain::Text,
            default: Initial::Required,
            summary: "Two or three of L3, E3, S3, L5, E5, S5, W5, R5 in one word, one an axis: L5E5E5.",
        },
        Parameter {
            name: "invariant",
            domain: Domain::Flag,
            default: Initial::Flag(true),
            summary: "The maximum over the right-angle rotations of the kernels.",
        },
        Parameter {
            name: "energy",
            domain: Domain::Integer { low: 0, high: 100 },
            default: Initial::Integer(7),
            summary: "Distance in voxels over which magnitudes are averaged; 0 gives the response itself.",
        },
        BOUNDARY,
    ],
    summary: "Levels, edges, spots, waves and ripples, and their energy.",
    documentation: "The image convolved with a normalised kernel along each axis (L level, E edge, S spot, W wave, R \
ripple); two kernels act within slices. The energy of a response is the mean of its magnitude over the voxels within a \
distance δ along each axis.",
    references: &[
        "Laws KI. Rapid texture identification. Proc SPIE 1980;238:376-381.",
        "Whybra P, et al. The Image Biomarker Standardization Initiative: convolutional filters. Radiology \
2024;310:e231319.",
    ],
    example: "features radiomics from ct\n  filter laws(kernels = \"L5E5E5\")",
};

pub static OFFERED: Offered = Offered {
    card: &CARD,
    make: |settings| {
        let word = settings.choice("kernels").to_owned();
        let kernels = named(&word).ok_or_else(|| {
            format!("`{word}` is not two or three of L3, E3, S3, L5, E5, S5, W5 and R5 in one word, such as L5E5E5")
        })?;
        Ok(Filter::Laws(Settings {
            word,
            kernels,
            invariant: settings.flag("invariant"),
            energy: settings.count("energy"),
            boundary: convolve::boundary(settings.choice("boundary")),
        }))
    },
};

/// The filter's parameters.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub word: String,
    pub kernels: Kernels,
    pub invariant: bool,
    pub energy: usize,
    pub boundary: Boundary,
}

/// The kernels of a word such as `L5E5E5`.
pub fn named(word: &str) -> Option<Kernels> {
    if !word.is_ascii() || !(word.len() == 4 || word.len() == 6) {
        return None;
    }
    let mut kernels = Kernels::default();
    for (axis, kernel) in kernels.iter_mut().enumerate().take(word.len() / 2) {
        let (values, squares): (&[f64], f64) = match word.get(2 * axis..2 * axis + 2)? {
            "L3" => (&[1.0, 2.0, 1.0], 6.0),
            "E3" => (&[-1.0, 0.0, 1.0], 2.0),
            "S3" => (&[-1.0, 2.0, -1.0], 6.0),
            "L5" => (&[1.0, 4.0, 6.0, 4.0, 1.0], 70.0),
            "E5" => (&[-1.0, -2.0, 0.0, 2.0, 1.0], 10.0),
            "S5" => (&[-1.0, 0.0, 2.0, 0.0, -1.0], 6.0),
            "W5" => (&[-1.0, 2.0, 0.0, -2.0, 1.0], 10.0),
            "R5" => (&[1.0, -4.0, 6.0, -4.0, 1.0], 70.0),
            _ => return None,
        };
        *kernel = values.iter().map(|value| value / squares.sqrt()).collect();
    }
    Some(kernels)
}

/// The response over a whole image.
pub fn response(image: &Volume, settings: &Settings) -> Vec<f64> {
    let size = image.size();
    let values = image.reals(&image.whole());
    let flat = settings.kernels[2].is_empty();
    let of = |kernels: &Kernels| convolve::convolve(&values, size, kernels, settings.boundary);
    let out = if settings.invariant {
        let mut all = convolve::rotations(flat).into_iter();
        let mut most = all.next().map_or_else(Vec::new, |first| of(&convolve::rotated(&settings.kernels, &first)));
        for rotation in all {
            let next = of(&convolve::rotated(&settings.kernels, &rotation));
            most.iter_mut().zip(next).for_each(|(most, value)| *most = most.max(value));
        }
        most
    } else {
        of(&settings.kernels)
    };
    if settings.energy == 0 {
        return out;
    }
    let magnitudes: Vec<f64> = out.into_iter().map(f64::abs).collect();
    let width = 2 * settings.energy + 1;
    let mean = vec![1.0 / width as f64; width];
    let last = if flat { Vec::new() } else { mean.clone() };
    convolve::convolve(&magnitudes, size, &[mean.clone(), mean, last], settings.boundary)
}

/// The response at the region's voxels.
pub fn apply(image: &Volume, region: &Region, settings: &Settings) -> Derived {
    let mut name = format!("laws-{}", settings.word);
    if settings.invariant {
        name.push_str("-invariant");
    }
    if settings.energy > 0 {
        name.push_str(&format!("-energy-{}", settings.energy));
    }
    Derived { name, values: inner(&response(image, settings), &image.whole(), region), single: false }
}
