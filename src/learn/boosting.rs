//! `boosting`: boosting (AdaBoost) as a learner.

use serde_json::Value as Json;

use crate::card::{Card, EndpointKind, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;

use super::adaboost::{AdaBoost, RATE, ROUNDS, STUMP, boost};

use super::seam::{FitError, Learner, Model, Task};

pub struct Boosting;

static CARD: Card = Card {
    name: "boosting",
    title: "Boosting (AdaBoost)",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary],
    parameters: &[ROUNDS, RATE, STUMP],
    summary: "AdaBoost under the name that clinical papers give it.",
    documentation: "\
The same as `adaboost`: papers that list bagging, boosting, stacking and rotation forest mean AdaBoost by `boosting`.
See `?adaboost` for what it computes. Importance is the decrease of impurity, averaged over trees by their weights.",
    references: &[
        "Freund Y, Schapire RE. A decision-theoretic generalization of on-line learning and an application to boosting. J Comput Syst Sci 1997;55:119-39.",
    ],
    example: "learn bagging, boosting",
};

impl Boosting {
    fn thawed(frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        AdaBoost::thawed(frozen)
    }
}

impl Learner for Boosting {
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
            pool.install(|| Boosting.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.7, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = Boosting.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }
}
