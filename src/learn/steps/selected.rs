//! What a selection learns: which columns stay, and the number that each was judged by.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::learn::block::Block;
use crate::learn::glmnet::Tuned;
use crate::learn::seam::{FitError, FittedStep};

use super::columns::{freeze, keep};

/// Columns that stay, in their order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Selected {
    kept: Vec<String>,
    /// What the numbers are: `variance`, `p`, `coefficient`.
    criterion: String,
    /// The number of each column that was judged, kept or not.
    scores: Vec<(String, f64)>,
    /// How the strength of the penalty was found, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    tuned: Option<Tuned>,
}

impl Selected {
    /// # Errors
    /// [`FitError::NothingLeft`] if no column stays.
    pub fn new(step: &str, criterion: &str, kept: Vec<String>, scores: Vec<(String, f64)>) -> Result<Self, FitError> {
        if kept.is_empty() {
            return Err(FitError::NothingLeft { step: step.to_owned() });
        }
        // JSON has no infinity; a number beyond all bounds is told as the largest one.
        let scores = scores.into_iter().filter(|(_, score)| !score.is_nan());
        let scores = scores.map(|(name, score)| (name, score.clamp(f64::MIN, f64::MAX))).collect();
        Ok(Selected { kept, criterion: criterion.to_owned(), scores, tuned: None })
    }

    #[must_use]
    pub fn with_tuned(self, tuned: Tuned) -> Self {
        Selected { tuned: Some(tuned), ..self }
    }

    pub fn kept(&self) -> &[String] {
        &self.kept
    }
}

impl FittedStep for Selected {
    fn apply(&self, block: &Block) -> Result<Block, FitError> {
        keep(block, &self.kept)
    }

    fn tuned(&self) -> Option<&Tuned> {
        self.tuned.as_ref()
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn scores(&self) -> Option<(&str, &[(String, f64)])> {
        Some((&self.criterion, &self.scores))
    }
}
