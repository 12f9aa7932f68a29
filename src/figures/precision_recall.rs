//! Precision against recall.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::chart::{Chart, Curve as Line};
use super::{Figure, FigureError, Page, Width, empty, field, groups, words};
use crate::card::{Card, EndpointKind, Role};

pub const CARD: Card = Card {
    name: "precision-recall",
    title: "Precision and recall",
    role: Role::Figure,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "The share of true events among those called, against the share of events found.",
    documentation: "Every threshold is a point. The dashed line is the prevalence: what calling everybody an event has. \
        One to six curves.",
    references: &["Saito T, Rehmsmeier M. PLoS One 2015;10:e0118432"],
    example: "figure precision-recall",
};

/// A model in a cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    pub n: u64,
    pub events: u64,
    /// Recall and precision.
    pub points: Vec<(f64, f64)>,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrecisionRecall {
    pub title: String,
    pub curves: Vec<Curve>,
}

impl Figure for PrecisionRecall {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("curve,recall,precision\n");
        for curve in &self.curves {
            for (recall, precision) in &curve.points {
                let _ = writeln!(out, "{},{recall},{precision}", field(&curve.name));
            }
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        words::paragraph([
            format!("Precision against recall of {}", self.title),
            words::each(self.curves.iter().map(|c| (c.name.as_str(), c.n, Some(c.events)))),
            "The dashed line is the prevalence".into(),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        groups(CARD.name, self.curves.len())?;
        let unit = |v: f64| (0.0..=1.0).contains(&v);
        if self.curves.iter().flat_map(|c| &c.points).any(|(x, y)| !unit(*x) || !unit(*y)) {
            let reason = "precision and recall lie between 0 and 1".into();
            return Err(FigureError::Value { figure: CARD.name, reason });
        }
        let Some(first) = self.curves.iter().find(|c| !c.points.is_empty() && c.n > 0) else {
            return Err(empty(CARD.name, "no curve has a point"));
        };
        let prevalence = first.events as f64 / first.n as f64;
        let mut curves = vec![Line::reference("", &[1.0, 0.8], vec![(0.0, prevalence), (1.0, prevalence)])];
        curves.extend(
            self.curves
                .iter()
                .enumerate()
                .map(|(place, c)| Line::new(place, &c.name, words::patients(c.n, Some(c.events)), c.points.clone())),
        );
        let chart = Chart {
            x_title: "Recall (sensitivity)".into(),
            y_title: "Precision".into(),
            x: (0.0, 1.0),
            y: (0.0, 1.0),
            ticks: None,
            curves,
            counts: None,
            notes: vec![],
            square: true,
            from: 0.0,
        };
        Ok(chart.draw(width, |_, _| {}).0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let curve = Curve { name: "PRIME_R".into(), n: 10, events: 4, points: vec![(0.25, 1.0), (1.0, 0.4)] };
        let mut figure = PrecisionRecall { title: "PRIME_R".into(), curves: vec![curve] };
        assert_eq!(figure.csv(), "curve,recall,precision\nPRIME_R,0.25,1\nPRIME_R,1,0.4\n");
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| s.contains("10")));
        figure.curves[0].points[0].0 = 2.0;
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Value { .. })));
    }
}
