//! Declarations of another file.

use super::{Keyword, Kind, List, PLAIN};

pub(super) static USE: Keyword = Keyword {
    word: "use",
    list: List::One(Kind::File),
    summary: "Shares the declarations of another study file.",
    documentation: "The file is found beside this one. Its declarations stand as if written here; a circle of files is an error.",
    example: r#"use "common.study""#,
    ..PLAIN
};
