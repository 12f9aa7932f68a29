//! What the study is: its name, its time of prediction, its seed.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static STUDY: Keyword = Keyword {
    word: "study",
    list: List::One(Kind::NewName),
    expects_clauses: true,
    summary: "Names the study and says what holds for the whole of it.",
    documentation: "One per file. The lines `##` before it are the title of the report.",
    example: r#"study PRIME
  predict at treatment_start + 1 month
  report TRIPOD-AI
  seed 20260620"#,
    clauses: &[
        Keyword {
            word: "predict",
            phrases: &[slot(Preposition::At, List::One(Kind::Time))],
            summary: "The time at which a prediction is made.",
            documentation: "A date column, with a duration if need be. A predictor or an eligibility condition that is known later is an error, and survival that starts earlier is told as immortal time.",
            example: "predict at treatment_start + 1 month",
            ..PLAIN
        },
        Keyword {
            word: "report",
            list: List::Some(Kind::Word),
            summary: "Reporting checklists that the report fills in.",
            documentation: "Names of checklists: TRIPOD-AI, STROBE, CLEAR.",
            example: "report TRIPOD-AI, STROBE",
            ..PLAIN
        },
        Keyword {
            word: "seed",
            list: List::One(Kind::Number),
            summary: "The number from which every random stream is named.",
            documentation: "A whole number. Each random step draws from a stream named by the seed and its own place in the plan, so that a declaration added elsewhere changes no other result.",
            example: "seed 20260620",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
