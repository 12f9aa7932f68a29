//! What is predicted.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static ENDPOINT: Keyword = Keyword {
    word: "endpoint",
    list: List::One(Kind::NewName),
    phrases: &[slot(Preposition::From, List::MayOne(Kind::Table))],
    value: List::MayOne(Kind::Value),
    expects_clauses: true,
    summary: "What is predicted: binary, survival, one of several classes or a number.",
    documentation: "Either in one line, `endpoint os = survival(months, died == 1)`, or by clauses. The columns of its definition can predict nothing.",
    example: r#"endpoint os
  survival from treatment_start to death_date
  censor at last_contact, 2025-09-28"#,
    clauses: &[
        Keyword {
            word: "binary",
            list: List::One(Kind::Condition),
            summary: "Yes or no.",
            documentation: "A condition; where it cannot be told the outcome is missing, and the row is counted.",
            example: r#"binary mrecist in ("CR", "PR")"#,
            ..PLAIN
        },
        Keyword {
            word: "survival",
            phrases: &[slot(Preposition::From, List::One(Kind::Time)), slot(Preposition::To, List::One(Kind::Time))],
            summary: "Time to an event, from dates.",
            documentation: "Follow-up runs from one date to the date of the event; whoever has none is censored as `censor` says.",
            example: "survival from treatment_start to death_date",
            ..PLAIN
        },
        Keyword {
            word: "continuous",
            list: List::One(Kind::Value),
            summary: "A number.",
            documentation: "An expression over columns.",
            example: "continuous crp_3m",
            ..PLAIN
        },
        Keyword {
            word: "nominal",
            list: List::One(Kind::Value),
            summary: "One of several classes without an order.",
            documentation: "A column of levels, such as a histological type; the classes are its levels, in the order of the dictionary or else in alphabetical order. Every class is predicted with a probability of its own. Where the value is missing the outcome is, and the row is counted.",
            example: "nominal histology",
            ..PLAIN
        },
        Keyword {
            word: "censor",
            phrases: &[slot(Preposition::At, List::Some(Kind::Time))],
            summary: "Where follow-up ends without the event.",
            documentation: "Dates or date columns; the earliest that is present ends follow-up.",
            example: "censor at last_contact, 2025-09-28",
            ..PLAIN
        },
        Keyword {
            word: "known",
            phrases: &[slot(Preposition::At, List::One(Kind::Time))],
            summary: "When the outcome is known.",
            documentation: "Predictors must be known before; without it, an outcome is known at its own date.",
            example: "known at treatment_start + 3 months",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
