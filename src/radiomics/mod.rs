//! Features of a region of an image: one file per feature class and per filter.
//!
//! May import: `card`, `imaging`, `progress`. Knows nothing of the language or of outcomes.
