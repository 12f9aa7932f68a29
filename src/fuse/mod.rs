//! Fitting a design: preparation, choice, tuning, out-of-fold prediction, fusion.
//!
//! May import: `card`, `random`, `progress`, `stats`, `learn`, `survival`. Knows nothing of the
//! language. Every fit here names its rows; nothing is prepared, chosen, tuned or combined on a row
//! that it is then judged on. A fusion rule is one file with a unit struct that implements
//! [`Rule`] and one line in [`rules`]. Deliberately absent: estimates with intervals (those are
//! `stats` and `survival`), files, clocks.
//!
//! A patient without one modality: a row that has no value in any column of a block of two or
//! more columns does not have that modality. It is left out where that block is learned from, and
//! a late fusion predicts it by a combiner fitted for the modalities that it has. A row without any
//! modality is left out of the prediction and counted.

mod cross_fit;
mod design;
mod fitted;
mod learned;
mod mixture;
mod null;
mod prepare;
mod rule;
mod search;
mod standardised;
pub mod steps;
mod work;

mod average;
mod bma;
mod calibrated;
mod isotonic;
mod logistic;
mod platt;
mod rank_average;
mod stack;
mod weighted;

pub use cross_fit::{CrossFit, FittedFold, OutOfFold, Selection, cross_fit};
pub use design::fit;
pub use fitted::{FittedDesign, Fused, FusedPart, Predicted};
pub use learned::Learned;
pub use mixture::{Feature, Mixture, reaching};
pub use null::NullModel;
pub use prepare::{FittedPipeline, TraceStep};
pub use rule::{Combiner, CombinerSummary, FusionTask, Rule, WeightedSum};
pub use search::{Stage, Tried};
pub use work::{Cohort, FuseError, Memo, Work};

use crate::card::EndpointKind;
use crate::learn::{Learner, Step};
use crate::stats::Metric;

/// Every fusion rule, in alphabetical order.
pub fn rules() -> &'static [&'static dyn Rule] {
    &[
        &average::Average,
        &bma::Bma,
        &isotonic::Isotonic,
        &logistic::Logistic,
        &platt::Platt,
        &rank_average::RankAverage,
        &stack::Stack,
        &weighted::Weighted,
    ]
}

/// The fusion rule of that name.
pub fn rule(name: &str) -> Option<&'static dyn Rule> {
    rules().iter().copied().find(|rule| rule.card().name == name)
}

/// The learner of that name that serves this kind of endpoint.
pub fn learner(name: &str, kind: EndpointKind) -> Option<&'static dyn Learner> {
    learners().find(|learner| learner.card().name == name && learner.card().serves(kind))
}

/// Every learner of every kind of endpoint.
pub fn learners() -> impl Iterator<Item = &'static dyn Learner> {
    let all = crate::learn::learners().iter().chain(crate::survival::learners()).copied();
    #[cfg(test)]
    let all = all.chain(testing::LEARNERS.iter().copied());
    all
}

/// The preparation step of that name.
pub fn step(name: &str) -> Option<&'static dyn Step> {
    all_steps().find(|step| step.card().name == name)
}

/// Every preparation step: those of `learn`, and the selections that judge by the outcome.
pub fn all_steps() -> impl Iterator<Item = &'static dyn Step> {
    crate::learn::steps().iter().chain(steps::all()).copied()
}

/// The metric of that name that judges this kind of endpoint.
pub fn metric(name: &str, kind: EndpointKind) -> Option<&'static dyn Metric> {
    let all = crate::stats::metrics().iter().chain(crate::survival::metrics()).copied();
    #[cfg(test)]
    let all = all.chain(testing::METRICS.iter().copied());
    let mut all = all;
    all.find(|metric| metric.card().name == name && metric.card().serves(kind))
}

#[cfg(test)]
mod leakage_tests;
#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;
