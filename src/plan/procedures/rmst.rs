//! Restricted mean survival time.

use super::{LEVEL, Left, Procedure, Right};
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};

pub(super) static PROCEDURE: Procedure = Procedure {
    card: &CARD,
    left: Left::Endpoint,
    right: Right::Groups,
    competing: false,
    weights: false,
    strata: false,
};

static CARD: Card = Card {
    name: "rmst",
    title: "Restricted mean survival time",
    role: Role::Inference,
    endpoints: &[EndpointKind::Survival],
    parameters: &[
        LEVEL,
        Parameter {
            name: "at",
            domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
            default: Initial::Derived("the smallest of the groups' largest times"),
            summary: "Horizon up to which the area is taken, in days.",
        },
    ],
    summary: "Area under the survival curve up to a horizon, by group, with differences and ratios.",
    documentation: r#"$\int_0^\tau \hat S(t)\,dt$ with its asymptotic variance; difference and ratio between groups. Rows with a missing value are left out and counted."#,
    references: &["Royston and Parmar (2013) BMC Med Res Methodol 13:152", "Uno et al. (2014) J Clin Oncol 32:2380"],
    example: r#"rmst(os ~ arm, at = 24 months)"#,
};
