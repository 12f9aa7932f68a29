//! Receiver operating characteristic curves.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::Panel;
use super::page::{Align, BLACK_INK, DASHES, GREY, PALETTE, fit, text_width, wrap};
use super::{Figure, FigureError, Page, Width, field, groups, words};
use crate::card::{Card, EndpointKind, Role};

pub const CARD: Card = Card {
    name: "roc",
    title: "Receiver operating characteristic curves",
    role: Role::Figure,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Sensitivity against 1 − specificity in each cohort, with the area and its interval.",
    documentation: "Square, with the diagonal of chance. Every threshold is a point; ties give a slanted line. \
        The area and its interval are those that were estimated, not read off the drawing; a cohort of one class \
        has no curve and the legend says so. Notes below tell paired comparisons. One to six curves.",
    references: &["DeLong ER et al. Biometrics 1988;44:837-845", "Fawcett T. Pattern Recognit Lett 2006;27:861-874"],
    example: "figure roc",
};

/// One cohort's or model's curve.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub name: String,
    pub n: u64,
    pub events: u64,
    /// Area, lower and upper limit; None where one class is absent.
    pub area: Option<(f64, f64, f64)>,
    /// The area where it has no interval.
    #[serde(default)]
    pub bare: Option<f64>,
    /// 1 − specificity and sensitivity, from (0, 0) to (1, 1).
    pub points: Vec<(f64, f64)>,
}

/// Curves on one square.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RocCurves {
    /// What the curves are of: `PRIME_R`, `markers on all`.
    pub title: String,
    pub curves: Vec<Curve>,
    /// How the interval was made: `95% CI, DeLong`.
    pub method: String,
    /// Paired comparisons.
    pub notes: Vec<String>,
}

impl Curve {
    /// `AUC 0.72 (0.61–0.83)`, `AUC 0.72, no interval`.
    fn told(&self) -> String {
        match (self.area, self.bare) {
            (Some((a, l, u)), _) if [a, l, u].iter().all(|v| v.is_finite()) => {
                format!("AUC {}", words::estimate_with(a, l, u, 2))
            }
            (_, Some(area)) if area.is_finite() => format!("AUC {}, no interval", words::signed(area, 2)),
            _ => "AUC not estimable".to_owned(),
        }
    }
}

impl Figure for RocCurves {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("curve,one_minus_specificity,sensitivity\n");
        for curve in &self.curves {
            for (x, y) in &curve.points {
                let _ = writeln!(out, "{},{x},{y}", field(&curve.name));
            }
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let curves: Vec<String> = self
            .curves
            .iter()
            .map(|c| format!("{}: {}, {}", c.name, words::patients(c.n, Some(c.events)), c.told()))
            .collect();
        let first = format!("ROC curves of {}", self.title);
        let method = format!("Areas with {}; the dashed diagonal is chance", self.method);
        words::paragraph([vec![first, curves.join("; "), method], self.notes.clone()].concat())
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        groups("roc", self.curves.len())?;
        if self.curves.iter().flat_map(|c| &c.points).any(|(x, y)| !(0.0..=1.0).contains(x) || !(0.0..=1.0).contains(y))
        {
            let reason = "sensitivity and specificity lie between 0 and 1".into();
            return Err(FigureError::Value { figure: "roc", reason });
        }
        let total = width.millimetres();
        let side = (total - 21.0).clamp(20.0, 110.0);
        let left = ((total - side) / 2.0).max(14.5);
        let room = total - left - 10.0;
        let legend = 3.0 + side + 13.0;
        let notes: Vec<String> = self.notes.iter().flat_map(|note| wrap(note, 7.0, total - left - 2.0, 2)).collect();
        // A name that does not fit beside its counts stands above them.
        let count = |curve: &Curve| words::patients(curve.n, Some(curve.events));
        let named = |curve: &Curve| -> Vec<String> {
            let joined = format!("{} ({})", curve.name, count(curve));
            match text_width(&joined, 7.0) <= room {
                true => vec![joined],
                false => wrap(&curve.name, 7.0, room, 2).into_iter().chain([count(curve)]).collect(),
            }
        };
        let names: Vec<Vec<String>> = self.curves.iter().map(named).collect();
        let tall: f64 = names.iter().map(|lines| 3.9 + 3.3 * lines.len() as f64).sum();
        let mut page = Page::new(total, legend + tall + 3.4 * notes.len() as f64);
        let panel = Panel { left, top: 3.0, width: side, height: side, x: (0.0, 1.0), y: (0.0, 1.0) };
        page.dashed(&[panel.at(0.0, 0.0), panel.at(1.0, 1.0)], &[1.0, 1.0], GREY, 0.2);
        panel.axes(&mut page, "1 − specificity", "Sensitivity");
        let mut y = legend;
        for (i, (curve, lines)) in self.curves.iter().zip(&names).enumerate() {
            let points: Vec<_> = curve.points.iter().map(|(x, y)| panel.at(*x, *y)).collect();
            page.dashed(&points, DASHES[i], PALETTE[i], 0.45);
            page.dashed(&[(left, y), (left + 7.0, y)], DASHES[i], PALETTE[i], 0.45);
            for line in lines {
                page.text((left + 8.5, y), line, 7.0, Align::Left, BLACK_INK);
                y += 3.3;
            }
            let area = match curve.area {
                Some(_) => format!("{} ({})", curve.told(), self.method),
                None => curve.told(),
            };
            page.text((left + 8.5, y), &fit(&area, 7.0, room), 7.0, Align::Left, GREY);
            y += 3.9;
        }
        for (i, note) in notes.iter().enumerate() {
            page.text((left, legend + tall + 3.4 * i as f64), note, 7.0, Align::Left, BLACK_INK);
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let seen = Curve {
            name: "training".into(),
            n: 5,
            events: 2,
            area: Some((0.75, 0.3, 1.0)),
            bare: None,
            points: vec![(0.0, 0.0), (0.0, 0.5), (1.0, 1.0)],
        };
        let none = Curve { name: "one class".into(), n: 3, events: 0, area: None, bare: None, points: vec![] };
        assert_eq!(Curve { bare: Some(0.8), ..none.clone() }.told(), "AUC 0.80, no interval");
        let figure = RocCurves {
            title: "PRIME_R".into(),
            curves: vec![seen, none],
            method: "95% CI, DeLong".into(),
            notes: vec!["training against one class: p not estimable".into()],
        };
        let header = "curve,one_minus_specificity,sensitivity\n";
        assert_eq!(figure.csv(), format!("{header}training,0,0\ntraining,0,0.5\ntraining,1,1\n"));
        let svg = figure.draw(Width::Column).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("AUC 0.75 (0.30–1.00) (95% CI, DeLong)") && svg.contains("AUC not estimable"));
        assert!(figure.caption().contains("training: n = 5, 2 events, AUC 0.75 (0.30–1.00)"));
    }
}
