//! Steps, learners, folds, tuning and the pipelines made of them.
//!
//! May import: `card`, `random`, `progress`, `stats`. Knows nothing of the language or of files.
//! A learner is one file with a unit struct that implements [`Learner`], and one line in
//! [`learners`]; a preparation step likewise with [`Step`] and [`steps()`]. The learners of
//! censored endpoints live in `survival` and implement the same trait.
//! Deliberately absent: reading data, and any fit that does not say its rows.

pub mod adaboost;
pub mod bagging;
pub mod block;
pub mod boosting;
pub mod calibration;
pub mod decision_tree;
pub mod elastic_net;
pub mod folds;
mod forest;
pub mod glmnet;
pub mod gradient_boosting;
pub mod grids;
pub mod gtbr;
pub mod knn;
pub mod lasso;
pub mod least_squares;
pub mod linear;
pub mod linear_model;
pub mod linear_regression;
pub mod logistic;
pub mod logistic_regression;
pub mod logistic_ridge;

pub mod mice;
pub mod multinomial;
pub mod naive_bayes;
pub mod random_forest;
pub mod recipe;
pub mod ridge;
pub mod rotation_forest;
pub mod seam;
pub mod stacking;
pub mod steps;
pub mod support_vectors;
pub mod svm;
pub mod threshold;
pub(crate) mod training;
pub mod tree;

pub use block::{Block, Column, Values};
pub use seam::{FitError, FittedStep, Learner, Model, Step, Task, Unread};

/// Every learner of binary, continuous and nominal endpoints, in alphabetical order.
pub fn learners() -> &'static [&'static dyn Learner] {
    &[
        &adaboost::AdaBoost,
        &bagging::Bagging,
        &boosting::Boosting,
        &decision_tree::DecisionTree,
        &elastic_net::ElasticNet,
        &gradient_boosting::GradientBoosting,
        &gtbr::Gtbr,
        &knn::Knn,
        &lasso::Lasso,
        &linear::Linear,
        &logistic::Logistic,
        &naive_bayes::NaiveBayes,
        &random_forest::RandomForest,
        &ridge::Ridge,
        &rotation_forest::RotationForest,
        &stacking::Stacking,
        &svm::Svm,
    ]
}

/// Every preparation step, in alphabetical order.
pub fn steps() -> &'static [&'static dyn Step] {
    steps::all()
}
