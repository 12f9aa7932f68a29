//! `ridge`: the elastic net with `l1_ratio = 0`.

use serde_json::Value as Json;

use crate::card::{Card, EndpointKind, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;

use super::elastic_net::{C, FOLDS, LAMBDA, LAMBDAS, MEASURE, NetModel, RULE, STANDARDISE, UNPENALISED, learn};
use super::seam::{FitError, Learner, Model, Task, Unread};
use super::training::thaw;

pub struct Ridge;

static CARD: Card = Card {
    name: "ridge",
    title: "Ridge regression",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary, EndpointKind::Continuous, EndpointKind::Nominal],
    parameters: &[LAMBDA, C, FOLDS, RULE, MEASURE, STANDARDISE, LAMBDAS, UNPENALISED],
    summary: "Logistic or linear regression with the ridge penalty, lambda by cross-validation.",
    documentation: "\
`elastic_net` with `l1_ratio = 0`: minimises `sum_i w_i loss_i + lambda sum_j b_j^2 / 2`; no coefficient is exactly zero.
The largest lambda is taken as for `l1_ratio = 0.001`, as glmnet does, since no finite lambda leaves nothing. Everything
else (path, standardisation, cross-validation, `C`) is as `?elastic_net` says.

Importance is the coefficient, per unit of the feature.",
    references: &[
        "Hoerl AE, Kennard RW. Ridge regression: biased estimation for nonorthogonal problems. Technometrics 1970;12:55-67.",
        "le Cessie S, van Houwelingen JC. Ridge estimators in logistic regression. Appl Stat 1992;41:191-201.",
        "Friedman J, Hastie T, Tibshirani R. Regularization paths for generalized linear models via coordinate descent. J Stat Softw 2010;33(1).",
    ],
    example: "learn ridge(folds = 5)",
};

impl Learner for Ridge {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn unread(&self, _: &Settings, written: &[&str]) -> Unread {
        super::elastic_net::void(written)
    }

    fn fit(
        &self,
        task: &Task<'_>,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        learn(task, settings, 0.0, CARD.name, stream, watch)
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        match super::multinomial::thaw(frozen)? {
            Some(model) => Ok(model),
            None => Ok(Box::new(thaw::<NetModel>(frozen)?)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::training::testing::{auc, two_classes};
    use super::*;

    #[test]
    fn learns_and_comes_back_from_the_freezer() {
        let (x, names, outcome) = two_classes(120, 20, 4);
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let settings = Settings::defaults(&CARD);
        let model = Ridge.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        let prediction = model.predict(x.view()).unwrap();
        assert!(auc(prediction.scores(), &outcome) > 0.75);
        let thawed = Ridge.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(x.view()).unwrap(), prediction);
        let zeros = model.importance().unwrap().iter().filter(|slope| **slope == 0.0).count();
        assert!(zeros == 0);
    }
}
