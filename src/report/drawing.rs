//! Figures in the report: the drawing, a caption that says n, events, method and interval, and the
//! numbers to download.

use std::fmt::Write;

use crate::run::results::FigureData;

use super::escape::{data_address, html, line, slug};
use super::sheet::sentence;

/// What stands in the report for one figure.
struct Drawn {
    svg: Option<String>,
    /// File name and content of the numbers behind it.
    data: (String, &'static str, String),
    caption: String,
    /// Why there is no drawing.
    reason: Option<String>,
}

fn drawn(figure: &FigureData) -> Drawn {
    let name = slug(&format!("{} {}", figure.kind, figure.title));
    let json = serde_json::to_string(&figure.data).unwrap_or_default();
    Drawn {
        svg: None,
        data: (format!("{name}.json"), "application/json", json),
        caption: sentence(&figure.title),
        reason: Some("no drawing of this kind exists yet".to_owned()),
    }
}

/// A figure with its number.
pub fn html_of(figure: &FigureData, number: usize) -> String {
    let drawn = drawn(figure);
    let mut out = format!("<figure id=\"figure-{number}\">");
    match &drawn.svg {
        Some(svg) => {
            let _ = write!(
                out,
                "<img src=\"{}\" alt=\"{}\">",
                data_address("image/svg+xml", svg),
                html(&drawn.caption.replace('`', ""))
            );
        }
        None => {
            let reason = drawn.reason.as_deref().unwrap_or("it cannot be drawn");
            let _ = write!(out, "<p class=\"undrawn\">Not drawn: {}.</p>", html(reason));
        }
    }
    let (file, kind, content) = &drawn.data;
    let _ = write!(
        out,
        "<figcaption><b>Figure {number}.</b> {} <span class=\"get\"><a download=\"{}\" href=\"{}\" \
         aria-label=\"Numbers behind figure {number}\">Data</a></span></figcaption></figure>\n",
        line(&drawn.caption),
        html(file),
        data_address(kind, content)
    );
    out
}
