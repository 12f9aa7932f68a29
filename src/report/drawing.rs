//! Figures in the report: the drawing, a caption that says n, events, method and interval, and the
//! numbers to download.

use std::fmt::Write;

use crate::figures::{self, FigureError};
use crate::run::results::FigureData;

use super::escape::{data_address, html, line};
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
    Ok(Drawn { svg: numbers.draw(numbers.width())?.svg()?, csv: brief(&numbers.csv()), caption, alt })
}

/// The numbers at seven significant digits, more than any drawing shows; the file beside the report
/// has them as they were computed.
fn brief(csv: &str) -> String {
    let field = |field: &str| match field.parse::<f64>() {
        Ok(value) if field.len() > 9 && value.is_finite() => {
            format!("{value:.6e}").parse::<f64>().map_or(field.to_owned(), |value| value.to_string())
        }
        _ => field.to_owned(),
    };
    let mut out = String::with_capacity(csv.len());
    for (place, part) in csv.split('"').enumerate() {
        if place > 0 {
            out.push('"');
        }
        // Every second part stands within quotes.
        if place % 2 == 1 {
            out.push_str(part);
            continue;
        }
        for (line, row) in part.split('\n').enumerate() {
            if line > 0 {
                out.push('\n');
            }
            let fields: Vec<String> = row.split(',').map(field).collect();
            out.push_str(&fields.join(","));
        }
    }
    out
}

/// A report that carries more numbers than these behind one figure is too large to be sent; they stand in the figure's
/// own file.
const MOST_CARRIED: usize = 150_000;

/// A figure with its number; what cannot be drawn says why and leaves its numbers.
pub fn html_of(figure: &FigureData, name: &str, number: usize, declaration: &str) -> String {
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
    let begun = caption.to_lowercase().starts_with(&figure.title.to_lowercase());
    let title = if figure.title == declaration || begun { String::new() } else { line(&sentence(&figure.title)) };
    let said: Vec<String> = [title, line(&caption)].into_iter().filter(|words| !words.is_empty()).collect();
    let file = html(&file);
    let data = if address.len() > MOST_CARRIED {
        format!("Data: <code>figures/{file}</code>")
    } else {
        format!("<a download=\"{file}\" href=\"{address}\" aria-label=\"Data behind figure {number}\">Data</a>")
    };
    let _ = writeln!(
        out,
        "<figcaption><b>Figure {number}.</b> {} <span class=\"get\">{data}</span></figcaption></figure>",
        said.join(" "),
    );
    out
}

#[cfg(test)]
mod tests {
    use super::brief;

    #[test]
    fn numbers_are_brief_and_names_are_whole() {
        let csv = "gene,p\n\"A, 1.23456789012\",1.23456789012e-12\nB,0.1234567890123\nC,12\n";
        assert_eq!(brief(csv), "gene,p\n\"A, 1.23456789012\",0.000000000001234568\nB,0.1234568\nC,12\n");
    }
}
