//! Shapley values of every patient, feature by feature.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, spread};
use super::colours::{Key, sequential};
use super::page::{Align, BLACK_INK, GREY, PALE, shorten, widest};
use super::{Figure, FigureError, Page, Width, empty, field, finite, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "beeswarm",
    title: "Shapley values",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Each patient's Shapley value of each feature, coloured by the feature's value, most important first.",
    documentation: "Features stand in order of mean absolute Shapley value, at most twenty; the sum of all others is the last \
        row. Colour runs from the feature's 5th to its 95th percentile; a missing value is grey, and levels are coloured \
        by their order. Points are stacked where they are many, a row's breadth being the largest stack.",
    references: &["Lundberg SM, Lee SI. Adv Neural Inf Process Syst 2017;30:4765-4774"],
    example: "figure beeswarm",
};

/// Features drawn by name.
pub const MOST: usize = 20;

/// A feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Feature {
    pub name: String,
    pub block: String,
    /// Mean absolute Shapley value.
    pub importance: f64,
    /// Shapley value of each patient.
    pub values: Vec<f64>,
    /// The feature's own value; None where it is missing.
    pub of: Vec<Option<f64>>,
}

/// The numbers of the plot, features in order of importance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Beeswarm {
    pub model: String,
    /// The cohort that is explained: `train (out of fold)`.
    pub cohort: String,
    pub n: u64,
    /// `log-odds`.
    pub unit: String,
    /// `permutation sampling, 10 permutations over 30 training patients`.
    pub method: String,
    pub features: Vec<Feature>,
    /// How many further features there are, and the sum of their values a patient.
    pub others: u64,
    pub rest: Vec<f64>,
}

/// The ink of a patient without a value.
pub(super) const MISSING: super::Ink = (170, 170, 170);

/// Where a value lies between the 5th and the 95th percentile of its feature.
pub(super) fn shade(of: &[Option<f64>]) -> impl Fn(Option<f64>) -> super::Ink {
    let mut known: Vec<f64> = of.iter().flatten().copied().filter(|v| v.is_finite()).collect();
    known.sort_by(f64::total_cmp);
    let at = |q: f64| known.get(((known.len().max(1) - 1) as f64 * q).round() as usize).copied().unwrap_or(0.0);
    let (mut low, mut high) = (at(0.05), at(0.95));
    if low == high {
        (low, high) = (at(0.0), at(1.0));
    }
    move |value| match value.filter(|v| v.is_finite()) {
        None => MISSING,
        Some(_) if high <= low => sequential(0.5),
        Some(v) => sequential(((v - low) / (high - low)).clamp(0.0, 1.0)),
    }
}

/// Heights of points in a row so that they do not hide each other: bins along the axis, stacked from
/// the middle to both sides; the largest stack fills `half`.
fn stacked(across: &[f64], dot: f64, half: f64) -> Vec<f64> {
    let mut bins: std::collections::BTreeMap<i64, usize> = std::collections::BTreeMap::new();
    let places: Vec<(i64, usize)> = across
        .iter()
        .map(|x| {
            let bin = (x / dot).round() as i64;
            let count = bins.entry(bin).or_default();
            *count += 1;
            (bin, *count - 1)
        })
        .collect();
    let most = bins.values().copied().max().unwrap_or(1).max(2);
    let step = (dot * 0.85).min(2.0 * half / (most as f64 - 1.0));
    let up = |place: usize| (place.div_ceil(2)) as f64 * if place.is_multiple_of(2) { 1.0 } else { -1.0 };
    places.iter().map(|(_, place)| up(*place) * step).map(|y| y.clamp(-half, half)).collect()
}

impl Beeswarm {
    fn shown(&self) -> &[Feature] {
        &self.features[..self.features.len().min(MOST)]
    }

    /// The sum of everything that has no row of its own.
    fn rest(&self) -> Option<(u64, Vec<f64>)> {
        let hidden = &self.features[self.shown().len()..];
        let count = self.others + hidden.len() as u64;
        if count == 0 {
            return None;
        }
        let mut sum = if self.rest.is_empty() { vec![0.0; self.n as usize] } else { self.rest.clone() };
        for feature in hidden {
            sum.iter_mut().zip(&feature.values).for_each(|(sum, value)| *sum += value);
        }
        Some((count, sum))
    }
}

impl Figure for Beeswarm {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("feature,block,importance,patient,value,shapley\n");
        for f in &self.features {
            let (name, block) = (field(&f.name), field(&f.block));
            for (patient, shapley) in f.values.iter().enumerate() {
                let of = number(f.of.get(patient).copied().flatten());
                let _ = writeln!(out, "{name},{block},{},{},{of},{shapley}", f.importance, patient + 1);
            }
        }
        out
    }

    fn caption(&self) -> String {
        let all = self.features.len() as u64 + self.others;
        let first: Vec<&str> = self.features.iter().take(3).map(|f| f.name.as_str()).collect();
        words::paragraph([
            format!(
                "Shapley values ({}) of {} on {} (n = {})",
                self.unit,
                self.model,
                self.cohort,
                words::count(self.n)
            ),
            format!(
                "{} of {} features in order of mean absolute value, the first being {}",
                self.shown().len(),
                words::count(all),
                first.join(", ")
            ),
            "Colour is the feature's value from its 5th to its 95th percentile; grey is missing".into(),
            words::sentence(&self.method),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let shown = self.shown();
        if shown.is_empty() {
            return Err(empty("beeswarm", "no feature moves the prediction"));
        }
        finite(
            "beeswarm",
            "a Shapley value",
            self.features.iter().flat_map(|f| f.values.iter().copied()).chain(self.rest.iter().copied()),
        )?;
        let rest = self.rest();
        let values = shown.iter().flat_map(|f| f.values.iter().copied());
        let x = spread(values.chain(rest.iter().flat_map(|r| r.1.iter().copied())).chain([0.0]), 0.03)
            .unwrap_or((-1.0, 1.0));
        let total = width.millimetres();
        let others = rest.as_ref().map(|(count, _)| words::others(*count));
        let names = widest(shown.iter().map(|f| f.name.as_str()).chain(others.as_deref()), 7.0).min(total * 0.4);
        let rows = shown.len() + usize::from(rest.is_some());
        let row = 5.6;
        let left = names + 4.0;
        let panel = Panel { left, top: 2.0, width: total - left - 15.0, height: row * rows as f64, x, y: (0.0, 1.0) };
        let mut page = Page::new(total, (panel.bottom() + 10.5).max(30.0));
        let (zero, _) = panel.at(0.0, 0.0);
        page.line((zero, panel.top), (zero, panel.bottom()), GREY, 0.25);
        let radius = if self.n > 1000 { 0.4 } else { 0.55 };
        let mut draw = |line: usize, name: &str, values: &[f64], ink: &dyn Fn(usize) -> super::Ink| {
            let y = panel.top + row * (line as f64 + 0.5);
            page.line((left, y), (panel.right(), y), PALE, 0.15);
            page.text((left - 2.0, y), &shorten(name, 7.0, names), 7.0, Align::Right, BLACK_INK);
            let across: Vec<f64> = values.iter().map(|v| panel.at(*v, 0.0).0).collect();
            let heights = stacked(&across, radius * 1.7, row * 0.44);
            // One cloud an ink, so that many patients make few marks. Those without a value lie below all others,
            // and very many lie in layers, from dark to pale and from pale to dark by turns, so that no colour hides
            // the rest.
            let layers = if values.len() > 1000 { 16 } else { 1 };
            let mut clouds: std::collections::BTreeMap<(usize, u8, super::Ink), Vec<(f64, f64)>> = Default::default();
            for (patient, (x, shift)) in across.iter().zip(&heights).enumerate() {
                let coarse = |(r, g, b): super::Ink| {
                    let part = |part: u8| (part / 12).saturating_mul(12);
                    (part(r), part(g), part(b))
                };
                let (layer, ink) = match ink(patient) {
                    MISSING => (0, MISSING),
                    ink => (1 + patient % layers, coarse(ink)),
                };
                let turn = if layer % 2 == 0 { 255 - ink.1 } else { ink.1 };
                clouds.entry((layer, turn, ink)).or_default().push((*x, y + shift));
            }
            for ((_, _, ink), cloud) in clouds {
                page.dots(cloud, radius, ink, 0.9);
            }
        };
        for (line, f) in shown.iter().enumerate() {
            let shade = shade(&f.of);
            draw(line, &f.name, &f.values, &|patient| shade(f.of.get(patient).copied().flatten()));
        }
        if let (Some((_, values)), Some(name)) = (&rest, &others) {
            draw(shown.len(), name, values, &|_| (120, 120, 120));
        }
        panel.x_axis(&mut page, &format!("Shapley value ({})", words::bare(&self.unit)));
        let high = (panel.height - 4.0).clamp(12.0, 60.0);
        let key = Key { title: "value", low: 0.0, high: 1.0, ends: Some(("low", "high")) };
        let at = (total - 12.5, panel.top + 4.0);
        key.draw(&mut page, at, high, sequential);
        if shown.iter().any(|f| f.of.iter().any(|value| value.is_none_or(|v| !v.is_finite()))) {
            let y = at.1 + high + 3.4;
            page.dot((at.0 + 1.0, y), radius, MISSING);
            page.text((at.0 + 2.4, y), "missing", 6.5, Align::Left, BLACK_INK);
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(features: usize, n: usize) -> Beeswarm {
        let feature = |at: usize| Feature {
            name: format!("feature {at}"),
            block: "radiomics".into(),
            importance: 1.0 / (at + 1) as f64,
            values: (0..n).map(|i| ((i * 7 + at) % 13) as f64 / 10.0 - 0.6).collect(),
            of: (0..n).map(|i| (i % 5 != 0).then_some(i as f64)).collect(),
        };
        Beeswarm {
            model: "PRIME_R".into(),
            cohort: "train (out of fold)".into(),
            n: n as u64,
            unit: "log-odds".into(),
            method: "permutation sampling".into(),
            features: (0..features).map(feature).collect(),
            others: 3,
            rest: vec![0.1; n],
        }
    }

    #[test]
    fn numbers_and_drawing() {
        let mut one = example(1, 2);
        one.features[0].values = vec![-0.6, 0.1];
        let lines = [
            "feature,block,importance,patient,value,shapley",
            "feature 0,radiomics,1,1,,-0.6",
            "feature 0,radiomics,1,2,1,0.1",
        ];
        assert_eq!(one.csv().lines().collect::<Vec<_>>(), lines);
        for (features, n) in [(1, 5), (25, 40), (3, 2000)] {
            let svg = example(features, n).draw(Width::Full).and_then(|p| p.svg()).expect("a drawing");
            assert!(svg.contains("sum of") && !svg.contains("NaN"));
        }
        assert_eq!(example(25, 4).rest().map(|r| r.0), Some(8));
    }

    #[test]
    fn points_of_one_place_are_stacked_within_the_row() {
        let heights = stacked(&[1.0; 50], 0.5, 2.0);
        assert!(heights.iter().all(|h| h.abs() <= 2.0));
        let mut sorted = heights.clone();
        sorted.sort_by(f64::total_cmp);
        sorted.dedup();
        assert!(sorted.len() > 45);
        assert!(matches!(example(0, 3).draw(Width::Full), Err(FigureError::Empty { .. })));
    }
}
