//! `linear`: linear regression by least squares as a learner.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, EndpointKind, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Prediction;

use super::linear_model::{LinearModel, Link};
use super::linear_regression::{self, LinearFit};
use super::seam::{FitError, Learner, Model, Task};
use super::training::{continuous, freeze, thaw};

pub struct Linear;

static CARD: Card = Card {
    name: "linear",
    title: "Linear regression",
    role: Role::Learner,
    endpoints: &[EndpointKind::Continuous],
    parameters: &[],
    summary: "Linear regression of a continuous endpoint by least squares.",
    documentation: "\
`y = b0 + b'x`, with the coefficients that minimise the weighted sum of squared residuals, by orthogonal factors of the
design (as R's `lm`). A feature that others determine gets the coefficient 0. There must be more rows than coefficients.

Importance is the coefficient, per unit of the feature.",
    references: &["Seber GAF, Lee AJ. Linear Regression Analysis. 2nd ed. Wiley; 2003."],
    example: "learn linear",
};

/// A fitted linear regression with its table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LinearRegressionModel {
    pub linear: LinearModel,
    pub inference: LinearFit,
}

impl Learner for Linear {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &Task<'_>,
        _settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        let y = continuous(task, CARD.name)?;
        watch.check()?;
        let inference = linear_regression::fit(task.x, task.names, y, task.weights, 0.95)?;
        let mut slopes = vec![0.0; task.x.ncols()];
        let intercept = inference.coefficients[0].estimate;
        for (column, coefficient) in inference.kept.iter().zip(&inference.coefficients[1..]) {
            slopes[*column] = coefficient.estimate;
        }
        let linear = LinearModel { intercept, slopes, link: Link::Identity, learner: CARD.name.to_owned() };
        Ok(Box::new(LinearRegressionModel { linear, inference }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(thaw::<LinearRegressionModel>(frozen)?))
    }
}

impl Model for LinearRegressionModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        self.linear.predicted(x, CARD.name)
    }

    fn importance(&self) -> Option<Vec<f64>> {
        Some(self.linear.slopes.clone())
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;

    use super::*;
    use crate::stats::Outcome;

    #[test]
    fn finds_the_plane_and_comes_back_from_the_freezer() {
        let x = Array2::from_shape_fn((20, 2), |(i, j)| ((i * (j + 3)) % 7) as f64 + 0.1 * i as f64);
        let y: Vec<f64> = x.rows().into_iter().map(|row| 1.0 + 2.0 * row[0] - 0.5 * row[1]).collect();
        let outcome = Outcome::Continuous(y.clone());
        let names = ["a".to_owned(), "b".to_owned()];
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let model = Linear.fit(&task, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        let prediction = model.predict(x.view()).unwrap();
        assert!(prediction.scores().iter().zip(&y).all(|(a, b)| (a - b).abs() < 1e-10));
        let thawed = Linear.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(x.view()).unwrap(), prediction);
        assert!(model.predict(x.slice(ndarray::s![.., ..1])).is_err());
    }
}
