//! Steps that select features by the outcome and serve binary and censored endpoints alike, and so
//! need the engines of both `learn` and `survival`.
//!
//! One file each; registering one is one line in [`all`]. They see the outcome of the training
//! rows only, and whoever fits a design fits them again in every fold. Steps that do not look at a
//! censored outcome live in `learn::steps`.

mod cox_lasso;
mod elastic_net;
mod lasso;
mod penalised;
mod stability;
mod univariate;

pub use cox_lasso::CoxLasso;
pub use elastic_net::ElasticNetSelection;
pub use lasso::LassoSelection;
pub use stability::Stability;
pub use univariate::Univariate;

use crate::learn::Step;

/// Every selection by the outcome, in alphabetical order.
pub fn all() -> &'static [&'static dyn Step] {
    &[&CoxLasso, &ElasticNetSelection, &LassoSelection, &Stability, &Univariate]
}
