//! Text to declarations: scanner, grammar, keyword table, tree with spans, formatter.
//!
//! May import nothing of this crate. The parser never fails: it returns what it could read and
//! a diagnostic for each fault. Deliberately absent: the meaning of names.

pub mod ast;
pub mod codes;
pub mod diagnostic;
mod expression;
pub mod format;
#[path = "../../grammar/keywords.rs"]
pub mod keywords;
pub mod parser;
pub mod scanner;
pub mod shape;

pub use diagnostic::{Code, Diagnostic, Severity, nearest};
pub use format::format;
pub use parser::{Parsed, is_complete, parse};
pub use shape::check_shape;
