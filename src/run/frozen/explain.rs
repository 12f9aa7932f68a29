//! Why a patient is predicted so: Shapley values of the columns that can change the prediction,
//! against the training rows that the model file holds.

use std::collections::BTreeMap;

use ndarray::{Array2, ArrayView2};

use crate::explain::{ExplainError, permutation_sampling};
use crate::fuse::FittedDesign;
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
    let features: Vec<(&str, &str, &Vec<Option<f64>>)> = model
        .background
        .iter()
        .flat_map(|block| block.columns.iter().map(|(name, values)| (block.block.as_str(), name.as_str(), values)))
        .collect();
    let rows = features.first().map_or(0, |(.., values)| values.len());
    if rows == 0 {
        return Ok(BTreeMap::new());
    }
    if features.iter().any(|(.., values)| values.len() != rows) {
        return Err(broken("its background has columns of different lengths"));
    }
    let background =
        Array2::from_shape_fn((rows, features.len()), |(row, feature)| features[feature].2[row].unwrap_or(f64::NAN));
    let mut explained = BTreeMap::new();
    for (row, key) in keys.iter().enumerate() {
        watch.check().map_err(Fault::from)?;
        let predictor = |x: ArrayView2<'_, f64>| predict(design, blocks, row, &features, x);
        let own = own(blocks, row, &features);
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
            .map(|(feature, (block, name, _))| {
                let column = column(blocks, block, name);
                let shown = column.map_or(String::new(), |column| shown(column, row));
                ((*block).to_owned(), (*name).to_owned(), shown, found.values[[0, feature]])
            })
            .collect();
        values.sort_by(|left, right| right.3.abs().total_cmp(&left.3.abs()));
        let how =
            format!("{ORDERS} pairs of feature orders over {rows} training patients, on the scale of the prediction");
        explained.insert(row, Explained { base: found.base[0], values, how });
    }
    Ok(explained)
}

fn column<'b>(blocks: &'b BTreeMap<String, Block>, block: &str, name: &str) -> Option<&'b Column> {
    blocks.get(block)?.columns().iter().find(|column| column.name == name)
}

/// The patient's own features as a row.
fn own(blocks: &BTreeMap<String, Block>, row: usize, features: &[(&str, &str, &Vec<Option<f64>>)]) -> Array2<f64> {
    let value = |(block, name, _): &(&str, &str, &Vec<Option<f64>>)| {
        column(blocks, block, name).map_or(f64::NAN, |column| match &column.values {
            Values::Number(values) => values[row],
            Values::Level { codes, .. } => codes[row].map_or(f64::NAN, f64::from),
        })
    };
    Array2::from_shape_fn((1, features.len()), |(_, feature)| value(&features[feature]))
}

/// Predictions of rows of features; every other column is the patient's.
fn predict(
    design: &FittedDesign,
    blocks: &BTreeMap<String, Block>,
    row: usize,
    features: &[(&str, &str, &Vec<Option<f64>>)],
    x: ArrayView2<'_, f64>,
) -> Result<Vec<f64>, ExplainError> {
    let place: BTreeMap<(&str, &str), usize> =
        features.iter().enumerate().map(|(place, (block, name, _))| ((*block, *name), place)).collect();
    let given: BTreeMap<String, Block> = blocks
        .iter()
        .map(|(name, block)| {
            let columns = block
                .columns()
                .iter()
                .map(|column| match place.get(&(name.as_str(), column.name.as_str())) {
                    None => Column { name: column.name.clone(), values: column.values.select(&vec![row; x.nrows()]) },
                    Some(place) => {
                        let values = x.column(*place);
                        let values = match &column.values {
                            Values::Number(_) => Values::Number(values.to_vec()),
                            Values::Level { levels, .. } => Values::Level {
                                codes: values.iter().map(|v| (!v.is_nan()).then_some(*v as u32)).collect(),
                                levels: levels.clone(),
                            },
                        };
                        Column { name: column.name.clone(), values }
                    }
                })
                .collect();
            (name.clone(), Block::new(x.nrows(), columns))
        })
        .collect();
    let rows: Vec<usize> = (0..x.nrows()).collect();
    let predicted = design.predict(&given, &rows).map_err(|error| ExplainError::Model { reason: error.to_string() })?;
    if !predicted.left_out.is_empty() {
        return Err(ExplainError::Model { reason: "a patient lacks what the model needs".to_owned() });
    }
    Ok(predicted.prediction.scores().to_vec())
}
