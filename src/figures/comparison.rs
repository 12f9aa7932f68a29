//! A metric with its interval for each model and cohort.

use super::axes::Panel;
use super::page::{Align, BLACK_INK, GREY, PALETTE, fit, text_width};
use super::{Figure, FigureError, Page, Width, field, number, words};
use crate::card::{Card, Role};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

pub const CARD: Card = Card {
    name: "comparison",
    title: "Comparison of models",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Each model's metric with its interval, cohort by cohort.",
    documentation: "A dot and its interval per row; the axis spans what is drawn and does not start at 0. \
        A row without an estimate says so.",
    references: &[],
    example: "figure comparison",
};

/// A model in a cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    pub n: u64,
    pub events: u64,
    /// Estimate, lower and upper limit.
    pub value: Option<(f64, f64, f64)>,
}

/// The numbers of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// `C-index (95 % CI, bootstrap)`.
    pub metric: String,
    pub rows: Vec<Row>,
}

impl Figure for Comparison {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn caption(&self) -> String {
        let rows = words::each(self.rows.iter().map(|r| (r.name.as_str(), r.n, Some(r.events))));
        words::paragraph([self.metric.as_str(), &rows])
    }

    fn csv(&self) -> String {
        let mut out = String::from("row,n,events,estimate,lower,upper\n");
        for r in &self.rows {
            let [e, l, u] = [r.value.map(|v| v.0), r.value.map(|v| v.1), r.value.map(|v| v.2)].map(number);
            let _ = writeln!(out, "{},{},{},{e},{l},{u}", field(&r.name), r.n, r.events);
        }
        out
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let values: Vec<_> = self.rows.iter().filter_map(|r| r.value).collect();
        if values.iter().any(|(e, l, u)| !(e.is_finite() && l.is_finite() && u.is_finite() && l <= e && e <= u)) {
            let reason = "an estimate lies within its finite interval".into();
            return Err(FigureError::Value { figure: "comparison", reason });
        }
        if values.is_empty() {
            return Err(FigureError::Empty { figure: "comparison", reason: "no row has an estimate".into() });
        }
        let low = values.iter().map(|v| v.1).fold(f64::INFINITY, f64::min);
        let high = values.iter().map(|v| v.2).fold(f64::NEG_INFINITY, f64::max);
        let pad = ((high - low) * 0.08).max(0.01);
        let total = width.millimetres();
        let label = |r: &Row| format!("{} ({}/{})", r.name, r.events, r.n);
        let names = self.rows.iter().map(|r| text_width(&label(r), 7.0)).fold(0.0, f64::max).min(total * 0.45);
        let (left, height) = (names + 6.0, 5.0 * self.rows.len() as f64);
        let (x, y) = ((low - pad, high + pad), (0.0, 1.0));
        let panel = Panel { left, top: 3.0, width: total - left - 5.0, height, x, y };
        let mut page = Page::new(total, height + 13.0);
        panel.x_axis(&mut page, &fit(&self.metric, 8.0, panel.width));
        for (i, r) in self.rows.iter().enumerate() {
            let y = 5.5 + 5.0 * i as f64;
            page.text((left - 3.0, y), &fit(&label(r), 7.0, names), 7.0, Align::Right, BLACK_INK);
            if let Some((e, l, u)) = r.value {
                page.line((panel.at(l, 0.0).0, y), (panel.at(u, 0.0).0, y), PALETTE[0], 0.35);
                page.dot((panel.at(e, 0.0).0, y), 0.9, PALETTE[0]);
            } else {
                page.text((left + 2.0, y), "not estimable", 7.0, Align::Left, GREY);
            }
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let row = |name: &str, value| Row { name: name.into(), n: 9, events: 4, value };
        let rows = vec![row("clinical", Some((0.7, 0.6, 0.8))), row("empty", None)];
        let figure = Comparison { metric: "C-index".into(), rows };
        assert_eq!(figure.csv(), "row,n,events,estimate,lower,upper\nclinical,9,4,0.7,0.6,0.8\nempty,9,4,,,\n");
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| s.contains("not estimable")));
    }
}
