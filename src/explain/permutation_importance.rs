//! Permutation importance: how much a metric loses when a feature is shuffled over the rows
//! (Breiman 2001). Correlated features share what either alone would lose.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::{ExplainError, Predictor};
use crate::card::{Card, Domain, Initial, Parameter, Role};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::bootstrap::below;
use crate::stats::{Direction, NotEstimable};

/// The method as a study names it.
pub static CARD: Card = Card {
    name: "permutation",
    title: "Permutation importance",
    role: Role::Explanation,
    endpoints: &[],
    parameters: &[Parameter {
        name: "repeats",
        domain: Domain::Integer { low: 1, high: 100_000 },
        default: Initial::Integer(20),
        summary: "Shuffles of each feature.",
    }],
    summary: "How much performance is lost when the values of a feature are shuffled over patients.",
    documentation: "The metric (AUC of a binary endpoint, C-index of a survival endpoint, mean squared error of a number) of the \
predictions, less its value after the feature was shuffled over the patients; mean and standard deviation over the \
shuffles. Each patient is predicted by a model that was fitted without that patient. Correlated features share what \
either alone would lose.",
    references: &["Breiman L. Random forests. Mach Learn 2001;45:5-32."],
    example: "explain RESPONSE by permutation(repeats = 50)",
};

/// The loss of one feature.
#[derive(Clone, Debug, PartialEq)]
pub struct PermutationImportance {
    /// Mean loss of the metric over the shuffles: positive where the feature is of use.
    pub mean: f64,
    /// Standard deviation over the shuffles; absent for one.
    pub sd: Option<f64>,
    /// Loss in each shuffle.
    pub losses: Vec<f64>,
}

/// Shuffles each feature `repeats` times; `score` judges predictions of the rows of `x`.
///
/// # Errors
/// No rows or repeats, those of the model, a metric that is not estimable, stopped.
pub fn permutation_importance(
    model: &dyn Predictor,
    x: ArrayView2<'_, f64>,
    score: &(dyn Fn(&[f64]) -> Result<f64, NotEstimable> + Sync),
    direction: Direction,
    repeats: usize,
    stream: &Stream,
    watch: &Watch,
) -> Result<Vec<PermutationImportance>, ExplainError> {
    if x.nrows() == 0 || repeats == 0 {
        return Err(ExplainError::NoRows);
    }
    let judge =
        |predictions: &[f64]| score(predictions).map_err(|fault| ExplainError::NotEstimable { reason: fault.reason });
    let sign = match direction {
        Direction::Higher => 1.0,
        Direction::Lower => -1.0,
    };
    let whole = judge(&model.predict(x)?)?;
    (0..x.ncols())
        .into_par_iter()
        .map(|feature| {
            let mut shuffled: Array2<f64> = x.to_owned();
            let mut losses = Vec::with_capacity(repeats);
            for repeat in 0..repeats {
                watch.check()?;
                let mut rng = stream.indexed(feature as u64).indexed(repeat as u64).rng();
                let mut column = x.column(feature).to_vec();
                for last in (1..column.len()).rev() {
                    column.swap(last, below(&mut rng, last + 1));
                }
                for (slot, value) in shuffled.column_mut(feature).iter_mut().zip(column) {
                    *slot = value;
                }
                losses.push(sign * (whole - judge(&model.predict(shuffled.view())?)?));
            }
            let mean = losses.iter().sum::<f64>() / repeats as f64;
            let sd = (repeats > 1)
                .then(|| (losses.iter().map(|loss| (loss - mean).powi(2)).sum::<f64>() / (repeats - 1) as f64).sqrt());
            watch.advance("permutation importance", 1);
            Ok(PermutationImportance { mean, sd, losses })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unused_feature_loses_nothing() {
        let x = Array2::from_shape_fn((40, 2), |(i, j)| ((i * (j + 3)) % 17) as f64);
        let model = |x: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> { Ok(x.column(0).to_vec()) };
        let events: Vec<bool> = x.column(0).iter().map(|value| *value > 8.0).collect();
        let score = |p: &[f64]| crate::stats::delong::area(&events, p);
        let result =
            permutation_importance(&model, x.view(), &score, Direction::Higher, 5, &Stream::root(1), &Watch::silent())
                .unwrap();
        assert!(result[0].mean > 0.2);
        assert_eq!((result[1].mean, result[1].sd), (0.0, Some(0.0)));
    }
}
