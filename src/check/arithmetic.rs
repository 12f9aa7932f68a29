//! Arithmetic and units in row expressions.

use crate::frame::expression::{Expression, Operation, Type};
use crate::plan::NodeId;
use crate::syntax::ast::{Binary, Expr, Span, Word};

use super::checker::Checker;
use super::compare::in_days;
use super::fault::{Fault, NearestOf};
use super::row::{Purpose, time_span};
use super::typed::{Ty, Typed, words};
use super::units;

impl Checker<'_> {
    /// A literal with a unit: a duration in days, or a number with its unit.
    pub(super) fn quantity(&mut self, value: f64, unit: &Word, span: Span) -> Option<Typed> {
        if units::days(&unit.text).is_some() {
            let mut typed = Typed::literal(Expression::Number(value), Type::Duration);
            typed.ty.unit = Some(unit.text.clone());
            return Some(typed);
        }
        if units::parse(&unit.text).is_none() {
            self.unknown_unit(&unit.text, unit.span);
            return None;
        }
        let _ = span;
        let mut typed = Typed::literal(Expression::Number(value), Type::Number);
        typed.ty.unit = Some(unit.text.clone());
        Some(typed)
    }

    pub(super) fn unknown_unit(&mut self, unit: &str, span: Span) {
        self.tell(
            Fault::error("unit::unknown", span, format!("`{unit}` is no unit that is known here"))
                .label("unknown unit")
                .nearest_of(unit, units::common()),
        );
    }

    pub(super) fn want_number(&mut self, typed: &Typed, span: Span, what: &str) -> Option<()> {
        if typed.ty.is_numeric() {
            return Some(());
        }
        let kind = typed.ty.kind.map_or("unknown", words);
        let text = self.words(span);
        let fault = Fault::error("kind::arithmetic", span, format!("`{text}` is {kind}; {what} wants numbers"));
        let fault = if typed.ty.kind == Some(Type::Date) {
            fault.label("a date").help("two dates have a difference, and a date moves by a duration: `date + 1 month`")
        } else {
            fault.label(kind)
        };
        self.tell(fault);
        None
    }

    pub(super) fn arithmetic(
        &mut self,
        operator: Binary,
        (left, left_expr): (Typed, &Expr),
        (right, right_expr): (Typed, &Expr),
        span: Span,
    ) -> Option<Typed> {
        let operation = match operator {
            Binary::Add => Operation::Add,
            Binary::Subtract => Operation::Subtract,
            Binary::Multiply => Operation::Multiply,
            Binary::Divide => Operation::Divide,
            Binary::Power => Operation::Power,
            _ => {
                self.tell(
                    Fault::error("kind::value", span, "`:` is an interaction, which stands in a formula only")
                        .label("no value of a row"),
                );
                return None;
            }
        };
        let inputs = &left.inputs | &right.inputs;
        // A date moved by a span of time.
        if matches!(operation, Operation::Add | Operation::Subtract)
            && let Some((months, days)) = time_span(right_expr)
            && left.ty.kind.is_none_or(|kind| kind == Type::Date)
            && !left.is_literal_number()
        {
            let sign = if operation == Operation::Add { 1 } else { -1 };
            let mut ty = Ty::made(Some(Type::Date), &[&left.ty]);
            ty.known = left.ty.known.clone();
            ty.nullable = left.ty.nullable;
            let shift = Expression::Shift { date: Box::new(left.expression), months: sign * months, days: sign * days };
            return Some(Typed { expression: shift, ty, inputs });
        }
        let (left, right) = (in_days(left), in_days(right));
        let made = |kind, unit: Option<String>| Ty { unit, ..Ty::made(kind, &[&left.ty, &right.ty]) };
        let kinds = (left.ty.kind, right.ty.kind);
        let (kind, unit) = match kinds {
            (Some(Type::Date), Some(Type::Date)) if operation == Operation::Subtract => {
                (Some(Type::Duration), Some("days".to_owned()))
            }
            (Some(Type::Date), Some(Type::Duration | Type::Number))
                if matches!(operation, Operation::Add | Operation::Subtract) =>
            {
                (Some(Type::Date), None)
            }
            (Some(Type::Date), None) | (None, Some(Type::Date)) if operation == Operation::Subtract => (None, None),
            _ => {
                let left_fine = self.want_number(&left, left_expr.span, "arithmetic");
                let right_fine = self.want_number(&right, right_expr.span, "arithmetic");
                left_fine.and(right_fine)?;
                let additive = matches!(operation, Operation::Add | Operation::Subtract);
                if additive {
                    self.same_unit(&left, &right, span, "added");
                }
                let duration = additive && kinds == (Some(Type::Duration), Some(Type::Duration));
                let unit = match (&left.ty.unit, &right.ty.unit) {
                    (Some(a), Some(b)) if additive && a == b => Some(a.clone()),
                    (Some(a), None) if right.is_literal() => Some(a.clone()),
                    (None, Some(b)) if left.is_literal() && operation != Operation::Divide => Some(b.clone()),
                    _ => None,
                };
                let unit = if operation == Operation::Power { None } else { unit };
                (Some(if duration { Type::Duration } else { Type::Number }), unit)
            }
        };
        let mut ty = made(kind, unit);
        if operation == Operation::Divide && !right.is_literal() {
            // A quotient by zero is missing.
            ty.nullable = ty.nullable.map(|_| true);
        }
        let expression =
            Expression::Arithmetic { operation, left: Box::new(left.expression), right: Box::new(right.expression) };
        Some(Typed { expression, ty, inputs })
    }

    /// Two columns of one dimension in different units are not added as they are.
    pub(super) fn same_unit(&mut self, left: &Typed, right: &Typed, span: Span, verb: &str) {
        let (Some(a), Some(b)) = (&left.ty.unit, &right.ty.unit) else { return };
        if a == b || left.is_literal() || right.is_literal() {
            return;
        }
        let (Some(x), Some(y)) = (units::parse(a), units::parse(b)) else { return };
        // A score may add what measures different things; the same thing in two units is a slip.
        if x.dimension == y.dimension && (x.factor - y.factor).abs() > 1e-12 * x.factor.abs() {
            let text = self.words(span);
            self.tell(
                Fault::error("unit::mixed", span, format!("values in {a} and in {b} are {verb}: `{text}`"))
                    .label("different units")
                    .help(format!("convert one of them: `... as {a}`")),
            );
        }
    }

    pub(super) fn convert(&mut self, table: NodeId, purpose: Purpose, value: &Expr, unit: &Word) -> Option<Typed> {
        let inner = self.row(table, purpose, value)?;
        let Some(target) = units::parse(&unit.text) else {
            self.unknown_unit(&unit.text, unit.span);
            return None;
        };
        self.want_number(&inner, value.span, "a conversion of units")?;
        let text = self.words(value.span);
        let Some(from) = inner.ty.unit.clone() else {
            let table = self.table_name(table);
            let column = inner.ty.lineage.first().cloned().unwrap_or_else(|| text.clone());
            self.tell(
                Fault::error(
                    "unit::unstated",
                    value.span,
                    format!("nothing says in which unit `{text}` is, so it cannot be converted to {}", unit.text),
                )
                .label("unit not stated")
                .help(format!("state it in the dictionary of `{table}`, or as `column {column} as {}`", unit.text)),
            );
            return None;
        };
        let Some(source) = units::parse(&from) else {
            self.tell(
                Fault::error(
                    "unit::unknown",
                    value.span,
                    format!("`{text}` is in `{from}`, which is no unit known here"),
                )
                .label(format!("in `{from}`"))
                .nearest_of(&from, units::common()),
            );
            return None;
        };
        let column = (inner.ty.lineage.len() == 1).then(|| inner.ty.lineage.first().map(String::as_str)).flatten();
        match units::convert(&source, &target, column) {
            Ok((factor, offset)) => {
                let range = inner.ty.range.map(|(low, high)| (low * factor + offset, high * factor + offset));
                let ty = Ty { unit: Some(unit.text.clone()), range, ..inner.ty };
                let expression = if (factor - 1.0).abs() < 1e-12 && offset == 0.0 {
                    inner.expression
                } else {
                    Expression::Convert {
                        value: Box::new(inner.expression),
                        factor,
                        offset,
                        from,
                        to: unit.text.clone(),
                    }
                };
                Some(Typed { expression, ty, inputs: inner.inputs })
            }
            Err(units::NoConversion::Dimensions) => {
                self.tell(
                    Fault::error(
                        "unit::dimension",
                        unit.span,
                        format!("`{text}` is in {from}, which measures something else than {}", unit.text),
                    )
                    .label(format!("no conversion from {from}")),
                );
                None
            }
            Err(units::NoConversion::Analyte) => {
                self.tell(
                    Fault::error(
                        "unit::analyte",
                        value.span,
                        format!(
                            "from {from} to {} needs the molar mass of the analyte, and `{text}` names none",
                            unit.text
                        ),
                    )
                    .label("which substance?")
                    .help(format!(
                        "name it in the dictionary's unit, such as `{from} of bilirubin`; known are {}",
                        units::analytes().join(", ")
                    )),
                );
                None
            }
        }
    }
}
