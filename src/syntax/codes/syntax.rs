//! Faults of syntax: what cannot be read.

use crate::syntax::diagnostic::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "syntax::unclosed-bracket",
        title: "A bracket is not closed",
        explanation: "A bracket runs on over lines that are indented deeper than the one that opened it, and no further: the left margin always begins a new declaration, and an indented line of the same depth the next clause, so that one forgotten bracket never hides what follows.",
        bad: r#"cohort adults from patients
  include "adults": (age >= 18 and age < 80"#,
        good: r#"cohort adults from patients
  include "adults": (age >= 18 and age < 80)"#,
    },
    Code {
        code: "syntax::unopened-bracket",
        title: "A bracket closes nothing",
        explanation: "A closing bracket stands in a line in which none is open.",
        bad: r#"cohort adults from patients
  include "adults": age >= 18)"#,
        good: r#"cohort adults from patients
  include "adults": age >= 18"#,
    },
    Code {
        code: "syntax::unclosed-text",
        title: "A text is not closed",
        explanation: r#"A text stands between double quotes, on one line. Inside, `\"` is a quote and `\\` a backslash."#,
        bad: r#"table patients from "patients.csv"#,
        good: r#"table patients from "patients.csv""#,
    },
    Code {
        code: "syntax::unclosed-name",
        title: "A column name in backticks is not closed",
        explanation: "A column of any spelling stands between backticks, on one line.",
        bad: r#"derive response = `1_mRECIST_FU == "CR""#,
        good: r#"derive response = `1_mRECIST_FU` == "CR""#,
    },
    Code {
        code: "syntax::too-deep",
        title: "Brackets are nested too deeply",
        explanation: "More than 64 brackets inside each other are rejected, so that no study can exhaust the machine. Nobody reads that far, either: give inner parts names of their own.",
        bad: "derive x = (((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))",
        good: r#"derive inner = 1 + y
derive x = 2 * inner"#,
    },
    Code {
        code: "syntax::too-long",
        title: "A line is too long",
        explanation: r#"A line of more than 256 thousand signs is rejected. Lists of that length belong in a dictionary, from which `columns where role == "predictor"` picks."#,
        bad: "columns a1, a2, a3, ...",
        good: r#"features block from patients
  columns where role == "predictor""#,
    },
    Code {
        code: "syntax::too-many-operators",
        title: "An expression has too many operators",
        explanation: "An expression of more than 250 operators is rejected: name its parts, or use a set.",
        bad: "derive any = a == 1 or a == 2 or a == 3 or ...",
        good: "derive any = a in 1 .. 400",
    },
    Code {
        code: "syntax::stray-clause",
        title: "An indented line stands under no declaration",
        explanation: "Declarations begin at the left margin; indented lines are their clauses.",
        bad: "  key patient",
        good: r#"table patients from "patients.csv"
  key patient"#,
    },
    Code {
        code: "syntax::indent",
        title: "A clause is indented deeper than the one above it",
        explanation: "A line indented deeper continues the line above it, so a clause must stand at the depth of its neighbours.",
        bad: r#"cohort adults from patients
  include "adults": age >= 18
      exclude "pregnant": pregnant"#,
        good: r#"cohort adults from patients
  include "adults": age >= 18
  exclude "pregnant": pregnant"#,
    },
    Code {
        code: "syntax::incomplete",
        title: "A line ends where a value is expected",
        explanation: "After an operator, a comma or a preposition a value follows. A line runs on where the next one is indented deeper.",
        bad: "derive bmi = weight /",
        good: "derive bmi = weight / height ^ 2",
    },
    Code {
        code: "syntax::missing-value",
        title: "A value is missing between two signs",
        explanation: "Two operators, or an operator and a comma or a bracket, stand together with no value between them.",
        bad: "derive x = a + * b",
        good: "derive x = a + b",
    },
    Code {
        code: "syntax::side-by-side",
        title: "Two things stand side by side with nothing between them",
        explanation: "A comma is *and*, `then` is a sequence, operators compute. Only `early`, `late`, `leave-out` and `apparent` stand directly before what they qualify.",
        bad: "correlate age bmi",
        good: "correlate age, bmi",
    },
    Code {
        code: "syntax::misplaced",
        title: "A sign or a word cannot stand here",
        explanation: "Each sign has one meaning: a comma is *and*, a colon stands behind a label, a preposition before what it speaks of.",
        bad: "derive x = a, b",
        good: "derive x = a + b",
    },
    Code {
        code: "syntax::sign",
        title: "A sign is not part of the language",
        explanation: "There are no braces, brackets other than round ones, semicolons or single quotes; `and`, `or` and `not` are words; `!=`, `<=` and `>=` are written with two signs, and quotes and minus are the plain ones, which word processors like to replace.",
        bad: r#"cohort adults from patients
  include "women": age > 18 && sex == "F""#,
        good: r#"cohort adults from patients
  include "women": age > 18 and sex == "F""#,
    },
    Code {
        code: "syntax::equals",
        title: "`=` stands where a comparison is meant",
        explanation: "`=` gives a name its value; `==` compares.",
        bad: "describe trial by (arm = 1)",
        good: "describe trial by (arm == 1)",
    },
    Code {
        code: "syntax::chained-comparison",
        title: "Comparisons do not chain",
        explanation: "`18 < age < 80` would compare the truth of `18 < age` with 80. A range, both ends included, or two comparisons say what is meant.",
        bad: r#"cohort adults from patients
  include "adults": 18 < age < 80"#,
        good: r#"cohort adults from patients
  include "adults": age > 18 and age < 80"#,
    },
    Code {
        code: "syntax::range",
        title: "A range is not written as one",
        explanation: "A range has a low end and a high end, both included, and may have a step: `100 .. 500 step 100`.",
        bad: r#"model m for os
  learn rsf(trees in 1 .. 2 .. 3)"#,
        good: r#"model m for os
  learn rsf(trees in 100 .. 500 step 100)"#,
    },
    Code {
        code: "syntax::formula",
        title: "A formula has more than one `~`",
        explanation: "The endpoint stands left of one `~`, the terms right of it.",
        bad: "cox(os ~ age ~ sex)",
        good: "cox(os ~ age + sex)",
    },
    Code {
        code: "syntax::number",
        title: "A number cannot be read",
        explanation: "Numbers have a point for decimals and a digit before it, may have an exponent (`1e-4`), and must be small enough to be held.",
        bad: "derive half = age * .5",
        good: "derive half = age * 0.5",
    },
    Code {
        code: "syntax::date",
        title: "A date does not exist",
        explanation: "Dates are written year-month-day, and must be in the calendar.",
        bad: r#"cohort adults from patients
  include "recent": visit > 2021-02-30"#,
        good: r#"cohort adults from patients
  include "recent": visit > 2021-02-28"#,
    },
    Code {
        code: "syntax::no-value",
        title: "A setting is not one value",
        explanation: "What `--set NAME=VALUE` gives is read as the study would read it: a number, a quantity, a text in double quotes, a word.",
        bad: "--set icc=0.7,0.8",
        good: "--set icc=0.75",
    },
];
