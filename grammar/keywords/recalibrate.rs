//! A frozen model updated.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static RECALIBRATE: Keyword = Keyword {
    word: "recalibrate",
    list: List::One(Kind::Model),
    phrases: &[slot(Preposition::On, List::One(Kind::Rows)), slot(Preposition::By, List::MayOne(Kind::Word))],
    summary: "Updates a frozen model on other rows.",
    documentation: "`by intercept`, `by logistic` (intercept and slope) or `by refit`. A known form: the estimate is named as recalibrated.",
    example: "recalibrate PRIME_S on external by logistic",
    clauses: &[ACCEPT],
    ..PLAIN
};
