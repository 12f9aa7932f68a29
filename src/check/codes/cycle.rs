//! Circles.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "cycle::definition",
        title: "A definition goes in a circle",
        explanation: "Something is defined through itself.",
        bad: r#"derive a = b + 1
derive b = a + 1"#,
        good: r#"derive b = c + 1
derive a = b + 1"#,
    },
    Code {
        code: "cycle::use",
        title: "A file uses itself",
        explanation: "Files of shared declarations do not use each other in a circle.",
        bad: r#"use "self.study""#,
        good: r#"use "shared.study""#,
    },
];
