//! Extremely randomised survival trees.

use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::{FitError, Learner, Model, Task};
use crate::progress::Watch;
use crate::random::Stream;

use super::forest::{ENDPOINTS, ForestPlan, SurvivalForest};
use super::tree::Splitter;

pub struct ExtraSurvivalTrees;

pub static CARD: Card = Card {
    name: "extra_survival_trees",
    title: "Extremely randomised survival trees",
    role: Role::Learner,
    endpoints: ENDPOINTS,
    parameters: &[
        Parameter {
            name: "trees",
            domain: Domain::Integer { low: 1, high: 1_000_000 },
            default: Initial::Integer(100),
            summary: "Number of trees.",
        },
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
            summary: "Greatest depth of a tree.",
        },
        Parameter {
            name: "features",
            domain: Domain::Integer { low: 1, high: i64::MAX },
            default: Initial::Derived("the integer part of the square root of the number of features"),
            summary: "Features drawn at each node.",
        },
        Parameter {
            name: "bootstrap",
            domain: Domain::Flag,
            default: Initial::Flag(true),
            summary: "Whether each tree learns from patients drawn with replacement.",
        },
    ],
    summary: "Survival trees whose cuts are drawn at random; the best of the drawn cuts is taken.",
    documentation: "\
As `rsf`, but of each drawn feature only one cut is judged, drawn uniformly between the feature's
least and greatest value in the node. Follows scikit-survival's `ExtraSurvivalTrees`, its bootstrap
among the defaults; Geurts' trees learn from all patients (`bootstrap = no`). Importance is the
chi-square of the splits by feature, weighted by the node's share of the patients.",
    references: &[
        "Geurts P, Ernst D, Wehenkel L. Extremely randomized trees. Mach Learn 2006;63:3-42.",
        "Ishwaran H, Kogalur UB, Blackstone EH, Lauer MS. Random survival forests. Ann Appl Stat 2008;2:841-860.",
    ],
    example: "extra_survival_trees(clinical, trees = 500)",
};

impl Learner for ExtraSurvivalTrees {
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
        let plan = ForestPlan::from_settings(CARD.name, settings, Splitter::Random);
        Ok(Box::new(SurvivalForest::fit(&plan, task, stream, watch)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        SurvivalForest::thaw(frozen)
    }
}
