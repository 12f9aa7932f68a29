//! Imputation by the nearest neighbours.

use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::{Block, Column, Values};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{freeze, moments, positions, thaw};

static CARD: Card = Card {
    name: "knn",
    title: "Imputation by nearest neighbours",
    role: Role::Step,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "k",
            domain: Domain::Integer { low: 1, high: 1000 },
            default: Initial::Integer(5),
            summary: "Number of training rows that a missing value is filled from.",
        },
        Parameter {
            name: "scale",
            domain: Domain::Flag,
            default: Initial::Flag(true),
            summary: "Whether distances are of z-scores, so that units do not matter.",
        },
    ],
    summary: "Fills missing values from the nearest training rows that have them.",
    documentation: "The distance of two rows is the Euclidean one over the number columns that both have, times \
√(columns / columns that both have); with `scale` each column is first divided by its training standard deviation. A \
missing number becomes the mean of its column over the nearest training rows that have it, a missing level the most \
frequent one among them. Equally near rows go by their order. Where no training row shares a column with the row, the \
mean (most frequent level) of the training rows is taken. Without `scale` this is scikit-learn's KNNImputer. A column \
without any value in the training rows is an error. The fitted step holds the training values of the block.",
    references: &["Troyanskaya O, et al. Bioinformatics 2001;17:520-5."],
    example: "prepare clinical by knn(k = 5) then z-score",
};

/// Imputation by nearest neighbours.
pub struct Knn;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
enum Donors {
    Number { values: Vec<Option<f64>>, scale: f64, mean: f64 },
    Level { values: Vec<Option<String>>, most: String },
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Neighbours {
    neighbours: usize,
    columns: Vec<(String, Donors)>,
}

impl Step for Knn {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fills_missing(&self) -> bool {
        true
    }

    fn mixes_columns(&self) -> bool {
        true
    }

    fn fit(
        &self,
        block: &Block,
        _outcome: &Outcome,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        watch.check()?;
        let scaled = settings.flag("scale");
        let columns = block
            .columns()
            .iter()
            .map(|column| {
                let empty = || FitError::NotEstimable {
                    learner: CARD.name,
                    reason: format!("column `{}` has no value in the {} training rows", column.name, block.rows()),
                };
                let donors = match &column.values {
                    Values::Number(values) => {
                        let (mean, variance) = moments(values).ok_or_else(empty)?;
                        let scale = if scaled && variance > 0.0 { variance.sqrt() } else { 1.0 };
                        let values = values.iter().map(|value| (!value.is_nan()).then_some(*value)).collect();
                        Donors::Number { values, scale, mean }
                    }
                    Values::Level { codes, levels } => {
                        let values: Vec<Option<String>> =
                            codes.iter().map(|code| levels.get((*code)? as usize).cloned()).collect();
                        let most = frequent(values.iter().flatten(), levels).ok_or_else(empty)?;
                        Donors::Level { values, most }
                    }
                };
                Ok((column.name.clone(), donors))
            })
            .collect::<Result<_, FitError>>()?;
        Ok(Box::new(Neighbours { neighbours: settings.count("k"), columns }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Neighbours>(frozen)?))
    }
}

/// The most frequent level, of equals the first in the order of `levels`.
fn frequent<'a>(values: impl Iterator<Item = &'a String>, levels: &[String]) -> Option<String> {
    let mut counts = vec![0usize; levels.len()];
    for value in values {
        if let Some(index) = levels.iter().position(|level| level == value) {
            counts[index] += 1;
        }
    }
    let most = *counts.iter().max().filter(|most| **most > 0)?;
    counts.iter().position(|count| *count == most).map(|index| levels[index].clone())
}

impl Neighbours {
    /// Training rows by distance from a row given by its numbers; those that share nothing are absent.
    fn nearest(&self, row: &[Option<f64>]) -> Vec<usize> {
        let numbers: Vec<(&Vec<Option<f64>>, f64)> = self
            .columns
            .iter()
            .filter_map(|(_, donors)| match donors {
                Donors::Number { values, scale, .. } => Some((values, *scale)),
                Donors::Level { .. } => None,
            })
            .collect();
        let rows = numbers.first().map_or(0, |(values, _)| values.len());
        let mut distances: Vec<(f64, usize)> = (0..rows)
            .filter_map(|donor| {
                let (mut sum, mut shared) = (0.0, 0usize);
                for ((values, scale), own) in numbers.iter().zip(row) {
                    if let (Some(own), Some(other)) = (own, values[donor]) {
                        sum += ((own - other) / scale).powi(2);
                        shared += 1;
                    }
                }
                (shared > 0).then(|| (sum * numbers.len() as f64 / shared as f64, donor))
            })
            .collect();
        distances.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
        distances.into_iter().map(|(_, donor)| donor).collect()
    }
}

impl FittedStep for Neighbours {
    fn apply(&self, block: &Block) -> Result<Block, FitError> {
        let at = positions(block);
        let mut columns: Vec<Column> = block.columns().to_vec();
        let mut own: Vec<usize> = Vec::with_capacity(self.columns.len());
        for (name, donors) in &self.columns {
            let index = *at.get(name.as_str()).ok_or_else(|| FitError::NoColumn { column: name.clone() })?;
            if matches!(donors, Donors::Number { .. }) && matches!(columns[index].values, Values::Level { .. }) {
                return Err(FitError::Levels { column: name.clone() });
            }
            own.push(index);
        }
        let number = |index: usize, row: usize| match &block.columns()[index].values {
            Values::Number(values) => (!values[row].is_nan()).then_some(values[row]),
            Values::Level { .. } => None,
        };
        let gaps: Vec<usize> = (0..block.rows())
            .filter(|row| {
                own.iter().any(|index| match &block.columns()[*index].values {
                    Values::Number(values) => values[*row].is_nan(),
                    Values::Level { codes, .. } => codes[*row].is_none(),
                })
            })
            .collect();
        let order: Vec<Vec<usize>> = gaps
            .par_iter()
            .map(|row| {
                let numbers: Vec<Option<f64>> = self
                    .columns
                    .iter()
                    .zip(&own)
                    .filter(|((_, donors), _)| matches!(donors, Donors::Number { .. }))
                    .map(|(_, index)| number(*index, *row))
                    .collect();
                self.nearest(&numbers)
            })
            .collect();
        for (row, nearest) in gaps.iter().zip(&order) {
            for ((_, donors), index) in self.columns.iter().zip(&own) {
                match (&mut columns[*index].values, donors) {
                    (Values::Number(values), Donors::Number { values: given, mean, .. }) if values[*row].is_nan() => {
                        let near: Vec<f64> =
                            nearest.iter().filter_map(|donor| given[*donor]).take(self.neighbours).collect();
                        let sum: f64 = near.iter().sum();
                        values[*row] = if near.is_empty() { *mean } else { sum / near.len() as f64 };
                    }
                    (Values::Level { codes, levels }, Donors::Level { values: given, most })
                        if codes[*row].is_none() =>
                    {
                        let near: Vec<&String> =
                            nearest.iter().filter_map(|donor| given[*donor].as_ref()).take(self.neighbours).collect();
                        let level = frequent(near.into_iter(), levels).unwrap_or_else(|| most.clone());
                        let code = levels.iter().position(|other| *other == level).unwrap_or_else(|| {
                            levels.push(level.clone());
                            levels.len() - 1
                        });
                        codes[*row] = Some(code as u32);
                    }
                    _ => {}
                }
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
    use ndarray::array;

    #[test]
    fn agrees_with_scikit_learn() {
        // sklearn.impute.KNNImputer(n_neighbors=2).fit(train).transform(new); scripts/reference/knn.py
        let nan = f64::NAN;
        let names = ["a", "b", "c"].map(str::to_owned);
        let train = array![[1.0, 2.0, nan], [3.0, 4.0, 3.0], [nan, 6.0, 5.0], [8.0, 8.0, 7.0], [2.0, nan, 9.0]];
        let new = array![[nan, 5.0, 4.0], [2.5, nan, nan], [nan, nan, 6.5], [nan, nan, nan]];
        let settings = Settings::new(&CARD, [("k", Value::Integer(2)), ("scale", Value::Flag(false))]).unwrap();
        let outcome = Outcome::Binary(vec![true; 5]);
        let train = Block::from_matrix(&names, &train);
        let fitted = Knn.fit(&train, &outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        let fitted = Knn.thaw(&fitted.freeze()).unwrap();
        let filled = fitted.apply(&Block::from_matrix(&names, &new)).unwrap().matrix().unwrap();
        let expected = array![[2.0, 5.0, 4.0], [2.5, 3.0, 6.0], [5.0, 7.0, 6.5], [3.5, 5.0, 6.0]];
        for (own, expected) in filled.iter().zip(expected.iter()) {
            assert!((own - expected).abs() < 1e-12, "{filled}");
        }
    }

    #[test]
    fn levels_follow_their_neighbours() {
        let column = |codes: Vec<Option<u32>>| Column {
            name: "sex".to_owned(),
            values: Values::Level { codes, levels: vec!["f".to_owned(), "m".to_owned()] },
        };
        let number = |values: Vec<f64>| Column { name: "x".to_owned(), values: Values::Number(values) };
        let train =
            Block::new(4, vec![number(vec![0.0, 1.0, 9.0, 10.0]), column(vec![Some(0), Some(0), Some(1), Some(1)])]);
        let settings = Settings::new(&CARD, [("k", Value::Integer(2))]).unwrap();
        let outcome = Outcome::Binary(vec![true; 4]);
        let fitted = Knn.fit(&train, &outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        let new = Block::new(2, vec![number(vec![8.0, 2.0]), column(vec![None, None])]);
        assert_eq!(fitted.apply(&new).unwrap().columns()[1], column(vec![Some(1), Some(0)]));
    }
}
