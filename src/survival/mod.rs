//! Censored endpoints: one file per estimator, learner and metric.
//!
//! May import: `card`, `random`, `progress`, `stats`, `learn`. Knows nothing of the language.

pub mod extra_survival_trees;
pub mod forest;
pub mod fsvm;
pub mod rsf;
pub mod survival_tree;
pub mod tree;

use crate::learn::Learner;
use crate::stats::Metric;

/// Every learner of censored endpoints, in alphabetical order.
pub fn learners() -> &'static [&'static dyn Learner] {
    &[
        &extra_survival_trees::ExtraSurvivalTrees,
        &fsvm::FastSurvivalSvm,
        &rsf::RandomSurvivalForest,
        &survival_tree::SurvivalTreeLearner,
    ]
}

/// Every metric of censored endpoints, in alphabetical order.
pub fn metrics() -> &'static [&'static dyn Metric] {
    &[]
}
