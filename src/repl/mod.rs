//! The prompt: a study written cell by cell, each answered at once.
//!
//! [`Session`] holds the study and answers lines; it knows no terminal and is tested without one.
//! `display` sets its replies on a terminal, `line` and `prompt` are the terminal itself. Help,
//! completion and highlighting read the keyword table, the cards and the pages of the diagnostics.
//!
//! May import everything above the line, and the cards of the engines. Deliberately absent: any
//! computation, and any list of learners, steps or metrics.

mod asking;
mod branches;
mod catalogue;
mod cells;
mod clock;
pub mod commands;
mod compare;
mod complete;
pub mod display;
mod enter;
pub mod help;
mod line;
mod looks;
mod pictures;
mod place;
mod prompt;
mod query;
mod quiet;
mod reply;
mod session;
#[cfg(test)]
mod tests;
mod tokens;
mod what_if;

pub use catalogue::Catalogue;
pub use complete::{Suggestion, complete};
pub use prompt::{Start, run};
pub use reply::{Piece, Reply};
pub use session::Session;
