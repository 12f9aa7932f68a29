//! A volcano plot: effect against significance, gene by gene.

use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
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
        find room; leaders lead to their points. A p below what a number can hold is 0 and has no place on the axis: such \
        genes stand as triangles in a row above its break, their names above them, and are counted.",
    references: &["Cui X, Churchill GA. Genome Biol 2003;4:210"],
    example: "figure volcano",
};

/// Radius of a point.
const DOT: f64 = 0.45;

/// Labels that a plot of one column bears.
const LABELS: usize = 16;

/// Above the broken axis: from its end to the row of genes without a place on it.
const BREAK: f64 = 3.6;

/// Names above that row, on each side one over the other, and the room they take.
const LANES: usize = 4;
const LANE: f64 = 2.9;
const NAMES: f64 = LANE * LANES as f64 + 1.6;

/// Half the breadth of a triangle, and about half its height.
const TRIANGLE: f64 = 0.55;

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

    /// The largest −log10 p of those that have a place on the axis.
    fn known(&self) -> f64 {
        self.genes.iter().filter(|g| g.p > 0.0).map(|g| -g.p.log10()).fold(0.0, f64::max)
    }

    /// Genes whose p is below what a number can hold.
    fn beyond(&self) -> u64 {
        self.genes.iter().filter(|gene| gene.p == 0.0).count() as u64
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

impl Volcano {
    /// Names over the row of genes whose p is 0: on each side one over the other, the largest effect on top, each ending
    /// over its gene, so that no leader crosses a name.
    fn row_names(&self, page: &mut Page, at: &[(f64, f64)], (left, right): (f64, f64)) {
        let mut taken: Vec<Rect> = Vec::new();
        for (side, outwards) in [(Side::Up, 1.0), (Side::Down, -1.0)] {
            let own = self.named().into_iter().filter(|gene| self.genes[*gene].p == 0.0);
            let genes: Vec<usize> = own.filter(|gene| self.side(&self.genes[*gene]) == side).take(LANES).collect();
            let mut limit = f64::INFINITY;
            for (place, gene) in genes.iter().enumerate() {
                let (x, row) = at[*gene];
                let name = fit(&self.genes[*gene].name, 6.5, 30.0);
                let wide = text_width(&name, 6.5);
                // Distances from the middle, so that both sides are alike.
                let end = (x * outwards + 0.5).min(limit).min(if outwards > 0.0 { right } else { -left });
                limit = end - 1.0;
                let y = row - 2.4 - LANE * (genes.len() - 1 - place) as f64;
                let (from, to) = ((end - wide) * outwards, end * outwards);
                let rect = (from.min(to), y - 1.2, from.max(to), y + 1.2);
                if taken.iter().any(|other| overlaps(rect, *other)) || rect.0 < left || rect.2 > right {
                    continue;
                }
                let foot = (x * outwards).min(end - 0.5) * outwards;
                page.path(vec![(foot, y + 1.1), (foot, row - 1.0), (x, row - 0.6)], BLACK_INK, 0.12);
                page.text(((from + to) / 2.0, y), &name, 6.5, Align::Centre, BLACK_INK);
                taken.push(rect);
            }
        }
    }
}

fn overlaps(a: Rect, b: Rect) -> bool {
    a.0 < b.2 && b.0 < a.2 && a.1 < b.3 && b.1 < a.3
}

/// Whether two leaders cross.
fn cross(one: &[(f64, f64)], other: &[(f64, f64)]) -> bool {
    let (&[a, b], &[c, d]) = (one, other) else { return false };
    let side = |p: (f64, f64), q: (f64, f64), r: (f64, f64)| (q.0 - p.0) * (r.1 - p.1) - (q.1 - p.1) * (r.0 - p.0);
    side(a, b, c) * side(a, b, d) < 0.0 && side(c, d, a) * side(c, d, b) < 0.0
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
            && !self.leaders.iter().any(|other| cross(other, leader))
    }
}

fn triangle(page: &mut Page, (x, y): (f64, f64), ink: Ink) {
    page.area(vec![(x - TRIANGLE, y + 0.45), (x + TRIANGLE, y + 0.45), (x, y - 0.55)], ink, 1.0);
}

/// The vertical axis goes on to a row above it, with a break between that is marked.
fn broken(page: &mut Page, panel: &Panel, row: f64, known: f64) {
    let (x, middle) = (panel.left, panel.top - BREAK / 2.0);
    page.line((x, panel.top), (x, middle + 0.5), BLACK_INK, 0.2);
    page.line((x, middle - 0.5), (x, row - 0.8), BLACK_INK, 0.2);
    for y in [middle - 0.5, middle + 0.5] {
        page.line((x - 0.8, y + 0.4), (x + 0.8, y - 0.4), BLACK_INK, 0.2);
    }
    page.line((x - 1.0, row), (x, row), BLACK_INK, 0.2);
    if known >= 1.0 {
        page.text((x - 1.7, row), &format!("> {known:.0}", known = known.floor()), 7.0, Align::Right, BLACK_INK);
    }
}

/// Where a label's leader ends.
fn edge(at: (f64, f64), rect: Rect) -> (f64, f64) {
    (at.0.clamp(rect.0, rect.2), at.1.clamp(rect.1, rect.3))
}

/// Rings of places around a point, the last about 9 mm away: what a longer leader leads to is not seen to belong to it.
const RINGS: u32 = 6;

/// More than so many points are not covered, by a label or its leader.
const COVERED: usize = 3;

/// A place for a label near its point: inside the panel, over no other label or line, over as few points
/// as can be, and near; its leader crosses no other.
fn place(at: (f64, f64), size: (f64, f64), inside: Rect, taken: &Taken, points: &[(f64, f64)]) -> Option<Rect> {
    // Only points that a label or a leader can reach count.
    let reach = (10.0 + size.0, 10.0 + size.1);
    let close = |p: &&(f64, f64)| (p.0 - at.0).abs() < reach.0 && (p.1 - at.1).abs() < reach.1 && **p != at;
    let points: Vec<(f64, f64)> = points.iter().filter(close).copied().collect();
    let mut best: Option<(f64, Rect)> = None;
    for ring in 0..RINGS {
        let away = 1.3 + 1.5 * f64::from(ring);
        for turn in 0..16 {
            let angle = f64::from(turn) * std::f64::consts::PI / 8.0;
            let (x, y) = (at.0 + away * angle.cos(), at.1 - away * angle.sin());
            // The label's side that looks to the point stands at the end of the leader.
            let left = x - size.0 * (0.5 - 0.5 * angle.cos());
            let top = y - size.1 * (0.5 + 0.5 * angle.sin());
            let rect = (left, top, left + size.0, top + size.1);
            let fits = rect.0 >= inside.0 && rect.1 >= inside.1 && rect.2 <= inside.2 && rect.3 <= inside.3;
            let leader = [at, edge(at, rect)];
            if !fits || !taken.leaves(rect, &leader) {
                continue;
            }
            // A point is a disc, and its edge is not to be touched either.
            let disc = |p: &(f64, f64)| (p.0 - DOT, p.1 - DOT, p.0 + DOT, p.1 + DOT);
            let covered = points.iter().filter(|p| overlaps(rect, disc(p))).count();
            let run = points.iter().filter(|p| !free(disc(p), &[leader.to_vec()])).count();
            let cost = (covered * 4 + run * 2) as f64 + away;
            if covered + run <= COVERED && best.as_ref().is_none_or(|(least, _)| cost < *least) {
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
        let beyond = self.beyond();
        let groups: Vec<String> =
            self.groups.iter().map(|(name, n)| format!("{name} (n = {})", words::count(*n))).collect();
        words::paragraph([
            format!("{}: {} of {} genes", self.contrast, self.effect, words::count(self.genes.len() as u64)),
            groups.join(" against "),
            words::sentence(&self.method),
            format!(
                "{} up and {} down at a false discovery rate of {}%{}",
                words::of(self.count(Side::Up), "gene"),
                words::count(self.count(Side::Down)),
                words::brief(self.fdr * 100.0),
                if self.cut > 0.0 {
                    format!(" and an absolute effect of at least {}", words::brief(self.cut))
                } else {
                    String::new()
                }
            ),
            if beyond > 0 {
                format!(
                    "{} with a p below what a number can hold stand as triangles above the break of the axis",
                    words::count(beyond)
                )
            } else {
                String::new()
            },
            if self.untested > 0 {
                format!("{} could not be tested", words::of(self.untested, "gene"))
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
        let (beyond, top) = (self.beyond(), (self.known() * 1.05).max(1.0));
        let reach = self.genes.iter().map(|g| g.effect.abs()).fold(self.cut, f64::max).max(1e-9) * 1.06;
        let left = y_margin(0.0, top).max(11.0) + 1.0;
        let head = if beyond > 0 { NAMES + BREAK } else { 0.0 };
        let height = if width == Width::Column { 78.0 } else { 110.0 };
        let panel = Panel {
            left,
            top: 3.0 + head,
            width: total - left - 4.0,
            height: height - head,
            x: (-reach, reach),
            y: (0.0, top),
        };
        let row = panel.top - BREAK;
        let legend = panel.bottom() + 12.0;
        let lines = if beyond > 0 { 5.0 } else { 4.0 };
        let mut page = Page::new(total, legend + 3.6 * lines);
        let at: Vec<(f64, f64)> = self
            .genes
            .iter()
            .map(|gene| match panel.at(gene.effect, 0.0) {
                (x, _) if gene.p == 0.0 => (x, row),
                _ => panel.at(gene.effect, -gene.p.log10()),
            })
            .collect();
        let inks: [(Side, Ink, &str); 3] = [
            (Side::Neither, (165, 165, 165), "not significant"),
            (Side::Down, PALETTE[0], "down"),
            (Side::Up, PALETTE[1], "up"),
        ];
        for (side, ink, _) in inks {
            let own = self.genes.iter().zip(&at).filter(|(gene, _)| self.side(gene) == side);
            let (over, on): (Vec<_>, Vec<_>) = own.partition(|(gene, _)| gene.p == 0.0);
            page.dots(on.into_iter().map(|(_, at)| *at).collect(), DOT, ink, 0.75);
            // One of those that would cover each other.
            let places: BTreeSet<i64> = over.into_iter().map(|(_, at)| (at.0 * 4.0).round() as i64).collect();
            for place in places {
                triangle(&mut page, (place as f64 / 4.0, row), ink);
            }
        }
        panel.axes(&mut page, &self.effect.replace("log2", "log₂"), "−log₁₀ p");
        if beyond > 0 {
            broken(&mut page, &panel, row, self.known());
        }
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
        let inside = (panel.left + 0.5, panel.top, total - 1.0, panel.bottom());
        let near: Vec<(f64, f64)> =
            (0..at.len()).filter(|i| self.side(&self.genes[*i]) != Side::Neither).map(|i| at[i]).collect();
        if beyond > 0 {
            self.row_names(&mut page, &at, (panel.left + 0.5, total - 1.0));
        }
        for gene in self.named().into_iter().filter(|gene| self.genes[*gene].p > 0.0) {
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
            None => format!("no gene is within a false discovery rate of {}%{cut}", words::brief(self.fdr * 100.0)),
        };
        if beyond > 0 {
            let y = legend + 3.6 * 3.0;
            triangle(&mut page, (left + 1.0, y), (165, 165, 165));
            let said = format!("p below what a number can hold ({})", words::count(beyond));
            page.text((left + 3.5, y), &said, 7.0, Align::Left, BLACK_INK);
        }
        page.text((left, legend + 3.6 * (lines - 1.0)), &fit(&said, 7.0, total - left - 2.0), 7.0, Align::Left, GREY);
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::super::Mark;
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
    fn a_p_of_0_stands_above_a_break_and_is_counted() {
        let mut volcano = example(400);
        for gene in volcano.genes.iter_mut().filter(|gene| gene.effect.abs() > 2.0) {
            (gene.p, gene.fdr) = (0.0, 0.0);
        }
        let beyond = volcano.beyond();
        assert!(volcano.caption().contains(&format!("{beyond} with a p below what a number can hold")));
        let page = volcano.draw(Width::Column).expect("a drawing");
        let known = volcano.known();
        let texts = |page: &Page| -> Vec<((f64, f64), String)> {
            let marks = page.marks().iter();
            marks
                .filter_map(
                    |mark| if let Mark::Text { at, text, .. } = mark { Some((*at, text.clone())) } else { None },
                )
                .collect()
        };
        let said = texts(&page);
        assert!(said.iter().any(|(_, text)| *text == format!("> {}", known.floor())), "{said:?}");
        assert!(said.iter().any(|(_, text)| *text == format!("p below what a number can hold ({beyond})")));
        // The names of the first stand above their row, and no dot does.
        let row = 3.0 + NAMES;
        let named: Vec<f64> = said.iter().filter(|(_, text)| text.starts_with("GENE")).map(|(at, _)| at.1).collect();
        assert!(named.len() == 2 * LANES && named.iter().all(|y| *y < row), "{named:?}");
        let dots =
            page.marks().iter().filter_map(|mark| if let Mark::Dots { at, .. } = mark { Some(at) } else { None });
        assert!(dots.flatten().all(|at| at.1 >= row + BREAK));
        assert!(cross(&[(0.0, 0.0), (2.0, 2.0)], &[(0.0, 2.0), (2.0, 0.0)]));
        assert!(!cross(&[(0.0, 0.0), (2.0, 2.0)], &[(3.0, 0.0), (3.0, 9.0)]));
        // Without such a gene the axis is whole.
        assert!(
            !texts(&example(400).draw(Width::Column).expect("a drawing")).iter().any(|(_, text)| text.starts_with('>'))
        );
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
