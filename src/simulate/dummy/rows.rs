//! Rows that keep to a dictionary, and to the conditions, parts and endpoints of a study as far as
//! these are plain.

use std::collections::BTreeMap;

use chrono::{Duration, NaiveDate};

use crate::frame::dictionary::{ColumnEntry, Dictionary};
use crate::frame::expression::{Comparison, Expression, Type};
use crate::frame::{Cells, Table, evaluate};
use crate::plan::node::{self, EndpointDefinition, MissingCondition, Operation};
use crate::plan::{Node, NodeId, Plan};
use crate::random::Stream;
use crate::run::world::word;
use crate::simulate::SimulationFault;
use crate::simulate::draw::Draw;

use super::{Made, key};

/// Share of the rows that are meant for a cohort.
const MEANT: f64 = 0.85;
/// Of the cells that may be missing.
const MISSING: f64 = 0.05;
/// Attempts at a row that fulfils the conditions of its cohort.
const ATTEMPTS: u64 = 25;
/// A value of a cell.
#[derive(Clone, Debug, PartialEq)]
enum Value {
    Missing,
    Number(f64),
    Text(String),
    Date(NaiveDate),
    Flag(bool),
}

type Row = BTreeMap<String, Value>;

/// Makes the rows of one table.
pub(super) struct Maker<'p> {
    pub plan: &'p Plan,
    pub node: NodeId,
    pub table: &'p node::Table,
    /// What the columns hold.
    pub dictionary: &'p Dictionary,
    pub stream: Stream,
}

impl Maker<'_> {
    pub fn table(&self, rows: usize, made: &mut Made) -> Result<Table, SimulationFault> {
        let cohorts: Vec<(&Node, &node::Cohort)> = self
            .plan
            .nodes()
            .iter()
            .filter_map(|node| match &node.operation {
                Operation::Cohort(cohort) if cohort.table == self.node => Some((node, cohort)),
                _ => None,
            })
            .collect();
        let mut counts = vec![0usize; cohorts.len()];
        let mut all = Vec::with_capacity(rows);
        for place in 0..rows {
            let stream = self.stream.indexed(place as u64);
            let mut draw = Draw::new(&stream.named("cohort"));
            // Most rows are meant for the first cohort; every other one gets its share.
            let meant = if draw.chance(MEANT) && !cohorts.is_empty() {
                Some(if draw.chance(0.7) { 0 } else { draw.index(cohorts.len()) })
            } else {
                None
            };
            let mut row = Row::new();
            for attempt in 0..ATTEMPTS {
                row = self.row(place, meant.map(|meant| cohorts[meant].0.id), &stream.indexed(attempt))?;
                let fits = |meant: usize| self.fits(cohorts[meant].1, &row);
                if meant.is_none_or(fits) {
                    break;
                }
            }
            for (count, (_, cohort)) in counts.iter_mut().zip(&cohorts) {
                *count += usize::from(self.fits(cohort, &row));
            }
            all.push(row);
        }
        for ((node, _), count) in cohorts.iter().zip(counts) {
            if count == 0 {
                made.notes.push(format!(
                    "no row fulfils every condition of `{}`; a condition asks for what is derived or cannot be made up",
                    word(node)
                ));
            }
            made.cohorts.push((word(node).to_owned(), count));
        }
        whole(&self.dictionary.columns, &all)
    }

    /// The conditions of a cohort that speak of columns of the table alone.
    fn fits(&self, cohort: &node::Cohort, row: &Row) -> bool {
        cohort.conditions.iter().all(|condition| match self.holds(&condition.expression, row) {
            Some(Some(holds)) => holds == condition.include,
            Some(None) => condition.missing == MissingCondition::Stays,
            // Presence elsewhere, or a derived column: not for this row to say.
            None => true,
        })
    }

    /// Whether an expression holds on a row, as far as the row can say: of a conjunction the parts
    /// that it can.
    fn holds(&self, expression: &Expression, row: &Row) -> Option<Option<bool>> {
        if let Expression::And(left, right) = expression {
            return match (self.holds(left, row), self.holds(right, row)) {
                (Some(Some(false)), _) | (_, Some(Some(false))) => Some(Some(false)),
                (Some(Some(true)), Some(Some(true))) => Some(Some(true)),
                (None, _) | (_, None) => None,
                _ => Some(None),
            };
        }
        self.holds_alone(expression, row)
    }

    /// Whether an expression holds on a row; `None` where it speaks of more than the row has.
    fn holds_alone(&self, expression: &Expression, row: &Row) -> Option<Option<bool>> {
        if evaluate::columns(expression).iter().any(|column| !row.contains_key(column)) {
            return None;
        }
        let table = whole(&self.dictionary.columns, std::slice::from_ref(row)).ok()?;
        let cells = crate::frame::evaluate(expression, &table).ok()?;
        Some(cells.flags()?.first().copied().flatten())
    }

    fn row(&self, place: usize, cohort: Option<NodeId>, stream: &Stream) -> Result<Row, SimulationFault> {
        let mut draw = Draw::new(stream);
        let base = NaiveDate::from_ymd_opt(2021, 1, 1).unwrap_or_default() + days(draw.between(0.0, 900.0));
        let mut row = Row::new();
        for (column, entry) in &self.dictionary.columns {
            let value = if Some(column) == self.table.key.as_ref() {
                Value::Text(key(place))
            } else if entry.nullable != Some(false) && draw.chance(MISSING) {
                Value::Missing
            } else {
                any(entry, base, &mut draw)
            };
            row.insert(column.clone(), value);
        }
        let satisfy = |row: &mut Row, draw: &mut Draw| {
            let Some(cohort) = cohort else { return };
            if let Operation::Cohort(spec) = &self.plan.node(cohort).operation {
                for condition in &spec.conditions {
                    self.satisfy(&condition.expression, condition.include, row, draw);
                }
            }
        };
        satisfy(&mut row, &mut draw);
        for node in self.plan.nodes() {
            if let Operation::Split(split) = &node.operation
                && Some(split.cohort) == cohort
                && let Some(part) = draw.of(&split.parts)
                && let Some(predicate) = &part.predicate
            {
                self.satisfy(predicate, true, &mut row, &mut draw);
            }
        }
        for node in self.plan.nodes() {
            if let Operation::Endpoint(endpoint) = &node.operation
                && endpoint.table == self.node
            {
                self.endpoint(&endpoint.definition, base, &mut row, &mut draw);
            }
        }
        satisfy(&mut row, &mut draw);
        Ok(row)
    }

    fn endpoint(&self, definition: &EndpointDefinition, base: NaiveDate, row: &mut Row, draw: &mut Draw) {
        match definition {
            EndpointDefinition::Binary { event } => {
                let happens = draw.chance(0.45);
                self.satisfy(event, happens, row, draw);
            }
            EndpointDefinition::Continuous { .. } | EndpointDefinition::Nominal { .. } => {}
            EndpointDefinition::SurvivalDates { from, to, censor } => {
                let start = date(from, row).unwrap_or(base);
                if let Expression::Column(column) = from {
                    self.set(row, column, Value::Date(start));
                }
                let end = start + days(draw.between(200.0, 1500.0));
                let death = start + days(30.0 + draw.exponential(600.0));
                let dies = death <= end;
                if let Expression::Column(column) = to {
                    self.set(row, column, if dies { Value::Date(death) } else { Value::Missing });
                }
                for column in censor.iter().filter_map(|end| match end {
                    Expression::Column(column) => Some(column),
                    _ => None,
                }) {
                    self.set(row, column, Value::Date(if dies { death } else { end }));
                }
            }
            EndpointDefinition::SurvivalDuration { time, event, entry, .. } => {
                if let Some(Expression::Column(column)) = entry {
                    self.set(row, column, Value::Number(0.0));
                }
                if let Expression::Column(column) = time {
                    let (low, high) = bounds(self.dictionary.columns.get(column));
                    let value = (low.max(0.0) + 0.5 + draw.exponential(20.0)).min(high);
                    self.set(row, column, Value::Number((value * 10.0).round() / 10.0));
                }
                let happens = draw.chance(0.6);
                self.satisfy(event, happens, row, draw);
            }
        }
    }

    /// Sets a column of the table, and nothing else.
    fn set(&self, row: &mut Row, column: &str, value: Value) {
        if Some(column) != self.table.key.as_deref()
            && let Some(cell) = row.get_mut(column)
        {
            *cell = value;
        }
    }

    /// Changes the row so that the expression holds, or does not, as far as that is plain.
    fn satisfy(&self, expression: &Expression, wanted: bool, row: &mut Row, draw: &mut Draw) {
        if self.holds(expression, row) == Some(Some(wanted)) {
            return;
        }
        match expression {
            Expression::Column(column) => self.set(row, column, Value::Flag(wanted)),
            Expression::Not(inner) => self.satisfy(inner, !wanted, row, draw),
            Expression::And(left, right) if wanted => {
                self.satisfy(left, true, row, draw);
                self.satisfy(right, true, row, draw);
            }
            Expression::Or(left, right) if !wanted => {
                self.satisfy(left, false, row, draw);
                self.satisfy(right, false, row, draw);
            }
            Expression::And(left, right) | Expression::Or(left, right) => {
                let one = if draw.chance(0.5) { left } else { right };
                self.satisfy(one, wanted, row, draw);
            }
            Expression::IsMissing(inner) => {
                let Expression::Column(column) = &**inner else { return };
                let value = match self.dictionary.columns.get(column) {
                    Some(entry) if !wanted => any(entry, some_date(row), draw),
                    _ => Value::Missing,
                };
                self.set(row, column, value);
            }
            Expression::OneOf { value, set } => {
                let Expression::Column(column) = &**value else { return };
                let lawful: Vec<Value> = set.iter().filter_map(literal).collect();
                self.choose(column, &lawful, wanted, row, draw);
            }
            Expression::Within { value, low, high } => {
                let Expression::Column(column) = &**value else { return };
                match (date(low, row), date(high, row), literal(low), literal(high)) {
                    (Some(low), Some(high), ..) => {
                        let length = (high - low).num_days().max(0) as f64;
                        let inside = low + days(draw.between(0.0, length + 0.99).floor());
                        self.set(row, column, Value::Date(if wanted { inside } else { high + days(40.0) }));
                    }
                    (_, _, Some(Value::Number(low)), Some(Value::Number(high))) => {
                        self.number(column, low, high, wanted, row, draw);
                    }
                    _ => {}
                }
            }
            Expression::Compare { comparison, left, right } => {
                let Expression::Column(column) = &**left else { return };
                let Some(literal) = literal(right) else { return };
                match (comparison, &literal) {
                    (Comparison::Equal, _) => self.choose(column, &[literal], wanted, row, draw),
                    (Comparison::NotEqual, _) => self.choose(column, &[literal], !wanted, row, draw),
                    (Comparison::Less | Comparison::LessOrEqual, Value::Number(bound)) => {
                        self.number(column, f64::NEG_INFINITY, *bound, wanted, row, draw);
                    }
                    (Comparison::Greater | Comparison::GreaterOrEqual, Value::Number(bound)) => {
                        self.number(column, *bound, f64::INFINITY, wanted, row, draw);
                    }
                    (Comparison::Less | Comparison::LessOrEqual, Value::Date(bound)) => {
                        let by = days(draw.between(1.0, 300.0));
                        self.set(row, column, Value::Date(if wanted { *bound - by } else { *bound + by }));
                    }
                    (Comparison::Greater | Comparison::GreaterOrEqual, Value::Date(bound)) => {
                        let by = days(draw.between(1.0, 300.0));
                        self.set(row, column, Value::Date(if wanted { *bound + by } else { *bound - by }));
                    }
                    _ => {}
                }
            }
            _ => {}
        }
    }

    /// One of these values, or a lawful one that is none of them.
    fn choose(&self, column: &str, of: &[Value], wanted: bool, row: &mut Row, draw: &mut Draw) {
        let entry = self.dictionary.columns.get(column);
        let value = if wanted {
            draw.of(of).cloned()
        } else {
            let levels: Vec<Value> = entry
                .map(|entry| entry.levels.iter().map(|level| Value::Text(level.clone())).collect::<Vec<_>>())
                .unwrap_or_default()
                .into_iter()
                .filter(|level| !of.contains(level))
                .collect();
            match (draw.of(&levels), of.first()) {
                (Some(level), _) => Some(level.clone()),
                (None, Some(Value::Number(number))) => {
                    let (low, high) = bounds(entry);
                    Some(Value::Number(if *number > low { (number - 1.0).max(low) } else { (number + 1.0).min(high) }))
                }
                (None, Some(Value::Flag(flag))) => Some(Value::Flag(!flag)),
                (None, Some(Value::Text(text))) => Some(Value::Text(format!("not {text}"))),
                _ => None,
            }
        };
        if let Some(value) = value {
            self.set(row, column, value);
        }
    }

    /// A number within bounds, or outside them, and within the range of the dictionary.
    fn number(&self, column: &str, low: f64, high: f64, wanted: bool, row: &mut Row, draw: &mut Draw) {
        let (least, most) = bounds(self.dictionary.columns.get(column));
        let (low, high) = if wanted {
            (low.max(least), high.min(most))
        } else if high.is_finite() {
            (high, most)
        } else {
            (least, low)
        };
        if low > high {
            return;
        }
        let low = if low.is_finite() { low } else { high - 10.0 };
        let high = if high.is_finite() { high } else { low + 10.0 };
        // Away from the bounds themselves, which may or may not be inside.
        let value = low + (high - low) * draw.between(0.1, 0.9);
        let whole = [value.floor(), value.ceil()].into_iter().find(|whole| *whole > low && *whole < high);
        self.set(row, column, Value::Number(whole.unwrap_or(if wanted { low } else { value })));
    }
}

fn days(days: f64) -> Duration {
    Duration::days(days as i64)
}

fn some_date(row: &Row) -> NaiveDate {
    row.values().find_map(|value| if let Value::Date(date) = value { Some(*date) } else { None }).unwrap_or_default()
}

fn literal(expression: &Expression) -> Option<Value> {
    Some(match expression {
        Expression::Number(value) => Value::Number(*value),
        Expression::Text(text) => Value::Text(text.clone()),
        Expression::Date(date) => Value::Date(*date),
        Expression::Flag(flag) => Value::Flag(*flag),
        Expression::Negate(inner) => match literal(inner)? {
            Value::Number(value) => Value::Number(-value),
            _ => return None,
        },
        _ => return None,
    })
}

/// A date that an expression gives on a row.
fn date(expression: &Expression, row: &Row) -> Option<NaiveDate> {
    match expression {
        Expression::Date(date) => Some(*date),
        Expression::Column(column) => match row.get(column)? {
            Value::Date(date) => Some(*date),
            _ => None,
        },
        Expression::Shift { date: inner, months, days: by } => {
            let start = date(inner, row)?;
            let months_by = chrono::Months::new(months.unsigned_abs());
            let moved =
                if *months < 0 { start.checked_sub_months(months_by)? } else { start.checked_add_months(months_by)? };
            moved.checked_add_signed(Duration::days(i64::from(*by)))
        }
        _ => None,
    }
}

fn bounds(entry: Option<&ColumnEntry>) -> (f64, f64) {
    entry.and_then(|entry| entry.range).unwrap_or((f64::NEG_INFINITY, f64::INFINITY))
}

/// Any lawful value of a column.
fn any(entry: &ColumnEntry, base: NaiveDate, draw: &mut Draw) -> Value {
    match entry.kind {
        Type::Flag => Value::Flag(draw.chance(0.3)),
        Type::Date => Value::Date(base + days(draw.between(0.0, 25.0))),
        Type::Duration => Value::Number(draw.exponential(200.0).round()),
        Type::Text => match draw.of(&entry.levels) {
            Some(level) => Value::Text(level.clone()),
            None => Value::Text(["A", "B", "C"][draw.index(3)].to_owned()),
        },
        Type::Number => match bounds(Some(entry)) {
            (low, high) if low.is_finite() && high.is_finite() => {
                let value = draw.between(low, high);
                let whole = low.fract() == 0.0 && high.fract() == 0.0;
                let step = if whole && high - low <= 200.0 { 1.0 } else { 0.1 };
                Value::Number(((value / step).round() * step).clamp(low, high))
            }
            (low, _) if low.is_finite() => {
                Value::Number(((low + 20.0 * (0.5 * draw.normal()).exp()) * 10.0).round() / 10.0)
            }
            (_, high) if high.is_finite() => Value::Number(high - (20.0 * (0.5 * draw.normal()).exp()).round()),
            _ => Value::Number(((50.0 + 10.0 * draw.normal()) * 10.0).round() / 10.0),
        },
    }
}

/// Rows as a table with the types of the dictionary.
fn whole(columns: &BTreeMap<String, ColumnEntry>, rows: &[Row]) -> Result<Table, SimulationFault> {
    let columns = columns
        .iter()
        .map(|(name, entry)| {
            let values = rows.iter().map(|row| row.get(name).unwrap_or(&Value::Missing));
            let numbers = |values: &mut dyn Iterator<Item = &Value>| -> Vec<f64> {
                values.map(|value| if let Value::Number(number) = value { *number } else { f64::NAN }).collect()
            };
            let mut values = values;
            let cells = match entry.kind {
                Type::Number => Cells::Number(numbers(&mut values)),
                Type::Duration => Cells::Duration(numbers(&mut values)),
                Type::Text => Cells::Text(
                    values.map(|value| if let Value::Text(text) = value { Some(text.clone()) } else { None }).collect(),
                ),
                Type::Date => Cells::Date(
                    values.map(|value| if let Value::Date(date) = value { Some(*date) } else { None }).collect(),
                ),
                Type::Flag => Cells::Flag(
                    values
                        .map(|value| match value {
                            Value::Flag(flag) => Some(*flag),
                            _ => None,
                        })
                        .collect(),
                ),
            };
            (name.clone(), cells)
        })
        .collect();
    Ok(Table::new(columns)?)
}
