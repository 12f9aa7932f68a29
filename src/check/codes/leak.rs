//! Leakage: rows, outcomes or times that a value must not have seen.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "leak::cohort-from-fitted",
        title: "Who is studied depends on a fitted value",
        explanation: "A cohort chosen by a prediction has seen the outcomes that the prediction was fitted on.",
        bad: r#"cohort high from patients
  include "high risk": S > 0.5"#,
        good: r#"groups risk from S at median on train
stratify os by risk on external"#,
    },
    Code {
        code: "leak::cut-off-from-test",
        title: "A cut is taken from the rows that it is judged on",
        explanation: "A cut chosen on the test rows separates them better than any others. It is taken from the training rows.",
        bad: "groups risk from S at median on external",
        good: "groups risk from S at median on train",
    },
    Code {
        code: "leak::endpoint-from-fitted",
        title: "An endpoint is made of a prediction",
        explanation: "What is predicted is observed; a prediction in its place makes every later estimate circular.",
        bad: r#"endpoint predicted
  binary R"#,
        good: r#"endpoint response
  binary mrecist in ("CR", "PR")"#,
    },
    Code {
        code: "leak::fitted-on-test",
        title: "A value was fitted on rows that are to judge it",
        explanation: "An estimate is honest where the rows of the fit and the rows judged are disjoint, or where predictions are out of fold. Rows that anything was fitted on (an imputation, a scale, a model, a recalibration) are no test of it.",
        bad: "evaluate R on eligible",
        good: "evaluate R on train, external",
    },
    Code {
        code: "leak::known-after-prediction",
        title: "A predictor is recorded after the prediction",
        explanation: "The study predicts at a time, and the dictionary says that this column is known later. At the bedside it would be missing.",
        bad: r#"study P
  predict at treatment_start
features f from patients
  columns crp_month_2"#,
        good: r#"study P
  predict at treatment_start + 2 months"#,
    },
    Code {
        code: "leak::outcome-as-predictor",
        title: "A column that defines another endpoint is a predictor",
        explanation: "It is an outcome of this study, and nothing says that it is known when the prediction is made. If it is, state in the dictionary when.",
        bad: r#"derive alive = death_date is missing
features others from patients
  columns alive"#,
        good: r#"features others from patients
  columns age"#,
    },
    Code {
        code: "leak::outcome-defines-predictor",
        title: "A predictor says the outcome",
        explanation: "The column, or one that it is made of, defines the endpoint's event: it predicts the outcome from itself.",
        bad: r#"features cheating from patients
  columns age, mrecist"#,
        good: r#"features clinical from patients
  columns age, albumin"#,
    },
    Code {
        code: "leak::outcome-in-population",
        title: "A population or a derived column is made from an outcome",
        explanation: "Eligibility, parts, derived columns and features are known when the prediction is made; an endpoint is not.",
        bad: r#"cohort responders from patients
  include "responders": response"#,
        good: "stratify os by profile on train",
    },
    Code {
        code: "leak::overlapping-parts",
        title: "Two parts of a split hold the same patients",
        explanation: "Parts are disjoint, by shares of the same rows or by conditions that exclude each other.",
        bad: r#"part a where centre == "SCH"
part b where centre == "SCH""#,
        good: r#"part a = 70% where centre == "SCH"
part b = 30% where centre == "SCH""#,
    },
    Code {
        code: "leak::resubstitution",
        title: "Predictions on the rows of a model's own fit serve as input",
        explanation: "A prediction on a row that the model has learned from is too good. A combiner or a second model that learns from such predictions trusts whoever fits closest. Late fusion learns from out-of-fold predictions.",
        bad: r#"features stacked from patients
  columns age, R"#,
        good: r#"model A for response
  fuse late logistic(clinical, radiomics)"#,
    },
    Code {
        code: "leak::sealed-part",
        title: "Something is fitted on a sealed part",
        explanation: "A sealed part is looked at, and every look is counted; nothing is fitted on it.",
        bad: "model A for response on external",
        good: "model A for response on train",
    },
    Code {
        code: "leak::selection-before-split",
        title: "Features are selected on rows that are to judge them",
        explanation: "A selection by the outcome on all rows has seen the outcomes of the test rows. Steps of `prepare` are fitted on the training rows, and again inside every fold.",
        bad: r#"features chosen from patients
  columns age, albumin
  keep where univariate(p = 0.05)"#,
        good: r#"model A for response
  prepare clinical by univariate(p = 0.05)"#,
    },
    Code {
        code: "leak::tuning-on-external",
        title: "Choosing or tuning uses up rows that are to judge",
        explanation: "Whoever tunes on a part has fitted on it. Tuning happens in folds inside the training rows.",
        bad: "tune by AUC over 5 folds on external",
        good: "tune by AUC over 5 folds",
    },
];
