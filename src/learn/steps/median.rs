//! Median imputation.

use serde_json::Value as Json;

use crate::card::{Card, Role, Settings};
use crate::learn::block::Block;
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{median, thaw};
use super::fill::Fill;

static CARD: Card = Card {
    name: "median",
    title: "Median imputation",
    role: Role::Step,
    endpoints: &[],
    parameters: &[],
    summary: "Fills missing numbers with the median of the training rows.",
    documentation: "Each missing number becomes the median of the values of its column in the training rows (the mean of the middle two when their number is even); each missing level becomes the most frequent level, for a level has no median. A column without any value in the training rows is an error. New rows are filled with the values of the training rows.",
    references: &["Little RJA, Rubin DB. Statistical Analysis with Missing Data. 3rd ed. Wiley; 2019."],
    example: "prepare clinical by median then z-score",
};

/// Median imputation.
pub struct Median;

impl Step for Median {
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
        Ok(Box::new(Fill::learn(block, CARD.name, median)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Fill>(frozen)?))
    }
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
            Median.fit(&train, &outcome, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        let new = Block::new(2, vec![column(vec![f64::NAN, 7.0]), level(vec![None, Some(0)])]);
        let filled = Median.thaw(&fitted.freeze()).unwrap().apply(&new).unwrap();
        assert_eq!(filled.columns()[0].values, Values::Number(vec![2.5, 7.0]));
        assert_eq!(filled.columns()[1], level(vec![Some(1), Some(0)]));
        let empty = Block::new(1, vec![column(vec![f64::NAN])]);
        assert!(matches!(
            Median.fit(&empty, &outcome, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()),
            Err(FitError::NotEstimable { .. })
        ));
    }
}
