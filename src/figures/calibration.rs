//! Calibration: what was observed against what was predicted.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::chart::{Chart, Curve as Line};
use super::page::{Align, BLACK_INK, GREY, PALETTE};
use super::{Figure, FigureError, Page, Width, empty, field, groups, number, words};
use crate::card::{Card, EndpointKind, Role};

pub const CARD: Card = Card {
    name: "calibration",
    title: "Calibration",
    role: Role::Figure,
    endpoints: &[EndpointKind::Binary, EndpointKind::Survival],
    parameters: &[],
    summary: "Observed against predicted probability: smooth curve with band, groups with intervals, ideal line and histogram.",
    documentation: "The diagonal is ideal. The curve is smoothed over all patients; dots with whiskers are groups of equal size \
        with their intervals. Bars below count patients by predicted probability. Intercept (calibration in the large) and \
        slope are those of the logistic recalibration, or of the Cox model at a horizon. Both axes span the same range, \
        which is cut to the predictions where all are small.",
    references: &["Van Calster B et al. BMC Med 2019;17:230", "Austin PC, Steyerberg EW. Stat Med 2014;33:517-535"],
    example: "figure calibration",
};

/// Patients of similar prediction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bin {
    pub n: u64,
    pub predicted: f64,
    pub observed: f64,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
}

/// A point of the smooth curve: predicted, observed, limits.
pub type Smooth = (f64, f64, Option<(f64, f64)>);

/// A model in a cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    pub n: u64,
    pub events: u64,
    /// Ratios and slopes to tell: `slope 0.91 (0.62–1.20)`.
    pub told: Vec<String>,
    pub smooth: Vec<Smooth>,
    /// Why there is no curve.
    pub why: Option<String>,
    pub bins: Vec<Bin>,
    /// Patients in twenty equal intervals of predicted probability from 0 to 1.
    pub histogram: Vec<u64>,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    pub title: String,
    /// `24 months` for survival.
    pub horizon: Option<String>,
    /// `loess, span 0.75; 95% CI; groups by deciles`.
    pub method: String,
    pub curves: Vec<Curve>,
}

impl Figure for Calibration {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("curve,part,n,predicted,observed,lower,upper\n");
        for curve in &self.curves {
            let name = field(&curve.name);
            for (x, y, limits) in &curve.smooth {
                let (lower, upper) = (number(limits.map(|l| l.0)), number(limits.map(|l| l.1)));
                let _ = writeln!(out, "{name},smooth,,{x},{y},{lower},{upper}");
            }
            for bin in &curve.bins {
                let (lower, upper) = (number(bin.lower), number(bin.upper));
                let _ = writeln!(out, "{name},group,{},{},{},{lower},{upper}", bin.n, bin.predicted, bin.observed);
            }
            for (place, n) in curve.histogram.iter().enumerate() {
                let _ = writeln!(out, "{name},histogram,{n},{},,,", (place as f64 + 0.5) / 20.0);
            }
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let at = words::at(self.horizon.as_deref());
        let curves: Vec<String> = self
            .curves
            .iter()
            .map(|c| {
                let told = if c.told.is_empty() { String::new() } else { format!(", {}", c.told.join(", ")) };
                let why = c.why.as_ref().map_or(String::new(), |why| format!(", no smooth curve: {why}"));
                format!("{}: {}{told}{why}", c.name, words::patients(c.n, Some(c.events)))
            })
            .collect();
        words::paragraph([
            format!("Calibration of {}{at}", self.title),
            curves.join("; "),
            words::sentence(&self.method),
            "The dashed diagonal is ideal; bars below count patients by predicted probability, the largest count beside them".into(),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        groups("calibration", self.curves.len())?;
        let unit = |v: f64| (0.0..=1.0).contains(&v);
        let sound = self.curves.iter().all(|c| {
            c.smooth
                .iter()
                .all(|(x, y, l)| unit(*x) && y.is_finite() && l.is_none_or(|l| l.0.is_finite() && l.1.is_finite()))
                && c.bins.iter().all(|b| unit(b.predicted) && unit(b.observed))
        });
        if !sound {
            let reason = "probabilities lie between 0 and 1".into();
            return Err(FigureError::Value { figure: "calibration", reason });
        }
        if self.curves.iter().all(|c| c.smooth.is_empty() && c.bins.is_empty()) {
            let why = self.curves.iter().find_map(|c| c.why.clone()).unwrap_or("there is no prediction".into());
            return Err(empty("calibration", why));
        }
        // A histogram of few low bars would waste the square: small predictions get a smaller one.
        let most = self
            .curves
            .iter()
            .flat_map(|c| {
                let bins = c.bins.iter().flat_map(|b| [b.predicted, b.observed, b.upper.unwrap_or(0.0)]);
                bins.chain(c.smooth.iter().map(|s| s.0.max(s.1))).collect::<Vec<_>>()
            })
            .fold(0.0, f64::max);
        let high = if most <= 0.5 { ((most * 10.0).ceil() / 10.0).max(0.1) } else { 1.0 };
        let strip = 0.10 * high;
        let low = -strip * self.curves.len().min(3) as f64 - 0.02 * high;
        let mut curves = vec![Line::reference("ideal", &[1.0, 1.0], vec![(0.0, 0.0), (high, high)])];
        for (place, c) in self.curves.iter().enumerate() {
            let inside = |v: f64| v.clamp(0.0, high);
            let mut said = vec![words::patients(c.n, Some(c.events))];
            said.extend(c.told.iter().cloned());
            let points = c.smooth.iter().filter(|s| s.0 <= high).map(|s| (s.0, inside(s.1))).collect();
            let mut line = Line::new(place, &c.name, said.join(", "), points);
            let band = c.smooth.iter().filter(|s| s.0 <= high);
            line.band = band.filter_map(|s| s.2.map(|l| (s.0, inside(l.0), inside(l.1)))).collect();
            curves.push(line);
        }
        let at = words::at(self.horizon.as_deref());
        let chart = Chart {
            x_title: format!("Predicted probability{at}"),
            y_title: format!("Observed probability{at}"),
            x: (0.0, high),
            y: (low, high),
            ticks: None,
            curves,
            counts: None,
            notes: self
                .curves
                .iter()
                .filter_map(|c| c.why.as_ref().map(|why| format!("{}: no curve, {why}", c.name)))
                .collect(),
            square: true,
            from: 0.0,
        };
        let (mut page, panel) = chart.draw(width, |_, _| {});
        for (place, curve) in self.curves.iter().enumerate() {
            let ink = PALETTE[place];
            for bin in &curve.bins {
                let at = panel.at(bin.predicted, bin.observed.min(high));
                if let (Some(lower), Some(upper)) = (bin.lower, bin.upper) {
                    let ends = [lower, upper].map(|v| panel.at(bin.predicted, v.clamp(0.0, high)));
                    page.line(ends[0], ends[1], ink, 0.2);
                }
                page.dot(at, 0.8, ink);
            }
        }
        // One strip of bars a curve, each with its largest count; beyond three curves they are in the CSV.
        for (place, curve) in self.curves.iter().enumerate().take(3) {
            let base = -strip * (place as f64 + 1.0) - 0.01 * high;
            let most = curve.histogram.iter().copied().max().unwrap_or(0).max(1) as f64;
            for (cell, count) in curve.histogram.iter().enumerate().filter(|(_, count)| **count > 0) {
                let (from, to) = (cell as f64 / 20.0, (cell as f64 + 1.0) / 20.0);
                if from >= high {
                    continue;
                }
                let (x0, y0) = panel.at(from, base);
                let (x1, y1) = panel.at(to.min(high), base + strip * 0.85 * *count as f64 / most);
                page.block((x0 + 0.15, y1), (x1 - x0 - 0.3).max(0.2), y0 - y1, PALETTE[place], 0.55);
            }
            if !curve.histogram.is_empty() {
                // The largest count stands at the axis, at the height of its bar.
                let at = panel.at(0.0, base + strip * 0.7);
                page.text((at.0 - 1.0, at.1), &words::count(most as u64), 6.0, Align::Right, GREY);
            }
        }
        page.line(panel.at(0.0, 0.0), panel.at(high, 0.0), BLACK_INK, 0.12);
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Calibration {
        let curve = Curve {
            name: "PRIME_R".into(),
            n: 40,
            events: 19,
            told: vec!["slope 0.91 (0.62–1.20)".into()],
            smooth: vec![(0.2, 0.1, Some((0.0, 0.3))), (0.8, 0.9, None)],
            why: None,
            bins: vec![Bin { n: 20, predicted: 0.3, observed: 0.25, lower: Some(0.1), upper: Some(0.5) }],
            histogram: vec![2; 20],
        };
        Calibration { title: "train".into(), horizon: None, method: "loess".into(), curves: vec![curve] }
    }

    #[test]
    fn numbers_and_drawing() {
        let csv = example().csv();
        assert!(csv.contains("PRIME_R,smooth,,0.2,0.1,0,0.3\n") && csv.contains("PRIME_R,group,20,0.3,0.25,0.1,0.5\n"));
        let svg = example().draw(Width::Column).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("slope 0.91") && !svg.contains("NaN"));
    }

    #[test]
    fn nothing_to_show_and_no_probabilities_are_refused() {
        let mut none = example();
        none.curves[0].smooth.clear();
        none.curves[0].bins.clear();
        none.curves[0].why = Some("all predictions are equal".into());
        let error = none.draw(Width::Column).expect_err("nothing to draw").to_string();
        assert!(error.contains("all predictions are equal"), "{error}");
        let mut bad = example();
        bad.curves[0].smooth[0].1 = f64::NAN;
        assert!(matches!(bad.draw(Width::Column), Err(FigureError::Value { .. })));
    }
}
