//! `evaluate ... over 500 bootstraps`: apparent performance less the optimism of fitting, with the
//! whole design fitted again in every resample.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::fuse::{self, Work};
use crate::plan::node::ModelRef;
use crate::run::fault::Fault;
use crate::run::results::{EstimateRecord, Kind};
use crate::run::step::Step;
use crate::stats::bootstrap::{ResampleFault, Units};
use crate::stats::metric;
use crate::stats::optimism::{Refit, optimism};
use crate::stats::{Estimate, Judged, Metric, Outcome, Prediction, SurvivalCurves};

use super::judge::Judgement;
use super::model::ModelValue;

/// A metric at a horizon.
#[derive(Clone, Copy)]
pub struct Asked<'a> {
    pub metric: &'a dyn Metric,
    pub horizon: Option<(f64, &'a str)>,
}

/// How the fit is repeated and judged.
pub struct Resampled {
    pub resamples: usize,
    pub threshold: Option<f64>,
}

/// What a refit says of some rows.
struct Held {
    outcome: Outcome,
    prediction: Prediction,
    curves: Option<SurvivalCurves>,
}

/// Predictions of one refit: on its resample, on the original rows, on those left out.
type Refitted = Arc<Result<[Held; 3], String>>;

/// Optimism-corrected estimates of one model.
///
/// # Errors
/// Stopped. A metric that is not estimable is told in its estimate.
pub fn corrected(
    step: &Step<'_>,
    reference: &ModelRef,
    model: &ModelValue,
    apparent: &Judgement,
    asked: &[Asked<'_>],
    resampled: &Resampled,
) -> Result<Vec<EstimateRecord>, Fault> {
    let (resamples, threshold) = (resampled.resamples, resampled.threshold);
    let part = reference.part.as_deref();
    let rows = &model.rows;
    let at = match &apparent.curves {
        Some(curves) => curves.times.clone(),
        None => Vec::new(),
    };
    let stream = step.stream.named("optimism").named(&apparent.model);
    let units = model.data.patients(rows).map_or_else(|| Units::rows(rows.len()), |patients| Units::of(&patients));
    // Every metric is asked of the same refits.
    let refits: Mutex<HashMap<Vec<usize>, Refitted>> = Mutex::new(HashMap::new());
    let refit = |drawn: &[usize], left_out: &[usize], stream: &crate::random::Stream| -> Refitted {
        if let Some(done) = refits.lock().ok().and_then(|refits| refits.get(drawn).cloned()) {
            return done;
        }
        let predictions = || -> Result<[Held; 3], String> {
            let sample: Vec<usize> = drawn.iter().map(|place| rows[*place]).collect();
            let out: Vec<usize> = left_out.iter().map(|place| rows[*place]).collect();
            let work = Work::new(*stream, step.watch);
            let fitted =
                fuse::fit(&model.design, &model.data.cohort(), &sample, &work).map_err(|error| error.to_string())?;
            let fitted = match part {
                None => &fitted,
                Some(part) => fitted.part(part).ok_or_else(|| format!("there is no part `{part}`"))?,
            };
            let on = |rows: &[usize]| -> Result<Held, String> {
                let held = fitted.predict(&model.data.blocks, rows).map_err(|error| error.to_string())?;
                let curves = if at.is_empty() {
                    None
                } else {
                    fitted.curves(&model.data.blocks, &held.rows, &at).map_err(|error| error.to_string())?
                };
                Ok(Held {
                    outcome: model.data.endpoint.outcome.select(&held.rows),
                    prediction: held.prediction,
                    curves: curves.map(|(_, curves)| curves),
                })
            };
            Ok([on(&sample)?, on(rows)?, on(&out)?])
        };
        let done = Arc::new(predictions());
        if let Ok(mut refits) = refits.lock() {
            refits.insert(drawn.to_vec(), Arc::clone(&done));
        }
        done
    };
    let mut records = Vec::new();
    for asked in asked {
        let metric = asked.metric;
        let name = metric.card().name;
        let horizon = asked.horizon.map(|(at, _)| at);
        let judged = apparent.judged(horizon, threshold);
        let known = metric::estimate(metric, &judged, &step.intervals(), &stream.named(name), step.watch)?;
        let score = |held: &Held| {
            let judged = Judged {
                outcome: &held.outcome,
                prediction: &held.prediction,
                held: None,
                patients: None,
                curves: held.curves.as_ref(),
                training: Some(&apparent.training),
                horizon,
                threshold,
            };
            metric.score(&judged)
        };
        let mut others: Vec<Estimate> = Vec::new();
        let estimate = match &known.value {
            Err(reason) => Estimate::not_estimable(name, known.n, reason.reason.clone()),
            Ok(value) => {
                let found = optimism(
                    &units,
                    resamples,
                    *value,
                    chance(name),
                    &stream.named("resamples"),
                    step.watch,
                    |drawn, out, stream| match &*refit(drawn, out, stream) {
                        Ok([sample, original, left_out]) => Ok(Refit {
                            resample: score(sample).map_err(|reason| reason.reason)?,
                            original: score(original).map_err(|reason| reason.reason)?,
                            left_out: score(left_out).unwrap_or(f64::NAN),
                        }),
                        Err(reason) => Err(reason.clone()),
                    },
                );
                match found {
                    Ok(found) => {
                        let failed =
                            if found.failed > 0 { format!(", {} failed", found.failed) } else { String::new() };
                        let how = format!(
                            "apparent {value:.3} less optimism {:.3} over {} bootstrap resamples{failed}; apparent interval shifted by the optimism",
                            found.optimism, found.resamples
                        );
                        if let (Some(plus), Some(out)) = (found.point_632_plus, found.left_out) {
                            let how = format!(
                                ".632+ of the apparent {value:.3} and {out:.3} on the patients that the {} resamples left out",
                                found.resamples
                            );
                            others.push(Estimate {
                                no_interval: Some("no interval of .632+ is established".to_owned()),
                                ..Estimate::new(format!("{name} (.632+)"), plus, known.n, how)
                            });
                        }
                        let estimate = Estimate::new(name, found.corrected, known.n, how);
                        match known.interval {
                            Some(i) => estimate.within(i.lower - found.optimism, i.upper - found.optimism, i.level),
                            None => Estimate { no_interval: known.no_interval.clone(), ..estimate },
                        }
                    }
                    Err(ResampleFault::Cancelled(cancelled)) => return Err(cancelled.into()),
                    Err(ResampleFault::NotEstimable(reason)) => Estimate::not_estimable(name, known.n, reason.reason),
                }
            }
        };
        let label = asked.horizon.map(|(_, label)| label);
        let mut told = |estimate: Estimate, kind: Kind| {
            let estimate = estimate.with_events(apparent.outcome.events()).with_missing(apparent.missing);
            records.push(EstimateRecord::new(&estimate, kind).of(&apparent.model, &apparent.cohort).at(label));
        };
        told(estimate, Kind::OptimismCorrected);
        others.into_iter().for_each(|estimate| told(estimate, Kind::OptimismCorrected));
        told(known, Kind::Apparent);
    }
    Ok(records)
}

/// The value of a metric when predictions say nothing of the outcome, where that is a constant.
fn chance(metric: &str) -> Option<f64> {
    matches!(metric, "AUC" | "C-index" | "Uno-C" | "balanced_accuracy").then_some(0.5)
}
