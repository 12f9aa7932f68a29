//! `describe trial by arm`: Table 1, and what was asked beside it of the endpoints.

use crate::frame::Cells;
use crate::frame::expression::Type;
use crate::plan::describe::counted;
use crate::plan::node::{Describe, Grouping, Operation, TimeUnit};
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable, fixed};
use crate::run::step::Step;
use crate::run::world::{EndpointValue, RowSet, coded};
use crate::stats::binomial::{ProportionInterval, proportion};
use crate::stats::describe::{self, DescribeRules, Described, NumberSummary, Table1, Variable};
use crate::stats::multiplicity::Adjustment;
use crate::stats::{Censored, Estimate, Outcome};
use crate::survival::kaplan_meier::{Transform, follow_up, kaplan_meier};
use crate::survival::life_table::Counted;

use super::infer::km::scaled;

/// Text with more levels than this is a name or a remark, not a category.
const MOST_LEVELS: usize = 25;

/// Groups of some rows.
struct Grouped {
    label: String,
    codes: Vec<Option<u32>>,
    labels: Vec<String>,
    /// Declared groups that none of these rows belongs to.
    absent: Vec<String>,
}

impl Grouped {
    /// Groups without a row have no column: the reader is told of them once.
    fn new(label: String, codes: Vec<Option<u32>>, labels: Vec<String>) -> Self {
        let present: Vec<usize> = (0..labels.len()).filter(|place| codes.contains(&Some(*place as u32))).collect();
        let renamed = |code: u32| present.iter().position(|place| *place as u32 == code).map(|place| place as u32);
        let codes = codes.into_iter().map(|code| code.and_then(renamed)).collect();
        let (kept, absent): (Vec<_>, Vec<_>) =
            labels.into_iter().enumerate().partition(|(place, _)| present.contains(place));
        let words = |of: Vec<(usize, String)>| of.into_iter().map(|(_, label)| label).collect();
        Grouped { label, codes, labels: words(kept), absent: words(absent) }
    }
}

/// # Errors
/// An absent column, or groups that have no value.
pub fn run(step: &Step<'_>, spec: &Describe) -> Result<Answer, Fault> {
    let set = step.world.rows(&spec.rows)?;
    if spec.by.is_some() {
        step.rows_as_patients(&spec.rows)?;
    }
    let grouped = spec.by.as_ref().map(|by| grouped(step, by, &set)).transpose()?;
    let mut answer = Answer::default();
    let wants = |word: &str| spec.show.iter().any(|shown| shown == word);
    if spec.show.is_empty() || wants("table") {
        table_1(step, spec, &set, grouped.as_ref(), &mut answer)?;
    }
    for (word, serves) in [("response_rates", "binary"), ("follow_up", "survival"), ("median_survival", "survival")] {
        if !wants(word) {
            continue;
        }
        let mut served = false;
        for id in &spec.endpoints {
            let endpoint = step.world.endpoint_on(*id, set.table)?;
            if endpoint.outcome.kind().to_string() == serves {
                served = true;
                outcome(step, word, &endpoint, &set, grouped.as_ref(), &mut answer)?;
            }
        }
        if !served {
            answer
                .notes
                .push(format!("`{word}` was asked for, and the study declares no {serves} endpoint on this table"));
        }
    }
    Ok(answer)
}

fn grouped(step: &Step<'_>, by: &Grouping, set: &RowSet) -> Result<Grouped, Fault> {
    match by {
        Grouping::Expression { label, expression } => {
            let cells = step.world.evaluate(expression, set.table)?.select(set.rows.iter().copied().map(Some));
            let declared =
                step.world.table(set.table)?.dictionary.columns.get(label).map_or(Vec::new(), |e| e.levels.clone());
            let (codes, labels) = coded(&cells, &declared);
            Ok(Grouped::new(label.clone(), codes, labels))
        }
        Grouping::Parts(split) => {
            let split = step.world.split(*split)?;
            let labels = split.parts.iter().map(|(name, _)| name.clone()).collect();
            let codes = set
                .rows
                .iter()
                .map(|row| split.parts.iter().position(|(_, rows)| rows.contains(row)).map(|place| place as u32))
                .collect();
            Ok(Grouped::new("part".to_owned(), codes, labels))
        }
        Grouping::Groups(id) => {
            let groups = step.groups(*id)?;
            let codes = set.rows.iter().map(|row| groups.group.get(row).copied()).collect();
            Ok(Grouped::new(groups.name.clone(), codes, groups.labels.clone()))
        }
    }
}

/// A column as Table 1 takes it.
enum Held {
    Numbers(Vec<f64>),
    Levels(Vec<Option<u32>>, Vec<String>),
}

fn held(cells: &Cells, declared: &[String]) -> Option<Held> {
    match cells.kind() {
        Type::Number | Type::Duration => {
            let numbers = cells.numbers()?;
            let mut distinct: Vec<f64> = numbers.iter().copied().filter(|value| !value.is_nan()).collect();
            distinct.sort_by(f64::total_cmp);
            distinct.dedup();
            // A number that takes two values is a category however it is coded.
            if distinct.len() <= 2 && !distinct.is_empty() {
                let (codes, levels) = coded(cells, &[]);
                return Some(Held::Levels(codes, levels));
            }
            Some(Held::Numbers(numbers))
        }
        Type::Flag => {
            let (codes, levels) = coded(cells, &["no".to_owned(), "yes".to_owned()]);
            Some(Held::Levels(codes, levels))
        }
        Type::Text => {
            let (codes, levels) = coded(cells, declared);
            (levels.len() <= MOST_LEVELS).then_some(Held::Levels(codes, levels))
        }
        Type::Date => None,
    }
}

fn table_1(
    step: &Step<'_>,
    spec: &Describe,
    set: &RowSet,
    grouped: Option<&Grouped>,
    answer: &mut Answer,
) -> Result<(), Fault> {
    let value = step.world.table(set.table)?;
    let names: Vec<String> = if spec.columns.is_empty() {
        let own =
            value.table.names().take(value.own).filter(|name| value.key.as_deref() != Some(*name)).map(str::to_owned);
        let derived = step.node.inputs.iter().filter_map(|id| match &step.plan().node(*id).operation {
            Operation::Derive(derive) if derive.table == set.table => Some(derive.column.clone()),
            _ => None,
        });
        own.chain(derived).filter(|name| grouped.is_none_or(|grouped| grouped.label != *name)).collect()
    } else {
        spec.columns.clone()
    };
    let mut columns = Vec::new();
    let mut left = Vec::new();
    for name in &names {
        let cells = value.table.column(name)?.select(set.rows.iter().copied().map(Some));
        let declared = value.dictionary.columns.get(name).map_or(&[][..], |entry| &entry.levels);
        let cells = if spec.levels.contains(name) { as_levels(&cells) } else { cells };
        match held(&cells, declared) {
            Some(held) => columns.push((name, held)),
            None => left.push(format!("`{name}`")),
        }
    }
    let variables: Vec<Variable<'_>> = columns
        .iter()
        .map(|(name, held)| Variable {
            name,
            unit: step.world.unit(set.table, name),
            values: match held {
                Held::Numbers(values) => Described::Numbers(values),
                Held::Levels(codes, levels) => Described::Levels { codes, levels },
            },
            summary: if spec.mean.contains(name) {
                Some(NumberSummary::MeanSd)
            } else if spec.median.contains(name) {
                Some(NumberSummary::MedianIqr)
            } else {
                None
            },
            test: None,
        })
        .collect();
    let by = grouped.map(|grouped| describe::Grouping { codes: &grouped.codes, labels: &grouped.labels });
    let adjustment = spec.adjust.as_deref().and_then(Adjustment::from_word).unwrap_or(Adjustment::None);
    let rules = DescribeRules { level: step.level(), adjustment, ..DescribeRules::default() };
    let described = describe::describe(&variables, by, &rules)?;
    let mut table = shown(&described, &set.label, grouped, adjustment);
    if !left.is_empty() {
        let what = crate::frame::fault::list(&left);
        table.notes.push(format!("not described, because they hold dates or more than {MOST_LEVELS} levels: {what}"));
    }
    answer.tables.push(table);
    Ok(())
}

/// Numbers as levels, in the order of the numbers.
fn as_levels(cells: &Cells) -> Cells {
    match cells.kind() {
        Type::Number => Cells::Text((0..cells.len()).map(|row| cells.text(row)).collect()),
        _ => cells.clone(),
    }
}

fn shown(described: &Table1, label: &str, grouped: Option<&Grouped>, adjustment: Adjustment) -> ResultTable {
    let adjusted = adjustment != Adjustment::None;
    let title = match grouped {
        Some(grouped) => format!("Table 1. {label} by {}", grouped.label),
        None => format!("Table 1. {label}"),
    };
    let mut columns = vec!["characteristic".to_owned(), format!("all (n = {})", described.n)];
    columns.extend(described.groups.iter().map(|group| format!("{} (n = {})", group.label, group.n)));
    let tested = !described.groups.is_empty();
    if tested {
        columns.push("p".to_owned());
        if adjusted {
            columns.push("p adjusted".to_owned());
        }
        columns.extend(["test".to_owned(), "SMD".to_owned()]);
    }
    columns.push("missing".to_owned());
    let mut table = ResultTable { name: "table-1".to_owned(), title, columns, ..ResultTable::default() };
    for variable in &described.variables {
        let unit = variable.unit.as_ref().map_or(String::new(), |unit| format!(", {unit}"));
        let tail = |first: bool| -> Vec<Cell> {
            let mut tail = Vec::new();
            if tested {
                let (p, test) = match (&variable.test, first) {
                    (Some(Ok(test)), true) => (Cell::P(test.p), Cell::text(test.test.as_str())),
                    (Some(Err(reason)), true) => (Cell::NotEstimable(reason.reason.clone()), Cell::Empty),
                    _ => (Cell::Empty, Cell::Empty),
                };
                tail.push(p);
                if adjusted {
                    tail.push(variable.p_adjusted.filter(|_| first).map_or(Cell::Empty, Cell::P));
                }
                tail.push(test);
                tail.push(variable.smd.filter(|_| first).map_or(Cell::Empty, |smd| Cell::number(smd, 2)));
            }
            tail.push(if first { Cell::count(variable.overall.missing()) } else { Cell::Empty });
            tail
        };
        let cells = |level: Option<usize>| -> Vec<Cell> {
            std::iter::once(&variable.overall).chain(&variable.groups).map(|cell| summary(cell, level)).collect()
        };
        if variable.levels.is_empty() {
            let kind = match &variable.overall {
                describe::Cell::Mean { .. } => ", mean (SD)",
                describe::Cell::Median { .. } => ", median (IQR)",
                _ => "",
            };
            let mut row = vec![Cell::text(format!("{}{unit}{kind}", variable.name))];
            row.extend(cells(None));
            row.extend(tail(true));
            table.rows.push(row);
        } else if variable.levels.len() == 2 && matches!(variable.levels[0].as_str(), "no" | "0") {
            let mut row = vec![Cell::text(format!("{}{unit}, {}", variable.name, variable.levels[1]))];
            row.extend(cells(Some(1)));
            row.extend(tail(true));
            table.rows.push(row);
        } else {
            let blank = 1 + variable.groups.len();
            let mut row = vec![Cell::text(format!("{}{unit}", variable.name))];
            row.extend(std::iter::repeat_n(Cell::Empty, blank));
            row.extend(tail(true));
            table.rows.push(row);
            for (place, level) in variable.levels.iter().enumerate() {
                let mut row = vec![Cell::text(format!("  {level}"))];
                row.extend(cells(Some(place)));
                row.extend(tail(false));
                table.rows.push(row);
            }
        }
    }
    table.notes.push(
        "n (%) of those known; mean (SD) where Shapiro-Wilk does not reject normality, otherwise median (IQR)"
            .to_owned(),
    );
    if tested {
        table.notes.push("SMD: standardised mean difference, the largest of any two groups".to_owned());
    }
    if let Some(grouped) = grouped.filter(|grouped| !grouped.absent.is_empty()) {
        let absent = crate::frame::fault::list(&grouped.absent);
        table.notes.push(format!("{label} has no patient with {} {absent}", grouped.label));
    }
    if adjusted {
        table.notes.push(format!("p adjusted over the rows of the table by {}", adjustment.title()));
    }
    if described.ungrouped > 0 {
        table.notes.push(format!("{} patients without a group are left out", described.ungrouped));
    }
    table
}

fn summary(cell: &describe::Cell, level: Option<usize>) -> Cell {
    match (cell, level) {
        (describe::Cell::Mean { mean, sd, .. }, _) => {
            let digits = digits(*mean);
            let sd = sd.map_or("not estimable".to_owned(), |sd| fixed(sd, digits));
            Cell::text(format!("{} ({sd})", fixed(*mean, digits)))
        }
        (describe::Cell::Median { median, lower_quartile, upper_quartile, .. }, _) => {
            let digits = digits(*median);
            let quartiles = (fixed(*lower_quartile, digits), fixed(*upper_quartile, digits));
            // A dash beside a minus sign would not be read.
            let to = if *lower_quartile < 0.0 || *upper_quartile < 0.0 { " to " } else { "–" };
            Cell::text(format!("{} ({}{to}{})", fixed(*median, digits), quartiles.0, quartiles.1))
        }
        (describe::Cell::Counts { counts, n, .. }, Some(level)) => {
            counts.get(level).map_or(Cell::Empty, |count| Cell::CountOf { count: *count, of: *n as u64 })
        }
        (describe::Cell::Empty { .. }, _) => Cell::NotEstimable("no value is present".to_owned()),
        (describe::Cell::Counts { .. }, None) => Cell::Empty,
    }
}

fn digits(value: f64) -> usize {
    match value.abs() {
        size if size >= 100.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        _ => 3,
    }
}

/// Response rates, follow-up or median survival, over all rows and by group.
fn outcome(
    step: &Step<'_>,
    word: &str,
    endpoint: &EndpointValue,
    set: &RowSet,
    grouped: Option<&Grouped>,
    answer: &mut Answer,
) -> Result<(), Fault> {
    let title = match word {
        "response_rates" => format!("Rate of {}", endpoint.name),
        "follow_up" => format!("Follow-up of {} (reverse Kaplan-Meier)", endpoint.name),
        _ => format!("Median {}", endpoint.name),
    };
    let unit = shown_unit(endpoint.unit);
    let value = if word == "response_rates" { "rate".to_owned() } else { format!("median{unit}") };
    let mut table = ResultTable::new(word, title, ["group", "patients", "events", &value, "unknown"]);
    let mut groups: Vec<(String, Vec<usize>)> = vec![("all".to_owned(), set.rows.clone())];
    if let Some(grouped) = grouped {
        for (place, label) in grouped.labels.iter().enumerate() {
            let members = set
                .rows
                .iter()
                .zip(&grouped.codes)
                .filter(|(_, code)| **code == Some(place as u32))
                .map(|(row, _)| *row);
            groups.push((label.clone(), members.collect()));
        }
    }
    for (label, rows) in groups {
        let known: Vec<usize> = rows.iter().copied().filter(|row| endpoint.known[*row]).collect();
        let unknown = rows.len() - known.len();
        let estimate = match (endpoint.outcome.select(&known), word) {
            (Outcome::Binary(values), _) => {
                let events = values.iter().filter(|event| **event).count();
                proportion(
                    &format!("rate of {}", endpoint.name),
                    events,
                    values.len(),
                    ProportionInterval::Exact,
                    step.level(),
                )
            }
            (Outcome::Survival(censored), "follow_up") => median(
                follow_up(&censored, Transform::Log, step.level()).map(|curve| curve.quantile(0.5)),
                &censored,
                endpoint,
                "median follow-up",
            ),
            (Outcome::Survival(censored), _) => {
                let curve = kaplan_meier(&censored, None, Counted::Event, Transform::Log, step.level());
                median(curve.map(|curve| curve.quantile(0.5)), &censored, endpoint, "median survival")
            }
            (Outcome::Continuous(_) | Outcome::Nominal(_), _) => continue,
        };
        let record = EstimateRecord::new(&estimate.with_missing(unknown), Kind::Descriptive)
            .of("", &format!("{}, {label}", set.label));
        table.push([
            Cell::text(label),
            Cell::count(record.n),
            Cell::events(record.events),
            record.cell(if word == "response_rates" { 3 } else { 1 }),
            Cell::count(unknown),
        ]);
        answer.estimates.push(record);
    }
    answer.tables.push(table);
    Ok(())
}

fn median<E: std::fmt::Display>(
    estimate: Result<Estimate, E>,
    censored: &Censored,
    endpoint: &EndpointValue,
    name: &str,
) -> Estimate {
    match estimate {
        Ok(mut estimate) => {
            name.clone_into(&mut estimate.name);
            scaled(estimate, endpoint.unit.map_or(1.0, TimeUnit::days)).with_events(Some(censored.events()))
        }
        Err(error) => {
            Estimate::not_estimable(name, censored.len(), error.to_string()).with_events(Some(censored.events()))
        }
    }
}

/// `12 months`, `1 year`; the number alone where times have no unit.
pub fn at_time(time: f64, unit: Option<TimeUnit>) -> String {
    // Without the noise of the conversion.
    let time = (time * 1e6).round() / 1e6;
    unit.map_or(time.to_string(), |unit| counted(time, unit))
}

/// `, months`.
pub fn shown_unit(unit: Option<TimeUnit>) -> String {
    unit.map_or(String::new(), |unit| format!(", {unit}"))
}
