//! Tables fitted to a terminal: the widest column shrinks first, what is cut off is announced, and
//! numbers stand on their right. Where there is no terminal nothing is cut.

use crate::run::results::{Cell, ResultTable};

use super::{Style, Terminal};

const GAP: usize = 2;
/// No column is cut below this.
const LEAST: usize = 8;

/// Columns that a text takes.
pub fn width(text: &str) -> usize {
    text.chars().map(sign_width).sum()
}

/// East Asian wide signs take two columns, marks that combine none.
fn sign_width(sign: char) -> usize {
    match sign as u32 {
        0x0300..=0x036F | 0x200B..=0x200F | 0xFE00..=0xFE0F => 0,
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE4F
        | 0xFF00..=0xFF60
        | 0xFFE0..=0xFFE6
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// The text cut to so many columns, with an ellipsis where something is gone.
pub fn cut(text: &str, columns: usize) -> String {
    if width(text) <= columns {
        return text.to_owned();
    }
    let mut kept = String::new();
    let mut used = 1;
    for sign in text.chars() {
        used += sign_width(sign);
        if used > columns {
            break;
        }
        kept.push(sign);
    }
    kept.push('…');
    kept
}

/// The table as lines, without its title and notes.
pub fn drawn(table: &ResultTable, terminal: &Terminal) -> String {
    let count = table.columns.len();
    let cells: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| (0..count).map(|column| row.get(column).map_or(String::new(), one_line)).collect())
        .collect();
    let mut widths: Vec<usize> = (0..count)
        .map(|column| {
            cells.iter().map(|row| width(&row[column])).chain([width(&table.columns[column])]).max().unwrap_or(0)
        })
        .collect();
    let full = widths.clone();
    let mut shown = count;
    if terminal.is_terminal {
        shrink(&mut widths, terminal.width);
        while shown > 1 && total(&widths[..shown]) > terminal.width {
            shown -= 1;
        }
        if shown < count {
            // What is left may be as wide as it likes.
            widths.clone_from(&full);
            shrink(&mut widths[..shown], terminal.width);
        }
    }
    let right: Vec<bool> = (0..count)
        .map(|column| {
            !table.rows.is_empty()
                && table.rows.iter().filter_map(|row| row.get(column)).all(|cell| !matches!(cell, Cell::Text(_)))
        })
        .collect();
    let line = |row: &[String]| {
        let mut text = String::new();
        for column in 0..shown {
            let cell = cut(&row[column], widths[column]);
            let blanks = " ".repeat(widths[column].saturating_sub(width(&cell)));
            if column > 0 {
                text.push_str(&" ".repeat(GAP));
            }
            if right[column] {
                text.push_str(&blanks);
                text.push_str(&cell);
            } else {
                text.push_str(&cell);
                text.push_str(&blanks);
            }
        }
        text.trim_end().to_owned()
    };
    let mut text = format!("{}\n", terminal.styled(&line(&table.columns), Style::Heading));
    text.push_str(&"─".repeat(total(&widths[..shown])));
    for row in &cells {
        text.push('\n');
        text.push_str(&line(row));
    }
    let shortened = (0..shown).filter(|column| widths[*column] < full[*column]).count();
    let mut told = Vec::new();
    if shortened > 0 {
        told.push(format!("{shortened} {} cut to fit", if shortened == 1 { "column is" } else { "columns are" }));
    }
    if shown < count {
        let hidden: Vec<&str> = table.columns[shown..].iter().map(String::as_str).collect();
        told.push(format!("not shown: {}", hidden.join(", ")));
    }
    if !told.is_empty() {
        let words = format!("… {}; `:open` writes the whole table", told.join("; "));
        text.push('\n');
        text.push_str(&terminal.styled(&super::folded(&words, terminal.width), Style::Note));
    }
    text
}

fn one_line(cell: &Cell) -> String {
    cell.shown().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Takes a column from the widest until all fit or none may be cut further.
fn shrink(widths: &mut [usize], room: usize) {
    while total(widths) > room {
        let Some(widest) = widths.iter_mut().max_by_key(|width| **width).filter(|width| **width > LEAST) else {
            return;
        };
        *widest -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> ResultTable {
        let mut table = ResultTable::new("t", "T", ["name", "n", "what it is about, at length"]);
        table.push([
            Cell::text("a"),
            Cell::count(7),
            Cell::text("a long story that goes on and on without an end in sight"),
        ]);
        table.push([Cell::text("bb"), Cell::count(1234), Cell::text("short")]);
        table
    }

    #[test]
    fn the_widest_column_shrinks_and_it_is_said() {
        let terminal = Terminal { width: 40, is_terminal: true, ..Terminal::plain() };
        let drawn = drawn(&table(), &terminal);
        assert!(drawn.lines().all(|line| width(line) <= 40), "{drawn}");
        assert!(drawn.contains("a story") || drawn.contains('…'), "{drawn}");
        assert!(drawn.contains("1 column is cut to fit"), "{drawn}");
        assert!(drawn.contains("   7") && drawn.contains("1234"), "{drawn}");
    }

    #[test]
    fn nothing_is_cut_where_there_is_no_terminal() {
        let drawn = drawn(&table(), &Terminal::plain());
        assert!(drawn.contains("without an end in sight"));
        assert!(!drawn.contains('…'));
    }

    #[test]
    fn columns_that_do_not_fit_are_named() {
        let mut wide = ResultTable { title: "T".into(), ..ResultTable::default() };
        wide.columns = (0..12).map(|column| format!("column_{column}")).collect();
        wide.rows.push((0..12).map(Cell::Count).collect());
        let drawn = drawn(&wide, &Terminal { width: 40, is_terminal: true, ..Terminal::plain() });
        assert!(drawn.contains("not shown: column_4"), "{drawn}");
    }

    #[test]
    fn wide_signs_take_two_columns() {
        assert_eq!(width("肝癌"), 4);
        assert_eq!(cut("肝癌肝癌", 5), "肝癌…");
    }
}
