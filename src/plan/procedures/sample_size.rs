//! Sample size of a prediction model.

use super::{Left, Procedure, Right};
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};

pub(super) static PROCEDURE: Procedure = Procedure {
    card: &CARD,
    left: Left::Endpoint,
    right: Right::None,
    competing: false,
    weights: false,
    strata: false,
};

static CARD: Card = Card {
    name: "sample_size",
    title: "Sample size of a prediction model",
    role: Role::Inference,
    endpoints: &[EndpointKind::Binary, EndpointKind::Survival, EndpointKind::Continuous],
    parameters: &[
        Parameter {
            name: "parameters",
            domain: Domain::Integer { low: 1, high: i64::MAX },
            default: Initial::Required,
            summary: "Number of predictor parameters considered.",
        },
        Parameter {
            name: "prevalence",
            domain: Domain::RealOpen { low: 0.0, high: 1.0 },
            default: Initial::Derived("share of events in the data"),
            summary: "Expected share of patients with the event.",
        },
        Parameter {
            name: "R2",
            domain: Domain::RealOpen { low: 0.0, high: 1.0 },
            default: Initial::Required,
            summary: "Anticipated Cox-Snell R squared.",
        },
        Parameter {
            name: "shrinkage",
            domain: Domain::RealOpen { low: 0.0, high: 1.0 },
            default: Initial::Real(0.9),
            summary: "Smallest acceptable uniform shrinkage.",
        },
        Parameter {
            name: "margin",
            domain: Domain::RealOpen { low: 0.0, high: 1.0 },
            default: Initial::Real(0.05),
            summary: "Margin of error of the overall risk.",
        },
        Parameter {
            name: "rate",
            domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
            default: Initial::Derived("event rate in the data"),
            summary: "Events per day, for a survival endpoint.",
        },
        Parameter {
            name: "horizon",
            domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
            default: Initial::Derived("largest follow-up"),
            summary: "Time of prediction in days, for a survival endpoint.",
        },
        Parameter {
            name: "follow_up",
            domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
            default: Initial::Derived("mean follow-up"),
            summary: "Mean follow-up in days, for a survival endpoint.",
        },
    ],
    summary: "Patients and events needed to develop a prediction model (Riley's criteria).",
    documentation: r#"The largest n of Riley's criteria: shrinkage of at least the target, a small difference between apparent and adjusted R squared, and a precise overall risk. Where the endpoint has data, the n and events at hand are set beside it."#,
    references: &["Riley et al. (2019) Stat Med 38:1276", "Riley et al. (2020) BMJ 368:m441"],
    example: r#"sample_size(response, parameters = 12, prevalence = 47%, R2 = 0.2)"#,
};
