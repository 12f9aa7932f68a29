//! Evaluation of row expressions over a table, in three-valued logic: what is made of a missing
//! value is missing, except where the other side decides (`false and missing` is false).

use std::cmp::Ordering;

use chrono::{Datelike, Duration, NaiveDate};

use super::cells::Cells;
use super::expression::{Comparison, Expression, Operation, Type};
use super::fault::{DataError, words};
use super::functions;
use super::table::Table;

/// The expression's value on every row.
///
/// # Errors
/// An absent column, or a value of a type that the expression cannot take.
pub fn evaluate(expression: &Expression, table: &Table) -> Result<Cells, DataError> {
    let rows = table.rows();
    Ok(match expression {
        Expression::Column(name) => (**table.column(name)?).clone(),
        Expression::Number(value) => Cells::Number(vec![finite(*value); rows]),
        Expression::Text(text) => Cells::Text(vec![Some(text.clone()); rows]),
        Expression::Date(date) => Cells::Date(vec![Some(*date); rows]),
        Expression::Flag(flag) => Cells::Flag(vec![Some(*flag); rows]),
        Expression::Missing => Cells::none(Type::Number, rows),
        Expression::Not(inner) => {
            Cells::Flag(flags(inner, table, "not")?.into_iter().map(|flag| flag.map(|flag| !flag)).collect())
        }
        Expression::Negate(inner) => match evaluate(inner, table)? {
            Cells::Duration(values) => Cells::Duration(values.into_iter().map(|value| -value).collect()),
            cells => Cells::Number(numbers(&cells, "a minus")?.into_iter().map(|value| -value).collect()),
        },
        Expression::And(left, right) => {
            let (left, right) = (flags(left, table, "and")?, flags(right, table, "and")?);
            Cells::Flag(
                left.into_iter()
                    .zip(right)
                    .map(|pair| match pair {
                        (Some(false), _) | (_, Some(false)) => Some(false),
                        (Some(true), Some(true)) => Some(true),
                        _ => None,
                    })
                    .collect(),
            )
        }
        Expression::Or(left, right) => {
            let (left, right) = (flags(left, table, "or")?, flags(right, table, "or")?);
            Cells::Flag(
                left.into_iter()
                    .zip(right)
                    .map(|pair| match pair {
                        (Some(true), _) | (_, Some(true)) => Some(true),
                        (Some(false), Some(false)) => Some(false),
                        _ => None,
                    })
                    .collect(),
            )
        }
        Expression::Compare { comparison, left, right } => {
            let orders = compare(&evaluate(left, table)?, &evaluate(right, table)?)?;
            Cells::Flag(orders.into_iter().map(|order| order.map(|order| holds(*comparison, order))).collect())
        }
        Expression::Arithmetic { operation, left, right } => {
            arithmetic(*operation, &evaluate(left, table)?, &evaluate(right, table)?)?
        }
        Expression::OneOf { value, set } => {
            let value = evaluate(value, table)?;
            let mut found: Vec<Option<bool>> = (0..rows).map(|row| (!value.is_missing(row)).then_some(false)).collect();
            for element in set {
                for (flag, order) in found.iter_mut().zip(compare(&value, &evaluate(element, table)?)?) {
                    if order == Some(Ordering::Equal) {
                        *flag = Some(true);
                    }
                }
            }
            Cells::Flag(found)
        }
        Expression::Within { value, low, high } => {
            let value = evaluate(value, table)?;
            let above = compare(&value, &evaluate(low, table)?)?;
            let below = compare(&value, &evaluate(high, table)?)?;
            Cells::Flag(
                above
                    .into_iter()
                    .zip(below)
                    .map(|pair| match pair {
                        (Some(Ordering::Less), _) | (_, Some(Ordering::Greater)) => Some(false),
                        (Some(_), Some(_)) => Some(true),
                        _ => None,
                    })
                    .collect(),
            )
        }
        Expression::IsMissing(inner) => {
            let cells = evaluate(inner, table)?;
            Cells::Flag((0..rows).map(|row| Some(cells.is_missing(row))).collect())
        }
        Expression::Shift { date, months, days } => {
            let dates = dates(&evaluate(date, table)?, "a shift in time")?;
            Cells::Date(dates.into_iter().map(|date| date.and_then(|date| shift(date, *months, *days))).collect())
        }
        Expression::Convert { value, factor, offset, from, to } => {
            let values = numbers(&evaluate(value, table)?, &format!("the conversion from {from} to {to}"))?;
            Cells::Number(values.into_iter().map(|value| finite(value * factor + offset)).collect())
        }
        Expression::Call { function, arguments } => {
            let known = functions::function(function).ok_or_else(|| DataError::Function {
                function: function.clone(),
                reason: "is no function of row expressions".to_owned(),
            })?;
            let arguments =
                arguments.iter().map(|argument| evaluate(argument, table)).collect::<Result<Vec<_>, _>>()?;
            known.apply(&arguments)?
        }
    })
}

/// [`evaluate`] where a condition is meant.
///
/// # Errors
/// As [`evaluate`]; the expression is no condition.
pub fn condition(expression: &Expression, table: &Table) -> Result<Vec<Option<bool>>, DataError> {
    flags(expression, table, "a condition")
}

/// Columns that the expression reads, each once, in order.
pub fn columns(expression: &Expression) -> Vec<String> {
    fn walk(expression: &Expression, found: &mut Vec<String>) {
        match expression {
            Expression::Column(name) => {
                if !found.contains(name) {
                    found.push(name.clone());
                }
            }
            Expression::Not(inner) | Expression::Negate(inner) | Expression::IsMissing(inner) => walk(inner, found),
            Expression::Shift { date: inner, .. } | Expression::Convert { value: inner, .. } => walk(inner, found),
            Expression::And(left, right)
            | Expression::Or(left, right)
            | Expression::Compare { left, right, .. }
            | Expression::Arithmetic { left, right, .. } => {
                walk(left, found);
                walk(right, found);
            }
            Expression::OneOf { value, set } => {
                walk(value, found);
                set.iter().for_each(|element| walk(element, found));
            }
            Expression::Within { value, low, high } => [value, low, high].into_iter().for_each(|e| walk(e, found)),
            Expression::Call { arguments, .. } => arguments.iter().for_each(|argument| walk(argument, found)),
            Expression::Number(_)
            | Expression::Text(_)
            | Expression::Date(_)
            | Expression::Flag(_)
            | Expression::Missing => {}
        }
    }
    let mut found = Vec::new();
    walk(expression, &mut found);
    found
}

/// The date so many calendar months and days later; a day that the month lacks becomes its last.
pub fn shift(date: NaiveDate, months: i32, days: i32) -> Option<NaiveDate> {
    let month = i64::from(date.year()) * 12 + i64::from(date.month0()) + i64::from(months);
    let (year, month) = (i32::try_from(month.div_euclid(12)).ok()?, u32::try_from(month.rem_euclid(12)).ok()? + 1);
    let moved = (0..4).find_map(|back| NaiveDate::from_ymd_opt(year, month, date.day().checked_sub(back)?))?;
    moved.checked_add_signed(Duration::days(i64::from(days)))
}

pub(super) fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { f64::NAN }
}

fn flags(expression: &Expression, table: &Table, what: &str) -> Result<Vec<Option<bool>>, DataError> {
    let cells = evaluate(expression, table)?;
    cells.flags().ok_or_else(|| DataError::Kind {
        what: what.to_owned(),
        expected: "yes or no".to_owned(),
        found: words(cells.kind()).to_owned(),
    })
}

pub(super) fn numbers(cells: &Cells, what: &str) -> Result<Vec<f64>, DataError> {
    cells.numbers().ok_or_else(|| DataError::Kind {
        what: what.to_owned(),
        expected: "numbers".to_owned(),
        found: words(cells.kind()).to_owned(),
    })
}

pub(super) fn dates(cells: &Cells, what: &str) -> Result<Vec<Option<NaiveDate>>, DataError> {
    cells.dates().ok_or_else(|| DataError::Kind {
        what: what.to_owned(),
        expected: "dates".to_owned(),
        found: words(cells.kind()).to_owned(),
    })
}

pub(super) fn texts(cells: &Cells, what: &str) -> Result<Vec<Option<String>>, DataError> {
    cells.texts().ok_or_else(|| DataError::Kind {
        what: what.to_owned(),
        expected: "text".to_owned(),
        found: words(cells.kind()).to_owned(),
    })
}

fn holds(comparison: Comparison, order: Ordering) -> bool {
    match comparison {
        Comparison::Equal => order == Ordering::Equal,
        Comparison::NotEqual => order != Ordering::Equal,
        Comparison::Less => order == Ordering::Less,
        Comparison::LessOrEqual => order != Ordering::Greater,
        Comparison::Greater => order == Ordering::Greater,
        Comparison::GreaterOrEqual => order != Ordering::Less,
    }
}

fn compare(left: &Cells, right: &Cells) -> Result<Vec<Option<Ordering>>, DataError> {
    if let (Some(left), Some(right)) = (left.numbers(), right.numbers()) {
        return Ok(left.iter().zip(&right).map(|(left, right)| left.partial_cmp(right)).collect());
    }
    if let (Some(left), Some(right)) = (left.texts(), right.texts()) {
        return Ok(left.iter().zip(&right).map(|(left, right)| Some(left.as_ref()?.cmp(right.as_ref()?))).collect());
    }
    if let (Some(left), Some(right)) = (left.dates(), right.dates()) {
        return Ok(left.iter().zip(&right).map(|(left, right)| Some(left.as_ref()?.cmp(right.as_ref()?))).collect());
    }
    Err(DataError::Kind {
        what: format!("a comparison of {}", words(left.kind())),
        expected: words(left.kind()).to_owned(),
        found: words(right.kind()).to_owned(),
    })
}

fn arithmetic(operation: Operation, left: &Cells, right: &Cells) -> Result<Cells, DataError> {
    let days = |value: f64| value.is_finite().then(|| Duration::days(value.round() as i64));
    match (operation, left, right) {
        (Operation::Subtract, Cells::Date(left), Cells::Date(right)) => Ok(Cells::Duration(
            left.iter()
                .zip(right)
                .map(|(left, right)| match (left, right) {
                    (Some(left), Some(right)) => left.signed_duration_since(*right).num_days() as f64,
                    _ => f64::NAN,
                })
                .collect(),
        )),
        (Operation::Add | Operation::Subtract, Cells::Date(dates), Cells::Duration(values) | Cells::Number(values)) => {
            let sign = if operation == Operation::Add { 1.0 } else { -1.0 };
            Ok(Cells::Date(
                dates
                    .iter()
                    .zip(values)
                    .map(|(date, value)| (*date)?.checked_add_signed(days(sign * value)?))
                    .collect(),
            ))
        }
        _ => {
            let what = match operation {
                Operation::Add => "a sum",
                Operation::Subtract => "a difference",
                Operation::Multiply => "a product",
                Operation::Divide => "a quotient",
                Operation::Power => "a power",
            };
            let durations = (left.kind() == Type::Duration, right.kind() == Type::Duration);
            let (left, right) = (numbers(left, what)?, numbers(right, what)?);
            let values = left
                .into_iter()
                .zip(right)
                .map(|(left, right)| {
                    finite(match operation {
                        Operation::Add => left + right,
                        Operation::Subtract => left - right,
                        Operation::Multiply => left * right,
                        Operation::Divide => left / right,
                        // The NaN of a missing value would vanish in x^0 and 1^x.
                        Operation::Power if left.is_nan() || right.is_nan() => f64::NAN,
                        Operation::Power => left.powf(right),
                    })
                })
                .collect();
            Ok(match (operation, durations) {
                (Operation::Add | Operation::Subtract, (true, true) | (true, false) | (false, true))
                | (Operation::Multiply, (true, false) | (false, true))
                | (Operation::Divide, (true, false)) => Cells::Duration(values),
                _ => Cells::Number(values),
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        Table::new(vec![
            ("x".into(), Cells::Number(vec![1.0, f64::NAN, 3.0])),
            ("s".into(), Cells::Text(vec![Some("A".into()), Some("B".into()), None])),
            (
                "d".into(),
                Cells::Date(vec![NaiveDate::from_ymd_opt(2020, 1, 31), None, NaiveDate::from_ymd_opt(2021, 3, 1)]),
            ),
        ])
        .unwrap()
    }

    fn column(name: &str) -> Box<Expression> {
        Box::new(Expression::Column(name.to_owned()))
    }

    fn above(limit: f64) -> Expression {
        Expression::Compare {
            comparison: Comparison::Greater,
            left: column("x"),
            right: Box::new(Expression::Number(limit)),
        }
    }

    #[test]
    fn logic_has_three_values() {
        let is_a = Expression::OneOf { value: column("s"), set: vec![Expression::Text("A".into())] };
        let both = Expression::And(Box::new(above(2.0)), Box::new(is_a.clone()));
        assert_eq!(condition(&both, &table()).unwrap(), [Some(false), Some(false), None]);
        let either = Expression::Or(Box::new(above(2.0)), Box::new(is_a.clone()));
        assert_eq!(condition(&either, &table()).unwrap(), [Some(true), None, Some(true)]);
        assert_eq!(condition(&Expression::Not(Box::new(is_a)), &table()).unwrap(), [Some(false), Some(true), None]);
        assert_eq!(
            condition(&Expression::IsMissing(column("x")), &table()).unwrap(),
            [Some(false), Some(true), Some(false)]
        );
    }

    #[test]
    fn months_clamp_at_the_end_of_a_month() {
        let day = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        assert_eq!(shift(day(2020, 1, 31), 1, 0), Some(day(2020, 2, 29)));
        assert_eq!(shift(day(2021, 3, 31), -1, 0), Some(day(2021, 2, 28)));
        assert_eq!(shift(day(2021, 12, 31), 2, 1), Some(day(2022, 3, 1)));
        assert_eq!(shift(day(2021, 1, 15), -13, 0), Some(day(2019, 12, 15)));
        assert_eq!(shift(day(2021, 1, 15), i32::MAX, 0), None);
    }

    #[test]
    fn what_has_no_finite_value_is_missing() {
        let quotient = Expression::Arithmetic {
            operation: Operation::Divide,
            left: column("x"),
            right: Box::new(Expression::Number(0.0)),
        };
        assert_eq!(evaluate(&quotient, &table()).unwrap().missing(), 3);
        let difference =
            Expression::Arithmetic { operation: Operation::Subtract, left: column("d"), right: column("d") };
        assert!(matches!(evaluate(&difference, &table()).unwrap(), Cells::Duration(values) if values[0] == 0.0));
        assert!(matches!(evaluate(&Expression::Negate(column("s")), &table()), Err(DataError::Kind { .. })));
    }
}
