//! `explain M by permutation`: what performance is lost when a feature is shuffled over patients.

use rayon::prelude::*;

use crate::explain::ExplainError;
use crate::explain::shap::prepared::Prepared;
use crate::figures::importance::{Bar, Importance};
use crate::fuse;
use crate::plan::node::Explain;
use crate::run::fault::Fault;
use crate::run::operations::drawn::shapley::once;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::bootstrap::below;
use crate::stats::strata::Layer;
use crate::stats::{Direction, Estimate, Judged, NotEstimable, Outcome, Prediction, Strata};

use super::fault;
use super::subject::{Replacement, Subject};

/// Features shown.
const SHOWN: usize = 30;

/// The mean over repeats of what each patient was predicted.
fn averaged(layers: &[Layer]) -> Vec<Option<f64>> {
    let patients = layers.first().map_or(0, |layer| layer.scores.len());
    let mean = |place: usize| {
        let told = layers.iter().map(|layer| layer.scores[place]).filter(|score| !score.is_nan());
        let (sum, count) = told.fold((0.0, 0_u32), |(sum, count), score| (sum + score, count + 1));
        (count > 0).then(|| sum / f64::from(count))
    };
    (0..patients).map(mean).collect()
}

pub(super) fn run(step: &Step<'_>, spec: &Explain, subject: &Subject<'_>, answer: &mut Answer) -> Result<(), Fault> {
    let endpoint = &subject.data.endpoint;
    let (metric, name) = match &endpoint.outcome {
        Outcome::Binary(_) => (fuse::metric("AUC", endpoint.outcome.kind()), "AUC"),
        Outcome::Survival(_) => (fuse::metric("C-index", endpoint.outcome.kind()), "C-index"),
        Outcome::Nominal(_) => {
            return Err(Fault::unavailable("`explain` of a nominal endpoint", "judge it by `evaluate`"));
        }
        Outcome::Continuous(_) => (None, "mean squared error"),
    };
    let score = |layers: &[Layer]| -> Result<f64, NotEstimable> {
        let scores = averaged(layers);
        let known: Vec<usize> = (0..scores.len())
            .filter(|place| scores[*place].is_some() && endpoint.known[subject.rows[*place]])
            .collect();
        let rows: Vec<usize> = known.iter().map(|place| subject.rows[*place]).collect();
        let values: Vec<f64> = known.iter().filter_map(|place| scores[*place]).collect();
        let outcome = endpoint.outcome.select(&rows);
        match (metric, &outcome) {
            (Some(metric), _) => {
                // As `evaluate`: pairs of one fold, where folds hold any.
                let held = Strata::new(layers.to_vec()).select(&known);
                let held = (subject.pieces.len() > 1 && held.ranks(&outcome)).then_some(held);
                let prediction = match outcome {
                    Outcome::Binary(_) => Prediction::Probability(values),
                    _ => Prediction::Risk(values),
                };
                metric.score(&Judged {
                    outcome: &outcome,
                    prediction: &prediction,
                    held: held.as_ref(),
                    patients: None,
                    curves: None,
                    training: None,
                    horizon: None,
                    threshold: None,
                })
            }
            (None, Outcome::Continuous(truth)) => {
                let sum: f64 = truth.iter().zip(&values).map(|(a, b)| (a - b) * (a - b)).sum();
                Ok(sum / truth.len().max(1) as f64)
            }
            _ => Err(NotEstimable::new("there is no metric of this endpoint")),
        }
    };
    let sign = metric.map_or(-1.0, |metric| if metric.direction() == Direction::Higher { 1.0 } else { -1.0 });
    let prepared = subject.prepared(None).map_err(fault)?;
    // A shuffle names for each patient the one whose value of the feature it gets.
    let predicted = |shuffle: Option<(usize, &[usize])>| -> Result<Vec<Layer>, ExplainError> {
        let mut layers: Vec<Layer> = Vec::new();
        for (fold, (piece, prepared)) in subject.pieces.iter().zip(&prepared).enumerate() {
            let scores = match (prepared, shuffle) {
                (Some(prepared), Some((feature, from))) => {
                    let from: Vec<usize> = piece.places.iter().map(|place| from[*place]).collect();
                    prepared.predict(Some((feature, &from)))?.into_iter().map(Some).collect()
                }
                (Some(prepared), None) => prepared.predict(None)?.into_iter().map(Some).collect(),
                (None, Some((feature, from))) => subject.predict(piece, Some((feature, &Replacement::From(from))))?,
                (None, None) => subject.predict(piece, None)?,
            };
            // A patient who is predicted once more begins another repeat.
            let again = |layer: &Layer| piece.places.iter().any(|place| layer.fold[*place].is_some());
            if layers.last().is_none_or(again) {
                let n = subject.rows.len();
                layers.push(Layer { scores: vec![f64::NAN; n], fold: vec![None; n], classes: Vec::new() });
            }
            let Some(layer) = layers.last_mut() else { continue };
            for (place, score) in piece.places.iter().zip(scores) {
                layer.fold[*place] = Some(fold);
                layer.scores[*place] = score.unwrap_or(f64::NAN);
            }
        }
        Ok(layers)
    };
    let unshuffled = predicted(None).map_err(fault)?;
    let reference = score(&unshuffled)?;
    let whole = averaged(&unshuffled);
    let repeats = spec.settings.count("repeats");
    let stream = step.stream.named(&subject.label).named("permutation");
    let held = reached(subject, &prepared);
    step.watch.begin("explain", Some(held.len() as u64));
    let losses: Result<Vec<Vec<f64>>, ExplainError> = held
        .par_iter()
        .map(|feature| {
            let name = &subject.features.0[*feature];
            let stream = stream.named(&name.0).named(&name.1);
            let losses = (0..repeats)
                .map(|repeat| {
                    step.watch.check()?;
                    let mut rng = stream.indexed(repeat as u64).rng();
                    let mut from: Vec<usize> = (0..subject.rows.len()).collect();
                    for last in (1..from.len()).rev() {
                        from.swap(last, below(&mut rng, last + 1));
                    }
                    let shuffled = predicted(Some((*feature, &from)))?;
                    let value = score(&shuffled).map_err(|r| ExplainError::NotEstimable { reason: r.reason })?;
                    Ok(sign * (reference - value))
                })
                .collect::<Result<Vec<f64>, ExplainError>>()?;
            step.watch.advance("explain", 1);
            Ok(losses)
        })
        .collect();
    step.watch.end("explain");
    let losses = losses.map_err(fault)?;
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let mut order: Vec<usize> = (0..held.len()).collect();
    order.sort_by(|a, b| mean(&losses[*b]).total_cmp(&mean(&losses[*a])).then(a.cmp(b)));
    let judged: Vec<usize> =
        (0..whole.len()).filter(|place| whole[*place].is_some() && endpoint.known[subject.rows[*place]]).collect();
    let n = judged.len();
    let mut table = ResultTable::new(
        &format!("permutation-{}-{}", subject.label, subject.cohort),
        format!("Permutation importance of {} on {}: loss of {name}", subject.label, subject.cohort),
        ["feature", "block", "mean loss", "SD over shuffles", "shuffles"],
    );
    let mut drawn = Vec::new();
    for place in order.into_iter().take(SHOWN) {
        let (block, feature) = &subject.features.0[held[place]];
        let own = &losses[place];
        let centre = mean(own);
        let spread = if own.len() > 1 {
            (own.iter().map(|value| (value - centre).powi(2)).sum::<f64>() / (own.len() - 1) as f64).sqrt()
        } else {
            f64::NAN
        };
        let how = format!("{name} {reference:.3} less its mean over {repeats} shuffles of the feature");
        let estimate = Estimate {
            no_interval: Some("the spread told is over shuffles, not over patients".to_owned()),
            ..Estimate::new(format!("loss of {name} without {feature}"), centre, n, how)
        };
        let estimate =
            estimate.with_events(subject.events(judged.iter().copied())).with_missing(subject.rows.len() - n);
        let record = EstimateRecord::new(&estimate, Kind::Descriptive).of(&subject.label, &subject.cohort);
        table.push([
            Cell::text(feature.as_str()),
            Cell::text(block.as_str()),
            record.cell(4),
            if spread.is_finite() { Cell::number(spread, 4) } else { Cell::Empty },
            Cell::count(repeats),
        ]);
        drawn.push(Bar { name: feature.clone(), block: block.clone(), mean: centre, direction: None });
        answer.estimates.push(record);
    }
    table.notes.push(subject.how.clone());
    table.notes.push(format!(
        "{name} of the unshuffled predictions {reference:.3}; features that reach no model lose nothing and are not listed"
    ));
    answer.tables.push(table);
    let blocks: Vec<String> = subject.features.0.iter().map(|(block, _)| block.clone()).collect();
    let figure = Importance {
        blocks: once(&blocks),
        model: subject.label.clone(),
        cohort: subject.cohort.clone(),
        n: n as u64,
        measure: format!("Loss of {name}"),
        unit: format!("mean of {repeats} shuffles"),
        method: subject.how.clone(),
        bars: drawn,
        others: None,
    };
    answer
        .figures
        .push(FigureData::new(format!("Permutation importance of {} on {}", subject.label, subject.cohort), &figure));
    Ok(())
}

/// Features that can change a prediction of any of the models: those that reach one, and with a
/// coefficient or a split. A column of which indicators were made counts under its own name.
pub(super) fn reached(subject: &Subject<'_>, prepared: &[Option<Prepared<'_>>]) -> Vec<usize> {
    let known: Option<Vec<&Prepared<'_>>> = prepared.iter().map(Option::as_ref).collect();
    if let Some(known) = known {
        return (0..subject.features.len())
            .filter(|feature| known.iter().any(|prepared| prepared.moves(*feature)))
            .collect();
    }
    let mut names: Vec<&str> = Vec::new();
    for piece in &subject.pieces {
        let parts = piece.design.parts();
        let designs = std::iter::once(piece.design).chain(parts.iter().map(|(_, design)| *design));
        for learned in designs.filter_map(crate::fuse::FittedDesign::learned) {
            names.extend(learned.names().iter().map(String::as_str));
        }
    }
    (0..subject.features.len())
        .filter(|feature| {
            let (block, column) = &subject.features.0[*feature];
            names.iter().any(|name| {
                let name = name.strip_prefix(block.as_str()).and_then(|rest| rest.strip_prefix('.')).unwrap_or(name);
                name == column || name.strip_prefix(column.as_str()).is_some_and(|rest| rest.starts_with('='))
            })
        })
        .collect()
}
