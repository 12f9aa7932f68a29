//! Settings of cards.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "setting::file",
        title: "A parameter file cannot be taken",
        explanation: "It is read as PyRadiomics reads it; a setting that is misspelt or not offered is told, and the study does not repeat what the file says.",
        bad: r#"settings "params.yaml"
resample to 1 mm"#,
        good: r#"settings "params.yaml""#,
    },
    Code {
        code: "setting::grid",
        title: "Several values where one is taken",
        explanation: "Only settings of a learner are tuned, and a range of real numbers says its step.",
        bad: "prepare clinical by univariate(p in (0.01, 0.05))",
        good: "learn rsf(trees in (100, 500))",
    },
    Code {
        code: "setting::out-of-domain",
        title: "A setting outside its domain",
        explanation: "The card says which values are lawful.",
        bad: "elastic_net(l1_ratio = 1.5)",
        good: "elastic_net(l1_ratio = 0.5)",
    },
    Code {
        code: "setting::positional",
        title: "A setting without its name",
        explanation: "Positional arguments are data, named arguments are settings.",
        bad: "univariate(0.05)",
        good: "univariate(p = 0.05)",
    },
    Code {
        code: "setting::required",
        title: "A setting is missing",
        explanation: "It has no default.",
        bad: "LoG()",
        good: "LoG(sigma = 4 mm)",
    },
    Code {
        code: "setting::twice",
        title: "A setting is given twice",
        explanation: "One of them would be ignored.",
        bad: "rsf(trees = 100, trees = 500)",
        good: "rsf(trees = 500)",
    },
    Code {
        code: "setting::unknown",
        title: "A setting does not exist",
        explanation: "Settings are those of the card: `?rsf` lists them. A misspelt setting is never ignored.",
        bad: "elastic_net(l1_ration = 0.5)",
        good: "elastic_net(l1_ratio = 0.5)",
    },
    Code {
        code: "setting::unread",
        title: "A setting that another one makes void",
        explanation: "Where lambda is given it is not cross-validated, so that folds and rule have no effect; a linear kernel has no width. A setting that nothing reads is never ignored in silence.",
        bad: "elastic_net(lambda = 0.1, folds = 5)",
        good: "elastic_net(folds = 5)",
    },
    Code {
        code: "setting::value",
        title: "Something is no value of a setting",
        explanation: "Numbers, shares, quantities, words, texts and sets of them are.",
        bad: "rsf(trees = x + 1)",
        good: "rsf(trees = 500)",
    },
];
