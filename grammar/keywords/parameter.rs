//! A value that the command line may set.

use super::{Keyword, Kind, List, PLAIN};

pub(super) static PARAMETER: Keyword = Keyword {
    word: "parameter",
    list: List::One(Kind::NewName),
    value: List::One(Kind::Value),
    summary: "A named value that the command line may set.",
    documentation: "`diptych run STUDY --set icc=0.9` sets it; otherwise the value written here holds. It may stand wherever a value of its kind may.",
    example: "parameter icc = 0.75",
    ..PLAIN
};
