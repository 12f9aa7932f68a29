//! Censored endpoints: one file per estimator, learner and metric.
//!
//! May import: `card`, `random`, `progress`, `stats`, `learn`. Knows nothing of the language.
//! Inference follows R's `survival` (and `cmprsk` for competing risks), prediction and its
//! metrics follow scikit-survival; each file says where. A learner is one line in [`learners`],
//! a metric one line in [`metrics`]. Deliberately absent: reading data, drawing, and interval
//! censoring.

pub mod bma;
pub mod boosting_loss;
pub mod brier;
pub mod calibration;
pub mod calibration_slope;
pub mod censoring;
pub mod competing_risks;
pub mod componentwise_gbsa;
pub mod concordance;
pub mod cox;
pub mod cox_learner;
pub mod cox_tables;
pub mod coxnet;
pub mod decision_curve;
pub mod design;
pub mod error;
pub mod extra_survival_trees;
pub mod finegray;
pub mod forest;
pub mod fsvm;
pub mod gbsa;
pub mod influence;
pub mod kaplan_meier;
pub mod life_table;
pub mod logrank;
pub mod nelson_aalen;
pub mod rsf;
pub mod survival_tree;
pub mod time_dependent_auc;
pub mod tree;
pub mod uno;

pub use error::SurvivalError;

use crate::learn::Learner;
use crate::stats::Metric;

/// Every learner of censored endpoints, in alphabetical order.
pub fn learners() -> &'static [&'static dyn Learner] {
    &[
        &componentwise_gbsa::ComponentwiseBoosting,
        &cox_learner::Cox,
        &coxnet::Coxnet,
        &extra_survival_trees::ExtraSurvivalTrees,
        &fsvm::FastSurvivalSvm,
        &gbsa::GradientBoostingSurvival,
        &rsf::RandomSurvivalForest,
        &survival_tree::SurvivalTreeLearner,
    ]
}

/// Every metric of censored endpoints, in alphabetical order.
pub fn metrics() -> &'static [&'static dyn Metric] {
    &[
        &time_dependent_auc::AucAtHorizon,
        &brier::BrierAtHorizon,
        &calibration_slope::CalibrationSlope,
        &concordance::HarrellC,
        &time_dependent_auc::IntegratedAuc,
        &brier::IntegratedBrier,
        &uno::UnoC,
    ]
}

#[cfg(test)]
mod reference_tests;
