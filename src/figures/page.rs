//! A page in millimetres: what figures draw on, and its rendering as SVG and PNG.

use super::FigureError;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontStyle, register_font};
use std::path::Path;
use std::sync::OnceLock;

/// The widths journals print at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Width {
    /// One column, 85 mm.
    Column,
    /// Two columns, 180 mm.
    Full,
}

impl Width {
    /// Width in millimetres.
    pub fn millimetres(self) -> f64 {
        match self {
            Width::Column => 85.0,
            Width::Full => 180.0,
        }
    }
}

/// Red, green, blue.
pub type Ink = (u8, u8, u8);
pub const BLACK_INK: Ink = (0, 0, 0);
pub const GREY: Ink = (120, 120, 120);
/// Okabe-Ito colours, ordered so that neighbours differ in lightness too; each has its own dash.
pub const PALETTE: [Ink; 6] = [(0, 114, 178), (213, 94, 0), (0, 0, 0), (0, 158, 115), (204, 121, 167), (230, 159, 0)];
/// Dash and gap in millimetres per group; the colours are not asked to carry the difference alone.
pub const DASHES: [&[f64]; 6] = [&[], &[2.2, 0.9], &[0.7, 0.8], &[3.2, 0.8, 0.7, 0.8], &[1.2, 0.6], &[4.2, 1.2]];

const DPI: f64 = 300.0;
/// Arial and Helvetica have the same metrics, so an SVG keeps its layout where Liberation is absent.
const FAMILY: &str = "Liberation Sans, Arial, Helvetica, sans-serif";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Align {
    Left,
    Centre,
    Right,
}

enum Mark {
    Path { points: Vec<(f64, f64)>, ink: Ink, width: f64 },
    Area { points: Vec<(f64, f64)>, ink: Ink, alpha: f64 },
    Dot { at: (f64, f64), radius: f64, ink: Ink },
    Text { at: (f64, f64), text: String, size: f64, align: Align, ink: Ink, bold: bool, upright: bool },
}

/// Marks on a white sheet; the origin is the upper left corner and y grows downwards.
pub struct Page {
    pub width: f64,
    pub height: f64,
    marks: Vec<Mark>,
}

fn fonts() -> Result<(), FigureError> {
    static DONE: OnceLock<bool> = OnceLock::new();
    let sound = DONE.get_or_init(|| {
        let regular = register_font(FAMILY, FontStyle::Normal, include_bytes!("font/LiberationSans-Regular.ttf"));
        let bold = register_font(FAMILY, FontStyle::Bold, include_bytes!("font/LiberationSans-Bold.ttf"));
        regular.is_ok() && bold.is_ok()
    });
    if *sound { Ok(()) } else { Err(FigureError::Drawing("the embedded font is damaged".into())) }
}

fn pixels(millimetres: f64) -> f64 {
    millimetres / 25.4 * DPI
}

/// Points to the size plotters takes, which it divides by 1.24.
fn font(size: f64, bold: bool) -> FontDesc<'static> {
    let style = if bold { FontStyle::Bold } else { FontStyle::Normal };
    FontDesc::new(FontFamily::Name(FAMILY), size / 72.0 * DPI * 1.24, style)
}

/// The width of a text in millimetres at a size in points.
pub fn text_width(text: &str, size: f64) -> f64 {
    let known = fonts().ok().and_then(|()| font(size, false).box_size(text).ok());
    known.map_or(text.chars().count() as f64 * size * 0.19, |(w, _)| f64::from(w) / DPI * 25.4)
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

    pub fn dot(&mut self, at: (f64, f64), radius: f64, ink: Ink) {
        self.marks.push(Mark::Dot { at, radius, ink });
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

    fn render<B: DrawingBackend>(
        &self,
        area: &DrawingArea<B, plotters::coord::Shift>,
        drop: f64,
    ) -> Result<(), FigureError> {
        fonts()?;
        let failed = |e: DrawingAreaErrorKind<B::ErrorType>| FigureError::Drawing(e.to_string());
        let at = |(x, y): (f64, f64)| (pixels(x).round() as i32, pixels(y).round() as i32);
        area.fill(&WHITE).map_err(failed)?;
        for mark in &self.marks {
            match mark {
                Mark::Path { points, ink, width } => {
                    let style = RGBColor(ink.0, ink.1, ink.2).stroke_width(pixels(*width).round().max(1.0) as u32);
                    let points: Vec<_> = points.iter().map(|p| at(*p)).collect();
                    area.draw(&PathElement::new(points, style)).map_err(failed)?;
                }
                Mark::Area { points, ink, alpha } => {
                    let points: Vec<_> = points.iter().map(|p| at(*p)).collect();
                    area.draw(&Polygon::new(points, RGBColor(ink.0, ink.1, ink.2).mix(*alpha).filled()))
                        .map_err(failed)?;
                }
                Mark::Dot { at: centre, radius, ink } => {
                    let style = RGBColor(ink.0, ink.1, ink.2).filled();
                    area.draw(&Circle::new(at(*centre), pixels(*radius).round() as i32, style)).map_err(failed)?;
                }
                Mark::Text { at: place, text, size, align, ink, bold, upright } => {
                    let mut face = font(*size, *bold);
                    if *upright {
                        face = face.transform(FontTransform::Rotate270);
                    }
                    let shift = size * drop;
                    let place = if *upright { (place.0 + shift, place.1) } else { (place.0, place.1 + shift) };
                    let h = match align {
                        Align::Left => HPos::Left,
                        Align::Centre => HPos::Center,
                        Align::Right => HPos::Right,
                    };
                    let style = face.color(&RGBColor(ink.0, ink.1, ink.2)).pos(Pos::new(h, VPos::Center));
                    area.draw(&Text::new(text.as_str(), at(place), style)).map_err(failed)?;
                }
            }
        }
        area.present().map_err(failed)
    }

    fn size(&self) -> (u32, u32) {
        (pixels(self.width).round() as u32, pixels(self.height).round() as u32)
    }

    /// The page as SVG whose printed size is the page's.
    pub fn svg(&self) -> Result<String, FigureError> {
        let size = self.size();
        let mut text = String::new();
        {
            let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
            self.render(&area, 0.0)?;
        }
        let plain = format!("<svg width=\"{}\" height=\"{}\"", size.0, size.1);
        Ok(text.replacen(&plain, &format!("<svg width=\"{}mm\" height=\"{}mm\"", self.width, self.height), 1))
    }

    /// Writes a PNG of 300 dots per inch that says so.
    pub fn png(&self, path: &Path) -> Result<(), FigureError> {
        {
            let area = BitMapBackend::new(path, self.size()).into_drawing_area();
            // Bitmap text is centred by its box, descenders included; SVG text by its letters.
            self.render(&area, 0.055)?;
        }
        let bytes = std::fs::read(path)?;
        // Signature and IHDR take the first 33 bytes; pHYs must come before the pixels.
        if bytes.len() > 33 && !bytes.windows(4).take(200).any(|w| w == b"pHYs") {
            let mut chunk = b"pHYs".to_vec();
            let per_metre = (DPI / 0.0254).round() as u32;
            chunk.extend(per_metre.to_be_bytes());
            chunk.extend(per_metre.to_be_bytes());
            chunk.push(1);
            let mut whole = bytes[..33].to_vec();
            whole.extend(9u32.to_be_bytes());
            whole.extend(&chunk);
            whole.extend(crc(&chunk).to_be_bytes());
            whole.extend(&bytes[33..]);
            std::fs::write(path, whole)?;
        }
        Ok(())
    }
}

/// The checksum of a PNG chunk.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| if c & 1 == 1 { (c >> 1) ^ 0xEDB8_8320 } else { c >> 1 })
    })
}
