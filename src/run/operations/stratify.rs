//! `stratify os by risk on train, external`: outcomes of groups, within subgroups and adjusted.

use ndarray::Array2;

use crate::figures::forest::Effect;
use crate::figures::subgroups::{Level, Subgroups, Variable};
use crate::plan::Rows;
use crate::plan::node::Stratify;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, FigureData, Kind, ResultTable, fixed};
use crate::run::step::Step;
use crate::run::world::{coded, word};
use crate::stats::binomial::{ProportionInterval, proportion};
use crate::stats::{Censored, Estimate, Outcome};
use crate::survival::cox::{self, CoxData, CoxFit, CoxOptions};
use crate::survival::cox_tables::likelihood_ratio;
use crate::survival::kaplan_meier::Transform;

use super::infer::km::{Asked, Group, Groups, curves};
use super::infer::matrix::columns_for;

/// # Errors
/// Groups on another table; nobody.
pub fn run(step: &Step<'_>, spec: &Stratify) -> Result<Answer, Fault> {
    let groups = step.groups(spec.by)?;
    let mut answer = Answer::default();
    for on in &spec.on {
        step.watch.check()?;
        step.rows_as_patients(on)?;
        let set = step.world.rows(on)?;
        let endpoint = step.world.endpoint_on(spec.endpoint, set.table)?;
        if groups.table != set.table {
            return Err(Fault::run("run::not-estimable", format!("the groups `{}` are of another table", groups.name)));
        }
        let rows: Vec<usize> =
            set.rows.iter().copied().filter(|row| endpoint.known[*row] && groups.group.contains_key(row)).collect();
        let missing = set.rows.len() - rows.len();
        let code = |row: usize| groups.group.get(&row).copied().unwrap_or(0);
        let title = format!("{} by {} on {}", endpoint.name, groups.name, set.label);
        match &endpoint.outcome {
            Outcome::Survival(all) => {
                let members = (0..groups.labels.len()).filter_map(|place| {
                    let members: Vec<usize> = rows.iter().copied().filter(|row| code(*row) == place as u32).collect();
                    (!members.is_empty()).then(|| Group::new(groups.labels[place].clone(), all.select(&members)))
                });
                let of = Groups {
                    cohort: set.label.clone(),
                    outcome: endpoint.name.clone(),
                    groups: members.collect(),
                    missing,
                    before_landmark: 0,
                    unit: endpoint.unit,
                };
                if of.groups.is_empty() {
                    return Err(Fault::data(
                        "data::empty",
                        format!("nobody in `{}` has an outcome and a group", set.label),
                    ));
                }
                let title = format!("Kaplan-Meier estimates of {title}");
                let told = curves(&title, &of, step.level(), Transform::Log, &Asked::default())?;
                answer.tables.extend(told.tables.into_iter().map(|table| named(table, &set.label)));
                answer.estimates.extend(told.estimates);
                answer.figures.extend(told.figures);
                answer.notes.extend(told.notes.into_iter().map(|note| format!("{}: {note}", set.label)));
                hazards(step, spec, on, (&rows, missing), all, &code, &groups.labels, &mut answer)?;
            }
            Outcome::Binary(all) => {
                let mut table = ResultTable::new(
                    &format!("rates-{}", set.label),
                    title,
                    ["group", "patients", "events", "rate", "missing"],
                );
                for (place, label) in groups.labels.iter().enumerate() {
                    let members: Vec<usize> = rows.iter().copied().filter(|row| code(*row) == place as u32).collect();
                    let events = members.iter().filter(|row| all[**row]).count();
                    let name = format!("rate of {}", endpoint.name);
                    let estimate = proportion(&name, events, members.len(), ProportionInterval::Exact, step.level());
                    let record = EstimateRecord::new(&estimate.with_missing(missing), Kind::Descriptive)
                        .of("", &format!("{}, {label}", set.label));
                    let first = if place == 0 { Cell::count(missing) } else { Cell::Empty };
                    table.push([
                        Cell::text(label.as_str()),
                        Cell::count(members.len()),
                        Cell::count(events),
                        record.cell(3),
                        first,
                    ]);
                    answer.estimates.push(record);
                }
                answer.tables.push(table);
            }
            Outcome::Continuous(_) | Outcome::Nominal(_) => {
                return Err(Fault::run(
                    "run::wrong-endpoint",
                    "groups are compared on a survival or a binary endpoint",
                ));
            }
        }
    }
    Ok(answer)
}

fn named(mut table: ResultTable, cohort: &str) -> ResultTable {
    table.name = format!("{}-{cohort}", table.name);
    table
}

/// Hazard ratios of the groups: crude, adjusted, and within subgroups with their interaction.
#[allow(clippy::too_many_arguments)]
fn hazards(
    step: &Step<'_>,
    spec: &Stratify,
    on: &Rows,
    (rows, unknown): (&[usize], usize),
    all: &Censored,
    code: &dyn Fn(usize) -> u32,
    labels: &[String],
    answer: &mut Answer,
) -> Result<(), Fault> {
    let set = step.world.rows(on)?;
    let by = word(step.plan().node(spec.by));
    let mut table = ResultTable::new(
        &format!("hazards-{}", set.label),
        format!("Hazard ratios by {by} against {} on {}", labels.first().map_or("", String::as_str), set.label),
        ["subgroup", "group", "patients (events)", "all patients", "all events", "HR", "p", "p for interaction"],
    );
    let dummies = |rows: &[usize]| -> Vec<(String, Vec<f64>)> {
        (1..labels.len())
            .map(|place| {
                let values = rows.iter().map(|row| f64::from(u8::from(code(*row) == place as u32))).collect();
                (labels[place].clone(), values)
            })
            .collect()
    };
    let mut drawn: Vec<(String, Vec<Level>)> = Vec::new();
    let mut push = |subgroup: &str,
                    (rows, missing): (&[usize], usize),
                    extra: Vec<(String, Vec<f64>)>,
                    interaction: Cell|
     -> Vec<Option<f64>> {
        // A p within a subgroup would say more of its size than of a difference.
        let whole = !subgroup.contains(": ");
        let mut ratios = Vec::new();
        let mut levels = Vec::new();
        let events = rows.iter().filter(|row| all.event[**row] == 1).count();
        let fitted = fit(step, rows, all, dummies(rows).into_iter().chain(extra).collect());
        for place in 1..labels.len() {
            let own: Vec<usize> = rows.iter().copied().filter(|row| code(*row) == place as u32).collect();
            let name = format!("hazard ratio of {} against {}", labels[place], labels[0]);
            let (estimate, p) = match &fitted {
                Ok(fit) => match &fit.coefficients[place - 1] {
                    Ok(c) => (
                        Estimate::new(name, c.hazard_ratio, fit.n, "Cox regression, ties by Efron; Wald")
                            .within(c.lower, c.upper, fit.level),
                        Cell::P(c.p),
                    ),
                    Err(reason) => (Estimate::not_estimable(name, rows.len(), reason.reason.clone()), Cell::Empty),
                },
                Err(reason) => (Estimate::not_estimable(name, rows.len(), reason.clone()), Cell::Empty),
            };
            let estimate = estimate.with_events(Some(events)).with_missing(missing);
            let record =
                EstimateRecord::new(&estimate, Kind::Descriptive).of("", &format!("{}, {subgroup}", set.label));
            ratios.push(record.value);
            let finite = |v: Option<f64>| v.filter(|v| v.is_finite());
            // Of a pair that is drawn, those of its two groups.
            let pair: Vec<usize> =
                rows.iter().copied().filter(|row| code(*row) == 0 || code(*row) == place as u32).collect();
            levels.push(Level {
                name: subgroup.to_owned(),
                n: pair.len() as u64,
                events: pair.iter().filter(|row| all.event[**row] == 1).count() as u64,
                effect: match record.value {
                    Some(value) => {
                        Effect::Estimate { value, lower: finite(record.lower), upper: finite(record.upper), p: None }
                    }
                    None => Effect::NotEstimable(record.why.clone().unwrap_or_default()),
                },
            });
            let last = if place == 1 { interaction.clone() } else { Cell::Empty };
            table.push([
                Cell::text(subgroup),
                Cell::text(labels[place].as_str()),
                Cell::text(format!("{} ({})", own.len(), own.iter().filter(|row| all.event[**row] == 1).count())),
                Cell::count(rows.len()),
                Cell::count(events),
                record.cell(2),
                if whole { p } else { Cell::Empty },
                last,
            ]);
            answer.estimates.push(record);
        }
        drawn.push((subgroup.to_owned(), levels));
        ratios
    };
    let mut variables: Vec<(String, Cell, usize, usize)> = Vec::new();
    let mut attenuation = Vec::new();
    push("all", (rows, unknown), Vec::new(), Cell::Empty);
    if !spec.adjust_for.is_empty() {
        let mut kept: Vec<usize> = rows.to_vec();
        let mut columns = Vec::new();
        for (_, expression) in &spec.adjust_for {
            let cells = step.world.evaluate(expression, set.table)?;
            kept.retain(|row| !cells.is_missing(*row));
            columns.push(cells);
        }
        let mut extra = Vec::new();
        for ((label, _), cells) in spec.adjust_for.iter().zip(&columns) {
            extra.extend(columns_for(label, &cells.select(kept.iter().copied().map(Some)))?);
        }
        let words: Vec<&str> = spec.adjust_for.iter().map(|(label, _)| label.as_str()).collect();
        // Before and after on the same patients, so that the change is the adjustment's.
        let known = (kept.as_slice(), unknown + rows.len() - kept.len());
        let before = push("covariates known, not adjusted", known, Vec::new(), Cell::Empty);
        let after = push(&format!("adjusted for {}", words.join(", ")), known, extra, Cell::Empty);
        for (place, (before, after)) in before.iter().zip(&after).enumerate() {
            if let (Some(before), Some(after)) = (before, after) {
                attenuation.push(attenuated(&labels[place + 1], &words.join(", "), *before, *after));
            }
        }
    }
    for (label, expression) in &spec.within {
        let cells = step.world.evaluate(expression, set.table)?;
        let (levels_of, levels) = coded(&cells, &[]);
        let known: Vec<usize> = rows.iter().copied().filter(|row| levels_of[*row].is_some()).collect();
        let interaction = interaction(step, &known, all, dummies(&known), label, &cells);
        let mut count = 0;
        for (place, level) in levels.iter().enumerate() {
            let members: Vec<usize> =
                known.iter().copied().filter(|row| levels_of[*row] == Some(place as u32)).collect();
            if members.is_empty() {
                continue;
            }
            let cell = if place == 0 { interaction.clone() } else { Cell::Empty };
            // Of those whose subgroup is not known nobody can say that they belong here.
            let missing = unknown + rows.len() - known.len();
            push(&format!("{label}: {level}"), (&members, missing), Vec::new(), cell);
            count += 1;
        }
        variables.push((label.clone(), interaction, rows.len() - known.len(), count));
    }
    table.notes.extend(attenuation.iter().cloned());
    let told = attenuation.into_iter().map(|sentence| format!("{}: {sentence}", set.label));
    answer.notes.extend(told);
    table
        .notes
        .push("subgroups are compared by the likelihood-ratio test of their interaction with the groups".to_owned());
    answer.tables.push(table);
    // One plot for each group against the first.
    for place in 1..labels.len() {
        let mut levels =
            drawn.iter().filter_map(|(name, levels)| Some((name.as_str(), levels.get(place - 1)?.clone())));
        let Some((_, overall)) = levels.next() else { continue };
        let rest: Vec<(&str, Level)> = levels.collect();
        let subgroups: usize = variables.iter().map(|variable| variable.3).sum();
        let (adjusted, within) = rest.split_at(rest.len().saturating_sub(subgroups));
        let mut within = within.iter();
        let mut listed = Vec::new();
        for (name, p, missing, count) in &variables {
            let prefix = format!("{name}: ");
            let own = within.by_ref().take(*count).map(|(full, level)| Level {
                name: full.strip_prefix(&prefix).unwrap_or(full).to_owned(),
                ..level.clone()
            });
            listed.push(Variable {
                name: name.clone(),
                p: if let Cell::P(p) = p { Some(*p) } else { None },
                why: if let Cell::NotEstimable(why) = p { why.clone() } else { String::new() },
                missing: *missing as u64,
                levels: own.collect(),
            });
        }
        let figure = Subgroups {
            measure: format!("Hazard ratio, {} against {}", labels[place], labels[0]),
            interval: super::drawn::interval(step.level()),
            method: "Cox regression, ties by Efron; Wald; interaction by the likelihood-ratio test".to_owned(),
            cohort: set.label.clone(),
            overall: Level { name: "All patients".to_owned(), ..overall },
            adjusted: adjusted.iter().map(|(_, level)| level.clone()).collect(),
            variables: listed,
        };
        if !figure.variables.is_empty() || !figure.adjusted.is_empty() {
            let title = format!(
                "Hazard ratios by {by}, {} against {}, within subgroups on {}",
                labels[place], labels[0], set.label
            );
            answer.figures.push(FigureData::new(title, &figure));
        }
    }
    Ok(())
}

/// What an adjustment changes of a hazard ratio, in the log hazard.
fn attenuated(label: &str, by: &str, before: f64, after: f64) -> String {
    let numbers = format!(
        "hazard ratio of {label} {} before and {} after adjustment for {by}",
        fixed(before, 2),
        fixed(after, 2)
    );
    let (from, to) = (before.ln(), after.ln());
    if from == 0.0 {
        return format!("{numbers}.");
    }
    let change = 100.0 * (1.0 - to / from);
    let word = if change >= 0.0 { "attenuated" } else { "strengthened" };
    format!("{numbers}: the log hazard ratio is {word} by {:.0}%.", change.abs())
}

fn fit(step: &Step<'_>, rows: &[usize], all: &Censored, columns: Vec<(String, Vec<f64>)>) -> Result<CoxFit, String> {
    let (names, values): (Vec<String>, Vec<Vec<f64>>) = columns.into_iter().unzip();
    let x = Array2::from_shape_fn((rows.len(), names.len()), |(row, column)| values[column][row]);
    let outcome = all.select(rows);
    let options = CoxOptions { level: step.level(), ..CoxOptions::default() };
    cox::fit(&CoxData::new(x.view(), &names, &outcome), &options).map_err(|error| error.to_string())
}

/// p for the interaction of groups and subgroups.
fn interaction(
    step: &Step<'_>,
    rows: &[usize],
    all: &Censored,
    groups: Vec<(String, Vec<f64>)>,
    label: &str,
    cells: &crate::frame::Cells,
) -> Cell {
    let tested = || -> Result<f64, String> {
        let kept = cells.select(rows.iter().copied().map(Some));
        let kept = match kept.kind() {
            crate::frame::expression::Type::Number => {
                crate::frame::Cells::Text((0..kept.len()).map(|row| kept.text(row)).collect())
            }
            _ => kept,
        };
        let levels = columns_for(label, &kept).map_err(|fault| fault.message)?;
        let main: Vec<(String, Vec<f64>)> = groups.iter().chain(&levels).cloned().collect();
        let products = groups.iter().flat_map(|(a, x)| {
            levels.iter().map(move |(b, y)| (format!("{a} x {b}"), x.iter().zip(y).map(|(x, y)| x * y).collect()))
        });
        let larger = fit(step, rows, all, main.iter().cloned().chain(products).collect())?;
        let smaller = fit(step, rows, all, main)?;
        Ok(likelihood_ratio(&smaller, &larger).map_err(|error| error.to_string())?.p)
    };
    match tested() {
        Ok(p) => Cell::P(p),
        Err(reason) => Cell::NotEstimable(reason),
    }
}
