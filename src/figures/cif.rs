//! Cumulative incidence with competing events.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::alike;
use super::chart::{Chart, Counts, Curve as Line};
use super::km::time_ticks;
use super::{Figure, FigureError, Page, Width, empty, field, groups, number, words};
use crate::card::{Card, EndpointKind, Role};

pub const CARD: Card = Card {
    name: "cif",
    title: "Cumulative incidence",
    role: Role::Figure,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "The probability of an event by each time while others compete, by group, with bands and the number at risk.",
    documentation: "Aalen-Johansen estimates with pointwise bands. The axis starts at 0 and ends above the highest limit, not \
        at 1. One to six groups.",
    references: &["Aalen OO, Johansen S. Scand J Stat 1978;5:141-150", "Gray RJ. Ann Stat 1988;16:1141-1154"],
    example: "figure cif",
};

/// One time of a curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub time: f64,
    pub at_risk: Option<u64>,
    /// Just after `time`.
    pub incidence: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    pub n: u64,
    pub events: u64,
    /// Of the other kinds.
    pub competing: u64,
    pub steps: Vec<Step>,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incidence {
    pub time: String,
    /// `Relapse`.
    pub outcome: String,
    pub cohort: String,
    pub method: String,
    pub curves: Vec<Curve>,
    pub missing: u64,
    /// `Gray's test p = 0.03`.
    pub notes: Vec<String>,
}

impl Figure for Incidence {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("group,time,at_risk,incidence,lower,upper\n");
        for curve in &self.curves {
            for s in &curve.steps {
                let at_risk = s.at_risk.map(|n| n.to_string()).unwrap_or_default();
                let (lower, upper) = (number(s.lower), number(s.upper));
                let _ = writeln!(out, "{},{},{at_risk},{},{lower},{upper}", field(&curve.name), s.time, s.incidence);
            }
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let groups: Vec<String> = self
            .curves
            .iter()
            .map(|c| format!("{} (n = {}, {} events, {} competing)", c.name, words::count(c.n), c.events, c.competing))
            .collect();
        let missing = if self.missing > 0 {
            format!("{} patients without an outcome or a group are left out", words::count(self.missing))
        } else {
            String::new()
        };
        let first = format!("Cumulative incidence of {} on {}", self.outcome, self.cohort);
        words::paragraph(
            [vec![first, groups.join("; "), words::sentence(&self.method)], self.notes.clone(), vec![missing]].concat(),
        )
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        groups("cif", self.curves.len())?;
        let steps = || self.curves.iter().flat_map(|c| &c.steps);
        if steps().any(|s| !s.time.is_finite() || s.time < 0.0 || !(0.0..=1.0).contains(&s.incidence)) {
            let reason = "times must be at least 0 and incidence between 0 and 1".into();
            return Err(FigureError::Value { figure: "cif", reason });
        }
        let end = steps().map(|s| s.time).fold(0.0, f64::max);
        if end <= 0.0 {
            return Err(empty("cif", "nobody was followed beyond time 0"));
        }
        let high = steps().flat_map(|s| [Some(s.incidence), s.upper]).flatten().fold(0.05, f64::max);
        let high = ((high * 10.0).ceil() / 10.0).min(1.0);
        let curves = self.curves.iter().enumerate().map(|(place, curve)| {
            let (mut now, mut points, mut band) = ((0.0, 0.0, 0.0), vec![(0.0, 0.0)], vec![(0.0, 0.0, 0.0)]);
            for s in &curve.steps {
                points.push((s.time, now.0));
                band.push((s.time, now.1, now.2));
                let limit = |v: Option<f64>| v.filter(|v| v.is_finite()).unwrap_or(s.incidence).clamp(0.0, high);
                now = (s.incidence, limit(s.lower), limit(s.upper));
                points.push((s.time, now.0));
                band.push((s.time, now.1, now.2));
            }
            let said = format!("n = {}, {} events, {} competing", words::count(curve.n), curve.events, curve.competing);
            Line { band, ..Line::new(place, &curve.name, said, points) }
        });
        let ticks = time_ticks(end, &self.time);
        let at_risk = |curve: &Curve, t: f64| {
            let next = curve.steps.iter().find(|s| s.time >= t - 1e-9);
            next.map_or(Some(0), |s| s.at_risk).map(words::count).unwrap_or_default()
        };
        let known = steps().any(|s| s.at_risk.is_some());
        let chart = Chart {
            x_title: self.time.clone(),
            y_title: format!("Cumulative incidence of {}", self.outcome),
            x: (0.0, end),
            y: (0.0, high),
            ticks: Some(alike(&ticks)),
            curves: curves.collect(),
            counts: known.then(|| Counts {
                title: "Number at risk",
                rows: self
                    .curves
                    .iter()
                    .map(|c| (c.name.clone(), ticks.iter().map(|t| at_risk(c, *t)).collect()))
                    .collect(),
                at: ticks.clone(),
            }),
            notes: self.notes.clone(),
            square: false,
            from: f64::NEG_INFINITY,
        };
        Ok(chart.draw(width, |_, _| {}).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let step = |time, incidence| Step { time, at_risk: Some(9), incidence, lower: Some(0.0), upper: Some(0.4) };
        let curve =
            Curve { name: "A".into(), n: 10, events: 2, competing: 3, steps: vec![step(1.0, 0.1), step(4.0, 0.2)] };
        let mut figure = Incidence {
            time: "Time (months)".into(),
            outcome: "relapse".into(),
            cohort: "all".into(),
            method: "Aalen-Johansen".into(),
            curves: vec![curve],
            missing: 0,
            notes: vec!["Gray's test p = 0.03".into()],
        };
        assert_eq!(figure.csv(), "group,time,at_risk,incidence,lower,upper\nA,1,9,0.1,0,0.4\nA,4,9,0.2,0,0.4\n");
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| !s.contains("NaN")));
        figure.curves[0].steps.clear();
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Empty { .. })));
    }
}
