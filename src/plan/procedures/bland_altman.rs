//! Agreement of two measurements.

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
    name: "bland_altman",
    title: "Bland-Altman limits of agreement",
    role: Role::Inference,
    endpoints: &[],
    parameters: &[
        LEVEL,
        Parameter {
            name: "coverage",
            domain: Domain::RealOpen { low: 0.0, high: 1.0 },
            default: Initial::Real(0.95),
            summary: "Share of differences that the limits hold.",
        },
    ],
    summary: "Bias and limits of agreement of two readers on a measurement.",
    documentation: r#"One row per patient and reader, with the reader on the right; or one row per patient, with the second measurement on the right. Mean difference with its t interval, limits `bias ± z SD` with their intervals, and the correlation of difference and mean, by which a bias that grows with the size is seen. With more than two readers, each pair."#,
    references: &["Bland and Altman (1986) Lancet 327:307", "Bland and Altman (1999) Stat Methods Med Res 8:135"],
    example: r#"bland_altman(volume ~ reader)"#,
};
