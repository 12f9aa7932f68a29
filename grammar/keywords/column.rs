//! A dictionary entry in the study.

use super::{Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static COLUMN: Keyword = Keyword {
    word: "column",
    list: List::Some(Kind::Column),
    phrases: &[slot(Preposition::From, List::MayOne(Kind::Table))],
    expects_clauses: true,
    summary: "Says what columns of a table are, as a dictionary would.",
    documentation: "For a plain CSV without a dictionary file. Several columns that share their entries may stand in one line. Where both speak, the study holds over the file.",
    example: r#"column albumin from patients
  type number
  unit g/L
  range 10 .. 60
  role predictor
  known at treatment_start"#,
    clauses: &[
        Keyword {
            word: "type",
            list: List::One(Kind::Choice(&["number", "text", "date", "flag"])),
            summary: "The type of its values.",
            documentation: "`number`, `text`, `date` or `flag`.",
            example: "type number",
            ..PLAIN
        },
        Keyword {
            word: "unit",
            list: List::One(Kind::Unit),
            summary: "Its unit.",
            documentation: "As in the field: `g/L`, `umol/L`, `10^9/L`, `mm`. `albumin as g/dL` then converts.",
            example: "unit g/L",
            ..PLAIN
        },
        Keyword {
            word: "levels",
            list: List::Some(Kind::Value),
            summary: "The values that it may take.",
            documentation: "Texts in double quotes or numbers; the first is the reference. Anything else in the data is told.",
            example: r#"levels "A", "B", "C""#,
            ..PLAIN
        },
        Keyword {
            word: "range",
            list: List::One(Kind::Value),
            summary: "The range of its values, both ends included.",
            documentation: "Values outside are told when the data is read.",
            example: "range 10 .. 60",
            ..PLAIN
        },
        Keyword {
            word: "known",
            phrases: &[slot(Preposition::At, List::One(Kind::Time))],
            summary: "When it is known.",
            documentation: "A date column, with a duration if need be, or `baseline`. It is held against `predict at`.",
            example: "known at treatment_start",
            ..PLAIN
        },
        Keyword {
            word: "role",
            list: List::One(Kind::Word),
            summary: "What part it plays.",
            documentation: r#"`predictor`, `outcome`, `key`, `date`, `therapy` or any other word; `columns where role == "predictor"` picks by it."#,
            example: "role predictor",
            ..PLAIN
        },
        Keyword {
            word: "missing",
            list: List::One(Kind::Choice(&["never", "possible"])),
            summary: "Whether it may be missing.",
            documentation: "`never` is held against the data; `possible` asks for a policy wherever the column is learnt from.",
            example: "missing never",
            ..PLAIN
        },
    ],
    ..PLAIN
};
