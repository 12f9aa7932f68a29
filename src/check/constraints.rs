//! What a conjunction says of single columns, far enough to prove that two sets of rows are
//! disjoint, that one holds the other, or that nobody fulfils it.

use std::collections::{BTreeMap, BTreeSet};

use crate::frame::expression::{Comparison, Expression};

/// What a conjunction allows a column to be.
#[derive(Clone, Debug, PartialEq)]
struct Allowed {
    /// One of these, if said.
    set: Option<BTreeSet<String>>,
    low: f64,
    high: f64,
    /// Bounds that are excluded.
    open_low: bool,
    open_high: bool,
}

impl Default for Allowed {
    fn default() -> Self {
        Allowed { set: None, low: f64::NEG_INFINITY, high: f64::INFINITY, open_low: false, open_high: false }
    }
}

impl Allowed {
    fn is_empty(&self) -> bool {
        self.set.as_ref().is_some_and(BTreeSet::is_empty)
            || self.low > self.high
            || (self.low == self.high && (self.open_low || self.open_high))
    }

    fn meet(&mut self, other: &Allowed) {
        self.set = match (self.set.take(), &other.set) {
            (Some(a), Some(b)) => Some(&a & b),
            (Some(a), None) => Some(a),
            (None, b) => b.clone(),
        };
        if other.low > self.low || (other.low == self.low && other.open_low) {
            (self.low, self.open_low) = (other.low, other.open_low);
        }
        if other.high < self.high || (other.high == self.high && other.open_high) {
            (self.high, self.open_high) = (other.high, other.open_high);
        }
    }
}

/// What a set of conditions, all of which hold, says.
#[derive(Clone, Debug, Default)]
pub(super) struct Constraints {
    columns: BTreeMap<String, Allowed>,
    /// The conjuncts as they are, to compare sets of conditions.
    pub conjuncts: BTreeSet<String>,
}

impl Constraints {
    /// Adds a condition that holds.
    pub fn hold(&mut self, expression: &Expression) {
        self.take(expression, true);
    }

    /// Adds a condition that does not hold.
    pub fn refuse(&mut self, expression: &Expression) {
        self.take(expression, false);
    }

    pub fn join(&mut self, other: &Constraints) {
        for (column, allowed) in &other.columns {
            self.columns.entry(column.clone()).or_default().meet(allowed);
        }
        self.conjuncts.extend(other.conjuncts.iter().cloned());
    }

    /// A column that cannot be anything, if there is one.
    pub fn contradiction(&self) -> Option<&str> {
        self.columns.iter().find(|(_, allowed)| allowed.is_empty()).map(|(column, _)| column.as_str())
    }

    /// Whether no row can fulfil both.
    pub fn disjoint(&self, other: &Constraints) -> bool {
        let mut both = self.clone();
        both.join(other);
        both.contradiction().is_some()
    }

    /// Whether every row that fulfils `other` surely fulfils this.
    pub fn holds_all_of(&self, other: &Constraints) -> bool {
        self.conjuncts.is_subset(&other.conjuncts)
    }

    fn take(&mut self, expression: &Expression, holds: bool) {
        match (expression, holds) {
            (Expression::Not(inner), _) => self.take(inner, !holds),
            (Expression::And(left, right), true) | (Expression::Or(left, right), false) => {
                self.take(left, holds);
                self.take(right, holds);
            }
            _ => {
                self.conjuncts.insert(format!("{holds} {expression:?}"));
                if let Some((column, allowed)) = atom(expression, holds) {
                    self.columns.entry(column).or_default().meet(&allowed);
                }
            }
        }
    }
}

/// What one atom says of one column.
fn atom(expression: &Expression, holds: bool) -> Option<(String, Allowed)> {
    let mut allowed = Allowed::default();
    let column = |expression: &Expression| match expression {
        Expression::Column(name) => Some(name.clone()),
        _ => None,
    };
    match expression {
        Expression::Column(name) => {
            allowed.set = Some([holds.to_string()].into());
            Some((name.clone(), allowed))
        }
        Expression::OneOf { value, set } if holds => {
            allowed.set = Some(set.iter().map(word).collect::<Option<_>>()?);
            Some((column(value)?, allowed))
        }
        Expression::Within { value, low, high } if holds => {
            (allowed.low, allowed.high) = (number(low)?, number(high)?);
            Some((column(value)?, allowed))
        }
        Expression::Compare { comparison, left, right } => {
            let comparison = if holds { *comparison } else { opposite(*comparison) };
            let (name, value, comparison) = match (column(left), column(right)) {
                (Some(name), None) => (name, right, comparison),
                (None, Some(name)) => (name, left, mirror(comparison)),
                _ => return None,
            };
            if comparison == Comparison::Equal {
                match number(value) {
                    Some(number) => (allowed.low, allowed.high) = (number, number),
                    None => allowed.set = Some([word(value)?].into()),
                }
                return Some((name, allowed));
            }
            let number = number(value)?;
            match comparison {
                Comparison::Less => (allowed.high, allowed.open_high) = (number, true),
                Comparison::LessOrEqual => allowed.high = number,
                Comparison::Greater => (allowed.low, allowed.open_low) = (number, true),
                Comparison::GreaterOrEqual => allowed.low = number,
                Comparison::Equal | Comparison::NotEqual => return None,
            }
            Some((name, allowed))
        }
        _ => None,
    }
}

fn word(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Text(text) => Some(text.clone()),
        Expression::Number(value) => Some(value.to_string()),
        Expression::Flag(value) => Some(value.to_string()),
        _ => None,
    }
}

fn number(expression: &Expression) -> Option<f64> {
    match expression {
        Expression::Number(value) => Some(*value),
        Expression::Negate(inner) => number(inner).map(|value| -value),
        Expression::Date(date) => Some(f64::from(chrono::Datelike::num_days_from_ce(date))),
        _ => None,
    }
}

fn opposite(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Equal => Comparison::NotEqual,
        Comparison::NotEqual => Comparison::Equal,
        Comparison::Less => Comparison::GreaterOrEqual,
        Comparison::LessOrEqual => Comparison::Greater,
        Comparison::Greater => Comparison::LessOrEqual,
        Comparison::GreaterOrEqual => Comparison::Less,
    }
}

fn mirror(comparison: Comparison) -> Comparison {
    match comparison {
        Comparison::Less => Comparison::Greater,
        Comparison::LessOrEqual => Comparison::GreaterOrEqual,
        Comparison::Greater => Comparison::Less,
        Comparison::GreaterOrEqual => Comparison::LessOrEqual,
        same => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is(column: &str, level: &str) -> Expression {
        Expression::Compare {
            comparison: Comparison::Equal,
            left: Box::new(Expression::Column(column.into())),
            right: Box::new(Expression::Text(level.into())),
        }
    }

    fn above(column: &str, value: f64) -> Expression {
        Expression::Compare {
            comparison: Comparison::Greater,
            left: Box::new(Expression::Column(column.into())),
            right: Box::new(Expression::Number(value)),
        }
    }

    #[test]
    fn centres_are_disjoint_and_contradictions_are_found() {
        let (mut sch, mut ql) = (Constraints::default(), Constraints::default());
        sch.hold(&is("centre", "SCH"));
        ql.hold(&is("centre", "QL"));
        assert!(sch.disjoint(&ql));
        assert!(!sch.disjoint(&sch.clone()));
        let mut both = Constraints::default();
        both.hold(&above("age", 70.0));
        assert!(both.contradiction().is_none());
        both.refuse(&above("age", 60.0));
        assert_eq!(both.contradiction(), Some("age"));
    }

    #[test]
    fn fewer_conditions_hold_more_rows() {
        let (mut wide, mut narrow) = (Constraints::default(), Constraints::default());
        wide.hold(&is("a", "x"));
        narrow.hold(&Expression::And(Box::new(is("a", "x")), Box::new(above("b", 1.0))));
        assert!(wide.holds_all_of(&narrow));
        assert!(!narrow.holds_all_of(&wide));
    }
}
