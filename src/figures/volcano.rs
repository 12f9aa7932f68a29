//! A volcano plot: effect against significance, gene by gene.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, y_margin};
use super::km::free;
use super::page::{Align, BLACK_INK, GREY, Ink, PALETTE, fit, text_width};
use super::{Figure, FigureError, Page, Width, empty, field, finite, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "volcano",
    title: "Volcano plot",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Effect against −log10 p of every gene, with the line of the false discovery rate and labels that do not overlap.",
    documentation: "The horizontal line stands at the largest p whose false discovery rate is within the threshold; \
        without such a gene there is no line. A gene counts as up or down where it is within the threshold and its \
        effect is at least the cut. Labels go to the genes of smallest p, half of them up and half down, as far as they \
        find room; leaders lead to their points. A p of 0 is drawn at the upper edge and counted in the caption.",
    references: &["Cui X, Churchill GA. Genome Biol 2003;4:210"],
    example: "figure volcano",
};

/// Radius of a point.
const DOT: f64 = 0.45;

/// Labels that a plot of one column bears.
const LABELS: usize = 16;

/// A gene's test.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gene {
    pub name: String,
    pub effect: f64,
    pub p: f64,
    pub fdr: f64,
}

/// The numbers of a volcano plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Volcano {
    /// `high against low PRIME_R.radiomics`.
    pub contrast: String,
    /// `log2 fold change`.
    pub effect: String,
    /// `moderated t-test; Benjamini-Hochberg`.
    pub method: String,
    /// The groups compared and their sizes, the first against the second.
    pub groups: Vec<(String, u64)>,
    /// Threshold of the false discovery rate.
    pub fdr: f64,
    /// Least absolute effect that counts; 0 for none.
    pub cut: f64,
    pub genes: Vec<Gene>,
    /// Genes without a test, such as constant ones.
    pub untested: u64,
}

#[derive(Clone, Copy, PartialEq)]
enum Side {
    Down,
    Neither,
    Up,
}

/// A rectangle: left, top, right, bottom.
type Rect = (f64, f64, f64, f64);

impl Volcano {
    fn side(&self, gene: &Gene) -> Side {
        if gene.fdr > self.fdr || gene.effect.abs() < self.cut {
            Side::Neither
        } else if gene.effect > 0.0 {
            Side::Up
        } else {
            Side::Down
        }
    }

    fn count(&self, side: Side) -> u64 {
        self.genes.iter().filter(|gene| self.side(gene) == side).count() as u64
    }

    /// −log10 p, a p of 0 a little above all others.
    fn heights(&self) -> (Vec<f64>, f64) {
        let known = self.genes.iter().filter(|g| g.p > 0.0).map(|g| -g.p.log10()).fold(0.0, f64::max);
        let top = (known * 1.08).max(1.0);
        (self.genes.iter().map(|g| if g.p > 0.0 { -g.p.log10() } else { top }).collect(), top)
    }

    /// Genes to be named: the smallest p of both sides by turns.
    fn named(&self) -> Vec<usize> {
        let mut sides: [Vec<usize>; 2] = [Side::Up, Side::Down].map(|side| {
            let mut genes: Vec<usize> = (0..self.genes.len()).filter(|i| self.side(&self.genes[*i]) == side).collect();
            genes.sort_by(|a, b| {
                let (a, b) = (&self.genes[*a], &self.genes[*b]);
                a.p.total_cmp(&b.p).then(b.effect.abs().total_cmp(&a.effect.abs()))
            });
            genes.truncate(LABELS / 2);
            genes.reverse();
            genes
        });
        let mut named = Vec::new();
        while sides.iter().any(|side| !side.is_empty()) {
            named.extend(sides.iter_mut().filter_map(Vec::pop));
        }
        named
    }
}

fn overlaps(a: Rect, b: Rect) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}

/// What stands already where a label is to go.
#[derive(Default)]
struct Taken {
    /// Lines of the panel.
    lines: Vec<Rect>,
    labels: Vec<Rect>,
    leaders: Vec<Vec<(f64, f64)>>,
}

impl Taken {
    /// Whether neither the label nor its leader touches another.
    fn leaves(&self, rect: Rect, leader: &[(f64, f64)]) -> bool {
        !self.lines.iter().chain(&self.labels).any(|other| overlaps(rect, *other))
            && free(rect, &self.leaders)
            && self.labels.iter().all(|label| free(*label, &[leader.to_vec()]))
    }
}

/// Where a label's leader ends.
fn edge(at: (f64, f64), rect: Rect) -> (f64, f64) {
    (at.0.clamp(rect.0, rect.2), at.1.clamp(rect.1, rect.3))
}

/// A place for a label near its point: inside the panel, over no other label or line, over as few points
/// as can be, and near.
fn place(at: (f64, f64), size: (f64, f64), inside: Rect, taken: &Taken, points: &[(f64, f64)]) -> Option<Rect> {
    let mut best: Option<(f64, Rect)> = None;
    for ring in 0..12 {
        let away = 1.3 + 1.5 * f64::from(ring);
        for turn in 0..16 {
            let angle = f64::from(turn) * std::f64::consts::PI / 8.0;
            let (x, y) = (at.0 + away * angle.cos(), at.1 - away * angle.sin());
            // The label's side that looks to the point stands at the end of the leader.
            let left = x - size.0 * (0.5 - 0.5 * angle.cos());
            let top = y - size.1 * (0.5 + 0.5 * angle.sin());
            let rect = (left, top, left + size.0, top + size.1);
            let fits = rect.0 >= inside.0 && rect.1 >= inside.1 && rect.2 <= inside.2 && rect.3 <= inside.3;
            if !fits || !taken.leaves(rect, &[at, edge(at, rect)]) {
                continue;
            }
            // A point is a disc, and its edge is not to be touched either.
            let near =
                |p: &&(f64, f64)| p.0 > rect.0 - DOT && p.0 < rect.2 + DOT && p.1 > rect.1 - DOT && p.1 < rect.3 + DOT;
            let covered = points.iter().filter(near).count();
            let cost = covered as f64 * 4.0 + away;
            if best.as_ref().is_none_or(|(least, _)| cost < *least) {
                best = Some((cost, rect));
            }
        }
    }
    best.map(|(_, rect)| rect)
}

impl Figure for Volcano {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("gene,effect,p,fdr,call\n");
        for gene in &self.genes {
            let call = match self.side(gene) {
                Side::Up => "up",
                Side::Down => "down",
                Side::Neither => "not significant",
            };
            let numbers = [gene.effect, gene.p, gene.fdr].map(|v| number(Some(v))).join(",");
            let _ = writeln!(out, "{},{numbers},{call}", field(&gene.name));
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let zero = self.genes.iter().filter(|gene| gene.p == 0.0).count();
        let groups: Vec<String> =
            self.groups.iter().map(|(name, n)| format!("{name} (n = {})", words::count(*n))).collect();
        words::paragraph([
            format!("{}: {} of {} genes", self.contrast, self.effect, words::count(self.genes.len() as u64)),
            groups.join(" against "),
            words::sentence(&self.method),
            format!(
                "{} genes up and {} down at a false discovery rate of {}%{}",
                words::count(self.count(Side::Up)),
                words::count(self.count(Side::Down)),
                words::brief(self.fdr * 100.0),
                if self.cut > 0.0 {
                    format!(" and an absolute effect of at least {}", words::brief(self.cut))
                } else {
                    String::new()
                }
            ),
            if zero > 0 {
                format!("{zero} with a p below what a number can hold stand at the upper edge")
            } else {
                String::new()
            },
            if self.untested > 0 {
                format!("{} genes could not be tested", words::count(self.untested))
            } else {
                String::new()
            },
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        if self.genes.is_empty() {
            return Err(empty("volcano", "no gene was tested"));
        }
        finite(
            "volcano",
            "an effect, p or false discovery rate",
            self.genes.iter().flat_map(|g| [g.effect, g.p, g.fdr]),
        )?;
        if self.genes.iter().any(|g| !(0.0..=1.0).contains(&g.p)) {
            return Err(FigureError::Value { figure: "volcano", reason: "a p lies between 0 and 1".into() });
        }
        let total = width.millimetres();
        let (heights, top) = self.heights();
        let reach = self.genes.iter().map(|g| g.effect.abs()).fold(self.cut, f64::max).max(1e-9) * 1.06;
        let left = y_margin(0.0, top).max(11.0) + 1.0;
        let panel = Panel {
            left,
            top: 3.0,
            width: total - left - 4.0,
            height: if width == Width::Column { 78.0 } else { 110.0 },
            x: (-reach, reach),
            y: (0.0, top * 1.03),
        };
        let legend = panel.bottom() + 12.0;
        let mut page = Page::new(total, legend + 3.6 * 4.0);
        let at: Vec<(f64, f64)> =
            self.genes.iter().zip(&heights).map(|(gene, height)| panel.at(gene.effect, *height)).collect();
        let inks: [(Side, Ink, &str); 3] = [
            (Side::Neither, (165, 165, 165), "not significant"),
            (Side::Down, PALETTE[0], "down"),
            (Side::Up, PALETTE[1], "up"),
        ];
        for (side, ink, _) in inks {
            let points = self.genes.iter().zip(&at).filter(|(gene, _)| self.side(gene) == side).map(|(_, at)| *at);
            page.dots(points.collect(), DOT, ink, 0.75);
        }
        panel.axes(&mut page, &self.effect.replace("log2", "log₂"), "−log₁₀ p");
        let line = self.genes.iter().filter(|gene| gene.fdr <= self.fdr).map(|gene| gene.p).reduce(f64::max);
        let mut taken = Taken::default();
        if let Some(p) = line.filter(|p| *p > 0.0) {
            panel.level(&mut page, -p.log10());
            // The line does not strike a label through.
            let y = panel.at(0.0, -p.log10()).1;
            taken.lines.push((panel.left, y - 0.3, panel.right(), y + 0.3));
        }
        if self.cut > 0.0 {
            for cut in [self.cut, -self.cut] {
                panel.rise(&mut page, cut);
                let x = panel.at(cut, 0.0).0;
                taken.lines.push((x - 0.2, panel.top, x + 0.2, panel.bottom()));
            }
        }
        let inside = (panel.left + 0.5, panel.top, panel.right(), panel.bottom());
        let near: Vec<(f64, f64)> =
            (0..at.len()).filter(|i| self.side(&self.genes[*i]) != Side::Neither).map(|i| at[i]).collect();
        for gene in self.named() {
            let name = fit(&self.genes[gene].name, 6.5, 30.0);
            let size = (text_width(&name, 6.5) + 0.6, 2.5);
            let Some(rect) = place(at[gene], size, inside, &taken, &near) else { continue };
            let ((x, y), end) = (at[gene], edge(at[gene], rect));
            if (end.0 - x).hypot(end.1 - y) > 1.5 {
                page.line((x, y), end, BLACK_INK, 0.12);
                taken.leaders.push(vec![(x, y), end]);
            }
            // Over a crowd of points letters want a ground of their own.
            page.block((rect.0, rect.1), rect.2 - rect.0, rect.3 - rect.1, (255, 255, 255), 0.65);
            page.text(((rect.0 + rect.2) / 2.0, (rect.1 + rect.3) / 2.0), &name, 6.5, Align::Centre, BLACK_INK);
            taken.labels.push(rect);
        }
        for (place, (side, ink, word)) in inks.iter().rev().enumerate() {
            let y = legend + 3.6 * place as f64;
            page.dot((left + 1.0, y), 0.9, *ink);
            page.text(
                (left + 3.5, y),
                &format!("{word} ({})", words::count(self.count(*side))),
                7.0,
                Align::Left,
                BLACK_INK,
            );
        }
        let cut = if self.cut > 0.0 { format!(", effect ±{}", words::brief(self.cut)) } else { String::new() };
        let said = match line {
            Some(_) => format!("dashed: false discovery rate {}%{cut}", words::brief(self.fdr * 100.0)),
            None => format!("no gene has a false discovery rate of {}%", words::brief(self.fdr * 100.0)),
        };
        page.text((left, legend + 3.6 * 3.0), &fit(&said, 7.0, total - left - 2.0), 7.0, Align::Left, GREY);
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(genes: usize) -> Volcano {
        let genes = (0..genes).map(|i| {
            let effect = (i as f64 - genes as f64 / 2.0) / genes as f64 * 6.0;
            let p = 10f64.powf(-effect * effect);
            Gene { name: format!("GENE{i}"), effect, p, fdr: (p * 3.0).min(1.0) }
        });
        Volcano {
            contrast: "high against low".into(),
            effect: "log2 fold change".into(),
            method: "Welch t-test; Benjamini-Hochberg".into(),
            groups: vec![("high".into(), 9), ("low".into(), 8)],
            fdr: 0.05,
            cut: 1.0,
            genes: genes.collect(),
            untested: 2,
        }
    }

    #[test]
    fn numbers_and_calls() {
        let csv = example(5).csv();
        assert_eq!(csv.lines().next(), Some("gene,effect,p,fdr,call"));
        assert!(csv.contains("GENE0,-3,0.000000001,") && csv.contains(",down\n") && csv.contains(",not significant\n"));
        assert!(example(5).caption().contains("2 genes could not be tested"));
    }

    #[test]
    fn labels_keep_apart() {
        let svg = example(400).draw(Width::Column).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("GENE0") && svg.contains("GENE399") && !svg.contains("NaN"));
        let taken = Taken { labels: vec![(0.0, 0.0, 10.0, 2.5)], ..Taken::default() };
        let found = place((5.0, 3.0), (6.0, 2.5), (0.0, 0.0, 40.0, 40.0), &taken, &[]).expect("a place");
        assert!(!overlaps(found, taken.labels[0]));
        assert_eq!(place((1.0, 1.0), (50.0, 2.5), (0.0, 0.0, 40.0, 40.0), &Taken::default(), &[]), None);
        // A leader does not run through the label of another point.
        let beyond = [(20.0, 0.0), (20.0, 10.0)];
        let wall = Taken { labels: vec![(10.0, 0.0, 12.0, 10.0)], ..Taken::default() };
        assert!(!wall.leaves((14.0, 4.0, 18.0, 6.0), &[(5.0, 5.0), (14.0, 5.0)]));
        assert!(wall.leaves((14.0, 4.0, 18.0, 6.0), &beyond));
    }

    #[test]
    fn refuses_what_is_no_number() {
        let mut bad = example(3);
        bad.genes[1].p = f64::NAN;
        assert!(matches!(bad.draw(Width::Column), Err(FigureError::Value { .. })));
        bad.genes.clear();
        assert!(matches!(bad.draw(Width::Column), Err(FigureError::Empty { .. })));
    }
}
