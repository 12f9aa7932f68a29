//! Gene expression.

use super::{ACCEPT, Keyword, Kind, List, PLAIN, slot};
use crate::syntax::ast::Preposition;

pub(super) static EXPRESSION: Keyword = Keyword {
    word: "expression",
    list: List::One(Kind::NewName),
    phrases: &[slot(Preposition::From, List::MayOne(Kind::File))],
    summary: "A table of gene expression.",
    documentation: "Genes by patients or patients by genes, which the keys of the other tables decide; counts, TPM or \
        logarithms, which the values decide or `scale` says. CSV, TSV, GCT, Parquet, each as it is or zipped. Of several \
        rows of one gene the one with the highest mean is kept, and counts are summed; versions of Ensembl identifiers \
        do not count. `contrast` asks it.",
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
            word: "scale",
            list: List::One(Kind::Choice(&["counts", "TPM", "log"])),
            summary: "What the values are.",
            documentation: "Whole numbers are taken as counts, values below 30 with fractions or negative ones as \
                logarithms of base 2, samples that all sum to the same as TPM. Anything else is asked, and answered here.",
            example: "scale TPM",
            ..PLAIN
        },
        Keyword {
            word: "genes",
            list: List::One(Kind::File),
            summary: "A table that names the genes.",
            documentation: "Two columns: the identifier in the matrix, and the name of the gene sets. Rows that it does \
                not name are left out, and counted.",
            example: r#"genes "ensembl_to_symbol.csv""#,
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
