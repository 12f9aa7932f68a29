//! Groups by a prediction.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static GROUPS: Keyword = Keyword {
    word: "groups",
    list: List::One(Kind::NewName),
    phrases: &[
        slot(Preposition::From, List::One(Kind::Model)),
        slot(Preposition::At, List::Some(Kind::Cut)),
        slot(Preposition::On, List::MayOne(Kind::Rows)),
    ],
    summary: "Cuts patients into groups by a model's prediction.",
    documentation: "A number, several numbers, or a rule (`median`, `tertiles`, `youden`, `sensitivity(90%)`, `specificity(90%)`, `cost(miss = 5, alarm = 1)`, `maximally_selected`) with the rows it is taken from. A cut taken from rows is not judged on them.",
    example: "groups risk from PRIME_S at median on train",
    clauses: &[ACCEPT],
    ..PLAIN
};
