//! `evaluate PRIME_R on train, internal, external against ...`: every metric on every cohort, with
//! its kind of evidence, and whether one model beats another on the same patients.

use std::collections::HashSet;

use crate::card::EndpointKind;
use crate::figures::calibration::Bin;
use crate::figures::words;
use crate::fuse;
use crate::learn::recipe::Resampling;
use crate::plan::Rows;
use crate::plan::node::{Evaluate, ModelRef, Operation};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable, fixed};
use crate::run::step::Step;
use crate::stats::bootstrap::ResampleFault;
use crate::stats::calibration::{
    Binning, Smoother, bins, calibration_curve, calibration_in_the_large, logistic_calibration,
};
use crate::stats::comparison::{Comparison, compare};
use crate::stats::decision_curve::{decision_curve, default_thresholds};
use crate::stats::distribution::normal_multiplier;
use crate::stats::{Direction, Metric, Outcome, Prediction};

use super::describe::sentence_p;
use super::drawn;
pub use super::judge::predicted;
use super::judge::{Judgement, judge, times};
use super::optimism::{Asked, corrected};

/// Digits of a metric.
const DIGITS: usize = 3;

/// # Errors
/// A metric that no engine offers; rows that are in part those of the fit; stopped.
pub fn run(step: &Step<'_>, spec: &Evaluate) -> Result<Answer, Fault> {
    let first = spec.models.first().ok_or_else(|| Fault::run("run::skipped", "there is no model to evaluate"))?;
    let kind = step.model(first.model)?.data.endpoint.outcome.kind();
    let metrics = metrics(spec, kind)?;
    let asked = asked(spec, &metrics)?;
    let wants_curves = metrics.iter().any(|metric| metric.needs_curves());
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
        return left_out(step, spec, &asked, column);
    }
    if let Some(Resampling::Folds { .. }) = &spec.over {
        return refolded(step, spec, &asked);
    }
    let mut seen = Vec::new();
    for on in &spec.on {
        let mut judgements = Vec::new();
        for model in &models {
            step.watch.check()?;
            if let Some(Resampling::Bootstraps { resamples }) = spec.over {
                let value = step.model(model.model)?;
                let apparent = judge(step, model, on, true, &at)?;
                for record in corrected(step, model, &value, &apparent, &asked, resamples, spec.threshold)? {
                    push(&mut table, &mut answer, record);
                }
                judgements.push(apparent);
                continue;
            }
            let judgement = judge(step, model, on, spec.apparent, &at)?;
            estimates(step, &judgement, &asked, spec.threshold, &mut table, &mut answer);
            if judgement.kind == Kind::OutOfFold {
                // Beside the estimate that counts, the one that flatters.
                let apparent = judge(step, model, on, true, &at)?;
                estimates(step, &apparent, &asked, spec.threshold, &mut table, &mut answer);
            }
            figures(spec, &judgement, step.level(), &mut answer);
            judgements.push(judgement);
        }
        if spec.over.is_none() {
            against(step, spec, &asked, on, &judgements, &mut answer)?;
        }
        seen.extend(judgements);
    }
    let told = drawn::evaluation::figures(&seen, &answer, step.level());
    answer.figures.splice(0..0, told);
    let hows: Vec<&str> = distinct(answer.estimates.iter().map(|record| record.how.as_str()));
    table.notes.push(format!("{}% intervals; {}", shown_level(step.level()), hows.join("; ")));
    if answer.estimates.iter().any(|record| record.kind == Kind::Apparent) {
        table.notes.push("apparent estimates are on the rows of the fit and flatter the model".to_owned());
    }
    answer.tables.insert(0, table);
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

fn shown_level(level: f64) -> String {
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
    threshold: Option<f64>,
    table: &mut ResultTable,
    answer: &mut Answer,
) {
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
        let judged = judgement.judged(asked.horizon.map(|(at, _)| at), threshold);
        let mut estimate = asked.metric.estimate(&judged, &step.intervals(), &stream).with_missing(judgement.missing);
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

/// Paired comparisons by the first metric: every model with every comparator, and every further
/// comparator with the first, all on the patients that both predict.
fn against(
    step: &Step<'_>,
    spec: &Evaluate,
    asked: &[Asked<'_>],
    on: &Rows,
    judgements: &[Judgement],
    answer: &mut Answer,
) -> Result<(), Fault> {
    let Some(first) = asked.first() else { return Ok(()) };
    let (models, comparators) = judgements.split_at(spec.models.len());
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
    let cohort = step.world.rows(on)?.label;
    let mut comparisons = ResultTable::new(
        &format!("comparison-{cohort}"),
        format!("Differences in {} on {cohort}", first.metric.card().name),
        ["model", "against", "evidence", "difference", "P", "patients"],
    );
    let mut hows = Vec::new();
    for (model, other) in pairs {
        let both: HashSet<usize> = model.rows.iter().filter(|row| other.rows.contains(row)).copied().collect();
        let (model, other) = (model.on(&both), other.on(&both));
        let horizon = first.horizon.map(|(at, _)| at);
        let stream = step.stream.named("against").named(&cohort).named(&model.model).named(&other.model);
        let comparison = difference(step, first.metric, &model, &other, horizon, spec.threshold, &stream)?;
        let mut record = EstimateRecord::new(&comparison.difference, model.kind)
            .of(&format!("{} against {}", model.model, other.model), &cohort)
            .at(first.horizon.map(|(_, label)| label));
        record.metric = format!("difference in {}", first.metric.card().name);
        comparisons.push([
            Cell::text(model.model.as_str()),
            Cell::text(other.model.as_str()),
            Cell::text(model.kind.words()),
            record.cell(DIGITS),
            comparison.p.map_or(Cell::NotEstimable(record.no_interval.clone().unwrap_or_default()), Cell::P),
            Cell::count(record.n),
        ]);
        hows.push(comparison.difference.how.clone());
        let (direction, target) = (first.metric.direction(), first.metric.target());
        answer.notes.push(sentence(&comparison, &model, &other, &cohort, direction, target));
        answer.estimates.push(record);
    }
    comparisons.notes.push(distinct(hows.iter().map(String::as_str)).join("; "));
    answer.tables.push(comparisons);
    Ok(())
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
        use crate::stats::Estimate;
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

/// The figures that were asked for.
fn figures(spec: &Evaluate, judgement: &Judgement, level: f64, answer: &mut Answer) {
    let (Outcome::Binary(events), Prediction::Probability(p)) = (&judgement.outcome, &judgement.prediction) else {
        return;
    };
    if spec.figures.iter().any(|figure| figure == "calibration") {
        let smoother = Smoother::default();
        let grid: Vec<f64> = (0..=100).map(|step| f64::from(step) / 100.0).collect();
        let smooth =
            calibration_curve(events, p, smoother, &grid, level).map_err(|reason| reason.reason).map(|curve| {
                let known = curve.into_iter().filter(|(x, y, _)| x.is_finite() && y.is_finite());
                known.map(|(x, y, limits)| (x, y, limits.map(|l| (l.lower, l.upper)))).collect()
            });
        let bins = bins(events, p, Binning::Quantiles, 10, level).unwrap_or_default();
        let bins = bins.iter().map(|bin| Bin {
            n: bin.n as u64,
            predicted: bin.predicted,
            observed: bin.observed,
            lower: Some(bin.interval.lower),
            upper: Some(bin.interval.upper),
        });
        let z = normal_multiplier(level);
        let told = |name: &str, value: f64, error: f64| {
            format!("{name} {}", words::estimate_with(value, value - z * error, value + z * error, 2))
        };
        let mut said = Vec::new();
        if let Ok(fit) = calibration_in_the_large(events, p) {
            said.push(told("intercept", fit.intercept, fit.intercept_error));
        }
        if let Ok(fit) = logistic_calibration(events, p) {
            said.push(told("slope", fit.slope, fit.slope_error));
        }
        let curve = drawn::evaluation::calibrated(judgement, said, smooth, bins.collect(), p);
        let method = format!("{}; {}; groups by deciles", smoother.described(), drawn::interval(level));
        answer.figures.push(drawn::evaluation::calibration(judgement, None, method, curve));
    }
    if spec.figures.iter().any(|figure| figure == "decision-curve")
        && let Ok(points) = decision_curve(events, p, &default_thresholds())
    {
        answer.figures.push(drawn::evaluation::decision(judgement, None, judgement.how.clone(), &points));
    }
}

/// `over leave-out centre`: each level predicted by a design fitted on the others.
fn left_out(step: &Step<'_>, spec: &Evaluate, asked: &[Asked<'_>], column: &str) -> Result<Answer, Fault> {
    let over = Resampling::LeaveOut { column: column.to_owned() };
    let mut answer = Answer::default();
    let mut table = ResultTable::new(
        "performance",
        format!("Internal-external validation, leaving out each {column}"),
        ["model", "cohort", "evidence", "metric", "estimate", "patients", "events", "missing"],
    );
    for model in spec.models.iter().chain(&spec.against) {
        let (value, cross) = crossed(step, model, &over)?;
        let part = model.part.as_deref().unwrap_or("");
        let Some(held) = cross.out_of_fold(part) else { continue };
        for fold in &cross.folds {
            let rows: HashSet<usize> = fold.fold.test.iter().copied().collect();
            let levels = &value.data.columns;
            let level =
                fold.fold.test.first().and_then(|row| levels.get(column).and_then(|levels| levels[*row].clone()));
            let whole =
                gathered(step, model, &value, &held.average, &fold.fold.test, level.as_deref().unwrap_or("missing"));
            estimates(step, &whole.on(&rows), asked, spec.threshold, &mut table, &mut answer);
        }
        let pooled = gathered(step, model, &value, &held.average, &cross.rows, "all, pooled");
        estimates(step, &pooled, asked, spec.threshold, &mut table, &mut answer);
    }
    table.notes.push(format!("each {column} is predicted by the design fitted on all others"));
    answer.tables.push(table);
    plainly(&mut answer);
    Ok(answer)
}

/// `over 10 folds`: cross-fitted again over the folds asked for.
fn refolded(step: &Step<'_>, spec: &Evaluate, asked: &[Asked<'_>]) -> Result<Answer, Fault> {
    let mut answer = Answer::default();
    let Some(over) = &spec.over else { return Ok(answer) };
    let mut table = ResultTable::new(
        "performance",
        format!("Performance by {}", super::model::told(over)),
        ["model", "cohort", "evidence", "metric", "estimate", "patients", "events", "missing"],
    );
    let mut judgements = Vec::new();
    for model in spec.models.iter().chain(&spec.against) {
        let (value, cross) = crossed(step, model, over)?;
        let Some(held) = cross.out_of_fold(model.part.as_deref().unwrap_or("")) else { continue };
        let rows = spec.on.first().map(|on| step.world.rows(on)).transpose()?;
        let label = rows.map_or_else(|| "train".to_owned(), |set| set.label);
        let mut judgement = gathered(step, model, &value, &held.average, &cross.rows, &label);
        judgement.missing += value.unknown;
        estimates(step, &judgement, asked, spec.threshold, &mut table, &mut answer);
        if let Some(on) = spec.on.first() {
            // Beside the estimate that counts, the one that flatters.
            let apparent = judge(step, model, on, true, &|_| Vec::new())?;
            estimates(step, &apparent, asked, spec.threshold, &mut table, &mut answer);
        }
        figures(spec, &judgement, step.level(), &mut answer);
        judgements.push(judgement);
    }
    table.notes.push("apparent estimates are on the rows of the fit and flatter the model".to_owned());
    if let Some(on) = spec.on.first() {
        against(step, spec, asked, on, &judgements, &mut answer)?;
    }
    let told = drawn::evaluation::figures(&judgements, &answer, step.level());
    answer.figures.splice(0..0, told);
    answer.tables.insert(0, table);
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
    held: &fuse::Predicted,
    asked: &[usize],
    cohort: &str,
) -> Judgement {
    let kept: Vec<usize> = (0..held.rows.len()).filter(|place| asked.contains(&held.rows[*place])).collect();
    let rows: Vec<usize> = kept.iter().map(|place| held.rows[*place]).collect();
    Judgement {
        model: step.label(reference),
        cohort: cohort.to_owned(),
        kind: Kind::OutOfFold,
        missing: asked.len() - rows.len(),
        outcome: model.data.endpoint.outcome.select(&rows),
        prediction: held.prediction.select(&kept),
        rows,
        curves: None,
        training: model.data.endpoint.outcome.select(&model.rows),
        how: super::model::told(&model.design.cross_fit),
    }
}
