//! What imputation by one value a column learns and does; `mean`, `median` and `mode` share it.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::learn::block::{Block, Column, Values};
use crate::learn::seam::{FitError, FittedStep};

use super::columns::{freeze, positions};

/// The value that fills each column.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Fill {
    columns: Vec<(String, Filler)>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Filler {
    Number(f64),
    Level(String),
}

impl Fill {
    /// Learns one value a column: `number` of the numbers that are there, and the most frequent
    /// level (the first of equals in the order of levels).
    ///
    /// # Errors
    /// [`FitError::NotEstimable`] for a column without any value in the training rows.
    pub fn learn(block: &Block, step: &'static str, number: impl Fn(&[f64]) -> Option<f64>) -> Result<Self, FitError> {
        let empty = |column: &Column| FitError::NotEstimable {
            learner: step,
            reason: format!(
                "column `{}` has no value in the {} training rows; drop such columns by `missing(max = 50%)` first",
                column.name,
                block.rows()
            ),
        };
        let columns = block
            .columns()
            .iter()
            .map(|column| {
                let filler = match &column.values {
                    Values::Number(values) => number(values).map(Filler::Number),
                    Values::Level { codes, levels } => most_frequent(codes, levels).map(Filler::Level),
                };
                Ok((column.name.clone(), filler.ok_or_else(|| empty(column))?))
            })
            .collect::<Result<_, FitError>>()?;
        Ok(Fill { columns })
    }
}

fn most_frequent(codes: &[Option<u32>], levels: &[String]) -> Option<String> {
    let mut counts = vec![0usize; levels.len()];
    for code in codes.iter().flatten() {
        if let Some(count) = counts.get_mut(*code as usize) {
            *count += 1;
        }
    }
    let most = *counts.iter().max()?;
    if most == 0 {
        return None;
    }
    let index = counts.iter().position(|count| *count == most)?;
    levels.get(index).cloned()
}

impl FittedStep for Fill {
    fn apply(&self, block: &Block) -> Result<Block, FitError> {
        let at = positions(block);
        let mut columns = block.columns().to_vec();
        for (name, filler) in &self.columns {
            let index = *at.get(name.as_str()).ok_or_else(|| FitError::NoColumn { column: name.clone() })?;
            match (&mut columns[index].values, filler) {
                (Values::Number(values), Filler::Number(fill)) => {
                    for value in values.iter_mut().filter(|value| value.is_nan()) {
                        *value = *fill;
                    }
                }
                (Values::Level { codes, levels }, Filler::Level(fill)) => {
                    if codes.iter().all(Option::is_some) {
                        continue;
                    }
                    let code = levels.iter().position(|level| level == fill).unwrap_or_else(|| {
                        levels.push(fill.clone());
                        levels.len() - 1
                    });
                    for value in codes.iter_mut().filter(|code| code.is_none()) {
                        *value = Some(code as u32);
                    }
                }
                (Values::Level { .. }, Filler::Number(_)) => return Err(FitError::Levels { column: name.clone() }),
                (Values::Number(_), Filler::Level(_)) => return Err(FitError::NoColumn { column: name.clone() }),
            }
        }
        Ok(Block::new(block.rows(), columns))
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }
}
