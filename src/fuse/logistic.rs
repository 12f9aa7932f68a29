//! Late fusion by logistic regression on the out-of-fold probabilities of the parts.

use std::any::Any;

use ndarray::{Array2, ArrayView2};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::logistic_regression::{self, LogisticFit, Method, Options};
use crate::learn::seam::FitError;
use crate::learn::steps::columns;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Outcome, Prediction};

use super::rule::{Combiner, CombinerSummary, FusionTask, Rule, SIGNS, WeightedSum, shape};

static CARD: Card = Card {
    name: "logistic",
    title: "Late fusion by logistic regression",
    role: Role::Fusion,
    endpoints: &[EndpointKind::Binary],
    parameters: &[
        Parameter {
            name: "scale",
            domain: Domain::Choice(&["probability", "logit"]),
            default: Initial::Choice("probability"),
            summary: "Scale on which the probabilities of the parts enter.",
        },
        SIGNS,
    ],
    summary: "Combines the probabilities of the parts by logistic regression, learned on out-of-fold predictions.",
    documentation: "logit P(event) = b0 + Σ b_j s_j, where s_j is the out-of-fold probability of part j, as it is \
(`scale = probability`, as scikit-learn's StackingClassifier does) or as its logit after moving it into \
[1/(2n), 1 - 1/(2n)] for n rows (`scale = logit`, under which b0 = 0 and b = 1 returns a single part unchanged). \
Ensembles that vote are over-sure on few patients: a logit makes much of the difference between 0.97 and 1, and the \
weight of such a part suffers. Take logits where the parts are logistic themselves; the fusion's Shapley values are then \
exact. Fitted by maximum likelihood under b_j >= 0 (`signs = nonnegative`): out of fold a part that knows nothing goes \
against the outcome, and a fusion that believes this turns the part round for patients to come (Breiman 1996). It is the \
best of the fits on subsets of the parts with no negative coefficient, for at most 10 parts; `signs = free` leaves the \
coefficients as they are. Where the likelihood has no \
maximum (separation) Firth's penalty ½ log|I(b)| is added, and the result says so. A part that predicts the same for \
every row, or what earlier parts determine, has coefficient 0. For a patient without one modality \
the regression on the other parts, fitted on the rows that have them, is used.",
    references: &[
        "Wolpert DH. Neural Networks 1992;5:241-59.",
        "Breiman L. Stacked regressions. Machine Learning 1996;24:49-64.",
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
    /// Parts of coefficient 0, because it would be negative.
    #[serde(default)]
    against: Vec<String>,
}

/// More parts than this have too many subsets.
const MOST_PARTS: usize = 10;

/// The fit of all parts, or of those of `set` alone.
fn of_parts(
    x: &Array2<f64>,
    set: &[usize],
    names: &[String],
    events: &[bool],
    watch: &Watch,
) -> Result<LogisticFit, FitError> {
    let options = Options { profile: false, ..Options::default() };
    let mut own = Array2::zeros(x.dim());
    for part in set {
        own.column_mut(*part).assign(&x.column(*part));
    }
    logistic_regression::fit(own.view(), names, events, None, &options, watch)
}

fn turns_round(fit: &LogisticFit) -> bool {
    fit.coefficients.iter().skip(1).any(|coefficient| coefficient.estimate < 0.0)
}

/// Among the fits on subsets of the parts without a negative coefficient the likeliest, which is the
/// maximum under that constraint; a larger subset is preferred to its equal.
fn nonnegative(
    x: &Array2<f64>,
    names: &[String],
    events: &[bool],
    watch: &Watch,
) -> Result<(LogisticFit, Vec<usize>), FitError> {
    let parts = names.len();
    if parts > MOST_PARTS {
        let reason = format!("{parts} parts have too many subsets; fuse at most {MOST_PARTS}, or say `signs = free`");
        return Err(FitError::NotEstimable { learner: CARD.name, reason });
    }
    let mut best: Option<(LogisticFit, Vec<usize>)> = None;
    for mask in (0..1usize << parts).rev() {
        let set: Vec<usize> = (0..parts).filter(|part| mask >> part & 1 == 1).collect();
        let fit = match of_parts(x, &set, names, events, watch) {
            Ok(fit) => fit,
            // What the subset of all parts cannot do is told; a smaller one is passed over.
            Err(error) if set.len() == parts => return Err(error),
            Err(FitError::Cancelled(cancelled)) => return Err(FitError::Cancelled(cancelled)),
            Err(_) => continue,
        };
        if turns_round(&fit) {
            continue;
        }
        if set.len() == parts {
            return Ok((fit, set));
        }
        if best.as_ref().is_none_or(|(other, _)| fit.log_likelihood > other.log_likelihood + 1e-9) {
            best = Some((fit, set));
        }
    }
    best.ok_or_else(|| FitError::NotEstimable {
        learner: CARD.name,
        reason: "no subset of the parts has a fit".to_owned(),
    })
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
        let all: Vec<usize> = (0..task.names.len()).collect();
        let (fit, set) = match settings.choice("signs") {
            "free" => (of_parts(&x, &all, task.names, events, watch)?, all.clone()),
            _ => nonnegative(&x, task.names, events, watch)?,
        };
        let left = |part: &&usize| !set.contains(part);
        let against: Vec<String> = all.iter().filter(left).map(|part| task.names[*part].clone()).collect();
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
            aliased: fit.aliased.into_iter().filter(|name| !against.contains(name)).collect(),
            against,
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
        if !self.against.is_empty() {
            how.push_str(&format!(
                "; {} has weight 0, since out of fold its prediction goes against the outcome beside the others",
                self.against.join(", ")
            ));
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
    fn a_part_that_goes_against_the_outcome_has_weight_zero_unless_signs_are_free() {
        let names = ["a".to_owned(), "b".to_owned()];
        let outcome = Outcome::Binary((0..24).map(|row| row % 5 < 2).collect());
        let scores = Array2::from_shape_fn((24, 2), |(row, part)| {
            if part == 0 {
                0.5 - 0.1 * (row % 5) as f64 + 0.03 * (row % 7) as f64
            } else {
                0.2 + 0.1 * (row % 5) as f64
            }
        });
        let scores = scores.mapv(|p: f64| p.clamp(0.05, 0.95));
        let task = FusionTask { scores: scores.view(), names: &names, parts: &[0, 1], outcome: &outcome };
        let of = |signs: &str| {
            let settings = Settings::new(
                &CARD,
                [("signs", Value::Text(signs.to_owned())), ("scale", Value::Text("logit".into()))],
            );
            Logistic.fit(&task, &settings.unwrap(), &Stream::root(1), &Watch::silent()).unwrap().summary()
        };
        let free = of("free");
        assert!(free.weights[1].1 < 0.0, "{free:?}");
        let held = of("nonnegative");
        assert!(held.weights[0].1 > 0.0 && held.weights[1].1 == 0.0, "{held:?}");
        assert!(held.how.contains("b has weight 0"), "{}", held.how);
        // The maximum under the constraint is the fit without the part.
        let alone = scores.slice(ndarray::s![.., ..1]);
        let one = FusionTask { scores: alone, names: &names[..1], parts: &[0], outcome: &outcome };
        let settings = Settings::new(&CARD, [("scale", Value::Text("logit".into()))]).unwrap();
        let own = Logistic.fit(&one, &settings, &Stream::root(1), &Watch::silent()).unwrap().summary();
        assert!((own.weights[0].1 - held.weights[0].1).abs() < 1e-9);
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
