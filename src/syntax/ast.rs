//! The tree of a study's text: declarations of lines, lines of expressions, each with its span.
//!
//! The tree is uniform: every line, declaration or clause, has one shape,
//! `keyword [label:] [list] {preposition list} [= value]`, and what a keyword means is in the
//! keyword table, not here. Nothing is resolved: `albi` is a name whether or not it exists.

use std::fmt;
use std::sync::Arc;

/// A stretch of a source text, in bytes; `source` tells which text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub struct Span {
    pub source: SourceId,
    pub start: usize,
    pub end: usize,
}

/// Which text of a [`Sources`] a span points into.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct SourceId(pub u32);

/// The texts of a study: its own file and those that it `use`s.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    texts: Vec<Source>,
}

#[derive(Clone, Debug)]
pub struct Source {
    /// As the user named it: `prime.study`, or `prompt 3`.
    pub name: String,
    pub text: Arc<str>,
}

impl Sources {
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<Arc<str>>) -> SourceId {
        self.texts.push(Source { name: name.into(), text: text.into() });
        SourceId((self.texts.len() - 1) as u32)
    }

    pub fn get(&self, id: SourceId) -> Option<&Source> {
        self.texts.get(id.0 as usize)
    }

    /// Line and column of a byte of a text; of no text here, or past its end, the nearest.
    pub fn place(&self, id: SourceId, offset: usize) -> Place {
        let text = self.get(id).map_or("", |source| &source.text);
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let before = &text[..offset];
        let start = before.rfind('\n').map_or(0, |newline| newline + 1);
        Place { line: before.matches('\n').count() + 1, column: before[start..].chars().count() + 1 }
    }

    /// The words at `span`; empty if the span is of no text here.
    pub fn words(&self, span: Span) -> &str {
        self.get(span.source).and_then(|source| source.text.get(span.start..span.end)).unwrap_or("")
    }
}

/// A place in a text, both counted from 1; columns are characters, not bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Place {
    pub line: usize,
    pub column: usize,
}

impl Span {
    pub fn new(source: SourceId, start: usize, end: usize) -> Self {
        Span { source, start, end }
    }

    /// The smallest span around both.
    #[must_use]
    pub fn to(self, other: Span) -> Self {
        Span { source: self.source, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A parsed study; what could not be parsed is absent here and told in the diagnostics.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Study {
    pub declarations: Vec<Declaration>,
}

/// A line at column 0 with its indented clauses: the unit of everything.
#[derive(Clone, Debug, PartialEq)]
pub struct Declaration {
    /// The `##` lines before it, without the marks.
    pub documentation: Vec<String>,
    pub head: Line,
    pub clauses: Vec<Line>,
    pub span: Span,
}

/// `keyword [label:] [list] {preposition list} [= value]`.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// `None` for a bare expression: `km(os ~ arm)`, `albi by centre`.
    pub keyword: Option<Word>,
    /// Before a colon: a text (`include "ECOG 0-1": ...`) or a name
    /// (`accept leak::fitted-on-test: "..."`).
    pub label: Option<Label>,
    /// What stands before the first preposition: names introduced, or what is asked of.
    pub list: Vec<Expr>,
    pub phrases: Vec<Phrase>,
    /// After `=`.
    pub value: Option<Expr>,
    pub span: Span,
}

/// A word of the source with its place.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Word {
    pub text: String,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Label {
    Text(Word),
    /// Words joined by `::`.
    Code(Word),
}

/// `from eligible`, `over 5 folds`, `on train, internal`.
#[derive(Clone, Debug, PartialEq)]
pub struct Phrase {
    pub preposition: Preposition,
    pub list: Vec<Expr>,
    /// From the preposition to the end of its list.
    pub span: Span,
    /// Of the preposition alone.
    pub preposition_span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Preposition {
    /// Source.
    From,
    /// Endpoint, or what is adjusted for.
    For,
    /// Rows.
    On,
    /// Resampling.
    Over,
    /// Criterion or group.
    By,
    /// Time or cut.
    At,
    /// Predicate.
    Where,
    /// Comparators.
    Against,
    /// Unit.
    As,
    /// End of follow-up, or a target: `survival from a to b`, `resample to 1 mm`.
    To,
    /// Readers: `between reader_1, reader_2`.
    Between,
    /// Clauses taken over: `model B like A`.
    Like,
}

impl Preposition {
    pub const ALL: [Preposition; 12] = [
        Preposition::From,
        Preposition::For,
        Preposition::On,
        Preposition::Over,
        Preposition::By,
        Preposition::At,
        Preposition::Where,
        Preposition::Against,
        Preposition::As,
        Preposition::To,
        Preposition::Between,
        Preposition::Like,
    ];

    pub fn word(self) -> &'static str {
        match self {
            Preposition::From => "from",
            Preposition::For => "for",
            Preposition::On => "on",
            Preposition::Over => "over",
            Preposition::By => "by",
            Preposition::At => "at",
            Preposition::Where => "where",
            Preposition::Against => "against",
            Preposition::As => "as",
            Preposition::To => "to",
            Preposition::Between => "between",
            Preposition::Like => "like",
        }
    }
}

/// An expression with its place.
#[derive(Clone, Debug, PartialEq)]
pub struct Expr {
    pub kind: ExprKind,
    pub span: Span,
}

#[derive(Clone, Debug, PartialEq)]
pub enum ExprKind {
    /// `albi`, `ct.arterial`, `PRIME_R.clinical`.
    Name(Vec<Word>),
    /// A column in backticks, of any spelling: `` `1_mRECIST_FU` ``.
    Quoted(String),
    /// A plain number.
    Number(f64),
    /// `70%`, as written: 70.
    Percent(f64),
    /// A number with a unit: `1 mm`, `18 years`, `5 folds`, `500 bootstraps`.
    Quantity {
        value: f64,
        unit: Word,
    },
    /// Between double quotes, unescaped.
    Text(String),
    /// `2021-01-31`.
    Date {
        year: i32,
        month: u8,
        day: u8,
    },
    /// The literal `missing`.
    Missing,
    /// `rsf(clinical, trees = 500)`, `log10(x)`, `ICC(2, 1)`.
    Call {
        function: Word,
        arguments: Vec<Argument>,
    },
    /// A word before what it qualifies: `early rsf(...)`, `late bma(...)`, `leave-out centre`.
    Qualified {
        word: Word,
        of: Box<Expr>,
    },
    Unary {
        operator: Unary,
        operand: Box<Expr>,
    },
    Binary {
        operator: Binary,
        left: Box<Expr>,
        right: Box<Expr>,
    },
    /// `x in ("A", "B")`, `x in 1 .. 5`, `x not in (...)`.
    In {
        value: Box<Expr>,
        set: Box<Expr>,
        negated: bool,
    },
    /// `x is missing`, `x is present`, `x is not missing`.
    Is {
        value: Box<Expr>,
        state: State,
        negated: bool,
    },
    /// `albumin as g/L`, `lymphocytes as 10^9/L`: the unit's text as written.
    As {
        value: Box<Expr>,
        unit: Word,
    },
    /// `100 .. 500 step 100`.
    Range {
        low: Box<Expr>,
        high: Box<Expr>,
        step: Option<Box<Expr>>,
    },
    /// `("A", "B")`: a parenthesis with a comma.
    Set(Vec<Expr>),
    /// A parenthesis around one expression.
    Group(Box<Expr>),
    /// `median then z-score then elastic_net(top = 10)`.
    Then(Vec<Expr>),
    /// `os ~ age + strata(centre)`; the right side uses `+ - * : ^` as R's formulas do.
    Formula {
        left: Option<Box<Expr>>,
        right: Box<Expr>,
    },
}

/// An argument: positional is data, named is a setting.
#[derive(Clone, Debug, PartialEq)]
pub enum Argument {
    Data(Expr),
    /// `trees = 500`.
    Setting {
        name: Word,
        value: Expr,
    },
    /// `leaf in (3, 6, 15)`, `trees in 100 .. 500 step 100`.
    Grid {
        name: Word,
        values: Expr,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    Missing,
    Present,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    Negate,
    Not,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Power,
    /// `:` inside a formula.
    Interact,
}

impl Binary {
    pub fn symbol(self) -> &'static str {
        match self {
            Binary::Or => "or",
            Binary::And => "and",
            Binary::Equal => "==",
            Binary::NotEqual => "!=",
            Binary::Less => "<",
            Binary::LessOrEqual => "<=",
            Binary::Greater => ">",
            Binary::GreaterOrEqual => ">=",
            Binary::Add => "+",
            Binary::Subtract => "-",
            Binary::Multiply => "*",
            Binary::Divide => "/",
            Binary::Power => "^",
            Binary::Interact => ":",
        }
    }
}

impl fmt::Display for Word {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl Line {
    /// The list after `preposition`, empty if the line has none.
    pub fn after(&self, preposition: Preposition) -> &[Expr] {
        self.phrase(preposition).map_or(&[], |phrase| &phrase.list)
    }

    pub fn phrase(&self, preposition: Preposition) -> Option<&Phrase> {
        self.phrases.iter().find(|phrase| phrase.preposition == preposition)
    }

    pub fn keyword(&self) -> &str {
        self.keyword.as_ref().map_or("", |word| &word.text)
    }
}

impl Declaration {
    /// The clauses with this keyword, in order.
    pub fn clauses<'a>(&'a self, keyword: &'a str) -> impl Iterator<Item = &'a Line> {
        self.clauses.iter().filter(move |clause| clause.keyword() == keyword)
    }
}

impl Expr {
    /// The single word, if it is a plain name of one word.
    pub fn as_word(&self) -> Option<&Word> {
        match &self.kind {
            ExprKind::Name(words) if words.len() == 1 => words.first(),
            _ => None,
        }
    }
}
