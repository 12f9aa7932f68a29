//! Reasons that answer no fault.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "accept::not-acceptable",
        title: "A fault that no reason can answer",
        explanation: "Leaks, times, missing values, vacuous steps and ranges may be accepted with a reason; what does not exist or does not fit must be put right.",
        bad: r#"accept name::unknown: "...""#,
        good: "# spell the name rightly",
    },
    Code {
        code: "accept::unused",
        title: "A reason that answers nothing",
        explanation: "Nothing in this declaration is at fault with the code; the reason would be printed for nothing.",
        bad: r#"accept leak::fitted-on-test: "old reason""#,
        good: "# take the line out",
    },
];
