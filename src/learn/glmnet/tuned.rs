//! How the strength of a penalty was found, for those who draw its path.

use serde::{Deserialize, Serialize};

/// Lambda and what it was judged by. The path itself is not kept: it follows from these and the
/// training rows, and would be most of a model's file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tuned {
    /// glmnet's alpha: 1 is the lasso.
    pub alpha: f64,
    pub lambda: f64,
    /// Lambdas with mean and standard error of the cross-validated measure; empty where lambda was
    /// given.
    pub lambdas: Vec<f64>,
    pub mean: Vec<f64>,
    pub standard_error: Vec<f64>,
}

impl Tuned {
    /// A lambda that nothing was compared with.
    pub fn given(alpha: f64, lambda: f64) -> Self {
        Tuned { alpha, lambda, lambdas: Vec::new(), mean: Vec::new(), standard_error: Vec::new() }
    }
}
