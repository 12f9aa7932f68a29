//! Parts for learning and for testing.

use super::{ACCEPT, Count, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static SPLIT: Keyword = Keyword {
    word: "split",
    list: List::One(Kind::NewName),
    phrases: &[slot(Preposition::From, List::One(Kind::Cohort))],
    expects_clauses: true,
    summary: "Divides a cohort into parts.",
    documentation: "Shares are of the rows that fulfil `where`. Patients are never divided; the division is seeded.",
    example: r#"split centres from eligible
  part train = 70% where centre == "SCH"
  part internal = 30% where centre == "SCH"
  part external where centre == "QL"
  balance response
  seal external"#,
    clauses: &[
        Keyword {
            word: "part",
            count: Count::Named,
            list: List::One(Kind::NewName),
            phrases: &[slot(Preposition::Where, List::MayOne(Kind::Condition))],
            value: List::MayOne(Kind::Value),
            summary: "One part: its share and its condition.",
            documentation: "Without a share it takes every row of its condition.",
            example: r#"part train = 70% where centre == "SCH""#,
            ..PLAIN
        },
        Keyword {
            word: "balance",
            list: List::Some(Kind::Column),
            summary: "Holds shares equal between the parts.",
            documentation: "An endpoint or columns, by whose levels the division is stratified.",
            example: "balance response",
            ..PLAIN
        },
        Keyword {
            word: "seal",
            list: List::Some(Kind::Rows),
            summary: "Counts every look at the outcomes of these parts.",
            documentation: "Descriptions without outcome are no looks.",
            example: "seal external",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
