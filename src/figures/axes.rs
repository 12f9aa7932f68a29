//! Panels with axes, and what stands beside them.

use super::page::{Align, BLACK_INK, GREY, Page, fit, text_width, widest};
use super::words::signed;

/// A rectangle of the page and the values it spans.
#[derive(Clone, Copy, Debug)]
pub struct Panel {
    pub left: f64,
    pub top: f64,
    pub width: f64,
    pub height: f64,
    pub x: (f64, f64),
    pub y: (f64, f64),
}

/// Where a value lies between two others; the middle of an empty range.
fn share(value: f64, (low, high): (f64, f64)) -> f64 {
    if high > low { (value - low) / (high - low) } else { 0.5 }
}

impl Panel {
    /// Page coordinates of a value.
    pub fn at(&self, x: f64, y: f64) -> (f64, f64) {
        (self.left + share(x, self.x) * self.width, self.top + (1.0 - share(y, self.y)) * self.height)
    }

    pub fn bottom(&self) -> f64 {
        self.top + self.height
    }

    pub fn right(&self) -> f64 {
        self.left + self.width
    }

    /// The horizontal axis with its own ticks.
    pub fn x_axis(&self, page: &mut Page, x_title: &str) {
        self.x_ticks(page, &labelled(self.x.0, self.x.1), x_title);
    }

    /// The horizontal axis with these ticks; a label that would touch the one before is left out.
    pub fn x_ticks(&self, page: &mut Page, ticks: &[(f64, String)], x_title: &str) {
        let bottom = self.bottom();
        page.line((self.left, bottom), (self.right(), bottom), BLACK_INK, 0.2);
        let mut free = f64::NEG_INFINITY;
        for (value, said) in ticks {
            let (x, _) = self.at(*value, self.y.0);
            page.line((x, bottom), (x, bottom + 1.0), BLACK_INK, 0.2);
            let half = text_width(said, 7.0) / 2.0 + 0.5;
            if x - half >= free {
                page.text((x, bottom + 2.9), said, 7.0, Align::Centre, BLACK_INK);
                free = x + half;
            }
        }
        // A title may be wider than its panel, but not than the page.
        let middle = self.left + self.width / 2.0;
        let room = (middle.min(page.width - middle) * 2.0 - 2.0).max(self.width);
        page.text((middle, bottom + 6.6), &fit(x_title, 8.0, room), 8.0, Align::Centre, BLACK_INK);
    }

    /// The vertical axis with its own ticks.
    pub fn y_axis(&self, page: &mut Page, y_title: &str) {
        self.y_ticks(page, &labelled(self.y.0, self.y.1), y_title);
    }

    /// The vertical axis with these ticks; every so many are labelled that labels keep apart, 0 among them.
    pub fn y_ticks(&self, page: &mut Page, ticks: &[(f64, String)], y_title: &str) {
        page.line((self.left, self.top), (self.left, self.bottom()), BLACK_INK, 0.2);
        let height = |value: f64| self.at(self.x.0, value).1;
        let apart = match ticks {
            [first, second, ..] => (height(first.0) - height(second.0)).abs(),
            _ => f64::INFINITY,
        };
        let every = if apart > 0.0 { (3.2 / apart).ceil().max(1.0) as usize } else { 1 };
        let zero = ticks.iter().position(|tick| tick.0 == 0.0).unwrap_or(0) % every;
        for (place, (value, said)) in ticks.iter().enumerate() {
            let y = height(*value);
            page.line((self.left - 1.0, y), (self.left, y), BLACK_INK, 0.2);
            if place % every == zero {
                page.text((self.left - 1.7, y), said, 7.0, Align::Right, BLACK_INK);
            }
        }
        let side = 1.7 + widest(ticks.iter().map(|t| &t.1), 7.0) + 2.4;
        let x = (self.left - side).max(1.8);
        page.upright((x, self.top + self.height / 2.0), &fit(y_title, 8.0, self.height + 4.0), 8.0);
    }

    /// Axis lines, ticks and titles.
    pub fn axes(&self, page: &mut Page, x_title: &str, y_title: &str) {
        self.x_axis(page, x_title);
        self.y_axis(page, y_title);
    }

    /// A dashed line across at a height.
    pub fn level(&self, page: &mut Page, y: f64) {
        page.dashed(&[self.at(self.x.0, y), self.at(self.x.1, y)], &[1.0, 0.8], GREY, 0.2);
    }

    /// A dashed line upwards.
    pub fn rise(&self, page: &mut Page, x: f64) {
        page.dashed(&[self.at(x, self.y.0), self.at(x, self.y.1)], &[1.0, 0.8], GREY, 0.2);
    }
}

/// The room that the labels and the title of a vertical axis take.
pub fn y_margin(low: f64, high: f64) -> f64 {
    1.7 + widest(labelled(low, high).iter().map(|t| &t.1), 7.0) + 4.6
}

/// The range of the values with a share of it added at both ends; widened where it is empty.
pub fn spread(values: impl IntoIterator<Item = f64>, pad: f64) -> Option<(f64, f64)> {
    let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
    for value in values.into_iter().filter(|v| v.is_finite()) {
        (low, high) = (low.min(value), high.max(value));
    }
    if low > high {
        return None;
    }
    if high - low <= low.abs().max(high.abs()) * 1e-12 {
        let half = if low == 0.0 { 0.5 } else { low.abs() * 0.1 };
        return Some((low - half, high + half));
    }
    let room = (high - low) * pad;
    Some((low - room, high + room))
}

/// Round values from `low` to `high`, four to eight of them; just `low` where the range is empty.
pub fn ticks(low: f64, high: f64) -> Vec<f64> {
    let range = high - low;
    if !(range > 0.0 && range.is_finite()) {
        return vec![low];
    }
    let step = step(range / 5.0);
    let first = (low / step - 1e-9).ceil() as i64;
    let last = (high / step + 1e-9).floor() as i64;
    (first..=last).map(|i| i as f64 * step).collect()
}

/// The round step next to a length.
fn step(length: f64) -> f64 {
    let power = 10f64.powf(length.log10().floor());
    let ratio = length / power;
    power
        * if ratio < 1.5 {
            1.0
        } else if ratio < 3.0 {
            2.0
        } else if ratio < 7.0 {
            5.0
        } else {
            10.0
        }
}

/// Ticks with their labels, all with the digits that the step between them needs.
pub fn labelled(low: f64, high: f64) -> Vec<(f64, String)> {
    let ticks = ticks(low, high);
    let step = match ticks.as_slice() {
        [first, second, ..] => second - first,
        _ => return ticks.iter().map(|t| (*t, label(*t))).collect(),
    };
    let largest = ticks.iter().fold(0.0, |m: f64, t| m.max(t.abs()));
    let digits = (-(step * 1.0001).log10().floor()).max(0.0) as usize;
    let said = |t: f64| {
        if largest >= 1e5 || digits > 4 {
            if t.abs() < step * 1e-6 { "0".into() } else { format!("{t:.1e}").replace(".0e", "e").replace('-', "−") }
        } else {
            grouped(signed(t, digits))
        }
    };
    ticks.into_iter().map(|t| (t, said(t))).collect()
}

/// Ticks of a logarithmic axis: powers of ten with 2 and 5 between them while they are few.
pub fn log_ticks(low: f64, high: f64) -> Vec<f64> {
    if !(low > 0.0 && high > low && high.is_finite()) {
        return vec![];
    }
    let digits: &[f64] = if high / low > 1e4 { &[1.0] } else { &[1.0, 2.0, 5.0] };
    let powers = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let all = powers.flat_map(|power| digits.iter().map(move |digit| digit * 10f64.powi(power)));
    all.filter(|tick| (low * 0.999..=high * 1.001).contains(tick)).collect()
}

/// Ticks that are there already, with the digits that the finest of them needs.
pub fn alike(ticks: &[f64]) -> Vec<(f64, String)> {
    let said: Vec<String> = ticks.iter().map(|tick| label(*tick)).collect();
    let digits = said.iter().filter_map(|text| text.split_once('.')).map(|(_, after)| after.len()).max().unwrap_or(0);
    let plain = said.iter().all(|text| !text.contains('e'));
    let even = |tick: f64| if plain { grouped(signed(tick, digits)) } else { label(tick) };
    ticks.iter().map(|tick| (*tick, even(*tick))).collect()
}

/// `10,000` as counts are written.
fn grouped(text: String) -> String {
    match text.parse::<u64>() {
        Ok(value) => super::words::count(value),
        Err(_) => text,
    }
}

/// A tick's number without the noise of its arithmetic.
pub fn label(value: f64) -> String {
    if value != 0.0 && (value.abs() >= 1e5 || value.abs() < 1e-4) {
        return format!("{value:.1e}").replace(".0e", "e").replace('-', "−");
    }
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".into() } else { text.replace('-', "−") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_are_round_and_labels_are_even() {
        let said = |low, high| labelled(low, high).into_iter().map(|t| t.1).collect::<Vec<_>>();
        assert_eq!(said(0.0, 1.0), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(said(-1.0, 1.0), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(said(0.0, 1.0e6), ["0", "2e5", "4e5", "6e5", "8e5", "1e6"]);
        assert_eq!(said(3.0, 3.0), ["3"]);
        assert_eq!(said(0.0, 20_000.0), ["0", "5000", "10,000", "15,000", "20,000"]);
        let even = |ticks: &[f64]| alike(ticks).into_iter().map(|tick| tick.1).collect::<Vec<_>>();
        assert_eq!(even(&[0.0, 0.5, 1.0]), ["0.0", "0.5", "1.0"]);
        assert_eq!(even(&[0.0, 12.0, 24.0]), ["0", "12", "24"]);
        assert_eq!(log_ticks(0.4, 3.0), [0.5, 1.0, 2.0]);
        assert_eq!(spread([2.0, 2.0], 0.1), Some((1.8, 2.2)));
        assert_eq!(spread([f64::NAN], 0.1), None);
    }

    #[test]
    fn an_empty_range_has_a_middle() {
        let panel = Panel { left: 0.0, top: 0.0, width: 10.0, height: 10.0, x: (1.0, 1.0), y: (2.0, 2.0) };
        assert_eq!(panel.at(1.0, 2.0), (5.0, 5.0));
    }
}
