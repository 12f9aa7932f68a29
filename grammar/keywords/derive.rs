//! A column computed from others.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static DERIVE: Keyword = Keyword {
    word: "derive",
    list: List::One(Kind::NewName),
    phrases: &[slot(Preposition::From, List::MayOne(Kind::Table))],
    value: List::One(Kind::Value),
    summary: "A new column, computed row by row.",
    documentation: "Units are checked and converted: `albumin as g/L`. A value that is missing makes the result missing. It fits nothing, so it can leak nothing but what its columns know, and when.",
    example: "derive albi = 0.66 * log10(bilirubin as umol/L) - 0.085 * (albumin as g/L)",
    clauses: &[ACCEPT],
    ..PLAIN
};
