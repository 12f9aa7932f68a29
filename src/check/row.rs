//! Row expressions: names to columns, types, units, levels and ranges; what comes out is what
//! `frame` evaluates. An expression sees one row; whatever needs other rows is a fit and belongs
//! into `prepare`.

use std::collections::BTreeSet;

use chrono::NaiveDate;

use crate::frame::expression::{Comparison, Expression, Type};
use crate::frame::functions;
use crate::plan::node::Operation;
use crate::plan::{Known, NodeId};
use crate::syntax::ast::{Argument, Binary, Expr, ExprKind, Span, State, Unary, Word};

use super::checker::{Checker, Found, Symbol, name_of};
use super::fault::{Fault, NearestOf, nearest};
use super::typed::{Ty, Typed, words};
use super::units;

/// What an expression is for; it decides how a fitted value in it is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Who is eligible, or which part a row belongs to.
    Population,
    /// A new column.
    Derive,
    /// What is predicted.
    Endpoint,
    /// A block of features.
    Features,
    /// A term of a formula, a subgroup, a grouping: endpoints and groups may stand here.
    Question,
}

/// Aggregates over rows, which no row expression may hold.
const OVER_ROWS: &[&str] = &["mean", "median", "sd", "quantile", "rank", "z-score", "zscore", "min", "max", "scale"];

impl Checker<'_> {
    /// Lowers a row expression over the columns of `table`; `None` if a fault was told.
    pub fn row(&mut self, table: NodeId, purpose: Purpose, expr: &Expr) -> Option<Typed> {
        match &expr.kind {
            ExprKind::Name(path) => self.row_name(table, purpose, expr, path),
            ExprKind::Quoted(name) => self.column(table, purpose, name, expr.span),
            ExprKind::Number(value) => Some(Typed::literal(Expression::Number(*value), Type::Number)),
            ExprKind::Percent(value) => {
                let mut share = Typed::literal(Expression::Number(value / 100.0), Type::Number);
                share.ty.unit = Some("%".to_owned());
                Some(share)
            }
            ExprKind::Text(text) => Some(Typed::literal(Expression::Text(text.clone()), Type::Text)),
            ExprKind::Date { year, month, day } => self.date(*year, *month, *day, expr.span),
            ExprKind::Quantity { value, unit } => self.quantity(*value, unit, expr.span),
            ExprKind::Missing => {
                Some(Typed { expression: Expression::Missing, ty: Ty::default(), inputs: BTreeSet::new() })
            }
            ExprKind::Group(inner) => self.row(table, purpose, inner),
            ExprKind::Unary { operator: Unary::Not, operand } => {
                let operand = self.condition(table, purpose, operand)?;
                Some(Typed { expression: Expression::Not(Box::new(operand.expression)), ..operand })
            }
            ExprKind::Unary { operator: Unary::Negate, operand } => {
                let inner = self.row(table, purpose, operand)?;
                self.want_number(&inner, operand.span, "a minus sign")?;
                let ty = Ty { range: None, kind: Some(Type::Number), ..inner.ty };
                let expression = match inner.expression {
                    Expression::Number(value) => Expression::Number(-value),
                    other => Expression::Negate(Box::new(other)),
                };
                Some(Typed { expression, ty, inputs: inner.inputs })
            }
            ExprKind::Binary { operator: operator @ (Binary::And | Binary::Or), left, right } => {
                // Both sides are lowered before either gives up, so that both are told.
                let (left, right) = (self.condition(table, purpose, left), self.condition(table, purpose, right));
                let (left, right) = (left?, right?);
                let (a, b) = (Box::new(left.expression), Box::new(right.expression));
                let expression = if *operator == Binary::And { Expression::And(a, b) } else { Expression::Or(a, b) };
                Some(Typed {
                    expression,
                    ty: Ty::made(Some(Type::Flag), &[&left.ty, &right.ty]),
                    inputs: &left.inputs | &right.inputs,
                })
            }
            ExprKind::Binary { operator, left, right } => {
                let (a, b) = (self.row(table, purpose, left), self.row(table, purpose, right));
                let (a, b) = (a?, b?);
                match comparison(*operator) {
                    Some(comparison) => self.compare(comparison, (a, left), (b, right), expr.span),
                    None => self.arithmetic(*operator, (a, left), (b, right), expr.span),
                }
            }
            ExprKind::In { value, set, negated } => self.one_of(table, purpose, value, set, *negated),
            ExprKind::Is { value, state, negated } => {
                let inner = match self.presence(table, value) {
                    Some(found) => found,
                    None => self.row(table, purpose, value)?,
                };
                let missing = Expression::IsMissing(Box::new(inner.expression));
                let wants_missing = (*state == State::Missing) != *negated;
                let expression = if wants_missing { missing } else { Expression::Not(Box::new(missing)) };
                if inner.ty.nullable == Some(false) && !inner.ty.lineage.is_empty() {
                    let always = if wants_missing { "for no row" } else { "for every row" };
                    self.tell(
                        Fault::warning(
                            "vacuous::condition",
                            expr.span,
                            format!("this holds {always}: `{}` is never missing", self.words(value.span)),
                        )
                        .label("decides nothing"),
                    );
                }
                let mut ty = Ty::made(Some(Type::Flag), &[&inner.ty]);
                ty.nullable = Some(false);
                Some(Typed { expression, ty, inputs: inner.inputs })
            }
            ExprKind::As { value, unit } => self.convert(table, purpose, value, unit),
            ExprKind::Call { function, arguments } => self.call(table, purpose, expr, function, arguments),
            ExprKind::Range { .. } | ExprKind::Set(_) => {
                self.tell(
                    Fault::error("kind::value", expr.span, "a set or a range is no value of a row")
                        .label("stands after `in` only")
                        .help("write `column in ...`"),
                );
                None
            }
            ExprKind::Qualified { .. } | ExprKind::Then(_) | ExprKind::Formula { .. } => {
                self.tell(
                    Fault::error("kind::value", expr.span, "this is no value of a row")
                        .label("a value computed from the columns of one row is wanted"),
                );
                None
            }
        }
    }

    /// [`Checker::row`] where yes or no is wanted.
    pub fn condition(&mut self, table: NodeId, purpose: Purpose, expr: &Expr) -> Option<Typed> {
        let typed = self.row(table, purpose, expr)?;
        match typed.ty.kind {
            None | Some(Type::Flag) => Some(typed),
            // A column of 0 and 1 is a flag by another name.
            Some(Type::Number) if typed.ty.range == Some((0.0, 1.0)) => {
                let ty = Ty { kind: Some(Type::Flag), range: None, ..typed.ty };
                let expression = Expression::Compare {
                    comparison: Comparison::Equal,
                    left: Box::new(typed.expression),
                    right: Box::new(Expression::Number(1.0)),
                };
                Some(Typed { expression, ty, inputs: typed.inputs })
            }
            Some(kind) => {
                let text = self.words(expr.span);
                let fault = Fault::error(
                    "kind::condition",
                    expr.span,
                    format!("`{text}` is {}, not a condition that holds or does not", words(kind)),
                )
                .label(words(kind));
                let fault = match (kind, typed.ty.levels.first()) {
                    (Type::Text, Some(level)) => fault.help(format!("compare it: `{text} == \"{level}\"`")),
                    (Type::Number, _) => fault.help(format!("compare it: `{text} == 1`")),
                    _ => fault.help("compare it with something"),
                };
                self.tell(fault);
                None
            }
        }
    }

    fn row_name(&mut self, table: NodeId, purpose: Purpose, expr: &Expr, path: &[Word]) -> Option<Typed> {
        match path {
            [word] if matches!(word.text.as_str(), "yes" | "true") => {
                Some(Typed::literal(Expression::Flag(true), Type::Flag))
            }
            [word] if matches!(word.text.as_str(), "no" | "false") => {
                Some(Typed::literal(Expression::Flag(false), Type::Flag))
            }
            [word] => self.column(table, purpose, &word.text, expr.span),
            [first, rest @ ..] => match self.find(&first.text, first.span) {
                Found::Symbol(Symbol::Images(images)) => self.phase(images, &first.text, rest, expr.span),
                Found::Symbol(Symbol::Model(_)) => {
                    self.fitted_value(purpose, &self.words(expr.span), expr.span);
                    None
                }
                Found::Symbol(symbol) => {
                    self.wrong_kind(&first.text, first.span, &symbol, "a column, or `images.phase`,");
                    None
                }
                Found::Broken => None,
                Found::Unknown => {
                    let name = self.words(expr.span);
                    self.column(table, purpose, &name, expr.span)
                }
            },
            [] => None,
        }
    }

    /// `ct is present`, `gtv is present`: whether the patient has every image of a set, or a row in
    /// another table. `None` where the words mean something else.
    fn presence(&mut self, table: NodeId, value: &Expr) -> Option<Typed> {
        let (name, span) = name_of(value)?;
        if self.tables.get(&table).is_some_and(|columns| columns.known.contains_key(&name)) {
            return None;
        }
        let other = match self.find(&name, span) {
            Found::Symbol(Symbol::Images(id)) => id,
            Found::Symbol(Symbol::Table(id)) if id != table => id,
            _ => return None,
        };
        // Without a key nothing says who is the same patient.
        let keyless =
            |id: NodeId| matches!(&self.plan.node(id).operation, Operation::Table(spec) if spec.key.is_none());
        if keyless(table) || keyless(other) {
            return None;
        }
        let ty = Ty { nullable: Some(true), lineage: [name.clone()].into(), ..Ty::default() };
        Some(Typed { expression: Expression::Column(name), ty, inputs: [other].into() })
    }

    /// `ct.arterial`: whether the patient has the image. Read as the column `ct.arterial`, which
    /// is missing where there is none.
    fn phase(&mut self, images: NodeId, name: &str, rest: &[Word], span: Span) -> Option<Typed> {
        let crate::plan::Operation::Images(about) = &self.plan.node(images).operation else { return None };
        let phase = rest.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(".");
        if !about.phases.contains(&phase) {
            let phases = about.phases.clone();
            self.tell(
                Fault::error("name::unknown-phase", span, format!("`{name}` has no phase `{phase}`"))
                    .label("not among its phases")
                    .nearest_of(&phase, phases),
            );
            return None;
        }
        let column = format!("{name}.{phase}");
        let ty = Ty { nullable: Some(true), lineage: [column.clone()].into(), ..Ty::default() };
        Some(Typed { expression: Expression::Column(column), ty, inputs: [images].into() })
    }

    /// A single name in a row expression: a column, a derived column, a parameter, or whatever
    /// else may stand for a value of each row.
    pub fn column(&mut self, table: NodeId, purpose: Purpose, name: &str, span: Span) -> Option<Typed> {
        let columns = self.tables.get(&table);
        let known = columns.and_then(|columns| columns.known.get(name).cloned());
        let closed = columns.is_some_and(|columns| columns.closed);
        if let Some(ty) = known {
            return Some(Typed { expression: Expression::Column(name.to_owned()), ty, inputs: BTreeSet::new() });
        }
        if self.is_declared(name) && !(self.is_own(name) && purpose == Purpose::Endpoint) {
            return match self.find(name, span) {
                Found::Symbol(symbol) => self.declared_value(table, purpose, name, span, symbol),
                Found::Broken | Found::Unknown => None,
            };
        }
        if closed {
            self.unknown_column(table, name, span);
            return None;
        }
        let ty = Ty::assumed(name);
        Some(Typed { expression: Expression::Column(name.to_owned()), ty, inputs: BTreeSet::new() })
    }

    fn declared_value(
        &mut self,
        table: NodeId,
        purpose: Purpose,
        name: &str,
        span: Span,
        symbol: Symbol,
    ) -> Option<Typed> {
        match symbol {
            Symbol::Derive(id) => {
                let (_, home, ty) = self.derived.get(name).cloned()?;
                if home != table {
                    let (home, here) = (self.table_name(home), self.table_name(table));
                    self.tell(
                        Fault::error(
                            "name::other-table",
                            span,
                            format!("`{name}` is derived from `{home}`, and this is asked of `{here}`"),
                        )
                        .label(format!("a column of `{home}`")),
                    );
                    return None;
                }
                Some(Typed { expression: Expression::Column(name.to_owned()), ty, inputs: [id].into() })
            }
            Symbol::Parameter(place) => {
                let value = self.parameter_value(place)?;
                self.row(table, purpose, &value)
            }
            Symbol::Expression(id) => {
                let ty = Ty { nullable: Some(true), lineage: [name.to_owned()].into(), ..Ty::default() };
                Some(Typed { expression: Expression::Column(name.to_owned()), ty, inputs: [id].into() })
            }
            Symbol::Endpoint(id) if purpose == Purpose::Question => {
                let event = self.endpoint_event(id, name, span)?;
                let about = self.endpoints.get(&id)?;
                let ty = Ty {
                    kind: Some(Type::Flag),
                    lineage: about.lineage.clone(),
                    known: Known::WithOutcome(id),
                    nullable: about.nullable,
                    ..Ty::default()
                };
                Some(Typed { expression: event, ty, inputs: [id].into() })
            }
            Symbol::Endpoint(_) => {
                self.tell(
                    Fault::error(
                        "leak::outcome-in-population",
                        span,
                        format!(
                            "`{name}` is an outcome: what is made from it is not known when the prediction is made"
                        ),
                    )
                    .label("an endpoint of this study")
                    .help("describe or stratify by it instead"),
                );
                None
            }
            Symbol::Model(_) | Symbol::Groups(_) => {
                self.fitted_value(purpose, name, span);
                None
            }
            other => {
                self.wrong_kind(name, span, &other, "a column");
                None
            }
        }
    }

    /// A value that a model fitted, where a value known beforehand is wanted.
    fn fitted_value(&mut self, purpose: Purpose, name: &str, span: Span) {
        let fault = match purpose {
            Purpose::Population => Fault::error(
                "leak::cohort-from-fitted",
                span,
                format!(
                    "who is studied would depend on `{name}`, which was fitted on these patients and their outcomes"
                ),
            )
            .label("a fitted value")
            .help("keep the cohort as it is and ask `stratify ... within`, or `groups`"),
            Purpose::Derive | Purpose::Features => Fault::error(
                "leak::resubstitution",
                span,
                format!("the predictions of `{name}` on the rows of its own fit would serve as a predictor"),
            )
            .label("a fitted value")
            .help("fuse the models: `fuse late logistic(...)` learns from out-of-fold predictions"),
            Purpose::Endpoint => Fault::error(
                "leak::endpoint-from-fitted",
                span,
                format!("the endpoint would be made of `{name}`, which is itself a prediction"),
            )
            .label("a fitted value"),
            Purpose::Question => Fault::error(
                "kind::fitted-value",
                span,
                format!("`{name}` is a fitted value; it cannot stand in a formula of columns"),
            )
            .label("a fitted value")
            .help("use `evaluate`, `stratify` or `correlate`, which take its out-of-fold predictions"),
        };
        self.tell(fault);
    }

    pub fn table_name(&self, table: NodeId) -> String {
        self.tables.get(&table).map(|columns| columns.name.clone()).unwrap_or_default()
    }

    pub fn unknown_column(&mut self, table: NodeId, name: &str, span: Span) {
        let columns = self.tables.get(&table);
        let mut candidates: Vec<String> =
            columns.map(|columns| columns.known.keys().cloned().collect()).unwrap_or_default();
        candidates.extend(self.names(&["derive", "parameter"]));
        let table = self.table_name(table);
        let fault = Fault::error("name::unknown-column", span, format!("`{table}` has no column `{name}`"))
            .label("no such column");
        // `age-1` is one name; a difference wants blanks.
        let parts: Vec<&str> = name.split('-').collect();
        let is_difference = parts.len() > 1
            && parts.iter().all(|part| {
                !part.is_empty() && (candidates.iter().any(|known| known == part) || part.parse::<f64>().is_ok())
            });
        let fault = if is_difference {
            fault.help(format!("a minus sign wants blanks: `{}`", parts.join(" - ")))
        } else {
            match nearest(name, candidates) {
                Some(near) if plain(&near) => fault.help(format!("did you mean `{near}`?")),
                Some(near) => fault.help(format!("did you mean the column {near}? Write it in backticks: `{near}`")),
                None => fault,
            }
        };
        self.tell(fault);
    }

    fn date(&mut self, year: i32, month: u8, day: u8, span: Span) -> Option<Typed> {
        match NaiveDate::from_ymd_opt(year, u32::from(month), u32::from(day)) {
            Some(date) => Some(Typed::literal(Expression::Date(date), Type::Date)),
            None => {
                self.tell(
                    Fault::error("range::date", span, format!("there is no day {year}-{month:02}-{day:02}"))
                        .label("not in the calendar"),
                );
                None
            }
        }
    }

    fn call(
        &mut self,
        table: NodeId,
        purpose: Purpose,
        expr: &Expr,
        function: &Word,
        arguments: &[Argument],
    ) -> Option<Typed> {
        let name = function.text.as_str();
        let known = functions::function(name);
        if OVER_ROWS.contains(&name) && arguments.len() == 1 {
            let code =
                if purpose == Purpose::Features { "leak::selection-before-split" } else { "leak::fitted-on-test" };
            self.tell(
                Fault::error(
                    code,
                    expr.span,
                    format!("`{name}` of a column is fitted on every row, those of the test part among them"),
                )
                .label("looks at other rows")
                .help(format!("make it a step of the model: `prepare ... by {}`", step_for(name))),
            );
            return None;
        }
        let Some(known) = known else {
            let names = functions::functions()
                .iter()
                .flat_map(|function| function.aliases.iter().copied().chain([function.card.name]))
                .map(str::to_owned);
            let fault = Fault::error("name::unknown-function", function.span, format!("there is no function `{name}`"))
                .label("no such function")
                .nearest_of(name, names);
            self.tell(fault);
            return None;
        };
        let mut typed = Vec::new();
        let mut faulty = false;
        for argument in arguments {
            match argument {
                Argument::Data(data) => match self.row(table, purpose, data) {
                    Some(value) => typed.push(value),
                    None => faulty = true,
                },
                Argument::Setting { name: setting, .. } | Argument::Grid { name: setting, .. } => {
                    self.tell(
                        Fault::error("setting::unknown", setting.span, format!("`{name}` has no setting `{setting}`"))
                            .label("functions of a row take values only"),
                    );
                    faulty = true;
                }
            }
        }
        if faulty {
            return None;
        }
        let kinds: Vec<Option<Type>> = typed.iter().map(|value| value.ty.kind).collect();
        let kind = match kinds.iter().copied().collect::<Option<Vec<Type>>>() {
            Some(kinds) => match known.result(&kinds) {
                Ok(kind) => Some(kind),
                Err(wants) => {
                    self.tell(
                        Fault::error("kind::argument", expr.span, format!("`{name}` {wants}"))
                            .label(kinds.iter().map(|kind| words(*kind)).collect::<Vec<_>>().join(", ")),
                    );
                    return None;
                }
            },
            None if typed.len() < known.arity.0 || typed.len() > known.arity.1 => {
                self.tell(
                    Fault::error("kind::argument", expr.span, format!("`{name}` {}", known.wants))
                        .label(format!("{} given", typed.len())),
                );
                return None;
            }
            None => None,
        };
        let mut ty = Ty::made(kind, &typed.iter().map(|value| &value.ty).collect::<Vec<_>>());
        if matches!(known.card.name, "log" | "log10" | "log2" | "sqrt" | "relative_change") {
            // Not defined everywhere: missing there.
            let positive = typed.iter().all(|value| value.ty.range.is_some_and(|(low, _)| low > 0.0));
            if !positive {
                ty.nullable = ty.nullable.map(|_| true);
            }
        }
        let inputs = typed.iter().flat_map(|value| value.inputs.iter().copied()).collect();
        let arguments = typed.into_iter().map(|value| value.expression).collect();
        Some(Typed { expression: Expression::Call { function: known.card.name.to_owned(), arguments }, ty, inputs })
    }
}

impl Typed {
    pub fn is_literal_number(&self) -> bool {
        matches!(self.expression, Expression::Number(_))
    }
}

fn comparison(operator: Binary) -> Option<Comparison> {
    Some(match operator {
        Binary::Equal => Comparison::Equal,
        Binary::NotEqual => Comparison::NotEqual,
        Binary::Less => Comparison::Less,
        Binary::LessOrEqual => Comparison::LessOrEqual,
        Binary::Greater => Comparison::Greater,
        Binary::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

/// The step that does honestly what the aggregate did.
fn step_for(name: &str) -> &'static str {
    match name {
        "mean" => "mean",
        "median" | "quantile" => "median",
        _ => "z-score",
    }
}

/// Whether a name can stand without backticks.
fn plain(name: &str) -> bool {
    name.starts_with(|c: char| c.is_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}

/// A literal span of time as calendar months and days.
pub(super) fn time_span(expr: &Expr) -> Option<(i32, i32)> {
    match &expr.kind {
        ExprKind::Group(inner) => time_span(inner),
        ExprKind::Quantity { value, unit } => {
            let days = units::days(&unit.text)?;
            let months = match unit.text.as_str() {
                "mo" | "month" | "months" => Some(*value),
                "a" | "y" | "yr" | "year" | "years" => Some(*value * 12.0),
                _ => None,
            };
            match months {
                Some(months) if months.fract() == 0.0 && months.abs() < 1e6 => Some((months as i32, 0)),
                _ if (value * days).abs() < 1e8 => Some((0, (value * days).round() as i32)),
                _ => None,
            }
        }
        _ => None,
    }
}
