//! Decision trees for binary, continuous and nominal endpoints: exact splits as scikit-learn's CART, grown
//! on ranks that are computed once for all trees of an ensemble.
//!
//! - [`ranks`]: each feature's distinct values and the rank of every row, shared by all trees.
//! - [`grow()`]: growing one tree.
//! - [`classes`]: trees of several classes, which keep a share for each.
//! - [`fitted`]: the flat arrays of a grown tree, and averages of trees.
//!
//! May import what `learn` may. Deliberately absent: surrogate splits, pruning, missing values
//! (an imputation comes before), and trees of censored endpoints, which are in `survival::tree`.

pub mod classes;
pub mod fitted;
pub mod grow;
pub mod ranks;

pub use fitted::{AveragedTrees, Tree, TreeEnsemble};
pub use grow::{Criterion, Growth, grow};
pub use ranks::Ranks;
