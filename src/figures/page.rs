//! A page in millimetres: marks that figures make, and that anything can read back.

use plotters::prelude::*;
use plotters::style::{FontStyle, register_font};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::OnceLock;

use super::FigureError;
use super::borrowed::font_with;
use super::letters::{BOLD, REGULAR, embedded, face, letters};

/// The widths journals print at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// One column, 85 mm.
    Column,
    /// Two columns, 180 mm.
    Full,
    /// Another width in millimetres, such as a terminal's.
    Other(u16),
}

impl Width {
    /// Width in millimetres.
    pub fn millimetres(self) -> f64 {
        match self {
            Width::Column => 85.0,
            Width::Full => 180.0,
            Width::Other(millimetres) => f64::from(millimetres),
        }
    }
}

/// Red, green, blue.
pub type Ink = (u8, u8, u8);
pub const BLACK_INK: Ink = (0, 0, 0);
pub const WHITE_INK: Ink = (255, 255, 255);
/// For what is said beside the numbers; 5.9 to 1 against white.
pub const GREY: Ink = (100, 100, 100);
/// For grid lines and zebra rows.
pub const PALE: Ink = (228, 228, 228);
/// Okabe-Ito colours, ordered so that neighbours differ in lightness too; each has its own dash.
pub const PALETTE: [Ink; 6] = [(0, 114, 178), (213, 94, 0), (0, 0, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0)];
/// Dash and gap in millimetres per group; the colours are not asked to carry the difference alone.
pub const DASHES: [&[f64]; 6] = [&[], &[2.2, 0.9], &[0.7, 0.8], &[3.2, 0.8, 0.7, 0.8], &[1.2, 0.6], &[4.2, 1.2]];

pub(super) const DPI: f64 = 300.0;
/// Arial and Helvetica have the same metrics, so an SVG keeps its layout where Liberation is absent.
pub(super) const FAMILY: &str = "Liberation Sans, Arial, Helvetica, sans-serif";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Centre,
    Right,
}

/// A picture of red, green and blue pixels, row by row from the top.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Raster {
    width: usize,
    height: usize,
    rgb: Vec<u8>,
}

impl Raster {
    /// Pixels of `rgb`, three bytes each; None where their number is not `width` times `height`.
    pub fn new(width: usize, height: usize, rgb: Vec<u8>) -> Option<Self> {
        let fits = width > 0 && height > 0 && rgb.len() == width.checked_mul(height)?.checked_mul(3)?;
        fits.then_some(Raster { width, height, rgb })
    }

    /// One byte of grey a pixel.
    pub fn grey(width: usize, height: usize, grey: &[u8]) -> Option<Self> {
        Raster::new(width, height, grey.iter().flat_map(|g| [*g; 3]).collect())
    }

    /// Pixel by pixel from the ink of its column and row.
    pub fn of(width: usize, height: usize, ink: impl Fn(usize, usize) -> Ink) -> Option<Self> {
        let pixels = (0..height).flat_map(|row| (0..width).map(move |column| (column, row)));
        let rgb = pixels.flat_map(|(column, row)| {
            let (r, g, b) = ink(column, row);
            [r, g, b]
        });
        Raster::new(width, height, rgb.collect())
    }

    pub fn width(&self) -> usize {
        self.width
    }

    pub fn height(&self) -> usize {
        self.height
    }

    /// Three bytes a pixel.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The pixel's ink; white outside.
    pub fn ink(&self, column: usize, row: usize) -> Ink {
        match self.rgb.get((row * self.width + column) * 3..) {
            Some([r, g, b, ..]) if column < self.width => (*r, *g, *b),
            _ => WHITE_INK,
        }
    }
}

/// What is drawn, in millimetres from the upper left corner; sizes of text are in points.
#[derive(Clone, Debug, PartialEq)]
pub enum Mark {
    Path {
        points: Vec<(f64, f64)>,
        ink: Ink,
        width: f64,
    },
    Area {
        points: Vec<(f64, f64)>,
        ink: Ink,
        alpha: f64,
    },
    /// Discs of one size and ink.
    Dots {
        at: Vec<(f64, f64)>,
        radius: f64,
        ink: Ink,
        alpha: f64,
    },
    /// Centred on `at` vertically; `upright` text reads upwards.
    Text {
        at: (f64, f64),
        text: String,
        size: f64,
        align: Align,
        ink: Ink,
        bold: bool,
        upright: bool,
    },
    /// A raster stretched over a rectangle whose upper left corner is `at`; its pixels stay squares
    /// unless `smooth`.
    Image {
        at: (f64, f64),
        width: f64,
        height: f64,
        raster: Raster,
        smooth: bool,
    },
}

/// Marks on a white sheet; the origin is the upper left corner and y grows downwards.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub width: f64,
    pub height: f64,
    marks: Vec<Mark>,
}

/// Registers the embedded fonts once.
pub(super) fn fonts() -> Result<(), FigureError> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let sound = DONE.get_or_init(|| {
        let regular = register_font(FAMILY, FontStyle::Normal, REGULAR);
        let bold = register_font(FAMILY, FontStyle::Bold, BOLD);
        regular.is_ok() && bold.is_ok()
    });
    if *sound { Ok(()) } else { Err(FigureError::Drawing("the embedded font is damaged".into())) }
}

/// Points to the size plotters takes, which it divides by 1.24.
pub(super) fn font(size: f64, bold: bool) -> FontDesc<'static> {
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size / 72.0 * DPI * 1.24, style)
}

thread_local! {
    /// The width of every letter where letters are the cells of a terminal.
    static CELL: Cell<Option<f64>> = const { Cell::new(None) };
}

/// Lays out what `draw` draws for a terminal, where every letter is so many millimetres wide: margins,
/// columns and cuts are then those of its cells.
pub fn in_cells<T>(millimetres: f64, draw: impl FnOnce() -> T) -> T {
    struct Back(Option<f64>);
    impl Drop for Back {
        fn drop(&mut self) {
            CELL.set(self.0);
        }
    }
    let _back = Back(CELL.replace(Some(millimetres)));
    draw()
}

fn measured(text: &str, size: f64, bold: bool) -> f64 {
    if let Some(cell) = CELL.get() {
        return text.chars().count() as f64 * cell;
    }
    let known = face(bold).map(|face| letters(face, text, 1000.0).last().map_or(0.0, |last| f64::from(last.end)));
    known.map_or(text.chars().count() as f64 * 0.54, |wide| wide / 1000.0) * size / 72.0 * 25.4
}

/// The width of a text in millimetres at a size in points.
pub fn text_width(text: &str, size: f64) -> f64 {
    measured(text, size, false)
}

/// The width of a bold text.
pub fn bold_width(text: &str, size: f64) -> f64 {
    measured(text, size, true)
}

/// The widest of some texts; 0 for none.
pub fn widest<S: AsRef<str>>(texts: impl IntoIterator<Item = S>, size: f64) -> f64 {
    texts.into_iter().map(|text| text_width(text.as_ref(), size)).fold(0.0, f64::max)
}

/// The text cut with an ellipsis to fit a width in millimetres.
pub fn fit(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_string();
    }
    let mut kept: Vec<char> = text.chars().collect();
    while kept.pop().is_some() {
        let cut: String = kept.iter().collect::<String>() + "…";
        if text_width(&cut, size) <= width {
            return cut;
        }
    }
    String::new()
}

/// A long name cut in its middle: feature names differ at both ends.
pub fn shorten(text: &str, size: f64, width: f64) -> String {
    if text_width(text, size) <= width {
        return text.to_string();
    }
    let all: Vec<char> = text.chars().collect();
    for kept in (2..all.len()).rev() {
        let tail = kept / 2;
        let cut: String = all[..kept - tail].iter().chain(&['…']).chain(&all[all.len() - tail..]).collect();
        if text_width(&cut, size) <= width {
            return cut;
        }
    }
    fit(text, size, width)
}

/// Names shortened so that those that differ still do: where two would read alike, what they begin with in common gives
/// way to an ellipsis.
pub fn shortened<S: AsRef<str>>(names: &[S], size: f64, width: f64) -> Vec<String> {
    let mut cut: Vec<String> = names.iter().map(|name| shorten(name.as_ref(), size, width)).collect();
    for place in 0..cut.len() {
        let own = cut[place].clone();
        let alike: Vec<usize> = (0..cut.len()).filter(|other| cut[*other] == own).collect();
        let first = names[place].as_ref();
        if alike.iter().all(|other| names[*other].as_ref() == first) {
            continue;
        }
        let shared = |other: &str| first.chars().zip(other.chars()).take_while(|(a, b)| a == b).count();
        let common = alike.iter().map(|other| shared(names[*other].as_ref())).min().unwrap_or(0);
        // From the beginning of the word in which they part.
        let head: Vec<char> = first.chars().take(common).collect();
        let word = head.iter().rposition(|letter| matches!(letter, '_' | '-' | '.' | ' ')).map_or(0, |at| at + 1);
        for other in alike {
            let rest: String = names[other].as_ref().chars().skip(word).collect();
            cut[other] = fit(&format!("{}{rest}", if word > 0 { "…" } else { "" }), size, width);
        }
    }
    cut
}

/// Words, those together that are read together: `p = 0.22`, `0.44 (0.00 to 0.87)`.
fn phrases(text: &str) -> Vec<String> {
    let numeric = |c: char| c.is_ascii_digit() || c == '−';
    let (mut out, mut open): (Vec<String>, bool) = (Vec::new(), false);
    for word in text.split_whitespace() {
        let last = out.last().map_or("", String::as_str);
        let interval = word.strip_prefix('(').is_some_and(|rest| rest.starts_with(numeric))
            && last.ends_with(|c: char| c.is_ascii_digit() || c == '%');
        let compared = matches!(word, "=" | "<" | ">") || last.ends_with(['=', '<', '>']);
        let bound = !last.is_empty() && (open || interval || compared);
        // `slope 0.44 (0.00 to 0.87)`: what is estimated stands with its estimate.
        if interval && out.len() > 1 && !out[out.len() - 2].ends_with([',', ';', ':', '.', ')']) {
            let estimate = out.pop().unwrap_or_default();
            if let Some(named) = out.last_mut() {
                named.push(' ');
                named.push_str(&estimate);
            }
        }
        open = (open || interval) && !word.contains(')');
        match out.last_mut() {
            Some(last) if bound => {
                last.push(' ');
                last.push_str(word);
            }
            _ => out.push(word.to_owned()),
        }
    }
    out
}

/// The text in lines no wider than `width`, broken at blanks, or within a word that alone is wider;
/// what does not fit into `most` lines ends in an ellipsis.
pub fn wrap(text: &str, size: f64, width: f64, most: usize) -> Vec<String> {
    let whole = phrases(text);
    // What is read together breaks where no line would hold it.
    let words = whole.iter().flat_map(|phrase| match text_width(phrase, size) <= width {
        true => vec![phrase.as_str()],
        false => phrase.split(' ').collect(),
    });
    let mut lines: Vec<String> = Vec::new();
    for word in words {
        let joined = lines.last().map(|line| format!("{line} {word}"));
        match joined {
            Some(joined) if text_width(&joined, size) <= width => {
                if let Some(line) = lines.last_mut() {
                    *line = joined;
                }
            }
            _ => lines.push(word.to_string()),
        }
    }
    if lines.len() > most {
        let rest = lines.split_off(most.max(1) - 1).join(" ");
        lines.push(rest);
    }
    lines.iter().map(|line| fit(line, size, width)).collect()
}

impl Page {
    pub fn new(width: f64, height: f64) -> Self {
        Page { width, height, marks: Vec::new() }
    }

    pub fn path(&mut self, points: Vec<(f64, f64)>, ink: Ink, width: f64) {
        if points.len() > 1 {
            self.marks.push(Mark::Path { points, ink, width });
        }
    }

    pub fn line(&mut self, a: (f64, f64), b: (f64, f64), ink: Ink, width: f64) {
        self.path(vec![a, b], ink, width);
    }

    /// A path broken into dashes; `pattern` alternates dash and gap in millimetres.
    pub fn dashed(&mut self, points: &[(f64, f64)], pattern: &[f64], ink: Ink, width: f64) {
        if pattern.is_empty() || pattern.iter().any(|p| *p <= 0.0) {
            return self.path(points.to_vec(), ink, width);
        }
        let (mut slot, mut left) = (0, pattern[0]);
        let mut current: Vec<(f64, f64)> = points.first().copied().into_iter().collect();
        for pair in points.windows(2) {
            let ((mut x, mut y), (x1, y1)) = (pair[0], pair[1]);
            loop {
                let rest = (x1 - x).hypot(y1 - y);
                if rest <= left {
                    left -= rest;
                    current.push((x1, y1));
                    break;
                }
                x += (x1 - x) * left / rest;
                y += (y1 - y) * left / rest;
                current.push((x, y));
                if slot % 2 == 0 {
                    self.path(std::mem::take(&mut current), ink, width);
                }
                current = vec![(x, y)];
                slot = (slot + 1) % (pattern.len() / 2 * 2).max(1);
                left = pattern[slot];
            }
        }
        if slot % 2 == 0 {
            self.path(current, ink, width);
        }
    }

    pub fn area(&mut self, points: Vec<(f64, f64)>, ink: Ink, alpha: f64) {
        if points.len() > 2 {
            self.marks.push(Mark::Area { points, ink, alpha });
        }
    }

    /// A filled rectangle with its upper left corner at `at`.
    pub fn block(&mut self, at: (f64, f64), width: f64, height: f64, ink: Ink, alpha: f64) {
        let ((x, y), (right, bottom)) = (at, (at.0 + width, at.1 + height));
        self.area(vec![(x, y), (right, y), (right, bottom), (x, bottom)], ink, alpha);
    }

    /// The outline of a rectangle.
    pub fn frame(&mut self, at: (f64, f64), width: f64, height: f64, ink: Ink, pen: f64) {
        let ((x, y), (right, bottom)) = (at, (at.0 + width, at.1 + height));
        self.path(vec![(x, y), (right, y), (right, bottom), (x, bottom), (x, y)], ink, pen);
    }

    pub fn dot(&mut self, at: (f64, f64), radius: f64, ink: Ink) {
        self.dots(vec![at], radius, ink, 1.0);
    }

    /// Discs of one size.
    pub fn dots(&mut self, at: Vec<(f64, f64)>, radius: f64, ink: Ink, alpha: f64) {
        if !at.is_empty() {
            self.marks.push(Mark::Dots { at, radius, ink, alpha });
        }
    }

    /// A raster over a rectangle.
    pub fn image(&mut self, at: (f64, f64), width: f64, height: f64, raster: Raster, smooth: bool) {
        self.marks.push(Mark::Image { at, width, height, raster, smooth });
    }

    /// What is on the page, from the bottom to the top.
    pub fn marks(&self) -> &[Mark] {
        &self.marks
    }

    /// Letters that the embedded face lacks, each with the font of this system that its PNG takes it from; None
    /// where no font has it and a box stands in its place.
    pub fn foreign(&self) -> BTreeMap<char, Option<&'static Path>> {
        let texts = self.marks.iter().filter_map(|mark| match mark {
            Mark::Text { text, .. } => Some(text),
            _ => None,
        });
        let lacking = texts.flat_map(|text| text.chars()).filter(|letter| !embedded(*letter));
        lacking.map(|letter| (letter, font_with(letter).map(|font| font.path.as_path()))).collect()
    }

    /// Text centred on `at` vertically; size in points.
    pub fn text(&mut self, at: (f64, f64), text: &str, size: f64, align: Align, ink: Ink) {
        self.marks.push(Mark::Text { at, text: text.into(), size, align, ink, bold: false, upright: false });
    }

    pub fn bold(&mut self, at: (f64, f64), text: &str, size: f64, align: Align, ink: Ink) {
        self.marks.push(Mark::Text { at, text: text.into(), size, align, ink, bold: true, upright: false });
    }

    /// Text that reads upwards, centred on `at`.
    pub fn upright(&mut self, at: (f64, f64), text: &str, size: f64) {
        let ink = BLACK_INK;
        self.marks.push(Mark::Text {
            at,
            text: text.into(),
            size,
            align: Align::Centre,
            ink,
            bold: false,
            upright: true,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_are_cut_stay_apart() {
        let names = [
            "venous_wavelet-LLH_gldm_SmallDependenceHighGrayLevelEmphasis",
            "venous_wavelet-HLH_gldm_SmallDependenceHighGrayLevelEmphasis",
            "age",
            "venous_wavelet-LLH_gldm_SmallDependenceHighGrayLevelEmphasis",
        ];
        assert_eq!(shorten(names[0], 7.0, 30.0), shorten(names[1], 7.0, 30.0));
        let cut = shortened(&names, 7.0, 30.0);
        assert!(cut[0] != cut[1] && cut[0] == cut[3] && cut[2] == "age", "{cut:?}");
        assert!(cut[0].starts_with("…LLH_gldm") && cut.iter().all(|name| text_width(name, 7.0) <= 30.0), "{cut:?}");
        // Where they fit they are whole.
        assert_eq!(shortened(&names, 7.0, 300.0), names);
    }

    #[test]
    fn estimates_and_comparisons_are_not_torn_apart() {
        assert_eq!(
            phrases("slope 0.44 (0.00 to 0.87), A against B: p = 0.22 (all)"),
            ["slope 0.44 (0.00 to 0.87),", "A", "against", "B:", "p = 0.22", "(all)"]
        );
        let lines = wrap("METASTASIS.radiomics against METASTASIS.clinical: p = 0.22", 7.0, 66.0, 2);
        assert_eq!(lines[1], "p = 0.22", "{lines:?}");
        // A line too short for the whole holds its words.
        assert_eq!(wrap("0.44 (0.00 to 0.87)", 7.0, 14.0, 3).len(), 2);
    }
}
