//! Losses of boosting under censoring: what each tree is grown on, and the value reported.

use serde::{Deserialize, Serialize};

use super::censoring::{CensoringSurvival, Side};
use super::coxnet::BreslowPartialLikelihood;
use super::error::SurvivalError;
use crate::learn::glmnet::Family;
use crate::stats::Censored;

/// What boosting minimises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum BoostingLoss {
    /// Minus the Breslow log partial likelihood; the score is a log hazard ratio.
    PartialLikelihood,
    /// Half the squared residuals of log time; of the censored only where positive. The score is a log time.
    CensoredSquares,
    /// Squared residuals of log time, weighted by the inverse probability of censoring. The score is a log time.
    WeightedSquares,
}

impl BoostingLoss {
    /// The loss that a card calls `coxph`, `squared` or `ipcwls`.
    pub(super) fn named(word: &str) -> Self {
        match word {
            "squared" => BoostingLoss::CensoredSquares,
            "ipcwls" => BoostingLoss::WeightedSquares,
            _ => BoostingLoss::PartialLikelihood,
        }
    }

    /// Whether the score is a log time, so that higher means later.
    pub fn is_of_time(self) -> bool {
        self != BoostingLoss::PartialLikelihood
    }
}

/// A loss with the follow-up that it is of. Competing events count as censored.
pub struct LossOfFollowUp {
    loss: BoostingLoss,
    likelihood: BreslowPartialLikelihood,
    event: Vec<bool>,
    log_time: Vec<f64>,
    weights: Vec<f64>,
}

impl LossOfFollowUp {
    /// `case_weights` are one a row and not negative; follow-up was checked.
    ///
    /// # Errors
    /// No event with a positive weight; for the losses of log time a time of zero or late entry; for the
    /// weighted one an event time at which the censoring distribution has no weight.
    pub fn new(loss: BoostingLoss, outcome: &Censored, case_weights: Option<&[f64]>) -> Result<Self, SurvivalError> {
        let rows = outcome.len();
        let mut weights = case_weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
        let event: Vec<bool> = outcome.event.iter().map(|event| *event == 1).collect();
        if !event.iter().zip(&weights).any(|(event, weight)| *event && *weight > 0.0) {
            return Err(SurvivalError::NoEvents { n: rows });
        }
        let likelihood = BreslowPartialLikelihood::new(outcome, case_weights);
        let mut log_time = Vec::new();
        if loss.is_of_time() {
            if outcome.entry.is_some() {
                return Err(SurvivalError::because("a squared loss of log time is not defined under late entry"));
            }
            if outcome.time.iter().any(|time| *time <= 0.0) {
                return Err(SurvivalError::because("the loss takes the logarithm of times, and a time is zero"));
            }
            log_time = outcome.time.iter().map(|time| time.ln()).collect();
        }
        if loss == BoostingLoss::WeightedSquares {
            let own = Censored::new(outcome.time.clone(), event.iter().map(|event| u8::from(*event)).collect());
            let censoring = CensoringSurvival::new(&own)?;
            for row in 0..rows {
                weights[row] *= if event[row] {
                    let free = censoring.at(outcome.time[row], Side::At).map_err(|_| {
                        SurvivalError::because(format!(
                            "everybody else is censored by time {}, so that the event there has no weight",
                            outcome.time[row]
                        ))
                    })?;
                    1.0 / free
                } else {
                    0.0
                };
            }
        }
        Ok(LossOfFollowUp { loss, likelihood, event, log_time, weights })
    }

    /// Weight of each row in a tree: the case weight, times the inverse probability of censoring where the
    /// loss has it.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// The partial likelihood, for the baseline.
    pub fn likelihood(&self) -> &BreslowPartialLikelihood {
        &self.likelihood
    }

    /// Minus the derivative of the loss in each row's score, a unit of weight: `delta - H0(T) exp(f)` or the
    /// residual of log time.
    pub fn residuals(&self, score: &[f64], residual: &mut [f64]) {
        if self.loss == BoostingLoss::PartialLikelihood {
            let mut curvature = vec![0.0; score.len()];
            self.likelihood.derivatives(score, residual, &mut curvature);
            let total: f64 = self.weights.iter().sum();
            for (residual, weight) in residual.iter_mut().zip(&self.weights) {
                *residual = if *weight > 0.0 { *residual * total / weight } else { 0.0 };
            }
            return;
        }
        for row in 0..score.len() {
            residual[row] = self.residual(score, row);
        }
    }

    fn residual(&self, score: &[f64], row: usize) -> f64 {
        let residual = self.log_time[row] - score[row];
        let counts = residual > 0.0 || self.event[row] || self.loss == BoostingLoss::WeightedSquares;
        if counts { residual } else { 0.0 }
    }

    /// The loss of all rows: minus the log partial likelihood, half the weighted sum of squares, or the
    /// weighted mean of squares.
    pub fn value(&self, score: &[f64]) -> f64 {
        let total: f64 = self.weights.iter().sum();
        if self.loss == BoostingLoss::PartialLikelihood {
            // The likelihood's weights sum to 1; its risk sets come back to the scale of the case weights.
            let events: f64 =
                self.weights.iter().zip(&self.event).filter(|(_, event)| **event).map(|(weight, _)| weight).sum();
            return total * self.likelihood.loss(score) + events * total.ln();
        }
        let squares: f64 = (0..score.len()).map(|row| self.weights[row] * self.residual(score, row).powi(2)).sum();
        if self.loss == BoostingLoss::CensoredSquares { 0.5 * squares } else { squares / total }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn residuals_are_minus_the_slope_of_the_loss() {
        let mut outcome = Censored::new(vec![3.0, 1.0, 4.0, 1.0, 5.0, 9.0], vec![1, 0, 1, 1, 2, 0]);
        let case_weights = [1.0, 2.0, 0.5, 1.0, 1.5, 1.0];
        // No score on the kink of the squared loss, `log T` of a censored row.
        let score = [1.9, 0.2, 0.1, -0.4, 0.3, 1.0];
        for loss in [BoostingLoss::PartialLikelihood, BoostingLoss::CensoredSquares, BoostingLoss::WeightedSquares] {
            let of = LossOfFollowUp::new(loss, &outcome, Some(&case_weights)).unwrap();
            let mut residual = [0.0; 6];
            of.residuals(&score, &mut residual);
            // The weighted mean of squares has the slope -2 w r / sum w.
            let scale =
                if loss == BoostingLoss::WeightedSquares { 2.0 / of.weights().iter().sum::<f64>() } else { 1.0 };
            for row in 0..6 {
                let moved = |by: f64| {
                    let mut score = score;
                    score[row] += by;
                    of.value(&score)
                };
                let slope = (moved(1e-6) - moved(-1e-6)) / 2e-6;
                let expected = -scale * of.weights()[row] * residual[row];
                assert!((slope - expected).abs() < 1e-7, "{loss:?} {row}: {slope} {expected}");
            }
        }
        // Two events, none of them at the end: weights by hand, 1 / G with G(3) = 1 - 1/5 after time 1.
        let of = LossOfFollowUp::new(BoostingLoss::WeightedSquares, &outcome, None).unwrap();
        assert!((of.weights()[0] - 1.25).abs() < 1e-12 && of.weights()[5] == 0.0);
        outcome.time[1] = 0.0;
        assert!(LossOfFollowUp::new(BoostingLoss::CensoredSquares, &outcome, None).is_err());
        assert!(LossOfFollowUp::new(BoostingLoss::PartialLikelihood, &outcome, None).is_ok());
    }
}
