//! Min-max scaling.

use serde_json::Value as Json;

use crate::card::{Card, Role, Settings};
use crate::learn::block::Block;
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{present, thaw};
use super::z_score::Scaling;

static CARD: Card = Card {
    name: "min-max",
    title: "Min-max scaling",
    role: Role::Step,
    endpoints: &[],
    parameters: &[],
    summary: "Scales each number column to 0..1 by the smallest and the largest training value.",
    documentation: "(x - min) / (max - min) with min and max of the training rows, over the values that are there. New rows may fall outside 0..1. A constant column becomes 0. Missing values stay missing, levels stay levels.",
    references: &[],
    example: "prepare clinical by median then min-max",
};

/// Min-max scaling.
pub struct MinMax;

impl Step for MinMax {
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
        Ok(Box::new(Scaling::learn(block, CARD.name, |values| {
            let present = present(values);
            let least = present.iter().copied().reduce(f64::min)?;
            let most = present.iter().copied().reduce(f64::max)?;
            Some((least, most - least))
        })?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Scaling>(frozen)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn scales_new_rows_by_the_training_rows() {
        let names = ["a".to_owned(), "b".to_owned()];
        let train =
            Block::from_matrix(&names, &array![[1.0, 5.0], [2.0, 5.0], [4.0, 5.0], [9.0, 5.0], [f64::NAN, 5.0]]);
        let outcome = Outcome::Binary(vec![true; 5]);
        let fitted =
            MinMax.fit(&train, &outcome, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        let new =
            MinMax.thaw(&fitted.freeze()).unwrap().apply(&Block::from_matrix(&names, &array![[11.0, 6.0]])).unwrap();
        assert_eq!(new.matrix().unwrap(), array![[1.25, 1.0]]);
    }
}
