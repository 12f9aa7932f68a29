//! Figures in the report: the drawing, a caption that says n, events, method and interval, and the
//! numbers to download.

use std::fmt::Write;

use crate::figures::{self, FigureError};
use crate::run::results::FigureData;

use super::carried::{Beside, download, lighter};
use super::escape::{data_address, html, line};

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
    let alt = format!("{} {}", stop(&figure.title), alt.trim());
    Ok(Drawn { svg: lighter(&numbers.draw(numbers.width())?.svg()?), csv: numbers.csv(), caption, alt })
}

/// A title with its full stop; one that begins with a name keeps its spelling.
fn stop(title: &str) -> String {
    if title.ends_with(['.', '?', '!']) { title.to_owned() } else { format!("{title}.") }
}

/// A figure with its number; what cannot be drawn says why and leaves its numbers.
pub fn html_of(figure: &FigureData, name: &str, number: usize, declaration: &str, beside: Beside) -> String {
    let mut out = format!("<figure id=\"figure-{number}\">");
    let (caption, data) = match drawn(figure) {
        Ok(drawn) => {
            let _ = write!(
                out,
                "<img src=\"{}\" alt=\"{}\">",
                data_address("image/svg+xml", &drawn.svg),
                html(drawn.alt.trim())
            );
            let label = format!("Data behind figure {number}");
            (drawn.caption, download("figures", &format!("{name}.csv"), "Data", &label, &drawn.csv, beside))
        }
        Err(reason) => {
            let _ = write!(out, "<p class=\"undrawn\">Not drawn: {}.</p>", html(&reason.to_string()));
            let json = serde_json::to_string(&figure.data).unwrap_or_default();
            let address = data_address("application/json", &json);
            let file = html(&format!("{name}.json"));
            let link = format!(
                "<a download=\"{file}\" href=\"{address}\" aria-label=\"Data behind figure {number}\">Data</a>"
            );
            (String::new(), link)
        }
    };
    // The heading above has said the declaration.
    let begun = caption.to_lowercase().starts_with(&figure.title.to_lowercase());
    let title = if figure.title == declaration || begun { String::new() } else { line(&stop(&figure.title)) };
    let said: Vec<String> = [title, line(&caption)].into_iter().filter(|words| !words.is_empty()).collect();
    let _ = writeln!(
        out,
        "<figcaption><b>Figure {number}.</b> {} <span class=\"get\">{data}</span></figcaption></figure>",
        said.join(" "),
    );
    out
}
