//! `features radiomics from ct`: every patient's images measured inside their masks, then reduced to the features on
//! which readings agree. Nothing here sees an outcome.
//!
//! A patient without an image or a mask has missing values. One who cannot be measured is told, counted, and missing
//! too, unless the study says `failures stop`.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ndarray::Array2;
use serde_json::Value as Json;

use crate::learn::{Block, Column, Values};
use crate::plan::Node;
use crate::plan::node::{Agreement, Extraction, Images, Keep, Operation};
use crate::progress::{Cancelled, Watch};
use crate::radiomics::cases::{self, Case, CaseFault, Drawn, Memory};
use crate::radiomics::{Perturbation, Reading};
use crate::random::Stream;
use crate::run::fault::Fault;
use crate::run::operations::slices;
use crate::run::results::{Answer, Cell, EstimateRecord, Kind, ResultTable};
use crate::run::store::{Key, Store};
use crate::run::world::{ExtractionValue, World};
use crate::stats::icc::icc_of_features;

impl Memory for Store {
    fn get(&self, key: &[u8; 32]) -> Option<Json> {
        Store::get(self, &Key(*key))
    }

    fn put(&self, key: &[u8; 32], value: &Json) {
        // What cannot be kept is measured again: slower, not wrong.
        let _ = Store::put(self, &Key(*key), value);
    }
}

/// Which mask of an image is measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Drawing {
    Reader(String),
    /// The first reader's, perturbed.
    Perturbed(Perturbation),
}

impl std::fmt::Display for Drawing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Drawing::Reader(reader) => f.write_str(reader),
            Drawing::Perturbed(perturbation) => write!(f, "{perturbation}"),
        }
    }
}

/// What became of one drawing of one patient.
enum Outcome {
    NoImage,
    NoMask,
    Failed(String),
    Measured(Reading),
}

/// One phase of all patients.
pub struct Phase {
    /// Empty where the images have no phases.
    pub name: String,
    /// Features in the order in which they were met.
    pub features: Vec<String>,
    /// By drawing and patient: a value for each feature, NaN where the region does not define it.
    values: Vec<Vec<Option<Vec<f64>>>>,
    outcomes: Vec<Vec<Outcome>>,
}

/// Features of a list of patients.
pub struct Measured {
    pub patients: Vec<String>,
    pub drawings: Vec<Drawing>,
    pub phases: Vec<Phase>,
}

/// The drawings that a study needs: the first reader's, and those whose agreement it asks for.
pub fn drawings(images: &Images, spec: &Extraction) -> Vec<Drawing> {
    let mut drawings: Vec<Drawing> =
        images.masks.first().map(|(reader, _)| Drawing::Reader(reader.clone())).into_iter().collect();
    for keep in &spec.keep {
        let wanted: Vec<Drawing> = match &keep.between {
            Agreement::Readers(readers) => readers.iter().cloned().map(Drawing::Reader).collect(),
            Agreement::Perturbations(all) => all.iter().copied().map(Drawing::Perturbed).collect(),
        };
        for drawing in wanted {
            if !drawings.contains(&drawing) {
                drawings.push(drawing);
            }
        }
    }
    drawings
}

/// The file that a pattern means.
pub(super) fn place(folder: &Path, pattern: &str, patient: &str, phase: &str) -> PathBuf {
    folder.join(pattern.replace("{patient}", patient).replace("{phase}", phase))
}

/// Measures a list of patients, whoever they are: those of a study, of another cohort, or new ones.
///
/// # Errors
/// Only when it is stopped; what is finished is in the memory.
#[allow(clippy::too_many_arguments)]
pub fn measure(
    task: &str,
    folder: &Path,
    images: &Images,
    spec: &Extraction,
    patients: Vec<String>,
    drawings: Vec<Drawing>,
    stream: &Stream,
    memory: &dyn Memory,
    watch: &Watch,
) -> Result<Measured, Cancelled> {
    let names: Vec<String> = if spec.phases.is_empty() { vec![String::new()] } else { spec.phases.clone() };
    let mut listed: Vec<Case> = Vec::new();
    // Where each case and each of its masks belongs: phase, patient, drawing.
    let mut places: Vec<(usize, usize, Vec<usize>)> = Vec::new();
    let mut outcomes: Vec<Vec<Vec<Outcome>>> = names
        .iter()
        .map(|_| drawings.iter().map(|_| patients.iter().map(|_| Outcome::NoMask).collect()).collect())
        .collect();
    for (p, phase) in names.iter().enumerate() {
        for (row, patient) in patients.iter().enumerate() {
            let path = |pattern: &str| place(folder, pattern, patient, phase);
            let image = path(&images.pattern);
            if !image.exists() {
                outcomes[p].iter_mut().for_each(|drawing| drawing[row] = Outcome::NoImage);
                continue;
            }
            let mut case = Case { image, masks: Vec::new() };
            let mut of = Vec::new();
            for (d, drawing) in drawings.iter().enumerate() {
                let (pattern, perturbation) = match drawing {
                    Drawing::Reader(reader) => (images.masks.iter().find(|(name, _)| name == reader), None),
                    Drawing::Perturbed(perturbation) => {
                        let own = stream.named(patient).named(phase).named(perturbation.card().name);
                        (images.masks.first(), Some((*perturbation, own)))
                    }
                };
                let mask = pattern.map(|(_, pattern)| path(pattern)).filter(|path| path.exists());
                if let Some(path) = mask {
                    case.masks.push(Drawn { path, label: spec.label.clone(), perturbation });
                    of.push(d);
                }
            }
            if !case.masks.is_empty() {
                listed.push(case);
                places.push((p, row, of));
            }
        }
    }
    let within = format!("{}{}", folder.display(), std::path::MAIN_SEPARATOR);
    watch.begin(task, Some(listed.len() as u64));
    let results = cases::measure_all(&listed, &spec.protocol, memory, watch, &|_| watch.advance(task, 1));
    watch.end(task);
    for ((p, row, of), results) in places.into_iter().zip(results) {
        for (d, result) in of.into_iter().zip(results) {
            outcomes[p][d][row] = match result {
                Ok(reading) => Outcome::Measured(reading),
                Err(CaseFault::Stopped(stopped)) => return Err(stopped),
                // The same study tells the same in any folder.
                Err(fault) => Outcome::Failed(fault.to_string().replace(&within, "")),
            };
        }
    }
    let phases = names.into_iter().zip(outcomes).map(|(name, outcomes)| Phase::new(name, outcomes)).collect();
    Ok(Measured { patients, drawings, phases })
}

impl Phase {
    /// The patients whose first mask was measured, by their place.
    pub(super) fn seen(&self) -> impl Iterator<Item = usize> + '_ {
        let own = self.outcomes.first().into_iter().flatten().enumerate();
        own.filter(|(_, outcome)| matches!(outcome, Outcome::Measured(_))).map(|(row, _)| row)
    }

    fn new(name: String, outcomes: Vec<Vec<Outcome>>) -> Self {
        let mut features: Vec<String> = Vec::new();
        let mut places: HashMap<&str, usize> = HashMap::new();
        for outcome in outcomes.iter().flatten() {
            let Outcome::Measured(reading) = outcome else { continue };
            for (feature, _) in &reading.features {
                if !places.contains_key(feature.as_str()) {
                    places.insert(feature, features.len());
                    features.push(feature.clone());
                }
            }
        }
        let row = |outcome: &Outcome| {
            let Outcome::Measured(reading) = outcome else { return None };
            let mut row = vec![f64::NAN; features.len()];
            for (feature, value) in &reading.features {
                if let (Some(place), Some(value)) = (places.get(feature.as_str()), value) {
                    row[*place] = *value;
                }
            }
            Some(row)
        };
        let values = outcomes.iter().map(|drawing| drawing.iter().map(row).collect()).collect();
        Phase { name, features, values, outcomes }
    }

    /// `arterial_original_firstorder_Mean`.
    fn column(&self, feature: &str) -> String {
        if self.name.is_empty() { feature.to_owned() } else { format!("{}_{feature}", self.name) }
    }

    fn label(&self) -> &str {
        if self.name.is_empty() { "image" } else { &self.name }
    }
}

/// # Errors
/// Nobody measured, or, where the study says `failures stop`, anybody not measured; no key to find images by.
pub fn run(
    world: &mut World<'_>,
    node: &Node,
    spec: &Extraction,
    stream: &Stream,
    store: &Store,
    watch: &Watch,
) -> Result<(), Fault> {
    let Operation::Images(images) = &world.plan.node(spec.images).operation else {
        return Err(Fault::run("run::skipped", "not run, because it has no images"));
    };
    let patients = patients(world, spec)?;
    let drawings = drawings(images, spec);
    let folder = world.folder.clone();
    let measured = measure(&node.stem, &folder, images, spec, patients, drawings, stream, store, watch)?;
    let failures = failures(&measured);
    if let Some((patient, phase, drawing, reason)) = failures.first() {
        if spec.strict {
            let place =
                [patient.as_str(), phase, drawing].iter().filter(|w| !w.is_empty()).copied().collect::<Vec<_>>();
            return Err(Fault::data(
                "data::not-measured",
                format!("{} could not be measured: {reason}", place.join(", ")),
            )
            .helped("without `failures stop` such patients have missing values, and are counted"));
        }
        let who: HashSet<&str> = failures.iter().map(|(patient, ..)| patient.as_str()).collect();
        let n = measured.patients.len();
        world.notice(
            node,
            "data::not-measured",
            format!("{} of {n} patients could not be measured somewhere, as {patient}: {reason}", who.len()),
        );
    }
    let nobody =
        measured.phases.iter().all(|phase| phase.values.first().is_none_or(|own| own.iter().all(Option::is_none)));
    if nobody {
        let reason = match failures.first() {
            Some((patient, _, _, reason)) => format!("the first that failed is {patient}: {reason}"),
            None => format!(
                "none of {} patients has both an image `{}` and a mask `{}`",
                measured.patients.len(),
                images.pattern,
                images.masks.first().map_or("", |(_, pattern)| pattern)
            ),
        };
        return Err(Fault::data("data::no-images", format!("no patient was measured; {reason}"))
            .helped("`{patient}` in the patterns stands for the key of the table, as it is written there"));
    }
    let mut answer = Answer::default();
    answer.tables.push(measured_table(&measured, &node.stem));
    let columns = reduce(&measured, spec, world.plan.study.level, &node.stem, &mut answer)?;
    if !failures.is_empty() {
        let mut table = ResultTable::new("failures", "Not measured", ["patient", "phase", "mask", "reason"]);
        for (patient, phase, drawing, reason) in failures {
            table.push([Cell::text(patient), Cell::text(phase), Cell::text(drawing), Cell::text(reason)]);
        }
        answer.tables.push(table);
    }
    answer.notes.extend(skipped(&measured));
    answer.notes.extend(spec.protocol.cautions());
    if spec.slices {
        slices::draw(&node.name, &folder, images, spec, &measured, watch, &mut answer)?;
    }
    let block = Block::new(measured.patients.len(), columns);
    let rows = measured.patients.iter().enumerate().map(|(row, patient)| (patient.clone(), row)).collect();
    let value = ExtractionValue { patients: measured.patients, rows, block, answer };
    world.extractions.insert(node.id, Arc::new(value));
    Ok(())
}

/// The patients of the tables, each once.
fn patients(world: &World<'_>, spec: &Extraction) -> Result<Vec<String>, Fault> {
    let mut patients: Vec<String> = Vec::new();
    let mut known: HashSet<&str> = HashSet::new();
    for table in &spec.tables {
        let table = world.table(*table)?;
        if table.key.is_none() {
            continue;
        }
        for patient in table.keys.values() {
            if known.insert(patient) {
                patients.push(patient.clone());
            }
        }
    }
    if patients.is_empty() {
        return Err(Fault::data("data::no-key", "images are found by the key of a table, and no table has one")
            .helped("say `key patient` under the table"));
    }
    Ok(patients)
}

/// Patient, phase, drawing and reason of everything that failed.
fn failures(measured: &Measured) -> Vec<(String, String, String, String)> {
    let mut failures = Vec::new();
    for phase in &measured.phases {
        for (drawing, outcomes) in measured.drawings.iter().zip(&phase.outcomes) {
            for (patient, outcome) in measured.patients.iter().zip(outcomes) {
                if let Outcome::Failed(reason) = outcome {
                    failures.push((patient.clone(), phase.name.clone(), drawing.to_string(), reason.clone()));
                }
            }
        }
    }
    failures
}

/// How many patients have what.
fn measured_table(measured: &Measured, title: &str) -> ResultTable {
    let mut table = ResultTable::new(
        "measured",
        title,
        ["phase", "mask", "patients", "without image", "without mask", "failed", "measured", "features"],
    );
    for phase in &measured.phases {
        for (drawing, outcomes) in measured.drawings.iter().zip(&phase.outcomes) {
            let count = |is: fn(&Outcome) -> bool| Cell::count(outcomes.iter().filter(|outcome| is(outcome)).count());
            table.push([
                Cell::text(phase.label()),
                Cell::text(drawing.to_string()),
                Cell::count(outcomes.len()),
                count(|outcome| matches!(outcome, Outcome::NoImage)),
                count(|outcome| matches!(outcome, Outcome::NoMask)),
                count(|outcome| matches!(outcome, Outcome::Failed(_))),
                count(|outcome| matches!(outcome, Outcome::Measured(_))),
                Cell::count(phase.features.len()),
            ]);
        }
    }
    table
}

/// Filters that gave no image, and for how many patients.
fn skipped(measured: &Measured) -> Vec<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for outcome in measured.phases.iter().filter_map(|phase| phase.outcomes.first()).flatten() {
        if let Outcome::Measured(reading) = outcome {
            for why in &reading.skipped {
                *counts.entry(why).or_default() += 1;
            }
        }
    }
    counts.into_iter().map(|(why, count)| format!("{why} ({count} images)")).collect()
}

/// The columns of the block: the first reader's features that every filter of the study keeps, with the trace.
fn reduce(
    measured: &Measured,
    spec: &Extraction,
    level: f64,
    title: &str,
    answer: &mut Answer,
) -> Result<Vec<Column>, Fault> {
    let mut kept: Vec<Vec<bool>> = measured.phases.iter().map(|phase| vec![true; phase.features.len()]).collect();
    let mut trace = ResultTable {
        name: "features".to_owned(),
        title: format!("{title}: features after each step"),
        columns: std::iter::once("step".to_owned())
            .chain(measured.phases.iter().map(|phase| phase.label().to_owned()))
            .chain((measured.phases.len() > 1).then(|| "all".to_owned()))
            .collect(),
        rows: Vec::new(),
        notes: Vec::new(),
    };
    let mut step = |words: String, kept: &[Vec<bool>]| {
        let counts: Vec<usize> = kept.iter().map(|phase| phase.iter().filter(|kept| **kept).count()).collect();
        let all = (counts.len() > 1).then(|| counts.iter().sum::<usize>());
        let cells = counts.into_iter().chain(all).map(Cell::count);
        trace.rows.push(std::iter::once(Cell::text(words)).chain(cells).collect());
    };
    step("measured".to_owned(), &kept);
    for (place, keep) in spec.keep.iter().enumerate() {
        let name = if place == 0 { "agreement".to_owned() } else { format!("agreement-{}", place + 1) };
        let mut table = ResultTable::new(
            &name,
            format!("{title}: {} {}", keep.measure.name(), keep.between),
            ["phase", "feature", "agreement", "patients", "left out", "kept"],
        );
        for (phase, kept) in measured.phases.iter().zip(&mut kept) {
            agree(phase, keep, measured, level, kept, &mut table)?;
        }
        let total = table.rows.len();
        let not_estimable = table.rows.iter().filter(|row| matches!(row.get(2), Some(Cell::NotEstimable(_)))).count();
        if not_estimable > 0 {
            table.notes.push(format!(
                "{not_estimable} of {total} features have no coefficient, as those that do not vary; they are not kept"
            ));
        }
        answer.tables.push(table);
        step(keep.to_string(), &kept);
    }
    answer.tables.insert(1, trace);
    let mut columns = Vec::new();
    for (phase, kept) in measured.phases.iter().zip(&kept) {
        let Some(own) = phase.values.first() else { continue };
        for (f, feature) in phase.features.iter().enumerate().filter(|(f, _)| kept[*f]) {
            let values = own.iter().map(|row| row.as_ref().map_or(f64::NAN, |row| row[f])).collect();
            columns.push(Column { name: phase.column(feature), values: Values::Number(values) });
        }
    }
    if columns.is_empty() {
        return Err(Fault::data("data::no-features", "no feature is left after `keep`")
            .helped("the readings agree too little, or there are too few patients with all of them"));
    }
    Ok(columns)
}

/// The coefficient of every feature of one phase, over the patients who have every drawing.
fn agree(
    phase: &Phase,
    keep: &Keep,
    measured: &Measured,
    level: f64,
    kept: &mut [bool],
    table: &mut ResultTable,
) -> Result<(), Fault> {
    let wanted: Vec<Drawing> = match &keep.between {
        Agreement::Readers(readers) => readers.iter().cloned().map(Drawing::Reader).collect(),
        Agreement::Perturbations(all) => {
            let own = measured.drawings.first().cloned();
            own.into_iter().chain(all.iter().copied().map(Drawing::Perturbed)).collect()
        }
    };
    let places: Vec<usize> =
        wanted.iter().filter_map(|drawing| measured.drawings.iter().position(|known| known == drawing)).collect();
    let rows: Vec<usize> = (0..measured.patients.len())
        .filter(|row| places.iter().all(|place| phase.values[*place][*row].is_some()))
        .collect();
    if rows.len() < 2 {
        return Err(Fault::data(
            "data::no-readings",
            format!(
                "{} of {} patients have every mask of `{}` in the phase {}, and an agreement takes two or more",
                rows.len(),
                measured.patients.len(),
                keep.between,
                phase.label()
            ),
        ));
    }
    let readings: Vec<Array2<f64>> = places
        .iter()
        .map(|place| {
            Array2::from_shape_fn((rows.len(), phase.features.len()), |(row, feature)| {
                phase.values[*place][rows[row]].as_ref().map_or(f64::NAN, |values| values[feature])
            })
        })
        .collect();
    let views: Vec<_> = readings.iter().map(Array2::view).collect();
    for (f, estimate) in icc_of_features(&views, keep.measure, level)?.into_iter().enumerate() {
        let stays = estimate.value.as_ref().is_ok_and(|value| *value > keep.above);
        let was = kept[f];
        kept[f] = was && stays;
        let record = EstimateRecord::new(&estimate, Kind::Descriptive);
        table.push([
            Cell::text(phase.label()),
            Cell::text(phase.features[f].clone()),
            record.cell(3),
            Cell::count(estimate.n),
            Cell::count(estimate.missing),
            Cell::text(match (was, stays) {
                (true, true) => "yes",
                (true, false) => "no",
                (false, _) => "gone before",
            }),
        ]);
    }
    Ok(())
}
