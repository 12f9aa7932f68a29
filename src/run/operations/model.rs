//! `model PRIME_R for response`: fitted on its rows, and cross-fitted on them with everything
//! nested, so that what is told of the training rows is out of fold.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::card::{Card, Settings, Value};
use crate::fuse::{self, Cohort, CrossFit, FittedDesign, Work};
use crate::learn::recipe::{Design, Recipe, Resampling};
use crate::learn::{Block, Values};
use crate::plan::NodeId;
use crate::plan::node::{Model, Operation};
use crate::run::fault::Fault;
use crate::run::key::leave_out_columns;
use crate::run::results::{Answer, Cell, ResultTable};
use crate::run::step::{Done, Made, Step};
use crate::run::world::{EndpointValue, World, word};
use crate::stats::Outcome;
use crate::stats::bootstrap::Units;

/// Below this many events for each candidate predictor the reader is told.
const EVENTS_PER_PARAMETER: f64 = 10.0;
/// Below this many events in a fold the reader is told.
const EVENTS_PER_FOLD: usize = 5;

/// What a model is learned from: blocks, endpoint and columns over the rows of one table.
pub struct Data {
    pub table: NodeId,
    pub blocks: BTreeMap<String, Block>,
    pub endpoint: Arc<EndpointValue>,
    pub groups: Option<Vec<u32>>,
    pub columns: BTreeMap<String, Vec<Option<String>>>,
}

/// The table of candidates; its first columns name one.
pub const CANDIDATES: &str = "candidates";

/// The name of a candidate, of its row: `PRIME_R.clinical, tune, gtbr, depth = 3`.
pub fn candidate(row: &[Cell]) -> String {
    let words: Vec<String> = row.iter().take(4).map(Cell::shown).collect();
    words.join(", ")
}

/// A fitted model.
pub struct ModelValue {
    /// `PRIME_R`.
    pub name: String,
    pub design: Design,
    pub data: Data,
    /// Rows it was asked to be fitted on whose endpoint is known.
    pub rows: Vec<usize>,
    /// Rows whose endpoint is not known.
    pub unknown: usize,
    pub fitted: FittedDesign,
    /// `None` where the design resamples in a way that predicts nobody out of fold.
    pub cross: Option<CrossFit>,
}

impl Data {
    /// # Errors
    /// A block or endpoint that shares no patient with the table.
    pub fn gather(world: &World<'_>, model: &Model, table: NodeId, extra: &[String]) -> Result<Self, Fault> {
        let mut blocks = BTreeMap::new();
        for (name, id) in &model.blocks {
            blocks.insert(name.clone(), world.block_of(model, name, *id, table)?);
        }
        let mut columns = BTreeMap::new();
        for column in leave_out_columns(&model.design).iter().chain(extra) {
            let cells = world.table(table)?.table.column(column)?;
            columns.insert(column.clone(), (0..cells.len()).map(|row| cells.text(row)).collect());
        }
        Ok(Data {
            table,
            blocks,
            endpoint: world.endpoint_on(model.endpoint, table)?,
            groups: world.groups(table)?,
            columns,
        })
    }

    /// The patient of each of these rows, where some have several.
    pub fn patients(&self, rows: &[usize]) -> Option<Vec<u32>> {
        let groups = self.groups.as_ref()?;
        repeated(rows.iter().map(|row| groups[*row]).collect())
    }

    pub fn cohort(&self) -> Cohort<'_> {
        Cohort {
            blocks: &self.blocks,
            outcome: &self.endpoint.outcome,
            groups: self.groups.as_deref(),
            columns: &self.columns,
        }
    }
}

/// The patients of rows, unless each has one row.
pub fn repeated(patients: Vec<u32>) -> Option<Vec<u32>> {
    (Units::of(&patients).count() < patients.len()).then_some(patients)
}

/// # Errors
/// One class, no event, or whatever keeps the design from being fitted.
pub fn run(step: &Step<'_>, spec: &Model) -> Result<Done, Fault> {
    let world = step.world;
    let set = world.rows(&spec.rows)?;
    let data = Data::gather(world, spec, set.table, &[])?;
    let rows: Vec<usize> = set.rows.iter().copied().filter(|row| data.endpoint.known[*row]).collect();
    let unknown = set.rows.len() - rows.len();
    check(step, spec, &data, &rows, &set.label)?;

    let clock = step.memo();
    let work = Work::new(step.stream, step.watch).with_memo(&clock).with_folds(step.folds());
    let kept = step.recall("fitted").and_then(|frozen| FittedDesign::thaw(&frozen).ok());
    let fitted = match kept {
        Some(fitted) => fitted,
        None => {
            let fitted = fuse::fit(&spec.design, &data.cohort(), &rows, &work.named("fit"))?;
            step.remember("fitted", &fitted.freeze());
            fitted
        }
    };
    let cross = match &spec.design.cross_fit {
        Resampling::Bootstraps { .. } => None,
        over => Some(fuse::cross_fit(&spec.design, over, &data.cohort(), &rows, &work)?),
    };
    let name = word(step.node).to_owned();
    let value = ModelValue { name, design: spec.design.clone(), data, rows, unknown, fitted, cross };
    let answer = answer(&value, &set.label, &phases(step, spec));
    tell_times(step, &value, &answer);
    Ok(Done { answer, made: Made::Model(Arc::new(value)) })
}

/// Tells the watch what each candidate took; a model from the store was not searched for again.
fn tell_times(step: &Step<'_>, model: &ModelValue, answer: &Answer) {
    let parts = model.fitted.parts();
    let designs = std::iter::once(&model.fitted).chain(parts.iter().map(|(_, design)| *design));
    let seconds: Vec<f64> =
        designs.filter_map(FittedDesign::learned).flat_map(|learned| learned.seconds().to_vec()).collect();
    let Some(table) = answer.tables.iter().find(|table| table.name == CANDIDATES) else { return };
    for (row, seconds) in table.rows.iter().zip(seconds).filter(|(_, seconds)| *seconds > 0.0) {
        step.watch.took(&step.node.name, &candidate(row), seconds);
    }
}

/// What the data says that the study could not know.
fn check(step: &Step<'_>, spec: &Model, data: &Data, rows: &[usize], label: &str) -> Result<(), Fault> {
    let outcome = data.endpoint.outcome.select(rows);
    let name = &data.endpoint.name;
    if rows.is_empty() {
        return Err(Fault::data("data::empty-cohort", format!("`{name}` is known of nobody in `{label}`")));
    }
    let (events, scarce) = match &outcome {
        Outcome::Binary(values) => {
            let events = values.iter().filter(|event| **event).count();
            if events == 0 || events == values.len() {
                let all = if events == 0 { "nobody" } else { "everybody" };
                return Err(Fault::data(
                    "data::one-class",
                    format!("{all} of the {} patients in `{label}` has `{name}`", values.len()),
                ));
            }
            (events, events.min(values.len() - events))
        }
        Outcome::Survival(censored) => {
            let events = censored.events();
            if events == 0 {
                return Err(Fault::data(
                    "data::no-events",
                    format!("none of the {} patients in `{label}` has the event `{name}`", censored.len()),
                ));
            }
            (events, events)
        }
        Outcome::Continuous(_) => return Ok(()),
        Outcome::Nominal(classes) => {
            let counts = classes.counts();
            if let Some(none) = counts.iter().position(|count| *count == 0) {
                return Err(Fault::data(
                    "data::one-class",
                    format!(
                        "nobody of the {} patients in `{label}` is of class `{}`",
                        classes.len(),
                        classes.levels[none]
                    ),
                )
                .helped("leave that class out by a cohort, or fit on rows that have it"));
            }
            // The smallest class is what the data are short of.
            let scarce = counts.iter().copied().min().unwrap_or(0);
            (scarce, scarce)
        }
    };
    let mut told = Vec::new();
    for (block, _) in &spec.blocks {
        let used_up = spec.design.used_up(block);
        let parameters: usize = data.blocks.get(block).map_or(0, |block| {
            block
                .columns()
                .iter()
                .filter(|column| !used_up.contains(&column.name.as_str()))
                .map(|column| match &column.values {
                    Values::Number(_) => 1,
                    Values::Level { levels, .. } => levels.len().saturating_sub(1).max(1),
                })
                .sum()
        });
        if parameters > 0 && (scarce as f64) < EVENTS_PER_PARAMETER * parameters as f64 {
            let each = scarce as f64 / parameters as f64;
            let digits = if each < 0.95 { 2 } else { 1 };
            told.push(format!("`{block}` has {parameters} candidate predictors, {each:.digits$} events each"));
        }
    }
    if !told.is_empty() {
        let (counted, among) = match &outcome {
            Outcome::Nominal(_) => ("patients of the smallest class", ""),
            _ => ("events", " patients"),
        };
        let of = format!("{events} {counted} of `{name}` among {}{among} in `{label}`", rows.len());
        step.notice("data::few-events", format!("{of}: {}", told.join("; ")));
    }
    if let Resampling::Folds { folds, .. } = spec.design.cross_fit
        && scarce / folds.max(1) < EVENTS_PER_FOLD
    {
        step.notice(
            "data::few-events-per-fold",
            format!("{scarce} events (or non-events, if fewer) over {folds} folds: {} in some", scarce / folds.max(1)),
        );
    }
    Ok(())
}

/// The phases of each block that was measured in several.
fn phases(step: &Step<'_>, spec: &Model) -> BTreeMap<String, Vec<String>> {
    let of = |id: &NodeId| match &step.plan().node(*id).operation {
        Operation::Extraction(extraction) if extraction.phases.len() > 1 => Some(extraction.phases.clone()),
        _ => None,
    };
    spec.blocks.iter().filter_map(|(name, id)| of(id).map(|phases| (name.clone(), phases))).collect()
}

/// How many features there are of each phase: `arterial 470, venous 487`.
fn by_phase(features: &[String], phases: &[String]) -> String {
    let count = |phase: &String| {
        let prefix = format!("{phase}_");
        features.iter().filter(|feature| feature.starts_with(&prefix)).count()
    };
    phases.iter().map(|phase| format!("{phase} {}", count(phase))).collect::<Vec<_>>().join(", ")
}

/// How an over-all resampling is said.
pub fn told(over: &Resampling) -> String {
    match over {
        Resampling::Folds { folds, repeats: 1 } => format!("{folds}-fold cross-fitting"),
        Resampling::Folds { folds, repeats } => format!("{folds}-fold cross-fitting, {repeats} repeats"),
        Resampling::LeaveOut { column } => format!("leave-one-{column}-out"),
        Resampling::Bootstraps { resamples } => format!("{resamples} bootstrap resamples"),
    }
}

fn answer(model: &ModelValue, label: &str, phases: &BTreeMap<String, Vec<String>>) -> Answer {
    let mut designs: Vec<(String, &FittedDesign)> = vec![(model.name.clone(), &model.fitted)];
    designs.extend(model.fitted.parts().into_iter().map(|(part, design)| (format!("{}.{part}", model.name), design)));

    let mut fit = ResultTable::new(
        "fit",
        format!("Fit of {} on {label}", model.name),
        ["model", "how", "features", "patients", "events", "left out"],
    );
    for (name, design) in &designs {
        let (how, features) = match (design.learned(), design.fused()) {
            (Some(learned), _) => {
                let learner = learned.learner().map_or("none: no feature was left", |learner| learner.card().title);
                (format!("{learner}{}", shown_settings(&read(learned))), Cell::count(learned.names().len()))
            }
            (None, Some(fused)) => (fused.rule().card().title.to_owned(), Cell::count(fused.parts().len())),
            (None, None) => (String::new(), Cell::Empty),
        };
        let left_out = design.left_out() + model.unknown;
        fit.push([
            Cell::text(name.as_str()),
            Cell::text(how),
            features,
            Cell::count(design.rows()),
            Cell::events(design.events()),
            Cell::count(left_out),
        ]);
    }
    if model.unknown > 0 {
        fit.notes.push(format!(
            "`{}` is not known of {} patient{}, left out of the fit",
            model.data.endpoint.name,
            model.unknown,
            if model.unknown == 1 { "" } else { "s" }
        ));
    }
    if let Some(cross) = &model.cross {
        fit.notes.push(format!(
            "out-of-fold predictions by {} ({} fits), with preparation, choice, tuning and fusion inside each fold",
            told(&model.design.cross_fit),
            cross.folds.len()
        ));
    }
    let mut tables = vec![fit];

    let mut preparation = ResultTable::new(
        "preparation",
        "Preparation",
        ["model", "block", "step", "features before", "features after", "patients"],
    );
    if !phases.is_empty() {
        preparation.columns.push("after, by phase".to_owned());
    }
    for (part, trace) in model.fitted.trace() {
        let name = if part.is_empty() { model.name.clone() } else { format!("{}.{part}", model.name) };
        let mut held: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for line in trace {
            let mut row = vec![
                Cell::text(name.as_str()),
                Cell::text(line.block.as_str()),
                Cell::text(line.step),
                Cell::count(line.before),
                Cell::count(line.after),
                Cell::count(line.rows),
            ];
            if !phases.is_empty() {
                let features = held
                    .entry(line.block.clone())
                    .or_insert_with(|| model.data.blocks.get(&line.block).map(Block::names).unwrap_or_default());
                if let Some(kept) = line.kept {
                    *features = kept;
                }
                let told = phases.get(&line.block).map(|phases| by_phase(features, phases));
                row.push(told.map_or(Cell::Empty, Cell::text));
            }
            preparation.rows.push(row);
        }
    }
    if !preparation.rows.is_empty() {
        tables.push(preparation);
    }

    let mut candidates = ResultTable::new(
        CANDIDATES,
        "Learners and settings tried",
        ["model", "stage", "learner", "settings", "metric", "mean", "SD", "folds", "chosen"],
    );
    let mut terms = ResultTable::new("terms", "What the fitted models hold", ["model", "feature", "value"]);
    for (name, design) in &designs {
        if let Some(learned) = design.learned() {
            for tried in learned.tried() {
                let settings: Vec<(String, Value)> =
                    tried.settings.iter().map(|(name, value)| (name.clone(), value.clone())).collect();
                candidates.push([
                    Cell::text(name.as_str()),
                    Cell::text(if tried.stage == fuse::Stage::Choose { "choose" } else { "tune" }),
                    Cell::text(tried.learner.as_str()),
                    Cell::text(shown_settings(&settings).trim_start_matches(", ")),
                    Cell::text(tried.metric.as_str()),
                    tried.mean.map_or_else(
                        || Cell::NotEstimable(tried.reason.clone().unwrap_or_default()),
                        |mean| Cell::number(mean, 3),
                    ),
                    tried.sd.map_or(Cell::Empty, |sd| Cell::number(sd, 3)),
                    Cell::count(tried.folds),
                    Cell::text(if tried.chosen { "yes" } else { "" }),
                ]);
            }
            if let Some(model) = learned.model().as_any().downcast_ref::<crate::learn::multinomial::MultinomialModel>()
            {
                for (level, slopes) in model.levels.iter().zip(&model.slopes) {
                    let held = learned.names().iter().zip(slopes).filter(|(_, slope)| **slope != 0.0);
                    for (feature, slope) in held {
                        let term = format!("{feature}, class {level}");
                        terms.push([Cell::text(name.as_str()), Cell::text(term), Cell::number(*slope, 4)]);
                    }
                }
                continue;
            }
            for (feature, value) in learned.names().iter().zip(learned.model().importance().unwrap_or_default()) {
                terms.push([Cell::text(name.as_str()), Cell::text(feature.as_str()), Cell::number(value, 4)]);
            }
        }
        if let Some(combiner) = design.fused().and_then(fuse::Fused::combiner) {
            let summary = combiner.summary();
            for (part, weight) in &summary.weights {
                terms.push([
                    Cell::text(name.as_str()),
                    Cell::text(format!("prediction of {part}")),
                    Cell::number(*weight, 4),
                ]);
            }
            if !summary.how.is_empty() {
                terms.notes.push(format!("{name}: {}", summary.how));
            }
            // A part that helps is believed; one of negative weight is at most noise on these rows.
            for (part, weight) in summary.weights.iter().filter(|(_, weight)| *weight < 0.0) {
                terms.notes.push(format!(
                    "{name} turns the prediction of {part} round: its weight is {weight:.3}, as of a part that knows \
                     nothing; `signs = nonnegative` allows none below 0"
                ));
            }
        }
    }
    let mut meanings: Vec<String> = Vec::new();
    for card in designs.iter().filter_map(|(_, design)| Some(design.learned()?.learner()?.card())) {
        let meaning = importance(card).map(|meaning| format!("{}: {meaning}", card.name));
        meanings.extend(meaning.filter(|meaning| !meanings.contains(meaning)));
    }
    if !meanings.is_empty() && !terms.rows.is_empty() {
        terms.notes.push(format!("value of a prepared feature, {}", meanings.join("; ")));
    }
    tables.extend([candidates, terms].into_iter().filter(|table| !table.rows.is_empty()));

    if let Some(cross) = &model.cross {
        let mut stability = ResultTable::new(
            "selection",
            "How often a feature reached the model, over the folds",
            ["model", "feature", "folds"],
        );
        for selection in cross.selection().into_iter().filter(|selection| selection.folds < selection.of) {
            let name = if selection.part.is_empty() {
                model.name.clone()
            } else {
                format!("{}.{}", model.name, selection.part)
            };
            stability.push([
                Cell::text(name),
                Cell::text(selection.feature),
                Cell::count_of(selection.folds, selection.of),
            ]);
        }
        if !stability.rows.is_empty() {
            stability.notes.push("features that reached the model in every fold are not listed".to_owned());
            tables.push(stability);
        }
    }
    let figures = super::drawn::model::figures(model);
    Answer { tables, figures, notes: vec![described(&model.design)], ..Answer::default() }
}

/// The settings that the learner read: `C` of an unpenalised regression is none.
fn read(learned: &fuse::Learned) -> Vec<(String, Value)> {
    let all = learned.settings().to_vec();
    let Some(learner) = learned.learner() else { return all };
    let Ok(settings) = Settings::new(learner.card(), all.iter().map(|(name, value)| (name.as_str(), value.clone())))
    else {
        return all;
    };
    let written: Vec<&str> = all.iter().map(|(name, _)| name.as_str()).collect();
    let unread = learner.unread(&settings, &written).settings;
    all.iter().filter(|(name, _)| !unread.contains(&name.as_str())).cloned().collect()
}

fn shown_settings(settings: &[(String, Value)]) -> String {
    settings.iter().map(|(name, value)| format!(", {name} = {value}")).collect()
}

/// What a learner's documentation says of its importance: `the coefficient, per unit of the feature`.
fn importance(card: &Card) -> Option<String> {
    let words: Vec<&str> = card.documentation.split_whitespace().collect();
    let text = words.join(" ");
    let (_, said) = text.split_once("Importance is ")?;
    Some(said.split_once(". ").map_or(said, |(sentence, _)| sentence).trim_end_matches('.').to_owned())
}

/// The design in words.
fn described(design: &Design) -> String {
    fn of(recipe: &Recipe) -> String {
        match recipe {
            Recipe::Learn { blocks, candidates } => {
                let names: Vec<&str> = candidates.iter().map(|candidate| candidate.learner.card().name).collect();
                format!("{}({})", names.join(" or "), blocks.join(", "))
            }
            Recipe::Late { rule, parts, .. } => {
                let parts: Vec<String> = parts.iter().map(|part| of(&part.recipe)).collect();
                format!("late {rule}({})", parts.join(", "))
            }
        }
    }
    of(&design.recipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_learner_says_what_its_importance_is() {
        for learner in fuse::learners().filter(|learner| !learner.card().name.starts_with("test_")) {
            assert!(importance(learner.card()).is_some(), "{}", learner.card().name);
        }
    }
}
