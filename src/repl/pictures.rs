//! Figures in the terminal and as files.

use crate::figures::{self, Figure, Page, Width};
use crate::run::results::FigureData;

use super::display::{Pictures, Style, Terminal, drawing, iterm, kitty, sixel};

/// Wider than this no picture is drawn: the eye has to follow a curve.
const MOST: usize = 120;
/// Pixels of a cell where the terminal does not say.
const CELL: (u32, u32) = (8, 16);

fn read(figure: &FigureData) -> Result<Box<dyn Figure>, String> {
    figures::read(&figure.kind, &figure.data).map_err(|error| error.to_string())
}

/// The figure as SVG.
///
/// # Errors
/// Why it cannot be drawn.
pub fn svg(figure: &FigureData) -> Result<String, String> {
    let figure = read(figure)?;
    let page = figure.draw(figure.width()).map_err(|error| error.to_string())?;
    page.svg().map_err(|error| error.to_string())
}

/// The figure for this terminal, with its title; empty where pictures are not wanted.
pub fn shown(figure: &FigureData, terminal: &Terminal) -> String {
    if terminal.pictures == Pictures::None {
        return String::new();
    }
    match drawn(figure, terminal) {
        Ok(picture) => {
            let title = super::display::folded(&figure.title, terminal.width);
            format!("{}\n{picture}", terminal.styled(&title, Style::Heading))
        }
        Err(reason) => {
            let line = format!("{} is not drawn: {reason}", figure.title);
            format!("{}\n", terminal.styled(&super::display::folded(&line, terminal.width), Style::Note))
        }
    }
}

fn drawn(figure: &FigureData, terminal: &Terminal) -> Result<String, String> {
    let told = |error: figures::FigureError| error.to_string();
    let figure = read(figure)?;
    let columns = terminal.width.min(MOST);
    match terminal.pictures {
        Pictures::None => Ok(String::new()),
        Pictures::Text => {
            let millimetres = (columns as f64 * drawing::COLUMN).floor() as u16;
            let page = figures::in_cells(drawing::COLUMN, || figure.draw(Width::Other(millimetres))).map_err(told)?;
            let wanted = (page.width / drawing::COLUMN).ceil() as usize;
            if wanted > columns + 1 {
                return Err(format!("it wants {wanted} columns; `:open` writes it"));
            }
            Ok(drawing::drawn(&page, columns, terminal))
        }
        Pictures::Kitty => {
            let page = figure.draw(figure.width()).map_err(told)?;
            let across = across(page.width, columns);
            Ok(kitty::shown(&page.png().map_err(told)?, across, down(&page, across, terminal)))
        }
        Pictures::Iterm => {
            let page = figure.draw(figure.width()).map_err(told)?;
            Ok(iterm::shown(&page.png().map_err(told)?, across(page.width, columns)))
        }
        Pictures::Sixel => {
            let page = figure.draw(figure.width()).map_err(told)?;
            let (width, height) = page.size();
            let (cell, _) = terminal.cell.unwrap_or(CELL);
            let pixels = across(page.width, columns) as u32 * cell;
            let sheet = page.sheet().map_err(told)?;
            Ok(sixel::shown(
                &sheet,
                (width as usize, height as usize),
                (pixels as usize).min(width as usize),
                terminal.registers,
            ))
        }
    }
}

/// Columns that a page takes as a picture: as large as it is printed, or as the terminal lets it.
fn across(millimetres: f64, columns: usize) -> usize {
    // A column of a usual font is about 2 mm on the glass.
    ((millimetres / 2.0 * 1.5).round() as usize).clamp(20, columns.max(20))
}

/// Rows that a page takes over so many columns, in its own proportions.
fn down(page: &Page, across: usize, terminal: &Terminal) -> usize {
    let (width, height) = terminal.cell.unwrap_or(CELL);
    let rows = across as f64 * f64::from(width) * page.height / page.width / f64::from(height);
    (rows.round() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use crate::figures::KINDS;
    use crate::figures::tests::examples::all;

    use super::super::display::table;
    use super::*;

    #[test]
    fn every_kind_of_figure_reads_at_80_and_120_columns() {
        let examples = all();
        for kind in KINDS {
            let kind = kind.card.name;
            let example = examples.iter().find(|example| example.kind == kind && example.name == "plain");
            let example = example.unwrap_or_else(|| panic!("{kind} has no plain example"));
            let figure = FigureData { kind: kind.to_owned(), title: format!("A {kind}"), data: example.data.clone() };
            for width in [80, 120] {
                let terminal = Terminal { width, is_terminal: true, ..Terminal::plain() };
                insta::assert_snapshot!(format!("{kind}_{width}"), shown(&figure, &terminal));
            }
        }
    }

    #[test]
    fn no_picture_is_wider_than_the_terminal_and_each_is_drawn() {
        for example in all() {
            let figure = FigureData { kind: example.kind.to_owned(), title: String::new(), data: example.data };
            for width in [40, 60, 80, 100, 200] {
                let terminal = Terminal { width, is_terminal: true, ..Terminal::plain() };
                let shown = shown(&figure, &terminal);
                let (kind, name) = (example.kind, example.name);
                assert!(width < 80 || !shown.contains("is not drawn"), "{kind} {name} at {width}: {shown}");
                for line in shown.lines() {
                    assert!(table::width(line) <= width, "{kind} {name} at {width}: {line}");
                }
            }
        }
    }
}
