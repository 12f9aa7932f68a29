//! Lines without a keyword, or with `fit` or `show` before it: inference, a model typed alone, a
//! column by group.

use std::collections::BTreeSet;

use crate::card::EndpointKind;
use crate::frame::expression::Expression;
use crate::plan::node::{Derive, Describe, EndpointDefinition, Evaluate, Grouping, ModelRef, Operation};
use crate::plan::procedures::Right;
use crate::plan::{NodeId, Provenance, Rows};
use crate::syntax::ast::{Argument, Declaration, Expr, ExprKind, Preposition, Word};

use super::algebra::Blocks;
use super::checker::{Checker, Found, Symbol, name_of, phrase, spelt};
use super::fault::{Fault, NearestOf};
use super::model::ModelAbout;
use super::registry;
use super::row::Purpose;
use super::typed::Ty;

impl<'a> Checker<'a> {
    /// A line without keyword, or with `fit` or `show` before it.
    pub(super) fn bare(&mut self, declaration: &'a Declaration) {
        for expr in &declaration.head.list {
            self.asked_alone(declaration, expr);
        }
    }

    pub(super) fn asked_alone(&mut self, declaration: &'a Declaration, expr: &Expr) {
        match &expr.kind {
            ExprKind::Group(inner) => self.asked_alone(declaration, inner),
            ExprKind::Call { function, arguments } => {
                // `logistic(response ~ age)` infers; `logistic(clinical)` learns.
                let is_formula = arguments
                    .iter()
                    .any(|argument| matches!(argument, Argument::Data(Expr { kind: ExprKind::Formula { .. }, .. })));
                if let Some(procedure) = registry::procedure(&function.text)
                    && (is_formula || procedure.right == Right::None || !self.takes_blocks(arguments))
                {
                    self.infer(declaration, expr, function, arguments, procedure);
                } else if is_formula {
                    let names: Vec<String> =
                        crate::plan::procedures::all().iter().map(|procedure| procedure.card.name.to_owned()).collect();
                    let fault = Fault::error(
                        "name::unknown-procedure",
                        function.span,
                        format!("there is no procedure `{function}` of inference"),
                    )
                    .label("no such procedure");
                    self.tell(match super::fault::nearest(&function.text, names.clone()) {
                        Some(_) => fault.nearest_of(&function.text, names),
                        None => fault.help(format!("known are {}", super::fault::alternatives(names))),
                    });
                } else if registry::learners().any(|learner| learner.card().name == function.text) {
                    self.model_alone(declaration, expr);
                } else {
                    self.column_alone(declaration, expr);
                }
            }
            ExprKind::Qualified { .. } => self.model_alone(declaration, expr),
            ExprKind::Name(path) => {
                let Some(first) = path.first() else { return };
                match self.find(&first.text, first.span) {
                    Found::Symbol(Symbol::Model(_)) => {
                        if let Some(model) = self.any_model_ref(expr) {
                            self.evaluate_alone(declaration, expr, model);
                        }
                    }
                    Found::Symbol(Symbol::Block(id)) if path.len() == 1 => self.block_alone(declaration, expr, id),
                    Found::Symbol(Symbol::Endpoint(id)) if path.len() == 1 => {
                        self.endpoint_alone(declaration, expr, id)
                    }
                    // A grouping answers for itself.
                    Found::Symbol(Symbol::Groups(_)) if path.len() == 1 => {}
                    Found::Broken => {}
                    _ => self.column_alone(declaration, expr),
                }
            }
            _ => self.column_alone(declaration, expr),
        }
    }

    /// Rows after `on`, or those that a study speaks of when it names none.
    fn rows_alone(&mut self, declaration: &'a Declaration, table: NodeId, expr: &Expr) -> Option<Rows> {
        match phrase(declaration, Preposition::On).and_then(|(list, _)| list.first()) {
            Some(expr) => self.rows_of(expr),
            None => self.whole_rows(Some(table), expr.span),
        }
    }

    /// `clinical`, `clinical by response`: the columns of a block.
    fn block_alone(&mut self, declaration: &'a Declaration, expr: &Expr, id: NodeId) {
        // What is extracted from images has no columns before it is extracted.
        let Operation::Columns(columns) = &self.plan.node(id).operation else { return };
        let (table, mut inputs) = (columns.table, columns.derived.clone());
        inputs.push(id);
        let names = self
            .blocks
            .get(&id)
            .map_or(Vec::new(), |about| about.columns.iter().map(|column| column.name.clone()).collect::<Vec<_>>());
        let Some(rows) = self.rows_alone(declaration, table, expr) else { return };
        let by = phrase(declaration, Preposition::By).and_then(|(list, _)| list.first());
        self.describe_with(declaration, rows, names, by, inputs);
    }

    /// `os`, `response by centre`: events, follow-up, the median.
    fn endpoint_alone(&mut self, declaration: &'a Declaration, expr: &Expr, id: NodeId) {
        let Some(about) = self.endpoints.get(&id).cloned() else { return };
        // Asked in passing, a sealed outcome is not looked at.
        let sealed = self.all("split").into_iter().filter_map(|(_, symbol)| symbol.node()).any(|id| {
            self.table_under(id) == Some(about.table)
                && matches!(&self.plan.node(id).operation, Operation::Split(split) if !split.sealed.is_empty())
        });
        let rows = if sealed && phrase(declaration, Preposition::On).is_none() {
            self.training_rows(Some(about.table), expr.span)
        } else {
            self.rows_alone(declaration, about.table, expr)
        };
        let Some(rows) = rows else { return };
        let by = phrase(declaration, Preposition::By).and_then(|(list, _)| list.first());
        let show: &[&str] = match about.kind {
            EndpointKind::Binary => &["response_rates"],
            EndpointKind::Survival => &["follow_up", "median_survival"],
            EndpointKind::Continuous | EndpointKind::Nominal => &["table"],
        };
        let columns = match (about.kind, &self.plan.node(id).operation) {
            (EndpointKind::Continuous, Operation::Endpoint(endpoint)) => match &endpoint.definition {
                EndpointDefinition::Continuous { value: Expression::Column(name) } => vec![name.clone()],
                _ => about.lineage.iter().cloned().collect(),
            },
            (EndpointKind::Nominal, _) => about.lineage.iter().cloned().collect(),
            _ => Vec::new(),
        };
        let Some(described) = self.describe_with(declaration, rows, columns, by, vec![id]) else { return };
        if let Operation::Describe(describe) = &mut self.plan.node_mut(described).operation {
            describe.show = show.iter().map(|word| (*word).to_owned()).collect();
            describe.endpoints = vec![id];
        }
    }

    pub(super) fn takes_blocks(&mut self, arguments: &[Argument]) -> bool {
        arguments.iter().any(|argument| match argument {
            Argument::Data(data) => name_of(data).is_some_and(|(name, span)| {
                matches!(self.find(&name, span), Found::Symbol(Symbol::Block(_)) | Found::Broken)
            }),
            _ => false,
        })
    }

    /// `albi by centre`.
    pub(super) fn column_alone(&mut self, declaration: &'a Declaration, expr: &Expr) {
        let by = phrase(declaration, Preposition::By).and_then(|(list, _)| list.first());
        let speaking: Vec<&Expr> = [expr].into_iter().chain(by).collect();
        let rows = match phrase(declaration, Preposition::On).and_then(|(list, _)| list.first()) {
            Some(expr) => self.rows_of(expr),
            None => match name_of(expr).map(|(name, span)| self.find(&name, span)) {
                // A table, cohort or part alone is described.
                Some(Found::Symbol(Symbol::Table(_) | Symbol::Cohort(_) | Symbol::Part { .. } | Symbol::Split(_))) => {
                    let Some(rows) = self.rows_of(expr) else { return };
                    self.describe_alone(declaration, rows, Vec::new(), by);
                    return;
                }
                _ => {
                    let Some(table) = self.table_speaking(expr.span, &speaking) else { return };
                    self.whole_rows(Some(table), expr.span)
                }
            },
        };
        let Some(rows) = rows else { return };
        let Some(table) = self.rows_table(&rows) else { return };
        let Some(typed) = self.row(table, Purpose::Question, expr) else { return };
        let mut inputs: Vec<NodeId> = typed.inputs.iter().copied().collect();
        let column = match typed.expression {
            Expression::Column(name) => name,
            expression => {
                let column = self.words(expr.span);
                let id = self.derived_node(declaration, table, &column, expression, &typed.ty, &typed.inputs);
                inputs.push(id);
                column
            }
        };
        self.describe_with(declaration, rows, vec![column], by, inputs);
    }

    pub(super) fn describe_alone(
        &mut self,
        declaration: &'a Declaration,
        rows: Rows,
        columns: Vec<String>,
        by: Option<&Expr>,
    ) {
        self.describe_with(declaration, rows, columns, by, Vec::new());
    }

    pub(super) fn describe_with(
        &mut self,
        declaration: &'a Declaration,
        rows: Rows,
        columns: Vec<String>,
        by: Option<&Expr>,
        mut inputs: Vec<NodeId>,
    ) -> Option<NodeId> {
        inputs.insert(0, Self::rows_node(&rows));
        let table = self.rows_table(&rows)?;
        let by = match by {
            Some(expr) => {
                let grouping = match name_of(expr).map(|(name, span)| self.find(&name, span)) {
                    Some(Found::Symbol(Symbol::Split(id))) => Some((Grouping::Parts(id), vec![id])),
                    Some(Found::Symbol(Symbol::Groups(id))) => Some((Grouping::Groups(id), vec![id])),
                    _ => self.row(table, Purpose::Question, expr).map(|typed| {
                        let label = self.words(expr.span);
                        (
                            Grouping::Expression { label, expression: typed.expression },
                            typed.inputs.into_iter().collect(),
                        )
                    }),
                };
                let (grouping, more) = grouping?;
                inputs.extend(more);
                Some(grouping)
            }
            None => None,
        };
        let defaults = vec![spelt("rows", self.rows_words(&rows))];
        let name = self.words(declaration.head.span);
        let show = vec!["table".to_owned()];
        let operation = Operation::Describe(Describe { by, columns, show, ..Describe::of(rows) });
        Some(self.add(declaration, name, operation, inputs, Provenance::default(), defaults))
    }

    pub(super) fn derived_node(
        &mut self,
        declaration: &Declaration,
        table: NodeId,
        column: &str,
        expression: Expression,
        ty: &Ty,
        inputs: &BTreeSet<NodeId>,
    ) -> NodeId {
        let name = format!("derive {column}");
        if let Some(node) = self.plan.find(&name) {
            return node.id;
        }
        let all = [table].into_iter().chain(inputs.iter().copied()).collect();
        let provenance = Provenance { known: ty.known.clone(), ..Provenance::default() };
        let operation = Operation::Derive(Derive { table, column: column.to_owned(), expression });
        self.add(declaration, name, operation, all, provenance, Vec::new())
    }

    /// A model typed alone: the clauses of the model that it stands beside, if there is one.
    pub(super) fn model_alone(&mut self, declaration: &'a Declaration, expr: &Expr) {
        let word = match &expr.kind {
            ExprKind::Qualified { of, .. } => match &of.kind {
                ExprKind::Call { function, .. } => function.clone(),
                _ => Word { text: String::new(), span: of.span },
            },
            ExprKind::Call { function, .. } => function.clone(),
            _ => return,
        };
        let serves = |kind: EndpointKind| {
            registry::learners().any(|learner| learner.card().name == word.text && learner.card().serves(kind))
                || registry::rules().any(|card| card.name == word.text && card.serves(kind))
        };
        let mut fitting: Vec<ModelAbout> = Vec::new();
        for (_, symbol) in self.all("model") {
            if let Some(about) = symbol.node().and_then(|id| self.models.get(&id))
                && serves(about.kind)
            {
                fitting.push(about.clone());
            }
        }
        let mut context = match fitting.as_slice() {
            [one] => one.clone(),
            _ => {
                let endpoints: Vec<NodeId> = self
                    .all("endpoint")
                    .into_iter()
                    .filter_map(|(_, symbol)| symbol.node())
                    .filter(|id| self.endpoints.get(id).is_some_and(|about| serves(about.kind)))
                    .collect();
                let [endpoint] = endpoints.as_slice() else {
                    let reason = if endpoints.is_empty() {
                        "the study has no endpoint that it could predict"
                    } else {
                        "there is more than one endpoint that it could predict"
                    };
                    let text = self.words(expr.span);
                    self.tell(
                        Fault::error(
                            "kind::no-endpoint",
                            expr.span,
                            format!("`{text}` alone does not say what it predicts: {reason}"),
                        )
                        .label("predicts what?")
                        .help("declare it: `model NAME for ENDPOINT` with a `fuse` clause"),
                    );
                    return;
                };
                let Some(about) = self.endpoints.get(endpoint).cloned() else { return };
                let Some(rows) = self.training_rows(Some(about.table), expr.span) else { return };
                ModelAbout::of_endpoint(*endpoint, about.kind, rows)
            }
        };
        let inherited = fitting.len() == 1;
        let mut blocks = Blocks::default();
        let Some(recipe) = self.recipe(expr, &mut context, &mut blocks) else { return };
        let name = self.words(expr.span);
        context.defaults = if inherited { vec![spelt("clauses", format!("as {}", context.name))] } else { Vec::new() };
        context.recipe = recipe;
        context.blocks = blocks.nodes.into_iter().collect();
        let name = format!("model {name}");
        // Asked on other rows it is the same model.
        let known = self.plan.find(&name).map(|node| node.id).filter(|id| self.models.contains_key(id));
        let Some(model) = known.or_else(|| self.add_model(declaration, name, context)) else { return };
        self.evaluate_alone(declaration, expr, ModelRef { model, part: None });
    }

    pub(super) fn evaluate_alone(&mut self, declaration: &'a Declaration, expr: &Expr, model: ModelRef) {
        let Some(about) = self.models.get(&model.model).cloned() else { return };
        let Some(endpoint) = self.endpoints.get(&about.endpoint).cloned() else { return };
        let beyond = declaration.head.phrases.iter().map(|phrase| (phrase.preposition.word(), phrase.preposition_span));
        let clauses = declaration.clauses.iter().map(|clause| (clause.keyword(), clause.span));
        if let Some((word, span)) = beyond.chain(clauses).find(|(word, _)| !matches!(*word, "on" | "at")) {
            let fault = Fault::error(
                "shape::extra",
                span,
                format!(
                    "a model asked alone says `on` which rows and `at` which times; `{word}` is asked by `evaluate`"
                ),
            );
            self.tell(fault.label("not asked so").help("declare the model, and `evaluate` it"));
            return;
        }
        let mut faulty = false;
        let on = self.judged_rows(declaration, &about, &mut faulty);
        for (rows, span) in &on {
            self.honest(&model, rows, *span);
        }
        let Some((horizons, horizon_labels, threshold)) = self.horizons(declaration, &endpoint) else { return };
        if faulty {
            return;
        }
        let metrics = super::evaluate::default_metrics(about.kind, !horizons.is_empty());
        let judged: Vec<String> = on.iter().map(|(rows, _)| self.rows_words(rows)).collect();
        let mut defaults = vec![spelt("rows", judged.join(", ")), spelt("metrics", metrics.join(", "))];
        if on.iter().any(|(rows, _)| *rows == about.rows) {
            defaults.push(spelt(
                "on the rows of the fit",
                format!(
                    "out-of-fold predictions over {}, the apparent estimate beside them",
                    super::model::resampling_words(&about.cross_fit)
                ),
            ));
        } else {
            defaults.push(spelt("on other rows", "the model frozen after its fit"));
        }
        let inputs = [model.model].into_iter().chain(on.iter().map(|(rows, _)| Self::rows_node(rows))).collect();
        let elsewhere = declaration.head.phrases.iter().map(|phrase| format!(" {}", self.words(phrase.span)));
        let name = format!("evaluate {}{}", self.words(expr.span), elsewhere.collect::<String>());
        let operation = Operation::Evaluate(Evaluate {
            models: vec![model],
            against: Vec::new(),
            on: on.into_iter().map(|(rows, _)| rows).collect(),
            over: None,
            horizons,
            horizon_labels,
            metrics,
            figures: Vec::new(),
            adjust: None,
            bca: false,
            apparent: false,
            threshold,
        });
        self.add(declaration, name, operation, inputs, Provenance::default(), defaults);
    }
}
