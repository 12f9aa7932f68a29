//! Post-processing of probabilities: calibration by Platt's sigmoid or by isotonic regression.
//!
//! Learn a calibrator on out-of-fold probabilities of the training rows (the whole of a
//! cross-fit), never on predictions of rows that the model was fitted on; apply it to the
//! predictions of the final model.

use serde::{Deserialize, Serialize};

use crate::progress::Watch;

use super::logistic_regression::{self, Firth, Options};
use super::seam::FitError;

const NAME: &str = "calibration";

/// How a calibrator is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Method {
    /// `logit p' = a + b logit p` by maximum likelihood (logistic recalibration), probabilities
    /// first moved into `[1/(2n), 1 - 1/(2n)]`; Firth's penalty where the classes are separated.
    Platt,
    /// The non-decreasing step function with the least squared error (pool adjacent violators),
    /// linear between the means of the blocks.
    Isotonic,
}

/// A learned map of probabilities to probabilities, non-decreasing for [`Method::Isotonic`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Calibrator {
    Sigmoid {
        intercept: f64,
        slope: f64,
        bound: f64,
    },
    /// Ascending probabilities and what they become.
    Steps {
        given: Vec<f64>,
        calibrated: Vec<f64>,
    },
}

fn refuse(reason: String) -> FitError {
    FitError::NotEstimable { learner: NAME, reason }
}

/// Learns a calibrator from out-of-fold probabilities.
///
/// # Errors
/// One class only, no spread of the probabilities (Platt), or a probability that is none.
pub fn fit(probabilities: &[f64], events: &[bool], method: Method, watch: &Watch) -> Result<Calibrator, FitError> {
    let n = events.len();
    if probabilities.len() != n {
        return Err(FitError::Shape { expected: n, given: probabilities.len() });
    }
    if probabilities.iter().any(|p| !(0.0..=1.0).contains(p)) {
        return Err(refuse("calibration wants probabilities between 0 and 1".to_owned()));
    }
    let positive = events.iter().filter(|event| **event).count();
    if positive == 0 || positive == n {
        return Err(refuse(format!("{positive} events and {} non-events among {n} rows", n - positive)));
    }
    match method {
        Method::Platt => {
            let bound = 0.5 / n as f64;
            let logits = ndarray::Array2::from_shape_fn((n, 1), |(row, _)| logit(probabilities[row], bound));
            let options = Options { firth: Firth::WhenSeparated, profile: false, ..Options::default() };
            let names = ["logit".to_owned()];
            let fit = logistic_regression::fit(logits.view(), &names, events, None, &options, watch)?;
            match fit.coefficients.as_slice() {
                [intercept, slope] => {
                    Ok(Calibrator::Sigmoid { intercept: intercept.estimate, slope: slope.estimate, bound })
                }
                _ => Err(refuse("all probabilities are the same".to_owned())),
            }
        }
        Method::Isotonic => Ok(isotonic(probabilities, events)),
    }
}

fn logit(p: f64, bound: f64) -> f64 {
    let p = p.clamp(bound, 1.0 - bound);
    (p / (1.0 - p)).ln()
}

fn isotonic(probabilities: &[f64], events: &[bool]) -> Calibrator {
    let mut order: Vec<usize> = (0..events.len()).collect();
    order.sort_by(|a, b| probabilities[*a].total_cmp(&probabilities[*b]));
    // Blocks of first and last probability, events, rows; equal probabilities are one block.
    let mut blocks: Vec<(f64, f64, f64, f64)> = Vec::new();
    for ties in order.chunk_by(|a, b| probabilities[*a] == probabilities[*b]) {
        let own = probabilities[ties[0]];
        let positive = ties.iter().filter(|row| events[**row]).count() as f64;
        blocks.push((own, own, positive, ties.len() as f64));
        while let [.., before, last] = blocks[..]
            && before.2 / before.3 >= last.2 / last.3
        {
            blocks.truncate(blocks.len() - 2);
            blocks.push((before.0, last.1, before.2 + last.2, before.3 + last.3));
        }
    }
    let (mut given, mut calibrated) = (Vec::new(), Vec::new());
    for (from, to, positive, rows) in blocks {
        for end in if from == to { vec![from] } else { vec![from, to] } {
            given.push(end);
            calibrated.push(positive / rows);
        }
    }
    Calibrator::Steps { given, calibrated }
}

impl Calibrator {
    /// The calibrated probability.
    pub fn apply(&self, probability: f64) -> f64 {
        match self {
            Calibrator::Sigmoid { intercept, slope, bound } => {
                1.0 / (1.0 + (-(intercept + slope * logit(probability, *bound))).exp())
            }
            Calibrator::Steps { given, calibrated } => {
                let above = given.partition_point(|value| *value < probability);
                match (above.checked_sub(1), given.get(above)) {
                    (_, Some(at)) if *at == probability => calibrated[above],
                    (Some(below), Some(at)) => {
                        let share = (probability - given[below]) / (at - given[below]);
                        calibrated[below] + share * (calibrated[above] - calibrated[below])
                    }
                    (Some(below), None) => calibrated[below],
                    (None, _) => calibrated.first().copied().unwrap_or(probability),
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn platt_undoes_a_known_distortion() {
        // Ten rows at each probability, as many events as the true risk says.
        let (mut given, mut events) = (Vec::new(), Vec::new());
        for tenth in 1..10 {
            let truth = f64::from(tenth) / 10.0;
            let shown = 1.0 / (1.0 + (-(2.0 * (truth / (1.0 - truth)).ln() + 1.0)).exp());
            for row in 0..10 {
                given.push(shown);
                events.push(row < tenth);
            }
        }
        let Calibrator::Sigmoid { intercept, slope, bound } =
            fit(&given, &events, Method::Platt, &Watch::silent()).unwrap()
        else {
            unreachable!()
        };
        assert!((slope - 0.5).abs() < 0.02 && (intercept + 0.5).abs() < 0.02, "{intercept} {slope}");
        assert_eq!(bound, 1.0 / 180.0);
        assert!(fit(&[0.5; 4], &[true, false, true, false], Method::Platt, &Watch::silent()).is_err());
        assert!(fit(&[0.5; 2], &[true, true], Method::Isotonic, &Watch::silent()).is_err());
        assert!(fit(&[1.5, 0.2], &[true, false], Method::Isotonic, &Watch::silent()).is_err());
    }

    #[test]
    fn isotonic_agrees_with_scikit_learn() {
        // sklearn.isotonic.IsotonicRegression().fit_transform(p, y)
        let p = [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.9];
        let y = [false, true, false, true, false, true, true];
        let calibrator = fit(&p, &y, Method::Isotonic, &Watch::silent()).unwrap();
        let own: Vec<f64> = p.iter().map(|p| calibrator.apply(*p)).collect();
        let expected = [0.0, 0.5, 0.5, 0.5, 0.5, 1.0, 1.0];
        assert!(own.iter().zip(expected).all(|(own, expected)| (own - expected).abs() < 1e-12), "{own:?}");
        assert_eq!(calibrator.apply(0.0), 0.0);
        assert_eq!(calibrator.apply(1.0), 1.0);
        assert!((calibrator.apply(0.15) - 0.25).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn isotonic_never_falls(rows in prop::collection::vec((0.0f64..1.0, any::<bool>()), 2..60)) {
            let (p, y): (Vec<f64>, Vec<bool>) = rows.into_iter().unzip();
            if let Ok(calibrator) = fit(&p, &y, Method::Isotonic, &Watch::silent()) {
                let grid: Vec<f64> = (0..=100).map(|step| calibrator.apply(f64::from(step) / 100.0)).collect();
                prop_assert!(grid.windows(2).all(|pair| pair[0] <= pair[1] + 1e-12));
                prop_assert!(grid.iter().all(|value| (0.0..=1.0).contains(value)));
            }
        }
    }
}
