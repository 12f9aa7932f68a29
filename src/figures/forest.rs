//! A forest plot: effects with intervals beside their counts.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{label, labelled, log_ticks};
use super::page::{Align, BLACK_INK, GREY, PALE, PALETTE, bold_width, fit, shorten, text_width, wrap};
use super::{Figure, FigureError, Page, Width, empty, field, number, words};
use crate::card::{Card, EndpointKind, Role};

pub const CARD: Card = Card {
    name: "forest",
    title: "Forest plot",
    role: Role::Figure,
    endpoints: &[EndpointKind::Binary, EndpointKind::Survival, EndpointKind::Continuous],
    parameters: &[],
    summary: "Hazard ratios, odds ratios or slopes with intervals, with n, events and p.",
    documentation: "The axis of ratios is logarithmic and the line of no effect stands at 1; that of slopes is linear with \
        its line at 0. An interval that leaves the axis ends in an arrow; its numbers are printed whole. n and events are \
        those of the fitted model, not of the table, and rows lost to missing values are counted beside them. A \
        reference level is named so; an inestimable row says why and has no mark. At full width only.",
    references: &["Lewis S, Clarke M. BMJ 2001;322:1479-1480"],
    example: "figure forest",
};

/// What a row has to show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    Estimate {
        value: f64,
        /// None where there is no interval, or no finite limit on that side.
        lower: Option<f64>,
        upper: Option<f64>,
        p: Option<f64>,
    },
    Reference,
    /// With the reason: `no events`.
    NotEstimable(String),
}

/// One line of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The variable.
    pub term: String,
    /// Its level; empty for a number.
    pub level: String,
    /// Counts of the fitted model, or of the level in it.
    pub n: u64,
    pub events: Option<u64>,
    /// Rows that the fit lost to missing values.
    pub missing: u64,
    pub effect: Effect,
}

/// Whether 1 or 0 is no effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scale {
    Ratio,
    Difference,
}

/// A forest plot's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    /// `Hazard ratio`.
    pub measure: String,
    pub scale: Scale,
    /// `95% CI`.
    pub interval: String,
    /// `one Cox regression a row, ties by Efron; Wald`.
    pub method: String,
    pub rows: Vec<Row>,
}

/// A line of a forest as it is set; shared by all figures that are forests.
pub(super) struct Line<'a> {
    pub name: String,
    pub indent: f64,
    pub bold: bool,
    pub n: String,
    pub events: String,
    pub effect: Option<&'a Effect>,
    pub last: String,
    /// A diamond over the interval instead of a square with whiskers.
    pub whole: bool,
}

/// What stands around the lines.
pub(super) struct Table<'a> {
    pub figure: &'static str,
    pub measure: &'a str,
    pub interval: &'a str,
    pub scale: Scale,
    /// Heading of the last column.
    pub last: &'a str,
    pub lines: Vec<Line<'a>>,
}

impl Effect {
    pub(super) fn cells(&self) -> (String, Option<f64>, String) {
        match self {
            Effect::Estimate { value, lower, upper, p } => {
                ([Some(*value), *lower, *upper].map(number).join(","), *p, String::new())
            }
            Effect::Reference => (",,".into(), None, "reference".into()),
            Effect::NotEstimable(why) => (",,".into(), None, field(&format!("not estimable: {why}"))),
        }
    }
}

impl Table<'_> {
    fn ratio(&self) -> bool {
        self.scale == Scale::Ratio
    }

    /// The ends of the axis: every estimate is inside, and its interval. Only what lies far beyond all estimates is cut,
    /// by ten times a ratio or three times the usual distance of an effect, so that narrow intervals stay readable and an
    /// arrow stands well apart from its estimate.
    fn range(&self) -> Result<(f64, f64), FigureError> {
        let mut ends: Vec<(f64, Option<f64>, Option<f64>)> = Vec::new();
        for line in &self.lines {
            let Some(Effect::Estimate { value, lower, upper, .. }) = line.effect else { continue };
            let below = lower.is_none_or(|lower| lower <= *value);
            let above = upper.is_none_or(|upper| *value <= upper);
            if !(value.is_finite() && below && above && (!self.ratio() || *value > 0.0)) {
                let what = if self.ratio() { "a ratio is above 0 and" } else { "an effect is finite and" };
                let reason = format!("{}: {what} within its interval", line.name);
                return Err(FigureError::Value { figure: self.figure, reason });
            }
            ends.push((*value, *lower, *upper));
        }
        let finite = |v: Option<f64>| v.filter(|v| v.is_finite());
        if self.ratio() {
            let least = ends.iter().map(|e| e.0).fold(1.0, f64::min) / 10.0;
            let most = ends.iter().map(|e| e.0).fold(1.0, f64::max) * 10.0;
            let low = ends.iter().map(|e| e.1.filter(|v| *v > 0.0).unwrap_or(least).max(least)).fold(0.5, f64::min);
            let high = ends.iter().map(|e| finite(e.2).unwrap_or(most).min(most)).fold(2.0, f64::max);
            return Ok((low / 1.05, high * 1.05));
        }
        let most = ends.iter().map(|e| e.0.abs()).fold(0.0, f64::max);
        let mut spans: Vec<f64> =
            ends.iter().flat_map(|e| [finite(e.1), finite(e.2)]).flatten().map(f64::abs).collect();
        spans.sort_by(f64::total_cmp);
        let usual = spans.get(spans.len() / 2).copied().unwrap_or(0.0);
        let reach = (most * 3.0).max(usual * 3.0);
        let reach = if reach > 0.0 { reach } else { 1.0 };
        let low = ends.iter().map(|e| finite(e.1).unwrap_or(-reach).max(-reach).min(e.0)).fold(0.0, f64::min);
        let high = ends.iter().map(|e| finite(e.2).unwrap_or(reach).min(reach).max(e.0)).fold(0.0, f64::max);
        let (low, high) = if high > low { (low, high) } else { (-1.0, 1.0) };
        let pad = (high - low) * 0.04;
        Ok((low - pad, high + pad))
    }

    /// What stands between limits, in all rows alike.
    fn between(&self) -> &'static str {
        let lower = self.lines.iter().filter_map(|line| match line.effect {
            Some(Effect::Estimate { lower, .. }) => *lower,
            _ => None,
        });
        words::between(lower)
    }

    fn said(&self, value: f64, lower: Option<f64>, upper: Option<f64>) -> String {
        if self.ratio() {
            match (lower, upper) {
                (None, None) => words::ratio(value),
                _ => words::ratio_with(value, lower.unwrap_or(0.0), upper.unwrap_or(f64::INFINITY)),
            }
        } else {
            match (lower, upper) {
                (Some(lower), Some(upper)) => {
                    let largest = value.abs().max(lower.abs()).max(upper.abs());
                    if !(1e-4..1e4).contains(&largest) {
                        let said = [value, lower, upper].map(words::brief);
                        return format!("{} ({} to {})", said[0], said[1], said[2]);
                    }
                    let digits = match largest {
                        v if v >= 100.0 => 1,
                        v if v >= 0.1 => 2,
                        v => (1.0 - v.log10().floor()) as usize,
                    };
                    words::estimate_between(value, lower, upper, digits, self.between())
                }
                _ => words::brief(value),
            }
        }
    }

    pub(super) fn draw(&self, width: Width) -> Result<Page, FigureError> {
        if self.lines.is_empty() {
            return Err(empty(self.figure, "there is no row"));
        }
        let (low, high) = self.range()?;
        // No journal's column holds it, and a narrow terminal holds it without its counts.
        let total = match width {
            Width::Other(millimetres) => f64::from(millimetres).max(110.0),
            Width::Column | Width::Full => Width::Full.millimetres(),
        };
        let counted = total >= 150.0;
        let wide = |line: &Line<'_>| {
            line.indent + if line.bold { bold_width(&line.name, 8.0) } else { text_width(&line.name, 8.0) }
        };
        let last = self.lines.iter().map(|l| text_width(&l.last, 8.0)).fold(text_width("0.000", 8.0), f64::max);
        let last = last.max(wrap(self.last, 8.0, 18.0, 2).iter().map(|l| bold_width(l, 8.0)).fold(0.0, f64::max));
        let p = total - 2.5;
        let text = self
            .lines
            .iter()
            .filter_map(|line| match line.effect {
                Some(Effect::Estimate { value, lower, upper, .. }) => Some(self.said(*value, *lower, *upper)),
                _ => None,
            })
            .map(|said| text_width(&said, 8.0))
            .fold(28.0, f64::max);
        let has_events = counted && self.lines.iter().any(|line| !line.events.is_empty());
        let counts = if has_events {
            27.0
        } else if counted {
            14.0
        } else {
            0.0
        };
        // Names are cut before the intervals have too little room to be compared.
        let room = p - last - text - counts - 45.0;
        let names = self.lines.iter().map(wide).fold(20.0, f64::max).min(58.0).min(room.max(20.0));
        let n = if counted { names + 14.0 } else { names };
        let events = if has_events { n + 13.0 } else { n };
        let ratio = p - last - 5.0 - text;
        let (left, right) = (events + 5.0, ratio - 5.0);
        // Bold letters are a tenth wider than those that are measured.
        let beside = wrap(self.last, 8.0, 18.0, 2).iter().map(|l| bold_width(l, 8.0)).fold(0.0, f64::max);
        let mut headings = wrap(&words::sentence(self.measure), 8.0, (p - beside - 4.0 - ratio) * 0.92, 3);
        headings.push(format!("({})", self.interval));
        if headings.len() == 2 && bold_width(&headings.join(" "), 8.0) <= text + 2.0 {
            headings = vec![headings.join(" ")];
        }
        let row_height = if self.lines.len() > 45 { 4.1 } else { 4.8 };
        let head = 5.5f64.max(2.3 + 3.2 * (headings.len() as f64 - 1.0));
        let first = head + 6.4;
        let across = |v: f64| {
            let share = if self.ratio() { (v / low).ln() / (high / low).ln() } else { (v - low) / (high - low) };
            left + share * (right - left)
        };
        let null = if self.ratio() { 1.0 } else { 0.0 };
        // A reason must not be read as a mark on the line of no effect.
        let clear = across(null) + 2.0;
        let (reasons, room) = if right - clear > 30.0 { (clear, right - clear) } else { (left, right - left) };
        // What is too long for its row makes the row higher.
        let rows: Vec<(Vec<String>, Vec<String>)> = self
            .lines
            .iter()
            .map(|line| {
                let own = (names - line.indent) * if line.bold { 0.92 } else { 1.0 };
                // A single word that is too long is cut in its middle.
                let words: Vec<String> = line.name.split(' ').map(|word| shorten(word, 8.0, own)).collect();
                let name = wrap(&words.join(" "), 8.0, own, 3);
                let why = match line.effect {
                    Some(Effect::NotEstimable(why)) if text_width(&inestimable(why), 8.0) > p - last - 3.0 - ratio => {
                        wrap(why, 7.0, room, 3)
                    }
                    _ => Vec::new(),
                };
                (name, why)
            })
            .collect();
        let heights: Vec<f64> = rows
            .iter()
            .map(|(name, why)| {
                let further = |lines: &[String]| lines.len().saturating_sub(1) as f64;
                row_height + (3.3 * further(name)).max(2.9 * further(why))
            })
            .collect();
        let bottom = first - row_height / 2.0 + heights.iter().sum::<f64>() + 0.6;
        let mut page = Page::new(total, bottom + 10.0);
        if counted {
            page.bold((n, head), "n", 8.0, Align::Right, BLACK_INK);
        }
        if has_events {
            page.bold((events, head), "Events", 8.0, Align::Right, BLACK_INK);
        }
        for (place, line) in headings.iter().rev().enumerate() {
            page.bold((ratio, head - 3.2 * place as f64), line, 8.0, Align::Left, BLACK_INK);
        }
        for (place, line) in wrap(self.last, 8.0, 18.0, 2).iter().rev().enumerate() {
            page.bold((p, head - 3.2 * place as f64), line, 8.0, Align::Right, BLACK_INK);
        }
        page.line((2.0, head + 2.7), (total - 2.0, head + 2.7), BLACK_INK, 0.2);
        let mut tops = vec![first - row_height / 2.0];
        tops.extend(heights.iter().scan(tops[0], |top, height| {
            *top += height;
            Some(*top)
        }));
        for i in (1..self.lines.len()).step_by(2) {
            page.block((1.0, tops[i]), total - 2.0, heights[i], PALE, 0.35);
        }
        page.dashed(&[(across(null), head + 2.7), (across(null), bottom)], &[1.0, 0.8], GREY, 0.2);
        for (i, line) in self.lines.iter().enumerate() {
            let y = tops[i] + heights[i] / 2.0;
            let (name, why) = &rows[i];
            for (place, said) in name.iter().enumerate() {
                let at = (2.0 + line.indent, y + 3.3 * (place as f64 - (name.len() as f64 - 1.0) / 2.0));
                if line.bold {
                    page.bold(at, said, 8.0, Align::Left, BLACK_INK);
                } else {
                    page.text(at, said, 8.0, Align::Left, BLACK_INK);
                }
            }
            if counted {
                page.text((n, y), &line.n, 8.0, Align::Right, BLACK_INK);
                page.text((events, y), &line.events, 8.0, Align::Right, BLACK_INK);
            }
            page.text((p, y), &line.last, 8.0, Align::Right, BLACK_INK);
            match line.effect {
                None => {}
                Some(Effect::Reference) => page.text((ratio, y), "reference", 8.0, Align::Left, GREY),
                // The reason takes the place of the interval.
                Some(Effect::NotEstimable(reason)) if why.is_empty() => {
                    page.text((ratio, y), &inestimable(reason), 8.0, Align::Left, GREY);
                }
                Some(Effect::NotEstimable(_)) => {
                    page.text((ratio, y), "not estimable", 8.0, Align::Left, GREY);
                    // The line of no effect does not strike the words through.
                    let ground = if i % 2 == 1 { (247, 247, 247) } else { (255, 255, 255) };
                    for (place, said) in why.iter().enumerate() {
                        let y = y + 2.9 * (place as f64 - (why.len() as f64 - 1.0) / 2.0);
                        page.block((reasons - 0.4, y - 1.45), text_width(said, 7.0) + 0.8, 2.9, ground, 1.0);
                        page.text((reasons, y), said, 7.0, Align::Left, GREY);
                    }
                }
                Some(Effect::Estimate { value, lower, upper, .. }) => {
                    let ink = PALETTE[0];
                    let x = across(*value);
                    if lower.is_some() || upper.is_some() {
                        let cut = (lower.is_none_or(|l| l < low), upper.is_none_or(|u| u > high));
                        let a = across(lower.unwrap_or(low).max(low));
                        let b = across(upper.unwrap_or(high).min(high));
                        if line.whole {
                            page.area(vec![(a, y), (x, y - 1.3), (b, y), (x, y + 1.3)], ink, 1.0);
                        } else {
                            page.line((a, y), (b, y), ink, 0.35);
                        }
                        for (end, cut, way) in [(a, cut.0, 1.0), (b, cut.1, -1.0)] {
                            if cut {
                                let tip = vec![(end, y), (end + way * 1.8, y - 1.0), (end + way * 1.8, y + 1.0)];
                                page.area(tip, ink, 1.0);
                            } else if !line.whole {
                                page.line((end, y - 0.7), (end, y + 0.7), ink, 0.35);
                            }
                        }
                    }
                    if !line.whole {
                        page.block((x - 0.95, y - 0.95), 1.9, 1.9, ink, 1.0);
                    }
                    page.text((ratio, y), &self.said(*value, *lower, *upper), 8.0, Align::Left, BLACK_INK);
                }
            }
        }
        page.line((left, bottom), (right, bottom), BLACK_INK, 0.2);
        let ticks = if self.ratio() {
            log_ticks(low, high).into_iter().map(|t| (t, label(t))).collect()
        } else {
            labelled(low, high)
        };
        // Round powers have the first claim on a label.
        let mut taken: Vec<(f64, f64)> = Vec::new();
        let claim = |t: f64| if self.ratio() && t.log10().fract().abs() > 1e-9 { 1 } else { 0 };
        let mut order: Vec<&(f64, String)> = ticks.iter().collect();
        order.sort_by_key(|tick| claim(tick.0));
        for (tick, said) in order {
            let (x, half) = (across(*tick), text_width(said, 7.0) / 2.0 + 0.6);
            page.line((x, bottom), (x, bottom + 1.0), BLACK_INK, 0.2);
            if taken.iter().all(|(a, b)| x + half <= *a || x - half >= *b) {
                page.text((x, bottom + 3.0), said, 7.0, Align::Centre, BLACK_INK);
                taken.push((x - half, x + half));
            }
        }
        let room = right - left + 20.0;
        // The head of the table has the measure in full.
        let title = match self.measure.split_once(", ") {
            _ if !self.ratio() => words::sentence(self.measure),
            Some((first, _)) if text_width(&format!("{} (log scale)", self.measure), 8.0) > room => {
                format!("{first} (log scale)")
            }
            _ => format!("{} (log scale)", self.measure),
        };
        page.text(((left + right) / 2.0, bottom + 7.0), &fit(&title, 8.0, room), 8.0, Align::Centre, BLACK_INK);
        Ok(page)
    }
}

fn inestimable(why: &str) -> String {
    format!("not estimable{}{why}", if why.is_empty() { "" } else { ": " })
}

impl Forest {
    fn lines(&self) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        for (i, row) in self.rows.iter().enumerate() {
            let same =
                |other: Option<&Row>| other.is_some_and(|other| other.term == row.term && !other.level.is_empty());
            let (before, after) = (i.checked_sub(1).and_then(|i| self.rows.get(i)), self.rows.get(i + 1));
            let grouped = !row.level.is_empty() && (same(before) || same(after));
            if grouped && !same(before) {
                lines.push(Line {
                    name: row.term.clone(),
                    indent: 0.0,
                    bold: false,
                    n: String::new(),
                    events: String::new(),
                    effect: None,
                    last: String::new(),
                    whole: false,
                });
            }
            let name = match (grouped, row.level.is_empty()) {
                (true, _) => row.level.clone(),
                (false, true) => row.term.clone(),
                // A product names its factors in its level.
                (false, false) if row.level.contains(" x ") => row.level.replace(" x ", " × "),
                (false, false) => format!("{}: {}", row.term, row.level),
            };
            let p = match &row.effect {
                Effect::Estimate { p: Some(p), .. } if p.is_finite() => words::p(*p),
                Effect::Estimate { .. } => "–".into(),
                _ => String::new(),
            };
            lines.push(Line {
                name,
                indent: if grouped { 3.0 } else { 0.0 },
                bold: false,
                n: words::count(row.n),
                events: row.events.map(words::count).unwrap_or_default(),
                effect: Some(&row.effect),
                last: p,
                whole: false,
            });
        }
        lines
    }
}

impl Figure for Forest {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("term,level,n,events,missing,estimate,lower,upper,p,remark\n");
        for row in &self.rows {
            let (values, p, remark) = row.effect.cells();
            let events = row.events.map(|e| e.to_string()).unwrap_or_default();
            let _ = writeln!(
                out,
                "{},{},{},{events},{},{values},{},{remark}",
                field(&row.term),
                field(&row.level),
                row.n,
                row.missing,
                number(p)
            );
        }
        out
    }

    fn caption(&self) -> String {
        let none = self.rows.iter().filter(|row| matches!(row.effect, Effect::NotEstimable(_))).count();
        let missing = self.rows.iter().map(|row| row.missing).max().unwrap_or(0);
        words::paragraph([
            format!(
                "{} with {}{}",
                self.measure,
                self.interval,
                if self.scale == Scale::Ratio { " on a logarithmic axis" } else { "" }
            ),
            words::sentence(&self.method),
            "n and events are those of the fitted model".into(),
            if missing > 0 {
                format!("Up to {} patients were left out of a fit as values are missing", words::count(missing))
            } else {
                String::new()
            },
            match none {
                0 => String::new(),
                1 => "One row is not estimable".into(),
                _ => format!("{none} rows are not estimable"),
            },
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        Table {
            figure: "forest",
            measure: &self.measure,
            interval: &self.interval,
            scale: self.scale,
            last: "p",
            lines: self.lines(),
        }
        .draw(width)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Forest {
        let row = |term: &str, level: &str, effect| Row {
            term: term.into(),
            level: level.into(),
            n: 53,
            events: Some(21),
            missing: 51,
            effect,
        };
        let wide = Effect::Estimate { value: 2.0, lower: Some(0.01), upper: Some(400.0), p: Some(1e-9) };
        let rows = vec![
            row("size", "", wide),
            row("Child-Pugh", "A", Effect::Reference),
            row("Child-Pugh", "B", Effect::Estimate { value: 1.5, lower: None, upper: None, p: None }),
            row("PVT", "yes", Effect::NotEstimable("no events, 0 of 4".into())),
        ];
        Forest {
            measure: "Hazard ratio".into(),
            scale: Scale::Ratio,
            interval: "95% CI".into(),
            method: "Cox regression".into(),
            rows,
        }
    }

    #[test]
    fn an_interval_is_cut_only_far_beyond_all_estimates() {
        let effects = |all: &[(f64, f64, f64)]| -> Vec<Effect> {
            let one = |(value, lower, upper): &(f64, f64, f64)| Effect::Estimate {
                value: *value,
                lower: Some(*lower),
                upper: Some(*upper),
                p: None,
            };
            all.iter().map(one).collect()
        };
        let range = |scale: Scale, effects: &[Effect]| {
            let lines = effects.iter().map(|effect| Line {
                name: "a".into(),
                indent: 0.0,
                bold: false,
                n: String::new(),
                events: String::new(),
                effect: Some(effect),
                last: String::new(),
                whole: false,
            });
            let (measure, interval, last) = ("", "", "");
            Table { figure: "forest", measure, interval, scale, last, lines: lines.collect() }.range().expect("a range")
        };
        let (low, high) = range(Scale::Ratio, &effects(&[(0.047, 0.011, 0.194), (20.37, 2.7, 151.6)]));
        assert!(low < 0.011 && high > 151.6, "{low} to {high}");
        let (low, high) = range(Scale::Ratio, &effects(&[(2.0, 0.3, 5000.0), (1.1, 0.9, 1.3)]));
        assert!(low < 0.3 && (10.0..25.0).contains(&high), "{low} to {high}");
        let (low, high) = range(Scale::Difference, &effects(&[(0.22, -0.4, 0.82), (0.1, 0.05, 0.15)]));
        assert!(low < -0.4 && high > 0.82, "{low} to {high}");
    }

    #[test]
    fn rows_without_an_estimate_say_so() {
        let mut figure = example();
        let expected = "term,level,n,events,missing,estimate,lower,upper,p,remark\n\
            size,,53,21,51,2,0.01,400,0.000000001,\nChild-Pugh,A,53,21,51,,,,,reference\n\
            Child-Pugh,B,53,21,51,1.5,,,,\nPVT,yes,53,21,51,,,,,\"not estimable: no events, 0 of 4\"\n";
        assert_eq!(figure.csv(), expected);
        let svg = figure.draw(Width::Full).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("2.00 (0.01–400.00)") && svg.contains("not estimable") && svg.contains("PVT: yes"));
        assert!(
            figure.caption().contains("Up to 51 patients") && figure.caption().contains("One row is not estimable")
        );
        figure.rows.clear();
        assert!(matches!(figure.draw(Width::Full), Err(FigureError::Empty { .. })));
    }

    #[test]
    fn an_estimate_outside_its_interval_is_refused() {
        let mut figure = example();
        figure.rows[0].effect = Effect::Estimate { value: 2.0, lower: Some(3.0), upper: Some(4.0), p: None };
        assert!(matches!(figure.draw(Width::Full), Err(FigureError::Value { .. })));
        figure.rows[0].effect = Effect::Estimate { value: -2.0, lower: Some(-3.0), upper: Some(4.0), p: None };
        assert!(matches!(figure.draw(Width::Full), Err(FigureError::Value { .. })));
        figure.scale = Scale::Difference;
        assert!(figure.draw(Width::Full).is_ok());
    }
}
