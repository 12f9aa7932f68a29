//! Correlations.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static CORRELATE: Keyword = Keyword {
    word: "correlate",
    list: List::Some(Kind::Asked),
    phrases: &[slot(Preposition::By, List::MayOne(Kind::Word)), slot(Preposition::On, List::MayOne(Kind::Rows))],
    summary: "Correlates predictions or columns, pair by pair.",
    documentation: "`spearman` unless `by` says otherwise; with intervals and n.",
    example: "correlate PRIME_R, PRIME_S by spearman",
    clauses: &[ACCEPT],
    ..PLAIN
};
