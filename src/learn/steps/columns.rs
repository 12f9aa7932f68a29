//! What several steps share: finding columns by name and freezing.

use std::collections::HashMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value as Json;

use crate::learn::block::{Block, Column, Values};
use crate::learn::seam::FitError;

/// Position of each column of a block by name.
pub fn positions(block: &Block) -> HashMap<&str, usize> {
    block.columns().iter().enumerate().map(|(index, column)| (column.name.as_str(), index)).collect()
}

/// The columns of `block` that carry these names, in the order of the names.
///
/// # Errors
/// [`FitError::NoColumn`] for the first that is absent.
pub fn keep(block: &Block, names: &[String]) -> Result<Block, FitError> {
    let at = positions(block);
    let columns = names
        .iter()
        .map(|name| {
            let index = at.get(name.as_str()).ok_or_else(|| FitError::NoColumn { column: name.clone() })?;
            Ok(block.columns()[*index].clone())
        })
        .collect::<Result<Vec<Column>, FitError>>()?;
    Ok(Block::new(block.rows(), columns))
}

/// The values that are there.
pub fn present(values: &[f64]) -> Vec<f64> {
    values.iter().copied().filter(|value| !value.is_nan()).collect()
}

/// Mean and variance (divisor n) of the values that are there; `None` without any.
pub fn moments(values: &[f64]) -> Option<(f64, f64)> {
    let (mut n, mut sum) = (0usize, 0.0);
    for value in values.iter().filter(|value| !value.is_nan()) {
        n += 1;
        sum += value;
    }
    if n == 0 {
        return None;
    }
    let mean = sum / n as f64;
    let squares: f64 = values.iter().filter(|value| !value.is_nan()).map(|value| (value - mean).powi(2)).sum();
    Some((mean, squares / n as f64))
}

/// Quantile of sorted values by linear interpolation (type 7 of Hyndman and Fan, R's default).
pub fn quantile(sorted: &[f64], probability: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    let place = probability * last as f64;
    let below = place.floor() as usize;
    let above = place.ceil() as usize;
    Some(sorted[below] + (place - below as f64) * (sorted[above] - sorted[below]))
}

/// The median of the values that are there.
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = present(values);
    sorted.sort_by(f64::total_cmp);
    quantile(&sorted, 0.5)
}

/// Numbers of a column, or the error that says it holds levels.
pub fn numbers(column: &Column) -> Result<&[f64], FitError> {
    match &column.values {
        Values::Number(values) => Ok(values),
        Values::Level { .. } => Err(FitError::Levels { column: column.name.clone() }),
    }
}

/// A fitted step as JSON.
pub fn freeze<T: Serialize>(fitted: &T) -> Json {
    // Fitted steps hold finite numbers and strings; both have a JSON form.
    serde_json::to_value(fitted).unwrap_or(Json::Null)
}

/// A fitted step from JSON.
///
/// # Errors
/// [`FitError::Frozen`] with the reason.
pub fn thaw<T: DeserializeOwned>(frozen: &Json) -> Result<T, FitError> {
    T::deserialize(frozen).map_err(|error| FitError::Frozen { reason: error.to_string() })
}
