//! Tables: readers, dictionary, row expressions, keys, content hashes.
//!
//! A [`Table`] holds typed columns; Polars frames come in through [`Table::from_frame`] and go
//! out through [`Table::to_frame`], and nothing else here or above depends on Polars.
//!
//! May import: `card`. Knows nothing of the language; expressions arrive typed and resolved.
//! Deliberately absent: anything that sees an outcome as an outcome, and silent repair: what a
//! reader decides (delimiter, encoding, markers of missing values) is told in its notes.

pub mod cells;
pub mod check;
pub mod dictionary;
pub mod evaluate;
pub mod expression;
pub mod fault;
pub mod functions;
pub mod infer;
pub mod key;
pub mod read;
pub mod schema;
pub mod table;
pub mod write;

pub use cells::Cells;
pub use evaluate::evaluate;
pub use fault::DataError;
pub use functions::{Function, function, functions};
pub use key::Keys;
pub use table::Table;
