//! What plotters draws onto the pixels of a PNG, with smooth edges.
//!
//! Its own bitmap has jagged ones, moves the ends of thick lines by a pixel, so that a step of a survival curve slants,
//! and lets the corners of a dense zigzag stand out as spikes.

use ab_glyph_rasterizer::{Rasterizer, point};
use plotters::prelude::DrawingBackend;
use plotters_backend::{BackendColor, BackendCoord, BackendStyle, DrawingErrorKind};
use std::convert::Infallible;

use super::page::Ink;
use super::render::blend;

type Drawn = Result<(), DrawingErrorKind<Infallible>>;

/// A sheet of pixels, three bytes each, that plotters draws on.
pub(super) struct Smooth<'a> {
    sheet: &'a mut [u8],
    size: (u32, u32),
    raster: Rasterizer,
}

impl<'a> Smooth<'a> {
    pub fn new(sheet: &'a mut [u8], size: (u32, u32)) -> Self {
        Smooth { sheet, size, raster: Rasterizer::new(0, 0) }
    }

    /// Fills what lies within any of the polygons, which all turn the same way.
    fn fill(&mut self, polygons: &[Vec<(f32, f32)>], ink: Ink, alpha: f32) {
        let (wide, high) = (self.size.0 as f32, self.size.1 as f32);
        let inside = |(x, y): (f32, f32)| (x.clamp(0.0, wide), y.clamp(0.0, high));
        let points = || polygons.iter().flatten().map(|at| inside(*at));
        let start = (f32::INFINITY, f32::INFINITY, 0.0f32, 0.0f32);
        let (left, top, right, bottom) =
            points().fold(start, |all, (x, y)| (all.0.min(x), all.1.min(y), all.2.max(x), all.3.max(y)));
        if left > right || top > bottom {
            return;
        }
        let (left, top) = (left.floor(), top.floor());
        self.raster.reset((right - left).ceil() as usize + 1, (bottom - top).ceil() as usize + 1);
        for polygon in polygons {
            for (place, from) in polygon.iter().enumerate() {
                let (from, to) = (inside(*from), inside(polygon[(place + 1) % polygon.len()]));
                self.raster.draw_line(point(from.0 - left, from.1 - top), point(to.0 - left, to.1 - top));
            }
        }
        let (sheet, size) = (&mut *self.sheet, self.size);
        self.raster.for_each_pixel_2d(|x, y, cover| {
            if cover > 0.001 {
                let at = (i64::from(x) + left as i64, i64::from(y) + top as i64);
                blend(sheet, size, at, ink, cover.min(1.0) * alpha);
            }
        });
    }
}

fn ink_of(colour: BackendColor) -> (Ink, f32) {
    (colour.rgb, colour.alpha as f32)
}

/// A regular polygon of twelve corners, which is a disc at the size of a pen.
fn disc((x, y): (f32, f32), radius: f32) -> Vec<(f32, f32)> {
    let corner = |turn: u8| f32::from(turn) * std::f32::consts::PI / 6.0;
    (0..12).map(|turn| (x + radius * corner(turn).cos(), y + radius * corner(turn).sin())).collect()
}

impl DrawingBackend for Smooth<'_> {
    type ErrorType = Infallible;

    fn get_size(&self) -> (u32, u32) {
        self.size
    }

    fn ensure_prepared(&mut self) -> Drawn {
        Ok(())
    }

    fn present(&mut self) -> Drawn {
        Ok(())
    }

    fn draw_pixel(&mut self, (x, y): BackendCoord, colour: BackendColor) -> Drawn {
        let (ink, alpha) = ink_of(colour);
        blend(self.sheet, self.size, (i64::from(x), i64::from(y)), ink, alpha);
        Ok(())
    }

    fn draw_path<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, path: I, style: &S) -> Drawn {
        let (ink, alpha) = ink_of(style.color());
        let pen = style.stroke_width() as f32;
        // A line of an odd breadth runs through the middle of pixels, one of an even breadth between them.
        let middle = if style.stroke_width() % 2 == 1 { 0.5 } else { 0.0 };
        let mut points: Vec<(f32, f32)> =
            path.into_iter().map(|(x, y)| (x as f32 + middle, y as f32 + middle)).collect();
        points.dedup();
        let mut strokes = Vec::new();
        for pair in points.windows(2) {
            let (a, b) = (pair[0], pair[1]);
            let (dx, dy) = (b.0 - a.0, b.1 - a.1);
            let half = pen / 2.0 / dx.hypot(dy);
            let (nx, ny) = (-dy * half, dx * half);
            strokes.push(vec![(a.0 - nx, a.1 - ny), (b.0 - nx, b.1 - ny), (b.0 + nx, b.1 + ny), (a.0 + nx, a.1 + ny)]);
        }
        // Corners are round; the ends of a closed path meet in one.
        if pen > 1.0 {
            let closed = points.len() > 2 && points.first() == points.last();
            let corners =
                points.iter().skip(usize::from(!closed)).take(points.len().saturating_sub(2) + usize::from(closed));
            strokes.extend(corners.map(|at| disc(*at, pen / 2.0)));
        }
        self.fill(&strokes, ink, alpha);
        Ok(())
    }

    fn draw_circle<S: BackendStyle>(&mut self, (x, y): BackendCoord, radius: u32, style: &S, _: bool) -> Drawn {
        let (ink, alpha) = ink_of(style.color());
        let reach = i64::from(radius) + 1;
        for dy in -reach..=reach {
            for dx in -reach..=reach {
                let cover = (radius as f32 + 0.5 - (dx as f32).hypot(dy as f32)).clamp(0.0, 1.0);
                if cover > 0.0 {
                    blend(self.sheet, self.size, (i64::from(x) + dx, i64::from(y) + dy), ink, cover * alpha);
                }
            }
        }
        Ok(())
    }

    fn fill_polygon<S: BackendStyle, I: IntoIterator<Item = BackendCoord>>(&mut self, corners: I, style: &S) -> Drawn {
        let (ink, alpha) = ink_of(style.color());
        let polygon = corners.into_iter().map(|(x, y)| (x as f32, y as f32)).collect();
        self.fill(&[polygon], ink, alpha);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use plotters::prelude::*;

    /// How dark each pixel of a white sheet is after some drawing, in parts of 255.
    fn dark(size: (u32, u32), draw: impl FnOnce(&mut Smooth<'_>)) -> Vec<u8> {
        let mut sheet = vec![255u8; (size.0 * size.1 * 3) as usize];
        draw(&mut Smooth::new(&mut sheet, size));
        sheet.chunks_exact(3).map(|pixel| 255 - pixel[0]).collect()
    }

    #[test]
    fn a_level_line_is_level_and_sharp() {
        let pen = |width: u32| ShapeStyle::from(RGBColor(0, 0, 0)).stroke_width(width);
        for (width, rows) in [(1, 5..6), (3, 4..7), (4, 3..7)] {
            let seen = dark((20, 10), |on| on.draw_path([(2, 5), (18, 5)], &pen(width)).expect("drawn"));
            for (place, dark) in seen.iter().enumerate() {
                let (x, y) = (place % 20, place / 20);
                let within = rows.contains(&y) && (3..18).contains(&x);
                if x != 2 && x != 18 {
                    assert_eq!(*dark, if within { 255 } else { 0 }, "{width}: {x}, {y}");
                }
            }
        }
    }

    #[test]
    fn strokes_that_overlap_are_no_darker_and_corners_are_whole() {
        let style = ShapeStyle::from(RGBColor(0, 0, 0).mix(0.5)).stroke_width(4);
        let seen =
            dark((20, 20), |on| on.draw_path([(4, 4), (16, 4), (16, 16), (4, 16), (4, 4)], &style).expect("drawn"));
        assert!(seen.iter().all(|dark| *dark <= 128), "{seen:?}");
        assert!(seen[4 * 20 + 4] > 100 && seen[10 * 20 + 10] == 0);
        // What leaves the sheet is cut.
        let cut = dark((5, 5), |on| on.draw_path([(-30, 2), (90, 2)], &style).expect("drawn"));
        assert!(cut[2 * 5] > 100);
    }

    #[test]
    fn a_disc_and_an_area_cover_what_they_should() {
        let area = |seen: Vec<u8>| seen.iter().map(|dark| f64::from(*dark) / 255.0).sum::<f64>();
        let style = RGBColor(0, 0, 0).filled();
        let disc = area(dark((30, 30), |on| on.draw_circle((15, 15), 8, &style, true).expect("drawn")));
        assert!((disc / (std::f64::consts::PI * 64.0) - 1.0).abs() < 0.03, "{disc}");
        let corners = [(2, 2), (22, 2), (2, 22)];
        let half = area(dark((30, 30), |on| on.fill_polygon(corners, &style).expect("drawn")));
        assert!((half - 200.0).abs() < 2.0, "{half}");
    }
}
