//! Kaplan-Meier estimate and log-rank test.

use super::{LANDMARK, LEVEL, Left, Procedure, Right};
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};

pub(super) static PROCEDURE: Procedure = Procedure {
    card: &CARD,
    left: Left::Endpoint,
    right: Right::Groups,
    competing: false,
    weights: true,
    strata: true,
};

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
        Parameter {
            name: "at",
            domain: Domain::Reals { low: 0.0, high: f64::INFINITY },
            default: Initial::Derived("medians alone"),
            summary: "Times at which survival, follow-up and the cumulative hazard are told, in days: `at = (12 months, 24 months)`.",
        },
        Parameter {
            name: "quantiles",
            domain: Domain::Reals { low: 0.01, high: 0.99 },
            default: Initial::Derived("the median alone"),
            summary: "Shares of patients with the event whose time is told with its interval: `quantiles = (25%, 75%)`.",
        },
        Parameter {
            name: "rho",
            domain: Domain::Real { low: 0.0, high: 10.0 },
            default: Initial::Real(0.0),
            summary: "Weight S(t-)^rho of the test: 0 is the log-rank test, 1 Peto and Peto's, which weighs early events.",
        },
        Parameter {
            name: "trend",
            domain: Domain::Flag,
            default: Initial::Flag(false),
            summary: "Also tests for a trend over the groups in their order, numbered 1, 2, 3.",
        },
        Parameter {
            name: "pairwise",
            domain: Domain::Choice(&["no", "none", "holm", "bonferroni", "hochberg", "BH", "BY"]),
            default: Initial::Choice("no"),
            summary: "Also tests every pair of groups on its own patients, p adjusted so; `none` leaves p as it is.",
        },
        LANDMARK,
    ],
    summary: "Survival curves by group with medians, numbers at risk and the log-rank test.",
    documentation: r#"$\hat S(t) = \prod_{t_i \le t} (1 - d_i / n_i)$ with Greenwood's variance. The median is the first time at which the curve is at or below 0.5, its interval by the curve's bounds (Brookmeyer and Crowley). Groups are compared by the log-rank test, or with `rho` by Fleming and Harrington's family; `+ strata(x)` compares them within the levels of `x`. `at` tells survival with its interval, and the Nelson-Aalen cumulative hazard. `weights = w` takes case weights for the curves; the test is then not told, for its variance would want whole patients. Follow-up may begin late (an endpoint with `entry`). Rows with a missing group or outcome are left out and counted."#,
    references: &[
        "Kaplan and Meier (1958) JASA 53:457",
        "Brookmeyer and Crowley (1982) Biometrics 38:29",
        "Harrington and Fleming (1982) Biometrika 69:553",
        "Tarone (1975) Biometrika 62:679",
    ],
    example: r#"km(os ~ arm)"#,
};
