//! Figures of a fitted model: the candidates of its search, what its preparation left, its path.

use crate::card::Value;
use crate::figures::learners::{Candidate, Learners};
use crate::figures::selection::{Frequency, Selection, Step, Trace};
use crate::figures::words;
use crate::fuse::{self, FittedDesign, Stage};
use crate::learn::recipe::Resampling;
use crate::run::operations::model::{ModelValue, told};
use crate::run::results::FigureData;
use crate::stats::Direction;

/// Figures of the model and its parts, where there is more than one thing to compare.
pub fn figures(model: &ModelValue) -> Vec<FigureData> {
    let mut designs: Vec<(String, &FittedDesign)> = vec![(model.name.clone(), &model.fitted)];
    designs.extend(model.fitted.parts().into_iter().map(|(part, design)| (format!("{}.{part}", model.name), design)));
    let mut figures: Vec<FigureData> =
        designs.iter().flat_map(|(name, design)| learners(model, name, design)).collect();
    figures.extend(selection(model));
    figures.extend(super::path::figures(model));
    figures
}

/// One figure for the choice between learners and one for the tuning of the winner.
fn learners(model: &ModelValue, name: &str, design: &FittedDesign) -> Vec<FigureData> {
    let Some(learned) = design.learned() else { return Vec::new() };
    let kind = model.data.endpoint.outcome.kind();
    let of = |stage: Stage, word: &str| {
        let tried: Vec<_> = learned.tried().iter().filter(|tried| tried.stage == stage).collect();
        let first = tried.first().filter(|_| tried.len() > 1)?;
        let metric = fuse::metric(&first.metric, kind);
        let candidates = tried.iter().map(|tried| {
            // A figure needs no more digits than tell candidates apart.
            let said = |value: &Value| match value {
                Value::Real(value) => words::brief(*value),
                other => other.to_string(),
            };
            let settings: String = tried.settings.iter().map(|(name, of)| format!(", {name} = {}", said(of))).collect();
            Candidate {
                name: format!("{}{settings}", tried.learner),
                mean: tried.mean.filter(|v| v.is_finite()),
                sd: tried.sd.filter(|v| v.is_finite()),
                folds: tried.folds as u64,
                failed: tried.failed as u64,
                why: tried.reason.clone(),
                chosen: tried.chosen,
            }
        });
        let folds = tried.iter().map(|tried| tried.folds + tried.failed).max().unwrap_or(0);
        let figure = Learners {
            model: name.to_owned(),
            metric: first.metric.clone(),
            higher: metric.is_none_or(|metric| metric.direction() == Direction::Higher),
            base: if matches!(first.metric.as_str(), "AUC" | "C-index" | "Uno-C" | "iAUC") { 0.5 } else { 0.0 },
            resampling: format!("{folds} folds of the training patients, the same for all"),
            n: design.rows() as u64,
            events: design.events().map(|events| events as u64),
            candidates: candidates.collect(),
        };
        Some(FigureData::new(format!("{word} {name}"), &figure))
    };
    [of(Stage::Choose, "Learners tried for"), of(Stage::Tune, "Settings tried for")].into_iter().flatten().collect()
}

/// What the preparation of every block left, and in how many folds a feature was selected.
fn selection(model: &ModelValue) -> Option<FigureData> {
    let mut traces: Vec<Trace> = Vec::new();
    for (part, steps) in model.fitted.trace() {
        for step in steps {
            let block = if part.is_empty() || part == step.block {
                step.block.clone()
            } else {
                format!("{part}: {}", step.block)
            };
            let own = Step { name: step.step.clone(), before: step.before as u64, after: step.after as u64 };
            match traces.iter_mut().find(|trace| trace.block == block) {
                Some(trace) => trace.steps.push(own),
                None => traces.push(Trace { block, steps: vec![own] }),
            }
        }
    }
    if traces.iter().flat_map(|trace| &trace.steps).all(|step| step.before == step.after) {
        return None;
    }
    let chosen: Vec<(String, Vec<String>)> = model
        .fitted
        .parts()
        .into_iter()
        .chain([(String::new(), &model.fitted)])
        .filter_map(|(part, design)| Some((part, design.learned()?.names().to_vec())))
        .collect();
    let mut frequencies: Vec<Frequency> = Vec::new();
    let mut folds = 0;
    for found in model.cross.iter().flat_map(fuse::CrossFit::selection) {
        folds = folds.max(found.of as u64);
        let selected = chosen.iter().any(|(part, names)| *part == found.part && names.contains(&found.feature));
        // Early fusion learns of all blocks at once: a feature belongs to the block that has its column.
        let column = |name: &str| {
            let rest = found.feature.strip_prefix(name);
            rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('='))
        };
        let holder = model.data.blocks.iter().find(|(_, block)| block.names().iter().any(|name| column(name)));
        let part = match (found.part.is_empty(), holder) {
            (true, Some((block, _))) => block.clone(),
            _ => found.part.clone(),
        };
        let block = traces
            .iter()
            .find(|trace| trace.block == part || trace.block.starts_with(&format!("{part}: ")))
            .map_or(part.clone(), |trace| trace.block.clone());
        frequencies.push(Frequency { feature: found.feature, block, folds: found.folds as u64, selected });
    }
    // Where the study resamples by levels there are as many folds as levels.
    if let (0, Some(cross), Resampling::Folds { .. }) = (folds, &model.cross, &model.design.cross_fit) {
        folds = cross.folds.len() as u64;
    }
    frequencies.sort_by(|a, b| b.folds.cmp(&a.folds).then(b.selected.cmp(&a.selected)).then(a.feature.cmp(&b.feature)));
    let figure = Selection { model: model.name.clone(), n: model.rows.len() as u64, traces, folds, frequencies };
    Some(FigureData::new(
        format!("Selection of features for {}, {}", model.name, told(&model.design.cross_fit)),
        &figure,
    ))
}
