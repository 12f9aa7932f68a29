//! Gene sets over comparisons as dots: direction by colour, certainty by size.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::label;
use super::colours::{Key, diverging};
use super::page::{Align, BLACK_INK, GREY, PALE, fit, shorten, widest};
use super::{Figure, FigureError, Page, Width, empty, field, finite, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "enrichment",
    title: "Comparative enrichment",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Gene sets by comparison: score by colour, false discovery rate by size, one order for all.",
    documentation: "The scale of colour is symmetric around 0. The area of a dot grows with −log10 of the false discovery \
        rate, up to the most certain dot drawn and at most to a rate of 1e-10; a ring marks those within the threshold. A set without a result in a \
        comparison shows a dash, not an empty place. A prefix that all names share is left out. At most 40 sets: the \
        operation chooses and says which.",
    references: &["Yu G et al. OMICS 2012;16:284-287"],
    example: "figure enrichment",
};

/// A gene set in one comparison.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Result {
    /// Normalised enrichment score, or log2 of the odds ratio.
    pub score: f64,
    pub fdr: f64,
    /// Genes of the set that were measured.
    pub size: u64,
}

/// A gene set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Set {
    pub name: String,
    /// One a comparison; None where the set was not tested there.
    pub results: Vec<Option<Result>>,
}

/// The numbers of the plot, sets in their common order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Enrichment {
    /// `NES`.
    pub score: String,
    /// `GSEA, 10,000 permutations; Benjamini-Hochberg over 50 sets`.
    pub method: String,
    pub comparisons: Vec<String>,
    pub sets: Vec<Set>,
    /// Threshold of the false discovery rate.
    pub fdr: f64,
    /// Which sets these are: `15 of 50 sets with the smallest false discovery rate`.
    pub choice: String,
}

/// Names without the prefix they share and with blanks for underscores.
pub(super) fn set_names(names: &[&str]) -> Vec<String> {
    let prefix = names.first().and_then(|first| first.find('_').map(|end| &first[..=end]));
    let prefix = prefix.filter(|p| names.len() > 1 && names.iter().all(|name| name.starts_with(p))).unwrap_or("");
    names.iter().map(|name| name[prefix.len()..].replace('_', " ")).collect()
}

impl Enrichment {
    fn results(&self) -> impl Iterator<Item = &Result> {
        self.sets.iter().flat_map(|set| set.results.iter().flatten())
    }
}

/// Rates below 10 to the minus this are drawn alike, so that one beyond doubt does not make all others small.
const CERTAIN: f64 = 10.0;

/// −log10 of a rate, up to [`CERTAIN`].
fn certainty(fdr: f64) -> f64 {
    -fdr.max(10f64.powf(-CERTAIN)).log10()
}

impl Figure for Enrichment {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = format!("set,comparison,{},fdr,size\n", field(&self.score));
        for set in &self.sets {
            for (comparison, result) in self.comparisons.iter().zip(&set.results) {
                let (score, fdr) = (number(result.as_ref().map(|r| r.score)), number(result.as_ref().map(|r| r.fdr)));
                let size = result.as_ref().map(|r| r.size.to_string()).unwrap_or_default();
                let _ = writeln!(out, "{},{},{score},{fdr},{size}", field(&set.name), field(comparison));
            }
        }
        out
    }

    fn width(&self) -> Width {
        let names: Vec<&str> = self.sets.iter().map(|set| set.name.as_str()).collect();
        let wide = widest(set_names(&names), 7.0) + 29.0 + 13.0 * self.comparisons.len() as f64;
        match wide {
            wide if wide <= Width::Column.millimetres() => Width::Column,
            // One and a half columns.
            wide if wide <= 120.0 => Width::Other(120),
            _ => Width::Full,
        }
    }

    fn caption(&self) -> String {
        words::paragraph([
            format!("{} of gene sets in {}", self.score, self.comparisons.join(", ")),
            self.choice.clone(),
            words::sentence(&self.method),
            format!("Rings mark a false discovery rate of at most {}%", words::brief(self.fdr * 100.0)),
        ])
    }

    fn draw(&self, width: Width) -> std::result::Result<Page, FigureError> {
        if self.sets.is_empty() || self.comparisons.is_empty() {
            return Err(empty("enrichment", "no gene set was tested"));
        }
        if self.sets.len() > 40 || self.comparisons.len() > 8 {
            let reason = format!("{} sets by {} comparisons; at most 40 by 8", self.sets.len(), self.comparisons.len());
            return Err(FigureError::Value { figure: "enrichment", reason });
        }
        finite("enrichment", "a score or false discovery rate", self.results().flat_map(|r| [r.score, r.fdr]))?;
        let reach = self.results().map(|r| r.score.abs()).fold(0.0, f64::max).max(1e-9);
        let most = self.results().map(|r| certainty(r.fdr)).fold(0.0, f64::max).max(2.0);
        let names: Vec<&str> = self.sets.iter().map(|set| set.name.as_str()).collect();
        let names = set_names(&names);
        let total = width.millimetres();
        let room = total - 24.0 - 12.0 * self.comparisons.len() as f64;
        let left = widest(&names, 7.0).min(room.min(total * 0.55)) + 5.0;
        let plot = (total - left - 24.0).min(26.0 * self.comparisons.len() as f64);
        let (top, row) = (4.0, 5.4);
        let high = row * self.sets.len() as f64;
        let column = plot / self.comparisons.len() as f64;
        let bottom = top + high;
        // Long names of comparisons stand upright.
        let lying = self.comparisons.iter().all(|name| super::page::text_width(name, 7.0) <= column - 1.0);
        let foot = if lying { 6.0 } else { widest(&self.comparisons, 7.0).min(48.0) + 4.0 };
        let mut page = Page::new(total, (bottom + foot).max(top + 70.0));
        let most_radius = (row * 0.46).min(column * 0.4);
        let radius = |fdr: f64| (0.35 + (most_radius - 0.35) * (certainty(fdr) / most).sqrt()).min(most_radius);
        for (place, name) in names.iter().enumerate() {
            let y = top + row * (place as f64 + 0.5);
            page.line((left, y), (left + plot, y), PALE, 0.2);
            page.text((left - 2.0, y), &shorten(name, 7.0, left - 3.5), 7.0, Align::Right, BLACK_INK);
        }
        for (place, name) in self.comparisons.iter().enumerate() {
            let x = left + column * (place as f64 + 0.5);
            page.line((x, top), (x, bottom), PALE, 0.2);
            page.line((x, bottom), (x, bottom + 1.0), BLACK_INK, 0.2);
            if lying {
                page.text((x, bottom + 3.2), name, 7.0, Align::Centre, BLACK_INK);
            } else {
                let said = fit(name, 7.0, 46.0);
                page.upright((x, bottom + 1.8 + super::page::text_width(&said, 7.0) / 2.0), &said, 7.0);
            }
        }
        page.frame((left, top), plot, high, BLACK_INK, 0.2);
        for (line, set) in self.sets.iter().enumerate() {
            for (place, result) in set.results.iter().enumerate().take(self.comparisons.len()) {
                let at = (left + column * (place as f64 + 0.5), top + row * (line as f64 + 0.5));
                let Some(result) = result else {
                    page.text(at, "–", 7.0, Align::Centre, GREY);
                    continue;
                };
                let r = radius(result.fdr);
                page.dot(at, r + 0.12, if result.fdr <= self.fdr { BLACK_INK } else { (190, 190, 190) });
                page.dot(at, (r - 0.12).max(0.1), diverging(result.score / reach));
            }
        }
        let key = left + plot + 5.0;
        Key { title: &self.score, low: -reach, high: reach, ends: None }
            .draw(&mut page, (key, top + 4.0), 24.0, |v| diverging(v / reach));
        let mut y = top + 36.0;
        page.bold((key, y), "FDR", 7.0, Align::Left, BLACK_INK);
        // Whole powers of ten, and the threshold.
        let least = if most >= 2.0 { most.floor() } else { most };
        let mut sizes = vec![10f64.powf(-least), 10f64.powf(-(most / 3.0).round().max(2.0)), self.fdr, 1.0];
        sizes.sort_by(f64::total_cmp);
        sizes.dedup_by(|a, b| (certainty(*a) - certainty(*b)).abs() < 0.35);
        for fdr in sizes {
            let r = radius(fdr);
            y += (r * 2.0 + 1.2).max(3.6);
            page.dot((key + most_radius, y), r + 0.12, if fdr <= self.fdr { BLACK_INK } else { (190, 190, 190) });
            page.dot((key + most_radius, y), (r - 0.12).max(0.1), (245, 245, 245));
            let small = fdr < 1e-3;
            let alike = if certainty(fdr) > CERTAIN - 1e-6 { "≤ " } else { "" };
            let said = match small {
                true => format!("{alike}1e−{:.0}", certainty(fdr)),
                false => label((fdr * 1e4).round() / 1e4),
            };
            page.text((key + most_radius * 2.0 + 1.6, y), &said, 7.0, Align::Left, BLACK_INK);
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let set = |name: &str, scores: &[Option<f64>]| Set {
            name: name.into(),
            results: scores
                .iter()
                .map(|s| s.map(|score| Result { score, fdr: 10f64.powf(-score.abs() * 4.0), size: 40 }))
                .collect(),
        };
        let mut figure = Enrichment {
            score: "NES".into(),
            method: "GSEA".into(),
            comparisons: vec!["high against low".into(), "tumour against normal".into()],
            sets: vec![
                set("HALLMARK_G2M_CHECKPOINT", &[Some(2.5), Some(-1.2)]),
                set("HALLMARK_HYPOXIA", &[None, Some(0.1)]),
            ],
            fdr: 0.05,
            choice: "2 of 50 sets".into(),
        };
        assert!(figure.csv().contains("HALLMARK_HYPOXIA,high against low,,,\n"));
        let svg = figure.draw(Width::Full).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("G2M CHECKPOINT") && !svg.contains("NaN"));
        figure.sets[0].results[0] = Some(Result { score: f64::INFINITY, fdr: 0.1, size: 1 });
        assert!(figure.draw(Width::Full).is_err());
    }

    #[test]
    fn a_prefix_is_dropped_only_where_all_share_it() {
        assert_eq!(set_names(&["KEGG_A_B", "KEGG_C"]), ["A B", "C"]);
        assert_eq!(set_names(&["KEGG_A", "GO_C"]), ["KEGG A", "GO C"]);
    }
}
