//! Calibration of a prediction by isotonic regression.

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
    name: "isotonic",
    title: "Calibration by isotonic regression",
    role: Role::Fusion,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "The prediction of a part (the mean of several), recalibrated by a non-decreasing function out of fold.",
    documentation: "The non-decreasing function of the out-of-fold probability (of several parts, of their mean) with \
the least squared error (pool adjacent violators), linear between the blocks, as scikit-learn's `IsotonicRegression`. \
It follows any shape and wants many events; patients within a block become equal, so that the AUC may fall a little. What \
calibrates has not seen the rows of the model that it calibrates.",
    references: &[
        "Zadrozny B, Elkan C. Transforming classifier scores into accurate multiclass probability estimates. KDD 2002.",
    ],
    example: "fuse late isotonic(gtbr(radiomics))",
};

/// Isotonic regression.
pub struct Isotonic;

impl Rule for Isotonic {
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
        calibrated(&CARD, task, Method::Isotonic, watch)
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Combiner>, FitError> {
        Ok(Box::new(columns::thaw::<Calibrated>(frozen)?))
    }
}
