//! Fitting a design on training rows.

use std::collections::BTreeMap;

use crate::card::{EndpointKind, Settings};
use crate::learn::folds::{self, Fold};
use crate::learn::recipe::{Design, Part, Recipe, Resampling};

use super::cross_fit::{OutOfFold, out_of_fold};
use super::fitted::{Fitted, FittedDesign, Fused, FusedPart, matrix_of, patterns};
use super::learned::Learned;
use super::rule::{Combiner, FusionTask, Rule};
use super::work::{Cohort, FuseError, Work};

/// Up to this many parts a combiner is fitted for every set of parts that a patient may have.
const MOST_PATTERNS: usize = 4;

/// Fits `design` on `rows` of the cohort, and on nothing else.
///
/// A learner: prepares each block, chooses and tunes on folds of `rows` with the preparation fitted
/// again in each fold, and fits the winner on all of `rows`. A late fusion: fits every part so,
/// predicts `rows` out of fold by every part over `design.cross_fit` with all of that nested, and
/// fits the combiner on those predictions.
///
/// # Errors
/// [`FuseError`] with the place and the reason.
pub fn fit(design: &Design, cohort: &Cohort<'_>, rows: &[usize], work: &Work<'_>) -> Result<FittedDesign, FuseError> {
    if rows.is_empty() {
        return Err(FuseError::NoRows { reason: "the training part is empty".to_owned() });
    }
    let kind = cohort.outcome.kind();
    match &design.recipe {
        Recipe::Learn { blocks, candidates } => {
            let (learned, training) = Learned::fit(design, blocks, candidates, cohort, rows, work)?;
            Ok(FittedDesign {
                kind,
                rows: rows.len(),
                left_out: rows.len() - training.len(),
                events: cohort.outcome.select(&training).events(),
                fitted: Fitted::Learned(Box::new(learned)),
            })
        }
        Recipe::Late { rule, settings, parts } => fit_late(design, rule, settings, parts, cohort, rows, work),
    }
}

/// The design of one part: the same clauses around another recipe.
pub(super) fn of_part(design: &Design, part: &Part) -> Design {
    Design { recipe: part.recipe.clone(), ..design.clone() }
}

/// The rule, if it serves the endpoint.
fn serving(name: &str, kind: EndpointKind) -> Result<&'static dyn Rule, FuseError> {
    let rule =
        super::rule(name).ok_or_else(|| FuseError::Design { reason: format!("there is no fusion rule `{name}`") })?;
    if rule.card().serves(kind) {
        return Ok(rule);
    }
    let fitting: Vec<&str> =
        super::rules().iter().map(|rule| rule.card()).filter(|card| card.serves(kind)).map(|card| card.name).collect();
    Err(FuseError::WrongEndpoint { rule: name.to_owned(), kind, instead: format!("these do: {}", fitting.join(", ")) })
}

fn fit_late(
    design: &Design,
    rule: &str,
    settings: &Settings,
    parts: &[Part],
    cohort: &Cohort<'_>,
    rows: &[usize],
    work: &Work<'_>,
) -> Result<FittedDesign, FuseError> {
    let kind = cohort.outcome.kind();
    let rule = serving(rule, kind)?;
    if parts.is_empty() {
        return Err(FuseError::Design { reason: "a late fusion wants at least one part".to_owned() });
    }
    if let Resampling::Bootstraps { .. } = design.cross_fit {
        return Err(FuseError::Design {
            reason: "a combiner learns from out-of-fold predictions; bootstrap resamples leave rows without one"
                .to_owned(),
        });
    }
    // The parts share the folds, so that a combiner sees them on equal terms.
    let work = work.named("late");
    let folds = folds::deal(&design.cross_fit, &cohort.layout(), rows, &work.stream.named("folds"))?;
    let mut fitted = Vec::with_capacity(parts.len());
    for part in parts {
        let work = work.named(&part.name);
        let of_part = of_part(design, part);
        let held = out_of_fold_of_part(&of_part, cohort, rows, &folds, &work)?;
        let design = fit(&of_part, cohort, rows, &work)?;
        fitted.push(FusedPart { name: part.name.clone(), design, out_of_fold: Some(held.average) });
    }
    let scores: Vec<Vec<Option<f64>>> = fitted
        .iter()
        .map(|part| {
            let by_row: BTreeMap<usize, f64> = part
                .out_of_fold
                .iter()
                .flat_map(|held| held.rows.iter().copied().zip(held.prediction.scores().iter().copied()))
                .collect();
            rows.iter().map(|row| by_row.get(row).copied()).collect()
        })
        .collect();

    let names: Vec<String> = parts.iter().map(|part| part.name.clone()).collect();
    let mut combiners: Vec<(Vec<usize>, Result<Box<dyn Combiner>, String>)> = Vec::new();
    for set in sets(parts.len()) {
        let complete = set.len() == parts.len();
        let own: Vec<Vec<Option<f64>>> = set.iter().map(|part| scores[*part].clone()).collect();
        let everything: Vec<usize> = (0..set.len()).collect();
        let members = patterns(&own).remove(&everything).unwrap_or_default();
        let outcome = cohort.outcome.select(&members.iter().map(|position| rows[*position]).collect::<Vec<_>>());
        let x = matrix_of(&own, &everything, &members);
        let names: Vec<String> = set.iter().map(|part| names[*part].clone()).collect();
        let stream = work.stream.named("combiner").named(&names.join(", "));
        let task = FusionTask { scores: x.view(), names: &names, parts: &set, outcome: &outcome };
        let combiner = match rule.fit(&task, settings, &stream, work.watch) {
            Ok(combiner) => Ok(combiner),
            Err(error) => {
                let error = FuseError::at(format!("fusion by {}", rule.card().name))(error);
                if complete || error == FuseError::Cancelled {
                    return Err(error);
                }
                Err(error.to_string())
            }
        };
        combiners.push((set, combiner));
    }
    let used: Vec<usize> =
        (0..rows.len()).filter(|row| scores.iter().any(|part| part[*row].is_some())).map(|row| rows[row]).collect();
    Ok(FittedDesign {
        kind,
        rows: rows.len(),
        left_out: rows.len() - used.len(),
        events: cohort.outcome.select(&used).events(),
        fitted: Fitted::Fused(Box::new(Fused {
            rule,
            settings: settings.iter().map(|(name, value)| (name.to_owned(), value.clone())).collect(),
            parts: fitted,
            combiners,
        })),
    })
}

fn out_of_fold_of_part(
    design: &Design,
    cohort: &Cohort<'_>,
    rows: &[usize],
    folds: &[Fold],
    work: &Work<'_>,
) -> Result<OutOfFold, FuseError> {
    out_of_fold(design, cohort, rows, folds, &work.named("out-of-fold"))
}

/// The sets of parts that a patient may have: all non-empty ones, the whole first.
fn sets(parts: usize) -> Vec<Vec<usize>> {
    if parts > MOST_PATTERNS {
        return vec![(0..parts).collect()];
    }
    let mut sets: Vec<Vec<usize>> =
        (1..1usize << parts).map(|mask| (0..parts).filter(|part| mask & (1 << part) != 0).collect()).collect();
    sets.sort_by_key(|set| std::cmp::Reverse(set.len()));
    sets
}
