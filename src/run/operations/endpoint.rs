//! `endpoint os`: who had the event, when, and who cannot be judged.

use std::sync::Arc;

use chrono::NaiveDate;

use crate::frame::expression::{Expression, Type};
use crate::plan::node::{Endpoint, EndpointDefinition, TimeUnit};
use crate::plan::{Node, NodeId};
use crate::run::fault::Fault;
use crate::run::world::{EndpointValue, World, word};
use crate::stats::{Censored, Classes, Outcome};

/// # Errors
/// Negative follow-up, two first events at once, a value of another type.
pub fn run(world: &mut World<'_>, node: &Node, spec: &Endpoint) -> Result<(), Fault> {
    let made = make(world, node, spec)?;
    for note in &made.notes {
        world.notice(node, "data::endpoint", note.clone());
    }
    world.endpoints.insert(node.id, Arc::new(made));
    Ok(())
}

fn make(world: &World<'_>, node: &Node, spec: &Endpoint) -> Result<EndpointValue, Fault> {
    let table = spec.table;
    let endpoint =
        |outcome, known, unit, notes| EndpointValue { name: word(node).to_owned(), table, outcome, known, unit, notes };
    match &spec.definition {
        EndpointDefinition::Binary { event } => {
            let flags = flags(world, event, table, "the event")?;
            let known = flags.iter().map(Option::is_some).collect();
            let values = flags.into_iter().map(|flag| flag.unwrap_or(false)).collect();
            Ok(endpoint(Outcome::Binary(values), known, None, Vec::new()))
        }
        EndpointDefinition::Continuous { value } => {
            let values = numbers(world, value, table, "the endpoint")?;
            let known = values.iter().map(|value| !value.is_nan()).collect();
            let values = values.into_iter().map(|value| if value.is_nan() { 0.0 } else { value }).collect();
            Ok(endpoint(Outcome::Continuous(values), known, None, Vec::new()))
        }
        EndpointDefinition::Nominal { value, levels } => {
            let (outcome, known) = nominal(world, node, value, levels, table)?;
            Ok(endpoint(outcome, known, None, Vec::new()))
        }
        EndpointDefinition::SurvivalDates { from, to, censor } => {
            let (outcome, known, notes) = by_dates(world, node, table, from, to, censor)?;
            Ok(endpoint(outcome, known, Some(TimeUnit::Months), notes))
        }
        EndpointDefinition::SurvivalDuration { time, event, unit, competing, entry } => {
            let factor = unit.map_or(1.0, TimeUnit::days);
            let (mut times, is_duration) = durations(world, time, table)?;
            let factor = if is_duration { 1.0 } else { factor };
            times.iter_mut().for_each(|time| *time *= factor);
            let entries = match entry {
                Some(entry) => {
                    let (mut entries, is_duration) = durations(world, entry, table)?;
                    let factor = if is_duration { 1.0 } else { factor };
                    entries.iter_mut().for_each(|time| *time *= factor);
                    Some(entries)
                }
                None => None,
            };
            let first = flags(world, event, table, "the event")?;
            let others = competing
                .iter()
                .map(|other| flags(world, other, table, "a competing event"))
                .collect::<Result<Vec<_>, _>>()?;
            let rows = times.len();
            let mut codes = vec![0u8; rows];
            let mut known = vec![true; rows];
            let mut both = Vec::new();
            for row in 0..rows {
                known[row] = !times[row].is_nan()
                    && first[row].is_some()
                    && others.iter().all(|other| other[row].is_some() || first[row] == Some(true))
                    && entries.as_ref().is_none_or(|entries| !entries[row].is_nan());
                let mut happened: Vec<u8> = Vec::new();
                if first[row] == Some(true) {
                    happened.push(1);
                }
                for (number, other) in others.iter().enumerate() {
                    if other[row] == Some(true) {
                        happened.push(number as u8 + 2);
                    }
                }
                if happened.len() > 1 {
                    both.push(row);
                }
                codes[row] = happened.first().copied().unwrap_or(0);
            }
            let mut notes = Vec::new();
            if !both.is_empty() {
                notes.push(format!(
                    "{} patients have the event and a competing one; the event of interest counts",
                    both.len()
                ));
            }
            non_negative(world, table, &times, &known)?;
            if let Some(entries) = &entries {
                let late = (0..rows).filter(|row| known[*row] && entries[*row] >= times[*row]).count();
                if late > 0 {
                    notes
                        .push(format!("{late} patients enter at or after the end of their follow-up and are left out"));
                    (0..rows).filter(|row| entries[*row] >= times[*row]).for_each(|row| known[row] = false);
                }
            }
            let zero =
                |values: Vec<f64>| values.into_iter().map(|value| if value.is_nan() { 0.0 } else { value }).collect();
            let censored = Censored { time: zero(times), event: codes, entry: entries.map(zero) };
            Ok(endpoint(Outcome::Survival(censored), known, unit.or(is_duration.then_some(TimeUnit::Months)), notes))
        }
    }
}

/// More classes than this are names or numbers rather than classes.
const MOST_CLASSES: usize = 50;

fn nominal(
    world: &World<'_>,
    node: &Node,
    value: &Expression,
    declared: &[String],
    table: NodeId,
) -> Result<(Outcome, Vec<bool>), Fault> {
    let cells = world.evaluate(value, table)?;
    let found = cells.levels();
    // Levels of the dictionary that nobody has are no classes of these data.
    let mut levels: Vec<String> = declared.iter().filter(|level| found.contains(level)).cloned().collect();
    levels.extend(found.into_iter().filter(|level| !declared.contains(level)));
    if levels.len() < 2 || levels.len() > MOST_CLASSES {
        let what = match levels.as_slice() {
            [] => "has no value at all".to_owned(),
            [only] => format!("has one class only, `{only}`"),
            many => format!("has {} classes; more than {MOST_CLASSES} are names or measurements", many.len()),
        };
        return Err(Fault::data("data::classes", format!("`{}` {what}", word(node))));
    }
    let place = |level: &str| levels.iter().position(|own| own == level);
    let class: Vec<Option<usize>> =
        (0..cells.len()).map(|row| cells.text(row).and_then(|level| place(&level))).collect();
    let known = class.iter().map(Option::is_some).collect();
    let class = class.into_iter().map(|class| class.unwrap_or(0)).collect();
    Ok((Outcome::Nominal(Classes { class, levels: levels.into() }), known))
}

fn by_dates(
    world: &World<'_>,
    node: &Node,
    table: NodeId,
    from: &Expression,
    to: &Expression,
    censor: &[Expression],
) -> Result<(Outcome, Vec<bool>, Vec<String>), Fault> {
    let start = dates(world, from, table)?;
    let event = dates(world, to, table)?;
    let ends = censor.iter().map(|end| dates(world, end, table)).collect::<Result<Vec<_>, _>>()?;
    // A date written in the study closes it for everybody: what happened later was not observed.
    let closing =
        censor.iter().filter_map(|end| if let Expression::Date(date) = end { Some(*date) } else { None }).min();
    let rows = start.len();
    let (mut times, mut codes, mut known) = (vec![0.0; rows], vec![0u8; rows], vec![false; rows]);
    let mut after_closing = 0;
    for row in 0..rows {
        let Some(begin) = start[row] else { continue };
        let died = event[row].filter(|date| {
            let observed = closing.is_none_or(|closing| *date <= closing);
            after_closing += usize::from(!observed);
            observed
        });
        let end: Option<NaiveDate> = died.or_else(|| ends.iter().filter_map(|end| end[row]).min());
        let Some(end) = end else { continue };
        known[row] = true;
        times[row] = end.signed_duration_since(begin).num_days() as f64;
        codes[row] = u8::from(died.is_some());
    }
    non_negative(world, table, &times, &known)?;
    let mut notes = Vec::new();
    if after_closing > 0 {
        notes.push(format!("events after the closing date of `{}`: {after_closing}, censored there", word(node)));
    }
    Ok((Outcome::Survival(Censored { time: times, event: codes, entry: None }), known, notes))
}

fn non_negative(world: &World<'_>, table: NodeId, times: &[f64], known: &[bool]) -> Result<(), Fault> {
    let keys = &world.table(table)?.keys;
    let wrong: Vec<String> =
        (0..times.len()).filter(|row| known[*row] && times[*row] < 0.0).map(|row| keys.name(row).to_owned()).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Fault::data(
        "data::negative-time",
        format!("follow-up ends before it begins in {} patients: {}", wrong.len(), crate::frame::fault::list(&wrong)),
    ))
}

fn flags(world: &World<'_>, expression: &Expression, table: NodeId, what: &str) -> Result<Vec<Option<bool>>, Fault> {
    let cells = world.evaluate(expression, table)?;
    cells.flags().ok_or_else(|| kind(what, "yes or no", cells.kind()))
}

fn numbers(world: &World<'_>, expression: &Expression, table: NodeId, what: &str) -> Result<Vec<f64>, Fault> {
    let cells = world.evaluate(expression, table)?;
    cells.numbers().ok_or_else(|| kind(what, "numbers", cells.kind()))
}

/// Times, and whether they are durations, that is days already.
fn durations(world: &World<'_>, expression: &Expression, table: NodeId) -> Result<(Vec<f64>, bool), Fault> {
    let cells = world.evaluate(expression, table)?;
    let is_duration = cells.kind() == Type::Duration;
    Ok((cells.numbers().ok_or_else(|| kind("the time", "numbers", cells.kind()))?, is_duration))
}

fn dates(world: &World<'_>, expression: &Expression, table: NodeId) -> Result<Vec<Option<NaiveDate>>, Fault> {
    let cells = world.evaluate(expression, table)?;
    cells.dates().ok_or_else(|| kind("an endpoint of dates", "dates", cells.kind()))
}

fn kind(what: &str, expected: &str, found: Type) -> Fault {
    Fault::data("data::type", format!("{what} wants {expected}, not {}", crate::frame::fault::words(found)))
}
