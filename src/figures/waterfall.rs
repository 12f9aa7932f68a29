//! How one patient's prediction comes about.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, spread};
use super::page::{Align, BLACK_INK, GREY, PALE, PALETTE, shorten, text_width, widest};
use super::{Figure, FigureError, Page, Width, empty, field, finite, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "waterfall",
    title: "Shapley values of one patient",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "From the average prediction to that of one patient, feature by feature.",
    documentation: "Read from the bottom: the dashed line is the mean prediction of the background, each arrow a \
        feature's Shapley value, and the last tip the patient's prediction. The largest are drawn one by one, at most \
        twelve, and all others as one. Values beside names are the patient's.",
    references: &["Lundberg SM, Lee SI. Adv Neural Inf Process Syst 2017;30:4765-4774"],
    example: "figure waterfall",
};

const MOST: usize = 12;

/// A feature's part.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    pub name: String,
    /// The patient's value as it is written; `missing`.
    pub value: String,
    pub shapley: f64,
}

/// The numbers of the plot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Waterfall {
    pub model: String,
    /// `patient HCC_017`, or how the patient was chosen.
    pub patient: String,
    pub unit: String,
    pub method: String,
    /// Mean prediction of the background.
    pub base: f64,
    pub prediction: f64,
    pub parts: Vec<Part>,
}

impl Waterfall {
    /// Digits after the point that tell the largest part by two figures, and three at least.
    fn digits(&self) -> usize {
        let largest = self.parts.iter().map(|part| part.shapley.abs()).filter(|v| v.is_finite()).fold(0.0, f64::max);
        if largest > 0.0 { (1.0 - largest.log10().floor()).clamp(3.0, 6.0) as usize } else { 3 }
    }

    /// The parts drawn, largest first, with the sum of the others.
    fn shown(&self) -> (Vec<&Part>, Option<(usize, f64)>) {
        let mut order: Vec<&Part> = self.parts.iter().collect();
        order.sort_by(|a, b| b.shapley.abs().total_cmp(&a.shapley.abs()));
        // What rounds to 0 would be rows of zeros.
        let digits = self.digits();
        let told =
            order.iter().take_while(|p| words::signed(p.shapley, digits).contains(|c: char| matches!(c, '1'..='9')));
        let told = told.count().clamp(1, MOST);
        let rest = order.split_off(order.len().min(told));
        let rest = (!rest.is_empty()).then(|| (rest.len(), rest.iter().map(|p| p.shapley).sum()));
        (order, rest)
    }
}

impl Figure for Waterfall {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = format!("feature,value,shapley\nbase,,{}\n", self.base);
        for part in &self.parts {
            let _ = writeln!(out, "{},{},{}", field(&part.name), field(&part.value), part.shapley);
        }
        let _ = writeln!(out, "prediction,,{}", self.prediction);
        out
    }

    fn caption(&self) -> String {
        let digits = self.digits();
        words::paragraph([
            format!("Shapley values ({}) of {} for {}", self.unit, self.model, self.patient),
            format!(
                "From the mean prediction {} to the patient's {}",
                words::signed(self.base, digits),
                words::signed(self.prediction, digits)
            ),
            words::sentence(&self.method),
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let (shown, rest) = self.shown();
        if shown.is_empty() {
            return Err(empty("waterfall", "there is no feature"));
        }
        finite("waterfall", "a value", self.parts.iter().map(|p| p.shapley).chain([self.base, self.prediction]))?;
        // From the bottom: the others first, then the smallest named part.
        let mut steps: Vec<(String, String, f64)> = Vec::new();
        if let Some((count, sum)) = rest {
            steps.push((format!("{count} other{}", if count == 1 { "" } else { "s" }), String::new(), sum));
        }
        steps.extend(shown.iter().rev().map(|p| (p.name.clone(), p.value.clone(), p.shapley)));
        let mut at = self.base;
        let mut ends = vec![at];
        for step in &steps {
            at += step.2;
            ends.push(at);
        }
        let x = spread(ends.iter().copied().chain([self.prediction]), 0.16).unwrap_or((-1.0, 1.0));
        let digits = self.digits();
        let total = width.millimetres();
        let values = widest(steps.iter().map(|s| &s.1), 6.5).min(total * 0.16);
        let names = widest(steps.iter().map(|s| &s.0), 7.0).min(total * 0.38);
        let left = names + values + 6.0;
        let row = 5.2;
        let panel =
            Panel { left, top: 9.5, width: total - left - 3.0, height: row * steps.len() as f64, x, y: (0.0, 1.0) };
        let mut page = Page::new(total, panel.bottom() + 10.5);
        // The mean, from which all arrows start, lies below them.
        let foot = panel.at(self.base, 0.0).0;
        page.dashed(&[(foot, 4.2), (foot, panel.bottom())], &[0.6, 0.6], GREY, 0.2);
        for (line, (name, value, shapley)) in steps.iter().enumerate() {
            let y = panel.bottom() - row * (line as f64 + 0.5);
            page.line((left, y), (panel.right(), y), PALE, 0.15);
            page.text((left - values - 3.5, y), &shorten(name, 7.0, names), 7.0, Align::Right, BLACK_INK);
            page.text((left - 1.5, y), &shorten(value, 6.5, values), 6.5, Align::Right, GREY);
            let (a, b) = (panel.at(ends[line], 0.0).0, panel.at(ends[line + 1], 0.0).0);
            let ink = if *shapley >= 0.0 { PALETTE[1] } else { PALETTE[0] };
            let tip = (b - a).clamp(-1.2, 1.2);
            let half = row * 0.34;
            page.area(vec![(a, y - half), (b - tip, y - half), (b, y), (b - tip, y + half), (a, y + half)], ink, 0.9);
            let said = words::signed(*shapley, digits);
            let some = *shapley > 0.0 && said.contains(|c: char| matches!(c, '1'..='9'));
            let said = if some { format!("+{said}") } else { said };
            let wide = text_width(&said, 6.5);
            // Inside where there is room, else beyond the tip, or before the foot where the page ends.
            if (b - a).abs() > wide + 2.0 {
                let white = (255, 255, 255);
                page.text(((a + b - tip) / 2.0, y), &said, 6.5, Align::Centre, white);
            } else if *shapley >= 0.0 && b.max(a) + wide + 1.5 < panel.right() || b.min(a) - wide - 1.5 < panel.left {
                page.text((a.max(b) + 1.0, y), &said, 6.5, Align::Left, BLACK_INK);
            } else {
                page.text((a.min(b) - 1.0, y), &said, 6.5, Align::Right, BLACK_INK);
            }
            if line + 1 < steps.len() {
                page.line((b, y), (b, y - row), GREY, 0.12);
            }
        }
        let tag = |page: &mut Page, value: f64, y: f64, words: &str| {
            let x = panel.at(value, 0.0).0;
            let half = text_width(words, 7.0) / 2.0;
            let x = x.clamp(half + 1.0, total - half - 1.0);
            // The line of the mean does not strike the words through.
            page.block((x - half - 0.3, y - 1.5), 2.0 * half + 0.6, 3.0, (255, 255, 255), 1.0);
            page.text((x, y), words, 7.0, Align::Centre, BLACK_INK);
        };
        let peak = panel.at(self.prediction, 0.0).0;
        page.dashed(&[(peak, 7.6), (peak, panel.top + row / 2.0)], &[0.6, 0.6], GREY, 0.2);
        tag(&mut page, self.base, 2.6, &format!("mean {}", words::signed(self.base, digits)));
        tag(&mut page, self.prediction, 6.0, &format!("prediction {}", words::signed(self.prediction, digits)));
        panel.x_axis(&mut page, &format!("Prediction ({})", words::bare(&self.unit)));
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let parts = (0..20).map(|i| Part {
            name: format!("feature {i}"),
            value: "1.2".into(),
            shapley: if i % 2 == 0 { 0.1 } else { -0.05 } * f64::from(i),
        });
        let mut figure = Waterfall {
            model: "PRIME_R".into(),
            patient: "patient 17".into(),
            unit: "log-odds".into(),
            method: "permutation sampling".into(),
            base: -0.2,
            prediction: 4.1,
            parts: parts.collect(),
        };
        assert!(figure.csv().starts_with("feature,value,shapley\nbase,,-0.2\nfeature 0,1.2,0\n"));
        let (shown, rest) = figure.shown();
        assert_eq!((shown.len(), rest.map(|r| r.0)), (12, Some(8)));
        assert!(figure.draw(Width::Full).and_then(|p| p.svg()).is_ok_and(|s| s.contains("8 others")));
        figure.base = f64::NAN;
        assert!(matches!(figure.draw(Width::Full), Err(FigureError::Value { .. })));
    }
}
