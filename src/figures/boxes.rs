//! Box plots of scores by group with every point: immune cells, pathways, any family of scores.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, spread};
use super::colours::compared;
use super::page::{Align, BLACK_INK, GREY, PALE, fit, shorten, text_width, widest, wrap};
use super::{Figure, FigureError, Page, Width, empty, field, groups, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "boxes",
    title: "Scores by group",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Box plots with every point of a family of scores by group, with adjusted p and the coverage of each set.",
    documentation: "A box spans the quartiles, with the median; whiskers reach the farthest point within one and a half times \
        the box. Every sample is a point. Stars stand for p adjusted over the whole family; `ns` says that the test was \
        made and `–` that it could not be. The counts beside a name are the genes of its set that were measured.",
    references: &[
        "Charoentong P et al. Cell Rep 2017;18:248-262",
        "Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300",
    ],
    example: "figure boxes",
};

/// One score.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    pub name: String,
    /// Genes of the set that were measured, and its size; None for scores that are no sets.
    pub coverage: Option<(u64, u64)>,
    /// Of the test of the groups; None where it could not be made.
    pub p: Option<f64>,
    pub p_adjusted: Option<f64>,
    /// Values of each group.
    pub values: Vec<Vec<f64>>,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Boxes {
    /// `ssGSEA score`.
    pub measure: String,
    /// Names and sizes.
    pub groups: Vec<(String, u64)>,
    /// `Wilcoxon rank-sum test; Benjamini-Hochberg over 28 cell types`.
    pub method: String,
    pub scores: Vec<Score>,
}

/// Lower whisker, quartiles, upper whisker.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Summary {
    pub whiskers: (f64, f64),
    pub quartiles: [f64; 3],
}

impl Summary {
    /// Of finite values, with quartiles by linear interpolation; None without one.
    pub fn of(values: &[f64]) -> Option<Self> {
        let mut sorted = values.to_vec();
        sorted.sort_by(f64::total_cmp);
        let last = sorted.len().checked_sub(1)?;
        let quantile = |q: f64| {
            let at = q * last as f64;
            let (low, high) = (sorted[at.floor() as usize], sorted[at.ceil() as usize]);
            low + (high - low) * at.fract()
        };
        let quartiles = [0.25, 0.5, 0.75].map(quantile);
        let reach = 1.5 * (quartiles[2] - quartiles[0]);
        let inside = |v: &&f64| **v >= quartiles[0] - reach && **v <= quartiles[2] + reach;
        let low = sorted.iter().find(inside).copied().unwrap_or(quartiles[0]);
        let high = sorted.iter().rev().find(inside).copied().unwrap_or(quartiles[2]);
        Some(Summary { whiskers: (low, high), quartiles })
    }
}

impl Figure for Boxes {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("score,measured,of,p,p_adjusted,group,value\n");
        for score in &self.scores {
            let coverage =
                score.coverage.map_or((String::new(), String::new()), |c| (c.0.to_string(), c.1.to_string()));
            let (p, adjusted) = (super::number(score.p), super::number(score.p_adjusted));
            for ((group, _), values) in self.groups.iter().zip(&score.values) {
                for value in values {
                    let _ = writeln!(
                        out,
                        "{},{},{},{p},{adjusted},{},{value}",
                        field(&score.name),
                        coverage.0,
                        coverage.1,
                        field(group)
                    );
                }
            }
        }
        out
    }

    fn caption(&self) -> String {
        let groups = words::each(self.groups.iter().map(|(name, n)| (name.as_str(), *n, None)));
        words::paragraph([
            format!("{} by group: {groups}", self.measure),
            "Boxes span the quartiles with the median, whiskers reach 1.5 times the box, and each point is a sample"
                .into(),
            words::sentence(&self.method),
            words::STARS.into(),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        groups("boxes", self.groups.len())?;
        if self.scores.is_empty() {
            return Err(empty("boxes", "there is no score"));
        }
        if self.scores.len() > 60 {
            let reason = format!("{} scores; at most 60", self.scores.len());
            return Err(FigureError::Value { figure: "boxes", reason });
        }
        let all = || self.scores.iter().flat_map(|s| s.values.iter().flatten().copied());
        super::finite("boxes", "a score", all())?;
        let range = spread(all(), 0.04).ok_or_else(|| empty("boxes", "no score has a value"))?;
        let total = width.millimetres();
        let k = self.groups.len() as f64;
        let band = (1.9 * k + 1.2).max(3.6);
        let said = |score: &Score| score.coverage.map_or(String::new(), |(found, of)| format!("{found}/{of}"));
        let coverage = widest(self.scores.iter().map(said), 6.0);
        let coverage = if coverage > 0.0 { coverage.max(text_width("genes", 6.0)) + 2.0 } else { 0.0 };
        let own: Vec<&str> = self.scores.iter().map(|s| s.name.as_str()).collect();
        let shown = if self.scores.iter().all(|s| s.coverage.is_some()) {
            super::enrichment::set_names(&own)
        } else {
            own.iter().map(|name| (*name).to_owned()).collect()
        };
        let names = widest(&shown, 7.0).min(total * 0.36);
        let left = names + coverage + 4.0;
        let marks = 9.0;
        // Names of groups flow over as many lines as they need.
        let entries: Vec<String> = self
            .groups
            .iter()
            .map(|(name, n)| fit(&format!("{name} (n = {})", words::count(*n)), 7.0, total - 9.0))
            .collect();
        let wide = |entry: &String| text_width(entry, 7.0) + 8.0;
        let legend = if entries.iter().map(wide).sum::<f64>() <= total - left { left } else { 2.0 };
        let mut at = (legend, 3.5);
        let mut places: Vec<(f64, f64)> = Vec::new();
        for entry in &entries {
            if at.0 > legend && at.0 + wide(entry) - 4.0 > total {
                at = (legend, at.1 + 3.6);
            }
            places.push(at);
            at.0 += wide(entry);
        }
        let head = at.1 + 4.8;
        let panel = Panel {
            left,
            top: head,
            width: total - left - marks - 3.0,
            height: band * self.scores.len() as f64,
            x: range,
            y: (0.0, 1.0),
        };
        let key =
            wrap(&format!("{}, ns: not significant, –: not tested; p adjusted", words::STARS), 6.5, total - 4.0, 2);
        let mut page = Page::new(total, panel.bottom() + 10.5 + 3.2 * key.len() as f64);
        for (place, (entry, (x, y))) in entries.iter().zip(&places).enumerate() {
            page.block((*x, y - 1.1), 2.6, 2.2, compared(place, self.groups.len()), 0.55);
            page.frame((*x, y - 1.1), 2.6, 2.2, compared(place, self.groups.len()), 0.2);
            page.text((x + 3.6, *y), entry, 7.0, Align::Left, BLACK_INK);
        }
        if coverage > 0.0 {
            page.text((left - 1.5, head - 1.6), "genes", 6.0, Align::Right, GREY);
        }
        page.text((panel.right() + 1.5, head - 1.6), "adj. p", 6.0, Align::Left, GREY);
        for (line, text) in key.iter().enumerate() {
            page.text((2.0, panel.bottom() + 11.0 + 3.2 * line as f64), text, 6.5, Align::Left, GREY);
        }
        for (line, score) in self.scores.iter().enumerate() {
            let top = panel.top + band * line as f64;
            if line % 2 == 1 {
                page.block((1.0, top), total - 2.0, band, PALE, 0.45);
            }
            let middle = top + band / 2.0;
            page.text((names + 1.5, middle), &shorten(&shown[line], 7.0, names), 7.0, Align::Right, BLACK_INK);
            page.text((left - 1.5, middle), &said(score), 6.0, Align::Right, GREY);
            for (place, values) in score.values.iter().enumerate().take(self.groups.len()) {
                let ink = compared(place, self.groups.len());
                let y = top + 0.6 + (band - 1.2) / k * (place as f64 + 0.5);
                let half = ((band - 1.2) / k * 0.36).min(1.1);
                let across = |v: f64| panel.at(v, 0.0).0;
                // Points are spread over the box's breadth by their number, so that equal ones show.
                let dots = values.iter().enumerate().map(|(at, v)| {
                    let shift = ((at as f64 * 0.618_034).fract() - 0.5) * half * 1.7;
                    (across(*v), y + shift)
                });
                page.dots(dots.collect(), 0.28, ink, 0.5);
                let Some(summary) = Summary::of(values) else { continue };
                let [q1, median, q3] = summary.quartiles.map(across);
                let (low, high) = (across(summary.whiskers.0), across(summary.whiskers.1));
                page.line((low, y), (q1, y), ink, 0.2);
                page.line((q3, y), (high, y), ink, 0.2);
                page.block((q1, y - half), q3 - q1, half * 2.0, ink, 0.3);
                page.frame((q1, y - half), q3 - q1, half * 2.0, ink, 0.2);
                page.line((median, y - half), (median, y + half), BLACK_INK, 0.45);
            }
            let (mark, ink) = match score.p_adjusted {
                Some(p) if words::stars(p).is_empty() => ("ns", GREY),
                Some(p) => (words::stars(p), BLACK_INK),
                None => ("–", GREY),
            };
            page.text((panel.right() + 1.5, middle), mark, 7.0, Align::Left, ink);
        }
        panel.x_axis(&mut page, &self.measure);
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> Boxes {
        let score = |name: &str, p: Option<f64>| Score {
            name: name.into(),
            coverage: Some((18, 20)),
            p,
            p_adjusted: p,
            values: vec![vec![0.1, 0.2, 0.4], vec![0.5, 0.6]],
        };
        Boxes {
            measure: "ssGSEA score".into(),
            groups: vec![("ALL".into(), 3), ("AML".into(), 2)],
            method: "Wilcoxon".into(),
            scores: vec![score("Activated B cell", Some(1e-9)), score("MDSC", Some(0.3)), score("Monocyte", None)],
        }
    }

    #[test]
    fn boxes_are_those_of_the_values() {
        let summary = Summary::of(&[1.0, 2.0, 3.0, 4.0, 100.0]).expect("five values");
        assert_eq!(summary, Summary { whiskers: (1.0, 4.0), quartiles: [2.0, 3.0, 4.0] });
        assert_eq!(Summary::of(&[7.0]).map(|s| s.quartiles), Some([7.0; 3]));
        assert_eq!(Summary::of(&[]), None);
    }

    #[test]
    fn numbers_and_drawing() {
        assert!(example().csv().contains("Activated B cell,18,20,0.000000001,0.000000001,AML,0.5\n"));
        let svg = example().draw(Width::Full).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("***") && svg.contains(">\nns") && !svg.contains("NaN"));
        let mut bad = example();
        bad.scores[0].values[0][0] = f64::NAN;
        assert!(matches!(bad.draw(Width::Full), Err(FigureError::Value { .. })));
    }
}
