//! `endpoint`: what is predicted, from dates or from a duration and a flag.

use std::collections::BTreeSet;

use crate::card::EndpointKind;
use crate::frame::expression::{Expression, Type};
use crate::plan::node::{Endpoint, EndpointDefinition, Operation, TimeUnit};
use crate::plan::{Known, NodeId, Provenance};
use crate::syntax::ast::{Argument, Declaration, Expr, ExprKind, Line, Preposition, Span, Word};

use super::checker::{Checker, EndpointAbout, Symbol, name_of, spelt};
use super::fault::{Fault, NearestOf};
use super::row::Purpose;
use super::typed::{Typed, is_after, known_at, time_words, words};
use super::units;

/// A definition on its way to the plan.
struct Defined {
    definition: EndpointDefinition,
    kind: EndpointKind,
    lineage: BTreeSet<String>,
    inputs: Vec<NodeId>,
    from: Known,
    from_span: Option<Span>,
    nullable: Option<bool>,
    defaults: Vec<crate::plan::node::Spelt>,
}

impl<'a> Checker<'a> {
    pub(super) fn endpoint(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, name_span) = declaration.head.list.first().and_then(name_of)?;
        let defining: Vec<&Line> = declaration
            .clauses
            .iter()
            .filter(|clause| matches!(clause.keyword(), "binary" | "survival" | "continuous" | "nominal"))
            .collect();
        let mut speaking: Vec<&Expr> = declaration.head.value.iter().collect();
        for clause in &declaration.clauses {
            speaking.extend(&clause.list);
            speaking.extend(clause.phrases.iter().flat_map(|phrase| &phrase.list));
        }
        let table = self.table_of(declaration, &speaking)?;
        let mut defined = match (&declaration.head.value, defining.as_slice()) {
            (Some(value), _) => self.one_line(table, value)?,
            (None, [clause, ..]) => self.defining_clause(table, declaration, clause)?,
            (None, []) => {
                self.tell(
                    Fault::error("kind::endpoint", name_span, format!("`{name}` does not say what it is"))
                        .label("no definition")
                        .help("say `binary ...`, `survival from ... to ...`, `nominal ...` or `continuous ...`"),
                );
                return None;
            }
        };
        let mut known = Known::Unknown;
        for clause in declaration.clauses("known") {
            if let Some(at) = clause.after(Preposition::At).first().or(clause.list.first())
                && let Some(time) = self.time(at)
            {
                self.time_origin(&time, at.span);
                if let Some(predict_at) = self.plan.study.predict_at.clone()
                    && is_after(&time, &predict_at) == Some(false)
                {
                    self.tell(
                        Fault::error(
                            "time::outcome-before-prediction",
                            at.span,
                            format!(
                                "`{name}` is known at {}, and it is predicted at {}: there is nothing left to predict",
                                time_words(&time),
                                time_words(&predict_at)
                            ),
                        )
                        .label("not in the future"),
                    );
                }
                known = time;
            }
        }
        self.immortal_time(&name, &defined);
        if defined.kind == EndpointKind::Binary {
            defined.defaults.push(spelt(
                "event coding",
                "the condition holds: event; it does not: no event; missing: left out and counted",
            ));
        }
        let id = self.add(
            declaration,
            format!("endpoint {name}"),
            Operation::Endpoint(Endpoint { table, definition: defined.definition }),
            [vec![table], defined.inputs].concat(),
            Provenance { known: known.clone(), ..Provenance::default() },
            defined.defaults,
        );
        self.endpoints.insert(
            id,
            EndpointAbout {
                name,
                kind: defined.kind,
                table,
                lineage: defined.lineage,
                from: defined.from,
                known,
                nullable: defined.nullable,
            },
        );
        Some(Symbol::Endpoint(id))
    }

    /// Survival that starts before its predictors are known: who died in between could not have
    /// been predicted for, and who is predicted for is known to have survived.
    fn immortal_time(&mut self, name: &str, defined: &Defined) {
        let (Some(span), Some(predict_at)) = (defined.from_span, self.plan.study.predict_at.clone()) else { return };
        if is_after(&predict_at, &defined.from) != Some(true) {
            return;
        }
        let landmark = time_words(&predict_at);
        self.tell(
            Fault::warning(
                "time::immortal-time",
                span,
                format!(
                    "`{name}` counts from {}, and its predictors are known at {landmark} only: whoever is predicted \
                     for is known to have survived until then (immortal time)",
                    time_words(&defined.from)
                ),
            )
            .label("starts before the prediction")
            .help(format!("take the landmark: `survival from {landmark} to ...`, or accept it with a reason")),
        );
    }

    /// `survival(months, died == 1)`, `binary(recist in (...))`, `continuous(volume)`.
    fn one_line(&mut self, table: NodeId, value: &Expr) -> Option<Defined> {
        let ExprKind::Call { function, arguments } = &value.kind else {
            self.tell(
                Fault::error(
                    "kind::endpoint",
                    value.span,
                    "an endpoint is `survival(...)`, `binary(...)`, `nominal(...)` or `continuous(...)`",
                )
                .label("which kind?")
                .help(format!("`binary({})`", self.words(value.span))),
            );
            return None;
        };
        let data: Vec<&Expr> = arguments
            .iter()
            .filter_map(|argument| match argument {
                Argument::Data(data) => Some(data),
                _ => None,
            })
            .collect();
        match (function.text.as_str(), data.as_slice()) {
            ("binary", [event]) => {
                self.no_settings(function, arguments)?;
                self.binary(table, event)
            }
            ("continuous", [value]) => {
                self.no_settings(function, arguments)?;
                self.continuous(table, value)
            }
            ("nominal", [value]) => {
                self.no_settings(function, arguments)?;
                self.nominal(table, value)
            }
            ("survival", [time, event]) => self.duration(table, time, event, arguments),
            ("survival", _) => {
                self.tell(
                    Fault::error(
                        "kind::endpoint",
                        value.span,
                        "survival takes a duration and a condition for the event",
                    )
                    .label(format!("{} given", data.len()))
                    .help("`survival(months, died == 1)`"),
                );
                None
            }
            ("binary" | "continuous" | "nominal", _) => {
                self.tell(
                    Fault::error("kind::endpoint", value.span, format!("`{function}` takes one expression"))
                        .label(format!("{} given", data.len())),
                );
                None
            }
            (other, _) => {
                self.tell(
                    Fault::error("kind::endpoint", function.span, format!("`{other}` is no kind of endpoint"))
                        .label("no kind of endpoint")
                        .nearest_of(other, ["binary", "survival", "continuous", "nominal"].map(str::to_owned)),
                );
                None
            }
        }
    }

    fn no_settings(&mut self, function: &Word, arguments: &[Argument]) -> Option<()> {
        for argument in arguments {
            if let Argument::Setting { name, .. } | Argument::Grid { name, .. } = argument {
                self.tell(
                    Fault::error("setting::unknown", name.span, format!("`{function}` has no setting `{name}`"))
                        .label("no such setting"),
                );
                return None;
            }
        }
        Some(())
    }

    fn defining_clause(&mut self, table: NodeId, declaration: &Declaration, clause: &Line) -> Option<Defined> {
        match (clause.keyword(), clause.list.as_slice()) {
            ("binary", [event, ..]) => self.binary(table, event),
            ("continuous", [value, ..]) => self.continuous(table, value),
            ("nominal", [value, ..]) => self.nominal(table, value),
            ("survival", [time, event, ..]) => self.duration(table, time, event, &[]),
            ("survival", []) => self.dates(table, declaration, clause),
            _ => {
                let span = clause.keyword.as_ref().map_or(clause.span, |word| word.span);
                self.tell(
                    Fault::error("kind::endpoint", span, format!("`{}` does not say of what", clause.keyword()))
                        .label("what is it?")
                        .help("`binary condition`, `survival from date to date`, `nominal column`, `continuous expression`"),
                );
                None
            }
        }
    }

    fn binary(&mut self, table: NodeId, event: &Expr) -> Option<Defined> {
        let typed = self.condition(table, Purpose::Endpoint, event)?;
        Some(Defined {
            kind: EndpointKind::Binary,
            lineage: typed.ty.lineage.clone(),
            inputs: typed.inputs.iter().copied().collect(),
            from: Known::Unknown,
            from_span: None,
            nullable: typed.ty.nullable,
            defaults: Vec::new(),
            definition: EndpointDefinition::Binary { event: typed.expression },
        })
    }

    fn continuous(&mut self, table: NodeId, value: &Expr) -> Option<Defined> {
        let typed = self.row(table, Purpose::Endpoint, value)?;
        if !typed.ty.is_numeric() {
            let kind = typed.ty.kind.map_or("", words);
            self.tell(
                Fault::error(
                    "kind::endpoint",
                    value.span,
                    format!("a continuous endpoint is a number; this is {kind}"),
                )
                .label(kind),
            );
            return None;
        }
        Some(Defined {
            kind: EndpointKind::Continuous,
            lineage: typed.ty.lineage.clone(),
            inputs: typed.inputs.iter().copied().collect(),
            from: Known::Unknown,
            from_span: None,
            nullable: typed.ty.nullable,
            defaults: Vec::new(),
            definition: EndpointDefinition::Continuous { value: typed.expression },
        })
    }

    /// A column of levels: its classes.
    fn nominal(&mut self, table: NodeId, value: &Expr) -> Option<Defined> {
        let typed = self.row(table, Purpose::Endpoint, value)?;
        if let Some(kind @ (Type::Flag | Type::Date | Type::Duration)) = typed.ty.kind {
            let text = self.words(value.span);
            let help = if kind == Type::Flag {
                format!("two classes are a binary endpoint: `binary {text}`")
            } else {
                "name a column of levels, such as a histological type".to_owned()
            };
            self.tell(
                Fault::error(
                    "kind::endpoint",
                    value.span,
                    format!("a nominal endpoint is one of several classes; this is {}", words(kind)),
                )
                .label(words(kind))
                .help(help),
            );
            return None;
        }
        let levels = typed.ty.levels.clone();
        let defaults = vec![spelt(
            "order of classes",
            if levels.is_empty() {
                "alphabetical; it changes no number"
            } else {
                "by the dictionary; it changes no number"
            },
        )];
        Some(Defined {
            kind: EndpointKind::Nominal,
            lineage: typed.ty.lineage.clone(),
            inputs: typed.inputs.iter().copied().collect(),
            from: Known::Unknown,
            from_span: None,
            nullable: typed.ty.nullable,
            defaults,
            definition: EndpointDefinition::Nominal { value: typed.expression, levels },
        })
    }

    fn duration(&mut self, table: NodeId, time: &Expr, event: &Expr, arguments: &[Argument]) -> Option<Defined> {
        let mut defaults = Vec::new();
        // `survival(OS as weeks, died)` states the unit of a column that has none.
        let (value, stated) = match &time.kind {
            ExprKind::As { value, unit } => (value.as_ref(), Some(unit)),
            _ => (time, None),
        };
        let (time_typed, event_typed) =
            (self.row(table, Purpose::Endpoint, value), self.condition(table, Purpose::Endpoint, event));
        let (time_typed, event_typed) = (time_typed?, event_typed?);
        if !time_typed.ty.is_numeric() {
            let kind = time_typed.ty.kind.map_or("", words);
            self.tell(
                Fault::error(
                    "kind::endpoint",
                    value.span,
                    format!("follow-up is a duration in numbers; this is {kind}"),
                )
                .label(kind)
                .help("from dates: `survival from start_date to event_date`, with `censor at`"),
            );
            return None;
        }
        let mut unit = None;
        let mut how = "";
        if let Some(word) = stated {
            unit = self.time_unit(&word.text, word.span);
            unit?;
        } else if let Some(known) = time_typed.ty.unit.as_deref().and_then(time_unit) {
            unit = Some(known);
            how = ", by the dictionary";
        }
        let mut competing = Vec::new();
        let mut entry = None;
        let mut inputs: Vec<NodeId> = time_typed.inputs.iter().chain(&event_typed.inputs).copied().collect();
        let mut lineage = &time_typed.ty.lineage | &event_typed.ty.lineage;
        for argument in arguments {
            match argument {
                Argument::Data(_) => {}
                Argument::Setting { name, value } => match name.text.as_str() {
                    "unit" => {
                        let text = self.words(value.span);
                        unit = self.time_unit(text.trim_matches('"'), value.span);
                        unit?;
                        how = "";
                    }
                    "competing" => {
                        let events: Vec<&Expr> = match &value.kind {
                            ExprKind::Set(events) => events.iter().collect(),
                            _ => vec![value],
                        };
                        for event in events {
                            let typed = self.condition(table, Purpose::Endpoint, event)?;
                            inputs.extend(&typed.inputs);
                            lineage.extend(typed.ty.lineage.iter().cloned());
                            competing.push(typed.expression);
                        }
                    }
                    "entry" => {
                        let typed = self.row(table, Purpose::Endpoint, value)?;
                        inputs.extend(&typed.inputs);
                        entry = Some(typed.expression);
                    }
                    other => {
                        let fault =
                            Fault::error("setting::unknown", name.span, format!("`survival` has no setting `{other}`"))
                                .label("no such setting")
                                .nearest_of(other, ["unit", "competing", "entry"].map(str::to_owned));
                        self.tell(fault);
                        return None;
                    }
                },
                Argument::Grid { name, .. } => {
                    self.tell(Fault::error("setting::grid", name.span, "an endpoint has no grid").label("not here"));
                    return None;
                }
            }
        }
        if unit.is_none()
            && let Some((word, named)) = unit_of_name(&self.words(value.span))
        {
            unit = Some(named);
            defaults.push(spelt("unit of follow-up", format!("{word}, by the column's name")));
        } else if let Some(unit) = unit {
            defaults.push(spelt("unit of follow-up", format!("{unit}{how}")));
        } else {
            defaults.push(spelt("unit of follow-up", "not stated: times are taken and given as they stand"));
        }
        defaults.push(spelt("event coding", format!("event where {}; censored elsewhere", self.words(event.span))));
        Some(Defined {
            kind: EndpointKind::Survival,
            lineage,
            inputs,
            from: Known::Unknown,
            from_span: None,
            nullable: joined(&[&time_typed, &event_typed]),
            defaults,
            definition: EndpointDefinition::SurvivalDuration {
                time: time_typed.expression,
                event: event_typed.expression,
                unit,
                competing,
                entry,
            },
        })
    }

    fn dates(&mut self, table: NodeId, declaration: &Declaration, clause: &Line) -> Option<Defined> {
        let (Some(from), Some(to)) = (clause.phrase(Preposition::From), clause.phrase(Preposition::To)) else {
            let span = clause.keyword.as_ref().map_or(clause.span, |word| word.span);
            self.tell(
                Fault::error(
                    "kind::endpoint",
                    span,
                    "survival from dates has a start and an event: `survival from a to b`",
                )
                .label("start or event is not said"),
            );
            return None;
        };
        let (from_expr, to_expr) = (from.list.first()?, to.list.first()?);
        let (start, event) = (self.date_of(table, from_expr), self.date_of(table, to_expr));
        let (start, event) = (start?, event?);
        let mut censor = Vec::new();
        let mut inputs: Vec<NodeId> = start.inputs.iter().chain(&event.inputs).copied().collect();
        let mut told = false;
        for line in declaration.clauses("censor") {
            for expr in line.after(Preposition::At).iter().chain(&line.list) {
                told = true;
                let typed = self.date_of(table, expr)?;
                inputs.extend(&typed.inputs);
                censor.push(typed.expression);
            }
        }
        if !told {
            let fault = Fault::error("missing::censoring", to.span, "those without the event need an end of follow-up")
                .label("who has no event is followed until when?")
                .help("add `censor at last_contact`, and the data cut-off if there is one");
            self.tell(fault);
            return None;
        }
        let from_text = self.words(from_expr.span);
        Some(Defined {
            kind: EndpointKind::Survival,
            lineage: event.ty.lineage.clone(),
            inputs,
            from: known_at(&from_text).unwrap_or(Known::Unknown),
            from_span: Some(from.span),
            nullable: Some(true),
            defaults: vec![
                spelt(
                    "event coding",
                    format!(
                        "event where {} is present and not after the end of follow-up; censored elsewhere",
                        self.words(to_expr.span)
                    ),
                ),
                spelt("end of follow-up", "the earliest of the dates of censoring that are present"),
                spelt("times", "in days; a month is 365.25 / 12 = 30.4375 days"),
            ],
            definition: EndpointDefinition::SurvivalDates { from: start.expression, to: event.expression, censor },
        })
    }

    fn date_of(&mut self, table: NodeId, expr: &Expr) -> Option<Typed> {
        let typed = self.row(table, Purpose::Endpoint, expr)?;
        match typed.ty.kind {
            None | Some(Type::Date) => Some(typed),
            Some(kind) => {
                let text = self.words(expr.span);
                self.tell(
                    Fault::error("kind::date", expr.span, format!("`{text}` is {}; a date is wanted", words(kind)))
                        .label(words(kind))
                        .help("from a duration and a flag: `endpoint os = survival(months, died == 1)`"),
                );
                None
            }
        }
    }

    fn time_unit(&mut self, word: &str, span: Span) -> Option<TimeUnit> {
        let unit = time_unit(word);
        if unit.is_none() {
            self.tell(
                Fault::error(
                    "unit::unknown",
                    span,
                    format!("follow-up is in days, weeks, months or years, not in `{word}`"),
                )
                .label("no unit of time")
                .nearest_of(word, ["days", "weeks", "months", "years"].map(str::to_owned)),
            );
        }
        unit
    }

    /// The event of a binary endpoint as an expression, for a formula in which it is a factor.
    pub(super) fn endpoint_event(&mut self, id: NodeId, name: &str, span: Span) -> Option<Expression> {
        match &self.plan.node(id).operation {
            Operation::Endpoint(Endpoint { definition: EndpointDefinition::Binary { event }, .. }) => {
                Some(event.clone())
            }
            Operation::Endpoint(Endpoint { definition: EndpointDefinition::Continuous { value }, .. }) => {
                Some(value.clone())
            }
            Operation::Endpoint(Endpoint { definition: EndpointDefinition::Nominal { value, .. }, .. }) => {
                Some(value.clone())
            }
            _ => {
                self.tell(
                    Fault::error(
                        "kind::endpoint",
                        span,
                        format!("`{name}` is a censored endpoint: it has no value for every row"),
                    )
                    .label("a survival endpoint")
                    .help("put it on the left: `km(os ~ group)`"),
                );
                None
            }
        }
    }
}

fn joined(parts: &[&Typed]) -> Option<bool> {
    if parts.iter().any(|part| part.ty.nullable == Some(true)) {
        Some(true)
    } else {
        parts.iter().all(|part| part.ty.nullable == Some(false)).then_some(false)
    }
}

fn time_unit(word: &str) -> Option<TimeUnit> {
    let days = units::days(word)?;
    [TimeUnit::Days, TimeUnit::Weeks, TimeUnit::Months, TimeUnit::Years]
        .into_iter()
        .find(|unit| (unit.days() - days).abs() < 1e-9)
}

/// `months`, `os_months`: a unit that the column's own name states.
fn unit_of_name(name: &str) -> Option<(&'static str, TimeUnit)> {
    let lower = name.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).collect();
    [("days", TimeUnit::Days), ("weeks", TimeUnit::Weeks), ("months", TimeUnit::Months), ("years", TimeUnit::Years)]
        .into_iter()
        .find(|(word, _)| words.contains(word) || words.contains(&word.trim_end_matches('s')))
}
