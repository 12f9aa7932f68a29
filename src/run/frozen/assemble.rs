//! Model files and tables of predictions out of a finished run.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::card::EndpointKind;
use crate::frame::expression::Type;
use crate::frame::{Cells, evaluate};
use crate::fuse::{self, FittedDesign};
use crate::learn::{Block, Values};
use crate::plan::node::{Endpoint, Model, Operation};
use crate::plan::{Known, Node, NodeId, canonical, describe};
use crate::run::fault::Fault;
use crate::run::operations::model::Data;
use crate::run::results::{Cell, EstimateRecord, ResultTable, StudyRecord};
use crate::run::world::{World, word};
use crate::stats::Outcome;

use super::predictions::{group, predicted};
use super::record::{Record, Scores};
use super::{
    BackgroundBlock, BlockSource, ColumnRule, DerivedColumn, EndpointText, FORMAT, FittedOn, GroupRule, Horizon,
    InputBlock, InputTable, KIND, ModelFile,
};

/// Training rows that explanations average over.
const BACKGROUND: usize = 50;
/// Times of a survival curve.
const CURVE: usize = 60;

/// What the assembly of one model takes from a finished run.
pub struct Parts<'r> {
    pub world: &'r World<'r>,
    pub node: &'r Node,
    pub spec: &'r Model,
    /// Frozen.
    pub design: Json,
    pub scores: &'r Scores,
    /// Groups by their step, with what was kept of them.
    pub groups: &'r BTreeMap<NodeId, Record>,
    pub study: &'r StudyRecord,
    pub estimates: &'r [EstimateRecord],
    pub accepted: &'r [(String, String)],
}

/// The horizons at which a study judges a model, with their labels.
pub fn horizons(world: &World<'_>, model: NodeId) -> Vec<Horizon> {
    let mut all: Vec<Horizon> = Vec::new();
    for node in world.plan.nodes() {
        let Operation::Evaluate(evaluate) = &node.operation else { continue };
        if !evaluate.models.iter().chain(&evaluate.against).any(|reference| reference.model == model) {
            continue;
        }
        for (days, label) in evaluate.horizons.iter().zip(&evaluate.horizon_labels) {
            if !all.iter().any(|known| known.days == *days) {
                all.push(Horizon { label: label.clone(), days: *days });
            }
        }
    }
    all.sort_by(|left, right| left.days.total_cmp(&right.days));
    all
}

/// The model as a file and the predictions of every patient of its table.
///
/// # Errors
/// A design that cannot be read back, a column that went away; both are faults of Diptych.
pub fn assemble(parts: &Parts<'_>) -> Result<(ModelFile, ResultTable), Fault> {
    let Parts { world, node, spec, .. } = parts;
    let set = world.rows(&spec.rows)?;
    let data = Data::gather(world, spec, set.table, &[])?;
    let fitted = FittedDesign::thaw(&parts.design)?;
    let mut used = used(&fitted, &data.blocks);
    for (block, _) in &spec.blocks {
        used.entry(block.clone()).or_default().extend(spec.design.used_up(block).into_iter().map(str::to_owned));
    }
    let training: Vec<usize> = set.rows.iter().copied().filter(|row| data.endpoint.known[*row]).collect();

    let (tables, derived, blocks) = inputs(world, spec, &data, &used, &training)?;
    let groups = groups(parts);
    let quadrants = quadrants(world, &groups);
    let horizons = horizons(world, node.id);
    let endpoint = world.plan.node(spec.endpoint);
    let (definition, documentation) = match &endpoint.operation {
        Operation::Endpoint(Endpoint { .. }) => {
            (canonical::parameters(endpoint)["definition"].clone(), endpoint.documentation.clone())
        }
        _ => (Json::Null, String::new()),
    };
    let curve = match &data.endpoint.outcome.select(&training) {
        Outcome::Survival(censored) => {
            let last = (0..censored.len())
                .filter(|row| censored.event[*row] == 1)
                .map(|row| censored.time[row])
                .fold(0.0, f64::max);
            (1..=CURVE).map(|step| last * step as f64 / CURVE as f64).collect()
        }
        _ => Vec::new(),
    };
    let name = word(node).to_owned();
    let own = |model: &str| model == name || model.strip_prefix(&name).is_some_and(|rest| rest.starts_with('.'));
    let file = ModelFile {
        kind: KIND.to_owned(),
        format: FORMAT,
        diptych: env!("CARGO_PKG_VERSION").to_owned(),
        documentation: node.documentation.clone(),
        study: parts.study.clone(),
        plan: world.plan.hash(node.id).map(|hash| hash.to_string()).unwrap_or_default(),
        predict_at: world.plan.study.predict_at.as_ref().map(|known: &Known| describe::time(known)),
        endpoint: EndpointText {
            name: word(endpoint).to_owned(),
            kind: data.endpoint.outcome.kind(),
            documentation,
            definition,
            unit: data.endpoint.unit.map(|unit| unit.to_string()),
        },
        fitted_on: FittedOn {
            rows: set.label.clone(),
            patients: fitted.rows(),
            events: fitted.events(),
            left_out: fitted.left_out() + set.rows.len() - training.len(),
        },
        tables,
        derived,
        blocks,
        design: parts.design.clone(),
        groups,
        quadrants,
        curve,
        background: background(&data, &used, &training),
        performance: parts.estimates.iter().filter(|estimate| own(&estimate.model)).cloned().collect(),
        accepted: parts.accepted.to_vec(),
        name,
        horizons,
    };
    let table = predictions(world, &file, set.table, parts.scores)?;
    Ok((file, table))
}

/// For each block the features that can change a prediction.
fn used(design: &FittedDesign, blocks: &BTreeMap<String, Block>) -> BTreeMap<String, BTreeSet<String>> {
    let all = || {
        let columns = |(name, block): (&String, &Block)| {
            block.columns().iter().map(|column| (name.clone(), column.name.clone())).collect::<Vec<_>>()
        };
        blocks.iter().flat_map(columns).collect()
    };
    let mut used: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (block, column) in fuse::reaching(design, blocks).unwrap_or_else(all) {
        used.entry(block).or_default().insert(column);
    }
    used
}

type Inputs = (Vec<InputTable>, Vec<DerivedColumn>, Vec<InputBlock>);

/// The tables, derivations and blocks that a prediction needs.
fn inputs(
    world: &World<'_>,
    spec: &Model,
    data: &Data,
    used: &BTreeMap<String, BTreeSet<String>>,
    training: &[usize],
) -> Result<Inputs, Fault> {
    let mut order = vec![data.table];
    let mut wanted: BTreeMap<NodeId, BTreeMap<String, bool>> = BTreeMap::new();
    let mut derived: Vec<DerivedColumn> = Vec::new();
    let mut blocks = Vec::new();
    for (name, id) in &spec.blocks {
        let Some(block) = data.blocks.get(name) else { continue };
        let used_up: Vec<String> = spec.design.used_up(name).into_iter().map(str::to_owned).collect();
        let names = block.columns().iter().map(|column| column.name.clone());
        let columns: Vec<String> = names.filter(|column| !used_up.contains(column)).collect();
        for column in &used_up {
            gather(world, data.table, column, true, &mut wanted, &mut derived)?;
        }
        let levels = block
            .columns()
            .iter()
            .filter_map(|column| match &column.values {
                Values::Level { levels, .. } => Some((column.name.clone(), levels.clone())),
                Values::Number(_) => None,
            })
            .collect();
        let source = match &world.plan.node(*id).operation {
            Operation::Columns(of) => {
                if !order.contains(&of.table) {
                    order.push(of.table);
                }
                for column in &columns {
                    let needed = used.get(name).is_some_and(|set| set.contains(column));
                    gather(world, of.table, column, needed, &mut wanted, &mut derived)?;
                }
                BlockSource::Columns { table: world.table(of.table)?.name.clone(), columns }
            }
            Operation::Extraction(of) => {
                let images = word(world.plan.node(of.images)).to_owned();
                // Their words are added by whoever has the text of the study.
                let (declarations, set, files) = (String::new(), Vec::new(), BTreeMap::new());
                BlockSource::Images { images, declarations, set, files, columns }
            }
            _ => continue,
        };
        blocks.push(InputBlock { name: name.clone(), source, levels, used_up });
    }
    let mut tables = Vec::new();
    for id in order {
        let value = world.table(id)?;
        let mut columns = BTreeMap::new();
        for (column, needed) in wanted.get(&id).into_iter().flatten() {
            let cells = value.table.column(column)?;
            let mut rule = match value.dictionary.columns.get(column) {
                Some(entry) => ColumnRule::of(entry),
                None => ColumnRule {
                    kind: cells.kind(),
                    unit: None,
                    levels: Vec::new(),
                    low: None,
                    high: None,
                    known_at: None,
                    nullable: None,
                    needed: true,
                    observed: None,
                },
            };
            rule.needed = *needed;
            rule.observed = (id == data.table).then(|| observed(cells, training)).flatten();
            columns.insert(column.clone(), rule);
        }
        tables.push(InputTable { name: value.name.clone(), key: value.key.clone(), columns });
    }
    Ok((tables, derived, blocks))
}

/// A column of a table with, if it is derived, its derivation and what that is made of.
fn gather(
    world: &World<'_>,
    table: NodeId,
    column: &str,
    needed: bool,
    wanted: &mut BTreeMap<NodeId, BTreeMap<String, bool>>,
    derived: &mut Vec<DerivedColumn>,
) -> Result<(), Fault> {
    let value = world.table(table)?;
    let derivation = world.plan.nodes().iter().find_map(|node| match &node.operation {
        Operation::Derive(derive) if derive.table == table && derive.column == column => Some(derive),
        _ => None,
    });
    match derivation {
        Some(derive) => {
            for source in evaluate::columns(&derive.expression) {
                if value.table.get(&source).is_none() {
                    return Err(Fault::unavailable(
                        &format!("a model file whose derived column `{column}` looks into another table (`{source}`)"),
                        "leave the column out of the model's features",
                    ));
                }
                gather(world, table, &source, needed, wanted, derived)?;
            }
            if !derived.iter().any(|known| known.table == value.name && known.column == column) {
                derived.push(DerivedColumn {
                    table: value.name.clone(),
                    column: column.to_owned(),
                    expression: derive.expression.clone(),
                });
            }
        }
        None => {
            *wanted.entry(table).or_default().entry(column.to_owned()).or_default() |= needed;
        }
    }
    Ok(())
}

fn observed(cells: &Cells, rows: &[usize]) -> Option<(f64, f64)> {
    if !matches!(cells.kind(), Type::Number | Type::Duration) {
        return None;
    }
    let values = cells.numbers()?;
    let known = rows.iter().map(|row| values[*row]).filter(|value| !value.is_nan());
    known.fold(None, |range: Option<(f64, f64)>, value| {
        Some(range.map_or((value, value), |(low, high)| (low.min(value), high.max(value))))
    })
}

fn groups(parts: &Parts<'_>) -> Vec<GroupRule> {
    parts
        .groups
        .iter()
        .filter_map(|(id, record)| {
            let node = parts.world.plan.node(*id);
            let (Operation::Groups(groups), Record::Groups { cuts, labels }) = (&node.operation, record) else {
                return None;
            };
            (groups.model.model == parts.node.id).then(|| GroupRule {
                name: word(node).to_owned(),
                part: groups.model.part.clone(),
                cuts: cuts.clone(),
                labels: labels.clone(),
            })
        })
        .collect()
}

/// Pairs that make profiles, those of this model's groups among them.
fn quadrants(world: &World<'_>, groups: &[GroupRule]) -> Vec<(String, String)> {
    world
        .plan
        .nodes()
        .iter()
        .filter_map(|node| match &node.operation {
            Operation::Quadrants(quadrants) => Some((
                word(world.plan.node(quadrants.first)).to_owned(),
                word(world.plan.node(quadrants.second)).to_owned(),
            )),
            _ => None,
        })
        .filter(|(first, second)| groups.iter().any(|group| group.name == *first || group.name == *second))
        .collect()
}

fn background(data: &Data, used: &BTreeMap<String, BTreeSet<String>>, training: &[usize]) -> Vec<BackgroundBlock> {
    let count = training.len().min(BACKGROUND);
    let rows: Vec<usize> = (0..count).map(|place| training[place * training.len() / count.max(1)]).collect();
    data.blocks
        .iter()
        .filter_map(|(name, block): (&String, &Block)| {
            let set = used.get(name)?;
            let columns: Vec<(String, Vec<Option<f64>>)> = block
                .columns()
                .iter()
                .filter(|column| set.contains(&column.name))
                .map(|column| {
                    let values = match &column.values {
                        Values::Number(values) => {
                            rows.iter().map(|row| (!values[*row].is_nan()).then_some(values[*row])).collect()
                        }
                        Values::Level { codes, .. } => rows.iter().map(|row| codes[*row].map(f64::from)).collect(),
                    };
                    (column.name.clone(), values)
                })
                .collect();
            (!columns.is_empty()).then(|| BackgroundBlock { block: name.clone(), columns })
        })
        .collect()
}

/// One line for each patient of the table that has a prediction.
fn predictions(world: &World<'_>, file: &ModelFile, table: NodeId, scores: &Scores) -> Result<ResultTable, Fault> {
    let keys = &world.table(table)?.keys;
    let labels = labels(world, table)?;
    let mut told = ResultTable {
        name: file.name.clone(),
        title: format!("Predictions of {}", file.name),
        ..ResultTable::default()
    };
    told.columns = ["patient", "rows", "evidence"].map(str::to_owned).to_vec();
    told.columns.push(format!("{} {}", file.name, file.scale()));
    let part_names: Vec<&String> = scores.parts.iter().map(|(name, _)| name).filter(|name| !name.is_empty()).collect();
    told.columns.extend(part_names.iter().map(|part| format!("{}.{part}", file.name)));
    told.columns.extend(file.groups.iter().map(|rule| rule.name.clone()));
    let survives = file.endpoint.kind == EndpointKind::Survival
        && scores.survival.iter().any(|values| values.iter().any(Option::is_some));
    if survives {
        told.columns.extend(file.horizons.iter().map(|horizon| format!("{} survival {}", file.name, horizon.label)));
    }
    let score = |part: &str, row: usize| {
        scores.parts.iter().find(|(name, _)| name == part).and_then(|(_, values)| values.get(row).copied().flatten())
    };
    for row in 0..scores.in_fit.len() {
        if scores.parts.iter().all(|(name, _)| score(name, row).is_none()) {
            continue;
        }
        let mut line = vec![
            Cell::text(keys.name(row)),
            Cell::text(labels.get(&row).cloned().unwrap_or_default()),
            Cell::text(if scores.in_fit[row] { "out of fold" } else { "frozen model" }),
            match (file.endpoint.kind, score("", row)) {
                (EndpointKind::Nominal, Some(class)) => {
                    Cell::text(part_names.get(class as usize).map_or("", |level| level.as_str()))
                }
                (_, score) => predicted(score),
            },
        ];
        line.extend(part_names.iter().map(|part| predicted(score(part, row))));
        line.extend(file.groups.iter().map(|rule| {
            let score = score(rule.part.as_deref().unwrap_or(""), row);
            group(score.map_or("", |score| rule.label(score)))
        }));
        if survives {
            line.extend(scores.survival.iter().map(|values| predicted(values.get(row).copied().flatten())));
        }
        told.rows.push(line);
    }
    told.notes.push("patients of the fit are predicted by models that were fitted without them".to_owned());
    Ok(told)
}

/// The part or cohort that each row of a table is in.
fn labels(world: &World<'_>, table: NodeId) -> Result<BTreeMap<usize, String>, Fault> {
    let mut labels: BTreeMap<usize, String> = BTreeMap::new();
    let mut mark = |rows: &[usize], label: &str| {
        for row in rows {
            labels.entry(*row).or_insert_with(|| label.to_owned());
        }
    };
    for node in world.plan.nodes() {
        if let (Operation::Split(_), Some(split)) = (&node.operation, world.splits.get(&node.id))
            && split.table == table
        {
            split.parts.iter().for_each(|(name, rows)| mark(rows, name));
        }
    }
    for node in world.plan.nodes() {
        if let (Operation::Cohort(_), Some(cohort)) = (&node.operation, world.cohorts.get(&node.id))
            && cohort.table == table
        {
            mark(&cohort.rows, word(node));
        }
    }
    Ok(labels)
}
