//! One file per figure; a figure is data first and drawing second.
//!
//! A figure is a struct of numbers ([`Figure::csv`] writes them) that [`Figure::draw`] sets on a
//! [`Page`] in millimetres. May import `card` only: what is drawn was estimated elsewhere.
//! Deliberately absent: any estimation, and any reading of tables.

mod axes;
pub mod comparison;
pub mod forest;
pub mod km;
mod page;
pub mod roc;

pub use page::{Page, Width};

use crate::card::Card;

/// The cards of all figures.
pub const CARDS: &[&Card] = &[&km::CARD, &roc::CARD, &forest::CARD, &comparison::CARD];

/// Why a figure cannot be drawn.
#[derive(Debug, thiserror::Error)]
pub enum FigureError {
    #[error("{figure} has nothing to draw: {reason}")]
    Empty { figure: &'static str, reason: String },
    #[error("{figure} can show at most {most} groups and has {found}")]
    TooManyGroups { figure: &'static str, most: usize, found: usize },
    #[error("{figure} was given a value that cannot be drawn: {reason}")]
    Value { figure: &'static str, reason: String },
    #[error("the figure could not be drawn: {0}")]
    Drawing(String),
    #[error("the figure could not be written: {0}")]
    Writing(#[from] std::io::Error),
}

/// Numbers that can be drawn.
pub trait Figure {
    /// The numbers behind the figure, with a header line.
    fn csv(&self) -> String;
    /// The drawing at a journal width.
    fn draw(&self, width: Width) -> Result<Page, FigureError>;
}

/// A CSV field, quoted where it must be.
fn field(text: &str) -> String {
    if text.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", text.replace('"', "\"\"")) } else { text.to_string() }
}

/// An optional number as a CSV field: empty where there is none.
fn number(value: Option<f64>) -> String {
    value.filter(|v| v.is_finite()).map(|v| v.to_string()).unwrap_or_default()
}

/// At most as many groups as there are distinguishable pens, and at least one.
fn groups(figure: &'static str, found: usize) -> Result<(), FigureError> {
    match found {
        0 => Err(FigureError::Empty { figure, reason: "there is no group".into() }),
        1..=6 => Ok(()),
        _ => Err(FigureError::TooManyGroups { figure, most: 6, found }),
    }
}
