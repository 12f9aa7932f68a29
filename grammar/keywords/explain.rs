//! What a model learns from.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static EXPLAIN: Keyword = Keyword {
    word: "explain",
    list: List::Some(Kind::Model),
    phrases: &[
        slot(Preposition::By, List::MayOne(Kind::Word)),
        slot(Preposition::Over, List::MaySome(Kind::Resampling)),
        slot(Preposition::On, List::MayOne(Kind::Rows)),
        slot(Preposition::At, List::MayOne(Kind::Time)),
    ],
    summary: "Attributes predictions to features.",
    documentation: "`by SHAP`, unless it says `permutation` or `partial_dependence`, with settings such as \
        `SHAP(background = 200)`. Rows of the fit are explained by models fitted without them (`over 5 folds`), others \
        by the frozen model. `at 24 months` explains the probability of the event by then rather than the risk score.",
    example: "explain PRIME_R by SHAP over 5 folds",
    clauses: &[ACCEPT],
    ..PLAIN
};
