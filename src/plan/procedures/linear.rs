//! Linear regression.

use super::{LEVEL, Left, Procedure, Right};
use crate::card::{Card, Role};

pub(super) static PROCEDURE: Procedure =
    Procedure { card: &CARD, left: Left::Number, right: Right::Terms, competing: false };

static CARD: Card = Card {
    name: "linear",
    title: "Linear regression",
    role: Role::Inference,
    endpoints: &[],
    parameters: &[LEVEL],
    summary: "Coefficients with intervals by least squares.",
    documentation: r#"Ordinary least squares; t intervals; F test. Rows with a missing value in the formula are left out and counted."#,
    references: &["Seber and Lee (2003) Linear Regression Analysis"],
    example: r#"linear(log(crp) ~ age + sex)"#,
};
