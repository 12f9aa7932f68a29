//! The algebra of models: learners over blocks, joined early or fused late. A block that stands
//! where a model is expected is lifted through the model's `prepare` and `learn`.

use std::collections::BTreeMap;

use crate::card::EndpointKind;
use crate::learn::recipe::{Part, Recipe, StepPlan};
use crate::plan::NodeId;
use crate::stats::Metric;
use crate::syntax::ast::{Argument, Expr, ExprKind, Span};

use super::checker::{Checker, Found, Symbol, name_of};
use super::fault::{Fault, NearestOf};
use super::model::ModelAbout;
use super::registry;

/// Blocks used by a model, with the place at which each is first used.
#[derive(Default)]
pub(super) struct Blocks {
    pub nodes: BTreeMap<String, NodeId>,
}

/// Whether a learner is given blocks: `rsf(clinical)`, not `rsf(trees = 500)`.
pub(super) fn has_data(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Call { arguments, .. } => arguments.iter().any(|argument| matches!(argument, Argument::Data(_))),
        ExprKind::Qualified { .. } => true,
        _ => false,
    }
}

impl Checker<'_> {
    /// Lowers an expression of the algebra.
    pub(super) fn recipe(&mut self, expr: &Expr, context: &mut ModelAbout, blocks: &mut Blocks) -> Option<Recipe> {
        match &expr.kind {
            ExprKind::Group(inner) => self.recipe(inner, context, blocks),
            ExprKind::Name(_) => self.lifted(expr, context, blocks),
            // Without a learner before the bracket, those of `learn` learn from the blocks together.
            ExprKind::Call { function, arguments } if function.text == "early" => {
                let mut names = Vec::new();
                for argument in arguments {
                    match argument {
                        Argument::Data(block) => names.push(self.block(block, blocks)?),
                        Argument::Setting { name, .. } | Argument::Grid { name, .. } => {
                            self.tell(
                                Fault::error("setting::unknown", name.span, format!("`early` has no setting `{name}`"))
                                    .label("no such setting")
                                    .help("settings stand behind the learner: `learn rsf(trees = 500)`"),
                            );
                            return None;
                        }
                    }
                }
                self.lift(names, expr.span, context)
            }
            ExprKind::Call { function, .. } if function.text == "late" => {
                let fault = Fault::error("kind::fusion", function.span, "late fusion wants a rule before the bracket")
                    .label("by which rule?")
                    .help("`late logistic(clinical, radiomics)`, or another rule");
                self.tell(fault);
                None
            }
            ExprKind::Call { function, arguments } => {
                if registry::rules().any(|card| card.name == function.text)
                    && registry::learners().all(|learner| learner.card().name != function.text)
                {
                    let text = self.words(expr.span);
                    self.tell(
                        Fault::error(
                            "kind::fusion",
                            function.span,
                            format!("`{function}` fuses models, which happens late"),
                        )
                        .label("a rule of fusion")
                        .help(format!("`late {text}`")),
                    );
                    return None;
                }
                self.learned(function, arguments, expr.span, context, blocks)
            }
            ExprKind::Qualified { word, of } => match word.text.as_str() {
                "early" => match &of.kind {
                    ExprKind::Call { function, arguments } => {
                        self.learned(function, arguments, expr.span, context, blocks)
                    }
                    _ => {
                        let name = self.block(of, blocks)?;
                        self.lift(vec![name], expr.span, context)
                    }
                },
                "late" => self.late(of, context, blocks),
                other => {
                    let fault = Fault::error("kind::fusion", word.span, format!("`{other}` is no way to fuse"))
                        .label("early or late")
                        .nearest_of(other, ["early", "late"].map(str::to_owned));
                    self.tell(fault);
                    None
                }
            },
            _ => {
                let text = self.words(expr.span);
                self.tell(
                    Fault::error("kind::model", expr.span, format!("`{text}` is no model")).label("no model").help(
                        "`rsf(clinical)`, `early rsf(clinical, radiomics)`, `late logistic(clinical, radiomics)`",
                    ),
                );
                None
            }
        }
    }

    /// A name where a model is expected: a block, or another model with its clauses.
    fn lifted(&mut self, expr: &Expr, context: &mut ModelAbout, blocks: &mut Blocks) -> Option<Recipe> {
        let ExprKind::Name(path) = &expr.kind else { return None };
        let first = path.first()?;
        if let Found::Symbol(Symbol::Model(_)) = self.find(&first.text, first.span) {
            return self.inlined(expr, context, blocks);
        }
        let name = self.block(expr, blocks)?;
        self.lift(vec![name], expr.span, context)
    }

    fn lift(&mut self, names: Vec<String>, span: Span, context: &mut ModelAbout) -> Option<Recipe> {
        context.lifted = true;
        if context.unlearned {
            return None;
        }
        if context.candidates.is_empty() {
            let block = names.join(", ");
            let example = match context.kind {
                EndpointKind::Binary => "logistic",
                EndpointKind::Survival => "cox",
                EndpointKind::Continuous => "linear",
                EndpointKind::Nominal => "lasso",
            };
            self.tell(
                Fault::error("kind::no-learner", span, format!("nothing says what learns from `{block}`"))
                    .label("a block, not a model")
                    .help(format!("add `learn {example}`, or write `{example}({block})`")),
            );
            return None;
        }
        Some(Recipe::Learn { blocks: names, candidates: context.candidates.clone() })
    }

    /// Another model inside this one is fitted again, inside the folds of this one.
    fn inlined(&mut self, expr: &Expr, context: &mut ModelAbout, blocks: &mut Blocks) -> Option<Recipe> {
        let found = self.any_model_ref(expr)?;
        let other = self.models.get(&found.model)?.clone();
        if other.endpoint != context.endpoint {
            let (theirs, ours) = (self.endpoint_name(other.endpoint), self.endpoint_name(context.endpoint));
            let text = self.words(expr.span);
            self.tell(
                Fault::error(
                    "kind::other-endpoint",
                    expr.span,
                    format!("`{text}` predicts `{theirs}`, and this model predicts `{ours}`"),
                )
                .label("another endpoint"),
            );
            return None;
        }
        for (block, id) in &other.blocks {
            blocks.nodes.insert(block.clone(), *id);
            let (Some(steps), false) = (other.prepare.get(block), context.places.contains_key(block)) else { continue };
            let known = context.prepare.entry(block.clone()).or_insert_with(|| steps.clone());
            if !same_steps(known, steps) {
                let text = self.words(expr.span);
                self.tell(
                    Fault::error(
                        "kind::parts-disagree",
                        expr.span,
                        format!("`{text}` prepares `{block}` otherwise than the parts before it"),
                    )
                    .label("another preparation of the same block")
                    .help(format!("one model prepares a block once: add `prepare {block} by ...` for all parts")),
                );
            }
        }
        let searches = [("choose", &mut context.choose, &other.choose), ("tune", &mut context.tune, &other.tune)];
        let mut disagree = Vec::new();
        for (keyword, ours, theirs) in searches {
            match (&*ours, theirs) {
                (None, _) => ours.clone_from(theirs),
                (Some(ours), Some(theirs)) if ours != theirs && !context.searched.contains(&keyword) => {
                    disagree.push(keyword);
                }
                _ => {}
            }
        }
        for keyword in disagree {
            let text = self.words(expr.span);
            self.tell(
                Fault::error(
                    "kind::parts-disagree",
                    expr.span,
                    format!("`{text}` would {keyword} otherwise than the parts before it"),
                )
                .label(format!("another `{keyword}`"))
                .help(format!("one model searches in one way: add `{keyword} by ...` for all parts")),
            );
        }
        match &found.part {
            None => Some(other.recipe),
            Some(part) => find_part(&other.recipe, part).cloned(),
        }
    }

    /// A block of features by name.
    pub(super) fn block(&mut self, expr: &Expr, blocks: &mut Blocks) -> Option<String> {
        let Some((name, span)) = name_of(expr) else {
            let text = self.words(expr.span);
            let fault = match &expr.kind {
                ExprKind::Call { .. } | ExprKind::Qualified { .. } => Fault::error(
                    "kind::nested-learner",
                    expr.span,
                    "a learner learns from features, not from another model's predictions",
                )
                .label("a model")
                .help("fuse models late: `late logistic(...)` learns from out-of-fold predictions"),
                ExprKind::Name(_) => Fault::error(
                    "leak::resubstitution",
                    expr.span,
                    format!("the predictions of `{text}` on the rows of its own fit would serve as features"),
                )
                .label("a fitted value")
                .help("fuse models late: `late logistic(...)` learns from out-of-fold predictions"),
                _ => Fault::error("kind::wrong-name", expr.span, "a block of features is named here").label("no block"),
            };
            self.tell(fault);
            return None;
        };
        match self.find(&name, span) {
            Found::Symbol(Symbol::Block(id)) => {
                blocks.nodes.insert(name.clone(), id);
                Some(name)
            }
            Found::Symbol(Symbol::Model(_)) => {
                self.tell(
                    Fault::error(
                        "leak::resubstitution",
                        span,
                        format!("the predictions of `{name}` on the rows of its own fit would serve as features"),
                    )
                    .label("a fitted value")
                    .help("fuse models late: `late logistic(...)` learns from out-of-fold predictions"),
                );
                None
            }
            Found::Symbol(other) => {
                self.wrong_kind(&name, span, &other, "a block of features");
                None
            }
            Found::Broken => None,
            Found::Unknown => {
                let is_column = self.tables.values().any(|columns| columns.known.contains_key(&name));
                if is_column {
                    self.tell(
                        Fault::error(
                            "kind::wrong-name",
                            span,
                            format!("`{name}` is a column; a learner takes blocks of features"),
                        )
                        .label("a column")
                        .help(format!("declare a block: `features clinical from ...` with `columns {name}`")),
                    );
                } else {
                    self.unknown(&name, span, "block of features", &["features", "model"]);
                }
                None
            }
        }
    }

    /// `late logistic(clinical, radiomics)`.
    fn late(&mut self, of: &Expr, context: &mut ModelAbout, blocks: &mut Blocks) -> Option<Recipe> {
        let ExprKind::Call { function, arguments } = &of.kind else {
            self.tell(
                Fault::error(
                    "kind::fusion",
                    of.span,
                    "late fusion names its rule: `late logistic(clinical, radiomics)`",
                )
                .label("by which rule?"),
            );
            return None;
        };
        let endpoint = self.endpoints.get(&context.endpoint)?.clone();
        if endpoint.kind == EndpointKind::Nominal {
            let fault = Fault::error(
                "kind::endpoint-kind",
                function.span,
                format!("late fusion joins predictions of one number, and `{}` has several classes", endpoint.name),
            );
            let help = "join the blocks before learning: `fuse early(clinical, radiomics)`";
            self.tell(fault.label(format!("`{}` is nominal", endpoint.name)).help(help));
            return None;
        }
        let rule = match registry::pick(registry::rules(), |card| card, &function.text, endpoint.kind) {
            Some((rule, true)) => rule,
            Some((rule, false)) => {
                let fits: Vec<String> = registry::rules()
                    .filter(|card| card.serves(endpoint.kind))
                    .map(|card| card.name.to_owned())
                    .collect();
                let fits = format!("for this endpoint there are {}", super::fault::alternatives(fits));
                self.wrong_endpoint(rule, function.span, &endpoint, &fits);
                return None;
            }
            None => {
                let names: Vec<String> = registry::rules().map(|card| card.name.to_owned()).collect();
                let fault = Fault::error(
                    "name::unknown-rule",
                    function.span,
                    format!("there is no rule of fusion `{function}`"),
                )
                .label("no such rule");
                let fault = match super::fault::nearest(&function.text, names.clone()) {
                    Some(_) => fault.nearest_of(&function.text, names),
                    None => fault.help(format!("known are {}", super::fault::alternatives(names))),
                };
                self.tell(fault);
                return None;
            }
        };
        let given = self.settings(rule, of.span, arguments, &["predictions"], false);
        for argument in arguments {
            if let Argument::Setting { name, value } = argument
                && name.text == "predictions"
            {
                let word = Self::word(value).unwrap_or_default();
                if word != "out-of-fold" {
                    self.tell(
                        Fault::error(
                            "leak::resubstitution",
                            value.span,
                            "a combiner that learns from predictions on the rows of the parts' own fit trusts whoever fits closest",
                        )
                        .label("resubstituted predictions")
                        .help("leave it away: a late fusion learns from out-of-fold predictions"),
                    );
                }
            }
        }
        let mut parts: Vec<Part> = Vec::new();
        let mut faulty = false;
        for argument in arguments {
            let Argument::Data(data) = argument else { continue };
            let recipe = self.recipe(data, context, blocks);
            let name = self.words(data.span);
            match recipe {
                Some(_) if parts.iter().any(|part| part.name == name) => {
                    self.tell(
                        Fault::warning("name::listed-twice", data.span, format!("`{name}` is given twice"))
                            .label("taken once"),
                    );
                }
                Some(recipe) => parts.push(Part { name, recipe }),
                None => faulty = true,
            }
        }
        let given = given?;
        if faulty {
            return None;
        }
        // What calibrates takes a single prediction.
        let least = if matches!(rule.name, "platt" | "isotonic") { 1 } else { 2 };
        if parts.len() < least {
            self.tell(
                Fault::error("kind::fusion", of.span, "a fusion has two parts or more")
                    .label("nothing to fuse")
                    .help("name the blocks or models: `late logistic(clinical, radiomics)`"),
            );
            return None;
        }
        Some(Recipe::Late { rule: rule.name.to_owned(), settings: given.settings, parts })
    }

    /// A model without `fuse`: its only prepared block, or the only block there is.
    pub(super) fn only_block(
        &mut self,
        span: Span,
        name: &str,
        context: &mut ModelAbout,
        blocks: &mut Blocks,
    ) -> Option<Recipe> {
        let prepared: Vec<String> = context.prepare.keys().cloned().collect();
        let names = if prepared.is_empty() {
            self.all("features").into_iter().map(|(name, _)| name).collect()
        } else {
            prepared
        };
        match names.as_slice() {
            [only] => {
                if let Found::Symbol(Symbol::Block(id)) = self.find(only, span) {
                    blocks.nodes.insert(only.clone(), id);
                    return self.lift(vec![only.clone()], span, context);
                }
                None
            }
            [] => {
                if !self.declarations.iter().any(|declaration| declaration.head.keyword() == "features") {
                    self.tell(
                        Fault::error("kind::no-block", span, format!("`{name}` has no features to learn from"))
                            .label("learns from what?")
                            .help("declare a block: `features clinical from ...`"),
                    );
                }
                None
            }
            several => {
                let list = several.join(", ");
                self.tell(
                    Fault::error(
                        "kind::no-fusion",
                        span,
                        format!("`{name}` has several blocks and does not say how they are fused"),
                    )
                    .label(list.clone())
                    .help(format!("`fuse late logistic({list})`, or `fuse early({list})`")),
                );
                None
            }
        }
    }

    pub(super) fn endpoint_name(&self, id: NodeId) -> String {
        self.endpoints.get(&id).map(|about| about.name.clone()).unwrap_or_default()
    }

    /// A metric by its word, for this kind of endpoint.
    pub(super) fn metric(&mut self, expr: &Expr, kind: EndpointKind, endpoint: &str) -> Option<&'static dyn Metric> {
        let Some((name, span)) = name_of(expr) else {
            self.tell(
                Fault::error("kind::metric", expr.span, "a metric is named here, such as AUC or C-index")
                    .label("no metric"),
            );
            return None;
        };
        let fits = || {
            let mut names: Vec<String> =
                registry::metrics().filter(|m| m.card().serves(kind)).map(|m| m.card().name.to_owned()).collect();
            names.dedup();
            names
        };
        match registry::pick(registry::metrics(), |metric| metric.card(), &name, kind) {
            Some((metric, true)) => Some(metric),
            Some((metric, false)) => {
                let about = self.endpoints.values().find(|about| about.name == endpoint).cloned()?;
                let help = if kind == EndpointKind::Binary && (name == "IBS" || name == "C-index") {
                    "for a binary endpoint: `AUC`, `Brier`".to_owned()
                } else {
                    format!("for this endpoint there are {}", super::fault::alternatives(fits()))
                };
                self.wrong_endpoint(metric.card(), span, &about, &help);
                None
            }
            None => {
                let names = fits();
                let fault = Fault::error("name::unknown-metric", span, format!("there is no metric `{name}`"))
                    .label("no such metric");
                let fault = match super::fault::nearest(&name, names.clone()) {
                    Some(_) => fault.nearest_of(&name, names),
                    None => {
                        fault.help(format!("for a {kind} endpoint there are {}", super::fault::alternatives(names)))
                    }
                };
                self.tell(fault);
                None
            }
        }
    }
}

/// Whether two preparations do the same.
fn same_steps(a: &[StepPlan], b: &[StepPlan]) -> bool {
    a.len() == b.len()
        && a.iter().zip(b).all(|(a, b)| a.step.card().name == b.step.card().name && a.settings == b.settings)
}

fn find_part<'r>(recipe: &'r Recipe, name: &str) -> Option<&'r Recipe> {
    let Recipe::Late { parts, .. } = recipe else { return None };
    parts.iter().find_map(|part| {
        if part.name == name {
            return Some(&part.recipe);
        }
        name.strip_prefix(&part.name)
            .and_then(|rest| rest.strip_prefix('.'))
            .and_then(|rest| find_part(&part.recipe, rest))
    })
}
