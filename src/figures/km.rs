//! Survival curves with the number at risk.

use super::axes::{Panel, ticks};
use super::page::{Align, BLACK_INK, DASHES, GREY, PALETTE, fit, text_width};
use super::{Figure, FigureError, Page, Width, field, groups, number};
use crate::card::{Card, EndpointKind, Role};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

pub const CARD: Card = Card {
    name: "km",
    title: "Kaplan-Meier curves",
    role: Role::Figure,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "Survival by group with confidence bands, censoring marks, medians and the number at risk.",
    documentation: "Steps fall at event times and ticks mark censored times. The band is the interval that was \
        estimated; dotted lines lead to the medians, and a median that was not reached has none and is said so. \
        The number at risk at *t* counts those with a time of *t* or later. One to six groups.",
    references: &["Kaplan EL, Meier P. J Am Stat Assoc 1958;53:457-481", "Pocock SJ et al. Lancet 2002;359:1686-1689"],
    example: "figure km",
};

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
    pub steps: Vec<Step>,
}

/// Survival curves of one cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurvivalCurves {
    /// With its unit: `Time since TACE (months)`.
    pub time: String,
    /// `Overall survival`.
    pub outcome: String,
    pub curves: Vec<Curve>,
    /// Lines set in the plot: hazard ratio with interval, log-rank p.
    pub notes: Vec<String>,
}

impl Curve {
    /// The number with a time of `time` or later.
    pub fn at_risk(&self, time: f64) -> u64 {
        self.steps.iter().find(|s| s.time >= time - 1e-9).map_or(0, |s| s.at_risk)
    }
}

impl Figure for SurvivalCurves {
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
        let room = total * 0.36;
        let widest = self.curves.iter().map(|c| text_width(&c.name, 7.0)).fold(0.0, f64::max).min(room);
        let left = (widest + 7.0).max(15.0);
        let plot = if width == Width::Column { 52.0 } else { 85.0 };
        let k = self.curves.len() as f64;
        let head = 3.0 + 3.6 * k;
        let panel =
            Panel { left, top: head + 2.0, width: total - left - 6.0, height: plot, x: (0.0, end), y: (0.0, 1.0) };
        let risk = panel.top + plot + 12.5;
        let mut page = Page::new(total, risk + 3.5 * k + 3.0);
        for (i, curve) in self.curves.iter().enumerate() {
            let (ink, mut last) = (PALETTE[i], (1.0, 1.0));
            let (mut upper, mut lower) = (vec![panel.at(0.0, 1.0)], vec![panel.at(0.0, 1.0)]);
            for s in &curve.steps {
                upper.push(panel.at(s.time, last.1));
                lower.push(panel.at(s.time, last.0));
                // Where no limit can be estimated the band closes on the curve.
                last = (s.lower.unwrap_or(s.survival).clamp(0.0, 1.0), s.upper.unwrap_or(s.survival).clamp(0.0, 1.0));
                upper.push(panel.at(s.time, last.1));
                lower.push(panel.at(s.time, last.0));
            }
            lower.reverse();
            upper.extend(lower);
            page.area(upper, ink, 0.13);
        }
        panel.axes(&mut page, &fit(&self.time, 8.0, panel.width), &fit(&self.outcome, 8.0, plot));
        for (i, curve) in self.curves.iter().enumerate() {
            let (ink, mut survival, mut points) = (PALETTE[i], 1.0, vec![panel.at(0.0, 1.0)]);
            for s in &curve.steps {
                points.push(panel.at(s.time, survival));
                survival = s.survival;
                points.push(panel.at(s.time, survival));
            }
            page.dashed(&points, DASHES[i], ink, 0.4);
            for s in curve.steps.iter().filter(|s| s.censored > 0) {
                let (x, y) = panel.at(s.time, s.survival);
                page.line((x, y - 0.8), (x, y + 0.8), ink, 0.2);
            }
            if let Some(median) = curve.median.filter(|m| (0.0..=end).contains(m)) {
                let path = [panel.at(0.0, 0.5), panel.at(median, 0.5), panel.at(median, 0.0)];
                page.dashed(&path, &[0.5, 0.7], GREY, 0.2);
            }
            let y = 3.0 + 3.6 * i as f64;
            page.dashed(&[(2.0, y), (9.0, y)], DASHES[i], ink, 0.4);
            let median = curve.median.map_or("median not reached".into(), |m| format!("median {m:.1}"));
            let said = format!(" (n = {}, events = {}, {median})", curve.n, curve.events);
            let name = fit(&curve.name, 7.0, total - 13.0 - text_width(&said, 7.0));
            page.text((10.5, y), &(name + &said), 7.0, Align::Left, BLACK_INK);
            let y = risk + 3.5 * (i + 1) as f64;
            page.text((left - 4.0, y), &fit(&curve.name, 7.0, widest), 7.0, Align::Right, ink);
            for t in ticks(0.0, end) {
                page.text((panel.at(t, 0.0).0, y), &curve.at_risk(t).to_string(), 7.0, Align::Centre, BLACK_INK);
            }
        }
        page.bold((2.0, risk), "Number at risk", 7.0, Align::Left, BLACK_INK);
        // The notes go where the curves leave most room: below them or above.
        let tail = self.curves.iter().filter_map(|c| c.steps.last()).map(|s| s.survival).fold(1.0, f64::min);
        let lines = self.notes.len() as f64;
        let first = if tail > 0.4 { panel.top + plot - 3.5 * lines } else { panel.top + 2.0 };
        for (j, note) in self.notes.iter().enumerate() {
            let (x, align) = if tail > 0.4 { (left + 2.0, Align::Left) } else { (total - 6.0, Align::Right) };
            page.text((x, first + 3.5 * j as f64), &fit(note, 7.0, panel.width - 3.0), 7.0, align, BLACK_INK);
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
        let curve = Curve { name: "low, Child-Pugh A".into(), n: 4, events: 2, median: Some(5.0), steps };
        SurvivalCurves { time: "Months".into(), outcome: "Survival".into(), curves: vec![curve], notes: vec![] }
    }

    #[test]
    fn numbers_behind_the_curves() {
        let csv = example().csv();
        assert!(csv.starts_with(
            "group,time,at_risk,events,censored,survival,lower,upper\n\"low, Child-Pugh A\",2,4,1,0,0.75,"
        ));
        let curve = &example().curves[0];
        assert_eq!([0.0, 2.0, 2.5, 5.0, 6.0].map(|t| curve.at_risk(t)), [4, 4, 3, 2, 0]);
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
}
