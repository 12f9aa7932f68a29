//! The seam for fusion rules.

use ndarray::ArrayView2;
use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Settings};
use crate::learn::seam::FitError;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Outcome, Prediction, SurvivalCurves};

/// What a rule learns from: out-of-fold predictions of the parts, so that no part is judged on a
/// row that it has learned from.
#[derive(Clone, Copy, Debug)]
pub struct FusionTask<'a> {
    /// Rows by parts: probabilities, risks or values, as [`Prediction::scores`].
    pub scores: ArrayView2<'a, f64>,
    /// Names of the parts.
    pub names: &'a [String],
    /// Their places among the parts of the fusion: fewer than all for patients without a modality.
    pub parts: &'a [usize],
    pub outcome: &'a Outcome,
}

/// Whether a rule may turn a part's prediction round.
pub(super) const SIGNS: Parameter = Parameter {
    name: "signs",
    domain: Domain::Choice(&["nonnegative", "free"]),
    default: Initial::Choice("nonnegative"),
    summary: "Whether a part may have a negative coefficient, which turns its prediction round.",
};

/// A way to combine the predictions of models. One file each; stateless.
pub trait Rule: Send + Sync {
    fn card(&self) -> &'static Card;

    /// # Errors
    /// [`FitError::NotEstimable`] with a reason; [`FitError::WrongEndpoint`].
    fn fit(
        &self,
        task: &FusionTask<'_>,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Combiner>, FitError>;

    /// # Errors
    /// [`FitError::Frozen`].
    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Combiner>, FitError>;
}

/// What a combiner says of itself, for the report.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct CombinerSummary {
    /// Weight or coefficient of each part, as the rule defines it.
    pub weights: Vec<(String, f64)>,
    pub intercept: Option<f64>,
    /// How it was made, in words for the report: "Firth's penalty, because ...".
    pub how: String,
}

/// A combination that is a weighted sum of the predictions of the parts, on the scales that it
/// names: what lets an explanation of the parts be one of the whole.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightedSum {
    /// One a part of the fit.
    pub weights: Vec<f64>,
    pub constant: f64,
    /// Whether the parts enter by their log-odds.
    pub parts_as_logits: bool,
    /// Whether the sum is a log-odds.
    pub sum_is_logit: bool,
}

/// A fitted fusion rule.
pub trait Combiner: Send + Sync {
    /// Combines the predictions of the parts, rows by parts in the order of the fit.
    ///
    /// # Errors
    /// [`FitError::Shape`].
    fn combine(&self, scores: ArrayView2<'_, f64>) -> Result<Prediction, FitError>;

    /// Survival curves, where the rule models time.
    ///
    /// # Errors
    /// As [`Combiner::combine`].
    fn curves(&self, scores: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        let _ = (scores, times);
        Ok(None)
    }

    fn summary(&self) -> CombinerSummary;

    /// Where it is a weighted sum, which.
    fn weighted_sum(&self) -> Option<WeightedSum> {
        None
    }

    fn freeze(&self) -> Json;

    fn as_any(&self) -> &dyn std::any::Any;
}

/// Refuses scores of another number of parts.
pub(super) fn shape(scores: &ArrayView2<'_, f64>, expected: usize) -> Result<(), FitError> {
    if scores.ncols() == expected { Ok(()) } else { Err(FitError::Shape { expected, given: scores.ncols() }) }
}

/// Numbers as the prediction that the endpoint wants.
pub(super) fn prediction(kind: crate::card::EndpointKind, values: Vec<f64>) -> Prediction {
    match kind {
        crate::card::EndpointKind::Binary => {
            Prediction::Probability(values.into_iter().map(|value| value.clamp(0.0, 1.0)).collect())
        }
        crate::card::EndpointKind::Survival => Prediction::Risk(values),
        // No rule serves a nominal endpoint.
        crate::card::EndpointKind::Continuous | crate::card::EndpointKind::Nominal => Prediction::Value(values),
    }
}
