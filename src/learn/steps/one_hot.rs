//! Indicator coding of levels.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::{Block, Column, Values};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{freeze, thaw};

static CARD: Card = Card {
    name: "one_hot",
    title: "Indicator (one-hot) coding",
    role: Role::Step,
    endpoints: &[],
    parameters: &[Parameter {
        name: "reference",
        domain: Domain::Choice(&["first", "none"]),
        default: Initial::Choice("first"),
        summary: "Which level has no indicator of its own: the first (regression) or none of them (trees).",
    }],
    summary: "Turns each column of levels into 0/1 indicators named `column=level`.",
    documentation: "One indicator for each level that occurs in the training rows, in the order of the levels; with \
`reference = first` the first of them is the reference and has none. A missing value is missing in all indicators of \
its column. A level that the training rows do not hold is 0 in all of them, as the reference is. A column with a \
single level in the training rows has no indicator under `reference = first`. Number columns stay as they are.",
    references: &[],
    example: "prepare clinical by mode then one_hot then z-score",
};

/// Indicator coding.
pub struct OneHot;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Indicators {
    /// Each column of the training rows with its indicator levels; `None` for a number.
    columns: Vec<(String, Option<Vec<String>>)>,
}

impl Step for OneHot {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        block: &Block,
        _outcome: &Outcome,
        settings: &Settings,
        _stream: &Stream,
        _watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        let skip = usize::from(settings.choice("reference") == "first");
        let mut left = 0;
        let columns = block
            .columns()
            .iter()
            .map(|column| {
                let levels = match &column.values {
                    Values::Number(_) => {
                        left += 1;
                        None
                    }
                    Values::Level { codes, levels } => {
                        let occurs = |index: &usize| codes.iter().flatten().any(|code| *code as usize == *index);
                        let kept: Vec<String> =
                            (0..levels.len()).filter(occurs).skip(skip).map(|index| levels[index].clone()).collect();
                        left += kept.len();
                        Some(kept)
                    }
                };
                (column.name.clone(), levels)
            })
            .collect();
        if left == 0 {
            return Err(FitError::NothingLeft { step: CARD.name.to_owned() });
        }
        Ok(Box::new(Indicators { columns }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Indicators>(frozen)?))
    }
}

impl FittedStep for Indicators {
    fn apply(&self, block: &Block) -> Result<Block, FitError> {
        let at = super::columns::positions(block);
        let mut columns = Vec::new();
        for (name, indicators) in &self.columns {
            let index = *at.get(name.as_str()).ok_or_else(|| FitError::NoColumn { column: name.clone() })?;
            let column = &block.columns()[index];
            match (&column.values, indicators) {
                (Values::Number(_), None) => columns.push(column.clone()),
                (Values::Level { codes, levels }, Some(indicators)) => {
                    for level in indicators {
                        let code = levels.iter().position(|other| other == level);
                        let values = codes
                            .iter()
                            .map(|value| match value {
                                None => f64::NAN,
                                Some(value) => f64::from(u8::from(Some(*value as usize) == code)),
                            })
                            .collect();
                        columns.push(Column { name: format!("{name}={level}"), values: Values::Number(values) });
                    }
                }
                (Values::Level { .. }, None) => return Err(FitError::Levels { column: name.clone() }),
                (Values::Number(_), Some(_)) => return Err(FitError::NoColumn { column: name.clone() }),
            }
        }
        Ok(Block::new(block.rows(), columns))
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;

    #[test]
    fn codes_by_the_levels_of_the_training_rows() {
        let block = |codes: Vec<Option<u32>>, levels: &[&str]| {
            Block::new(
                codes.len(),
                vec![
                    Column { name: "age".to_owned(), values: Values::Number(vec![1.0; codes.len()]) },
                    Column {
                        name: "arm".to_owned(),
                        values: Values::Level {
                            codes,
                            levels: levels.iter().map(|level| (*level).to_owned()).collect(),
                        },
                    },
                ],
            )
        };
        let train = block(vec![Some(0), Some(2), Some(3)], &["a", "b", "c", "d"]);
        let outcome = Outcome::Binary(vec![true; 3]);
        let fitted =
            OneHot.fit(&train, &outcome, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        let coded = OneHot
            .thaw(&fitted.freeze())
            .unwrap()
            .apply(&block(vec![Some(0), Some(1), None, Some(2)], &["d", "c", "new"]))
            .unwrap();
        assert_eq!(coded.names(), ["age", "arm=c", "arm=d"]);
        let matrix = coded.matrix().unwrap();
        assert_eq!(matrix.column(1).to_vec()[..2], [0.0, 1.0]);
        assert_eq!(matrix.column(2).to_vec()[..2], [1.0, 0.0]);
        assert!(matrix[[2, 1]].is_nan() && matrix[[2, 2]].is_nan());
        assert_eq!((matrix[[3, 1]], matrix[[3, 2]]), (0.0, 0.0));
        let settings = Settings::new(&CARD, [("reference", Value::Text("none".to_owned()))]).unwrap();
        let all = OneHot.fit(&train, &outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        assert_eq!(all.apply(&train).unwrap().names(), ["age", "arm=a", "arm=c", "arm=d"]);
    }
}
