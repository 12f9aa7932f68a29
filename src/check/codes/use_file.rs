//! Files of shared declarations.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[Code {
    code: "use::unreadable",
    title: "A file of shared declarations cannot be read",
    explanation: "It is not there, not readable, or not text in UTF-8.",
    bad: r#"use "sharde.study""#,
    good: r#"use "shared.study""#,
}];
