//! Faults of shape: keywords that do not exist, slots that are empty or too full.

use crate::syntax::diagnostic::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "shape::unknown-keyword",
        title: "No declaration begins with this word",
        explanation: "A line at the left margin begins with the keyword of a declaration, or is an expression that is asked for.",
        bad: r#"tabel patients from "patients.csv""#,
        good: r#"table patients from "patients.csv""#,
    },
    Code {
        code: "shape::unknown-clause",
        title: "A declaration has no such clause",
        explanation: "Each declaration has its own clauses.",
        bad: r#"study PRIME
  sede 1"#,
        good: r#"study PRIME
  seed 1"#,
    },
    Code {
        code: "shape::misplaced-clause",
        title: "A clause stands in the wrong declaration",
        explanation: "The word is known, but as a clause of another declaration, or as a declaration of its own.",
        bad: r#"cohort adults from patients
  seal external"#,
        good: r#"split parts from adults
  part external where centre == "QL"
  seal external"#,
    },
    Code {
        code: "shape::repeated",
        title: "Something stands twice that may stand once",
        explanation: "Single clauses stand once; parts, masks and prepared blocks once per name; inclusions once per label; a preposition once per line.",
        bad: r#"study PRIME
  seed 1
  seed 2"#,
        good: r#"study PRIME
  seed 1"#,
    },
    Code {
        code: "shape::missing",
        title: "Something that a keyword needs is missing",
        explanation: "Each keyword has slots that must be filled: a name, a source, a value.",
        bad: "cohort adults",
        good: "cohort adults from patients",
    },
    Code {
        code: "shape::extra",
        title: "Something stands where nothing is taken",
        explanation: "A keyword takes what its slots say, and nothing else; a setting that is misspelt or misplaced is never silently ignored.",
        bad: "flow eligible over 5 folds",
        good: "flow eligible",
    },
    Code {
        code: "shape::label",
        title: "A label is missing, or out of place",
        explanation: "`include` and `exclude` have a text for the flow chart; `accept` has the code of what it accepts; other keywords have no label.",
        bad: r#"cohort adults from patients
  include age >= 18"#,
        good: r#"cohort adults from patients
  include "adults": age >= 18"#,
    },
    Code {
        code: "shape::kind",
        title: "A slot holds a thing of the wrong kind",
        explanation: "Quotes are data, bare words are names: a file stands in double quotes, a learner does not.",
        bad: r#"model m for os
  learn "rsf""#,
        good: r#"model m for os
  learn rsf"#,
    },
    Code {
        code: "shape::choice",
        title: "A word is not one of those to choose from",
        explanation: "The slot takes one of a few words.",
        bad: r#"column age
  type numeric"#,
        good: r#"column age
  type number"#,
    },
    Code {
        code: "shape::no-keyword",
        title: "A line begins without a keyword",
        explanation: "A line that gives a value says what it defines; a clause begins with its keyword.",
        bad: "bmi = weight / height ^ 2",
        good: "derive bmi = weight / height ^ 2",
    },
];
