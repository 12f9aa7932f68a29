//! Late fusion by a weighted mean.

use std::any::Any;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::seam::FitError;
use crate::learn::steps::columns;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Judged, Outcome, Prediction};

use super::rule::{Combiner, CombinerSummary, FusionTask, Rule, WeightedSum, prediction, shape};

static CARD: Card = Card {
    name: "weighted",
    title: "Late fusion by a weighted mean",
    role: Role::Fusion,
    endpoints: &[],
    parameters: &[Parameter {
        name: "weights",
        domain: Domain::Reals { low: 0.0, high: f64::INFINITY },
        default: Initial::Derived("learned on out-of-fold predictions"),
        summary: "One weight a part, in the order of the parts; they are divided by their sum.",
    }],
    summary: "The mean of the predictions with weights that are given or learned on out-of-fold predictions.",
    documentation: "Σ w_j s_j with w_j ≥ 0 and Σ w_j = 1. Without `weights` they minimise Σ (y - Σ w_j s_j)² over the \
out-of-fold predictions (Breiman's stacked regressions) for a binary or continuous endpoint. For a censored endpoint \
the risks are first standardised by the mean and the standard deviation of the out-of-fold risks, and w_j is \
proportional to max(C_j - ½, 0) with C_j the concordance index of part j: a heuristic, and named so in the result. For \
a patient without one modality the weights of the others are divided by their sum, or learned again on the rows that \
have them.",
    references: &["Breiman L. Machine Learning 1996;24:49-64."],
    example: "fuse late weighted(clinical, radiomics, weights = (2, 1))",
};

/// Weighted mean.
pub struct Weighted;

/// A weighted mean of standardised scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Mean {
    kind: EndpointKind,
    names: Vec<String>,
    /// Centre, scale and weight of each part.
    terms: Vec<(f64, f64, f64)>,
    how: String,
}

impl Mean {
    /// Standardises the scores of a censored endpoint, for they have no unit; others stay.
    pub(super) fn new(task: &FusionTask<'_>, weights: &[f64], how: String) -> Self {
        let kind = task.outcome.kind();
        let terms = task
            .scores
            .columns()
            .into_iter()
            .zip(weights)
            .map(|(column, weight)| {
                let (mean, variance) = columns::moments(&column.to_vec()).unwrap_or((0.0, 1.0));
                let sd = if variance > 0.0 { variance.sqrt() } else { 1.0 };
                if kind == EndpointKind::Survival { (mean, sd, *weight) } else { (0.0, 1.0, *weight) }
            })
            .collect();
        Mean { kind, names: task.names.to_vec(), terms, how }
    }
}

impl Combiner for Mean {
    fn combine(&self, scores: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        shape(&scores, self.terms.len())?;
        let values = scores
            .rows()
            .into_iter()
            .map(|row| {
                row.iter()
                    .zip(&self.terms)
                    .map(|(score, (centre, scale, weight))| weight * (score - centre) / scale)
                    .sum()
            })
            .collect();
        Ok(prediction(self.kind, values))
    }

    fn summary(&self) -> CombinerSummary {
        CombinerSummary {
            weights: self.names.iter().cloned().zip(self.terms.iter().map(|term| term.2)).collect(),
            intercept: None,
            how: self.how.clone(),
        }
    }

    fn weighted_sum(&self) -> Option<WeightedSum> {
        Some(WeightedSum {
            weights: self.terms.iter().map(|(_, scale, weight)| weight / scale).collect(),
            constant: -self.terms.iter().map(|(centre, scale, weight)| weight * centre / scale).sum::<f64>(),
            parts_as_logits: false,
            sum_is_logit: false,
        })
    }

    fn freeze(&self) -> Json {
        columns::freeze(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// Non-negative weights of sum 1 that minimise the squared error, by enumeration of the parts that
/// have weight: exact, for the few parts that a fusion has.
fn stacked(scores: ArrayView2<'_, f64>, target: &[f64]) -> Option<Vec<f64>> {
    let parts = scores.ncols();
    if parts > 12 {
        return None;
    }
    let error = |weights: &[f64]| -> f64 {
        let squares = scores.rows().into_iter().zip(target).map(|(row, target)| {
            let fitted: f64 = row.iter().zip(weights).map(|(score, weight)| score * weight).sum();
            (target - fitted).powi(2)
        });
        squares.sum()
    };
    let mut best: Option<(f64, Vec<f64>)> = None;
    for mask in 1..1usize << parts {
        let set: Vec<usize> = (0..parts).filter(|part| mask & (1 << part) != 0).collect();
        let Some(own) = on_simplex(scores, target, &set) else { continue };
        if own.iter().any(|weight| *weight < 0.0) {
            continue;
        }
        let mut weights = vec![0.0; parts];
        set.iter().zip(own).for_each(|(part, weight)| weights[*part] = weight);
        let value = error(&weights);
        if best.as_ref().is_none_or(|(least, _)| value < *least) {
            best = Some((value, weights));
        }
    }
    best.map(|(_, weights)| weights)
}

/// Least squares under Σ w = 1 for the parts of `set`, by elimination of the last weight.
fn on_simplex(scores: ArrayView2<'_, f64>, target: &[f64], set: &[usize]) -> Option<Vec<f64>> {
    let (last, others) = set.split_last()?;
    let k = others.len();
    let mut normal = Array2::<f64>::zeros((k, k + 1));
    for (row, target) in scores.rows().into_iter().zip(target) {
        let base = row[*last];
        for a in 0..k {
            let xa = row[others[a]] - base;
            for b in 0..k {
                normal[[a, b]] += xa * (row[others[b]] - base);
            }
            normal[[a, k]] += xa * (target - base);
        }
    }
    for pivot in 0..k {
        let top = (pivot..k).max_by(|a, b| normal[[*a, pivot]].abs().total_cmp(&normal[[*b, pivot]].abs()))?;
        if normal[[top, pivot]].abs() < 1e-12 {
            return None;
        }
        for column in 0..=k {
            normal.swap([pivot, column], [top, column]);
        }
        for row in (0..k).filter(|row| *row != pivot) {
            let factor = normal[[row, pivot]] / normal[[pivot, pivot]];
            for column in pivot..=k {
                let above = normal[[pivot, column]];
                normal[[row, column]] -= factor * above;
            }
        }
    }
    let mut weights: Vec<f64> = (0..k).map(|row| normal[[row, k]] / normal[[row, row]]).collect();
    weights.push(1.0 - weights.iter().sum::<f64>());
    Some(weights)
}

impl Rule for Weighted {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &FusionTask<'_>,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Combiner>, FitError> {
        watch.check()?;
        let refuse = |reason: String| FitError::NotEstimable { learner: CARD.name, reason };
        if task.outcome.is_empty() {
            return Err(refuse("no row has these parts".to_owned()));
        }
        if settings.get("weights").is_some() {
            let given = settings.reals("weights");
            let own: Option<Vec<f64>> = task.parts.iter().map(|part| given.get(*part).copied()).collect();
            let own = own.ok_or_else(|| refuse(format!("{} weights for other parts than these", given.len())))?;
            let total: f64 = own.iter().sum();
            if total <= 0.0 {
                return Err(refuse(format!("the weights of {} are all 0", task.names.join(", "))));
            }
            let weights: Vec<f64> = own.iter().map(|weight| weight / total).collect();
            return Ok(Box::new(Mean::new(task, &weights, "weights as given".to_owned())));
        }
        let learned = |target: Vec<f64>| {
            stacked(task.scores, &target)
                .map(|weights| (weights, "weights of least squared error on out-of-fold predictions".to_owned()))
                .ok_or_else(|| refuse("the weights of these parts cannot be learned; give them".to_owned()))
        };
        let (weights, how) = match task.outcome {
            Outcome::Binary(events) => learned(events.iter().map(|event| f64::from(u8::from(*event))).collect())?,
            Outcome::Continuous(values) => learned(values.clone())?,
            Outcome::Survival(_) => by_concordance(task).map_err(refuse)?,
            Outcome::Nominal(_) => return Err(refuse("a nominal endpoint is not fused late".to_owned())),
        };
        Ok(Box::new(Mean::new(task, &weights, how)))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Combiner>, FitError> {
        Ok(Box::new(columns::thaw::<Mean>(frozen)?))
    }
}

fn by_concordance(task: &FusionTask<'_>) -> Result<(Vec<f64>, String), String> {
    let metric = super::metric("C-index", EndpointKind::Survival)
        .ok_or_else(|| "there is no concordance index to learn weights by; give them".to_owned())?;
    let mut weights = Vec::with_capacity(task.names.len());
    for column in task.scores.columns() {
        let risk = Prediction::Risk(column.to_vec());
        let judged = Judged {
            outcome: task.outcome,
            prediction: &risk,
            held: None,
            patients: None,
            curves: None,
            training: None,
            horizon: None,
            threshold: None,
        };
        weights.push((metric.score(&judged).map_err(|reason| reason.to_string())? - 0.5).max(0.0));
    }
    let total: f64 = weights.iter().sum();
    if total <= 0.0 {
        let equal = 1.0 / weights.len() as f64;
        let how = "equal weights, because no part ranks better than chance out of fold".to_owned();
        return Ok((vec![equal; weights.len()], how));
    }
    let how = "standardised risks, weights proportional to the out-of-fold concordance above ½ (a heuristic)";
    Ok((weights.iter().map(|weight| weight / total).collect(), how.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;
    use ndarray::array;

    fn fit(task: &FusionTask<'_>, settings: &Settings) -> Result<Box<dyn Combiner>, FitError> {
        Weighted.fit(task, settings, &Stream::root(1), &Watch::silent())
    }

    #[test]
    fn weights_are_given_or_learned_within_the_simplex() {
        let names = ["a".to_owned(), "b".to_owned()];
        let outcome = Outcome::Continuous(vec![1.0, 2.0, 3.0, 4.0]);
        // The outcome is 0.25 a + 0.75 b exactly.
        let scores = array![[4.0, 0.0], [2.0, 2.0], [0.0, 4.0], [1.0, 5.0]];
        let task = FusionTask { scores: scores.view(), names: &names, parts: &[0, 1], outcome: &outcome };
        let learned = fit(&task, &Settings::defaults(&CARD)).unwrap();
        assert!((learned.summary().weights[0].1 - 0.25).abs() < 1e-12);
        let given =
            Settings::new(&CARD, [("weights", Value::List(vec![Value::Integer(3), Value::Integer(1)]))]).unwrap();
        let fixed = fit(&task, &given).unwrap();
        assert_eq!(fixed.combine(array![[4.0, 0.0]].view()).unwrap(), Prediction::Value(vec![3.0]));
        let alone = FusionTask { scores: scores.slice(ndarray::s![.., 1..]), names: &names[1..], parts: &[1], ..task };
        assert_eq!(fit(&alone, &given).unwrap().summary().weights, [("b".to_owned(), 1.0)]);
        let one = Settings::new(&CARD, [("weights", Value::List(vec![Value::Integer(1)]))]).unwrap();
        assert!(fit(&task, &one).is_err());
    }

    #[test]
    fn a_part_that_does_harm_has_no_weight() {
        let names = ["good".to_owned(), "bad".to_owned()];
        let outcome = Outcome::Binary(vec![true, false, true, false]);
        let scores = array![[0.9, 0.1], [0.2, 0.8], [0.8, 0.2], [0.1, 0.9]];
        let task = FusionTask { scores: scores.view(), names: &names, parts: &[0, 1], outcome: &outcome };
        assert_eq!(fit(&task, &Settings::defaults(&CARD)).unwrap().summary().weights[1].1, 0.0);
    }
}
