//! What each step of a preparation left, and how often features were selected.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, labelled};
use super::page::{Align, BLACK_INK, GREY, PALETTE, bold_width, fit, shorten, shortened, widest};
use super::{Figure, FigureError, Page, Width, empty, field, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "selection",
    title: "Feature selection",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Features left by each step of each block, and in how many folds each was selected.",
    documentation: "Bars count the features after each step of the preparation fitted on all training patients. Below, the \
        share of folds in which a feature was selected, each fold's selection having seen its own training patients only: \
        a selection that does not repeat is a matter of chance. At most thirty features.",
    references: &["Meinshausen N, Bühlmann P. J R Stat Soc B 2010;72:417-473"],
    example: "figure selection",
};

const MOST: usize = 30;

/// A step.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    pub name: String,
    pub before: u64,
    pub after: u64,
}

/// The preparation of one block.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Trace {
    pub block: String,
    pub steps: Vec<Step>,
}

/// A feature over folds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Frequency {
    pub feature: String,
    pub block: String,
    /// Folds in which it was selected.
    pub folds: u64,
    /// Whether the fit on all training patients selected it.
    pub selected: bool,
}

/// The numbers of the figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selection {
    pub model: String,
    /// Training patients.
    pub n: u64,
    pub traces: Vec<Trace>,
    /// Folds, all repeats counted.
    pub folds: u64,
    /// Most frequent first.
    pub frequencies: Vec<Frequency>,
}

impl Figure for Selection {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("part,block,name,before,after\n");
        for trace in &self.traces {
            for step in &trace.steps {
                let _ =
                    writeln!(out, "step,{},{},{},{}", field(&trace.block), field(&step.name), step.before, step.after);
            }
        }
        for f in &self.frequencies {
            let _ = writeln!(out, "feature,{},{},{},{}", field(&f.block), field(&f.feature), self.folds, f.folds);
        }
        out
    }

    fn caption(&self) -> String {
        let blocks: Vec<String> = self
            .traces
            .iter()
            .filter_map(|t| Some(format!("{}: {} to {}", t.block, t.steps.first()?.before, t.steps.last()?.after)))
            .collect();
        words::paragraph([
            format!("Features left by each step of {} (n = {} training patients)", self.model, words::count(self.n)),
            blocks.join("; "),
            if self.frequencies.is_empty() {
                String::new()
            } else {
                format!(
                    "Below, in how many of {} folds a feature was selected; dark bars were selected in the final fit",
                    self.folds
                )
            },
            if self.frequencies.len() > MOST {
                format!("The {MOST} most frequent of {} features are drawn", self.frequencies.len())
            } else {
                String::new()
            },
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let steps: usize = self.traces.iter().map(|t| t.steps.len()).sum();
        if steps == 0 && self.frequencies.is_empty() {
            return Err(empty("selection", "there is no step and no selection"));
        }
        if self.frequencies.iter().any(|f| f.folds > self.folds) {
            let reason = "a feature is selected in at most all folds".into();
            return Err(FigureError::Value { figure: "selection", reason });
        }
        let total = width.millimetres();
        let shown = &self.frequencies[..self.frequencies.len().min(MOST)];
        let names = widest(
            self.traces
                .iter()
                .flat_map(|t| t.steps.iter().map(|s| s.name.as_str()))
                .chain(shown.iter().map(|f| f.feature.as_str())),
            7.0,
        );
        let names = names.min(total * 0.45);
        let left = names + 5.0;
        let right = total - 14.0;
        let row = 4.4;
        let mut page = Page::new(total, 0.0);
        let mut y = 3.0;
        for (place, trace) in self.traces.iter().enumerate() {
            let ink = PALETTE[place % 6];
            // Each block has its own scale: hundreds beside tens would hide the tens.
            let most = trace.steps.iter().map(|s| s.before.max(s.after)).max().unwrap_or(1).max(1) as f64;
            page.bold((2.0, y), &fit(&trace.block, 7.0, total - 4.0), 7.0, Align::Left, BLACK_INK);
            y += row;
            let first = trace.steps.first().map(|s| ("features".to_owned(), s.before));
            let lines = first.into_iter().chain(trace.steps.iter().map(|s| (s.name.clone(), s.after)));
            for (name, count) in lines {
                page.text((left - 2.0, y), &shorten(&name, 7.0, names), 7.0, Align::Right, BLACK_INK);
                let wide = (right - left) * count as f64 / most;
                page.block((left, y - row * 0.34), wide.max(0.15), row * 0.68, ink, 0.75);
                page.text((left + wide + 1.2, y), &words::count(count), 7.0, Align::Left, BLACK_INK);
                y += row;
            }
            y += 2.0;
        }
        if !shown.is_empty() {
            let all = self.frequencies.len();
            let of = if all > shown.len() { format!(", the first {} of {all}", shown.len()) } else { String::new() };
            let title = format!("Selected in folds (of {}){of}", self.folds);
            page.bold((2.0, y), &title, 7.0, Align::Left, BLACK_INK);
            if shown.iter().any(|f| !f.selected) {
                let x = 4.0 + bold_width(&title, 7.0);
                let said = fit("pale: not in the final fit", 7.0, total - x - 2.0);
                page.text((x, y), &said, 7.0, Align::Left, GREY);
            }
            y += row * 0.6;
            let height = row * shown.len() as f64;
            let x = (0.0, self.folds.max(1) as f64);
            let panel = Panel { left, top: y, width: right - left, height, x, y: (0.0, 1.0) };
            let cut = shortened(&shown.iter().map(|f| f.feature.as_str()).collect::<Vec<_>>(), 7.0, names);
            for (line, f) in shown.iter().enumerate() {
                let y = panel.top + row * (line as f64 + 0.5);
                page.text((left - 2.0, y), &cut[line], 7.0, Align::Right, BLACK_INK);
                let place = self.traces.iter().position(|t| t.block == f.block);
                let ink = place.map_or(GREY, |place| PALETTE[place % 6]);
                let (end, _) = panel.at(f.folds as f64, 0.0);
                let alpha = if f.selected { 0.9 } else { 0.35 };
                page.block((left, y - row * 0.34), end - left, row * 0.68, ink, alpha);
                page.text((end + 1.2, y), &f.folds.to_string(), 7.0, Align::Left, GREY);
            }
            let whole = labelled(x.0, x.1).into_iter().filter(|t| t.0.fract().abs() < 1e-9);
            let ticks: Vec<(f64, String)> = whole.map(|(t, _)| (t, format!("{t:.0}"))).collect();
            panel.x_ticks(&mut page, &ticks, "Folds");
            y = panel.bottom() + 9.5;
        }
        page.height = y + 0.5;
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let step = |name: &str, before, after| Step { name: name.into(), before, after };
        let mut figure = Selection {
            model: "PRIME_R".into(),
            n: 70,
            traces: vec![Trace {
                block: "radiomics".into(),
                steps: vec![step("variance", 944, 800), step("elastic_net", 800, 7)],
            }],
            folds: 5,
            frequencies: vec![Frequency {
                feature: "glcm_Imc1".into(),
                block: "radiomics".into(),
                folds: 4,
                selected: true,
            }],
        };
        assert!(figure.csv().contains("step,radiomics,elastic_net,800,7\nfeature,radiomics,glcm_Imc1,5,4\n"));
        assert!(figure.caption().contains("radiomics: 944 to 7"));
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| s.contains("944")));
        figure.frequencies[0].folds = 6;
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Value { .. })));
    }
}
