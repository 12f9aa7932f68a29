//! Shapley values, permutation importance, partial dependence.
//!
//! May import: `card`, `random`, `progress`, `stats`, `learn`, `survival`, `fuse`.
