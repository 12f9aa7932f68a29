//! Out-of-fold predictions: every row is predicted by a design that was fitted without it, with
//! everything (preparation, choice, tuning, fusion) fitted again in each fold.

use std::collections::BTreeMap;

use rayon::prelude::*;
use serde_json::{Value as Json, json};

use crate::learn::Block;
use crate::learn::folds::{self, Fold};
use crate::learn::recipe::{Design, Resampling};
use crate::stats::{ClassProbabilities, Prediction, SurvivalCurves};

use super::design::fit;
use super::fitted::{FittedDesign, Predicted};
use super::prepare::{broken, read};
use super::work::{Cohort, FuseError, Work};

/// Out-of-fold predictions of one design or part.
#[derive(Clone, Debug, PartialEq)]
pub struct OutOfFold {
    /// One a repeat; rows in the order of the rows that were asked for.
    pub repeats: Vec<Predicted>,
    /// Mean over the repeats in which a row is predicted. Risks of a censored endpoint are averaged
    /// as they are; folds fit different models, so their zero may differ.
    pub average: Predicted,
}

/// One fold with its fitted design.
pub struct FittedFold {
    /// Rows it was fitted on and rows it predicts.
    pub fold: Fold,
    pub design: FittedDesign,
}

/// A cross-fitted design.
pub struct CrossFit {
    /// The rows asked for.
    pub rows: Vec<usize>,
    /// In order of repeats and folds.
    pub folds: Vec<FittedFold>,
    /// For each repeat the fold that tests each of `rows`; `None` for a row that no fold tests.
    pub fold_of: Vec<Vec<Option<usize>>>,
    /// Of the whole design.
    pub whole: OutOfFold,
    /// Of each part by dotted name.
    pub parts: Vec<(String, OutOfFold)>,
}

/// Cross-fits `design` on `rows` over `over` (usually `design.cross_fit`).
///
/// Finished folds are kept in the memory of `work`, if it has one, and an interrupted cross-fit
/// resumes with those that are missing.
///
/// # Errors
/// The first fold that fails, in the order of folds.
pub fn cross_fit(
    design: &Design,
    over: &Resampling,
    cohort: &Cohort<'_>,
    rows: &[usize],
    work: &Work<'_>,
) -> Result<CrossFit, FuseError> {
    let work = work.named("cross-fit");
    let dealt = folds::deal(over, &cohort.layout(), rows, &work.folds())?;
    work.watch.begin("folds", Some(dealt.len() as u64));
    let done: Vec<Result<(FittedDesign, Vec<(String, Predicted)>), FuseError>> = dealt
        .par_iter()
        .map(|fold| {
            work.watch.check()?;
            let work = work.named(&format!("fold {}.{}", fold.repeat, fold.index));
            let done = one_fold(design, cohort, fold, &work)?;
            work.watch.advance("folds", 1);
            Ok(done)
        })
        .collect();
    work.watch.end("folds");

    let mut folds = Vec::with_capacity(dealt.len());
    let mut by_name: Vec<(String, Vec<(usize, Predicted)>)> = Vec::new();
    for (fold, done) in dealt.into_iter().zip(done) {
        let (design, predictions) = done?;
        for (name, predicted) in predictions {
            match by_name.iter_mut().find(|(other, _)| *other == name) {
                Some((_, all)) => all.push((fold.repeat, predicted)),
                None => by_name.push((name, vec![(fold.repeat, predicted)])),
            }
        }
        folds.push(FittedFold { fold, design });
    }
    let repeats = folds.iter().map(|fold| fold.fold.repeat + 1).max().unwrap_or(0);
    let mut fold_of = vec![vec![None; rows.len()]; repeats];
    for fold in &folds {
        for (position, row) in rows.iter().enumerate() {
            if fold.fold.test.contains(row) {
                fold_of[fold.fold.repeat][position] = Some(fold.fold.index);
            }
        }
    }
    let mut all = by_name
        .into_iter()
        .map(|(name, predictions)| Ok((name, gather(rows, repeats, predictions)?)))
        .collect::<Result<Vec<_>, FuseError>>()?;
    if all.is_empty() {
        return Err(FuseError::NoRows { reason: "no fold was fitted".to_owned() });
    }
    let (_, whole) = all.remove(0);
    Ok(CrossFit { rows: rows.to_vec(), folds, fold_of, whole, parts: all })
}

/// Out-of-fold predictions of a part over folds that were dealt already; keeps no design.
pub(super) fn out_of_fold(
    design: &Design,
    cohort: &Cohort<'_>,
    rows: &[usize],
    folds: &[Fold],
    work: &Work<'_>,
) -> Result<OutOfFold, FuseError> {
    let done: Vec<Result<Predicted, FuseError>> = folds
        .par_iter()
        .map(|fold| {
            work.watch.check()?;
            let work = work.named(&format!("fold {}.{}", fold.repeat, fold.index));
            if let Some(frozen) = work.recall()
                && let Ok(predicted) = thaw_predicted(&frozen)
                && covers(&predicted, fold)
            {
                return Ok(predicted);
            }
            let predicted = fit(design, cohort, &fold.train, &work)?.predict(cohort.blocks, &fold.test)?;
            work.remember(|| freeze_predicted(&predicted));
            Ok(predicted)
        })
        .collect();
    let repeats = folds.iter().map(|fold| fold.repeat + 1).max().unwrap_or(0);
    let mut predictions = Vec::with_capacity(folds.len());
    for (fold, done) in folds.iter().zip(done) {
        predictions.push((fold.repeat, done?));
    }
    gather(rows, repeats, predictions)
}

fn one_fold(
    design: &Design,
    cohort: &Cohort<'_>,
    fold: &Fold,
    work: &Work<'_>,
) -> Result<(FittedDesign, Vec<(String, Predicted)>), FuseError> {
    if let Some(frozen) = work.recall()
        && let Ok(done) = thaw_fold(&frozen)
        && done.1.iter().all(|(_, predicted)| covers(predicted, fold))
    {
        return Ok(done);
    }
    let fitted = fit(design, cohort, &fold.train, work)?;
    let predictions = fitted.predict_parts(cohort.blocks, &fold.test)?;
    work.remember(|| {
        let predictions: Vec<Json> = predictions
            .iter()
            .map(|(name, predicted)| json!({ "part": name, "predicted": freeze_predicted(predicted) }))
            .collect();
        json!({ "design": fitted.freeze(), "predictions": predictions })
    });
    Ok((fitted, predictions))
}

/// A remembered prediction is of the test rows of this fold.
fn covers(predicted: &Predicted, fold: &Fold) -> bool {
    let mut rows = [predicted.rows.clone(), predicted.left_out.clone()].concat();
    let mut test = fold.test.clone();
    rows.sort_unstable();
    test.sort_unstable();
    rows == test && predicted.prediction.len() == predicted.rows.len()
}

fn freeze_predicted(predicted: &Predicted) -> Json {
    if let Prediction::Classes(classes) = &predicted.prediction {
        let p: Vec<&[f64]> = (0..predicted.rows.len()).map(|row| classes.row(row)).collect();
        return json!({ "rows": predicted.rows, "levels": classes.levels().to_vec(), "classes": p, "left_out": predicted.left_out });
    }
    let kind = match predicted.prediction {
        Prediction::Probability(_) => "probability",
        Prediction::Risk(_) => "risk",
        Prediction::Value(_) | Prediction::Classes(_) => "value",
    };
    json!({ "rows": predicted.rows, kind: predicted.prediction.scores(), "left_out": predicted.left_out })
}

fn thaw_predicted(frozen: &Json) -> Result<Predicted, FuseError> {
    let prediction = if frozen["classes"].is_array() {
        let levels: Vec<String> = read(frozen, "levels")?;
        let rows: Vec<Vec<f64>> = read(frozen, "classes")?;
        Prediction::Classes(ClassProbabilities::new(levels.into(), rows))
    } else if frozen["probability"].is_array() {
        Prediction::Probability(read(frozen, "probability")?)
    } else if frozen["risk"].is_array() {
        Prediction::Risk(read(frozen, "risk")?)
    } else {
        Prediction::Value(read(frozen, "value")?)
    };
    Ok(Predicted { rows: read(frozen, "rows")?, prediction, left_out: read(frozen, "left_out")? })
}

fn thaw_fold(frozen: &Json) -> Result<(FittedDesign, Vec<(String, Predicted)>), FuseError> {
    let design = FittedDesign::thaw(&frozen["design"])?;
    let mut predictions = Vec::new();
    for entry in frozen["predictions"].as_array().ok_or_else(|| broken("predictions"))? {
        predictions.push((read(entry, "part")?, thaw_predicted(&entry["predicted"])?));
    }
    Ok((design, predictions))
}

/// Puts the predictions of folds into the order of `rows`, by repeat and on average.
fn gather(rows: &[usize], repeats: usize, predictions: Vec<(usize, Predicted)>) -> Result<OutOfFold, FuseError> {
    let template = predictions.first().map(|(_, predicted)| predicted.prediction.with_rows([]));
    let template = template.ok_or_else(|| FuseError::NoRows { reason: "no fold was fitted".to_owned() })?;
    let mut by_repeat: Vec<BTreeMap<usize, Vec<f64>>> = vec![BTreeMap::new(); repeats];
    for (repeat, predicted) in &predictions {
        let values = predicted.rows.iter().enumerate().map(|(place, row)| (*row, predicted.prediction.row(place)));
        by_repeat[*repeat].extend(values);
    }
    let of = |score: &dyn Fn(usize) -> Option<Vec<f64>>| {
        let values: Vec<Option<Vec<f64>>> = rows.iter().map(|row| score(*row)).collect();
        let positions: Vec<usize> = (0..rows.len()).filter(|position| values[*position].is_some()).collect();
        Predicted::from_positions(rows, &positions, template.with_rows(values.into_iter().flatten()))
    };
    let average = of(&|row| {
        let values: Vec<&Vec<f64>> = by_repeat.iter().filter_map(|scores| scores.get(&row)).collect();
        let n = values.len() as f64;
        let first = values.first()?;
        Some((0..first.len()).map(|place| values.iter().map(|value| value[place]).sum::<f64>() / n).collect())
    });
    let repeats = by_repeat.iter().map(|scores| of(&|row| scores.get(&row).cloned())).collect();
    Ok(OutOfFold { repeats, average })
}

/// How often a feature came through the preparation of a block, over the folds.
#[derive(Clone, Debug, PartialEq)]
pub struct Selection {
    /// Dotted name of the part; empty for a design without parts.
    pub part: String,
    pub feature: String,
    /// Folds whose model holds the feature, of so many.
    pub folds: usize,
    pub of: usize,
}

impl CrossFit {
    /// Out-of-fold predictions of a part by dotted name, or of the whole by the empty name.
    pub fn out_of_fold(&self, part: &str) -> Option<&OutOfFold> {
        if part.is_empty() {
            return Some(&self.whole);
        }
        self.parts.iter().find(|(name, _)| name == part).map(|(_, held)| held)
    }

    /// How often each feature reached the model, over all folds and repeats: the most frequent
    /// first, then by name.
    pub fn selection(&self) -> Vec<Selection> {
        let mut counts: BTreeMap<(String, String), usize> = BTreeMap::new();
        for fold in &self.folds {
            let own = std::iter::once((String::new(), &fold.design));
            for (part, design) in own.chain(fold.design.parts()) {
                for name in design.learned().map_or(&[][..], |learned| learned.names()) {
                    *counts.entry((part.clone(), name.clone())).or_default() += 1;
                }
            }
        }
        let mut selection: Vec<Selection> = counts
            .into_iter()
            .map(|((part, feature), folds)| Selection { part, feature, folds, of: self.folds.len() })
            .collect();
        selection.sort_by(|a, b| a.part.cmp(&b.part).then(b.folds.cmp(&a.folds)).then(a.feature.cmp(&b.feature)));
        selection
    }

    /// Out-of-fold survival curves of a repeat, rows in the order of [`CrossFit::rows`]; `None`
    /// where the design has only a ranking. `part` is a dotted name, empty for the whole.
    ///
    /// # Errors
    /// As [`FittedDesign::predict`].
    pub fn curves(
        &self,
        blocks: &BTreeMap<String, Block>,
        part: &str,
        repeat: usize,
        times: &[f64],
    ) -> Result<Option<(Vec<usize>, SurvivalCurves)>, FuseError> {
        let mut by_row: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
        for fold in self.folds.iter().filter(|fold| fold.fold.repeat == repeat) {
            let design = if part.is_empty() { Some(&fold.design) } else { fold.design.part(part) };
            let design = design.ok_or_else(|| FuseError::Design { reason: format!("there is no part `{part}`") })?;
            let Some((rows, curves)) = design.curves(blocks, &fold.fold.test, times)? else { return Ok(None) };
            for (index, row) in rows.into_iter().enumerate() {
                by_row.insert(row, curves.survival.row(index).to_vec());
            }
        }
        let rows: Vec<usize> = self.rows.iter().copied().filter(|row| by_row.contains_key(row)).collect();
        let survival =
            ndarray::Array2::from_shape_fn((rows.len(), times.len()), |(row, time)| by_row[&rows[row]][time]);
        Ok(Some((rows, SurvivalCurves { times: times.to_vec(), survival })))
    }
}
