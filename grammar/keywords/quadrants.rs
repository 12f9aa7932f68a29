//! Two groupings crossed.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static QUADRANTS: Keyword = Keyword {
    word: "quadrants",
    list: List::Some(Kind::Groups),
    phrases: &[slot(Preposition::On, List::MaySome(Kind::Rows))],
    summary: "Crosses two groupings and describes the endpoints in each cell.",
    documentation: "With n, events and intervals in each.",
    example: "quadrants profile, risk on train, external",
    clauses: &[ACCEPT],
    ..PLAIN
};
