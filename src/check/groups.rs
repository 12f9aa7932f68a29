//! `groups` and `recalibrate`: cuts of predictions, and models updated on other rows.

use crate::card::EndpointKind;
use crate::plan::Provenance;
use crate::plan::node::{Cut, Groups, Operation, Recalibrate};
use crate::syntax::ast::{Declaration, Preposition};

use super::checker::{Checker, Symbol, name_of, phrase, spelt};
use super::fault::Fault;
use super::features::one_of_words;
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
                    "youden" => {
                        self.tell(
                            Fault::error("kind::endpoint-kind", span, "Youden's index is for a binary endpoint")
                                .label("a survival model")
                                .help("`at maximally_selected`, `at median`"),
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
