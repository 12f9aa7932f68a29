//! `cox(os ~ age + strata(centre))`.

use crate::figures::words::p_is;
use crate::plan::node::{Infer, TimeUnit};
use crate::run::fault::Fault;
use crate::run::results::{Cell, EstimateRecord, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::{Estimate, Outcome};
use crate::survival::cox::proportionality::{TimeScale, proportional_hazards};
use crate::survival::cox::{self, ChiSquared, CoxData, CoxFit, CoxOptions, Ties, baseline, residuals};
use crate::survival::kaplan_meier::Transform;

use super::super::describe::shown_unit;
use super::matrix::Frame;
use super::{Coefficient, Fitted, joint, level};

pub(super) fn fit(step: &Step<'_>, spec: &Infer, frame: &Frame) -> Result<Fitted, Fault> {
    let Outcome::Survival(censored) = &frame.outcome else {
        return Err(Fault::run("run::wrong-endpoint", "`cox` wants a time to an event"));
    };
    let ties = match spec.settings.choice("ties") {
        "breslow" => Ties::Breslow,
        "exact" => Ties::Exact,
        _ => Ties::Efron,
    };
    // As coxph: weights that count no patients ask for the robust variance.
    let counts = frame.weights.as_ref().is_none_or(|weights| weights.iter().all(|weight| weight.fract() == 0.0));
    let robust = spec.settings.flag("robust") || !counts;
    let options = CoxOptions { ties, level: level(step, spec), robust, ..CoxOptions::default() };
    let data = CoxData {
        strata: frame.strata.as_deref(),
        cluster: frame.cluster.as_deref(),
        weights: frame.weights.as_deref(),
        ..CoxData::new(frame.x.view(), &frame.names, censored)
    };
    let fit = cox::fit(&data, &options).map_err(|error| Fault::run("run::not-fitted", error.to_string()))?;
    let ties = match ties {
        Ties::Efron => "by Efron",
        Ties::Breslow => "by Breslow",
        Ties::Exact => "exact (conditional)",
    };
    let sandwich = if fit.robust_variance.is_some() { ", robust variance" } else { "" };
    let how = format!("Cox regression, ties {ties}; Wald{sandwich}");
    let coefficients = fit
        .coefficients
        .iter()
        .zip(&frame.names)
        .map(|(coefficient, name)| {
            let title = format!("hazard ratio of {name}");
            let (estimate, p) = match coefficient {
                Ok(c) => (
                    Estimate::new(title, c.hazard_ratio, fit.n, how.as_str()).within(c.lower, c.upper, fit.level),
                    Some(c.p),
                ),
                Err(reason) => (Estimate::not_estimable(title, fit.n, reason.reason.clone()), None),
            };
            let estimate = EstimateRecord::new(&estimate.with_events(Some(fit.events)), Kind::Descriptive);
            Coefficient { estimate, p, link: coefficient.as_ref().ok().map(|c| (c.value, c.se.powi(2))) }
        })
        .collect();
    let test = |name: &str, test: &ChiSquared| {
        (
            format!("{name} test"),
            Cell::text(format!("chi-square {:.2} on {} df, {}", test.statistic, test.df, p_is(test.p))),
        )
    };
    let mut notes = Vec::new();
    if frame.strata.is_some() {
        notes.push(format!("baseline hazards of {} strata", frame.strata_levels));
    }
    if frame.weights.is_some() {
        let kind = if counts { "case weights" } else { "case weights, not whole numbers: robust variance" };
        notes.push(kind.to_owned());
    }
    if frame.before_landmark > 0 {
        notes.push(format!(
            "{} patients are not followed up to the landmark and are not counted",
            frame.before_landmark
        ));
    }
    let mut whole = vec![
        test("likelihood-ratio", &fit.likelihood_ratio),
        test("Wald", &fit.wald),
        test("score", &fit.score),
        ("AIC".to_owned(), Cell::number(fit.aic(), 1)),
    ];
    let value = |column: usize| fit.coefficients.get(column)?.as_ref().ok().map(|c| c.value);
    whole.extend(joint(frame, value, |i, j| fit.variance()[[i, j]], fit.n));
    let terms: Vec<(String, Vec<usize>)> = frame
        .terms
        .iter()
        .map(|term| (term.label.clone(), term.lines.iter().filter_map(|line| line.column).collect()))
        .collect();
    match proportional_hazards(&fit, &data, &terms, TimeScale::KaplanMeier) {
        Ok(found) => {
            for (term, tested) in found.terms.iter().filter_map(|(term, tested)| tested.as_ref().map(|t| (term, t))) {
                whole.push(test(&format!("proportional hazards of {term},"), tested));
            }
            whole.push(test("proportional hazards, global", &found.global));
        }
        Err(error) => whole.push(("proportional hazards".to_owned(), Cell::NotEstimable(error.to_string()))),
    }
    let mut tables = Vec::new();
    let times = spec.settings.reals("at");
    if !times.is_empty() {
        tables.push(survival(step, frame, &fit, &times));
    }
    if spec.settings.flag("residuals") {
        tables.extend(residual_tables(step, spec, frame, &fit, &data)?);
    }
    let freedom = fit.events.saturating_sub(fit.likelihood_ratio.df) as f64;
    let events = Some(fit.events);
    Ok(Fitted { coefficients, n: fit.n, events, measure: "HR", how, notes, whole, freedom, tables })
}

/// Survival of a patient with the mean of every covariate, by stratum.
fn survival(step: &Step<'_>, frame: &Frame, fit: &CoxFit, times: &[f64]) -> ResultTable {
    let unit = frame.unit.map_or(1.0, TimeUnit::days);
    let mut table = ResultTable::new(
        "survival",
        format!("{}: survival at the mean of every covariate", step.node.name),
        [&format!("time{}", shown_unit(frame.unit)), "stratum", "cumulative hazard", "survival"],
    );
    let strata = fit.event_times.iter().map(|event| event.stratum).max().map_or(0, |last| last + 1);
    for stratum in 0..strata {
        let curve = baseline::predict(fit, stratum, &fit.means, Transform::Log, fit.level);
        for time in times {
            let place = curve.times.partition_point(|event| event <= time).checked_sub(1);
            let (hazard, survival, lower, upper) = place.map_or((0.0, 1.0, None, None), |place| {
                let bound = |value: f64| value.is_finite().then_some(value);
                let hazard = curve.cumulative_hazard[place];
                (hazard, curve.survival[place], bound(curve.lower[place]), bound(curve.upper[place]))
            });
            table.push([
                Cell::number(time / unit, 2),
                if frame.strata.is_some() { Cell::count(stratum + 1) } else { Cell::Empty },
                Cell::number(hazard, 4),
                Cell::Estimate { value: survival, lower, upper, digits: 3 },
            ]);
        }
    }
    table.notes.push(format!(
        "{}% interval on the log scale; variance of the baseline and of the coefficients (Tsiatis)",
        fit.level * 100.0
    ));
    if frame.strata.is_some() {
        table.notes.push("strata in the order in which their levels first appear".to_owned());
    }
    table
}

/// Martingale and deviance residuals of patients, Schoenfeld residuals of events.
fn residual_tables(
    step: &Step<'_>,
    spec: &Infer,
    frame: &Frame,
    fit: &CoxFit,
    data: &CoxData<'_>,
) -> Result<Vec<ResultTable>, Fault> {
    let unit = frame.unit.map_or(1.0, TimeUnit::days);
    let time = format!("time{}", shown_unit(frame.unit));
    let keys = &step.world.table(step.world.rows(&spec.rows)?.table)?.keys;
    let patient = |row: usize| Cell::text(keys.name(frame.rows[row]));
    let name = &step.node.name;
    let mut patients = ResultTable::new(
        "residuals",
        format!("{name}: residuals of patients"),
        ["patient", &time, "event", "martingale", "deviance"],
    );
    let (martingale, deviance) = (residuals::martingale(fit, data), residuals::deviance(fit, data));
    for row in 0..fit.n {
        patients.push([
            patient(row),
            Cell::number(data.outcome.time[row] / unit, 2),
            Cell::count(usize::from(data.outcome.event[row] == 1)),
            Cell::number(martingale[row], 4),
            Cell::number(deviance[row], 4),
        ]);
    }
    let found = residuals::schoenfeld(fit, data);
    let columns = ["patient".to_owned(), time].into_iter().chain(frame.names.iter().cloned()).collect();
    let title = format!("{name}: Schoenfeld residuals of events");
    let mut events = ResultTable { name: "schoenfeld".to_owned(), title, columns, ..ResultTable::default() };
    for (place, row) in found.rows.iter().enumerate() {
        let own = found.values.row(place);
        events.rows.push(
            [patient(*row), Cell::number(found.times[place] / unit, 2)]
                .into_iter()
                .chain(own.iter().map(|value| Cell::number(*value, 4)))
                .collect(),
        );
    }
    events.notes.push("covariates of the event minus their weighted mean over its risk set".to_owned());
    Ok(vec![patients, events])
}
