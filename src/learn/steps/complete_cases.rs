//! The policy to leave out rows with a missing value.

use serde_json::Value as Json;

use crate::card::{Card, Role, Settings};
use crate::learn::block::Block;
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

static CARD: Card = Card {
    name: "complete_cases",
    title: "Complete cases",
    role: Role::Step,
    endpoints: &[],
    parameters: &[],
    summary: "Leaves out rows with a missing value in any column that is left at this point of the preparation.",
    documentation: "Rows with a missing value in the columns that reach this step are neither learned from nor \
predicted; their number is told with every result. Estimates are unbiased only where values are missing completely at \
random, or where missingness depends on the covariates of the model alone.",
    references: &["White IR, Carlin JB. Statistics in Medicine 2010;29:2920-31."],
    example: "prepare clinical by complete_cases then z-score",
};

/// Complete cases. The step itself changes nothing; whoever runs the preparation drops the rows,
/// because only there the outcome is dropped with them.
pub struct CompleteCases;

struct AsItIs;

impl Step for CompleteCases {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fills_missing(&self) -> bool {
        true
    }

    fn drops_incomplete_rows(&self) -> bool {
        true
    }

    fn fit(
        &self,
        _block: &Block,
        _outcome: &Outcome,
        _settings: &Settings,
        _stream: &Stream,
        _watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(AsItIs))
    }

    fn thaw(&self, _frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(AsItIs))
    }
}

impl FittedStep for AsItIs {
    fn apply(&self, block: &Block) -> Result<Block, FitError> {
        Ok(block.clone())
    }

    fn freeze(&self) -> Json {
        Json::Null
    }
}
