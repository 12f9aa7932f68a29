//! Cox regression as a learner: risk is the linear predictor, curves come from the baseline.

use std::any::Any;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::cox::baseline::{CumulativeHazard, baseline};
use super::cox::{CoxData, CoxOptions, Ties, fit};
use super::error::SurvivalError;
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::{FitError, Learner, Model, Task};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Outcome, Prediction, SurvivalCurves};

/// The learner `cox`.
pub struct Cox;

static CARD: Card = Card {
    name: "cox",
    title: "Cox proportional hazards regression",
    role: Role::Learner,
    endpoints: &[EndpointKind::Survival],
    parameters: &[
        Parameter {
            name: "ties",
            domain: Domain::Choice(&["efron", "breslow", "exact"]),
            default: Initial::Choice("efron"),
            summary: "How events at the same time share their risk set.",
        },
        Parameter {
            name: "penalty",
            domain: Domain::Real { low: 0.0, high: f64::INFINITY },
            default: Initial::Real(0.0),
            summary: "Ridge penalty: half of it times the squared coefficients is taken off the log likelihood.",
        },
    ],
    summary: "Log-linear hazards over a free baseline, by maximum partial likelihood.",
    documentation: "\
`h(t | x) = h0(t) exp(x' beta)`, with `beta` at the maximum of the log partial likelihood minus \
`penalty/2 |beta|^2`. The risk score is the linear predictor against the mean patient; survival is \
`exp(-H0(t) exp(x' beta))` with the baseline that belongs to the ties (Breslow's, or Efron's). Coefficients are per \
unit of the column: standardise first if a penalty is to weigh columns alike.\n\n\
Columns that are constant or combinations of earlier ones get the coefficient 0, as in R. A monotone likelihood \
(separation) and as many columns as patients are errors without a penalty. Follows `survival::coxph`, with a penalty \
scikit-survival's `CoxPHSurvivalAnalysis(alpha)`. Importance is the coefficient.",
    references: &[
        "Cox DR. Regression models and life-tables. Journal of the Royal Statistical Society B 1972;34:187-220.",
        "Efron B. The efficiency of Cox's likelihood function for censored data. JASA 1977;72:557-565.",
    ],
    example: "cox(clinical, ties = efron)",
};

/// A fitted Cox regression, reduced to what prediction needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoxModel {
    pub names: Vec<String>,
    pub coefficients: Vec<f64>,
    /// Origin of the linear predictor.
    pub means: Vec<f64>,
    /// Of the patient at the means.
    pub baseline: CumulativeHazard,
}

/// The error of a learner for the error of an estimator.
pub(crate) fn not_estimable(learner: &'static str, error: SurvivalError) -> FitError {
    match error {
        SurvivalError::Cancelled(cancelled) => FitError::Cancelled(cancelled),
        SurvivalError::Covariate { column, .. } => FitError::Missing { learner, column },
        other => FitError::NotEstimable { learner, reason: other.to_string() },
    }
}

impl Learner for Cox {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &Task<'_>,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        watch.check()?;
        let Outcome::Survival(outcome) = task.outcome else {
            return Err(FitError::WrongEndpoint { learner: CARD.name, kind: task.outcome.kind() });
        };
        let ties = match settings.choice("ties") {
            "breslow" => Ties::Breslow,
            "exact" => Ties::Exact,
            _ => Ties::Efron,
        };
        let penalty = settings.real("penalty");
        let (n, p) = task.x.dim();
        if p >= n && penalty == 0.0 {
            let reason = format!("{p} columns for {n} patients; select columns or give a penalty");
            return Err(FitError::NotEstimable { learner: CARD.name, reason });
        }
        let data = CoxData { weights: task.weights, ..CoxData::new(task.x, task.names, outcome) };
        let options = CoxOptions { ties, penalty, ..CoxOptions::default() };
        let fitted = fit(&data, &options).map_err(|error| not_estimable(CARD.name, error))?;
        if !fitted.monotone.is_empty() {
            let names: Vec<&str> = fitted.monotone.iter().map(|column| fitted.names[*column].as_str()).collect();
            let reason = format!(
                "the likelihood is monotone in {}: it separates the events from those who outlive them; give a penalty",
                names.join(", ")
            );
            return Err(FitError::NotEstimable { learner: CARD.name, reason });
        }
        Ok(Box::new(CoxModel {
            baseline: baseline(&fitted, 0, true),
            names: fitted.names,
            coefficients: fitted.beta,
            means: fitted.means,
        }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let model: CoxModel =
            serde_json::from_value(frozen.clone()).map_err(|error| FitError::Frozen { reason: error.to_string() })?;
        let columns = model.coefficients.len();
        if model.means.len() != columns || !model.baseline.is_sound() {
            return Err(FitError::Frozen { reason: "its parts have different lengths".to_owned() });
        }
        Ok(Box::new(model))
    }
}

impl CoxModel {
    fn linear_predictor(&self, x: ArrayView2<'_, f64>) -> Result<Vec<f64>, FitError> {
        if x.ncols() != self.coefficients.len() {
            return Err(FitError::Shape { expected: self.coefficients.len(), given: x.ncols() });
        }
        Ok(x.rows()
            .into_iter()
            .map(|row| {
                let terms = row.iter().zip(&self.means).zip(&self.coefficients);
                terms.map(|((x, mean), b)| (x - mean) * b).sum()
            })
            .collect())
    }
}

impl Model for CoxModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        Ok(Prediction::Risk(self.linear_predictor(x)?))
    }

    fn curves(&self, x: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        Ok(Some(self.baseline.curves(&self.linear_predictor(x)?, times)))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        Some(self.coefficients.clone())
    }

    fn freeze(&self) -> Json {
        serde_json::to_value(self).unwrap_or(Json::Null)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;
    use crate::stats::Censored;
    use ndarray::array;

    fn fitted(settings: &Settings, x: &ndarray::Array2<f64>, outcome: &Outcome) -> Result<Box<dyn Model>, FitError> {
        let names: Vec<String> = (0..x.ncols()).map(|column| format!("x{column}")).collect();
        let task = Task { x: x.view(), names: &names, outcome, weights: None };
        Cox.fit(&task, settings, &Stream::root(1), &Watch::silent())
    }

    #[test]
    fn a_thawed_model_predicts_the_same() {
        let x = array![[1.0, 0.5], [2.0, 0.1], [0.0, 3.0], [4.0, 1.0], [3.0, 2.0], [2.5, 0.0]];
        let outcome = Outcome::Survival(Censored::new(vec![5.0, 3.0, 2.0, 4.0, 1.0, 6.0], vec![1, 1, 0, 1, 1, 0]));
        let model = fitted(&Settings::defaults(&CARD), &x, &outcome).unwrap();
        let thawed = Cox.thaw(&model.freeze()).unwrap();
        assert_eq!(model.predict(x.view()).unwrap(), thawed.predict(x.view()).unwrap());
        let times = [0.5, 2.0, 9.0];
        let curves = model.curves(x.view(), &times).unwrap().unwrap();
        assert_eq!(Some(curves.clone()), thawed.curves(x.view(), &times).unwrap());
        assert!(curves.survival.column(0).iter().all(|survival| *survival == 1.0));
        assert!(model.predict(array![[1.0]].view()).is_err());
        assert!(Cox.thaw(&Json::Null).is_err());
    }

    #[test]
    fn separation_and_width_are_errors_without_a_penalty() {
        let x = array![[4.0], [3.0], [2.0], [1.0]];
        let outcome = Outcome::Survival(Censored::new(vec![1.0, 2.0, 3.0, 4.0], vec![1, 1, 1, 0]));
        let error = fitted(&Settings::defaults(&CARD), &x, &outcome).err().unwrap();
        assert!(error.to_string().contains("monotone"), "{error}");
        let ridge = Settings::new(&CARD, [("penalty", Value::Real(1.0))]).unwrap();
        assert!(fitted(&ridge, &x, &outcome).is_ok());
        let wide = array![[1.0, 2.0, 3.0, 4.0], [1.0, 0.0, 3.0, 1.0], [0.0, 2.0, 1.0, 4.0], [1.0, 1.0, 3.0, 5.0]];
        assert!(fitted(&Settings::defaults(&CARD), &wide, &outcome).err().unwrap().to_string().contains("columns"));
        assert!(fitted(&ridge, &wide, &outcome).is_ok());
        let binary = Outcome::Binary(vec![true, false, true, false]);
        assert!(matches!(fitted(&ridge, &x, &binary), Err(FitError::WrongEndpoint { .. })));
    }
}
