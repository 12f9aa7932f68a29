//! Brier scores over time beside those of a model that knows nobody.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::alike;
use super::chart::{Chart, Curve as Line};
use super::km::time_ticks;
use super::{Figure, FigureError, Page, Width, empty, field, groups, words};
use crate::card::{Card, EndpointKind, Role};

pub const CARD: Card = Card {
    name: "brier",
    title: "Brier score over time",
    role: Role::Figure,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "The squared error of predicted survival over time, with the null model and the integrated score.",
    documentation: "Weighted by the inverse probability of censoring. The grey dotted curve is the null model, which predicts \
        the Kaplan-Meier estimate of the training patients for everybody; a useful model stays below it. The integrated \
        score (IBS) is the mean over the range that is said. The axis starts at 0. One to six models.",
    references: &["Graf E et al. Stat Med 1999;18:2529-2545", "Gerds TA, Schumacher M. Biom J 2006;48:1029-1040"],
    example: "figure brier",
};

/// A model's scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    /// Times and scores.
    pub points: Vec<(f64, f64)>,
    /// Integrated over [`Brier::range`].
    pub integrated: Option<f64>,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Brier {
    /// `train (out of fold)`.
    pub cohort: String,
    pub n: u64,
    pub events: u64,
    pub time: String,
    pub method: String,
    pub range: (f64, f64),
    pub curves: Vec<Curve>,
    /// The model that predicts the same for everybody.
    pub null: Curve,
}

impl Figure for Brier {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("curve,time,brier\n");
        for curve in self.curves.iter().chain([&self.null]) {
            for (time, score) in &curve.points {
                let _ = writeln!(out, "{},{time},{score}", field(&curve.name));
            }
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let ibs = |c: &Curve| c.integrated.map_or("not estimable".into(), |v| words::signed(v, 3));
        let models: Vec<String> =
            self.curves.iter().chain([&self.null]).map(|c| format!("{} {}", c.name, ibs(c))).collect();
        words::paragraph([
            format!("Brier scores on {} ({})", self.cohort, words::patients(self.n, Some(self.events))),
            format!(
                "Integrated from {} to {} ({}): {}",
                words::brief(self.range.0),
                words::brief(self.range.1),
                self.time.to_lowercase(),
                models.join(", ")
            ),
            words::sentence(&self.method),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        groups("brier", self.curves.len())?;
        let all = || self.curves.iter().chain([&self.null]).flat_map(|c| &c.points);
        if all().any(|(t, s)| !t.is_finite() || !(0.0..=1.0).contains(s)) {
            let reason = "times are finite and Brier scores lie between 0 and 1".into();
            return Err(FigureError::Value { figure: "brier", reason });
        }
        if self.curves.iter().all(|c| c.points.is_empty()) {
            return Err(empty("brier", "no model has a score at any time"));
        }
        let end = all().map(|p| p.0).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        let high = all().map(|p| p.1).fold(0.25, f64::max) * 1.05;
        let ibs =
            |c: &Curve| c.integrated.map_or("IBS not estimable".into(), |v| format!("IBS {}", words::signed(v, 3)));
        let mut curves = vec![Line::reference(
            &format!("{}, {}", self.null.name, ibs(&self.null)),
            &[0.5, 0.7],
            self.null.points.clone(),
        )];
        curves.extend(
            self.curves.iter().enumerate().map(|(place, c)| Line::new(place, &c.name, ibs(c), c.points.clone())),
        );
        let ticks = time_ticks(end, &self.time);
        let chart = Chart {
            x_title: self.time.clone(),
            y_title: "Brier score".into(),
            x: (0.0, end),
            y: (0.0, high),
            ticks: Some(alike(&ticks)),
            curves,
            counts: None,
            notes: vec![format!("{}, {}", self.cohort, words::patients(self.n, Some(self.events)))],
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
        let curve = |name: &str, by: f64| Curve {
            name: name.into(),
            points: vec![(6.0, 0.1 + by), (12.0, 0.2 + by)],
            integrated: Some(0.15 + by),
        };
        let mut figure = Brier {
            cohort: "train".into(),
            n: 40,
            events: 31,
            time: "Time (months)".into(),
            method: "IPCW".into(),
            range: (0.0, 24.0),
            curves: vec![curve("PRIME_S", 0.0)],
            null: curve("null model (Kaplan-Meier)", 0.03),
        };
        assert!(figure.csv().contains("PRIME_S,6,0.1\n") && figure.csv().contains("null model (Kaplan-Meier),12,0.23"));
        assert!(figure.caption().contains("Integrated from 0 to 24 (time (months)): PRIME_S 0.150"));
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| s.contains("IBS 0.150")));
        figure.curves[0].points[0].1 = 1.5;
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Value { .. })));
    }
}
