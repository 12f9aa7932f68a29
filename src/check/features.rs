//! `features`: what is measured. A block fits nothing that sees an outcome.

use crate::frame::Cells;
use crate::frame::Table as Frame;
use crate::frame::evaluate;
use crate::frame::expression::Type;
use crate::plan::node::{Columns as ColumnsNode, Operation, Selection};
use crate::plan::{NodeId, Provenance};
use crate::syntax::ast::{Declaration, Expr, ExprKind, Line, Preposition};

use super::checker::{BlockAbout, BlockColumn, Checker, Columns, Found, Symbol, name_of};
use super::fault::{Fault, NearestOf};
use super::registry;
use super::row::Purpose;
use super::typed::Ty;

/// Stands for the table of what is known of columns: `name`, `role`, `type`, `unit`.
const ABOUT_COLUMNS: NodeId = NodeId(u32::MAX);

impl<'a> Checker<'a> {
    pub(super) fn features(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, _) = declaration.head.list.first().and_then(name_of)?;
        if let Some((source, span)) = declaration.head.after(Preposition::From).first().and_then(name_of) {
            match self.find(&source, span) {
                Found::Symbol(Symbol::Images(images)) => return self.extraction(declaration, &name, images),
                Found::Symbol(Symbol::Model(_) | Symbol::Groups(_)) => {
                    self.tell(
                        Fault::error(
                            "leak::resubstitution",
                            span,
                            format!("the predictions of `{source}` on the rows of its own fit would serve as features"),
                        )
                        .label("a fitted value")
                        .help("fuse the models: `fuse late logistic(...)` learns from out-of-fold predictions"),
                    );
                    return None;
                }
                Found::Broken => return None,
                _ => {}
            }
        }
        let speaking: Vec<&Expr> = declaration.clauses.iter().flat_map(|clause| &clause.list).collect();
        let table = self.table_of(declaration, &speaking)?;
        let mut selections = Vec::new();
        let mut about = BlockAbout { closed: true, ..BlockAbout::default() };
        let mut derived = Vec::new();
        let mut faulty = false;
        for clause in declaration.clauses("columns") {
            let mut named = Vec::new();
            for expr in &clause.list {
                match self.block_column(table, expr) {
                    Some((column, inputs)) => {
                        derived.extend(inputs);
                        if about.columns.iter().any(|known| known.name == column.name) {
                            let words = column.name.clone();
                            self.tell(
                                Fault::warning(
                                    "name::listed-twice",
                                    expr.span,
                                    format!("`{words}` is already in the block"),
                                )
                                .label("taken once"),
                            );
                            continue;
                        }
                        named.push(column.name.clone());
                        about.columns.push(column);
                    }
                    None => faulty = true,
                }
            }
            if !named.is_empty() {
                selections.push(Selection::Named(named));
            }
            for predicate in clause.after(Preposition::Where) {
                match self.selected(table, predicate, &mut about) {
                    Some(selection) => selections.push(selection),
                    None => faulty = true,
                }
            }
        }
        for clause in declaration.clauses("keep") {
            self.keep_of_columns(clause);
            faulty = true;
        }
        if faulty {
            return None;
        }
        if selections.is_empty() {
            self.tell(
                Fault::error(
                    "kind::no-columns",
                    declaration.head.span,
                    format!("`{name}` does not say which columns it takes"),
                )
                .label("no columns")
                .help("`columns age, sex` or `columns where role == \"predictor\"`"),
            );
            return None;
        }
        let id = self.add(
            declaration,
            format!("features {name}"),
            Operation::Columns(ColumnsNode { table, selections, derived: derived.clone() }),
            [vec![table], derived].concat(),
            Provenance::default(),
            Vec::new(),
        );
        self.blocks.insert(id, about);
        Some(Symbol::Block(id))
    }

    fn block_column(&mut self, table: NodeId, expr: &Expr) -> Option<(BlockColumn, Vec<NodeId>)> {
        let name = match name_of(expr) {
            Some((name, _)) => name,
            None => {
                if let ExprKind::Name(path) = &expr.kind
                    && let [first, ..] = path.as_slice()
                    && let Found::Symbol(Symbol::Model(_)) = self.find(&first.text, first.span)
                {
                    // Told as a resubstituted prediction.
                    self.row(table, Purpose::Features, expr);
                    return None;
                }
                let text = self.words(expr.span);
                let code = match &expr.kind {
                    // `z-score(age)` and its kin look at other rows and are told so.
                    ExprKind::Call { .. } => {
                        let told = self.faults.len();
                        self.row(table, Purpose::Features, expr);
                        if self.faults.len() > told {
                            return None;
                        }
                        "kind::column"
                    }
                    _ => "kind::column",
                };
                let help = match &expr.kind {
                    ExprKind::Text(name) => format!("a name with other signs stands in backticks: `` `{name}` ``"),
                    _ => format!("derive it first: `derive new_name = {text}`"),
                };
                self.tell(
                    Fault::error(code, expr.span, format!("`{text}` is no name of a column"))
                        .label("a column's name is wanted")
                        .help(help),
                );
                return None;
            }
        };
        let typed = self.column(table, Purpose::Features, &name, expr.span)?;
        if typed.ty.kind == Some(Type::Date) {
            self.tell(
                Fault::error("kind::date-feature", expr.span, format!("`{name}` is a date; no learner reads one"))
                    .label("a date")
                    .help("derive a number of days from it: `derive days = later - earlier`"),
            );
            return None;
        }
        if typed.ty.role.as_deref() == Some("key") {
            self.tell(
                Fault::error(
                    "kind::key-feature",
                    expr.span,
                    format!("`{name}` identifies the patient and predicts nothing"),
                )
                .label("the key of the table"),
            );
            return None;
        }
        Some((BlockColumn { name, ty: typed.ty, span: expr.span }, typed.inputs.into_iter().collect()))
    }

    /// `columns where role == "predictor"`: resolved here where the columns are known.
    fn selected(&mut self, table: NodeId, predicate: &Expr, about: &mut BlockAbout) -> Option<Selection> {
        let columns = self.tables.get(&table).cloned().unwrap_or_default();
        let mut meta = Columns { name: "the dictionary".to_owned(), closed: true, ..Columns::default() };
        for property in ["name", "role", "type", "unit"] {
            let mut ty = Ty::assumed(property);
            ty.kind = Some(Type::Text);
            ty.nullable = Some(property == "role" || property == "unit");
            if columns.closed && property != "name" {
                ty.levels = columns.known.values().filter_map(|known| described(known, property)).collect();
                ty.levels.sort();
                ty.levels.dedup();
            }
            meta.known.insert(property.to_owned(), ty);
        }
        self.tables.insert(ABOUT_COLUMNS, meta);
        let typed = self.condition(ABOUT_COLUMNS, Purpose::Features, predicate);
        self.tables.remove(&ABOUT_COLUMNS);
        let typed = typed?;
        if !columns.closed {
            about.closed = false;
            return Some(Selection::Where(typed.expression));
        }
        let names: Vec<&String> = columns.known.keys().collect();
        let texts = |property: &str| {
            Cells::Text(
                columns
                    .known
                    .iter()
                    .map(|(name, ty)| if property == "name" { Some(name.clone()) } else { described(ty, property) })
                    .collect(),
            )
        };
        let frame = Frame::new(
            ["name", "role", "type", "unit"].iter().map(|property| ((*property).to_owned(), texts(property))).collect(),
        );
        let chosen = frame.ok().and_then(|frame| evaluate::condition(&typed.expression, &frame).ok());
        let Some(chosen) = chosen else {
            self.tell(
                Fault::error("kind::condition", predicate.span, "this asks nothing that is known of a column")
                    .label("`name`, `role`, `type` and `unit` are known"),
            );
            return None;
        };
        let key = match &self.plan.node(table).operation {
            Operation::Table(table) => table.key.clone(),
            _ => None,
        };
        let mut named = Vec::new();
        for (name, holds) in names.into_iter().zip(chosen) {
            let Some(ty) = columns.known.get(name) else { continue };
            let unusable =
                ty.kind == Some(Type::Date) || ty.role.as_deref() == Some("key") || key.as_ref() == Some(name);
            if holds != Some(true) || unusable || about.columns.iter().any(|known| known.name == *name) {
                continue;
            }
            about.columns.push(BlockColumn { name: name.clone(), ty: ty.clone(), span: predicate.span });
            named.push(name.clone());
        }
        if named.is_empty() {
            let table = columns.name;
            self.tell(
                Fault::error("vacuous::keeps-nothing", predicate.span, format!("no column of `{table}` fulfils this"))
                    .label("takes no column"),
            );
            return None;
        }
        Some(Selection::Named(named))
    }

    /// `keep` in a block of columns: a selection would have to be fitted.
    fn keep_of_columns(&mut self, clause: &Line) {
        let expr = clause.after(Preposition::Where).first().or(clause.list.first());
        let span = expr.map_or(clause.span, |expr| expr.span);
        let mut words = Vec::new();
        if let Some(expr) = expr {
            calls(expr, &mut words);
        }
        let step = words.iter().find(|word| registry::steps().any(|step| step.card().name == **word));
        let fault = match step {
            Some(step) => Fault::error(
                "leak::selection-before-split",
                span,
                format!("`{step}` would be fitted on every row before the split, the test rows among them"),
            )
            .label("a selection of features")
            .help(format!("make it a step of the model: `prepare ... by {step}(...)`")),
            None => Fault::error("kind::keep", span, "`keep` judges agreement of readers on images; columns have none")
                .label("not in a block of columns"),
        };
        self.tell(fault);
    }
}

fn described(ty: &Ty, property: &str) -> Option<String> {
    match property {
        "role" => ty.role.clone(),
        "unit" => ty.unit.clone(),
        "type" => ty.kind.map(|kind| {
            match kind {
                Type::Number => "number",
                Type::Text => "text",
                Type::Date => "date",
                Type::Flag => "flag",
                Type::Duration => "duration",
            }
            .to_owned()
        }),
        _ => None,
    }
}

/// Names of the functions called in an expression, and single names.
pub(super) fn calls(expr: &Expr, found: &mut Vec<String>) {
    match &expr.kind {
        ExprKind::Call { function, .. } => found.push(function.text.clone()),
        ExprKind::Name(words) => found.extend(words.iter().map(|word| word.text.clone())),
        ExprKind::Binary { left, right, .. } => {
            calls(left, found);
            calls(right, found);
        }
        ExprKind::Group(inner) | ExprKind::Unary { operand: inner, .. } => calls(inner, found),
        ExprKind::Then(steps) | ExprKind::Set(steps) => steps.iter().for_each(|step| calls(step, found)),
        _ => {}
    }
}

/// A misspelt word among a fixed list.
pub(super) fn one_of_words(fault: Fault, word: &str, words: &[&str]) -> Fault {
    match super::fault::nearest(word, words.iter().map(|word| (*word).to_owned())) {
        Some(_) => fault.nearest_of(word, words.iter().map(|word| (*word).to_owned())),
        None => {
            fault.help(format!("known are {}", super::fault::alternatives(words.iter().map(|word| (*word).to_owned()))))
        }
    }
}
