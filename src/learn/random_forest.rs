//! `random_forest`: random forest as a learner.

use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;

use crate::stats::Outcome;

use super::forest::{CRITERION, DEPTH, ForestPlan, LEAF, SPLIT, averaged_model, fit, fit_classes};
use super::tree::{Criterion, Growth};

use super::seam::{FitError, Learner, Model, Task};

pub struct RandomForest;

static CARD: Card = Card {
    name: "random_forest",
    title: "Random forest",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary, EndpointKind::Continuous, EndpointKind::Nominal],
    parameters: &[
        Parameter {
            name: "trees",
            domain: Domain::Integer { low: 1, high: 100_000 },
            default: Initial::Integer(500),
            summary: "Number of trees.",
        },
        Parameter {
            name: "features",
            domain: Domain::Integer { low: 1, high: 1_000_000 },
            default: Initial::Derived(
                "square root of the number of features; a third of them for a continuous endpoint",
            ),
            summary: "Features drawn for each split.",
        },
        CRITERION,
        DEPTH,
        SPLIT,
        LEAF,
    ],
    summary: "Average of trees on bootstrap samples, each split from a random draw of features.",
    documentation: "\
Each of `trees` trees is grown on as many patients as there are, drawn with replacement; each split takes the best of
`features` features drawn without replacement (features that do not vary in the node count, but drawing goes on until
one varies), as scikit-learn's `RandomForestClassifier`. The prediction is the mean of the trees' leaf probabilities
(means, for a continuous endpoint), not a vote.

Importance is the decrease of impurity, averaged over trees and scaled to sum 1; it favours features with many values.",
    references: &["Breiman L. Random forests. Mach Learn 2001;45:5-32."],
    example: "learn random_forest(trees = 500, leaf in (1, 3, 5))",
};

averaged_model!(RandomForestModel, RandomForest);

impl Learner for RandomForest {
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
        let features = task.x.ncols() as f64;
        let drawn = match task.outcome {
            Outcome::Continuous(_) => features / 3.0,
            _ => features.sqrt(),
        };
        let plan = ForestPlan {
            trees: settings.count("trees"),
            growth: Growth {
                criterion,
                depth: settings.count_if_given("depth").unwrap_or(usize::MAX),
                split: settings.count("split"),
                leaf: settings.count("leaf"),
                features: settings.count_if_given("features").unwrap_or((drawn as usize).max(1)),
            },
            bootstrap: Some(1.0),
            features: usize::MAX,
        };
        if matches!(task.outcome, Outcome::Nominal(_)) {
            return Ok(Box::new(fit_classes(task, &plan, CARD.name, stream, watch)?));
        }
        Ok(Box::new(RandomForestModel(fit(task, &plan, CARD.name, stream, watch)?)))
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
            pool.install(|| RandomForest.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.7, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = RandomForest.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }
}
