//! Steps, learners, folds, tuning and the pipelines made of them.
//!
//! May import: `card`, `random`, `progress`, `stats`. Knows nothing of the language or of files.
//! A learner is one file with a unit struct that implements [`Learner`], and one line in
//! [`learners`]; a preparation step likewise with [`Step`] and [`steps`]. The learners of
//! censored endpoints live in `survival` and implement the same trait.
//! Deliberately absent: reading data, and any fit that does not say its rows.

pub mod block;
pub mod elastic_net;
pub mod folds;
pub mod glmnet;
pub mod lasso;
pub mod least_squares;
pub mod linear;
pub mod linear_model;
pub mod linear_regression;
pub mod logistic;
pub mod logistic_regression;
pub mod recipe;
pub mod ridge;
pub mod seam;
pub mod steps;
pub(crate) mod training;

pub use block::{Block, Column, Values};
pub use seam::{FitError, FittedStep, Learner, Model, Step, Task};

/// Every learner of binary and continuous endpoints, in alphabetical order.
pub fn learners() -> &'static [&'static dyn Learner] {
    &[&elastic_net::ElasticNet, &lasso::Lasso, &linear::Linear, &logistic::Logistic, &ridge::Ridge]
}

/// Every preparation step, in alphabetical order.
pub fn steps() -> &'static [&'static dyn Step] {
    steps::all()
}
