//! A forest plot: ratios with intervals beside their counts.

use super::axes::label;
use super::page::{Align, BLACK_INK, GREY, PALETTE, fit, text_width};
use super::{Figure, FigureError, Page, Width, field, number};
use crate::card::{Card, EndpointKind, Role};
use serde::{Deserialize, Serialize};
use std::fmt::Write;

pub const CARD: Card = Card {
    name: "forest",
    title: "Forest plot",
    role: Role::Figure,
    endpoints: &[EndpointKind::Binary, EndpointKind::Survival],
    parameters: &[],
    summary: "Hazard or odds ratios with intervals on a log axis, with n, events and p.",
    documentation: "The axis is logarithmic and the line of no effect stands at 1. An interval that leaves the axis \
        ends in an arrow; its numbers are printed whole. n and events are those of the fitted model, not of the \
        table. A reference level is named so; an inestimable row says why and has no mark. At full width only.",
    references: &["Lewis S, Clarke M. BMJ 2001;322:1479-1480"],
    example: "figure forest",
};

/// What a row has to show.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Effect {
    Ratio {
        estimate: f64,
        lower: f64,
        upper: f64,
        p: Option<f64>,
    },
    Reference,
    /// With the reason: `no events`.
    NotEstimable(String),
}

/// One line of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    /// Counts of the fitted model.
    pub n: u64,
    pub events: u64,
    pub effect: Effect,
}

/// A forest plot's numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Forest {
    /// `Hazard ratio`.
    pub measure: String,
    /// `95 % CI`.
    pub interval: String,
    pub rows: Vec<Row>,
}

/// A p-value as journals print it.
fn probability(p: f64) -> String {
    if p < 0.001 {
        "< 0.001".into()
    } else if p < 0.01 {
        format!("{p:.3}")
    } else {
        format!("{p:.2}")
    }
}

impl Figure for Forest {
    fn csv(&self) -> String {
        let mut out = String::from("row,n,events,estimate,lower,upper,p,remark\n");
        for row in &self.rows {
            let (values, p, remark) = match &row.effect {
                Effect::Ratio { estimate, lower, upper, p } => {
                    ([Some(*estimate), Some(*lower), Some(*upper)].map(number).join(","), *p, String::new())
                }
                Effect::Reference => (",,".into(), None, "reference".into()),
                Effect::NotEstimable(why) => (",,".into(), None, field(&format!("not estimable: {why}"))),
            };
            let _ = writeln!(out, "{},{},{},{values},{},{remark}", field(&row.name), row.n, row.events, number(p));
        }
        out
    }

    fn draw(&self, _: Width) -> Result<Page, FigureError> {
        if self.rows.is_empty() {
            return Err(FigureError::Empty { figure: "forest", reason: "there is no row".into() });
        }
        let (mut low, mut high) = (0.5f64, 2.0f64);
        for row in &self.rows {
            if let Effect::Ratio { estimate, lower, upper, .. } = row.effect {
                if !(estimate > 0.0 && estimate.is_finite() && lower >= 0.0 && lower <= estimate && estimate <= upper) {
                    let reason = format!("{}: a ratio is above 0 and within its interval", row.name);
                    return Err(FigureError::Value { figure: "forest", reason });
                }
                // Wide intervals are cut so that the narrow ones stay readable; estimates never are.
                low = low.min(lower.max(0.1)).min(estimate / 1.2);
                high = high.max(upper.min(10.0)).max(estimate * 1.2);
            }
        }
        let total = Width::Full.millimetres();
        let names = self.rows.iter().map(|r| text_width(&r.name, 8.0)).fold(20.0, f64::max).min(55.0);
        let (n, events) = (names + 14.0, names + 27.0);
        let (left, right) = (names + 32.0, total - 56.0);
        let (ratio, p) = (total - 53.0, total - 3.0);
        let (head, row_height) = (4.5, 4.8);
        let bottom = head + 4.0 + row_height * self.rows.len() as f64;
        let mut page = Page::new(total, bottom + 11.0);
        let across = |v: f64| left + (v / low).ln() / (high / low).ln() * (right - left);
        page.bold((n, head), "n", 8.0, Align::Right, BLACK_INK);
        page.bold((events, head), "Events", 8.0, Align::Right, BLACK_INK);
        let title = format!("{} ({})", self.measure, self.interval);
        page.bold((ratio, head), &fit(&title, 8.0, 40.0), 8.0, Align::Left, BLACK_INK);
        page.bold((p, head), "p", 8.0, Align::Right, BLACK_INK);
        page.line((2.0, head + 2.7), (total - 2.0, head + 2.7), BLACK_INK, 0.2);
        page.dashed(&[(across(1.0), head + 2.7), (across(1.0), bottom)], &[1.0, 0.8], GREY, 0.2);
        for (i, row) in self.rows.iter().enumerate() {
            let y = head + 5.8 + row_height * i as f64;
            page.text((2.0, y), &fit(&row.name, 8.0, names), 8.0, Align::Left, BLACK_INK);
            page.text((n, y), &row.n.to_string(), 8.0, Align::Right, BLACK_INK);
            page.text((events, y), &row.events.to_string(), 8.0, Align::Right, BLACK_INK);
            match &row.effect {
                Effect::Reference => page.text((ratio, y), "1 (reference)", 8.0, Align::Left, GREY),
                Effect::NotEstimable(why) => {
                    let said = fit(&format!("not estimable: {why}"), 8.0, 50.0);
                    page.text((ratio, y), &said, 8.0, Align::Left, GREY);
                }
                Effect::Ratio { estimate, lower, upper, p: chance } => {
                    let ink = PALETTE[0];
                    let (a, b) = (across(lower.max(low)), across(upper.min(high)));
                    page.line((a, y), (b, y), ink, 0.35);
                    for (end, cut, way) in [(a, *lower < low, 1.0), (b, *upper > high, -1.0)] {
                        if cut {
                            page.area(vec![(end, y), (end + way * 1.8, y - 1.0), (end + way * 1.8, y + 1.0)], ink, 1.0);
                        } else {
                            page.line((end, y - 0.7), (end, y + 0.7), ink, 0.35);
                        }
                    }
                    let (x, r) = (across(*estimate), 0.95);
                    page.area(vec![(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)], ink, 1.0);
                    let upper = if upper.is_finite() { format!("{upper:.2}") } else { "∞".into() };
                    let said = format!("{estimate:.2} ({lower:.2}-{upper})");
                    page.text((ratio, y), &fit(&said, 8.0, 36.0), 8.0, Align::Left, BLACK_INK);
                    let chance = chance.filter(|p| p.is_finite()).map_or("–".into(), probability);
                    page.text((p, y), &chance, 8.0, Align::Right, BLACK_INK);
                }
            }
        }
        page.line((left, bottom), (right, bottom), BLACK_INK, 0.2);
        let mut free = f64::NEG_INFINITY;
        for power in -6..=6 {
            for digit in [1.0, 2.0, 5.0] {
                let tick = digit * 10f64.powi(power);
                if tick >= low * 0.999 && tick <= high * 1.001 {
                    let (x, half) = (across(tick), text_width(&label(tick), 7.0) / 2.0 + 0.6);
                    page.line((x, bottom), (x, bottom + 1.0), BLACK_INK, 0.2);
                    if x - half > free {
                        page.text((x, bottom + 3.0), &label(tick), 7.0, Align::Centre, BLACK_INK);
                        free = x + half;
                    }
                }
            }
        }
        let title = format!("{} (log scale)", self.measure);
        page.text(((left + right) / 2.0, bottom + 7.0), &fit(&title, 8.0, right - left), 8.0, Align::Centre, BLACK_INK);
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_without_an_estimate_say_so() {
        let row = |name: &str, effect| Row { name: name.into(), n: 53, events: 21, effect };
        let rows = vec![
            row("A", Effect::Ratio { estimate: 2.0, lower: 0.01, upper: 400.0, p: Some(1e-9) }),
            row("B", Effect::Reference),
            row("PVT", Effect::NotEstimable("no events, 0 of 4".into())),
        ];
        let mut figure = Forest { measure: "Hazard ratio".into(), interval: "95 % CI".into(), rows };
        let expected = "row,n,events,estimate,lower,upper,p,remark\nA,53,21,2,0.01,400,0.000000001,\n\
            B,53,21,,,,,reference\nPVT,53,21,,,,,\"not estimable: no events, 0 of 4\"\n";
        assert_eq!(figure.csv(), expected);
        let svg = figure.draw(Width::Full).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("2.00 (0.01-400.00)") && svg.contains("not estimable: no events"));
        figure.rows.clear();
        assert!(figure.draw(Width::Full).is_err());
    }
}
