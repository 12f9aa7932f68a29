//! Agreement of readers on levels.

use super::{LEVEL, Left, Procedure, Right};
use crate::card::{Card, Domain, Initial, Parameter, Role};

pub(super) static PROCEDURE: Procedure = Procedure {
    card: &CARD,
    left: Left::Reading,
    right: Right::Groups,
    competing: false,
    weights: false,
    strata: false,
};

static CARD: Card = Card {
    name: "kappa",
    title: "Kappa of agreement",
    role: Role::Inference,
    endpoints: &[],
    parameters: &[
        LEVEL,
        Parameter {
            name: "weights",
            domain: Domain::Choice(&["none", "linear", "quadratic"]),
            default: Initial::Choice("none"),
            summary: "What a disagreement on ordered levels costs: any alike, by the levels apart, by their square.",
        },
    ],
    summary: "Chance-corrected agreement of readers on a category.",
    documentation: r#"One row per patient and reader, with the reader on the right; or one row per patient, with the second reading on the right. Cohen's kappa of each pair of readers with the large-sample interval of Fleiss, Cohen and Everitt; with three readers or more also Fleiss' kappa, of the patients that all of them judged. Numbers are levels in their order."#,
    references: &["Cohen (1960) Educ Psychol Meas 20:37", "Fleiss, Cohen and Everitt (1969) Psychol Bull 72:323"],
    example: r#"kappa(mrecist ~ reader, weights = quadratic)"#,
};
