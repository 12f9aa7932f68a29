//! Survival curves with the number at risk.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, ticks};
use super::page::{Align, BLACK_INK, DASHES, GREY, PALETTE, fit, text_width, widest, wrap};
use super::{Figure, FigureError, Page, Width, field, groups, number, words};
use crate::card::{Card, EndpointKind, Role};

pub const CARD: Card = Card {
    name: "km",
    title: "Kaplan-Meier curves",
    role: Role::Figure,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "Survival by group with confidence bands, censoring marks, medians and the number at risk.",
    documentation: "Steps fall at event times and ticks mark censored times. The band is the interval that was \
        estimated; dotted lines lead to the medians, and a median that was not reached has none and is said so. \
        The number at risk at *t* counts those with a time of *t* or later; in brackets stand those censored before. \
        One to six groups. Bands of more than three groups are not drawn. Where a curve ends within the breadth of its pen after a last event, the band of that sliver \
        is left out; the numbers have it.",
    references: &["Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481", "Pocock SJ et al. Lancet 2002;359:1686-1689"],
    example: "figure km",
};

/// Groups whose bands can be told apart.
const BANDS: usize = 3;

/// The breadth of a curve in millimetres.
const PEN: f64 = 0.4;

/// One time of a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub time: f64,
    /// At risk just before `time`.
    pub at_risk: u64,
    pub events: u64,
    pub censored: u64,
    /// Survival just after `time`.
    pub survival: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// A group's curve, its steps in order of time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    pub n: u64,
    pub events: u64,
    /// None where half the group was not reached.
    pub median: Option<f64>,
    /// Limits of the median; None where one was not reached.
    pub median_limits: (Option<f64>, Option<f64>),
    pub steps: Vec<Step>,
}

/// Survival curves of one cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurvivalCurves {
    /// With its unit: `Time since TACE (months)`.
    pub time: String,
    /// `Overall survival`.
    pub outcome: String,
    /// `train`, `external`.
    pub cohort: String,
    /// How the bands were made: `95% confidence bands, log-transformed`.
    pub method: String,
    pub curves: Vec<Curve>,
    /// Patients without an outcome or a group.
    pub missing: u64,
    /// Lines set in the plot: hazard ratio with interval, log-rank p.
    pub notes: Vec<String>,
}

impl Curve {
    /// The number with a time of `time` or later.
    pub fn at_risk(&self, time: f64) -> u64 {
        self.steps.iter().find(|s| s.time >= time - 1e-9).map_or(0, |s| s.at_risk)
    }

    /// The number censored before `time`.
    pub fn censored(&self, time: f64) -> u64 {
        self.steps.iter().take_while(|s| s.time < time - 1e-9).map(|s| s.censored).sum()
    }

    /// The median with its limits; `whole` where times are too long for a digit after the point.
    fn median(&self, whole: bool) -> String {
        let digits = if whole { 0 } else { 1 };
        let known = [self.median, self.median_limits.0, self.median_limits.1];
        let [median, lower, upper] =
            known.map(|time| time.map_or("not reached".to_owned(), |time| format!("{time:.digits$}")));
        match (self.median, self.median_limits) {
            (None, (None, _)) => "median not reached".into(),
            (Some(_), (None, None)) => format!("median {median} (limits not reached)"),
            _ => format!("median {median} ({lower}–{upper})"),
        }
    }

    /// The corners of the curve.
    fn corners(&self) -> Vec<(f64, f64)> {
        let (mut survival, mut corners) = (1.0, vec![(0.0, 1.0)]);
        for s in &self.steps {
            corners.push((s.time, survival));
            survival = s.survival;
            corners.push((s.time, survival));
        }
        corners
    }

    /// The outline of the band; where no limit can be estimated it ends. A last stretch that is shorter than `pen`, a
    /// stroke's breadth in time, would be a pale sliver beside the end of the curve, and has no band.
    fn band(&self, pen: f64) -> Vec<(f64, f64)> {
        let (mut last, mut upper, mut lower) = ((1.0, 1.0), vec![(0.0, 1.0)], vec![(0.0, 1.0)]);
        let end = self.steps.last().map_or(0.0, |s| s.time);
        for s in &self.steps {
            upper.push((s.time, last.1));
            lower.push((s.time, last.0));
            let now = (s.lower.unwrap_or(s.survival).clamp(0.0, 1.0), s.upper.unwrap_or(s.survival).clamp(0.0, 1.0));
            let unknown = s.lower.is_none() && s.upper.is_none() && s.survival < 1.0;
            if unknown || (now != last && end - s.time < pen) {
                break;
            }
            last = now;
            upper.push((s.time, last.1));
            lower.push((s.time, last.0));
        }
        lower.reverse();
        upper.extend(lower);
        upper
    }
}

impl SurvivalCurves {
    /// Whether a median or limit has four digits: then all that stand together are told without a point.
    fn whole(&self) -> bool {
        let times = self.curves.iter().flat_map(|c| [c.median, c.median_limits.0, c.median_limits.1]);
        times.flatten().any(|time| time >= 1000.0)
    }

    /// Whether a rectangle of the page stands within a band.
    fn covers(&self, panel: &Panel, at: (f64, f64), size: (f64, f64)) -> bool {
        let end = panel.x.1;
        self.curves.iter().any(|curve| {
            let time = (at.0 + size.0 / 2.0 - panel.left) / panel.width * end;
            let step = curve.steps.iter().take_while(|s| s.time <= time).last();
            step.is_some_and(|s| match (s.lower, s.upper) {
                (Some(lower), Some(upper)) if curve.steps.last().is_some_and(|last| last.time >= time) => {
                    let (top, bottom) = (panel.at(0.0, upper).1, panel.at(0.0, lower).1);
                    at.1 < bottom && at.1 + size.1 > top
                }
                _ => false,
            })
        })
    }
}

/// Ticks of an axis of time: whole years where the unit is months.
pub(super) fn time_ticks(end: f64, title: &str) -> Vec<f64> {
    let steps: &[f64] =
        if title.contains("month") { &[1.0, 2.0, 3.0, 6.0, 12.0, 24.0, 36.0, 60.0, 120.0] } else { &[] };
    match steps.iter().find(|step| end / **step <= 8.0) {
        Some(step) if end / step >= 2.0 => (0..=8).map(|i| f64::from(i) * step).take_while(|t| *t <= end).collect(),
        _ => ticks(0.0, end),
    }
}

/// Whether a rectangle of the page is crossed by none of the paths.
pub(super) fn free(rect: (f64, f64, f64, f64), paths: &[Vec<(f64, f64)>]) -> bool {
    let crosses = |a: (f64, f64), b: (f64, f64)| {
        // The parameters at which the segment enters and leaves the rectangle (Liang-Barsky).
        let (mut enter, mut leave) = (0.0f64, 1.0f64);
        for (start, delta, low, high) in [(a.0, b.0 - a.0, rect.0, rect.2), (a.1, b.1 - a.1, rect.1, rect.3)] {
            if delta.abs() < 1e-12 {
                if start < low || start > high {
                    return false;
                }
            } else {
                let (one, two) = ((low - start) / delta, (high - start) / delta);
                enter = enter.max(one.min(two));
                leave = leave.min(one.max(two));
            }
        }
        enter <= leave
    };
    !paths.iter().any(|path| path.windows(2).any(|pair| crosses(pair[0], pair[1])))
}

impl Figure for SurvivalCurves {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("group,time,at_risk,events,censored,survival,lower,upper\n");
        for curve in &self.curves {
            for s in &curve.steps {
                let (lower, upper) = (number(s.lower), number(s.upper));
                let name = field(&curve.name);
                let _ = writeln!(
                    out,
                    "{name},{},{},{},{},{},{lower},{upper}",
                    s.time, s.at_risk, s.events, s.censored, s.survival
                );
            }
        }
        out
    }

    fn width(&self) -> Width {
        if self.curves.len() > 3 { Width::Full } else { Width::Column }
    }

    fn caption(&self) -> String {
        let whole = self.whole();
        let groups: Vec<String> = self
            .curves
            .iter()
            .map(|c| words::entry(&c.name, &format!("{}, {}", words::patients(c.n, Some(c.events)), c.median(whole))))
            .collect();
        let what = format!("Kaplan-Meier estimates: {} on {}", words::within(&self.outcome), self.cohort);
        let marks =
            "Ticks mark censored times and dotted lines the medians; the table counts patients at risk and, in \
                     brackets, those censored before"
                .to_owned();
        let method = match self.curves.len() {
            ..=BANDS => words::sentence(&self.method),
            _ => "The bands of so many groups are left out; the numbers have them".to_owned(),
        };
        let missing = if self.missing > 0 {
            format!("{} patients without an outcome or a group are left out", words::count(self.missing))
        } else {
            String::new()
        };
        words::paragraph([vec![what, groups.join("; "), method, marks], self.notes.clone(), vec![missing]].concat())
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        groups("km", self.curves.len())?;
        let times = self.curves.iter().flat_map(|c| &c.steps);
        if times.clone().any(|s| !s.time.is_finite() || s.time < 0.0 || !(0.0..=1.0).contains(&s.survival)) {
            let reason = "times must be at least 0 and survival between 0 and 1".into();
            return Err(FigureError::Value { figure: "km", reason });
        }
        let end = times.map(|s| s.time).fold(0.0, f64::max);
        if end <= 0.0 {
            return Err(FigureError::Empty { figure: "km", reason: "nobody was followed beyond time 0".into() });
        }
        let total = width.millimetres();
        let names = widest(self.curves.iter().map(|c| &c.name), 7.0);
        // Names too long for the risk table give way to the strokes of their curves.
        let named = names <= total * 0.26;
        // The first count is centred on the axis; names keep clear of it.
        let first = widest(self.curves.iter().map(|c| format!("{} (0)", words::count(c.n))), 7.0) / 2.0 + 2.0;
        let left = (if named { names } else { 7.0 } + first + 2.0).max(15.0);
        let plot = if width == Width::Column { 52.0 } else { 85.0 };
        let k = self.curves.len() as f64;
        let ticks = time_ticks(end, &self.time);
        let width_of_panel = total - left - 6.0;

        // The legend: one line a group where all fit, else two.
        let whole = self.whole();
        let said: Vec<String> = self
            .curves
            .iter()
            .map(|c| format!("{}, {}", words::patients(c.n, Some(c.events)), c.median(whole)))
            .collect();
        let short =
            self.curves.iter().zip(&said).all(|(c, s)| text_width(&words::entry(&c.name, s), 7.0) <= total - 13.0);
        let line = if short { 3.6 } else { 7.0 };
        let mut head = 1.2 + line * k;
        // A ratio and what it compares stand on two lines where one does not hold them.
        let room = width_of_panel * 0.62;
        let halves = |note: &String| match note.find("), ") {
            Some(at) if text_width(note, 7.0) > room => vec![note[..=at].to_owned(), note[at + 3..].to_owned()],
            _ => vec![note.clone()],
        };
        let notes: Vec<String> =
            self.notes.iter().flat_map(halves).flat_map(|note| wrap(&note, 7.0, room, 3)).collect();
        let mut panel =
            Panel { left, top: head + 2.0, width: width_of_panel, height: plot, x: (0.0, end), y: (0.0, 1.0) };
        let sliver = PEN / width_of_panel * end;
        // The notes go where no curve and no band is; else above the plot.
        let (wide, high) = (widest(&notes, 7.0), 3.5 * notes.len() as f64);
        let paths = |panel: &Panel| -> Vec<Vec<(f64, f64)>> {
            let set = |points: Vec<(f64, f64)>| points.into_iter().map(|(x, y)| panel.at(x, y)).collect();
            let medians = self.curves.iter().filter_map(|c| c.median).filter(|m| (0.0..=end).contains(m));
            let rises = medians.map(|m| set(vec![(0.0, 0.5), (m, 0.5), (m, 0.0)]));
            self.curves.iter().flat_map(|c| [set(c.corners()), set(c.band(sliver))]).chain(rises).collect()
        };
        // The upper right corner first, then down and to the left.
        let places = |panel: &Panel| {
            let (top, bottom) = (panel.top + 1.6, panel.bottom() - high - 1.0);
            let (first, last) = (panel.right() - wide, panel.left + 2.0);
            let step = move |from: f64, to: f64, at: u32| from + (to - from) * f64::from(at) / 6.0;
            (0..=6).flat_map(move |down| (0..=6).map(move |left| (step(first, last, left), step(top, bottom, down))))
        };
        let crossed = paths(&panel);
        let place = places(&panel).find(|(x, y)| {
            free((x - 0.6, y - 0.4, x + wide + 0.6, y + high + 0.4), &crossed)
                && !self.covers(&panel, (*x, *y), (wide, high))
        });
        let place = place.unwrap_or_else(|| {
            let at = (10.5, head + 0.6);
            head += high + 1.0;
            panel.top = head + 2.0;
            at
        });
        let risk = panel.bottom() + 12.5;
        let mut page = Page::new(total, risk + 3.5 * k + 3.0);
        // The bands of four groups or more would be one.
        for (i, curve) in self.curves.iter().enumerate().filter(|_| self.curves.len() <= BANDS) {
            let alpha = if self.curves.len() > 2 { 0.09 } else { 0.13 };
            page.area(curve.band(sliver).into_iter().map(|(x, y)| panel.at(x, y)).collect(), PALETTE[i], alpha);
        }
        let labels = super::axes::alike(&ticks);
        panel.x_ticks(&mut page, &labels, &fit(&self.time, 8.0, panel.width));
        panel.y_axis(&mut page, &fit(&self.outcome, 8.0, plot));
        let shown = |t: f64, c: &Curve| format!("{} ({})", words::count(c.at_risk(t)), words::count(c.censored(t)));
        // Where counts of every tick would touch, every second one has them; then without the censored.
        let apart = if ticks.len() > 1 { (ticks[1] - ticks[0]) / end * panel.width } else { f64::INFINITY };
        let all = self.curves.iter().flat_map(|c| ticks.iter().map(move |t| (*t, c)));
        let room = widest(all.map(|(t, c)| shown(t, c)), 7.0) + 0.8;
        let every = if room > apart { 2 } else { 1 };
        let crowded = room > apart * every as f64;
        for median in self.curves.iter().filter_map(|curve| curve.median).filter(|m| (0.0..=end).contains(m)) {
            let path = [panel.at(0.0, 0.5), panel.at(median, 0.5), panel.at(median, 0.0)];
            page.dashed(&path, &[0.5, 0.7], GREY, 0.2);
        }
        for (i, curve) in self.curves.iter().enumerate() {
            let ink = PALETTE[i];
            let points: Vec<_> = curve.corners().into_iter().map(|(x, y)| panel.at(x, y)).collect();
            page.dashed(&points, DASHES[i], ink, PEN);
            for s in curve.steps.iter().filter(|s| s.censored > 0) {
                let (x, y) = panel.at(s.time, s.survival);
                page.line((x, y - 0.8), (x, y + 0.8), ink, 0.2);
            }
            let y = 3.0 + line * i as f64;
            page.dashed(&[(2.0, y), (9.0, y)], DASHES[i], ink, PEN);
            if short {
                page.text((10.5, y), &words::entry(&curve.name, &said[i]), 7.0, Align::Left, BLACK_INK);
            } else {
                page.text((10.5, y), &fit(&curve.name, 7.0, total - 12.0), 7.0, Align::Left, BLACK_INK);
                page.text((10.5, y + 3.2), &fit(&said[i], 7.0, total - 12.0), 7.0, Align::Left, GREY);
            }
            let y = risk + 3.5 * (i + 1) as f64;
            if named {
                page.text((left - first, y), &curve.name, 7.0, Align::Right, BLACK_INK);
            } else {
                page.dashed(&[(left - first - 7.0, y), (left - first, y)], DASHES[i], ink, PEN);
            }
            for t in ticks.iter().step_by(every) {
                let text = if crowded { words::count(curve.at_risk(*t)) } else { shown(*t, curve) };
                page.text((panel.at(*t, 0.0).0, y), &text, 7.0, Align::Centre, BLACK_INK);
            }
        }
        let title = if crowded { "Number at risk" } else { "Number at risk (censored)" };
        page.bold((2.0, risk), title, 7.0, Align::Left, BLACK_INK);
        for (j, note) in notes.iter().enumerate() {
            page.text((place.0, place.1 + 1.7 + 3.5 * j as f64), note, 7.0, Align::Left, BLACK_INK);
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> SurvivalCurves {
        let step = |time, at_risk, events, censored, survival| {
            let (lower, upper) = (Some(survival * 0.7), Some(1.0));
            Step { time, at_risk, events, censored, survival, lower, upper }
        };
        let steps = vec![step(2.0, 4, 1, 0, 0.75), step(3.0, 3, 0, 1, 0.75), step(5.0, 2, 1, 1, 0.375)];
        let name = "low, Child-Pugh A".into();
        let curve = Curve { name, n: 4, events: 2, median: Some(5.0), median_limits: (Some(2.0), None), steps };
        SurvivalCurves {
            time: "Months".into(),
            outcome: "Survival".into(),
            cohort: "train".into(),
            method: "95% confidence bands".into(),
            curves: vec![curve],
            missing: 1,
            notes: vec!["log-rank p = 0.03".into()],
        }
    }

    #[test]
    fn numbers_behind_the_curves() {
        let csv = example().csv();
        assert!(csv.starts_with(
            "group,time,at_risk,events,censored,survival,lower,upper\n\"low, Child-Pugh A\",2,4,1,0,0.75,"
        ));
        let curve = &example().curves[0];
        assert_eq!([0.0, 2.0, 2.5, 5.0, 6.0].map(|t| curve.at_risk(t)), [4, 4, 3, 2, 0]);
        assert_eq!([0.0, 3.0, 5.0, 6.0].map(|t| curve.censored(t)), [0, 0, 1, 2]);
        assert!(example().caption().contains("n = 4, 2 events, median 5.0 (2.0–not reached)"));
    }

    #[test]
    fn draws_one_to_six_groups_and_refuses_others() {
        for k in 1..=6 {
            let mut curves = example();
            curves.curves = vec![curves.curves[0].clone(); k];
            let svg = curves.draw(Width::Column).and_then(|p| p.svg()).expect("a drawing");
            assert!(svg.contains("width=\"85mm\"") && !svg.contains("NaN"));
        }
        let mut none = example();
        none.curves.clear();
        assert!(matches!(none.draw(Width::Full), Err(FigureError::Empty { .. })));
    }

    #[test]
    fn a_band_ends_with_its_limits_and_leaves_no_sliver() {
        let mut curve = example().curves[0].clone();
        let ends = |band: Vec<(f64, f64)>| band.iter().map(|point| point.0).fold(0.0, f64::max);
        assert_eq!(ends(curve.band(0.1)), 5.0);
        // The last event leaves nobody, and no limits: the band of those before comes to it and ends there.
        let mut last = curve.steps[2].clone();
        (last.time, last.survival, last.lower, last.upper) = (5.2, 0.0, None, None);
        curve.steps.push(last);
        let drawn = curve.band(0.1);
        assert_eq!(ends(drawn.clone()), 5.2);
        assert!(drawn.iter().all(|(_, limit)| *limit > 0.2), "{drawn:?}");
        // The stretch from 5.0 to 5.2 is finer than the pen.
        assert_eq!(ends(curve.band(0.3)), 5.0);
    }

    #[test]
    fn a_place_is_free_where_no_path_crosses_it() {
        let path = vec![vec![(0.0, 0.0), (10.0, 10.0)]];
        assert!(!free((4.0, 4.0, 6.0, 6.0), &path));
        assert!(free((6.0, 0.0, 9.0, 5.0), &path));
        assert!(!free((-1.0, -1.0, 1.0, 1.0), &path));
    }
}
