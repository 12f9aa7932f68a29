//! Steps, learners, folds, tuning and the pipelines made of them.
//!
//! May import: `card`, `random`, `progress`, `stats`. Knows nothing of the language or of files.
//! A learner is one file with a unit struct that implements [`Learner`], and one line in
//! [`learners`]; a preparation step likewise with [`Step`] and [`steps`]. The learners of
//! censored endpoints live in `survival` and implement the same trait.
//! Deliberately absent: reading data, and any fit that does not say its rows.

pub mod block;
pub mod folds;
pub mod recipe;
pub mod seam;
pub mod steps;

pub use block::{Block, Column, Values};
pub use seam::{FitError, FittedStep, Learner, Model, Step, Task};

/// Every learner of binary and continuous endpoints, in alphabetical order.
pub fn learners() -> &'static [&'static dyn Learner] {
    &[]
}

/// Every preparation step, in alphabetical order.
pub fn steps() -> &'static [&'static dyn Step] {
    steps::all()
}
