//! Tables: readers, dictionary, row expressions over Polars.
//!
//! May import: `card`, `progress`. Knows nothing of the language; expressions arrive typed.

pub mod dictionary;
pub mod expression;
