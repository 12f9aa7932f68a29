//! Filters: each makes derived images of which the same features are computed.
//!
//! One file per filter, with its card and what a study's settings of the card mean; registering it is one line of
//! [`OFFERED`]. A filter sees the image and the region and gives the filtered values of the
//! region's voxels only; how far around the region it has to look is its own affair.

use crate::card::{self, Card};
use crate::imaging::Volume;
use crate::radiomics::region::Region;

pub mod convolve;
pub mod gabor;
pub mod gradient;
pub mod laws;
pub mod lbp2d;
pub mod lbp3d;
pub mod log;
pub mod mean;
pub mod pointwise;
pub mod sampled_log;
pub mod separable_wavelet;
pub mod wavelet;
pub mod wavelet_tables;

/// A filter by its card, and how checked settings of the card become the filter.
pub struct Offered {
    pub card: &'static Card,
    /// Says why where the settings, each in its domain, do not fit together or name nothing that is known.
    pub make: fn(&card::Settings) -> Result<Filter, String>,
}

/// Every filter that a study can ask for.
pub static OFFERED: &[&Offered] = &[
    &pointwise::OFFERED_ORIGINAL,
    &log::OFFERED,
    &wavelet::OFFERED,
    &pointwise::OFFERED_SQUARE,
    &pointwise::OFFERED_SQUARE_ROOT,
    &pointwise::OFFERED_LOGARITHM,
    &pointwise::OFFERED_EXPONENTIAL,
    &gradient::OFFERED,
    &lbp2d::OFFERED,
    &lbp3d::OFFERED,
    &mean::OFFERED,
    &sampled_log::OFFERED,
    &laws::OFFERED,
    &gabor::OFFERED,
    &separable_wavelet::OFFERED,
];

/// A filtered image, at the region's voxels.
#[derive(Clone, Debug)]
pub struct Derived {
    /// PyRadiomics' name, such as `wavelet-LLH`.
    pub name: String,
    /// Values of the region's voxels in the order of its box.
    pub values: Vec<f64>,
    /// Whether the filter's result is `f32`.
    pub single: bool,
}

/// A filter with its parameters.
#[derive(Clone, Debug, PartialEq)]
pub enum Filter {
    /// The image itself.
    Original,
    /// Laplacian of Gaussian.
    LoG {
        sigmas: Vec<log::Sigma>,
    },
    Wavelet(wavelet::Settings),
    Square,
    SquareRoot,
    Logarithm,
    Exponential,
    /// Magnitude of the gradient; per mm or per voxel.
    Gradient {
        per_millimetre: bool,
    },
    Lbp2d(lbp2d::Settings),
    Lbp3d(lbp3d::Settings),
    /// Mean over a cube of so many voxels.
    Mean {
        support: usize,
        flat: bool,
    },
    SampledLoG(sampled_log::Settings),
    Laws(laws::Settings),
    Gabor(gabor::Settings),
    SeparableWavelet(separable_wavelet::Settings),
}

/// Why a filter gave no image; the others are not touched by it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Skipped {
    #[error("{name}: the image of {} x {} x {} voxels is too small for this filter", .size[0], .size[1], .size[2])]
    TooSmall { name: String, size: [usize; 3] },
    #[error("{name}: sigma must be a positive number of millimetres, not {sigma}")]
    Sigma { name: String, sigma: f64 },
    #[error("{name}: the image is zero everywhere, so it cannot be scaled to its own range")]
    ZeroEverywhere { name: String },
    #[error("{name}: no wavelet is called so; known are haar, db1-db20, sym2-sym20, coif1-coif5, bior and rbio")]
    UnknownWavelet { name: String },
}

/// A part of a filter's work that can run by itself; parts keep their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    Whole,
    /// The sub-bands whose first letter is `L` (false) or `H` (true).
    Band(bool),
}

impl Filter {
    /// The parts that this filter's work falls into.
    pub fn parts(&self) -> Vec<Part> {
        match self {
            Filter::Wavelet(settings) if settings.level == 1 => vec![Part::Band(false), Part::Band(true)],
            _ => vec![Part::Whole],
        }
    }

    /// The filter's card.
    pub fn card(&self) -> &'static Card {
        match self {
            Filter::Original => &pointwise::ORIGINAL,
            Filter::LoG { .. } => &log::CARD,
            Filter::Wavelet(_) => &wavelet::CARD,
            Filter::Square => &pointwise::SQUARE,
            Filter::SquareRoot => &pointwise::SQUARE_ROOT,
            Filter::Logarithm => &pointwise::LOGARITHM,
            Filter::Exponential => &pointwise::EXPONENTIAL,
            Filter::Gradient { .. } => &gradient::CARD,
            Filter::Lbp2d(_) => &lbp2d::CARD,
            Filter::Lbp3d(_) => &lbp3d::CARD,
            Filter::Mean { .. } => &mean::CARD,
            Filter::SampledLoG(_) => &sampled_log::CARD,
            Filter::Laws(_) => &laws::CARD,
            Filter::Gabor(_) => &gabor::CARD,
            Filter::SeparableWavelet(_) => &separable_wavelet::CARD,
        }
    }

    /// Filters that give one family of images each: several standard deviations stand apart.
    pub fn divided(&self) -> Vec<Filter> {
        match self {
            Filter::LoG { sigmas } => sigmas.iter().map(|sigma| Filter::LoG { sigmas: vec![sigma.clone()] }).collect(),
            other => vec![other.clone()],
        }
    }

    /// Computes one part and hands each derived image to `visit` as soon as it is there.
    ///
    /// # Errors
    /// The first error of `visit`; a filter that cannot work says so through `skip`.
    pub fn apply<E>(
        &self,
        part: Part,
        image: &Volume,
        region: &Region,
        flat: Option<usize>,
        visit: &mut dyn FnMut(Derived) -> Result<(), E>,
        skip: &mut dyn FnMut(Skipped),
    ) -> Result<(), E> {
        match self {
            Filter::Original => visit(pointwise::original(image, region)),
            Filter::LoG { sigmas } => {
                for sigma in sigmas {
                    match log::apply(image, region, sigma) {
                        Ok(derived) => visit(derived)?,
                        Err(why) => skip(why),
                    }
                }
                Ok(())
            }
            Filter::Wavelet(settings) => match wavelet::apply(image, region, settings, flat, part, visit) {
                Ok(done) => done,
                Err(why) => {
                    // Both halves fail alike; say it once.
                    if part != Part::Band(true) {
                        skip(why);
                    }
                    Ok(())
                }
            },
            Filter::Square => visit_or_skip(pointwise::square(image, region), visit, skip),
            Filter::SquareRoot => visit_or_skip(pointwise::square_root(image, region), visit, skip),
            Filter::Logarithm => visit_or_skip(pointwise::logarithm(image, region), visit, skip),
            Filter::Exponential => visit_or_skip(pointwise::exponential(image, region), visit, skip),
            Filter::Gradient { per_millimetre } => visit(gradient::apply(image, region, *per_millimetre)),
            Filter::Lbp2d(settings) => visit(lbp2d::apply(image, region, settings)),
            Filter::Lbp3d(settings) => lbp3d::apply(image, region, settings, visit),
            Filter::Mean { support, flat } => visit(mean::apply(image, region, *support, *flat)),
            Filter::SampledLoG(settings) => visit(sampled_log::apply(image, region, settings)),
            Filter::Laws(settings) => visit(laws::apply(image, region, settings)),
            Filter::Gabor(settings) => visit(gabor::apply(image, region, settings)),
            Filter::SeparableWavelet(settings) => visit(separable_wavelet::apply(image, region, settings)),
        }
    }
}

fn visit_or_skip<E>(
    result: Result<Derived, Skipped>,
    visit: &mut dyn FnMut(Derived) -> Result<(), E>,
    skip: &mut dyn FnMut(Skipped),
) -> Result<(), E> {
    match result {
        Ok(derived) => visit(derived),
        Err(why) => {
            skip(why);
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cards_make_their_own_filters() {
        for offered in OFFERED {
            let given =
                offered.card.parameters.iter().filter(|parameter| parameter.default == card::Initial::Required).map(
                    |parameter| {
                        let value = match parameter.name {
                            "kernels" => card::Value::Text("L5E5".into()),
                            "band" => card::Value::Text("LLH".into()),
                            _ => card::Value::Integer(3),
                        };
                        (parameter.name, value)
                    },
                );
            let settings = card::Settings::new(offered.card, given).unwrap();
            let filter = (offered.make)(&settings).unwrap();
            assert_eq!(filter.card().name, offered.card.name);
        }
        assert_eq!(Filter::LoG { sigmas: vec![log::Sigma::new(2.0), log::Sigma::new(4.0)] }.divided().len(), 2);
    }
}
