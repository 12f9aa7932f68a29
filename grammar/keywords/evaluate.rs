//! How well a model predicts.

use super::{ACCEPT, Count, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static EVALUATE: Keyword = Keyword {
    word: "evaluate",
    list: List::Some(Kind::Asked),
    phrases: &[
        slot(Preposition::On, List::MaySome(Kind::Rows)),
        slot(Preposition::Over, List::MaySome(Kind::Resampling)),
        slot(Preposition::Against, List::MaySome(Kind::Model)),
        slot(Preposition::At, List::MaySome(Kind::Time)),
    ],
    summary: "Judges models on rows.",
    documentation: "On the rows of the fit the out-of-fold estimate is reported, with the apparent one beside it. `over` resamples the whole fit: bootstraps for optimism, `leave-out centre` for internal-external validation.",
    example: r#"evaluate PRIME_S on train, external
  against PRIME_S.clinical, early rsf(clinical, radiomics)
  at 6, 12, 24 months
  show C-index, AUC, Brier, IBS"#,
    clauses: &[
        Keyword {
            word: "against",
            count: Count::Repeated,
            list: List::Some(Kind::Model),
            summary: "What it is compared with.",
            documentation: "Models, parts of models (`PRIME_R.clinical`), or model expressions, which inherit the clauses of the model they stand beside. Differences come with intervals.",
            example: "against PRIME_S.clinical, early rsf(clinical, radiomics)",
            ..PLAIN
        },
        Keyword {
            word: "at",
            list: List::Some(Kind::Time),
            summary: "Times at which it is asked, or thresholds.",
            documentation: "With a unit behind the last: `at 6, 12, 24 months`.",
            example: "at 6, 12, 24, 36 months",
            ..PLAIN
        },
        Keyword {
            word: "show",
            count: Count::Repeated,
            list: List::Some(Kind::Word),
            summary: "What is shown.",
            documentation: "Metrics and figures: `AUC`, `C-index`, `Brier`, `IBS`, `calibration`, `decision-curve`; of a \
                binary endpoint on request `NRI` and `IDI` against each comparator, and `Hosmer-Lemeshow`.",
            example: "show C-index, AUC, calibration",
            ..PLAIN
        },
        Keyword {
            word: "adjust",
            phrases: &[slot(Preposition::By, List::One(Kind::Word))],
            summary: "Adjusts the P of comparisons for their number.",
            documentation: "`holm`, `bonferroni`, `hochberg`, `BH` or `BY`. The comparisons of one cohort are one \
                family; P is told beside its adjusted value.",
            example: "adjust by holm",
            ..PLAIN
        },
        Keyword {
            word: "intervals",
            phrases: &[slot(Preposition::By, List::One(Kind::Word))],
            summary: "Which bootstrap interval is told where there is no analytic one.",
            documentation: "`percentile`, unless it says `BCa` (bias-corrected and accelerated).",
            example: "intervals by BCa",
            ..PLAIN
        },
        Keyword {
            word: "apparent",
            list: List::Nothing,
            summary: "Reports the estimate on the rows of the fit as such.",
            documentation: "It is always named apparent, and never stands for validation.",
            example: "apparent",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
