//! Selection by the Cox lasso.

use serde_json::Value as Json;

use crate::card::{Card, EndpointKind, Role, Settings};
use crate::learn::block::Block;
use crate::learn::seam::{FitError, FittedStep, Step, Unread};
use crate::learn::steps::columns::thaw;
use crate::learn::steps::selected::Selected;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::penalised::{self, DOCUMENTATION, FOLDS, LAMBDA, MIN_COEF, RULE, TOP};

static CARD: Card = Card {
    name: "cox_lasso",
    title: "Selection by the Cox lasso",
    role: Role::Step,
    endpoints: &[EndpointKind::Survival],
    parameters: &[FOLDS, MIN_COEF, TOP, RULE, LAMBDA],
    summary: "Keeps the features with a coefficient in a Cox regression with lasso penalty.",
    documentation: DOCUMENTATION,
    references: &[
        "Tibshirani R. The lasso method for variable selection in the Cox model. Stat Med 1997;16:385-395.",
        "Simon N, Friedman J, Hastie T, Tibshirani R. Regularization paths for Cox's proportional hazards model via coordinate descent. J Stat Softw 2011;39(5):1-13.",
    ],
    example: "prepare radiomics by z-score then cox_lasso then elastic_net(l1_ratio = 0.5, top = 10)",
};

/// Selection by the Cox lasso.
pub struct CoxLasso;

impl Step for CoxLasso {
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
        if outcome.kind() != EndpointKind::Survival {
            return Err(FitError::WrongEndpoint { learner: CARD.name, kind: outcome.kind() });
        }
        penalised::select(CARD.name, 1.0, block, outcome, settings, stream, watch)
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Selected>(frozen)?))
    }
}
