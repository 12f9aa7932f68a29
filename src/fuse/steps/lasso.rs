//! Selection by the lasso.

use serde_json::Value as Json;

use crate::card::{Card, Role, Settings};
use crate::learn::block::Block;
use crate::learn::seam::{FitError, FittedStep, Step, Unread};
use crate::learn::steps::columns::thaw;
use crate::learn::steps::selected::Selected;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::penalised::{self, DOCUMENTATION, FOLDS, LAMBDA, MIN_COEF, RULE, TOP};

static CARD: Card = Card {
    name: "lasso",
    title: "Selection by the lasso",
    role: Role::Step,
    endpoints: &[],
    parameters: &[FOLDS, MIN_COEF, TOP, RULE, LAMBDA],
    summary: "Keeps the features with a coefficient in a lasso regression of the endpoint.",
    documentation: DOCUMENTATION,
    references: &[
        "Tibshirani R. J R Stat Soc B 1996;58:267-88.",
        "Friedman J, Hastie T, Tibshirani R. Regularization paths for generalized linear models via coordinate descent. J Stat Softw 2010;33(1):1-22.",
    ],
    example: "prepare radiomics by z-score then lasso(folds = 10, rule = 1se)",
};

/// Selection by the lasso.
pub struct LassoSelection;

impl Step for LassoSelection {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn sees_outcome(&self) -> bool {
        true
    }

    fn unread(&self, _: &Settings, written: &[&str]) -> Unread {
        penalised::unread(written)
    }

    fn fit(
        &self,
        block: &Block,
        outcome: &Outcome,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        penalised::select(CARD.name, 1.0, block, outcome, settings, stream, watch)
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Selected>(frozen)?))
    }
}
