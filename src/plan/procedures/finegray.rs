//! Fine-Gray regression of the subdistribution hazard.

use super::{LANDMARK, LEVEL, Left, Procedure, Right};
use crate::card::{Card, EndpointKind, Role};

pub(super) static PROCEDURE: Procedure = Procedure {
    card: &CARD,
    left: Left::Endpoint,
    right: Right::Terms,
    competing: true,
    weights: false,
    strata: false,
};

static CARD: Card = Card {
    name: "finegray",
    title: "Fine-Gray regression of the subdistribution hazard",
    role: Role::Inference,
    endpoints: &[EndpointKind::Survival],
    parameters: &[LEVEL, LANDMARK],
    summary: "Subdistribution hazard ratios in the presence of competing events.",
    documentation: r#"Proportional subdistribution hazards with weights by the inverse probability of censoring, robust variance. `competing` names the endpoint or condition that precludes the event. Rows with a missing value are left out and counted."#,
    references: &["Fine and Gray (1999) JASA 94:496"],
    example: r#"finegray(relapse ~ age, competing = death)"#,
};
