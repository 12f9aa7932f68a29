//! A feature's Shapley values over its own values.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, spread, y_margin};
use super::beeswarm::{MISSING, shade};
use super::colours::{Key, sequential};
use super::page::{Align, BLACK_INK, GREY, Ink, fit, shorten};
use super::{Figure, FigureError, Page, Width, empty, field, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "dependence",
    title: "Shapley dependence",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "How the prediction depends on one to six features: Shapley value over value, coloured by another feature.",
    documentation: "Each point is a patient. The colour is the value of the feature beside the bar; grey where it is missing. \
        Patients in whom the feature itself is missing have no place on the axis and are counted. The line is a smoothed \
        mean where it was estimated.",
    references: &["Lundberg SM et al. Nat Mach Intell 2020;2:56-67"],
    example: "figure dependence",
};

/// A patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub value: Option<f64>,
    pub shapley: f64,
    /// Value of the colouring feature.
    pub other: Option<f64>,
}

/// A feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    pub name: String,
    /// The feature that colours; empty for none.
    pub other: String,
    pub points: Vec<Point>,
    /// A smoothed mean.
    pub smooth: Vec<(f64, f64)>,
    /// What the values 0, 1, ... stand for; empty for a feature that is a number.
    #[serde(default)]
    pub levels: Vec<String>,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Dependence {
    pub model: String,
    pub cohort: String,
    pub n: u64,
    /// `Shapley value`, `Mean prediction`.
    pub measure: String,
    pub unit: String,
    pub method: String,
    pub features: Vec<Feature>,
}

/// A share of the axis without a value, over which a line is dashed.
const BARE: f64 = 0.3;

impl Figure for Dependence {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("feature,value,shapley,other,other_value\n");
        for f in &self.features {
            for p in &f.points {
                let (value, other) = (number(p.value), number(p.other));
                let _ = writeln!(out, "{},{value},{},{},{other}", field(&f.name), p.shapley, field(&f.other));
            }
        }
        out
    }

    fn caption(&self) -> String {
        let names: Vec<&str> = self.features.iter().map(|f| f.name.as_str()).collect();
        let missing: Vec<String> = self
            .features
            .iter()
            .map(|f| (f, f.points.iter().filter(|p| p.value.is_none()).count()))
            .filter(|(_, n)| *n > 0)
            .map(|(f, n)| format!("{} is missing for {n} patients, who are not drawn", f.name))
            .collect();
        words::paragraph([
            format!(
                "{} ({}) over {} in {} on {} (n = {})",
                self.measure,
                self.unit,
                names.join(", "),
                self.model,
                self.cohort,
                words::count(self.n)
            ),
            missing.join("; "),
            words::sentence(&self.method),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        super::groups("dependence", self.features.len())?;
        let known = |f: &Feature| f.points.iter().filter(|p| p.value.is_some_and(f64::is_finite)).count();
        if self.features.iter().all(|f| known(f) == 0 && f.smooth.is_empty()) {
            return Err(empty("dependence", "no patient has a value of the feature"));
        }
        super::finite(
            "dependence",
            "a Shapley value",
            self.features.iter().flat_map(|f| f.points.iter().map(|p| p.shapley)),
        )?;
        let total = width.millimetres();
        let abreast = if width == Width::Full { self.features.len().min(2) } else { 1 };
        let cell = total / abreast as f64;
        let tall = (cell * 0.62).min(62.0);
        let lines = self.features.len().div_ceil(abreast);
        let mut page = Page::new(total, (tall + 16.0) * lines as f64);
        // Lines alone are compared: one scale for all.
        let lines_alone = self.features.iter().all(|f| f.points.is_empty());
        let shared = spread(self.features.iter().flat_map(|f| f.smooth.iter().map(|s| s.1)), 0.06);
        for (place, f) in self.features.iter().enumerate() {
            let (x0, y0) = (cell * (place % abreast) as f64, (tall + 16.0) * (place / abreast) as f64);
            let values = || f.points.iter().filter_map(|p| Some((p.value.filter(|v| v.is_finite())?, p)));
            let ends = [-0.5, f.levels.len() as f64 - 0.5].into_iter().filter(|_| !f.levels.is_empty());
            let shown = f.smooth.iter().map(|s| s.0).filter(|_| f.points.is_empty());
            let xs =
                spread(ends.chain(values().map(|p| p.0)).chain(shown), if f.levels.is_empty() { 0.04 } else { 0.0 })
                    .unwrap_or((0.0, 1.0));
            let zero = (!f.points.is_empty()).then_some(0.0);
            let line = f.smooth.iter().map(|s| s.1).filter(|_| f.points.is_empty());
            let ys = spread(values().map(|p| p.1.shapley).chain(zero).chain(line), 0.06);
            let ys = if lines_alone { shared } else { ys }.unwrap_or((-1.0, 1.0));
            let left = x0 + y_margin(ys.0, ys.1).max(12.0);
            let key = if f.other.is_empty() { 4.0 } else { 14.0 };
            let panel = Panel { left, top: y0 + 5.5, width: x0 + cell - left - key, height: tall, x: xs, y: ys };
            if zero.is_some() {
                panel.level(&mut page, 0.0);
            }
            let others: Vec<Option<f64>> = f.points.iter().map(|p| p.other).collect();
            let shade = shade(&others);
            let radius = if f.points.len() > 1000 { 0.35 } else { 0.6 };
            let mut clouds: std::collections::BTreeMap<Ink, Vec<(f64, f64)>> = std::collections::BTreeMap::new();
            for (value, p) in values() {
                let ink = if f.other.is_empty() { super::page::PALETTE[0] } else { shade(p.other) };
                let coarse = |part: u8| (part / 12).saturating_mul(12);
                let ink = (coarse(ink.0), coarse(ink.1), coarse(ink.2));
                clouds.entry(ink).or_default().push(panel.at(value, p.shapley));
            }
            for (ink, cloud) in clouds {
                page.dots(cloud, radius, ink, 0.85);
            }
            let line = f.smooth.iter().filter(|(x, y)| *x >= xs.0 && *x <= xs.1 && *y >= ys.0 && *y <= ys.1);
            let line: Vec<(f64, f64)> = line.map(|(x, y)| panel.at(*x, *y)).collect();
            if f.points.is_empty() && f.levels.is_empty() {
                // Where no value lies for long the line is only between two of them.
                for pair in line.windows(2) {
                    let bare: &[f64] = if pair[1].0 - pair[0].0 > panel.width * BARE { &[1.0, 0.8] } else { &[] };
                    page.dashed(pair, bare, BLACK_INK, 0.35);
                }
            } else {
                page.path(line, BLACK_INK, 0.35);
            }
            if f.points.is_empty() && f.levels.is_empty() {
                for (value, _) in &f.smooth {
                    let (x, y) = panel.at(*value, ys.0);
                    page.line((x, y), (x, y - 1.4), GREY, 0.2);
                }
            }
            panel.y_axis(&mut page, &format!("{} ({})", self.measure, words::bare(&self.unit)));
            let name = shorten(&f.name, 8.0, panel.width + 8.0);
            if f.levels.is_empty() {
                panel.x_axis(&mut page, &name);
            } else {
                let each = panel.width / f.levels.len() as f64 - 1.0;
                let ticks = f.levels.iter().enumerate().map(|(code, level)| (code as f64, fit(level, 7.0, each)));
                panel.x_ticks(&mut page, &ticks.collect::<Vec<_>>(), &name);
            }
            if !f.other.is_empty() {
                let bar = Key { title: "", low: 0.0, high: 1.0, ends: Some(("low", "high")) };
                bar.draw(&mut page, (panel.right() + 2.5, panel.top + 2.0), tall * 0.55, sequential);
                if values().any(|(_, p)| p.other.is_none_or(|v| !v.is_finite())) {
                    let y = panel.top + tall * 0.55 + 6.0;
                    page.dot((panel.right() + 3.2, y), radius, MISSING);
                    page.text((panel.right() + 4.6, y), "missing", 6.5, Align::Left, GREY);
                }
                let said = shorten(&format!("colour: {}", f.other), 6.5, panel.width + key - 3.0);
                page.text((panel.right() + key - 2.0, y0 + 2.6), &said, 6.5, Align::Right, GREY);
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
        let point = |value, shapley| Point { value, shapley, other: Some(2.0) };
        let feature = Feature {
            name: "age".into(),
            other: "afp".into(),
            points: vec![point(Some(60.0), 0.1), point(Some(70.0), 0.3), point(None, -0.1)],
            smooth: vec![(60.0, 0.1), (70.0, 0.3)],
            levels: vec![],
        };
        let mut figure = Dependence {
            model: "PRIME_R".into(),
            cohort: "train".into(),
            n: 3,
            measure: "Shapley value".into(),
            unit: "log-odds".into(),
            method: "permutation sampling".into(),
            features: vec![feature; 3],
        };
        assert!(figure.csv().contains("age,,-0.1,afp,2\n"));
        assert!(figure.caption().contains("age is missing for 1 patients"));
        assert!(figure.draw(Width::Full).and_then(|p| p.svg()).is_ok_and(|s| !s.contains("NaN")));
        figure.features =
            vec![Feature { points: vec![point(None, 0.0)], smooth: vec![], ..figure.features[0].clone() }];
        assert!(matches!(figure.draw(Width::Full), Err(FigureError::Empty { .. })));
    }
}
