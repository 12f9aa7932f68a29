//! Inference.

use super::{ACCEPT, Count, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static FIT: Keyword = Keyword {
    word: "fit",
    list: List::Some(Kind::Inference),
    phrases: &[
        slot(Preposition::On, List::MaySome(Kind::Rows)),
        slot(Preposition::By, List::MaySome(Kind::Value)),
        slot(Preposition::Over, List::MayOne(Kind::Resampling)),
    ],
    summary: "Fits a procedure of inference to rows.",
    documentation: "The same as the procedure typed alone: `cox(os ~ age)`; `on` says which rows.",
    example: "fit cox(os ~ age + strata(centre)) on eligible",
    clauses: &[
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
            documentation: "Tables and figures of the procedure.",
            example: "show forest",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
