//! The walk over a study: names are indexed first, then each declaration is lowered once, those
//! that it refers to before it. A declaration that is faulty is told once and stands as broken, so
//! that nothing which refers to it is told again.

use std::collections::{BTreeMap, BTreeSet};

use crate::card::EndpointKind;
use crate::plan::node::{Operation, Spelt};
use crate::plan::{Known, Node, NodeId, Plan, Provenance, Rows};
use crate::syntax::Lost;
use crate::syntax::ast::{Declaration, Expr, ExprKind, Line, Preposition, Sources, Span};

use super::fault::{Fault, nearest};
use super::model::ModelAbout;
use super::typed::Ty;
use super::{Options, World};

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Symbol {
    Table(NodeId),
    Images(NodeId),
    Expression(NodeId),
    Derive(NodeId),
    Cohort(NodeId),
    Split(NodeId),
    Part { split: NodeId, name: String },
    Endpoint(NodeId),
    Block(NodeId),
    Model(NodeId),
    Groups(NodeId),
    Parameter(usize),
}

/// What became of a name that is looked up.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Found {
    Symbol(Symbol),
    /// It is declared, but its declaration is at fault and has been told.
    Broken,
    Unknown,
}

#[derive(Clone, Debug)]
enum Introduced {
    Declaration(usize),
    Part { declaration: usize, name: String },
}

#[derive(Clone, Debug)]
enum Progress {
    Waiting,
    Busy,
    Done(Option<Symbol>),
}

/// Columns of a table.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    pub name: String,
    pub known: BTreeMap<String, Ty>,
    /// Whether a column that is not in `known` does not exist.
    pub closed: bool,
}

/// What later declarations need of an endpoint.
#[derive(Clone, Debug)]
pub(super) struct EndpointAbout {
    pub name: String,
    pub kind: EndpointKind,
    pub table: NodeId,
    /// Columns that say whether and when the event happened.
    pub lineage: BTreeSet<String>,
    /// Start of follow-up, for survival.
    pub from: Known,
    pub known: Known,
    pub nullable: Option<bool>,
}

/// A column of a block, and where the study says that it is taken.
#[derive(Clone, Debug)]
pub(super) struct BlockColumn {
    pub name: String,
    pub ty: Ty,
    pub span: Span,
}

#[derive(Clone, Debug, Default)]
pub(super) struct BlockAbout {
    pub columns: Vec<BlockColumn>,
    /// Whether `columns` is all there is.
    pub closed: bool,
}

pub(super) struct Checker<'a> {
    pub declarations: &'a [Declaration],
    pub options: &'a Options,
    pub world: &'a dyn World,
    pub sources: &'a mut Sources,
    pub plan: Plan,
    pub faults: Vec<(usize, Fault)>,
    pub tables: BTreeMap<NodeId, Columns>,
    pub derived: BTreeMap<String, (NodeId, NodeId, Ty)>,
    pub endpoints: BTreeMap<NodeId, EndpointAbout>,
    pub blocks: BTreeMap<NodeId, BlockAbout>,
    pub models: BTreeMap<NodeId, ModelAbout>,
    /// Declaration that made each node.
    pub owner: Vec<usize>,
    /// Parameters that `--set` gives, as expressions of the language.
    pub set: BTreeMap<String, Expr>,
    index: BTreeMap<String, Introduced>,
    progress: Vec<Progress>,
    stack: Vec<usize>,
    /// Declarations of which a line is at fault: what seems to be absent there may only be
    /// misspelt.
    wounded: BTreeSet<usize>,
    /// Names that lines which could not be read would have introduced, such as parts of a split.
    lost: BTreeSet<String>,
    /// Faults that were not told for that reason.
    pub wounds: usize,
}

/// Keywords whose first name is introduced.
const INTRODUCING: &[&str] = &[
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
    "parameter",
];

impl<'a> Checker<'a> {
    pub fn new(
        declarations: &'a [Declaration],
        options: &'a Options,
        world: &'a dyn World,
        sources: &'a mut Sources,
        plan: Plan,
    ) -> Self {
        Checker {
            declarations,
            options,
            world,
            sources,
            plan,
            faults: Vec::new(),
            tables: BTreeMap::new(),
            derived: BTreeMap::new(),
            endpoints: BTreeMap::new(),
            blocks: BTreeMap::new(),
            models: BTreeMap::new(),
            owner: Vec::new(),
            set: BTreeMap::new(),
            index: BTreeMap::new(),
            progress: vec![Progress::Waiting; declarations.len()],
            stack: Vec::new(),
            wounded: BTreeSet::new(),
            lost: BTreeSet::new(),
            wounds: 0,
        }
    }

    /// Marks the declarations in which something could not be read.
    pub fn wound(&mut self, faults: &[Fault], lost: &[Lost]) {
        let inside = |outer: Span, inner: Span| {
            outer.source == inner.source && outer.start <= inner.start && inner.end <= outer.end
        };
        for (place, declaration) in self.declarations.iter().enumerate() {
            let span = declaration.span;
            if faults.iter().any(|fault| fault.is_error() && inside(span, fault.span))
                || lost.iter().any(|lost| inside(lost.span, span))
            {
                self.wounded.insert(place);
            }
        }
    }

    /// Indexes every name, telling those that are declared twice.
    pub fn index(&mut self, lost: &[Lost]) {
        self.lost.extend(lost.iter().flat_map(|lost| &lost.names).map(|name| name.text.clone()));
        let declarations = self.declarations;
        for (place, declaration) in declarations.iter().enumerate() {
            if !INTRODUCING.contains(&declaration.head.keyword()) {
                continue;
            }
            if let Some((name, span)) = declaration.head.list.first().and_then(name_of) {
                self.introduce(place, name, span, Introduced::Declaration(place));
            }
            if declaration.head.keyword() == "split" {
                for part in declaration.clauses("part") {
                    if let Some((name, span)) = part.list.first().and_then(name_of) {
                        let part = Introduced::Part { declaration: place, name: name.clone() };
                        self.introduce(place, name, span, part);
                    }
                }
            }
        }
    }

    fn introduce(&mut self, place: usize, name: String, span: Span, what: Introduced) {
        if let Some(Introduced::Declaration(first) | Introduced::Part { declaration: first, .. }) =
            self.index.get(&name)
        {
            let keyword = self.declarations[*first].head.keyword().to_owned();
            let fault = Fault::error("name::declared-twice", span, format!("`{name}` is declared twice"))
                .label(format!("there is already a `{keyword} {name}`"))
                .help("give one of them another name");
            self.tell_of(place, fault);
        } else {
            self.index.insert(name, what);
        }
    }

    /// Lowers every declaration.
    pub fn walk(&mut self) {
        for place in 0..self.declarations.len() {
            self.declare(place, None);
        }
    }

    /// Lowers the declaration, if that has not been done; `from` is the place of the name that
    /// asks for it.
    fn declare(&mut self, place: usize, from: Option<Span>) -> Option<Symbol> {
        match &self.progress[place] {
            Progress::Done(symbol) => return symbol.clone(),
            Progress::Busy => {
                let names: Vec<String> = self
                    .stack
                    .iter()
                    .skip_while(|busy| **busy != place)
                    .chain([&place])
                    .filter_map(|busy| self.declarations[*busy].head.list.first().and_then(name_of))
                    .map(|(name, _)| name)
                    .collect();
                let name = names.first().cloned().unwrap_or_default();
                let span = from.unwrap_or(self.declarations[place].span);
                self.tell(
                    Fault::error("cycle::definition", span, format!("`{name}` is defined through itself"))
                        .label(names.join(" -> "))
                        .help("break the circle: one of them must be made of something else"),
                );
                return None;
            }
            Progress::Waiting => {}
        }
        self.progress[place] = Progress::Busy;
        self.stack.push(place);
        let symbol = self.lower(&self.declarations[place]);
        self.stack.pop();
        self.progress[place] = Progress::Done(symbol.clone());
        symbol
    }

    fn lower(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let Some(keyword) = &declaration.head.keyword else {
            self.bare(declaration);
            return None;
        };
        match keyword.text.as_str() {
            "study" | "use" | "column" => None,
            "parameter" => self.parameter(declaration),
            "table" => self.table(declaration),
            "images" => self.images(declaration),
            "expression" => self.expression_table(declaration),
            "derive" => self.derive(declaration),
            "cohort" => self.cohort(declaration),
            "split" => self.split(declaration),
            "endpoint" => self.endpoint(declaration),
            "features" => self.features(declaration),
            "model" => self.model(declaration),
            "groups" => self.groups(declaration),
            "flow" => self.flow(declaration),
            "describe" => self.describe(declaration),
            "correlate" => self.correlate(declaration),
            "evaluate" => self.evaluate(declaration),
            "explain" => self.explain(declaration),
            "quadrants" => self.quadrants(declaration),
            "stratify" => self.stratify(declaration),
            "contrast" => self.contrast(declaration),
            "recalibrate" => self.recalibrate(declaration),
            "show" | "fit" | "fuse" => {
                self.bare(declaration);
                None
            }
            // The parser has told it.
            _ => None,
        }
    }

    /// Looks a declared name up, lowering its declaration if need be.
    pub fn find(&mut self, name: &str, span: Span) -> Found {
        match self.index.get(name).cloned() {
            None if self.lost.contains(name) => Found::Broken,
            None => Found::Unknown,
            Some(Introduced::Declaration(place)) => {
                self.declare(place, Some(span)).map_or(Found::Broken, Found::Symbol)
            }
            Some(Introduced::Part { declaration, name }) => match self.declare(declaration, Some(span)) {
                Some(Symbol::Split(split)) => Found::Symbol(Symbol::Part { split, name }),
                _ => Found::Broken,
            },
        }
    }

    /// Whether a name is declared, without lowering it.
    pub fn is_declared(&self, name: &str) -> bool {
        self.index.contains_key(name) || self.lost.contains(name)
    }

    /// Whether the name is that of the declaration being lowered.
    pub fn is_own(&self, name: &str) -> bool {
        matches!(self.index.get(name), Some(Introduced::Declaration(place)) if self.stack.last() == Some(place))
    }

    /// Every declared name of these keywords, for completion of a misspelling.
    pub fn names(&self, keywords: &[&str]) -> Vec<String> {
        self.index
            .iter()
            .filter(|(_, what)| match what {
                Introduced::Declaration(place) => keywords.contains(&self.declarations[*place].head.keyword()),
                Introduced::Part { .. } => keywords.contains(&"part"),
            })
            .map(|(name, _)| name.clone())
            .collect()
    }

    /// Lowers every declaration of this keyword and returns its symbols in the order of the text.
    pub fn all(&mut self, keyword: &str) -> Vec<(String, Symbol)> {
        let declarations = self.declarations;
        let mut found = Vec::new();
        for (place, declaration) in declarations.iter().enumerate() {
            if declaration.head.keyword() != keyword || matches!(self.progress[place], Progress::Busy) {
                continue;
            }
            if let (Some(symbol), Some((name, _))) =
                (self.declare(place, None), declaration.head.list.first().and_then(name_of))
            {
                found.push((name, symbol));
            }
        }
        found
    }

    /// Tells a fault of the declaration being lowered; the same fault of the same words is told
    /// once.
    pub fn tell(&mut self, fault: Fault) {
        let place = self.stack.last().copied().unwrap_or(0);
        self.tell_of(place, fault);
    }

    pub fn tell_of(&mut self, place: usize, fault: Fault) {
        // What is absent from a declaration of which a line is at fault may stand in that line.
        let of_absence = fault.code.starts_with("kind::no-")
            || matches!(
                fault.code,
                "missing::no-policy"
                    | "missing::censoring"
                    | "kind::endpoint"
                    | "kind::levels"
                    | "kind::keep"
                    | "kind::cut"
            );
        if of_absence && self.wounded.contains(&place) {
            self.wounds += 1;
            return;
        }
        let same =
            |known: &Fault| known.code == fault.code && known.span == fault.span && known.message == fault.message;
        if !self.faults.iter().any(|(_, known)| same(known)) {
            self.faults.push((place, fault));
        }
    }

    /// Tells that a name is of another kind than is wanted.
    pub fn wrong_kind(&mut self, name: &str, span: Span, found: &Symbol, wanted: &str) {
        let is = found.noun();
        self.tell(
            Fault::error("kind::wrong-name", span, format!("`{name}` is {is}; {wanted} is wanted here"))
                .label(format!("this is {is}")),
        );
    }

    /// Tells that a name is not declared.
    pub fn unknown(&mut self, name: &str, span: Span, wanted: &str, keywords: &[&str]) {
        let candidates = self.names(keywords);
        let fault = Fault::error("name::unknown", span, format!("there is no {wanted} named `{name}`"))
            .label("not declared in this study");
        let fault = match nearest(name, candidates.clone()) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None if candidates.is_empty() => fault.help(format!("declare it: `{} {name} ...`", keywords[0])),
            None => fault.help(format!("declared are {}", super::fault::alternatives(candidates))),
        };
        self.tell(fault);
    }

    /// Adds a node of the declaration being lowered.
    pub fn add(
        &mut self,
        declaration: &Declaration,
        name: String,
        operation: Operation,
        inputs: Vec<NodeId>,
        provenance: Provenance,
        defaults: Vec<Spelt>,
    ) -> NodeId {
        let unique = self.unique(declaration, &name);
        let mut seen = BTreeSet::new();
        let inputs: Vec<NodeId> = inputs.into_iter().filter(|id| seen.insert(*id)).collect();
        let provenance = inputs.iter().fold(provenance, |joined, id| joined.join(&self.plan.node(*id).provenance));
        self.owner.push(self.stack.last().copied().unwrap_or(0));
        self.plan.add(|id| Node {
            id,
            name: unique,
            stem: name,
            documentation: declaration.documentation.join("\n"),
            operation,
            inputs,
            provenance,
            defaults,
            accepted: Vec::new(),
            span: declaration.span,
        })
    }

    /// The name of a step that no other has: of questions with one stem the later are told apart by
    /// the words of their heads, and by a number where those are the same too.
    fn unique(&self, declaration: &Declaration, stem: &str) -> String {
        if self.plan.find(stem).is_none() {
            return stem.to_owned();
        }
        let head = self.words(declaration.head.span);
        let longer = match stem.strip_prefix("evaluate ") {
            _ if head.starts_with(stem) => head,
            Some(model) if head.starts_with(model) => format!("evaluate {head}"),
            _ => stem.to_owned(),
        };
        let numbered = (2..).map(|count| format!("{longer} #{count}"));
        std::iter::once(longer.clone()).chain(numbered).find(|name| self.plan.find(name).is_none()).unwrap_or(longer)
    }

    /// The words at a span, blanks folded.
    pub fn words(&self, span: Span) -> String {
        self.sources.words(span).split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// Rows in words: `train`, `eligible`, `all of patients`.
    pub fn rows_words(&self, rows: &Rows) -> String {
        let bare = |id: NodeId| {
            let name = &self.plan.node(id).name;
            name.split_once(' ').map_or(name.clone(), |(_, name)| name.to_owned())
        };
        match rows {
            Rows::Table(id) => format!("every row of {}", bare(*id)),
            Rows::Cohort(id) => bare(*id),
            Rows::Part { part, .. } => part.clone(),
        }
    }
}

impl Symbol {
    pub fn node(&self) -> Option<NodeId> {
        match self {
            Symbol::Table(id)
            | Symbol::Images(id)
            | Symbol::Expression(id)
            | Symbol::Derive(id)
            | Symbol::Cohort(id)
            | Symbol::Split(id)
            | Symbol::Endpoint(id)
            | Symbol::Block(id)
            | Symbol::Model(id)
            | Symbol::Groups(id) => Some(*id),
            Symbol::Part { split, .. } => Some(*split),
            Symbol::Parameter(_) => None,
        }
    }

    pub fn noun(&self) -> &'static str {
        match self {
            Symbol::Table(_) => "a table",
            Symbol::Images(_) => "a set of images",
            Symbol::Expression(_) => "an expression table",
            Symbol::Derive(_) => "a derived column",
            Symbol::Cohort(_) => "a cohort",
            Symbol::Split(_) => "a split",
            Symbol::Part { .. } => "a part of a split",
            Symbol::Endpoint(_) => "an endpoint",
            Symbol::Block(_) => "a block of features",
            Symbol::Model(_) => "a model",
            Symbol::Groups(_) => "a grouping",
            Symbol::Parameter(_) => "a parameter",
        }
    }
}

/// The name that an expression is, if it is a plain one.
pub(super) fn name_of(expr: &Expr) -> Option<(String, Span)> {
    match &expr.kind {
        ExprKind::Name(words) if words.len() == 1 => words.first().map(|word| (word.text.clone(), expr.span)),
        ExprKind::Quoted(name) => Some((name.clone(), expr.span)),
        ExprKind::Group(inner) => name_of(inner),
        _ => None,
    }
}

/// What stands after a preposition, in the head or as a clause of its own, with its place.
pub(super) fn phrase(declaration: &Declaration, preposition: Preposition) -> Option<(&[Expr], Span)> {
    if let Some(phrase) = declaration.head.phrase(preposition) {
        return Some((&phrase.list, phrase.span));
    }
    for clause in &declaration.clauses {
        if let Some(found) = clause_phrase(clause, preposition) {
            return Some(found);
        }
    }
    None
}

/// A clause that begins with a preposition: `at 6, 12, 24, 36 months`.
fn clause_phrase(clause: &Line, preposition: Preposition) -> Option<(&[Expr], Span)> {
    match &clause.keyword {
        None => clause.phrases.first().filter(|first| first.preposition == preposition && clause.list.is_empty()),
        Some(word) if word.text == preposition.word() => return Some((&clause.list, clause.span)),
        Some(_) => None,
    }
    .map(|phrase| (phrase.list.as_slice(), phrase.span))
}

/// The elements of the lists of every clause with this keyword.
pub(super) fn listed<'d>(declaration: &'d Declaration, keyword: &str) -> Vec<&'d Expr> {
    declaration.clauses.iter().filter(|clause| clause.keyword() == keyword).flat_map(|clause| &clause.list).collect()
}

/// Shorthand for a spelt-out default.
pub(super) fn spelt(what: &str, value: impl Into<String>) -> Spelt {
    Spelt { what: what.to_owned(), value: value.into() }
}
