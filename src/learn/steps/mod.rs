//! Preparation steps, one file each: imputation, scaling, coding, filters, selection.
//!
//! A step learns from training rows only and is applied to any rows by column name. May import
//! `card`, `random`, `progress`, `stats` and the seam of `learn`. Registering a step is one line
//! in [`all`]. Deliberately absent: steps that look at rows outside the training rows.

pub mod columns;
pub mod fill;
pub mod selected;

mod complete_cases;
mod mean;
mod median;
mod mode;
mod one_hot;
mod variance;
mod z_score;

pub use complete_cases::CompleteCases;
pub use mean::Mean;
pub use median::Median;
pub use mode::Mode;
pub use one_hot::OneHot;
pub use variance::Variance;
pub use z_score::ZScore;

use super::seam::Step;

/// Every preparation step, in alphabetical order.
pub fn all() -> &'static [&'static dyn Step] {
    &[&CompleteCases, &Mean, &Median, &Mode, &OneHot, &Variance, &ZScore]
}
