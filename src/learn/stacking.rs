//! `stacking`: stacked generalisation as a learner.

use ndarray::{Array2, ArrayView2, Axis};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, SettingFault, Settings, Value};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Prediction;

use super::glmnet::cross_validation::deal;
use super::gtbr::Gtbr;
use super::logistic::Logistic;
use super::logistic_ridge;
use super::naive_bayes::NaiveBayes;
use super::random_forest::RandomForest;
use super::svm::Svm;
use super::training::{binary, freeze, logistic, refuse, same_columns, thaw};

use super::seam::{FitError, Learner, Model, Task};

pub struct Stacking;

static CARD: Card = Card {
    name: "stacking",
    title: "Stacked generalisation",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary],
    parameters: &[
        Parameter {
            name: "bases",
            domain: Domain::Choice(&["forest and logistic", "forest, boosting and svm", "all"]),
            default: Initial::Choice("forest and logistic"),
            summary: "Which learners are stacked; all: forest, boosting, svm, naive Bayes and logistic.",
        },
        Parameter {
            name: "trees",
            domain: Domain::Integer { low: 1, high: 100_000 },
            default: Initial::Integer(100),
            summary: "Trees of the forest and rounds of the boosting.",
        },
        Parameter {
            name: "folds",
            domain: Domain::Integer { low: 2, high: 100 },
            default: Initial::Integer(5),
            summary: "Folds of the out-of-fold predictions.",
        },
        Parameter {
            name: "standardise",
            domain: Domain::Flag,
            default: Initial::Flag(true),
            summary: "Whether `svm` and `logistic` take z-scored features.",
        },
        Parameter {
            name: "C",
            domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
            default: Initial::Real(1.0),
            summary: "Inverse strength of the ridge penalty of the combination.",
        },
    ],
    summary: "Several learners combined by a logistic regression on their out-of-fold probabilities.",
    documentation: "\
The training rows are dealt into `folds` folds, stratified by class (fewer folds where a class has fewer rows). Each base
learner predicts each fold from the other folds; a logistic regression with ridge penalty (`C`, as scikit-learn's
`StackingClassifier` with its default final estimator) learns from these out-of-fold probabilities, and the base learners
are fitted again on all rows. So the combination never sees a prediction of a row by a model that was fitted on it.

Bases take their defaults: `random_forest` with `trees` trees, `gtbr` with `trees` rounds, `svm` (RBF), `naive_bayes`,
and `logistic` with ridge penalty; for `svm` and `logistic` the features are z-scored by the training rows, unless
`standardise = no`.

Importance is the mean of the bases' importances, each taken absolute (per standard deviation of the feature for
`logistic`) and scaled to sum 1, weighted by the absolute coefficient of the combination.",
    references: &[
        "Wolpert DH. Stacked generalization. Neural Netw 1992;5:241-59.",
        "Breiman L. Stacked regressions. Mach Learn 1996;24:49-64.",
    ],
    example: "learn stacking(bases = \"all\", folds = 5)",
};

/// A base learner with its settings.
pub struct Base {
    learner: &'static dyn Learner,
    settings: Settings,
    scaled: bool,
}

impl Base {
    fn new(learner: &'static dyn Learner, scaled: bool, given: &[(&'static str, Value)]) -> Result<Self, FitError> {
        let settings = Settings::new(learner.card(), given.iter().cloned())
            .map_err(|fault: SettingFault| refuse(CARD.name, fault.to_string()))?;
        Ok(Base { learner, settings, scaled })
    }

    /// The features as the base takes them.
    fn features(&self, mut x: Array2<f64>, mean: &[f64], scale: &[f64]) -> Array2<f64> {
        if self.scaled {
            for (feature, mut column) in x.columns_mut().into_iter().enumerate() {
                column.mapv_inplace(|value| (value - mean[feature]) / scale[feature]);
            }
        }
        x
    }

    fn fit(
        &self,
        task: &Task<'_>,
        mean: &[f64],
        scale: &[f64],
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        let x = self.features(task.x.to_owned(), mean, scale);
        let own = Task { x: x.view(), names: task.names, outcome: task.outcome, weights: task.weights };
        self.learner.fit(&own, &self.settings, stream, watch)
    }
}

fn bases(settings: &Settings) -> Result<Vec<Base>, FitError> {
    let trees = || Value::Integer(settings.integer("trees"));
    let forest = || Base::new(&RandomForest, false, &[("trees", trees())]);
    let boosting = || Base::new(&Gtbr, false, &[("rounds", trees())]);
    let scaled = settings.flag("standardise");
    let svm = || Base::new(&Svm, scaled, &[]);
    let ridge = || Base::new(&Logistic, scaled, &[("penalty", Value::Text("L2".to_owned()))]);
    match settings.choice("bases") {
        "forest and logistic" => Ok(vec![forest()?, ridge()?]),
        "forest, boosting and svm" => Ok(vec![forest()?, boosting()?, svm()?]),
        _ => Ok(vec![forest()?, boosting()?, svm()?, Base::new(&NaiveBayes, false, &[])?, ridge()?]),
    }
}

/// Mean and standard deviation (1 where there is none) of each feature.
fn moments(task: &Task<'_>) -> (Vec<f64>, Vec<f64>) {
    let columns = task.x.columns().into_iter().map(|column| {
        let mean = column.sum() / column.len() as f64;
        let largest = column.iter().fold(0.0_f64, |max, x| max.max(x.abs()));
        let spread = column.std(0.0);
        (mean, if spread > 1e-13 * largest { spread } else { 1.0 })
    });
    columns.unzip()
}

/// The fitted model.
pub struct StackedModel {
    bases: Vec<Base>,
    models: Vec<Box<dyn Model>>,
    /// Of the combination, on the bases' probabilities.
    pub intercept: f64,
    pub slopes: Vec<f64>,
    mean: Vec<f64>,
    scale: Vec<f64>,
    importance: Vec<f64>,
}

/// What is written of it.
#[derive(Serialize, Deserialize)]
struct FrozenStack {
    /// Name, whether the features are z-scored, and the model.
    bases: Vec<(String, bool, Json)>,
    intercept: f64,
    slopes: Vec<f64>,
    mean: Vec<f64>,
    scale: Vec<f64>,
    importance: Vec<f64>,
}

impl Stacking {
    fn thawed(frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let stack: FrozenStack = thaw(frozen)?;
        let every = Settings::new(&CARD, [("bases", Value::Text("all".to_owned()))])
            .map_err(|fault| FitError::Frozen { reason: fault.to_string() })?;
        let (mut own, mut models) = (Vec::new(), Vec::new());
        for (name, scaled, json) in &stack.bases {
            let Some(mut base) = bases(&every)?.into_iter().find(|base| base.learner.card().name == *name) else {
                return Err(FitError::Frozen { reason: format!("it stacks `{name}`, which is no base") });
            };
            base.scaled = *scaled;
            models.push(base.learner.thaw(json)?);
            own.push(base);
        }
        let features = stack.mean.len();
        if stack.slopes.len() != models.len() || stack.scale.len() != features || stack.importance.len() != features {
            return Err(FitError::Frozen { reason: "its parts do not fit together".to_owned() });
        }
        Ok(Box::new(StackedModel {
            bases: own,
            models,
            intercept: stack.intercept,
            slopes: stack.slopes,
            mean: stack.mean,
            scale: stack.scale,
            importance: stack.importance,
        }))
    }
}

impl Model for StackedModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        same_columns(x, self.mean.len(), CARD.name)?;
        let mut eta = vec![self.intercept; x.nrows()];
        for ((base, model), slope) in self.bases.iter().zip(&self.models).zip(&self.slopes) {
            let own = base.features(x.to_owned(), &self.mean, &self.scale);
            let prediction = model.predict(own.view())?;
            eta.iter_mut().zip(prediction.scores()).for_each(|(eta, score)| *eta += slope * score);
        }
        Ok(Prediction::Probability(eta.into_iter().map(logistic).collect()))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        Some(self.importance.clone())
    }

    fn freeze(&self) -> Json {
        let bases = self.bases.iter().zip(&self.models);
        freeze(&FrozenStack {
            bases: bases
                .map(|(base, model)| (base.learner.card().name.to_owned(), base.scaled, model.freeze()))
                .collect(),
            intercept: self.intercept,
            slopes: self.slopes.clone(),
            mean: self.mean.clone(),
            scale: self.scale.clone(),
            importance: self.importance.clone(),
        })
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl Learner for Stacking {
    fn card(&self) -> &'static Card {
        &CARD
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
        let events = labels.iter().filter(|label| **label).count();
        let folds = settings.count("folds").min(events.min(rows - events));
        if folds < 2 {
            return Err(refuse(CARD.name, "out-of-fold predictions want two rows of each class"));
        }
        let strata: Vec<usize> = labels.iter().map(|label| usize::from(*label)).collect();
        let fold_of = deal(&strata, folds, &stream.named("folds"));
        let bases = bases(settings)?;
        let (mean, scale) = moments(task);
        let mut predicted = Array2::zeros((rows, bases.len()));
        for fold in 0..folds {
            let inside: Vec<usize> = (0..rows).filter(|row| fold_of[*row] != fold).collect();
            let outside: Vec<usize> = (0..rows).filter(|row| fold_of[*row] == fold).collect();
            let outcome = task.outcome.select(&inside);
            let weights: Option<Vec<f64>> = task.weights.map(|own| inside.iter().map(|row| own[*row]).collect());
            let part = task.x.select(Axis(0), &inside);
            let part = Task { x: part.view(), names: task.names, outcome: &outcome, weights: weights.as_deref() };
            let own = stream.named("fold").indexed(fold as u64);
            // z-scores of a fold come from the rows outside it.
            let (fold_mean, fold_scale) = moments(&part);
            for (place, base) in bases.iter().enumerate() {
                let model = base.fit(&part, &fold_mean, &fold_scale, &own.indexed(place as u64), watch)?;
                let x = base.features(task.x.select(Axis(0), &outside), &fold_mean, &fold_scale);
                for (row, score) in outside.iter().zip(model.predict(x.view())?.scores()) {
                    predicted[[*row, place]] = *score;
                }
            }
        }
        let (intercept, slopes) =
            logistic_ridge::fit(predicted.view(), labels, task.weights, settings.real("C"), watch)?;
        let mut models = Vec::with_capacity(bases.len());
        let mut importance = vec![0.0; features];
        for (place, base) in bases.iter().enumerate() {
            let own = stream.named("final").indexed(place as u64);
            let model = base.fit(task, &mean, &scale, &own, watch)?;
            if let Some(values) = model.importance() {
                let total: f64 = values.iter().map(|value| value.abs()).sum();
                for (sum, value) in importance.iter_mut().zip(&values).filter(|_| total > 0.0) {
                    *sum += slopes[place].abs() * value.abs() / total;
                }
            }
            models.push(model);
        }
        let total: f64 = importance.iter().sum();
        if total > 0.0 {
            importance.iter_mut().for_each(|value| *value /= total);
        }
        Ok(Box::new(StackedModel { bases, models, intercept, slopes, mean, scale, importance }))
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
            pool.install(|| Stacking.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.7, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = Stacking.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }
}
