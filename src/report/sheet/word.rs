//! A table as a page that a word processor opens: three rules, nothing that it drops.

use std::fmt::Write;

use super::widths::{GAP, columns, share};
use super::{Sheet, Written, plain};
use crate::report::escape::{html, minus};

/// Digits of 9 points on a line of 17 cm; wider tables turn the page and have 25.7 cm.
const UPRIGHT: f64 = 107.0;
const TURNED: f64 = 162.0;

/// Points of a digit.
const DIGIT: f64 = 4.5;

impl Sheet {
    pub fn word(&self) -> String {
        let caption = html(&plain(&self.caption()));
        // Word and LibreOffice take the size of the page from here.
        let mut columns = columns(self);
        let wide = columns.iter().map(|column| column.whole + GAP).sum::<f64>() > UPRIGHT + 10.0;
        share(&mut columns, if wide { TURNED } else { UPRIGHT });
        let page = if wide {
            "@page{size:29.7cm 21cm;mso-page-orientation:landscape;margin:2cm}"
        } else {
            "@page{size:21cm 29.7cm;margin:2cm}"
        };
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title>\n\
             <style>{page} @page s{page_body} div.s{{page:s}} p,td,th{{font-family:'Times New Roman',serif;font-size:9pt}} \
             p{{margin:0}} td p,th p{{margin:1pt 3pt}}</style></head>\n<body><div class=\"s\">\n\
             <p style=\"margin-bottom:4pt\"><b>{caption}</b></p>\n\
             <table cellspacing=\"0\" cellpadding=\"0\" style=\"border-collapse:collapse\">\n{widths}<thead><tr>",
            html(&plain(&self.title)),
            page_body = &page["@page".len()..],
            // A word processor that is not told breaks words where they would fit.
            widths = columns
                .iter()
                .map(|column| (column.room.unwrap_or(column.whole) + GAP) * DIGIT)
                .map(|points| format!("<col width=\"{:.0}\" style=\"width:{points:.0}pt\">", points * 96.0 / 72.0))
                .collect::<String>(),
        );
        for (column, numeric) in self.columns.iter().zip(&self.numeric) {
            let (rules, align) = (rule("top") + &rule("bottom"), side(*numeric));
            let _ = write!(
                out,
                "<th scope=\"col\" align=\"{align}\" valign=\"bottom\" style=\"{rules}\"><p align=\"{align}\">{}</p></th>",
                html(column)
            );
        }
        out.push_str("</tr></thead>\n<tbody>\n");
        for (place, row) in self.rows.iter().enumerate() {
            out.push_str("<tr>");
            let last = if place + 1 == self.rows.len() { rule("bottom") } else { String::new() };
            for (column, cell) in row.iter().enumerate() {
                let align = side(self.numeric.get(column).copied().unwrap_or_default());
                let _ = write!(
                    out,
                    "<td align=\"{align}\" valign=\"top\" style=\"{last}\"><p align=\"{align}\">{}</p></td>",
                    content(cell)
                );
            }
            out.push_str("</tr>\n");
        }
        out.push_str("</tbody></table>\n");
        for (mark, note) in &self.notes {
            let mark = mark.as_ref().map_or(String::new(), |mark| format!("<sup>{mark}</sup> "));
            let note = html(&minus(&plain(note)));
            let _ = writeln!(out, "<p style=\"margin-top:3pt;font-size:8pt\">{mark}{note}</p>");
        }
        out.push_str("</div></body></html>\n");
        out
    }
}

fn rule(place: &str) -> String {
    format!("border-{place}:1.0pt solid black;")
}

fn side(numeric: bool) -> &'static str {
    if numeric { "right" } else { "left" }
}

/// The words of a cell; a word processor drops the padding of a cell, so that a level is set in by blanks.
fn content(cell: &Written) -> String {
    let indent = if cell.indented { "&nbsp;&nbsp;&nbsp;" } else { "" };
    let mark = cell.mark.as_ref().map_or(String::new(), |mark| format!("<sup>{mark}</sup>"));
    let text = minus(&cell.text);
    // Short numbers with their intervals stay on one line.
    let text = if cell.value.is_some() { html(&text.replace(' ', "\u{a0}")) } else { html(&text) };
    format!("{indent}{text}{mark}{}", cell.blanks())
}
