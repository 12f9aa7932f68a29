//! The model without a feature: what is left when a selection keeps nothing.

use std::any::Any;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::EndpointKind;
use crate::learn::seam::{FitError, Model};
use crate::stats::{ClassProbabilities, Outcome, Prediction, SurvivalCurves};

/// Predicts the same for everybody: the event rate, the mean, a risk of 0; survival curves are
/// the Kaplan-Meier estimate of the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NullModel {
    kind: EndpointKind,
    value: f64,
    /// Event times with the Kaplan-Meier estimate just after each.
    curve: Vec<(f64, f64)>,
    /// Levels of a nominal endpoint with the share of each.
    #[serde(default)]
    shares: Vec<(String, f64)>,
}

impl NullModel {
    pub fn fit(outcome: &Outcome) -> Self {
        let n = outcome.len().max(1) as f64;
        match outcome {
            Outcome::Binary(values) => {
                let events = values.iter().filter(|value| **value).count() as f64;
                NullModel { kind: EndpointKind::Binary, value: events / n, curve: Vec::new(), shares: Vec::new() }
            }
            Outcome::Continuous(values) => NullModel {
                kind: EndpointKind::Continuous,
                value: values.iter().sum::<f64>() / n,
                curve: Vec::new(),
                shares: Vec::new(),
            },
            Outcome::Nominal(classes) => {
                let shares = classes.counts().into_iter().map(|count| count as f64 / n);
                let shares = classes.levels.iter().cloned().zip(shares).collect();
                NullModel { kind: EndpointKind::Nominal, value: 0.0, curve: Vec::new(), shares }
            }
            Outcome::Survival(censored) => {
                let mut times: Vec<f64> =
                    (0..censored.len()).filter(|row| censored.event[*row] == 1).map(|row| censored.time[row]).collect();
                times.sort_by(f64::total_cmp);
                times.dedup();
                let mut survival = 1.0;
                let curve = times
                    .into_iter()
                    .map(|time| {
                        let entered = |row: &usize| censored.entry.as_ref().is_none_or(|entry| entry[*row] < time);
                        let rows = || (0..censored.len()).filter(entered);
                        let at_risk = rows().filter(|row| censored.time[*row] >= time).count() as f64;
                        let events =
                            rows().filter(|row| censored.time[*row] == time && censored.event[*row] == 1).count();
                        survival *= 1.0 - events as f64 / at_risk.max(1.0);
                        (time, survival)
                    })
                    .collect();
                NullModel { kind: EndpointKind::Survival, value: 0.0, curve, shares: Vec::new() }
            }
        }
    }
}

impl Model for NullModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        let values = vec![self.value; x.nrows()];
        Ok(match self.kind {
            EndpointKind::Binary => Prediction::Probability(values),
            EndpointKind::Survival => Prediction::Risk(values),
            EndpointKind::Continuous => Prediction::Value(values),
            EndpointKind::Nominal => {
                let (levels, shares): (Vec<String>, Vec<f64>) = self.shares.iter().cloned().unzip();
                let rows = values.iter().map(|_| shares.clone());
                Prediction::Classes(ClassProbabilities::new(levels.into(), rows))
            }
        })
    }

    fn curves(&self, x: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        if self.kind != EndpointKind::Survival {
            return Ok(None);
        }
        let mut survival = ndarray::Array2::ones((x.nrows(), times.len()));
        for (index, time) in times.iter().enumerate() {
            let after = self.curve.partition_point(|(event, _)| event <= time);
            let value = after.checked_sub(1).map_or(1.0, |last| self.curve[last].1);
            survival.column_mut(index).fill(value);
        }
        Ok(Some(SurvivalCurves { times: times.to_vec(), survival }))
    }

    fn freeze(&self) -> Json {
        crate::learn::steps::columns::freeze(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
