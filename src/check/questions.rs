//! `flow`, `describe`, `correlate`, `explain`, `quadrants`, `stratify`: what is asked of a cohort,
//! of predictions and of groups.

use crate::card::EndpointKind;
use crate::frame::expression::Expression;
use crate::learn::recipe::Resampling;
use crate::plan::node::{Correlate, Describe, Explain, Flow, Grouping, Operation, Quadrants, Stratify};
use crate::plan::{NodeId, Provenance, Rows};
use crate::syntax::ast::{Argument, Declaration, Expr, ExprKind, Preposition, Span};

use super::checker::{Checker, Found, Symbol, listed, name_of, phrase, spelt};
use super::fault::Fault;
use super::features::one_of_words;
use super::registry;
use super::row::Purpose;

/// A column or condition with its words.
type Labelled = (String, Expression);

impl<'a> Checker<'a> {
    pub(super) fn flow(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let expr = declaration.head.list.first()?;
        let rows = self.rows_of(expr)?;
        let Rows::Cohort(cohort) = rows else {
            self.tell(
                Fault::error("kind::wrong-name", expr.span, "the flow is that of a cohort").label("not a cohort"),
            );
            return None;
        };
        let splits: Vec<NodeId> = self
            .all("split")
            .into_iter()
            .filter_map(|(_, symbol)| symbol.node())
            .filter(|id| matches!(&self.plan.node(*id).operation, Operation::Split(split) if split.cohort == cohort))
            .collect();
        let name = format!("flow {}", self.heads(&declaration.head.list));
        let inputs = [vec![cohort], splits.clone()].concat();
        self.add(
            declaration,
            name,
            Operation::Flow(Flow { cohort, splits }),
            inputs,
            Provenance::default(),
            Vec::new(),
        );
        None
    }

    pub(super) fn describe(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let rows = self.rows_of(declaration.head.list.first()?)?;
        let table = self.rows_table(&rows)?;
        let mut inputs = vec![Self::rows_node(&rows)];
        let mut faulty = false;
        let by = match phrase(declaration, Preposition::By).and_then(|(list, _)| list.first()) {
            Some(expr) => match self.grouping(table, expr, &mut inputs) {
                Some(grouping) => Some(grouping),
                None => {
                    faulty = true;
                    None
                }
            },
            None => None,
        };
        let mut columns = Vec::new();
        for expr in listed(declaration, "columns") {
            let Some((name, span)) = name_of(expr) else { continue };
            match self.column(table, Purpose::Question, &name, span) {
                Some(typed) => {
                    inputs.extend(typed.inputs);
                    columns.push(name);
                }
                None => faulty = true,
            }
        }
        let (mut mean, mut median, mut levels) = (Vec::new(), Vec::new(), Vec::new());
        for (clause, told) in [("mean", &mut mean), ("median", &mut median), ("levels", &mut levels)] {
            for expr in listed(declaration, clause) {
                let Some((name, span)) = name_of(expr) else { continue };
                match self.column(table, Purpose::Question, &name, span) {
                    Some(typed) => {
                        inputs.extend(typed.inputs);
                        told.push(name);
                    }
                    None => faulty = true,
                }
            }
        }
        let adjust = match self.adjustment(declaration) {
            Ok(adjust) => adjust,
            Err(()) => {
                faulty = true;
                None
            }
        };
        let mut show = Vec::new();
        let mut endpoints = Vec::new();
        for expr in listed(declaration, "show") {
            let Some((word, span)) = name_of(expr) else { continue };
            let wanted = match word.as_str() {
                "response_rates" => Some(EndpointKind::Binary),
                "follow_up" | "median_survival" => Some(EndpointKind::Survival),
                _ => None,
            };
            if !registry::DESCRIPTIONS.contains(&word.as_str()) {
                let fault =
                    Fault::error("name::unknown-description", span, format!("there is no description `{word}`"))
                        .label("nothing to show");
                self.tell(one_of_words(fault, &word, registry::DESCRIPTIONS));
                faulty = true;
                continue;
            }
            if let Some(kind) = wanted {
                let found: Vec<NodeId> = self
                    .all("endpoint")
                    .into_iter()
                    .filter_map(|(_, symbol)| symbol.node())
                    .filter(|id| self.endpoints.get(id).is_some_and(|about| about.kind == kind && about.table == table))
                    .collect();
                if found.is_empty() {
                    self.tell(
                        Fault::error(
                            "kind::no-endpoint",
                            span,
                            format!("`{word}` wants a {kind} endpoint, and the study has none"),
                        )
                        .label("of which endpoint?"),
                    );
                    faulty = true;
                }
                endpoints.extend(found);
            }
            show.push(word);
        }
        if faulty {
            return None;
        }
        endpoints.sort();
        endpoints.dedup();
        inputs.extend(&endpoints);
        let mut defaults = Vec::new();
        if show.is_empty() {
            show.push("table".to_owned());
            defaults.push(spelt("show", "table"));
        }
        if columns.is_empty() {
            defaults.push(spelt("columns", "all but keys and dates"));
        }
        if by.is_some() {
            defaults.push(spelt("comparison", "tests by kind of column, standardised mean differences"));
        }
        defaults
            .push(spelt("summaries", "median (quartiles) and mean (SD) of numbers, n (%) of levels, missing counted"));
        let name = format!("describe {}", self.heads(&declaration.head.list));
        self.add(
            declaration,
            name,
            Operation::Describe(Describe { rows, by, columns, show, endpoints, mean, median, levels, adjust }),
            inputs,
            Provenance::default(),
            defaults,
        );
        None
    }

    /// The method of `adjust by holm`, if there is such a clause.
    pub(super) fn adjustment(&mut self, declaration: &'a Declaration) -> Result<Option<String>, ()> {
        let Some(clause) = declaration.clauses("adjust").find(|clause| !clause.after(Preposition::By).is_empty())
        else {
            return Ok(None);
        };
        let Some((word, span)) = clause.after(Preposition::By).first().and_then(name_of) else { return Err(()) };
        if crate::stats::multiplicity::Adjustment::from_word(&word).is_some() {
            return Ok(Some(word));
        }
        let fault = Fault::error("name::unknown-method", span, format!("there is no adjustment `{word}`"))
            .label("no such method");
        self.tell(one_of_words(fault, &word, registry::ADJUSTMENTS));
        Err(())
    }

    fn grouping(&mut self, table: NodeId, expr: &Expr, inputs: &mut Vec<NodeId>) -> Option<Grouping> {
        if let Some((name, span)) = name_of(expr)
            && !self.tables.get(&table).is_some_and(|columns| columns.known.contains_key(&name))
        {
            match self.find(&name, span) {
                Found::Symbol(Symbol::Split(id)) => {
                    inputs.push(id);
                    return Some(Grouping::Parts(id));
                }
                Found::Symbol(Symbol::Groups(id)) => {
                    inputs.push(id);
                    return Some(Grouping::Groups(id));
                }
                Found::Broken => return None,
                _ => {}
            }
        }
        let typed = self.row(table, Purpose::Question, expr)?;
        inputs.extend(typed.inputs);
        Some(Grouping::Expression { label: self.words(expr.span), expression: typed.expression })
    }

    pub(super) fn correlate(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let mut models = Vec::new();
        let mut blocks: Vec<(String, NodeId)> = Vec::new();
        let mut columns: Vec<Labelled> = Vec::new();
        let mut inputs = Vec::new();
        let mut table = None;
        let mut faulty = false;
        let mut wanted: Vec<&Expr> = Vec::new();
        for expr in &declaration.head.list {
            if let Some((name, span)) = name_of(expr)
                && self.is_declared(&name)
                && let Found::Symbol(Symbol::Block(id)) = self.find(&name, span)
            {
                table = table.or(match &self.plan.node(id).operation {
                    Operation::Columns(columns) => Some(columns.table),
                    _ => None,
                });
                inputs.push(id);
                blocks.push((name, id));
                continue;
            }
            let is_model = match &expr.kind {
                ExprKind::Name(path) => path.first().is_some_and(|first| {
                    matches!(self.find(&first.text, first.span), Found::Symbol(Symbol::Model(_)) | Found::Broken)
                }),
                _ => false,
            };
            if is_model {
                match self.model_ref(expr) {
                    Some(model) => {
                        table = table.or(self.models.get(&model.model).and_then(|about| self.rows_table(&about.rows)));
                        inputs.push(model.model);
                        models.push(model);
                    }
                    None => faulty = true,
                }
            } else {
                wanted.push(expr);
            }
        }
        if !wanted.is_empty() && table.is_none() {
            table = self.table_speaking(declaration.head.span, &wanted);
        }
        for expr in wanted {
            let typed = table.and_then(|table| self.row(table, Purpose::Question, expr));
            match typed {
                Some(typed) => {
                    if !typed.ty.is_numeric() {
                        let text = self.words(expr.span);
                        self.tell(
                            Fault::error("kind::arithmetic", expr.span, format!("`{text}` is no number to correlate"))
                                .label("not a number"),
                        );
                        faulty = true;
                    }
                    inputs.extend(typed.inputs);
                    columns.push((self.words(expr.span), typed.expression));
                }
                None => faulty = true,
            }
        }
        let mut defaults = Vec::new();
        let method = match phrase(declaration, Preposition::By).and_then(|(list, _)| list.first()).and_then(name_of) {
            Some((word, _)) if registry::CORRELATIONS.contains(&word.as_str()) => word,
            Some((word, span)) => {
                let fault = Fault::error("name::unknown-method", span, format!("there is no correlation `{word}`"))
                    .label("no such method");
                self.tell(one_of_words(fault, &word, registry::CORRELATIONS));
                return None;
            }
            None => {
                defaults.push(spelt("method", "spearman"));
                "spearman".to_owned()
            }
        };
        let rows = self.question_rows(declaration, table, &mut defaults)?;
        if faulty {
            return None;
        }
        if models.len() + columns.len() < 2 && blocks.len() < 2 {
            self.tell(
                Fault::error("kind::correlation", declaration.head.span, "a correlation is between two values or more")
                    .label("with what?"),
            );
            return None;
        }
        if !models.is_empty() {
            defaults.push(spelt("predictions on the rows of a model's fit", "out of fold"));
        }
        inputs.push(Self::rows_node(&rows));
        let name = format!("correlate {}", self.heads(&declaration.head.list));
        self.add(
            declaration,
            name,
            Operation::Correlate(Correlate { models, blocks, columns, method, rows }),
            inputs,
            Provenance::default(),
            defaults,
        );
        None
    }

    /// The rows after `on`, or all that the question can be about.
    pub(super) fn question_rows(
        &mut self,
        declaration: &Declaration,
        table: Option<NodeId>,
        defaults: &mut Vec<crate::plan::node::Spelt>,
    ) -> Option<Rows> {
        match phrase(declaration, Preposition::On) {
            Some((list, span)) => {
                if let [_, second, ..] = list {
                    self.tell(
                        Fault::error("kind::rows", second.span, "this is asked of one set of rows")
                            .label("a second set"),
                    );
                    return None;
                }
                let _ = span;
                self.rows_of(list.first()?)
            }
            None => {
                let rows = self.whole_rows(table, declaration.head.span)?;
                defaults.push(spelt("rows", self.rows_words(&rows)));
                Some(rows)
            }
        }
    }

    fn rows_list(&mut self, declaration: &Declaration) -> Option<Vec<(Rows, Span)>> {
        let mut on = Vec::new();
        let mut faulty = false;
        for expr in phrase(declaration, Preposition::On).map_or(&[][..], |(list, _)| list) {
            match self.rows_of(expr) {
                Some(rows) => on.push((rows, expr.span)),
                None => faulty = true,
            }
        }
        (!faulty).then_some(on)
    }

    pub(super) fn explain(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let mut models = Vec::new();
        for expr in &declaration.head.list {
            models.push(self.model_ref(expr)?);
        }
        let about = self.models.get(&models.first()?.model)?.clone();
        let mut defaults = Vec::new();
        let (card, settings) = self.explanation(declaration, &mut defaults)?;
        let method = card.name.to_owned();
        let horizon = match phrase(declaration, Preposition::At) {
            None => None,
            Some((_, span)) => {
                let endpoint = self.endpoints.get(&about.endpoint)?.clone();
                let (horizons, labels, _) = self.horizons(declaration, &endpoint)?;
                if card.name != "SHAP" || horizons.len() != 1 {
                    self.tell(
                        Fault::error("kind::no-horizon", span, "`SHAP` explains a prediction at one time")
                            .label("which?")
                            .help("`by SHAP at 24 months`"),
                    );
                    return None;
                }
                horizons.into_iter().zip(labels).next()
            }
        };
        let over = match phrase(declaration, Preposition::Over) {
            Some((list, span)) => self.resampling(list, span)?,
            None => {
                defaults.push(spelt("over", super::model::resampling_words(&about.cross_fit)));
                about.cross_fit.clone()
            }
        };
        if let Resampling::Bootstraps { .. } = over {
            let span = phrase(declaration, Preposition::Over).map_or(declaration.head.span, |(_, span)| span);
            self.tell(
                Fault::error("kind::resampling", span, "an explanation is of the rows that a fold left out")
                    .label("bootstraps leave none")
                    .help("`over 5 folds`"),
            );
            return None;
        }
        let rows = match self.rows_list(declaration)?.into_iter().next() {
            Some((rows, _)) => rows,
            None => {
                defaults.push(spelt(
                    "rows",
                    format!("{}, each by the models that did not see it", self.rows_words(&about.rows)),
                ));
                about.rows.clone()
            }
        };
        let inputs = models.iter().map(|model| model.model).chain([Self::rows_node(&rows)]).collect();
        let name = format!("explain {}", self.heads(&declaration.head.list));
        self.add(
            declaration,
            name,
            Operation::Explain(Explain { models, method, settings, horizon, over, rows }),
            inputs,
            Provenance::default(),
            defaults,
        );
        None
    }

    /// The method after `by` with its settings.
    fn explanation(
        &mut self,
        declaration: &'a Declaration,
        defaults: &mut Vec<crate::plan::node::Spelt>,
    ) -> Option<(&'static crate::card::Card, crate::card::Settings)> {
        let written = phrase(declaration, Preposition::By).and_then(|(list, _)| list.first());
        let (word, span, arguments): (String, Span, &[Argument]) = match written {
            None => {
                defaults.push(spelt("method", "SHAP"));
                ("SHAP".to_owned(), declaration.head.span, &[])
            }
            Some(expr) => match (&expr.kind, name_of(expr)) {
                (ExprKind::Call { function, arguments }, _) => (function.text.clone(), function.span, arguments),
                (_, Some((word, span))) => (word, span, &[]),
                _ => return None,
            },
        };
        let Some(card) = registry::explanations().find(|card| card.name == word) else {
            let fault = Fault::error("name::unknown-method", span, format!("there is no explanation by `{word}`"))
                .label("no such method");
            let names: Vec<&str> = registry::explanations().map(|card| card.name).collect();
            self.tell(one_of_words(fault, &word, &names));
            return None;
        };
        let given = self.settings(card, span, arguments, &[], false)?;
        defaults.extend(given.defaults);
        Some((card, given.settings))
    }

    fn groups_named(&mut self, expr: &Expr) -> Option<NodeId> {
        let (name, span) = name_of(expr)?;
        match self.find(&name, span) {
            Found::Symbol(Symbol::Groups(id)) => Some(id),
            Found::Symbol(other) => {
                self.wrong_kind(&name, span, &other, "a grouping");
                None
            }
            Found::Broken => None,
            Found::Unknown => {
                self.unknown(&name, span, "grouping", &["groups"]);
                None
            }
        }
    }

    /// The model below a grouping.
    fn grouped_model(&self, groups: NodeId) -> Option<&super::model::ModelAbout> {
        match &self.plan.node(groups).operation {
            Operation::Groups(groups) => self.models.get(&groups.model.model),
            _ => None,
        }
    }

    pub(super) fn quadrants(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let list = &declaration.head.list;
        let (Some(first), Some(second)) = (list.first(), list.get(1)) else {
            self.tell(
                Fault::error("kind::quadrants", declaration.head.span, "quadrants are made of two groupings")
                    .label("which two?"),
            );
            return None;
        };
        let (first, second) = (self.groups_named(first), self.groups_named(second));
        let (first, second) = (first?, second?);
        let mut endpoints: Vec<NodeId> =
            [first, second].iter().filter_map(|id| self.grouped_model(*id)).map(|about| about.endpoint).collect();
        endpoints.dedup();
        let mut defaults = Vec::new();
        let mut on: Vec<Rows> = self.rows_list(declaration)?.into_iter().map(|(rows, _)| rows).collect();
        if on.is_empty() {
            let rows = self.grouped_model(first).map(|about| about.rows.clone())?;
            on = match &rows {
                Rows::Part { split, .. } => match &self.plan.node(*split).operation {
                    Operation::Split(about) => {
                        about.parts.iter().map(|part| Rows::Part { split: *split, part: part.name.clone() }).collect()
                    }
                    _ => vec![rows],
                },
                _ => vec![rows],
            };
            defaults.push(spelt("rows", on.iter().map(|rows| self.rows_words(rows)).collect::<Vec<_>>().join(", ")));
        }
        defaults.push(spelt("predictions on the rows of a model's fit", "out of fold"));
        let inputs = [first, second]
            .into_iter()
            .chain(endpoints.iter().copied())
            .chain(on.iter().map(Self::rows_node))
            .collect();
        let name = format!("quadrants {}", self.heads(list));
        self.add(
            declaration,
            name,
            Operation::Quadrants(Quadrants { first, second, endpoints, on }),
            inputs,
            Provenance::default(),
            defaults,
        );
        None
    }

    pub(super) fn stratify(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let endpoint_expr = declaration.head.list.first()?;
        let endpoint = self.endpoint_named(endpoint_expr)?;
        let about = self.endpoints.get(&endpoint)?.clone();
        if matches!(about.kind, EndpointKind::Continuous | EndpointKind::Nominal) {
            self.tell(
                Fault::error(
                    "kind::endpoint-kind",
                    endpoint_expr.span,
                    "groups are compared on a survival or a binary endpoint",
                )
                .label(about.kind.to_string()),
            );
            return None;
        }
        let Some(by_expr) = phrase(declaration, Preposition::By).and_then(|(list, _)| list.first()) else {
            self.tell(
                Fault::error("kind::no-groups", declaration.head.span, "stratification is by a grouping")
                    .label("by which?")
                    .help("`by risk`, where `groups risk from ...`"),
            );
            return None;
        };
        let by = self.groups_named(by_expr)?;
        let mut defaults = Vec::new();
        let mut on: Vec<Rows> = self.rows_list(declaration)?.into_iter().map(|(rows, _)| rows).collect();
        if on.is_empty() {
            let rows = self.grouped_model(by).map(|about| about.rows.clone())?;
            defaults.push(spelt("rows", self.rows_words(&rows)));
            on.push(rows);
        }
        let mut inputs = vec![endpoint, by];
        inputs.extend(on.iter().map(Self::rows_node));
        let (mut within, mut adjust_for) = (Vec::new(), Vec::new());
        let mut faulty = false;
        for clause in &declaration.clauses {
            let (list, target): (&[Expr], &mut Vec<Labelled>) = match clause.keyword() {
                "within" => (&clause.list, &mut within),
                "adjust" => (clause.after(Preposition::For), &mut adjust_for),
                _ => continue,
            };
            for expr in list {
                match self.row(about.table, Purpose::Question, expr) {
                    Some(typed) => {
                        inputs.extend(typed.inputs);
                        target.push((self.words(expr.span), typed.expression));
                    }
                    None => faulty = true,
                }
            }
        }
        if faulty {
            return None;
        }
        defaults.push(spelt("predictions on the rows of the fit", "out of fold"));
        if about.kind == EndpointKind::Survival {
            defaults.push(spelt("comparison", "log-rank test; Cox regression, ties by Efron's approximation"));
        }
        if !within.is_empty() {
            defaults.push(spelt("subgroups", "hazard ratio in each, test of interaction"));
        }
        let name = format!("stratify {} by {}", self.heads(&declaration.head.list), self.words(by_expr.span));
        self.add(
            declaration,
            name,
            Operation::Stratify(Stratify { endpoint, by, on, within, adjust_for }),
            inputs,
            Provenance::default(),
            defaults,
        );
        None
    }
}
