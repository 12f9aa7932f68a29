//! Differences of two readings over their means, with limits of agreement.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, spread, y_margin};
use super::page::{Align, BLACK_INK, GREY, PALETTE, fit};
use super::{Figure, FigureError, Page, Width, empty, field, finite, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "bland-altman",
    title: "Agreement of two readings",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Differences of two readings over their means, with bias and limits of agreement.",
    documentation: "The solid line is the bias, dashed lines are the limits of agreement as they were estimated, and the dotted \
        line is no difference.",
    references: &["Bland JM, Altman DG. Lancet 1986;1:307-310"],
    example: "figure bland-altman",
};

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// `reader_1 minus reader_2`.
    pub readings: String,
    /// Mean and difference of each pair.
    pub points: Vec<(f64, f64)>,
    pub bias: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    /// Share of differences that the limits hold.
    pub coverage: f64,
}

impl Agreement {
    /// Bias and limits with the digits that their distance needs, all alike.
    fn told(&self, value: f64) -> String {
        let span = match (self.lower, self.upper) {
            (Some(lower), Some(upper)) if upper > lower => upper - lower,
            _ => value.abs(),
        };
        let digits = if span > 0.0 { (1.0 - span.log10().floor()).clamp(0.0, 6.0) } else { 2.0 };
        words::signed(value, digits as usize)
    }
}

impl Figure for Agreement {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("readings,mean,difference\n");
        for (mean, difference) in &self.points {
            let _ = writeln!(out, "{},{mean},{difference}", field(&self.readings));
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let said = |v: Option<f64>| v.map_or("not estimable".to_owned(), |v| self.told(v));
        words::paragraph([
            format!(
                "Differences of {} over their means (n = {})",
                self.readings,
                words::count(self.points.len() as u64)
            ),
            format!(
                "Bias {} and limits of agreement {} to {}, which hold {:.0}% of differences if these are normal",
                said(self.bias),
                said(self.lower),
                said(self.upper),
                self.coverage * 100.0
            ),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        finite(CARD.name, "a reading", self.points.iter().flat_map(|p| [p.0, p.1]))?;
        let lines = [self.bias, self.lower, self.upper];
        finite(CARD.name, "a limit", lines.into_iter().flatten())?;
        let ends = self.points.iter().map(|p| p.1).chain(lines.into_iter().flatten()).chain([0.0]);
        let (Some(x), Some(y)) = (spread(self.points.iter().map(|p| p.0), 0.05), spread(ends, 0.08)) else {
            return Err(empty(CARD.name, "no patient has both readings"));
        };
        if self.points.is_empty() {
            return Err(empty(CARD.name, "no patient has both readings"));
        }
        let total = width.millimetres();
        let left = y_margin(y.0, y.1).max(11.0) + 1.0;
        let tall = if width == Width::Column { 52.0 } else { 85.0 };
        let panel = Panel { left, top: 3.0, width: total - left - 18.0, height: tall, x, y };
        let mut page = Page::new(total, panel.bottom() + 10.5);
        page.dashed(&[panel.at(x.0, 0.0), panel.at(x.1, 0.0)], &[0.3, 0.7], GREY, 0.2);
        let radius = if self.points.len() > 400 { 0.4 } else { 0.65 };
        page.dots(self.points.iter().map(|p| panel.at(p.0, p.1)).collect(), radius, PALETTE[0], 0.7);
        let mut free = f64::NEG_INFINITY;
        let mut said: Vec<(f64, String)> = Vec::new();
        for (name, value) in [("upper limit", self.upper), ("bias", self.bias), ("lower limit", self.lower)] {
            let Some(value) = value else { continue };
            match said.last_mut().filter(|last| last.0 == value) {
                Some(last) => last.1 = "bias, limits".into(),
                None => said.push((value, name.to_owned())),
            }
            if name == "bias" {
                page.line(panel.at(x.0, value), panel.at(x.1, value), BLACK_INK, 0.3);
            } else {
                page.dashed(&[panel.at(x.0, value), panel.at(x.1, value)], &[1.2, 0.8], BLACK_INK, 0.3);
            }
        }
        for (value, name) in &said {
            // Labels of lines that are close stand one below the other.
            let y = panel.at(x.0, *value).1.max(free);
            let x = panel.right() + 1.5;
            page.text((x, y), &fit(&self.told(*value), 7.0, 16.0), 7.0, Align::Left, BLACK_INK);
            page.text((x, y + 2.8), &fit(name, 6.0, 16.0), 6.0, Align::Left, GREY);
            free = y + 6.2;
        }
        panel.axes(
            &mut page,
            "Mean of the two readings",
            &fit(&format!("Difference, {}", self.readings), 8.0, panel.height),
        );
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let mut figure = Agreement {
            readings: "reader 1 and reader 2".into(),
            points: vec![(10.0, 1.0), (20.0, -2.0)],
            bias: Some(-0.5),
            lower: Some(-4.7),
            upper: Some(3.7),
            coverage: 0.95,
        };
        assert_eq!(figure.csv(), "readings,mean,difference\nreader 1 and reader 2,10,1\nreader 1 and reader 2,20,-2\n");
        assert!(figure.caption().contains("limits of agreement −4.7 to 3.7"));
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| s.contains("−4.7")));
        figure.points.clear();
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Empty { .. })));
    }
}
