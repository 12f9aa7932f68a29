//! Intraclass correlation coefficient.

use super::{LEVEL, Left, Procedure, Right};
use crate::card::{Card, Domain, Initial, Parameter, Role};

pub(super) static PROCEDURE: Procedure = Procedure {
    card: &CARD,
    left: Left::Number,
    right: Right::Groups,
    competing: false,
    weights: false,
    strata: false,
};

static CARD: Card = Card {
    name: "icc",
    title: "Intraclass correlation coefficient",
    role: Role::Inference,
    endpoints: &[],
    parameters: &[
        LEVEL,
        Parameter {
            name: "form",
            domain: Domain::Choice(&["ICC1", "ICC2", "ICC3", "ICC1k", "ICC2k", "ICC3k", "all"]),
            default: Initial::Choice("ICC2"),
            summary: "Form of Shrout and Fleiss: one-way, two-way random, two-way mixed; single or mean of k readings.",
        },
    ],
    summary: "Agreement of readers on a measurement.",
    documentation: r#"One row per patient and reader, with the reader on the right; or one row per patient, with the second measurement on the right. The patient is the table's key. Mean squares of the analysis of variance after Shrout and Fleiss, F interval. Patients not measured by every reader are left out and counted."#,
    references: &[
        "Shrout PE, Fleiss JL. Intraclass correlations: uses in assessing rater reliability. Psychol Bull 1979;86:420-428",
        "McGraw KO, Wong SP. Forming inferences about some intraclass correlation coefficients. Psychol Methods 1996;1:30-46",
    ],
    example: r#"icc(volume ~ reader)"#,
};
