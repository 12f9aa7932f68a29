//! What the page carries of numbers and drawings: what it takes to read them, without the weight. What would make it too
//! large to be sent stays in the files beside it.

use std::fmt::Write;
use std::io::Write as _;

use super::escape::{data_address, html};
use crate::figures::base64;

/// Longer data behind one table or figure, compressed, stays in its own file.
const MOST: usize = 80_000;

/// Whether files stand beside a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Beside {
    /// The page is one of the files of a results folder.
    Folder,
    /// The page is alone and carries everything.
    Nothing,
}

/// Shorter data is written out in its link; longer data is compressed, and the page's script unpacks it.
const PLAIN: usize = 1_500;

/// A link by which data downloads; to its file in the folder where it is too large to be carried. Without a script, too,
/// the link of compressed data leads to the file.
pub fn download(folder: &str, file: &str, words: &str, label: &str, csv: &str, beside: Beside) -> String {
    let csv = brief(csv);
    let (file, label) = (html(file), html(label));
    if csv.len() <= PLAIN {
        let address = data_address("text/csv", &csv);
        return format!("<a download=\"{file}\" href=\"{address}\" aria-label=\"{label}\">{words}</a>");
    }
    let packed = packed(&csv);
    match beside {
        Beside::Folder if packed.len() > MOST => {
            // The name of the file says what it is.
            format!("{words}: <a href=\"{folder}/{file}\"><code>{folder}/{file}</code></a>")
        }
        Beside::Folder => format!(
            "<a download=\"{file}\" href=\"{folder}/{file}\" data-z=\"{packed}\" aria-label=\"{label}\">{words}</a>"
        ),
        Beside::Nothing => {
            format!("<a download=\"{file}\" href=\"#\" data-z=\"{packed}\" aria-label=\"{label}\">{words}</a>")
        }
    }
}

/// Text as gzip in base64; the same text gives the same letters.
fn packed(text: &str) -> String {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    // Writing into memory does not fail.
    let written = encoder.write_all(text.as_bytes()).and_then(|()| encoder.finish());
    written.map_or_else(|_| String::new(), |bytes| base64(&bytes))
}

/// A number at seven significant digits, more than any table or drawing shows.
pub fn brief_number(value: f64) -> String {
    let near = format!("{value:.6e}").parse::<f64>().unwrap_or(value);
    if near != 0.0 && !(1e-4..1e15).contains(&near.abs()) { format!("{near:e}") } else { near.to_string() }
}

/// The numbers at seven significant digits; the file in the folder has them as they were computed.
fn brief(csv: &str) -> String {
    let mut out = String::with_capacity(csv.len());
    let mut rest = csv;
    let part = |sign: char| sign.is_alphanumeric() || matches!(sign, '.' | '_');
    while !rest.is_empty() {
        let end = rest.find(|sign| !part(sign)).unwrap_or(rest.len());
        let (mut word, mut after) = rest.split_at(end);
        // `1.2e-7` is one word; a name such as `wavelet-LLH` is not a number.
        if word.ends_with('e') && word.starts_with(|sign: char| sign.is_ascii_digit()) && after.starts_with('-') {
            let digits = after[1..].find(|sign: char| !sign.is_ascii_digit()).map_or(after.len(), |at| at + 1);
            (word, after) = rest.split_at(end + digits);
        }
        // Whole numbers may be names of patients.
        let plain = word.contains('.') && word.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'-'));
        match word.parse::<f64>() {
            Ok(value) if plain && word.len() > 9 && value.is_finite() => out.push_str(&brief_number(value)),
            _ => out.push_str(word),
        }
        let gap = after.find(part).unwrap_or(after.len());
        out.push_str(&after[..gap]);
        rest = &after[gap..];
    }
    out
}

/// A drawing without what no eye sees: points of a line that lie between their neighbours, blanks around words, and
/// quotation marks that take three letters in an address.
pub fn lighter(svg: &str) -> String {
    let mut out = String::with_capacity(svg.len());
    let mut rest = svg;
    while let Some(at) = rest.find('<') {
        out.push_str(rest[..at].trim_matches('\n'));
        let end = rest[at..].find('>').map_or(rest.len(), |end| at + end + 1);
        let tag = &rest[at..end];
        let tag = if tag.contains('\'') { tag.to_owned() } else { tag.replace('"', "'") };
        match (tag.starts_with("<poly"), tag.split_once(" points='")) {
            (true, Some((before, after))) => {
                let (points, after) = after.split_once('\'').unwrap_or((after, ""));
                let _ = write!(out, "{before} points='{}'{after}", fewer(points));
            }
            _ => out.push_str(&tag),
        }
        rest = &rest[end..];
    }
    out.push_str(rest.trim_matches('\n'));
    out
}

/// A point may lie so far from the line that replaces it, in the units of a drawing: 300 an inch, a pixel of print.
const UNSEEN: f64 = 0.6;

/// The points of a line as they are written, those left out that change nothing to the eye.
fn fewer(points: &str) -> String {
    let read: Option<Vec<(f64, f64)>> = points
        .split_whitespace()
        .map(|point| point.split_once(',').and_then(|(x, y)| Some((x.parse().ok()?, y.parse().ok()?))))
        .collect();
    let Some(read) = read.filter(|read| read.len() > 8) else { return points.to_owned() };
    let mut kept = vec![false; read.len()];
    // Ramer-Douglas-Peucker, with a list of its own in place of recursion.
    let mut spans = vec![(0, read.len() - 1)];
    while let Some((first, last)) = spans.pop() {
        (kept[first], kept[last]) = (true, true);
        let far = (first + 1..last)
            .map(|place| (distance(read[place], read[first], read[last]), place))
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .filter(|(distance, _)| *distance > UNSEEN);
        if let Some((_, place)) = far {
            spans.extend([(first, place), (place, last)]);
        }
    }
    let words: Vec<&str> =
        points.split_whitespace().zip(kept).filter(|(_, kept)| *kept).map(|(word, _)| word).collect();
    words.join(" ")
}

/// From a point to a stretch of line.
fn distance(point: (f64, f64), from: (f64, f64), to: (f64, f64)) -> f64 {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let length = dx * dx + dy * dy;
    let along = if length == 0.0 { 0.0 } else { ((point.0 - from.0) * dx + (point.1 - from.1) * dy) / length };
    let along = along.clamp(0.0, 1.0);
    (point.0 - from.0 - along * dx).hypot(point.1 - from.1 - along * dy)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_brief_and_names_are_whole() {
        let csv = "gene,p\n\"A, 1234567890123\",1.23456789012e-12\nB,0.1234567890123 (-0.1 to 0.98765432101)\nC,12\n";
        assert_eq!(brief(csv), "gene,p\n\"A, 1234567890123\",1.234568e-12\nB,0.1234568 (-0.1 to 0.9876543)\nC,12\n");
        let names = "wavelet-LLH_glcm_Idn,1.2.840.10008.1.2\n20260620123456,é-0.00012345678901\n";
        assert_eq!(brief(names), names.replace("0.00012345678901", "0.0001234568"));
    }

    #[test]
    fn a_lighter_drawing_looks_the_same() {
        let straight: Vec<String> = (0..20).map(|x| format!("{x},{}", 2 * x)).collect();
        let svg = format!(
            "<svg a=\"1\">\n<polyline points=\"{}\" b=\"2\"/>\n<text>\na \"b\"\n</text>\n</svg>\n",
            straight.join(" ")
        );
        assert_eq!(lighter(&svg), "<svg a='1'><polyline points='0,0 19,38' b='2'/><text>a \"b\"</text></svg>");
        // A step and a peak stay.
        let step = "0,0 5,0 5,9 6,9 7,9 8,9 9,9 9,20 30,20 31,50 32,20 99,20";
        assert_eq!(fewer(step), "0,0 5,0 5,9 9,9 9,20 30,20 31,50 32,20 99,20");
        assert_eq!(fewer("0,0 what"), "0,0 what");
    }

    #[test]
    fn what_is_large_stays_in_its_file() {
        let of = |rows: u64, beside| {
            // Numbers that do not compress well.
            let text: String = (0..rows).map(|row| format!("{}\n", row.wrapping_mul(0x9E37_79B9_7F4A_7C15))).collect();
            download("tables", "t.csv", "CSV", "Table 1 as CSV", &text, beside)
        };
        let large = of(9_000, Beside::Folder);
        assert!(large.contains("href=\"tables/t.csv\"") && large.len() < 200, "{large}");
        assert!(of(9_000, Beside::Nothing).contains("href=\"#\" data-z=\"H4sI"));
        assert!(of(500, Beside::Folder).contains("href=\"tables/t.csv\" data-z=\"H4sI"));
        assert!(of(5, Beside::Folder).contains("href=\"data:text/csv"));
    }
}
