//! Images of patients, with their masks.

use super::{ACCEPT, Count, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static IMAGES: Keyword = Keyword {
    word: "images",
    list: List::One(Kind::NewName),
    phrases: &[slot(Preposition::From, List::One(Kind::File))],
    expects_clauses: true,
    summary: "A set of images, one folder or file per patient and phase.",
    documentation: "The pattern names where they lie: `{patient}` stands for the key, `{phase}` for each phase. A folder is read as DICOM, a file as NIfTI or NRRD.",
    example: r#"images ct from "ct/{patient}/{phase}"
  phases arterial, venous
  masks reader_1 = "masks/{patient}_{phase}.seg.nrrd""#,
    clauses: &[
        Keyword {
            word: "phases",
            list: List::Some(Kind::NewName),
            summary: "The phases or sequences of each patient.",
            documentation: "Each is a name, and takes the place of `{phase}` in the patterns.",
            example: "phases arterial, venous",
            ..PLAIN
        },
        Keyword {
            word: "masks",
            count: Count::Named,
            list: List::One(Kind::NewName),
            value: List::One(Kind::File),
            summary: "Where the masks of one reader lie.",
            documentation: "The first reader's masks are extracted; further readers serve agreement, as in `keep where ICC(2, 1) > 0.75 between reader_1, reader_2`.",
            example: r#"masks reader_1 = "masks/{patient}_{phase}.seg.nrrd""#,
            ..PLAIN
        },
        ACCEPT,
    ],
    ..PLAIN
};
