//! What a model learns from.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static EXPLAIN: Keyword = Keyword {
    word: "explain",
    list: List::Some(Kind::Model),
    phrases: &[
        slot(Preposition::By, List::MayOne(Kind::Word)),
        slot(Preposition::Over, List::MayOne(Kind::Resampling)),
        slot(Preposition::On, List::MayOne(Kind::Rows)),
    ],
    summary: "Attributes predictions to features.",
    documentation: "`SHAP` unless `by` says otherwise; out of fold where `over` gives folds.",
    example: "explain PRIME_R by SHAP over 5 folds",
    clauses: &[ACCEPT],
    ..PLAIN
};
