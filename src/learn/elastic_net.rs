//! `elastic_net`: penalised logistic or linear regression, and the engine that `lasso`, `ridge`
//! and the selectors share.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Outcome, Prediction};

use super::glmnet::cross_validation::{deal, fit_path};
use super::glmnet::path::sparing;
use super::glmnet::{Control, Lambdas, Measure, Penalty, Rule, Tuned, binomial, cross_validate};
use super::linear_model::{LinearModel, Link};
use super::multinomial;
use super::seam::{FitError, Learner, Model, Task, Unread};
use super::training::{binary, continuous, freeze, refuse, thaw};

pub struct ElasticNet;

/// How the strength of the penalty is found.
#[derive(Clone, Debug, PartialEq)]
pub enum Strength {
    /// By cross-validation over folds dealt from the stream, stratified by outcome. The number of
    /// folds is reduced to the number of rows of the smaller class where that is less.
    CrossValidated { folds: usize, rule: Rule, measure: Measure },
    /// As before over these folds, one number a row.
    Folds { folds: Vec<usize>, rule: Rule, measure: Measure },
    /// glmnet's lambda.
    Lambda(f64),
    /// scikit-learn's C, on features as given: `lambda = 1 / (n C)` without standardisation.
    C(f64),
}

/// What an elastic net is fitted with.
#[derive(Clone, Debug, PartialEq)]
pub struct NetPlan {
    /// glmnet's alpha, scikit-learn's l1_ratio.
    pub alpha: f64,
    pub strength: Strength,
    pub standardise: bool,
    /// Penalty factors; `None` is 1 each.
    pub factors: Option<Vec<f64>>,
    /// Number of lambdas of an automatic path.
    pub lambdas: usize,
}

/// An elastic net at the chosen strength.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedNet {
    pub intercept: f64,
    /// One a feature, on the scale of the features as given.
    pub slopes: Vec<f64>,
    #[serde(flatten)]
    pub tuned: Tuned,
}

impl FittedNet {
    /// Features whose coefficient is at least `threshold` in size (and not zero), by decreasing
    /// size of the coefficient times the feature's standard deviation `spread`; ties by place.
    pub fn selected(&self, spread: &[f64], threshold: f64) -> Vec<usize> {
        let size = |feature: usize| self.slopes[feature].abs() * spread[feature];
        let mut features: Vec<usize> = (0..self.slopes.len())
            .filter(|feature| self.slopes[*feature] != 0.0 && self.slopes[*feature].abs() >= threshold)
            .collect();
        features.sort_by(|a, b| size(*b).total_cmp(&size(*a)).then(a.cmp(b)));
        features
    }
}

/// Fits an elastic net to a binary or continuous outcome; what selectors call.
///
/// # Errors
/// [`FitError::NotEstimable`] with the reason; [`FitError::WrongEndpoint`] for a censored outcome.
pub fn fit(
    x: ArrayView2<'_, f64>,
    outcome: &Outcome,
    weights: Option<&[f64]>,
    plan: &NetPlan,
    stream: &Stream,
    watch: &Watch,
) -> Result<FittedNet, FitError> {
    const NAME: &str = "elastic_net";
    let penalty = Penalty { alpha: plan.alpha, factors: plan.factors.clone() };
    let control = Control { standardise: plan.standardise, ..Control::default() };
    let automatic = Lambdas::Automatic { count: plan.lambdas, min_ratio: None };
    let bare = |intercept, slopes, lambda| FittedNet { intercept, slopes, tuned: Tuned::given(plan.alpha, lambda) };
    let (folds, rule, measure) = match &plan.strength {
        Strength::Lambda(lambda) => {
            // Down the automatic path to the lambda, so that the start is near the end.
            let path = fit_path(x, outcome, weights, &penalty, &automatic, &control, watch)?;
            let mut ladder: Vec<f64> = path.lambda.into_iter().filter(|value| value > lambda).collect();
            ladder.push(*lambda);
            let path = fit_path(x, outcome, weights, &penalty, &Lambdas::Given(ladder), &control, watch)?;
            if let Some(reason) = path.stopped {
                return Err(refuse(NAME, reason));
            }
            let (intercept, slopes) = path.at(*lambda);
            return Ok(bare(intercept, slopes, *lambda));
        }
        Strength::C(c) => {
            let Outcome::Binary(labels) = outcome else {
                return Err(refuse(NAME, "`C` is scikit-learn's setting for a binary endpoint; give `lambda`"));
            };
            let total = weights.map_or(labels.len() as f64, |weights| weights.iter().sum());
            let (intercept, slopes) = binomial::fit_c(x, labels, weights, *c, plan.alpha, 1e-10, watch)?;
            return Ok(bare(intercept, slopes, 1.0 / (c * total)));
        }
        Strength::Folds { folds, rule, measure } => (folds.clone(), *rule, *measure),
        Strength::CrossValidated { folds, rule, measure } => {
            let (strata, most): (Vec<usize>, usize) = match outcome {
                Outcome::Binary(labels) => {
                    let events = labels.iter().filter(|label| **label).count();
                    let smaller = events.min(labels.len() - events);
                    (labels.iter().map(|label| usize::from(*label)).collect(), smaller)
                }
                _ => (vec![0; outcome.len()], outcome.len()),
            };
            let used = (*folds).min(most);
            if used < 2 {
                return Err(refuse(NAME, format!("cross-validation wants two rows of each class, there are {most}")));
            }
            (deal(&strata, used, stream), *rule, *measure)
        }
    };
    let found = cross_validate(x, outcome, weights, &penalty, &automatic, &control, &folds, measure, watch)?;
    let lambda = found.chosen(rule);
    let (intercept, slopes) = found.path.at(lambda);
    Ok(FittedNet {
        intercept,
        slopes,
        tuned: Tuned {
            alpha: plan.alpha,
            lambda,
            lambdas: found.lambda,
            mean: found.mean,
            standard_error: found.standard_error,
        },
    })
}

pub(super) const LAMBDA: Parameter = Parameter {
    name: "lambda",
    domain: Domain::Real { low: 0.0, high: f64::INFINITY },
    default: Initial::Derived("by cross-validation"),
    summary: "Strength of the penalty, on glmnet's scale; without it lambda is cross-validated.",
};
pub(super) const C: Parameter = Parameter {
    name: "C",
    domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
    default: Initial::Derived("by cross-validation"),
    summary: "scikit-learn's inverse strength on features as given; instead of lambda, binary endpoints only.",
};
pub(super) const FOLDS: Parameter = Parameter {
    name: "folds",
    domain: Domain::Integer { low: 2, high: 100 },
    default: Initial::Integer(10),
    summary: "Folds of the cross-validation of lambda, inside the training rows.",
};
pub(super) const RULE: Parameter = Parameter {
    name: "rule",
    domain: Domain::Choice(&["min", "1se"]),
    default: Initial::Choice("min"),
    summary: "min: the lambda with the best mean; 1se: the largest within one standard error of it.",
};
pub(super) const MEASURE: Parameter = Parameter {
    name: "measure",
    domain: Domain::Choice(&["deviance", "AUC"]),
    default: Initial::Choice("deviance"),
    summary: "What the cross-validation of lambda judges; AUC for a binary endpoint only.",
};
pub(super) const STANDARDISE: Parameter = Parameter {
    name: "standardise",
    domain: Domain::Flag,
    default: Initial::Flag(true),
    summary: "Whether features are divided by their standard deviation before they are penalised.",
};
pub(super) const LAMBDAS: Parameter = Parameter {
    name: "lambdas",
    domain: Domain::Integer { low: 5, high: 1000 },
    default: Initial::Integer(100),
    summary: "Number of lambdas on the path.",
};

pub(crate) const UNPENALISED: Parameter = Parameter {
    name: "unpenalised",
    domain: Domain::Text,
    default: Initial::Derived("every feature is penalised"),
    summary: "Features without a penalty (glmnet's penalty factor 0), with commas: `\"age, sex\"`.",
};

static CARD: Card = Card {
    name: "elastic_net",
    title: "Elastic net",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary, EndpointKind::Continuous, EndpointKind::Nominal],
    parameters: &[
        Parameter {
            name: "l1_ratio",
            domain: Domain::Real { low: 0.0, high: 1.0 },
            default: Initial::Real(0.5),
            summary: "Share of the absolute penalty (glmnet's alpha): 1 is the lasso, 0 ridge.",
        },
        LAMBDA,
        C,
        FOLDS,
        RULE,
        MEASURE,
        STANDARDISE,
        LAMBDAS,
        UNPENALISED,
    ],
    summary: "Logistic or linear regression with an elastic-net penalty, lambda by cross-validation.",
    documentation: "\
Minimises, with case weights `w` summing to 1,

`sum_i w_i loss_i + lambda sum_j (l1_ratio |b_j| + (1 - l1_ratio) b_j^2 / 2)`

by coordinate descent over the whole path of lambda, as glmnet: features standardised by their standard deviation with
divisor n, the intercept unpenalised, 100 lambdas from the smallest that leaves nothing down to 0.01 (fewer rows than
features) or 0.0001 times it, sequential strong rules, glmnet's convergence criterion (1e-7 of the null deviance), a path
that stops when the deviance no longer falls. The loss is `log(1 + exp(-y eta))` for a binary and `(y - eta)^2 / 2` for a
continuous endpoint. A nominal endpoint of K classes has a coefficient vector for each class and the loss
`log sum_k exp(eta_k) - eta_y`, as glmnet's `family = multinomial` with ungrouped penalty; `C` and `measure = AUC` are for
a binary endpoint only, and the importance of a feature is the range of its coefficients over the classes.

Without `lambda` or `C` lambda is chosen inside the training rows by cross-validation over `folds` folds stratified by
class (fewer where a class has fewer rows), by mean deviance or AUC; coefficients of a fold's own path are interpolated
at the lambdas of the path of all rows, as `cv.glmnet`. `rule = 1se` takes the largest lambda within one standard error.

With `C` the objective is scikit-learn's, `C sum_i w_i loss_i + l1_ratio |b|_1 + (1 - l1_ratio) |b|^2 / 2`, on features
as given.

A feature that does not vary has the coefficient 0. Importance is the coefficient, per unit of the feature.",
    references: &[
        "Zou H, Hastie T. Regularization and variable selection via the elastic net. JRSS B 2005;67:301-20.",
        "Friedman J, Hastie T, Tibshirani R. Regularization paths for generalized linear models via coordinate descent. J Stat Softw 2010;33(1).",
        "Tibshirani R, et al. Strong rules for discarding predictors in lasso-type problems. JRSS B 2012;74:245-66.",
    ],
    example: "learn elastic_net(l1_ratio = 0.5, folds = 5)",
};

/// A fitted elastic net.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NetModel {
    pub linear: LinearModel,
    pub net: FittedNet,
}

/// What the settings of `elastic_net`, `lasso` and `ridge` ask for.
pub(super) fn plan(
    settings: &Settings,
    alpha: f64,
    outcome: &Outcome,
    learner: &'static str,
) -> Result<NetPlan, FitError> {
    let strength = match (settings.real_if_given("lambda"), settings.real_if_given("C")) {
        (Some(_), Some(_)) => return Err(refuse(learner, "`lambda` and `C` are two ways to say one thing; give one")),
        (Some(lambda), None) => Strength::Lambda(lambda),
        (None, Some(c)) => Strength::C(c),
        (None, None) => {
            let measure = match (outcome, settings.choice("measure")) {
                (Outcome::Binary(_), "AUC") => Measure::Auc,
                (Outcome::Binary(_), _) => Measure::Deviance,
                (Outcome::Nominal(_), "deviance") => Measure::Deviance,
                (_, "AUC") => return Err(refuse(learner, "AUC judges lambda of a binary endpoint only")),
                _ => Measure::MeanSquaredError,
            };
            let rule = if settings.choice("rule") == "1se" { Rule::OneStandardError } else { Rule::Minimum };
            Strength::CrossValidated { folds: settings.count("folds"), rule, measure }
        }
    };
    Ok(NetPlan {
        alpha,
        strength,
        standardise: settings.flag("standardise"),
        factors: None,
        lambdas: settings.count("lambdas"),
    })
}

/// What `elastic_net`, `lasso` and `ridge` do not read once the strength of the penalty is given.
pub(super) fn void(written: &[&str]) -> Unread {
    if written.contains(&"lambda") {
        Unread { settings: &["C", "folds", "rule", "measure", "lambdas"], because: "`lambda` is given" }
    } else if written.contains(&"C") {
        Unread {
            settings: &["folds", "rule", "measure", "lambdas", "standardise", "unpenalised"],
            because: "with `C` the objective is scikit-learn's, on features as given and without cross-validation",
        }
    } else {
        Unread::NONE
    }
}

/// The fit of `elastic_net`, `lasso` and `ridge`.
pub(super) fn learn(
    task: &Task<'_>,
    settings: &Settings,
    alpha: f64,
    learner: &'static str,
    stream: &Stream,
    watch: &Watch,
) -> Result<Box<dyn Model>, FitError> {
    if multinomial::serves(task.outcome) {
        let mut plan = plan(settings, alpha, task.outcome, learner)?;
        plan.factors = sparing(task.names, settings.choice("unpenalised"), learner)?;
        return Ok(Box::new(multinomial::learn(task, &plan, learner, &stream.named("folds"), watch)?));
    }
    let link = match task.outcome {
        Outcome::Continuous(_) => {
            continuous(task, learner)?;
            Link::Identity
        }
        _ => {
            binary(task, learner)?;
            Link::Logit
        }
    };
    let mut plan = plan(settings, alpha, task.outcome, learner)?;
    plan.factors = sparing(task.names, settings.choice("unpenalised"), learner)?;
    let named = |error| match error {
        FitError::NotEstimable { reason, .. } => FitError::NotEstimable { learner, reason },
        other => other,
    };
    let net = fit(task.x, task.outcome, task.weights, &plan, &stream.named("folds"), watch).map_err(named)?;
    let linear =
        LinearModel { intercept: net.intercept, slopes: net.slopes.clone(), link, learner: learner.to_owned() };
    Ok(Box::new(NetModel { linear, net }))
}

impl Learner for ElasticNet {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn unread(&self, _: &Settings, written: &[&str]) -> Unread {
        void(written)
    }

    fn fit(
        &self,
        task: &Task<'_>,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        learn(task, settings, settings.real("l1_ratio"), CARD.name, stream, watch)
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        match multinomial::thaw(frozen)? {
            Some(model) => Ok(model),
            None => Ok(Box::new(thaw::<NetModel>(frozen)?)),
        }
    }
}

impl Model for NetModel {
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
    use super::super::training::testing::{auc, two_classes};
    use ndarray::Array2;

    use super::*;
    use crate::card::Value;

    fn fitted(given: &[(&str, Value)], x: &Array2<f64>, names: &[String], outcome: &Outcome) -> Box<dyn Model> {
        let settings = Settings::new(&CARD, given.iter().cloned()).unwrap();
        let task = Task { x: x.view(), names, outcome, weights: None };
        ElasticNet.fit(&task, &settings, &Stream::root(3), &Watch::silent()).unwrap()
    }

    #[test]
    fn finds_the_two_that_matter_among_many() {
        let (x, names, outcome) = two_classes(150, 300, 8);
        let model = fitted(&[("rule", Value::Text("1se".into()))], &x, &names, &outcome);
        assert!(auc(model.predict(x.view()).unwrap().scores(), &outcome) > 0.8);
        let slopes = model.importance().unwrap();
        assert!(slopes[0] > 0.0 && slopes[1] < 0.0);
        assert!(slopes.iter().filter(|slope| **slope != 0.0).count() < 100);
        let thawed = ElasticNet.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(x.view()).unwrap(), model.predict(x.view()).unwrap());
    }

    // Optimality of scikit-learn's objective at every coefficient.
    #[test]
    fn c_meets_the_conditions_of_its_own_objective() {
        let (x, names, outcome) = two_classes(60, 90, 9);
        let Outcome::Binary(labels) = &outcome else { unreachable!() };
        let model = fitted(&[("C", Value::Real(0.5)), ("l1_ratio", Value::Real(0.7))], &x, &names, &outcome);
        let prediction = model.predict(x.view()).unwrap();
        for (feature, slope) in model.importance().unwrap().iter().enumerate() {
            let score: f64 = (0..60)
                .map(|row| 0.5 * (f64::from(u8::from(labels[row])) - prediction.scores()[row]) * x[[row, feature]])
                .sum();
            if *slope == 0.0 {
                assert!(score.abs() <= 0.7 + 1e-4);
            } else {
                assert!((score - 0.7 * slope.signum() - 0.3 * slope).abs() < 1e-3, "{score} {slope}");
            }
        }
    }

    #[test]
    fn degenerate_input_is_refused_with_a_reason() {
        let (x, names, outcome) = two_classes(20, 3, 9);
        let settings = Settings::defaults(&CARD);
        let silent = Watch::silent();
        let constant = Array2::from_elem((20, 3), 0.1);
        let task = Task { x: constant.view(), names: &names, outcome: &outcome, weights: None };
        let fault = ElasticNet.fit(&task, &settings, &Stream::root(3), &silent).err().unwrap();
        assert!(fault.to_string().contains("no feature varies"), "{fault}");
        let mut one = vec![false; 20];
        one[4] = true;
        let outcome = Outcome::Binary(one);
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let fault = ElasticNet.fit(&task, &settings, &Stream::root(3), &silent).err().unwrap();
        assert!(fault.to_string().contains("two rows of each class"), "{fault}");
    }

    #[test]
    fn an_unpenalised_feature_always_stays() {
        let (x, _, outcome) = two_classes(100, 10, 12);
        let mut factors = vec![1.0; 10];
        factors[7] = 0.0;
        let plan = NetPlan {
            alpha: 1.0,
            strength: Strength::Lambda(10.0),
            standardise: true,
            factors: Some(factors),
            lambdas: 50,
        };
        let net = fit(x.view(), &outcome, None, &plan, &Stream::root(1), &Watch::silent()).unwrap();
        assert!(net.slopes[7] != 0.0);
        assert_eq!(net.selected(&[1.0; 10], 0.0), [7]);
    }

    // scripts/reference/learn.py: glmnet with thresh = 1e-20.
    #[test]
    fn paths_agree_with_glmnet_on_twelve() {
        let (x, _, outcome) = super::super::training::testing::cohort_of_twelve();
        let Outcome::Binary(dead) = &outcome else { unreachable!() };
        let penalty = Penalty { alpha: 0.5, factors: None };
        let given = Lambdas::Given(vec![0.2, 0.1, 0.05]);
        let control = Control { threshold: 1e-16, ..Control::default() };
        let silent = Watch::silent();
        let path = fit_path(x.view(), &outcome, None, &penalty, &given, &control, &silent).unwrap();
        let expected = [
            (-4.062556740899095, 0.06615611499955035, 0.0),
            (-6.125436379620101, 0.10215259662450094, 0.0),
            (-7.935038953415844, 0.13377478962878261, -0.03061958448169669),
        ];
        for (lambda, (a0, age, sex)) in path.lambda.clone().into_iter().zip(expected) {
            let (intercept, slopes) = path.at(lambda);
            assert!((intercept - a0).abs() < 1e-6 && (slopes[0] - age).abs() < 1e-8 && (slopes[1] - sex).abs() < 1e-7);
        }
        // The same with a continuous endpoint: sex on age and death.
        let sex = Outcome::Continuous(x.column(1).to_vec());
        let features =
            Array2::from_shape_fn((12, 2), |(i, j)| if j == 0 { x[[i, 0]] } else { f64::from(u8::from(dead[i])) });
        let path = fit_path(features.view(), &sex, None, &penalty, &given, &control, &silent).unwrap();
        let expected = [
            (0.5833333333333333, 0.0, 0.0),
            (0.4049128103671484, 0.003205159095200926, 0.0),
            (0.2685574784065676, 0.005682003677271056, -0.003653639459175617),
        ];
        for (lambda, (a0, age, dead)) in path.lambda.clone().into_iter().zip(expected) {
            let (intercept, slopes) = path.at(lambda);
            assert!((intercept - a0).abs() < 1e-7 && (slopes[0] - age).abs() < 1e-8 && (slopes[1] - dead).abs() < 1e-7);
        }
    }
}
