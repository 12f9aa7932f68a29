//! Robust scaling.

use serde_json::Value as Json;

use crate::card::{Card, Role, Settings};
use crate::learn::block::Block;
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{present, quantile, thaw};
use super::z_score::Scaling;

static CARD: Card = Card {
    name: "robust",
    title: "Robust scaling",
    role: Role::Step,
    endpoints: &[],
    parameters: &[],
    summary: "Centres each number column on the training median and scales it by the interquartile range.",
    documentation: "(x - median) / (Q3 - Q1) with the quartiles of the training rows (type 7 of Hyndman and Fan), over the values that are there. A column whose quartiles are equal is centred and not scaled. Missing values stay missing, levels stay levels.",
    references: &[],
    example: "prepare radiomics by robust then elastic_net",
};

/// Robust scaling.
pub struct Robust;

impl Step for Robust {
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
            let mut sorted = present(values);
            sorted.sort_by(f64::total_cmp);
            Some((quantile(&sorted, 0.5)?, quantile(&sorted, 0.75)? - quantile(&sorted, 0.25)?))
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
            Robust.fit(&train, &outcome, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        let new =
            Robust.thaw(&fitted.freeze()).unwrap().apply(&Block::from_matrix(&names, &array![[11.0, 6.0]])).unwrap();
        assert_eq!(new.matrix().unwrap(), array![[8.0 / 3.5, 1.0]]);
    }
}
