//! Time: what is known when.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "time::future-eligibility",
        title: "Eligibility is known only after the prediction",
        explanation: "At the time of prediction nobody could tell who belongs to the cohort.",
        bad: r#"exclude "fewer than two cycles": cycles < 2"#,
        good: r#"study P
  predict at treatment_start + 6 weeks"#,
    },
    Code {
        code: "time::immortal-time",
        title: "Follow-up starts before its predictors are known",
        explanation: "Whoever is predicted for at a later time is known to have survived until then. Counting that time as if at risk flatters the predictor (immortal time bias). The landmark starts follow-up when the predictors are known.",
        bad: r#"study P
  predict at treatment_start + 1 month
endpoint os
  survival from treatment_start to death_date"#,
        good: r#"endpoint os
  survival from treatment_start + 1 month to death_date"#,
    },
    Code {
        code: "time::outcome-before-prediction",
        title: "The outcome is known before it is predicted",
        explanation: "There is nothing left to predict.",
        bad: r#"study P
  predict at treatment_start
endpoint response
  known at treatment_start"#,
        good: r#"endpoint response
  known at treatment_start + 3 months"#,
    },
];
