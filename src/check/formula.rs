//! Formulas of inference: `os ~ age + rcs(albi, 4) + arm * (age >= 65) + strata(centre)`.

use std::collections::BTreeSet;

use crate::frame::expression::Type;
use crate::plan::NodeId;
use crate::plan::node::{Factor, Formula, Term};
use crate::syntax::ast::{Argument, Binary, Expr, ExprKind, Span, Word};

use super::checker::Checker;
use super::fault::Fault;
use super::row::Purpose;
use super::tables::literal_number;
use super::typed::{Ty, Typed};

/// The right side of a formula, with what is known of its factors.
#[derive(Default)]
pub(super) struct Terms {
    pub formula: Formula,
    pub inputs: BTreeSet<NodeId>,
    /// Every factor with its place and type, for the checks of time and lineage.
    pub factors: Vec<(Span, Ty)>,
}

impl Checker<'_> {
    /// The terms right of `~`.
    pub(super) fn terms(&mut self, table: NodeId, right: &Expr) -> Option<Terms> {
        let mut terms = Terms::default();
        let told = self.errors();
        let mut summands = Vec::new();
        flatten(right, &mut summands);
        for summand in summands {
            self.summand(table, summand, &mut terms);
        }
        (self.errors() == told).then_some(terms)
    }

    fn summand(&mut self, table: NodeId, expr: &Expr, terms: &mut Terms) {
        match &expr.kind {
            ExprKind::Number(one) if *one == 1.0 => {}
            ExprKind::Call { function, arguments } if function.text == "strata" => {
                for argument in arguments {
                    if let Argument::Data(data) = argument
                        && let Some(typed) = self.factor_value(table, data, terms)
                    {
                        terms.formula.strata.push((self.words(data.span), typed.expression));
                    }
                }
            }
            ExprKind::Call { function, arguments } if function.text == "cluster" => {
                if let Some(Argument::Data(data)) = arguments.first()
                    && let Some(typed) = self.factor_value(table, data, terms)
                {
                    terms.formula.cluster = Some((self.words(data.span), typed.expression));
                }
            }
            ExprKind::Call { function, arguments } if function.text == "each" => {
                for argument in arguments {
                    if let Argument::Data(data) = argument {
                        for term in self.products(table, data, terms) {
                            terms.formula.each.push(term);
                        }
                    }
                }
            }
            ExprKind::Binary { operator: Binary::Subtract, right, .. } => self.tell(
                Fault::error("kind::formula", expr.span, "a formula adds terms; none is taken away")
                    .label("a minus sign")
                    .help(format!(
                        "leave `{}` out; a difference as a value stands in brackets",
                        self.words(right.span)
                    )),
            ),
            _ => {
                for term in self.products(table, expr, terms) {
                    if !terms.formula.terms.iter().any(|known| known.label == term.label) {
                        terms.formula.terms.push(term);
                    }
                }
            }
        }
    }

    /// `a * b` is `a + b + a:b`.
    fn products(&mut self, table: NodeId, expr: &Expr, terms: &mut Terms) -> Vec<Term> {
        match &expr.kind {
            ExprKind::Binary { operator: Binary::Multiply, left, right } => {
                let (left, right) = (self.products(table, left, terms), self.products(table, right, terms));
                let mut all = left.clone();
                all.extend(right.iter().cloned());
                for a in &left {
                    for b in &right {
                        all.push(product(a, b));
                    }
                }
                all
            }
            ExprKind::Binary { operator: Binary::Interact, left, right } => {
                let (left, right) = (self.products(table, left, terms), self.products(table, right, terms));
                left.iter().flat_map(|a| right.iter().map(move |b| product(a, b))).collect()
            }
            ExprKind::Group(inner) if is_sum(inner) => {
                let mut summands = Vec::new();
                flatten(inner, &mut summands);
                summands.into_iter().flat_map(|summand| self.products(table, summand, terms)).collect()
            }
            ExprKind::Call { function, arguments } if function.text == "rcs" => {
                self.spline(table, expr, function, arguments, terms).into_iter().collect()
            }
            ExprKind::Call { function, .. } if matches!(function.text.as_str(), "strata" | "cluster" | "each") => {
                self.tell(
                    Fault::error(
                        "kind::formula",
                        expr.span,
                        format!("`{function}` is a term of its own, not a factor of a product"),
                    )
                    .label("inside a product"),
                );
                Vec::new()
            }
            _ => match self.factor_value(table, expr, terms) {
                Some(typed) => {
                    let label = self.words(strip(expr).span);
                    vec![Term {
                        label: label.clone(),
                        factors: vec![Factor { label, expression: typed.expression, knots: None }],
                    }]
                }
                None => Vec::new(),
            },
        }
    }

    fn spline(
        &mut self,
        table: NodeId,
        expr: &Expr,
        function: &Word,
        arguments: &[Argument],
        terms: &mut Terms,
    ) -> Option<Term> {
        let data: Vec<&Expr> = arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Data(data) => Some(data),
                Argument::Setting { name, value } if name.text == "knots" => Some(value),
                _ => None,
            })
            .collect();
        let column = data.first()?;
        let knots_expr = data.get(1).map(|knots| self.resolved(knots));
        let knots = match &knots_expr {
            None => 4.0,
            Some(knots) => literal_number(knots).unwrap_or(f64::NAN),
        };
        if !(3.0..=10.0).contains(&knots) || knots.fract() != 0.0 {
            let span = knots_expr.map_or(function.span, |knots| knots.span);
            self.tell(
                Fault::error("setting::out-of-domain", span, "a restricted cubic spline has 3 to 10 knots")
                    .label("outside its domain")
                    .help("4 knots serve most purposes: `rcs(age, 4)`"),
            );
            return None;
        }
        let typed = self.factor_value(table, column, terms)?;
        if !typed.ty.is_numeric() || typed.ty.kind == Some(Type::Flag) {
            let text = self.words(column.span);
            self.tell(
                Fault::error("kind::arithmetic", column.span, format!("a spline bends a number; `{text}` is none"))
                    .label("not a number"),
            );
            return None;
        }
        let label = self.words(expr.span);
        Some(Term {
            label: label.clone(),
            factors: vec![Factor { label, expression: typed.expression, knots: Some(knots as usize) }],
        })
    }

    fn factor_value(&mut self, table: NodeId, expr: &Expr, terms: &mut Terms) -> Option<Typed> {
        let typed = self.row(table, Purpose::Question, expr)?;
        if typed.ty.kind == Some(Type::Date) {
            let text = self.words(expr.span);
            self.tell(
                Fault::error(
                    "kind::date-feature",
                    expr.span,
                    format!("`{text}` is a date; a formula takes numbers, levels and conditions"),
                )
                .label("a date"),
            );
            return None;
        }
        terms.inputs.extend(typed.inputs.iter().copied());
        terms.factors.push((expr.span, typed.ty.clone()));
        Some(typed)
    }
}

fn product(left: &Term, right: &Term) -> Term {
    let factors: Vec<Factor> = left.factors.iter().chain(&right.factors).cloned().collect();
    Term { label: format!("{}:{}", left.label, right.label), factors }
}

fn is_sum(expr: &Expr) -> bool {
    matches!(&expr.kind, ExprKind::Binary { operator: Binary::Add | Binary::Multiply | Binary::Interact, .. })
}

/// Summands of a right side.
fn flatten<'e>(expr: &'e Expr, summands: &mut Vec<&'e Expr>) {
    match &expr.kind {
        ExprKind::Binary { operator: Binary::Add, left, right } => {
            flatten(left, summands);
            flatten(right, summands);
        }
        _ => summands.push(expr),
    }
}

fn strip(expr: &Expr) -> &Expr {
    match &expr.kind {
        ExprKind::Group(inner) => strip(inner),
        _ => expr,
    }
}
