//! Two groupings crossed: where patients stand and what became of them.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, spread, y_margin};
use super::page::{Align, BLACK_INK, GREY, PALETTE, fit, text_width, wrap};
use super::{Figure, FigureError, Page, Width, empty, field, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "quadrants",
    title: "Profiles of two predictions",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Patients by two predictions with their cuts, and the size and outcome of each profile.",
    documentation: "Each point is a patient; filled points had the event, rings had not, crosses are unknown. The lines are \
        the cuts of the two groupings. The tiles below count the patients of each profile with their share and what was \
        observed there. Groupings of more than two groups have tiles only.",
    references: &[],
    example: "figure quadrants",
};

/// A grouping.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Grouping {
    /// `profile`.
    pub name: String,
    /// Whose prediction it cuts: `PRIME_R`.
    pub model: String,
    pub cuts: Vec<f64>,
    /// From low to high.
    pub labels: Vec<String>,
}

/// A patient.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    pub x: f64,
    pub y: f64,
    pub event: Option<bool>,
}

/// A profile.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tile {
    /// Numbers of its groups.
    pub x: usize,
    pub y: usize,
    pub n: u64,
    /// What was observed: `response 61.3% (48.1–73.4)`, `median os 31.2 months`.
    pub told: Vec<String>,
}

/// The numbers of the figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Quadrants {
    pub cohort: String,
    pub x: Grouping,
    pub y: Grouping,
    /// What a filled point had; empty where points are alike.
    pub event: String,
    pub points: Vec<Point>,
    pub tiles: Vec<Tile>,
    /// Patients without one of the predictions.
    pub missing: u64,
}

impl Quadrants {
    fn n(&self) -> u64 {
        self.tiles.iter().map(|tile| tile.n).sum()
    }

    fn name(&self, tile: &Tile) -> String {
        let label = |g: &Grouping, at: usize| format!("{} {}", g.name, g.labels.get(at).map_or("", String::as_str));
        format!("{}, {}", label(&self.x, tile.x), label(&self.y, tile.y))
    }
}

impl Figure for Quadrants {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("part,x,y,n,told\n");
        for tile in &self.tiles {
            let label = |g: &Grouping, at: usize| field(g.labels.get(at).map_or("", String::as_str));
            let told = field(&tile.told.join("; "));
            let _ = writeln!(out, "profile,{},{},{},{told}", label(&self.x, tile.x), label(&self.y, tile.y), tile.n);
        }
        for point in &self.points {
            let event = match point.event {
                Some(true) => "event",
                Some(false) => "no event",
                None => "unknown",
            };
            let _ = writeln!(out, "patient,{},{},1,{event}", number(Some(point.x)), number(Some(point.y)));
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let tiles: Vec<String> =
            self.tiles.iter().map(|t| format!("{}: n = {}", self.name(t), words::count(t.n))).collect();
        words::paragraph([
            format!(
                "Profiles of {} and {} on {} (n = {})",
                self.x.model,
                self.y.model,
                self.cohort,
                words::count(self.n())
            ),
            tiles.join("; "),
            "A tile is the darker the more patients it holds".into(),
            if self.event.is_empty() || self.points.is_empty() {
                String::new()
            } else {
                format!("Filled points: {}; rings: not; crosses: unknown", self.event)
            },
            if self.missing > 0 {
                format!("{} patients lack one of the predictions", words::count(self.missing))
            } else {
                String::new()
            },
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        if self.tiles.is_empty() || self.n() == 0 {
            return Err(empty("quadrants", "nobody has both predictions"));
        }
        super::finite(
            "quadrants",
            "a prediction or a cut",
            self.points
                .iter()
                .flat_map(|p| [p.x, p.y])
                .chain(self.x.cuts.iter().copied())
                .chain(self.y.cuts.iter().copied()),
        )?;
        let (columns, rows) = (self.x.labels.len(), self.y.labels.len());
        if self.tiles.iter().any(|t| t.x >= columns || t.y >= rows) || columns > 6 || rows > 6 {
            let reason = "a profile belongs to two of at most six groups".into();
            return Err(FigureError::Value { figure: "quadrants", reason });
        }
        let total = width.millimetres();
        let mut page = Page::new(total, 0.0);
        let mut y = 2.0;
        let mut left = 14.0;
        if !self.points.is_empty() {
            let xs =
                spread(self.points.iter().map(|p| p.x).chain(self.x.cuts.iter().copied()), 0.05).unwrap_or((0.0, 1.0));
            let ys =
                spread(self.points.iter().map(|p| p.y).chain(self.y.cuts.iter().copied()), 0.05).unwrap_or((0.0, 1.0));
            left = y_margin(ys.0, ys.1).max(11.0) + 1.0;
            let side = (total - left - 4.0).min(100.0);
            let panel = Panel { left, top: y, width: side, height: side * 0.8, x: xs, y: ys };
            for cut in &self.x.cuts {
                panel.rise(&mut page, *cut);
            }
            for cut in &self.y.cuts {
                panel.level(&mut page, *cut);
            }
            let many = self.points.len() > 400;
            let radius = if many { 0.45 } else { 0.75 };
            let of = |event: Option<bool>| -> Vec<(f64, f64)> {
                self.points.iter().filter(|p| p.event == event).map(|p| panel.at(p.x, p.y)).collect()
            };
            let alpha = if many { 0.5 } else { 0.9 };
            page.dots(of(Some(false)), radius, PALETTE[0], alpha);
            if !many {
                page.dots(of(Some(false)), radius - 0.22, (255, 255, 255), 1.0);
            }
            for (x, y) in of(None) {
                page.line((x - 0.6, y - 0.6), (x + 0.6, y + 0.6), GREY, 0.2);
                page.line((x - 0.6, y + 0.6), (x + 0.6, y - 0.6), GREY, 0.2);
            }
            page.dots(of(Some(true)), radius, PALETTE[1], alpha);
            let title = |g: &Grouping| {
                if g.name == g.model || g.name.is_empty() {
                    g.model.clone()
                } else {
                    format!("{} ({})", g.model, g.name)
                }
            };
            panel.axes(&mut page, &fit(&title(&self.x), 8.0, panel.width), &fit(&title(&self.y), 8.0, panel.height));
            y = panel.bottom() + 12.0;
            if !self.event.is_empty() {
                // The key has the marks of the panel.
                let at = y - 0.5;
                let unknown = self.points.iter().any(|p| p.event.is_none());
                let after = text_width("not", 7.0) + text_width("unknown", 7.0) + 24.0;
                let said = fit(&self.event, 7.0, total - after);
                page.dots(vec![(3.0, at)], radius, PALETTE[1], alpha);
                page.text((5.0, at), &said, 7.0, Align::Left, GREY);
                let next = 11.0 + text_width(&said, 7.0);
                page.dots(vec![(next, at)], radius, PALETTE[0], alpha);
                if !many {
                    page.dots(vec![(next, at)], radius - 0.22, (255, 255, 255), 1.0);
                }
                page.text((next + 2.0, at), "not", 7.0, Align::Left, GREY);
                let next = next + 8.0 + text_width("not", 7.0);
                if unknown {
                    page.line((next - 0.6, at - 0.6), (next + 0.6, at + 0.6), GREY, 0.2);
                    page.line((next - 0.6, at + 0.6), (next + 0.6, at - 0.6), GREY, 0.2);
                    page.text((next + 2.0, at), "unknown", 7.0, Align::Left, GREY);
                }
                y += 4.0;
            }
        }
        // Tiles as the quadrants stand: high above low.
        let room = (total - left - 2.0 - 1.5 * (columns as f64 - 1.0)) / columns as f64;
        let lines =
            |tile: &Tile| -> Vec<String> { tile.told.iter().flat_map(|t| wrap(t, 6.5, room - 2.0, 2)).collect() };
        let tall = self.tiles.iter().map(|t| lines(t).len()).max().unwrap_or(0) as f64 * 3.1 + 5.4;
        let all = self.n() as f64;
        let most = self.tiles.iter().map(|t| t.n).max().unwrap_or(1).max(1) as f64;
        for line in 0..rows {
            let top = y + (tall + 1.5) * (rows - 1 - line) as f64;
            let label = fit(&format!("{} {}", self.y.name, self.y.labels[line]), 7.0, tall);
            page.upright((left - 3.0, top + tall / 2.0), &label, 7.0);
            for column in 0..columns {
                let x = left + (room + 1.5) * column as f64;
                let Some(tile) = self.tiles.iter().find(|t| t.x == column && t.y == line) else { continue };
                page.block((x, top), room, tall, PALETTE[0], 0.06 + 0.22 * tile.n as f64 / most);
                page.frame((x, top), room, tall, GREY, 0.12);
                let said = format!("n = {} ({:.0}%)", words::count(tile.n), 100.0 * tile.n as f64 / all);
                page.bold((x + room / 2.0, top + 2.6), &fit(&said, 7.0, room - 1.0), 7.0, Align::Centre, BLACK_INK);
                for (place, said) in lines(tile).iter().enumerate() {
                    page.text((x + room / 2.0, top + 6.0 + 3.1 * place as f64), said, 6.5, Align::Centre, BLACK_INK);
                }
            }
        }
        y += (tall + 1.5) * rows as f64;
        for (column, label) in self.x.labels.iter().enumerate() {
            let x = left + (room + 1.5) * column as f64 + room / 2.0;
            let said = format!("{} {label}", self.x.name);
            let said = if text_width(&said, 7.0) > room { label.clone() } else { said };
            page.text((x, y + 1.6), &fit(&said, 7.0, room), 7.0, Align::Centre, BLACK_INK);
        }
        page.height = y + 5.0;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let grouping = |name: &str, model: &str| Grouping {
            name: name.into(),
            model: model.into(),
            cuts: vec![0.5],
            labels: vec!["low".into(), "high".into()],
        };
        let tile = |x, y, n| Tile { x, y, n, told: vec!["response 50.0% (1.3–98.7)".into()] };
        let mut figure = Quadrants {
            cohort: "train".into(),
            x: grouping("profile", "PRIME_R"),
            y: grouping("risk", "PRIME_S"),
            event: "response".into(),
            points: vec![
                Point { x: 0.2, y: 0.9, event: Some(true) },
                Point { x: 0.7, y: 0.1, event: Some(false) },
                Point { x: 0.8, y: 0.8, event: None },
            ],
            tiles: vec![tile(0, 0, 0), tile(0, 1, 1), tile(1, 0, 1), tile(1, 1, 1)],
            missing: 2,
        };
        assert!(figure.csv().contains("profile,low,high,1,response 50.0% (1.3–98.7)\n"));
        assert!(figure.csv().contains("patient,0.8,0.8,1,unknown\n"));
        assert!(figure.caption().contains("2 patients lack one of the predictions"));
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| s.contains("n = 1 (33%)")));
        figure.tiles[0].x = 7;
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Value { .. })));
    }
}
