//! Dictionaries.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "dictionary::line",
        title: "A line of the dictionary is at fault",
        explanation: "One row a column: `column, type, unit, role, levels, range, known at, nullable`.",
        bad: "age,nubmer",
        good: "age,number",
    },
    Code {
        code: "dictionary::unreadable",
        title: "The dictionary cannot be read",
        explanation: "The file is not there, or not readable.",
        bad: r#"dictionary "dictionry.csv""#,
        good: r#"dictionary "dictionary.csv""#,
    },
];
