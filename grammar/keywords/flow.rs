//! Who was included.

use super::{ACCEPT, Keyword, Kind, List, PLAIN};

pub(super) static FLOW: Keyword = Keyword {
    word: "flow",
    list: List::One(Kind::Cohort),
    summary: "The flow chart of a cohort.",
    documentation: "Counts at each inclusion, exclusion and part.",
    example: "flow eligible",
    clauses: &[ACCEPT],
    ..PLAIN
};
