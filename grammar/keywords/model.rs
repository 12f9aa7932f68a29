//! How features become a prediction.

use super::{ACCEPT, Count, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static MODEL: Keyword = Keyword {
    word: "model",
    list: List::One(Kind::NewName),
    phrases: &[
        slot(Preposition::For, List::MayOne(Kind::Endpoint)),
        slot(Preposition::Like, List::MayOne(Kind::Model)),
        slot(Preposition::On, List::MayOne(Kind::Rows)),
        slot(Preposition::Over, List::MaySome(Kind::Resampling)),
    ],
    expects_clauses: true,
    summary: "A model of an endpoint: preparation, learners, choice and fusion.",
    documentation: "Every step of it is fitted on training rows, and again inside every fold. `like` takes over the clauses of another model, of which those written here replace the ones they name.",
    example: r#"model PRIME_S for os
  prepare clinical by missing(max = 30%) then median then z-score
  learn rsf, gbsa
  choose by C-index over 5 folds
  tune by C-index over 5 folds
  fuse late bma(clinical, radiomics)"#,
    clauses: &[
        Keyword {
            word: "prepare",
            count: Count::Named,
            list: List::One(Kind::Block),
            phrases: &[slot(Preposition::By, List::One(Kind::Pipeline))],
            summary: "The fitted steps of one block, in order.",
            documentation: "`then` joins the steps. The steps are fitted where the model is.",
            example: "prepare clinical by missing(max = 30%) then median then z-score",
            ..PLAIN
        },
        Keyword {
            word: "learn",
            list: List::Some(Kind::Learner),
            summary: "The learners that are tried.",
            documentation: "More than one wants `choose`, which compares them before the winner is tuned, or `tune` alone, which tunes them all and takes the best. It learns from every block that stands for a model in `fuse`; where each part of the fusion names its own learner it is refused, as nothing would read it.",
            example: "learn rsf, gbsa(trees in (100, 500))",
            ..PLAIN
        },
        Keyword {
            word: "choose",
            phrases: &[
                slot(Preposition::By, List::Some(Kind::Metric)),
                slot(Preposition::Over, List::Some(Kind::Resampling)),
            ],
            summary: "How one of the learners is chosen.",
            documentation: "By a metric on out-of-fold predictions within the training rows; every learner is judged on the same folds. `by AUC, one-standard-error` takes the first of those within one standard error of the best. With `tune` the learners are compared at the first values of their grids and the winner is tuned; without it every point of every grid is judged, so that all of them are tuned.",
            example: "choose by AUC over 5 folds",
            ..PLAIN
        },
        Keyword {
            word: "tune",
            phrases: &[
                slot(Preposition::By, List::Some(Kind::Metric)),
                slot(Preposition::Over, List::Some(Kind::Resampling)),
            ],
            summary: "How settings are chosen from their grids.",
            documentation: "By a metric on folds of the training rows: the settings of the learner that `choose` took, or without `choose` those of all learners together; every point of every grid is judged on the same folds. `by AUC, one-standard-error` takes the simplest of those within one standard error of the best; `over 5 folds, 20 draws` draws so many points of the grid at random.",
            example: "tune by AUC over 5 folds",
            ..PLAIN
        },
        Keyword {
            word: "fuse",
            list: List::One(Kind::Fusion),
            summary: "How blocks become one prediction.",
            documentation: "A model expression: `rsf(clinical)`, `early rsf(clinical, arterial)`, `late bma(clinical, radiomics)`. `early(clinical, arterial)` leaves the learner to `learn` and `choose`. A combiner learns from out-of-fold predictions.",
            example: "fuse late logistic(clinical, radiomics)",
            ..PLAIN
        },
        Keyword {
            word: "predict",
            phrases: &[slot(Preposition::At, List::One(Kind::Time))],
            summary: "The time at which this model predicts.",
            documentation: "In place of the study's.",
            example: "predict at treatment_start + 1 month",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
