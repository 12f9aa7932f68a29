//! `cox(os ~ age + strata(centre))`.

use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Cell, EstimateRecord, Kind, shown_p};
use crate::run::step::Step;
use crate::stats::{Estimate, Outcome};
use crate::survival::cox::proportionality::{TimeScale, proportional_hazards};
use crate::survival::cox::{self, ChiSquared, CoxData, CoxOptions, Ties};

use super::matrix::Frame;
use super::{Coefficient, Fitted, level};

pub(super) fn fit(step: &Step<'_>, spec: &Infer, frame: &Frame) -> Result<Fitted, Fault> {
    let Outcome::Survival(censored) = &frame.outcome else {
        return Err(Fault::run("run::wrong-endpoint", "`cox` wants a time to an event"));
    };
    let ties = match spec.settings.choice("ties") {
        "breslow" => Ties::Breslow,
        "exact" => Ties::Exact,
        _ => Ties::Efron,
    };
    let options =
        CoxOptions { ties, level: level(step, spec), robust: spec.settings.flag("robust"), ..CoxOptions::default() };
    let data = CoxData {
        strata: frame.strata.as_deref(),
        cluster: frame.cluster.as_deref(),
        ..CoxData::new(frame.x.view(), &frame.names, censored)
    };
    let fit = cox::fit(&data, &options).map_err(|error| Fault::run("run::not-fitted", error.to_string()))?;
    let ties = match ties {
        Ties::Efron => "by Efron",
        Ties::Breslow => "by Breslow",
        Ties::Exact => "exact (conditional)",
    };
    let robust = if fit.robust_variance.is_some() { ", robust variance" } else { "" };
    let how = format!("Cox regression, ties {ties}; Wald{robust}");
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
            Coefficient { estimate: EstimateRecord::new(&estimate.with_events(Some(fit.events)), Kind::Descriptive), p }
        })
        .collect();
    let test = |name: &str, test: &ChiSquared| {
        (
            format!("{name} test"),
            Cell::text(format!("chi-square {:.2} on {} df, P {}", test.statistic, test.df, shown_p(test.p))),
        )
    };
    let mut notes = Vec::new();
    if frame.strata.is_some() {
        notes.push(format!("baseline hazards of {} strata", frame.strata_levels));
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
    Ok(Fitted { coefficients, n: fit.n, events: Some(fit.events), measure: "HR", how, notes, whole })
}
