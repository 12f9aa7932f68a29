//! Groups apart.

use super::{ACCEPT, Count, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static STRATIFY: Keyword = Keyword {
    word: "stratify",
    list: List::One(Kind::Endpoint),
    phrases: &[slot(Preposition::By, List::One(Kind::Groups)), slot(Preposition::On, List::MaySome(Kind::Rows))],
    summary: "Compares an endpoint between groups.",
    documentation: "Curves, log-rank test and hazard ratio on each part; within subgroups, and adjusted, where clauses say so.",
    example: r#"stratify os by risk on train, external
  within therapy, age >= 60
  adjust for stage"#,
    clauses: &[
        Keyword {
            word: "within",
            count: Count::Repeated,
            list: List::Some(Kind::Value),
            summary: "Subgroups in which the comparison is repeated.",
            documentation: "Columns or conditions, with tests of interaction.",
            example: "within therapy, age >= 60",
            ..PLAIN
        },
        Keyword {
            word: "adjust",
            count: Count::Repeated,
            phrases: &[slot(Preposition::For, List::Some(Kind::Value))],
            summary: "Covariates of the adjusted hazard ratio.",
            documentation: "A covariate known after the prediction wants `accept`.",
            example: "adjust for subsequent_therapy",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
