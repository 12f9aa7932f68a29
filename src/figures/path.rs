//! A regularisation path: coefficients and cross-validated deviance over the strength of the penalty.

use serde::{Deserialize, Serialize};
use std::fmt::Write;

use super::axes::{Panel, spread, y_margin};
use super::page::{Align, BLACK_INK, DASHES, GREY, PALETTE, fit, shortened, text_width, widest};
use super::{Figure, FigureError, Page, Width, empty, field, finite, number, words};
use crate::card::{Card, Role};

pub const CARD: Card = Card {
    name: "path",
    title: "Regularisation path",
    role: Role::Figure,
    endpoints: &[],
    parameters: &[],
    summary: "Coefficients over log lambda, and the cross-validated error by which lambda was chosen.",
    documentation: "The penalty grows to the right, as log lambda; numbers above count the coefficients that are not 0. In the \
        lower panel dots are means over folds with one standard error. Dashed lines stand at the lambda of least error and at \
        the largest within one standard error of it. The largest coefficients at the chosen lambda are named, at most twelve.",
    references: &["Friedman J et al. J Stat Softw 2010;33(1)", "Simon N et al. J Stat Softw 2011;39(5)"],
    example: "figure path",
};

const NAMED: usize = 12;

/// A feature.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Coefficient {
    pub feature: String,
    /// One a lambda.
    pub values: Vec<f64>,
}

/// The numbers of the figure.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Path {
    pub model: String,
    pub n: u64,
    pub events: Option<u64>,
    /// Descending.
    pub lambdas: Vec<f64>,
    pub coefficients: Vec<Coefficient>,
    /// `binomial deviance`.
    pub measure: String,
    /// Mean and standard error of the measure, one a lambda; empty where lambda was given.
    pub error: Vec<(f64, f64)>,
    pub chosen: f64,
    pub least: Option<f64>,
    pub one_error: Option<f64>,
    /// `elastic net, l1 ratio 0.5; 5 folds`.
    pub method: String,
}

impl Path {
    /// Place of the lambda next to the chosen one.
    fn place(&self) -> usize {
        let off = |l: f64| (l.ln() - self.chosen.ln()).abs();
        (0..self.lambdas.len()).min_by(|a, b| off(self.lambdas[*a]).total_cmp(&off(self.lambdas[*b]))).unwrap_or(0)
    }
}

impl Figure for Path {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn csv(&self) -> String {
        let mut out = format!("lambda,{},standard_error", field(&self.measure));
        for c in &self.coefficients {
            let _ = write!(out, ",{}", field(&c.feature));
        }
        out.push('\n');
        for (place, lambda) in self.lambdas.iter().enumerate() {
            let error = self.error.get(place);
            let _ = write!(out, "{lambda},{},{}", number(error.map(|e| e.0)), number(error.map(|e| e.1)));
            for c in &self.coefficients {
                let _ = write!(out, ",{}", number(c.values.get(place).copied()));
            }
            out.push('\n');
        }
        out
    }

    fn width(&self) -> Width {
        Width::Column
    }

    fn caption(&self) -> String {
        let at = self.place();
        let kept = self.coefficients.iter().filter(|c| c.values.get(at).is_some_and(|v| *v != 0.0)).count();
        words::paragraph([
            format!("Regularisation path of {} ({})", self.model, words::patients(self.n, self.events)),
            words::sentence(&self.method),
            format!(
                "At the chosen lambda, {}, {kept} {} not 0; {} enter along the path",
                words::brief(self.chosen),
                if kept == 1 { "coefficient is" } else { "coefficients are" },
                self.coefficients.len()
            ),
            "The line stands at the chosen lambda, dashed ones at that of least error and of one standard error".into(),
            if self.error.is_empty() {
                String::new()
            } else {
                format!("Below, {} with one standard error over folds", self.measure)
            },
        ])
    }

    fn draw(&self, width: Width) -> Result<Page, FigureError> {
        let count = self.lambdas.len();
        if count < 2 || self.coefficients.is_empty() {
            return Err(empty("path", "the path has fewer than two steps or no feature"));
        }
        let sound = self.lambdas.iter().chain([&self.chosen]).all(|l| *l > 0.0 && l.is_finite())
            && self.coefficients.iter().all(|c| c.values.len() == count)
            && (self.error.is_empty() || self.error.len() == count);
        if !sound {
            let reason = "lambdas are above 0, and each has a coefficient of every feature and an error".into();
            return Err(FigureError::Value { figure: "path", reason });
        }
        finite(
            "path",
            "a coefficient or an error",
            self.coefficients
                .iter()
                .flat_map(|c| c.values.iter().copied())
                .chain(self.error.iter().flat_map(|e| [e.0, e.1])),
        )?;
        let logs: Vec<f64> = self.lambdas.iter().map(|l| l.ln()).collect();
        let x = spread(logs.iter().copied(), 0.02).unwrap_or((-1.0, 1.0));
        let values = self.coefficients.iter().flat_map(|c| c.values.iter().copied());
        let y = spread(values.chain([0.0]), 0.05).unwrap_or((-1.0, 1.0));
        let errors = spread(self.error.iter().flat_map(|(m, s)| [m - s, m + s]), 0.05);
        let total = width.millimetres();
        let at = self.place();
        let mut named: Vec<&Coefficient> = self.coefficients.iter().filter(|c| c.values[at] != 0.0).collect();
        named.sort_by(|a, b| b.values[at].abs().total_cmp(&a.values[at].abs()));
        let hidden = named.len().saturating_sub(NAMED);
        named.truncate(NAMED);
        let legend = widest(named.iter().map(|c| &c.feature), 6.5).min(total * 0.3) + 9.0;
        let left = y_margin(y.0, y.1).max(errors.map_or(0.0, |e| y_margin(e.0, e.1))) + 1.0;
        let tall = if width == Width::Column { 46.0 } else { 62.0 };
        let upper = Panel { left, top: 8.0, width: total - left - 3.0, height: tall, x, y };
        // Names stand below rather than beside the curves where the column is narrow.
        let below = width == Width::Column;
        let upper = if below { upper } else { Panel { width: total - left - legend - 4.0, ..upper } };
        let lower = errors.map(|e| Panel { top: upper.bottom() + 5.0, height: 34.0, y: e, ..upper });
        let last = lower.unwrap_or(upper);
        // Two columns of names where they fit, else one.
        let wide = widest(named.iter().map(|c| &c.feature), 6.5);
        let abreast = if wide <= total / 2.0 - 10.0 { 2 } else { 1 };
        let lines = if below { named.len().div_ceil(abreast) + usize::from(hidden > 0) } else { 0 };
        let mut page = Page::new(total, last.bottom() + 11.0 + 3.3 * lines as f64);
        page.line(upper.at(x.0, 0.0), upper.at(x.1, 0.0), GREY, 0.15);
        for c in &self.coefficients {
            let place = named.iter().position(|n| n.feature == c.feature);
            let (ink, dash, pen) = match place {
                Some(place) => (PALETTE[place % 6], DASHES[(place % 6 + place / 6) % 6], 0.35),
                None => ((185, 185, 185), DASHES[0], 0.2),
            };
            let points: Vec<(f64, f64)> = logs.iter().zip(&c.values).map(|(x, y)| upper.at(*x, *y)).collect();
            page.dashed(&points, dash, ink, pen);
        }
        upper.y_axis(&mut page, "Coefficient");
        // Numbers of coefficients along the upper edge.
        let mut free = f64::NEG_INFINITY;
        for place in (0..count).rev() {
            let (x, _) = upper.at(logs[place], 0.0);
            let kept = self.coefficients.iter().filter(|c| c.values[place] != 0.0).count().to_string();
            let half = text_width(&kept, 6.5) / 2.0;
            if x - half > free {
                page.text((x, 4.0), &kept, 6.5, Align::Centre, GREY);
                free = x + half + 4.0;
            }
        }
        let mut mark = |panel: &Panel| {
            for lambda in [self.least, self.one_error].into_iter().flatten().filter(|l| *l > 0.0) {
                panel.rise(&mut page, lambda.ln());
            }
            let x = panel.at(self.chosen.ln(), panel.y.0).0;
            page.line((x, panel.top), (x, panel.bottom()), BLACK_INK, 0.2);
        };
        mark(&upper);
        if let Some(lower) = &lower {
            mark(lower);
            for (x, (mean, error)) in logs.iter().zip(&self.error) {
                let ends = [mean - error, mean + error].map(|v| lower.at(*x, v));
                page.line(ends[0], ends[1], (170, 170, 170), 0.2);
            }
            page.dots(logs.iter().zip(&self.error).map(|(x, (m, _))| lower.at(*x, *m)).collect(), 0.5, PALETTE[1], 1.0);
            let title = fit(&words::sentence(&self.measure), 8.0, lower.height);
            lower.y_axis(&mut page, &title);
            upper.x_ticks(&mut page, &[], "");
        }
        last.x_axis(&mut page, "log λ");
        let room = if below { total / abreast as f64 - 10.0 } else { legend - 8.0 };
        let names = shortened(&named.iter().map(|c| c.feature.as_str()).collect::<Vec<_>>(), 6.5, room);
        for (place, name) in names.iter().enumerate() {
            let (ink, dash) = (PALETTE[place % 6], DASHES[(place % 6 + place / 6) % 6]);
            let (x, y) = if below {
                let x = 2.0 + total / abreast as f64 * (place % abreast) as f64;
                (x, last.bottom() + 11.5 + 3.3 * (place / abreast) as f64)
            } else {
                (upper.right() + 3.0, upper.top + 1.5 + 3.6 * place as f64)
            };
            page.dashed(&[(x, y), (x + 6.0, y)], dash, ink, 0.4);
            page.text((x + 7.2, y), name, 6.5, Align::Left, BLACK_INK);
        }
        if hidden > 0 {
            let y = if below {
                last.bottom() + 11.5 + 3.3 * (lines as f64 - 1.0)
            } else {
                upper.top + 1.5 + 3.6 * named.len() as f64
            };
            let x = if below { 2.0 } else { upper.right() + 3.0 };
            page.text((x, y), &format!("and {hidden} more"), 6.5, Align::Left, GREY);
        }
        Ok(page)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_drawing() {
        let coefficient =
            |name: &str, by: f64| Coefficient { feature: name.into(), values: vec![0.0, 0.1 * by, 0.3 * by] };
        let mut figure = Path {
            model: "PRIME_R".into(),
            n: 70,
            events: Some(31),
            lambdas: vec![0.5, 0.1, 0.02],
            coefficients: vec![coefficient("age", 1.0), coefficient("afp", -0.5)],
            measure: "binomial deviance".into(),
            error: vec![(1.4, 0.1), (1.2, 0.1), (1.3, 0.1)],
            chosen: 0.1,
            least: Some(0.1),
            one_error: Some(0.2),
            method: "lasso".into(),
        };
        assert_eq!(
            figure.csv(),
            "lambda,binomial deviance,standard_error,age,afp\n0.5,1.4,0.1,0,0\n0.1,1.2,0.1,0.1,-0.05\n0.02,1.3,0.1,0.3,-0.15\n"
        );
        assert!(figure.caption().contains("2 coefficients are not 0; 2 enter along the path"));
        for width in [Width::Column, Width::Full] {
            assert!(figure.draw(width).and_then(|p| p.svg()).is_ok_and(|s| s.contains("age") && !s.contains("NaN")));
        }
        figure.lambdas[0] = 0.0;
        assert!(matches!(figure.draw(Width::Column), Err(FigureError::Value { .. })));
    }
}
