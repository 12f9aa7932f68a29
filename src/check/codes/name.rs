//! Names that are not there, or twice.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "name::declared-twice",
        title: "A name is declared twice",
        explanation: "Each name stands for one thing in the study.",
        bad: r#"cohort a from patients
cohort a from patients"#,
        good: r#"cohort a from patients
cohort b from patients"#,
    },
    Code {
        code: "name::listed-twice",
        title: "The same thing is listed twice",
        explanation: "It is taken once.",
        bad: "columns age, age",
        good: "columns age",
    },
    Code {
        code: "name::no-table",
        title: "There is no table",
        explanation: "Columns come from a table.",
        bad: "derive x = age * 2",
        good: r#"table patients from "patients.csv"
derive x = age * 2"#,
    },
    Code {
        code: "name::other-table",
        title: "A derived column of another table",
        explanation: "A derived column belongs to the table that it was derived from.",
        bad: r#"derive x from a = y + 1
cohort c from b
  include "x": x > 1"#,
        good: r#"cohort c from a
  include "x": x > 1"#,
    },
    Code {
        code: "name::unknown",
        title: "A name is not declared",
        explanation: "Names are introduced after a keyword, and then used.",
        bad: "evaluate R on extern",
        good: "evaluate R on external",
    },
    Code {
        code: "name::unknown-choice",
        title: "There is no such rule of choice",
        explanation: "After the metric stands nothing, or `one-standard-error`: the simplest of the settings within one standard error of the best.",
        bad: "tune by AUC, simplest over 5 folds",
        good: "tune by AUC, one-standard-error over 5 folds",
    },
    Code {
        code: "name::unknown-class",
        title: "A class of features that does not exist",
        explanation: "Classes have the names of PyRadiomics.",
        bad: "classes texture",
        good: "classes glcm, glrlm",
    },
    Code {
        code: "name::unknown-code",
        title: "There is no such code of a fault",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: r#"accept leak::fitted-on-tst: "a slip""#,
        good: r#"accept leak::fitted-on-test: "the reason""#,
    },
    Code {
        code: "name::unknown-column",
        title: "A table has no such column",
        explanation: "The dictionary, or the data as read, does not have it. Any column of unusual spelling stands in backticks; a minus sign wants blanks.",
        bad: "derive x = albumn * 2",
        good: "derive x = albumin * 2",
    },
    Code {
        code: "name::unknown-cut",
        title: "There is no such cut",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "groups g from S at meridian",
        good: "groups g from S at median",
    },
    Code {
        code: "name::unknown-description",
        title: "There is no such description",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "show tabel",
        good: "show table",
    },
    Code {
        code: "name::unknown-filter",
        title: "There is no such image filter",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "filter orignal",
        good: "filter original",
    },
    Code {
        code: "name::unknown-function",
        title: "There is no such function of a row",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "lgo10(x)",
        good: "log10(x)",
    },
    Code {
        code: "name::unknown-learner",
        title: "There is no such learner",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "learn coxx",
        good: "learn cox",
    },
    Code {
        code: "name::unknown-method",
        title: "There is no such method",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "correlate R, S by speerman",
        good: "correlate R, S by spearman",
    },
    Code {
        code: "name::unknown-metric",
        title: "There is no such metric or figure",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "show C-indx",
        good: "show C-index",
    },
    Code {
        code: "name::unknown-part",
        title: "There is no such part of a model",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "evaluate R.clincal",
        good: "evaluate R.clinical",
    },
    Code {
        code: "name::unknown-perturbation",
        title: "A perturbation that does not exist",
        explanation: "Masks are rotated, translated, dilated, eroded, or their contours moved at random.",
        bad: "keep where ICC(2, 1) > 0.75 over rotations",
        good: "keep where ICC(2, 1) > 0.75 over rotation",
    },
    Code {
        code: "name::unknown-phase",
        title: "There is no such phase of the images",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "ct.arteriel is present",
        good: "ct.arterial is present",
    },
    Code {
        code: "name::unknown-procedure",
        title: "There is no such procedure of inference",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "coxx(os ~ age)",
        good: "cox(os ~ age)",
    },
    Code {
        code: "name::unknown-reader",
        title: "There is no such reader of the images",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "keep where ICC(2, 1) > 0.75 between reader_1, reader_9",
        good: "keep where ICC(2, 1) > 0.75 between reader_1, reader_2",
    },
    Code {
        code: "name::unknown-rule",
        title: "There is no such rule of fusion",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "fuse late bmaa(a, b)",
        good: "fuse late bma(a, b)",
    },
    Code {
        code: "name::unknown-step",
        title: "There is no such step of a preparation",
        explanation: "The word is not known; the hint has the nearest spelling, or what there is.",
        bad: "prepare clinical by medain",
        good: "prepare clinical by median",
    },
    Code {
        code: "name::which-rows",
        title: "It is not said which rows are meant",
        explanation: "The study has several cohorts or splits.",
        bad: "split s",
        good: "split s from eligible",
    },
    Code {
        code: "name::which-table",
        title: "It is not said which table is meant",
        explanation: "The study has several tables, and the columns do not tell.",
        bad: "derive x = age * 2",
        good: "derive x from patients = age * 2",
    },
];
