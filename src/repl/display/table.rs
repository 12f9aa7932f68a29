//! Tables fitted to a terminal: the widest column of text shrinks first, which is announced; where
//! that is not enough, the columns that are left over follow below, behind the first one again.
//! Numbers are not cut, and stand on their right. Where there is no terminal nothing is cut.

use crate::run::results::{Cell, ResultTable};

use super::{Style, Terminal};

const GAP: usize = 2;
/// No column is cut below this.
const LEAST: usize = 10;
/// A text of so many words or fewer is a name.
const NAME: usize = 4;

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

/// A name cut in its middle, a sentence at its end: names differ at both ends.
fn shortened(text: &str, columns: usize) -> String {
    if width(text) <= columns || text.split(' ').count() > NAME || columns < LEAST {
        return cut(text, columns);
    }
    let tail = (columns - 1) / 2;
    let mut from = text.len();
    let mut used = 0;
    for (at, sign) in text.char_indices().rev() {
        used += sign_width(sign);
        if used > tail {
            break;
        }
        from = at;
    }
    let end = text.get(from..).unwrap_or("");
    format!("{}{end}", cut(text, columns - width(end)))
}

/// The table as lines, without its title and notes.
pub fn drawn(table: &ResultTable, terminal: &Terminal) -> String {
    let count = table.columns.len();
    let cells: Vec<Vec<String>> = table
        .rows
        .iter()
        .map(|row| (0..count).map(|column| row.get(column).map_or(String::new(), one_line)).collect())
        .collect();
    let full: Vec<usize> = (0..count)
        .map(|column| {
            cells.iter().map(|row| width(&row[column])).chain([width(&table.columns[column])]).max().unwrap_or(0)
        })
        .collect();
    let right: Vec<bool> = (0..count)
        .map(|column| {
            !table.rows.is_empty()
                && table.rows.iter().filter_map(|row| row.get(column)).all(|cell| !matches!(cell, Cell::Text(_)))
        })
        .collect();
    let mut widths = full.clone();
    let mut parts = vec![(0..count).collect::<Vec<usize>>()];
    if terminal.is_terminal && total(&full) > terminal.width {
        let whole: Vec<bool> = (0..count).map(|column| right[column] || is_figures(&cells, column)).collect();
        shrink(&mut widths, &whole, terminal.width);
        if total(&widths) > terminal.width {
            widths.clone_from(&full);
            parts = apart(&mut widths, terminal.width);
        }
    }
    let line = |row: &[String], part: &[usize]| {
        let mut text = String::new();
        for (place, column) in part.iter().copied().enumerate() {
            let cell = shortened(&row[column], widths[column]);
            let blanks = " ".repeat(widths[column].saturating_sub(width(&cell)));
            if place > 0 {
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
    let mut text = String::new();
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            text.push_str("\n\n");
        }
        text.push_str(&terminal.styled(&line(&table.columns, part), Style::Heading));
        text.push('\n');
        text.push_str(&"─".repeat(total(&part.iter().map(|column| widths[*column]).collect::<Vec<_>>())));
        for row in &cells {
            text.push('\n');
            text.push_str(&line(row, part));
        }
    }
    let shortened = (0..count).filter(|column| widths[*column] < full[*column]).count();
    if shortened > 0 {
        let columns = if shortened == 1 { "column is" } else { "columns are" };
        let words = format!("… {shortened} {columns} cut to fit; `:open` writes the whole table");
        text.push('\n');
        text.push_str(&terminal.styled(&super::folded(&words, terminal.width), Style::Note));
    }
    text
}

/// Whether the cells of a column are numbers written as text, such as medians with their quartiles.
fn is_figures(cells: &[Vec<String>], column: usize) -> bool {
    let written = || cells.iter().map(|row| row[column].as_str()).filter(|cell| !cell.is_empty());
    let figures = written().filter(|cell| cell.starts_with(|sign: char| sign.is_ascii_digit() || "-−<".contains(sign)));
    figures.count() * 2 > written().count()
}

/// Columns in parts that fit, the first in front of each; what fits in no part is cut.
fn apart(widths: &mut [usize], room: usize) -> Vec<Vec<usize>> {
    let Some((first, rest)) = widths.split_first_mut() else { return Vec::new() };
    *first = (*first).min((room / 2).max(LEAST));
    let left = room.saturating_sub(*first + GAP).max(LEAST);
    let mut parts = Vec::new();
    let mut part = vec![0];
    let mut used = 0;
    for (place, width) in rest.iter_mut().enumerate() {
        *width = (*width).min(left);
        if used + *width > left && part.len() > 1 {
            parts.push(std::mem::replace(&mut part, vec![0]));
            used = 0;
        }
        part.push(place + 1);
        used += *width + GAP;
    }
    parts.push(part);
    parts
}

fn one_line(cell: &Cell) -> String {
    cell.shown().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn total(widths: &[usize]) -> usize {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1)
}

/// Takes a column from the widest until all fit or none may be cut further. Only texts are cut: half
/// a name is better than half an interval.
fn shrink(widths: &mut [usize], whole: &[bool], room: usize) {
    while total(widths) > room {
        let widest = widths
            .iter_mut()
            .zip(whole)
            .filter(|(width, whole)| **width > LEAST && !**whole)
            .max_by_key(|(width, _)| **width);
        let Some((widest, _)) = widest else { break };
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
    fn columns_that_do_not_fit_follow_below_and_no_number_is_cut() {
        let mut wide = ResultTable { title: "T".into(), ..ResultTable::default() };
        wide.columns = (0..12).map(|column| format!("column_{column}")).collect();
        wide.rows.push((0..12).map(Cell::Count).collect());
        let drawn = drawn(&wide, &Terminal { width: 40, is_terminal: true, ..Terminal::plain() });
        assert!(drawn.lines().all(|line| width(line) <= 40), "{drawn}");
        assert!((0..12).all(|column| drawn.contains(&format!("column_{column}"))), "{drawn}");
        assert_eq!(drawn.matches("column_0").count(), 4, "{drawn}");
        let mut medians = ResultTable::new("t", "T", ["characteristic", "all patients", "of arm A", "test"]);
        let iqr = || Cell::text("72.0 (59.0 to 82.0)");
        medians.push([Cell::text("age at treatment, median (IQR)"), iqr(), iqr(), Cell::text("Mann-Whitney")]);
        for columns in [30, 50, 70] {
            let drawn = super::drawn(&medians, &Terminal { width: columns, is_terminal: true, ..Terminal::plain() });
            assert!(drawn.lines().all(|line| width(line) <= columns), "{drawn}");
            assert_eq!(drawn.matches("72.0 (59.0 to 82.0)").count() + usize::from(columns < 40) * 2, 2, "{drawn}");
        }
    }

    #[test]
    fn wide_signs_take_two_columns() {
        assert_eq!(width("肝癌"), 4);
        assert_eq!(cut("肝癌肝癌", 5), "肝癌…");
        assert_eq!(shortened("original_glcm_InverseVariance", 18), "original_…Variance");
        assert_eq!(shortened("calibration_slope at 104 weeks", 16), "calibrat…4 weeks");
        assert_eq!(shortened("a long sentence of words", 18), "a long sentence o…");
        assert!(width(&shortened("肝癌肝癌肝癌肝癌肝癌肝癌", 12)) <= 12);
    }
}
