//! Figures in the terminal and as files.

use crate::run::results::FigureData;

use super::display::Terminal;

/// The figure as SVG.
///
/// # Errors
/// Why it cannot be drawn.
pub fn svg(figure: &FigureData) -> Result<String, String> {
    Err(format!("the figure `{}` cannot be drawn yet", figure.kind))
}

/// The figure for this terminal.
pub fn shown(_: &FigureData, _: &Terminal) -> String {
    String::new()
}
