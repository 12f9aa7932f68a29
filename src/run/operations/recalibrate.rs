//! `recalibrate PRIME_R on external`: a frozen model updated on other rows, told as such.

use ndarray::Array2;

use crate::fuse::{self, Work};
use crate::plan::node::Recalibrate;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::calibration::{calibration_in_the_large, logistic_calibration};
use crate::stats::distribution::{normal_multiplier, t_quantile};
use crate::stats::metrics::Brier;
use crate::stats::{Censored, Estimate, Judged, Metric, Outcome, Prediction};
use crate::survival::SurvivalError;
use crate::survival::calibration::calibration;
use crate::survival::cox::{self, CoxData, CoxOptions};

use super::judge::{Judgement, judge};

/// # Errors
/// One class, no event, or a prediction that does not vary.
pub fn run(step: &Step<'_>, spec: &Recalibrate) -> Result<Answer, Fault> {
    if spec.method == "refit" {
        return refit(step, spec);
    }
    let judgement = judge(step, &spec.model, &spec.on, false, &median_event)?;
    let (events, p) = match (&judgement.outcome, &judgement.prediction) {
        (Outcome::Binary(events), Prediction::Probability(p)) => (events, p),
        (Outcome::Survival(censored), Prediction::Risk(risk)) => {
            return survival(step, spec, &judgement, censored, risk);
        }
        (Outcome::Continuous(observed), Prediction::Value(predicted)) => {
            return continuous(step, spec, &judgement, observed, predicted);
        }
        _ => return Err(Fault::unavailable("`recalibrate` of this prediction", "`by refit` is")),
    };
    let slope_too = spec.method != "intercept";
    let fit = if slope_too { logistic_calibration(events, p)? } else { calibration_in_the_large(events, p)? };
    let updated = |p: f64| {
        let logit = (p / (1.0 - p)).ln();
        1.0 / (1.0 + (-(fit.intercept + fit.slope * logit)).exp())
    };
    let brier = |name: &str, f: &dyn Fn(f64) -> f64| {
        let prediction = Prediction::Probability(p.iter().map(|p| f(*p)).collect());
        let judged = Judged { prediction: &prediction, held: None, ..judgement.judged(None, None) };
        Estimate { name: name.to_owned(), ..Brier.estimate(&judged, &step.intervals(), &step.stream.named(name)) }
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
    push(brier("Brier score before", &|p| p), judgement.kind);
    push(brier("Brier score after", &updated), Kind::Apparent);
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

/// A model of a continuous endpoint: a line from what was predicted to what was observed, or its
/// level alone.
fn continuous(
    step: &Step<'_>,
    spec: &Recalibrate,
    judgement: &Judgement,
    observed: &[f64],
    predicted: &[f64],
) -> Result<Answer, Fault> {
    let slope_too = spec.method != "intercept";
    let line = Line::through(predicted, observed, slope_too).ok_or_else(|| {
        Fault::run("run::not-estimable", "too few patients, or the prediction does not vary among them")
    })?;
    let mut answer = Answer::default();
    let mut table = ResultTable::new(
        "recalibration",
        format!("{} recalibrated on {} ({})", judgement.model, judgement.cohort, spec.method),
        ["what", "estimate", "patients"],
    );
    let n = observed.len();
    let mut push = |estimate: Estimate, kind: Kind| {
        let record = EstimateRecord::new(&estimate.with_missing(judgement.missing), kind)
            .of(&judgement.model, &judgement.cohort);
        table.push([Cell::text(record.metric.as_str()), record.cell(3), Cell::count(record.n)]);
        answer.estimates.push(record);
    };
    let t = t_quantile(0.5 + step.level() / 2.0, line.freedom);
    let how = "least squares of the observed on the frozen model's prediction; t interval";
    let told = |name: &str, (value, error): (f64, f64)| {
        Estimate::new(name, value, n, how).within(value - t * error, value + t * error, step.level())
    };
    push(told("intercept of the update", line.intercept), judgement.kind);
    if slope_too {
        push(told("slope of the update", line.slope), judgement.kind);
    }
    let error = |name: &str, f: &dyn Fn(f64) -> f64| {
        let squares: Vec<f64> = predicted.iter().zip(observed).map(|(p, y)| (y - f(*p)).powi(2)).collect();
        let mean = squares.iter().sum::<f64>() / n as f64;
        let spread = squares.iter().map(|square| (square - mean).powi(2)).sum::<f64>() / (n as f64 - 1.0);
        let half = normal_multiplier(step.level()) * (spread / n as f64).sqrt();
        Estimate::new(name, mean.sqrt(), n, "normal interval of the mean squared error").within(
            (mean - half).max(0.0).sqrt(),
            (mean + half).sqrt(),
            step.level(),
        )
    };
    let updated = |p: f64| line.intercept.0 + line.slope.0 * p;
    push(error("root mean squared error before", &|p| p), judgement.kind);
    push(error("root mean squared error after", &updated), Kind::Apparent);
    table.notes.push(format!(
        "value after = {:.4} + {:.4} x value before; what is told after the update is on the patients of the update",
        line.intercept.0, line.slope.0
    ));
    answer.tables.push(table);
    Ok(answer)
}

/// A line by least squares; each coefficient with its standard error.
struct Line {
    intercept: (f64, f64),
    slope: (f64, f64),
    freedom: f64,
}

impl Line {
    /// `None` where nothing is left to estimate the spread from, or `x` does not vary.
    fn through(x: &[f64], y: &[f64], slope_too: bool) -> Option<Line> {
        let n = x.len() as f64;
        let freedom = n - if slope_too { 2.0 } else { 1.0 };
        if freedom < 1.0 {
            return None;
        }
        let mean = |values: &[f64]| values.iter().sum::<f64>() / n;
        let (x_mean, y_mean) = (mean(x), mean(y));
        let of_x: f64 = x.iter().map(|x| (x - x_mean).powi(2)).sum();
        let slope = if slope_too {
            let both: f64 = x.iter().zip(y).map(|(x, y)| (x - x_mean) * (y - y_mean)).sum();
            Some(both / of_x).filter(|slope| slope.is_finite())?
        } else {
            1.0
        };
        let intercept = y_mean - slope * x_mean;
        let rest: f64 = x.iter().zip(y).map(|(x, y)| (y - intercept - slope * x).powi(2)).sum::<f64>() / freedom;
        let (of_intercept, of_slope) = if slope_too {
            ((rest * (1.0 / n + x_mean.powi(2) / of_x)).sqrt(), (rest / of_x).sqrt())
        } else {
            ((rest / n).sqrt(), 0.0)
        };
        Some(Line { intercept: (intercept, of_intercept), slope: (slope, of_slope), freedom })
    }
}

/// The time by which half of the events have happened: where calibration is told.
fn median_event(outcome: &Outcome) -> Vec<f64> {
    let Outcome::Survival(censored) = outcome else { return Vec::new() };
    let mut times: Vec<f64> =
        (0..censored.len()).filter(|row| censored.event[*row] == 1).map(|row| censored.time[row]).collect();
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().into_iter().collect()
}

/// A survival model: the slope of its risk score, unless only the baseline is updated, and a new
/// baseline hazard.
fn survival(
    step: &Step<'_>,
    spec: &Recalibrate,
    judgement: &Judgement,
    censored: &Censored,
    risk: &[f64],
) -> Result<Answer, Fault> {
    let x = Array2::from_shape_fn((risk.len(), 1), |(row, _)| risk[row]);
    let names = ["risk score".to_owned()];
    let data = CoxData::new(x.view(), &names, censored);
    let options = CoxOptions { level: step.level(), ..CoxOptions::default() };
    let not_fitted = |error: SurvivalError| Fault::run("run::not-fitted", error.to_string());
    let fitted = cox::fit(&data, &options).map_err(not_fitted)?;
    let Some(Ok(slope)) = fitted.coefficients.first() else {
        return Err(Fault::run("run::not-estimable", "the risk score does not vary on these rows"));
    };
    let slope_too = spec.method != "intercept";
    let factor = if slope_too { slope.value } else { 1.0 };
    let hazard = breslow(censored, &risk.iter().map(|risk| factor * risk).collect::<Vec<_>>());
    let mut answer = Answer::default();
    let mut table = ResultTable::new(
        "recalibration",
        format!("{} recalibrated on {} ({})", judgement.model, judgement.cohort, spec.method),
        ["what", "estimate", "patients", "events"],
    );
    let (n, events) = (censored.len(), censored.events());
    let mut push = |estimate: Estimate, kind: Kind, horizon: Option<&str>| {
        let estimate = estimate.with_events(Some(events)).with_missing(judgement.missing);
        let record = EstimateRecord::new(&estimate, kind).of(&judgement.model, &judgement.cohort).at(horizon);
        table.push([Cell::text(record.metric.as_str()), record.cell(3), Cell::count(n), Cell::count(events)]);
        answer.estimates.push(record);
    };
    if slope_too {
        let how = "Cox regression on the frozen model's risk score; Wald";
        let estimate = Estimate::new("slope of the update", slope.value, n, how);
        push(estimate.within(slope.lower.ln(), slope.upper.ln(), step.level()), judgement.kind, None);
    }
    if let Some(at) = median_event(&judgement.outcome).first().copied() {
        let told = |name: &str, risk: &[f64]| -> Estimate {
            let risk = ndarray::Array1::from(risk.to_vec());
            match calibration(censored, risk.view(), at, 5, step.level()) {
                Ok(found) => Estimate { name: name.to_owned(), ..found.ratio },
                Err(error) => Estimate::not_estimable(name, n, error.to_string()),
            }
        };
        if let Some(curves) = &judgement.curves {
            let before: Vec<f64> = curves.survival.column(0).iter().map(|s| (1.0 - s).clamp(0.0, 1.0)).collect();
            push(told("observed over expected before", &before), judgement.kind, None);
        }
        let cumulative: f64 = hazard.iter().filter(|(time, _)| *time <= at).map(|(_, step)| step).sum();
        let after: Vec<f64> =
            risk.iter().map(|risk| (1.0 - (-cumulative * (factor * risk).exp()).exp()).clamp(0.0, 1.0)).collect();
        push(told("observed over expected after", &after), Kind::Apparent, None);
        table.notes.push(format!("calibration at {at:.1} days, the median of the event times"));
    }
    let form = if slope_too {
        format!("log hazard after = {factor:.4} x risk score before, with the baseline hazard of these patients")
    } else {
        "risk score kept, with the baseline hazard of these patients".to_owned()
    };
    table.notes.push(format!("{form}; what is told after the update is on the patients of the update"));
    table.notes.push("the ranking of patients, and so every concordance, stays as it was".to_owned());
    answer.tables.push(table);
    Ok(answer)
}

/// Breslow's steps of the baseline hazard for log hazards `eta`.
fn breslow(censored: &Censored, eta: &[f64]) -> Vec<(f64, f64)> {
    let mut times: Vec<f64> =
        (0..censored.len()).filter(|row| censored.event[*row] == 1).map(|row| censored.time[row]).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
        .into_iter()
        .map(|time| {
            let entered = |row: usize| censored.entry.as_ref().is_none_or(|entry| entry[row] < time);
            let rows = 0..censored.len();
            let at_risk: f64 =
                rows.clone().filter(|row| censored.time[*row] >= time && entered(*row)).map(|row| eta[row].exp()).sum();
            let events = rows.filter(|row| censored.time[*row] == time && censored.event[*row] == 1).count();
            (time, events as f64 / at_risk)
        })
        .collect()
}

/// `by refit`: the design fitted again on the new rows, judged out of fold there beside the frozen
/// model.
fn refit(step: &Step<'_>, spec: &Recalibrate) -> Result<Answer, Fault> {
    let model = step.model(spec.model.model)?;
    let frozen = judge(step, &spec.model, &spec.on, false, &|_| Vec::new())?;
    let set = step.world.rows(&spec.on)?;
    let other;
    let data = if set.table == model.data.table {
        &model.data
    } else {
        other = super::judge::foreign(step, spec.model.model, set.table)?;
        &other
    };
    let rows: Vec<usize> = set.rows.iter().copied().filter(|row| data.endpoint.known[*row]).collect();
    let memo = step.memo();
    let work = Work::new(step.stream.named("refit"), step.watch).with_memo(&memo).with_folds(step.folds());
    let cross = fuse::cross_fit(&model.design, &model.design.cross_fit, &data.cohort(), &rows, &work)?;
    let part = spec.model.part.as_deref().unwrap_or("");
    let held = cross
        .out_of_fold(part)
        .ok_or_else(|| Fault::run("run::no-part", format!("`{}` has no part `{part}`", model.name)))?;
    let held = &held.average;
    let outcome = data.endpoint.outcome.select(&held.rows);
    let folds = super::judge::strata(&cross, part, &held.rows);
    let told = super::model::told(&model.design.cross_fit);
    let (folds, told) = super::judge::ranking(folds, &outcome, told);
    let mut answer = Answer::default();
    let mut table = ResultTable::new(
        "recalibration",
        format!("{} fitted again on {}", frozen.model, frozen.cohort),
        ["model", "evidence", "metric", "estimate", "patients", "events"],
    );
    let words: &[&str] = match outcome {
        Outcome::Binary(_) => &["AUC", "Brier", "calibration_slope"],
        Outcome::Survival(_) => &["C-index", "calibration_slope"],
        Outcome::Continuous(_) | Outcome::Nominal(_) => &[],
    };
    for metric in words.iter().filter_map(|word| fuse::metric(word, outcome.kind())) {
        let name = metric.card().name;
        for (who, outcome, prediction, kind, how) in [
            ("frozen", &frozen.outcome, &frozen.prediction, frozen.kind, frozen.how.clone()),
            ("refitted", &outcome, &held.prediction, Kind::OutOfFold, told.clone()),
        ] {
            let held = folds.as_ref().filter(|_| kind == Kind::OutOfFold && who == "refitted");
            let judged = Judged {
                outcome,
                prediction,
                held,
                patients: None,
                curves: None,
                training: None,
                horizon: None,
                threshold: None,
            };
            let stream = step.stream.named(who).named(name);
            let estimate = metric.estimate(&judged, &step.intervals(), &stream).with_missing(frozen.missing);
            let mut record =
                EstimateRecord::new(&estimate, kind).of(&format!("{} ({who})", frozen.model), &frozen.cohort);
            name.clone_into(&mut record.metric);
            record.how = format!("{how}; {}", record.how);
            table.push([
                Cell::text(format!("{} ({who})", frozen.model)),
                Cell::text(kind.words()),
                Cell::text(name),
                record.cell(3),
                Cell::count(record.n),
                Cell::events(record.events),
            ]);
            answer.estimates.push(record);
        }
    }
    table.notes.push(
        "the refitted model is a new model of the same design: preparation, choice, tuning and fusion are fitted on these rows"
            .to_owned(),
    );
    answer.tables.push(table);
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::Line;

    /// `summary(lm(y ~ x))` and `summary(lm(y - x ~ 1))` of R on the same ten points.
    #[test]
    fn a_line_is_that_of_r() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, 10.0];
        let y = [2.1, 2.9, 3.2, 4.8, 5.1, 5.9, 7.7, 7.9, 9.3, 9.6];
        let close = |(value, error): (f64, f64), expected: (f64, f64)| {
            assert!((value - expected.0).abs() < 1e-9 && (error - expected.1).abs() < 1e-9, "{value} {error}");
        };
        let line = Line::through(&x, &y, true).unwrap();
        close(line.intercept, (1.006666666666663, 0.249712966536713));
        close(line.slope, (0.880606060606061, 0.0402448885700369));
        close(Line::through(&x, &y, false).unwrap().intercept, (0.35, 0.157938103206428));
        assert!(Line::through(&[1.0; 4], &[1.0, 2.0, 3.0, 4.0], true).is_none());
        assert!(Line::through(&x[..2], &y[..2], true).is_none());
    }
}
