//! A page as SVG and as PNG.
//!
//! Lines and areas are drawn by plotters, on the pixels of a PNG through [`Smooth`]. Rasters and clouds of dots of an
//! SVG and letters of a PNG are written here: plotters would spell the first pixel by pixel, and set the last on whole
//! pixels.

use super::letters::{Letter, borrowed, face, letters, per_em};
use super::page::{Align, DPI, FAMILY, Ink, Mark, Raster, font, fonts};
use super::smooth::Smooth;
use super::{FigureError, Page, png};
use ab_glyph::{Font, point};
use plotters::coord::Shift;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use std::fmt::Write;

fn pixels(millimetres: f64) -> f64 {
    millimetres / 25.4 * DPI
}

fn place((x, y): (f64, f64)) -> (i32, i32) {
    (pixels(x).round() as i32, pixels(y).round() as i32)
}

fn hundredths(millimetres: f64) -> f64 {
    (millimetres * 100.0).round() / 100.0
}

fn colour(ink: Ink) -> RGBColor {
    RGBColor(ink.0, ink.1, ink.2)
}

/// Whether plotters draws it into an SVG.
fn plain(mark: &Mark) -> bool {
    match mark {
        Mark::Image { .. } => false,
        Mark::Dots { at, .. } => at.len() == 1,
        _ => true,
    }
}

fn draw<B: DrawingBackend>(area: &DrawingArea<B, Shift>, marks: &[Mark]) -> Result<(), FigureError> {
    let failed = |e: DrawingAreaErrorKind<B::ErrorType>| FigureError::Drawing(e.to_string());
    for mark in marks {
        match mark {
            Mark::Path { points, ink, width } => {
                let style = colour(*ink).stroke_width(pixels(*width).round().max(1.0) as u32);
                let points: Vec<_> = points.iter().map(|p| place(*p)).collect();
                area.draw(&PathElement::new(points, style)).map_err(failed)?;
            }
            Mark::Area { points, ink, alpha } => {
                let points: Vec<_> = points.iter().map(|p| place(*p)).collect();
                area.draw(&Polygon::new(points, colour(*ink).mix(*alpha).filled())).map_err(failed)?;
            }
            Mark::Dots { at, radius, ink, alpha } => {
                let style = colour(*ink).mix(*alpha).filled();
                for centre in at {
                    area.draw(&Circle::new(place(*centre), pixels(*radius).round().max(1.0) as i32, style))
                        .map_err(failed)?;
                }
            }
            Mark::Text { at, text, size, align, ink, bold, upright } => {
                let mut face = font(*size, *bold);
                if *upright {
                    face = face.transform(FontTransform::Rotate270);
                }
                let h = match align {
                    Align::Left => HPos::Left,
                    Align::Centre => HPos::Center,
                    Align::Right => HPos::Right,
                };
                let style = face.color(&colour(*ink)).pos(Pos::new(h, VPos::Center));
                area.draw(&Text::new(text.as_str(), place(*at), style)).map_err(failed)?;
            }
            Mark::Image { .. } => {}
        }
    }
    area.present().map_err(failed)
}

/// The raster's pixels over a rectangle of the sheet.
fn blit(sheet: &mut [u8], size: (u32, u32), at: (f64, f64), extent: (f64, f64), raster: &Raster, smooth: bool) {
    let (sheet_width, sheet_height) = (i64::from(size.0), i64::from(size.1));
    let ((left, top), (right, bottom)) = (place(at), place((at.0 + extent.0, at.1 + extent.1)));
    let (wide, high) = (f64::from((right - left).max(1)), f64::from((bottom - top).max(1)));
    for y in i64::from(top).max(0)..i64::from(bottom).min(sheet_height) {
        for x in i64::from(left).max(0)..i64::from(right).min(sheet_width) {
            let u = (x as f64 + 0.5 - f64::from(left)) / wide * raster.width() as f64;
            let v = (y as f64 + 0.5 - f64::from(top)) / high * raster.height() as f64;
            let ink = if smooth { mixed(raster, u - 0.5, v - 0.5) } else { raster.ink(u as usize, v as usize) };
            let first = ((y * sheet_width + x) * 3) as usize;
            if let Some(pixel) = sheet.get_mut(first..first + 3) {
                pixel.copy_from_slice(&[ink.0, ink.1, ink.2]);
            }
        }
    }
}

/// A text's letters, each at its own fraction of a pixel: plotters moves letters to whole pixels and
/// drops their bearings, so that words fall apart at print size.
fn lettered(sheet: &mut [u8], size: (u32, u32), mark: &Mark) {
    let Mark::Text { at, text, size: points, align, ink, bold, upright } = mark else { return };
    let Some(face) = face(*bold) else { return };
    let scale = (points / 72.0 * DPI) as f32;
    let letters = letters(face, text, scale);
    let wide = letters.last().map_or(0.0, |last| last.end);
    let from = match align {
        Align::Left => 0.0,
        Align::Centre => -wide / 2.0,
        Align::Right => -wide,
    };
    // Capitals are about seven tenths of the size high; half of that is below the middle.
    let base = scale * 0.35;
    let (x0, y0) = (pixels(at.0) as f32, pixels(at.1) as f32);
    for Letter { letter, id, start, .. } in letters {
        let other = if id.is_none() { borrowed(letter) } else { None };
        let face = other.unwrap_or(face);
        // Without a font that has the letter, its place is a box.
        let id = id.unwrap_or_else(|| face.glyph_id(letter));
        let glyph = id.with_scale_and_position(per_em(face, scale), point(from + start, base));
        let Some(outline) = face.outline_glyph(glyph) else { continue };
        let bounds = outline.px_bounds();
        outline.draw(|gx, gy, cover| {
            let (dx, dy) = (bounds.min.x + gx as f32, bounds.min.y + gy as f32);
            let (x, y) = if *upright { (x0 + dy, y0 - dx) } else { (x0 + dx, y0 + dy) };
            blend(sheet, size, (x.round() as i64, y.round() as i64), *ink, cover);
        });
    }
}

/// Lays ink over a pixel, which it covers so far.
pub(super) fn blend(sheet: &mut [u8], size: (u32, u32), (x, y): (i64, i64), ink: Ink, cover: f32) {
    if x < 0 || y < 0 || x >= i64::from(size.0) || y >= i64::from(size.1) {
        return;
    }
    let first = ((y * i64::from(size.0) + x) * 3) as usize;
    if let Some(pixel) = sheet.get_mut(first..first + 3) {
        for (part, ink) in pixel.iter_mut().zip([ink.0, ink.1, ink.2]) {
            let mixed = f32::from(*part) + (f32::from(ink) - f32::from(*part)) * cover.clamp(0.0, 1.0);
            *part = (mixed + 0.5) as u8;
        }
    }
}

/// Linear interpolation between the centres of four pixels.
fn mixed(raster: &Raster, u: f64, v: f64) -> Ink {
    let (right, bottom) = (raster.width() - 1, raster.height() - 1);
    let (u, v) = (u.clamp(0.0, right as f64), v.clamp(0.0, bottom as f64));
    let (x, y) = (u as usize, v as usize);
    let (a, b) = (u - x as f64, v - y as f64);
    let corners = [
        (raster.ink(x, y), (1.0 - a) * (1.0 - b)),
        (raster.ink((x + 1).min(right), y), a * (1.0 - b)),
        (raster.ink(x, (y + 1).min(bottom)), (1.0 - a) * b),
        (raster.ink((x + 1).min(right), (y + 1).min(bottom)), a * b),
    ];
    let of = |part: fn(Ink) -> u8| corners.iter().map(|(ink, w)| f64::from(part(*ink)) * w).sum::<f64>().round() as u8;
    (of(|i| i.0), of(|i| i.1), of(|i| i.2))
}

/// What plotters writes of some marks, without the enclosing element.
fn body(marks: &[Mark], size: (u32, u32)) -> Result<String, FigureError> {
    let mut text = String::new();
    {
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        draw(&area, marks)?;
    }
    let start = text.find("<svg").and_then(|at| text[at..].find('>').map(|end| at + end + 1)).unwrap_or(0);
    let end = text.rfind("</svg>").unwrap_or(text.len());
    // The family is said once for the whole page.
    Ok(brief(&text[start..end].trim_matches('\n').replace(&format!(" font-family=\"{FAMILY}\""), "")))
}

/// Without what is so anyway: a report holds a hundred drawings.
fn brief(svg: &str) -> String {
    let mut out = svg.replace(" opacity=\"1\"", "").replace("\"#000000\"", "\"#000\"").replace(" \"/>", "\"/>");
    // Sizes of letters to a hundredth.
    const SIZE: &str = "font-size=\"";
    let mut from = 0;
    while let Some(at) = out[from..].find(SIZE) {
        let start = from + at + SIZE.len();
        let Some(end) = out[start..].find('"').map(|end| start + end) else { break };
        if let Ok(size) = out[start..end].parse::<f64>() {
            out.replace_range(start..end, &hundredths(size).to_string());
        }
        from = start;
    }
    out
}

/// A cloud of dots as one path of round points.
fn cloud(out: &mut String, at: &[(f64, f64)], radius: f64, ink: Ink, alpha: f64) {
    let _ = write!(
        out,
        "<path fill=\"none\" stroke=\"#{:02X}{:02X}{:02X}\" stroke-opacity=\"{alpha}\" stroke-width=\"{:.1}\" \
         stroke-linecap=\"round\" d=\"",
        ink.0,
        ink.1,
        ink.2,
        pixels(radius) * 2.0
    );
    for centre in at {
        let (x, y) = place(*centre);
        let _ = write!(out, "M{x} {y}h0");
    }
    out.push_str("\"/>\n");
}

fn picture(out: &mut String, at: (f64, f64), extent: (f64, f64), raster: &Raster, smooth: bool) {
    let (left, top) = place(at);
    let (right, bottom) = place((at.0 + extent.0, at.1 + extent.1));
    let style = if smooth { "" } else { " style=\"image-rendering:pixelated\"" };
    let coded = base64(&png::encode(raster.width(), raster.height(), raster.rgb(), None));
    let _ = writeln!(
        out,
        "<image x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\"{style} \
         href=\"data:image/png;base64,{coded}\"/>",
        right - left,
        bottom - top
    );
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for three in bytes.chunks(3) {
        let word = three.iter().fold(0u32, |word, byte| word << 8 | u32::from(*byte)) << (8 * (3 - three.len()));
        for place in 0..4 {
            let letter = LETTERS[(word >> (18 - 6 * place) & 63) as usize] as char;
            out.push(if place <= three.len() { letter } else { '=' });
        }
    }
    out
}

impl Page {
    /// Pixels at 300 dots per inch.
    pub fn size(&self) -> (u32, u32) {
        (pixels(self.width).round().max(1.0) as u32, pixels(self.height).round().max(1.0) as u32)
    }

    /// The page as SVG whose printed size is the page's.
    ///
    /// # Errors
    /// The backend's own.
    pub fn svg(&self) -> Result<String, FigureError> {
        fonts()?;
        let size = self.size();
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{}mm\" height=\"{}mm\" viewBox=\"0 0 {} {}\" \
             font-family=\"{FAMILY}\" stroke-linejoin=\"round\">\n<rect width=\"100%\" height=\"100%\" fill=\"#FFFFFF\"/>\n",
            hundredths(self.width),
            hundredths(self.height),
            size.0,
            size.1
        );
        for marks in self.marks().chunk_by(|a, b| plain(a) && plain(b)) {
            match marks.first() {
                Some(Mark::Image { at, width, height, raster, smooth }) => {
                    picture(&mut out, *at, (*width, *height), raster, *smooth);
                }
                Some(Mark::Dots { at, radius, ink, alpha }) if at.len() > 1 => {
                    cloud(&mut out, at, *radius, *ink, *alpha);
                }
                _ => {
                    out.push_str(&body(marks, size)?);
                    out.push('\n');
                }
            }
        }
        out.push_str("</svg>\n");
        Ok(out)
    }

    /// The page's pixels, three bytes each.
    ///
    /// # Errors
    /// The backend's own.
    pub fn sheet(&self) -> Result<Vec<u8>, FigureError> {
        fonts()?;
        let size = self.size();
        let mut sheet = vec![255u8; size.0 as usize * size.1 as usize * 3];
        let own = |mark: &Mark| matches!(mark, Mark::Image { .. } | Mark::Text { .. });
        for marks in self.marks().chunk_by(|a, b| !own(a) && !own(b)) {
            match marks.first() {
                Some(Mark::Image { at, width, height, raster, smooth }) => {
                    blit(&mut sheet, size, *at, (*width, *height), raster, *smooth);
                }
                Some(text @ Mark::Text { .. }) => lettered(&mut sheet, size, text),
                _ => {
                    let area = Smooth::new(&mut sheet, size).into_drawing_area();
                    draw(&area, marks)?;
                }
            }
        }
        Ok(sheet)
    }

    /// The page as a PNG of 300 dots per inch that says so.
    ///
    /// # Errors
    /// The backend's own.
    pub fn png(&self) -> Result<Vec<u8>, FigureError> {
        let size = self.size();
        Ok(png::encode(size.0 as usize, size.1 as usize, &self.sheet()?, Some(DPI)))
    }

    /// The share of ink in each cell of a coarse grid, from 0 (white) to 1 (black), row by row: what
    /// a test compares of a drawing.
    ///
    /// # Errors
    /// The backend's own.
    pub fn ink(&self, columns: usize, rows: usize) -> Result<Vec<f64>, FigureError> {
        let (width, height) = (self.size().0 as usize, self.size().1 as usize);
        let sheet = self.sheet()?;
        let (columns, rows) = (columns.clamp(1, width), rows.clamp(1, height));
        let (mut sums, mut counts) = (vec![0.0; columns * rows], vec![0.0; columns * rows]);
        for (index, pixel) in sheet.chunks_exact(3).enumerate() {
            let cell = (index / width) * rows / height * columns + (index % width) * columns / width;
            sums[cell] += 1.0 - pixel.iter().map(|part| f64::from(*part)).sum::<f64>() / 765.0;
            counts[cell] += 1.0;
        }
        Ok(sums.iter().zip(&counts).map(|(sum, count)| sum / count).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::figures::page::PALETTE;

    #[test]
    fn base64_pads() {
        assert_eq!(base64(b"Man"), "TWFu");
        assert_eq!(base64(b"Ma"), "TWE=");
        assert_eq!(base64(b"M"), "TQ==");
        assert_eq!(base64(b""), "");
    }

    #[test]
    fn rasters_and_clouds_keep_their_place_among_the_marks() {
        let mut page = Page::new(20.0, 10.0);
        page.block((0.0, 0.0), 20.0, 10.0, PALETTE[0], 1.0);
        let chess = Raster::of(2, 2, |x, y| if (x + y) % 2 == 0 { (0, 0, 0) } else { (255, 255, 255) });
        page.image((0.0, 0.0), 10.0, 10.0, chess.expect("four pixels"), false);
        page.dots(vec![(15.0, 2.0), (15.0, 8.0)], 1.0, (0, 0, 0), 0.5);
        page.text((15.0, 5.0), "label", 7.0, Align::Centre, (0, 0, 0));
        let svg = page.svg().expect("an SVG");
        let order = ["polygon", "<image", "<path", "label"].map(|word| svg.find(word).expect(word));
        assert!(order.is_sorted(), "{order:?}");
        assert_eq!(svg.matches("</svg>").count(), 1);
        let ink = page.ink(4, 2).expect("a grid");
        assert!(ink[0] > 0.95 && ink[1] < 0.05 && ink[4] < 0.05 && ink[5] > 0.95, "{ink:?}");
        let png = page.png().expect("a PNG");
        assert!(png.starts_with(b"\x89PNG") && png.windows(4).any(|w| w == b"pHYs"));
    }
}
