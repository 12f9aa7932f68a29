//! What could not be proved without a dictionary, and what a matrix of expression does not say.

use crate::syntax::Code;

pub(super) static CODES: &[Code] = &[
    Code {
        code: "data::expression-orientation",
        title: "A matrix of expression does not say whether its rows are genes or patients",
        explanation: "Rows or columns that are patients of the other tables tell which way round it is; here neither are. Either the names differ from the key of the tables (an aliquot's barcode for a patient's), or the column that holds the patient is not named.",
        bad: r#"expression rna from "rna.csv""#,
        good: r#"expression rna from "rna.csv"
  key patient"#,
    },
    Code {
        code: "data::expression-scale",
        title: "The values of a matrix of expression may be counts, TPM or logarithms",
        explanation: "Counts are normalised and weighted, TPM get a logarithm, logarithms are taken as they are: taking one for the other gives numbers that look right and are not. Where the values do not say what they are, or contradict what is said, it is asked.",
        bad: r#"expression rna from "rna.csv"
  key patient"#,
        good: r#"expression rna from "rna.csv"
  key patient
  scale TPM"#,
    },
    Code {
        code: "data::no-dictionary",
        title: "A table has no dictionary",
        explanation: "What a dictionary would prove before data is read is proved when it is read; when a column is known is not proved at all.",
        bad: r#"table trial from "trial.csv""#,
        good: r#"table trial from "trial.csv"
  dictionary "dictionary.csv""#,
    },
];
