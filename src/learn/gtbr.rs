//! `gtbr`: gradient tree boosting with randomness as a learner.

use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;

use super::forest::{LEAF, SPLIT};
use super::gradient_boosting::{GradientBoosting, boost};

use super::seam::{FitError, Learner, Model, Task};

pub struct Gtbr;

static CARD: Card = Card {
    name: "gtbr",
    title: "Gradient tree boosting with randomness",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary, EndpointKind::Continuous],
    parameters: &[
        Parameter {
            name: "rounds",
            domain: Domain::Integer { low: 1, high: 100_000 },
            default: Initial::Integer(100),
            summary: "Number of trees.",
        },
        Parameter {
            name: "rate",
            domain: Domain::RealOpen { low: 0.0, high: 10.0 },
            default: Initial::Real(0.1),
            summary: "Factor of each tree (shrinkage).",
        },
        Parameter {
            name: "depth",
            domain: Domain::Integer { low: 1, high: 100 },
            default: Initial::Integer(3),
            summary: "Depth of each tree.",
        },
        LEAF,
        SPLIT,
        Parameter {
            name: "rows",
            domain: Domain::Real { low: 0.01, high: 1.0 },
            default: Initial::Real(0.5),
            summary: "Patients drawn without replacement for each tree, as a share of all.",
        },
        Parameter {
            name: "features",
            domain: Domain::Real { low: 0.001, high: 1.0 },
            default: Initial::Real(0.5),
            summary: "Features drawn for each split, as a share of all.",
        },
    ],
    summary: "Stochastic gradient boosting: each tree sees a draw of patients, each split a draw of features.",
    documentation: "\
Starts from the log odds of the event (the mean, for a continuous endpoint). Each round grows a regression tree of
limited depth on the negative gradient of the loss, `y - p` (`y - f`), by squared error; for a binary endpoint each leaf
takes one Newton step, `sum w (y - p) / sum w p (1 - p)`, and the tree is added with the factor `rate`, as scikit-learn's
`GradientBoostingClassifier` (its improvement score of Friedman chooses the same splits as squared error).

Randomness enters twice: each tree is grown on a share `rows` of the patients drawn without replacement (Friedman 2002),
and each split takes the best of a share `features` of the features. No published definition of the name GTBR (gradient
tree boosting with randomness) was found; this is the reading that its words allow, and the two shares are settings.

Importance is the decrease of squared error, averaged over trees and scaled to sum 1.",
    references: &[
        "Friedman JH. Greedy function approximation: a gradient boosting machine. Ann Stat 2001;29:1189-232.",
        "Friedman JH. Stochastic gradient boosting. Comput Stat Data Anal 2002;38:367-78.",
    ],
    example: "learn gtbr(rounds = 200, rate = 0.05, rows = 0.5)",
};

impl Gtbr {
    fn thawed(frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        GradientBoosting::thawed(frozen)
    }
}

impl Learner for Gtbr {
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
        Ok(Box::new(boost(task, settings, CARD.name, stream, watch)?))
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
            pool.install(|| Gtbr.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.7, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = Gtbr.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }
}
