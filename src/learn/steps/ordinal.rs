//! Ordinal coding.

use serde_json::Value as Json;

use crate::card::{Card, Role, Settings};
use crate::learn::block::{Block, Column, Values};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use serde::{Deserialize, Serialize};

use super::columns::{freeze, positions, thaw};

static CARD: Card = Card {
    name: "ordinal",
    title: "Ordinal coding",
    role: Role::Step,
    endpoints: &[],
    parameters: &[],
    summary: "Turns each column of levels into the numbers 0, 1, 2 in the order of its levels.",
    documentation: "The first level becomes 0, the second 1, and so on, in the order that the data dictionary states (or that of first mention). Meaningful for ordered levels such as Child-Pugh A, B, C. A level of a new row that the training column does not know is missing. Number columns stay as they are.",
    references: &[],
    example: "prepare clinical by mode then ordinal then z-score",
};

/// Ordinal coding.
pub struct Ordinal;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Codes {
    /// Levels in order; `None` for a number.
    columns: Vec<(String, Option<Vec<String>>)>,
}

impl Step for Ordinal {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        block: &Block,
        _outcome: &Outcome,
        _settings: &Settings,
        _stream: &Stream,
        _watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        let columns = block.columns().iter().map(|column| {
            let levels = match &column.values {
                Values::Number(_) => None,
                Values::Level { levels, .. } => Some(levels.clone()),
            };
            (column.name.clone(), levels)
        });
        Ok(Box::new(Codes { columns: columns.collect() }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Codes>(frozen)?))
    }
}

impl FittedStep for Codes {
    fn apply(&self, block: &Block) -> Result<Block, FitError> {
        let at = positions(block);
        let columns = self
            .columns
            .iter()
            .map(|(name, order)| {
                let index = *at.get(name.as_str()).ok_or_else(|| FitError::NoColumn { column: name.clone() })?;
                let column = &block.columns()[index];
                match (&column.values, order) {
                    (Values::Number(_), None) => Ok(column.clone()),
                    (Values::Level { codes, levels }, Some(order)) => {
                        let number: Vec<f64> = levels
                            .iter()
                            .map(|level| order.iter().position(|other| other == level).map_or(f64::NAN, |at| at as f64))
                            .collect();
                        let value = |code: &Option<u32>| {
                            code.and_then(|code| number.get(code as usize).copied()).unwrap_or(f64::NAN)
                        };
                        let values = codes.iter().map(value).collect();
                        Ok(Column { name: name.clone(), values: Values::Number(values) })
                    }
                    (Values::Level { .. }, None) => Err(FitError::Levels { column: name.clone() }),
                    (Values::Number(_), Some(_)) => Err(FitError::NoColumn { column: name.clone() }),
                }
            })
            .collect::<Result<Vec<_>, FitError>>()?;
        Ok(Block::new(block.rows(), columns))
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_by_the_order_of_the_training_levels() {
        let block = |codes: Vec<Option<u32>>, levels: &[&str]| {
            let levels = levels.iter().map(|level| (*level).to_owned()).collect();
            Block::new(codes.len(), vec![Column { name: "cp".to_owned(), values: Values::Level { codes, levels } }])
        };
        let outcome = Outcome::Binary(vec![true; 2]);
        let train = block(vec![Some(0), Some(1)], &["A", "B", "C"]);
        let settings = Settings::defaults(&CARD);
        let fitted = Ordinal.fit(&train, &outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        let new = block(vec![Some(0), Some(1), Some(2), None], &["C", "A", "X"]);
        let coded = Ordinal.thaw(&fitted.freeze()).unwrap().apply(&new).unwrap().matrix().unwrap();
        assert_eq!(coded.column(0).to_vec()[..2], [2.0, 0.0]);
        assert!(coded[[2, 0]].is_nan() && coded[[3, 0]].is_nan());
    }
}
