//! `groups` and `recalibrate`: cuts of predictions, and models updated on other rows.

use crate::card::EndpointKind;
use crate::learn::threshold::Criterion;
use crate::plan::Provenance;
use crate::plan::node::{Cut, Groups, Operation, Recalibrate};
use crate::syntax::ast::{Argument, Declaration, Expr, ExprKind, Preposition, Span};

use super::checker::{Checker, Symbol, name_of, phrase, spelt};
use super::fault::Fault;
use super::features::one_of_words;
use super::model::ModelAbout;
use super::population::Overlap;
use super::registry;
use super::tables::literal_number;

impl<'a> Checker<'a> {
    pub(super) fn recalibrate(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let model = self.model_ref(declaration.head.list.first()?)?;
        let about = self.models.get(&model.model)?.clone();
        let Some((list, _)) = phrase(declaration, Preposition::On) else {
            self.tell(
                Fault::error("kind::no-rows", declaration.head.span, "recalibration updates a model on other rows")
                    .label("on which rows?")
                    .help("add `on` and the part's name"),
            );
            return None;
        };
        let expr = list.first()?;
        let rows = self.rows_of(expr)?;
        if rows == about.rows || self.overlap(&rows, &about.rows) == Overlap::Surely {
            let name = self.rows_words(&about.rows);
            self.tell(
                Fault::error(
                    "leak::fitted-on-test",
                    expr.span,
                    format!("the model was fitted on `{name}`: recalibrating there changes nothing that is honest"),
                )
                .label("the rows of the fit"),
            );
        }
        let mut method = None;
        for expr in phrase(declaration, Preposition::By).map_or(&[][..], |(list, _)| list) {
            let Some((word, span)) = name_of(expr) else { continue };
            const METHODS: &[&str] = &["intercept", "logistic", "refit"];
            if METHODS.contains(&word.as_str()) {
                method = Some(word);
            } else {
                let fault =
                    Fault::error("name::unknown-method", span, format!("there is no recalibration by `{word}`"))
                        .label("no such method");
                self.tell(one_of_words(fault, &word, METHODS));
                return None;
            }
        }
        let mut defaults = Vec::new();
        let method = method.unwrap_or_else(|| {
            defaults.push(spelt("method", "logistic: intercept and slope"));
            "logistic".to_owned()
        });
        defaults.push(spelt("reported as", "updated, not validated"));
        let mut provenance = Provenance::default();
        provenance.fitted_on.insert(rows.clone());
        let name = format!("recalibrate {}", self.heads(&declaration.head.list));
        self.add(
            declaration,
            name,
            Operation::Recalibrate(Recalibrate { model: model.clone(), on: rows.clone(), method }),
            vec![model.model, Self::rows_node(&rows)],
            provenance,
            defaults,
        );
        None
    }

    fn no_threshold<T>(&mut self, span: Span, what: &str) -> Option<T> {
        self.tell(
            Fault::error("kind::endpoint-kind", span, format!("{what} is for a binary endpoint"))
                .label("not a binary model")
                .help("`at maximally_selected`, `at median`"),
        );
        None
    }

    /// `sensitivity(90%)`, `specificity(95%)`, `cost(miss = 5, alarm = 1)`.
    fn threshold(&mut self, expr: &Expr, about: &ModelAbout) -> Option<Criterion> {
        let ExprKind::Call { function, arguments } = &expr.kind else { return None };
        let word = function.text.as_str();
        if !matches!(word, "sensitivity" | "specificity" | "cost") {
            let fault = Fault::error("name::unknown-cut", function.span, format!("there is no cut `{word}`"))
                .label("no such cut");
            self.tell(one_of_words(fault, word, registry::CUTS));
            return None;
        }
        if about.kind != EndpointKind::Binary {
            return self.no_threshold(function.span, &format!("a cut by {word}"));
        }
        let (mut share, mut miss, mut alarm) = (None, 1.0, 1.0);
        for argument in arguments {
            let (name, value) = match argument {
                Argument::Data(value) if word != "cost" => ("share", value),
                Argument::Setting { name, value } => (name.text.as_str(), value),
                Argument::Data(value) | Argument::Grid { values: value, .. } => ("", value),
            };
            let number = self.value(value)?.as_real();
            match (word, name, number) {
                ("cost", "miss", Some(number)) if number > 0.0 => miss = number,
                ("cost", "alarm", Some(number)) if number > 0.0 => alarm = number,
                ("sensitivity" | "specificity", "share", Some(number)) if number > 0.0 && number < 1.0 => {
                    share = Some(number);
                }
                _ => {
                    let form =
                        if word == "cost" { "cost(miss = 5, alarm = 1)".to_owned() } else { format!("{word}(90%)") };
                    self.tell(
                        Fault::error(
                            "setting::out-of-domain",
                            value.span,
                            if word == "cost" {
                                "costs are positive numbers"
                            } else {
                                "a share lies between 0% and 100%"
                            },
                        )
                        .label("outside its domain")
                        .help(format!("`at {form}`")),
                    );
                    return None;
                }
            }
        }
        match (word, share) {
            ("cost", _) => Some(Criterion::Cost { miss, alarm }),
            ("sensitivity", Some(share)) => Some(Criterion::Sensitivity(share)),
            ("specificity", Some(share)) => Some(Criterion::Specificity(share)),
            _ => {
                self.tell(
                    Fault::error("kind::cut", function.span, format!("`{word}` does not say how much"))
                        .label("of which size?")
                        .help(format!("`at {word}(90%)`")),
                );
                None
            }
        }
    }

    pub(super) fn groups(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, name_span) = declaration.head.list.first().and_then(name_of)?;
        let Some(source) = declaration.head.after(Preposition::From).first() else {
            self.tell(
                Fault::error("kind::no-model", name_span, "groups are cut from a model's predictions")
                    .label("from which model?")
                    .help("`from` and the model's name"),
            );
            return None;
        };
        let model = self.model_ref(source)?;
        let about = self.models.get(&model.model)?.clone();
        let cuts = self.asked(declaration, Preposition::At);
        let mut numbers = Vec::new();
        let mut cut = None;
        for expr in &cuts {
            match (literal_number(expr), name_of(expr)) {
                (Some(value), _) => {
                    if about.kind == EndpointKind::Binary && !(value > 0.0 && value < 1.0) {
                        self.tell(
                            Fault::error(
                                "range::threshold",
                                expr.span,
                                format!("the model predicts a probability: {value} cuts nobody off"),
                            )
                            .label("outside 0 to 1"),
                        );
                        return None;
                    }
                    numbers.push(value);
                }
                (None, Some((word, span))) => match word.as_str() {
                    "median" => cut = Some(Cut::Median),
                    "tertiles" => cut = Some(Cut::Tertiles),
                    "maximally_selected" => cut = Some(Cut::MaximallySelected),
                    "youden" if about.kind == EndpointKind::Binary => cut = Some(Cut::Youden),
                    "youden" => return self.no_threshold(span, "Youden's index"),
                    "sensitivity" | "specificity" | "cost" => {
                        let form = if word == "cost" { "cost(miss = 5, alarm = 1)" } else { "sensitivity(90%)" };
                        self.tell(
                            Fault::error("kind::cut", span, format!("`{word}` does not say how much"))
                                .label("of which size?")
                                .help(format!("`at {}`", form.replace("sensitivity", &word))),
                        );
                        return None;
                    }
                    _ => {
                        let fault = Fault::error("name::unknown-cut", span, format!("there is no cut `{word}`"))
                            .label("no such cut");
                        self.tell(one_of_words(fault, &word, registry::CUTS));
                        return None;
                    }
                },
                (None, None) if matches!(expr.kind, ExprKind::Call { .. }) => {
                    cut = Some(Cut::Threshold(self.threshold(expr, &about)?));
                }
                _ => {
                    self.tell(
                        Fault::error("kind::cut", expr.span, "a cut is a number or a rule such as `median`")
                            .label("no cut"),
                    );
                    return None;
                }
            }
        }
        if !numbers.is_empty() {
            if numbers.windows(2).any(|pair| pair[0] >= pair[1]) {
                let span = cuts.first().map_or(name_span, |expr| expr.span);
                self.tell(Fault::error("range::cuts", span, "cuts ascend").label("not in ascending order"));
                return None;
            }
            cut = Some(Cut::At(numbers));
        }
        let Some(cut) = cut else {
            self.tell(
                Fault::error("kind::cut", name_span, format!("`{name}` does not say where it cuts"))
                    .label("at which value?")
                    .help("`at 0.5`, `at median on train`"),
            );
            return None;
        };
        let mut defaults = Vec::new();
        let from = if matches!(cut, Cut::At(_)) {
            None
        } else {
            match declaration.head.after(Preposition::On).first() {
                Some(expr) => {
                    let rows = self.rows_of(expr)?;
                    if rows != about.rows {
                        let (cut_rows, fitted) = (self.rows_words(&rows), self.rows_words(&about.rows));
                        self.tell(
                            Fault::error(
                                "leak::cut-off-from-test",
                                expr.span,
                                format!(
                                    "a cut taken from `{cut_rows}` is fitted to the patients whom it is to be judged on"
                                ),
                            )
                            .label("not the training rows")
                            .help(format!("take it from the training rows: `on {fitted}`")),
                        );
                    }
                    Some(rows)
                }
                None => {
                    defaults.push(spelt("cut taken from", self.rows_words(&about.rows)));
                    Some(about.rows.clone())
                }
            }
        };
        if from.is_some() {
            defaults.push(spelt("predictions of the rows of the cut", "out of fold"));
        }
        let mut provenance = Provenance::default();
        provenance.fitted_on.extend(from.clone());
        let inputs = [model.model].into_iter().chain(from.as_ref().map(Self::rows_node)).collect();
        let id = self.add(
            declaration,
            format!("groups {name}"),
            Operation::Groups(Groups { model, cut, from }),
            inputs,
            provenance,
            defaults,
        );
        Some(Symbol::Groups(id))
    }
}
