//! Late fusion by any learner.

use std::any::Any;

use ndarray::ArrayView2;
use serde_json::{Value as Json, json};

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::seam::{FitError, Model, Task};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Prediction, SurvivalCurves};

use super::rule::{Combiner, CombinerSummary, FusionTask, Rule, shape};

static CARD: Card = Card {
    name: "stack",
    title: "Stacking",
    role: Role::Fusion,
    endpoints: &[],
    parameters: &[Parameter {
        name: "learner",
        domain: Domain::Text,
        default: Initial::Required,
        summary: "The learner that combines, by name and with its default settings.",
    }],
    summary: "Combines the predictions of the parts by any learner, fitted on out-of-fold predictions.",
    documentation: "The out-of-fold predictions of the parts are the features of another learner (stacked \
generalisation), which must serve the endpoint. For a patient without one modality the learner fitted on the other \
parts, on the rows that have them, is used.",
    references: &["Wolpert DH. Neural Networks 1992;5:241-59."],
    example: "fuse late stack(clinical, radiomics, learner = \"gtbr\")",
};

/// Stacking.
pub struct Stack;

struct Stacked {
    learner: &'static str,
    kind: EndpointKind,
    names: Vec<String>,
    model: Box<dyn Model>,
}

fn named(name: &str, kind: EndpointKind) -> Result<&'static dyn crate::learn::Learner, FitError> {
    super::learner(name, kind).ok_or_else(|| FitError::NotEstimable {
        learner: CARD.name,
        reason: format!("there is no learner `{name}` of a {kind} endpoint"),
    })
}

impl Rule for Stack {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &FusionTask<'_>,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Combiner>, FitError> {
        let kind = task.outcome.kind();
        let learner = named(settings.choice("learner"), kind)?;
        let own = Settings::new(learner.card(), [])
            .map_err(|fault| FitError::NotEstimable { learner: CARD.name, reason: fault.to_string() })?;
        let fit = Task { x: task.scores, names: task.names, outcome: task.outcome, weights: None };
        let model = learner.fit(&fit, &own, stream, watch)?;
        Ok(Box::new(Stacked { learner: learner.card().name, kind, names: task.names.to_vec(), model }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Combiner>, FitError> {
        use serde::Deserialize;
        let broken = |error: serde_json::Error| FitError::Frozen { reason: error.to_string() };
        let name = String::deserialize(&frozen["learner"]).map_err(broken)?;
        let kind = EndpointKind::deserialize(&frozen["kind"]).map_err(broken)?;
        let names = Vec::<String>::deserialize(&frozen["names"]).map_err(broken)?;
        let learner = named(&name, kind)?;
        let model = learner.thaw(&frozen["model"])?;
        Ok(Box::new(Stacked { learner: learner.card().name, kind, names, model }))
    }
}

impl Combiner for Stacked {
    fn combine(&self, scores: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        shape(&scores, self.names.len())?;
        self.model.predict(scores)
    }

    fn curves(&self, scores: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        shape(&scores, self.names.len())?;
        self.model.curves(scores, times)
    }

    fn summary(&self) -> CombinerSummary {
        let importance = self.model.importance().unwrap_or_default();
        CombinerSummary {
            weights: self.names.iter().cloned().zip(importance).collect(),
            intercept: None,
            how: format!("{} on out-of-fold predictions, weights are its importance", self.learner),
        }
    }

    fn freeze(&self) -> Json {
        json!({ "learner": self.learner, "kind": self.kind, "names": self.names, "model": self.model.freeze() })
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
