//! How wide the columns of a printed table are: what their words want, and what they get on a line that has less.

use super::{Sheet, Written};

/// Between two columns, a digit being 1.
pub const GAP: f64 = 1.9;

/// The width of a text, a digit being 1; roughly as a serif font sets it.
pub fn letters(text: &str) -> f64 {
    text.chars()
        .map(|sign| match sign {
            'm' | 'w' | 'M' | 'W' | '@' | '%' | '−' | '<' | '>' | '=' | '+' | '×' | '≥' | '≤' => 1.65,
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | ' ' | '.' | ',' | ';' | ':' | '\'' | '(' | ')' | '[' | ']' | '|'
            | '-' => 0.72,
            sign if sign.is_uppercase() => 1.42,
            _ => 1.05,
        })
        .sum()
}

/// The pieces between which a line may break.
pub fn pieces(text: &str) -> Vec<&str> {
    let mut pieces = Vec::new();
    let mut begin = 0;
    let mut before = ' ';
    for (at, sign) in text.char_indices() {
        if at > begin && breaks(before, sign) {
            pieces.push(&text[begin..at]);
            begin = at;
        }
        before = sign;
    }
    pieces.push(&text[begin..]);
    pieces
}

/// Whether a line may break between two signs: after a blank or what joins parts of a name, and within
/// `GrayLevelVariance`.
fn breaks(before: char, sign: char) -> bool {
    matches!(before, ' ' | '-' | '_' | '/' | ',') || (before.is_lowercase() && sign.is_uppercase())
}

/// A column as it is set.
pub struct Column {
    pub numeric: bool,
    /// Of its longest cell.
    pub whole: f64,
    /// Of the longest piece that is not broken.
    least: f64,
    /// The heading, a line each.
    pub head: Vec<String>,
    /// The room it gets where its words are broken.
    pub room: Option<f64>,
}

impl Column {
    fn new(sheet: &Sheet, place: usize) -> Self {
        let cells = || sheet.rows.iter().filter_map(|row| row.get(place));
        let numeric = sheet.numeric.get(place).copied().unwrap_or_default();
        let indent = |cell: &Written| if cell.indented { 2.0 } else { 0.0 };
        let mark = |cell: &Written| if cell.mark.is_some() { 0.8 } else { 0.0 };
        let whole = cells().map(|cell| letters(&cell.text) + indent(cell) + mark(cell)).fold(0.0, f64::max);
        let longest = |text: &str| pieces(text).into_iter().map(|piece| letters(piece.trim_end())).fold(0.0, f64::max);
        let name = sheet.columns.get(place).map_or("", String::as_str);
        let words = name.split(' ').map(letters).fold(0.0, f64::max);
        let head = lines(name, whole.max(words));
        let headed = head.iter().map(|line| letters(line)).fold(0.0, f64::max);
        let whole = whole.max(headed);
        let least =
            if numeric { whole } else { cells().map(|cell| longest(&cell.text) + indent(cell)).fold(words, f64::max) };
        Column { numeric, whole, least: least.min(whole), head, room: None }
    }

    /// How many lines a cell takes.
    pub fn lines(&self, cell: &Written) -> usize {
        let Some(room) = self.room else { return 1 };
        let (mut lines, mut used) = (1, 0.0);
        for piece in pieces(&cell.text) {
            if used > 0.0 && used + letters(piece.trim_end()) > room {
                lines += 1;
                used = 0.0;
            }
            used += letters(piece);
        }
        lines
    }
}

/// The columns of a table, with all the room they want.
pub fn columns(sheet: &Sheet) -> Vec<Column> {
    (0..sheet.columns.len()).map(|place| Column::new(sheet, place)).collect()
}

/// The words of a heading in lines of at most that width.
fn lines(name: &str, most: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in name.split(' ') {
        match lines.last_mut() {
            Some(line) if letters(line) + letters(word) + 0.7 <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Gives every column its room on a line; false where the longest words have none.
pub fn share(columns: &mut [Column], line: f64) -> bool {
    let gaps = GAP * (columns.len().saturating_sub(1)) as f64;
    let whole: f64 = columns.iter().map(|column| column.whole).sum();
    let over = whole + gaps - line;
    for column in columns.iter_mut() {
        column.room = None;
    }
    if over <= 0.0 {
        return true;
    }
    let gives: f64 = columns.iter().map(|column| column.whole - column.least).sum();
    let fits = gives >= over;
    for column in columns.iter_mut().filter(|column| !column.numeric && column.whole > column.least) {
        let part = (over / gives).min(1.0);
        column.room = Some(column.whole - (column.whole - column.least) * part);
    }
    fits
}
