//! Gene expression.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static EXPRESSION: Keyword = Keyword {
    word: "expression",
    list: List::One(Kind::NewName),
    phrases: &[slot(Preposition::From, List::MayOne(Kind::File))],
    summary: "A table of gene expression.",
    documentation: "Genes by patients, on the log scale or as counts; `contrast` asks it.",
    example: r#"expression rna from "rna.parquet"
  key patient"#,
    clauses: &[
        Keyword {
            word: "key",
            list: List::One(Kind::Column),
            summary: "The column that identifies the patient.",
            documentation: "Rows of several tables are joined by their keys. Without `repeated`, a key that occurs twice is told when the data is read.",
            example: "key patient",
            ..PLAIN
        },
        Keyword {
            word: "dictionary",
            list: List::One(Kind::File),
            summary: "A file that says what each column is.",
            documentation: "As in `table`.",
            example: r#"dictionary "genes.csv""#,
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
