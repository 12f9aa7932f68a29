//! Scales of colour that survive a colour-blind reader and a grey print, with their keys.

use super::axes::labelled;
use super::page::{Align, BLACK_INK, Ink, Page, Raster};

fn between(stops: &[(f64, Ink)], value: f64) -> Ink {
    let value = value.clamp(stops.first().map_or(0.0, |s| s.0), stops.last().map_or(1.0, |s| s.0));
    for pair in stops.windows(2) {
        let ((low, a), (high, b)) = (pair[0], pair[1]);
        if value <= high {
            let t = if high > low { (value - low) / (high - low) } else { 0.0 };
            let mix = |x: u8, y: u8| (f64::from(x) + (f64::from(y) - f64::from(x)) * t).round() as u8;
            return (mix(a.0, b.0), mix(a.1, b.1), mix(a.2, b.2));
        }
    }
    stops.last().map_or(BLACK_INK, |s| s.1)
}

/// From −1 over white at 0 to 1: blue below, orange-red above. The blue end is darker, so that the
/// two ends differ in grey.
pub fn diverging(value: f64) -> Ink {
    let stops = [
        (-1.0, (8, 48, 107)),
        (-0.5, (90, 155, 205)),
        (0.0, (255, 255, 255)),
        (0.5, (246, 164, 112)),
        (1.0, (206, 72, 14)),
    ];
    between(&stops, value)
}

/// From 0, pale blue, to 1, dark red; darker is more.
pub fn sequential(value: f64) -> Ink {
    between(&[(0.0, (134, 200, 242)), (0.5, (142, 96, 172)), (1.0, (118, 0, 48))], value)
}

/// The ink that is read on another.
pub fn on(ink: Ink) -> Ink {
    let light = 0.299 * f64::from(ink.0) + 0.587 * f64::from(ink.1) + 0.114 * f64::from(ink.2);
    if light < 140.0 { (255, 255, 255) } else { BLACK_INK }
}

/// An upright bar of a scale with its ticks; `ink` takes values from `low` to `high`. Ticks are given
/// or chosen.
pub struct Key<'a> {
    pub title: &'a str,
    pub low: f64,
    pub high: f64,
    /// Words at the ends instead of ticks: `low`, `high`.
    pub ends: Option<(&'a str, &'a str)>,
}

impl Key<'_> {
    /// Draws the bar with its upper left corner at `at`, the title above it.
    pub fn draw(&self, page: &mut Page, at: (f64, f64), height: f64, ink: impl Fn(f64) -> Ink) {
        let (x, top) = at;
        page.bold((x, top - 2.6), self.title, 7.0, Align::Left, BLACK_INK);
        let value = |row: usize| self.high - (self.high - self.low) * (row as f64 + 0.5) / 100.0;
        if let Some(raster) = Raster::of(1, 100, |_, row| ink(value(row))) {
            page.image((x, top), 3.0, height, raster, true);
        }
        page.frame((x, top), 3.0, height, BLACK_INK, 0.12);
        if let Some((low, high)) = self.ends {
            page.text((x + 4.2, top + 1.0), high, 7.0, Align::Left, BLACK_INK);
            page.text((x + 4.2, top + height - 1.0), low, 7.0, Align::Left, BLACK_INK);
            return;
        }
        for (tick, said) in labelled(self.low, self.high) {
            let y = top + (self.high - tick) / (self.high - self.low) * height;
            page.line((x + 3.0, y), (x + 3.7, y), BLACK_INK, 0.15);
            page.text((x + 4.4, y), &said, 7.0, Align::Left, BLACK_INK);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_are_told_apart_in_grey() {
        let grey = |ink: Ink| 0.299 * f64::from(ink.0) + 0.587 * f64::from(ink.1) + 0.114 * f64::from(ink.2);
        let steps: Vec<f64> = (0..=10).map(|i| grey(sequential(f64::from(i) / 10.0))).collect();
        assert!(steps.windows(2).all(|pair| pair[1] < pair[0]), "{steps:?}");
        assert_eq!(diverging(0.0), (255, 255, 255));
        assert!(grey(diverging(1.0)) - grey(diverging(-1.0)) > 50.0);
        assert_eq!(diverging(-7.0), diverging(-1.0));
    }
}
