//! Figures in the report: the drawing, a caption that says n, events, method and interval, and the
//! numbers to download.

use std::fmt::Write;

use crate::figures::{self, FigureError};
use crate::run::results::FigureData;

use super::escape::{data_address, html, line, slug};
use super::sheet::sentence;

/// What stands in the report for one figure.
struct Drawn {
    svg: String,
    csv: String,
    caption: String,
    alt: String,
}

fn drawn(figure: &FigureData) -> Result<Drawn, FigureError> {
    let numbers = figures::read(&figure.kind, &figure.data)?;
    let caption = numbers.caption();
    // The caption stands below; a reader who does not see the figure need not hear it twice.
    let alt = numbers.alt().replace(&caption, "");
    let alt = format!("{} {}", sentence(&figure.title), alt.trim());
    Ok(Drawn { svg: numbers.draw(numbers.width())?.svg()?, csv: numbers.csv(), caption, alt })
}

/// A figure with its number; what cannot be drawn says why and leaves its numbers.
pub fn html_of(figure: &FigureData, number: usize, declaration: &str) -> String {
    let name = slug(&format!("{} {}", figure.kind, figure.title));
    let mut out = format!("<figure id=\"figure-{number}\">");
    let (caption, file, address) = match drawn(figure) {
        Ok(drawn) => {
            let _ = write!(
                out,
                "<img src=\"{}\" alt=\"{}\">",
                data_address("image/svg+xml", &drawn.svg),
                html(drawn.alt.trim())
            );
            (drawn.caption, format!("{name}.csv"), data_address("text/csv", &drawn.csv))
        }
        Err(reason) => {
            let _ = write!(out, "<p class=\"undrawn\">Not drawn: {}.</p>", html(&reason.to_string()));
            let json = serde_json::to_string(&figure.data).unwrap_or_default();
            (String::new(), format!("{name}.json"), data_address("application/json", &json))
        }
    };
    // The heading above has said the declaration.
    let title = if figure.title == declaration { String::new() } else { line(&sentence(&figure.title)) };
    let said: Vec<String> = [title, line(&caption)].into_iter().filter(|words| !words.is_empty()).collect();
    let _ = writeln!(
        out,
        "<figcaption><b>Figure {number}.</b> {} <span class=\"get\"><a download=\"{}\" href=\"{address}\" \
         aria-label=\"Data behind figure {number}\">Data</a></span></figcaption></figure>",
        said.join(" "),
        html(&file),
    );
    out
}
