//! Pages of the diagnostics of syntax, for `diptych explain CODE`.

/// The documentation of one diagnostic code.
#[derive(Debug)]
pub struct Page {
    pub code: &'static str,
    pub title: &'static str,
    /// Why it is a fault, in the statistician's words.
    pub explanation: &'static str,
    pub wrong: &'static str,
    pub right: &'static str,
}

pub static PAGES: &[Page] = &[
    Page {
        code: "syntax::keyword",
        title: "A declaration begins with an unknown word",
        explanation: "A line at column 0 is a declaration and begins with a keyword. The word there is none.",
        wrong: "tabel patients from \"patients.csv\"",
        right: "table patients from \"patients.csv\"",
    },
    Page {
        code: "syntax::clause",
        title: "A clause does not belong to its declaration",
        explanation: "An indented line is a clause of the declaration above it, and each declaration has its own clauses.",
        wrong: "cohort eligible from patients\n  learn rsf",
        right: "model survival for os\n  learn rsf",
    },
    Page {
        code: "syntax::slot",
        title: "A line lacks something, or has something too much",
        explanation: "Every line has one shape, `keyword [label:] [list] {preposition list} [= value]`, and each keyword \
                      says which of these it takes.",
        wrong: "table patients",
        right: "table patients from \"patients.csv\"",
    },
    Page {
        code: "syntax::repeated",
        title: "Something stands twice that stands once",
        explanation: "A preposition stands once in a line, and most clauses once in a declaration; a comma joins what \
                      belongs together.",
        wrong: "evaluate M on train on external",
        right: "evaluate M on train, external",
    },
    Page {
        code: "syntax::unexpected",
        title: "A word or sign cannot stand where it stands",
        explanation: "Between two expressions stands an operator, a comma or a preposition; operators are words where \
                      the field uses words.",
        wrong: "include age > 18 && ecog <= 1",
        right: "include age > 18 and ecog <= 1",
    },
    Page {
        code: "syntax::unfinished",
        title: "A line ends too early",
        explanation: "After an operator, a preposition or a comma something has to follow.",
        wrong: "derive albi = 0.66 *",
        right: "derive albi = 0.66 * log10(bilirubin)",
    },
    Page {
        code: "syntax::bracket",
        title: "A bracket has no partner",
        explanation: "Brackets close on the line where they open, or on its continuation. Column 0 starts a new \
                      declaration even inside an open bracket, so one forgotten `)` hides nothing that follows.",
        wrong: "derive x = (a + b",
        right: "derive x = (a + b)",
    },
    Page {
        code: "syntax::quote",
        title: "A quotation does not end",
        explanation: "A text in double quotes and a column name in backticks end on the line where they begin.",
        wrong: "include sex == \"female",
        right: "include sex == \"female\"",
    },
    Page {
        code: "syntax::character",
        title: "A character has no meaning in a study",
        explanation: "There are no braces, square brackets or semicolons, and quotation marks are straight.",
        wrong: "include stage in [\"A\", \"B\"]",
        right: "include stage in (\"A\", \"B\")",
    },
    Page {
        code: "syntax::depth",
        title: "Brackets are nested too deep",
        explanation: "No reader follows so many levels, and no parser's stack should have to. Name inner parts by \
                      declarations of their own.",
        wrong: "derive x = ((((( ... )))))",
        right: "derive inner = a + b\nderive x = inner / c",
    },
    Page {
        code: "syntax::long",
        title: "A line is too long to be one expression",
        explanation: "An expression of more than a thousand operators is refused. Name its parts.",
        wrong: "derive sum = a1 + a2 + a3 + ... + a5000",
        right: "derive first = a1 + a2\nderive sum = first + a3",
    },
];
