//! `evaluate ... over 500 bootstraps`: apparent performance less the optimism of fitting, with the
//! whole design fitted again in every resample.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};

use crate::fuse::{self, Work};
use crate::plan::node::ModelRef;
use crate::run::fault::Fault;
use crate::run::results::{EstimateRecord, Kind};
use crate::run::step::Step;
use crate::stats::bootstrap::ResampleFault;
use crate::stats::optimism::{Refit, optimism};
use crate::stats::{Estimate, Judged, Metric, Outcome, Prediction};

use super::judge::Judgement;
use super::model::ModelValue;

/// A metric at a horizon.
pub struct Asked<'a> {
    pub metric: &'a dyn Metric,
    pub horizon: Option<(f64, &'a str)>,
}

/// Predictions of one refit: on its resample, on the original rows, on those left out.
type Refitted = Arc<Result<[(Outcome, Prediction); 3], String>>;

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
    resamples: usize,
    threshold: Option<f64>,
) -> Result<Vec<EstimateRecord>, Fault> {
    let part = reference.part.as_deref();
    let rows = &model.rows;
    let stream = step.stream.named("optimism").named(&apparent.model);
    // Every metric is asked of the same refits.
    let refits: Mutex<HashMap<Vec<usize>, Refitted>> = Mutex::new(HashMap::new());
    let refit = |drawn: &[usize], left_out: &[usize], stream: &crate::random::Stream| -> Refitted {
        if let Some(done) = refits.lock().ok().and_then(|refits| refits.get(drawn).cloned()) {
            return done;
        }
        let predictions = || -> Result<[(Outcome, Prediction); 3], String> {
            let sample: Vec<usize> = drawn.iter().map(|place| rows[*place]).collect();
            let out: Vec<usize> = left_out.iter().map(|place| rows[*place]).collect();
            let work = Work::new(*stream, step.watch);
            let fitted =
                fuse::fit(&model.design, &model.data.cohort(), &sample, &work).map_err(|error| error.to_string())?;
            let fitted = match part {
                None => &fitted,
                Some(part) => fitted.part(part).ok_or_else(|| format!("there is no part `{part}`"))?,
            };
            let on = |rows: &[usize]| -> Result<(Outcome, Prediction), String> {
                let held = fitted.predict(&model.data.blocks, rows).map_err(|error| error.to_string())?;
                Ok((model.data.endpoint.outcome.select(&held.rows), held.prediction))
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
        let known = metric.estimate(&apparent.judged(horizon, threshold), &step.intervals(), &stream.named(name));
        let score = |pair: &(Outcome, Prediction)| {
            let judged = Judged {
                outcome: &pair.0,
                prediction: &pair.1,
                curves: None,
                training: Some(&apparent.training),
                horizon,
                threshold,
            };
            metric.score(&judged)
        };
        let estimate = match &known.value {
            Err(reason) => Estimate::not_estimable(name, known.n, reason.reason.clone()),
            Ok(value) => {
                let found = optimism(
                    rows.len(),
                    resamples,
                    *value,
                    None,
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
        let estimate = estimate.with_events(apparent.outcome.events()).with_missing(apparent.missing);
        let label = asked.horizon.map(|(_, label)| label);
        for (estimate, kind) in
            [(&estimate, Kind::OptimismCorrected), (&known.with_missing(apparent.missing), Kind::Apparent)]
        {
            records.push(EstimateRecord::new(estimate, kind).of(&apparent.model, &apparent.cohort).at(label));
        }
    }
    Ok(records)
}
