//! `against`: whether one model beats another on the same patients, by every metric asked for, with
//! p adjusted where that was asked; and what a model reclassifies.

use std::collections::HashSet;

use crate::figures::words::{self, p_is};
use crate::plan::node::{Evaluate, ModelRef};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, ResultTable};
use crate::run::step::Step;
use crate::stats::bootstrap::ResampleFault;
use crate::stats::comparison::{Comparison, compare};
use crate::stats::multiplicity::{Adjustment, adjust_present};
use crate::stats::reclassification::reclassification;
use crate::stats::{Direction, Estimate, Metric, Outcome, Prediction};

use super::evaluate::{DIGITS, distinct};
use super::judge::Judgement;
use super::optimism::Asked;

/// Paired comparisons by every metric: every model with every comparator, and every further
/// comparator with the first, all on the patients that both predict.
///
/// # Errors
/// Stopped.
pub fn against(
    step: &Step<'_>,
    spec: &Evaluate,
    asked: &[Asked<'_>],
    cohort: &str,
    judgements: &[Judgement],
    answer: &mut Answer,
) -> Result<(), Fault> {
    let pairs: Vec<(Judgement, Judgement)> = pairs(spec)
        .into_iter()
        .filter_map(|(model, other)| Some((judgements.get(model)?, judgements.get(other)?)))
        .map(|(model, other)| {
            let theirs: HashSet<usize> = other.rows.iter().copied().collect();
            let both: HashSet<usize> = model.rows.iter().filter(|row| theirs.contains(row)).copied().collect();
            (model.on(&both), other.on(&both))
        })
        .collect();
    if pairs.is_empty() {
        return Ok(());
    }
    let adjustment = spec.adjust.as_deref().and_then(Adjustment::from_word).unwrap_or(Adjustment::None);
    let mut found: Vec<(Comparison, EstimateRecord)> = Vec::new();
    // Comparisons by the first metric are told in words, once their p is adjusted.
    let mut told = Vec::new();
    for (place, asked) in asked.iter().enumerate() {
        for (model, other) in &pairs {
            step.watch.check()?;
            if asked.metric.needs_curves() && (model.curves.is_none() || other.curves.is_none()) {
                continue;
            }
            let horizon = asked.horizon.map(|(at, _)| at);
            let stream = step.stream.named("against").named(cohort).named(&model.model).named(&other.model);
            let stream = stream.named(asked.metric.card().name).named(asked.horizon.map_or("", |(_, label)| label));
            let comparison = difference(step, asked.metric, model, other, horizon, spec.threshold, &stream)?;
            let label = asked.horizon.map(|(_, label)| label);
            let mut record = EstimateRecord::new(&comparison.difference, model.kind)
                .of(&format!("{} against {}", model.model, other.model), cohort)
                .at(label);
            record.metric = format!("difference in {}", asked.metric.card().name);
            if place == 0 {
                told.push((found.len(), model, other, *asked));
            }
            found.push((comparison, record));
        }
    }
    // The comparisons of one metric at one time are a family.
    let mut adjusted: Vec<Option<f64>> = Vec::with_capacity(found.len());
    let mut most = 0;
    for family in found.chunk_by(|(a, b), (c, d)| (&a.metric, &b.horizon) == (&c.metric, &d.horizon)) {
        let p: Vec<Option<f64>> = family.iter().map(|(comparison, _)| comparison.p).collect();
        most = most.max(p.iter().flatten().count());
        adjusted.extend(adjust_present(&p, adjustment));
    }
    for (place, model, other, asked) in told {
        let (direction, target) = (asked.metric.direction(), asked.metric.target());
        let p = adjusted.get(place).copied().flatten().filter(|_| adjustment != Adjustment::None);
        let after = p.map(|p| (p, adjustment));
        answer.notes.push(sentence(&found[place].0, model, other, cohort, (direction, target), after, step.level()));
    }
    let title = format!("Differences on {cohort}");
    let mut table = ResultTable::new(
        &format!("comparison-{cohort}"),
        title,
        ["model", "against", "evidence", "metric", "difference", "p", "p adjusted", "patients"],
    );
    let mut hows = Vec::new();
    for ((comparison, record), adjusted) in found.iter().zip(&adjusted) {
        let metric = format!("{}{}", comparison.metric, words::at(record.horizon.as_deref()));
        table.push([
            Cell::text(comparison.first.as_str()),
            Cell::text(comparison.second.as_str()),
            Cell::text(record.kind.words()),
            Cell::text(metric),
            record.cell(DIGITS),
            comparison.p.map_or(Cell::NotEstimable(record.no_interval.clone().unwrap_or_default()), Cell::P),
            adjusted.map_or(Cell::Empty, Cell::P),
            Cell::count(record.n),
        ]);
        hows.push(comparison.difference.how.clone());
    }
    if adjustment == Adjustment::None {
        // Nobody asked for it: the column would repeat p.
        let place = table.columns.iter().position(|column| column == "p adjusted").unwrap_or(0);
        table.columns.remove(place);
        table.rows.iter_mut().for_each(|row| {
            row.remove(place);
        });
        table.notes.push("p not adjusted for the number of comparisons".to_owned());
    } else {
        let of = if most == 1 { "1 comparison".to_owned() } else { format!("{most} comparisons") };
        table.notes.push(format!("p adjusted by {} over the {of} of each metric", adjustment.title()));
    }
    table.notes.push(distinct(hows.iter().map(String::as_str)).join("; "));
    answer.tables.push(table);
    answer.estimates.extend(found.into_iter().map(|(_, record)| record));
    reclassified(step, spec, cohort, &pairs, answer);
    Ok(())
}

/// The models that an evaluation judges: those asked for and, after them, the comparators that are
/// not among them.
pub fn judged(spec: &Evaluate) -> Vec<&ModelRef> {
    let mut all: Vec<&ModelRef> = Vec::new();
    for model in spec.models.iter().chain(&spec.against) {
        if !all.contains(&model) {
            all.push(model);
        }
    }
    all
}

/// Places among [`judged`] of the pairs to compare: no model with itself, and no pair twice.
fn pairs(spec: &Evaluate) -> Vec<(usize, usize)> {
    let all = judged(spec);
    let place = |model: &ModelRef| all.iter().position(|other| *other == model);
    let with = |comparator: &ModelRef, models: &[ModelRef]| -> Vec<(usize, usize)> {
        models.iter().filter_map(|model| Some((place(model)?, place(comparator)?))).collect()
    };
    let mut wanted: Vec<(usize, usize)> = spec.against.iter().flat_map(|other| with(other, &spec.models)).collect();
    if let Some((reference, further)) = spec.against.split_first() {
        wanted.extend(with(reference, further));
    }
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for (model, other) in wanted {
        if model != other && !pairs.contains(&(model, other)) && !pairs.contains(&(other, model)) {
            pairs.push((model, other));
        }
    }
    pairs
}

/// `show NRI, IDI`: what the model changes of each comparator.
fn reclassified(step: &Step<'_>, spec: &Evaluate, cohort: &str, pairs: &[(Judgement, Judgement)], answer: &mut Answer) {
    let wants = |word: &str| spec.figures.iter().any(|figure| figure == word);
    if !(wants("NRI") || wants("IDI")) {
        return;
    }
    let mut table = ResultTable::new(
        &format!("reclassification-{cohort}"),
        format!("Reclassification on {cohort}"),
        ["model", "over", "evidence", "measure", "estimate", "p", "patients"],
    );
    let cutoffs: Vec<f64> = spec.threshold.into_iter().collect();
    for (model, other) in pairs {
        let (Outcome::Binary(events), Prediction::Probability(new), Prediction::Probability(old)) =
            (&model.outcome, &model.prediction, &other.prediction)
        else {
            continue;
        };
        let found = reclassification(events, old, new, &cutoffs, step.level());
        let how = if cutoffs.is_empty() { "category-free; normal" } else { "by the threshold; normal" };
        for word in ["NRI", "IDI"].into_iter().filter(|word| wants(word)) {
            let (estimate, p) = match &found {
                Ok(found) => {
                    let test = if word == "NRI" { &found.nri } else { &found.idi };
                    let estimate = match &test.effect {
                        Some(effect) => {
                            let estimate = Estimate::new(word, effect.value, events.len(), how);
                            effect.interval.map_or(estimate.clone(), |i| estimate.within(i.lower, i.upper, i.level))
                        }
                        None => Estimate::not_estimable(word, events.len(), "nobody is moved"),
                    };
                    (estimate, Cell::P(test.p))
                }
                Err(reason) => (Estimate::not_estimable(word, events.len(), reason.reason.clone()), Cell::Empty),
            };
            let record = EstimateRecord::new(&estimate.with_events(model.outcome.events()), model.kind)
                .of(&format!("{} over {}", model.model, other.model), cohort);
            table.push([
                Cell::text(model.model.as_str()),
                Cell::text(other.model.as_str()),
                Cell::text(model.kind.words()),
                Cell::text(word),
                record.cell(DIGITS),
                p,
                Cell::count(record.n),
            ]);
            answer.estimates.push(record);
        }
    }
    table
        .notes
        .push("both reward a model that is miscalibrated; read them beside calibration and decision curve".to_owned());
    answer.tables.push(table);
}

/// The difference of two models on the same patients: by the variance of the pair where there is
/// one (DeLong for the AUC, infinitesimal jackknife for the C-index), else by resampling patients.
fn difference(
    step: &Step<'_>,
    metric: &dyn Metric,
    model: &Judgement,
    other: &Judgement,
    horizon: Option<f64>,
    threshold: Option<f64>,
    stream: &crate::random::Stream,
) -> Result<Comparison, Fault> {
    // Where patients have several rows they are resampled.
    if let (Outcome::Survival(censored), "C-index", None) = (&model.outcome, metric.card().name, &model.patients) {
        let (first, second) = (model.judged(horizon, threshold), other.judged(horizon, threshold));
        let found = crate::survival::concordance::compare_judged(&first, &second, step.level());
        let within = if model.held.is_some() { ", of pairs within a fold" } else { "" };
        let name = "difference in C-index";
        let (difference, p) = match found {
            Ok(found) => {
                let how = format!("paired by patient; infinitesimal jackknife{within}");
                let estimate = Estimate::new(name, found.difference, found.n, how);
                let estimate = if found.p.is_some() {
                    estimate.within(found.lower, found.upper, found.level)
                } else {
                    let why = match (model.prediction.is_constant(), other.prediction.is_constant()) {
                        (true, true) => "neither score tells the patients apart: each is the same for all of them",
                        _ => "both rank the patients alike",
                    };
                    Estimate { no_interval: Some(why.to_owned()), ..estimate }
                };
                (estimate.with_events(Some(found.events)), found.p)
            }
            Err(error) => (Estimate::not_estimable(name, censored.len(), error.reason), None),
        };
        return Ok(Comparison {
            metric: metric.card().name.to_owned(),
            first: model.model.clone(),
            second: other.model.clone(),
            difference,
            p,
            p_adjusted: None,
        });
    }
    let (judged, against) = (model.judged(horizon, threshold), other.judged(horizon, threshold));
    compare(metric, (&model.model, &judged), (&other.model, &against), &step.intervals(), stream, step.watch).map_err(
        |fault| match fault {
            ResampleFault::Cancelled(cancelled) => cancelled.into(),
            ResampleFault::NotEstimable(reason) => reason.into(),
        },
    )
}

/// Whether the model beats the other one, in a sentence that leaves no room.
fn sentence(
    comparison: &Comparison,
    model: &Judgement,
    other: &Judgement,
    cohort: &str,
    (direction, target): (Direction, Option<f64>),
    adjusted: Option<(f64, Adjustment)>,
    level: f64,
) -> String {
    let (name, against, metric) = (&model.model, &other.model, &comparison.metric);
    let Ok(value) = &comparison.difference.value else {
        let why = comparison.difference.value.as_ref().err().map_or(String::new(), |reason| reason.reason.clone());
        return format!("Whether {name} beats {against} on {cohort} by {metric} is not estimable: {why}.");
    };
    if *value == 0.0 && model.prediction == other.prediction && direction == Direction::Higher {
        return format!("{name} and {against} predict the same on {}.", model.kind.on(cohort));
    }
    let interval = comparison.difference.interval;
    let numbers = format!(
        "difference in {metric} {}{}",
        Cell::Estimate {
            value: *value,
            lower: interval.map(|i| i.lower),
            upper: interval.map(|i| i.upper),
            digits: DIGITS
        }
        .shown(),
        match (adjusted, comparison.p) {
            (Some((p, adjustment)), _) => format!(", {} after {}", p_is(p), adjustment.title()),
            (None, Some(p)) => format!(", {}", p_is(p)),
            (None, None) => String::new(),
        },
    );
    if target.is_some() {
        return format!("{name} and {against} on {}: {numbers}.", model.kind.on(cohort));
    }
    let better = if direction == Direction::Higher { *value > 0.0 } else { *value < 0.0 };
    let shown = match adjusted {
        Some((p, _)) => p < 1.0 - level,
        None => interval.is_some_and(|i| i.lower > 0.0 || i.upper < 0.0),
    };
    let apart = interval.is_some_and(|i| i.lower > 0.0 || i.upper < 0.0);
    let (verdict, further) = match (better, shown) {
        (true, true) => ("beats", ""),
        (false, true) => ("is worse than", ""),
        (false, false) if apart => ("does not beat", " and may be worse"),
        (_, false) => ("does not beat", ""),
    };
    format!("{name} {verdict} {against} on {}{further}: {numbers}.", model.kind.on(cohort))
}
