//! A table in the report: sortable by its cells' values, with its numbers to download.

use std::fmt::Write;

use super::Sheet;
use crate::report::carried::{Beside, brief_number, download};
use crate::report::escape::{html, line};
use crate::run::results::{Cell, ResultTable};

/// A table of so many rows is not broken over two pages.
const SHORT: usize = 12;

/// Letters that stand beside each other on a printed page.
const WORDS: usize = 95;

/// Rows that nobody reads to their end.
const LONG: usize = 200;

/// Of a ranking, these suffice; what follows is the less, the further down.
const RANKED: usize = 60;

/// What is shown of what is longer.
const BEGINNING: usize = 40;

/// How many rows the page shows; the file has them all.
fn shown(table: &ResultTable) -> usize {
    let rows = table.rows.len();
    if rows > LONG || (rows > RANKED && is_ranking(table)) { BEGINNING } else { rows }
}

/// Whether the rows stand in the order of their p.
fn is_ranking(table: &ResultTable) -> bool {
    let Some(place) = table.columns.iter().position(|column| column == "p") else { return false };
    let p: Option<Vec<f64>> =
        table.rows.iter().map(|row| if let Some(Cell::P(p)) = row.get(place) { Some(*p) } else { None }).collect();
    p.is_some_and(|p| p.is_sorted())
}

impl Sheet {
    /// With its number on the page and the name of its file.
    pub fn html(&self, number: usize, table: &ResultTable, file: &str, beside: Beside) -> String {
        let id = format!("table-{number}");
        let shown = shown(table);
        let mut out = format!(
            "<div class=\"table{}\" id=\"{id}\"><div class=\"scroll\" role=\"region\" tabindex=\"0\" \
             aria-labelledby=\"{id}-title\">\n<table{}><caption id=\"{id}-title\"><b>Table {number}.</b> {}</caption>\n\
             <thead><tr>",
            if shown <= SHORT { " short" } else { "" },
            // So few columns fit a printed page without breaking their numbers.
            if self.columns.len() <= 8 && self.longest_words() <= WORDS { " class=\"few\"" } else { "" },
            line(&self.caption())
        );
        for (column, numeric) in self.columns.iter().zip(&self.numeric) {
            let class = if *numeric { " class=\"n\"" } else { "" };
            let name = html(column);
            let _ = write!(out, "<th scope=\"col\"{class}>{}</th>", if name.is_empty() { "value" } else { &name });
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for row in self.rows.iter().take(shown) {
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
                    let _ = write!(attributes, " data-v=\"{}\"", brief_number(value));
                }
                let mark = cell.mark.as_ref().map_or(String::new(), |mark| format!("<sup>{mark}</sup>"));
                let text = html(&cell.text) + &mark + &cell.blanks();
                let tag = if place == 0 && !cell.text.is_empty() { "th" } else { "td" };
                let scope = if tag == "th" { " scope=\"row\"" } else { "" };
                let _ = write!(out, "<{tag}{scope}{attributes}>{text}</{tag}>");
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody></table></div>\n");
        if shown < self.rows.len() {
            let place = match beside {
                Beside::Folder => format!("<code>tables/{}.csv</code>", html(file)),
                Beside::Nothing => "its CSV".to_owned(),
            };
            let _ = writeln!(
                out,
                "<p class=\"note\">The first {shown} of {} rows; all of them are in {place}.</p>",
                self.rows.len()
            );
        }
        for (mark, note) in &self.notes {
            let mark = mark.as_ref().map_or(String::new(), |mark| format!("<sup>{mark}</sup> "));
            let _ = writeln!(out, "<p class=\"note\">{mark}{}</p>", line(note));
        }
        let link =
            download("tables", &format!("{file}.csv"), "CSV", &format!("Table {number} as CSV"), &table.csv(), beside);
        let _ = writeln!(out, "<p class=\"get\">{link}</p></div>");
        out
    }

    /// Letters of the longest words of all columns together, numbers with their intervals being one word: below this no
    /// line is narrower.
    fn longest_words(&self) -> usize {
        let longest = |text: &str| text.split([' ', '-']).map(|word| word.chars().count()).max().unwrap_or(0);
        (0..self.columns.len())
            .map(|place| {
                let numeric = self.numeric.get(place).copied().unwrap_or_default();
                let cells = self.rows.iter().filter_map(|row| row.get(place)).map(|cell| match numeric {
                    true => cell.text.chars().count(),
                    false => longest(&cell.text),
                });
                cells.chain([longest(&self.columns[place])]).max().unwrap_or(0)
            })
            .sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ranking(rows: usize) -> ResultTable {
        let mut table = ResultTable::new("t", "T", ["gene", "p"]);
        for row in 0..rows {
            table.push([Cell::text(format!("g{row}")), Cell::P(row as f64 / 1e3)]);
        }
        table
    }

    #[test]
    fn a_long_table_shows_its_beginning_and_says_where_the_rest_is() {
        assert_eq!([shown(&ranking(60)), shown(&ranking(61)), shown(&ranking(999))], [60, 40, 40]);
        let mut mixed = ranking(180);
        mixed.rows.swap(0, 100);
        assert_eq!(shown(&mixed), 180);
        let table = ranking(61);
        let page = Sheet::new(&table).html(3, &table, "of_a", Beside::Folder);
        assert_eq!(page.matches("<tr>").count(), 41);
        assert!(page.contains("The first 40 of 61 rows; all of them are in <code>tables/of_a.csv</code>."), "{page}");
        // The numbers to download are all of them.
        assert!(page.contains("g60"));
    }
}
