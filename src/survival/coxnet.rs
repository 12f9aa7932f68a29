//! `coxnet`: Cox regression with an elastic-net penalty: the path of glmnet's Breslow partial
//! likelihood on the coordinate-descent core of `learn::glmnet`, with lambda by cross-validation.

use ndarray::{ArrayView2, Axis};
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::cox::baseline::CumulativeHazard;
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::elastic_net::UNPENALISED;
use crate::learn::glmnet::cross_validation::{deal, fold_numbers, linear_predictors, summarise};
use crate::learn::glmnet::standardise::StandardisedColumns;
use crate::learn::glmnet::{Control, CrossValidated, Family, Lambdas, Measure, Path, Penalty, Rule, Tuned, path};
use crate::learn::linear_model::{LinearModel, Link};
use crate::learn::seam::{FitError, Learner, Model, Task, Unread};
use crate::learn::training::{complete, freeze, refuse, thaw};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Censored, Outcome, Prediction, SurvivalCurves};

const NAME: &str = "coxnet";

/// The Breslow log partial likelihood with weights summing to 1. A patient is at risk on
/// `(entry, time]`; tied events share their risk set.
pub struct BreslowPartialLikelihood {
    weights: Vec<f64>,
    event: Vec<bool>,
    /// Distinct event times, ascending, and the summed weight of the events at each.
    times: Vec<f64>,
    deaths: Vec<f64>,
    /// Number of event times not after a row's end, and not after its entry: the row is at risk at
    /// the event times numbered `from..until`.
    until: Vec<usize>,
    from: Vec<usize>,
    has_entry: bool,
}

impl BreslowPartialLikelihood {
    /// `weights` are any non-negative case weights; competing events count as censored.
    pub fn new(outcome: &Censored, weights: Option<&[f64]>) -> Self {
        let rows = outcome.len();
        let total: f64 = weights.map_or(rows as f64, |weights| weights.iter().sum());
        let weights: Vec<f64> = (0..rows).map(|row| weights.map_or(1.0, |weights| weights[row]) / total).collect();
        let event: Vec<bool> = outcome.event.iter().map(|event| *event == 1).collect();
        let mut times: Vec<f64> =
            (0..rows).filter(|row| event[*row] && weights[*row] > 0.0).map(|row| outcome.time[row]).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        let until: Vec<usize> = outcome.time.iter().map(|time| times.partition_point(|t| t <= time)).collect();
        let from = match &outcome.entry {
            Some(entry) => entry.iter().map(|entry| times.partition_point(|t| t <= entry)).collect(),
            None => vec![0; rows],
        };
        let mut deaths = vec![0.0; times.len()];
        for row in (0..rows).filter(|row| event[*row] && weights[*row] > 0.0) {
            deaths[until[row] - 1] += weights[row];
        }
        BreslowPartialLikelihood { weights, event, times, deaths, until, from, has_entry: outcome.entry.is_some() }
    }

    /// Distinct event times.
    pub fn times(&self) -> &[f64] {
        &self.times
    }

    /// Summed `w exp(eta - centre)` of those at risk at each event time, and the centre.
    fn at_risk(&self, eta: &[f64]) -> (Vec<f64>, Vec<f64>, f64) {
        let centre = eta.iter().sum::<f64>() / eta.len() as f64;
        let hazard: Vec<f64> = eta
            .iter()
            .zip(&self.weights)
            .map(|(eta, weight)| weight * (eta - centre).clamp(-250.0, 250.0).exp())
            .collect();
        let mut sums = vec![0.0; self.times.len() + 1];
        // Each row is at risk at `from..until`: add at its last event time, sum backwards, and take
        // out before its entry.
        for (row, hazard) in hazard.iter().enumerate() {
            if self.until[row] > self.from[row] {
                sums[self.until[row] - 1] += hazard;
                if self.has_entry && self.from[row] > 0 {
                    sums[self.from[row] - 1] -= hazard;
                }
            }
        }
        for index in (0..self.times.len()).rev() {
            sums[index] += sums[index + 1];
        }
        sums.pop();
        (sums, hazard, centre)
    }

    /// The Breslow estimate of the cumulative baseline hazard (of `eta = 0`).
    pub fn baseline(&self, eta: &[f64]) -> CumulativeHazard {
        let (sums, _, centre) = self.at_risk(eta);
        let increments: Vec<f64> =
            self.deaths.iter().zip(&sums).map(|(deaths, sum)| deaths / sum * (-centre).exp()).collect();
        CumulativeHazard::accumulated(self.times.clone(), &increments)
    }

    /// Twice the log-likelihood's distance from the saturated one, for weights with sum 1.
    pub fn deviance(&self, eta: &[f64]) -> f64 {
        2.0 * (self.loss(eta) - self.saturated())
    }
}

impl Family for BreslowPartialLikelihood {
    fn loss(&self, eta: &[f64]) -> f64 {
        let (sums, _, centre) = self.at_risk(eta);
        let of_events: f64 =
            (0..eta.len()).filter(|row| self.event[*row]).map(|row| self.weights[row] * (eta[row] - centre)).sum();
        let of_sets: f64 = self.deaths.iter().zip(&sums).map(|(deaths, sum)| deaths * sum.ln()).sum();
        of_sets - of_events
    }

    fn derivatives(&self, eta: &[f64], score: &mut [f64], curvature: &mut [f64]) {
        let (sums, hazard, _) = self.at_risk(eta);
        let size = self.times.len();
        let (mut first, mut second) = (vec![0.0; size + 1], vec![0.0; size + 1]);
        for index in 0..size {
            first[index + 1] = first[index] + self.deaths[index] / sums[index];
            second[index + 1] = second[index] + self.deaths[index] / (sums[index] * sums[index]);
        }
        for row in 0..eta.len() {
            let (from, until) = (self.from[row].min(self.until[row]), self.until[row]);
            let expected = hazard[row] * (first[until] - first[from]);
            let observed = if self.event[row] { self.weights[row] } else { 0.0 };
            score[row] = observed - expected;
            let spread = hazard[row] * hazard[row] * (second[until] - second[from]);
            curvature[row] = (expected - spread).max(0.0);
        }
    }

    fn saturated(&self) -> f64 {
        self.deaths.iter().map(|deaths| deaths * deaths.ln()).sum()
    }

    fn has_intercept(&self) -> bool {
        false
    }
}

/// The path of the penalised Breslow partial likelihood (divided by the sum of weights).
///
/// # Errors
/// [`FitError::NotEstimable`] without events or without a feature that varies.
pub fn fit_path(
    x: ArrayView2<'_, f64>,
    outcome: &Censored,
    weights: Option<&[f64]>,
    penalty: &Penalty,
    lambdas: &Lambdas,
    control: &Control,
    watch: &Watch,
) -> Result<Path, FitError> {
    if outcome.len() != x.nrows() {
        return Err(FitError::Shape { expected: outcome.len(), given: x.nrows() });
    }
    let family = BreslowPartialLikelihood::new(outcome, weights);
    if family.times.is_empty() {
        return Err(refuse(NAME, format!("no events among {} patients", outcome.len())));
    }
    let columns = StandardisedColumns::new(x, weights, control.standardise);
    path::fit(&columns, &family, penalty, lambdas, control, NAME, watch)
}

/// The measure of a fold at each lambda, and the fold's weight.
type JudgedFold = (Vec<Option<f64>>, f64);

/// Cross-validates lambda by the deviance that a fold adds to the others (glmnet's grouped
/// deviance: deviance of all rows less deviance of the rows outside the fold, at the coefficients
/// from outside), a row of events each, or by Harrell's concordance inside the fold.
///
/// # Errors
/// As [`fit_path`], of all rows or of the rows outside a fold.
#[allow(clippy::too_many_arguments)]
pub fn cross_validate(
    x: ArrayView2<'_, f64>,
    outcome: &Censored,
    weights: Option<&[f64]>,
    penalty: &Penalty,
    lambdas: &Lambdas,
    control: &Control,
    folds: &[usize],
    measure: Measure,
    watch: &Watch,
) -> Result<CrossValidated, FitError> {
    let numbers = fold_numbers(folds);
    if folds.len() != x.nrows() || numbers.len() < 2 {
        return Err(refuse(NAME, "cross-validation wants two folds or more, and a fold for each row"));
    }
    if !matches!(measure, Measure::Deviance | Measure::Concordance) {
        return Err(refuse(NAME, format!("{measure:?} is no measure of a survival endpoint")));
    }
    let path = fit_path(x, outcome, weights, penalty, lambdas, control, watch)?;
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let all: Vec<usize> = (0..x.nrows()).collect();
    // As glmnet, deviances are of the weights as given over their sum, rescaled to their number.
    let whole = BreslowPartialLikelihood::new(outcome, weights);
    let judged: Vec<Result<JudgedFold, FitError>> = numbers
        .par_iter()
        .map(|number| {
            let inside: Vec<usize> = all.iter().copied().filter(|row| folds[*row] != *number).collect();
            let outside: Vec<usize> = all.iter().copied().filter(|row| folds[*row] == *number).collect();
            let inside_weights: Option<Vec<f64>> =
                weights.map(|weights| inside.iter().map(|row| weights[*row]).collect());
            let part_outcome = outcome.select(&inside);
            let part = x.select(Axis(0), &inside);
            let fold_path =
                fit_path(part.view(), &part_outcome, inside_weights.as_deref(), penalty, lambdas, control, watch)?;
            let predicted = linear_predictors(&fold_path, &path.lambda, x, &all);
            let values = match measure {
                Measure::Deviance => {
                    let others = BreslowPartialLikelihood::new(&part_outcome, inside_weights.as_deref());
                    let sum = |rows: &[usize]| rows.iter().map(|row| weight(*row)).sum::<f64>();
                    let (all_weight, inside_weight) = (sum(&all), sum(&inside));
                    let events: f64 =
                        outside.iter().filter(|row| outcome.event[**row] == 1).map(|row| weight(*row)).sum();
                    let values = predicted
                        .iter()
                        .map(|eta| {
                            let eta_inside: Vec<f64> = inside.iter().map(|row| eta[*row]).collect();
                            let added = all_weight * whole.deviance(eta) - inside_weight * others.deviance(&eta_inside);
                            (events > 0.0).then(|| added / events)
                        })
                        .collect();
                    (values, events)
                }
                _ => {
                    let values = predicted.iter().map(|eta| concordance(outcome, &outside, eta, weights)).collect();
                    (values, outside.iter().map(|row| weight(*row)).sum())
                }
            };
            Ok(values)
        })
        .collect();
    let mut values = Vec::new();
    let mut unit_weights = Vec::new();
    for fold in judged {
        let (fold_values, fold_weight) = fold?;
        values.push(fold_values);
        unit_weights.push(fold_weight);
    }
    summarise(path, &values, &unit_weights, measure, numbers.len())
}

/// Harrell's concordance of `eta` (higher is earlier) among `rows`; `None` without a comparable pair.
fn concordance(outcome: &Censored, rows: &[usize], eta: &[f64], weights: Option<&[f64]>) -> Option<f64> {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let (mut concordant, mut pairs) = (0.0, 0.0);
    for a in rows.iter().copied().filter(|row| outcome.event[*row] == 1) {
        for b in rows.iter().copied().filter(|row| *row != a) {
            let later =
                outcome.time[b] > outcome.time[a] || (outcome.time[b] == outcome.time[a] && outcome.event[b] != 1);
            if later {
                let both = weight(a) * weight(b);
                pairs += both;
                concordant +=
                    both * (f64::from(u8::from(eta[a] > eta[b])) + 0.5 * f64::from(u8::from(eta[a] == eta[b])));
            }
        }
    }
    (pairs > 0.0).then(|| concordant / pairs)
}

/// How the strength of the penalty is found.
#[derive(Clone, Debug, PartialEq)]
pub enum Strength {
    /// By cross-validation over folds dealt from the stream, events spread evenly.
    CrossValidated {
        folds: usize,
        rule: Rule,
        measure: Measure,
    },
    /// As before over these folds, one number a row.
    Folds {
        folds: Vec<usize>,
        rule: Rule,
        measure: Measure,
    },
    Lambda(f64),
}

/// A penalised Cox regression at the chosen lambda.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FittedCoxnet {
    /// Log hazard ratios, one a feature, on the scale of the features as given.
    pub slopes: Vec<f64>,
    #[serde(flatten)]
    pub tuned: Tuned,
}

/// Fits a penalised Cox regression; what the learner and the selectors call.
///
/// # Errors
/// [`FitError::NotEstimable`] with the reason.
pub fn fit(
    x: ArrayView2<'_, f64>,
    outcome: &Censored,
    weights: Option<&[f64]>,
    penalty: &Penalty,
    strength: &Strength,
    stream: &Stream,
    watch: &Watch,
) -> Result<FittedCoxnet, FitError> {
    let alpha = penalty.alpha;
    let control = Control::default();
    let automatic = Lambdas::default();
    let (folds, rule, measure) = match strength {
        Strength::Lambda(lambda) => {
            let path = fit_path(x, outcome, weights, penalty, &automatic, &control, watch)?;
            let mut ladder: Vec<f64> = path.lambda.into_iter().filter(|value| value > lambda).collect();
            ladder.push(*lambda);
            let path = fit_path(x, outcome, weights, penalty, &Lambdas::Given(ladder), &control, watch)?;
            if let Some(reason) = path.stopped {
                return Err(refuse(NAME, reason));
            }
            return Ok(FittedCoxnet { slopes: path.at(*lambda).1, tuned: Tuned::given(alpha, *lambda) });
        }
        Strength::Folds { folds, rule, measure } => (folds.clone(), *rule, *measure),
        Strength::CrossValidated { folds, rule, measure } => {
            let used = (*folds).min(outcome.events());
            if used < 2 {
                return Err(refuse(NAME, format!("cross-validation wants two events, there are {}", outcome.events())));
            }
            let strata: Vec<usize> = outcome.event.iter().map(|event| usize::from(*event == 1)).collect();
            (deal(&strata, used, stream), *rule, *measure)
        }
    };
    let found = cross_validate(x, outcome, weights, penalty, &automatic, &control, &folds, measure, watch)?;
    let lambda = found.chosen(rule);
    Ok(FittedCoxnet {
        slopes: found.path.at(lambda).1,
        tuned: Tuned { alpha, lambda, lambdas: found.lambda, mean: found.mean, standard_error: found.standard_error },
    })
}

pub struct Coxnet;

static CARD: Card = Card {
    name: NAME,
    title: "Elastic-net Cox regression",
    role: Role::Learner,
    endpoints: &[EndpointKind::Survival],
    parameters: &[
        Parameter {
            name: "l1_ratio",
            domain: Domain::Real { low: 0.0, high: 1.0 },
            default: Initial::Real(0.5),
            summary: "Share of the absolute penalty (glmnet's alpha): 1 is the lasso, 0 ridge.",
        },
        Parameter {
            name: "lambda",
            domain: Domain::Real { low: 0.0, high: f64::INFINITY },
            default: Initial::Derived("by cross-validation"),
            summary: "Strength of the penalty, on glmnet's scale; without it lambda is cross-validated.",
        },
        Parameter {
            name: "folds",
            domain: Domain::Integer { low: 2, high: 100 },
            default: Initial::Integer(10),
            summary: "Folds of the cross-validation of lambda, inside the training rows.",
        },
        Parameter {
            name: "rule",
            domain: Domain::Choice(&["min", "1se"]),
            default: Initial::Choice("min"),
            summary: "min: the lambda with the best mean; 1se: the largest within one standard error of it.",
        },
        Parameter {
            name: "measure",
            domain: Domain::Choice(&["deviance", "C-index"]),
            default: Initial::Choice("deviance"),
            summary: "What the cross-validation of lambda judges.",
        },
        UNPENALISED,
    ],
    summary: "Cox regression with an elastic-net penalty, lambda by cross-validation.",
    documentation: "\
Minimises, with `l` the Breslow log partial likelihood and weights `w` summing to 1,

`-l(b) + lambda sum_j (l1_ratio |b_j| + (1 - l1_ratio) b_j^2 / 2)`

over the whole path of lambda by coordinate descent, as glmnet's `family = cox`: features standardised with divisor n,
tied events by Breslow, left truncation through the at-risk set. scikit-survival's `alpha` is this lambda for features
that were z-scored (divisor n); with its `normalize = True` it is lambda over the square root of n.

Without `lambda` it is chosen inside the training rows by cross-validation over folds with events spread evenly: by the
deviance that a fold adds (all rows less the rows outside it, at the coefficients from outside), averaged by events, or
by Harrell's concordance index inside the fold.

Predicted survival curves take the Breslow estimate of the baseline hazard. Competing events count as censored.
Importance is the log hazard ratio, per unit of the feature.",
    references: &[
        "Simon N, Friedman J, Hastie T, Tibshirani R. Regularization paths for Cox's proportional hazards model via coordinate descent. J Stat Softw 2011;39(5).",
        "van Houwelingen HC, et al. Cross-validated Cox regression on microarray gene expression data. Stat Med 2006;25:3201-16.",
    ],
    example: "learn coxnet(l1_ratio = 0.5, folds = 5)",
};

/// A fitted penalised Cox regression with its baseline hazard.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CoxnetModel {
    pub linear: LinearModel,
    pub net: FittedCoxnet,
    /// Of `eta = 0`.
    pub baseline: CumulativeHazard,
}

impl Learner for Coxnet {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn unread(&self, _: &Settings, written: &[&str]) -> Unread {
        if written.contains(&"lambda") {
            Unread { settings: &["folds", "rule", "measure"], because: "`lambda` is given" }
        } else {
            Unread::NONE
        }
    }

    fn fit(
        &self,
        task: &Task<'_>,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        let Outcome::Survival(outcome) = task.outcome else {
            return Err(FitError::WrongEndpoint { learner: NAME, kind: task.outcome.kind() });
        };
        complete(task, NAME)?;
        let strength = match settings.real_if_given("lambda") {
            Some(lambda) => Strength::Lambda(lambda),
            None => Strength::CrossValidated {
                folds: settings.count("folds"),
                rule: if settings.choice("rule") == "1se" { Rule::OneStandardError } else { Rule::Minimum },
                measure: if settings.choice("measure") == "C-index" { Measure::Concordance } else { Measure::Deviance },
            },
        };
        let factors = path::sparing(task.names, settings.choice("unpenalised"), NAME)?;
        let penalty = Penalty { alpha: settings.real("l1_ratio"), factors };
        let net = fit(task.x, outcome, task.weights, &penalty, &strength, &stream.named("folds"), watch)?;
        // Centred, so that the risk of the mean patient is 0.
        let intercept =
            -net.slopes.iter().zip(task.x.columns()).map(|(b, x)| b * x.sum() / x.len() as f64).sum::<f64>();
        let linear =
            LinearModel { intercept, slopes: net.slopes.clone(), link: Link::LogHazard, learner: NAME.to_owned() };
        let eta = linear.linear_predictor(task.x, NAME)?;
        let baseline = BreslowPartialLikelihood::new(outcome, task.weights).baseline(&eta);
        Ok(Box::new(CoxnetModel { linear, net, baseline }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let model: CoxnetModel = thaw(frozen)?;
        if !model.baseline.is_sound() {
            return Err(FitError::Frozen { reason: "its parts have different lengths".to_owned() });
        }
        Ok(Box::new(model))
    }
}

impl Model for CoxnetModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        self.linear.predicted(x, NAME)
    }

    fn curves(&self, x: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        let eta = self.linear.linear_predictor(x, NAME)?;
        let eta: Vec<f64> = eta.into_iter().map(|eta| eta.clamp(-250.0, 250.0)).collect();
        Ok(Some(self.baseline.curves(&eta, times)))
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
    use super::*;
    use crate::learn::training::testing::two_classes;
    use ndarray::Array2;

    fn cohort(rows: usize, columns: usize) -> (Array2<f64>, Vec<String>, Outcome) {
        let (x, names, _) = two_classes(rows, columns, 21);
        let time = (0..rows)
            .map(|row| {
                let u = ((row * 37) % rows) as f64 / rows as f64;
                ((-(1.0 - u).ln()) * (-0.9 * x[[row, 0]] + 0.6 * x[[row, 1]]).exp() * 10.0).ceil()
            })
            .collect();
        let event = (0..rows).map(|row| u8::from(row % 4 != 0)).collect();
        (x, names, Outcome::Survival(Censored::new(time, event)))
    }

    #[test]
    fn derivatives_are_those_of_the_loss_also_under_left_truncation() {
        let (_, _, outcome) = cohort(25, 2);
        let Outcome::Survival(mut outcome) = outcome else { unreachable!() };
        for truncated in [false, true] {
            outcome.entry = truncated.then(|| outcome.time.iter().map(|time| (time / 3.0).floor()).collect());
            let family = BreslowPartialLikelihood::new(&outcome, None);
            let eta: Vec<f64> = (0..25).map(|row| ((row * 7) % 5) as f64 * 0.3).collect();
            let (mut score, mut curvature) = (vec![0.0; 25], vec![0.0; 25]);
            family.derivatives(&eta, &mut score, &mut curvature);
            for row in 0..25 {
                let moved = |by: f64| {
                    let mut eta = eta.clone();
                    eta[row] += by;
                    family.loss(&eta)
                };
                let slope = (moved(1e-5) - moved(-1e-5)) / 2e-5;
                assert!((slope + score[row]).abs() < 1e-9);
                let bend = (moved(1e-3) + moved(-1e-3) - 2.0 * moved(0.0)) / 1e-6;
                assert!((bend - curvature[row]).abs() < 1e-6);
            }
        }
    }

    #[test]
    fn learns_curves_fall_and_the_model_comes_back() {
        let (x, names, outcome) = cohort(120, 15);
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        for measure in ["deviance", "C-index"] {
            let given = [("measure", crate::card::Value::Text(measure.to_owned()))];
            let settings = Settings::new(&CARD, given).unwrap();
            let model = Coxnet.fit(&task, &settings, &Stream::root(5), &Watch::silent()).unwrap();
            let slopes = model.importance().unwrap();
            assert!(slopes[0] > 0.0 && slopes[1] < 0.0, "{slopes:?}");
            let curves = model.curves(x.view(), &[1.0, 5.0, 20.0]).unwrap().unwrap();
            assert!(curves.survival.rows().into_iter().all(|row| row[0] >= row[1] && row[1] >= row[2]));
            let thawed = Coxnet.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
            assert_eq!(thawed.predict(x.view()).unwrap(), model.predict(x.view()).unwrap());
        }
    }

    #[test]
    fn no_events_is_said() {
        let (x, names, _) = cohort(10, 3);
        let outcome = Outcome::Survival(Censored::new(vec![1.0; 10], vec![0; 10]));
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let given = [("lambda", crate::card::Value::Real(0.1))];
        let settings = Settings::new(&CARD, given).unwrap();
        let fault = Coxnet.fit(&task, &settings, &Stream::root(5), &Watch::silent()).err().unwrap();
        assert!(fault.to_string().contains("no events among 10 patients"));
    }
}
