//! A table of patients.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static TABLE: Keyword = Keyword {
    word: "table",
    list: List::One(Kind::NewName),
    phrases: &[slot(Preposition::From, List::MayOne(Kind::File))],
    summary: "A table read from a file: CSV, Parquet, Arrow or Excel.",
    documentation: "One row per patient, unless `repeated` says otherwise. Delimiter, encoding and decimal comma are found from the file. Its path is relative to the study; a frame bound from Rust by this name takes its place.",
    example: r#"table patients from "patients.csv"
  key patient
  dictionary "dictionary.csv""#,
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
            documentation: "CSV with the columns `column`, `type`, `unit`, `role`, `levels`, `range`, `known at`. With it, types, units, levels and times are proved before data is read. `column` declarations say the same in the study.",
            example: r#"dictionary "dictionary.csv""#,
            ..PLAIN
        },
        Keyword {
            word: "repeated",
            list: List::Nothing,
            summary: "Several rows for one key are lawful.",
            documentation: "For several lesions or visits of a patient. Rows of one key stay together in every split and fold, and intervals resample patients.",
            example: "repeated",
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
