//! Kinds: of endpoints, values, names and shapes.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "kind::agreement",
        title: "Something is no agreement",
        explanation: "The intraclass correlation has the forms of Shrout and Fleiss.",
        bad: "keep where ICC(4, 1) > 0.75 between a, b",
        good: "keep where ICC(2, 1) > 0.75 between a, b",
    },
    Code {
        code: "kind::argument",
        title: "A function gets what it does not take",
        explanation: "Each function of a row says how many values of which kind it takes.",
        bad: r#"log10("a")"#,
        good: "log10(bilirubin)",
    },
    Code {
        code: "kind::arithmetic",
        title: "Something that is no number stands in arithmetic",
        explanation: "Only numbers, durations and flags are calculated with; two dates have a difference.",
        bad: "child_pugh + 1",
        good: "derive days = last_contact - treatment_start",
    },
    Code {
        code: "kind::column",
        title: "A column's name is wanted",
        explanation: "A block lists columns; an expression is derived first.",
        bad: "columns albumin * 2",
        good: "derive double = albumin * 2",
    },
    Code {
        code: "kind::comparison",
        title: "Values of different kinds are compared",
        explanation: "A number with a text, or a date with a number, is neither equal nor different.",
        bad: "child_pugh == 2",
        good: r#"child_pugh == "B""#,
    },
    Code {
        code: "kind::condition",
        title: "Something that is no condition stands where one is wanted",
        explanation: "A condition holds or does not: a comparison, a membership, a flag.",
        bad: r#"include "ECOG": ecog"#,
        good: r#"include "ECOG 0-1": ecog <= 1"#,
    },
    Code {
        code: "kind::contrast",
        title: "Something that expression cannot be contrasted by",
        explanation: "A contrast is between two groups, or along a number: a prediction, a grouping, a column of two levels, a condition, or a column of numbers. Levels beyond two become a condition.",
        bad: "contrast rna by stage",
        good: r#"contrast rna by stage in ("III", "IV")"#,
    },
    Code {
        code: "kind::convention",
        title: "A step that the convention does not have",
        explanation: "The convention `ibsi` is measured on the image itself with all its features, and bins of one width start at the lowest intensity that is kept.",
        bad: r#"convention ibsi
discretize to 25"#,
        good: r#"convention ibsi
resegment to -500 .. 400
discretize to 25"#,
    },
    Code {
        code: "kind::correlation",
        title: "A correlation of fewer than two values",
        explanation: "Name what is correlated with what.",
        bad: "correlate R",
        good: "correlate R, S",
    },
    Code {
        code: "kind::cut",
        title: "Something is no cut",
        explanation: "A cut is a number or a rule such as `median`.",
        bad: r#"groups risk from S at "high""#,
        good: "groups risk from S at median",
    },
    Code {
        code: "kind::date",
        title: "A date is wanted",
        explanation: "Survival from dates starts and ends at dates.",
        bad: "survival from age to death_date",
        good: "survival from treatment_start to death_date",
    },
    Code {
        code: "kind::date-feature",
        title: "A date stands among features or terms",
        explanation: "No learner reads a date; derive a number of days.",
        bad: r#"features f from patients
  columns birth_date"#,
        good: "derive age = years_between(birth_date, treatment_start)",
    },
    Code {
        code: "kind::discretisation",
        title: "Discretisation says neither bins nor width",
        explanation: "Intensities go into a number of bins or into bins of a width.",
        bad: "discretize",
        good: "discretize to 32 bins",
    },
    Code {
        code: "kind::endpoint",
        title: "An endpoint's definition is not of its kind",
        explanation: "A binary endpoint is a condition, a continuous one a number, survival a start and an event date or a duration and a condition.",
        bad: "endpoint os = survival(months)",
        good: "endpoint os = survival(months, died == 1)",
    },
    Code {
        code: "kind::endpoint-kind",
        title: "A method is for another kind of endpoint",
        explanation: "Logistic regression, AUC without a time and Youden's index are for binary endpoints; Cox regression, C-index, IBS and Kaplan-Meier for censored ones. The hint names what fits.",
        bad: r#"model A for os
  learn logistic"#,
        good: r#"model A for os
  learn cox"#,
    },
    Code {
        code: "kind::enrichment",
        title: "An enrichment names no gene sets",
        explanation: "Methods take files of gene sets.",
        bad: "enrich GSEA",
        good: r#"enrich GSEA("hallmark.gmt")"#,
    },
    Code {
        code: "kind::fitted-value",
        title: "A fitted value stands in a formula of columns",
        explanation: "Predictions are judged by `evaluate`, `stratify` and `correlate`, which take them out of fold on the rows of the fit.",
        bad: "cox(os ~ PRIME_S)",
        good: "evaluate PRIME_S on external",
    },
    Code {
        code: "kind::formula",
        title: "A formula is not of the shape that the procedure takes",
        explanation: "Inference explains an endpoint by terms joined with `+`, `*` and `:`; `strata`, `cluster`, `rcs` and `each` stand as terms.",
        bad: "cox(os)",
        good: "cox(os ~ age + strata(centre))",
    },
    Code {
        code: "kind::fusion",
        title: "A fusion is not well formed",
        explanation: "Early fusion joins blocks before learning; late fusion combines two or more models by a rule.",
        bad: "fuse bma(clinical, radiomics)",
        good: "fuse late bma(clinical, radiomics)",
    },
    Code {
        code: "kind::keep",
        title: "`keep` does not say an agreement",
        explanation: "Features are kept where readers agree: an ICC above a number between readers.",
        bad: "keep where ICC(2, 1)",
        good: "keep where ICC(2, 1) > 0.75 between reader_1, reader_2",
    },
    Code {
        code: "kind::key-feature",
        title: "The key of the table stands among the features",
        explanation: "It identifies the patient and predicts nothing.",
        bad: "columns age, patient",
        good: "columns age",
    },
    Code {
        code: "kind::label",
        title: "Something is no label of a mask",
        explanation: "A region is a label of the mask, a whole number from 1, or a segment by its name.",
        bad: "label 0",
        good: r#"label "liver""#,
    },
    Code {
        code: "kind::learner",
        title: "A learner is wanted",
        explanation: "`learn` lists learners with their settings.",
        bad: "learn 5",
        good: "learn rsf, gbsa",
    },
    Code {
        code: "kind::levels",
        title: "Levels reach a learner uncoded",
        explanation: "A learner reads numbers. How levels become numbers is a step of the preparation, fitted on training rows.",
        bad: "prepare staged by median",
        good: "prepare staged by one_hot then median",
    },
    Code {
        code: "kind::metric",
        title: "A metric is wanted",
        explanation: "Criteria are metrics by their word.",
        bad: "choose by 5 over 5 folds",
        good: "choose by AUC over 5 folds",
    },
    Code {
        code: "kind::model",
        title: "Something is no model",
        explanation: "A model is a learner over blocks, a fusion, a block that is lifted, or a model's name.",
        bad: "fuse 3",
        good: "fuse late logistic(clinical, radiomics)",
    },
    Code {
        code: "kind::nested-learner",
        title: "A learner gets another model's predictions",
        explanation: "A learner learns from features; models are fused late.",
        bad: "fuse rsf(gbsa(clinical))",
        good: "fuse late bma(rsf(clinical), gbsa(radiomics))",
    },
    Code {
        code: "kind::no-block",
        title: "A learner has no features",
        explanation: "A learner learns from a block of features.",
        bad: "fuse rsf(trees = 500)",
        good: "fuse rsf(clinical, trees = 500)",
    },
    Code {
        code: "kind::no-choice",
        title: "Several learners, and no choice among them",
        explanation: "`choose` says by which metric and over which folds one is chosen.",
        bad: "learn rsf, gbsa",
        good: r#"learn rsf, gbsa
  choose by C-index over 5 folds"#,
    },
    Code {
        code: "kind::no-columns",
        title: "A block of features takes no column",
        explanation: "A block says which columns it takes, by name or by a condition on what is known of them.",
        bad: "features f from patients",
        good: r#"features f from patients
  columns where role == "predictor""#,
    },
    Code {
        code: "kind::no-comparator",
        title: "A reclassification has no older model",
        explanation: "NRI and IDI are of one model over another: name the other one after `against`.",
        bad: r#"evaluate R on external
  show NRI"#,
        good: r#"evaluate R on external
  against R.clinical
  show NRI"#,
    },
    Code {
        code: "kind::no-criterion",
        title: "A choice names no criterion",
        explanation: "`choose` and `tune` are by a metric.",
        bad: "choose over 5 folds",
        good: "choose by AUC over 5 folds",
    },
    Code {
        code: "kind::no-endpoint",
        title: "It is not said what is predicted",
        explanation: "A model names its endpoint where the study has more than one.",
        bad: "model A",
        good: "model A for os",
    },
    Code {
        code: "kind::no-fusion",
        title: "A model has several blocks and does not say how they are fused",
        explanation: "Name the fusion.",
        bad: r#"model A for os
  prepare clinical by median
  prepare radiomics by z-score
  learn cox"#,
        good: r#"model A for os
  prepare clinical by median
  prepare radiomics by z-score
  learn cox
  fuse late bma(clinical, radiomics)"#,
    },
    Code {
        code: "kind::no-groups",
        title: "No grouping is named",
        explanation: "Stratification is by a grouping.",
        bad: "stratify os",
        good: "stratify os by risk",
    },
    Code {
        code: "kind::no-horizon",
        title: "A time-dependent metric is asked at no time",
        explanation: "AUC and Brier score of a survival endpoint belong to a time.",
        bad: r#"evaluate S on external
  show AUC"#,
        good: r#"evaluate S on external
  at 24 months
  show AUC"#,
    },
    Code {
        code: "kind::no-learner",
        title: "A block stands where a model is expected, and nothing learns from it",
        explanation: "A block is lifted through the model's `learn`.",
        bad: r#"model A for os
  fuse clinical"#,
        good: r#"model A for os
  learn cox
  fuse clinical"#,
    },
    Code {
        code: "kind::no-mask",
        title: "Radiomics without a mask",
        explanation: "Features are measured inside a mask.",
        bad: r#"images ct from "ct/{patient}""#,
        good: r#"images ct from "ct/{patient}"
  masks reader = "masks/{patient}.nrrd""#,
    },
    Code {
        code: "kind::no-model",
        title: "No model is named",
        explanation: "Groups and contrasts come from a model's predictions.",
        bad: "groups risk at median",
        good: "groups risk from S at median",
    },
    Code {
        code: "kind::no-rows",
        title: "Rows are not named",
        explanation: "Recalibration updates a model on other rows, which it names.",
        bad: "recalibrate S",
        good: "recalibrate S on internal",
    },
    Code {
        code: "kind::no-tuning",
        title: "A grid that nothing tunes",
        explanation: "`tune` says by which metric and over which folds a point of the grid is chosen.",
        bad: "learn rsf(trees in (100, 500))",
        good: r#"learn rsf(trees in (100, 500))
  tune by C-index over 5 folds"#,
    },
    Code {
        code: "kind::order",
        title: "Levels are compared as if they had an order",
        explanation: "Text has only the order of the alphabet. List the levels that are meant.",
        bad: r#"child_pugh <= "B""#,
        good: r#"child_pugh in ("A", "B")"#,
    },
    Code {
        code: "kind::other-endpoint",
        title: "A model of another endpoint stands here",
        explanation: "Comparators and parts of a fusion predict the same endpoint.",
        bad: r#"evaluate R on external
  against S"#,
        good: r#"evaluate R on external
  against R.clinical"#,
    },
    Code {
        code: "kind::parameter",
        title: "A parameter is set to another sort of value",
        explanation: "`--set` replaces a number by a number, a text by a text.",
        bad: "--set icc=high",
        good: "--set icc=0.8",
    },
    Code {
        code: "kind::parts-disagree",
        title: "Models that are fused say different things",
        explanation: "A model that is fused from others is fitted again as one: each block is prepared once, and there is one way to choose and one to tune. Where two parts differ, one of them would be dropped in silence; a clause of the fused model decides for all.",
        bad: r#"model A for response
  prepare clinical by median then z-score
  learn logistic
model B for response
  prepare clinical by mean
  learn random_forest
model C for response
  fuse late logistic(A, B)"#,
        good: r#"model C for response
  prepare clinical by median then z-score
  fuse late logistic(A, B)"#,
    },
    Code {
        code: "kind::path",
        title: "A file's name stands without quotes",
        explanation: "Quotes are data, bare words are names.",
        bad: "table patients from patients.csv",
        good: r#"table patients from "patients.csv""#,
    },
    Code {
        code: "kind::quadrants",
        title: "Quadrants of fewer than two groupings",
        explanation: "Quadrants cross two groupings.",
        bad: "quadrants risk",
        good: "quadrants profile, risk",
    },
    Code {
        code: "kind::resampling",
        title: "Something is no resampling, or not one that serves here",
        explanation: "Resampling is into folds, by bootstraps, or by leaving out each level of a column.",
        bad: "over 5 fold-ups",
        good: "over 5 folds",
    },
    Code {
        code: "kind::rows",
        title: "Rows are not named as they should be",
        explanation: "Rows are a part of a split, a cohort or a table, and here one of them.",
        bad: "model A for os on train, internal",
        good: "model A for os on train",
    },
    Code {
        code: "kind::set",
        title: "Neither a set nor a range follows `in`",
        explanation: "Membership is in a set of values or in a range, both ends included.",
        bad: "age in 18",
        good: "age in 18 .. 65",
    },
    Code {
        code: "kind::several-classes",
        title: "A model of several classes where one number is wanted",
        explanation: "A model of a nominal endpoint predicts a probability for each class. Groups, correlations, explanations and recalibration want one number of each patient; `evaluate` judges all classes together.",
        bad: r#"endpoint type
  nominal histology
model TYPE for type
  learn lasso
groups g from TYPE at median on train"#,
        good: "evaluate TYPE on train",
    },
    Code {
        code: "kind::share",
        title: "A part is no share",
        explanation: "A part is a share of the rows, such as 70%.",
        bad: r#"part train = "most""#,
        good: "part train = 70%",
    },
    Code {
        code: "kind::step",
        title: "A step of a preparation is wanted",
        explanation: "`prepare` lists steps joined by `then`.",
        bad: "prepare clinical by 5",
        good: "prepare clinical by median then z-score",
    },
    Code {
        code: "kind::time",
        title: "Something is no time",
        explanation: "A time is a date column with a span of time before or after it.",
        bad: "predict at 3",
        good: "predict at treatment_start + 3 months",
    },
    Code {
        code: "kind::value",
        title: "Something stands where a value of a row is wanted",
        explanation: "Sets, ranges, sequences and formulas are no values of a row.",
        bad: "derive x = (1, 2)",
        good: "age in (18, 19)",
    },
    Code {
        code: "kind::wrong-name",
        title: "A name stands for another kind of thing",
        explanation: "The name exists, but is no table, model, endpoint or block as wanted here.",
        bad: "flow PRIME_R",
        good: "flow eligible",
    },
];
