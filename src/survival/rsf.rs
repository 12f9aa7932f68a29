//! Random survival forest.

use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::{FitError, Learner, Model, Task};
use crate::progress::Watch;
use crate::random::Stream;

use super::forest::{ENDPOINTS, ForestPlan, SurvivalForest};
use super::tree::Splitter;

pub struct RandomSurvivalForest;

pub static CARD: Card = Card {
    name: "rsf",
    title: "Random survival forest",
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
    summary: "Survival trees on bootstrap samples, averaged; splits maximise the log-rank statistic.",
    documentation: "\
Each tree learns from patients drawn with replacement. At each node so many features are drawn,
and the cut with the greatest log-rank chi-square

    U² / V,  U = Σ (d_L − Y_L d / Y),  V = Σ d (Y − d) / (Y − 1) · Y_L / Y · (1 − Y_L / Y)

over the node's event times divides it. A leaf holds the Nelson-Aalen cumulative hazard and the
Kaplan-Meier curve of its patients. The risk score is the mean over trees of the leaf's cumulative
hazard summed over the training set's distinct event times; survival curves are means of the
leaves' curves.

Follows scikit-survival's `RandomSurvivalForest`, its defaults among them: features in single
precision, cuts half way between neighbouring values, a draw of features that continues until one
varies. A node where no cut has a positive statistic, as where nobody has the event, is a leaf.
The out-of-bag risk of each training row is kept. Missing values are not taken. Importance is the
chi-square of the splits by feature, weighted by the node's share of the patients.",
    references: &[
        "Ishwaran H, Kogalur UB, Blackstone EH, Lauer MS. Random survival forests. Ann Appl Stat 2008;2:841-860.",
        "Pölsterl S. scikit-survival. J Mach Learn Res 2020;21(212):1-6.",
    ],
    example: "rsf(clinical, trees = 500, leaf in (3, 6, 15))",
};

impl Learner for RandomSurvivalForest {
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
        let plan = ForestPlan::from_settings(CARD.name, settings, Splitter::Best);
        Ok(Box::new(SurvivalForest::fit(&plan, task, stream, watch)?))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        SurvivalForest::thaw(frozen)
    }
}
