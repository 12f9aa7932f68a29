//! The rows of a terminal for the heights of a page: texts that stand below each other on the page stand
//! below each other in characters, at even distances.

use crate::figures::{Align, Ink, Mark, Page};

use super::drawing::{COLUMN, is_plain};
use super::table::width;

/// Millimetres that a row takes, unless texts want it otherwise.
pub(super) const ROW: f64 = 4.8;
/// Millimetres between the end of an axis and its title above it.
const TITLE: f64 = 2.6;
/// Columns from which a rule is worth a row of its own.
const RULE: i64 = 8;

/// A text that reads along: height, first column, length, words, ink.
pub(super) struct Placed<'a> {
    pub(super) y: f64,
    pub(super) column: i64,
    pub(super) length: i64,
    pub(super) is_left: bool,
    pub(super) text: &'a str,
    pub(super) ink: Ink,
    pub(super) bold: bool,
}

/// What stands in rows: the texts of the page, and the titles of upright axes above their axis.
pub(super) fn placed(page: &Page) -> Vec<Placed<'_>> {
    let mut texts: Vec<Placed<'_>> = page
        .marks()
        .iter()
        .filter_map(|mark| match mark {
            Mark::Text { at, text, align, ink, bold, upright: false, .. } if !text.trim().is_empty() => {
                let length = width(text) as f64;
                let column = match align {
                    Align::Left => at.0 / COLUMN,
                    Align::Centre => at.0 / COLUMN - length / 2.0,
                    Align::Right => at.0 / COLUMN - length,
                };
                Some(Placed {
                    y: at.1,
                    column: column.round() as i64,
                    length: length as i64,
                    is_left: *align == Align::Left,
                    text,
                    ink: *ink,
                    bold: *bold,
                })
            }
            Mark::Text { at, text, upright: true, ink, .. } => {
                let top = axis_of(page, *at)?;
                Some(Placed {
                    y: top - TITLE,
                    column: (at.0 / COLUMN).round() as i64,
                    length: width(text) as i64,
                    is_left: false,
                    text,
                    ink: *ink,
                    bold: false,
                })
            }
            _ => None,
        })
        .collect();
    texts.sort_by(|left, right| left.y.total_cmp(&right.y).then(left.column.cmp(&right.column)));
    texts
}

/// The upper end of the axis that an upright title stands beside: the nearest upright line to its right.
pub(super) fn axis_of(page: &Page, at: (f64, f64)) -> Option<f64> {
    page.marks()
        .iter()
        .filter_map(|mark| match mark {
            Mark::Path { points, .. } => match points.as_slice() {
                [a, b] if (a.0 - b.0).abs() < 0.05 => Some((a.0, a.1.min(b.1), a.1.max(b.1))),
                _ => None,
            },
            _ => None,
        })
        .filter(|(x, top, bottom)| *x > at.0 && (*top..=*bottom).contains(&at.1) && bottom - top > ROW)
        .min_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, top, _)| top)
}

/// Plain rules and edges of frames so close above or below a text that they would share its row:
/// height, first column, last column.
fn rules(page: &Page, texts: &[Placed<'_>]) -> Vec<(f64, i64, i64)> {
    let mut found = Vec::new();
    for mark in page.marks() {
        let Mark::Path { points, ink, .. } = mark else { continue };
        if !is_plain(*ink) {
            continue;
        }
        let edges = match points.as_slice() {
            [from, to] => vec![(from, to)],
            [a, b, c, d, end] if a == end => vec![(a, b), (c, d)],
            _ => continue,
        };
        for (from, to) in edges {
            let (left, right) = (from.0.min(to.0) / COLUMN, from.0.max(to.0) / COLUMN);
            let (left, right) = (left.floor() as i64, right.ceil() as i64);
            let is_close = |text: &Placed<'_>| {
                let apart = (text.y - from.1).abs();
                (0.3..ROW * 0.95).contains(&apart) && text.column < right && left < text.column + text.length
            };
            if (from.1 - to.1).abs() < 0.05 && right - left >= RULE && texts.iter().any(is_close) {
                found.push((from.1, left, right));
            }
        }
    }
    found
}

/// How heights of the page become rows: anchors at the heights of texts, straight between them.
pub(super) struct Rows {
    /// Height in millimetres and row, both rising.
    pub(super) anchors: Vec<(f64, f64)>,
    pub(super) count: usize,
    /// Rows above the page, for upright titles without an axis.
    lead: usize,
}

impl Rows {
    pub(super) fn dealt(page: &Page) -> Self {
        let is_alone =
            |mark: &Mark| matches!(mark, Mark::Text { at, upright: true, .. } if axis_of(page, *at).is_none());
        let lead = usize::from(page.marks().iter().any(is_alone));
        let mut anchors: Vec<(f64, f64)> = Vec::new();
        let mut above: Vec<(i64, i64, i64)> = Vec::new();
        let texts = placed(page);
        // Height and columns of everything that wants a row of its own.
        let mut wanting: Vec<(f64, i64, i64)> =
            texts.iter().map(|text| (text.y, text.column, text.column + text.length)).collect();
        wanting.extend(rules(page, &texts));
        wanting.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(&right.1)));
        for (y, from, to) in wanting {
            let (last_y, last_row) = anchors.last().copied().unwrap_or((0.0, lead as f64 - 0.5));
            let wanted = last_row + ((y - last_y) / ROW).round().max(0.0);
            // Neighbours within a few columns would be read as one line.
            let taken =
                |row: f64| above.iter().any(|(other, a, b)| *other == row as i64 && from - 3 < *b && *a < to + 3);
            let mut row = if anchors.is_empty() { (y / ROW - 0.5).round().max(0.0) + lead as f64 } else { wanted };
            // Texts of one height share a row unless they would run into each other.
            while taken(row) && y > last_y + 0.3 {
                row += 1.0;
            }
            above.push((row as i64, from, to));
            match anchors.last() {
                Some((height, last)) if row <= *last || y <= *height => {}
                _ => anchors.push((y, row)),
            }
        }
        let mut rows = Rows { anchors, count: 0, lead };
        let bottom = page
            .marks()
            .iter()
            .map(|mark| match mark {
                Mark::Text { .. } => 0.0,
                Mark::Path { points, .. } | Mark::Area { points, .. } => {
                    points.iter().map(|point| point.1).fold(0.0, f64::max)
                }
                Mark::Dots { at, .. } => at.iter().map(|point| point.1).fold(0.0, f64::max),
                Mark::Image { at, height, .. } => at.1 + height,
            })
            .fold(0.0, f64::max);
        let deepest = above.iter().map(|(row, ..)| *row + 1).max().unwrap_or(1).max(1) as usize;
        rows.count = deepest.max(rows.at(bottom).ceil().max(0.0) as usize).min(400);
        rows
    }

    /// The row of a height, with its fraction: a text's own height is the middle of its row.
    pub(super) fn at(&self, y: f64) -> f64 {
        let middle = |(y, row): (f64, f64)| (y, row + 0.5);
        let after = self.anchors.partition_point(|(anchor, _)| *anchor <= y);
        let before = after.checked_sub(1).and_then(|place| self.anchors.get(place)).copied().map(middle);
        match (before, self.anchors.get(after).copied().map(middle)) {
            (Some((y0, r0)), Some((y1, r1))) => r0 + (y - y0) / (y1 - y0) * (r1 - r0),
            (Some((y0, r0)), None) => r0 + (y - y0) / ROW,
            (None, Some((y1, r1))) => (r1 - (y1 - y) / ROW).max(self.lead as f64),
            (None, None) => y / ROW + self.lead as f64,
        }
    }
}
