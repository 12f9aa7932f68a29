//! ROC analysis.

use super::{LEVEL, Left, Procedure, Right};
use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};

pub(super) static PROCEDURE: Procedure = Procedure {
    card: &CARD,
    left: Left::Endpoint,
    right: Right::Markers,
    competing: false,
    weights: false,
    strata: false,
};

static CARD: Card = Card {
    name: "roc",
    title: "ROC analysis",
    role: Role::Inference,
    endpoints: &[EndpointKind::Binary],
    parameters: &[
        LEVEL,
        Parameter {
            name: "direction",
            domain: Domain::Choice(&["higher", "lower", "auto"]),
            default: Initial::Choice("higher"),
            summary: "Whether higher or lower values speak for the event; `auto` takes the direction of the medians and says so.",
        },
    ],
    summary: "AUC of each marker with DeLong's interval, compared pairwise.",
    documentation: r#"Area under the empirical ROC curve with DeLong's variance; markers on the same rows are compared by DeLong's test for correlated curves. Higher values speak for the event unless said otherwise."#,
    references: &["DeLong, DeLong and Clarke-Pearson (1988) Biometrics 44:837"],
    example: r#"roc(response ~ each(afp, albi))"#,
};
