//! Linear regression.

use super::{IMPUTATIONS, LEVEL, Left, Procedure, Right};
use crate::card::{Card, Role};

pub(super) static PROCEDURE: Procedure =
    Procedure { card: &CARD, left: Left::Number, right: Right::Terms, competing: false, weights: true, strata: false };

static CARD: Card = Card {
    name: "linear",
    title: "Linear regression",
    role: Role::Inference,
    endpoints: &[],
    parameters: &[LEVEL, IMPUTATIONS],
    summary: "Coefficients with intervals by least squares.",
    documentation: r#"Ordinary least squares; t intervals; F test. `weights = w` takes weights of least squares. With `imputations = 20` missing covariates are completed by chained equations that see the outcome, and each coefficient is pooled by Rubin's rules. Without, rows with a missing value in the formula are left out and counted."#,
    references: &["Seber and Lee (2003) Linear Regression Analysis"],
    example: r#"linear(log(crp) ~ age + sex)"#,
};
