//! The preparation of a block: its steps, fitted one after the other on training rows.

use std::borrow::Cow;

use serde_json::{Value as Json, json};

use crate::learn::block::{Block, Values};
use crate::learn::recipe::{StepPlan, used_up};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::stats::Outcome;

use super::work::{FuseError, Work};

/// What one step did to the training rows.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TraceStep {
    pub block: String,
    pub step: String,
    /// Columns before and after.
    pub before: usize,
    pub after: usize,
    /// Training rows after it.
    pub rows: usize,
    /// Names of the columns after it, where the step changed them.
    pub kept: Option<Vec<String>>,
    /// What a selection judged by, and the number of each column.
    pub criterion: Option<String>,
    pub scores: Vec<(String, f64)>,
}

struct Fitted {
    step: &'static dyn Step,
    fitted: Box<dyn FittedStep>,
    /// The column that this step alone sees.
    uses_up: Option<String>,
}

/// A preparation fitted on training rows.
pub struct FittedPipeline {
    block: String,
    /// The columns of the block, by which its absence in a row is seen.
    columns: Vec<String>,
    steps: Vec<Fitted>,
    /// The step after which no column was left, if that happened.
    nothing_left: Option<String>,
    trace: Vec<TraceStep>,
}

/// A prepared block over some of the rows asked for.
pub(super) struct Prepared {
    pub block: Block,
    /// Positions among the rows asked for, ascending.
    pub positions: Vec<usize>,
}

impl Prepared {
    fn retain(&mut self, keep: &[bool]) {
        if keep.iter().all(|keep| *keep) {
            return;
        }
        let chosen: Vec<usize> = (0..keep.len()).filter(|index| keep[*index]).collect();
        self.block = self.block.select(&chosen);
        self.positions = chosen.iter().map(|index| self.positions[*index]).collect();
    }

    /// The block as a step is given it: with the column that it uses up, which no other step sees.
    ///
    /// # Errors
    /// A column that `whole`, the block before any step, has not.
    fn given(&self, uses_up: Option<&str>, whole: &Block, rows: &[usize]) -> Result<Cow<'_, Block>, FitError> {
        let Some(column) = uses_up else { return Ok(Cow::Borrowed(&self.block)) };
        let own: Vec<usize> = self.positions.iter().map(|position| rows[*position]).collect();
        let brought = crate::learn::steps::columns::keep(whole, &[column.to_owned()])?;
        Ok(Cow::Owned(self.block.clone().join(brought.select(&own))))
    }
}

/// Some rows of the block without columns that single steps use up: a centre is no feature.
fn features(block: &Block, rows: &[usize], used_up: &[&str]) -> Block {
    let mut columns = block.select(rows).into_columns();
    columns.retain(|column| !used_up.contains(&column.name.as_str()));
    Block::new(rows.len(), columns)
}

/// Which rows have the modality: a value in any column, where the block has two or more.
fn present(block: &Block) -> Vec<bool> {
    if block.columns().len() < 2 {
        return vec![true; block.rows()];
    }
    let mut present = vec![false; block.rows()];
    for column in block.columns() {
        match &column.values {
            Values::Number(values) => {
                present.iter_mut().zip(values).for_each(|(present, value)| *present |= !value.is_nan());
            }
            Values::Level { codes, .. } => {
                present.iter_mut().zip(codes).for_each(|(present, code)| *present |= code.is_some());
            }
        }
    }
    present
}

/// Which rows have every value.
fn complete(block: &Block) -> Vec<bool> {
    let mut complete = vec![true; block.rows()];
    for column in block.columns() {
        match &column.values {
            Values::Number(values) => {
                complete.iter_mut().zip(values).for_each(|(complete, value)| *complete &= !value.is_nan());
            }
            Values::Level { codes, .. } => {
                complete.iter_mut().zip(codes).for_each(|(complete, code)| *complete &= code.is_some());
            }
        }
    }
    complete
}

impl FittedPipeline {
    /// Fits the steps on `rows` and returns them with the prepared training rows. Where a
    /// selection keeps nothing the preparation ends there with no column.
    pub(super) fn fit(
        name: &str,
        plan: &[StepPlan],
        block: &Block,
        outcome: &Outcome,
        rows: &[usize],
        work: &Work<'_>,
    ) -> Result<(Self, Prepared), FuseError> {
        let mut prepared =
            Prepared { block: features(block, rows, &used_up(plan)), positions: (0..rows.len()).collect() };
        let mut pipeline = FittedPipeline {
            block: name.to_owned(),
            columns: block.names(),
            steps: Vec::with_capacity(plan.len()),
            nothing_left: None,
            trace: Vec::with_capacity(plan.len()),
        };
        prepared.retain(&present(&prepared.block));
        for (index, StepPlan { step, settings }) in plan.iter().enumerate() {
            work.watch.check()?;
            let card = step.card();
            if step.drops_incomplete_rows() {
                prepared.retain(&complete(&prepared.block));
            }
            if prepared.positions.is_empty() {
                return Err(FuseError::NoRows { reason: format!("no training row has block `{name}`") });
            }
            let training: Vec<usize> = prepared.positions.iter().map(|position| rows[*position]).collect();
            let stream = work.stream.named(card.name).indexed(index as u64);
            let before = prepared.block.names();
            let place = || format!("{} of {name}", card.name);
            let uses_up = step.uses_up(settings);
            let given = prepared.given(uses_up, block, rows).map_err(FuseError::at(place()))?;
            let fit = step.fit(&given, &outcome.select(&training), settings, &stream, work.watch);
            let fitted = match fit {
                Ok(fitted) => fitted,
                Err(FitError::NothingLeft { .. }) => {
                    pipeline.nothing_left = Some(card.name.to_owned());
                    pipeline.trace.push(TraceStep {
                        block: name.to_owned(),
                        step: card.name.to_owned(),
                        before: before.len(),
                        after: 0,
                        rows: training.len(),
                        kept: Some(Vec::new()),
                        criterion: None,
                        scores: Vec::new(),
                    });
                    prepared.block = Block::new(prepared.block.rows(), Vec::new());
                    return Ok((pipeline, prepared));
                }
                Err(error) => return Err(FuseError::at(place())(error)),
            };
            prepared.block = fitted.apply(&given).map_err(FuseError::at(place()))?;
            let after = prepared.block.names();
            let (criterion, scores) =
                fitted.scores().map_or((None, Vec::new()), |(name, scores)| (Some(name.to_owned()), scores.to_vec()));
            pipeline.trace.push(TraceStep {
                block: name.to_owned(),
                step: card.name.to_owned(),
                before: before.len(),
                after: after.len(),
                rows: training.len(),
                kept: (after != before).then_some(after),
                criterion,
                scores,
            });
            pipeline.steps.push(Fitted { step: *step, fitted, uses_up: uses_up.map(str::to_owned) });
        }
        if prepared.positions.is_empty() {
            return Err(FuseError::NoRows { reason: format!("no training row has block `{name}`") });
        }
        Ok((pipeline, prepared))
    }

    /// Applies the fitted steps to any rows of a table with the same columns.
    pub(super) fn apply(&self, block: &Block, rows: &[usize]) -> Result<Prepared, FuseError> {
        let mut prepared = self.through(self.steps.len(), block, rows)?;
        if self.nothing_left.is_some() {
            prepared.block = Block::new(prepared.block.rows(), Vec::new());
        }
        Ok(prepared)
    }

    /// What the step of that number is given of some rows, and their positions among those.
    ///
    /// # Errors
    /// A step before it that fails on these rows.
    pub fn reaching(&self, step: usize, block: &Block, rows: &[usize]) -> Result<(Block, Vec<usize>), FuseError> {
        let prepared = self.through(step, block, rows)?;
        Ok((prepared.block, prepared.positions))
    }

    /// The first so many steps.
    fn through(&self, steps: usize, block: &Block, rows: &[usize]) -> Result<Prepared, FuseError> {
        let own = crate::learn::steps::columns::keep(block, &self.columns)
            .map_err(FuseError::at(format!("block {}", self.block)))?;
        let used_up: Vec<&str> = self.steps.iter().filter_map(|fitted| fitted.uses_up.as_deref()).collect();
        let mut prepared = Prepared { block: features(&own, rows, &used_up), positions: (0..rows.len()).collect() };
        prepared.retain(&present(&prepared.block));
        for Fitted { step, fitted, uses_up } in self.steps.iter().take(steps) {
            if step.drops_incomplete_rows() {
                prepared.retain(&complete(&prepared.block));
            }
            let place = || format!("{} of {}", step.card().name, self.block);
            let given = prepared.given(uses_up.as_deref(), &own, rows).map_err(FuseError::at(place()))?;
            prepared.block = fitted.apply(&given).map_err(FuseError::at(place()))?;
        }
        Ok(prepared)
    }

    /// The block it prepares.
    pub fn block(&self) -> &str {
        &self.block
    }

    /// What each step did to the training rows.
    pub fn trace(&self) -> &[TraceStep] {
        &self.trace
    }

    /// Whether any step writes into a column what it reads in others.
    pub fn mixes_columns(&self) -> bool {
        self.steps.iter().any(|fitted| fitted.step.mixes_columns())
    }

    /// The fitted steps with the names of their cards, in order.
    pub fn steps(&self) -> impl Iterator<Item = (&'static str, &dyn FittedStep)> {
        self.steps.iter().map(|fitted| (fitted.step.card().name, fitted.fitted.as_ref()))
    }

    pub(super) fn freeze(&self) -> Json {
        let steps: Vec<Json> = self
            .steps
            .iter()
            .map(|Fitted { step, fitted, uses_up }| {
                json!({ "step": step.card().name, "fitted": fitted.freeze(), "uses_up": uses_up })
            })
            .collect();
        json!({
            "block": self.block,
            "columns": self.columns,
            "steps": steps,
            "nothing_left": self.nothing_left,
            "trace": self.trace,
        })
    }

    pub(super) fn thaw(frozen: &Json) -> Result<Self, FuseError> {
        let mut steps = Vec::new();
        for entry in frozen["steps"].as_array().ok_or_else(|| broken("steps"))? {
            let name = entry["step"].as_str().ok_or_else(|| broken("step"))?;
            let step = super::step(name).ok_or_else(|| broken(&format!("step `{name}`")))?;
            let fitted = step.thaw(&entry["fitted"]).map_err(FuseError::at(name))?;
            steps.push(Fitted { step, fitted, uses_up: read(entry, "uses_up")? });
        }
        Ok(FittedPipeline {
            block: read(frozen, "block")?,
            columns: read(frozen, "columns")?,
            steps,
            nothing_left: read(frozen, "nothing_left")?,
            trace: read(frozen, "trace")?,
        })
    }
}

/// A field of a frozen thing.
pub(super) fn read<T: serde::de::DeserializeOwned>(frozen: &Json, field: &str) -> Result<T, FuseError> {
    T::deserialize(&frozen[field]).map_err(|error| FuseError::Frozen { reason: format!("{field}: {error}") })
}

pub(super) fn broken(what: &str) -> FuseError {
    FuseError::Frozen { reason: format!("{what} is absent or unknown") }
}
