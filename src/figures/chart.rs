//! Curves over one axis with bands, a legend above and counts aligned below: what several figures share.

use super::Width;
use super::axes::{Panel, labelled, y_margin};
use super::page::{Align, BLACK_INK, DASHES, GREY, Ink, PALETTE, Page, fit, text_width, widest, wrap};
use super::words::entry;

/// A curve as it is drawn.
pub(super) struct Curve {
    pub name: String,
    /// Beside the name in the legend.
    pub said: String,
    pub points: Vec<(f64, f64)>,
    /// Along the curve: lower and upper limit.
    pub band: Vec<(f64, f64, f64)>,
    /// Marks at the points as well.
    pub dots: bool,
    pub ink: Ink,
    pub dash: &'static [f64],
    pub pen: f64,
}

impl Curve {
    /// With the pen of its place.
    pub fn new(place: usize, name: &str, said: String, points: Vec<(f64, f64)>) -> Self {
        let (ink, dash) = (PALETTE[place % 6], DASHES[place % 6]);
        Curve { name: name.to_owned(), said, points, band: Vec::new(), dots: false, ink, dash, pen: 0.45 }
    }

    /// In grey, for what curves are compared with.
    pub fn reference(name: &str, dash: &'static [f64], points: Vec<(f64, f64)>) -> Self {
        Curve { ink: GREY, dash, pen: 0.3, ..Curve::new(0, name, String::new(), points) }
    }
}

/// Counts in rows below the axis, aligned with its ticks.
pub(super) struct Counts {
    pub title: &'static str,
    pub at: Vec<f64>,
    /// Name and a count a tick.
    pub rows: Vec<(String, Vec<String>)>,
}

pub(super) struct Chart {
    pub x_title: String,
    pub y_title: String,
    pub x: (f64, f64),
    pub y: (f64, f64),
    /// Own ticks of the horizontal axis.
    pub ticks: Option<Vec<(f64, String)>>,
    pub curves: Vec<Curve>,
    pub counts: Option<Counts>,
    /// Lines below everything.
    pub notes: Vec<String>,
    /// As high as wide.
    pub square: bool,
    /// Ticks of the vertical axis start here.
    pub from: f64,
}

impl Chart {
    /// The page and the panel in it; marks of `under` lie below the curves.
    pub fn draw(&self, width: Width, under: impl FnOnce(&mut Page, &Panel)) -> (Page, Panel) {
        let total = width.millimetres();
        let full = width == Width::Full;
        let names = self.counts.as_ref().map_or(0.0, |c| widest(c.rows.iter().map(|r| &r.0), 7.0));
        let named = names <= total * 0.26;
        let mut left = y_margin(self.y.0, self.y.1).max(11.0) + 1.0;
        if self.counts.is_some() {
            left = left.max(if named { names + 6.0 } else { 13.0 });
        }
        let panel_width = total - left - 5.0;
        // The legend: one line a curve where all fit, else two.
        let listed: Vec<&Curve> = self.curves.iter().filter(|c| !c.name.is_empty()).collect();
        let joined = |c: &Curve| entry(&c.name, &c.said);
        let short = listed.iter().all(|c| text_width(&joined(c), 7.0) <= total - 13.0);
        let said: Vec<Vec<String>> = listed
            .iter()
            .map(|c| if short || c.said.is_empty() { Vec::new() } else { wrap(&c.said, 7.0, total - 12.0, 2) })
            .collect();
        let heights: Vec<f64> = said.iter().map(|lines| 3.6 + 3.3 * lines.len() as f64).collect();
        let head = 1.2 + heights.iter().sum::<f64>();
        let side = if self.square { panel_width.min(if full { 105.0 } else { 68.0 }) } else { panel_width };
        let height = if self.square {
            side
        } else if full {
            85.0
        } else {
            52.0
        };
        let panel = Panel { left, top: head + 2.0, width: side, height, x: self.x, y: self.y };
        let below = panel.bottom() + 10.5;
        let table = self.counts.as_ref().map_or(0.0, |c| 2.0 + 3.5 * (c.rows.len() + 1) as f64);
        let notes: Vec<String> = self.notes.iter().flat_map(|n| wrap(n, 7.0, total - 4.0, 3)).collect();
        let mut page = Page::new(total, below + table + 3.5 * notes.len() as f64);
        under(&mut page, &panel);
        for curve in &self.curves {
            let mut outline: Vec<_> = curve.band.iter().map(|(x, low, _)| panel.at(*x, *low)).collect();
            outline.extend(curve.band.iter().rev().map(|(x, _, high)| panel.at(*x, *high)));
            page.area(outline, curve.ink, 0.13);
        }
        match &self.ticks {
            Some(ticks) => panel.x_ticks(&mut page, ticks, &self.x_title),
            None => panel.x_axis(&mut page, &self.x_title),
        }
        let ticks: Vec<_> = labelled(self.y.0, self.y.1).into_iter().filter(|t| t.0 >= self.from).collect();
        panel.y_ticks(&mut page, &ticks, &self.y_title);
        for curve in &self.curves {
            let points: Vec<_> = curve.points.iter().map(|(x, y)| panel.at(*x, *y)).collect();
            if curve.dots || points.len() == 1 {
                page.dots(points.clone(), 0.75, curve.ink, 1.0);
            }
            page.dashed(&points, curve.dash, curve.ink, curve.pen);
        }
        let mut y = 3.0;
        for ((curve, lines), tall) in listed.iter().zip(&said).zip(&heights) {
            page.dashed(&[(2.0, y), (9.0, y)], curve.dash, curve.ink, curve.pen);
            if lines.is_empty() {
                page.text((10.5, y), &fit(&joined(curve), 7.0, total - 12.0), 7.0, Align::Left, BLACK_INK);
            } else {
                page.text((10.5, y), &fit(&curve.name, 7.0, total - 12.0), 7.0, Align::Left, BLACK_INK);
            }
            for (place, line) in lines.iter().enumerate() {
                page.text((10.5, y + 3.2 * (place + 1) as f64), line, 7.0, Align::Left, GREY);
            }
            y += tall;
        }
        if let Some(counts) = &self.counts {
            let y = below + 1.5;
            page.bold((2.0, y), counts.title, 7.0, Align::Left, BLACK_INK);
            for (line, (name, cells)) in counts.rows.iter().enumerate() {
                let y = y + 3.5 * (line + 1) as f64;
                if named {
                    page.text((left - 4.0, y), name, 7.0, Align::Right, BLACK_INK);
                } else if let Some(curve) = self.curves.iter().find(|c| c.name == *name) {
                    page.dashed(&[(left - 11.0, y), (left - 4.0, y)], curve.dash, curve.ink, curve.pen);
                }
                let mut free = f64::NEG_INFINITY;
                for (at, cell) in counts.at.iter().zip(cells) {
                    let (x, half) = (panel.at(*at, 0.0).0, text_width(cell, 7.0) / 2.0);
                    if x - half > free {
                        page.text((x, y), cell, 7.0, Align::Centre, BLACK_INK);
                        free = x + half + 0.6;
                    }
                }
            }
        }
        for (line, note) in notes.iter().enumerate() {
            page.text((2.0, below + table + 3.5 * line as f64), note, 7.0, Align::Left, BLACK_INK);
        }
        (page, panel)
    }
}
