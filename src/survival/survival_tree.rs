//! A single survival tree.

use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::{FitError, Learner, Model, Task};
use crate::progress::Watch;
use crate::random::Stream;

use super::forest::{ENDPOINTS, ForestPlan, SurvivalForest};
use super::tree::Splitter;

pub struct SurvivalTreeLearner;

pub static CARD: Card = Card {
    name: "survival_tree",
    title: "Survival tree",
    role: Role::Learner,
    endpoints: ENDPOINTS,
    parameters: &[
        Parameter {
            name: "split",
            domain: Domain::Integer { low: 2, high: i64::MAX },
            default: Initial::Integer(6),
            summary: "A node with fewer patients is a leaf.",
        },
        Parameter {
            name: "leaf",
            domain: Domain::Integer { low: 1, high: i64::MAX },
            default: Initial::Integer(3),
            summary: "Each side of a split keeps at least so many patients.",
        },
        Parameter {
            name: "depth",
            domain: Domain::Integer { low: 1, high: 10_000 },
            default: Initial::Derived("grown until `split` and `leaf` stop it"),
            summary: "Greatest depth of the tree.",
        },
    ],
    summary: "One tree on all patients and all features; splits maximise the log-rank statistic.",
    documentation: "\
A tree as in `rsf`, grown once on all patients with every feature tried at every node. Of cuts with
equal statistics the one of the feature drawn first is taken. Follows scikit-survival's
`SurvivalTree`. Importance is the log-rank chi-square of the splits by feature, weighted by the node's share of the
patients.",
    references: &["LeBlanc M, Crowley J. Survival trees by goodness of split. J Am Stat Assoc 1993;88:457-467."],
    example: "survival_tree(clinical, leaf = 15)",
};

impl Learner for SurvivalTreeLearner {
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
        let plan = ForestPlan {
            learner: CARD.name,
            trees: 1,
            bootstrap: false,
            splitter: Splitter::Best,
            max_depth: settings.count_if_given("depth"),
            min_split: settings.count("split"),
            min_leaf: settings.count("leaf"),
            features: Some(usize::MAX),
        };
        Ok(Box::new(SurvivalForest::fit(&plan, task, stream, watch)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        SurvivalForest::thaw(frozen)
    }
}
