//! Who is studied.

use super::{ACCEPT, Count, Keyword, Kind, Labels, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static COHORT: Keyword = Keyword {
    word: "cohort",
    list: List::One(Kind::NewName),
    phrases: &[slot(Preposition::From, List::One(Kind::Table))],
    expects_clauses: true,
    summary: "The patients of a table or cohort who fulfil conditions.",
    documentation: "The conditions are applied in order, and the flow chart counts who leaves at each.",
    example: r#"cohort eligible from patients
  include "Child-Pugh A or B": child_pugh in ("A", "B")
  exclude "fewer than two cycles": cycles < 2"#,
    clauses: &[
        Keyword {
            word: "include",
            count: Count::Labelled,
            label: Labels::Text,
            list: List::One(Kind::Condition),
            summary: "Keeps those who fulfil a condition.",
            documentation: "A condition over columns, which may speak of `missing` and `present` itself. Where it cannot be told because a value is missing, the row leaves and is counted apart.",
            example: r#"include "ECOG 0-1": ecog <= 1"#,
            ..PLAIN
        },
        Keyword {
            word: "exclude",
            count: Count::Labelled,
            label: Labels::Text,
            list: List::One(Kind::Condition),
            summary: "Removes those who fulfil a condition.",
            documentation: "A condition over columns, which may speak of `missing` and `present` itself. Where it cannot be told because a value is missing, the row stays: nobody is excluded on what is not known.",
            example: r#"exclude "infiltrative HCC": infiltrative"#,
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
