//! The prediction rule of every learner whose score is a weighted sum of features.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use crate::stats::Prediction;

use super::seam::FitError;
use super::training::{logistic, same_columns};

/// What the linear predictor means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Link {
    /// Log odds of the event.
    Logit,
    /// The value itself.
    Identity,
    /// Log relative hazard.
    LogHazard,
}

/// `eta = intercept + slopes'x`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearModel {
    pub intercept: f64,
    /// One a column of the fit, zero where the learner left it out.
    pub slopes: Vec<f64>,
    pub link: Link,
    /// Name of the learner that made it.
    pub learner: String,
}

impl LinearModel {
    /// `eta` of each row.
    ///
    /// # Errors
    /// [`FitError::Shape`] for other columns than those of the fit, [`FitError::Missing`].
    pub fn linear_predictor(&self, x: ArrayView2<'_, f64>, learner: &'static str) -> Result<Vec<f64>, FitError> {
        same_columns(x, self.slopes.len(), learner)?;
        let used: Vec<(usize, f64)> =
            self.slopes.iter().copied().enumerate().filter(|(_, slope)| *slope != 0.0).collect();
        Ok(x.rows()
            .into_iter()
            .map(|row| used.iter().fold(self.intercept, |sum, (column, slope)| sum + slope * row[*column]))
            .collect())
    }

    /// Probability, value or risk by the link.
    ///
    /// # Errors
    /// As [`LinearModel::linear_predictor`].
    pub fn predicted(&self, x: ArrayView2<'_, f64>, learner: &'static str) -> Result<Prediction, FitError> {
        let eta = self.linear_predictor(x, learner)?;
        Ok(match self.link {
            Link::Logit => Prediction::Probability(eta.into_iter().map(logistic).collect()),
            Link::Identity => Prediction::Value(eta),
            Link::LogHazard => Prediction::Risk(eta),
        })
    }
}
