//! A matrix of correlations: coefficients above, scatter below, densities between.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::labelled;
use super::colours::{Key, diverging};
use super::page::{Align, BLACK_INK, GREY, PALETTE, Raster, shorten, text_width, widest, wrap};
use super::{Figure, FigureError, Page, Width, empty, field, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "correlation",
    title: "Correlation matrix",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Coefficients with stars above the diagonal, scatter with a fitted line below, densities on it.",
    documentation: "Stars stand for p adjusted over all pairs; colour repeats the coefficient. The line is that of least \
        squares; numbers beside the outer cells are the scales, where cells bear them. Of more than a thousand patients the scatter is binned and darker where there are more. Beyond ten columns \
        there is no room for scatter: both triangles are cells of colour, with coefficients above while they can be read. \
        A pair that is not estimable has a dash.",
    references: &["Benjamini Y, Hochberg Y. J R Stat Soc B 1995;57:289-300"],
    example: "figure correlation",
};

/// Columns up to which there is room for scatter.
const SCATTER: usize = 10;

/// A column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Column {
    pub name: String,
    /// One a patient.
    pub values: Vec<Option<f64>>,
    /// Value and estimated density, in order of value; empty where there is none.
    pub density: Vec<(f64, f64)>,
}

/// Two columns by their numbers, the first being the smaller.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    pub first: usize,
    pub second: usize,
    pub coefficient: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub p: Option<f64>,
    pub p_adjusted: Option<f64>,
    pub n: u64,
    /// Intercept and slope of the second on the first.
    pub line: Option<(f64, f64)>,
}

/// The numbers of a matrix.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Correlations {
    /// `Spearman's rho`.
    pub method: String,
    /// `p adjusted by Benjamini-Hochberg over 6 pairs`.
    pub adjustment: String,
    pub cohort: String,
    pub n: u64,
    pub columns: Vec<Column>,
    pub pairs: Vec<Pair>,
}

impl Correlations {
    fn pair(&self, a: usize, b: usize) -> Option<&Pair> {
        self.pairs.iter().find(|pair| pair.first == a.min(b) && pair.second == a.max(b))
    }
}

impl Figure for Correlations {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("first,second,n,coefficient,lower,upper,p,p_adjusted\n");
        for pair in &self.pairs {
            let name = |at: usize| field(self.columns.get(at).map_or("", |c| c.name.as_str()));
            let numbers = [pair.coefficient, pair.lower, pair.upper, pair.p, pair.p_adjusted].map(number).join(",");
            let _ = writeln!(out, "{},{},{},{numbers}", name(pair.first), name(pair.second), pair.n);
        }
        out
    }

    fn caption(&self) -> String {
        let least = self.pairs.iter().map(|pair| pair.n).min().unwrap_or(0);
        let most = self.pairs.iter().map(|pair| pair.n).max().unwrap_or(0);
        let n = if least == most {
            words::count(least)
        } else {
            format!("{} to {}", words::count(least), words::count(most))
        };
        words::paragraph([
            format!("{} of {} columns on {} (n = {n} a pair)", self.method, self.columns.len(), self.cohort),
            words::sentence(&self.adjustment),
            words::STARS.into(),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let k = self.columns.len();
        if k < 2 {
            return Err(empty("correlation", "there are fewer than two columns"));
        }
        if k > 60 {
            let reason = format!("{k} columns; at most 60 can be read");
            return Err(FigureError::Value { figure: "correlation", reason });
        }
        let sound = |v: Option<f64>| v.is_none_or(|v| (-1.0..=1.0).contains(&v));
        if self.pairs.iter().any(|p| p.first >= k || p.second >= k || !sound(p.coefficient)) {
            let reason = "a pair is of two of the columns and its coefficient between −1 and 1".into();
            return Err(FigureError::Value { figure: "correlation", reason });
        }
        if k > 30 && width == Width::Column {
            let reason = format!("the names of {k} columns leave no room; draw it at full width");
            return Err(FigureError::Value { figure: "correlation", reason });
        }
        if k <= SCATTER { Ok(self.matrix(width)) } else { Ok(self.cells(width)) }
    }
}

/// Size of the numbers beside the outer cells, in points, and the least cell in millimetres that bears them.
const NUMBERS: f64 = 5.5;
const NUMBERED: f64 = 14.0;

/// Ticks of a column below its last cell and, where its row begins with a scatter, beside its first: so many that they
/// keep apart and within the cell.
fn beside(
    page: &mut Page,
    (left, bottom): (f64, f64),
    (at, cell): (usize, f64),
    (low, high): (f64, f64),
    ticks: &[(f64, String)],
    upwards: bool,
) {
    let inner = cell - 1.6;
    let place = |value: f64| 0.8 + (value - low) / (high - low) * inner;
    let wide = widest(ticks.iter().map(|tick| &tick.1), NUMBERS) + 1.0;
    let apart = match ticks {
        [first, second, ..] => place(second.0) - place(first.0),
        _ => cell,
    };
    let every = (wide / apart).ceil().max(1.0) as usize;
    for (value, said) in ticks.iter().step_by(every) {
        let (x, half) = (left + cell * at as f64 + place(*value), text_width(said, NUMBERS) / 2.0);
        let within = x - half >= left + cell * at as f64 && x + half <= left + cell * (at + 1) as f64;
        if within {
            page.line((x, bottom - 0.4), (x, bottom + 0.4), GREY, 0.12);
            page.text((x, bottom + 1.7), said, NUMBERS, Align::Centre, GREY);
        }
    }
    let every = (2.6 / apart).ceil().max(1.0) as usize;
    for (value, said) in ticks.iter().step_by(every).filter(|_| upwards) {
        let y = 2.0 + cell * (at + 1) as f64 - place(*value);
        page.line((left - 0.4, y), (left + 0.4, y), GREY, 0.12);
        page.text((left - 0.9, y), said, NUMBERS, Align::Right, GREY);
    }
}

/// A name in lines that a cell holds, cut in its middle where most of it stays; None where it does not.
fn named(name: &str, side: f64) -> Option<Vec<String>> {
    if text_width(name, 6.5) <= side - 0.6 {
        return Some(vec![name.to_owned()]);
    }
    let spaced = wrap(&name.replace('_', " "), 6.5, side - 0.6, 3);
    if !spaced.iter().any(|line| line.ends_with('…')) {
        return Some(spaced);
    }
    let cut = shorten(name, 6.5, side - 0.6);
    (cut.chars().count() * 2 > name.chars().count()).then(|| vec![cut])
}

/// The range of what is known of a column; a little around a constant.
fn range(column: &Column) -> (f64, f64) {
    let known = column.values.iter().flatten().copied();
    let density = column.density.iter().map(|d| d.0);
    super::axes::spread(known.chain(density), 0.04).unwrap_or((0.0, 1.0))
}

impl Correlations {
    fn matrix(&self, width: Width) -> Page {
        let (total, k) = (width.millimetres(), self.columns.len());
        let side = 2.0;
        let ranges: Vec<(f64, f64)> = self.columns.iter().map(range).collect();
        let numbers: Vec<Vec<(f64, String)>> = ranges.iter().map(|range| labelled(range.0, range.1)).collect();
        // Numbers stand at the outer cells where these bear them.
        let margin = widest(numbers[1..].iter().flatten().map(|tick| &tick.1), NUMBERS) + 1.6;
        let cell = ((total - side * 2.0 - margin) / k as f64).min(45.0);
        let numbered = cell >= NUMBERED;
        let (margin, foot) = if numbered { (margin, 2.6) } else { (0.0, 0.0) };
        let cell = ((total - side * 2.0 - margin) / k as f64).min(45.0);
        let left = (total - margin - cell * k as f64) / 2.0 + margin;
        // Where a cell is too narrow for a name, all have numbers, and a key below.
        let keyed = self.columns.iter().any(|column| named(&column.name, cell - 1.6).is_none());
        let abreast = if total > 120.0 { 3 } else { 1 };
        let key = if keyed { 3.4 * k.div_ceil(abreast) as f64 + 1.5 } else { 0.0 };
        let mut page = Page::new(total, cell * k as f64 + 4.0 + foot + key);
        for (at, column) in self.columns.iter().enumerate().filter(|_| keyed) {
            let lines = k.div_ceil(abreast);
            let wide = (total - 4.0) / abreast as f64;
            let place = (2.0 + wide * (at / lines) as f64, page.height - key + 2.6 + 3.4 * (at % lines) as f64);
            page.text(
                place,
                &shorten(&format!("{}  {}", at + 1, column.name), 6.5, wide - 2.0),
                6.5,
                Align::Left,
                BLACK_INK,
            );
        }
        if numbered {
            let corner = (left, 2.0 + cell * k as f64);
            for (at, ticks) in numbers.iter().enumerate() {
                beside(&mut page, corner, (at, cell), ranges[at], ticks, at > 0);
            }
        }
        let size = (cell * 0.42).clamp(5.0, 9.0);
        for row in 0..k {
            for column in 0..k {
                let (x, y) = (left + cell * column as f64, 2.0 + cell * row as f64);
                let inner = cell - 1.6;
                if row == column {
                    self.diagonal(&mut page, (row, keyed), (x + 0.8, y + 0.8), inner, ranges[row]);
                } else if row < column {
                    let pair = self.pair(row, column);
                    let r = pair.and_then(|pair| pair.coefficient);
                    if let Some(r) = r {
                        let faint = diverging(r * 0.6);
                        page.block((x + 0.4, y + 0.4), cell - 0.8, cell - 0.8, faint, 1.0);
                    }
                    let ink = r.map_or(GREY, |r| super::colours::on(diverging(r * 0.6)));
                    let stars = pair.and_then(|p| p.p_adjusted).map_or("", words::stars);
                    let said = r.map_or("–".into(), |r| words::signed(r, 2));
                    let middle = (x + cell / 2.0, y + cell / 2.0);
                    page.text((middle.0, middle.1 - size * 0.08), &said, size, Align::Centre, ink);
                    page.text((middle.0, middle.1 + size * 0.32), stars, size, Align::Centre, ink);
                } else {
                    self.scatter(&mut page, (column, row), (x + 0.8, y + 0.8), inner, (ranges[column], ranges[row]));
                }
                page.frame((x + 0.4, y + 0.4), cell - 0.8, cell - 0.8, (170, 170, 170), 0.12);
            }
        }
        page
    }

    fn diagonal(&self, page: &mut Page, (at, keyed): (usize, bool), (x, y): (f64, f64), side: f64, range: (f64, f64)) {
        let column = &self.columns[at];
        let lines = match (keyed, named(&column.name, side)) {
            (false, Some(lines)) => lines,
            _ => vec![(at + 1).to_string()],
        };
        let head = 3.0 * lines.len() as f64 + 0.6;
        let most = column.density.iter().map(|d| d.1).fold(0.0, f64::max);
        if most > 0.0 && side > head + 2.0 {
            let place = |(v, d): &(f64, f64)| {
                (x + (v - range.0) / (range.1 - range.0) * side, y + side - d / most * (side - head - 0.8))
            };
            let mut outline: Vec<(f64, f64)> = column.density.iter().map(place).collect();
            let (first, last) = (outline[0].0, outline[outline.len() - 1].0);
            page.path(outline.clone(), PALETTE[0], 0.3);
            outline.extend([(last, y + side), (first, y + side)]);
            page.area(outline, PALETTE[0], 0.18);
        }
        for (place, line) in lines.iter().enumerate() {
            page.bold(
                (x + side / 2.0, y + 1.6 + 3.0 * place as f64),
                &super::page::fit(line, 6.1, side),
                6.1,
                Align::Centre,
                BLACK_INK,
            );
        }
    }

    fn scatter(
        &self,
        page: &mut Page,
        (a, b): (usize, usize),
        (x, y): (f64, f64),
        side: f64,
        ranges: ((f64, f64), (f64, f64)),
    ) {
        let ((x0, x1), (y0, y1)) = ranges;
        let share = |u: f64, v: f64| ((u - x0) / (x1 - x0), 1.0 - (v - y0) / (y1 - y0));
        let both = self.columns[a].values.iter().zip(&self.columns[b].values);
        let points: Vec<(f64, f64)> = both
            .filter_map(|(u, v)| Some(share((*u)?, (*v)?)))
            .filter(|(u, v)| u.is_finite() && v.is_finite())
            .collect();
        if points.len() > 1000 {
            const BINS: usize = 40;
            let mut counts = vec![0u32; BINS * BINS];
            for (u, v) in &points {
                let bin = |s: f64| ((s * BINS as f64) as usize).min(BINS - 1);
                counts[bin(*v) * BINS + bin(*u)] += 1;
            }
            let most = f64::from(counts.iter().copied().max().unwrap_or(1).max(1)).ln_1p();
            let ink = |column: usize, row: usize| {
                let dark = f64::from(counts[row * BINS + column]).ln_1p() / most;
                let grey = (255.0 - 200.0 * dark).round() as u8;
                (grey, grey, grey)
            };
            if let Some(raster) = Raster::of(BINS, BINS, ink) {
                page.image((x, y), side, side, raster, false);
            }
        } else {
            let radius = if points.len() > 150 { 0.25 } else { 0.38 };
            let radius = radius * (side / 20.0).clamp(0.6, 1.3);
            page.dots(points.iter().map(|(u, v)| (x + u * side, y + v * side)).collect(), radius, BLACK_INK, 0.45);
        }
        if let Some((intercept, slope)) = self.pair(a, b).and_then(|pair| pair.line)
            && intercept.is_finite()
            && slope.is_finite()
        {
            // The line where it is inside the cell.
            let inside: Vec<(f64, f64)> = (0..=60)
                .map(|i| x0 + (x1 - x0) * f64::from(i) / 60.0)
                .map(|u| share(u, intercept + slope * u))
                .filter(|(_, v)| (0.0..=1.0).contains(v))
                .map(|(u, v)| (x + u * side, y + v * side))
                .collect();
            page.path(inside, PALETTE[1], 0.35);
        }
    }

    fn cells(&self, width: Width) -> Page {
        let (total, k) = (width.millimetres(), self.columns.len());
        let size = if k > 35 { 5.0 } else { 6.5 };
        let names = widest(self.columns.iter().map(|c| &c.name), size).min(total * 0.26);
        let (left, top) = (names + 3.0, names + 3.0);
        let cell = ((total - left - 16.0) / k as f64).min(9.0);
        let wide = cell * k as f64;
        let mut page = Page::new(total, top + wide + 3.0);
        let ink = |column: usize, row: usize| {
            if row == column {
                return (60, 60, 60);
            }
            self.pair(row, column).and_then(|p| p.coefficient).map_or((205, 205, 205), diverging)
        };
        if let Some(raster) = Raster::of(k, k, ink) {
            page.image((left, top), wide, wide, raster, false);
        }
        for at in 0..k {
            let middle = cell * (at as f64 + 0.5);
            let name = shorten(&self.columns[at].name, size, names);
            page.text((left - 1.2, top + middle), &name, size, Align::Right, BLACK_INK);
            page.upright((left + middle, top - 1.2 - text_width(&name, size) / 2.0), &name, size);
            page.line((left + cell * at as f64, top), (left + cell * at as f64, top + wide), (255, 255, 255), 0.1);
            page.line((left, top + cell * at as f64), (left + wide, top + cell * at as f64), (255, 255, 255), 0.1);
        }
        let digits = text_width("−0.00", 5.0) <= cell - 0.4;
        for pair in &self.pairs {
            let (Some(r), at) = (pair.coefficient, (pair.second as f64 + 0.5, pair.first as f64 + 0.5)) else {
                let at = (left + cell * (pair.second as f64 + 0.5), top + cell * (pair.first as f64 + 0.5));
                page.text(at, "–", 5.0, Align::Centre, GREY);
                continue;
            };
            let at = (left + cell * at.0, top + cell * at.1);
            let over = super::colours::on(diverging(r));
            let stars = pair.p_adjusted.map_or("", words::stars);
            if digits {
                page.text(at, &words::signed(r, 2), 5.0, Align::Centre, over);
                let mirror = (left + cell * (pair.first as f64 + 0.5), top + cell * (pair.second as f64 + 0.5));
                page.text((mirror.0, mirror.1 + 0.4), stars, 6.0, Align::Centre, over);
            } else if cell > 2.4 && text_width(stars, 5.0) <= cell {
                page.text((at.0, at.1 + 0.4), stars, 5.0, Align::Centre, over);
            }
        }
        let title = if text_width(&self.method, 7.0) > 15.0 { "r" } else { &self.method };
        Key { title, low: -1.0, high: 1.0, ends: None }.draw(
            &mut page,
            (left + wide + 4.0, top + 4.0),
            30.0,
            diverging,
        );
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example(k: usize, n: usize) -> Correlations {
        let column = |at: usize| Column {
            name: format!("feature_with_a_name_{at}"),
            values: (0..n).map(|i| (i % 7 != at).then_some((i * (at + 3) % 11) as f64)).collect(),
            density: (0..12).map(|i| (f64::from(i), f64::from(i % 5))).collect(),
        };
        let pairs =
            (0..k).flat_map(|first| (first + 1..k).map(move |second| (first, second))).map(|(first, second)| Pair {
                first,
                second,
                coefficient: (first + second != 3).then_some(0.9 - 0.1 * (second % 12) as f64),
                lower: None,
                upper: None,
                p: Some(0.01),
                p_adjusted: Some(0.02),
                n: n as u64,
                line: Some((1.0, 0.5)),
            });
        Correlations {
            method: "Spearman's rho".into(),
            adjustment: "Benjamini-Hochberg".into(),
            cohort: "train".into(),
            n: n as u64,
            columns: (0..k).map(column).collect(),
            pairs: pairs.collect(),
        }
    }

    #[test]
    fn numbers_and_drawing() {
        let csv = example(2, 20).csv();
        assert!(csv.ends_with("feature_with_a_name_0,feature_with_a_name_1,20,0.8,,,0.01,0.02\n"), "{csv}");
        for (k, n) in [(2, 20), (4, 20), (3, 1500), (10, 5), (40, 20)] {
            let svg = example(k, n).draw(Width::Full).and_then(|p| p.svg()).expect("a drawing");
            assert!(!svg.contains("NaN"), "{k} columns");
        }
    }

    #[test]
    fn outer_cells_have_numbers_where_they_bear_them() {
        let grey = |k: usize, width: Width| {
            let page = example(k, 20).draw(width).expect("a drawing");
            let marks = page.marks().iter();
            let small =
                |mark: &&super::super::Mark| matches!(mark, super::super::Mark::Text { size, .. } if *size == NUMBERS);
            marks.filter(small).count()
        };
        // Two numbers at least below each of three columns, and beside the second and the third.
        assert!(grey(3, Width::Full) >= 10, "{}", grey(3, Width::Full));
        assert_eq!(grey(10, Width::Column), 0);
    }

    #[test]
    fn refuses_one_column_and_false_coefficients() {
        assert!(matches!(example(1, 9).draw(Width::Full), Err(FigureError::Empty { .. })));
        let mut bad = example(3, 9);
        bad.pairs[0].coefficient = Some(1.5);
        assert!(matches!(bad.draw(Width::Full), Err(FigureError::Value { .. })));
    }
}
