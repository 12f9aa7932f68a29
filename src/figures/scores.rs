//! Predictions of single patients in their order, with what was observed of each.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, spread, y_margin};
use super::page::{Align, BLACK_INK, GREY, PALETTE, fit, text_width};
use super::{Figure, FigureError, Page, Width, empty, field, finite, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "scores",
    title: "Predictions of single patients",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Every patient's prediction in increasing order, with the event, the follow-up or the observed value below.",
    documentation: "Patients stand from the lowest to the highest prediction. Filled points had the event, rings did not (or \
        were censored). With a survival endpoint the panel below has each patient's time at the same place; with a continuous \
        one the observed value. A model that tells patients apart has its filled points to the right, and short times there.",
    references: &["Royston P, Altman DG. Stat Med 2010;29:2508-2520"],
    example: "figure scores",
};

/// More patients than these do not stand apart on one line.
const PLAIN: usize = 300;

/// A patient.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Patient {
    pub predicted: f64,
    /// Whether the event was seen; None of a continuous endpoint.
    pub event: Option<bool>,
    /// Time of follow-up, or the observed value.
    pub observed: Option<f64>,
}

/// The numbers of the figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    pub model: String,
    pub cohort: String,
    /// `Predicted probability`.
    pub measure: String,
    /// `response`.
    pub endpoint: String,
    /// `Time (months)`, `Observed crp`; empty where the event is all there is.
    pub observed: String,
    pub patients: Vec<Patient>,
}

impl Scores {
    fn events(&self) -> Option<u64> {
        let known = self.patients.iter().filter_map(|p| p.event);
        let (all, events) = known.fold((0, 0), |(all, events), event| (all + 1, events + u64::from(event)));
        (all > 0).then_some(events)
    }

    fn ordered(&self) -> Vec<Patient> {
        let mut patients = self.patients.clone();
        patients.sort_by(|a, b| a.predicted.total_cmp(&b.predicted));
        patients
    }
}

/// Patients are so many strips of neighbours where they are many.
const STRIPS: usize = 60;

/// The height of the strip of shares.
const SHARES: f64 = 5.0;

/// The share with the event among neighbours in order, over the line of all.
fn shares(page: &mut Page, patients: &[Patient], (left, bottom): (f64, f64), right: f64) {
    let wide = (right - left) / STRIPS as f64;
    for strip in 0..STRIPS {
        let own = &patients[patients.len() * strip / STRIPS..patients.len() * (strip + 1) / STRIPS];
        if own.is_empty() {
            continue;
        }
        let share = own.iter().filter(|p| p.event.unwrap_or(false)).count() as f64 / own.len() as f64;
        let (x, top) = (left + wide * strip as f64, bottom - 0.8 - SHARES);
        page.block((x, top), wide, SHARES * (1.0 - share), PALETTE[0], 0.35);
        page.block((x, top + SHARES * (1.0 - share)), wide, SHARES * share, PALETTE[1], 0.85);
    }
}

impl Figure for Scores {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let observed = if self.observed.is_empty() { "observed" } else { &self.observed };
        let mut out = format!("rank,predicted,event,{}\n", field(observed));
        for (place, p) in self.ordered().iter().enumerate() {
            let event = p.event.map_or("", |event| if event { "1" } else { "0" });
            let _ = writeln!(out, "{},{},{event},{}", place + 1, p.predicted, number(p.observed));
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        words::paragraph([
            format!(
                "{} by {} of {} in increasing order ({})",
                self.measure,
                self.model,
                self.cohort,
                words::patients(self.patients.len() as u64, self.events())
            ),
            match self.events() {
                Some(_) if self.patients.len() > PLAIN => format!(
                    "The strip above the line has the share of patients with the event ({}) along their order, in orange",
                    self.endpoint
                ),
                Some(_) => format!("Filled points had the event ({}), rings or pale points did not", self.endpoint),
                None => String::new(),
            },
            if self.observed.is_empty() {
                String::new()
            } else {
                format!("Below, {} of the same patients", self.observed)
            },
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let patients = self.ordered();
        if patients.is_empty() {
            return Err(empty("scores", "there is no prediction"));
        }
        finite("scores", "a prediction", patients.iter().map(|p| p.predicted))?;
        let n = patients.len();
        let range = |values: &mut dyn Iterator<Item = f64>| spread(values, 0.05).unwrap_or((0.0, 1.0));
        let y = range(&mut patients.iter().map(|p| p.predicted));
        let seen = !self.observed.is_empty() && patients.iter().any(|p| p.observed.is_some());
        let below = seen.then(|| range(&mut patients.iter().filter_map(|p| p.observed).chain([0.0])));
        let left = y_margin(y.0, y.1).max(below.map_or(0.0, |b| y_margin(b.0, b.1))) + 1.0;
        let total = width.millimetres();
        let tall = if width == Width::Column { 42.0 } else { 60.0 };
        // The key on one line where it fits, else on two.
        let said = fit(&self.endpoint, 7.0, total - left - 6.0);
        let not = if self.observed.is_empty() { "no event" } else { "no event (censored)" };
        let beside = left + text_width(&said, 7.0) + text_width(not, 7.0) + 11.0 <= total;
        let head = match self.events() {
            Some(_) if beside => 6.0,
            Some(_) => 9.4,
            None => 3.0,
        };
        let pad = (n as f64 * 0.02).max(0.6);
        let x = (1.0 - pad, n as f64 + pad);
        let crowd = if n > PLAIN && self.events().is_some() { SHARES + 1.5 } else { 0.0 };
        let upper = Panel { left, top: head + crowd, width: total - left - 3.0, height: tall, x, y };
        let lower = below.map(|y| Panel { top: upper.bottom() + 4.0, height: tall * 0.75, y, ..upper });
        let last = lower.unwrap_or(upper);
        let mut page = Page::new(total, last.bottom() + 10.0);
        let radius = (upper.width / n as f64 * 0.42).clamp(0.32, 0.8);
        let hollow = radius > 0.45;
        let filled = |page: &mut Page, at: Vec<(f64, f64)>| {
            page.dots(at, radius, PALETTE[1], if hollow { 1.0 } else { 0.85 });
        };
        let ring = |page: &mut Page, at: Vec<(f64, f64)>| {
            page.dots(at.clone(), radius, PALETTE[0], if hollow { 1.0 } else { 0.35 });
            if hollow {
                page.dots(at, radius - 0.2, (255, 255, 255), 1.0);
            }
        };
        // Of many patients every fourth is a layer, so that neither hides the other.
        let many = n > PLAIN && self.events().is_some();
        let layers = if many { 4 } else { 1 };
        let mut points = |panel: &Panel, value: &dyn Fn(&Patient) -> Option<f64>| {
            for layer in 0..layers {
                let of = |wanted: bool| -> Vec<(f64, f64)> {
                    let own = patients.iter().enumerate();
                    let own = own.filter(|(place, p)| place % layers == layer && p.event.unwrap_or(true) == wanted);
                    own.filter_map(|(place, p)| Some(panel.at(place as f64 + 1.0, value(p)?))).collect()
                };
                ring(&mut page, of(false));
                filled(&mut page, of(true));
            }
        };
        if let Some(lower) = &lower {
            points(lower, &|p| p.observed);
        }
        if many {
            // Points on one line would hide each other: the line, and above it the share with the event along it.
            let line = patients.iter().enumerate().step_by((n / 400).max(1));
            page.path(line.map(|(place, p)| upper.at(place as f64 + 1.0, p.predicted)).collect(), BLACK_INK, 0.5);
            shares(&mut page, &patients, (upper.at(1.0, y.0).0, upper.top), upper.at(n as f64, y.0).0);
        } else {
            points(&upper, &|p| Some(p.predicted));
        }
        upper.y_axis(&mut page, &fit(&self.measure, 8.0, upper.height));
        if let Some(lower) = &lower {
            upper.x_ticks(&mut page, &[], "");
            lower.y_axis(&mut page, &fit(&self.observed, 8.0, lower.height));
        }
        last.x_axis(&mut page, &format!("Patients by prediction (n = {})", words::count(n as u64)));
        if self.events().is_some() {
            // The key has the points of the panels.
            filled(&mut page, vec![(left + 1.0, 2.6)]);
            page.text((left + 3.0, 2.6), &said, 7.0, Align::Left, BLACK_INK);
            let next = if beside { (left + 7.0 + text_width(&said, 7.0), 2.6) } else { (left + 1.0, 6.0) };
            ring(&mut page, vec![next]);
            page.text((next.0 + 2.0, next.1), not, 7.0, Align::Left, GREY);
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let patient = |predicted, event, observed| Patient { predicted, event: Some(event), observed };
        let mut figure = Scores {
            model: "PRIME_S".into(),
            cohort: "external (external)".into(),
            measure: "Predicted risk".into(),
            endpoint: "os".into(),
            observed: "Time (months)".into(),
            patients: vec![patient(0.8, true, Some(3.0)), patient(0.2, false, Some(24.0))],
        };
        assert_eq!(figure.csv(), "rank,predicted,event,Time (months)\n1,0.2,0,24\n2,0.8,1,3\n");
        assert!(figure.caption().contains("n = 2, 1 events"));
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| !s.contains("NaN")));
        figure.patients[0].predicted = f64::NAN;
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Value { .. })));
        figure.patients.clear();
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Empty { .. })));
    }
}
