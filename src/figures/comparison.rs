//! A metric with its interval for each model and cohort.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::Panel;
use super::page::{Align, BLACK_INK, GREY, PALE, PALETTE, bold_width, fit, shorten, text_width, widest};
use super::{Figure, FigureError, Page, Width, empty, field, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "comparison",
    title: "Comparison of models",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Each model's metric with its interval, cohort by cohort, and the p of paired differences.",
    documentation: "A dot and its interval per row, cohort by cohort. The dashed line is chance where the metric has one; the \
        axis spans what is drawn and does not start at 0. p is that of the paired difference against the model named, on \
        the same patients; rows compared with nothing have none. A row without an estimate says so.",
    references: &[],
    example: "figure comparison",
};

/// A model in a cohort.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// With the kind of evidence: `train (out of fold)`.
    pub cohort: String,
    pub name: String,
    pub n: u64,
    pub events: Option<u64>,
    /// None where it is not estimable.
    pub value: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    /// Of the paired difference against [`Comparison::against`].
    pub p: Option<f64>,
}

/// The numbers of a comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// `C-index`.
    pub metric: String,
    /// `95% CI, infinitesimal jackknife`.
    pub method: String,
    /// What a model without discrimination has.
    pub chance: Option<f64>,
    /// The model that others are tested against; empty for none.
    pub against: String,
    /// Rows of a cohort stand together.
    pub rows: Vec<Row>,
}

impl Figure for Comparison {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("cohort,model,n,events,estimate,lower,upper,p\n");
        for r in &self.rows {
            let [e, l, u, p] = [r.value, r.lower, r.upper, r.p].map(number);
            let events = r.events.map(|e| e.to_string()).unwrap_or_default();
            let _ = writeln!(out, "{},{},{},{events},{e},{l},{u},{p}", field(&r.cohort), field(&r.name), r.n);
        }
        out
    }

    fn caption(&self) -> String {
        let against = if self.rows.iter().any(|r| r.p.is_some()) {
            format!("p is that of the paired difference against {}", self.against)
        } else {
            String::new()
        };
        let rows = self.rows.iter().map(|r| (r.cohort.as_str(), r.n, r.events));
        let mut cohorts: Vec<(&str, u64, Option<u64>)> = Vec::new();
        for row in rows {
            if !cohorts.iter().any(|c| c.0 == row.0) {
                cohorts.push(row);
            }
        }
        words::paragraph([
            format!("{} by model and cohort", self.metric),
            words::each(cohorts),
            words::sentence(&self.method),
            against,
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let sound = self.rows.iter().all(|r| match (r.value, r.lower, r.upper) {
            (None, ..) => true,
            (Some(v), l, u) => v.is_finite() && l.is_none_or(|l| l <= v) && u.is_none_or(|u| v <= u),
        });
        if !sound {
            let reason = "an estimate lies within its finite interval".into();
            return Err(FigureError::Value { figure: "comparison", reason });
        }
        let ends =
            || self.rows.iter().filter(|r| r.value.is_some()).flat_map(|r| [r.value, r.lower, r.upper]).flatten();
        if ends().next().is_none() {
            return Err(empty("comparison", "no row has an estimate"));
        }
        let ends = ends().chain(self.chance);
        let x = super::axes::spread(ends, 0.06).unwrap_or((0.0, 1.0));
        let total = width.millimetres();
        let said = |r: &Row| match (r.value, r.lower, r.upper) {
            (Some(v), Some(l), Some(u)) => words::estimate_with(v, l, u, 2),
            (Some(v), ..) => format!("{}, no interval", words::signed(v, 2)),
            _ => "not estimable".into(),
        };
        let count =
            |r: &Row| r.events.map_or(words::count(r.n), |e| format!("{}/{}", words::count(e), words::count(r.n)));
        let tested = self.rows.iter().any(|r| r.p.is_some());
        let values = widest(self.rows.iter().map(said), 7.0).max(bold_width(&heading_of(&self.method), 7.0));
        let p_wide = if tested { text_width("< 0.001", 7.0) + 3.0 } else { 0.0 };
        let mut cohorts: Vec<&str> = self.rows.iter().map(|r| r.cohort.as_str()).collect();
        cohorts.dedup();
        // One model in many cohorts wants no heading above each of its rows.
        let single = cohorts.len() == self.rows.len() && self.rows.iter().all(|r| r.name == self.rows[0].name);
        let headings = if single { 0 } else { cohorts.len() };
        let name = |r: &Row| if single { r.cohort.clone() } else { r.name.clone() };
        // A narrow column counts patients beside the cohort where all its rows have the same.
        let alike = self
            .rows
            .windows(2)
            .all(|two| two[0].cohort != two[1].cohort || (two[0].n, two[0].events) == (two[1].n, two[1].events));
        let beside = total < 100.0 && !single && alike;
        let counts = widest(self.rows.iter().map(count), 7.0).max(text_width("Events/n", 7.0)) + 3.0;
        let counts = if beside { 0.0 } else { counts };
        let names = widest(self.rows.iter().map(name), 7.0) + 3.0;
        let names = names.min(total - values - p_wide - counts - if beside { 28.0 } else { 31.0 }).max(15.0);
        let left = names + counts + 3.0;
        let row = 4.4;
        let head = 6.0;
        let height = row * (self.rows.len() + headings) as f64;
        let right = total - values - p_wide - 4.0;
        let panel = Panel { left, top: head, width: right - left, height, x, y: (0.0, 1.0) };
        let mut page = Page::new(total, panel.bottom() + 10.0);
        let heading = if self.rows.iter().any(|r| r.events.is_some()) { "Events/n" } else { "n" };
        if !beside {
            page.bold((left - 2.5, 3.4), heading, 7.0, Align::Right, BLACK_INK);
        }
        page.bold((right + 2.5, 3.4), &heading_of(&self.method), 7.0, Align::Left, BLACK_INK);
        if tested {
            page.bold((total - 1.5, 3.4), "p", 7.0, Align::Right, BLACK_INK);
        }
        let mut y = head - row / 2.0;
        let (mut cohort, mut place) = ("", 0);
        let mut rows: Vec<&Row> = self.rows.iter().collect();
        if single {
            // Centres that are numbers stand in their order, 2 before 10; those that are not keep theirs.
            rows.sort_by(|a, b| leading(&a.cohort).total_cmp(&leading(&b.cohort)));
        }
        for r in rows {
            if !single && (r.cohort != cohort || place == 0) {
                y += row;
                page.block((1.0, y - row / 2.0), total - 2.0, row, PALE, 0.6);
                let counted = if beside { format!(" ({})", words::patients(r.n, r.events)) } else { String::new() };
                let room = total - 4.0 - text_width(&counted, 7.0);
                // Bold letters are a tenth wider than those that are measured.
                let title = fit(&r.cohort, 7.0, room * 0.92);
                page.bold((2.0, y), &title, 7.0, Align::Left, BLACK_INK);
                page.text((2.0 + bold_width(&title, 7.0), y), &counted, 7.0, Align::Left, BLACK_INK);
                cohort = &r.cohort;
            }
            place += 1;
            y += row;
            // The line of chance leaves out the headings, which it would strike through.
            if let Some(chance) = self.chance {
                let x = panel.at(chance, 0.0).0;
                page.dashed(&[(x, y - row / 2.0), (x, y + row / 2.0)], &[1.0, 0.8], GREY, 0.2);
            }
            let indent = if single { 2.0 } else { 4.5 };
            page.text((indent, y), &shorten(&name(r), 7.0, names + 2.0 - indent), 7.0, Align::Left, BLACK_INK);
            if !beside {
                page.text((left - 2.5, y), &count(r), 7.0, Align::Right, BLACK_INK);
            }
            let ink = if r.value.is_some() { BLACK_INK } else { GREY };
            page.text((right + 2.5, y), &said(r), 7.0, Align::Left, ink);
            if let Some(v) = r.value {
                if let (Some(l), Some(u)) = (r.lower, r.upper) {
                    let (a, b) = (panel.at(l, 0.0).0, panel.at(u, 0.0).0);
                    page.line((a, y), (b, y), PALETTE[0], 0.35);
                    page.line((a, y - 0.6), (a, y + 0.6), PALETTE[0], 0.35);
                    page.line((b, y - 0.6), (b, y + 0.6), PALETTE[0], 0.35);
                }
                page.dot((panel.at(v, 0.0).0, y), 0.9, PALETTE[0]);
            }
            match r.p {
                Some(p) => page.text((total - 1.5, y), &words::p(p), 7.0, Align::Right, BLACK_INK),
                None if tested && r.name == self.against => {
                    page.text((total - 1.5, y), "ref.", 7.0, Align::Right, GREY)
                }
                None => {}
            }
        }
        let title = if single { format!("{} of {}", self.metric, self.rows[0].name) } else { self.metric.clone() };
        panel.x_axis(&mut page, &title);
        Ok(page)
    }
}

/// The number that a name begins with; infinite where it begins with none.
fn leading(name: &str) -> f64 {
    let digits: String = name.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().unwrap_or(f64::INFINITY)
}

/// `Estimate (95% CI)` where the method begins with what the interval is.
fn heading_of(method: &str) -> String {
    match method.split([';', ',']).next() {
        Some(interval) if interval.ends_with(" CI") => format!("Estimate ({interval})"),
        _ => "Estimate (CI)".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let row = |name: &str, value: Option<f64>, p| Row {
            cohort: "train".into(),
            name: name.into(),
            n: 9,
            events: Some(4),
            value,
            lower: value.map(|v| v - 0.1),
            upper: value.map(|v| v + 0.1),
            p,
        };
        let rows =
            vec![row("fused", Some(0.75), None), row("clinical", Some(0.5), Some(0.0004)), row("empty", None, None)];
        let mut figure = Comparison {
            metric: "C-index".into(),
            method: "95% CI".into(),
            chance: Some(0.5),
            against: "fused".into(),
            rows,
        };
        let csv = figure.csv();
        assert!(csv.starts_with("cohort,model,n,events,estimate,lower,upper,p\ntrain,fused,9,4,0.75,0.65,0.85,\n"));
        assert!(csv.ends_with("train,empty,9,4,,,,\n"));
        let svg = figure.draw(Width::Column).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("not estimable") && svg.contains("0.75 (0.65–0.85)") && svg.contains("&lt; 0.001"));
        assert!(leading("2 (out of fold)") < leading("10 (out of fold)") && leading("all").is_infinite());
        figure.rows.truncate(0);
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Empty { .. })));
    }
}
