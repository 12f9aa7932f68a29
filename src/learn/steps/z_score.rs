//! Standardisation to mean 0 and standard deviation 1.

use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::{Block, Values};
use crate::learn::seam::{FitError, FittedStep, Step};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::columns::{freeze, moments, positions, present, thaw};

static CARD: Card = Card {
    name: "z-score",
    title: "Standardisation (z-score)",
    role: Role::Step,
    endpoints: &[],
    parameters: &[Parameter {
        name: "ddof",
        domain: Domain::Integer { low: 0, high: 1 },
        default: Initial::Integer(0),
        summary: "Subtracted from n in the divisor of the variance: 0 as in scikit-learn, 1 as in R's scale.",
    }],
    summary: "Centres each number column on the training mean and scales it by the training standard deviation.",
    documentation: "z = (x - m) / s with mean m and standard deviation s of the training rows, \
s² = Σ(x - m)² / (n - ddof), over the values that are there. A column that is constant in the training rows is \
centred and not scaled, so it becomes 0. Missing values stay missing, levels stay levels. New rows are scaled by \
m and s of the training rows.",
    references: &[],
    example: "prepare radiomics by variance(min = 0.01) then z-score",
};

/// Standardisation.
pub struct ZScore;

/// Linear map of each column, `(x - centre) / scale`; shared by the scaling steps.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    columns: Vec<(String, f64, f64)>,
}

impl Scaling {
    /// Learns centre and scale of every number column; a scale of 0 means "constant" and becomes 1.
    ///
    /// # Errors
    /// [`FitError::NotEstimable`] where a column has no value in the training rows.
    pub fn learn(
        block: &Block,
        step: &'static str,
        centre_and_scale: impl Fn(&[f64]) -> Option<(f64, f64)>,
    ) -> Result<Self, FitError> {
        let mut columns = Vec::with_capacity(block.columns().len());
        for column in block.columns() {
            let Values::Number(values) = &column.values else { continue };
            let (centre, scale) = centre_and_scale(values).ok_or_else(|| FitError::NotEstimable {
                learner: step,
                reason: format!("column `{}` has no value in the {} training rows", column.name, block.rows()),
            })?;
            // Rounding of a constant column leaves a spread near the resolution of its mean.
            let constant = scale <= centre.abs() * 1e-14 || !scale.is_finite();
            columns.push((column.name.clone(), centre, if constant { 1.0 } else { scale }));
        }
        Ok(Scaling { columns })
    }
}

impl FittedStep for Scaling {
    fn apply(&self, block: &Block) -> Result<Block, FitError> {
        let at = positions(block);
        let mut columns = block.columns().to_vec();
        for (name, centre, scale) in &self.columns {
            let index = *at.get(name.as_str()).ok_or_else(|| FitError::NoColumn { column: name.clone() })?;
            match &mut columns[index].values {
                Values::Number(values) => {
                    for value in values {
                        *value = (*value - centre) / scale;
                    }
                }
                Values::Level { .. } => return Err(FitError::Levels { column: name.clone() }),
            }
        }
        Ok(Block::new(block.rows(), columns))
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }
}

impl Step for ZScore {
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
        let ddof = settings.real("ddof");
        Ok(Box::new(Scaling::learn(block, CARD.name, |values| {
            let n = present(values).len() as f64;
            moments(values)
                .map(|(mean, variance)| (mean, if n > ddof { (variance * n / (n - ddof)).sqrt() } else { 0.0 }))
        })?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Scaling>(frozen)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;
    use crate::learn::block::Column;

    #[test]
    fn scales_by_the_training_rows_and_keeps_missing_values() {
        let block = |a: Vec<f64>, b: Vec<f64>| {
            Block::new(
                a.len(),
                vec![
                    Column { name: "a".to_owned(), values: Values::Number(a) },
                    Column { name: "b".to_owned(), values: Values::Number(b) },
                ],
            )
        };
        let train = block(vec![1.0, 2.0, 3.0, f64::NAN], vec![0.1; 4]);
        let outcome = Outcome::Binary(vec![true; 4]);
        for (ddof, sd) in [(0, (2.0f64 / 3.0).sqrt()), (1, 1.0)] {
            let settings = Settings::new(&CARD, [("ddof", Value::Integer(ddof))]).unwrap();
            let fitted = ZScore.fit(&train, &outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
            let scaled =
                ZScore.thaw(&fitted.freeze()).unwrap().apply(&block(vec![4.0, f64::NAN], vec![0.1, 1.1])).unwrap();
            let matrix = scaled.matrix().unwrap();
            assert!((matrix[[0, 0]] - 2.0 / sd).abs() < 1e-15);
            assert!(matrix[[1, 0]].is_nan());
            assert_eq!((matrix[[0, 1]], matrix[[1, 1]]), (0.0, 1.0));
        }
    }
}
