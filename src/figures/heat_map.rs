//! A heat map of features by samples, samples clustered within their groups.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::colours::{Key, compared, diverging, sequential};
use super::page::{Align, BLACK_INK, GREY, Ink, PALETTE, Raster, bold_width, fit, shorten, text_width, widest, wrap};
use super::{Figure, FigureError, Page, Width, empty, field, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "heat-map",
    title: "Heat map",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Scaled values of features by samples, clustered within groups, with bars of annotation.",
    documentation: "Values are coloured on a scale that is symmetric around 0 and clipped where the key says; a missing \
        value is grey. Columns are split by group and clustered within it, so that the clustering cannot suggest the \
        groups; rows are clustered over all columns. Trees are drawn by the heights of their merges.",
    references: &[
        "Gu Z et al. Bioinformatics 2016;32:2847-2849",
        "Eisen MB et al. Proc Natl Acad Sci 1998;95:14863-14868",
    ],
    example: "figure heat-map",
};

/// Two clusters that join: numbers below the number of leaves are leaves in the order drawn, others
/// the merges before, counted on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Merge {
    pub left: usize,
    pub right: usize,
    pub height: f64,
}

/// A feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Row {
    pub name: String,
    /// Before the name: stars, a rank.
    pub remark: String,
    /// One a column, in the order drawn.
    pub values: Vec<Option<f64>>,
}

/// Neighbouring columns that belong together.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Group {
    pub name: String,
    pub columns: Vec<String>,
    /// How the columns cluster; empty where they were not.
    pub tree: Vec<Merge>,
}

/// A bar above the columns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Annotation {
    /// One of the levels a column, by its number.
    Levels { name: String, levels: Vec<String>, of: Vec<Option<usize>> },
    /// A number a column.
    Numbers { name: String, of: Vec<Option<f64>> },
}

/// The numbers of a heat map.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct HeatMap {
    /// `z-score`.
    pub scale: String,
    /// Values beyond are drawn as this.
    pub clip: f64,
    pub rows: Vec<Row>,
    pub row_tree: Vec<Merge>,
    pub groups: Vec<Group>,
    pub annotations: Vec<Annotation>,
    /// How values were scaled and clustered, and what the remarks mean.
    pub method: String,
}

const MISSING: Ink = (190, 190, 190);

impl HeatMap {
    fn columns(&self) -> usize {
        self.groups.iter().map(|group| group.columns.len()).sum()
    }
}

impl Figure for HeatMap {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("feature,remark");
        for column in self.groups.iter().flat_map(|group| &group.columns) {
            let _ = write!(out, ",{}", field(column));
        }
        out.push_str("\ngroup,");
        for group in &self.groups {
            for _ in &group.columns {
                let _ = write!(out, ",{}", field(&group.name));
            }
        }
        out.push('\n');
        for row in &self.rows {
            let _ = write!(out, "{},{}", field(&row.name), field(&row.remark));
            for value in &row.values {
                let _ = write!(out, ",{}", number(*value));
            }
            out.push('\n');
        }
        out
    }

    fn caption(&self) -> String {
        let groups = words::each(self.groups.iter().map(|g| (g.name.as_str(), g.columns.len() as u64, None)));
        let beyond =
            self.rows.iter().flat_map(|row| row.values.iter().flatten()).filter(|v| v.abs() > self.clip).count();
        words::paragraph([
            format!("{} of {} features", self.scale, self.rows.len()),
            groups,
            words::sentence(&self.method),
            format!(
                "Colours are clipped at ±{}{}",
                words::brief(self.clip),
                if beyond > 0 {
                    format!(" ({} values lie beyond)", words::count(beyond as u64))
                } else {
                    String::new()
                }
            ),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let starred = self.rows.iter().any(|row| row.remark.contains('*'));
        let foot = if starred { format!("{}; p adjusted", words::STARS) } else { String::new() };
        sheet(self, width, "heat-map", &foot)
    }
}

/// Where merges of a tree stand: across along the leaves and the height.
fn tree(merges: &[Merge], leaves: usize) -> Option<Vec<[(f64, f64); 4]>> {
    let mut at: Vec<(f64, f64)> = (0..leaves).map(|leaf| (leaf as f64 + 0.5, 0.0)).collect();
    let mut brackets = Vec::new();
    for merge in merges {
        let (a, b) = (*at.get(merge.left)?, *at.get(merge.right)?);
        if !merge.height.is_finite() {
            return None;
        }
        brackets.push([a, (a.0, merge.height), (b.0, merge.height), b]);
        at.push(((a.0 + b.0) / 2.0, merge.height));
    }
    Some(brackets)
}

/// The drawing, shared with figures that are heat maps of one purpose.
pub(super) fn sheet(map: &HeatMap, width: Width, figure: &'static str, foot: &str) -> Result<Page, FigureError> {
    let columns = map.columns();
    if map.rows.is_empty() || columns == 0 {
        return Err(empty(figure, "there is no row or no column"));
    }
    if map.rows.iter().any(|row| row.values.len() != columns) {
        return Err(FigureError::Value { figure, reason: format!("every row has {columns} values, one a column") });
    }
    if map.groups.len() > 6 {
        return Err(FigureError::TooManyGroups { figure, most: 6, found: map.groups.len() });
    }
    if !(map.clip > 0.0 && map.clip.is_finite()) {
        return Err(FigureError::Value { figure, reason: "colours are clipped at a number above 0".into() });
    }
    let total = width.millimetres();
    let rows = map.rows.len();
    let size = if rows > 60 { 0.0 } else { 7.0f64.min(200.0 / rows as f64 * 2.4) };
    let row = if rows > 60 { 160.0 / rows as f64 } else { (size * 0.46).max(160.0 / rows as f64).min(4.6) };
    // Letters of many rows would touch; beyond sixty rows names are in the CSV.
    let remarks = if size > 0.0 { widest(map.rows.iter().map(|r| &r.remark), size) } else { 0.0 };
    let remarks = if remarks > 0.0 { remarks + 1.2 } else { 0.0 };
    let names = if size > 0.0 { widest(map.rows.iter().map(|r| &r.name), size).min(total * 0.3) } else { 0.0 };
    let bars: f64 = map.annotations.iter().map(|a| text_width(title(a), 7.0)).fold(0.0, f64::max).min(total * 0.2);
    let side = (remarks + names).max(bars) + 1.5;
    let keys = key_width(map).max(text_width(&map.scale, 7.0) + 3.0).max(14.0);
    let row_tree = if map.row_tree.is_empty() { 0.0 } else { 10.0 };
    let left = 2.0 + row_tree;
    let wide = total - left - side - keys - 5.0;
    if wide < 15.0 {
        return Err(FigureError::Value {
            figure,
            reason: "names and keys leave no room; draw it at full width".into(),
        });
    }
    let gap = 1.2;
    let cell = (wide - gap * (map.groups.len() as f64 - 1.0)) / columns as f64;
    let trees = if map.groups.iter().any(|group| !group.tree.is_empty()) { 9.0 } else { 0.0 };
    let top = 6.5 + trees + 3.4 * (map.annotations.len() as f64 + 1.0) + 1.0;
    let high = row * rows as f64;
    let key_height = keys_height(map, keys);
    let foot = wrap(foot, 6.5, total - 4.0, 3);
    let bottom = (top + high + 3.0).max(6.0 + key_height);
    let mut page = Page::new(total, bottom + 3.2 * foot.len() as f64 + if foot.is_empty() { 0.0 } else { 0.6 });
    for (line, text) in foot.iter().enumerate() {
        page.text((2.0, bottom + 1.0 + 3.2 * line as f64), text, 6.5, Align::Left, GREY);
    }

    // Names that do not fit above their groups stand in the key.
    let name = |group: &Group| format!("{} ({})", group.name, group.columns.len());
    let fits = |group: &Group| bold_width(&name(group), 7.0) <= cell * group.columns.len() as f64 + gap * 0.5;
    let titled = map.groups.iter().all(fits);
    let mut first = 0;
    let mut x = left;
    for (place, group) in map.groups.iter().enumerate() {
        let count = group.columns.len();
        let span = cell * count as f64;
        let ink = compared(place, map.groups.len());
        if titled {
            page.bold((x + span / 2.0, 3.0), &name(group), 7.0, Align::Centre, BLACK_INK);
        }
        if let Some(brackets) = tree(&group.tree, count) {
            let highest = brackets.iter().map(|b| b[1].1).fold(0.0, f64::max).max(1e-12);
            let base = 6.0 + trees - 0.6;
            for bracket in brackets {
                let points = bracket.map(|(at, height)| (x + at * cell, base - height / highest * (trees - 1.2)));
                page.path(points.to_vec(), BLACK_INK, 0.12);
            }
        }
        let mut y = 6.0 + trees;
        page.block((x, y), span, 2.6, ink, 1.0);
        for annotation in &map.annotations {
            y += 3.4;
            let colour = |column: usize| annotation_ink(annotation, first + column);
            if let Some(raster) = Raster::of(count, 1, |column, _| colour(column)) {
                page.image((x, y), span, 2.6, raster, false);
            }
        }
        let colour = |column: usize, line: usize| {
            let value = map.rows[line].values[first + column].filter(|v| v.is_finite());
            value.map_or(MISSING, |v| diverging(v / map.clip))
        };
        if let Some(raster) = Raster::of(count, rows, colour) {
            page.image((x, top), span, high, raster, false);
        }
        page.frame((x, top), span, high, GREY, 0.1);
        first += count;
        x += span + gap;
    }
    if let Some(brackets) = tree(&map.row_tree, rows) {
        let highest = brackets.iter().map(|b| b[1].1).fold(0.0, f64::max).max(1e-12);
        for bracket in brackets {
            let points = bracket.map(|(at, height)| (left - 0.6 - height / highest * (row_tree - 1.5), top + at * row));
            page.path(points.to_vec(), BLACK_INK, 0.12);
        }
    }
    let beside = left + wide + 1.2;
    if size > 0.0 {
        for (line, one) in map.rows.iter().enumerate() {
            let y = top + row * (line as f64 + 0.5);
            page.text((beside, y), &one.remark, size, Align::Left, BLACK_INK);
            let name = shorten(&one.name, size, names);
            page.text((beside + remarks, y), &name, size, Align::Left, BLACK_INK);
        }
    }
    for (place, annotation) in map.annotations.iter().enumerate() {
        let y = 6.0 + trees + 3.4 * (place as f64 + 1.0) + 1.3;
        page.text((beside, y), &fit(title(annotation), 7.0, side - 1.0), 7.0, Align::Left, BLACK_INK);
    }
    let clip = map.clip;
    let at = (total - keys, 8.0);
    Key { title: &map.scale, low: -clip, high: clip, ends: None }.draw(&mut page, at, 22.0, |v| diverging(v / clip));
    let mut below = 36.0;
    if !titled {
        page.bold((at.0, below), "group", 7.0, Align::Left, BLACK_INK);
        for (place, group) in map.groups.iter().enumerate() {
            below += 3.2;
            page.block((at.0, below - 1.1), 2.2, 2.2, compared(place, map.groups.len()), 1.0);
            page.text((at.0 + 3.2, below), &fit(&name(group), 6.5, keys - 4.5), 6.5, Align::Left, BLACK_INK);
        }
        below += 6.0;
    }
    legends(&mut page, map, (at.0, below), keys);
    Ok(page)
}

fn title(annotation: &Annotation) -> &str {
    match annotation {
        Annotation::Levels { name, .. } | Annotation::Numbers { name, .. } => name,
    }
}

/// Inks of the levels of annotations: apart from those of the groups in hue order and paler.
fn level_ink(level: usize) -> Ink {
    let of = PALETTE[(level + 3) % 6];
    let pale = |part: u8| (f64::from(part) * 0.75 + 255.0 * 0.25) as u8;
    (pale(of.0), pale(of.1), pale(of.2))
}

fn annotation_ink(annotation: &Annotation, column: usize) -> Ink {
    match annotation {
        Annotation::Levels { of, .. } => of.get(column).copied().flatten().map_or(MISSING, level_ink),
        Annotation::Numbers { of, .. } => {
            let known = of.iter().flatten().copied().filter(|v| v.is_finite());
            let (low, high) = known.fold((f64::INFINITY, f64::NEG_INFINITY), |(l, h), v| (l.min(v), h.max(v)));
            let value = of.get(column).copied().flatten().filter(|v| v.is_finite());
            value.map_or(MISSING, |v| sequential(if high > low { (v - low) / (high - low) } else { 0.5 }))
        }
    }
}

fn key_width(map: &HeatMap) -> f64 {
    let groups = map.groups.iter().map(|g| text_width(&format!("{} ({})", g.name, g.columns.len()), 6.5) + 4.6);
    let words = map.annotations.iter().flat_map(|a| match a {
        Annotation::Levels { name, levels, .. } => {
            levels.iter().map(|level| text_width(level, 6.5) + 3.4).chain([text_width(name, 7.0)]).collect::<Vec<_>>()
        }
        Annotation::Numbers { name, .. } => vec![text_width(name, 7.0)],
    });
    words.chain(groups).fold(0.0, f64::max).min(26.0) + 3.0
}

fn keys_height(map: &HeatMap, keys: f64) -> f64 {
    let more = |annotation: &Annotation| 3.2 * (key_lines(title(annotation), keys).len() as f64 - 1.0);
    40.0 + 3.2 * map.groups.len() as f64
        + map
            .annotations
            .iter()
            .map(|a| {
                more(a)
                    + match a {
                        Annotation::Levels { levels, .. } => 6.0 + 3.2 * levels.len() as f64,
                        Annotation::Numbers { .. } => 20.0,
                    }
            })
            .sum::<f64>()
}

/// The title of an annotation's key in lines; bold letters are a tenth wider than those that are measured.
fn key_lines(name: &str, keys: f64) -> Vec<String> {
    wrap(name, 7.0, (keys - 2.0) * 0.92, 3)
}

/// Draws a key's title and returns the height of its last line.
fn headed(page: &mut Page, name: &str, (x, mut y): (f64, f64), keys: f64) -> f64 {
    for (place, line) in key_lines(name, keys).iter().enumerate() {
        y += if place > 0 { 3.2 } else { 0.0 };
        page.bold((x, y), line, 7.0, Align::Left, BLACK_INK);
    }
    y
}

fn legends(page: &mut Page, map: &HeatMap, at: (f64, f64), keys: f64) {
    let (x, mut y) = at;
    for annotation in &map.annotations {
        match annotation {
            Annotation::Levels { name, levels, .. } => {
                y = headed(page, name, (x, y), keys);
                for (place, level) in levels.iter().enumerate() {
                    y += 3.2;
                    page.block((x, y - 1.1), 2.2, 2.2, level_ink(place), 1.0);
                    page.text((x + 3.2, y), &fit(level, 6.5, keys - 5.0), 6.5, Align::Left, BLACK_INK);
                }
                y += 6.0;
            }
            Annotation::Numbers { name, of } => {
                let known: Vec<f64> = of.iter().flatten().copied().filter(|v| v.is_finite()).collect();
                let low = known.iter().copied().fold(f64::INFINITY, f64::min);
                let high = known.iter().copied().fold(f64::NEG_INFINITY, f64::max);
                if high > low {
                    let ends = [words::brief(low), words::brief(high)];
                    y = headed(page, name, (x, y), keys);
                    let key = Key { title: "", low, high, ends: Some((&ends[0], &ends[1])) };
                    key.draw(page, (x, y + 2.6), 11.0, |v| sequential((v - low) / (high - low)));
                }
                y += 20.0;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example() -> HeatMap {
        let row = |name: &str, values: &[f64]| Row {
            name: name.into(),
            remark: "*".into(),
            values: values.iter().map(|v| (!v.is_nan()).then_some(*v)).collect(),
        };
        let group = |name: &str, columns: &[&str], tree| Group {
            name: name.into(),
            columns: columns.iter().map(|c| (*c).to_string()).collect(),
            tree,
        };
        HeatMap {
            scale: "z-score".into(),
            clip: 2.0,
            rows: vec![row("a", &[1.0, -3.0, f64::NAN]), row("b", &[0.0, 0.5, 1.0])],
            row_tree: vec![Merge { left: 0, right: 1, height: 2.0 }],
            groups: vec![
                group("ALL", &["s1", "s2"], vec![Merge { left: 0, right: 1, height: 1.0 }]),
                group("AML", &["s3"], vec![]),
            ],
            annotations: vec![Annotation::Levels {
                name: "sex".into(),
                levels: vec!["f".into(), "m".into()],
                of: vec![Some(0), None, Some(1)],
            }],
            method: "complete linkage".into(),
        }
    }

    #[test]
    fn numbers_and_drawing() {
        assert_eq!(example().csv(), "feature,remark,s1,s2,s3\ngroup,,ALL,ALL,AML\na,*,1,-3,\nb,*,0,0.5,1\n");
        assert!(example().caption().contains("clipped at ±2 (1 values lie beyond)"));
        let svg = example().draw(Width::Full).and_then(|p| p.svg()).expect("a drawing");
        assert!(svg.contains("<image") && !svg.contains("NaN"));
    }

    #[test]
    fn refuses_rows_of_other_lengths_and_ignores_broken_trees() {
        let mut map = example();
        map.row_tree[0].left = 9;
        assert!(map.draw(Width::Full).is_ok());
        map.rows[0].values.pop();
        assert!(matches!(map.draw(Width::Full), Err(FigureError::Value { .. })));
    }
}
