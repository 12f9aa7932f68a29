//! Cox proportional hazards regression.

use super::{IMPUTATIONS, LANDMARK, LEVEL, Left, Procedure, Right};
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};

pub(super) static PROCEDURE: Procedure = Procedure {
    card: &CARD,
    left: Left::Endpoint,
    right: Right::Terms,
    competing: false,
    weights: true,
    strata: false,
};

static CARD: Card = Card {
    name: "cox",
    title: "Cox proportional hazards regression",
    role: Role::Inference,
    endpoints: &[EndpointKind::Survival],
    parameters: &[
        LEVEL,
        Parameter {
            name: "ties",
            domain: Domain::Choice(&["efron", "breslow", "exact"]),
            default: Initial::Choice("efron"),
            summary: "Partial likelihood where event times are tied: an approximation, or the exact conditional one.",
        },
        Parameter {
            name: "robust",
            domain: Domain::Flag,
            default: Initial::Flag(false),
            summary: "Sandwich variance; always taken with `cluster`.",
        },
        Parameter {
            name: "at",
            domain: Domain::Reals { low: 0.0, high: f64::INFINITY },
            default: Initial::Derived("no survival is predicted"),
            summary: "Times at which the survival of a patient with the mean of every covariate is told, in days, for each stratum.",
        },
        Parameter {
            name: "residuals",
            domain: Domain::Flag,
            default: Initial::Flag(false),
            summary: "Also tells the martingale and deviance residual of each patient, and the Schoenfeld residuals of each event.",
        },
        IMPUTATIONS,
        LANDMARK,
    ],
    summary: "Hazard ratios with intervals, likelihood-ratio, Wald and score tests, and the test of proportional hazards.",
    documentation: r#"Maximises the partial likelihood, ties by Efron's approximation as in R's `coxph`. `strata(x)` gives each level its own baseline hazard; `cluster(x)` a robust variance; `rcs(x, 4)` a restricted cubic spline, tested as a whole and for being curved as every term of several coefficients is (joint Wald tests, as `anova` of R's rms); `each(a, b)` one fit for each. `weights = w` takes case weights as `coxph` does: whole numbers count patients, others ask for the robust variance. Follow-up may begin late (an endpoint with `entry`). `at` predicts survival by the Breslow or Efron baseline with Tsiatis' variance, as `survfit`. With `imputations = 20` missing covariates are completed by chained equations that see the event and its Nelson-Aalen hazard (White and Royston), and each coefficient is pooled by Rubin's rules. Without, rows with a missing value in the formula are left out and counted."#,
    references: &[
        "Cox (1972) JRSS B 34:187",
        "Efron (1977) JASA 72:557",
        "Grambsch and Therneau (1994) Biometrika 81:515",
    ],
    example: r#"cox(os ~ age + rcs(albi, 4) + strata(centre))"#,
};
