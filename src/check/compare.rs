//! Comparisons and sets in row expressions: kinds, levels, ranges.

use crate::frame::expression::{Comparison, Expression, Type};
use crate::plan::NodeId;
use crate::syntax::ast::{Expr, ExprKind, Span};

use super::checker::Checker;
use super::fault::Fault;
use super::row::Purpose;
use super::typed::{Ty, Typed, words};
use super::units;

impl Checker<'_> {
    pub(super) fn compare(
        &mut self,
        comparison: Comparison,
        (left, left_expr): (Typed, &Expr),
        (right, right_expr): (Typed, &Expr),
        span: Span,
    ) -> Option<Typed> {
        if matches!(left.expression, Expression::Missing) || matches!(right.expression, Expression::Missing) {
            let other = if matches!(left.expression, Expression::Missing) { right_expr } else { left_expr };
            let text = self.words(other.span);
            let is = if comparison == Comparison::NotEqual { "is present" } else { "is missing" };
            self.tell(
                Fault::error(
                    "missing::compared",
                    span,
                    "a comparison with a missing value is itself missing, never true",
                )
                .label("holds for no row")
                .help(format!("write `{text} {is}`")),
            );
            return None;
        }
        let (left, right) = self.in_one_unit(left, right, span)?;
        self.comparable(&left, left_expr, &right, right_expr, comparison)?;
        self.within_range(comparison, &left, &right, right_expr.span, false);
        self.within_range(comparison, &right, &left, left_expr.span, true);
        let ty = Ty::made(Some(Type::Flag), &[&left.ty, &right.ty]);
        let inputs = &left.inputs | &right.inputs;
        let expression =
            Expression::Compare { comparison, left: Box::new(left.expression), right: Box::new(right.expression) };
        Some(Typed { expression, ty, inputs })
    }

    /// A literal takes the unit of the column that it is compared with.
    fn in_one_unit(&mut self, left: Typed, right: Typed, span: Span) -> Option<(Typed, Typed)> {
        match (left.is_literal(), right.is_literal()) {
            (false, true) => {
                let right = self.literal_in(right, &left, span)?;
                Some((left, right))
            }
            (true, false) => {
                let left = self.literal_in(left, &right, span)?;
                Some((left, right))
            }
            _ => {
                if let (Some(a), Some(b)) = (&left.ty.unit, &right.ty.unit)
                    && a != b
                    && let (Some(x), Some(y)) = (units::parse(a), units::parse(b))
                    && (x.dimension != y.dimension || (x.factor - y.factor).abs() > 1e-12 * x.factor.abs())
                {
                    let fault =
                        Fault::error("unit::mixed", span, format!("a value in {a} is compared with one in {b}"))
                            .label("different units")
                            .help(format!("convert one of them: `... as {a}`"));
                    self.tell(fault);
                }
                Some((left, right))
            }
        }
    }

    fn literal_in(&mut self, literal: Typed, column: &Typed, span: Span) -> Option<Typed> {
        let (Some(value), Some(from)) = (literal.number(), literal.ty.unit.clone()) else { return Some(literal) };
        let Some(to) = column.ty.unit.clone() else {
            let is_column = matches!(column.expression, Expression::Column(_));
            if is_column && column.ty.kind != Some(Type::Duration) {
                // `18 years` beside a column of which nobody says the unit is the plain 18.
                if from != "%" {
                    let text = self.words(span);
                    self.tell(
                        Fault::note(
                            "unit::assumed",
                            span,
                            format!("`{text}`: nothing states the unit of the column; it is taken to be in {from}"),
                        )
                        .label("not proved"),
                    );
                }
                return Some(literal);
            }
            return Some(in_days(literal));
        };
        let (Some(source), Some(target)) = (units::parse(&from), units::parse(&to)) else { return Some(literal) };
        let name = column.ty.lineage.first().map(String::as_str);
        match units::convert(&source, &target, name) {
            Ok((factor, offset)) => {
                let expression = Expression::Number(value * factor + offset);
                Some(Typed { expression, ty: Ty { unit: Some(to), ..literal.ty }, inputs: literal.inputs })
            }
            Err(_) => {
                let fault = Fault::error(
                    "unit::dimension",
                    span,
                    format!("the column is in {to}, and {from} measures something else"),
                )
                .label(format!("{from} beside {to}"));
                self.tell(fault);
                None
            }
        }
    }

    fn comparable(
        &mut self,
        left: &Typed,
        left_expr: &Expr,
        right: &Typed,
        right_expr: &Expr,
        comparison: Comparison,
    ) -> Option<()> {
        let ordered = !matches!(comparison, Comparison::Equal | Comparison::NotEqual);
        let fine = match (left.ty.kind, right.ty.kind) {
            (None, _) | (_, None) => true,
            (Some(Type::Text), Some(Type::Text)) => {
                if ordered {
                    let span = left_expr.span.to(right_expr.span);
                    self.tell(
                        Fault::error("kind::order", span, "levels have no order that a comparison could use")
                            .label("text")
                            .help("list the levels: `in (\"A\", \"B\")`"),
                    );
                    return None;
                }
                true
            }
            (Some(a), Some(b)) if a == b => true,
            _ => left.ty.is_numeric() && right.ty.is_numeric(),
        };
        if !fine {
            let (a, b) = (left.ty.kind.map_or("", words), right.ty.kind.map_or("", words));
            let (column, literal) = if left.is_literal() { (right_expr, left_expr) } else { (left_expr, right_expr) };
            let (column_text, literal_text) = (self.words(column.span), self.words(literal.span));
            let (column_kind, literal_kind) = if left.is_literal() { (b, a) } else { (a, b) };
            let fault = Fault::error(
                "kind::comparison",
                literal.span,
                format!(
                    "`{column_text}` is {column_kind} and `{literal_text}` is {literal_kind}: they cannot be compared"
                ),
            )
            .label(literal_kind);
            let fault = match (&literal.kind, column_kind) {
                (ExprKind::Text(text), "a number") if text.parse::<f64>().is_ok() => {
                    fault.help(format!("numbers stand without quotes: {text}"))
                }
                (ExprKind::Number(value), "text") => fault.help(format!("levels stand in quotes: \"{value}\"")),
                (ExprKind::Text(text), "a date") => fault.help(format!("dates stand without quotes: {text}")),
                (ExprKind::Text(_), "yes or no") => fault.help(format!("write `{column_text}` or `not {column_text}`")),
                _ => fault,
            };
            self.tell(fault);
            return None;
        }
        self.lawful_level(&left.ty, right, right_expr);
        self.lawful_level(&right.ty, left, left_expr);
        Some(())
    }

    /// A literal beside a column with levels must be one of them.
    fn lawful_level(&mut self, column: &Ty, literal: &Typed, place: &Expr) {
        let Expression::Text(level) = &literal.expression else { return };
        if column.levels.is_empty() || column.levels.contains(level) {
            return;
        }
        let name = column.lineage.first().cloned().unwrap_or_default();
        let near = super::fault::nearest(level, column.levels.clone());
        let fault = if column.levels_seen {
            let words = format!("nobody has level \"{level}\" of `{name}`");
            Fault::warning("level::unknown", place.span, words).label("in no row of the data")
        } else {
            Fault::error("level::unknown", place.span, format!("`{name}` has no level \"{level}\""))
                .label("no such level")
        };
        self.tell(match near {
            Some(near) => fault.help(format!("did you mean \"{near}\"?")),
            None => fault.help(format!(
                "its levels are {}",
                column.levels.iter().map(|level| format!("\"{level}\"")).collect::<Vec<_>>().join(", ")
            )),
        });
    }

    /// A literal outside the range of its column decides nothing that a reader would expect.
    fn within_range(&mut self, comparison: Comparison, column: &Typed, literal: &Typed, span: Span, mirrored: bool) {
        let (Some((low, high)), Some(value)) = (column.ty.range, literal.number()) else { return };
        if column.is_literal() || !(low.is_finite() || high.is_finite()) {
            return;
        }
        let name = column.ty.lineage.first().cloned().unwrap_or_default();
        let unit = column.ty.unit.as_ref().map_or(String::new(), |unit| format!(" {unit}"));
        if value < low || value > high {
            self.tell(
                Fault::error(
                    "range::outside",
                    span,
                    format!("`{name}` runs from {low} to {high}{unit}; {value} is outside"),
                )
                .label("outside the range")
                .help("a slip of the unit, or of the dictionary's range"),
            );
            return;
        }
        let comparison = if mirrored { mirror(comparison) } else { comparison };
        let always = match comparison {
            Comparison::LessOrEqual if value == high => Some("every"),
            Comparison::GreaterOrEqual if value == low => Some("every"),
            Comparison::Less if value == low => Some("no"),
            Comparison::Greater if value == high => Some("no"),
            _ => None,
        };
        if let Some(always) = always {
            self.tell(
                Fault::warning(
                    "vacuous::condition",
                    span,
                    format!("this holds for {always} row: `{name}` runs from {low} to {high}{unit}"),
                )
                .label(format!("holds for {always} row")),
            );
        }
    }

    pub(super) fn one_of(
        &mut self,
        table: NodeId,
        purpose: Purpose,
        value: &Expr,
        set: &Expr,
        negated: bool,
    ) -> Option<Typed> {
        let of = self.row(table, purpose, value);
        let set = match &set.kind {
            ExprKind::Name(path) if path.len() == 1 && self.is_parameter(&path[0].text) => {
                self.parameter_of(&path[0].text, path[0].span)?
            }
            _ => set.clone(),
        };
        let typed = match &set.kind {
            ExprKind::Range { low, high, step } => {
                if let Some(step) = step {
                    self.tell(
                        Fault::error("kind::value", step.span, "a range of values has no step; a grid of settings has")
                            .label("not here"),
                    );
                }
                let (low_value, high_value) = (self.row(table, purpose, low), self.row(table, purpose, high));
                let (of, low_value, high_value) = (of?, low_value?, high_value?);
                let low_value = self.literal_in(low_value, &of, low.span)?;
                let high_value = self.literal_in(high_value, &of, high.span)?;
                self.comparable(&of, value, &low_value, low, Comparison::LessOrEqual)?;
                self.comparable(&of, value, &high_value, high, Comparison::LessOrEqual)?;
                if let (Some(a), Some(b)) = (bound(&low_value), bound(&high_value))
                    && a > b
                {
                    self.tell(
                        Fault::error(
                            "range::empty",
                            set.span,
                            "the range is empty: its lower bound is above its upper",
                        )
                        .label("holds for no row"),
                    );
                    return None;
                }
                let ty = Ty::made(Some(Type::Flag), &[&of.ty, &low_value.ty, &high_value.ty]);
                let inputs = of.inputs.iter().chain(&low_value.inputs).chain(&high_value.inputs).copied().collect();
                let expression = Expression::Within {
                    value: Box::new(of.expression),
                    low: Box::new(low_value.expression),
                    high: Box::new(high_value.expression),
                };
                Typed { expression, ty, inputs }
            }
            ExprKind::Set(_) | ExprKind::Group(_) | ExprKind::Text(_) | ExprKind::Number(_) => {
                let elements: Vec<&Expr> = match &set.kind {
                    ExprKind::Set(elements) => elements.iter().collect(),
                    ExprKind::Group(inner) => vec![inner],
                    _ => vec![&set],
                };
                let of = of?;
                let mut lowered = Vec::new();
                let mut faulty = false;
                for element in &elements {
                    let typed = self
                        .row(table, purpose, element)
                        .and_then(|typed| self.literal_in(typed, &of, element.span))
                        .filter(|typed| self.comparable(&of, value, typed, element, Comparison::Equal).is_some());
                    match typed {
                        Some(typed) => {
                            self.within_range(Comparison::Equal, &of, &typed, element.span, false);
                            lowered.push(typed);
                        }
                        None => faulty = true,
                    }
                }
                if faulty {
                    return None;
                }
                let all = !of.ty.levels.is_empty()
                    && of.ty.levels.iter().all(|level| {
                        lowered.iter().any(|typed| matches!(&typed.expression, Expression::Text(text) if text == level))
                    });
                if all {
                    let name = self.words(value.span);
                    self.tell(
                        Fault::warning("vacuous::condition", set.span, format!("these are all levels of `{name}`"))
                            .label(if negated { "holds for no row" } else { "holds for every row" }),
                    );
                }
                let mut parts = vec![&of.ty];
                parts.extend(lowered.iter().map(|typed| &typed.ty));
                let ty = Ty::made(Some(Type::Flag), &parts);
                let inputs = of.inputs.iter().chain(lowered.iter().flat_map(|typed| &typed.inputs)).copied().collect();
                let set = lowered.into_iter().map(|typed| typed.expression).collect();
                Typed { expression: Expression::OneOf { value: Box::new(of.expression), set }, ty, inputs }
            }
            _ => {
                self.tell(
                    Fault::error("kind::set", set.span, "after `in` stands a set `(\"A\", \"B\")` or a range `1 .. 5`")
                        .label("neither set nor range"),
                );
                return None;
            }
        };
        Some(if negated { Typed { expression: Expression::Not(Box::new(typed.expression)), ..typed } } else { typed })
    }
}

/// A literal span of time in days.
pub(super) fn in_days(literal: Typed) -> Typed {
    match (literal.number(), literal.ty.unit.as_deref().and_then(units::days)) {
        (Some(value), Some(days)) if literal.ty.kind == Some(Type::Duration) => {
            let ty = Ty { unit: Some("days".to_owned()), ..literal.ty };
            Typed { expression: Expression::Number(value * days), ty, inputs: literal.inputs }
        }
        _ => literal,
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

/// A literal bound as something that has an order.
fn bound(typed: &Typed) -> Option<f64> {
    match &typed.expression {
        Expression::Date(date) => Some(f64::from(chrono::Datelike::num_days_from_ce(date))),
        _ => typed.number(),
    }
}
