//! Removal of columns that hardly vary.

use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::{Block, Values};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{moments, thaw};
use super::selected::Selected;

static CARD: Card = Card {
    name: "variance",
    title: "Variance filter",
    role: Role::Step,
    endpoints: &[],
    parameters: &[Parameter {
        name: "min",
        domain: Domain::Real { low: 0.0, high: f64::INFINITY },
        default: Initial::Real(0.0),
        summary: "A column stays if its variance is above this, in the squared unit of the column.",
    }],
    summary: "Keeps number columns whose variance in the training rows is above a threshold.",
    documentation: "Keeps a column if Σ(x - m)² / n > `min` over the values that are there in the training rows \
(divisor n, as scikit-learn's VarianceThreshold). The variance has the squared unit of the column, so the filter is \
only meaningful before z-scores, after which every variance is 1. Columns of levels stay. A column without a value is \
removed.",
    references: &[],
    example: "prepare radiomics by variance(min = 0.01) then z-score",
};

/// Variance filter.
pub struct Variance;

impl Step for Variance {
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
        let min = settings.real("min");
        let mut kept = Vec::new();
        let mut scores = Vec::new();
        for column in block.columns() {
            let stays = match &column.values {
                Values::Level { .. } => true,
                Values::Number(values) => moments(values).is_some_and(|(mean, variance)| {
                    scores.push((column.name.clone(), variance));
                    // Rounding leaves a constant column a variance near the resolution of its mean.
                    variance > min && variance > (mean * 1e-15).powi(2)
                }),
            };
            if stays {
                kept.push(column.name.clone());
            }
        }
        Ok(Box::new(Selected::new(CARD.name, "variance", kept, scores)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Selected>(frozen)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;
    use ndarray::array;

    #[test]
    fn keeps_what_varies() {
        let names = ["a", "b", "c"].map(str::to_owned);
        let block = Block::from_matrix(&names, &array![[0.1, 1.0, 0.0], [0.1, 2.0, 0.1], [0.1, 3.0, 0.0]]);
        let outcome = Outcome::Binary(vec![true; 3]);
        let fit = |min: f64| {
            let settings = Settings::new(&CARD, [("min", Value::Real(min))]).unwrap();
            Variance.fit(&block, &outcome, &settings, &Stream::root(1), &Watch::silent())
        };
        assert_eq!(fit(0.0).unwrap().apply(&block).unwrap().names(), ["b", "c"]);
        assert_eq!(fit(0.01).unwrap().apply(&block).unwrap().names(), ["b"]);
        assert!(matches!(fit(1.0).map(|_| ()), Err(FitError::NothingLeft { .. })));
    }
}
