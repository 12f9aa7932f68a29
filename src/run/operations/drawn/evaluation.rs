//! Figures of an evaluation: all cohorts and all models that it judged.

use std::collections::BTreeMap;

use serde::Deserialize;

use crate::figures::brier::{Brier, Curve as BrierCurve};
use crate::figures::calibration::{Bin, Calibration, Curve as Calibrated};
use crate::figures::comparison::{Comparison, Row};
use crate::figures::decision_curve::{self, Curve as Decided, DecisionCurves, Point as Threshold};
use crate::figures::roc::{Curve as Roc, RocCurves};
use crate::figures::scores::{Patient, Scores};
use crate::figures::time_auc::{Curve as Discriminated, Point as AtTime, TimeAuc};
use crate::figures::words;
use crate::run::operations::evaluate::distinct;
use crate::run::operations::judge::Judgement;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind};
use crate::stats::decision_curve::DecisionPoint;
use crate::stats::roc::{roc_curve, roc_within};
use crate::stats::{Outcome, Prediction, SurvivalCurves};
use crate::survival::brier::{integrated_brier, null_curves};
use crate::survival::censoring::Side;

use super::interval;

/// Curves of one plot at most.
const PENS: usize = 6;

/// `train (out of fold)`.
fn place(judgement: &Judgement) -> String {
    judgement.kind.on(&judgement.cohort)
}

fn events(outcome: &Outcome) -> u64 {
    outcome.events().unwrap_or(0) as u64
}

/// p of paired differences in a metric by cohort, model and comparator, as the tables of comparison
/// tell them.
fn differences(answer: &Answer, metric: &str) -> BTreeMap<(String, String, String), f64> {
    let mut found = BTreeMap::new();
    for table in answer.tables.iter().filter(|table| table.name.starts_with("comparison-")) {
        let cohort = table.name.trim_start_matches("comparison-");
        let at = |name: &str| table.columns.iter().position(|column| column == name);
        let (Some(of), Some(p)) = (at("metric"), at("p adjusted").or(at("p"))) else { continue };
        for row in &table.rows {
            if let (Some(Cell::Text(model)), Some(Cell::Text(other)), Some(Cell::Text(own)), Some(Cell::P(p))) =
                (row.first(), row.get(1), row.get(of), row.get(p))
                && own == metric
            {
                found.insert((cohort.to_owned(), model.clone(), other.clone()), *p);
            }
        }
    }
    found
}

/// How the p of differences were adjusted: `p adjusted by Holm over the 3 comparisons of each metric`.
fn adjustment(answer: &Answer) -> Option<&str> {
    let tables = answer.tables.iter().filter(|table| table.name.starts_with("comparison-"));
    tables.flat_map(|table| &table.notes).find(|note| note.starts_with("p adjusted")).map(String::as_str)
}

fn record<'a>(answer: &'a Answer, judgement: &Judgement, metric: &str) -> Option<&'a EstimateRecord> {
    answer.estimates.iter().find(|record| {
        record.model == judgement.model
            && record.cohort == judgement.cohort
            && record.kind == judgement.kind
            && record.metric == metric
            && record.horizon.is_none()
    })
}

/// Everything that the judgements and what was told of them allow.
pub fn figures(judgements: &[Judgement], answer: &Answer, level: f64) -> Vec<FigureData> {
    let mut figures = roc(judgements, answer, level);
    figures.extend(comparisons(answer, level));
    figures.extend(time_auc(judgements, answer, level));
    figures.extend(brier(judgements, answer));
    figures
}

/// One plot a model with all its cohorts, and one a cohort with all its models.
fn roc(judgements: &[Judgement], answer: &Answer, level: f64) -> Vec<FigureData> {
    // A curve without its area was not asked for.
    if !answer.estimates.iter().any(|record| record.metric == "AUC" && record.horizon.is_none()) {
        return Vec::new();
    }
    let curve = |judgement: &Judgement, name: String| -> Option<Roc> {
        let (Outcome::Binary(events), Prediction::Probability(p)) = (&judgement.outcome, &judgement.prediction) else {
            return None;
        };
        let told = record(answer, judgement, "AUC");
        let area = told.and_then(|r| Some((r.value?, r.lower?, r.upper?)));
        // Out of fold the curve is the mean of the folds' own, so that its area is the one told.
        let points = match &judgement.held {
            Some(strata) => roc_within(events, strata),
            None => roc_curve(events, p).map(|c| c.iter().map(|p| (1.0 - p.specificity, p.sensitivity)).collect()),
        };
        let happened = events.iter().filter(|event| **event).count() as u64;
        let points = points.unwrap_or_default();
        // Where nobody asked for the area, or it has no interval, the curve has one all the same.
        let under = |points: &[(f64, f64)]| -> f64 {
            points.windows(2).map(|two| (two[1].0 - two[0].0) * (two[0].1 + two[1].1) / 2.0).sum()
        };
        let asked = told.is_none_or(|r| r.value.is_some());
        let bare = (area.is_none() && asked && points.len() > 1).then(|| under(&points).abs());
        Some(Roc { name, n: events.len() as u64, events: happened, area, bare, points })
    };
    let method = format!("{}, DeLong", interval(level));
    let folds = |of: &[&Judgement]| {
        let held = of.iter().any(|judgement| judgement.held.is_some());
        held.then(|| "out of fold: mean of the folds' curves, weighted by pairs".to_owned())
    };
    let p = differences(answer, "AUC");
    let mut figures = Vec::new();
    let models = distinct(judgements.iter().map(|j| j.model.as_str()));
    for model in &models {
        let of: Vec<&Judgement> = judgements.iter().filter(|j| j.model == *model).collect();
        // What has one curve a model stands in the plot of the cohort.
        if of.len() == 1 && models.len() > 1 {
            continue;
        }
        let curves: Vec<Roc> = of.iter().filter_map(|j| curve(j, place(j))).collect();
        for curves in curves.chunks(PENS) {
            let figure = RocCurves {
                title: (*model).to_owned(),
                curves: curves.to_vec(),
                method: method.clone(),
                notes: folds(&of).into_iter().collect(),
            };
            figures.push(FigureData::new(format!("ROC curves of {model}"), &figure));
        }
    }
    for cohort in distinct(judgements.iter().map(|j| j.cohort.as_str())) {
        let of: Vec<&Judgement> = judgements.iter().filter(|j| j.cohort == cohort).collect();
        let curves: Vec<Roc> = of.iter().filter_map(|j| curve(j, j.model.clone())).take(PENS).collect();
        if curves.len() < 2 {
            continue;
        }
        let told = p.iter().filter(|(key, _)| key.0 == cohort).take(4);
        let compared = told.map(|((_, a, b), p)| format!("{a} against {b}: {}", words::p_is(*p)));
        let mut notes: Vec<String> = compared.collect();
        if !notes.is_empty() {
            notes.extend(adjustment(answer).map(str::to_owned));
        }
        notes.extend(folds(&of));
        let title = of.first().map_or(cohort.to_owned(), |j| place(j));
        let figure = RocCurves { title: title.clone(), curves, method: method.clone(), notes };
        figures.push(FigureData::new(format!("ROC curves on {title}"), &figure));
    }
    figures
}

/// The first metric of every model in every cohort; apparent estimates only where there are no others.
fn comparisons(answer: &Answer, level: f64) -> Option<FigureData> {
    let told: Vec<&EstimateRecord> =
        answer.estimates.iter().filter(|r| !r.model.is_empty() && !r.metric.starts_with("difference")).collect();
    let first = *told.first()?;
    let (metric, horizon) = (first.metric.as_str(), first.horizon.clone());
    let mut told: Vec<&EstimateRecord> =
        told.into_iter().filter(|r| r.metric == metric && r.horizon == first.horizon).collect();
    if told.iter().any(|r| r.kind != Kind::Apparent) {
        told.retain(|r| r.kind != Kind::Apparent);
    }
    if told.len() < 2 || told.len() > 40 {
        return None;
    }
    let against = told.first()?.model.clone();
    let title = format!("{metric}{}", words::at(horizon.as_deref()));
    let differences = differences(answer, &title);
    let p = |r: &EstimateRecord| {
        let key = |a: &str, b: &str| (r.cohort.clone(), a.to_owned(), b.to_owned());
        differences.get(&key(&against, &r.model)).or(differences.get(&key(&r.model, &against))).copied()
    };
    let cohorts = distinct(told.iter().map(|r| r.cohort.as_str()));
    let mut rows = Vec::new();
    for cohort in cohorts {
        rows.extend(told.iter().filter(|r| r.cohort == cohort).map(|r| Row {
            cohort: r.kind.on(&r.cohort),
            name: r.model.clone(),
            n: r.n as u64,
            events: r.events.map(|e| e as u64),
            value: r.value,
            lower: r.lower,
            upper: r.upper,
            p: p(r).filter(|p| p.is_finite()),
        }));
    }
    let figure = Comparison {
        metric: title,
        method: [interval(level).as_str(), first.how.as_str()]
            .into_iter()
            .chain(adjustment(answer))
            .collect::<Vec<_>>()
            .join("; "),
        chance: matches!(metric, "AUC" | "C-index" | "Uno-C").then_some(0.5),
        against,
        rows,
    };
    Some(FigureData::new(format!("{metric} by model and cohort"), &figure))
}

/// The number at the head of `24 months`, and its unit, as an axis names it: `1 year` is in years.
fn horizon(label: &str) -> Option<(f64, String)> {
    let (number, unit) = label.split_once(' ')?;
    Some((number.parse().ok()?, format!("{}s", unit.trim_end_matches('s'))))
}

/// The area at every horizon, one plot a cohort.
fn time_auc(judgements: &[Judgement], answer: &Answer, level: f64) -> Vec<FigureData> {
    let mut figures = Vec::new();
    for cohort in distinct(judgements.iter().map(|j| j.cohort.as_str())) {
        let mut curves = Vec::new();
        let (mut unit, mut how, mut title) = (String::new(), String::new(), String::new());
        for judgement in judgements.iter().filter(|j| j.cohort == cohort) {
            let Outcome::Survival(censored) = &judgement.outcome else { continue };
            let records = answer.estimates.iter().filter(|r| {
                r.metric == "AUC" && r.model == judgement.model && r.cohort == cohort && r.kind == judgement.kind
            });
            let mut points: Vec<AtTime> = Vec::new();
            for r in records {
                let Some((time, word)) = r.horizon.as_deref().and_then(horizon) else { continue };
                let days = time * word_days(&word);
                let at_risk = censored.time.iter().filter(|own| **own >= days).count() as u64;
                // `6 months, 1 year` stand on one axis, in the unit of the first.
                if unit.is_empty() {
                    unit = word;
                }
                let time = days / word_days(&unit);
                points.push(AtTime { time, area: r.value, lower: r.lower, upper: r.upper, at_risk });
                r.how.clone_into(&mut how);
            }
            points.sort_by(|a, b| a.time.total_cmp(&b.time));
            if points.len() > 1 {
                title = place(judgement);
                let (n, events) = (censored.len() as u64, events(&judgement.outcome));
                curves.push(Discriminated { name: judgement.model.clone(), n, events, points });
            }
        }
        curves.truncate(PENS);
        if curves.is_empty() {
            continue;
        }
        let figure = TimeAuc {
            title: title.clone(),
            time: format!("Time ({unit})"),
            method: format!("{how}; {}", interval(level)),
            curves,
        };
        figures.push(FigureData::new(format!("Time-dependent AUC on {title}"), &figure));
    }
    figures
}

/// Days in a unit of time; 1 where times have no unit.
fn word_days(word: &str) -> f64 {
    match word.trim_end_matches('s') {
        "day" => 1.0,
        "week" => 7.0,
        "month" => 365.25 / 12.0,
        "year" => 365.25,
        _ => 1.0,
    }
}

/// Every patient's prediction with what was observed; times in the unit of the horizons, if there are.
pub fn scores(judgement: &Judgement, at: Option<&str>) -> FigureData {
    let unit = at.and_then(horizon).map_or_else(|| "days".to_owned(), |(_, unit)| unit);
    let observed: Vec<(Option<bool>, Option<f64>)> = match &judgement.outcome {
        Outcome::Binary(events) => events.iter().map(|event| (Some(*event), None)).collect(),
        Outcome::Survival(censored) => {
            let both = censored.time.iter().zip(&censored.event);
            both.map(|(time, event)| (Some(*event == 1), Some(time / word_days(&unit)))).collect()
        }
        Outcome::Continuous(values) => values.iter().map(|value| (None, Some(*value))).collect(),
        Outcome::Nominal(classes) => classes.class.iter().map(|class| (None, Some(*class as f64))).collect(),
    };
    let figure = Scores {
        model: judgement.model.clone(),
        cohort: place(judgement),
        measure: match judgement.prediction {
            Prediction::Probability(_) => "Predicted probability",
            Prediction::Risk(_) => "Predicted risk score",
            _ => "Predicted value",
        }
        .to_owned(),
        endpoint: "event".to_owned(),
        observed: match judgement.outcome {
            Outcome::Binary(_) => String::new(),
            Outcome::Survival(_) => format!("Time ({unit})"),
            Outcome::Continuous(_) | Outcome::Nominal(_) => "Observed value".to_owned(),
        },
        patients: observed
            .into_iter()
            .zip(judgement.prediction.scores())
            .map(|((event, observed), predicted)| Patient { predicted: *predicted, event, observed })
            .collect(),
    };
    FigureData::new(format!("Predictions of {} on {}", judgement.model, place(judgement)), &figure)
}

/// Brier scores over the times of the predicted curves, beside the null model.
fn brier(judgements: &[Judgement], answer: &Answer) -> Vec<FigureData> {
    let unit = answer.estimates.iter().filter_map(|r| r.horizon.as_deref().and_then(horizon)).map(|h| h.1).next();
    let unit = unit.unwrap_or_else(|| "days".to_owned());
    let days = word_days(&unit);
    let mut figures = Vec::new();
    for cohort in distinct(judgements.iter().map(|j| j.cohort.as_str())) {
        // Of a model whose score is told to be not estimable no curve is drawn either.
        let refused = |j: &Judgement| {
            let own = |r: &&EstimateRecord| r.model == j.model && r.cohort == j.cohort && r.kind == j.kind;
            let scores = answer.estimates.iter().filter(own).filter(|r| matches!(r.metric.as_str(), "Brier" | "IBS"));
            let values: Vec<bool> = scores.map(|r| r.value.is_some()).collect();
            !values.is_empty() && !values.contains(&true)
        };
        let of: Vec<&Judgement> =
            judgements.iter().filter(|j| j.cohort == cohort && j.curves.is_some() && !refused(j)).collect();
        let Some(first) = of.first() else { continue };
        let score = |judgement: &Judgement, curves: &SurvivalCurves, name: &str| -> Option<BrierCurve> {
            let (Outcome::Survival(outcome), Outcome::Survival(training)) = (&judgement.outcome, &judgement.training)
            else {
                return None;
            };
            let end = |of: &crate::stats::Censored| of.time.iter().copied().fold(0.0, f64::max);
            // The window of the metric: followed by patients of both sets.
            let first = outcome.time.iter().copied().fold(f64::INFINITY, f64::min);
            let range = (first, end(training).min(end(outcome)).next_down());
            let (points, mean) = integrated_brier(training, outcome, curves, range, Side::At).ok()?;
            let points = points.into_iter().map(|(time, score)| (time / days, score)).collect();
            Some(BrierCurve { name: name.to_owned(), points, integrated: Some(mean.value) })
        };
        let curves: Vec<BrierCurve> =
            of.iter().filter_map(|j| score(j, j.curves.as_ref()?, &j.model)).take(PENS).collect();
        let null = match (&first.training, &first.curves) {
            (Outcome::Survival(training), Some(own)) => null_curves(training, first.rows.len(), &own.times).ok(),
            _ => None,
        };
        let null = null.and_then(|null| score(first, &null, "null model (Kaplan-Meier)"));
        let (Some(null), false) = (null, curves.is_empty()) else { continue };
        let ends = |c: &BrierCurve| c.points.first().zip(c.points.last()).map_or((0.0, 0.0), |(a, b)| (a.0, b.0));
        let title = place(first);
        let figure = Brier {
            cohort: title.clone(),
            n: first.rows.len() as u64,
            events: events(&first.outcome),
            time: format!("Time ({unit})"),
            method: "inverse probability of censoring weights from the training patients".to_owned(),
            range: ends(&null),
            curves,
            null,
        };
        figures.push(FigureData::new(format!("Brier scores on {title}"), &figure));
    }
    figures
}

/// A calibration plot's curve from predicted probabilities and what is told of them.
pub fn calibrated(
    judgement: &Judgement,
    told: Vec<String>,
    smooth: Result<Vec<(f64, f64, Option<(f64, f64)>)>, String>,
    bins: Vec<Bin>,
    predicted: &[f64],
) -> Calibrated {
    let mut histogram = vec![0u64; 20];
    for p in predicted.iter().filter(|p| (0.0..=1.0).contains(*p)) {
        histogram[((p * 20.0) as usize).min(19)] += 1;
    }
    let (smooth, why) = match smooth {
        Ok(smooth) => (smooth, None),
        Err(why) => (Vec::new(), Some(why)),
    };
    Calibrated {
        name: place(judgement),
        n: judgement.rows.len() as u64,
        events: events(&judgement.outcome),
        told,
        smooth,
        why,
        bins,
        histogram,
    }
}

/// A calibration plot of one model on one cohort.
pub fn calibration(judgement: &Judgement, at: Option<&str>, method: String, curve: Calibrated) -> FigureData {
    let title = format!("{} on {}", judgement.model, place(judgement));
    let figure = Calibration { title: title.clone(), horizon: at.map(str::to_owned), method, curves: vec![curve] };
    let at = words::at(at);
    FigureData::new(format!("Calibration of {title}{at}"), &figure)
}

/// Puts the decision curves of one cohort and time into one plot, where a reader compares them.
pub fn together(figures: &mut Vec<FigureData>) {
    let mut plots: Vec<(usize, DecisionCurves)> = Vec::new();
    let mut kept: Vec<FigureData> = Vec::with_capacity(figures.len());
    for figure in std::mem::take(figures) {
        let own = (figure.kind == decision_curve::CARD.name)
            .then(|| DecisionCurves::deserialize(&figure.data).ok())
            .flatten();
        let Some(own) = own else {
            kept.push(figure);
            continue;
        };
        let alike = |other: &DecisionCurves| {
            other.cohort == own.cohort
                && other.horizon == own.horizon
                && (other.n, other.events) == (own.n, own.events)
                && other.method == own.method
                && other.curves.len() < PENS
        };
        match plots.iter_mut().find(|(_, plot)| alike(plot)) {
            Some((place, plot)) => {
                plot.curves.extend(own.curves);
                let at = words::at(plot.horizon.as_deref());
                kept[*place] = FigureData::new(format!("Decision curves on {}{at}", plot.cohort), plot);
            }
            None => {
                plots.push((kept.len(), own));
                kept.push(figure);
            }
        }
    }
    *figures = kept;
}

/// A decision curve of one model on one cohort.
pub fn decision(judgement: &Judgement, at: Option<&str>, happened: usize, points: &[DecisionPoint]) -> FigureData {
    let figure = DecisionCurves {
        cohort: place(judgement),
        n: judgement.rows.len() as u64,
        events: happened as u64,
        horizon: at.map(str::to_owned),
        method: judgement.how.clone(),
        curves: vec![Decided {
            name: judgement.model.clone(),
            points: points
                .iter()
                .filter(|p| p.net_benefit.is_finite())
                .map(|p| Threshold {
                    threshold: p.threshold,
                    net_benefit: p.net_benefit,
                    lower: p.interval.map(|i| i.lower).filter(|v| v.is_finite()),
                    upper: p.interval.map(|i| i.upper).filter(|v| v.is_finite()),
                })
                .collect(),
        }],
        all: points.iter().filter(|p| p.treat_all.is_finite()).map(|p| (p.threshold, p.treat_all)).collect(),
    };
    let at = words::at(at);
    FigureData::new(format!("Decision curve of {} on {}{at}", judgement.model, place(judgement)), &figure)
}
