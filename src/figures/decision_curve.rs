//! Decision curves: the net benefit of acting on a prediction.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::ticks;
use super::chart::{Chart, Curve as Line};
use super::words::signed;
use super::{Figure, FigureError, Page, Width, empty, field, groups, number, words};
use crate::card::{Card, EndpointKind, Role};

pub const CARD: Card = Card {
    name: "decision-curve",
    title: "Decision curve",
    role: Role::Figure,
    endpoints: &[EndpointKind::Binary, EndpointKind::Survival],
    parameters: &[],
    summary: "Net benefit of a model over thresholds of probability, beside treating all and treating none.",
    documentation: "Net benefit is the share of true positives less that of false positives weighted by the odds of the \
        threshold. The axis ends a little below 0: how far treating all falls there tells nothing. A model that stays \
        under both grey curves is of no use at that threshold. One to six models.",
    references: &["Vickers AJ, Elkin EB. Med Decis Making 2006;26:565-574"],
    example: "figure decision-curve",
};

/// A threshold.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub threshold: f64,
    pub net_benefit: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// A model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    pub points: Vec<Point>,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DecisionCurves {
    /// `train (out of fold)`.
    pub cohort: String,
    pub n: u64,
    pub events: u64,
    pub horizon: Option<String>,
    pub method: String,
    pub curves: Vec<Curve>,
    /// Thresholds and the net benefit of treating all.
    pub all: Vec<(f64, f64)>,
}

impl Figure for DecisionCurves {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("curve,threshold,net_benefit,lower,upper\n");
        for curve in &self.curves {
            for p in &curve.points {
                let (lower, upper) = (number(p.lower), number(p.upper));
                let _ = writeln!(out, "{},{},{},{lower},{upper}", field(&curve.name), p.threshold, p.net_benefit);
            }
        }
        for (threshold, benefit) in &self.all {
            let _ = writeln!(out, "treat all,{threshold},{benefit},,");
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let at = words::at(self.horizon.as_deref());
        let names: Vec<&str> = self.curves.iter().map(|c| c.name.as_str()).collect();
        words::paragraph([
            format!(
                "Net benefit{at} of {} on {} ({})",
                names.join(", "),
                self.cohort,
                words::patients(self.n, Some(self.events))
            ),
            words::sentence(&self.method),
            "Grey: treating all (dashed) and treating none (0)".into(),
            if self.curves.len() > BANDS {
                format!("Bands of more than {BANDS} curves are left out; the numbers have them")
            } else {
                String::new()
            },
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        groups("decision-curve", self.curves.len())?;
        let points = || self.curves.iter().flat_map(|c| &c.points);
        if points().any(|p| !(0.0..1.0).contains(&p.threshold) || !p.net_benefit.is_finite())
            || self.all.iter().any(|(t, b)| !(0.0..1.0).contains(t) || !b.is_finite())
        {
            let reason = "thresholds lie between 0 and 1 and net benefits are finite".into();
            return Err(FigureError::Value { figure: "decision-curve", reason });
        }
        if points().count() == 0 {
            return Err(empty("decision-curve", "there is no threshold"));
        }
        let reach = points().map(|p| p.threshold).fold(0.0, f64::max);
        let banded = self.curves.len() <= BANDS;
        let limits = points().filter_map(|p| p.upper.filter(|upper| banded && upper.is_finite()));
        let benefits = points().map(|p| p.net_benefit).chain(self.all.iter().map(|a| a.1)).chain(limits);
        let top = benefits.fold(0.02, f64::max) * 1.04;
        let floor = -top * 0.18;
        let end = if reach > 0.6 { 1.0 } else { ((reach * 20.0).ceil() / 20.0).max(0.05) };
        let mut curves = vec![
            Line::reference("treat none", &[], vec![(0.0, 0.0), (end, 0.0)]),
            Line::reference("treat all", &[1.2, 0.8], floored(&self.all, floor)),
        ];
        for (place, c) in self.curves.iter().enumerate() {
            let line: Vec<(f64, f64)> = c.points.iter().map(|p| (p.threshold, p.net_benefit)).collect();
            let mut drawn = Line::new(place, &c.name, String::new(), floored(&line, floor));
            let limits = c.points.iter().filter(|_| banded).filter_map(|p| Some((p.threshold, p.lower?, p.upper?)));
            drawn.band = limits.map(|(t, l, u)| (t, l.clamp(floor, top), u.clamp(floor, top))).collect();
            curves.push(drawn);
        }
        let at = words::at(self.horizon.as_deref());
        let percent = |t: f64| (t, format!("{}%", signed(t * 100.0, 0)));
        let chart = Chart {
            x_title: format!("Threshold probability{at}"),
            y_title: "Net benefit".into(),
            x: (0.0, end),
            y: (floor, top),
            ticks: Some(ticks(0.0, end).into_iter().map(percent).collect()),
            curves,
            counts: None,
            notes: vec![format!("{}, {}", self.cohort, words::patients(self.n, Some(self.events)))],
            square: false,
            from: f64::NEG_INFINITY,
        };
        Ok(chart.draw(width, |_, _| {}).0)
    }
}

/// More bands than these hide each other.
const BANDS: usize = 2;

/// A curve up to where it falls through the floor.
fn floored(points: &[(f64, f64)], floor: f64) -> Vec<(f64, f64)> {
    let mut out: Vec<(f64, f64)> = Vec::new();
    for (x, y) in points {
        if *y >= floor {
            out.push((*x, *y));
            continue;
        }
        if let Some((x0, y0)) = out.last().copied()
            && y0 > floor
        {
            out.push((x0 + (x - x0) * (y0 - floor) / (y0 - y), floor));
        }
        break;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let points = (1..20).map(|i| {
            let threshold = f64::from(i) / 20.0;
            Point { threshold, net_benefit: 0.4 - threshold * 0.5, lower: None, upper: None }
        });
        let mut figure = DecisionCurves {
            cohort: "train".into(),
            n: 40,
            events: 19,
            horizon: None,
            method: "out of fold".into(),
            curves: vec![Curve { name: "PRIME_R".into(), points: points.collect() }],
            all: vec![(0.05, 0.45), (0.5, -0.1), (0.9, -4.0)],
        };
        assert!(figure.csv().contains("treat all,0.9,-4,,\n"));
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| s.contains("treat all")));
        figure.curves[0].points[0].threshold = 1.0;
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Value { .. })));
    }

    #[test]
    fn curves_end_at_the_floor() {
        assert_eq!(floored(&[(0.0, 1.0), (1.0, -1.0), (2.0, -3.0)], 0.0), [(0.0, 1.0), (0.5, 0.0)]);
        assert_eq!(floored(&[(0.0, -1.0)], 0.0), []);
    }
}
