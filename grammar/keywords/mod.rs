//! The keyword table: which keywords begin a line, what may follow them, and what they are for.
//!
//! The grammar (`grammar/study.pest`) knows only the shape of a line. This table says what each
//! keyword takes in that shape, which clauses a declaration has, and documents both; the parser,
//! the check of shapes, completion, help, the formatter and the manual all read it.
//!
//! One declaration is one file with its clauses; registering it is one line of [`DECLARATIONS`].
//! Plain data: it imports nothing but the prepositions.

use super::ast::Preposition;

mod cohort;
mod column;
mod contrast;
mod correlate;
mod derive;
mod describe;
mod endpoint;
mod evaluate;
mod explain;
mod expression;
mod features;
mod fit;
mod flow;
mod groups;
mod images;
mod model;
mod parameter;
mod quadrants;
mod recalibrate;
mod reuse;
mod show;
mod split;
mod stratify;
mod study;
mod table;

/// Every declaration, in the order of a study: nouns declare, verbs ask.
pub static DECLARATIONS: [&Keyword; 25] = [
    &study::STUDY,
    &reuse::USE,
    &parameter::PARAMETER,
    &table::TABLE,
    &images::IMAGES,
    &expression::EXPRESSION,
    &column::COLUMN,
    &derive::DERIVE,
    &cohort::COHORT,
    &split::SPLIT,
    &endpoint::ENDPOINT,
    &features::FEATURES,
    &model::MODEL,
    &groups::GROUPS,
    &flow::FLOW,
    &describe::DESCRIBE,
    &correlate::CORRELATE,
    &evaluate::EVALUATE,
    &explain::EXPLAIN,
    &quadrants::QUADRANTS,
    &stratify::STRATIFY,
    &contrast::CONTRAST,
    &recalibrate::RECALIBRATE,
    &fit::FIT,
    &show::SHOW,
];

/// What a keyword takes and what it means.
#[derive(Debug)]
pub struct Keyword {
    pub word: &'static str,
    /// How often a clause may stand in its declaration.
    pub count: Count,
    pub label: Labels,
    /// Before the first preposition.
    pub list: List,
    pub phrases: &'static [Slot],
    /// After `=`.
    pub value: List,
    pub clauses: &'static [Keyword],
    /// Whether the declaration says little without clauses, so that the prompt waits for them.
    pub expects_clauses: bool,
    /// One sentence, for completion.
    pub summary: &'static str,
    /// Markdown.
    pub documentation: &'static str,
    /// Lines of a study; of a clause, the clause alone.
    pub example: &'static str,
}

/// How often a clause may stand in its declaration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Count {
    Single,
    Repeated,
    /// Repeated, each with another name: `part train`, `part test`.
    Named,
    /// Repeated, each with another label: `include "adults": ...`.
    Labelled,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    No,
    /// Text: `include "ECOG 0-1": ecog <= 1`.
    Text,
    /// Words: `accept leak::fitted-on-test: "reason"`.
    Code,
}

/// How many things a slot takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum List {
    Nothing,
    One(Kind),
    /// One or more, with commas.
    Some(Kind),
    MayOne(Kind),
    MaySome(Kind),
}

/// A preposition and what may follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    pub preposition: Preposition,
    pub list: List,
}

/// What stands in a slot. The parser checks what can be seen in the text; what a name refers to
/// is the checker's, and completion offers it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A name that the line introduces.
    NewName,
    Table,
    Images,
    Cohort,
    Split,
    /// A part, a cohort or a table.
    Rows,
    Endpoint,
    /// What features are measured on: a table or images.
    Measured,
    Block,
    Model,
    Groups,
    Expression,
    Column,
    /// True or false of a row.
    Condition,
    /// Any expression.
    Value,
    /// A time: `treatment_start + 1 month`, `24 months`.
    Time,
    Cut,
    /// A sequence of steps joined by `then`.
    Pipeline,
    Learner,
    Metric,
    Fusion,
    /// `5 folds`, `500 bootstraps`, `leave-out centre`.
    Resampling,
    Filter,
    FeatureClass,
    /// A change of masks: `rotation(degrees = 5)`.
    Perturbation,
    Enrichment,
    /// `cox(os ~ age)`, or what a model is made of.
    Inference,
    /// What can be asked: a model, an expression over columns, an inference.
    Asked,
    /// Text between quotes.
    Text,
    /// The name of a file, between quotes.
    File,
    Number,
    Quantity,
    /// Bare words, such as a checklist's name.
    Word,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A unit: `g/L`, `10^9/L`.
    Unit,
}

/// What a keyword is unless it says otherwise.
const PLAIN: Keyword = Keyword {
    word: "",
    count: Count::Single,
    label: Labels::No,
    list: List::Nothing,
    phrases: &[],
    value: List::Nothing,
    clauses: &[],
    expects_clauses: false,
    summary: "",
    documentation: "",
    example: "",
};

/// A clause of every declaration.
const ACCEPT: Keyword = Keyword {
    word: "accept",
    count: Count::Labelled,
    label: Labels::Code,
    list: List::One(Kind::Text),
    summary: "Accepts one fault of this declaration, with the reason.",
    documentation: "The label is the code of the fault, the text the reason. It holds for this declaration only, \
        relabels every number that it touches, and is printed in the report and in the lock. It never makes an \
        estimate a validated one.",
    example: "accept immortal-time: \"as published; the landmark analysis at month 1 is secondary\"",
    ..PLAIN
};

const fn slot(preposition: Preposition, list: List) -> Slot {
    Slot { preposition, list }
}

/// Words that may stand before what they qualify: `early rsf(...)`, `leave-out centre`.
static QUALIFIERS: [(&str, &str); 4] = [
    ("early", "Joins the blocks before learning: one model on all their features."),
    ("late", "Joins the predictions of one model per block, learnt out of fold."),
    ("leave-out", "Leaves one level of a column out at a time: internal-external validation."),
    ("apparent", "Asks for the estimate on the rows of the fit, named as such: `show apparent AUC`."),
];

/// Calls whose arguments are columns and conditions, so that `x in (1, 2)` is a condition there
/// and not a grid of settings.
static CONDITION_FORMS: [&str; 6] = ["binary", "survival", "continuous", "nominal", "majority", "each"];

/// Words that are operators.
static OPERATORS: [&str; 7] = ["and", "or", "not", "in", "is", "then", "as"];

pub fn qualifiers() -> impl Iterator<Item = &'static str> {
    QUALIFIERS.iter().map(|(word, _)| *word)
}

/// What a qualifier means.
pub fn qualifier(word: &str) -> Option<&'static str> {
    QUALIFIERS.iter().find(|(known, _)| *known == word).map(|(_, summary)| *summary)
}

pub fn is_qualifier(word: &str) -> bool {
    qualifier(word).is_some()
}

pub fn takes_conditions(function: &str) -> bool {
    CONDITION_FORMS.contains(&function)
}

pub fn is_preposition(word: &str) -> bool {
    Preposition::ALL.iter().any(|preposition| preposition.word() == word)
}

/// Operators and prepositions: no column has such a name without backticks.
pub fn is_reserved(word: &str) -> bool {
    OPERATORS.contains(&word) || is_preposition(word)
}

pub fn declaration(word: &str) -> Option<&'static Keyword> {
    DECLARATIONS.iter().find(|keyword| keyword.word == word).copied()
}

/// The clause of this declaration.
pub fn clause(declaration: &str, word: &str) -> Option<&'static Keyword> {
    self::declaration(declaration)?.clause(word)
}

/// The first clause of this word in any declaration.
pub fn any_clause(word: &str) -> Option<&'static Keyword> {
    DECLARATIONS.iter().find_map(|keyword| keyword.clause(word))
}

/// The declarations that have a clause of this word.
pub fn homes(word: &str) -> impl Iterator<Item = &'static str> {
    DECLARATIONS.iter().filter(move |keyword| keyword.clause(word).is_some()).map(|keyword| keyword.word)
}

impl Keyword {
    pub fn clause(&self, word: &str) -> Option<&Keyword> {
        self.clauses.iter().find(|clause| clause.word == word)
    }

    pub fn slot(&self, preposition: Preposition) -> Option<&Slot> {
        self.phrases.iter().find(|slot| slot.preposition == preposition)
    }

    /// The shape in one line, for help: `split NAME from COHORT`.
    pub fn usage(&self) -> String {
        let mut usage = self.word.to_owned();
        match self.label {
            Labels::No => {}
            Labels::Text => usage.push_str(" \"label\":"),
            Labels::Code => usage.push_str(" code:"),
        }
        let mut add = |before: &str, list: List| {
            let words = match list {
                List::Nothing => return,
                List::One(kind) => format!("{before}{}", kind.placeholder()),
                List::Some(kind) => format!("{before}{}, ...", kind.placeholder()),
                List::MayOne(kind) => format!("[{before}{}]", kind.placeholder()),
                List::MaySome(kind) => format!("[{before}{}, ...]", kind.placeholder()),
            };
            usage.push(' ');
            usage.push_str(&words);
        };
        add("", self.list);
        for slot in self.phrases {
            add(&format!("{} ", slot.preposition.word()), slot.list);
        }
        add("= ", self.value);
        usage
    }
}

impl List {
    pub fn kind(self) -> Option<Kind> {
        match self {
            List::Nothing => None,
            List::One(kind) | List::Some(kind) | List::MayOne(kind) | List::MaySome(kind) => Some(kind),
        }
    }

    pub fn is_required(self) -> bool {
        matches!(self, List::One(_) | List::Some(_))
    }

    pub fn is_many(self) -> bool {
        matches!(self, List::Some(_) | List::MaySome(_))
    }
}

impl Kind {
    /// What a usage line shows in the place of the thing.
    pub fn placeholder(self) -> &'static str {
        match self {
            Kind::NewName => "NAME",
            Kind::Table => "TABLE",
            Kind::Images => "IMAGES",
            Kind::Cohort => "COHORT",
            Kind::Split => "SPLIT",
            Kind::Rows => "ROWS",
            Kind::Endpoint => "ENDPOINT",
            Kind::Measured => "TABLE-OR-IMAGES",
            Kind::Block => "BLOCK",
            Kind::Model => "MODEL",
            Kind::Groups => "GROUPS",
            Kind::Expression => "EXPRESSION",
            Kind::Column => "COLUMN",
            Kind::Condition => "CONDITION",
            Kind::Value => "VALUE",
            Kind::Time => "TIME",
            Kind::Cut => "CUT",
            Kind::Pipeline => "STEP then STEP",
            Kind::Learner => "LEARNER",
            Kind::Metric => "METRIC",
            Kind::Fusion => "FUSION",
            Kind::Resampling => "5 folds",
            Kind::Filter => "FILTER",
            Kind::FeatureClass => "CLASS",
            Kind::Perturbation => "PERTURBATION",
            Kind::Enrichment => "METHOD(\"sets.gmt\")",
            Kind::Inference => "PROCEDURE(ENDPOINT ~ TERMS)",
            Kind::Asked => "WHAT",
            Kind::Text => "\"text\"",
            Kind::File => "\"file\"",
            Kind::Number => "NUMBER",
            Kind::Quantity => "QUANTITY",
            Kind::Word => "WORD",
            Kind::Choice(_) => "WORD",
            Kind::Unit => "UNIT",
        }
    }

    /// The thing in words: `this wants ...`.
    pub fn noun(self) -> &'static str {
        match self {
            Kind::NewName => "a name",
            Kind::Table => "a table",
            Kind::Images => "a set of images",
            Kind::Cohort => "a cohort",
            Kind::Split => "a split",
            Kind::Rows => "a part, a cohort or a table",
            Kind::Endpoint => "an endpoint",
            Kind::Measured => "a table or a set of images",
            Kind::Block => "a block of features",
            Kind::Model => "a model",
            Kind::Groups => "a grouping",
            Kind::Expression => "an expression table",
            Kind::Column => "a column",
            Kind::Condition => "a condition",
            Kind::Value => "a value",
            Kind::Time => "a time",
            Kind::Cut => "a cut",
            Kind::Pipeline => "a step, or steps joined by `then`",
            Kind::Learner => "a learner",
            Kind::Metric => "a metric",
            Kind::Fusion => "a fusion of blocks",
            Kind::Resampling => "a resampling, such as `5 folds`",
            Kind::Filter => "an image filter",
            Kind::FeatureClass => "a feature class",
            Kind::Perturbation => "a perturbation of masks",
            Kind::Enrichment => "an enrichment method",
            Kind::Inference => "a procedure with a formula",
            Kind::Asked => "a model, a column or a procedure",
            Kind::Text => "a text in double quotes",
            Kind::File => "a file name in double quotes",
            Kind::Number => "a number",
            Kind::Quantity => "a number with its unit",
            Kind::Word | Kind::Choice(_) => "a word",
            Kind::Unit => "a unit",
        }
    }
}
