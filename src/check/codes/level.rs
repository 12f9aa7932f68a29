//! Levels of text columns.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[Code {
    code: "level::unknown",
    title: "A level does not exist",
    explanation: "The dictionary lists the levels of the column, and this is none of them. Without a dictionary the levels are those that the data holds; another may still exist, and is a warning.",
    bad: r#"child_pugh in ("A", "D")"#,
    good: r#"child_pugh in ("A", "B")"#,
}];
