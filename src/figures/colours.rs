//! Scales of colour that survive a colour-blind reader and a grey print, with their keys.

use super::axes::labelled;
use super::page::{Align, BLACK_INK, Ink, PALETTE, Page, Raster};

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

/// The ink of a group among those compared. Of two the first is what the effect is of, `high` against `low`, and has the
/// ink of genes that are up and of the group of high risk.
pub fn compared(place: usize, groups: usize) -> Ink {
    PALETTE[if groups == 2 { 1 - place.min(1) } else { place % PALETTE.len() }]
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

    /// CIE L*a*b* of an ink as it is seen through a matrix over linear red, green and blue.
    fn seen(ink: Ink, through: [[f64; 3]; 3]) -> [f64; 3] {
        let linear = [ink.0, ink.1, ink.2].map(|part| {
            let part = f64::from(part) / 255.0;
            if part <= 0.04045 { part / 12.92 } else { ((part + 0.055) / 1.055).powf(2.4) }
        });
        let times = |m: [[f64; 3]; 3], v: [f64; 3]| m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum::<f64>());
        let xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]];
        let [x, y, z] = times(xyz, times(through, linear));
        let root = |t: f64| if t > 0.008856 { t.cbrt() } else { 7.787 * t.max(0.0) + 16.0 / 116.0 };
        let [x, y, z] = [x / 0.95047, y, z / 1.08883].map(root);
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// Of the six pens, every two; a difference of 2.3 is just noticed (Mahy et al. 1994).
    #[test]
    fn pens_are_told_apart_by_the_colour_blind_and_in_grey() {
        use crate::figures::page::DASHES;
        // Machado, Oliveira and Fernandes 2009, severity 1.
        let eyes = [
            ("all colours", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
            (
                "deuteranopia",
                [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
            ),
            (
                "protanopia",
                [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
            ),
            (
                "tritanopia",
                [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
            ),
        ];
        for a in 0..PALETTE.len() {
            for b in 0..a {
                for (eye, through) in eyes {
                    let (one, other) = (seen(PALETTE[a], through), seen(PALETTE[b], through));
                    let apart = one.iter().zip(other).map(|(p, q)| (p - q).powi(2)).sum::<f64>().sqrt();
                    assert!(apart > 15.0, "{eye}: pens {a} and {b} differ by {apart:.1}");
                }
                // Some are alike in grey: their dashes are not.
                assert_ne!(DASHES[a], DASHES[b]);
            }
        }
    }
}
