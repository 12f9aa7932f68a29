//! `contrast`: what expression is contrasted by, how genes are tested, which sets are asked.

use crate::card::Card;
use crate::frame::expression::{Expression, Type};
use crate::omics::method::Test;
use crate::plan::node::{Along, Contrast, Enrich, Operation, Spelt};
use crate::plan::{NodeId, Provenance};
use crate::syntax::ast::{Argument, Declaration, Expr, ExprKind, Preposition, Span, Word};

use super::checker::{Checker, Found, Symbol, listed, name_of, phrase, spelt};
use super::fault::{Fault, alternatives, nearest};
use super::registry;
use super::row::Purpose;

impl<'a> Checker<'a> {
    pub(super) fn contrast(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, span) = declaration.head.list.first().and_then(name_of)?;
        let expression = match self.find(&name, span) {
            Found::Symbol(Symbol::Expression(id)) => Some(id),
            Found::Symbol(other) => {
                self.wrong_kind(&name, span, &other, "an expression table");
                None
            }
            Found::Broken => None,
            Found::Unknown => {
                self.unknown(&name, span, "expression table", &["expression"]);
                None
            }
        };
        let by = phrase(declaration, Preposition::By).map_or(&[][..], |(list, _)| list);
        if by.is_empty() {
            self.tell(
                Fault::error("kind::contrast", declaration.head.span, "a contrast is by something")
                    .label("by what?")
                    .help("`by` and a model, a grouping, a condition or a column"),
            );
            return None;
        }
        let mut defaults = Vec::new();
        let mut inputs = Vec::new();
        let mut faulty = expression.is_none();
        let table = self.contrasted_table(declaration, by)?;
        let rows = self.question_rows(declaration, Some(table), &mut defaults)?;
        let mut alongs = Vec::new();
        for expr in by {
            match self.along(table, expr, &mut inputs) {
                Some(along) => {
                    if let Along::Model(model) = &along {
                        // Groups and models alike: no patient is scored by a model that has seen him.
                        let place = phrase(declaration, Preposition::On).map_or(expr.span, |(_, span)| span);
                        self.honest(model, &rows, place);
                    }
                    if let Along::Groups(id) = &along
                        && let Operation::Groups(groups) = &self.plan.node(*id).operation
                    {
                        let model = groups.model.clone();
                        let place = phrase(declaration, Preposition::On).map_or(expr.span, |(_, span)| span);
                        self.honest(&model, &rows, place);
                    }
                    alongs.push(along);
                }
                None => faulty = true,
            }
        }
        let mut adjust_for = Vec::new();
        for clause in declaration.clauses("adjust") {
            for expr in clause.after(Preposition::For) {
                match self.row(table, Purpose::Question, expr) {
                    Some(typed) => {
                        inputs.extend(typed.inputs);
                        adjust_for.push((self.words(expr.span), typed.expression));
                    }
                    None => faulty = true,
                }
            }
        }
        let test = self.gene_test(declaration, &mut defaults);
        if let Some((test, _)) = &test
            && !test.adjusts()
            && let Some((label, _)) = adjust_for.first()
        {
            let name = test.card().name;
            self.tell(
                Fault::error("kind::contrast", declaration.head.span, format!("`{name}` cannot adjust for `{label}`"))
                    .label(format!("`{name}` takes no covariates"))
                    .help("`test limma`"),
            );
            faulty = true;
        }
        let mut enrich = Vec::new();
        for expr in listed(declaration, "enrich") {
            match self.enrichment(expr, &mut defaults) {
                Some(asked) => enrich.push(asked),
                None => faulty = true,
            }
        }
        let (test, test_settings) = test?;
        if faulty {
            return None;
        }
        if alongs.iter().any(|along| matches!(along, Along::Model(_))) {
            defaults.push(spelt("groups", "cut at the median of the predictions of the training rows, out of fold"));
            defaults.push(spelt("slope", "along the prediction, for one standard deviation of it"));
            defaults.push(spelt("predictions", "the model frozen after its fit; out of fold on the rows of the fit"));
        }
        defaults.push(spelt("counts", "low ones filtered, TMM, weighted by voom; TPM: log2(TPM + 1)"));
        defaults.push(spelt("false discovery rate", "5 %"));
        inputs.extend(expression);
        inputs.push(Self::rows_node(&rows));
        let name = format!("contrast {} by {}", name, self.heads(by));
        self.add(
            declaration,
            name,
            Operation::Contrast(Contrast {
                expression: expression?,
                by: alongs,
                rows,
                adjust_for,
                test: test.card().name.to_owned(),
                test_settings,
                enrich,
            }),
            inputs,
            Provenance::default(),
            defaults,
        );
        None
    }

    /// The table of the samples: that of the rows asked on, of a model, of a grouping, or the one
    /// that has the columns.
    fn contrasted_table(&mut self, declaration: &'a Declaration, by: &[Expr]) -> Option<NodeId> {
        if let Some((list, _)) = phrase(declaration, Preposition::On) {
            let rows = self.rows_of(list.first()?)?;
            return self.rows_table(&rows);
        }
        for expr in by {
            if let ExprKind::Name(path) = &expr.kind
                && let Some(first) = path.first()
            {
                let model = match self.find(&first.text, first.span) {
                    Found::Symbol(Symbol::Model(id)) => Some(id),
                    Found::Symbol(Symbol::Groups(id)) => match &self.plan.node(id).operation {
                        Operation::Groups(groups) => Some(groups.model.model),
                        _ => None,
                    },
                    Found::Broken => return None,
                    _ => None,
                };
                if let Some(rows) = model.and_then(|id| self.models.get(&id)).map(|about| about.rows.clone()) {
                    return self.rows_table(&rows);
                }
            }
        }
        self.table_speaking(declaration.head.span, &by.iter().collect::<Vec<_>>())
    }

    fn along(&mut self, table: NodeId, expr: &Expr, inputs: &mut Vec<NodeId>) -> Option<Along> {
        if let ExprKind::Name(path) = &expr.kind
            && let Some(first) = path.first()
            && !self.tables.get(&table).is_some_and(|columns| columns.known.contains_key(&first.text))
        {
            match self.find(&first.text, first.span) {
                Found::Symbol(Symbol::Model(_)) => {
                    let model = self.model_ref(expr)?;
                    inputs.push(model.model);
                    return Some(Along::Model(model));
                }
                Found::Symbol(Symbol::Groups(id)) => {
                    inputs.push(id);
                    return Some(Along::Groups(id));
                }
                Found::Broken => return None,
                _ => {}
            }
        }
        let typed = self.row(table, Purpose::Question, expr)?;
        let label = self.words(expr.span);
        let fault = match typed.ty.kind {
            Some(Type::Date) => Some(format!("`{label}` is a date")),
            Some(Type::Text) if typed.ty.levels.len() > 2 => {
                Some(format!("`{label}` has {} levels; a contrast is between two", typed.ty.levels.len()))
            }
            Some(Type::Text) if typed.ty.levels.len() == 1 => Some(format!("`{label}` has a single level")),
            _ => None,
        };
        if let Some(message) = fault {
            let first = typed.ty.levels.first().cloned().unwrap_or_else(|| "...".to_owned());
            self.tell(
                Fault::error("kind::contrast", expr.span, message)
                    .label("two groups or a number are wanted")
                    .help(format!("a condition has two sides: `{label} == \"{first}\"`")),
            );
            return None;
        }
        let constant = !matches!(typed.expression, Expression::Column(_)) && typed.ty.lineage.is_empty();
        if constant && typed.inputs.is_empty() {
            self.tell(
                Fault::error("kind::contrast", expr.span, format!("`{label}` is the same for everybody"))
                    .label("no column in it"),
            );
            return None;
        }
        inputs.extend(typed.inputs);
        Some(Along::Column { label, expression: typed.expression })
    }

    fn gene_test(
        &mut self,
        declaration: &Declaration,
        defaults: &mut Vec<Spelt>,
    ) -> Option<(&'static dyn Test, crate::card::Settings)> {
        let written = listed(declaration, "test");
        let (word, arguments, place) = match written.first() {
            None => {
                defaults.push(spelt("test", "limma: moderated t"));
                (None, &[][..], declaration.head.span)
            }
            Some(expr) => match &expr.kind {
                ExprKind::Call { function, arguments } => (Some(function.clone()), arguments.as_slice(), expr.span),
                _ => {
                    let Some((name, span)) = name_of(expr) else {
                        self.no_method(
                            "test",
                            &self.words(expr.span),
                            expr.span,
                            registry::gene_tests().map(|t| t.card()),
                        );
                        return None;
                    };
                    (Some(Word { text: name, span }), &[][..], expr.span)
                }
            },
        };
        let name = word.as_ref().map_or("limma", |word| word.text.as_str());
        let Some(test) = registry::gene_tests().find(|test| test.card().name == name) else {
            let span = word.as_ref().map_or(place, |word| word.span);
            let name = name.to_owned();
            self.no_method("test of genes", &name, span, registry::gene_tests().map(|test| test.card()));
            return None;
        };
        let given = self.settings(test.card(), place, arguments, &[], false)?;
        defaults
            .extend(given.defaults.into_iter().map(|d| spelt(&format!("{} {}", test.card().name, d.what), d.value)));
        Some((test, given.settings))
    }

    fn enrichment(&mut self, expr: &Expr, defaults: &mut Vec<Spelt>) -> Option<Enrich> {
        let ExprKind::Call { function, arguments } = &expr.kind else {
            self.tell(
                Fault::error("kind::enrichment", expr.span, "an enrichment names its gene sets")
                    .label("of which gene sets?")
                    .help("`GSEA(\"hallmark.gmt\")`"),
            );
            return None;
        };
        let Some(card) = registry::enrichments().find(|card| card.name == function.text) else {
            self.no_method("enrichment", &function.text, function.span, registry::enrichments());
            return None;
        };
        let given = self.settings(card, expr.span, arguments, &[], false);
        let mut files = Vec::new();
        for argument in arguments {
            let Argument::Data(data) = argument else { continue };
            match &self.resolved(data).kind {
                ExprKind::Text(path) => files.push(path.clone()),
                _ => {
                    let text = self.words(data.span);
                    self.tell(
                        Fault::error("kind::enrichment", data.span, format!("`{text}` is no file of gene sets"))
                            .label("a file's name in quotes is wanted"),
                    );
                    return None;
                }
            }
        }
        if files.is_empty() {
            self.tell(
                Fault::error("kind::enrichment", expr.span, "an enrichment names its gene sets")
                    .label("of which gene sets?")
                    .help(format!("`{function}(\"hallmark.gmt\")`")),
            );
            return None;
        }
        let given = given?;
        defaults.extend(given.defaults.into_iter().map(|d| spelt(&format!("{} {}", card.name, d.what), d.value)));
        Some(Enrich { method: card.name.to_owned(), files, settings: given.settings })
    }

    fn no_method(&mut self, what: &str, name: &str, span: Span, cards: impl Iterator<Item = &'static Card>) {
        let names: Vec<String> = cards.map(|card| card.name.to_owned()).collect();
        let fault =
            Fault::error("name::unknown-method", span, format!("there is no {what} `{name}`")).label("no such method");
        self.tell(match nearest(name, names.clone()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!("there are {}", alternatives(names))),
        });
    }
}
