//! A model file applied to new patients: the same steps as in the study, over a plan that holds
//! only what the prediction needs.

use std::collections::BTreeMap;
use std::path::PathBuf;

use crate::card::EndpointKind;
use crate::frame::Table;
use crate::frame::dictionary::Dictionary;
use crate::frame::fault::list;
use crate::fuse::FittedDesign;
use crate::learn::{Block, Column, Values};
use crate::plan::node::{self, Operation, Selection};
use crate::plan::{Node, NodeId, Plan, Provenance};
use crate::progress::Watch;
use crate::random::Stream;
use crate::run::Inputs;
use crate::run::fault::Fault;
use crate::run::operations::{columns, derive, extraction, table};
use crate::run::store::Store;
use crate::run::world::World;
use crate::syntax::ast::Span;

use super::inputs::{self, NewData};
use super::{BlockSource, Explained, Forecast, InputBlock, ModelFile, Patient, Predictions, explain};

/// What is asked beside the predictions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub explanations: bool,
    pub curves: bool,
}

/// What the declarations of a block of images mean: made from the study's words by the checker,
/// which this module does not know.
pub type Declared<'c> = dyn Fn(&ModelFile, &InputBlock) -> Result<(node::Images, node::Extraction), Vec<Fault>> + 'c;

/// Predictions of new patients by every model, with the profiles that two of them make.
///
/// # Errors
/// Everything in the data that the models refuse, each for itself.
pub fn apply(
    models: &[ModelFile],
    data: &NewData,
    asked: Asked,
    declared: &Declared<'_>,
    watch: &Watch,
) -> Result<Predictions, Vec<Fault>> {
    let mut all = Predictions::default();
    let mut faults: Vec<Fault> = Vec::new();
    for model in models {
        match one(model, data, asked, declared, watch) {
            Ok((keys, forecasts, notes)) => {
                all.models.push(model.name.clone());
                all.note(notes);
                if all.patients.is_empty() {
                    all.patients =
                        keys.into_iter().map(|key| Patient { key, forecasts: Vec::new(), quadrant: None }).collect();
                }
                for (patient, forecast) in all.patients.iter_mut().zip(forecasts) {
                    patient.forecasts.push(forecast);
                }
            }
            // Models of one study refuse the same things; each is told once.
            Err(found) => {
                for fault in found {
                    if !faults.contains(&fault) {
                        faults.push(fault);
                    }
                }
            }
        }
    }
    if !faults.is_empty() {
        return Err(faults);
    }
    let pairs: Vec<&(String, String)> = models.iter().flat_map(|model| &model.quadrants).collect();
    for patient in &mut all.patients {
        let groups: BTreeMap<&str, &str> = patient
            .forecasts
            .iter()
            .filter(|forecast| forecast.value.is_some())
            .flat_map(|forecast| &forecast.groups)
            .map(|(name, label)| (name.as_str(), label.as_str()))
            .collect();
        patient.quadrant = pairs.iter().find_map(|(first, second)| {
            let (left, right) = (groups.get(first.as_str())?, groups.get(second.as_str())?);
            Some(format!("{first} {left}, {second} {right}"))
        });
    }
    Ok(all)
}

type Of = (Vec<String>, Vec<Forecast>, Vec<String>);

fn one(
    model: &ModelFile,
    data: &NewData,
    asked: Asked,
    declared: &Declared<'_>,
    watch: &Watch,
) -> Result<Of, Vec<Fault>> {
    let single = |fault: Fault| vec![fault];
    if model.endpoint.kind == EndpointKind::Nominal {
        let what = format!("predicting new patients by {}, a model of several classes,", model.name);
        return Err(single(Fault::unavailable(&what, "`evaluate` of the study predicts those of its own tables")));
    }
    let design = FittedDesign::thaw(&model.design)
        .map_err(|error| single(Fault::run("run::model-file", format!("{}: {error}", model.name))))?;
    let absent = without_images(model, data);
    let (tables, mut notes) = match inputs::tables(model, data) {
        Ok(read) if absent.is_empty() => read,
        Ok(_) => return Err(absent),
        Err(mut faults) => {
            faults.extend(absent);
            return Err(faults);
        }
    };
    let (keys, blocks) = measured(model, tables, data, declared, watch)?;
    let rows: Vec<usize> = (0..keys.len()).collect();

    let mut parts: Vec<(String, BTreeMap<usize, f64>)> = Vec::new();
    for (name, part) in std::iter::once((String::new(), &design)).chain(design.parts()) {
        watch.check().map_err(|stopped| single(stopped.into()))?;
        let mut values = BTreeMap::new();
        let mut place = |held: crate::fuse::Predicted| {
            values.extend(held.rows.iter().copied().zip(held.prediction.scores().iter().copied()));
        };
        match part.predict(&blocks, &rows) {
            Ok(held) => place(held),
            // One patient without what the model needs does not keep the others from theirs.
            Err(_) => rows.iter().filter_map(|row| part.predict(&blocks, &[*row]).ok()).for_each(&mut place),
        }
        parts.push((name, values));
    }
    let at = |times: &[f64]| -> BTreeMap<usize, Vec<f64>> {
        if model.endpoint.kind != EndpointKind::Survival || times.is_empty() {
            return BTreeMap::new();
        }
        let mut found = BTreeMap::new();
        for row in &rows {
            if let Ok(Some((_, curves))) = design.curves(&blocks, &[*row], times)
                && curves.survival.nrows() == 1
            {
                found.insert(*row, curves.survival.row(0).to_vec());
            }
        }
        found
    };
    let horizons = at(&model.horizons.iter().map(|horizon| horizon.days).collect::<Vec<_>>());
    let curves = if asked.curves { at(&model.curve) } else { BTreeMap::new() };
    let explained: BTreeMap<usize, Explained> = if asked.explanations {
        explain::explain(model, &design, &blocks, &keys, watch).map_err(single)?
    } else {
        BTreeMap::new()
    };

    notes.extend(lacking(&model.name, &parts, &keys));
    let forecasts = rows
        .iter()
        .map(|row| {
            let score = |part: &str| {
                parts.iter().find(|(name, _)| name == part).and_then(|(_, values)| values.get(row).copied())
            };
            Forecast {
                model: model.name.clone(),
                scale: model.scale().to_owned(),
                value: score(""),
                parts: parts
                    .iter()
                    .filter(|(name, _)| !name.is_empty())
                    .map(|(name, values)| (name.clone(), values.get(row).copied()))
                    .collect(),
                groups: model
                    .groups
                    .iter()
                    .map(|rule| {
                        let score = score(rule.part.as_deref().unwrap_or(""));
                        (rule.name.clone(), score.map_or(String::new(), |score| rule.label(score).to_owned()))
                    })
                    .collect(),
                // A model without curves has none for anybody; one with curves has a line for everybody.
                survival: if horizons.is_empty() { &[][..] } else { &model.horizons }
                    .iter()
                    .enumerate()
                    .map(|(place, horizon)| {
                        let value = horizons.get(row).and_then(|values| values.get(place).copied());
                        (horizon.label.clone(), value)
                    })
                    .collect(),
                curve: curves
                    .get(row)
                    .map_or_else(Vec::new, |values| model.curve.iter().copied().zip(values.iter().copied()).collect()),
                explanation: explained.get(row).cloned(),
            }
        })
        .collect();
    Ok((keys, forecasts, notes))
}

/// A fault for each block of images, where no folder of images is given.
fn without_images(model: &ModelFile, data: &NewData) -> Vec<Fault> {
    if data.images.is_some() {
        return Vec::new();
    }
    let blocks = model.blocks.iter().filter(|block| matches!(block.source, BlockSource::Images { .. }));
    blocks
        .map(|block| {
            Fault::data("data::no-images", format!("{} wants images (`{}`)", model.name, block.name))
                .helped("give the folder that their paths start from as `--images FOLDER`")
        })
        .collect()
}

/// Who lacks a part of the model, and who the whole, each part in one note.
pub(super) fn lacking(model: &str, parts: &[(String, BTreeMap<usize, f64>)], keys: &[String]) -> Vec<String> {
    let whole = parts.iter().find(|(name, _)| name.is_empty()).map(|(_, values)| values);
    let has_whole = |row: &usize| whole.is_some_and(|whole| whole.contains_key(row));
    let of = |lacks: &dyn Fn(&usize) -> bool| -> Vec<String> {
        (0..keys.len()).filter(lacks).filter_map(|row| keys.get(row).cloned()).collect()
    };
    let mut notes = Vec::new();
    let nothing = of(&|row| !has_whole(row));
    if !nothing.is_empty() {
        notes.push(format!("{model} predicts nothing of who lacks what it needs: {}", list(&nothing)));
    }
    for (name, values) in parts.iter().filter(|(name, _)| !name.is_empty()) {
        let without = of(&|row| has_whole(row) && !values.contains_key(row));
        if !without.is_empty() {
            notes.push(format!("{model} predicts without `{name}`, by its other parts: {}", list(&without)));
        }
    }
    notes
}

/// The blocks of the model over the new patients, by the study's own steps.
fn measured(
    model: &ModelFile,
    tables: Vec<Table>,
    data: &NewData,
    declared: &Declared<'_>,
    watch: &Watch,
) -> Result<(Vec<String>, BTreeMap<String, Block>), Vec<Fault>> {
    let mut plan = Plan::new(crate::plan::Study {
        name: model.study.name.clone(),
        documentation: String::new(),
        seed: model.study.seed,
        predict_at: None,
        report: Vec::new(),
        level: model.study.level,
        resamples: model.study.resamples,
    });
    let mut ids: BTreeMap<&str, NodeId> = BTreeMap::new();
    for wanted in &model.tables {
        let columns = wanted.columns.iter().map(|(name, rule)| (name.clone(), rule.entry())).collect();
        let spec = node::Table {
            path: None,
            key: wanted.key.clone(),
            repeated: false,
            dictionary: Dictionary { columns },
            expression: None,
        };
        ids.insert(&wanted.name, add(&mut plan, format!("table {}", wanted.name), Vec::new(), Operation::Table(spec)));
    }
    let unknown = |name: &str| {
        vec![Fault::run("run::model-file", format!("the model file speaks of a table `{name}` that it does not hold"))]
    };
    let mut derived = Vec::new();
    for column in &model.derived {
        let table = *ids.get(column.table.as_str()).ok_or_else(|| unknown(&column.table))?;
        let spec = node::Derive { table, column: column.column.clone(), expression: column.expression.clone() };
        derived.push(add(&mut plan, format!("derive {}", column.column), vec![table], Operation::Derive(spec)));
    }
    let mut sources: Vec<(&InputBlock, NodeId)> = Vec::new();
    for block in &model.blocks {
        match &block.source {
            BlockSource::Columns { table, columns } => {
                let table = *ids.get(table.as_str()).ok_or_else(|| unknown(table))?;
                let selections = vec![Selection::Named(columns.clone())];
                let spec = node::Columns { table, selections, derived: derived.clone() };
                let name = format!("features {}", block.name);
                sources.push((block, add(&mut plan, name, vec![table], Operation::Columns(spec))));
            }
            BlockSource::Images { images, .. } => {
                let (of, extraction) = declared(model, block)?;
                let of = add(&mut plan, format!("images {images}"), Vec::new(), Operation::Images(of));
                let tables: Vec<NodeId> = ids.values().copied().collect();
                // Agreement of readings chose the features in the study; here they are given.
                let spec = node::Extraction { images: of, tables, keep: Vec::new(), ..extraction };
                let name = format!("features {}", block.name);
                sources.push((block, add(&mut plan, name, vec![of], Operation::Extraction(spec))));
            }
        }
    }
    let inputs = Inputs { folder: data.images.clone().unwrap_or_else(|| PathBuf::from(".")), ..Inputs::default() };
    let mut world = World::new(&plan, inputs.folder.clone());
    let single = |fault: Fault| vec![fault];
    let mut bound = tables.iter();
    for node in plan.nodes() {
        match &node.operation {
            Operation::Table(spec) => table::run(&mut world, node, spec, &inputs, bound.next()).map_err(single)?,
            Operation::Derive(spec) => derive::run(&mut world, node, spec).map_err(single)?,
            Operation::Columns(spec) => columns::run(&mut world, node, spec).map_err(single)?,
            Operation::Extraction(spec) => {
                let stream = Stream::root(model.study.seed).named(&node.stem);
                extraction::run(&mut world, node, spec, &stream, &Store::none(), watch).map_err(single)?;
            }
            _ => {}
        }
    }
    let first = model.tables.first().and_then(|table| ids.get(table.name.as_str()).copied());
    let first = first.ok_or_else(|| unknown(""))?;
    let keys = world.table(first).map_err(single)?.keys.values().to_vec();
    let mut blocks = BTreeMap::new();
    for (spec, id) in sources {
        let block = world.block_on(id, first).map_err(single)?;
        let block = levelled(spec, in_order(spec, block), &keys)?;
        let brought = spec.used_up.iter().map(|column| brought(&world, first, spec, column));
        let brought = Block::new(block.rows(), brought.collect::<Result<_, _>>().map_err(single)?);
        blocks.insert(spec.name.clone(), block.join(brought));
    }
    Ok((keys, blocks))
}

fn add(plan: &mut Plan, name: String, inputs: Vec<NodeId>, operation: Operation) -> NodeId {
    plan.add(|id| Node {
        id,
        stem: name.clone(),
        name,
        documentation: String::new(),
        operation,
        inputs,
        provenance: Provenance::default(),
        defaults: Vec::new(),
        accepted: Vec::new(),
        span: Span::default(),
    })
}

/// The block with the columns of the fit in their order; a feature of the images that nobody here
/// has is missing.
fn in_order(spec: &InputBlock, block: Block) -> Block {
    let (BlockSource::Columns { columns, .. } | BlockSource::Images { columns, .. }) = &spec.source;
    let rows = block.rows();
    let mut held: BTreeMap<String, Values> =
        block.into_columns().into_iter().map(|column| (column.name, column.values)).collect();
    let columns = columns
        .iter()
        .map(|name| {
            let values = held.remove(name).unwrap_or_else(|| Values::Number(vec![f64::NAN; rows]));
            Column { name: name.clone(), values }
        })
        .collect();
    Block::new(rows, columns)
}

/// A column of the table that a preparation uses up: the levels of the fit, and after them those
/// that the fit had not, of which the step itself says what becomes.
fn brought(world: &World<'_>, table: NodeId, spec: &InputBlock, column: &str) -> Result<Column, Fault> {
    let cells = world.table(table)?.table.column(column)?;
    let mut levels = spec.levels.get(column).cloned().unwrap_or_default();
    levels.extend(cells.levels().into_iter().filter(|level| !levels.contains(level)).collect::<Vec<_>>());
    let place = |row: usize| {
        let text = cells.text(row)?;
        levels.iter().position(|level| *level == text).map(|place| place as u32)
    };
    let codes = (0..cells.len()).map(place).collect();
    Ok(Column { name: column.to_owned(), values: Values::Level { codes, levels } })
}

/// The block with the levels of the fit; a level that the study had not is refused.
fn levelled(spec: &InputBlock, block: Block, keys: &[String]) -> Result<Block, Vec<Fault>> {
    let rows = block.rows();
    let mut faults = Vec::new();
    let columns = block
        .into_columns()
        .into_iter()
        .map(|column| {
            let Some(known) = spec.levels.get(&column.name) else { return column };
            let texts: Vec<Option<String>> = match &column.values {
                Values::Level { codes, levels } => {
                    codes.iter().map(|code| code.and_then(|code| levels.get(code as usize).cloned())).collect()
                }
                // A column without any value has no type of its own.
                Values::Number(values) => values.iter().map(|_| None).collect(),
            };
            let mut wrong: BTreeMap<String, Vec<String>> = BTreeMap::new();
            let codes = texts
                .into_iter()
                .enumerate()
                .map(|(row, text)| {
                    let text = text?;
                    let place = known.iter().position(|level| *level == text);
                    if place.is_none() {
                        wrong.entry(format!("\"{text}\"")).or_default().push(keys[row].clone());
                    }
                    place.map(|place| place as u32)
                })
                .collect();
            if !wrong.is_empty() {
                faults.push(
                    Fault::data(
                        "data::level",
                        format!(
                            "column `{}` has levels that the model does not know: {} ({})",
                            column.name,
                            wrong.keys().cloned().collect::<Vec<_>>().join(", "),
                            crate::frame::fault::list(&wrong.into_values().flatten().collect::<Vec<_>>())
                        ),
                    )
                    .helped(format!("it knows {}", known.join(", "))),
                );
            }
            Column { name: column.name, values: Values::Level { codes, levels: known.clone() } }
        })
        .collect();
    if faults.is_empty() { Ok(Block::new(rows, columns)) } else { Err(faults) }
}

/// The stream of a patient: other patients of the table do not change it.
pub(super) fn stream(model: &ModelFile, key: &str) -> Stream {
    Stream::root(model.study.seed).named(&model.name).named("predict").named(key)
}

/// The value of a feature, in words.
pub(super) fn shown(column: &Column, row: usize) -> String {
    match &column.values {
        Values::Number(values) if values[row].is_nan() => "missing".to_owned(),
        Values::Number(values) => values[row].to_string(),
        Values::Level { codes, levels } => {
            codes[row].and_then(|code| levels.get(code as usize).cloned()).unwrap_or_else(|| "missing".to_owned())
        }
    }
}
