//! Mean absolute Shapley values as bars.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::Panel;
use super::page::{Align, BLACK_INK, PALETTE, shorten, shortened, widest};
use super::{Figure, FigureError, Page, Width, empty, field, finite, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "importance",
    title: "Feature importance",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Mean absolute Shapley value of each feature, by block.",
    documentation: "Bars start at 0; their colour is the block of the feature. At most twenty features have a bar, and the last \
        bar is the mean absolute sum of all others. A sign beside a bar tells whether larger values raise (+) or lower (−) the \
        prediction; none where that is not of one kind.",
    references: &["Lundberg SM et al. Nat Mach Intell 2020;2:56-67"],
    example: "figure importance",
};

/// A feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Bar {
    pub name: String,
    pub block: String,
    pub mean: f64,
    /// Correlation of the feature with its Shapley value, where it is a number.
    pub direction: Option<f64>,
}

/// The numbers of the plot, in order of importance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    pub model: String,
    pub cohort: String,
    pub n: u64,
    /// `Mean |Shapley value|`, `Loss of AUC by shuffling`.
    pub measure: String,
    pub unit: String,
    pub method: String,
    /// Blocks in the order of the model; empty where that is not known.
    #[serde(default)]
    pub blocks: Vec<String>,
    pub bars: Vec<Bar>,
    /// Further features and the mean absolute value of their sum.
    pub others: Option<(u64, f64)>,
}

const MOST: usize = 20;

/// The share of the width that names take at most.
const NAMES: f64 = 0.45;

impl Figure for Importance {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = String::from("feature,block,mean,direction\n");
        for bar in &self.bars {
            let _ = writeln!(out, "{},{},{},{}", field(&bar.name), field(&bar.block), bar.mean, number(bar.direction));
        }
        out
    }

    fn width(&self) -> Width {
        // Names that a column would cut want both.
        let names = widest(self.bars.iter().take(MOST).map(|bar| bar.name.as_str()), 7.0);
        if names > Width::Column.millimetres() * NAMES { Width::Full } else { Width::Column }
    }

    fn caption(&self) -> String {
        words::paragraph([
            format!(
                "{} ({}) of features in {} on {} (n = {})",
                self.measure,
                self.unit,
                self.model,
                self.cohort,
                words::count(self.n)
            ),
            if self.bars.iter().any(|bar| bar.direction.is_some()) {
                "An arrow tells whether larger values raise (↑) or lower (↓) the prediction".into()
            } else {
                String::new()
            },
            words::sentence(&self.method),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let bars = &self.bars[..self.bars.len().min(MOST)];
        if bars.is_empty() {
            return Err(empty("importance", "no feature moves the prediction"));
        }
        finite("importance", "a mean", self.bars.iter().map(|b| b.mean))?;
        let hidden = self.bars.len() - bars.len();
        let others = match self.others {
            Some((count, mean)) if count > 0 && hidden == 0 => Some((count, mean)),
            _ => None,
        };
        let mut blocks: Vec<&str> = Vec::new();
        // In the order of the model, so that a block has one ink in all figures of a study.
        let own = bars.iter().map(|bar| &bar.block);
        for block in self.blocks.iter().filter(|block| own.clone().any(|other| other == *block)).chain(own.clone()) {
            if !blocks.contains(&block.as_str()) {
                blocks.push(block);
            }
        }
        let most = bars.iter().map(|b| b.mean).chain(others.map(|o| o.1)).fold(0.0, f64::max).max(f64::MIN_POSITIVE);
        // A loss may be a gain by chance.
        let least = bars.iter().map(|b| b.mean).fold(0.0, f64::min) * 1.05;
        let total = width.millimetres();
        let last = others.map(|(count, _)| words::others(count));
        let names = widest(bars.iter().map(|b| b.name.as_str()).chain(last.as_deref()), 7.0).min(total * NAMES);
        let row = 4.6;
        let head = if blocks.len() > 1 { 3.6 * blocks.len() as f64 + 1.0 } else { 0.0 };
        let left = names + 4.0;
        let rows = bars.len() + usize::from(others.is_some());
        let panel = Panel {
            left,
            top: head + 2.0,
            width: total - left - 12.0,
            height: row * rows as f64,
            x: (least, most * 1.05),
            y: (0.0, 1.0),
        };
        let mut page = Page::new(total, panel.bottom() + 10.0);
        let order: Vec<&str> =
            if self.blocks.is_empty() { blocks.clone() } else { self.blocks.iter().map(String::as_str).collect() };
        let ink = |block: &str| PALETTE[order.iter().position(|b| *b == block).unwrap_or(0) % 6];
        if blocks.len() > 1 {
            for (place, block) in blocks.iter().enumerate() {
                let y = 2.5 + 3.6 * place as f64;
                page.block((left, y - 1.1), 2.4, 2.2, ink(block), 0.85);
                page.text((left + 3.6, y), &shorten(block, 7.0, total - left - 5.0), 7.0, Align::Left, BLACK_INK);
            }
        }
        let zero = panel.at(0.0, 0.0).0;
        let cut = shortened(&bars.iter().map(|b| b.name.as_str()).collect::<Vec<_>>(), 7.0, names);
        // All with the digits that the largest needs.
        let digits = (2.0 - most.log10().floor()).clamp(0.0, 6.0) as usize;
        let mut draw = |line: usize, name: &str, mean: f64, ink, sign: &str| {
            let y = panel.top + row * (line as f64 + 0.5);
            page.text((left - 2.0, y), name, 7.0, Align::Right, BLACK_INK);
            let (end, _) = panel.at(mean, 0.0);
            page.block((zero.min(end), y - row * 0.34), (end - zero).abs(), row * 0.68, ink, 0.85);
            page.text(
                (end.max(zero) + 1.0, y),
                format!("{} {sign}", words::signed(mean, digits)).trim_end(),
                6.5,
                Align::Left,
                BLACK_INK,
            );
        };
        for (line, bar) in bars.iter().enumerate() {
            let sign = match bar.direction {
                Some(d) if d > 0.2 => "↑",
                Some(d) if d < -0.2 => "↓",
                _ => "",
            };
            draw(line, &cut[line], bar.mean, ink(&bar.block), sign);
        }
        if let (Some((_, mean)), Some(name)) = (others, &last) {
            draw(bars.len(), name, mean, (150, 150, 150), "");
        }
        page.line((zero, panel.top), (zero, panel.bottom()), BLACK_INK, 0.2);
        panel.x_axis(&mut page, &format!("{} ({})", self.measure, words::bare(&self.unit)));
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let bar =
            |name: &str, block: &str, mean, direction| Bar { name: name.into(), block: block.into(), mean, direction };
        let mut figure = Importance {
            blocks: Vec::new(),
            model: "PRIME_R".into(),
            cohort: "train".into(),
            n: 40,
            measure: "Mean |Shapley value|".into(),
            unit: "log-odds".into(),
            method: "permutation sampling".into(),
            bars: vec![bar("age", "clinical", 0.4, Some(0.9)), bar("glcm_Imc1", "radiomics", 0.1, None)],
            others: Some((5, 0.02)),
        };
        assert!(figure.csv().ends_with("age,clinical,0.4,0.9\nglcm_Imc1,radiomics,0.1,\n"));
        assert!(figure.draw(Width::Column).and_then(|p| p.svg()).is_ok_and(|s| s.contains("0.400 ↑")));
        figure.bars[0].mean = f64::NAN;
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Value { .. })));
    }
}
