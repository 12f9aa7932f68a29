//! Near-zero variance filter.

use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::{Block, Values};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{present, thaw};
use super::selected::Selected;

static CARD: Card = Card {
    name: "near_zero_variance",
    title: "Near-zero variance filter",
    role: Role::Step,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "ratio",
            domain: Domain::Real { low: 1.0, high: f64::INFINITY },
            default: Initial::Real(19.0),
            summary: "A column is suspect if its most frequent value is more than so many times as frequent as the second.",
        },
        Parameter {
            name: "unique",
            domain: Domain::Real { low: 0.0, high: 1.0 },
            default: Initial::Real(0.1),
            summary: "And it is dropped if its distinct values are at most this share of the rows.",
        },
    ],
    summary: "Drops columns that are constant or nearly so, of numbers and of levels.",
    documentation: "A column is dropped if it has one distinct value, or if the most frequent value is more than `ratio` times as frequent as the second and the number of distinct values is at most `unique` times the number of rows with a value. The rule of nearZeroVar in the R package caret, whose defaults are 95/5 = 19 and 10%. Unlike a variance threshold it does not depend on units.",
    references: &["Kuhn M. J Stat Softw 2008;28(5)."],
    example: "prepare radiomics by near_zero_variance then z-score",
};

/// Near-zero variance filter.
pub struct NearZeroVariance;

impl Step for NearZeroVariance {
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
        let (ratio, unique) = (settings.real("ratio"), settings.real("unique"));
        let mut kept = Vec::new();
        let mut scores = Vec::new();
        for column in block.columns() {
            let mut counts: Vec<usize> = match &column.values {
                Values::Number(values) => {
                    let mut sorted = present(values);
                    sorted.sort_by(f64::total_cmp);
                    sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).collect()
                }
                Values::Level { codes, .. } => {
                    let mut sorted: Vec<u32> = codes.iter().flatten().copied().collect();
                    sorted.sort_unstable();
                    sorted.chunk_by(|a, b| a == b).map(<[u32]>::len).collect()
                }
            };
            counts.sort_unstable_by(|a, b| b.cmp(a));
            let rows: usize = counts.iter().sum();
            let [first, second, ..] = counts[..] else { continue };
            let frequency = first as f64 / second as f64;
            scores.push((column.name.clone(), frequency));
            if frequency <= ratio || counts.len() as f64 > unique * rows as f64 {
                kept.push(column.name.clone());
            }
        }
        Ok(Box::new(Selected::new(CARD.name, "frequency ratio", kept, scores)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Selected>(frozen)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::block::Column;

    #[test]
    fn drops_what_hardly_varies() {
        let number = |name: &str, values: Vec<f64>| Column { name: name.to_owned(), values: Values::Number(values) };
        let rare = (0..100).map(|row| f64::from(u8::from(row < 3))).collect();
        let common = (0..100).map(|row| f64::from(u8::from(row < 10))).collect();
        let continuous = (0..100).map(f64::from).collect();
        let codes = (0..100).map(|row| Some(u32::from(row == 0))).collect();
        let levels = Column {
            name: "level".to_owned(),
            values: Values::Level { codes, levels: vec!["a".to_owned(), "b".to_owned()] },
        };
        let columns = vec![
            number("constant", vec![2.0; 100]),
            number("rare", rare),
            number("common", common),
            number("continuous", continuous),
            levels,
        ];
        let block = Block::new(100, columns);
        let outcome = Outcome::Binary(vec![true; 100]);
        let fitted = NearZeroVariance
            .fit(&block, &outcome, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent())
            .unwrap();
        assert_eq!(fitted.apply(&block).unwrap().names(), ["common", "continuous"]);
    }
}
