//! Text to declarations: scanner, grammar, keyword table, tree with spans, formatter.
//!
//! May import nothing of this crate. The parser never fails: it returns what it could read and
//! a diagnostic for each fault.

pub mod ast;
