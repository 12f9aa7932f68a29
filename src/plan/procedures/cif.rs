//! Cumulative incidence with Gray's test.

use super::{LANDMARK, LEVEL, Left, Procedure, Right};
use crate::card::{Card, EndpointKind, Role};

pub(super) static PROCEDURE: Procedure = Procedure {
    card: &CARD,
    left: Left::Endpoint,
    right: Right::Groups,
    competing: true,
    weights: false,
    strata: true,
};

static CARD: Card = Card {
    name: "cif",
    title: "Cumulative incidence with Gray's test",
    role: Role::Inference,
    endpoints: &[EndpointKind::Survival],
    parameters: &[LEVEL, LANDMARK],
    summary: "Cumulative incidence of an event in the presence of competing ones, by group.",
    documentation: r#"Aalen-Johansen estimate of the probability of the event by time t; groups compared by Gray's test, with `+ strata(x)` within the levels of `x`. `competing` names the endpoint or condition that precludes the event; whichever comes first counts. Rows with a missing value are left out and counted."#,
    references: &["Aalen and Johansen (1978) Scand J Stat 5:141", "Gray (1988) Ann Stat 16:1141"],
    example: r#"cif(relapse ~ arm, competing = death)"#,
};
