//! A look at anything.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static SHOW: Keyword = Keyword {
    word: "show",
    list: List::Some(Kind::Asked),
    phrases: &[slot(Preposition::By, List::MayOne(Kind::Value)), slot(Preposition::On, List::MayOne(Kind::Rows))],
    summary: "Shows what a name stands for.",
    documentation: "A table, a column, a cohort, a model: a summary with n and missing counts.",
    example: "show albi by centre",
    clauses: &[ACCEPT],
    ..PLAIN
};
