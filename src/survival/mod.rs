//! Censored endpoints: one file per estimator, learner and metric.
//!
//! May import: `card`, `random`, `progress`, `stats`, `learn`. Knows nothing of the language.

pub mod extra_survival_trees;
pub mod forest;
pub mod fsvm;
pub mod rsf;
pub mod survival_tree;
pub mod tree;
