//! `prepare`: the ordered steps of a block, what each presupposes and what it leaves to do.

use std::collections::BTreeMap;

use crate::frame::expression::Type;
use crate::learn::recipe::{StepPlan, used_up};
use crate::plan::Rows;
use crate::plan::node::Spelt;
use crate::syntax::ast::{Argument, Expr, ExprKind, Line, Preposition, Span, Word};

use super::checker::{BlockAbout, Checker, EndpointAbout, Found, Symbol, name_of};
use super::fault::{Fault, NearestOf};
use super::model::{ModelAbout, visit};
use super::registry;

/// Steps after which every column has the same spread.
const STANDARDISING: &[&str] = &["z-score", "robust"];
/// Steps that turn levels into numbers.
const CODING: &[&str] = &["one_hot", "ordinal"];

impl Checker<'_> {
    /// `prepare clinical by median then z-score then elastic_net(...)`.
    pub(super) fn prepare(
        &mut self,
        clause: &Line,
        endpoint: &EndpointAbout,
        rows: &Rows,
        prepare: &mut BTreeMap<String, Vec<StepPlan>>,
        places: &mut BTreeMap<String, Span>,
        defaults: &mut Vec<Spelt>,
    ) {
        let mut blocks = Vec::new();
        for expr in &clause.list {
            let Some((name, span)) = name_of(expr) else {
                self.tell(
                    Fault::error("kind::wrong-name", expr.span, "a block of features is named here").label("no block"),
                );
                continue;
            };
            match self.find(&name, span) {
                Found::Symbol(Symbol::Block(_)) => {
                    if places.insert(name.clone(), span).is_some()
                        && prepare.contains_key(&name)
                        && blocks.contains(&name)
                    {
                        self.tell(
                            Fault::error("name::declared-twice", span, format!("`{name}` is prepared twice"))
                                .label("prepared above"),
                        );
                    }
                    blocks.push(name);
                }
                Found::Symbol(other) => self.wrong_kind(&name, span, &other, "a block of features"),
                Found::Broken => {}
                Found::Unknown => self.unknown(&name, span, "block of features", &["features"]),
            }
        }
        self.prepared_inside(clause, rows);
        let mut steps: Vec<(StepPlan, Span)> = Vec::new();
        for expr in clause.after(Preposition::By) {
            let list: Vec<&Expr> = match &expr.kind {
                ExprKind::Then(steps) => steps.iter().collect(),
                _ => vec![expr],
            };
            for step in list {
                if let Some((plan, span, spelt)) = self.step(step, endpoint) {
                    let of = blocks.join(", ");
                    defaults.extend(
                        spelt.into_iter().map(|Spelt { what, value }| Spelt { what: format!("{of}: {what}"), value }),
                    );
                    steps.push((plan, span));
                }
            }
        }
        self.steps_in_order(&steps);
        for block in blocks {
            prepare.insert(block, steps.iter().map(|(step, _)| step.clone()).collect());
        }
    }

    /// A preparation is fitted on the training rows; other rows are a leak.
    fn prepared_inside(&mut self, clause: &Line, rows: &Rows) {
        let mut words = Vec::new();
        for expr in clause.after(Preposition::By) {
            super::features::calls(expr, &mut words);
        }
        let selects =
            registry::steps().any(|step| step.sees_outcome() && words.iter().any(|word| word == step.card().name));
        for expr in clause.after(Preposition::On) {
            let Some(other) = self.rows_of(expr) else { continue };
            if other == *rows {
                continue;
            }
            let (wide, fitted) = (self.rows_words(&other), self.rows_words(rows));
            let (code, what) = if selects {
                ("leak::selection-before-split", "features are selected by their outcomes")
            } else {
                ("leak::fitted-on-test", "the steps are fitted")
            };
            self.tell(
                Fault::error(
                    code,
                    expr.span,
                    format!("{what} on `{wide}`, which holds other rows than the training rows `{fitted}`"),
                )
                .label("not the training rows")
                .help(format!("leave `on` away: steps are fitted on `{fitted}`, and again inside every fold")),
            );
        }
    }

    fn step(&mut self, expr: &Expr, endpoint: &EndpointAbout) -> Option<(StepPlan, Span, Vec<Spelt>)> {
        let (word, arguments): (Word, &[Argument]) = match &expr.kind {
            ExprKind::Call { function, arguments } => (function.clone(), arguments),
            _ => match name_of(expr) {
                Some((text, span)) => (Word { text, span }, &[]),
                None => {
                    self.tell(
                        Fault::error("kind::step", expr.span, "a step of a preparation is named here").label("no step"),
                    );
                    return None;
                }
            },
        };
        let Some((step, serves)) = registry::pick(registry::steps(), |step| step.card(), &word.text, endpoint.kind)
        else {
            let names: Vec<String> = registry::steps().map(|step| step.card().name.to_owned()).collect();
            let fault = Fault::error("name::unknown-step", word.span, format!("there is no step `{word}`"))
                .label("no such step");
            let fault = if registry::learners().any(|learner| learner.card().name == word.text) {
                fault.help(format!("`{word}` is a learner: `learn {word}`"))
            } else {
                match super::fault::nearest(&word.text, names.clone()) {
                    Some(_) => fault.nearest_of(&word.text, names),
                    None => fault.help(format!("known are {}", super::fault::alternatives(names))),
                }
            };
            self.tell(fault);
            return None;
        };
        // A step that names no endpoints but looks at them knows one number a row.
        let nominal = endpoint.kind == crate::card::EndpointKind::Nominal;
        if nominal && step.sees_outcome() && step.card().endpoints.is_empty() {
            let fault = Fault::error(
                "kind::endpoint-kind",
                word.span,
                format!("`{word}` does not select by a nominal endpoint, and `{}` is one", endpoint.name),
            );
            let help = "`variance`, `near_zero_variance` and `correlation` select without the endpoint; `lasso` and \
                        `elastic_net` select as they learn";
            self.tell(fault.label(format!("`{}` is nominal", endpoint.name)).help(help));
            return None;
        }
        if !serves {
            let fits: Vec<String> = registry::steps()
                .filter(|other| other.sees_outcome() && other.card().serves(endpoint.kind))
                .map(|other| other.card().name.to_owned())
                .collect();
            let fits = format!("for this endpoint there are {}", super::fault::alternatives(fits));
            self.wrong_endpoint(step.card(), word.span, endpoint, &fits);
            return None;
        }
        if let Some(Argument::Data(data)) = arguments.iter().find(|argument| matches!(argument, Argument::Data(_))) {
            self.tell(
                Fault::error("setting::positional", data.span, format!("settings of `{word}` have names"))
                    .label("which setting?")
                    .help(match step.card().parameters.first() {
                        Some(parameter) => format!("`{word}({} = {})`", parameter.name, self.words(data.span)),
                        None => format!("`{word}` has no settings"),
                    }),
            );
            return None;
        }
        let given = self.settings(step.card(), expr.span, arguments, &[], false)?;
        let void = step.unread(&given.settings, &super::learner::written(arguments, false));
        self.all_read(step.card(), void, arguments);
        let spelt = given
            .defaults
            .into_iter()
            .map(|default| Spelt { what: format!("{word}: {}", default.what), value: default.value })
            .collect();
        Some((StepPlan { step, settings: given.settings }, expr.span, spelt))
    }

    /// Steps that have nothing left to do where they stand.
    fn steps_in_order(&mut self, steps: &[(StepPlan, Span)]) {
        let mut standardised: Option<&str> = None;
        let mut filled: Option<&str> = None;
        for (plan, span) in steps {
            let name = plan.step.card().name;
            if name == "variance"
                && let Some(before) = standardised
            {
                self.tell(
                    Fault::error(
                        "vacuous::variance-after-z-score",
                        *span,
                        format!("after `{before}` every column has the same variance"),
                    )
                    .label("filters nothing or everything")
                    .help(format!("filter first: `variance(...) then {before}`")),
                );
            }
            if STANDARDISING.contains(&name) {
                if let Some(before) = standardised {
                    self.tell(
                        Fault::warning(
                            "vacuous::step",
                            *span,
                            format!("the columns are standardised already, by `{before}`"),
                        )
                        .label("changes nothing"),
                    );
                }
                standardised = Some(name);
            }
            let asks_missing = name == "missing" || plan.step.fills_missing() || plan.step.drops_incomplete_rows();
            if let (true, Some(before)) = (asks_missing, filled) {
                self.tell(
                    Fault::error(
                        "vacuous::nothing-missing",
                        *span,
                        format!("after `{before}` nothing is missing any more"),
                    )
                    .label("does nothing")
                    .help(format!("put it before `{before}`, or leave it away")),
                );
            }
            if plan.step.fills_missing() || plan.step.drops_incomplete_rows() {
                filled = Some(name);
            }
            if name == "missing" && plan.settings.real_if_given("max") == Some(1.0) {
                self.tell(
                    Fault::warning(
                        "vacuous::step",
                        *span,
                        "no column has more than 100% missing: every column is kept",
                    )
                    .label("keeps everything"),
                );
            }
        }
    }

    /// Missing values and levels that would reach a learner without a policy.
    pub(super) fn block_policies(&mut self, name: &str, block: &BlockAbout, context: &ModelAbout) {
        let none = Vec::new();
        let steps = context.prepare.get(name).unwrap_or(&none);
        let mut learners: Vec<&'static str> = Vec::new();
        let mut thirsty = None;
        visit(&context.recipe, &mut |blocks, candidates| {
            if blocks.iter().any(|block| block == name) {
                for candidate in candidates {
                    learners.push(candidate.learner.card().name);
                    if !candidate.learner.takes_missing() {
                        thirsty = Some(candidate.learner.card().name);
                    }
                }
            }
        });
        let place = context.places.get(name).copied();
        let span = place.or(block.columns.first().map(|column| column.span));
        let Some(span) = span else { return };
        let filled = steps.iter().any(|plan| plan.step.fills_missing() || plan.step.drops_incomplete_rows());
        let nullable: Vec<&str> = block
            .columns
            .iter()
            .filter(|column| column.ty.nullable == Some(true))
            .map(|column| column.name.as_str())
            .collect();
        if let (Some(learner), false, [first, rest @ ..]) = (thirsty, filled, nullable.as_slice()) {
            let more = match rest.len() {
                0 => String::new(),
                1 => " and one more column".to_owned(),
                count => format!(" and {count} more columns"),
            };
            self.tell(
                Fault::error(
                    "missing::no-policy",
                    span,
                    format!("`{first}`{more} of `{name}` may be missing, and `{learner}` takes no missing values"),
                )
                .label("missing values without a policy")
                .help(format!("`prepare {name} by median` fills them in, `by complete_cases` leaves the rows out")),
            );
        }
        let used_up = used_up(steps);
        let levels: Vec<_> = block
            .columns
            .iter()
            .filter(|column| column.ty.kind == Some(Type::Text) && !used_up.contains(&column.name.as_str()))
            .collect();
        let coded = steps.iter().any(|plan| CODING.contains(&plan.step.card().name));
        if let ([first, ..], false) = (levels.as_slice(), coded) {
            let (span, first) = (place.unwrap_or(first.span), &first.name);
            self.tell(
                Fault::error(
                    "kind::levels",
                    span,
                    format!("`{first}` of `{name}` holds levels, and a learner reads numbers"),
                )
                .label("levels are not coded")
                .help(format!("`prepare {name} by one_hot then ...`")),
            );
        }
    }
}
