//! The order of work: data first, then keys, then whatever the store does not have, in parallel.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::Scope;

use crate::frame::fault::near;
use crate::plan::node::Operation;
use crate::plan::{Node, NodeId, Plan, Rows};
use crate::progress::{Cancelled, Watch};
use crate::random::Stream;

use super::fault::{Fault, FaultKind};
use super::frozen::{self, ModelFile, Record};
use super::key::Keys;
use super::operations;
use super::results::{Answer, FORMAT, Look, Notice, ResultTable, Results, StudyRecord};
use super::step::{Done, Made, Step};
use super::store::{Key, Store};
use super::world::World;
use super::{Failure, Inputs, Report};

/// An answer as the store keeps it.
#[derive(serde::Serialize, serde::Deserialize)]
struct Kept {
    answer: Answer,
    notices: Vec<Notice>,
}

pub(super) fn run(
    plan: &Plan,
    only: Option<&[NodeId]>,
    inputs: &Inputs,
    store: &Store,
    watch: &Watch,
) -> Result<Report, Failure> {
    let mut faults = Vec::new();
    for name in inputs.tables.keys() {
        let tables: Vec<&str> = plan
            .nodes()
            .iter()
            .filter(|node| matches!(node.operation, Operation::Table(_)))
            .map(super::world::word)
            .collect();
        if !tables.contains(&name.as_str()) {
            let near = near(name, tables).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
            faults.push(Fault::data("data::unbound", format!("the study has no table `{name}`{near}")));
        }
    }
    let mut world = World::new(plan, inputs.folder.clone());
    watch.begin("reading data", None);
    let below = only.map(|only| below(plan, only));
    faults.extend(read(&mut world, below.as_ref(), inputs, store, watch));
    watch.end("reading data");
    if !faults.is_empty() {
        return Err(Failure { faults, skipped: Vec::new(), report: None });
    }
    let world = world;
    let work = Work::plan(&world, only, below.as_ref(), store, watch, inputs.models);
    work.execute();
    work.finish()
}

/// The nodes asked for and all that they stand on.
fn below(plan: &Plan, asked: &[NodeId]) -> HashSet<NodeId> {
    let mut found: HashSet<NodeId> = asked.iter().copied().collect();
    // Inputs stand before the nodes that use them.
    for node in plan.nodes().iter().rev() {
        if found.contains(&node.id) {
            found.extend(node.inputs.iter().copied());
        }
    }
    found
}

/// Whether the node is evaluated with the data.
fn is_data(operation: &Operation) -> bool {
    matches!(
        operation,
        Operation::Table(_)
            | Operation::Images(_)
            | Operation::Derive(_)
            | Operation::Cohort(_)
            | Operation::Split(_)
            | Operation::Endpoint(_)
            | Operation::Columns(_)
    )
}

/// Whether the node is evaluated before the steps: data, and what is measured of images.
fn is_read(operation: &Operation) -> bool {
    is_data(operation) || matches!(operation, Operation::Extraction(_))
}

/// Evaluates the data nodes in order; a fault stops what stands on it and nothing else, so that
/// all faults of the data are told in one run.
fn read(
    world: &mut World<'_>,
    below: Option<&HashSet<NodeId>>,
    inputs: &Inputs,
    store: &Store,
    watch: &Watch,
) -> Vec<Fault> {
    let plan = world.plan;
    let root = Stream::root(plan.study.seed);
    let mut faults: Vec<Fault> = Vec::new();
    let mut failed: HashSet<NodeId> = HashSet::new();
    let wanted = |node: &&Node| is_read(&node.operation) && below.is_none_or(|below| below.contains(&node.id));
    for node in plan.nodes().iter().filter(wanted) {
        if node.inputs.iter().any(|input| failed.contains(input)) {
            failed.insert(node.id);
            continue;
        }
        let done = watch.check().map_err(Fault::from).and_then(|()| match &node.operation {
            Operation::Table(table) => {
                let bound = inputs.tables.get(super::world::word(node));
                operations::table::run(world, node, table, inputs, bound)
            }
            Operation::Derive(derive) => operations::derive::run(world, node, derive),
            Operation::Cohort(cohort) => operations::cohort::run(world, node, cohort),
            Operation::Split(split) => operations::split::run(world, node, split, &root.named(&node.stem)),
            Operation::Endpoint(endpoint) => operations::endpoint::run(world, node, endpoint),
            Operation::Columns(columns) => operations::columns::run(world, node, columns),
            Operation::Extraction(extraction) => {
                operations::extraction::run(world, node, extraction, &root.named(&node.stem), store, watch)
            }
            _ => Ok(()),
        });
        if let Err(fault) = done {
            failed.insert(node.id);
            if fault.code != "run::skipped" {
                faults.push(placed(fault, node));
            }
        }
    }
    faults
}

fn placed(fault: Fault, node: &Node) -> Fault {
    Fault { declaration: node.name.clone(), span: node.span, ..fault }
}

/// The steps that remain when the data is read.
struct Work<'a> {
    world: &'a World<'a>,
    store: &'a Store,
    watch: &'a Watch,
    /// In the order of the plan.
    steps: Vec<NodeId>,
    keys: HashMap<NodeId, Key>,
    stored: HashMap<NodeId, Kept>,
    /// Where models and groups are wanted as files: what is kept of them, and under which key.
    record_keys: HashMap<NodeId, Key>,
    records: Mutex<HashMap<NodeId, Record>>,
    /// Steps to run: without an answer in the store, or asked by such a one.
    running: Vec<NodeId>,
    waiting: HashMap<NodeId, AtomicUsize>,
    dependents: HashMap<NodeId, Vec<NodeId>>,
    made: Mutex<HashMap<NodeId, Made>>,
    done: Mutex<HashMap<NodeId, Result<Kept, Fault>>>,
}

impl<'a> Work<'a> {
    fn plan(
        world: &'a World<'a>,
        only: Option<&[NodeId]>,
        below: Option<&HashSet<NodeId>>,
        store: &'a Store,
        watch: &'a Watch,
        models: bool,
    ) -> Self {
        let plan = world.plan;
        let is_below = |id: &NodeId| below.is_none_or(|below| below.contains(id));
        let is_asked = |id: &NodeId| only.is_none_or(|only| only.contains(id));
        let mut keys = Keys::new(world);
        let mut known = HashMap::new();
        let mut stored = HashMap::new();
        let mut failed: HashMap<NodeId, Result<Kept, Fault>> = HashMap::new();
        let steps: Vec<NodeId> =
            plan.nodes().iter().filter(|node| !is_data(&node.operation)).map(|node| node.id).filter(is_below).collect();
        for id in &steps {
            let node = plan.node(*id);
            match keys.of(node) {
                Ok(key) => {
                    known.insert(*id, key);
                    if let Some(kept) = store.get(&key).and_then(|json| serde_json::from_value(json).ok()) {
                        stored.insert(*id, kept);
                    }
                }
                Err(fault) => {
                    failed.insert(*id, Err(placed(fault, node)));
                }
            }
        }
        let (mut record_keys, mut records) = (HashMap::new(), HashMap::new());
        for id in steps.iter().filter(|id| models && known.contains_key(id)) {
            let node = plan.node(*id);
            let horizons = match &node.operation {
                Operation::Model(_) => days(world, *id),
                Operation::Groups(_) => Vec::new(),
                _ => continue,
            };
            let Ok(key) = keys.record(node, &horizons) else { continue };
            record_keys.insert(*id, key);
            if let Some(record) = store.get(&key).and_then(|json| serde_json::from_value(json).ok()) {
                records.insert(*id, record);
            }
        }
        let in_steps: HashSet<NodeId> = steps.iter().copied().collect();
        let is_missing =
            |id: &NodeId| !stored.contains_key(id) || (record_keys.contains_key(id) && !records.contains_key(id));
        let mut needed: HashSet<NodeId> =
            steps.iter().copied().filter(|id| is_asked(id) && known.contains_key(id) && is_missing(id)).collect();
        for id in steps.iter().rev() {
            if needed.contains(id) {
                needed.extend(
                    asked(plan.node(*id))
                        .into_iter()
                        .filter(|input| in_steps.contains(input) && known.contains_key(input)),
                );
            }
        }
        let running: Vec<NodeId> = steps.iter().copied().filter(|id| needed.contains(id)).collect();
        // What was not asked for and did not have to be computed is not told.
        let steps: Vec<NodeId> =
            steps.into_iter().filter(|id| is_asked(id) || needed.contains(id) || failed.contains_key(id)).collect();
        let mut dependents: HashMap<NodeId, Vec<NodeId>> = HashMap::new();
        let mut waiting = HashMap::new();
        for id in &running {
            let inputs: HashSet<NodeId> =
                asked(plan.node(*id)).into_iter().filter(|input| needed.contains(input)).collect();
            waiting.insert(*id, AtomicUsize::new(inputs.len()));
            for input in inputs {
                dependents.entry(input).or_default().push(*id);
            }
        }
        Work {
            world,
            store,
            watch,
            steps,
            keys: known,
            stored,
            record_keys,
            records: Mutex::new(records),
            running,
            waiting,
            dependents,
            made: Mutex::new(HashMap::new()),
            done: Mutex::new(failed),
        }
    }

    fn execute(&self) {
        self.watch.begin("steps", Some(self.running.len() as u64));
        rayon::scope(|scope| {
            for id in &self.running {
                if self.waiting.get(id).is_some_and(|count| count.load(Ordering::SeqCst) == 0) {
                    self.spawn(scope, *id);
                }
            }
        });
        self.watch.end("steps");
    }

    fn spawn<'s>(&'s self, scope: &Scope<'s>, id: NodeId) {
        scope.spawn(move |scope| {
            self.run(id);
            for dependent in self.dependents.get(&id).into_iter().flatten() {
                let left = self.waiting.get(dependent).map(|count| count.fetch_sub(1, Ordering::SeqCst));
                if left == Some(1) {
                    self.spawn(scope, *dependent);
                }
            }
        });
    }

    fn run(&self, id: NodeId) {
        let node = self.world.plan.node(id);
        let Some(key) = self.keys.get(&id) else { return };
        self.watch.begin(&node.name, None);
        let outcome = catch_unwind(AssertUnwindSafe(|| self.step(node, *key))).unwrap_or_else(|_| {
            Err(Fault::run("run::internal", "an error inside Diptych itself stopped this step")
                .helped("please report it with the study; the other steps are not affected"))
        });
        self.watch.end(&node.name);
        self.watch.advance("steps", 1);
        if let Ok(mut done) = self.done.lock() {
            done.insert(id, outcome.map_err(|fault| placed(fault, node)));
        }
    }

    fn step(&self, node: &Node, key: Key) -> Result<Kept, Fault> {
        self.watch.check()?;
        let step = Step {
            world: self.world,
            node,
            stream: Stream::root(self.world.plan.study.seed).named(&node.stem),
            watch: self.watch,
            store: self.store,
            key,
            made: &self.made,
            notices: Mutex::new(Vec::new()),
        };
        let Done { answer, made } = operate(&step)?;
        self.keep(node, &made)?;
        if !matches!(made, Made::Nothing)
            && let Ok(mut all) = self.made.lock()
        {
            all.insert(node.id, made);
        }
        let kept = Kept { answer, notices: step.notices.into_inner().unwrap_or_default() };
        if !self.stored.contains_key(&node.id)
            && let Ok(json) = serde_json::to_value(&kept)
        {
            // What cannot be kept is computed again next time: slower, not wrong.
            let _ = self.store.put(&key, &json);
        }
        Ok(kept)
    }

    /// Keeps what a file of the step's model needs beside its answer.
    fn keep(&self, node: &Node, made: &Made) -> Result<(), Fault> {
        let Some(key) = self.record_keys.get(&node.id) else { return Ok(()) };
        if self.records.lock().is_ok_and(|records| records.contains_key(&node.id)) {
            return Ok(());
        }
        if let Some(record) = frozen::record(made, &days(self.world, node.id))?
            && let Ok(mut records) = self.records.lock()
        {
            if let Ok(json) = serde_json::to_value(&record) {
                // What cannot be kept is computed again next time: slower, not wrong.
                let _ = self.store.put(key, &json);
            }
            records.insert(node.id, record);
        }
        Ok(())
    }

    /// The models as files, each with its predictions.
    fn models(&self, study: &StudyRecord, answers: &[Answer]) -> Result<Vec<(ModelFile, ResultTable)>, Fault> {
        let records = self.records.lock().map(|records| records.clone()).unwrap_or_default();
        let groups: BTreeMap<NodeId, Record> = records
            .iter()
            .filter(|(_, record)| matches!(record, Record::Groups { .. }))
            .map(|(id, record)| (*id, record.clone()))
            .collect();
        let estimates: Vec<_> = answers.iter().flat_map(|answer| answer.estimates.iter().cloned()).collect();
        let mut files = Vec::new();
        for id in &self.steps {
            let node = self.world.plan.node(*id);
            let (Operation::Model(spec), Some(Record::Model(scores))) = (&node.operation, records.get(id)) else {
                continue;
            };
            let made = self.made.lock().ok().and_then(|made| match made.get(id) {
                Some(Made::Model(model)) => Some(model.fitted.freeze()),
                _ => None,
            });
            let kept = || self.keys.get(id).and_then(|key| self.store.get(&key.piece("fitted")));
            let Some(design) = made.or_else(kept) else { continue };
            let accepted: Vec<(String, String)> = accepted(self.world.plan, node).into_iter().collect();
            let parts = frozen::Parts {
                world: self.world,
                node,
                spec,
                design,
                scores,
                groups: &groups,
                study,
                estimates: &estimates,
                accepted: &accepted,
            };
            files.push(frozen::assemble(&parts).map_err(|fault| placed(fault, node))?);
        }
        Ok(files)
    }

    fn finish(mut self) -> Result<Report, Failure> {
        let plan = self.world.plan;
        let mut done = self.done.lock().map(|mut done| std::mem::take(&mut *done)).unwrap_or_default();
        let mut stored = std::mem::take(&mut self.stored);
        let (mut answers, mut notices, mut faults) = (Vec::new(), self.world.notices.clone(), Vec::new());
        let (mut computed, mut from_store, mut looks) = (Vec::new(), Vec::new(), Vec::new());
        for id in &self.steps {
            let node = plan.node(*id);
            let was_stored = stored.contains_key(id);
            let kept = match (done.remove(id), stored.remove(id)) {
                (Some(Err(fault)), _) => {
                    faults.push(fault);
                    continue;
                }
                (_, Some(kept)) | (Some(Ok(kept)), None) => kept,
                (None, None) => {
                    faults.push(placed(Cancelled.into(), node));
                    continue;
                }
            };
            if was_stored { &mut from_store } else { &mut computed }.push(node.name.clone());
            looks.extend(look(plan, node));
            notices.extend(named(node, kept.notices));
            answers.push(told(plan, node, kept.answer));
        }
        // What is to be heeded of a model is told with every answer that stands on it, also where the
        // answer came from the store and the model was not asked.
        for node in plan.nodes() {
            if let Some(kept) = stored.remove(&node.id) {
                notices.extend(named(node, kept.notices));
            }
        }
        let study = &plan.study;
        let results = Results {
            format: FORMAT,
            study: StudyRecord {
                name: study.name.clone(),
                documentation: study.documentation.clone(),
                seed: study.seed,
                level: study.level,
                resamples: study.resamples,
                report: study.report.clone(),
                version: env!("CARGO_PKG_VERSION").to_owned(),
            },
            data: self.world.records.clone(),
            answers,
            notices,
            looks,
        };
        let mut models = Vec::new();
        if !self.record_keys.is_empty() {
            match self.models(&results.study, &results.answers) {
                Ok(files) => models = files,
                Err(fault) => faults.push(fault),
            }
        }
        let report = Report { results, computed, stored: from_store, models };
        // What did not run because something else failed is no fault of its own.
        if faults.is_empty() {
            return Ok(report);
        }
        let (skipped, told): (Vec<Fault>, Vec<Fault>) =
            faults.iter().cloned().partition(|fault| fault.code == "run::skipped");
        let stopped = told.iter().all(|fault| fault.kind == FaultKind::Stopped) && !told.is_empty();
        let faults = if stopped {
            told.into_iter().take(1).collect()
        } else if told.is_empty() {
            faults
        } else {
            told
        };
        Err(Failure { faults, skipped, report: Some(Box::new(report)) })
    }
}

/// Notices of a step under its name: what is kept speaks of it by its stem.
fn named(node: &Node, notices: Vec<Notice>) -> impl Iterator<Item = Notice> {
    notices.into_iter().map(move |mut notice| {
        if notice.declaration == node.stem {
            notice.declaration.clone_from(&node.name);
        }
        notice
    })
}

/// Days at which the study judges a model.
fn days(world: &World<'_>, model: NodeId) -> Vec<f64> {
    frozen::horizons(world, model).into_iter().map(|horizon| horizon.days).collect()
}

fn operate(step: &Step<'_>) -> Result<Done, Fault> {
    let nothing = |answer: Answer| Done { answer, made: Made::Nothing };
    match &step.node.operation {
        Operation::Model(model) => operations::model::run(step, model),
        Operation::Groups(groups) => operations::groups::run(step, groups),
        Operation::Flow(flow) => operations::flow::run(step, flow).map(nothing),
        Operation::Describe(describe) => operations::describe::run(step, describe).map(nothing),
        Operation::Evaluate(evaluate) => operations::evaluate::run(step, evaluate).map(nothing),
        Operation::Infer(infer) => operations::infer::run(step, infer).map(nothing),
        Operation::Extraction(_) => Ok(nothing(step.world.extraction(step.node.id)?.answer.clone())),
        Operation::Correlate(correlate) => operations::correlate::run(step, correlate).map(nothing),
        Operation::Explain(explain) => operations::explain::run(step, explain).map(nothing),
        Operation::Quadrants(quadrants) => operations::quadrants::run(step, quadrants).map(nothing),
        Operation::Stratify(stratify) => operations::stratify::run(step, stratify).map(nothing),
        Operation::Contrast(contrast) => operations::contrast::run(step, contrast).map(nothing),
        Operation::Recalibrate(recalibrate) => operations::recalibrate::run(step, recalibrate).map(nothing),
        _ => Ok(nothing(Answer::default())),
    }
}

/// Steps whose results a step asks: models, groups, extractions.
fn asked(node: &Node) -> Vec<NodeId> {
    node.inputs.clone()
}

/// An answer with what the plan knows of its declaration.
fn told(plan: &Plan, node: &Node, mut answer: Answer) -> Answer {
    let accepted = accepted(plan, node);
    answer.declaration.clone_from(&node.name);
    answer.documentation.clone_from(&node.documentation);
    answer.defaults = node.defaults.iter().map(|spelt| (spelt.what.clone(), spelt.value.clone())).collect();
    for estimate in &mut answer.estimates {
        estimate.declaration.clone_from(&node.name);
        estimate.labels = accepted.keys().cloned().collect();
    }
    answer.accepted = accepted.into_iter().collect();
    answer
}

/// What the study accepted here or upstream, by code.
fn accepted(plan: &Plan, node: &Node) -> BTreeMap<String, String> {
    let mut accepted = BTreeMap::new();
    let mut seen = HashSet::new();
    let mut open = vec![node.id];
    while let Some(id) = open.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = plan.node(id);
        for acceptance in &node.accepted {
            accepted.entry(acceptance.code.clone()).or_insert_with(|| acceptance.reason.clone());
        }
        open.extend(&node.inputs);
    }
    accepted
}

/// The sealed parts whose outcome this step looks at.
fn look(plan: &Plan, node: &Node) -> Vec<Look> {
    let rows: Vec<&Rows> = match &node.operation {
        Operation::Evaluate(evaluate) => evaluate.on.iter().collect(),
        Operation::Stratify(stratify) => stratify.on.iter().collect(),
        Operation::Quadrants(quadrants) => quadrants.on.iter().collect(),
        Operation::Infer(infer) => vec![&infer.rows],
        Operation::Recalibrate(recalibrate) => vec![&recalibrate.on],
        Operation::Describe(describe) if !describe.endpoints.is_empty() => vec![&describe.rows],
        Operation::Model(model) => vec![&model.rows],
        _ => Vec::new(),
    };
    rows.into_iter()
        .filter_map(|rows| match rows {
            Rows::Part { split, part } => match &plan.node(*split).operation {
                Operation::Split(split) if split.sealed.contains(part) => {
                    Some(Look { part: part.clone(), declaration: node.name.clone() })
                }
                _ => None,
            },
            _ => None,
        })
        .collect()
}
