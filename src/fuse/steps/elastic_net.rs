//! Selection by the elastic net.

use serde_json::Value as Json;

use crate::card::{Card, Domain, Initial, Parameter, Role, Settings};
use crate::learn::block::Block;
use crate::learn::seam::{FitError, FittedStep, Step, Unread};
use crate::learn::steps::columns::thaw;
use crate::learn::steps::selected::Selected;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::penalised::{self, DOCUMENTATION, FOLDS, LAMBDA, MIN_COEF, RULE, TOP};

static CARD: Card = Card {
    name: "elastic_net",
    title: "Selection by the elastic net",
    role: Role::Step,
    endpoints: &[],
    parameters: &[
        Parameter {
            name: "l1_ratio",
            domain: Domain::Real { low: 0.0, high: 1.0 },
            default: Initial::Real(0.5),
            summary: "Share of the absolute penalty: 1 is the lasso; 0 is ridge, which selects nothing away.",
        },
        FOLDS,
        MIN_COEF,
        TOP,
        RULE,
        LAMBDA,
    ],
    summary: "Keeps the features with a coefficient in an elastic net of the endpoint.",
    documentation: DOCUMENTATION,
    references: &[
        "Zou H, Hastie T. Regularization and variable selection via the elastic net. J R Stat Soc B 2005;67:301-320.",
        "Friedman J, Hastie T, Tibshirani R. Regularization paths for generalized linear models via coordinate descent. J Stat Softw 2010;33(1):1-22.",
    ],
    example: "prepare radiomics by z-score then elastic_net(l1_ratio = 0.5, folds = 5, min_coef = 1e-4)",
};

/// Selection by the elastic net.
pub struct ElasticNetSelection;

impl Step for ElasticNetSelection {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn sees_outcome(&self) -> bool {
        true
    }

    fn unread(&self, _: &Settings, written: &[&str]) -> Unread {
        penalised::unread(written)
    }

    fn fit(
        &self,
        block: &Block,
        outcome: &Outcome,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn FittedStep>, FitError> {
        let l1_ratio = settings.real("l1_ratio");
        penalised::select(CARD.name, l1_ratio, block, outcome, settings, stream, watch)
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn FittedStep>, FitError> {
        Ok(Box::new(thaw::<Selected>(frozen)?))
    }
}

#[cfg(test)]
mod tests {
    use rand::RngExt;

    use super::*;
    use crate::card::Value;
    use crate::stats::Censored;

    /// Forty columns, of which the first two carry the outcome.
    fn data(n: usize) -> (Block, Outcome, Outcome) {
        let mut rng = Stream::root(11).rng();
        let x = ndarray::Array2::from_shape_fn((n, 40), |_| rng.random_range(-1.0..1.0));
        let names: Vec<String> = (0..40).map(|index| format!("x{index}")).collect();
        let score: Vec<f64> =
            x.rows().into_iter().map(|row| 2.0 * row[0] - 2.0 * row[1] + rng.random_range(-0.5..0.5)).collect();
        let binary = Outcome::Binary(score.iter().map(|score| *score > 0.0).collect());
        let time = score.iter().map(|score| (-score).exp() + 0.01).collect();
        let event = (0..n).map(|row| u8::from(row % 4 != 0)).collect();
        (Block::from_matrix(&names, &x), binary, Outcome::Survival(Censored::new(time, event)))
    }

    #[test]
    fn keeps_what_carries_the_outcome_of_either_kind() {
        let (block, binary, survival) = data(120);
        for outcome in [&binary, &survival] {
            let settings = Settings::new(
                &CARD,
                [("folds", Value::Integer(5)), ("top", Value::Integer(2)), ("min_coef", Value::Real(1e-4))],
            )
            .unwrap();
            let fitted =
                ElasticNetSelection.fit(&block, outcome, &settings, &Stream::root(1), &Watch::silent()).unwrap();
            let again = ElasticNetSelection.thaw(&fitted.freeze()).unwrap();
            assert_eq!(again.apply(&block).unwrap().names(), ["x0", "x1"], "{:?}", outcome.kind());
            let (_, scores) = fitted.scores().unwrap();
            let of = |name: &str| scores.iter().find(|(other, _)| other == name).map(|(_, score)| *score).unwrap();
            assert!(of("x0") > 0.0 && of("x1") < 0.0);
        }
        let nothing = Settings::new(&CARD, [("lambda", Value::Real(1e6))]).unwrap();
        let error = ElasticNetSelection.fit(&block, &binary, &nothing, &Stream::root(1), &Watch::silent());
        assert!(matches!(error.map(|_| ()), Err(FitError::NothingLeft { .. })));
    }
}
