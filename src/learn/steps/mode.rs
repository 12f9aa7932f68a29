//! Mode imputation.

use serde_json::Value as Json;

use crate::card::{Card, Role, Settings};
use crate::learn::block::Block;
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{present, thaw};
use super::fill::Fill;

static CARD: Card = Card {
    name: "mode",
    title: "Mode imputation",
    role: Role::Step,
    endpoints: &[],
    parameters: &[],
    summary: "Fills missing values with the most frequent value of the training rows.",
    documentation: "Each missing value becomes the most frequent value of its column in the training rows; of several equally frequent the smallest number, or the first level. A column without any value in the training rows is an error. New rows are filled with the values of the training rows.",
    references: &["Little RJA, Rubin DB. Statistical Analysis with Missing Data. 3rd ed. Wiley; 2019."],
    example: "prepare clinical by mode then one_hot",
};

/// Mode imputation.
pub struct Mode;

impl Step for Mode {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fills_missing(&self) -> bool {
        true
    }

    fn fit(
        &self,
        block: &Block,
        _outcome: &Outcome,
        _settings: &Settings,
        _stream: &Stream,
        _watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(Fill::learn(block, CARD.name, most_frequent)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Fill>(frozen)?))
    }
}

fn most_frequent(values: &[f64]) -> Option<f64> {
    let mut sorted = present(values);
    sorted.sort_by(f64::total_cmp);
    let mut best: Option<(usize, f64)> = None;
    for run in sorted.chunk_by(|a, b| a == b) {
        if best.is_none_or(|(count, _)| run.len() > count) {
            best = Some((run.len(), run[0]));
        }
    }
    best.map(|(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::block::{Column, Values};

    #[test]
    fn fills_new_rows_with_what_the_training_rows_say() {
        let column = |values: Vec<f64>| Column { name: "x".to_owned(), values: Values::Number(values) };
        let level = |codes: Vec<Option<u32>>| Column {
            name: "sex".to_owned(),
            values: Values::Level { codes, levels: vec!["f".to_owned(), "m".to_owned()] },
        };
        let train = Block::new(
            5,
            vec![column(vec![2.0, 2.0, f64::NAN, 3.0, 9.0]), level(vec![Some(1), Some(1), Some(0), None, None])],
        );
        let outcome = Outcome::Binary(vec![true; 5]);
        let fitted =
            Mode.fit(&train, &outcome, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        let new = Block::new(2, vec![column(vec![f64::NAN, 7.0]), level(vec![None, Some(0)])]);
        let filled = Mode.thaw(&fitted.freeze()).unwrap().apply(&new).unwrap();
        assert_eq!(filled.columns()[0].values, Values::Number(vec![2.0, 7.0]));
        assert_eq!(filled.columns()[1], level(vec![Some(1), Some(0)]));
        let empty = Block::new(1, vec![column(vec![f64::NAN])]);
        assert!(matches!(
            Mode.fit(&empty, &outcome, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()),
            Err(FitError::NotEstimable { .. })
        ));
    }
}
