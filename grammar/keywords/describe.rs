//! Table 1.

use super::{ACCEPT, Count, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static DESCRIBE: Keyword = Keyword {
    word: "describe",
    list: List::One(Kind::Rows),
    phrases: &[slot(Preposition::By, List::MayOne(Kind::Value))],
    summary: "Describes rows: Table 1, outcomes, follow-up.",
    documentation: "By groups with tests and standardised differences. Descriptions without outcome are no looks at a sealed part.",
    example: r#"describe eligible by centre
  show table, follow_up"#,
    clauses: &[
        Keyword {
            word: "show",
            count: Count::Repeated,
            list: List::Some(Kind::Word),
            summary: "What is shown.",
            documentation: "`table`, `response_rates`, `follow_up`, `median_survival`, `missing`.",
            example: "show table, follow_up",
            ..PLAIN
        },
        Keyword {
            word: "columns",
            count: Count::Repeated,
            list: List::Some(Kind::Value),
            summary: "Columns that are described.",
            documentation: "All but keys and dates, unless it is given.",
            example: "columns age, sex, stage",
            ..PLAIN
        },
        Keyword {
            word: "mean",
            count: Count::Repeated,
            list: List::Some(Kind::Value),
            summary: "Columns told as mean and SD whatever their distribution.",
            documentation: "Without it, mean and SD where the Shapiro-Wilk test does not reject normality, else median and quartiles.",
            example: "mean age",
            ..PLAIN
        },
        Keyword {
            word: "median",
            count: Count::Repeated,
            list: List::Some(Kind::Value),
            summary: "Columns told as median and quartiles whatever their distribution.",
            documentation: "See `mean`.",
            example: "median albumin",
            ..PLAIN
        },
        Keyword {
            word: "levels",
            count: Count::Repeated,
            list: List::Some(Kind::Value),
            summary: "Columns of numbers told as levels: a stage, a grade.",
            documentation: "Counts and percentages, compared by the chi-square or Fisher's exact test.",
            example: "levels stage",
            ..PLAIN
        },
        Keyword {
            word: "adjust",
            phrases: &[slot(Preposition::By, List::One(Kind::Word))],
            summary: "Adjusts the P of the table for their number.",
            documentation: "`holm`, `bonferroni`, `hochberg`, `BH` or `BY`, over the rows of the table.",
            example: "adjust by BH",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
