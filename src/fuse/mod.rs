//! Fitting a design: preparation, choice, tuning, out-of-fold prediction, fusion.
//!
//! May import: `card`, `random`, `progress`, `stats`, `learn`, `survival`. Knows nothing of the
//! language. Every fit here names its rows.
