//! Missing values without a policy.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "missing::censoring",
        title: "Those without the event have no end of follow-up",
        explanation: "Survival from dates needs the dates at which follow-up ends.",
        bad: "survival from treatment_start to death_date",
        good: r#"survival from treatment_start to death_date
  censor at last_contact"#,
    },
    Code {
        code: "missing::compared",
        title: "A value is compared with `missing`",
        explanation: "A comparison with a missing value is missing, never true.",
        bad: "albumin == missing",
        good: "albumin is missing",
    },
    Code {
        code: "missing::no-policy",
        title: "Missing values reach a learner without a policy",
        explanation: "Complete cases, an imputation fitted inside the folds, and learners that take missing values are policies; silence is none.",
        bad: "prepare clinical by z-score",
        good: "prepare clinical by median then z-score",
    },
];
