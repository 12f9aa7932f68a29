//! `evaluate`, `recalibrate`, `groups`: what a frozen or cross-fitted model is judged on.

use crate::card::EndpointKind;
use crate::learn::recipe::{Recipe, Resampling};
use crate::plan::node::{Evaluate, ModelRef, Operation};
use crate::plan::{NodeId, Provenance, Rows};
use crate::syntax::ast::{Declaration, Expr, ExprKind, Preposition, Span};

use super::algebra::Blocks;
use super::checker::{Checker, EndpointAbout, Found, Symbol, listed, name_of, phrase, spelt};
use super::fault::{Fault, NearestOf};
use super::features::one_of_words;
use super::model::ModelAbout;
use super::population::Overlap;
use super::registry;
use super::tables::literal_number;
use super::units;

impl<'a> Checker<'a> {
    pub(super) fn evaluate(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let mut models = Vec::new();
        let mut faulty = false;
        for expr in &declaration.head.list {
            match self.judged(declaration, expr) {
                Some(model) => models.push(model),
                None => faulty = true,
            }
        }
        let first = models.first().cloned();
        let about = first.as_ref().and_then(|model| self.models.get(&model.model)).cloned();
        let Some(about) = about else {
            // What can be told without the model is told all the same.
            for expr in phrase(declaration, Preposition::On).map_or(&[][..], |(list, _)| list) {
                self.rows_of(expr);
            }
            return None;
        };
        let endpoint = self.endpoints.get(&about.endpoint)?.clone();
        let on = self.judged_rows(declaration, &about, &mut faulty);
        for model in &models {
            for (rows, span) in &on {
                self.honest(model, rows, *span);
            }
        }
        let mut against = Vec::new();
        for expr in phrase(declaration, Preposition::Against).map_or(&[][..], |(list, _)| list) {
            match self.comparator(declaration, expr, &about) {
                Some(model) => against.push(model),
                None => faulty = true,
            }
        }
        let over = match phrase(declaration, Preposition::Over) {
            Some((list, span)) => match self.resampling(list, span) {
                Some(over) => Some(over),
                None => {
                    faulty = true;
                    None
                }
            },
            None => None,
        };
        let (horizons, labels, threshold) = self.horizons(declaration, &endpoint)?;
        let mut defaults = Vec::new();
        let (mut metrics, mut figures) = (Vec::new(), Vec::new());
        let mut apparent = declaration.clauses("apparent").next().is_some();
        for expr in listed(declaration, "show") {
            let expr = match &expr.kind {
                ExprKind::Qualified { word, of } if word.text == "apparent" => {
                    apparent = true;
                    of
                }
                _ => expr,
            };
            let Some((word, span)) = name_of(expr) else { continue };
            if word == "apparent" {
                apparent = true;
            } else if let Some((figure, kinds)) = registry::FIGURES.iter().find(|(figure, _)| *figure == word) {
                if kinds.is_empty() || kinds.contains(&endpoint.kind) {
                    figures.push((*figure).to_owned());
                } else {
                    self.tell(
                        Fault::error(
                            "kind::endpoint-kind",
                            span,
                            format!("`{word}` is not drawn for a {} endpoint", endpoint.kind),
                        )
                        .label(format!("`{}` is {}", endpoint.name, endpoint.kind)),
                    );
                    faulty = true;
                }
            } else {
                match self.shown_metric(expr, &word, span, &endpoint, &horizons) {
                    Some(metric) => metrics.push(metric),
                    None => faulty = true,
                }
            }
        }
        if metrics.is_empty() && figures.is_empty() {
            metrics = default_metrics(endpoint.kind, !horizons.is_empty());
            let refits = matches!(over, Some(Resampling::Bootstraps { .. }));
            if refits && matches!(endpoint.kind, EndpointKind::Binary | EndpointKind::Survival) {
                metrics.push("calibration_slope".to_owned());
            }
            if threshold.is_some() {
                metrics.extend(AT_A_THRESHOLD.iter().map(|name| (*name).to_owned()));
            }
            defaults.push(spelt("metrics", metrics.join(", ")));
        }
        let adjust = match self.adjustment(declaration) {
            Ok(adjust) => adjust,
            Err(()) => {
                faulty = true;
                None
            }
        };
        let mut bca = false;
        for clause in declaration.clauses("intervals") {
            let Some((word, span)) = clause.after(Preposition::By).first().and_then(name_of) else { continue };
            match word.as_str() {
                "BCa" => bca = true,
                "percentile" => {}
                _ => {
                    let fault = Fault::error("name::unknown-method", span, format!("there is no interval by `{word}`"))
                        .label("no such method");
                    self.tell(one_of_words(fault, &word, &["percentile", "BCa"]));
                    faulty = true;
                }
            }
        }
        for expr in listed(declaration, "show") {
            let Some((word, span)) = name_of(expr) else { continue };
            let reclassifies = ["NRI", "IDI"].contains(&word.as_str());
            if reclassifies && against.is_empty() {
                self.tell(
                    Fault::error("kind::no-comparator", span, format!("`{word}` is of one model over another"))
                        .label("over which?")
                        .help("add `against` with the older model"),
                );
                faulty = true;
            }
            let drawn = ["calibration", "decision-curve"].contains(&word.as_str());
            if drawn && endpoint.kind == EndpointKind::Survival && horizons.is_empty() {
                self.tell(
                    Fault::error(
                        "kind::no-horizon",
                        span,
                        format!("`{word}` of a survival endpoint is asked at a time"),
                    )
                    .label("at which time?")
                    .help(format!("add `at 12, 24 months`: `{word} at 24 months`")),
                );
                faulty = true;
            }
        }
        if faulty {
            return None;
        }
        let training = on.iter().any(|(rows, _)| *rows == about.rows);
        if training && over.is_none() {
            defaults.push(spelt(
                "on the rows of the fit",
                format!(
                    "out-of-fold predictions over {}, the apparent estimate beside them",
                    super::model::resampling_words(&about.cross_fit)
                ),
            ));
        }
        if on.iter().any(|(rows, _)| *rows != about.rows) {
            defaults.push(spelt("on other rows", "the model frozen after its fit"));
        }
        let unproved: Vec<String> = on
            .iter()
            .filter(|(rows, _)| self.overlap(rows, &about.rows) == Overlap::Unproved)
            .map(|(rows, _)| self.rows_words(rows))
            .collect();
        if !unproved.is_empty() {
            defaults.push(spelt(
                "patients in common with the fit",
                format!("looked for by key when the data is read: {}", unproved.join(", ")),
            ));
        }
        defaults.push(spelt(
            "intervals",
            format!(
                "{}%, analytic where the metric has one, else {} bootstrap with {} resamples",
                self.plan.study.level * 100.0,
                if bca { "BCa" } else { "percentile" },
                self.plan.study.resamples
            ),
        ));
        if endpoint.kind == EndpointKind::Survival {
            defaults.push(spelt("censoring weights", "Kaplan-Meier of the censoring times of the training rows"));
        }
        let inputs: Vec<NodeId> = models
            .iter()
            .chain(&against)
            .map(|model| model.model)
            .chain(on.iter().map(|(rows, _)| Self::rows_node(rows)))
            .collect();
        let name = format!("evaluate {}", self.heads(&declaration.head.list));
        let id = self.add(
            declaration,
            name,
            Operation::Evaluate(Evaluate {
                models,
                against,
                on: on.into_iter().map(|(rows, _)| rows).collect(),
                over,
                horizons,
                horizon_labels: labels,
                metrics,
                figures,
                adjust,
                bca,
                apparent,
                threshold,
            }),
            inputs,
            Provenance::default(),
            defaults,
        );
        let _ = id;
        None
    }

    /// A declared model, or a formula fitted as one: `evaluate cox(os ~ age + stage)`.
    fn judged(&mut self, declaration: &'a Declaration, expr: &Expr) -> Option<ModelRef> {
        match &expr.kind {
            ExprKind::Call { .. } => self.formula_model(declaration, expr).map(|model| ModelRef { model, part: None }),
            _ => self.any_model_ref(expr),
        }
    }

    pub(super) fn judged_rows(
        &mut self,
        declaration: &Declaration,
        about: &ModelAbout,
        faulty: &mut bool,
    ) -> Vec<(Rows, Span)> {
        let mut on = Vec::new();
        match phrase(declaration, Preposition::On) {
            Some((list, _)) => {
                for expr in list {
                    match self.rows_of(expr) {
                        Some(rows) => on.push((rows, expr.span)),
                        None => *faulty = true,
                    }
                }
            }
            None => on.push((about.rows.clone(), declaration.head.span)),
        }
        on
    }

    /// Fitted rows and judged rows are the same (then predictions are out of fold) or disjoint.
    pub(super) fn honest(&mut self, model: &ModelRef, rows: &Rows, span: Span) {
        let fitted: Vec<Rows> = self.plan.node(model.model).provenance.fitted_on.iter().cloned().collect();
        let own = self.models.get(&model.model).map(|about| about.rows.clone());
        for other in fitted {
            if Some(rows) == own.as_ref() && other == *rows {
                continue;
            }
            if self.overlap(rows, &other) == Overlap::Surely && (Some(&other) != own.as_ref() || other != *rows) {
                let (judged, name) = (self.rows_words(rows), self.rows_words(&other));
                self.tell(
                    Fault::error(
                        "leak::fitted-on-test",
                        span,
                        format!("`{judged}` holds patients of `{name}`, on which the model was fitted: they are no test of it"),
                    )
                    .label("seen by the fit")
                    .help(format!("evaluate on `{name}` (out-of-fold predictions) and on parts beside it")),
                );
                return;
            }
        }
    }

    /// A comparator inherits the clauses of the model it stands beside.
    fn comparator(&mut self, declaration: &Declaration, expr: &Expr, about: &ModelAbout) -> Option<ModelRef> {
        if let ExprKind::Name(path) = &expr.kind
            && let Some(first) = path.first()
        {
            match self.find(&first.text, first.span) {
                Found::Symbol(Symbol::Model(_)) => {
                    let found = self.any_model_ref(expr)?;
                    let other = self.models.get(&found.model)?.clone();
                    if other.endpoint != about.endpoint {
                        let (theirs, ours) = (self.endpoint_name(other.endpoint), self.endpoint_name(about.endpoint));
                        self.tell(
                            Fault::error(
                                "kind::other-endpoint",
                                expr.span,
                                format!("this predicts `{theirs}`; it is compared with a model of `{ours}`"),
                            )
                            .label("another endpoint"),
                        );
                        return None;
                    }
                    return Some(found);
                }
                Found::Broken => return None,
                Found::Symbol(_) | Found::Unknown => {}
            }
        }
        let mut context = about.clone();
        let mut blocks = Blocks::default();
        let recipe = self.recipe(expr, &mut context, &mut blocks)?;
        context.recipe = recipe;
        context.blocks = blocks.nodes.into_iter().collect();
        context.defaults = vec![spelt("clauses", format!("as {}", about.name))];
        let name = format!("{}: {}", about.name, self.words(expr.span));
        let existing = self.plan.find(&name).map(|node| node.id);
        if let Some(model) = existing {
            return Some(ModelRef { model, part: None });
        }
        let model = self.add_model(declaration, name, context)?;
        Some(ModelRef { model, part: None })
    }

    /// `at 6, 12, 24, 36 months` as days with labels; `at 0.5` as a threshold of probability.
    pub(super) fn horizons(
        &mut self,
        declaration: &Declaration,
        endpoint: &EndpointAbout,
    ) -> Option<(Vec<f64>, Vec<String>, Option<f64>)> {
        let list = self.asked(declaration, Preposition::At);
        if list.is_empty() {
            return Some((Vec::new(), Vec::new(), None));
        }
        let unit = list.iter().rev().find_map(|expr| match &expr.kind {
            ExprKind::Quantity { unit, .. } => Some(unit.clone()),
            _ => None,
        });
        if endpoint.kind == EndpointKind::Binary && unit.is_none() {
            let threshold = list.first().and_then(literal_number);
            return match threshold {
                Some(value) if value > 0.0 && value < 1.0 => Some((Vec::new(), Vec::new(), Some(value))),
                _ => {
                    let span = list.first().map_or(declaration.head.span, |expr| expr.span);
                    self.tell(
                        Fault::error("range::threshold", span, "a threshold is a probability between 0 and 1")
                            .label("no probability"),
                    );
                    None
                }
            };
        }
        let place = list.first().map_or(declaration.head.span, |expr| expr.span);
        if endpoint.kind != EndpointKind::Survival {
            self.tell(
                Fault::error(
                    "kind::endpoint-kind",
                    place,
                    format!("`{}` is {}: it has no horizon", endpoint.name, endpoint.kind),
                )
                .label("no time in this endpoint"),
            );
            return None;
        }
        let Some(unit) = unit else {
            self.tell(
                Fault::error("unit::unstated", place, "a horizon has a unit of time")
                    .label("months? days?")
                    .help("`at 12, 24 months`"),
            );
            return None;
        };
        let (mut horizons, mut labels) = (Vec::new(), Vec::new());
        for expr in &list {
            // `at 6 months, 1 year`: each time in its own unit; a bare number takes the last one.
            let own = match &expr.kind {
                ExprKind::Quantity { unit, .. } => unit,
                _ => &unit,
            };
            let Some(days) = units::days(&own.text) else {
                self.tell(
                    Fault::error("unit::dimension", own.span, format!("a horizon is a time; `{own}` is none"))
                        .label("no unit of time")
                        .nearest_of(&own.text, ["days", "weeks", "months", "years"].map(str::to_owned)),
                );
                return None;
            };
            let value = match &expr.kind {
                ExprKind::Number(value) | ExprKind::Quantity { value, .. } => *value,
                _ => f64::NAN,
            };
            if value.is_nan() || value <= 0.0 {
                self.tell(
                    Fault::error("range::horizon", expr.span, "a horizon is a time after the start").label("no time"),
                );
                return None;
            }
            horizons.push(value * days);
            labels.push(units::told(value, &own.text));
        }
        Some((horizons, labels, None))
    }

    fn shown_metric(
        &mut self,
        expr: &Expr,
        word: &str,
        span: Span,
        endpoint: &EndpointAbout,
        horizons: &[f64],
    ) -> Option<String> {
        if registry::metrics().all(|metric| metric.card().name != word) {
            let mut names: Vec<&str> = registry::metrics()
                .filter(|metric| metric.card().serves(endpoint.kind))
                .map(|metric| metric.card().name)
                .chain(registry::FIGURES.iter().map(|(figure, _)| *figure))
                .collect();
            names.dedup();
            let fault = Fault::error("name::unknown-metric", span, format!("there is no metric or figure `{word}`"))
                .label("nothing to show");
            self.tell(one_of_words(fault, word, &names));
            return None;
        }
        let metric = self.metric(expr, endpoint.kind, &endpoint.name)?;
        if metric.needs_horizon() && horizons.is_empty() {
            self.tell(
                Fault::error("kind::no-horizon", span, format!("`{word}` of a survival endpoint is asked at a time"))
                    .label("at which time?")
                    .help(format!("add `at 12, 24 months`: `{word} at 24 months`")),
            );
            return None;
        }
        Some(word.to_owned())
    }

    /// The words of a list, for a node's name.
    pub(super) fn heads(&self, list: &[Expr]) -> String {
        list.iter().map(|expr| self.words(expr.span)).collect::<Vec<_>>().join(", ")
    }

    /// The node of a formula that is evaluated as a model: `cox(os ~ age + stage)`.
    fn formula_model(&mut self, declaration: &'a Declaration, expr: &Expr) -> Option<NodeId> {
        let lowered = self.formula_as_model(declaration, expr)?;
        let learner = registry::pick(registry::learners(), |learner| learner.card(), &lowered.learner, lowered.kind);
        let Some((learner, true)) = learner else {
            self.tell(
                Fault::error(
                    "name::unknown-learner",
                    expr.span,
                    format!("`{}` is no model that could be evaluated", lowered.learner),
                )
                .label("not a learner"),
            );
            return None;
        };
        let given = self.settings(learner.card(), expr.span, &[], &[], false)?;
        let endpoint = self.endpoints.get(&lowered.endpoint)?.clone();
        let rows = self.training_rows(Some(endpoint.table), expr.span)?;
        let block = self.words(expr.span);
        let candidates = vec![crate::learn::recipe::Candidate { learner, settings: given.settings, grid: Vec::new() }];
        let mut steps = Vec::new();
        for name in ["complete_cases", "one_hot"] {
            if let Some(step) = registry::steps().find(|step| step.card().name == name)
                && let Some(given) = self.settings(step.card(), expr.span, &[], &[], false)
            {
                steps.push(crate::learn::recipe::StepPlan { step, settings: given.settings });
            }
        }
        let context = ModelAbout {
            name: block.clone(),
            endpoint: lowered.endpoint,
            kind: endpoint.kind,
            recipe: Recipe::Learn { blocks: vec![block.clone()], candidates: candidates.clone() },
            candidates,
            prepare: [(block.clone(), steps)].into(),
            places: [(block.clone(), expr.span)].into(),
            choose: None,
            tune: None,
            cross_fit: Resampling::Folds { folds: 5, repeats: 1 },
            rows,
            blocks: vec![(block.clone(), lowered.block)],
            defaults: vec![
                spelt("missing values", "complete cases"),
                spelt("levels", "indicator coded against the first"),
            ],
            predict_at: None,
            unlearned: false,
            lifted: true,
            searched: Vec::new(),
        };
        let name = format!("model {block}");
        if let Some(node) = self.plan.find(&name) {
            return Some(node.id);
        }
        self.add_model(declaration, name, context)
    }
}

/// What a threshold of probability adds to the metrics shown by default.
const AT_A_THRESHOLD: [&str; 7] = ["sensitivity", "specificity", "PPV", "NPV", "accuracy", "F1", "MCC"];

pub(super) fn default_metrics(kind: EndpointKind, horizons: bool) -> Vec<String> {
    let wanted: &[&str] = match kind {
        EndpointKind::Binary => &["AUC", "Brier"],
        EndpointKind::Survival if horizons => &["C-index", "AUC", "Brier", "IBS"],
        EndpointKind::Survival => &["C-index"],
        EndpointKind::Continuous => &["R2", "MAE"],
        EndpointKind::Nominal => &["AUC", "accuracy", "balanced_accuracy", "log_loss"],
    };
    wanted
        .iter()
        .filter(|name| registry::metrics().any(|metric| metric.card().name == **name && metric.card().serves(kind)))
        .map(|name| (*name).to_owned())
        .collect()
}
