//! Kaplan-Meier estimate and log-rank test.

use super::{LANDMARK, LEVEL, Left, Procedure, Right};
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};

pub(super) static PROCEDURE: Procedure =
    Procedure { card: &CARD, left: Left::Endpoint, right: Right::Groups, competing: false };

static CARD: Card = Card {
    name: "km",
    title: "Kaplan-Meier estimate and log-rank test",
    role: Role::Inference,
    endpoints: &[EndpointKind::Survival],
    parameters: &[
        LEVEL,
        Parameter {
            name: "interval",
            domain: Domain::Choice(&["log", "log-log", "plain"]),
            default: Initial::Choice("log"),
            summary: "Transformation on which the interval of a survival curve is built.",
        },
        LANDMARK,
    ],
    summary: "Survival curves by group with medians, numbers at risk and the log-rank test.",
    documentation: r#"$\hat S(t) = \prod_{t_i \le t} (1 - d_i / n_i)$ with Greenwood's variance. The median is the first time at which the curve is at or below 0.5, its interval by the curve's bounds (Brookmeyer and Crowley). Groups are compared by the log-rank test. Rows with a missing group or outcome are left out and counted."#,
    references: &["Kaplan and Meier (1958) JASA 53:457", "Brookmeyer and Crowley (1982) Biometrics 38:29"],
    example: r#"km(os ~ arm)"#,
};
