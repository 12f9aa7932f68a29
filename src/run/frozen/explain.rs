//! Why a patient is predicted so: Shapley values of the columns that can change the prediction,
//! against the training rows that the model file holds.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};

use crate::explain::{ExplainError, permutation_sampling};
use crate::fuse::{Feature, FittedDesign, Mixture};
use crate::learn::{Block, Column, Values};
use crate::progress::Watch;
use crate::run::fault::Fault;

use super::apply::{shown, stream};
use super::{Explained, ModelFile};

/// Orders of the features that are walked, each forwards and backwards.
const ORDERS: usize = 20;

/// Explanations of the patients that have a prediction.
pub(super) fn explain(
    model: &ModelFile,
    design: &FittedDesign,
    blocks: &BTreeMap<String, Block>,
    keys: &[String],
    watch: &Watch,
) -> Result<BTreeMap<usize, Explained>, Fault> {
    let broken = |what: &str| Fault::run("run::model-file", format!("{}: {what}", model.name));
    let mut lengths = model.background.iter().flat_map(|block| &block.columns).map(|(_, values)| values.len());
    let rows = lengths.next().unwrap_or(0);
    if lengths.any(|length| length != rows) {
        return Err(broken("its background has columns of different lengths"));
    }
    let features: Vec<Feature> = model
        .background
        .iter()
        .flat_map(|block| block.columns.iter().map(|(name, _)| (block.block.clone(), name.clone())))
        .filter(|(block, name)| model.blocks.iter().all(|known| known.name != *block || !known.used_up.contains(name)))
        .collect();
    let mut explained = BTreeMap::new();
    if rows == 0 {
        return Ok(explained);
    }
    for (row, key) in keys.iter().enumerate() {
        watch.check().map_err(Fault::from)?;
        // The background, and after it the patient.
        let given = beside(model, blocks, row, rows);
        let own = Array2::from_elem((1, features.len()), rows as f64);
        let background = Array2::from_shape_fn((rows, features.len()), |(row, _)| row as f64);
        let mixture = Mixture::new(design, &given, &(0..=rows).collect::<Vec<_>>());
        let mixture = mixture.ok().flatten().filter(|mixture| mixture.features() == features);
        let predictor = |sources: ArrayView2<'_, f64>| match &mixture {
            Some(mixture) => {
                mixture.predict(sources).map_err(|error| ExplainError::Model { reason: error.to_string() })
            }
            None => predict(design, &given, &features, sources),
        };
        let found = permutation_sampling(&predictor, own.view(), background.view(), ORDERS, &stream(model, key), watch);
        let found = match found {
            Ok(found) => found,
            Err(ExplainError::Cancelled(stopped)) => return Err(stopped.into()),
            // A patient without a prediction has nothing to explain.
            Err(_) => continue,
        };
        let mut values: Vec<(String, String, String, f64)> = features
            .iter()
            .enumerate()
            .map(|(feature, (block, name))| {
                let column = blocks.get(block).and_then(|block| block.columns().iter().find(|c| c.name == *name));
                let shown = column.map_or(String::new(), |column| shown(column, row));
                (block.clone(), name.clone(), shown, found.values[[0, feature]])
            })
            .collect();
        values.sort_by(|left, right| right.3.abs().total_cmp(&left.3.abs()));
        let how =
            format!("{ORDERS} pairs of feature orders over {rows} training patients, on the scale of the prediction");
        explained.insert(row, Explained { base: found.base[0], values, how });
    }
    Ok(explained)
}

/// The rows of the background, and last the patient's own; columns that the background leaves out
/// change nothing and are the patient's in every row.
fn beside(model: &ModelFile, blocks: &BTreeMap<String, Block>, row: usize, rows: usize) -> BTreeMap<String, Block> {
    let held: BTreeMap<(&str, &str), &Vec<Option<f64>>> = model
        .background
        .iter()
        .flat_map(|block| block.columns.iter().map(|(name, values)| ((block.block.as_str(), name.as_str()), values)))
        .collect();
    let same = vec![row; rows + 1];
    blocks
        .iter()
        .map(|(name, block)| {
            let columns = block
                .columns()
                .iter()
                .map(|column| {
                    let of = held.get(&(name.as_str(), column.name.as_str()));
                    let values = match (of, &column.values) {
                        (None, values) => values.select(&same),
                        (Some(held), Values::Number(own)) => {
                            let before = held.iter().map(|value| value.unwrap_or(f64::NAN));
                            Values::Number(before.chain([own[row]]).collect())
                        }
                        (Some(held), Values::Level { codes, levels }) => {
                            let before = held.iter().map(|value| value.map(|value| value as u32));
                            Values::Level { codes: before.chain([codes[row]]).collect(), levels: levels.clone() }
                        }
                    };
                    Column { name: column.name.clone(), values }
                })
                .collect();
            (name.clone(), Block::new(rows + 1, columns))
        })
        .collect()
}

/// Predictions of mixtures where a preparation looks from one column at another: each mixture is
/// prepared as a row of its own.
fn predict(
    design: &FittedDesign,
    blocks: &BTreeMap<String, Block>,
    features: &[Feature],
    sources: ArrayView2<'_, f64>,
) -> Result<Vec<f64>, ExplainError> {
    let last = blocks.values().next().map_or(0, |block| block.rows().saturating_sub(1));
    let mixed: BTreeMap<String, Block> = blocks
        .iter()
        .map(|(name, block)| {
            let columns = block
                .columns()
                .iter()
                .map(|column| {
                    let place = features.iter().position(|(of, known)| of == name && *known == column.name);
                    let rows: Vec<usize> = (0..sources.nrows())
                        .map(|row| place.map_or(last, |place| sources[[row, place]] as usize))
                        .collect();
                    Column { name: column.name.clone(), values: column.values.select(&rows) }
                })
                .collect();
            (name.clone(), Block::new(sources.nrows(), columns))
        })
        .collect();
    let rows: Vec<usize> = (0..sources.nrows()).collect();
    let predicted = design.predict(&mixed, &rows).map_err(|error| ExplainError::Model { reason: error.to_string() })?;
    if !predicted.left_out.is_empty() {
        return Err(ExplainError::Model { reason: "a patient lacks what the model needs".to_owned() });
    }
    Ok(predicted.prediction.scores().to_vec())
}
