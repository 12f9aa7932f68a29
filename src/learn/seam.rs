//! The traits that every learner and every preparation step implements.

use ndarray::ArrayView2;
use serde_json::Value as Json;

use crate::card::{Card, Settings};
use crate::progress::{Cancelled, Watch};
use crate::random::Stream;
use crate::stats::{Outcome, Prediction, SurvivalCurves};

use super::block::Block;

/// Why a fit or a prediction failed; the caller knows which declaration and fold it was.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum FitError {
    #[error("stopped")]
    Cancelled(#[from] Cancelled),
    #[error("`{learner}` cannot be fitted: {reason}")]
    NotEstimable { learner: &'static str, reason: String },
    #[error("`{learner}` does not serve a {kind} endpoint")]
    WrongEndpoint { learner: &'static str, kind: crate::card::EndpointKind },
    #[error("column `{column}` has missing values and `{learner}` does not take them")]
    Missing { learner: &'static str, column: String },
    #[error("column `{column}` holds levels, not numbers; code it by `one_hot` or `ordinal` first")]
    Levels { column: String },
    #[error("the model was fitted on {expected} columns and was given {given}")]
    Shape { expected: usize, given: usize },
    #[error("column `{column}` of the fitted model is not in the data")]
    NoColumn { column: String },
    #[error("no feature is left after {step}")]
    NothingLeft { step: String },
    #[error("the frozen model cannot be read: {reason}")]
    Frozen { reason: String },
}

/// What a learner learns from: training rows only, by construction.
#[derive(Clone, Copy, Debug)]
pub struct Task<'a> {
    /// Rows by features; NaN is a missing value.
    pub x: ArrayView2<'a, f64>,
    /// One a column.
    pub names: &'a [String],
    pub outcome: &'a Outcome,
    /// Case weights, one a row; `None` is 1 each.
    pub weights: Option<&'a [f64]>,
}

/// Settings that another one makes void, such as the folds of a lambda that is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unread {
    pub settings: &'static [&'static str],
    /// What makes them void: `lambda is given`.
    pub because: &'static str,
}

impl Unread {
    /// Every setting is read.
    pub const NONE: Unread = Unread { settings: &[], because: "" };
}

/// A prediction rule that can be learned. One file each; stateless.
pub trait Learner: Send + Sync {
    fn card(&self) -> &'static Card;

    /// Whether missing values (NaN) may reach it.
    fn takes_missing(&self) -> bool {
        false
    }

    /// The grid that `tune` walks where the study gives none, but for the settings that it fixes:
    /// settings with the values to try, the simplest model first; empty where there is nothing to tune.
    fn grid(&self) -> Vec<(&'static str, Vec<crate::card::Value>)> {
        super::grids::of(self.card())
    }

    /// The settings that are not read at these settings, of which `written` were given by the study.
    fn unread(&self, settings: &Settings, written: &[&str]) -> Unread {
        let _ = (settings, written);
        Unread::NONE
    }

    /// # Errors
    /// [`FitError::NotEstimable`] with a reason for degenerate input (one class, no event, no
    /// feature); never a model of NaN.
    fn fit(
        &self,
        task: &Task<'_>,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError>;

    /// The model that [`Model::freeze`] wrote.
    ///
    /// # Errors
    /// [`FitError::Frozen`] if it did not.
    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError>;
}

/// A fitted prediction rule.
pub trait Model: Send + Sync {
    /// # Errors
    /// [`FitError::Shape`] if the columns are not those of the fit.
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError>;

    /// Survival curves at ascending `times`; `None` where the model has only a ranking.
    ///
    /// # Errors
    /// As [`Model::predict`].
    fn curves(&self, x: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        let _ = (x, times);
        Ok(None)
    }

    /// One number a feature, in the sense that the learner's documentation states (signed
    /// coefficients, or impurity decrease); `None` where the learner has none.
    fn importance(&self) -> Option<Vec<f64>> {
        None
    }

    /// The fitted model as JSON, enough to predict exactly the same.
    fn freeze(&self) -> Json;

    /// For the explainer: the concrete model, so that trees and linear models are explained
    /// exactly.
    fn as_any(&self) -> &dyn std::any::Any;
}

/// A preparation step of a block. One file each; stateless.
pub trait Step: Send + Sync {
    fn card(&self) -> &'static Card;

    /// Whether it looks at the outcome, as a selector does.
    fn sees_outcome(&self) -> bool {
        false
    }

    /// Whether applying it writes into a column what it reads in others, as imputation by neighbours
    /// does; other steps treat each column by itself.
    fn mixes_columns(&self) -> bool {
        false
    }

    /// Whether no value is missing after it (an imputation).
    fn fills_missing(&self) -> bool {
        false
    }

    /// Whether rows with a missing value are left out at this point, as complete cases are.
    fn drops_incomplete_rows(&self) -> bool {
        false
    }

    /// The column that it uses up: a centre that is harmonised away. No other step sees it, and it is
    /// no feature; where the block has it not, it is taken from the table of the patients.
    fn uses_up<'a>(&self, settings: &'a Settings) -> Option<&'a str> {
        let _ = settings;
        None
    }

    /// As [`Learner::unread`].
    fn unread(&self, settings: &Settings, written: &[&str]) -> Unread {
        let _ = (settings, written);
        Unread::NONE
    }

    /// Fits on training rows. `outcome` is that of the same rows.
    ///
    /// # Errors
    /// As [`Learner::fit`]; [`FitError::NothingLeft`] if no column survives.
    fn fit(
        &self,
        block: &Block,
        outcome: &Outcome,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError>;

    /// The fitted step that [`FittedStep::freeze`] wrote.
    ///
    /// # Errors
    /// [`FitError::Frozen`] if it did not.
    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError>;
}

/// A step fitted on training rows.
pub trait FittedStep: Send + Sync {
    /// Applies what was learned to any rows; columns are found by name.
    ///
    /// # Errors
    /// [`FitError::NoColumn`] if one that the fit used is absent.
    fn apply(&self, block: &Block) -> Result<Block, FitError>;

    /// What a selection judged columns by: the name of the number (`p`, `coefficient`), and the
    /// number of each column, kept or not.
    fn scores(&self) -> Option<(&str, &[(String, f64)])> {
        None
    }

    /// How the strength of its penalty was found, where a penalised regression selected.
    fn tuned(&self) -> Option<&super::glmnet::Tuned> {
        None
    }

    fn freeze(&self) -> Json;
}
