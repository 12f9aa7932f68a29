//! What a model is before it is fitted: blocks with their preparation, learners with their
//! grids, how to choose among them, how to fuse. A recipe is plain data; the checker makes one
//! from the study, and fitting one needs only blocks, an outcome and rows.

use std::collections::BTreeMap;

use crate::card::{Settings, Value};

use super::seam::{Learner, Step};

/// One step of a preparation with its settings.
#[derive(Clone)]
pub struct StepPlan {
    pub step: &'static dyn Step,
    pub settings: Settings,
}

/// Columns that steps use up: the centre of a harmonisation, which is no feature.
pub fn used_up(steps: &[StepPlan]) -> Vec<&str> {
    steps.iter().filter_map(|plan| plan.step.uses_up(&plan.settings)).collect()
}

/// A learner with a grid: each setting has one value or several to try.
#[derive(Clone)]
pub struct Candidate {
    pub learner: &'static dyn Learner,
    /// Settings with one value, checked and completed.
    pub settings: Settings,
    /// Settings with several values, in the order of the study; each value is in its domain.
    pub grid: Vec<(&'static str, Vec<Value>)>,
}

/// How rows are dealt into folds.
#[derive(Clone, Debug, PartialEq)]
pub enum Resampling {
    /// K folds, stratified by outcome, whole groups together, `repeats` times.
    Folds { folds: usize, repeats: usize },
    /// One fold for each level of a column (`over leave-out centre`).
    LeaveOut { column: String },
    /// Bootstrap resamples, for optimism correction.
    Bootstraps { resamples: usize },
}

/// A search for the best by a metric over resamples of the training rows.
#[derive(Clone, Debug, PartialEq)]
pub struct Search {
    /// Name of the metric's card, checked against the endpoint.
    pub metric: String,
    pub over: Resampling,
    /// `None` tries the whole grid; otherwise so many points drawn at random.
    pub draws: Option<usize>,
    /// Take the simplest candidate within one standard error of the best.
    pub one_standard_error: bool,
}

/// The algebra of models.
#[derive(Clone)]
pub enum Recipe {
    /// Blocks prepared, joined, and learned from by the best of the candidates.
    /// `early rsf(clinical, arterial)` has two blocks; `rsf(clinical)` has one.
    Learn { blocks: Vec<String>, candidates: Vec<Candidate> },
    /// Models fitted apart and combined on their out-of-fold predictions.
    Late { rule: String, settings: Settings, parts: Vec<Part> },
}

/// A part of a late fusion, by the name under which it is reported: `PRIME_R.clinical`.
#[derive(Clone)]
pub struct Part {
    pub name: String,
    pub recipe: Recipe,
}

/// A recipe together with all that its fit needs to know, the data apart.
#[derive(Clone)]
pub struct Design {
    pub recipe: Recipe,
    /// Preparation of each block, by block name; a block without an entry is taken as it is.
    pub prepare: BTreeMap<String, Vec<StepPlan>>,
    /// Chooses between learners; `None` where there is one candidate.
    pub choose: Option<Search>,
    /// Chooses between the grid points of a learner; `None` where there is no grid.
    pub tune: Option<Search>,
    /// Folds of the out-of-fold predictions: what a combiner learns from and what performance on
    /// the training part is estimated from.
    pub cross_fit: Resampling,
}

impl Design {
    /// Columns that steps of a block use up.
    pub fn used_up(&self, block: &str) -> Vec<&str> {
        self.prepare.get(block).map_or_else(Vec::new, |steps| used_up(steps))
    }
}
