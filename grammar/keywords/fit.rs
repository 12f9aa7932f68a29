//! Inference.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static FIT: Keyword = Keyword {
    word: "fit",
    list: List::Some(Kind::Inference),
    phrases: &[slot(Preposition::On, List::MayOne(Kind::Rows)), slot(Preposition::By, List::MayOne(Kind::Value))],
    summary: "Fits a procedure of inference to rows.",
    documentation: "The same as the procedure typed alone: `cox(os ~ age)`; `on` says which rows.",
    example: "fit cox(os ~ age + strata(centre)) on eligible",
    clauses: &[ACCEPT],
    ..PLAIN
};
