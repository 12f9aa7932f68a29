//! `sample_size(response, parameters = 12, prevalence = 47%, R2 = 0.2)`: Riley's criteria.

use crate::plan::node::Infer;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, ResultTable};
use crate::run::step::Step;
use crate::stats::Outcome;
use crate::stats::sample_size::{OutcomePlan, SampleSizePlan, Strength, sample_size};

use super::matrix::response;

pub(super) fn run(step: &Step<'_>, spec: &Infer) -> Result<Answer, Fault> {
    let set = step.world.rows(&spec.rows)?;
    let endpoint = response(step, spec)?;
    let rows: Vec<usize> = set.rows.iter().copied().filter(|row| endpoint.known[*row]).collect();
    let held = endpoint.outcome.select(&rows);
    let settings = &spec.settings;
    let outcome = match &held {
        Outcome::Binary(values) => {
            let observed = values.iter().filter(|event| **event).count() as f64 / values.len().max(1) as f64;
            OutcomePlan::Binary { prevalence: settings.real_if_given("prevalence").unwrap_or(observed) }
        }
        Outcome::Survival(censored) => {
            let followed: f64 = censored.time.iter().sum();
            let last = censored.time.iter().copied().fold(0.0, f64::max);
            OutcomePlan::Survival {
                rate: settings.real_if_given("rate").unwrap_or(censored.events() as f64 / followed),
                time_point: settings.real_if_given("horizon").unwrap_or(last),
                mean_follow_up: settings.real_if_given("follow_up").unwrap_or(followed / censored.len().max(1) as f64),
            }
        }
        Outcome::Continuous(_) | Outcome::Nominal(_) => {
            return Err(Fault::run("run::wrong-endpoint", "`sample_size` wants a binary or a survival endpoint"));
        }
    };
    let plan = SampleSizePlan {
        outcome,
        parameters: settings.count_if_given("parameters").unwrap_or(1),
        strength: Strength::CoxSnell(settings.real_if_given("R2").unwrap_or(f64::NAN)),
        shrinkage: settings.real_if_given("shrinkage").unwrap_or(0.9),
        optimism: 0.05,
        margin: settings.real_if_given("margin").unwrap_or(0.05),
    };
    let found = sample_size(&plan)?;
    let mut table = ResultTable::new("sample-size", step.node.stem.clone(), ["what", "value"]);
    for (what, value) in [
        ("patients needed: shrinkage", Cell::count(found.criteria[0])),
        ("patients needed: small optimism in R squared", Cell::count(found.criteria[1])),
        ("patients needed: precise overall risk", Cell::count(found.criteria[2])),
        ("patients needed", Cell::count(found.n)),
        ("events expected among them", Cell::number(found.events, 0)),
        ("events per parameter", Cell::number(found.events_per_parameter, 1)),
        ("patients at hand", Cell::count(rows.len())),
        ("events at hand", Cell::events(held.events())),
    ] {
        table.push([Cell::text(what), value]);
    }
    table
        .notes
        .push(format!("Riley's criteria for {} parameters, Cox-Snell R squared {}", plan.parameters, found.cox_snell));
    let enough = rows.len() >= found.n;
    let words = if enough { "are enough" } else { "are not enough" };
    let note = format!(
        "The {} patients at hand {words} for {} parameters: {} are needed.",
        rows.len(),
        plan.parameters,
        found.n
    );
    Ok(Answer { tables: vec![table], notes: vec![note], ..Answer::default() })
}
