//! Differential expression, enrichment, single-sample scores.
//!
//! May import: `card`, `random`, `progress`, `stats`. Knows nothing of the language.
