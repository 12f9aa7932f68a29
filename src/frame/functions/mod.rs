//! Functions of row expressions, one file each. Registering one is one line below.
//!
//! May import: `card` and the cells of `frame`. A function sees whole columns, row by row; it
//! never sees other rows, so none of them can leak.

mod abs;
mod contains;
mod days_between;
mod ends_with;
mod exp;
mod length;
mod log;
mod log10;
mod log2;
mod lower;
mod majority;
mod max;
mod mean;
mod median;
mod min;
mod months_between;
mod relative_change;
mod round;
mod sqrt;
mod starts_with;
mod upper;
mod year;
mod years_between;

use chrono::NaiveDate;

use super::cells::Cells;
use super::evaluate;
use super::expression::Type;
use super::fault::DataError;
use crate::card::Card;

/// One function with its card.
pub struct Function {
    pub card: &'static Card,
    /// Other words for it.
    pub aliases: &'static [&'static str],
    /// Fewest and most arguments.
    pub arity: (usize, usize),
    /// What it wants, for a fault: "wants one number".
    pub wants: &'static str,
    /// Type of the result; `None` where the arguments do not fit.
    pub signature: fn(&[Type]) -> Option<Type>,
    compute: fn(&[Cells]) -> Result<Cells, DataError>,
}

/// Every function, in alphabetical order.
pub fn functions() -> &'static [&'static Function] {
    static FUNCTIONS: &[&Function] = &[
        &abs::FUNCTION,
        &contains::FUNCTION,
        &days_between::FUNCTION,
        &ends_with::FUNCTION,
        &exp::FUNCTION,
        &length::FUNCTION,
        &log::FUNCTION,
        &log10::FUNCTION,
        &log2::FUNCTION,
        &lower::FUNCTION,
        &majority::FUNCTION,
        &max::FUNCTION,
        &mean::FUNCTION,
        &median::FUNCTION,
        &min::FUNCTION,
        &months_between::FUNCTION,
        &relative_change::FUNCTION,
        &round::FUNCTION,
        &sqrt::FUNCTION,
        &starts_with::FUNCTION,
        &upper::FUNCTION,
        &year::FUNCTION,
        &years_between::FUNCTION,
    ];
    FUNCTIONS
}

/// The function of this name or alias.
pub fn function(name: &str) -> Option<&'static Function> {
    functions().iter().copied().find(|function| function.card.name == name || function.aliases.contains(&name))
}

impl Function {
    /// Type of the result for arguments of these types.
    ///
    /// # Errors
    /// What it wants instead.
    pub fn result(&self, arguments: &[Type]) -> Result<Type, String> {
        let (fewest, most) = self.arity;
        if arguments.len() < fewest || arguments.len() > most {
            return Err(self.wants.to_owned());
        }
        (self.signature)(arguments).ok_or_else(|| self.wants.to_owned())
    }

    /// # Errors
    /// Too few or too many arguments, or of another type.
    pub fn apply(&self, arguments: &[Cells]) -> Result<Cells, DataError> {
        let (fewest, most) = self.arity;
        if arguments.len() < fewest || arguments.len() > most {
            return Err(DataError::Function { function: self.card.name.to_owned(), reason: self.wants.to_owned() });
        }
        (self.compute)(arguments)
    }
}

/// Flags count as 0 and 1.
fn is_numeric(kind: Type) -> bool {
    matches!(kind, Type::Number | Type::Flag | Type::Duration)
}

fn all_numbers(types: &[Type]) -> Option<Type> {
    types.iter().all(|kind| is_numeric(*kind)).then_some(Type::Number)
}

fn all_text(types: &[Type]) -> bool {
    types.iter().all(|kind| *kind == Type::Text)
}

fn all_dates(types: &[Type]) -> bool {
    types.iter().all(|kind| *kind == Type::Date)
}

/// Maps one column of numbers; a result that is not finite is missing.
fn map(arguments: &[Cells], name: &str, f: impl Fn(f64) -> f64) -> Result<Cells, DataError> {
    let values = evaluate::numbers(&arguments[0], name)?;
    Ok(Cells::Number(values.into_iter().map(|value| evaluate::finite(f(value))).collect()))
}

/// Folds the arguments of each row; missing if one is.
fn fold(arguments: &[Cells], name: &str, f: impl Fn(&mut Vec<f64>) -> f64) -> Result<Cells, DataError> {
    let columns = arguments.iter().map(|cells| evaluate::numbers(cells, name)).collect::<Result<Vec<_>, _>>()?;
    let rows = columns.first().map_or(0, Vec::len);
    Ok(Cells::Number(
        (0..rows)
            .map(|row| {
                let mut values: Vec<f64> = columns.iter().map(|column| column[row]).collect();
                if values.iter().any(|value| value.is_nan()) { f64::NAN } else { evaluate::finite(f(&mut values)) }
            })
            .collect(),
    ))
}

fn map_text(arguments: &[Cells], name: &str, f: impl Fn(&str) -> String) -> Result<Cells, DataError> {
    let values = evaluate::texts(&arguments[0], name)?;
    Ok(Cells::Text(values.into_iter().map(|text| text.map(|text| f(&text))).collect()))
}

fn test_text(arguments: &[Cells], name: &str, f: impl Fn(&str, &str) -> bool) -> Result<Cells, DataError> {
    let (texts, parts) = (evaluate::texts(&arguments[0], name)?, evaluate::texts(&arguments[1], name)?);
    Ok(Cells::Flag(texts.iter().zip(&parts).map(|(text, part)| Some(f(text.as_deref()?, part.as_deref()?))).collect()))
}

fn between(arguments: &[Cells], name: &str, f: impl Fn(NaiveDate, NaiveDate) -> f64) -> Result<Cells, DataError> {
    let (from, to) = (evaluate::dates(&arguments[0], name)?, evaluate::dates(&arguments[1], name)?);
    Ok(Cells::Number(
        from.iter()
            .zip(&to)
            .map(|(from, to)| match (from, to) {
                (Some(from), Some(to)) => f(*from, *to),
                _ => f64::NAN,
            })
            .collect(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_and_found_by_alias() {
        let names: Vec<&str> = functions().iter().map(|function| function.card.name).collect();
        assert!(names.is_sorted(), "{names:?}");
        assert_eq!(function("ln").map(|function| function.card.name), Some("log"));
        assert!(function("log11").is_none());
    }

    #[test]
    fn wrong_arguments_are_told() {
        let log = function("log10").unwrap();
        assert_eq!(log.result(&[Type::Text]).unwrap_err(), "wants one number");
        assert!(log.apply(&[]).is_err());
        assert!(log.apply(&[Cells::Text(vec![Some("a".into())])]).is_err());
    }
}
