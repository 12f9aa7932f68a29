//! A panel with linear axes.

use super::page::{Align, BLACK_INK, Page};

/// A rectangle of the page and the values it spans.
pub struct Panel {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: (f64, f64),
    pub y: (f64, f64),
}

impl Panel {
    /// Page coordinates of a value.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        let across = (x - self.x.0) / (self.x.1 - self.x.0);
        let up = (y - self.y.0) / (self.y.1 - self.y.0);
        (self.left + across * self.width, self.top + (1.0 - up) * self.height)
    }

    /// The horizontal axis alone.
    pub fn x_axis(&self, page: &mut Page, x_title: &str) {
        let bottom = self.top + self.height;
        page.line((self.left, bottom), (self.left + self.width, bottom), BLACK_INK, 0.2);
        for t in ticks(self.x.0, self.x.1) {
            let (x, _) = self.at(t, self.y.0);
            page.line((x, bottom), (x, bottom + 1.0), BLACK_INK, 0.2);
            page.text((x, bottom + 2.9), &label(t), 7.0, Align::Centre, BLACK_INK);
        }
        page.text((self.left + self.width / 2.0, bottom + 6.6), x_title, 8.0, Align::Centre, BLACK_INK);
    }

    /// Axis lines, ticks and titles.
    pub fn axes(&self, page: &mut Page, x_title: &str, y_title: &str) {
        let bottom = self.top + self.height;
        page.line((self.left, self.top), (self.left, bottom), BLACK_INK, 0.2);
        self.x_axis(page, x_title);
        for t in ticks(self.y.0, self.y.1) {
            let (_, y) = self.at(self.x.0, t);
            page.line((self.left - 1.0, y), (self.left, y), BLACK_INK, 0.2);
            page.text((self.left - 1.7, y), &label(t), 7.0, Align::Right, BLACK_INK);
        }
        page.upright((self.left - 9.0, self.top + self.height / 2.0), y_title, 8.0);
    }
}

/// Round values from `low` to `high`, four to eight of them; just `low` where the range is empty.
pub fn ticks(low: f64, high: f64) -> Vec<f64> {
    let range = high - low;
    if !(range > 0.0 && range.is_finite()) {
        return vec![low];
    }
    let power = 10f64.powf((range / 5.0).log10().floor());
    let ratio = range / 5.0 / power;
    let step = power
        * if ratio < 1.5 {
            1.0
        } else if ratio < 3.0 {
            2.0
        } else if ratio < 7.0 {
            5.0
        } else {
            10.0
        };
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// A tick's number without the noise of its arithmetic.
pub fn label(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.replace('-', "−") }
}
