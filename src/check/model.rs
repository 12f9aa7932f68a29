//! `model`: what predicts an endpoint, how its blocks are prepared, who learns, how it is chosen,
//! tuned and fused, and on which rows all that happens.

use std::collections::{BTreeMap, BTreeSet};

use crate::card::EndpointKind;
use crate::learn::recipe::{Candidate, Design, Recipe, Resampling, Search, StepPlan, used_up};
use crate::plan::node::{Model, ModelRef, Operation, Spelt};
use crate::plan::{Known, NodeId, Provenance, Rows};
use crate::syntax::ast::{Declaration, Expr, ExprKind, Preposition, Span};

use super::algebra::Blocks;
use super::checker::{BlockAbout, BlockColumn, Checker, Found, Symbol, listed, name_of, spelt};
use super::fault::{Fault, NearestOf};
use super::row::Purpose;
use super::typed::{is_after, time_words};

/// What others inherit from a model.
#[derive(Clone)]
pub(super) struct ModelAbout {
    pub name: String,
    pub endpoint: NodeId,
    pub kind: EndpointKind,
    pub candidates: Vec<Candidate>,
    pub prepare: BTreeMap<String, Vec<StepPlan>>,
    /// Place of each preparation, for faults of blocks.
    pub places: BTreeMap<String, Span>,
    pub choose: Option<Search>,
    pub tune: Option<Search>,
    pub cross_fit: Resampling,
    pub rows: Rows,
    pub recipe: Recipe,
    pub blocks: Vec<(String, NodeId)>,
    pub defaults: Vec<Spelt>,
    /// Its own `predict at`.
    pub predict_at: Option<Known>,
    /// A learner of `learn` is at fault, and was told.
    pub unlearned: bool,
    /// A block stands where a model is expected, so that `learn` is read.
    pub lifted: bool,
    /// Which of `choose` and `tune` it says itself.
    pub searched: Vec<&'static str>,
}

impl ModelAbout {
    /// A model of which nothing is said but what it predicts.
    pub fn of_endpoint(endpoint: NodeId, kind: EndpointKind, rows: Rows) -> Self {
        ModelAbout {
            name: String::new(),
            endpoint,
            kind,
            candidates: Vec::new(),
            prepare: BTreeMap::new(),
            places: BTreeMap::new(),
            choose: None,
            tune: None,
            cross_fit: Resampling::Folds { folds: 5, repeats: 1 },
            rows,
            recipe: Recipe::Learn { blocks: Vec::new(), candidates: Vec::new() },
            blocks: Vec::new(),
            defaults: Vec::new(),
            predict_at: None,
            unlearned: false,
            lifted: false,
            searched: Vec::new(),
        }
    }
}

impl<'a> Checker<'a> {
    pub(super) fn model(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, name_span) = declaration.head.list.first().and_then(name_of)?;
        // The clauses of `like` stand unless a clause of the same keyword replaces them; a
        // preparation is replaced block by block.
        let parent = match declaration.head.after(Preposition::Like).first() {
            Some(expr) => Some(self.model_declared(expr)?),
            None => None,
        };
        let endpoint = match (declaration.head.after(Preposition::For).first(), &parent) {
            (Some(expr), _) => self.endpoint_named(expr)?,
            (None, Some(parent)) => parent.endpoint,
            (None, None) => {
                let endpoints = self.all("endpoint");
                match endpoints.as_slice() {
                    [(_, symbol)] => symbol.node()?,
                    _ => {
                        let fault = Fault::error(
                            "kind::no-endpoint",
                            name_span,
                            format!("`{name}` does not say what it predicts"),
                        )
                        .label("predicts what?")
                        .help(format!("`model {name} for` and the endpoint's name"));
                        self.tell(fault);
                        return None;
                    }
                }
            }
        };
        let about = self.endpoints.get(&endpoint)?.clone();
        let rows = self.fitted_rows(declaration, parent.as_ref(), about.table)?;
        let told = self.errors();

        let (mut prepare, mut places) =
            parent.as_ref().map_or_else(Default::default, |parent| (parent.prepare.clone(), parent.places.clone()));
        let mut defaults = Vec::new();
        for clause in declaration.clauses("prepare") {
            self.prepare(clause, &about, &rows, &mut prepare, &mut places, &mut defaults);
        }
        let learn = listed(declaration, "learn");
        let mut candidates: Vec<Candidate> = Vec::new();
        let mut direct: Option<&Expr> = None;
        let tuned =
            parent.as_ref().is_some_and(|parent| parent.tune.is_some()) || declaration.clauses("tune").next().is_some();
        for expr in &learn {
            // `learn logistic(clinical)` says learner and block in one.
            if super::algebra::has_data(expr) && learn.len() == 1 {
                direct = Some(expr);
            } else if let Some((candidate, spelt)) = self.candidate(expr, &about, tuned) {
                defaults.extend(spelt);
                candidates.push(candidate);
            }
        }
        if learn.is_empty()
            && let Some(parent) = &parent
        {
            candidates.clone_from(&parent.candidates);
        }
        let own = candidates.clone();
        let choose =
            self.search(declaration, "choose", &about, &rows).or(parent.as_ref().and_then(|p| p.choose.clone()));
        let tune = self.search(declaration, "tune", &about, &rows).or(parent.as_ref().and_then(|p| p.tune.clone()));
        let cross_fit = self.cross_fit(declaration, choose.as_ref().or(tune.as_ref()), parent.as_ref(), &mut defaults);
        let mut blocks = Blocks::default();
        let mut context = ModelAbout {
            name: name.clone(),
            endpoint,
            kind: about.kind,
            candidates,
            prepare,
            places,
            choose,
            tune,
            cross_fit,
            rows,
            recipe: Recipe::Learn { blocks: Vec::new(), candidates: Vec::new() },
            blocks: Vec::new(),
            defaults: Vec::new(),
            predict_at: parent.as_ref().and_then(|parent| parent.predict_at.clone()),
            unlearned: false,
            lifted: false,
            searched: Vec::new(),
        };
        context.searched =
            ["choose", "tune"].into_iter().filter(|keyword| declaration.clauses(keyword).next().is_some()).collect();
        context.unlearned = !learn.is_empty() && direct.is_none() && context.candidates.len() < learn.len();
        if let Some(expr) = declaration.clauses("predict").find_map(|clause| clause.after(Preposition::At).first())
            && let Some(time) = self.time(expr)
        {
            self.time_origin(&time, expr.span);
            context.predict_at = Some(time);
        }
        let fuse = listed(declaration, "fuse");
        let recipe = match (fuse.first().copied().or(direct), &parent) {
            (Some(expr), _) => self.recipe(expr, &mut context, &mut blocks),
            (None, Some(parent)) => {
                blocks.nodes = parent.blocks.iter().cloned().collect();
                context.lifted = relearns(&parent.recipe, &parent.candidates);
                Some(relearned(&parent.recipe, &parent.candidates, &context.candidates))
            }
            (None, None) => self.only_block(name_span, &name, &mut context, &mut blocks),
        };
        let recipe = recipe?;
        if self.errors() > told {
            return None;
        }
        context.recipe = recipe;
        context.blocks = blocks.nodes.into_iter().collect();
        context.defaults = defaults;
        if direct.is_none() && !context.lifted && !self.learners_used(&learn, &own, &context.recipe) {
            return None;
        }
        self.unused_preparations(&context);
        let id = self.add_model(declaration, format!("model {name}"), context)?;
        Some(Symbol::Model(id))
    }

    /// Number of errors told so far: what follows a fault is not told again.
    pub(super) fn errors(&self) -> usize {
        self.wounds
            + self.faults.iter().filter(|(owner, fault)| fault.is_error() && !self.is_accepted(*owner, fault)).count()
    }

    /// Checks a model as a whole and adds its node.
    pub(super) fn add_model(&mut self, declaration: &Declaration, name: String, context: ModelAbout) -> Option<NodeId> {
        let told = self.errors();
        self.searches(declaration, &context);
        self.blocks_sound(&context);
        if self.errors() > told {
            return None;
        }
        let mut defaults = context.defaults.clone();
        defaults.push(spelt("fitted on", self.rows_words(&context.rows)));
        defaults.push(spelt(
            "folds",
            match context.kind {
                EndpointKind::Binary => "stratified by outcome, rows of one key together, dealt alike for all models",
                EndpointKind::Survival => "stratified by event, rows of one key together, dealt alike for all models",
                EndpointKind::Continuous => "rows of one key together, dealt alike for all models",
                EndpointKind::Nominal => "stratified by class, rows of one key together, dealt alike for all models",
            },
        ));
        defaults.push(spelt(
            "score direction",
            match context.kind {
                EndpointKind::Binary => "probability of the event; higher speaks for it",
                EndpointKind::Survival => "risk; higher means an earlier event",
                EndpointKind::Continuous => "the expected value",
                EndpointKind::Nominal => "a probability of each class",
            },
        ));
        let (mut several, mut grid) = (false, false);
        visit(&context.recipe, &mut |_, candidates| {
            several |= candidates.len() > 1;
            grid |= candidates.iter().any(|candidate| !candidate.grid.is_empty());
        });
        match (&context.tune, grid) {
            (Some(_), true) if several && context.choose.is_none() => {
                let words = "every point of every learner is tried, inside the training rows of each fold";
                defaults.push(spelt("grid", words));
            }
            (Some(_), true) => {
                defaults.push(spelt("grid", "every point is tried, inside the training rows of each fold"));
            }
            (Some(_), false) => {
                defaults.push(spelt("grid", "none given, and the learners have none of their own: nothing is tuned"));
            }
            (None, _) => {}
        }
        let mut inputs = vec![context.endpoint];
        inputs.extend(context.blocks.iter().map(|(_, id)| *id));
        inputs.push(Self::rows_node(&context.rows));
        let mut provenance = Provenance::default();
        provenance.fitted_on.insert(context.rows.clone());
        provenance.outcomes.insert(context.endpoint, [context.rows.clone()].into());
        let id = self.add(
            declaration,
            name,
            Operation::Model(Model {
                endpoint: context.endpoint,
                blocks: context.blocks.clone(),
                design: Design {
                    recipe: context.recipe.clone(),
                    prepare: context
                        .prepare
                        .iter()
                        .filter(|(block, _)| context.blocks.iter().any(|(name, _)| name == *block))
                        .map(|(block, steps)| (block.clone(), steps.clone()))
                        .collect(),
                    choose: context.choose.clone().filter(|_| several),
                    tune: context.tune.clone().filter(|_| grid || (several && context.choose.is_none())),
                    cross_fit: context.cross_fit.clone(),
                },
                rows: context.rows.clone(),
            }),
            inputs,
            provenance,
            defaults,
        );
        self.models.insert(id, context);
        Some(id)
    }

    pub(super) fn endpoint_named(&mut self, expr: &Expr) -> Option<NodeId> {
        let Some((name, span)) = name_of(expr) else {
            self.tell(
                Fault::error("kind::wrong-name", expr.span, "an endpoint is named here")
                    .label("no name of an endpoint"),
            );
            return None;
        };
        match self.find(&name, span) {
            Found::Symbol(Symbol::Endpoint(id)) => Some(id),
            Found::Symbol(other) => {
                self.wrong_kind(&name, span, &other, "an endpoint");
                None
            }
            Found::Broken => None,
            Found::Unknown => {
                self.unknown(&name, span, "endpoint", &["endpoint"]);
                None
            }
        }
    }

    pub(super) fn model_declared(&mut self, expr: &Expr) -> Option<ModelAbout> {
        let id = self.any_model_ref(expr)?.model;
        self.models.get(&id).cloned()
    }

    /// A model whose prediction is one number, or one of its parts.
    pub(super) fn model_ref(&mut self, expr: &Expr) -> Option<ModelRef> {
        let found = self.any_model_ref(expr)?;
        let about = self.models.get(&found.model)?;
        if about.kind != EndpointKind::Nominal {
            return Some(found);
        }
        let (name, endpoint) = (about.name.clone(), self.endpoint_name(about.endpoint));
        self.tell(
            Fault::error(
                "kind::several-classes",
                expr.span,
                format!("`{name}` predicts the classes of `{endpoint}`, each with a probability; here a model with one number is wanted"),
            )
            .label("several classes")
            .help("judge it by `evaluate`; for one class against the rest declare a binary endpoint"),
        );
        None
    }

    /// A model, or one of its parts: `PRIME_R.clinical`.
    pub(super) fn any_model_ref(&mut self, expr: &Expr) -> Option<ModelRef> {
        let (first, rest) = match &expr.kind {
            ExprKind::Name(path) => (path.first()?, path.get(1..).unwrap_or(&[])),
            _ => {
                self.tell(
                    Fault::error("kind::wrong-name", expr.span, "a model is named here").label("no name of a model"),
                );
                return None;
            }
        };
        match self.find(&first.text, first.span) {
            Found::Symbol(Symbol::Model(id)) => {
                if rest.is_empty() {
                    return Some(ModelRef { model: id, part: None });
                }
                let part = rest.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join(".");
                let mut names = Vec::new();
                if let Some(about) = self.models.get(&id) {
                    part_names(&about.recipe, &mut names);
                }
                if names.contains(&part) {
                    return Some(ModelRef { model: id, part: Some(part) });
                }
                let span = rest.first()?.span.to(rest.last()?.span);
                let fault = Fault::error("name::unknown-part", span, format!("`{first}` has no part `{part}`"))
                    .label("no such part");
                let fault = if names.is_empty() {
                    fault.help(format!("`{first}` is not fused from parts; ask for `{first}` itself"))
                } else {
                    match super::fault::nearest(&part, names.clone()) {
                        Some(_) => fault.nearest_of(&part, names),
                        None => fault.help(format!("its parts are {}", super::fault::alternatives(names))),
                    }
                };
                self.tell(fault);
                None
            }
            Found::Symbol(other) => {
                self.wrong_kind(&first.text, first.span, &other, "a model");
                None
            }
            Found::Broken => None,
            Found::Unknown => {
                self.unknown(&first.text, first.span, "model", &["model"]);
                None
            }
        }
    }

    /// The rows that a model is fitted on, which no estimate of it may use again.
    fn fitted_rows(&mut self, declaration: &Declaration, parent: Option<&ModelAbout>, table: NodeId) -> Option<Rows> {
        let phrase = declaration.head.phrase(Preposition::On);
        let Some(phrase) = phrase else {
            return match parent {
                Some(parent) => Some(parent.rows.clone()),
                None => self.training_rows(Some(table), declaration.head.span),
            };
        };
        let mut rows = None;
        for expr in &phrase.list {
            let found = self.rows_of(expr)?;
            if self.is_sealed(&found) {
                let words = self.rows_words(&found);
                self.tell(
                    Fault::error(
                        "leak::sealed-part",
                        expr.span,
                        format!("`{words}` is sealed: nothing is fitted on it"),
                    )
                    .label("sealed by the split")
                    .help("fit on the training part, or take the seal off"),
                );
            }
            rows.get_or_insert(found);
        }
        if let [_, second, ..] = phrase.list.as_slice() {
            self.tell(
                Fault::error("kind::rows", second.span, "a model is fitted on one set of rows")
                    .label("a second set")
                    .help("declare a cohort or a part that holds both"),
            );
        }
        rows
    }

    /// `learn` is read where a block stands for a model. Where each part of the fusion names its own
    /// learner it may say the same again; what it says otherwise would be dropped in silence.
    fn learners_used(&mut self, learn: &[&Expr], own: &[Candidate], recipe: &Recipe) -> bool {
        let mut unused = Vec::new();
        for (expr, candidate) in learn.iter().zip(own) {
            let bare = !matches!(&expr.kind, ExprKind::Call { arguments, .. } if !arguments.is_empty());
            let mut said = false;
            visit(recipe, &mut |_, leaves| {
                said |= leaves.iter().any(|leaf| {
                    let same = leaf.settings == candidate.settings && leaf.grid == candidate.grid;
                    leaf.learner.card().name == candidate.learner.card().name && (bare || same)
                });
            });
            if !said {
                unused.push(expr.span);
            }
        }
        for span in &unused {
            let text = self.words(*span);
            self.tell(
                Fault::error(
                    "vacuous::unused-learner",
                    *span,
                    format!("`{text}` of `learn` is not used: the fusion names its own learners"),
                )
                .label("no block is learned from by it")
                .help("fuse blocks, as in `fuse late logistic(clinical, radiomics)`, or leave `learn` away"),
            );
        }
        unused.is_empty()
    }

    fn unused_preparations(&mut self, context: &ModelAbout) {
        for (block, place) in &context.places {
            if !context.blocks.iter().any(|(name, _)| name == block) {
                self.tell(
                    Fault::warning(
                        "vacuous::unused-preparation",
                        *place,
                        format!("`{block}` is prepared, and the model does not use it"),
                    )
                    .label("not used"),
                );
            }
        }
    }

    /// The columns of the patients' table that a block's preparation uses up, such as the centre of a
    /// harmonisation.
    fn used_up(&mut self, name: &str, block: &BlockAbout, context: &ModelAbout) -> Vec<BlockColumn> {
        let names = context.prepare.get(name).map_or_else(Vec::new, |steps| used_up(steps));
        let (Some(table), Some(span)) = (self.rows_table(&context.rows), context.places.get(name).copied()) else {
            return Vec::new();
        };
        let mut columns = Vec::new();
        for name in names.into_iter().filter(|name| block.columns.iter().all(|column| column.name != *name)) {
            if let Some(typed) = self.column(table, Purpose::Features, name, span) {
                columns.push(BlockColumn { name: name.to_owned(), ty: typed.ty, span });
            }
        }
        columns
    }

    /// Leaks through columns, missing values and levels of every block.
    fn blocks_sound(&mut self, context: &ModelAbout) {
        let Some(endpoint) = self.endpoints.get(&context.endpoint).cloned() else { return };
        let predict_at = context.predict_at.clone().or_else(|| self.plan.study.predict_at.clone());
        let others: Vec<_> = self.endpoints.values().filter(|other| other.name != endpoint.name).cloned().collect();
        for (block_name, id) in &context.blocks {
            let Some(block) = self.blocks.get(id).cloned() else { continue };
            let used_up = self.used_up(block_name, &block, context);
            for column in block.columns.iter().chain(&used_up) {
                let shared: BTreeSet<&String> = column.ty.lineage.intersection(&endpoint.lineage).collect();
                let name = &column.name;
                if let Some(through) = shared.first() {
                    let via = if *through == name { String::new() } else { format!(", through `{through}`") };
                    self.tell(
                        Fault::error(
                            "leak::outcome-defines-predictor",
                            column.span,
                            format!(
                                "`{name}` says whether `{}` happened{via}: it predicts the outcome from itself",
                                endpoint.name
                            ),
                        )
                        .label("part of the endpoint's definition")
                        .help("take it out of the features"),
                    );
                    continue;
                }
                if let Some(predict_at) = &predict_at
                    && is_after(&column.ty.known, predict_at) == Some(true)
                {
                    self.tell(
                        Fault::error(
                            "leak::known-after-prediction",
                            column.span,
                            format!(
                                "`{name}` is known at {}, but the prediction is made at {}",
                                time_words(&column.ty.known),
                                time_words(predict_at)
                            ),
                        )
                        .label("recorded too late")
                        .help("take it out of the features, or predict later: `predict at` of the study"),
                    );
                    continue;
                }
                if let Some(other) = others
                    .iter()
                    .find(|other| other.table == endpoint.table && !column.ty.lineage.is_disjoint(&other.lineage))
                    && column.ty.known == Known::Unknown
                {
                    self.tell(
                        Fault::error(
                            "leak::outcome-as-predictor",
                            column.span,
                            format!("`{name}` defines the endpoint `{}`, and nothing says that it is known when the prediction is made", other.name),
                        )
                        .label("an outcome as predictor")
                        .help("take it out, or state in the dictionary when it is known"),
                    );
                }
            }
            self.block_policies(block_name, &block, context);
        }
    }
}

/// Whether some leaf of a recipe is learned by the model's own learners.
fn relearns(recipe: &Recipe, own: &[Candidate]) -> bool {
    let mut found = false;
    visit(recipe, &mut |_, candidates| found |= same_learners(candidates, own));
    found
}

fn same_learners(candidates: &[Candidate], own: &[Candidate]) -> bool {
    candidates.len() == own.len()
        && candidates.iter().zip(own).all(|(a, b)| a.learner.card().name == b.learner.card().name)
}

/// The recipe of a parent with other learners in the place of its own.
fn relearned(recipe: &Recipe, old: &[Candidate], new: &[Candidate]) -> Recipe {
    match recipe {
        Recipe::Learn { blocks, candidates } if same_learners(candidates, old) && !new.is_empty() => {
            Recipe::Learn { blocks: blocks.clone(), candidates: new.to_vec() }
        }
        Recipe::Learn { .. } => recipe.clone(),
        Recipe::Late { rule, settings, parts } => Recipe::Late {
            rule: rule.clone(),
            settings: settings.clone(),
            parts: parts
                .iter()
                .map(|part| crate::learn::recipe::Part {
                    name: part.name.clone(),
                    recipe: relearned(&part.recipe, old, new),
                })
                .collect(),
        },
    }
}

/// Visits the learned leaves of a recipe.
pub(super) fn visit(recipe: &Recipe, f: &mut impl FnMut(&[String], &[Candidate])) {
    match recipe {
        Recipe::Learn { blocks, candidates } => f(blocks, candidates),
        Recipe::Late { parts, .. } => parts.iter().for_each(|part| visit(&part.recipe, f)),
    }
}

/// Names of the parts of a recipe, nested ones by a dotted name.
pub(super) fn part_names(recipe: &Recipe, names: &mut Vec<String>) {
    if let Recipe::Late { parts, .. } = recipe {
        for part in parts {
            names.push(part.name.clone());
            let mut inner = Vec::new();
            part_names(&part.recipe, &mut inner);
            names.extend(inner.into_iter().map(|name| format!("{}.{name}", part.name)));
        }
    }
}

pub(crate) fn resampling_words(over: &Resampling) -> String {
    match over {
        Resampling::Folds { folds, repeats: 1 } => format!("{folds} folds"),
        Resampling::Folds { folds, repeats } => format!("{folds} folds, {repeats} repeats"),
        Resampling::LeaveOut { column } => format!("leaving out each level of {column}"),
        Resampling::Bootstraps { resamples } => format!("{resamples} bootstraps"),
    }
}
