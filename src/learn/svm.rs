//! `svm`: support vector machine as a learner.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Prediction;

use super::glmnet::cross_validation::deal;
use super::support_vectors::{Kernel, Machine, platt, solve};
use super::training::{binary, freeze, logistic, refuse, same_columns, thaw};

use super::seam::{FitError, Learner, Model, Task, Unread};

pub struct Svm;

static CARD: Card = Card {
    name: "svm",
    title: "Support vector machine",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary],
    parameters: &[
        Parameter {
            name: "kernel",
            domain: Domain::Choice(&["rbf", "linear"]),
            default: Initial::Choice("rbf"),
            summary: "Radial basis functions, or linear.",
        },
        Parameter {
            name: "C",
            domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
            default: Initial::Real(1.0),
            summary: "Cost of a margin violation; smaller is smoother.",
        },
        Parameter {
            name: "gamma",
            domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
            default: Initial::Derived("1 / (number of features x variance of all values)"),
            summary: "Width of the radial basis functions, `exp(-gamma |x - z|^2)`.",
        },
        Parameter {
            name: "folds",
            domain: Domain::Integer { low: 2, high: 100 },
            default: Initial::Integer(5),
            summary: "Folds of the calibration.",
        },
    ],
    summary: "Support vector machine with probabilities by Platt calibration.",
    documentation: "\
Minimises `|w|^2 / 2 + C sum_i w_i max(0, 1 - y_i (w'phi(x_i) + b))` with `y` in -1, 1 in the dual by sequential minimal
optimisation with second-order working sets, to the tolerance 0.001, as LIBSVM. The kernel is `x'z` or
`exp(-gamma |x - z|^2)`.

The probability is `1 / (1 + exp(A f + B))` of the decision value `f`. `A` and `B` are fitted by maximum likelihood with
Platt's targets on decision values of `folds` stratified folds, each from a machine fitted on the other folds (fewer where
a class has fewer rows), and then applied to the machine of all rows.

It is not invariant to the scale of the features: put `z-score` before it. Importance is the weight of the feature for the
linear kernel, and for radial basis functions the mean absolute slope of the decision value over the training rows, times
the feature's standard deviation.",
    references: &[
        "Cortes C, Vapnik V. Support-vector networks. Mach Learn 1995;20:273-97.",
        "Fan RE, Chen PH, Lin CJ. Working set selection using second order information for training SVM. J Mach Learn Res 2005;6:1889-918.",
        "Lin HT, Lin CJ, Weng RC. A note on Platt's probabilistic outputs for support vector machines. Mach Learn 2007;68:267-76.",
    ],
    example: "learn svm(kernel = rbf, C in (0.1, 1, 10))",
};

/// The fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SvmModel {
    pub machine: Machine,
    /// Platt's `A` and `B`.
    pub slope: f64,
    pub intercept: f64,
}

impl Svm {
    fn thawed(frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let model: SvmModel = thaw(frozen)?;
        if !model.machine.is_sound() {
            return Err(FitError::Frozen { reason: "its support vectors are not a rectangle".to_owned() });
        }
        Ok(Box::new(model))
    }
}

impl Model for SvmModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        same_columns(x, self.machine.features, CARD.name)?;
        let probability = |row: &[f64]| logistic(-(self.slope * self.machine.decision(row) + self.intercept));
        Ok(Prediction::Probability(x.rows().into_iter().map(|row| probability(&row.to_vec())).collect()))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        Some(self.machine.importance.clone())
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl Learner for Svm {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn unread(&self, settings: &Settings, written: &[&str]) -> Unread {
        if written.contains(&"kernel") && settings.choice("kernel") == "linear" {
            Unread { settings: &["gamma"], because: "a linear kernel has no width" }
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
        let labels = binary(task, CARD.name)?;
        let (rows, features) = task.x.dim();
        let kernel = if settings.choice("kernel") == "linear" {
            Kernel::Linear
        } else {
            let mean = task.x.sum() / task.x.len() as f64;
            let variance = task.x.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / task.x.len() as f64;
            let derived = if variance > 0.0 { 1.0 / (features as f64 * variance) } else { 1.0 };
            Kernel::Rbf { gamma: settings.real_if_given("gamma").unwrap_or(derived) }
        };
        let data: Vec<f64> = task.x.rows().into_iter().flat_map(|row| row.to_vec()).collect();
        let cost: Vec<f64> =
            (0..rows).map(|row| settings.real("C") * task.weights.map_or(1.0, |weights| weights[row])).collect();
        let events = labels.iter().filter(|label| **label).count();
        let folds = settings.count("folds").min(events.min(rows - events));
        if folds < 2 {
            return Err(refuse(CARD.name, "its calibration wants two rows of each class"));
        }
        let strata: Vec<usize> = labels.iter().map(|label| usize::from(*label)).collect();
        let fold_of = deal(&strata, folds, &stream.named("folds"));
        let mut decisions = vec![0.0; rows];
        for fold in 0..folds {
            let inside: Vec<usize> = (0..rows).filter(|row| fold_of[*row] != fold && cost[*row] > 0.0).collect();
            let machine = solve(&data, features, &inside, labels, &cost, kernel, watch)?;
            for row in (0..rows).filter(|row| fold_of[*row] == fold) {
                decisions[row] = machine.decision(&data[row * features..(row + 1) * features]);
            }
        }
        let platt = platt(&decisions, labels, task.weights);
        let all: Vec<usize> = (0..rows).filter(|row| cost[*row] > 0.0).collect();
        let mut machine = solve(&data, features, &all, labels, &cost, kernel, watch)?;
        machine.set_importance(&data);
        Ok(Box::new(SvmModel { machine, slope: platt.0, intercept: platt.1 }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        Self::thawed(frozen)
    }
}

#[cfg(test)]
mod tests {
    use super::super::training::testing::{auc, two_classes};
    use super::*;

    #[test]
    fn learns_comes_back_and_does_not_mind_threads() {
        let (x, names, outcome) = two_classes(150, 6, 4);
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let settings = Settings::defaults(&CARD);
        let fit = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| Svm.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.7, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = Svm.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }
}
