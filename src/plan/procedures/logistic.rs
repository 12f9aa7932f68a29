//! Logistic regression.

use super::{IMPUTATIONS, LEVEL, Left, Procedure, Right};
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};

pub(super) static PROCEDURE: Procedure = Procedure {
    card: &CARD,
    left: Left::Endpoint,
    right: Right::Terms,
    competing: false,
    weights: true,
    strata: false,
};

static CARD: Card = Card {
    name: "logistic",
    title: "Logistic regression",
    role: Role::Inference,
    endpoints: &[EndpointKind::Binary],
    parameters: &[
        LEVEL,
        Parameter {
            name: "firth",
            domain: Domain::Choice(&["when-separated", "yes", "no"]),
            default: Initial::Choice("when-separated"),
            summary: "Firth's penalty, which has finite estimates where the classes are separated.",
        },
        Parameter {
            name: "interval",
            domain: Domain::Choice(&["profile", "wald"]),
            default: Initial::Choice("profile"),
            summary: "Interval by the profile likelihood with the likelihood-ratio p value, or Wald's with Wald's.",
        },
        IMPUTATIONS,
    ],
    summary: "Odds ratios with intervals by maximum likelihood.",
    documentation: r#"$\log\frac{p}{1-p} = x'\beta$ by maximum likelihood; intervals by the profile likelihood (where a bound is not finite, Wald's) and likelihood-ratio tests, or Wald's with `interval = wald`. Where the classes are separated, Firth's penalised likelihood is used and said. `weights = w` takes case weights. With `imputations = 20` missing covariates are completed by chained equations that see the outcome, and each coefficient is pooled by Rubin's rules (Wald). Without, rows with a missing value in the formula are left out and counted."#,
    references: &["Firth (1993) Biometrika 80:27", "Heinze and Schemper (2002) Stat Med 21:2409"],
    example: r#"logistic(response ~ albi + stage)"#,
};
