//! Figures of Shapley values: swarm, bars, and dependence on the leading features.

use ndarray::ArrayView2;

use crate::figures::beeswarm::{Beeswarm, Feature};
use crate::figures::dependence::{self, Dependence};
use crate::figures::importance::{Bar, Importance};
use crate::figures::waterfall::{Part, Waterfall};
use crate::run::operations::evaluate::distinct;
use crate::run::results::FigureData;
use crate::stats::smooth::lowess;

/// Features that have a dependence plot.
const LEADING: usize = 4;

/// Shapley values with what they are of.
pub struct Explained<'a> {
    pub model: &'a str,
    pub cohort: &'a str,
    /// `log-odds`.
    pub unit: &'a str,
    pub method: &'a str,
    pub names: &'a [String],
    pub blocks: &'a [String],
    /// A row a patient, a column a feature.
    pub values: ArrayView2<'a, f64>,
    /// The features' own values; NaN where missing.
    pub of: ArrayView2<'a, f64>,
    /// What the codes of a feature of levels stand for; empty for numbers.
    pub levels: &'a [Vec<String>],
    /// By importance, those without any left out.
    pub ranking: &'a [usize],
}

/// One patient's prediction taken apart.
pub struct Patient<'a> {
    /// `patient 17, the highest prediction on train`.
    pub name: String,
    pub base: f64,
    pub prediction: f64,
    pub row: usize,
    /// A feature's value of this patient in words.
    pub shown: &'a dyn Fn(usize) -> String,
}

/// Each block once, in order.
pub fn once(blocks: &[String]) -> Vec<String> {
    distinct(blocks.iter().map(String::as_str)).into_iter().map(str::to_owned).collect()
}

impl Explained<'_> {
    fn own(&self, feature: usize) -> Vec<Option<f64>> {
        self.of.column(feature).iter().map(|v| v.is_finite().then_some(*v)).collect()
    }

    fn mean_absolute(&self, feature: usize) -> f64 {
        let column = self.values.column(feature);
        column.iter().map(|v| v.abs()).sum::<f64>() / column.len().max(1) as f64
    }

    /// Correlation of a feature with its Shapley values.
    fn direction(&self, feature: usize) -> Option<f64> {
        let both: Vec<(f64, f64)> = self
            .of
            .column(feature)
            .iter()
            .copied()
            .zip(self.values.column(feature).iter().copied())
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        let n = both.len() as f64;
        let (mx, my) = (both.iter().map(|p| p.0).sum::<f64>() / n, both.iter().map(|p| p.1).sum::<f64>() / n);
        let cross: f64 = both.iter().map(|p| (p.0 - mx) * (p.1 - my)).sum();
        let square = |of: fn(&(f64, f64)) -> f64, mean: f64| both.iter().map(|p| (of(p) - mean).powi(2)).sum::<f64>();
        Some(cross / (square(|p| p.0, mx) * square(|p| p.1, my)).sqrt()).filter(|r| r.is_finite())
    }

    /// Swarm, bars and dependence; nothing where no feature moves the prediction.
    pub fn figures(&self) -> Vec<FigureData> {
        if self.ranking.is_empty() {
            return Vec::new();
        }
        let n = self.values.nrows();
        let (shown, others) = self.ranking.split_at(self.ranking.len().min(crate::figures::beeswarm::MOST));
        let rest: Vec<f64> = (0..n).map(|row| others.iter().map(|f| self.values[[row, *f]]).sum()).collect();
        let text = |t: &str| t.to_owned();
        let swarm = Beeswarm {
            model: text(self.model),
            cohort: text(self.cohort),
            n: n as u64,
            unit: text(self.unit),
            method: text(self.method),
            features: shown
                .iter()
                .map(|f| Feature {
                    name: self.names[*f].clone(),
                    block: self.blocks[*f].clone(),
                    importance: self.mean_absolute(*f),
                    values: self.values.column(*f).to_vec(),
                    of: self.own(*f),
                })
                .collect(),
            others: others.len() as u64,
            rest: if others.is_empty() { Vec::new() } else { rest.clone() },
        };
        let bars = Importance {
            blocks: once(self.blocks),
            model: text(self.model),
            cohort: text(self.cohort),
            n: n as u64,
            measure: text("Mean |Shapley value|"),
            unit: text(self.unit),
            method: text(self.method),
            bars: shown
                .iter()
                .map(|f| Bar {
                    name: self.names[*f].clone(),
                    block: self.blocks[*f].clone(),
                    mean: self.mean_absolute(*f),
                    direction: self.direction(*f),
                })
                .collect(),
            others: (!others.is_empty())
                .then(|| (others.len() as u64, rest.iter().map(|v| v.abs()).sum::<f64>() / n.max(1) as f64)),
        };
        let leading: Vec<usize> = self.ranking.iter().copied().take(LEADING).collect();
        let features = leading.iter().enumerate().map(|(place, f)| {
            // Coloured by the next feature in rank: a choice that needs no search for interactions.
            let other = if leading.len() > 1 { Some(leading[(place + 1) % leading.len()]) } else { None };
            let points = (0..n).map(|row| dependence::Point {
                value: Some(self.of[[row, *f]]).filter(|v| v.is_finite()),
                shapley: self.values[[row, *f]],
                other: other.map(|o| self.of[[row, o]]).filter(|v| v.is_finite()),
            });
            dependence::Feature {
                name: self.names[*f].clone(),
                other: other.map_or(String::new(), |o| self.names[o].clone()),
                points: points.collect(),
                smooth: self.smoothed(*f),
                levels: self.levels.get(*f).cloned().unwrap_or_default(),
            }
        });
        let depend = Dependence {
            model: text(self.model),
            cohort: text(self.cohort),
            n: n as u64,
            measure: text("Shapley value"),
            unit: text(self.unit),
            method: format!("{}. Lines: lowess, span 2/3; colours: the next feature in rank", self.method),
            features: features.collect(),
        };
        let of = format!("{} on {}", self.model, self.cohort);
        vec![
            FigureData::new(format!("Shapley values of {of}"), &swarm),
            FigureData::new(format!("Importance of features in {of}"), &bars),
            FigureData::new(format!("Dependence of {of} on its leading features"), &depend),
        ]
    }

    /// How one patient's prediction comes about.
    pub fn patient(&self, patient: &Patient<'_>) -> FigureData {
        let parts = self.ranking.iter().map(|f| Part {
            name: self.names[*f].clone(),
            value: (patient.shown)(*f),
            shapley: self.values[[patient.row, *f]],
        });
        let figure = Waterfall {
            model: self.model.to_owned(),
            patient: patient.name.clone(),
            unit: self.unit.to_owned(),
            method: self.method.to_owned(),
            base: patient.base,
            prediction: patient.prediction,
            parts: parts.collect(),
        };
        FigureData::new(format!("{} of {}", self.model, patient.name), &figure)
    }

    fn smoothed(&self, feature: usize) -> Vec<(f64, f64)> {
        let mut both: Vec<(f64, f64)> = self
            .of
            .column(feature)
            .iter()
            .copied()
            .zip(self.values.column(feature).iter().copied())
            .filter(|(x, y)| x.is_finite() && y.is_finite())
            .collect();
        both.sort_by(|a, b| a.0.total_cmp(&b.0));
        let (x, y): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
        let range = x.last().zip(x.first()).map_or(0.0, |(high, low)| high - low);
        // A feature of few values has steps, not a curve.
        let mut distinct = x.clone();
        distinct.dedup();
        if distinct.len() < 8 {
            return Vec::new();
        }
        let fitted = lowess(&x, &y, 2.0 / 3.0, range * 0.01);
        x.into_iter().zip(fitted).filter(|(_, y)| y.is_finite()).collect()
    }
}
