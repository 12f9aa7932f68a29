//! A table of results as it is read: cells in words, reasons as footnotes, the same for HTML, LaTeX
//! and Word.

use std::fmt::Write;

use crate::run::results::{Cell, ResultTable};

use super::escape::{data_address, html, latex, line, minus};

/// A table of so many rows is not broken over two pages.
const SHORT: usize = 12;

/// Letters that stand beside each other on a printed page.
const WORDS: usize = 95;

/// A cell in words.
pub struct Written {
    pub text: String,
    /// Letter of the footnote that says why there is no number.
    pub mark: Option<String>,
    /// What the column is sorted by where that is a number.
    pub value: Option<f64>,
    /// A level below its variable.
    pub indented: bool,
}

/// A table in words.
pub struct Sheet {
    pub title: String,
    pub columns: Vec<String>,
    /// Whether the column holds numbers, which stand to the right.
    pub numeric: Vec<bool>,
    pub rows: Vec<Vec<Written>>,
    /// With the reasons of what could not be estimated, by their letter.
    pub notes: Vec<(Option<String>, String)>,
}

impl Sheet {
    /// Letters of the longest words of all columns together: below this no line is narrower.
    fn longest_words(&self) -> usize {
        let longest = |text: &str| text.split([' ', '-']).map(|word| word.chars().count()).max().unwrap_or(0);
        (0..self.columns.len())
            .map(|place| {
                let cells = self.rows.iter().filter_map(|row| row.get(place)).map(|cell| longest(&cell.text));
                cells.chain([longest(&self.columns[place])]).max().unwrap_or(0)
            })
            .sum()
    }

    pub fn new(table: &ResultTable) -> Self {
        let mut reasons: Vec<String> = Vec::new();
        let rows: Vec<Vec<Written>> = table
            .rows
            .iter()
            .map(|row| {
                row.iter().enumerate().map(|(place, cell)| written(cell, table.between(place), &mut reasons)).collect()
            })
            .collect();
        let numeric = (0..table.columns.len())
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
        Sheet { title, columns: table.columns.clone(), numeric, rows, notes }
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

    /// For the report: sortable by its cells' values, with its numbers to download.
    pub fn html(&self, number: usize, table: &ResultTable) -> String {
        let id = format!("table-{number}");
        let mut out = format!(
            "<div class=\"table{}\" id=\"{id}\"><div class=\"scroll\" role=\"region\" tabindex=\"0\" \
             aria-labelledby=\"{id}-title\">\n<table{}><caption id=\"{id}-title\"><b>Table {number}.</b> {}</caption>\n\
             <thead><tr>",
            if self.rows.len() <= SHORT { " short" } else { "" },
            // So few columns fit a printed page without breaking their numbers.
            if self.columns.len() <= 8 && self.longest_words() <= WORDS { " class=\"few\"" } else { "" },
            line(&self.title)
        );
        for (column, numeric) in self.columns.iter().zip(&self.numeric) {
            let class = if *numeric { " class=\"n\"" } else { "" };
            let name = html(column);
            let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", if name.is_empty() { "value" } else { &name });
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for row in &self.rows {
            out.push_str("<tr>");
            for (place, cell) in row.iter().enumerate() {
                let mut attributes = String::new();
                let numeric = self.numeric.get(place).copied().unwrap_or_default();
                match (numeric, cell.indented) {
                    (true, _) => attributes.push_str(" class=\"n\""),
                    (_, true) => attributes.push_str(" class=\"in\""),
                    _ => {}
                }
                if let Some(value) = cell.value {
                    let _ = write!(attributes, " data-v=\"{value}\"");
                }
                let mark = cell.mark.as_ref().map_or(String::new(), |mark| format!("<sup>{mark}</sup>"));
                let text = html(&cell.text);
                let _ = if place == 0 && !cell.text.is_empty() {
                    write!(out, "<th scope=\"row\"{attributes}>{text}{mark}</th>")
                } else {
                    write!(out, "<td{attributes}>{text}{mark}</td>")
                };
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody></table></div>\n");
        for (mark, note) in &self.notes {
            let mark = mark.as_ref().map_or(String::new(), |mark| format!("<sup>{mark}</sup> "));
            let _ = writeln!(out, "<p class=\"note\">{mark}{}</p>", line(note));
        }
        let _ = writeln!(
            out,
            "<p class=\"get\"><a download=\"{0}.csv\" href=\"{1}\" aria-label=\"Table {number} as CSV\">CSV</a></p></div>",
            html(&table.name),
            data_address("text/csv", &table.csv()),
        );
        out
    }

    /// A LaTeX table for the packages `booktabs` and, beyond a page, `longtable`.
    pub fn latex(&self, label: &str) -> String {
        const PAGE: usize = 45;
        let columns: String = self.numeric.iter().map(|numeric| if *numeric { 'r' } else { 'l' }).collect();
        let heads: Vec<String> = self.columns.iter().map(|name| latex(name)).collect();
        let heads = heads.join(" & ");
        let long = self.rows.len() > PAGE;
        let caption = format!("\\caption{{{}}}\\label{{tab:{label}}}", latex(&plain(&self.title)));
        let mut out = String::from("% needs \\usepackage{booktabs}");
        out.push_str(if long { " and \\usepackage{longtable}\n" } else { "\n" });
        if long {
            let _ = writeln!(
                out,
                "\\begin{{longtable}}{{{columns}}}\n{caption}\\\\\n\\toprule\n{heads} \\\\\n\\midrule\n\\endfirsthead\n\\toprule\n{heads} \\\\\n\\midrule\n\\endhead\n\\bottomrule\n\\endfoot"
            );
        } else {
            let _ = writeln!(
                out,
                "\\begin{{table}}[htbp]\n\\centering\n{caption}\n\\begin{{tabular}}{{{columns}}}\n\\toprule\n{heads} \\\\\n\\midrule"
            );
        }
        for row in &self.rows {
            let cells: Vec<String> = row
                .iter()
                .map(|cell| {
                    let indent = if cell.indented { "\\quad " } else { "" };
                    let mark = cell.mark.as_ref().map_or(String::new(), |mark| format!("\\textsuperscript{{{mark}}}"));
                    format!("{indent}{}{mark}", latex(&cell.text))
                })
                .collect();
            // A row that begins with a bracket would be taken for an argument of the line break.
            let guard = if cells.first().is_some_and(|cell| cell.starts_with('[')) { "{}" } else { "" };
            let _ = writeln!(out, "{guard}{} \\\\", cells.join(" & "));
        }
        out.push_str(if long { "\\end{longtable}\n" } else { "\\bottomrule\n\\end{tabular}\n" });
        for (mark, note) in &self.notes {
            let mark = mark.as_ref().map_or(String::new(), |mark| format!("\\textsuperscript{{{mark}}} "));
            let _ = writeln!(out, "\\par\\smallskip{{\\footnotesize {mark}{}\\par}}", latex(&plain(note)));
        }
        if !long {
            out.push_str("\\end{table}\n");
        }
        out
    }

    /// A page that a word processor opens as a table: three rules, nothing that it drops.
    pub fn word(&self) -> String {
        let rule = |place: &str| format!("border-{place}:1.0pt solid black;");
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{0}</title></head>\n\
             <body style=\"font-family:'Times New Roman',serif;font-size:10pt\">\n<p><b>{0}</b></p>\n\
             <table cellspacing=\"0\" cellpadding=\"3\" style=\"border-collapse:collapse;font-size:10pt\">\n<thead><tr>",
            html(&plain(&self.title))
        );
        for (column, numeric) in self.columns.iter().zip(&self.numeric) {
            let align = if *numeric { "right" } else { "left" };
            let _ = write!(
                out,
                "<th scope=\"col\" align=\"{align}\" style=\"{}{}\">{}</th>",
                rule("top"),
                rule("bottom"),
                html(column)
            );
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for (place, row) in self.rows.iter().enumerate() {
            out.push_str("<tr>");
            let last = if place + 1 == self.rows.len() { rule("bottom") } else { String::new() };
            for (column, cell) in row.iter().enumerate() {
                let numeric = self.numeric.get(column).copied().unwrap_or_default();
                let align = if numeric { "right" } else { "left" };
                let indent = if cell.indented { "padding-left:12pt;" } else { "" };
                let mark = cell.mark.as_ref().map_or(String::new(), |mark| format!("<sup>{mark}</sup>"));
                let text = html(&minus(&cell.text));
                let _ = write!(out, "<td align=\"{align}\" valign=\"top\" style=\"{indent}{last}\">{text}{mark}</td>");
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody></table>\n");
        for (mark, note) in &self.notes {
            let mark = mark.as_ref().map_or(String::new(), |mark| format!("<sup>{mark}</sup> "));
            let _ = writeln!(out, "<p style=\"font-size:9pt\">{mark}{}</p>", html(&minus(&plain(note))));
        }
        out.push_str("</body></html>\n");
        out
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
    Written { text: text.trim().to_owned(), mark, value: value.filter(|value| value.is_finite()), indented }
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
    let plain = (first, word) != ('p', "")
        && first.is_lowercase() && word.chars().all(char::is_lowercase) && !rest[word.len()..].starts_with([':', '(']);
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
        for text in [sheet.html(1, &table), sheet.word()] {
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
