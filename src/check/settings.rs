//! Settings of a card: from the text to values, each fault on its own words.

use crate::card::{Card, Initial, Settings, Value};
use crate::learn::Unread;
use crate::plan::node::Spelt;
use crate::syntax::ast::{Argument, Expr, ExprKind, Span, Unary, Word};

use super::checker::{Checker, name_of, spelt};
use super::fault::{Fault, NearestOf};
use super::units;

/// Checked settings with the grid of those that have several values.
pub(super) struct Given {
    pub settings: Settings,
    pub grid: Vec<(&'static str, Vec<Value>)>,
    pub defaults: Vec<Spelt>,
}

impl Checker<'_> {
    /// Tells of settings that another one makes void, on the words that nothing would read.
    pub(super) fn all_read(&mut self, card: &'static Card, unread: Unread, arguments: &[Argument]) {
        for argument in arguments {
            let (Argument::Setting { name, .. } | Argument::Grid { name, .. }) = argument else { continue };
            if unread.settings.contains(&name.text.as_str()) {
                self.tell(
                    Fault::error(
                        "setting::unread",
                        name.span,
                        format!("`{name}` of `{}` is not read: {}", card.name, unread.because),
                    )
                    .label("has no effect")
                    .help("leave one of the two away"),
                );
            }
        }
    }

    /// Checks the settings among `arguments` against the card. `own` are settings that the
    /// language itself reads; `grids` tells whether a setting may have several values.
    pub(super) fn settings(
        &mut self,
        card: &'static Card,
        place: Span,
        arguments: &[Argument],
        own: &[&str],
        grids: bool,
    ) -> Option<Given> {
        let mut given: Vec<(&'static str, Value)> = Vec::new();
        let mut grid = Vec::new();
        let mut faulty = false;
        for argument in arguments {
            let (name, expr, many) = match argument {
                Argument::Data(_) => continue,
                Argument::Setting { name, value } => (name, value, false),
                Argument::Grid { name, values } => (name, values, true),
            };
            if own.contains(&name.text.as_str()) {
                continue;
            }
            let Some(parameter) = card.parameter(&name.text) else {
                self.unknown_setting(card, name);
                faulty = true;
                continue;
            };
            if given.iter().any(|(known, _)| *known == parameter.name)
                || grid.iter().any(|(known, _): &(&str, Vec<Value>)| *known == parameter.name)
            {
                self.tell(
                    Fault::error("setting::twice", name.span, format!("`{name}` is set twice")).label("already set"),
                );
                faulty = true;
                continue;
            }
            let expr = self.resolved(expr);
            let values: Option<Vec<(Value, Span)>> = if many {
                if !grids {
                    self.tell(
                        Fault::error(
                            "setting::grid",
                            expr.span,
                            format!(
                                "`{name}` of `{}` takes one value here; only the settings of a learner are tuned",
                                card.name
                            ),
                        )
                        .label("several values")
                        .help(format!("write `{name} = ...`")),
                    );
                    faulty = true;
                    continue;
                }
                self.grid_values(&expr)
            } else {
                self.value(&expr).map(|value| vec![(value, expr.span)])
            };
            let Some(values) = values else {
                faulty = true;
                continue;
            };
            let mut admitted = Vec::new();
            for (value, span) in values {
                match parameter.domain.admit(value) {
                    Ok(value) => admitted.push(value),
                    Err(value) => {
                        let fault = Fault::error(
                            "setting::out-of-domain",
                            span,
                            format!("`{name}` of `{}` is {}, not {value}", card.name, parameter.domain),
                        )
                        .label("outside its domain");
                        let fault = match (&parameter.domain, &value) {
                            (crate::card::Domain::Choice(words), Value::Text(word)) => {
                                fault.nearest_of(word, words.iter().map(|word| (*word).to_owned()))
                            }
                            _ => fault,
                        };
                        self.tell(fault);
                        faulty = true;
                    }
                }
            }
            if many && admitted.len() > 1 {
                grid.push((parameter.name, admitted));
            } else if let Some(value) = admitted.pop() {
                given.push((parameter.name, value));
            }
        }
        for parameter in card.parameters {
            let absent = !given.iter().any(|(name, _)| *name == parameter.name)
                && !grid.iter().any(|(name, _)| *name == parameter.name);
            if absent && parameter.default == Initial::Required && !faulty {
                self.tell(
                    Fault::error(
                        "setting::required",
                        place,
                        format!("`{}` needs the setting `{}`", card.name, parameter.name),
                    )
                    .label(format!("no `{}`", parameter.name))
                    .help(format!("{} It is {}.", parameter.summary, parameter.domain)),
                );
                faulty = true;
            }
        }
        if faulty {
            return None;
        }
        let written: Vec<&str> =
            given.iter().map(|(name, _)| *name).chain(grid.iter().map(|(name, _)| *name)).collect();
        let mut defaults = Vec::new();
        for parameter in card.parameters.iter().filter(|parameter| !written.contains(&parameter.name)) {
            let value = match parameter.default {
                Initial::Integer(value) => value.to_string(),
                Initial::Real(value) => value.to_string(),
                Initial::Choice(value) => value.to_owned(),
                Initial::Flag(value) => Value::Flag(value).to_string(),
                Initial::Derived(rule) => rule.to_owned(),
                Initial::Required => continue,
            };
            defaults.push(spelt(parameter.name, value));
        }
        // A required setting that has a grid gets its first value: the grid replaces it.
        let firsts = grid.iter().filter_map(|(name, values)| values.first().map(|value| (*name, value.clone())));
        let all: Vec<(&'static str, Value)> = given.into_iter().chain(firsts).collect();
        match Settings::new(card, all) {
            Ok(settings) => Some(Given { settings, grid, defaults }),
            Err(fault) => {
                self.tell(
                    Fault::error("setting::out-of-domain", place, fault.to_string()).label("not as its card says"),
                );
                None
            }
        }
    }

    fn unknown_setting(&mut self, card: &'static Card, name: &Word) {
        let names: Vec<String> = card.parameters.iter().map(|parameter| parameter.name.to_owned()).collect();
        let fault = Fault::error("setting::unknown", name.span, format!("`{}` has no setting `{name}`", card.name))
            .label("no such setting");
        let fault = match super::fault::nearest(&name.text, names.clone()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None if names.is_empty() => fault.help(format!("`{}` has no settings", card.name)),
            None => fault.help(format!("its settings are {}", super::fault::alternatives(names))),
        };
        self.tell(fault);
    }

    /// A setting's value as its text says; times in days, lengths in mm, shares as fractions.
    pub(super) fn value(&mut self, expr: &Expr) -> Option<Value> {
        match &expr.kind {
            ExprKind::Number(value) => Some(number(*value)),
            ExprKind::Percent(value) => Some(Value::Real(value / 100.0)),
            ExprKind::Text(text) => Some(Value::Text(text.clone())),
            ExprKind::Group(inner) => self.value(inner),
            ExprKind::Unary { operator: Unary::Negate, operand } => match self.value(operand)? {
                Value::Integer(value) => Some(Value::Integer(-value)),
                Value::Real(value) => Some(Value::Real(-value)),
                _ => None,
            },
            ExprKind::Quantity { value, unit } => match units::parse(&unit.text) {
                Some(known) => Some(Value::Real(value * known.factor)),
                // A count of something: `5 folds`, `500 bootstraps`, `32 bins`.
                None => Some(number(*value)),
            },
            ExprKind::Name(words) if words.len() == 1 => match words[0].text.as_str() {
                "yes" | "true" => Some(Value::Flag(true)),
                "no" | "false" => Some(Value::Flag(false)),
                word => Some(Value::Text(word.to_owned())),
            },
            ExprKind::Set(elements) => {
                elements.iter().map(|element| self.value(element)).collect::<Option<Vec<_>>>().map(Value::List)
            }
            // `form = (2, 1)` is a set; `algorithm = ball-tree` a name.
            _ => {
                let text = self.words(expr.span);
                self.tell(
                    Fault::error("setting::value", expr.span, format!("`{text}` is no value of a setting"))
                        .label("a number, a word or a text is wanted"),
                );
                None
            }
        }
    }

    /// The values of `in (...)` or `in 100 .. 500 step 100`.
    fn grid_values(&mut self, expr: &Expr) -> Option<Vec<(Value, Span)>> {
        match &expr.kind {
            ExprKind::Set(elements) => {
                let mut values = Vec::new();
                for element in elements {
                    values.push((self.value(element)?, element.span));
                }
                Some(values)
            }
            ExprKind::Group(inner) => self.grid_values(inner),
            ExprKind::Range { low, high, step } => {
                let (low_value, high_value) = (self.value(low)?, self.value(high)?);
                let step_value = match step {
                    Some(step) => self.value(step)?,
                    None => Value::Integer(1),
                };
                let (Some(from), Some(to), Some(by)) =
                    (low_value.as_real(), high_value.as_real(), step_value.as_real())
                else {
                    self.tell(
                        Fault::error("setting::value", expr.span, "a range of a grid runs over numbers")
                            .label("no numbers"),
                    );
                    return None;
                };
                if step.is_none() && (from.fract() != 0.0 || to.fract() != 0.0) {
                    self.tell(
                        Fault::error("setting::grid", expr.span, "a range of real numbers needs its step")
                            .label("in which steps?")
                            .help(format!("`{from} .. {to} step 0.1`")),
                    );
                    return None;
                }
                if by <= 0.0 || from > to || (to - from) / by > 10_000.0 {
                    self.tell(
                        Fault::error(
                            "range::empty",
                            expr.span,
                            "the range of the grid is empty, or has more than 10,000 values",
                        )
                        .label("no grid"),
                    );
                    return None;
                }
                let count = ((to - from) / by + 1e-9).floor() as usize;
                let whole = [from, to, by].iter().all(|value| value.fract() == 0.0);
                Some(
                    (0..=count)
                        .map(|index| {
                            let value = from + by * index as f64;
                            let value = if whole {
                                Value::Integer(value as i64)
                            } else {
                                Value::Real((value * 1e12).round() / 1e12)
                            };
                            (value, expr.span)
                        })
                        .collect(),
                )
            }
            _ => self.value(expr).map(|value| vec![(value, expr.span)]),
        }
    }

    /// The word, if an argument is a plain name.
    pub(super) fn word(expr: &Expr) -> Option<String> {
        name_of(expr).map(|(name, _)| name)
    }
}

fn number(value: f64) -> Value {
    if value.fract() == 0.0 && value.abs() < 9e15 { Value::Integer(value as i64) } else { Value::Real(value) }
}
