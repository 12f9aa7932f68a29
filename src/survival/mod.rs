//! Censored endpoints: one file per estimator, learner and metric.
//!
//! May import: `card`, `random`, `progress`, `stats`, `learn`. Knows nothing of the language.

pub mod coxnet;
