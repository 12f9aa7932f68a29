//! `evaluate PRIME_R on train, internal, external against ...`: every metric on every cohort, with
//! its kind of evidence, and whether one model beats another on the same patients.

use std::collections::HashSet;

use crate::card::EndpointKind;
use crate::figures::precision_recall::{self, PrecisionRecall};
use crate::fuse;
use crate::learn::recipe::Resampling;
use crate::plan::node::{Evaluate, ModelRef, Operation};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable, fixed};
use crate::run::step::Step;
use crate::stats::bootstrap::BootstrapInterval;
use crate::stats::confusion::Confusion;
use crate::stats::estimate::SAME_SCORE;
use crate::stats::roc::roc_curve;
use crate::stats::{IntervalPlan, Metric, Outcome, Prediction};
use crate::survival::brier::null_curves;

use super::compare::{against, judged};
use super::drawn;
pub use super::judge::predicted;
use super::judge::{Judgement, folds_without_ranks, judge, times};
use super::optimism::{Asked, Resampled, corrected};
use super::probability::Probabilities;

/// The times at which curves of these outcomes are wanted.
type Times<'t> = dyn Fn(&Outcome) -> Vec<f64> + 't;

/// Digits of a metric.
pub const DIGITS: usize = 3;

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
    let models = judged(spec);

    let mut answer = Answer::default();
    let title =
        format!("Performance: {}", metrics.iter().map(|metric| metric.card().title).collect::<Vec<_>>().join(", "));
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
    let mut probabilities = Probabilities::default();
    let mut seen = Vec::new();
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
            estimates(step, &judgement, &asked, spec, &mut table, &mut answer)?;
            if judgement.kind == Kind::OutOfFold {
                if let Some((alike, folds)) = folds_without_ranks(step, model, &judgement)? {
                    answer.notes.push(format!(
                        "in {alike} of {folds} folds {} predicts the same for everybody, as where no feature is left; \
                         the pairs of those folds count one half",
                        judgement.model
                    ));
                }
                // Beside the estimate that counts, the one that flatters.
                let apparent = judge(step, model, on, true, &at)?;
                estimates(step, &apparent, &asked, spec, &mut table, &mut answer)?;
            }
            figures(spec, &judgement, step.level(), &mut answer);
            probabilities.add(step, spec, &judgement, &mut answer)?;
            judgements.push(judgement);
        }
        null_models(step, spec, &asked, &judgements, &mut table, &mut answer)?;
        if spec.over.is_none() {
            let cohort = step.world.rows(on)?.label;
            against(step, spec, &asked, &cohort, &judgements, &mut answer)?;
        }
        seen.extend(judgements);
    }
    let told = drawn::evaluation::figures(&seen, &answer, step.level());
    answer.figures.splice(0..0, told);
    if answer.estimates.iter().any(|record| record.kind == Kind::Apparent) {
        table.notes.push("apparent estimates are on the rows of the fit and flatter the model".to_owned());
    }
    if !spec.against.is_empty() && matches!(spec.over, Some(Resampling::Bootstraps { .. })) {
        answer.notes.push("models are not compared by optimism; ask `over 5 folds, 10 repeats` for that".to_owned());
    }
    Ok(finished(step, &asked, &seen, table, probabilities, answer))
}

/// The answer with its table of performance, those of probabilities, and what must be said plainly.
fn finished(
    step: &Step<'_>,
    asked: &[Asked<'_>],
    seen: &[Judgement],
    mut table: ResultTable,
    probabilities: Probabilities,
    mut answer: Answer,
) -> Answer {
    if !table.rows.is_empty() {
        let mut hows = methods(asked, &answer.estimates, seen);
        if hows.is_empty() {
            hows = distinct(answer.estimates.iter().map(|record| record.how.as_str()))
                .into_iter()
                .map(str::to_owned)
                .collect();
        }
        let evidence: Vec<String> = seen.iter().map(|seen| format!("{}: {}", seen.kind.words(), seen.how)).collect();
        let evidence = distinct(evidence.iter().map(String::as_str)).join("; ");
        let made = format!("{}% intervals; {}", shown_level(step.level()), hows.join("; "));
        table.notes.splice(0..0, [made, evidence].into_iter().filter(|note| !note.is_empty()));
        table.notes.extend(without_interval(&answer.estimates));
        answer.tables.insert(0, table);
    }
    probabilities.finish(&mut answer);
    plainly(&mut answer);
    answer
}

/// Why estimates stand without an interval, a sentence for each reason.
fn without_interval(records: &[EstimateRecord]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for record in records.iter().filter(|record| record.value.is_some() && record.lower.is_none()) {
        let Some(why) = record.no_interval.as_deref() else { continue };
        let what = format!("{} of {} on {}", record.metric, record.model, record.kind.on(&record.cohort));
        match reasons.iter_mut().find(|(known, _)| *known == why) {
            Some((_, of)) if of.contains(&what) => {}
            Some((_, of)) => of.push(what),
            None => reasons.push((why, vec![what])),
        }
    }
    reasons
        .into_iter()
        .map(|(why, of)| {
            let more = if of.len() > 3 { format!(" and {} more", of.len() - 3) } else { String::new() };
            format!("no interval of {}{more}: {why}", of[..of.len().min(3)].join(", "))
        })
        .collect()
}

/// How each metric was estimated, apart from how the patients were predicted: `AUC by trapezoid, DeLong`.
fn methods(asked: &[Asked<'_>], records: &[EstimateRecord], seen: &[Judgement]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for record in records.iter().filter(|record| asked.iter().any(|asked| asked.metric.card().name == record.metric)) {
        let how = seen.iter().find_map(|judgement| {
            record.how.strip_prefix(judgement.how.as_str()).and_then(|how| how.strip_prefix("; "))
        });
        let Some(how) = how else { continue };
        let text = format!("{} by {}", record.metric, how.replace("; ", ", "));
        if !told.contains(&text) {
            told.push(text);
        }
    }
    told
}

/// Each text once, in order of appearance, without empty ones.
pub fn distinct<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
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
) -> Result<(), Fault> {
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
        let estimate = crate::stats::metric::estimate(asked.metric, &judged, intervals, &stream, step.watch)?;
        let mut estimate = estimate.with_missing(judgement.missing);
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
    Ok(())
}

fn push(table: &mut ResultTable, answer: &mut Answer, record: EstimateRecord) {
    table.push([
        Cell::text(record.model.as_str()),
        Cell::text(record.cohort.as_str()),
        Cell::text(record.kind.words()),
        Cell::text(record.measure()),
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
        held: None,
        curves: Some(null),
        how: "Kaplan-Meier of the training rows".to_owned(),
        ..first.clone()
    };
    estimates(step, &judgement, &asked, spec, table, answer)
}

/// Says of every discrimination whose interval reaches chance that none was shown.
fn plainly(answer: &mut Answer) {
    let mut told = Vec::new();
    for record in &answer.estimates {
        let chance = matches!(record.metric.as_str(), "AUC" | "AUC-ovr" | "C-index" | "Uno-C");
        if chance && record.kind != Kind::Apparent && record.no_interval.as_deref() == Some(SAME_SCORE) {
            let sentence = format!(
                "{} tells no patients apart on {}: {SAME_SCORE}.",
                record.model,
                record.kind.on(&record.cohort)
            );
            if !told.contains(&sentence) {
                told.push(sentence);
            }
        }
        if let (true, Some(lower), Some(value)) = (chance, record.lower, record.value)
            && record.kind != Kind::Apparent
            && lower <= 0.5
        {
            told.push(format!(
                "{} is not shown to discriminate on {}: the interval of its {}, {}, reaches down to {}.",
                record.model,
                record.kind.on(&record.cohort),
                record.measure(),
                fixed(value, DIGITS),
                fixed(lower, DIGITS),
            ));
        }
    }
    answer.notes.extend(told);
}

/// Data of what was asked for of single patients.
fn figures(spec: &Evaluate, judgement: &Judgement, level: f64, answer: &mut Answer) {
    let wants = |word: &str| spec.figures.iter().any(|figure| figure == word);
    let title = format!("{} on {}", judgement.model, judgement.kind.on(&judgement.cohort));
    if wants("scores") {
        answer.figures.push(drawn::evaluation::scores(judgement, spec.horizon_labels.first().map(String::as_str)));
    }
    if matches!(judgement.outcome, Outcome::Nominal(_)) {
        super::classes::told(judgement, wants("confusion"), level, answer);
        return;
    }
    let (Outcome::Binary(events), Prediction::Probability(p)) = (&judgement.outcome, &judgement.prediction) else {
        if wants("roc") {
            answer
                .notes
                .push(format!("{title}: the ROC curve of a survival endpoint is not drawn; `AUC` at a time is told"));
        }
        return;
    };
    let Ok(curve) = roc_curve(events, p) else { return };
    if wants("precision-recall") {
        let happened = events.iter().filter(|event| **event).count() as f64;
        let others = events.len() as f64 - happened;
        let points = curve.iter().filter_map(|point| {
            let (tp, fp) = (point.sensitivity * happened, (1.0 - point.specificity) * others);
            (tp + fp > 0.0).then(|| (point.sensitivity, tp / (tp + fp)))
        });
        let drawn = precision_recall::Curve {
            name: judgement.kind.on(&judgement.cohort),
            n: events.len() as u64,
            events: happened as u64,
            points: points.collect(),
        };
        let figure = PrecisionRecall { title: judgement.model.clone(), curves: vec![drawn] };
        answer.figures.push(FigureData::new(title.clone(), &figure));
    }
    if wants("confusion") {
        let threshold = spec.threshold.unwrap_or(0.5);
        let counts = Confusion::at(events, p, threshold);
        let mut table = ResultTable::new(
            &format!("confusion-{}-{}-{}", judgement.model, judgement.cohort, judgement.kind.words().replace(' ', "-")),
            format!("{title}: called an event from {threshold}"),
            ["observed", "called an event", "called none"],
        );
        table.push([Cell::text("event"), Cell::count(counts.true_positive), Cell::count(counts.false_negative)]);
        table.push([Cell::text("none"), Cell::count(counts.false_positive), Cell::count(counts.true_negative)]);
        answer.tables.push(table);
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
    let mut probabilities = Probabilities::default();
    let mut judgements = Vec::new();
    for model in judged(spec) {
        let (value, cross) = crossed(step, model, &over)?;
        let pooled = gathered(step, model, &value, &cross, &cross.rows, "all, pooled", times)?;
        for fold in &cross.folds {
            let rows: HashSet<usize> = fold.fold.test.iter().copied().collect();
            let levels = &value.data.columns;
            let level =
                fold.fold.test.first().and_then(|row| levels.get(column).and_then(|levels| levels[*row].clone()));
            let mut own = pooled.on(&rows);
            own.cohort = format!("{column} {}", level.as_deref().unwrap_or("missing"));
            own.missing = fold.fold.test.len() - own.rows.len();
            // One model predicted them all.
            own.held = None;
            // Weights of censoring follow from the patients that the fold was fitted on.
            own.training = value.data.endpoint.outcome.select(&fold.fold.train);
            estimates(step, &own, asked, spec, &mut table, &mut answer)?;
        }
        estimates(step, &pooled, asked, spec, &mut table, &mut answer)?;
        figures(spec, &pooled, step.level(), &mut answer);
        probabilities.add(step, spec, &pooled, &mut answer)?;
        judgements.push(pooled);
    }
    table.notes.push(format!("each {column} is predicted by the design fitted on all others"));
    against(step, spec, asked, "all, pooled", &judgements, &mut answer)?;
    let told = drawn::evaluation::figures(&judgements, &answer, step.level());
    answer.figures.splice(0..0, told);
    Ok(finished(step, asked, &judgements, table, probabilities, answer))
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
    let mut probabilities = Probabilities::default();
    let mut judgements = Vec::new();
    let rows = spec.on.first().map(|on| step.world.rows(on)).transpose()?;
    let label = rows.map_or_else(|| "train".to_owned(), |set| set.label);
    for model in judged(spec) {
        let (value, cross) = crossed(step, model, over)?;
        let mut judgement = gathered(step, model, &value, &cross, &cross.rows, &label, times)?;
        judgement.missing += value.unknown;
        estimates(step, &judgement, asked, spec, &mut table, &mut answer)?;
        if let Some(on) = spec.on.first() {
            // Beside the estimate that counts, the one that flatters.
            let apparent = judge(step, model, on, true, times)?;
            estimates(step, &apparent, asked, spec, &mut table, &mut answer)?;
        }
        figures(spec, &judgement, step.level(), &mut answer);
        probabilities.add(step, spec, &judgement, &mut answer)?;
        judgements.push(judgement);
    }
    null_models(step, spec, asked, &judgements, &mut table, &mut answer)?;
    table.notes.push("apparent estimates are on the rows of the fit and flatter the model".to_owned());
    against(step, spec, asked, &label, &judgements, &mut answer)?;
    let told = drawn::evaluation::figures(&judgements, &answer, step.level());
    answer.figures.splice(0..0, told);
    Ok(finished(step, asked, &judgements, table, probabilities, answer))
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
    let work = fuse::Work::new(step.stream.named("over"), step.watch).with_memo(&memo).with_folds(step.folds());
    let work = work.named(&model.name);
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
    let outcome = model.data.endpoint.outcome.select(&rows);
    let (held, how) = super::judge::ranking(
        super::judge::strata(cross, part, &rows),
        &outcome,
        super::model::told(&model.design.cross_fit),
    );
    let patients = model.data.patients(&rows);
    Ok(Judgement {
        held,
        how: super::judge::with_patients(how, patients.as_deref()),
        patients,
        model: step.label(reference),
        cohort: cohort.to_owned(),
        kind: Kind::OutOfFold,
        missing: asked.len() - rows.len(),
        outcome,
        prediction,
        rows,
        curves,
        training: model.data.endpoint.outcome.select(&model.rows),
    })
}
