//! What is known of a value before data is read.

use std::collections::BTreeSet;

use crate::frame::dictionary::ColumnEntry;
use crate::frame::expression::{Expression, Type};
use crate::plan::{Known, NodeId};

use super::units;

/// Everything that is proved on a column or an expression.
#[derive(Clone, Debug, Default)]
pub(super) struct Ty {
    /// `None` where no dictionary and no data says.
    pub kind: Option<Type>,
    pub unit: Option<String>,
    /// Lawful levels; empty where any text is lawful or nothing is known.
    pub levels: Vec<String>,
    /// The levels are those that the data holds; nobody said that there are no others.
    pub levels_seen: bool,
    pub range: Option<(f64, f64)>,
    /// `None` counts as yes where a proof is wanted, and as unproved elsewhere.
    pub nullable: Option<bool>,
    pub known: Known,
    pub role: Option<String>,
    /// Columns of the table from which it is made.
    pub lineage: BTreeSet<String>,
}

/// An expression with what is known of it and the nodes that it reads.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub expression: Expression,
    pub ty: Ty,
    pub inputs: BTreeSet<NodeId>,
}

impl Ty {
    pub fn of(kind: Type) -> Self {
        Ty { kind: Some(kind), nullable: Some(false), ..Ty::default() }
    }

    /// A column as its dictionary describes it.
    pub fn column(name: &str, entry: &ColumnEntry, known: Known) -> Self {
        Ty {
            kind: Some(entry.kind),
            unit: entry.unit.clone(),
            levels: entry.levels.clone(),
            levels_seen: false,
            range: entry.range,
            nullable: Some(entry.nullable.unwrap_or(true)),
            known,
            role: entry.role.clone(),
            lineage: [name.to_owned()].into(),
        }
    }

    /// A column of which nothing is known but its name.
    pub fn assumed(name: &str) -> Self {
        Ty { lineage: [name.to_owned()].into(), ..Ty::default() }
    }

    /// What a value of `kind` made from both has in common with them.
    pub fn made(kind: Option<Type>, parts: &[&Ty]) -> Self {
        let mut ty = Ty { kind, nullable: Some(false), ..Ty::default() };
        for part in parts {
            ty.lineage.extend(part.lineage.iter().cloned());
            ty.known = later(&ty.known, &part.known);
            ty.nullable = match (ty.nullable, part.nullable) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        ty
    }

    pub fn is_numeric(&self) -> bool {
        self.kind.is_none_or(|kind| matches!(kind, Type::Number | Type::Flag | Type::Duration))
    }
}

/// The later of two times; one that is not known does not hide one that is.
pub(super) fn later(left: &Known, right: &Known) -> Known {
    left.later(right)
}

impl Typed {
    pub fn literal(expression: Expression, kind: Type) -> Self {
        Typed { expression, ty: Ty::of(kind), inputs: BTreeSet::new() }
    }

    pub fn is_literal(&self) -> bool {
        match &self.expression {
            Expression::Number(_) | Expression::Text(_) | Expression::Date(_) | Expression::Flag(_) => true,
            Expression::Negate(inner) => matches!(**inner, Expression::Number(_)),
            _ => false,
        }
    }

    pub fn number(&self) -> Option<f64> {
        match &self.expression {
            Expression::Number(value) => Some(*value),
            Expression::Negate(inner) => match **inner {
                Expression::Number(value) => Some(-value),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The words for a type in a sentence.
pub(super) fn words(kind: Type) -> &'static str {
    match kind {
        Type::Number => "a number",
        Type::Text => "text",
        Type::Date => "a date",
        Type::Flag => "yes or no",
        Type::Duration => "a duration",
    }
}

/// `treatment_start + 1 month` as a time; `None` if it is not of that form.
pub(super) fn known_at(text: &str) -> Option<Known> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let (origin, sign, count, unit) = match words.as_slice() {
        [origin] => return Some(Known::At { origin: (*origin).to_owned(), days: 0.0 }),
        [origin, sign @ ("+" | "-"), count, unit] => (*origin, *sign, *count, *unit),
        // `1 month before treatment_start`
        [count, unit, "before", origin] => (*origin, "-", *count, *unit),
        [count, unit, "after", origin] => (*origin, "+", *count, *unit),
        ["before", origin] => return Some(Known::At { origin: (*origin).to_owned(), days: -1.0 }),
        _ => return None,
    };
    let days = count.parse::<f64>().ok().filter(|count| count.is_finite())? * units::days(unit)?;
    Some(Known::At { origin: origin.to_owned(), days: if sign == "-" { -days } else { days } })
}

/// A time in words: `treatment_start + 1 month`.
pub(super) fn time_words(known: &Known) -> String {
    match known {
        Known::Unknown => "an unknown time".to_owned(),
        Known::WithOutcome(_) => "the time of the event".to_owned(),
        Known::At { origin, days } if *days == 0.0 => origin.clone(),
        Known::At { origin, days } => {
            let sign = if *days < 0.0 { '-' } else { '+' };
            let days = days.abs();
            let month = 365.25 / 12.0;
            let (count, unit) = if (days / 365.25).fract() == 0.0 {
                (days / 365.25, "year")
            } else if ((days / month) - (days / month).round()).abs() < 1e-9 {
                ((days / month).round(), "month")
            } else {
                (days, "day")
            };
            let plural = if count == 1.0 { "" } else { "s" };
            format!("{origin} {sign} {count} {unit}{plural}")
        }
    }
}

/// Whether `left` is known only after `right`; `None` where their origins cannot be compared.
pub(super) fn is_after(left: &Known, right: &Known) -> Option<bool> {
    match (left, right) {
        (Known::WithOutcome(_), Known::At { .. }) => Some(true),
        (Known::At { origin: a, days: left }, Known::At { origin: b, days: right }) if a == b => {
            Some(*left > *right + 1e-9)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_compared_and_told() {
        let month = known_at("treatment_start + 1 month").unwrap();
        assert_eq!(time_words(&month), "treatment_start + 1 month");
        assert_eq!(is_after(&known_at("treatment_start + 3 months").unwrap(), &month), Some(true));
        assert_eq!(is_after(&known_at("treatment_start").unwrap(), &month), Some(false));
        assert_eq!(is_after(&known_at("surgery").unwrap(), &month), None);
        assert_eq!(known_at("some time later"), None);
    }
}
