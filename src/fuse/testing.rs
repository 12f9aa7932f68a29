//! A tiny learner and two metrics, so that fitting a design is tested apart from real learners.

use std::any::Any;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings, Value};
use crate::learn::seam::{FitError, Learner, Model, Task};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::metric::{Direction, IntervalPlan, Judged, Metric};
use crate::stats::{Estimate, NotEstimable, Outcome, Prediction};

pub static LEARNERS: &[&dyn Learner] = &[&Centroid];
pub static METRICS: &[&dyn Metric] = &[&TestAuc];

pub static CENTROID: Card = Card {
    name: "test_centroid",
    title: "",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary, EndpointKind::Survival],
    parameters: &[Parameter {
        name: "shrink",
        domain: Domain::Real { low: 0.0, high: 1.0 },
        default: Initial::Real(0.0),
        summary: "",
    }],
    summary: "",
    documentation: "",
    references: &[],
    example: "",
};

/// Scores a row along the difference of the class means; `shrink = 1` predicts chance.
pub struct Centroid;

#[derive(Serialize, Deserialize)]
struct Direct {
    survival: bool,
    weights: Vec<f64>,
    middle: f64,
}

impl Learner for Centroid {
    fn card(&self) -> &'static Card {
        &CENTROID
    }

    fn grid(&self) -> Vec<(&'static str, Vec<Value>)> {
        vec![("shrink", vec![Value::Real(1.0), Value::Real(0.5), Value::Real(0.0)])]
    }

    fn fit(&self, task: &Task<'_>, settings: &Settings, _: &Stream, _: &Watch) -> Result<Box<dyn Model>, FitError> {
        let events: Vec<bool> = match task.outcome {
            Outcome::Binary(values) => values.clone(),
            Outcome::Survival(censored) => censored.event.iter().map(|event| *event == 1).collect(),
            Outcome::Continuous(_) | Outcome::Nominal(_) => Vec::new(),
        };
        let shrink = 1.0 - settings.real("shrink");
        let mut weights = Vec::new();
        let mut middle = 0.0;
        for column in task.x.columns() {
            let mean = |class: bool| {
                let values: Vec<f64> =
                    column.iter().zip(&events).filter(|(_, event)| **event == class).map(|(value, _)| *value).collect();
                values.iter().sum::<f64>() / values.len().max(1) as f64
            };
            let weight = shrink * (mean(true) - mean(false));
            middle += weight * (mean(true) + mean(false)) / 2.0;
            weights.push(weight);
        }
        let survival = matches!(task.outcome, Outcome::Survival(_));
        Ok(Box::new(Direct { survival, weights, middle }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(crate::learn::steps::columns::thaw::<Direct>(frozen)?))
    }
}

impl Model for Direct {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        let score = |row: ndarray::ArrayView1<'_, f64>| {
            row.iter().zip(&self.weights).map(|(x, weight)| x * weight).sum::<f64>() - self.middle
        };
        let scores: Vec<f64> = x.rows().into_iter().map(score).collect();
        if self.survival {
            return Ok(Prediction::Risk(scores));
        }
        Ok(Prediction::Probability(scores.into_iter().map(|score| 1.0 / (1.0 + (-score).exp())).collect()))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        Some(self.weights.clone())
    }

    fn freeze(&self) -> Json {
        crate::learn::steps::columns::freeze(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

static AUC: Card = Card {
    name: "test_auc",
    title: "",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary, EndpointKind::Survival],
    parameters: &[],
    summary: "",
    documentation: "",
    references: &[],
    example: "",
};

struct TestAuc;

/// Area under the ROC curve, ties counting half.
pub fn auc(events: &[bool], scores: &[f64]) -> Option<f64> {
    let (mut pairs, mut won) = (0.0, 0.0);
    for (event, score) in events.iter().zip(scores) {
        for (other, against) in events.iter().zip(scores) {
            if *event && !other {
                pairs += 1.0;
                won += if score > against {
                    1.0
                } else if score == against {
                    0.5
                } else {
                    0.0
                };
            }
        }
    }
    (pairs > 0.0).then(|| won / pairs)
}

impl Metric for TestAuc {
    fn card(&self) -> &'static Card {
        &AUC
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        let events: Vec<bool> = match judged.outcome {
            Outcome::Binary(values) => values.clone(),
            Outcome::Survival(censored) => censored.event.iter().map(|event| *event == 1).collect(),
            Outcome::Continuous(_) | Outcome::Nominal(_) => Vec::new(),
        };
        auc(&events, judged.prediction.scores()).ok_or_else(|| NotEstimable::new("one class"))
    }

    fn estimate(&self, judged: &Judged<'_>, _: &IntervalPlan, _: &Stream) -> Estimate {
        match self.score(judged) {
            Ok(value) => Estimate::new("AUC", value, judged.outcome.len(), "test"),
            Err(reason) => Estimate::not_estimable("AUC", judged.outcome.len(), reason.reason),
        }
    }
}
