//! Steps and conditions that do nothing.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "vacuous::agreement",
        title: "An agreement that decides nothing",
        explanation: "An ICC lies below 1.",
        bad: "keep where ICC(2, 1) > 1 between a, b",
        good: "keep where ICC(2, 1) > 0.75 between a, b",
    },
    Code {
        code: "vacuous::condition",
        title: "A condition that every row, or no row, fulfils",
        explanation: "The dictionary's range or levels decide it already.",
        bad: "ecog <= 4",
        good: "ecog <= 1",
    },
    Code {
        code: "vacuous::grey-levels",
        title: "Bins that are wider than the data",
        explanation: "After normalising to a standard deviation of 1 nearly all intensities lie within six units: bins of width 25 leave one or two grey levels, and the texture is gone.",
        bad: r#"normalize
discretize to 25"#,
        good: r#"normalize to 100
discretize to 25"#,
    },
    Code {
        code: "vacuous::keeps-nothing",
        title: "Nothing is left",
        explanation: "The conditions exclude each other, or no column fulfils them.",
        bad: r#"include "old": age > 70
exclude "not young": age > 60"#,
        good: r#"include "old": age > 70"#,
    },
    Code {
        code: "vacuous::nothing-missing",
        title: "A step for missing values where nothing is missing any more",
        explanation: "The step before has filled the values in or left the rows out.",
        bad: "median then missing(max = 30%)",
        good: "missing(max = 30%) then median",
    },
    Code {
        code: "vacuous::search",
        title: "A search with nothing to search",
        explanation: "`choose` compares learners and `tune` compares values of settings. With one learner there is nothing to choose, and where no setting has several values, in the study or in the learner's own grid, there is nothing to tune.",
        bad: r#"learn logistic
choose by AUC over 5 folds"#,
        good: r#"learn logistic, random_forest
choose by AUC over 5 folds"#,
    },
    Code {
        code: "vacuous::step",
        title: "A step that changes nothing",
        explanation: "Standardising what is standardised, or a bound that nothing exceeds.",
        bad: "z-score then z-score",
        good: "z-score",
    },
    Code {
        code: "vacuous::unused-learner",
        title: "A learner that the model does not use",
        explanation: "`learn` says what learns from blocks. Where every part of the fusion names its own learner, the one of `learn` and its settings would be dropped in silence, and the text would describe another model than the one that is fitted.",
        bad: r#"learn elastic_net(lambda = 0.1)
fuse elastic_net(clinical)"#,
        good: "fuse elastic_net(clinical, lambda = 0.1)",
    },
    Code {
        code: "vacuous::unused-preparation",
        title: "A preparation that the model does not use",
        explanation: "The block is prepared, and no learner learns from it.",
        bad: r#"prepare radiomics by z-score
fuse clinical"#,
        good: "fuse late logistic(clinical, radiomics)",
    },
    Code {
        code: "vacuous::variance-after-z-score",
        title: "A variance filter behind a standardisation",
        explanation: "After z-scores every column has variance 1: the filter keeps everything or nothing.",
        bad: "z-score then variance(min = 0.01)",
        good: "variance(min = 0.01) then z-score",
    },
];
