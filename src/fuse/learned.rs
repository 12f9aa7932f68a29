//! One learner on the joined blocks: preparation, choice, tuning, the final fit.

use std::collections::HashMap;

use ndarray::{Array2, ArrayView2};
use serde_json::{Value as Json, json};

use crate::card::{EndpointKind, Settings, Value};
use crate::learn::recipe::{Candidate, Design};
use crate::learn::seam::{FitError, Learner, Model, Task};
use crate::stats::{Outcome, Prediction, SurvivalCurves};

use super::null::NullModel;
use super::prepare::{FittedPipeline, Prepared, broken, read};
use super::search::{self, Tried};
use super::standardised::Scale;
use super::work::{Cohort, FuseError, Work};

/// A learner fitted on the prepared and joined blocks.
pub struct Learned {
    pipelines: Vec<FittedPipeline>,
    /// `None` where the preparation left no feature: then the model is the one without features.
    learner: Option<&'static dyn Learner>,
    settings: Vec<(String, Value)>,
    names: Vec<String>,
    model: Box<dyn Model>,
    /// Where the design chose among learners that rank: the unit in which the model tells its risk.
    scale: Option<Scale>,
    tried: Vec<Tried>,
    seconds: Vec<f64>,
}

/// Joined blocks over the rows that have all of them.
pub(super) struct Matrix {
    pub names: Vec<String>,
    pub x: Array2<f64>,
    /// Positions among the rows asked for.
    pub positions: Vec<usize>,
}

/// Joins prepared blocks side by side on the rows that all of them have. A column name that
/// several blocks share is written `block.column`.
fn join(blocks: Vec<(&str, Prepared)>) -> Result<Matrix, FuseError> {
    let mut count: HashMap<usize, usize> = HashMap::new();
    for (_, prepared) in &blocks {
        for position in &prepared.positions {
            *count.entry(*position).or_default() += 1;
        }
    }
    let total = blocks.len();
    let mut positions: Vec<usize> =
        count.into_iter().filter(|(_, count)| *count == total).map(|(position, _)| position).collect();
    positions.sort_unstable();
    let mut owners: HashMap<String, usize> = HashMap::new();
    for (_, prepared) in &blocks {
        for column in prepared.block.columns() {
            *owners.entry(column.name.clone()).or_default() += 1;
        }
    }
    let mut joined = crate::learn::Block::new(positions.len(), Vec::new());
    for (name, prepared) in blocks {
        let own: Vec<usize> =
            positions.iter().filter_map(|position| prepared.positions.binary_search(position).ok()).collect();
        let mut columns = prepared.block.select(&own).into_columns();
        for column in &mut columns {
            if owners.get(&column.name).is_some_and(|owners| *owners > 1) {
                column.name = format!("{name}.{}", column.name);
            }
        }
        joined = joined.join(crate::learn::Block::new(positions.len(), columns));
    }
    let x = joined.matrix().map_err(FuseError::at("preparation"))?;
    Ok(Matrix { names: joined.names(), x, positions })
}

/// Fits the preparation of every block on `rows` and joins the prepared training rows.
pub(super) fn prepare(
    design: &Design,
    blocks: &[String],
    cohort: &Cohort<'_>,
    rows: &[usize],
    work: &Work<'_>,
) -> Result<(Vec<FittedPipeline>, Matrix), FuseError> {
    if blocks.is_empty() {
        return Err(FuseError::Design { reason: "a learner wants at least one block of features".to_owned() });
    }
    let mut pipelines = Vec::with_capacity(blocks.len());
    let mut prepared = Vec::with_capacity(blocks.len());
    for name in blocks {
        let plan = design.prepare.get(name).map_or(&[][..], Vec::as_slice);
        let work = work.named("prepare").named(name);
        let (pipeline, block) = FittedPipeline::fit(name, plan, cohort.block(name)?, cohort.outcome, rows, &work)?;
        pipelines.push(pipeline);
        prepared.push((name.as_str(), block));
    }
    let matrix = join(prepared)?;
    if matrix.positions.is_empty() {
        return Err(FuseError::NoRows { reason: format!("no training row has all of {}", blocks.join(", ")) });
    }
    Ok((pipelines, matrix))
}

/// Applies fitted preparations and joins the blocks.
pub(super) fn apply(
    pipelines: &[FittedPipeline],
    blocks: &std::collections::BTreeMap<String, crate::learn::Block>,
    rows: &[usize],
) -> Result<Matrix, FuseError> {
    let prepared = pipelines
        .iter()
        .map(|pipeline| {
            let name = pipeline.block();
            let block = blocks.get(name).ok_or_else(|| FuseError::NoBlock { block: name.to_owned() })?;
            Ok((name, pipeline.apply(block, rows)?))
        })
        .collect::<Result<Vec<_>, FuseError>>()?;
    join(prepared)
}

/// Refuses missing values that the learner does not take.
pub(super) fn admit(learner: &dyn Learner, names: &[String], x: ArrayView2<'_, f64>) -> Result<(), FitError> {
    if learner.takes_missing() {
        return Ok(());
    }
    for (name, column) in names.iter().zip(x.columns()) {
        if column.iter().any(|value| value.is_nan()) {
            return Err(FitError::Missing { learner: learner.card().name, column: name.clone() });
        }
    }
    Ok(())
}

/// Fits one learner on a matrix; without a column it is the model without features.
pub(super) fn fit_model(
    learner: &dyn Learner,
    settings: &Settings,
    names: &[String],
    x: ArrayView2<'_, f64>,
    outcome: &Outcome,
    work: &Work<'_>,
) -> Result<Box<dyn Model>, FitError> {
    if x.ncols() == 0 {
        return Ok(Box::new(NullModel::fit(outcome)));
    }
    admit(learner, names, x.view())?;
    let stream = work.stream.named(learner.card().name);
    learner.fit(&Task { x: x.reborrow(), names, outcome, weights: None }, settings, &stream, work.watch)
}

fn scaled(model: Box<dyn Model>, scale: Option<Scale>) -> Box<dyn Model> {
    match scale {
        Some(scale) => scale.apply(model),
        None => model,
    }
}

impl Learned {
    pub(super) fn fit(
        design: &Design,
        blocks: &[String],
        candidates: &[Candidate],
        cohort: &Cohort<'_>,
        rows: &[usize],
        work: &Work<'_>,
    ) -> Result<(Self, Vec<usize>), FuseError> {
        let kind = cohort.outcome.kind();
        for candidate in candidates {
            let card = candidate.learner.card();
            if !card.serves(kind) {
                return Err(FuseError::at(card.name)(FitError::WrongEndpoint { learner: card.name, kind }));
            }
        }
        let winner = search::winner(design, blocks, candidates, cohort, rows, work)?;
        let (pipelines, matrix) = prepare(design, blocks, cohort, rows, &work.named("fit"))?;
        let training: Vec<usize> = matrix.positions.iter().map(|position| rows[*position]).collect();
        let outcome = cohort.outcome.select(&training);
        let name = winner.learner.card().name;
        let model =
            fit_model(winner.learner, &winner.settings, &matrix.names, matrix.x.view(), &outcome, &work.named("fit"))
                .map_err(FuseError::at(name))?;
        let scale = if candidates.len() > 1 {
            Scale::of(&model.predict(matrix.x.view()).map_err(FuseError::at(name))?)
        } else {
            None
        };
        let learned = Learned {
            pipelines,
            learner: (matrix.x.ncols() > 0).then_some(winner.learner),
            settings: winner.settings.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            names: matrix.names,
            model: scaled(model, scale),
            scale,
            tried: winner.tried,
            seconds: winner.seconds,
        };
        Ok((learned, training))
    }

    /// The fitted preparations, in the order of the blocks.
    pub fn pipelines(&self) -> &[FittedPipeline] {
        &self.pipelines
    }

    /// Names of the blocks.
    pub fn blocks(&self) -> Vec<&str> {
        self.pipelines.iter().map(FittedPipeline::block).collect()
    }

    /// The learner that was chosen; `None` where the preparation left no feature, so that
    /// everybody is predicted the same.
    pub fn learner(&self) -> Option<&'static dyn Learner> {
        self.learner
    }

    /// Its settings, tuned and default.
    pub fn settings(&self) -> &[(String, Value)] {
        &self.settings
    }

    /// Features that reach the model, in the order of its columns.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    pub fn model(&self) -> &dyn Model {
        self.model.as_ref()
    }

    /// The table of candidates; empty where there was nothing to choose.
    pub fn tried(&self) -> &[Tried] {
        &self.tried
    }

    /// Seconds spent on each candidate of [`Learned::tried`], summed over the folds; zeros where the
    /// watch has no clock. They never enter a result.
    pub fn seconds(&self) -> &[f64] {
        &self.seconds
    }

    /// The prepared features of `rows`: names, matrix, and the positions among `rows` that have
    /// every block. This is what the explainer perturbs.
    ///
    /// # Errors
    /// [`FuseError::NoBlock`] or a failed step.
    pub fn features(
        &self,
        blocks: &std::collections::BTreeMap<String, crate::learn::Block>,
        rows: &[usize],
    ) -> Result<(Array2<f64>, Vec<usize>), FuseError> {
        let matrix = apply(&self.pipelines, blocks, rows)?;
        if matrix.names != self.names {
            return Err(FuseError::at("prediction")(FitError::Shape {
                expected: self.names.len(),
                given: matrix.names.len(),
            }));
        }
        if let Some(learner) = self.learner {
            admit(learner, &matrix.names, matrix.x.view()).map_err(FuseError::at("prediction"))?;
        }
        Ok((matrix.x, matrix.positions))
    }

    pub(super) fn predict(
        &self,
        blocks: &std::collections::BTreeMap<String, crate::learn::Block>,
        rows: &[usize],
    ) -> Result<(Vec<usize>, Prediction), FuseError> {
        let (x, positions) = self.features(blocks, rows)?;
        let prediction = self.model.predict(x.view()).map_err(FuseError::at("prediction"))?;
        Ok((positions, prediction))
    }

    pub(super) fn curves(
        &self,
        blocks: &std::collections::BTreeMap<String, crate::learn::Block>,
        rows: &[usize],
        times: &[f64],
    ) -> Result<Option<(Vec<usize>, SurvivalCurves)>, FuseError> {
        let (x, positions) = self.features(blocks, rows)?;
        let curves = self.model.curves(x.view(), times).map_err(FuseError::at("prediction"))?;
        Ok(curves.map(|curves| (positions, curves)))
    }

    pub(super) fn freeze(&self) -> Json {
        json!({
            "pipelines": self.pipelines.iter().map(FittedPipeline::freeze).collect::<Vec<_>>(),
            "learner": self.learner.map(|learner| learner.card().name),
            "settings": self.settings,
            "names": self.names,
            "model": self.model.freeze(),
            "scale": self.scale,
            "tried": self.tried,
        })
    }

    pub(super) fn thaw(frozen: &Json, kind: EndpointKind) -> Result<Self, FuseError> {
        let pipelines = frozen["pipelines"].as_array().ok_or_else(|| broken("pipelines"))?;
        let pipelines = pipelines.iter().map(FittedPipeline::thaw).collect::<Result<_, _>>()?;
        let name: Option<String> = read(frozen, "learner")?;
        let (learner, model): (_, Box<dyn Model>) = match name {
            None => (None, Box::new(read::<NullModel>(frozen, "model")?)),
            Some(name) => {
                let learner = super::learner(&name, kind).ok_or_else(|| broken(&format!("learner `{name}`")))?;
                (Some(learner), learner.thaw(&frozen["model"]).map_err(FuseError::at(name))?)
            }
        };
        let tried: Vec<Tried> = read(frozen, "tried")?;
        let scale: Option<Scale> = read(frozen, "scale")?;
        Ok(Learned {
            pipelines,
            learner,
            settings: read(frozen, "settings")?,
            names: read(frozen, "names")?,
            model: scaled(model, scale),
            scale,
            seconds: vec![0.0; tried.len()],
            tried,
        })
    }
}
