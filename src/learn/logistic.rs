//! `logistic`: logistic regression as a learner.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Prediction;

use super::linear_model::{LinearModel, Link};
use super::logistic_regression::{self, Firth, LogisticFit, Options};
use super::logistic_ridge;
use super::seam::{FitError, Learner, Model, Task, Unread};
use super::training::{binary, freeze, thaw};

pub struct Logistic;

static CARD: Card = Card {
    name: "logistic",
    title: "Logistic regression",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary],
    parameters: &[
        Parameter {
            name: "penalty",
            domain: Domain::Choice(&["none", "L2", "firth"]),
            default: Initial::Choice("none"),
            summary: "none: maximum likelihood, Firth where separated; L2: ridge penalty of strength 1 / C; firth: always.",
        },
        Parameter {
            name: "C",
            domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
            default: Initial::Real(1.0),
            summary: "Inverse strength of the L2 penalty; smaller is stronger.",
        },
    ],
    summary: "Logistic regression by maximum likelihood, with Firth's penalty where the classes are separated.",
    documentation: "\
`log(p / (1 - p)) = b0 + b'x`.

- `penalty = none` maximises the likelihood by Fisher scoring (as R's `glm`). If a combination of the features
  separates the classes there is no maximum; Firth's penalty `1/2 log |I(b)|` is then used and the fitted model says so.
  Features that others determine get the coefficient 0. There must be more rows than coefficients.
- `penalty = L2` minimises `C sum_i w_i log(1 + exp(-y_i eta_i)) + |b|^2 / 2` with the intercept left out of the
  penalty (as scikit-learn). It is not invariant to the scale of the features: put `z-score` before it.
- `penalty = firth` uses Firth's penalty throughout.

Importance is the coefficient, per unit of the feature.",
    references: &[
        "McCullagh P, Nelder JA. Generalized Linear Models. 2nd ed. Chapman and Hall; 1989.",
        "Firth D. Bias reduction of maximum likelihood estimates. Biometrika 1993;80:27-38.",
        "Heinze G, Schemper M. A solution to the problem of separation in logistic regression. Stat Med 2002;21:2409-19.",
    ],
    example: "learn logistic",
};

/// A fitted logistic regression; `inference` is absent under an L2 penalty, which has no standard errors.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LogisticModel {
    pub linear: LinearModel,
    pub inference: Option<LogisticFit>,
}

impl Learner for Logistic {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn unread(&self, settings: &Settings, _: &[&str]) -> Unread {
        match settings.choice("penalty") {
            "L2" => Unread::NONE,
            _ => Unread { settings: &["C"], because: "only `penalty = L2` has a strength" },
        }
    }

    fn fit(
        &self,
        task: &Task<'_>,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        let labels = binary(task, CARD.name)?;
        let columns = task.x.ncols();
        if settings.choice("penalty") == "L2" {
            let (intercept, slopes) = logistic_ridge::fit(task.x, labels, task.weights, settings.real("C"), watch)?;
            let linear = LinearModel { intercept, slopes, link: Link::Logit, learner: CARD.name.to_owned() };
            return Ok(Box::new(LogisticModel { linear, inference: None }));
        }
        let firth = if settings.choice("penalty") == "firth" { Firth::Always } else { Firth::WhenSeparated };
        let options = Options { firth, profile: false, ..Options::default() };
        let mut fit = logistic_regression::fit(task.x, task.names, labels, task.weights, &options, watch)?;
        fit.fitted = Vec::new();
        let mut slopes = vec![0.0; columns];
        for (column, coefficient) in fit.kept.iter().zip(&fit.coefficients[1..]) {
            slopes[*column] = coefficient.estimate;
        }
        let intercept = fit.coefficients[0].estimate;
        let linear = LinearModel { intercept, slopes, link: Link::Logit, learner: CARD.name.to_owned() };
        Ok(Box::new(LogisticModel { linear, inference: Some(fit) }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        Ok(Box::new(thaw::<LogisticModel>(frozen)?))
    }
}

impl Model for LogisticModel {
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
    use crate::card::Value;

    use super::super::training::testing::{auc, two_classes};
    use super::*;

    fn settings(penalty: &str) -> Settings {
        Settings::new(&CARD, [("penalty", Value::Text(penalty.to_owned()))]).unwrap()
    }

    #[test]
    fn learns_and_comes_back_from_the_freezer() {
        let (x, names, outcome) = two_classes(200, 4, 3);
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        for penalty in ["none", "L2", "firth"] {
            let model = Logistic.fit(&task, &settings(penalty), &Stream::root(1), &Watch::silent()).unwrap();
            let prediction = model.predict(x.view()).unwrap();
            assert!(auc(prediction.scores(), &outcome) > 0.75);
            let text = model.freeze().to_string();
            let thawed = Logistic.thaw(&serde_json::from_str(&text).unwrap()).unwrap();
            assert_eq!(thawed.predict(x.view()).unwrap(), prediction);
        }
    }

    #[test]
    fn refuses_what_it_does_not_take() {
        let (mut x, names, outcome) = two_classes(30, 3, 4);
        let silent = Watch::silent();
        x[[3, 1]] = f64::NAN;
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let fault = Logistic.fit(&task, &settings("none"), &Stream::root(1), &silent).err();
        assert_eq!(fault, Some(FitError::Missing { learner: "logistic", column: "x1".to_owned() }));
        x[[3, 1]] = 0.0;
        let time = crate::stats::Outcome::Continuous(vec![1.0; 30]);
        let task = Task { x: x.view(), names: &names, outcome: &time, weights: None };
        assert!(matches!(
            Logistic.fit(&task, &settings("none"), &Stream::root(1), &silent).err(),
            Some(FitError::WrongEndpoint { .. })
        ));
    }

    // An independent implementation of the same objective.
    #[test]
    fn l2_is_that_of_linfa() {
        use linfa::prelude::*;
        let (x, names, outcome) = two_classes(80, 5, 6);
        let crate::stats::Outcome::Binary(labels) = &outcome else { unreachable!() };
        let dataset = linfa::Dataset::new(x.clone(), ndarray::Array1::from(labels.clone()));
        let peer = linfa_logistic::LogisticRegression::default().alpha(1.0 / 0.3).gradient_tolerance(1e-9);
        let peer = peer.max_iterations(2000).fit(&dataset).unwrap();
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let given = [("penalty", Value::Text("L2".to_owned())), ("C", Value::Real(0.3))];
        let settings = Settings::new(&CARD, given).unwrap();
        let model = Logistic.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        for (ours, theirs) in model.importance().unwrap().iter().zip(peer.params()) {
            assert!((ours.abs() - theirs.abs()).abs() < 1e-5, "{ours} {theirs}");
        }
    }
}
