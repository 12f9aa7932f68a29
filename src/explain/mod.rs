//! Shapley values, permutation importance, partial dependence.
//!
//! Trees are explained exactly ([`path_dependent`], [`interventional`], [`interactions`] over a
//! [`TreeEnsemble`]), linear models exactly ([`linear()`]), and anything else as a closure over
//! rows of original features: by full enumeration ([`exact()`]), by sampled permutations
//! ([`permutation_sampling()`], [`walks`]) or by weighted least squares ([`kernel()`]). A whole fitted
//! design is explained by [`shap::attribute`], which takes the exact method for every model that
//! has one ([`form`]) and reaches the original features of each block through a late fusion.
//!
//! May import: `card`, `random`, `progress`, `stats`, `learn`, `survival`, `fuse`. Deliberately
//! absent: reading data, and which rows explain which.

pub mod background;
pub mod exact;
pub mod form;
pub mod fusion;
pub mod kernel;
pub mod linear;
pub mod partial_dependence;
pub mod permutation_importance;
pub mod permutation_sampling;
pub mod shap;
pub mod tree;
pub mod tree_interaction;
pub mod tree_interventional;
pub mod tree_path;
pub mod walk;

mod explanation;
mod quadrature;

pub use background::Background;
pub use exact::exact;
pub use explanation::{Explanation, average, out_of_fold};
pub use kernel::kernel;
pub use linear::linear;
pub use permutation_importance::permutation_importance;
pub use permutation_sampling::permutation_sampling;
pub use tree::{SplitRule, Tree, TreeEnsemble};
pub use tree_interaction::interactions;
pub use tree_interventional::interventional;
pub use tree_path::path_dependent;
pub use walk::walks;

use ndarray::ArrayView2;

use crate::card::Card;
use crate::progress::Cancelled;

/// The methods that a study can name, in alphabetical order.
pub fn methods() -> &'static [&'static Card] {
    static METHODS: &[&Card] = &[&shap::CARD, &partial_dependence::CARD, &permutation_importance::CARD];
    METHODS
}

/// Why there is no explanation.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum ExplainError {
    #[error("stopped")]
    Cancelled(#[from] Cancelled),
    #[error("the model was fitted on {expected} features and is explained on {given}")]
    Shape { expected: usize, given: usize },
    #[error("there are no background rows to average over")]
    NoBackground,
    #[error("there are no rows to explain")]
    NoRows,
    #[error("a tree is malformed: {reason}")]
    Tree { reason: String },
    #[error("the model could not predict: {reason}")]
    Model { reason: String },
    #[error("a prediction is missing or not finite on this scale")]
    NotFinite,
    #[error("full enumeration over {features} features is out of reach (at most {most}); use permutation sampling")]
    TooManyFeatures { features: usize, most: usize },
    #[error("{reason}")]
    NotEstimable { reason: String },
}

/// A prediction of any model on rows of original features: one number a row, on the scale to be
/// explained (probability, log-odds, risk, survival at a horizon).
pub trait Predictor: Sync {
    /// # Errors
    /// [`ExplainError::Model`] with the model's reason.
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError>;
}

impl<F> Predictor for F
where
    F: Fn(ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError> + Sync,
{
    fn predict(&self, rows: ArrayView2<'_, f64>) -> Result<Vec<f64>, ExplainError> {
        self(rows)
    }
}
