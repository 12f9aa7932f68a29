//! The running enrichment score of gene sets along a ranked list.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, spread, y_margin};
use super::page::{Align, BLACK_INK, DASHES, GREY, PALETTE, fit, shorten, text_width};
use super::{Figure, FigureError, Page, Width, field, finite, groups, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "running-score",
    title: "Running enrichment score",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "The running sum of one to six gene sets, where their genes stand in the ranked list, and the ranking itself.",
    documentation: "The score rises at each gene of the set, by its weight, and falls between them; the enrichment score is \
        its extreme, marked by a dashed line to the axis. Ticks mark the genes of the set. The lowest panel shows the \
        ranking metric, with the rank at which it changes its sign.",
    references: &["Subramanian A et al. Proc Natl Acad Sci 2005;102:15545-15550"],
    example: "figure running-score",
};

/// One set along the list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Curve {
    pub set: String,
    /// Genes of the set in the list.
    pub size: u64,
    /// Rank and running score at the corners of the curve, from (0, 0) to (genes, 0).
    pub points: Vec<(f64, f64)>,
    /// Ranks of the set's genes, from 1.
    pub hits: Vec<u64>,
    pub score: f64,
    pub normalised: Option<f64>,
    pub p: Option<f64>,
    pub fdr: Option<f64>,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunningScore {
    pub contrast: String,
    /// Length of the ranked list.
    pub genes: u64,
    /// `moderated t`.
    pub metric: String,
    /// Rank and metric, thinned to a few hundred points.
    pub ranking: Vec<(f64, f64)>,
    /// What the two ends mean: `high`, `low`.
    pub ends: (String, String),
    /// `GSEA, weight 1, 10,000 permutations of genes`.
    pub method: String,
    pub curves: Vec<Curve>,
}

impl Figure for RunningScore {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("set,rank,running_score\n");
        for curve in &self.curves {
            for (rank, score) in &curve.points {
                let _ = writeln!(out, "{},{rank},{score}", field(&curve.set));
            }
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let sets: Vec<String> = self
            .curves
            .iter()
            .map(|curve| {
                let mut said = format!("{} ({} genes", curve.set, words::count(curve.size));
                if let Some(nes) = curve.normalised {
                    let _ = write!(said, ", NES {}", words::signed(nes, 2));
                }
                if let Some(p) = curve.p {
                    let _ = write!(said, ", {}", words::p_is(p));
                }
                said + ")"
            })
            .collect();
        words::paragraph([
            format!(
                "{}: running score along {} genes ranked by {}",
                self.contrast,
                words::count(self.genes),
                self.metric
            ),
            sets.join("; "),
            words::sentence(&self.method),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        groups("running-score", self.curves.len())?;
        let points = || self.curves.iter().flat_map(|c| &c.points);
        finite("running-score", "a running score", points().flat_map(|p| [p.0, p.1]))?;
        finite("running-score", "the ranking metric", self.ranking.iter().flat_map(|p| [p.0, p.1]))?;
        if points().count() < 2 || self.genes == 0 {
            return Err(super::empty("running-score", "no gene of the set is in the list"));
        }
        let total = width.millimetres();
        let range = spread(points().map(|p| p.1).chain([0.0]), 0.05).unwrap_or((-1.0, 1.0));
        let metric = spread(self.ranking.iter().map(|p| p.1).chain([0.0]), 0.05).unwrap_or((-1.0, 1.0));
        let left = y_margin(range.0, range.1).max(y_margin(metric.0, metric.1)) + 1.0;
        let head = 2.0 + 3.6 * 2.0 * self.curves.len() as f64;
        let x = (0.0, self.genes as f64);
        let upper = Panel { left, top: head + 1.0, width: total - left - 4.0, height: 42.0, x, y: range };
        let rows = 3.2 * self.curves.len() as f64;
        let lower = Panel { top: upper.bottom() + rows + 4.2, height: 17.0, y: metric, ..upper };
        // Long ends of the list stand one below the other.
        let ends = (format!("← {}", self.ends.0), format!("{} →", self.ends.1));
        let abreast = text_width(&ends.0, 7.0) + text_width(&ends.1, 7.0) < lower.width - 4.0;
        let mut page = Page::new(total, lower.bottom() + if abreast { 13.5 } else { 17.1 });
        page.line(upper.at(0.0, 0.0), upper.at(x.1, 0.0), GREY, 0.2);
        upper.y_axis(&mut page, "Running score");
        for (place, curve) in self.curves.iter().enumerate() {
            let (ink, dash) = (PALETTE[place], DASHES[place]);
            let path: Vec<_> = curve.points.iter().map(|p| upper.at(p.0, p.1)).collect();
            page.dashed(&path, dash, ink, 0.4);
            let peak = curve.points.iter().copied().max_by(|a, b| a.1.abs().total_cmp(&b.1.abs()));
            if let Some(peak) = peak {
                page.dashed(&[upper.at(peak.0, 0.0), upper.at(peak.0, peak.1)], &[0.6, 0.6], ink, 0.2);
            }
            let y = upper.bottom() + 1.5 + 3.2 * place as f64;
            for hit in &curve.hits {
                let (x, _) = upper.at(*hit as f64, 0.0);
                page.line((x, y), (x, y + 2.6), ink, 0.1);
            }
            let y = 2.5 + 7.2 * place as f64;
            page.dashed(&[(2.0, y), (9.0, y)], dash, ink, 0.4);
            page.text(
                (10.5, y),
                &shorten(&curve.set.replace('_', " "), 7.0, total - 12.0),
                7.0,
                Align::Left,
                BLACK_INK,
            );
            let mut said = format!("{} genes, ES {}", words::count(curve.size), words::signed(curve.score, 2));
            if let Some(nes) = curve.normalised {
                let _ = write!(said, ", NES {}", words::signed(nes, 2));
            }
            if let Some(p) = curve.p {
                let _ = write!(said, ", {}", words::p_is(p));
            }
            if let Some(fdr) = curve.fdr {
                let shown = words::p(fdr);
                let _ = write!(said, ", FDR {}{shown}", if shown.starts_with(['<', '>']) { "" } else { "= " });
            }
            page.text((10.5, y + 3.4), &fit(&said, 7.0, total - 12.0), 7.0, Align::Left, GREY);
        }
        // The metric as an area from 0.
        let mut area = vec![lower.at(self.ranking.first().map_or(0.0, |p| p.0), 0.0)];
        area.extend(self.ranking.iter().map(|p| lower.at(p.0, p.1)));
        area.push(lower.at(self.ranking.last().map_or(0.0, |p| p.0), 0.0));
        page.area(area, (150, 150, 150), 1.0);
        let crossing = self.ranking.windows(2).find(|pair| pair[0].1 > 0.0 && pair[1].1 <= 0.0).map(|pair| pair[1].0);
        lower.axes(&mut page, "Rank", &fit("Ranking metric", 8.0, lower.height + 4.0));
        if let Some(rank) = crossing {
            lower.rise(&mut page, rank);
            let said = format!("0 at rank {}", words::count(rank.round() as u64));
            let half = text_width(&said, 6.0) / 2.0;
            let x = lower.at(rank, 0.0).0.clamp(lower.left + half + 0.5, lower.right() - half);
            page.text((x, lower.top - 1.4), &said, 6.0, Align::Centre, GREY);
        }
        let y = lower.bottom() + 11.0;
        let below = if abreast { 0.0 } else { 3.6 };
        page.text((left, y), &fit(&ends.0, 7.0, lower.width), 7.0, Align::Left, GREY);
        page.text((lower.right(), y + below), &fit(&ends.1, 7.0, lower.width), 7.0, Align::Right, GREY);
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let curve = Curve {
            set: "HALLMARK_G2M".into(),
            size: 2,
            points: vec![(0.0, 0.0), (1.0, 0.5), (4.0, 0.2), (5.0, 0.7), (9.0, 0.0)],
            hits: vec![1, 5],
            score: 0.7,
            normalised: Some(1.9),
            p: Some(1e-5),
            fdr: Some(0.002),
        };
        let mut figure = RunningScore {
            contrast: "high against low".into(),
            genes: 9,
            metric: "t".into(),
            ranking: (0..9).map(|i| (f64::from(i), 4.0 - f64::from(i))).collect(),
            ends: ("high".into(), "low".into()),
            method: "GSEA".into(),
            curves: vec![curve],
        };
        assert!(figure.csv().starts_with("set,rank,running_score\nHALLMARK_G2M,0,0\n"));
        let svg = figure.draw(Width::Column).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("NES 1.90, p &lt; 0.001") && !svg.contains("NaN"));
        figure.curves[0].points.clear();
        assert!(figure.draw(Width::Column).is_err());
    }
}
