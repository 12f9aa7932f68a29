//! Preparation steps, one file each: imputation, scaling, coding, filters, selection.
//!
//! A step learns from training rows only and is applied to any rows by column name. May import
//! `card`, `random`, `progress`, `stats` and the seam of `learn`. Registering a step is one line
//! in [`all`]. Deliberately absent: steps that look at rows outside the training rows.

pub mod columns;
pub mod fill;
pub mod rank_correlation;
pub mod selected;

mod combat;
mod complete_cases;
mod correlation;
mod knn;
mod mean;
mod median;
mod mice;
mod min_max;
mod missing;
mod mode;
mod mrmr;
mod near_zero_variance;
mod one_hot;
mod ordinal;
mod robust;
mod variance;
mod z_score;

pub use combat::Combat;
pub use complete_cases::CompleteCases;
pub use correlation::CorrelationFilter;
pub use knn::Knn;
pub use mean::Mean;
pub use median::Median;
pub use mice::Mice;
pub use min_max::MinMax;
pub use missing::Missing;
pub use mode::Mode;
pub use mrmr::Mrmr;
pub use near_zero_variance::NearZeroVariance;
pub use one_hot::OneHot;
pub use ordinal::Ordinal;
pub use robust::Robust;
pub use variance::Variance;
pub use z_score::ZScore;

use super::seam::Step;

/// Every preparation step, in alphabetical order.
pub fn all() -> &'static [&'static dyn Step] {
    &[
        &Combat,
        &CompleteCases,
        &CorrelationFilter,
        &Knn,
        &Mean,
        &Median,
        &Mice,
        &MinMax,
        &Missing,
        &Mode,
        &Mrmr,
        &NearZeroVariance,
        &OneHot,
        &Ordinal,
        &Robust,
        &Variance,
        &ZScore,
    ]
}
