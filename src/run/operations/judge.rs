//! Predictions to be judged: out of fold on the rows of the fit, by the frozen model elsewhere.

use std::collections::{BTreeMap, HashSet};

use crate::card::EndpointKind;
use crate::fuse::{CrossFit, FittedDesign, Predicted};
use crate::plan::node::{ModelRef, Operation};
use crate::plan::{NodeId, Rows};
use crate::run::fault::Fault;
use crate::run::results::Kind;
use crate::run::step::Step;
use crate::stats::bootstrap::Units;
use crate::stats::strata::{Layer, POOLED};
use crate::stats::{Judged, Outcome, Prediction, Strata, SurvivalCurves};

use super::model::{Data, ModelValue, repeated};

/// Predictions of one model on some rows, with what was observed there.
#[derive(Clone)]
pub struct Judgement {
    pub model: String,
    /// `train`, `external`.
    pub cohort: String,
    pub kind: Kind,
    /// Rows that have both an outcome and a prediction.
    pub rows: Vec<usize>,
    /// Rows without a known outcome or without a prediction.
    pub missing: usize,
    pub outcome: Outcome,
    pub prediction: Prediction,
    /// The folds of out-of-fold predictions, for statistics of pairs.
    pub held: Option<Strata>,
    /// The patient of each row, where some have several.
    pub patients: Option<Vec<u32>>,
    pub curves: Option<SurvivalCurves>,
    /// Outcome of the rows of the fit, for weights of censoring.
    pub training: Outcome,
    pub how: String,
}

impl Judgement {
    pub fn judged<'a>(&'a self, horizon: Option<f64>, threshold: Option<f64>) -> Judged<'a> {
        Judged {
            outcome: &self.outcome,
            prediction: &self.prediction,
            held: self.held.as_ref(),
            patients: self.patients.as_deref(),
            curves: self.curves.as_ref(),
            training: Some(&self.training),
            horizon,
            threshold,
        }
    }

    /// The same, on these rows only.
    #[must_use]
    pub fn on(&self, rows: &HashSet<usize>) -> Self {
        let kept: Vec<usize> = (0..self.rows.len()).filter(|place| rows.contains(&self.rows[*place])).collect();
        Judgement {
            model: self.model.clone(),
            cohort: self.cohort.clone(),
            kind: self.kind,
            rows: kept.iter().map(|place| self.rows[*place]).collect(),
            missing: self.missing,
            outcome: self.outcome.select(&kept),
            prediction: self.prediction.select(&kept),
            held: self.held.as_ref().map(|held| held.select(&kept)),
            patients: self.patients.as_ref().and_then(|own| repeated(kept.iter().map(|place| own[*place]).collect())),
            curves: self.curves.as_ref().map(|curves| SurvivalCurves {
                times: curves.times.clone(),
                survival: curves.survival.select(ndarray::Axis(0), &kept),
            }),
            training: self.training.clone(),
            how: self.how.clone(),
        }
    }
}

/// The design of a part, or of the whole.
///
/// # Errors
/// There is no such part.
pub fn design<'m>(model: &'m ModelValue, part: Option<&str>) -> Result<&'m FittedDesign, Fault> {
    match part {
        None => Ok(&model.fitted),
        Some(part) => model
            .fitted
            .part(part)
            .ok_or_else(|| Fault::run("run::no-part", format!("`{}` has no part `{part}`", model.name))),
    }
}

/// Predictions of rows of the model's own table: those of the fit out of fold, others by the
/// frozen model.
///
/// # Errors
/// As the model's prediction.
pub fn predicted(model: &ModelValue, part: Option<&str>, rows: &[usize]) -> Result<Predicted, Fault> {
    let fitted_on: HashSet<usize> = model.rows.iter().copied().collect();
    let held = model.cross.as_ref().and_then(|cross| cross.out_of_fold(part.unwrap_or("")));
    let mut scores: BTreeMap<usize, Vec<f64>> = BTreeMap::new();
    if let Some(held) = held {
        let average = &held.average;
        let told = average.rows.iter().enumerate().map(|(place, row)| (*row, average.prediction.row(place)));
        scores.extend(told);
    }
    let outside: Vec<usize> = rows.iter().copied().filter(|row| held.is_none() || !fitted_on.contains(row)).collect();
    let template = held.map(|held| held.average.prediction.clone());
    let mut prediction = template;
    if !outside.is_empty() || prediction.is_none() {
        let frozen = design(model, part)?.predict(&model.data.blocks, &outside)?;
        for (place, row) in frozen.rows.iter().enumerate() {
            scores.insert(*row, frozen.prediction.row(place));
        }
        prediction = Some(frozen.prediction);
    }
    let present: Vec<usize> = rows.iter().copied().filter(|row| scores.contains_key(row)).collect();
    let left_out = rows.iter().copied().filter(|row| !scores.contains_key(row)).collect();
    let values: Vec<Vec<f64>> = present.iter().filter_map(|row| scores.remove(row)).collect();
    let template = prediction.unwrap_or(Prediction::Value(Vec::new()));
    Ok(Predicted { rows: present, prediction: template.with_rows(values), left_out })
}

/// Judges `reference` on `on`: out of fold where those are the rows of the fit, frozen where they
/// are others. `apparent` judges the model on the rows of its fit as it is.
///
/// # Errors
/// Rows that are in part those of the fit, unless the study accepted that.
pub fn judge(
    step: &Step<'_>,
    reference: &ModelRef,
    on: &Rows,
    apparent: bool,
    times: &dyn Fn(&Outcome) -> Vec<f64>,
) -> Result<Judgement, Fault> {
    let model = step.model(reference.model)?;
    let set = step.world.rows(on)?;
    let part = reference.part.as_deref();
    let label = step.label(reference);
    let own = set.table == model.data.table;
    let fitted_on: HashSet<usize> = if own { model.rows.iter().copied().collect() } else { HashSet::new() };

    let other;
    let data: &Data = if own {
        &model.data
    } else {
        other = foreign(step, reference.model, set.table)?;
        &other
    };
    if !own {
        overlap(step, &model, set.table, &set.rows, &label, &set.label)?;
    }
    let known: Vec<usize> = set.rows.iter().copied().filter(|row| data.endpoint.known[*row]).collect();
    let inside = known.iter().filter(|row| fitted_on.contains(row)).count();
    let mixed = inside > 0 && inside < known.len();
    if mixed && step.node.accepted.is_empty() {
        return Err(Fault::data(
            "data::overlapping-cohorts",
            format!(
                "{inside} of the {} patients in `{}` are among those that {label} was fitted on",
                known.len(),
                set.label
            ),
        )
        .helped("evaluate on rows apart from the fit, or accept `leak::fitted-on-test` with a reason"));
    }
    let of_fit = inside > 0 && !mixed;
    let out_of_fold = of_fit && !apparent;
    let (kind, how) = if out_of_fold {
        (Kind::OutOfFold, super::model::told(&model.design.cross_fit))
    } else if inside > 0 {
        (Kind::Apparent, "on the rows of the fit".to_owned())
    } else {
        (elsewhere(step, on, reference.model), "frozen model".to_owned())
    };
    let held = if out_of_fold {
        predicted(&model, part, &known)?
    } else {
        design(&model, part)?.predict(&data.blocks, &known)?
    };
    let mut rows = held.rows;
    let mut prediction = held.prediction;
    let mut curves = None;
    if data.endpoint.outcome.kind() == EndpointKind::Survival {
        let times = times(&data.endpoint.outcome.select(&rows));
        if !times.is_empty() {
            let found = match (&model.cross, out_of_fold) {
                (Some(cross), true) => cross.curves(&data.blocks, part.unwrap_or(""), 0, &times)?,
                _ => design(&model, part)?.curves(&data.blocks, &rows, &times)?,
            };
            if let Some((curve_rows, found)) = found {
                (rows, prediction, curves) = aligned(rows, &prediction, &curve_rows, found);
            }
        }
    }
    let outcome = data.endpoint.outcome.select(&rows);
    let cross = model.cross.as_ref().filter(|_| out_of_fold);
    let held = cross.and_then(|cross| strata(cross, part.unwrap_or(""), &rows));
    let (held, how) = ranking(held, &outcome, how);
    let patients = data.patients(&rows);
    Ok(Judgement {
        held,
        how: with_patients(how, patients.as_deref()),
        patients,
        model: label,
        cohort: set.label,
        kind,
        missing: set.rows.len() - rows.len(),
        outcome,
        rows,
        prediction,
        curves,
        training: model.data.endpoint.outcome.select(&model.rows),
    })
}

/// How a judgement was made, with the number of patients where rows are more.
pub fn with_patients(how: String, patients: Option<&[u32]>) -> String {
    let Some(patients) = patients else { return how };
    format!("{how}; {} rows of {} patients", patients.len(), Units::of(patients).count())
}

/// The folds that predicted `rows`, with their predictions by repeat.
pub fn strata(cross: &CrossFit, part: &str, rows: &[usize]) -> Option<Strata> {
    let held = cross.out_of_fold(part)?;
    let place: BTreeMap<usize, usize> = cross.rows.iter().enumerate().map(|(place, row)| (*row, place)).collect();
    let layers = held.repeats.iter().zip(&cross.fold_of).map(|(predicted, fold_of)| {
        let own: BTreeMap<usize, usize> = predicted.rows.iter().enumerate().map(|(place, row)| (*row, place)).collect();
        let scores = predicted.prediction.scores();
        let nominal = matches!(predicted.prediction, Prediction::Classes(_));
        let classes = |row: &usize| own.get(row).map_or_else(Vec::new, |place| predicted.prediction.row(*place));
        Layer {
            scores: rows.iter().map(|row| own.get(row).map_or(f64::NAN, |place| scores[*place])).collect(),
            fold: rows.iter().map(|row| place.get(row).and_then(|place| fold_of[*place])).collect(),
            classes: if nominal { rows.iter().map(classes).collect() } else { Vec::new() },
        }
    });
    let layers: Vec<Layer> = layers.collect();
    (!layers.is_empty()).then(|| Strata::new(layers))
}

/// The folds, where they hold pairs to rank; else all patients are ranked together, and that is said.
pub fn ranking(held: Option<Strata>, outcome: &Outcome, how: String) -> (Option<Strata>, String) {
    match held {
        Some(strata) if !strata.ranks(outcome) && outcome.kind() != EndpointKind::Continuous => {
            (None, format!("{how}; {POOLED}"))
        }
        held => (held, how),
    }
}

/// In how many folds everybody is predicted alike, of how many, where that is so in any. `None` also
/// where folds are repeated and predictions averaged.
///
/// # Errors
/// No such model.
pub fn folds_without_ranks(
    step: &Step<'_>,
    reference: &ModelRef,
    judgement: &Judgement,
) -> Result<Option<(usize, usize)>, Fault> {
    let model = step.model(reference.model)?;
    let Some(cross) = model.cross.as_ref().filter(|cross| cross.fold_of.len() == 1) else { return Ok(None) };
    let scores: BTreeMap<usize, f64> =
        judgement.rows.iter().copied().zip(judgement.prediction.scores().iter().copied()).collect();
    let alike = |test: &[usize]| {
        let held: Vec<f64> = test.iter().filter_map(|row| scores.get(row).copied()).collect();
        held.len() > 1 && held.iter().all(|score| *score == held[0])
    };
    let count = cross.folds.iter().filter(|fold| alike(&fold.fold.test)).count();
    Ok((count > 0).then_some((count, cross.folds.len())))
}

/// Rows that have both a prediction and a curve, with both.
pub fn aligned(
    rows: Vec<usize>,
    prediction: &Prediction,
    curve_rows: &[usize],
    curves: SurvivalCurves,
) -> (Vec<usize>, Prediction, Option<SurvivalCurves>) {
    let place: BTreeMap<usize, usize> = curve_rows.iter().enumerate().map(|(place, row)| (*row, place)).collect();
    let kept: Vec<usize> = (0..rows.len()).filter(|index| place.contains_key(&rows[*index])).collect();
    let own: Vec<usize> = kept.iter().filter_map(|index| place.get(&rows[*index]).copied()).collect();
    let survival = curves.survival.select(ndarray::Axis(0), &own);
    let rows = kept.iter().map(|index| rows[*index]).collect();
    (rows, prediction.select(&kept), Some(SurvivalCurves { times: curves.times, survival }))
}

/// What the model sees of another table.
pub fn foreign(step: &Step<'_>, model: NodeId, table: NodeId) -> Result<Data, Fault> {
    match &step.plan().node(model).operation {
        Operation::Model(model) => Data::gather(step.world, model, table, &[]),
        _ => Err(Fault::run("run::skipped", "this model cannot be applied to another table")),
    }
}

/// A patient of the fit must not stand under the same key in another table that is called new.
fn overlap(
    step: &Step<'_>,
    model: &ModelValue,
    table: NodeId,
    rows: &[usize],
    label: &str,
    cohort: &str,
) -> Result<(), Fault> {
    let (here, there) = (step.world.table(model.data.table)?, step.world.table(table)?);
    if here.key.is_none() || there.key.is_none() {
        return Ok(());
    }
    let fitted_on: HashSet<&str> = model.rows.iter().map(|row| here.keys.name(*row)).collect();
    let shared: Vec<String> =
        rows.iter().map(|row| there.keys.name(*row)).filter(|key| fitted_on.contains(key)).map(str::to_owned).collect();
    if shared.is_empty() || !step.node.accepted.is_empty() {
        return Ok(());
    }
    Err(Fault::data(
        "data::overlapping-cohorts",
        format!(
            "{} patients of `{cohort}` are among those that {label} was fitted on: {}",
            shared.len(),
            crate::frame::fault::list(&shared)
        ),
    ))
}

/// Whether other rows are held out of the same source, or of another one: a part that takes all
/// patients under a condition of its own, another cohort or another table is external.
fn elsewhere(step: &Step<'_>, on: &Rows, model: NodeId) -> Kind {
    let fitted = match &step.plan().node(model).operation {
        Operation::Model(model) => Some(&model.rows),
        _ => None,
    };
    match (on, fitted) {
        (Rows::Part { split, part }, Some(Rows::Part { split: own, .. })) if split == own => {
            let Operation::Split(split) = &step.plan().node(*split).operation else { return Kind::External };
            let part = split.parts.iter().find(|candidate| candidate.name == *part);
            if part.is_some_and(|part| part.share.is_none() && part.predicate.is_some()) {
                Kind::External
            } else {
                Kind::HeldOut
            }
        }
        _ => Kind::External,
    }
}

/// Times at which curves are wanted: the horizons and, where the whole curve is judged, the event
/// times that lie within follow-up.
pub fn times(outcome: &Outcome, horizons: &[f64], whole: bool) -> Vec<f64> {
    let mut times = horizons.to_vec();
    if let (true, Outcome::Survival(censored)) = (whole, outcome) {
        let last = censored.time.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let events = (0..censored.len()).filter(|row| censored.event[*row] == 1).map(|row| censored.time[row]);
        times.extend(events.filter(|time| *time < last));
    }
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}
