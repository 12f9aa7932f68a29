//! What operations have to show, as figures: their numbers gathered from what was estimated.
//!
//! May import what the operations import. Deliberately absent: estimates that are not told in a table
//! as well, but for the curves of a plot.

pub mod evaluation;
pub mod model;
pub mod path;
pub mod shapley;

#[cfg(test)]
mod tests;

/// `95% CI`.
pub fn interval(level: f64) -> String {
    format!("{}% CI", (level * 1000.0).round() / 10.0)
}
