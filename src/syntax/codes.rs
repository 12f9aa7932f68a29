//! Pages of the diagnostics of syntax, for `diptych explain CODE`.

use super::diagnostic::Code;

/// Every code that this layer tells.
pub fn all() -> impl Iterator<Item = &'static Code> {
    PAGES.iter()
}

static PAGES: &[Code] = &[
    Code {
        code: "syntax::keyword",
        title: "A declaration begins with an unknown word",
        explanation: "A line at column 0 is a declaration and begins with a keyword. The word there is none.",
        bad: "tabel patients from \"patients.csv\"",
        good: "table patients from \"patients.csv\"",
    },
    Code {
        code: "syntax::clause",
        title: "A clause does not belong to its declaration",
        explanation: "An indented line is a clause of the declaration above it, and each declaration has its own clauses.",
        bad: "cohort eligible from patients\n  learn rsf",
        good: "model survival for os\n  learn rsf",
    },
    Code {
        code: "syntax::slot",
        title: "A line lacks something, or has something too much",
        explanation: "Every line has one shape, `keyword [label:] [list] {preposition list} [= value]`, and each keyword \
                      says which of these it takes.",
        bad: "table patients",
        good: "table patients from \"patients.csv\"",
    },
    Code {
        code: "syntax::repeated",
        title: "Something stands twice that stands once",
        explanation: "A preposition stands once in a line, and most clauses once in a declaration; a comma joins what \
                      belongs together.",
        bad: "evaluate M on train on external",
        good: "evaluate M on train, external",
    },
    Code {
        code: "syntax::unexpected",
        title: "A word or sign cannot stand where it stands",
        explanation: "Between two expressions stands an operator, a comma or a preposition; operators are words where \
                      the field uses words.",
        bad: "include age > 18 && ecog <= 1",
        good: "include age > 18 and ecog <= 1",
    },
    Code {
        code: "syntax::unfinished",
        title: "A line ends too early",
        explanation: "After an operator, a preposition or a comma something has to follow.",
        bad: "derive albi = 0.66 *",
        good: "derive albi = 0.66 * log10(bilirubin)",
    },
    Code {
        code: "syntax::bracket",
        title: "A bracket has no partner",
        explanation: "Brackets close on the line where they open, or on its continuation. Column 0 starts a new \
                      declaration even inside an open bracket, so one forgotten `)` hides nothing that follows.",
        bad: "derive x = (a + b",
        good: "derive x = (a + b)",
    },
    Code {
        code: "syntax::quote",
        title: "A quotation does not end",
        explanation: "A text in double quotes and a column name in backticks end on the line where they begin.",
        bad: "include sex == \"female",
        good: "include sex == \"female\"",
    },
    Code {
        code: "syntax::character",
        title: "A character has no meaning in a study",
        explanation: "There are no braces, square brackets or semicolons, and quotation marks are straight.",
        bad: "include stage in [\"A\", \"B\"]",
        good: "include stage in (\"A\", \"B\")",
    },
    Code {
        code: "syntax::depth",
        title: "Brackets are nested too deep",
        explanation: "No reader follows so many levels, and no parser's stack should have to. Name inner parts by \
                      declarations of their own.",
        bad: "derive x = ((((( ... )))))",
        good: "derive inner = a + b\nderive x = inner / c",
    },
    Code {
        code: "syntax::long",
        title: "A line is too long to be one expression",
        explanation: "An expression of more than a thousand operators is refused. Name its parts.",
        bad: "derive sum = a1 + a2 + a3 + ... + a5000",
        good: "derive first = a1 + a2\nderive sum = first + a3",
    },
];
