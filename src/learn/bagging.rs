//! `bagging`: bagged trees as a learner.

use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;

use crate::stats::Outcome;

use super::forest::{CRITERION, DEPTH, ForestPlan, LEAF, SPLIT, averaged_model, fit, fit_classes};
use super::tree::{Criterion, Growth};

use super::seam::{FitError, Learner, Model, Task};

pub struct Bagging;

static CARD: Card = Card {
    name: "bagging",
    title: "Bagged trees",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary, EndpointKind::Continuous, EndpointKind::Nominal],
    parameters: &[
        Parameter {
            name: "trees",
            domain: Domain::Integer { low: 1, high: 100_000 },
            default: Initial::Integer(50),
            summary: "Number of trees.",
        },
        Parameter {
            name: "rows",
            domain: Domain::RealOpen { low: 0.0, high: 10.0 },
            default: Initial::Real(1.0),
            summary: "Patients drawn with replacement for each tree, as a share of all.",
        },
        Parameter {
            name: "features",
            domain: Domain::Real { low: 0.001, high: 1.0 },
            default: Initial::Real(1.0),
            summary: "Features drawn once for each tree, as a share of all.",
        },
        CRITERION,
        DEPTH,
        SPLIT,
        LEAF,
    ],
    summary: "Average of trees on bootstrap samples.",
    documentation: "\
Each of `trees` trees is grown, without limit unless one is given, on `rows` times as many patients as there are, drawn
with replacement; every split may use every feature that the tree drew. The prediction is the mean of the trees' leaf
probabilities (means, for a continuous endpoint), as scikit-learn's `BaggingClassifier` over decision trees.

Importance is the decrease of impurity, averaged over trees and scaled to sum 1.",
    references: &["Breiman L. Bagging predictors. Mach Learn 1996;24:123-40."],
    example: "learn bagging(trees = 100)",
};

averaged_model!(BaggingModel, Bagging);

impl Learner for Bagging {
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
        let criterion = match (task.outcome, settings.choice("criterion")) {
            (Outcome::Continuous(_), _) => Criterion::SquaredError,
            (_, "entropy") => Criterion::Entropy,
            _ => Criterion::Gini,
        };
        let drawn = (settings.real("features") * task.x.ncols() as f64).round() as usize;
        let plan = ForestPlan {
            trees: settings.count("trees"),
            growth: Growth {
                criterion,
                depth: settings.count_if_given("depth").unwrap_or(usize::MAX),
                split: settings.count("split"),
                leaf: settings.count("leaf"),
                features: usize::MAX,
            },
            bootstrap: Some(settings.real("rows")),
            features: drawn.max(1),
        };
        if matches!(task.outcome, Outcome::Nominal(_)) {
            return Ok(Box::new(fit_classes(task, &plan, CARD.name, stream, watch)?));
        }
        Ok(Box::new(BaggingModel(fit(task, &plan, CARD.name, stream, watch)?)))
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
            pool.install(|| Bagging.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.7, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = Bagging.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }
}
