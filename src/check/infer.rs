//! Inference over formulas.

use std::collections::BTreeSet;

use crate::card::EndpointKind;
use crate::frame::expression::{Expression, Type};
use crate::plan::node::{Columns as ColumnsNode, Competing, Formula, Infer, Operation, Selection};
use crate::plan::procedures::{Left, Procedure, Right};
use crate::plan::{Known, NodeId, Provenance};
use crate::syntax::ast::{Argument, Declaration, Expr, ExprKind, Span, Word};

use super::checker::{BlockAbout, BlockColumn, Checker, EndpointAbout, Found, Symbol, name_of, spelt};
use super::fault::{Fault, NearestOf};
use super::formula::Terms;
use super::registry;
use super::row::Purpose;
use super::typed::{Ty, is_after, time_words};

/// A formula that is fitted as a prediction model.
pub(super) struct FormulaModel {
    pub learner: String,
    pub kind: EndpointKind,
    pub endpoint: NodeId,
    pub block: NodeId,
}

impl<'a> Checker<'a> {
    pub(super) fn infer(
        &mut self,
        declaration: &'a Declaration,
        expr: &Expr,
        function: &Word,
        arguments: &[Argument],
        procedure: &'static Procedure,
    ) {
        let own: &[&str] = if procedure.weights { &["competing", "weights"] } else { &["competing"] };
        let given = self.settings(procedure.card, expr.span, arguments, own, false);
        let data: Vec<&Expr> = arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Data(data) => Some(data),
                _ => None,
            })
            .collect();
        let Some(first) = data.first() else {
            self.tell(
                Fault::error("kind::formula", expr.span, format!("`{function}` is asked of nothing"))
                    .label("no formula")
                    .help(format!("`{}`", procedure.card.example)),
            );
            return;
        };
        if let Some(second) = data.get(1) {
            self.tell(
                Fault::error(
                    "kind::formula",
                    second.span,
                    format!("`{function}` takes one formula; settings have names"),
                )
                .label("a second one"),
            );
            return;
        }
        let (left, right) = match (&first.kind, procedure.right) {
            (ExprKind::Formula { left: Some(left), right }, shape) if shape != Right::None => {
                (left.as_ref(), Some(right.as_ref()))
            }
            (_, Right::None) => (*first, None),
            _ => {
                self.tell(
                    Fault::error(
                        "kind::formula",
                        first.span,
                        format!("`{function}` takes a formula: what is explained `~` by what"),
                    )
                    .label("no formula")
                    .help(format!("`{}`", procedure.card.example)),
                );
                return;
            }
        };
        let Some((endpoint, response, table)) = self.explained(left, procedure, function) else { return };
        let terms = match right {
            Some(right) => match self.terms(table, right) {
                Some(terms) => {
                    self.shape_of_terms(procedure, function, right, &terms);
                    terms
                }
                None => return,
            },
            None => Terms::default(),
        };
        let mut formula = terms.formula;
        formula.response_label = self.words(left.span);
        let mut inputs: Vec<NodeId> = vec![table];
        inputs.extend(endpoint);
        inputs.extend(&terms.inputs);
        if let Some((expression, more)) = response {
            formula.response = Some(expression);
            inputs.extend(more);
        }
        if procedure.weights {
            let Some((weights, more)) = self.weights(table, arguments) else { return };
            formula.weights = weights;
            inputs.extend(more);
        }
        let landmark = arguments
            .iter()
            .any(|argument| matches!(argument, Argument::Setting { name, .. } if name.text == "landmark"));
        if let Some(about) = endpoint.and_then(|id| self.endpoints.get(&id)).cloned() {
            self.factors_in_time(&about, &terms.factors, landmark);
        }
        let Some(competing) = self.competing(table, arguments, procedure, expr.span, function) else { return };
        inputs.extend(competing.iter().filter_map(|competing| match competing {
            Competing::Endpoint(id) => Some(*id),
            Competing::Event(_) => None,
        }));
        let Some(given) = given else { return };
        let mut defaults = given.defaults;
        let Some(rows) = self.question_rows(declaration, Some(table), &mut defaults) else { return };
        inputs.push(Self::rows_node(&rows));
        if right.is_some() && given.settings.get("imputations").is_none() {
            defaults.push(spelt("rows with a missing value in the formula", "left out and counted"));
        }
        if !formula.terms.is_empty() && procedure.right == Right::Terms {
            defaults.push(spelt("levels", "indicator coded against the first"));
        }
        let name = self.words(expr.span);
        self.add(
            declaration,
            name,
            Operation::Infer(Infer {
                procedure: procedure.card.name.to_owned(),
                endpoint,
                competing,
                formula,
                settings: given.settings,
                rows,
            }),
            inputs,
            Provenance::default(),
            defaults,
        );
    }

    /// What stands left of `~`: a declared endpoint, or a number of each row.
    #[expect(clippy::type_complexity, reason = "endpoint, response with its inputs, table: read in one place")]
    fn explained(
        &mut self,
        left: &Expr,
        procedure: &'static Procedure,
        function: &Word,
    ) -> Option<(Option<NodeId>, Option<(Expression, BTreeSet<NodeId>)>, NodeId)> {
        if let Some((name, span)) = name_of(left)
            && self.is_declared(&name)
        {
            match self.find(&name, span) {
                Found::Symbol(Symbol::Endpoint(id)) => {
                    let about = self.endpoints.get(&id)?.clone();
                    let serves = match procedure.left {
                        Left::Endpoint => procedure.card.serves(about.kind),
                        Left::Number | Left::Reading => about.kind == EndpointKind::Continuous,
                    };
                    if !serves {
                        let fits: Vec<String> = crate::plan::procedures::all()
                            .iter()
                            .filter(|other| {
                                other.right == procedure.right
                                    && other.card.serves(about.kind)
                                    && other.left == Left::Endpoint
                            })
                            .map(|other| other.card.name.to_owned())
                            .collect();
                        let fits = format!("for this endpoint there are {}", super::fault::alternatives(fits));
                        let fault_span = function.span;
                        if procedure.left != Left::Endpoint {
                            self.tell(
                                Fault::error(
                                    "kind::endpoint-kind",
                                    fault_span,
                                    format!("`{function}` is for a number, and `{name}` is a {} endpoint", about.kind),
                                )
                                .label(format!("`{name}` is {}", about.kind))
                                .help(fits),
                            );
                        } else {
                            self.wrong_endpoint(procedure.card, fault_span, &about, &fits);
                        }
                        return None;
                    }
                    return Some((Some(id), None, about.table));
                }
                Found::Broken => return None,
                Found::Symbol(Symbol::Derive(_)) if procedure.left != Left::Endpoint => {}
                Found::Symbol(other) if procedure.left == Left::Endpoint => {
                    self.wrong_kind(&name, span, &other, "an endpoint");
                    return None;
                }
                _ => {}
            }
        }
        if procedure.left == Left::Endpoint {
            let text = self.words(left.span);
            match name_of(left) {
                Some((name, span)) => {
                    let names = self.names(&["endpoint"]);
                    let fault = Fault::error("name::unknown", span, format!("there is no endpoint `{name}`"))
                        .label("not declared in this study");
                    let example = if procedure.card.serves(EndpointKind::Survival) {
                        "survival(months, died == 1)"
                    } else {
                        "binary(...)"
                    };
                    self.tell(match super::fault::nearest(&name, names.clone()) {
                        Some(_) => fault.nearest_of(&name, names),
                        None => fault.help(format!("declare it: `endpoint {name} = {example}`")),
                    });
                }
                None => self.tell(
                    Fault::error(
                        "kind::formula",
                        left.span,
                        format!("`{function}` explains a declared endpoint; `{text}` is none"),
                    )
                    .label("not an endpoint")
                    .help("declare it: `endpoint os = survival(months, died == 1)`"),
                ),
            }
            return None;
        }
        let table = self.table_speaking(left.span, &[left])?;
        let typed = self.row(table, Purpose::Question, left)?;
        if procedure.left == Left::Number && !typed.ty.is_numeric() {
            let text = self.words(left.span);
            self.tell(
                Fault::error(
                    "kind::arithmetic",
                    left.span,
                    format!("`{function}` explains a number; `{text}` is none"),
                )
                .label("not a number"),
            );
            return None;
        }
        Some((None, Some((typed.expression, typed.inputs)), table))
    }

    fn shape_of_terms(&mut self, procedure: &Procedure, function: &Word, right: &Expr, terms: &Terms) {
        let formula: &Formula = &terms.formula;
        let only_columns = (formula.strata.is_empty() || procedure.strata) && formula.cluster.is_none();
        let simple = only_columns
            && formula
                .terms
                .iter()
                .chain(&formula.each)
                .all(|term| term.factors.len() == 1 && term.factors[0].knots.is_none());
        let fault = match procedure.right {
            Right::Groups if !simple || !formula.each.is_empty() => {
                let strata = if procedure.strata { "" } else { ", strata" };
                Some(format!("`{function}` compares groups: levels or conditions, no splines{strata} or interactions"))
            }
            Right::Markers if !simple => Some(format!("`{function}` judges markers one by one: `each(a, b)`")),
            Right::Terms if formula.terms.is_empty() && formula.each.is_empty() && formula.strata.is_empty() => {
                Some(format!("`{function}` explains by nothing"))
            }
            _ => None,
        };
        if let Some(message) = fault {
            self.tell(
                Fault::error("kind::formula", right.span, message)
                    .label("not of this shape")
                    .help(format!("`{}`", procedure.card.example)),
            );
        }
    }

    /// Factors that say the outcome themselves, and those that are known only after follow-up
    /// began.
    fn factors_in_time(&mut self, endpoint: &EndpointAbout, factors: &[(Span, Ty)], landmark: bool) {
        for (span, ty) in factors {
            let text = self.words(*span);
            if let Some(shared) = ty.lineage.intersection(&endpoint.lineage).next() {
                let via = if *shared == text { String::new() } else { format!(", through `{shared}`") };
                self.tell(
                    Fault::error(
                        "leak::outcome-defines-predictor",
                        *span,
                        format!(
                            "`{text}` says whether or when `{}` happened{via}: it explains the outcome by itself",
                            endpoint.name
                        ),
                    )
                    .label("part of the endpoint's definition"),
                );
                continue;
            }
            if endpoint.kind != EndpointKind::Survival || landmark {
                continue;
            }
            let late = matches!(ty.known, Known::WithOutcome(_)) || is_after(&ty.known, &endpoint.from) == Some(true);
            if late {
                let when = match &ty.known {
                    Known::WithOutcome(id) => match self.endpoints.get(id).map(|about| about.known.clone()) {
                        Some(known @ Known::At { .. }) => format!("at {}", time_words(&known)),
                        _ => "during follow-up".to_owned(),
                    },
                    known => format!("at {}", time_words(known)),
                };
                self.tell(
                    Fault::warning(
                        "time::immortal-time",
                        *span,
                        format!("`{text}` is known {when}, after the follow-up of `{}` began: whoever has it survived until then (immortal time)", endpoint.name),
                    )
                    .label("known during follow-up")
                    .help("start follow-up when it is known: `landmark = 3 months`"),
                );
            }
        }
    }

    /// `weights = w`: a number of each row.
    #[expect(clippy::type_complexity, reason = "label with expression, and the nodes that it reads")]
    fn weights(
        &mut self,
        table: NodeId,
        arguments: &[Argument],
    ) -> Option<(Option<(String, Expression)>, BTreeSet<NodeId>)> {
        let given = arguments.iter().find_map(|argument| match argument {
            Argument::Setting { name, value } if name.text == "weights" => Some(value),
            _ => None,
        });
        let Some(value) = given else { return Some((None, BTreeSet::new())) };
        let typed = self.row(table, Purpose::Question, value)?;
        let text = self.words(value.span);
        if !typed.ty.is_numeric() || typed.ty.kind == Some(Type::Flag) {
            self.tell(
                Fault::error("kind::arithmetic", value.span, format!("weights are numbers; `{text}` is none"))
                    .label("not a number"),
            );
            return None;
        }
        Some((Some((text, typed.expression)), typed.inputs))
    }

    fn competing(
        &mut self,
        table: NodeId,
        arguments: &[Argument],
        procedure: &Procedure,
        span: Span,
        function: &Word,
    ) -> Option<Vec<Competing>> {
        let setting = arguments.iter().find_map(|argument| match argument {
            Argument::Setting { name, value } | Argument::Grid { name, values: value } if name.text == "competing" => {
                Some((name, value))
            }
            _ => None,
        });
        let Some((name, value)) = setting else {
            if procedure.competing {
                self.tell(
                    Fault::error("setting::required", span, format!("`{function}` needs the event that competes"))
                        .label("no `competing`")
                        .help(format!("`{}`", procedure.card.example)),
                );
                return None;
            }
            return Some(Vec::new());
        };
        if !procedure.competing {
            self.tell(
                Fault::error("setting::unknown", name.span, format!("`{function}` has no setting `competing`"))
                    .label("no such setting")
                    .help("`cif` and `finegray` take competing events"),
            );
            return None;
        }
        let events: Vec<&Expr> = match &value.kind {
            ExprKind::Set(events) => events.iter().collect(),
            _ => vec![value],
        };
        let mut competing = Vec::new();
        for event in events {
            if let Some((name, span)) = name_of(event)
                && let Found::Symbol(Symbol::Endpoint(id)) = self.find(&name, span)
            {
                let about = self.endpoints.get(&id)?.clone();
                if about.kind != EndpointKind::Survival {
                    self.tell(
                        Fault::error(
                            "kind::endpoint-kind",
                            span,
                            format!("a competing event has a time; `{name}` is {}", about.kind),
                        )
                        .label(format!("`{name}` is {}", about.kind)),
                    );
                    return None;
                }
                competing.push(Competing::Endpoint(id));
                continue;
            }
            let typed = self.condition(table, Purpose::Question, event)?;
            competing.push(Competing::Event(typed.expression));
        }
        Some(competing)
    }

    /// The endpoint and the block of columns of a formula that is evaluated as a model.
    pub(super) fn formula_as_model(&mut self, declaration: &'a Declaration, expr: &Expr) -> Option<FormulaModel> {
        let ExprKind::Call { function, arguments } = &expr.kind else { return None };
        let formula = arguments.iter().find_map(|argument| match argument {
            Argument::Data(Expr { kind: ExprKind::Formula { left: Some(left), right }, .. }) => Some((left, right)),
            _ => None,
        });
        let Some((left, right)) = formula else {
            self.tell(
                Fault::error("kind::model", expr.span, "a model is evaluated by its name, or as a formula")
                    .label("neither")
                    .help("`evaluate cox(os ~ age + stage) over 500 bootstraps`, or declare a model"),
            );
            return None;
        };
        let Some(procedure) = registry::procedure(&function.text) else {
            let names = crate::plan::procedures::all().iter().map(|procedure| procedure.card.name.to_owned());
            let fault = Fault::error(
                "name::unknown-procedure",
                function.span,
                format!("there is no procedure `{function}` of inference"),
            )
            .label("no such procedure")
            .nearest_of(&function.text, names);
            self.tell(fault);
            return None;
        };
        let (endpoint, _, table) = self.explained(left, procedure, function)?;
        let Some(endpoint) = endpoint else {
            self.tell(
                Fault::error("kind::formula", left.span, "a model that is evaluated predicts a declared endpoint")
                    .label("not an endpoint"),
            );
            return None;
        };
        let about = self.endpoints.get(&endpoint)?.clone();
        let terms = self.terms(table, right)?;
        self.factors_in_time(&about, &terms.factors, true);
        let plain = terms.formula.strata.is_empty()
            && terms.formula.cluster.is_none()
            && terms.formula.each.is_empty()
            && terms.formula.terms.iter().all(|term| term.factors.len() == 1 && term.factors[0].knots.is_none());
        if !plain || terms.formula.terms.is_empty() {
            self.tell(
                Fault::error(
                    "kind::formula",
                    right.span,
                    "a formula that is refitted in resamples has plain terms: columns and conditions",
                )
                .label("not of this shape")
                .help("declare the terms as columns with `derive`"),
            );
            return None;
        }
        let mut names = Vec::new();
        let mut derived = Vec::new();
        let mut block = BlockAbout { closed: true, ..BlockAbout::default() };
        for (term, (span, ty)) in terms.formula.terms.iter().zip(&terms.factors) {
            let factor = &term.factors[0];
            let name = match &factor.expression {
                Expression::Column(name) => name.clone(),
                expression => {
                    let id =
                        self.derived_node(declaration, table, &factor.label, expression.clone(), ty, &terms.inputs);
                    derived.push(id);
                    factor.label.clone()
                }
            };
            block.columns.push(BlockColumn { name: name.clone(), ty: ty.clone(), span: *span });
            names.push(name);
        }
        derived.extend(
            terms.inputs.iter().copied().filter(|id| matches!(self.plan.node(*id).operation, Operation::Derive(_))),
        );
        let name = format!("features {}", self.words(expr.span));
        if let Some(node) = self.plan.find(&name) {
            return Some(FormulaModel { learner: function.text.clone(), kind: about.kind, endpoint, block: node.id });
        }
        let id = self.add(
            declaration,
            name,
            Operation::Columns(ColumnsNode {
                table,
                selections: vec![Selection::Named(names)],
                derived: derived.clone(),
            }),
            [vec![table], derived].concat(),
            Provenance::default(),
            Vec::new(),
        );
        self.blocks.insert(id, block);
        Some(FormulaModel { learner: function.text.clone(), kind: about.kind, endpoint, block: id })
    }
}
