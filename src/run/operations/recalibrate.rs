//! `recalibrate PRIME_R on external`: a frozen model updated on other rows, told as such.

use crate::plan::node::Recalibrate;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::calibration::{calibration_in_the_large, logistic_calibration};
use crate::stats::distribution::normal_multiplier;
use crate::stats::{Estimate, Outcome, Prediction};

use super::judge::judge;

/// # Errors
/// An endpoint that is not binary; one class; a refit, which is a model of its own.
pub fn run(step: &Step<'_>, spec: &Recalibrate) -> Result<Answer, Fault> {
    if spec.method == "refit" {
        return Err(Fault::unavailable("`recalibrate` by a refit", "declare a model of its own on these rows"));
    }
    let judgement = judge(step, &spec.model, &spec.on, false, &|_| Vec::new())?;
    let (Outcome::Binary(events), Prediction::Probability(p)) = (&judgement.outcome, &judgement.prediction) else {
        return Err(Fault::unavailable("`recalibrate` of a survival model", "`evaluate` it on these rows"));
    };
    let slope_too = spec.method != "intercept";
    let fit = if slope_too { logistic_calibration(events, p)? } else { calibration_in_the_large(events, p)? };
    let updated = |p: f64| {
        let logit = (p / (1.0 - p)).ln();
        1.0 / (1.0 + (-(fit.intercept + fit.slope * logit)).exp())
    };
    let brier = |f: &dyn Fn(f64) -> f64| {
        p.iter().zip(events).map(|(p, event)| (f(*p) - f64::from(u8::from(*event))).powi(2)).sum::<f64>()
            / p.len() as f64
    };
    let mut answer = Answer::default();
    let mut table = ResultTable::new(
        "recalibration",
        format!("{} recalibrated on {} ({})", judgement.model, judgement.cohort, spec.method),
        ["what", "estimate", "patients", "events"],
    );
    let happened = events.iter().filter(|event| **event).count();
    let z = normal_multiplier(step.level());
    let how = "logistic recalibration of the frozen model's log-odds; Wald";
    let mut push = |estimate: Estimate, kind: Kind| {
        let estimate = estimate.with_events(Some(happened)).with_missing(judgement.missing);
        let record = EstimateRecord::new(&estimate, kind).of(&judgement.model, &judgement.cohort);
        table.push([Cell::text(record.metric.as_str()), record.cell(3), Cell::count(record.n), Cell::count(happened)]);
        answer.estimates.push(record);
    };
    let bounds = |value: f64, error: f64| (value - z * error, value + z * error);
    let (low, high) = bounds(fit.intercept, fit.intercept_error);
    push(
        Estimate::new("intercept of the update", fit.intercept, fit.n, how).within(low, high, step.level()),
        judgement.kind,
    );
    if slope_too {
        let (low, high) = bounds(fit.slope, fit.slope_error);
        push(
            Estimate::new("slope of the update", fit.slope, fit.n, how).within(low, high, step.level()),
            judgement.kind,
        );
    }
    push(Estimate::new("Brier score before", brier(&|p| p), p.len(), "mean over patients"), judgement.kind);
    push(
        Estimate::new("Brier score after", brier(&updated), p.len(), "mean over the patients of the update"),
        Kind::Apparent,
    );
    table.notes.push(format!(
        "log-odds after = {:.4} + {:.4} x log-odds before; what is told after the update is on the patients of the update",
        fit.intercept, fit.slope
    ));
    if fit.left_out > 0 {
        table.notes.push(format!("{} patients predicted exactly 0 or 1 are not in the update", fit.left_out));
    }
    answer.tables.push(table);
    Ok(answer)
}
