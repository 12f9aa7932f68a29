//! Keys of the store: the hash of everything that an answer follows from, and of nothing else.
//! Numbers of nodes do not count, so that a declaration added elsewhere changes no key.

use std::collections::HashMap;

use serde_json::{Value as Json, json};

use crate::card::Settings;
use crate::frame::evaluate::columns;
use crate::frame::expression::Expression;
use crate::learn::recipe::{Candidate, Design, Recipe, Resampling, Search};
use crate::learn::{Block, Values};
use crate::plan::node::{Along, Competing, Cut, Grouping, Model, ModelRef, Operation, Term};
use crate::plan::{Node, NodeId, Rows};
use crate::stats::Outcome;

use super::fault::Fault;
use super::store::Key;
use super::world::{EndpointValue, World};

/// Keys of the steps of a plan; those of models are found before those of what asks them.
pub struct Keys<'a> {
    world: &'a World<'a>,
    known: HashMap<NodeId, Key>,
}

impl<'a> Keys<'a> {
    pub fn new(world: &'a World<'a>) -> Self {
        Keys { world, known: HashMap::new() }
    }

    /// The key of a step whose inputs have theirs.
    ///
    /// # Errors
    /// An input has no value.
    pub fn of(&mut self, node: &Node) -> Result<Key, Fault> {
        let body = self.body(node)?;
        let study = &self.world.plan.study;
        let whole = json!({
            "seed": study.seed,
            "level": study.level,
            "resamples": study.resamples,
            "name": node.stem,
            "step": body,
        });
        let key = Key(*blake3::hash(whole.to_string().as_bytes()).as_bytes());
        self.known.insert(node.id, key);
        Ok(key)
    }

    /// The key of what is kept of a model or of groups beside their answer: it follows from every
    /// row of the model's table as well, and from the horizons at which it is asked.
    ///
    /// # Errors
    /// A step without a key.
    pub fn record(&self, node: &Node, horizons: &[f64]) -> Result<Key, Fault> {
        let key = self.known.get(&node.id).ok_or_else(|| Fault::run("run::skipped", "not run"))?;
        let whole = match &node.operation {
            Operation::Groups(groups) => self.whole_data(groups.model.model)?,
            _ => self.whole_data(node.id)?,
        };
        Ok(key.piece(&format!("record {}", json!([whole, horizons]))))
    }

    fn body(&self, node: &Node) -> Result<Json, Fault> {
        let world = self.world;
        Ok(match &node.operation {
            Operation::Table(_)
            | Operation::Derive(_)
            | Operation::Cohort(_)
            | Operation::Split(_)
            | Operation::Endpoint(_)
            | Operation::Columns(_) => Json::Null,
            Operation::Images(images) => json!({ "images": images.pattern, "masks": images.masks }),
            // What was measured is remembered by the files; the answer follows from it.
            Operation::Extraction(_) => json!({ "answer": world.extraction(node.id)?.answer }),
            Operation::Model(model) => self.model(model)?,
            // Everybody of the table is put into a group, so everybody's data counts.
            Operation::Groups(groups) => json!({
                "model": self.model_ref(&groups.model)?,
                "cut": cut(&groups.cut),
                "from": match &groups.from { Some(rows) => self.rows(rows, &[])?, None => Json::Null },
                "all": self.whole_data(groups.model.model)?,
            }),
            Operation::Flow(flow) => {
                let cohort = world.cohort(flow.cohort)?;
                let steps: Vec<Json> = cohort
                    .steps
                    .iter()
                    .map(|s| json!([s.include, s.label, s.before, s.removed, s.unknown, s.unknown_stays, s.after]))
                    .collect();
                let mut splits = Vec::new();
                for split in &flow.splits {
                    let split = world.split(*split)?;
                    let parts: Vec<Json> = split.parts.iter().map(|(name, rows)| json!([name, rows.len()])).collect();
                    splits.push(json!([parts, split.unused]));
                }
                json!({ "start": cohort.start, "steps": steps, "splits": splits })
            }
            Operation::Describe(describe) => {
                let set = world.rows(&describe.rows)?;
                let table = world.table(set.table)?;
                let mut used = if describe.columns.is_empty() {
                    table.table.names().take(table.own).map(str::to_owned).collect()
                } else {
                    describe.columns.clone()
                };
                let by = match &describe.by {
                    None => Json::Null,
                    Some(Grouping::Expression { label, expression }) => {
                        used.extend(columns(expression));
                        json!([label, expression])
                    }
                    Some(Grouping::Parts(split)) => {
                        json!(world.split(*split)?.parts)
                    }
                    Some(Grouping::Groups(id)) => self.known(*id)?,
                };
                json!({
                    "rows": self.rows(&describe.rows, &used)?,
                    "units": used.iter().map(|name| world.unit(set.table, name)).collect::<Vec<_>>(),
                    "by": by, "columns": describe.columns, "show": describe.show,
                    "told": [&describe.mean, &describe.median, &describe.levels], "adjust": describe.adjust,
                    "endpoints": self.endpoints(&describe.endpoints, &describe.rows)?,
                })
            }
            Operation::Correlate(correlate) => json!({
                "models": self.model_refs(&correlate.models)?,
                "data": correlate.models.iter().map(|m| self.model_data(m.model, &correlate.rows)).collect::<Result<Vec<_>, _>>()?,
                "columns": correlate.columns,
                "blocks": correlate.blocks.iter().map(|block| self.block(block, &correlate.rows)).collect::<Result<Vec<_>, _>>()?,
                "rows": self.rows(&correlate.rows, &names(correlate.columns.iter().map(|(_, e)| e)))?,
                "method": correlate.method,
            }),
            Operation::Evaluate(evaluate) => {
                let mut on = Vec::new();
                for rows in &evaluate.on {
                    let mut seen = Vec::new();
                    for model in evaluate.models.iter().chain(&evaluate.against) {
                        seen.push(self.model_data(model.model, rows)?);
                    }
                    let used = match &evaluate.over {
                        Some(Resampling::LeaveOut { column }) => vec![column.clone()],
                        _ => Vec::new(),
                    };
                    on.push(json!([self.rows(rows, &used)?, seen]));
                }
                json!({
                    "models": self.model_refs(&evaluate.models)?,
                    "against": self.model_refs(&evaluate.against)?,
                    "on": on,
                    "over": evaluate.over.as_ref().map(resampling),
                    "horizons": evaluate.horizons, "labels": evaluate.horizon_labels,
                    "metrics": evaluate.metrics, "figures": evaluate.figures,
                    "adjust": evaluate.adjust, "bca": evaluate.bca,
                    "apparent": evaluate.apparent, "threshold": evaluate.threshold,
                })
            }
            Operation::Explain(explain) => json!({
                "models": self.model_refs(&explain.models)?,
                "method": explain.method, "settings": settings(&explain.settings),
                "horizon": explain.horizon, "over": resampling(&explain.over),
                "rows": self.rows(&explain.rows, &[])?,
                "data": explain.models.iter().map(|m| self.model_data(m.model, &explain.rows)).collect::<Result<Vec<_>, _>>()?,
            }),
            Operation::Quadrants(quadrants) => {
                let on = quadrants
                    .on
                    .iter()
                    .map(|rows| Ok(json!([self.rows(rows, &[])?, self.endpoints(&quadrants.endpoints, rows)?])))
                    .collect::<Result<Vec<_>, Fault>>()?;
                json!({ "first": self.known(quadrants.first)?, "second": self.known(quadrants.second)?, "on": on })
            }
            Operation::Stratify(stratify) => {
                let used = names(stratify.within.iter().chain(&stratify.adjust_for).map(|(_, expression)| expression));
                let on = stratify
                    .on
                    .iter()
                    .map(|rows| Ok(json!([self.rows(rows, &used)?, self.endpoints(&[stratify.endpoint], rows)?])))
                    .collect::<Result<Vec<_>, Fault>>()?;
                json!({ "by": self.known(stratify.by)?, "within": stratify.within, "adjust": stratify.adjust_for, "on": on })
            }
            Operation::Contrast(contrast) => {
                let mut by = Vec::new();
                let mut used = names(contrast.adjust_for.iter().map(|(_, expression)| expression));
                for along in &contrast.by {
                    by.push(match along {
                        Along::Model(model) => {
                            json!([self.model_ref(model)?, self.model_data(model.model, &contrast.rows)?])
                        }
                        Along::Groups(id) => self.known(*id)?,
                        Along::Column { label, expression } => {
                            for name in columns(expression) {
                                if !used.contains(&name) {
                                    used.push(name);
                                }
                            }
                            json!([label, expression])
                        }
                    });
                }
                let enrich: Vec<Json> = contrast
                    .enrich
                    .iter()
                    .map(|enrich| {
                        // A file that cannot be read is told when it is asked.
                        let files: Vec<Json> = enrich
                            .files
                            .iter()
                            .map(|file| {
                                let content = std::fs::read(world.folder.join(file)).ok();
                                json!([file, content.map(|bytes| hex(blake3::hash(&bytes).as_bytes()))])
                            })
                            .collect();
                        json!([enrich.method, files, settings(&enrich.settings)])
                    })
                    .collect();
                json!({
                    "by": by,
                    "rows": self.rows(&contrast.rows, &used)?,
                    "expression": hex(&world.expression(contrast.expression)?.hash()),
                    "adjust": contrast.adjust_for,
                    "test": contrast.test,
                    "settings": settings(&contrast.test_settings),
                    "enrich": enrich,
                })
            }
            Operation::Infer(infer) => {
                let formula = &infer.formula;
                let terms = |terms: &[Term]| -> Vec<Json> {
                    terms
                        .iter()
                        .map(|term| {
                            json!([
                                term.label,
                                term.factors
                                    .iter()
                                    .map(|f| json!([f.label, f.expression, f.knots]))
                                    .collect::<Vec<_>>()
                            ])
                        })
                        .collect()
                };
                let mut expressions: Vec<&Expression> = formula.response.iter().collect();
                for term in formula.terms.iter().chain(&formula.each) {
                    expressions.extend(term.factors.iter().map(|factor| &factor.expression));
                }
                let named = formula.strata.iter().chain(&formula.cluster).chain(&formula.weights);
                expressions.extend(named.map(|(_, expression)| expression));
                let mut endpoints: Vec<NodeId> = infer.endpoint.into_iter().collect();
                let mut events = Vec::new();
                for competing in &infer.competing {
                    match competing {
                        Competing::Endpoint(id) => endpoints.push(*id),
                        Competing::Event(expression) => {
                            expressions.push(expression);
                            events.push(expression);
                        }
                    }
                }
                json!({
                    "procedure": infer.procedure,
                    "settings": settings(&infer.settings),
                    "response": formula.response, "label": formula.response_label,
                    "terms": terms(&formula.terms), "each": terms(&formula.each),
                    "strata": formula.strata, "cluster": formula.cluster, "weights": formula.weights,
                    "competing": events,
                    "rows": self.rows(&infer.rows, &names(expressions.into_iter()))?,
                    "endpoint": self.endpoints(&endpoints, &infer.rows)?,
                })
            }
            Operation::Recalibrate(recalibrate) => json!({
                "model": self.model_ref(&recalibrate.model)?,
                "method": recalibrate.method,
                "data": self.model_data(recalibrate.model.model, &recalibrate.on)?,
            }),
        })
    }

    fn known(&self, id: NodeId) -> Result<Json, Fault> {
        self.known.get(&id).map(|key| Json::String(key.hex())).ok_or_else(|| {
            Fault::run("run::skipped", format!("not run, because `{}` has no result", self.world.plan.node(id).name))
        })
    }

    fn model_ref(&self, model: &ModelRef) -> Result<Json, Fault> {
        Ok(json!([self.known(model.model)?, model.part]))
    }

    fn model_refs(&self, models: &[ModelRef]) -> Result<Vec<Json>, Fault> {
        models.iter().map(|model| self.model_ref(model)).collect()
    }

    fn model(&self, model: &Model) -> Result<Json, Fault> {
        Ok(json!({ "design": design(&model.design), "data": self.data(model, &model.rows)? }))
    }

    /// What a model sees of some rows.
    fn model_data(&self, id: NodeId, rows: &Rows) -> Result<Json, Fault> {
        match &self.world.plan.node(id).operation {
            Operation::Model(model) => self.data(model, rows),
            Operation::Recalibrate(recalibrate) => self.model_data(recalibrate.model.model, rows),
            _ => Ok(Json::Null),
        }
    }

    /// What a model sees of its whole table.
    fn whole_data(&self, id: NodeId) -> Result<Json, Fault> {
        match &self.world.plan.node(id).operation {
            Operation::Model(model) => self.data(model, &Rows::Table(self.world.rows(&model.rows)?.table)),
            Operation::Recalibrate(recalibrate) => self.whole_data(recalibrate.model.model),
            _ => Ok(Json::Null),
        }
    }

    fn block(&self, (name, id): &(String, NodeId), rows: &Rows) -> Result<Json, Fault> {
        let set = self.world.rows(rows)?;
        Ok(json!([name, block_hash(&self.world.block_on(*id, set.table)?, &set.rows)]))
    }

    fn data(&self, model: &Model, rows: &Rows) -> Result<Json, Fault> {
        let set = self.world.rows(rows)?;
        let mut blocks = Vec::new();
        for (name, id) in &model.blocks {
            let block = self.world.block_of(model, name, *id, set.table)?;
            blocks.push(json!([name, block_hash(&block, &set.rows)]));
        }
        let mut columns = Vec::new();
        for column in leave_out_columns(&model.design) {
            columns.push(column);
        }
        Ok(json!({
            "rows": self.rows(rows, &columns)?,
            "blocks": blocks,
            "endpoint": self.endpoints(&[model.endpoint], rows)?,
        }))
    }

    /// Row numbers with their patients, and the columns used on them.
    fn rows(&self, rows: &Rows, used: &[String]) -> Result<Json, Fault> {
        let set = self.world.rows(rows)?;
        let table = self.world.table(set.table)?;
        let mut hasher = blake3::Hasher::new();
        for row in &set.rows {
            hasher.update(&(*row as u64).to_le_bytes());
            hasher.update(table.keys.name(*row).as_bytes());
            hasher.update(&[0]);
        }
        let mut cells = Vec::new();
        for name in used {
            let hash = match table.table.get(name) {
                Some(cells) => hex(&cells.select(set.rows.iter().copied().map(Some)).hash()),
                // Presence in another table, which its own content decides.
                None => hex(&self.world.evaluate(&Expression::Column(name.clone()), set.table)?.hash()),
            };
            // The order of declared levels decides the reference.
            let levels = table.dictionary.columns.get(name).map(|entry| &entry.levels);
            cells.push(json!([name, hash, levels]));
        }
        Ok(json!([set.label, hex(hasher.finalize().as_bytes()), cells, table.repeated]))
    }

    fn endpoints(&self, ids: &[NodeId], rows: &Rows) -> Result<Vec<Json>, Fault> {
        let set = self.world.rows(rows)?;
        ids.iter()
            .map(|id| {
                let endpoint = self.world.endpoint_on(*id, set.table)?;
                Ok(json!([
                    endpoint.name,
                    endpoint_hash(&endpoint, &set.rows),
                    endpoint.unit.map(|unit| unit.to_string())
                ]))
            })
            .collect()
    }
}

fn hex(hash: &[u8; 32]) -> String {
    blake3::Hash::from_bytes(*hash).to_hex().to_string()
}

fn names<'e>(expressions: impl Iterator<Item = &'e Expression>) -> Vec<String> {
    let mut all = Vec::new();
    for expression in expressions {
        for name in columns(expression) {
            if !all.contains(&name) {
                all.push(name);
            }
        }
    }
    all
}

fn block_hash(block: &Block, rows: &[usize]) -> String {
    let mut hasher = blake3::Hasher::new();
    for column in block.columns() {
        hasher.update(column.name.as_bytes());
        hasher.update(&[0]);
        match &column.values {
            Values::Number(values) => {
                for row in rows {
                    let value = values[*row];
                    let bits = if value.is_nan() { u64::MAX } else { (value + 0.0).to_bits() };
                    hasher.update(&bits.to_le_bytes());
                }
            }
            Values::Level { codes, levels } => {
                for level in levels {
                    hasher.update(level.as_bytes());
                    hasher.update(&[0]);
                }
                for row in rows {
                    hasher.update(&codes[*row].unwrap_or(u32::MAX).to_le_bytes());
                }
            }
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn endpoint_hash(endpoint: &EndpointValue, rows: &[usize]) -> String {
    let mut hasher = blake3::Hasher::new();
    for row in rows {
        hasher.update(&[u8::from(endpoint.known[*row])]);
        match &endpoint.outcome {
            Outcome::Binary(values) => {
                hasher.update(&[u8::from(values[*row])]);
            }
            Outcome::Nominal(classes) => {
                hasher.update(classes.levels.get(classes.class[*row]).map_or("", String::as_str).as_bytes());
                hasher.update(&[0]);
            }
            Outcome::Continuous(values) => {
                hasher.update(&values[*row].to_bits().to_le_bytes());
            }
            Outcome::Survival(censored) => {
                hasher.update(&censored.time[*row].to_bits().to_le_bytes());
                hasher.update(&[censored.event[*row]]);
                if let Some(entry) = &censored.entry {
                    hasher.update(&entry[*row].to_bits().to_le_bytes());
                }
            }
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn settings(settings: &Settings) -> Json {
    Json::Array(settings.iter().map(|(name, value)| json!([name, value])).collect())
}

fn resampling(resampling: &Resampling) -> Json {
    match resampling {
        Resampling::Folds { folds, repeats } => json!({ "folds": folds, "repeats": repeats }),
        Resampling::LeaveOut { column } => json!({ "leave-out": column }),
        Resampling::Bootstraps { resamples } => json!({ "bootstraps": resamples }),
    }
}

fn search(search: &Search) -> Json {
    json!([search.metric, resampling(&search.over), search.draws, search.one_standard_error])
}

fn design(design: &Design) -> Json {
    let prepare: Vec<Json> = design
        .prepare
        .iter()
        .map(|(block, steps)| {
            json!([block, steps.iter().map(|s| json!([s.step.card().name, settings(&s.settings)])).collect::<Vec<_>>()])
        })
        .collect();
    json!({
        "recipe": recipe(&design.recipe),
        "prepare": prepare,
        "choose": design.choose.as_ref().map(search),
        "tune": design.tune.as_ref().map(search),
        "cross-fit": resampling(&design.cross_fit),
    })
}

fn recipe(recipe_: &Recipe) -> Json {
    match recipe_ {
        Recipe::Learn { blocks, candidates } => {
            json!({ "blocks": blocks, "candidates": candidates.iter().map(candidate).collect::<Vec<_>>() })
        }
        Recipe::Late { rule, settings: given, parts } => json!({
            "rule": rule,
            "settings": settings(given),
            "parts": parts.iter().map(|part| json!([part.name, recipe(&part.recipe)])).collect::<Vec<_>>(),
        }),
    }
}

fn candidate(candidate: &Candidate) -> Json {
    json!([candidate.learner.card().name, settings(&candidate.settings), candidate.grid])
}

fn cut(cut: &Cut) -> Json {
    match cut {
        Cut::At(values) => json!({ "at": values }),
        Cut::Median => json!("median"),
        Cut::Tertiles => json!("tertiles"),
        Cut::MaximallySelected => json!("maximally selected"),
        Cut::Youden => json!("Youden"),
        Cut::Threshold(criterion) => json!({ "threshold": criterion }),
    }
}

/// Columns whose levels a resampling of the design leaves out.
pub fn leave_out_columns(design: &Design) -> Vec<String> {
    let searches = design.choose.iter().chain(&design.tune).map(|search| &search.over);
    let mut columns: Vec<String> = std::iter::once(&design.cross_fit)
        .chain(searches)
        .filter_map(|over| if let Resampling::LeaveOut { column } = over { Some(column.clone()) } else { None })
        .collect();
    columns.sort();
    columns.dedup();
    columns
}
