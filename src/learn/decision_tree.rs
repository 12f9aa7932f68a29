//! `decision_tree`: decision tree as a learner.

use serde_json::Value as Json;

use crate::card::{Card, EndpointKind, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;

use crate::stats::Outcome;

use super::forest::{CRITERION, DEPTH, ForestPlan, LEAF, SPLIT, averaged_model, fit, fit_classes};
use super::tree::{Criterion, Growth};

use super::seam::{FitError, Learner, Model, Task};

pub struct DecisionTree;

static CARD: Card = Card {
    name: "decision_tree",
    title: "Decision tree",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary, EndpointKind::Continuous, EndpointKind::Nominal],
    parameters: &[
        CRITERION,
        DEPTH,
        SPLIT,
        LEAF,
    ],
    summary: "One tree of binary splits (CART).",
    documentation: "\
Grows one tree depth first. Each node takes, over all features and all thresholds halfway between neighbouring values,
the split that most reduces the weighted Gini index `2 p (1 - p)` (or entropy in bits; variance for a continuous
endpoint), as scikit-learn's `DecisionTreeClassifier`; of equal splits the first feature's lowest threshold. A node is a leaf
when it is pure, at the depth limit, or has too few patients. There is no pruning: limit `depth` or `leaf`.

The probability is the weighted share of events in the leaf. Importance is the total decrease of impurity by a
feature's splits, scaled to sum 1.",
    references: &[
        "Breiman L, Friedman JH, Olshen RA, Stone CJ. Classification and Regression Trees. Wadsworth; 1984.",
    ],
    example: "learn decision_tree(depth = 4, leaf = 5)",
};

averaged_model!(DecisionTreeModel, DecisionTree);

impl Learner for DecisionTree {
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
        let plan = ForestPlan {
            trees: 1,
            growth: Growth {
                criterion,
                depth: settings.count_if_given("depth").unwrap_or(usize::MAX),
                split: settings.count("split"),
                leaf: settings.count("leaf"),
                features: usize::MAX,
            },
            bootstrap: None,
            features: usize::MAX,
        };
        if matches!(task.outcome, Outcome::Nominal(_)) {
            return Ok(Box::new(fit_classes(task, &plan, CARD.name, stream, watch)?));
        }
        Ok(Box::new(DecisionTreeModel(fit(task, &plan, CARD.name, stream, watch)?)))
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
        let settings = Settings::new(&CARD, [("leaf", crate::card::Value::Integer(12))]).unwrap();
        let fit = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| DecisionTree.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.62, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = DecisionTree.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }

    // scripts/reference/learn.py: DecisionTreeClassifier.
    #[test]
    fn agrees_with_scikit_learn_on_twelve() {
        let expected = [0.0, 0.0, 0.6, 0.0, 1.0, 0.6, 0.6, 0.0, 0.6, 0.6, 0.0, 1.0];
        let given = [("depth", crate::card::Value::Integer(2))];
        let ours = super::super::training::testing::fitted_to_twelve(&DecisionTree, &given, 2);
        for (ours, theirs) in ours.iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-15, "{ours} {theirs}");
        }
    }
}
