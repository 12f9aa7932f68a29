//! A table of results as it is read: cells in words, reasons as footnotes, the same for HTML, LaTeX
//! and Word.

mod latex;
mod page;
mod widths;
mod word;

use crate::run::results::{Cell, ResultTable};

use super::escape::minus;

/// A cell in words.
pub struct Written {
    pub text: String,
    /// Letter of the footnote that says why there is no number.
    pub mark: Option<String>,
    /// What the column is sorted by where that is a number.
    pub value: Option<f64>,
    /// A level below its variable.
    pub indented: bool,
    /// What the number lacks behind its point beside the others of its column, so that the points stand one below the
    /// other: digits, and the point where it has none.
    pub lacks: (usize, bool),
}

impl Written {
    /// Blanks as wide as what the number lacks.
    fn blanks(&self) -> String {
        let (digits, point) = self.lacks;
        let point = if point { "\u{2008}" } else { "" };
        point.to_owned() + &"\u{2007}".repeat(digits)
    }
}

/// A table in words.
pub struct Sheet {
    pub title: String,
    /// Columns that are the same in all rows, with what they say: `model PRIME_R, cohort external`.
    pub everywhere: String,
    pub columns: Vec<String>,
    /// Whether the column holds numbers, which stand to the right.
    pub numeric: Vec<bool>,
    pub rows: Vec<Vec<Written>>,
    /// With the reasons of what could not be estimated, by their letter.
    pub notes: Vec<(Option<String>, String)>,
}

impl Sheet {
    pub fn new(table: &ResultTable) -> Self {
        let mut reasons: Vec<String> = Vec::new();
        let mut rows: Vec<Vec<Written>> = table
            .rows
            .iter()
            .map(|row| {
                row.iter().enumerate().map(|(place, cell)| written(cell, table.between(place), &mut reasons)).collect()
            })
            .collect();
        let mut numeric: Vec<bool> = (0..table.columns.len())
            .map(|place| {
                let mut filled = rows.iter().filter_map(|row| row.get(place)).filter(|cell| !cell.text.is_empty());
                let mut any = false;
                filled.all(|cell| {
                    any = true;
                    cell.value.is_some() || cell.mark.is_some() || begins_as_number(&cell.text)
                }) && any
            })
            .collect();
        let mut notes: Vec<(Option<String>, String)> =
            table.notes.iter().filter(|note| !note.is_empty()).map(|note| (None, sentence(note))).collect();
        notes.extend(reasons.iter().enumerate().map(|(place, reason)| {
            let reason = if reason.is_empty() { "no reason was given" } else { reason };
            (Some(letter(place)), sentence(&format!("not estimable: {reason}")))
        }));
        // The report numbers its tables itself.
        let title = match table.title.strip_prefix("Table 1. ") {
            Some(of) => format!("Characteristics of {of}"),
            None => table.title.clone(),
        };
        (0..table.columns.len()).for_each(|place| align(&mut rows, place));
        let mut columns = table.columns.clone();
        let mut everywhere = Vec::new();
        // What is the same in every row is said once, above them; a column without a word is not there.
        for place in (0..columns.len()).rev() {
            let Some(same) = same(&rows, place).filter(|same| same.is_empty() || !numeric[place]) else { continue };
            if columns.len() <= 2 || columns[place].is_empty() {
                continue;
            }
            if !same.is_empty() {
                everywhere.push(format!("{} {same}", columns[place]));
            }
            columns.remove(place);
            numeric.remove(place);
            rows.iter_mut().for_each(|row| drop(row.remove(place)));
        }
        everywhere.reverse();
        Sheet { title, everywhere: everywhere.join(", "), columns, numeric, rows, notes }
    }

    /// The same, for a table that is called by its declaration: it says what it holds of it.
    pub fn titled(table: &ResultTable, declaration: &str) -> Self {
        let mut sheet = Sheet::new(table);
        if let Some(rest) = table.title.strip_prefix(declaration) {
            let name = table.name.replace(['-', '_'], " ");
            sheet.title = match rest.strip_prefix(": ") {
                Some(rest) => format!("{} (`{declaration}`)", sentence(rest).trim_end_matches('.')),
                None if rest.is_empty() => format!("{} (`{declaration}`)", sentence(&name).trim_end_matches('.')),
                None => table.title.clone(),
            };
        }
        sheet
    }

    /// The title with what all rows share.
    pub fn caption(&self) -> String {
        match (self.everywhere.as_str(), self.title.ends_with(['.', '?', '!'])) {
            ("", _) => self.title.clone(),
            (everywhere, true) => format!("{} In all rows: {everywhere}.", self.title),
            (everywhere, false) => format!("{}. In all rows: {everywhere}.", self.title),
        }
    }
}

/// What every row has in a column of more than one row; None where they differ, or where a row says why it has no number.
fn same(rows: &[Vec<Written>], place: usize) -> Option<String> {
    let mut cells = rows.iter().map(|row| row.get(place));
    let first = cells.next()??;
    let alike = |cell: Option<&Written>| cell.is_some_and(|cell| cell.text == first.text && cell.mark.is_none());
    (rows.len() > 1 && first.mark.is_none() && cells.all(alike)).then(|| first.text.clone())
}

/// Says of the plain numbers of a column what they lack behind their point, where not all are given to the same digit.
fn align(rows: &mut [Vec<Written>], place: usize) {
    let digits = |cell: &Written| -> Option<Option<usize>> {
        cell.value?;
        let number = cell.text.trim_start_matches(['<', '>', ' ', '\u{2212}']);
        let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
        let all = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        (all(whole) && fraction.is_none_or(all)).then(|| fraction.map(str::len))
    };
    let most = rows.iter().filter_map(|row| digits(row.get(place)?)?).max().unwrap_or(0);
    for row in rows {
        let Some(cell) = row.get_mut(place) else { continue };
        if let Some(own) = digits(cell) {
            cell.lacks = (most - own.unwrap_or(0), most > 0 && own.is_none());
        }
    }
}

fn written(cell: &Cell, between: &str, reasons: &mut Vec<String>) -> Written {
    let shown = cell.shown_between(between);
    let indented = matches!(cell, Cell::Text(text) if text.starts_with("  "));
    let mark = match cell {
        Cell::NotEstimable(reason) => {
            let place = reasons.iter().position(|known| known == reason).unwrap_or_else(|| {
                reasons.push(reason.clone());
                reasons.len() - 1
            });
            Some(letter(place))
        }
        _ => None,
    };
    let value = match cell {
        Cell::Count(count) | Cell::CountOf { count, .. } => Some(*count as f64),
        Cell::Number { value, .. } | Cell::P(value) | Cell::Estimate { value, .. } => Some(*value),
        Cell::Empty | Cell::Text(_) | Cell::NotReached { .. } | Cell::NotEstimable(_) => None,
    };
    // Names and words of the data keep their hyphens.
    // A table quotes a name no further than the name itself.
    let shown = if shown.contains('`') { shown.replace('`', "") } else { shown };
    let text = if value.is_some() || begins_as_number(&shown) { minus(&shown) } else { shown };
    Written {
        text: text.trim().to_owned(),
        mark,
        value: value.filter(|value| value.is_finite()),
        indented,
        lacks: (0, false),
    }
}

fn begins_as_number(text: &str) -> bool {
    let text = text.trim_start_matches(['<', '>', ' ', '-', '\u{2212}']);
    text.starts_with(|sign: char| sign.is_ascii_digit()) && text.matches(char::is_alphabetic).count() <= 2
}

/// `a`, ..., `z`, `aa`.
fn letter(place: usize) -> String {
    let last = char::from(b'a' + (place % 26) as u8);
    if place < 26 { last.to_string() } else { format!("{}{last}", letter(place / 26 - 1)) }
}

/// Begins with a capital and ends with a full stop.
pub fn sentence(text: &str) -> String {
    let mut signs = text.trim().chars();
    let Some(first) = signs.next() else { return String::new() };
    // A name keeps its spelling: `response` in backticks, `mRMR`, `os: ...`.
    let rest: String = signs.collect();
    let word: &str = rest.split(|sign: char| !sign.is_alphanumeric() && sign != '_').next().unwrap_or("");
    let statistic = matches!(first, 'n' | 'p') && word.is_empty();
    let plain = !statistic
        && first.is_lowercase()
        && word.chars().all(char::is_lowercase)
        && !rest[word.len()..].starts_with([':', '(']);
    let mut out: String = if plain { first.to_uppercase().collect() } else { first.to_string() };
    out.push_str(&rest);
    if !out.ends_with(['.', '!', '?', ':']) {
        out.push('.');
    }
    out
}

fn plain(text: &str) -> String {
    text.replace('`', "")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::carried::Beside;

    fn hostile() -> ResultTable {
        let mut table = ResultTable::new("t", "What `<b>&\"` holds", ["<b>&\"", "50% _x_"]);
        table.push([Cell::text("<script>alert(1)</script>"), Cell::number(-0.25, 2)]);
        table.push([Cell::text("  level"), Cell::NotEstimable("no events among 12 <patients>".to_owned())]);
        table.push([Cell::text("other"), Cell::P(0.0001)]);
        table.notes.push("left & right".to_owned());
        table
    }

    #[test]
    fn every_form_escapes_what_a_column_is_called() {
        let table = hostile();
        let sheet = Sheet::new(&table);
        for text in [sheet.html(1, &table, "t", Beside::Folder), sheet.word()] {
            let text = text.replace('\u{a0}', " ");
            assert!(!text.contains("<script") && !text.contains("<b>&"), "{text}");
            assert!(text.contains("&lt;b&gt;&amp;&quot;") && text.contains("&lt;patients&gt;"), "{text}");
            assert!(text.contains("−0.25") && text.contains("&lt; 0.001"), "{text}");
        }
        insta::assert_snapshot!(sheet.latex("t"));
    }

    #[test]
    fn what_cannot_be_estimated_says_why_once() {
        let mut table = hostile();
        table.push([Cell::text("again"), Cell::NotEstimable("no events among 12 <patients>".to_owned())]);
        let sheet = Sheet::new(&table);
        let marks: Vec<&str> = sheet.notes.iter().filter_map(|(mark, _)| mark.as_deref()).collect();
        assert_eq!(marks, ["a"]);
        assert_eq!(sheet.numeric, [false, true]);
    }

    #[test]
    fn what_all_rows_share_is_said_once() {
        let mut table = ResultTable::new("t", "Fit", ["model", "level", "patients", "p"]);
        for p in [0.0001, 0.02, 0.003] {
            table.push([Cell::text("A"), Cell::Empty, Cell::count(12), Cell::P(p)]);
        }
        let sheet = Sheet::new(&table);
        assert_eq!(sheet.caption(), "Fit. In all rows: model A.");
        // Numbers stay in their column, and their points below one another.
        assert_eq!(sheet.columns, ["patients", "p"]);
        let p: Vec<String> = sheet.rows.iter().map(|row| row[1].text.clone() + &row[1].blanks()).collect();
        assert_eq!(p, ["< 0.001", "0.02\u{2007}", "0.003"]);
    }

    #[test]
    fn sentences_begin_and_end_and_names_stay() {
        assert_eq!(sentence("apparent estimates flatter"), "Apparent estimates flatter.");
        assert_eq!(sentence("mRMR kept five"), "mRMR kept five.");
        assert_eq!(sentence("late bma(a, b)"), "Late bma(a, b).");
        assert_eq!(sentence("km(os ~ arm)"), "km(os ~ arm).");
        assert_eq!(sentence("95% intervals"), "95% intervals.");
        assert_eq!(sentence("p adjusted over 3 sets"), "p adjusted over 3 sets.");
        assert_eq!(sentence("a test"), "A test.");
        assert_eq!(letter(27), "ab");
    }
}
