//! Calibration of a prediction by Platt's sigmoid.

use serde_json::Value as Json;

use crate::card::{Card, EndpointKind, Role, Settings};
use crate::learn::calibration::Method;
use crate::learn::seam::FitError;
use crate::learn::steps::columns;
use crate::progress::Watch;
use crate::random::Stream;

use super::calibrated::{Calibrated, calibrated};
use super::rule::{Combiner, FusionTask, Rule};

static CARD: Card = Card {
    name: "platt",
    title: "Calibration by a sigmoid (Platt)",
    role: Role::Fusion,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "The prediction of a part (the mean of several), recalibrated by logistic regression out of fold.",
    documentation: "logit P(event) = a + b logit p with p the out-of-fold probability of the part (of several, their \
mean), moved into [1/(2n), 1 - 1/(2n)]; maximum likelihood, or Firth's penalty where the classes are separated. What \
calibrates has not seen the rows of the model that it calibrates; the model itself is fitted on all training rows. The \
ranking of patients is kept where b is positive.",
    references: &[
        "Platt J. Probabilistic outputs for support vector machines. Advances in Large Margin Classifiers, MIT Press 1999.",
        "Cox DR. Two further applications of a model for binary regression. Biometrika 1958;45:562-565.",
    ],
    example: "fuse late platt(gtbr(radiomics))",
};

/// Platt's sigmoid.
pub struct Platt;

impl Rule for Platt {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &FusionTask<'_>,
        _settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Combiner>, FitError> {
        calibrated(&CARD, task, Method::Platt, watch)
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Combiner>, FitError> {
        Ok(Box::new(columns::thaw::<Calibrated>(frozen)?))
    }
}
