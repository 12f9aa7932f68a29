//! The candidates of a search for a learner, as bars.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, spread};
use super::page::{Align, BLACK_INK, GREY, PALETTE, bold_width, fit, shorten, text_width, widest};
use super::{Figure, FigureError, Page, Width, empty, field, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "learners",
    title: "Comparison of learners",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "The metric of every candidate over the same folds, with its spread, and which was chosen.",
    documentation: "Bars are means over the folds of the training patients, the same for all candidates, and whiskers one \
        standard deviation over folds: not confidence intervals. Bars start at chance where the metric has one, else at 0, \
        and the axis says so. Of more than twenty-four candidates the best are drawn, and the caption says how many there \
        were. A candidate that failed says why.",
    references: &[],
    example: "figure learners",
};

/// Candidates drawn at most.
const MOST: usize = 24;

/// A candidate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Candidate {
    /// With the settings in which it differs: `rsf, trees = 500`.
    pub name: String,
    pub mean: Option<f64>,
    pub sd: Option<f64>,
    /// Folds in which it was judged.
    pub folds: u64,
    pub failed: u64,
    /// Why folds failed.
    pub why: Option<String>,
    pub chosen: bool,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Learners {
    /// What was searched for: `PRIME_R.clinical`.
    pub model: String,
    pub metric: String,
    /// Whether more is better.
    pub higher: bool,
    /// Where bars start.
    pub base: f64,
    /// `5 folds of the training patients, n = 70`.
    pub resampling: String,
    pub n: u64,
    pub events: Option<u64>,
    pub candidates: Vec<Candidate>,
}

/// The least span of an axis that starts at chance.
const LEAST: f64 = 0.1;

impl Learners {
    /// The best first, those without a mean last; at most [`MOST`], the chosen one among them.
    fn shown(&self) -> Vec<&Candidate> {
        let mut order: Vec<&Candidate> = self.candidates.iter().collect();
        let key = |c: &Candidate| c.mean.map(|m| if self.higher { -m } else { m }).unwrap_or(f64::INFINITY);
        order.sort_by(|a, b| key(a).total_cmp(&key(b)).then(b.chosen.cmp(&a.chosen)));
        let rest = order.split_off(order.len().min(MOST));
        if let Some(chosen) = rest.into_iter().find(|c| c.chosen) {
            order.pop();
            order.push(chosen);
        }
        order
    }
}

impl Figure for Learners {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("candidate,mean,sd,folds,failed,chosen,remark\n");
        for c in &self.candidates {
            let (mean, sd) = (number(c.mean), number(c.sd));
            let why = field(c.why.as_deref().unwrap_or(""));
            let _ = writeln!(out, "{},{mean},{sd},{},{},{},{why}", field(&c.name), c.folds, c.failed, c.chosen);
        }
        out
    }

    fn caption(&self) -> String {
        let all = self.candidates.len();
        words::paragraph([
            format!(
                "{} of the candidates for {}: mean and standard deviation over {}",
                self.metric, self.model, self.resampling
            ),
            words::patients(self.n, self.events),
            if all > MOST { format!("The best {MOST} of {all} candidates are drawn") } else { String::new() },
            format!("Bars start at {}", words::brief(self.base)),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let shown = self.shown();
        let sound = |v: Option<f64>| v.is_none_or(f64::is_finite);
        if shown.iter().any(|c| !sound(c.mean) || !sound(c.sd)) || !self.base.is_finite() {
            let reason = "means and deviations are finite".into();
            return Err(FigureError::Value { figure: "learners", reason });
        }
        // A metric for which chance is a half ends at 1, and its whiskers with it.
        let most =
            if self.base == 0.5 && shown.iter().all(|c| c.mean.is_none_or(|m| m <= 1.0)) { 1.0 } else { f64::MAX };
        let whisker = |mean: f64, sd: f64| (mean - sd, (mean + sd).min(most));
        let ends = || {
            let known = shown.iter().filter_map(|c| Some(whisker(c.mean?, c.sd.unwrap_or(0.0))));
            known.flat_map(|(low, high)| [low, high])
        };
        if ends().next().is_none() {
            return Err(empty("learners", "no candidate could be judged"));
        }
        // A difference of a thousandth is not to fill the panel where chance is a half.
        let least = if self.base == 0.5 { self.base + LEAST } else { self.base };
        let (low, high) = spread(ends().chain([self.base, least]), 0.0).unwrap_or((0.0, 1.0));
        let (low, high) = if low < self.base { (low - (high - low) * 0.04, high) } else { (self.base, high) };
        let x = (low, high + (high - low) * 0.04);
        let total = width.millimetres();
        let wide = |c: &&Candidate| if c.chosen { bold_width(&c.name, 7.0) } else { text_width(&c.name, 7.0) };
        let names = shown.iter().map(wide).fold(0.0, f64::max).min(total * 0.42);
        let said = |c: &Candidate| match (c.mean, c.sd) {
            (Some(m), Some(s)) => format!("{} ± {}", words::signed(m, 3), words::signed(s, 3)),
            (Some(m), None) => words::signed(m, 3),
            _ => String::new(),
        };
        let values = widest(shown.iter().map(|c| said(c)), 7.0).max(text_width("chosen", 7.0)) + 3.0;
        let row = if shown.len() > 14 { 4.4 } else { 5.4 };
        let left = names + 4.5;
        let panel = Panel {
            left,
            top: 2.0,
            width: total - left - values - 2.0,
            height: row * shown.len() as f64,
            x,
            y: (0.0, 1.0),
        };
        let mut page = Page::new(total, panel.bottom() + 10.0);
        let zero = panel.at(self.base, 0.0).0;
        for (line, c) in shown.iter().enumerate() {
            let y = panel.top + row * (line as f64 + 0.5);
            if c.chosen {
                // Bold letters are a tenth wider than those that are measured.
                let name =
                    if bold_width(&c.name, 7.0) <= names { c.name.clone() } else { shorten(&c.name, 7.0, names * 0.9) };
                page.bold((left - 2.0, y), &name, 7.0, Align::Right, BLACK_INK);
            } else {
                page.text((left - 2.0, y), &shorten(&c.name, 7.0, names), 7.0, Align::Right, BLACK_INK);
            }
            let Some(mean) = c.mean else {
                let why = format!("not estimable{}", c.why.as_ref().map_or(String::new(), |w| format!(": {w}")));
                page.text((left + 1.5, y), &fit(&why, 7.0, total - left - 3.0), 7.0, Align::Left, GREY);
                continue;
            };
            let end = panel.at(mean, 0.0).0;
            let ink = if c.chosen { PALETTE[0] } else { (150, 190, 215) };
            page.block((zero.min(end), y - row * 0.33), (end - zero).abs(), row * 0.66, ink, 1.0);
            if let Some(sd) = c.sd {
                let (low, high) = whisker(mean, sd);
                let (a, b) = (panel.at(low, 0.0).0.max(panel.left), panel.at(high, 0.0).0);
                page.line((a, y), (b, y), BLACK_INK, 0.25);
                // One that is cut at the end of the metric has no cap there.
                if mean + sd <= most {
                    page.line((b, y - 0.7), (b, y + 0.7), BLACK_INK, 0.25);
                }
                page.line((a, y - 0.7), (a, y + 0.7), BLACK_INK, 0.25);
            }
            page.text((panel.right() + 2.0, y), &said(c), 7.0, Align::Left, BLACK_INK);
        }
        page.line((zero, panel.top), (zero, panel.bottom()), BLACK_INK, 0.2);
        let all = self.candidates.len();
        let of = if all > MOST { format!(", best {MOST} of {all}") } else { String::new() };
        panel.x_axis(&mut page, &format!("{}, mean ± SD over folds; bold: chosen{of}", self.metric));
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let candidate = |name: &str, mean: Option<f64>, chosen| Candidate {
            name: name.into(),
            mean,
            sd: mean.map(|_| 0.05),
            folds: 5,
            failed: 0,
            why: mean.is_none().then(|| "no events in a fold".to_owned()),
            chosen,
        };
        let mut figure = Learners {
            model: "PRIME_R".into(),
            metric: "AUC".into(),
            higher: true,
            base: 0.5,
            resampling: "5 folds".into(),
            n: 70,
            events: Some(31),
            candidates: vec![
                candidate("bagging", Some(0.6), false),
                candidate("gtbr", Some(0.7), true),
                candidate("svm", None, false),
            ],
        };
        assert!(figure.csv().contains("svm,,,5,0,false,no events in a fold\n"));
        assert_eq!(figure.shown()[0].name, "gtbr");
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| s.contains("no events in a")));
        // Candidates a thousandth apart do not fill the panel.
        let mut close = figure.clone();
        close.candidates = vec![candidate("a", Some(0.501), true), candidate("b", Some(0.502), false)];
        for c in &mut close.candidates {
            c.sd = None;
        }
        let page = close.draw(Width::Column).expect("a drawing");
        let bars: Vec<f64> = page
            .marks()
            .iter()
            .filter_map(|mark| match mark {
                super::super::Mark::Area { points, .. } => Some(points[1].0 - points[0].0),
                _ => None,
            })
            .collect();
        assert!(bars.iter().all(|wide| *wide < 2.0), "{bars:?}");
        let worst = Candidate { mean: Some(0.1), ..figure.candidates[1].clone() };
        figure.candidates = vec![candidate("a", Some(0.6), false); 40];
        figure.candidates.push(worst);
        assert_eq!(figure.shown().len(), MOST);
        assert!(figure.shown().iter().any(|c| c.chosen));
        assert!(figure.caption().contains("The best 24 of 41"));
    }
}
