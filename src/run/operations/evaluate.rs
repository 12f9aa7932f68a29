//! `evaluate PRIME_R on train, internal, external against ...`: every metric on every cohort, with
//! its kind of evidence, and whether one model beats another on the same patients.

use std::collections::HashSet;

use serde_json::json;

use crate::card::EndpointKind;
use crate::fuse;
use crate::learn::recipe::Resampling;
use crate::plan::node::{Evaluate, ModelRef, Operation};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable, fixed};
use crate::run::step::Step;
use crate::stats::bootstrap::{BootstrapInterval, ResampleFault};
use crate::stats::comparison::{Comparison, compare};
use crate::stats::multiplicity::{Adjustment, adjust_present};
use crate::stats::reclassification::reclassification;
use crate::stats::roc::roc_curve;
use crate::stats::{Direction, Estimate, IntervalPlan, Metric, Outcome, Prediction};
use crate::survival::brier::null_curves;

use super::describe::sentence_p;
pub use super::judge::predicted;
use super::judge::{Judgement, judge, times};
use super::optimism::{Asked, Resampled, corrected};
use super::probability::Probabilities;

/// The times at which curves of these outcomes are wanted.
type Times<'t> = dyn Fn(&Outcome) -> Vec<f64> + 't;

/// Digits of a metric.
const DIGITS: usize = 3;

/// # Errors
/// A metric that no engine offers; rows that are in part those of the fit; stopped.
pub fn run(step: &Step<'_>, spec: &Evaluate) -> Result<Answer, Fault> {
    let first = spec.models.first().ok_or_else(|| Fault::run("run::skipped", "there is no model to evaluate"))?;
    let kind = step.model(first.model)?.data.endpoint.outcome.kind();
    let metrics = metrics(spec, kind)?;
    let asked = asked(spec, &metrics)?;
    let probability = |figure: &String| figure == "calibration" || figure == "decision-curve";
    let wants_curves = metrics.iter().any(|metric| metric.needs_curves()) || spec.figures.iter().any(probability);
    let whole = metrics.iter().any(|metric| metric.needs_curves() && !metric.needs_horizon());
    let at = |outcome: &Outcome| if wants_curves { times(outcome, &spec.horizons, whole) } else { Vec::new() };
    let models: Vec<&ModelRef> = spec.models.iter().chain(&spec.against).collect();

    let mut answer = Answer::default();
    let title =
        format!("Performance, {}", metrics.iter().map(|metric| metric.card().title).collect::<Vec<_>>().join(", "));
    let mut table = ResultTable::new(
        "performance",
        title,
        ["model", "cohort", "evidence", "metric", "estimate", "patients", "events", "missing"],
    );
    if let Some(Resampling::LeaveOut { column }) = &spec.over {
        return left_out(step, spec, &asked, column, &at);
    }
    if let Some(Resampling::Folds { .. }) = &spec.over {
        return refolded(step, spec, &asked, &at);
    }
    let mut probabilities = Probabilities::new();
    for on in &spec.on {
        let mut judgements = Vec::new();
        for model in &models {
            step.watch.check()?;
            if let Some(Resampling::Bootstraps { resamples }) = spec.over {
                let value = step.model(model.model)?;
                let apparent = judge(step, model, on, true, &at)?;
                let resampled = Resampled { resamples, threshold: spec.threshold };
                for record in corrected(step, model, &value, &apparent, &asked, &resampled)? {
                    push(&mut table, &mut answer, record);
                }
                judgements.push(apparent);
                continue;
            }
            let judgement = judge(step, model, on, spec.apparent, &at)?;
            estimates(step, &judgement, &asked, spec, &mut table, &mut answer);
            if judgement.kind == Kind::OutOfFold {
                // Beside the estimate that counts, the one that flatters.
                let apparent = judge(step, model, on, true, &at)?;
                estimates(step, &apparent, &asked, spec, &mut table, &mut answer);
            }
            figures(&judgement, &mut answer);
            probabilities.add(step, spec, &judgement, &mut answer)?;
            judgements.push(judgement);
        }
        null_models(step, spec, &asked, &judgements, &mut table, &mut answer)?;
        if spec.over.is_none() {
            let cohort = step.world.rows(on)?.label;
            against(step, spec, &asked, &cohort, &judgements, &mut answer)?;
        }
    }
    let hows: Vec<&str> = distinct(answer.estimates.iter().map(|record| record.how.as_str()));
    table.notes.push(format!("{}% intervals; {}", shown_level(step.level()), hows.join("; ")));
    if answer.estimates.iter().any(|record| record.kind == Kind::Apparent) {
        table.notes.push("apparent estimates are on the rows of the fit and flatter the model".to_owned());
    }
    if !spec.against.is_empty() && matches!(spec.over, Some(Resampling::Bootstraps { .. })) {
        answer.notes.push("models are not compared by optimism; ask `over 5 folds, 10 repeats` for that".to_owned());
    }
    answer.tables.insert(0, table);
    probabilities.finish(&mut answer);
    plainly(&mut answer);
    Ok(answer)
}

fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut seen = Vec::new();
    for text in texts {
        if !text.is_empty() && !seen.contains(&text) {
            seen.push(text);
        }
    }
    seen
}

pub fn shown_level(level: f64) -> String {
    format!("{}", (level * 1000.0).round() / 10.0)
}

fn metrics(spec: &Evaluate, kind: EndpointKind) -> Result<Vec<&'static dyn Metric>, Fault> {
    spec.metrics
        .iter()
        .map(|name| {
            fuse::metric(name, kind).ok_or_else(|| {
                let all = crate::stats::metrics().iter().chain(crate::survival::metrics());
                let fitting: Vec<&str> =
                    all.map(|m| m.card()).filter(|card| card.serves(kind)).map(|card| card.name).collect();
                Fault::unavailable(
                    &format!("the metric `{name}` of a {kind} endpoint"),
                    &format!("these are: {}", fitting.join(", ")),
                )
            })
        })
        .collect()
}

fn asked<'a>(spec: &'a Evaluate, metrics: &[&'static dyn Metric]) -> Result<Vec<Asked<'a>>, Fault> {
    let mut asked = Vec::new();
    for metric in metrics {
        if !metric.needs_horizon() {
            asked.push(Asked { metric: *metric, horizon: None });
            continue;
        }
        if spec.horizons.is_empty() {
            return Err(Fault::run("run::no-horizon", format!("`{}` is asked at a time", metric.card().name))
                .helped("say `at 12, 24 months`"));
        }
        for (at, label) in spec.horizons.iter().zip(&spec.horizon_labels) {
            asked.push(Asked { metric: *metric, horizon: Some((*at, label)) });
        }
    }
    Ok(asked)
}

/// Every metric of one judgement.
fn estimates(
    step: &Step<'_>,
    judgement: &Judgement,
    asked: &[Asked<'_>],
    spec: &Evaluate,
    table: &mut ResultTable,
    answer: &mut Answer,
) {
    let intervals = &intervals(step, spec);
    for asked in asked {
        let label = asked.horizon.map(|(_, label)| label);
        let name = asked.metric.card().name;
        let stream = step
            .stream
            .named(&judgement.model)
            .named(&judgement.cohort)
            .named(judgement.kind.words())
            .named(name)
            .named(label.unwrap_or(""));
        let judged = judgement.judged(asked.horizon.map(|(at, _)| at), spec.threshold);
        let mut estimate = asked.metric.estimate(&judged, intervals, &stream).with_missing(judgement.missing);
        if estimate.events.is_none() {
            estimate.events = judgement.outcome.events();
        }
        let mut record =
            EstimateRecord::new(&estimate, judgement.kind).of(&judgement.model, &judgement.cohort).at(label);
        record.metric = name.to_owned();
        record.how =
            if record.how.is_empty() { judgement.how.clone() } else { format!("{}; {}", judgement.how, record.how) };
        push(table, answer, record);
    }
}

fn push(table: &mut ResultTable, answer: &mut Answer, record: EstimateRecord) {
    let metric = match &record.horizon {
        Some(horizon) => format!("{} at {horizon}", record.metric),
        None => record.metric.clone(),
    };
    table.push([
        Cell::text(record.model.as_str()),
        Cell::text(record.cohort.as_str()),
        Cell::text(record.kind.words()),
        Cell::text(metric),
        record.cell(DIGITS),
        Cell::count(record.n),
        Cell::events(record.events),
        Cell::count(record.missing),
    ]);
    answer.estimates.push(record);
}

fn intervals(step: &Step<'_>, spec: &Evaluate) -> IntervalPlan {
    let bootstrap = if spec.bca { BootstrapInterval::Bca } else { BootstrapInterval::Percentile };
    IntervalPlan { bootstrap, ..step.intervals() }
}

/// The Kaplan-Meier curve of the training rows beside every metric of survival curves: what a model
/// without predictors would have.
fn null_models(
    step: &Step<'_>,
    spec: &Evaluate,
    asked: &[Asked<'_>],
    judgements: &[Judgement],
    table: &mut ResultTable,
    answer: &mut Answer,
) -> Result<(), Fault> {
    let asked: Vec<Asked<'_>> = asked.iter().filter(|asked| asked.metric.needs_curves()).copied().collect();
    let Some(first) = judgements.iter().find(|judgement| judgement.curves.is_some()) else { return Ok(()) };
    let (Some(curves), Outcome::Survival(training)) = (&first.curves, &first.training) else { return Ok(()) };
    if asked.is_empty() {
        return Ok(());
    }
    let n = first.rows.len();
    let null =
        null_curves(training, n, &curves.times).map_err(|error| Fault::run("run::not-estimable", error.to_string()))?;
    let judgement = Judgement {
        model: "Kaplan-Meier, no predictors".to_owned(),
        prediction: Prediction::Risk(vec![0.0; n]),
        curves: Some(null),
        how: "Kaplan-Meier of the training rows".to_owned(),
        ..first.clone()
    };
    estimates(step, &judgement, &asked, spec, table, answer);
    Ok(())
}

/// Paired comparisons by every metric: every model with every comparator, and every further
/// comparator with the first, all on the patients that both predict.
fn against(
    step: &Step<'_>,
    spec: &Evaluate,
    asked: &[Asked<'_>],
    cohort: &str,
    judgements: &[Judgement],
    answer: &mut Answer,
) -> Result<(), Fault> {
    let (models, comparators) = judgements.split_at(spec.models.len().min(judgements.len()));
    let mut pairs: Vec<(&Judgement, &Judgement)> = Vec::new();
    for comparator in comparators {
        pairs.extend(models.iter().map(|model| (model, comparator)));
    }
    if let Some((reference, further)) = comparators.split_first() {
        pairs.extend(further.iter().map(|other| (other, reference)));
    }
    if pairs.is_empty() {
        return Ok(());
    }
    let pairs: Vec<(Judgement, Judgement)> = pairs
        .into_iter()
        .map(|(model, other)| {
            let theirs: HashSet<usize> = other.rows.iter().copied().collect();
            let both: HashSet<usize> = model.rows.iter().filter(|row| theirs.contains(row)).copied().collect();
            (model.on(&both), other.on(&both))
        })
        .collect();
    let adjustment = spec.adjust.as_deref().and_then(Adjustment::from_word).unwrap_or(Adjustment::None);
    let mut found: Vec<(Comparison, EstimateRecord, bool)> = Vec::new();
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
                let (direction, target) = (asked.metric.direction(), asked.metric.target());
                answer.notes.push(sentence(&comparison, model, other, cohort, direction, target));
            }
            found.push((comparison, record, place == 0));
        }
    }
    let p: Vec<Option<f64>> = found.iter().map(|(comparison, ..)| comparison.p).collect();
    let adjusted = adjust_present(&p, adjustment);
    let title = format!("Differences on {cohort}");
    let mut table = ResultTable::new(
        &format!("comparison-{cohort}"),
        title,
        ["model", "against", "evidence", "metric", "difference", "P", "P adjusted", "patients"],
    );
    let mut hows = Vec::new();
    for ((comparison, record, _), adjusted) in found.iter().zip(&adjusted) {
        let metric =
            record.horizon.as_ref().map_or(comparison.metric.clone(), |at| format!("{} at {at}", comparison.metric));
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
        // Nobody asked for it: the column would repeat P.
        let place = table.columns.iter().position(|column| column == "P adjusted").unwrap_or(0);
        table.columns.remove(place);
        table.rows.iter_mut().for_each(|row| {
            row.remove(place);
        });
        table.notes.push("P not adjusted for the number of comparisons".to_owned());
    } else {
        table.notes.push(format!("P adjusted over the {} comparisons by {}", found.len(), adjustment.title()));
    }
    table.notes.push(distinct(hows.iter().map(String::as_str)).join("; "));
    answer.tables.push(table);
    answer.estimates.extend(found.into_iter().map(|(_, record, _)| record));
    reclassified(step, spec, cohort, &pairs, answer);
    Ok(())
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
        ["model", "over", "evidence", "measure", "estimate", "P", "patients"],
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
    if let (Outcome::Survival(censored), "C-index") = (&model.outcome, metric.card().name) {
        use crate::survival::concordance::{self, TimeWeight};
        let scores = (model.prediction.scores(), other.prediction.scores());
        let found = concordance::compare(censored, scores.0, scores.1, TimeWeight::Pairs, step.level());
        let name = "difference in C-index";
        let (difference, p) = match found {
            Ok(found) => {
                let estimate =
                    Estimate::new(name, found.difference, found.n, "paired by patient; infinitesimal jackknife");
                let estimate = if found.p.is_some() {
                    estimate.within(found.lower, found.upper, found.level)
                } else {
                    Estimate { no_interval: Some("both rank the patients alike".to_owned()), ..estimate }
                };
                (estimate.with_events(Some(found.events)), found.p)
            }
            Err(error) => (Estimate::not_estimable(name, censored.len(), error.to_string()), None),
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
    direction: Direction,
    target: Option<f64>,
) -> String {
    let (name, against, metric) = (&model.model, &other.model, &comparison.metric);
    let Ok(value) = &comparison.difference.value else {
        let why = comparison.difference.value.as_ref().err().map_or(String::new(), |reason| reason.reason.clone());
        return format!("Whether {name} beats {against} on {cohort} by {metric} is not estimable: {why}.");
    };
    let interval = comparison.difference.interval;
    let numbers = format!(
        "difference in {metric} {}{}{}",
        fixed(*value, DIGITS),
        interval.map_or(String::new(), |i| format!(" ({} to {})", fixed(i.lower, DIGITS), fixed(i.upper, DIGITS))),
        comparison.p.map_or(String::new(), |p| format!(", {}", sentence_p(p))),
    );
    if target.is_some() {
        return format!("{name} and {against} on {cohort} ({}): {numbers}.", model.kind.words());
    }
    let better = if direction == Direction::Higher { *value > 0.0 } else { *value < 0.0 };
    let shown = interval.is_some_and(|i| i.lower > 0.0 || i.upper < 0.0);
    let verdict = match (better, shown) {
        (true, true) => "beats",
        (false, true) => "is worse than",
        (_, false) => "does not beat",
    };
    format!("{name} {verdict} {against} on {cohort} ({}): {numbers}.", model.kind.words())
}

/// Says of every discrimination whose interval reaches chance that none was shown.
fn plainly(answer: &mut Answer) {
    let mut told = Vec::new();
    for record in &answer.estimates {
        let chance = matches!(record.metric.as_str(), "AUC" | "C-index" | "Uno-C");
        if let (true, Some(lower), Some(value)) = (chance, record.lower, record.value)
            && record.kind != Kind::Apparent
            && lower <= 0.5
        {
            let at = record.horizon.as_ref().map_or(String::new(), |horizon| format!(" at {horizon}"));
            told.push(format!(
                "{} shows no discrimination on {} ({}): the interval of its {}{at}, {}, reaches down to {}.",
                record.model,
                record.cohort,
                record.kind.words(),
                record.metric,
                fixed(value, DIGITS),
                fixed(lower, DIGITS),
            ));
        }
    }
    answer.notes.extend(told);
}

/// Data of the ROC curve, which costs nothing.
fn figures(judgement: &Judgement, answer: &mut Answer) {
    let (Outcome::Binary(events), Prediction::Probability(p)) = (&judgement.outcome, &judgement.prediction) else {
        return;
    };
    let place =
        json!({ "model": judgement.model, "cohort": judgement.cohort, "evidence": judgement.kind, "n": events.len() });
    let title = format!("{} on {} ({})", judgement.model, judgement.cohort, judgement.kind.words());
    if let Ok(curve) = roc_curve(events, p) {
        // Everybody is positive below the lowest threshold, which JSON cannot write as a number.
        let points: Vec<_> = curve
            .iter()
            .map(|point| {
                json!([point.threshold.is_finite().then_some(point.threshold), point.sensitivity, point.specificity])
            })
            .collect();
        answer.figures.push(FigureData {
            kind: "roc".to_owned(),
            title,
            data: json!({ "of": place, "columns": ["threshold", "sensitivity", "specificity"], "points": points }),
        });
    }
}

/// `over leave-out centre`: each level predicted by a design fitted on the others.
fn left_out(
    step: &Step<'_>,
    spec: &Evaluate,
    asked: &[Asked<'_>],
    column: &str,
    times: &Times<'_>,
) -> Result<Answer, Fault> {
    let over = Resampling::LeaveOut { column: column.to_owned() };
    let mut answer = Answer::default();
    let mut table = ResultTable::new(
        "performance",
        format!("Internal-external validation, leaving out each {column}"),
        ["model", "cohort", "evidence", "metric", "estimate", "patients", "events", "missing"],
    );
    let mut probabilities = Probabilities::new();
    let mut judgements = Vec::new();
    for model in spec.models.iter().chain(&spec.against) {
        let (value, cross) = crossed(step, model, &over)?;
        let pooled = gathered(step, model, &value, &cross, &cross.rows, "all, pooled", times)?;
        for fold in &cross.folds {
            let rows: HashSet<usize> = fold.fold.test.iter().copied().collect();
            let levels = &value.data.columns;
            let level =
                fold.fold.test.first().and_then(|row| levels.get(column).and_then(|levels| levels[*row].clone()));
            let mut own = pooled.on(&rows);
            own.cohort = level.unwrap_or_else(|| "missing".to_owned());
            own.missing = fold.fold.test.len() - own.rows.len();
            // Weights of censoring follow from the patients that the fold was fitted on.
            own.training = value.data.endpoint.outcome.select(&fold.fold.train);
            estimates(step, &own, asked, spec, &mut table, &mut answer);
        }
        estimates(step, &pooled, asked, spec, &mut table, &mut answer);
        figures(&pooled, &mut answer);
        probabilities.add(step, spec, &pooled, &mut answer)?;
        judgements.push(pooled);
    }
    table.notes.push(format!("each {column} is predicted by the design fitted on all others"));
    against(step, spec, asked, "all, pooled", &judgements, &mut answer)?;
    answer.tables.insert(0, table);
    probabilities.finish(&mut answer);
    plainly(&mut answer);
    Ok(answer)
}

/// `over 10 folds`: cross-fitted again over the folds asked for.
fn refolded(step: &Step<'_>, spec: &Evaluate, asked: &[Asked<'_>], times: &Times<'_>) -> Result<Answer, Fault> {
    let mut answer = Answer::default();
    let Some(over) = &spec.over else { return Ok(answer) };
    let mut table = ResultTable::new(
        "performance",
        format!("Performance by {}", super::model::told(over)),
        ["model", "cohort", "evidence", "metric", "estimate", "patients", "events", "missing"],
    );
    let mut probabilities = Probabilities::new();
    let mut judgements = Vec::new();
    let rows = spec.on.first().map(|on| step.world.rows(on)).transpose()?;
    let label = rows.map_or_else(|| "train".to_owned(), |set| set.label);
    for model in spec.models.iter().chain(&spec.against) {
        let (value, cross) = crossed(step, model, over)?;
        let mut judgement = gathered(step, model, &value, &cross, &cross.rows, &label, times)?;
        judgement.missing += value.unknown;
        estimates(step, &judgement, asked, spec, &mut table, &mut answer);
        if let Some(on) = spec.on.first() {
            // Beside the estimate that counts, the one that flatters.
            let apparent = judge(step, model, on, true, times)?;
            estimates(step, &apparent, asked, spec, &mut table, &mut answer);
        }
        figures(&judgement, &mut answer);
        probabilities.add(step, spec, &judgement, &mut answer)?;
        judgements.push(judgement);
    }
    null_models(step, spec, asked, &judgements, &mut table, &mut answer)?;
    table.notes.push("apparent estimates are on the rows of the fit and flatter the model".to_owned());
    against(step, spec, asked, &label, &judgements, &mut answer)?;
    answer.tables.insert(0, table);
    probabilities.finish(&mut answer);
    plainly(&mut answer);
    Ok(answer)
}

/// The model cross-fitted over another resampling than its own.
fn crossed(
    step: &Step<'_>,
    reference: &ModelRef,
    over: &Resampling,
) -> Result<(super::model::ModelValue, fuse::CrossFit), Fault> {
    let model = step.model(reference.model)?;
    let Operation::Model(spec) = &step.plan().node(reference.model).operation else {
        return Err(Fault::run("run::skipped", "this model cannot be fitted again"));
    };
    let extra: Vec<String> = if let Resampling::LeaveOut { column } = over { vec![column.clone()] } else { Vec::new() };
    let data = super::model::Data::gather(step.world, spec, model.data.table, &extra)?;
    let memo = step.memo();
    let work = fuse::Work::new(step.stream.named("over"), step.watch).with_memo(&memo).named(&model.name);
    let cross = fuse::cross_fit(&spec.design, over, &data.cohort(), &model.rows, &work)?;
    let fitted = fuse::FittedDesign::thaw(&model.fitted.freeze())?;
    let value = super::model::ModelValue {
        name: model.name.clone(),
        design: fuse_design(&model.design, over),
        data,
        rows: model.rows.clone(),
        unknown: model.unknown,
        fitted,
        cross: None,
    };
    Ok((value, cross))
}

fn fuse_design(design: &crate::learn::recipe::Design, over: &Resampling) -> crate::learn::recipe::Design {
    crate::learn::recipe::Design { cross_fit: over.clone(), ..design.clone() }
}

/// Out-of-fold predictions as something to judge.
fn gathered(
    step: &Step<'_>,
    reference: &ModelRef,
    model: &super::model::ModelValue,
    cross: &fuse::CrossFit,
    asked: &[usize],
    cohort: &str,
    times: &Times<'_>,
) -> Result<Judgement, Fault> {
    let part = reference.part.as_deref().unwrap_or("");
    let held = cross
        .out_of_fold(part)
        .ok_or_else(|| Fault::run("run::no-part", format!("`{}` has no part `{part}`", model.name)))?;
    let held = &held.average;
    let within: HashSet<usize> = asked.iter().copied().collect();
    let kept: Vec<usize> = (0..held.rows.len()).filter(|place| within.contains(&held.rows[*place])).collect();
    let mut rows: Vec<usize> = kept.iter().map(|place| held.rows[*place]).collect();
    let mut prediction = held.prediction.select(&kept);
    let mut curves = None;
    let at = times(&model.data.endpoint.outcome.select(&rows));
    if let (false, Outcome::Survival(_)) = (at.is_empty(), &model.data.endpoint.outcome)
        && let Some((curve_rows, found)) = cross.curves(&model.data.blocks, part, 0, &at)?
    {
        (rows, prediction, curves) = super::judge::aligned(rows, &prediction, &curve_rows, found);
    }
    Ok(Judgement {
        model: step.label(reference),
        cohort: cohort.to_owned(),
        kind: Kind::OutOfFold,
        missing: asked.len() - rows.len(),
        outcome: model.data.endpoint.outcome.select(&rows),
        prediction,
        rows,
        curves,
        training: model.data.endpoint.outcome.select(&model.rows),
        how: super::model::told(&model.design.cross_fit),
    })
}
