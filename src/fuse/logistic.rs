//! Late fusion by logistic regression on the out-of-fold probabilities of the parts.

use std::any::Any;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::logistic_regression::{self, Method, Options};
use crate::learn::seam::FitError;
use crate::learn::steps::columns;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Outcome, Prediction};

use super::rule::{Combiner, CombinerSummary, FusionTask, Rule, WeightedSum, shape};

static CARD: Card = Card {
    name: "logistic",
    title: "Late fusion by logistic regression",
    role: Role::Fusion,
    endpoints: &[EndpointKind::Binary],
    parameters: &[Parameter {
        name: "scale",
        domain: Domain::Choice(&["probability", "logit"]),
        default: Initial::Choice("probability"),
        summary: "Scale on which the probabilities of the parts enter.",
    }],
    summary: "Combines the probabilities of the parts by logistic regression, learned on out-of-fold predictions.",
    documentation: "logit P(event) = b0 + Σ b_j s_j, where s_j is the out-of-fold probability of part j, as it is \
(`scale = probability`, as scikit-learn's StackingClassifier does) or as its logit after moving it into \
[1/(2n), 1 - 1/(2n)] for n rows (`scale = logit`, under which b0 = 0 and b = 1 returns a single part unchanged). \
Ensembles that vote are over-sure on few patients: a logit makes much of the difference between 0.97 and 1, and the \
weight of such a part suffers. Take logits where the parts are logistic themselves; the fusion's Shapley values are then \
exact. Fitted by maximum likelihood. Where the likelihood has no \
maximum (separation) Firth's penalty ½ log|I(b)| is added, and the result says so. A part that predicts the same for \
every row, or what earlier parts determine, has coefficient 0. For a patient without one modality \
the regression on the other parts, fitted on the rows that have them, is used.",
    references: &[
        "Wolpert DH. Neural Networks 1992;5:241-59.",
        "Firth D. Bias reduction of maximum likelihood estimates. Biometrika 1993;80:27-38.",
    ],
    example: "fuse late logistic(clinical, radiomics)",
};

/// Logistic fusion.
pub struct Logistic;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fitted {
    names: Vec<String>,
    /// Bound of probabilities before the logit; `None` on the scale of probabilities.
    bound: Option<f64>,
    intercept: f64,
    slopes: Vec<f64>,
    /// Firth's penalty was needed, because the classes are separated.
    firth: bool,
    /// Parts without a coefficient: constant, or determined by the others.
    aliased: Vec<String>,
}

impl Fitted {
    fn scale(&self, value: f64) -> f64 {
        scaled(value, self.bound)
    }
}

fn scaled(value: f64, bound: Option<f64>) -> f64 {
    match bound {
        None => value,
        Some(bound) => {
            let value = value.clamp(bound, 1.0 - bound);
            (value / (1.0 - value)).ln()
        }
    }
}

impl Rule for Logistic {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &FusionTask<'_>,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Combiner>, FitError> {
        watch.check()?;
        let Outcome::Binary(events) = task.outcome else {
            return Err(FitError::WrongEndpoint { learner: CARD.name, kind: task.outcome.kind() });
        };
        let n = events.len();
        let bound = (settings.choice("scale") == "logit").then(|| 0.5 / n.max(1) as f64);
        let x = task.scores.mapv(|value| scaled(value, bound));
        let options = Options { profile: false, ..Options::default() };
        let fit = logistic_regression::fit(x.view(), task.names, events, None, &options, watch)?;
        let mut slopes = vec![0.0; task.names.len()];
        for (column, coefficient) in fit.kept.iter().zip(fit.coefficients.iter().skip(1)) {
            slopes[*column] = coefficient.estimate;
        }
        Ok(Box::new(Fitted {
            names: task.names.to_vec(),
            bound,
            intercept: fit.coefficients.first().map_or(0.0, |coefficient| coefficient.estimate),
            slopes,
            firth: fit.method == Method::Firth,
            aliased: fit.aliased,
        }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Combiner>, FitError> {
        Ok(Box::new(columns::thaw::<Fitted>(frozen)?))
    }
}

impl Combiner for Fitted {
    fn combine(&self, scores: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        shape(&scores, self.names.len())?;
        let combined = scores
            .rows()
            .into_iter()
            .map(|row| {
                let eta: f64 = row.iter().zip(&self.slopes).map(|(score, slope)| slope * self.scale(*score)).sum();
                1.0 / (1.0 + (-self.intercept - eta).exp())
            })
            .collect();
        Ok(Prediction::Probability(combined))
    }

    fn summary(&self) -> CombinerSummary {
        let scale = if self.bound.is_some() { "logits" } else { "probabilities" };
        let mut how = format!("logistic regression on out-of-fold {scale}, ");
        how.push_str(if self.firth {
            "Firth's penalty because the classes are separated"
        } else {
            "maximum likelihood"
        });
        if !self.aliased.is_empty() {
            how.push_str(&format!("; {} adds nothing to the others", self.aliased.join(", ")));
        }
        CombinerSummary {
            weights: self.names.iter().cloned().zip(self.slopes.iter().copied()).collect(),
            intercept: Some(self.intercept),
            how,
        }
    }

    fn weighted_sum(&self) -> Option<WeightedSum> {
        Some(WeightedSum {
            weights: self.slopes.clone(),
            constant: self.intercept,
            parts_as_logits: self.bound.is_some(),
            sum_is_logit: true,
        })
    }

    fn freeze(&self) -> Json {
        columns::freeze(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::card::Value;
    use ndarray::array;

    #[test]
    fn separation_calls_for_firth_and_says_so() {
        let names = ["a".to_owned()];
        let outcome = Outcome::Binary(vec![false, false, false, true, true, true]);
        let scores = array![[0.1], [0.2], [0.3], [0.7], [0.8], [0.9]];
        let task = FusionTask { scores: scores.view(), names: &names, parts: &[0], outcome: &outcome };
        let summary = |scale: &str| {
            let settings = Settings::new(&CARD, [("scale", Value::Text(scale.to_owned()))]).unwrap();
            Logistic.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap().summary()
        };
        let logits = summary("logit");
        assert!(logits.how.contains("Firth"));
        assert!(logits.weights[0].1 > 0.0 && logits.weights[0].1 < 5.0);
        assert!(logits.intercept.unwrap().abs() < 1e-6, "symmetric about one half");
        let plain = summary("probability");
        assert!(plain.how.contains("Firth") && plain.how.contains("probabilities"));
        assert!((plain.intercept.unwrap() + 0.5 * plain.weights[0].1).abs() < 1e-6, "symmetric about one half");
    }

    #[test]
    fn a_constant_part_has_coefficient_zero() {
        let names = ["a".to_owned(), "b".to_owned()];
        let outcome = Outcome::Binary(vec![false, true, false, true]);
        let scores = array![[0.5, 0.2], [0.5, 0.6], [0.5, 0.7], [0.5, 0.9]];
        let task = FusionTask { scores: scores.view(), names: &names, parts: &[0, 1], outcome: &outcome };
        let combiner = Logistic.fit(&task, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        assert_eq!(combiner.summary().weights[0].1, 0.0);
        let again = Logistic.thaw(&combiner.freeze()).unwrap();
        assert_eq!(again.combine(scores.view()), combiner.combine(scores.view()));
    }
}
