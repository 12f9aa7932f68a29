//! Text to declarations: scanner, grammar, keyword table, tree with spans, formatter.
//!
//! May import nothing of this crate. The parser never fails: it returns what it could read and
//! a diagnostic for each fault. Deliberately absent: what a name refers to, and whether a study
//! makes sense; that is the checker's.
//!
//! `scanner` cuts the text into logical lines; the grammar (`grammar/study.pest`) reads one line
//! at a time; `parser` and `expression` make the tree of `ast`, `failure` puts a line that
//! cannot be read into words; `shape` holds the tree against the keyword table
//! (`grammar/keywords`); `format` writes the canonical layout,
//! `tokens` tells the words by their kind.

pub mod ast;
pub mod codes;
pub mod diagnostic;
mod expression;
mod failure;
mod format;
#[path = "../../grammar/keywords/mod.rs"]
pub mod keywords;
mod parser;
mod scanner;
mod shape;
mod tokens;

pub use diagnostic::{Code, Diagnostic, Severity};
pub use format::format;
pub use parser::{Lost, Parsed, expression, goes_on, is_complete, parse};
pub use scanner::{Anchor, Comment, MAX_DEPTH};
pub use shape::check_shape;
pub use tokens::{Token, TokenKind, tokens};
