//! The keyword table: every keyword, its slots and its documentation. Checker, completion,
//! formatter, help and manual read it; the pest grammar knows none of it.

use super::ast::Preposition::{self, Against, At, Between, By, For, From, Like, On, Over, To, Where};

/// Where a keyword may stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At column 0, introducing a name.
    Noun,
    /// At column 0, asking.
    Verb,
    /// Indented, in the declarations named.
    Clause(&'static [&'static str]),
}

/// How often a slot is filled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Slot {
    Never,
    Optional,
    Required,
}

/// What stands before a colon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LabelSlot {
    Never,
    OptionalText,
    /// A name or a code: `column age: ...`, `accept leak::fitted-on-test: ...`.
    Code,
}

/// One keyword with its slots.
#[derive(Debug)]
pub struct Keyword {
    pub word: &'static str,
    pub place: Place,
    pub label: LabelSlot,
    /// Least and greatest length of the list.
    pub list: (usize, usize),
    /// Whether the list's first entry is a new name rather than an expression.
    pub names: bool,
    pub prepositions: &'static [(Preposition, Slot)],
    pub value: Slot,
    /// Whether a clause may stand more than once.
    pub repeated: bool,
    /// One sentence.
    pub summary: &'static str,
    pub example: &'static str,
}

const MANY: usize = usize::MAX;
use LabelSlot::{Code, OptionalText};
use Slot::{Never, Optional, Required};

const fn noun(
    word: &'static str,
    list: (usize, usize),
    prepositions: &'static [(Preposition, Slot)],
    value: Slot,
    summary: &'static str,
    example: &'static str,
) -> Keyword {
    Keyword {
        word,
        place: Place::Noun,
        label: LabelSlot::Never,
        list,
        names: true,
        prepositions,
        value,
        repeated: true,
        summary,
        example,
    }
}

const fn verb(
    word: &'static str,
    list: (usize, usize),
    prepositions: &'static [(Preposition, Slot)],
    summary: &'static str,
    example: &'static str,
) -> Keyword {
    Keyword {
        word,
        place: Place::Verb,
        label: LabelSlot::Never,
        list,
        names: false,
        prepositions,
        value: Never,
        repeated: true,
        summary,
        example,
    }
}

const fn clause(
    word: &'static str,
    of: &'static [&'static str],
    list: (usize, usize),
    prepositions: &'static [(Preposition, Slot)],
    summary: &'static str,
    example: &'static str,
) -> Keyword {
    Keyword {
        word,
        place: Place::Clause(of),
        label: LabelSlot::Never,
        list,
        names: false,
        prepositions,
        value: Never,
        repeated: false,
        summary,
        example,
    }
}

impl Keyword {
    const fn labelled(mut self, label: LabelSlot) -> Self {
        self.label = label;
        self
    }

    const fn repeats(mut self) -> Self {
        self.repeated = true;
        self
    }

    const fn valued(mut self, value: Slot) -> Self {
        self.value = value;
        self
    }

    const fn naming(mut self) -> Self {
        self.names = true;
        self
    }
}

/// Every declaration that can carry `accept`.
const ALL: &[&str] = &[
    "study",
    "table",
    "images",
    "expression",
    "derive",
    "cohort",
    "split",
    "endpoint",
    "features",
    "model",
    "groups",
    "flow",
    "describe",
    "correlate",
    "evaluate",
    "explain",
    "quadrants",
    "stratify",
    "contrast",
    "fit",
    "show",
    "recalibrate",
];

/// In the order in which a study uses them.
pub static KEYWORDS: &[Keyword] = &[
    noun("study", (1, 1), &[], Never, "Names the study and holds what is true of all of it.", "study PRIME"),
    clause(
        "predict",
        &["study"],
        (0, 0),
        &[(At, Required)],
        "The moment at which predictions are made; predictors known later are errors.",
        "predict at treatment_start + 1 month",
    ),
    clause(
        "report",
        &["study"],
        (1, MANY),
        &[],
        "Checklists that the report fills in.",
        "report TRIPOD-AI, STROBE, CLEAR",
    ),
    clause("seed", &["study"], (1, 1), &[], "Names every random stream of the study.", "seed 20260620"),
    clause("level", &["study"], (1, 1), &[], "Coverage of intervals; 95% unless said.", "level 95%"),
    clause(
        "resamples",
        &["study"],
        (1, 1),
        &[],
        "Bootstrap resamples of an interval that has no formula; 1000 unless said.",
        "resamples 2000",
    ),
    Keyword {
        word: "use",
        place: Place::Noun,
        label: LabelSlot::Never,
        list: (1, 1),
        names: false,
        prepositions: &[],
        value: Never,
        repeated: true,
        summary: "Takes over the declarations of another study file.",
        example: "use \"population.study\"",
    },
    noun(
        "parameter",
        (1, 1),
        &[],
        Required,
        "A value that the command line may set by `--set NAME=VALUE`.",
        "parameter icc = 0.75",
    ),
    noun(
        "table",
        (1, 1),
        &[(From, Required)],
        Never,
        "A table, one row a patient: CSV, Parquet, Arrow or Excel.",
        "table patients from \"patients.csv\"",
    ),
    clause("key", &["table", "expression"], (1, 1), &[], "The column that identifies the patient.", "key patient"),
    clause(
        "rows",
        &["table"],
        (1, 1),
        &[(By, Optional)],
        "Says that a key has several rows, which stay together in every split and fold.",
        "rows repeated by patient",
    ),
    clause(
        "dictionary",
        &["table", "expression"],
        (1, 1),
        &[],
        "A CSV that says of each column: type, unit, role, levels, range, known at.",
        "dictionary \"dictionary.csv\"",
    ),
    clause(
        "column",
        &["table", "expression"],
        (1, 1),
        &[(For, Optional), (At, Optional)],
        "Says of one column its type, unit, levels or range, role and when it is known.",
        "column albumin: number as g/L in 10 .. 70 for predictor at treatment_start",
    )
    .labelled(Code)
    .repeats(),
    noun(
        "images",
        (1, 1),
        &[(From, Required)],
        Never,
        "A folder of images, by patient and phase.",
        "images ct from \"ct/{patient}/{phase}\"",
    ),
    clause("phases", &["images"], (1, MANY), &[], "The phases that stand for `{phase}`.", "phases arterial, venous"),
    clause(
        "masks",
        &["images"],
        (1, 1),
        &[],
        "The segmentations of one reader.",
        "masks reader_1 = \"masks/{patient}_{phase}.seg.nrrd\"",
    )
    .valued(Required)
    .repeats()
    .naming(),
    noun(
        "expression",
        (1, 1),
        &[(From, Required)],
        Never,
        "Gene expression, genes by samples or samples by genes.",
        "expression rna from \"rna.parquet\"",
    ),
    clause("scale", &["expression"], (1, 1), &[], "What the values are: counts, TPM or log.", "scale counts"),
    noun(
        "derive",
        (1, 1),
        &[(From, Optional)],
        Required,
        "A column computed from others, row by row.",
        "derive albi = 0.66 * log10(bilirubin as umol/L) - 0.085 * (albumin as g/L)",
    ),
    noun(
        "cohort",
        (1, 1),
        &[(From, Required)],
        Never,
        "The patients of a table that fulfil conditions.",
        "cohort eligible from patients",
    ),
    clause(
        "include",
        &["cohort"],
        (1, 1),
        &[],
        "Keeps the patients for whom it holds, counted in the flow.",
        "include \"ECOG 0-1\": ecog <= 1",
    )
    .labelled(OptionalText)
    .repeats(),
    clause(
        "exclude",
        &["cohort"],
        (1, 1),
        &[],
        "Removes the patients for whom it holds, counted in the flow.",
        "exclude \"concurrent malignancy\": other_malignancy",
    )
    .labelled(OptionalText)
    .repeats(),
    clause(
        "unknown",
        &["cohort"],
        (1, 1),
        &[],
        "What becomes of a patient for whom a condition is missing: `leaves` (the default) or `stays`.",
        "unknown stays",
    ),
    noun(
        "split",
        (1, 1),
        &[(From, Required)],
        Never,
        "Parts of a cohort: training rows and rows to test on.",
        "split centres from eligible",
    ),
    clause(
        "part",
        &["split"],
        (1, 1),
        &[(Where, Optional)],
        "A part by share, by condition, or both.",
        "part train = 70% where centre == \"SCH\"",
    )
    .valued(Optional)
    .repeats()
    .naming(),
    clause("balance", &["split"], (1, MANY), &[], "Held in equal shares in the parts.", "balance response"),
    clause(
        "seal",
        &["split"],
        (1, MANY),
        &[],
        "Parts whose outcomes are looked at as seldom as possible; looks are counted.",
        "seal external",
    ),
    noun(
        "endpoint",
        (1, 1),
        &[(From, Optional)],
        Optional,
        "What is predicted.",
        "endpoint os = survival(months, died == 1)",
    ),
    clause(
        "binary",
        &["endpoint"],
        (1, 1),
        &[],
        "Yes where the condition holds.",
        "binary mrecist in (\"CR\", \"PR\")",
    ),
    clause(
        "survival",
        &["endpoint"],
        (0, 2),
        &[(From, Optional), (To, Optional)],
        "Time from one date to another, or a duration and a flag.",
        "survival from treatment_start to death_date",
    ),
    clause("continuous", &["endpoint"], (1, 1), &[], "A number.", "continuous log10(afp)"),
    clause(
        "censor",
        &["endpoint"],
        (0, 0),
        &[(At, Required)],
        "Ends follow-up of those without the event: the earliest date that is present.",
        "censor at last_contact, 2025-09-28",
    ),
    clause("competing", &["endpoint"], (1, MANY), &[], "Events that preclude the one of interest.", "competing death"),
    clause(
        "known",
        &["endpoint", "derive", "features"],
        (0, 0),
        &[(At, Required)],
        "The moment at which it is known.",
        "known at treatment_start + 3 months",
    ),
    noun(
        "features",
        (1, 1),
        &[(From, Required)],
        Never,
        "A block of measurements that no outcome has touched.",
        "features clinical from patients",
    ),
    clause(
        "columns",
        &["features", "describe"],
        (0, MANY),
        &[(Where, Optional)],
        "Columns by name, or by what the dictionary says of them.",
        "columns where role == \"predictor\"",
    )
    .repeats(),
    clause("without", &["features", "describe"], (1, MANY), &[], "Leaves columns out.", "without patient_id").repeats(),
    clause("phase", &["features"], (1, MANY), &[], "Takes only these phases.", "phase arterial"),
    clause(
        "resample",
        &["features"],
        (0, 0),
        &[(To, Required), (By, Optional)],
        "Spacing to which images are resampled.",
        "resample to 1 mm",
    ),
    clause(
        "normalize",
        &["features"],
        (0, 0),
        &[(To, Optional)],
        "Centres and scales intensities over the whole image.",
        "normalize to 100",
    ),
    clause(
        "resegment",
        &["features"],
        (0, 0),
        &[(To, Required)],
        "Keeps the region's voxels within a range.",
        "resegment to -100 .. 300",
    ),
    clause(
        "discretize",
        &["features"],
        (0, 0),
        &[(To, Required)],
        "Number or width of the grey-level bins.",
        "discretize to 32 bins",
    ),
    clause(
        "filter",
        &["features"],
        (1, MANY),
        &[],
        "Images that features are computed on.",
        "filter original, LoG(sigma = 4 mm), wavelet(family = coif1)",
    ),
    clause(
        "classes",
        &["features"],
        (1, MANY),
        &[],
        "Feature classes; all unless said.",
        "classes firstorder, shape, glcm",
    ),
    clause("convention", &["features"], (1, 1), &[], "`pyradiomics` (the default) or `ibsi`.", "convention ibsi"),
    clause(
        "keep",
        &["features"],
        (0, 0),
        &[(Where, Required), (Between, Optional)],
        "Keeps features that are measured alike by two readers.",
        "keep where ICC(2, 1) > 0.75 between reader_1, reader_2",
    )
    .repeats(),
    noun(
        "model",
        (1, 1),
        &[(For, Optional), (Like, Optional), (On, Optional)],
        Never,
        "A prediction model of an endpoint.",
        "model PRIME_R for response",
    ),
    clause(
        "prepare",
        &["model"],
        (1, MANY),
        &[(By, Required)],
        "Fitted steps of a block, in order, on training rows only and again in every fold.",
        "prepare radiomics by variance(min = 0.01) then z-score",
    )
    .repeats(),
    clause("learn", &["model"], (1, MANY), &[], "Learners tried for each block.", "learn rsf, gbsa, fsvm"),
    clause(
        "choose",
        &["model"],
        (0, 0),
        &[(By, Required), (Over, Required)],
        "How one learner is chosen among several.",
        "choose by AUC over 5 folds",
    ),
    clause(
        "tune",
        &["model"],
        (0, 0),
        &[(By, Required), (Over, Required)],
        "How the points of a grid are compared.",
        "tune by C-index over 5 folds",
    ),
    clause(
        "validate",
        &["model"],
        (0, 0),
        &[(Over, Required)],
        "Folds of the out-of-fold predictions on the training rows; 5 unless said.",
        "validate over 5 folds",
    ),
    clause(
        "fuse",
        &["model"],
        (1, 1),
        &[],
        "What the model is, in the algebra of learners and fusion rules.",
        "fuse late logistic(clinical, radiomics)",
    ),
    noun(
        "groups",
        (1, 1),
        &[(From, Required), (At, Required), (On, Optional)],
        Never,
        "Patients cut into groups by a model's prediction.",
        "groups risk from PRIME_S at median on train",
    ),
    verb("flow", (0, 1), &[(On, Optional)], "The patients at each step, with reasons.", "flow eligible"),
    verb("describe", (1, 1), &[(By, Optional), (On, Optional)], "Table 1.", "describe eligible by centre"),
    verb(
        "correlate",
        (1, MANY),
        &[(By, Optional), (On, Optional)],
        "Correlation of predictions or columns.",
        "correlate PRIME_R, PRIME_S by spearman",
    ),
    verb(
        "evaluate",
        (1, MANY),
        &[(On, Optional), (Over, Optional), (Against, Optional), (At, Optional), (By, Optional)],
        "Performance of models, each estimate with its interval and how it was made.",
        "evaluate PRIME_R on train, internal, external",
    ),
    verb(
        "explain",
        (1, MANY),
        &[(By, Optional), (Over, Optional), (On, Optional)],
        "What predictions rest on.",
        "explain PRIME_R, PRIME_S by SHAP over 5 folds",
    ),
    verb(
        "quadrants",
        (2, 2),
        &[(On, Optional)],
        "Two groupings against each other: the four profiles.",
        "quadrants profile, risk",
    ),
    verb(
        "stratify",
        (1, 1),
        &[(By, Required), (On, Optional)],
        "Outcome by groups: curves, log-rank, hazard ratios.",
        "stratify os by risk on train, internal, external",
    ),
    verb(
        "contrast",
        (1, 1),
        &[(By, Required), (On, Optional)],
        "Gene expression against predicted groups or scores.",
        "contrast rna by PRIME_R.radiomics on tcga",
    ),
    verb(
        "fit",
        (1, 1),
        &[(On, Optional), (Over, Optional)],
        "Inference by a formula, or a model fitted and shown.",
        "fit cox(os ~ age + stage) on train",
    ),
    verb(
        "fuse",
        (1, 1),
        &[(On, Optional), (Over, Optional)],
        "A model written on the spot, and its performance.",
        "fuse late logistic(clinical, radiomics)",
    ),
    verb(
        "recalibrate",
        (1, 1),
        &[(On, Required), (By, Optional)],
        "Updates a frozen model on other rows.",
        "recalibrate PRIME_S on external",
    ),
    Keyword {
        word: "show",
        place: Place::Verb,
        label: LabelSlot::Never,
        list: (1, MANY),
        names: false,
        prepositions: &[(On, Optional), (At, Optional)],
        value: Never,
        repeated: true,
        summary: "As a verb, shows a value; as a clause, chooses what an answer shows.",
        example: "show AUC, calibration",
    },
    clause(
        "show",
        &["describe", "evaluate", "explain", "stratify", "quadrants", "correlate", "contrast", "flow"],
        (1, MANY),
        &[],
        "What the answer shows.",
        "show AUC, calibration, decision-curve",
    ),
    clause(
        "against",
        &["evaluate"],
        (1, MANY),
        &[],
        "Models beside it, on the same patients.",
        "against PRIME_R.clinical, early gtbr(clinical, radiomics)",
    ),
    clause(
        "at",
        &["evaluate", "stratify"],
        (1, MANY),
        &[],
        "Times, or a threshold of the probability.",
        "at 6, 12, 24, 36 months",
    ),
    clause(
        "within",
        &["stratify"],
        (1, MANY),
        &[],
        "Subgroups, each with its interaction test.",
        "within therapy, age >= 60",
    ),
    clause(
        "adjust",
        &["stratify", "contrast"],
        (0, 0),
        &[(For, Required)],
        "Covariates of the adjusted comparison.",
        "adjust for subsequent_therapy",
    ),
    clause(
        "enrich",
        &["contrast"],
        (1, MANY),
        &[],
        "Enrichment by gene sets.",
        "enrich GSEA(\"hallmark.gmt\"), ORA(\"go.gmt\", \"kegg.gmt\")",
    ),
    clause(
        "accept",
        ALL,
        (1, 1),
        &[],
        "Accepts a fault by its code with a reason; every number it touches says so.",
        "accept leak::fitted-on-test: \"apparent performance is wanted here\"",
    )
    .labelled(Code)
    .repeats(),
];

/// The keyword that stands at column 0.
pub fn declaration(word: &str) -> Option<&'static Keyword> {
    KEYWORDS.iter().find(|keyword| keyword.word == word && !matches!(keyword.place, Place::Clause(_)))
}

/// The clause of a declaration.
pub fn clause_of(word: &str, declaration: &str) -> Option<&'static Keyword> {
    KEYWORDS
        .iter()
        .find(|keyword| keyword.word == word && matches!(keyword.place, Place::Clause(of) if of.contains(&declaration)))
}

/// The clauses that a declaration may have, in the order of the table.
pub fn clauses(declaration: &str) -> impl Iterator<Item = &'static Keyword> {
    KEYWORDS.iter().filter(move |keyword| matches!(keyword.place, Place::Clause(of) if of.contains(&declaration)))
}

/// The declarations in which a word is a clause.
pub fn owners(word: &str) -> &'static [&'static str] {
    KEYWORDS
        .iter()
        .find_map(|keyword| match keyword.place {
            Place::Clause(of) if keyword.word == word => Some(of),
            _ => None,
        })
        .unwrap_or(&[])
}
