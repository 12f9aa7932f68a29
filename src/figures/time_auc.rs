//! The area under the time-dependent ROC curve over time.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::alike;
use super::chart::{Chart, Counts, Curve as Line};
use super::km::time_ticks;
use super::{Figure, FigureError, Page, Width, empty, field, groups, number, words};
use crate::card::{Card, EndpointKind, Role};

pub const CARD: Card = Card {
    name: "time-auc",
    title: "Time-dependent AUC",
    role: Role::Figure,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "How well the prediction tells apart those with an event by each time, with intervals and the number at risk.",
    documentation: "Cumulative cases against dynamic controls, weighted by the inverse probability of censoring. Dots are the \
        times that were estimated, within follow-up; the band joins their intervals. The line at 0.5 is chance; the axis \
        spans what is drawn and 0.5. Times without an estimate are left out and counted in the caption.",
    references: &["Blanche P et al. Stat Med 2013;32:5381-5397", "Uno H et al. J Am Stat Assoc 2007;102:527-537"],
    example: "figure time-auc",
};

/// The area at one time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub time: f64,
    /// None where it is not estimable.
    pub area: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub at_risk: u64,
}

/// A model in a cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    pub n: u64,
    pub events: u64,
    pub points: Vec<Point>,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TimeAuc {
    pub title: String,
    /// `Time (months)`.
    pub time: String,
    /// `inverse probability of censoring weights; 95% CI, 1,000 bootstraps`.
    pub method: String,
    pub curves: Vec<Curve>,
}

impl Figure for TimeAuc {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("curve,time,at_risk,auc,lower,upper\n");
        for curve in &self.curves {
            for p in &curve.points {
                let [a, l, u] = [p.area, p.lower, p.upper].map(number);
                let _ = writeln!(out, "{},{},{},{a},{l},{u}", field(&curve.name), p.time, p.at_risk);
            }
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let none = self.curves.iter().flat_map(|c| &c.points).filter(|p| p.area.is_none()).count();
        words::paragraph([
            format!("Time-dependent AUC of {}", self.title),
            words::each(self.curves.iter().map(|c| (c.name.as_str(), c.n, Some(c.events)))),
            words::sentence(&self.method),
            "The dashed line is chance; below stand the numbers at risk".into(),
            if self.curves.len() > 3 { "Bands of more than three curves are left out".into() } else { String::new() },
            match none {
                0 => String::new(),
                1 => "At one time the area is not estimable".into(),
                _ => format!("At {none} times the area is not estimable"),
            },
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        groups("time-auc", self.curves.len())?;
        let points = || self.curves.iter().flat_map(|c| &c.points);
        let sound = |v: Option<f64>| v.is_none_or(|v| (0.0..=1.0).contains(&v));
        if points().any(|p| !p.time.is_finite() || !sound(p.area) || !sound(p.lower) || !sound(p.upper)) {
            let reason = "times are finite and areas lie between 0 and 1".into();
            return Err(FigureError::Value { figure: "time-auc", reason });
        }
        let drawn = || points().filter(|p| p.area.is_some());
        if drawn().count() == 0 {
            return Err(empty("time-auc", "the area is estimable at no time"));
        }
        let end = points().map(|p| p.time).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        let low = drawn().flat_map(|p| [p.area, p.lower]).flatten().fold(0.5, f64::min);
        let low = ((low - 0.02) * 10.0).floor().max(0.0) / 10.0;
        // Models judged on the same patients are so once.
        let counts = |curve: &Curve| words::patients(curve.n, Some(curve.events));
        let first = self.curves.first().map(counts).unwrap_or_default();
        let same = self.curves.len() > 1 && self.curves.iter().all(|curve| counts(curve) == first);
        let note = if same { format!("{}: {first}", self.title) } else { self.title.clone() };
        let curves = self.curves.iter().enumerate().flat_map(|(place, curve)| {
            // The line is broken at a time whose area is not estimable.
            let runs = curve.points.split(|p| p.area.is_none()).filter(|run| !run.is_empty()).enumerate();
            runs.map(move |(run, points)| {
                let name = if run == 0 { curve.name.as_str() } else { "" };
                let known = points.iter().filter_map(|p| Some((p.time, p.area?))).collect();
                let said = if same { String::new() } else { counts(curve) };
                let mut line = Line::new(place, name, said, known);
                // More bands than three hide each other; the numbers have them all.
                let banded = points.iter().filter(|_| self.curves.len() <= 3);
                line.band = banded.filter_map(|p| Some((p.time, p.lower?, p.upper?))).collect();
                line.dots = true;
                line
            })
        });
        let mut times: Vec<f64> = self.curves.first().map_or(Vec::new(), |c| c.points.iter().map(|p| p.time).collect());
        // Ticks at the times themselves while they are few and even enough to read.
        if times.len() > 8 {
            times = time_ticks(end, &self.time);
        }
        let at_risk = |curve: &Curve, time: f64| {
            let next = curve.points.iter().find(|p| p.time >= time - 1e-9);
            next.map_or(String::new(), |p| words::count(p.at_risk))
        };
        let rows = |times: &[f64]| {
            let counts = |c: &Curve| -> Vec<String> { times.iter().map(|t| at_risk(c, *t)).collect() };
            let mut rows: Vec<(String, Vec<String>)> =
                self.curves.iter().map(|c| (c.name.clone(), counts(c))).collect();
            // Models judged on the same patients share their counts.
            if rows.len() > 1 && rows.iter().all(|row| row.1 == rows[0].1) {
                rows.truncate(1);
                rows[0].0 = "all".into();
            }
            rows
        };
        let chart = Chart {
            x_title: self.time.clone(),
            y_title: "AUC".into(),
            x: (0.0, end * 1.04),
            y: (low, 1.0),
            ticks: Some(alike(&times)),
            curves: curves.collect(),
            counts: Some(Counts { title: "Number at risk", rows: rows(times.as_slice()), at: times }),
            notes: vec![note],
            square: false,
            from: f64::NEG_INFINITY,
        };
        let (page, _) = chart.draw(width, |page, panel| panel.level(page, 0.5));
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let point = |time: f64, area| Point { time, area, lower: Some(0.4), upper: Some(0.9), at_risk: 30 };
        let points = vec![point(6.0, Some(0.7)), point(12.0, None), point(24.0, Some(0.6))];
        let curve = Curve { name: "PRIME_S".into(), n: 40, events: 31, points };
        let mut figure =
            TimeAuc { title: "train".into(), time: "Time (months)".into(), method: "IPCW".into(), curves: vec![curve] };
        assert!(figure.csv().contains("PRIME_S,12,30,,0.4,0.9\n"));
        assert!(figure.caption().contains("At one time the area is not estimable"));
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| !s.contains("NaN")));
        figure.curves[0].points[0].area = Some(f64::NAN);
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Value { .. })));
    }
}
