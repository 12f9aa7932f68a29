//! `cif(relapse ~ arm, competing = death)` and `finegray(relapse ~ age, competing = death)`.

use crate::figures::cif::{Curve, Incidence, Step as Corner};
use crate::figures::words as shown;
use crate::figures::words::p_is;
use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::distribution::normal_multiplier;
use crate::stats::{Estimate, Outcome};
use crate::survival::competing_risks::{cumulative_incidence, gray_test};
use crate::survival::finegray;

use super::km::{Groups, pooled, pooled_strata};
use super::matrix::Frame;
use super::{Coefficient, Fitted, level};

pub(super) fn cif(step: &Step<'_>, spec: &Infer) -> Result<Answer, Fault> {
    let level = level(step, spec);
    let groups = Groups::new(step, spec)?;
    let factor = groups.factor();
    // The last time at which every group is still followed up.
    let reach = groups
        .groups
        .iter()
        .map(|group| group.outcome.time.iter().copied().fold(0.0, f64::max))
        .fold(f64::INFINITY, f64::min);
    let mut answer = Answer::default();
    let mut table = ResultTable::new(
        "incidence",
        format!(
            "{}: cumulative incidence at {:.1}{}",
            step.node.stem,
            reach / factor,
            groups.unit.map_or(String::new(), |unit| format!(" {unit}"))
        ),
        ["group", "patients", "events", "competing", "incidence", "missing"],
    );
    let mut curves = Vec::new();
    for (place, group) in groups.groups.iter().enumerate() {
        let found = cumulative_incidence(&group.outcome, 1)
            .map_err(|error| Fault::run("run::not-estimable", error.to_string()))?;
        let (value, variance) = (found.at(reach), found.variance_at(reach));
        let half = normal_multiplier(level) * variance.sqrt();
        let others = group.outcome.event.iter().filter(|event| **event > 1).count();
        let estimate = Estimate::new("cumulative incidence", value, found.n, "Aalen-Johansen; normal")
            .within((value - half).max(0.0), (value + half).min(1.0), level)
            .with_events(Some(found.events))
            .with_missing(groups.missing);
        let record =
            EstimateRecord::new(&estimate, Kind::Descriptive).of("", &format!("{}, {}", groups.cohort, group.label));
        let missing = if place == 0 { Cell::count(groups.missing) } else { Cell::Empty };
        table.push([
            Cell::text(group.label.as_str()),
            Cell::count(found.n),
            Cell::count(found.events),
            Cell::count(others),
            record.cell(3),
            missing,
        ]);
        answer.estimates.push(record);
        let z = normal_multiplier(level);
        let at_risk = |time: f64| group.outcome.time.iter().filter(|own| **own >= time).count() as u64;
        let steps = (0..found.times.len()).map(|at| {
            let (value, half) = (found.incidence[at], z * found.variance[at].sqrt());
            Corner {
                time: found.times[at] / factor,
                // With delayed entry the number at risk is not the number still followed.
                at_risk: group.outcome.entry.is_none().then(|| at_risk(found.times[at])),
                incidence: value,
                lower: half.is_finite().then_some((value - half).max(0.0)),
                upper: half.is_finite().then_some((value + half).min(1.0)),
            }
        });
        curves.push(Curve {
            name: group.label.clone(),
            n: found.n as u64,
            events: found.events as u64,
            competing: others as u64,
            steps: steps.collect(),
        });
    }
    let mut said = Vec::new();
    if groups.groups.len() > 1 {
        let (outcome, numbers) = pooled(&groups.groups);
        let strata = pooled_strata(&groups.groups);
        match gray_test(&outcome, 1, &numbers, groups.groups.len(), strata.as_deref()) {
            Ok(test) => {
                let words =
                    format!("Gray's test: chi-square {:.2} on {} df, {}.", test.statistic, test.df, p_is(test.p));
                said.push(format!("Gray's test {}", shown::p_is(test.p)));
                table.notes.push(words.clone());
                answer.notes.push(words);
            }
            Err(error) => answer.notes.push(format!("Gray's test: not estimable: {error}.")),
        }
    }
    answer.tables.push(table);
    let figure = Incidence {
        time: groups.unit.map_or("Time".to_owned(), |unit| format!("Time ({unit})")),
        outcome: groups.outcome.clone(),
        cohort: groups.cohort.clone(),
        method: format!("Aalen-Johansen; {}% bands, normal", (level * 1000.0).round() / 10.0),
        curves,
        missing: groups.missing as u64,
        notes: said,
    };
    answer.figures.push(FigureData::new(step.node.stem.clone(), &figure));
    Ok(answer)
}

pub(super) fn fine_gray(step: &Step<'_>, spec: &Infer, frame: &Frame) -> Result<Fitted, Fault> {
    let Outcome::Survival(censored) = &frame.outcome else {
        return Err(Fault::run("run::wrong-endpoint", "`finegray` wants a time to an event"));
    };
    let fit = finegray::fine_gray(frame.x.view(), &frame.names, censored, level(step, spec))
        .map_err(|error| Fault::run("run::not-fitted", error.to_string()))?;
    // The weighted fit repeats patients at risk; the reader counts patients.
    let (n, events) = (censored.len(), censored.events());
    let how = "Fine-Gray regression of the subdistribution hazard; robust Wald";
    let coefficients = fit
        .coefficients
        .iter()
        .zip(&frame.names)
        .map(|(coefficient, name)| {
            let title = format!("subdistribution hazard ratio of {name}");
            let (estimate, p) = match coefficient {
                Ok(c) => (Estimate::new(title, c.hazard_ratio, n, how).within(c.lower, c.upper, fit.level), Some(c.p)),
                Err(reason) => (Estimate::not_estimable(title, n, reason.reason.clone()), None),
            };
            let estimate = EstimateRecord::new(&estimate.with_events(Some(events)), Kind::Descriptive);
            Coefficient { estimate, p, link: None }
        })
        .collect();
    let others = censored.event.iter().filter(|event| **event > 1).count();
    Ok(Fitted {
        coefficients,
        n,
        events: Some(events),
        measure: "SHR",
        how: how.to_owned(),
        notes: vec![format!("{others} competing events")],
        ..Fitted::empty()
    })
}
