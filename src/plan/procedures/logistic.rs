//! Logistic regression.

use super::{LEVEL, Left, Procedure, Right};
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};

pub(super) static PROCEDURE: Procedure =
    Procedure { card: &CARD, left: Left::Endpoint, right: Right::Terms, competing: false };

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
    ],
    summary: "Odds ratios with intervals by maximum likelihood.",
    documentation: r#"$\log\frac{p}{1-p} = x'\beta$ by maximum likelihood; Wald intervals and likelihood-ratio test. Where the classes are separated, Firth's penalised likelihood is used and said. Rows with a missing value in the formula are left out and counted."#,
    references: &["Firth (1993) Biometrika 80:27", "Heinze and Schemper (2002) Stat Med 21:2409"],
    example: r#"logistic(response ~ albi + stage)"#,
};
