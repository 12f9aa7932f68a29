//! `rmst(os ~ arm, at = 24 months)`.

use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable};
use crate::run::step::Step;
use crate::stats::Estimate;
use crate::stats::distribution::{normal_multiplier, normal_two_sided};
use crate::survival::kaplan_meier::{Transform, kaplan_meier};
use crate::survival::life_table::Counted;

use super::super::describe::{at_time, shown_unit};
use super::km::{Groups, scaled};
use super::level;

pub(super) fn run(step: &Step<'_>, spec: &Infer) -> Result<Answer, Fault> {
    let level = level(step, spec);
    let groups = Groups::new(step, spec)?;
    let factor = groups.factor();
    // Beyond the shortest follow-up of a group its curve says nothing.
    let reach = groups
        .groups
        .iter()
        .map(|group| group.outcome.time.iter().copied().fold(0.0, f64::max))
        .fold(f64::INFINITY, f64::min);
    let at = spec.settings.real_if_given("at").unwrap_or(reach);
    let mut answer = Answer::default();
    let unit = shown_unit(groups.unit);
    let mut table = ResultTable::new(
        "rmst",
        format!("Restricted mean survival to {}", at_time((at / factor * 10.0).round() / 10.0, groups.unit)),
        ["group", "patients", "events", &format!("mean{unit}"), "p"],
    );
    let mut means: Vec<(f64, f64)> = Vec::new();
    for group in &groups.groups {
        let (n, events) = (group.outcome.len(), group.outcome.events());
        let curve = kaplan_meier(&group.outcome, None, Counted::Event, Transform::Plain, level)
            .map_err(|error| Fault::run("run::not-estimable", error.to_string()))?;
        let mut estimate =
            scaled(curve.restricted_mean(at), factor).with_events(Some(events)).with_missing(groups.missing);
        if at > group.outcome.time.iter().copied().fold(0.0, f64::max) {
            estimate = Estimate::not_estimable("restricted mean", n, "follow-up of the group ends before the horizon")
                .with_events(Some(events));
        }
        means.push(curve.restricted_mean_se(at));
        let record =
            EstimateRecord::new(&estimate, Kind::Descriptive).of("", &format!("{}, {}", groups.cohort, group.label));
        table.push([
            Cell::text(group.label.as_str()),
            Cell::count(n),
            Cell::count(events),
            record.cell(2),
            Cell::Empty,
        ]);
        answer.estimates.push(record);
    }
    if let (Some((mean, se)), true) = (means.first().copied(), at <= reach) {
        for (place, (other, other_se)) in means.iter().enumerate().skip(1) {
            let error = (se * se + other_se * other_se).sqrt();
            let half = normal_multiplier(level) * error;
            let n = groups.groups[0].outcome.len() + groups.groups[place].outcome.len();
            let name = format!(
                "difference in restricted mean, {} minus {}",
                groups.groups[place].label, groups.groups[0].label
            );
            let estimate = Estimate::new(name.as_str(), other - mean, n, "difference of areas; normal")
                .within(other - mean - half, other - mean + half, level)
                .with_events(Some(groups.groups[0].outcome.events() + groups.groups[place].outcome.events()));
            let record = EstimateRecord::new(&scaled(estimate, factor), Kind::Descriptive).of("", &groups.cohort);
            let p = if error > 0.0 { Cell::P(normal_two_sided((other - mean) / error)) } else { Cell::Empty };
            table.push([Cell::text(name), Cell::count(n), Cell::events(record.events), record.cell(2), p]);
            answer.estimates.push(record);
        }
    }
    table
        .notes
        .push(format!("area under the Kaplan-Meier curve; {} patients left out, something missing", groups.missing));
    answer.tables.push(table);
    Ok(answer)
}
