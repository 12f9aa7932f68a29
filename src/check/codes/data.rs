//! What could not be proved without a dictionary.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[Code {
    code: "data::no-dictionary",
    title: "A table has no dictionary",
    explanation: "What a dictionary would prove before data is read is proved when it is read; when a column is known is not proved at all.",
    bad: r#"table trial from "trial.csv""#,
    good: r#"table trial from "trial.csv"
  dictionary "dictionary.csv""#,
}];
