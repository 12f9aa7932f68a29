//! Elastic-net paths by coordinate descent, after glmnet: one core for least squares, binomial and
//! multinomial likelihoods, and for the partial likelihood of `survival::coxnet`.
//!
//! The objective, with case weights `w` summing to 1, is
//!
//! ```text
//! sum_i w_i loss(y_i, b0 + b'x_i)  +  lambda sum_j f_j (alpha |b_j| + (1 - alpha) b_j^2 / 2)
//! ```
//!
//! on standardised features; coefficients are told on the scale of the features as given.
//!
//! - [`standardise`]: columns centred and scaled, once a fit.
//! - [`descent`]: coordinate descent for one weighted least-squares problem.
//! - [`path`]: the likelihoods' common loop: reweighting, strong rules, working set, optimality.
//! - [`gaussian`], [`binomial`], [`multinomial`]: the likelihoods.
//! - [`cross_validation`]: lambda by folds; [`tuned`]: what is kept of it.
//!
//! May import what `learn` may. Deliberately absent: learners' cards (they are in `learn`), and
//! choosing folds (a caller's business, so that candidates share them).

pub mod binomial;
pub mod cross_validation;
pub mod descent;
pub mod gaussian;
pub mod multinomial;
pub mod path;
pub mod standardise;
pub mod tuned;

pub use cross_validation::{CrossValidated, Measure, Rule, cross_validate};
pub use path::{Control, Family, Lambdas, Path, Penalty};
pub use tuned::Tuned;
