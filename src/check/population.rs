//! `cohort` and `split`: who is studied, and which rows are never fitted on.

use crate::frame::expression::Type;
use crate::plan::node::{Balance, Cohort, Condition, MissingCondition, Operation, PartPlan, Split};
use crate::plan::{Known, NodeId, Provenance, Rows};
use crate::syntax::ast::{Declaration, Expr, ExprKind, Label, Line, Preposition, Span};

use super::checker::{Checker, Found, Symbol, listed, name_of, spelt};
use super::constraints::Constraints;
use super::fault::{Fault, NearestOf};
use super::row::Purpose;
use super::tables::literal_number;
use super::typed::{Typed, is_after, time_words};

impl<'a> Checker<'a> {
    pub(super) fn cohort(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, _) = declaration.head.list.first().and_then(name_of)?;
        let speaking: Vec<&Expr> = declaration.clauses.iter().flat_map(|clause| &clause.list).collect();
        let table = self.table_of(declaration, &speaking)?;
        let mut inputs = vec![table];
        // A cohort of a cohort inherits its conditions.
        let mut conditions = Vec::new();
        let mut constraints = Constraints::default();
        if let Some((source, span)) = declaration.head.after(Preposition::From).first().and_then(name_of)
            && let Found::Symbol(Symbol::Cohort(id)) = self.find(&source, span)
            && let Operation::Cohort(parent) = &self.plan.node(id).operation
        {
            conditions.clone_from(&parent.conditions);
            inputs.extend(self.plan.node(id).inputs.iter().copied());
            constraints = self.constraints(&Rows::Cohort(id));
        }
        let mut faulty = false;
        let mut nullable = false;
        for clause in &declaration.clauses {
            let include = match clause.keyword() {
                "include" => true,
                "exclude" => false,
                _ => continue,
            };
            for expr in &clause.list {
                let Some(typed) = self.condition(table, Purpose::Population, expr) else {
                    faulty = true;
                    continue;
                };
                self.eligibility_in_time(&typed, expr.span, include);
                let before = constraints.contradiction().is_some();
                if include {
                    constraints.hold(&typed.expression)
                } else {
                    constraints.refuse(&typed.expression)
                }
                if let (false, Some(column)) = (before, constraints.contradiction()) {
                    let fault = Fault::error(
                        "vacuous::keeps-nothing",
                        expr.span,
                        format!("nobody is left: no `{column}` fulfils this together with the conditions above"),
                    )
                    .label("keeps nobody");
                    self.tell(fault);
                }
                nullable |= typed.ty.nullable != Some(false);
                inputs.extend(typed.inputs.iter().copied());
                let label = match &clause.label {
                    Some(Label::Text(word) | Label::Code(word)) => word.text.clone(),
                    None => self.words(expr.span),
                };
                let missing = if include { MissingCondition::Leaves } else { MissingCondition::Stays };
                conditions.push(Condition { include, label, expression: typed.expression, missing });
            }
        }
        if faulty {
            return None;
        }
        let mut defaults = Vec::new();
        if nullable {
            defaults.push(spelt(
                "a condition that is missing",
                "the row leaves an inclusion, counted apart as unknown, and stays where an exclusion is not established",
            ));
        }
        let id = self.add(
            declaration,
            format!("cohort {name}"),
            Operation::Cohort(Cohort { table, conditions }),
            inputs,
            Provenance::default(),
            defaults,
        );
        Some(Symbol::Cohort(id))
    }

    /// Who is eligible must be known when the prediction is made.
    fn eligibility_in_time(&mut self, typed: &Typed, span: Span, include: bool) {
        let Some(predict_at) = self.plan.study.predict_at.clone() else { return };
        if is_after(&typed.ty.known, &predict_at) == Some(true) {
            let what = if include { "an inclusion" } else { "an exclusion" };
            self.tell(
                Fault::error(
                    "time::future-eligibility",
                    span,
                    format!(
                        "{what} known at {} decides who is studied, but predictions are made at {}",
                        time_words(&typed.ty.known),
                        time_words(&predict_at)
                    ),
                )
                .label("known too late")
                .help("drop the condition, or predict later: `predict at` of the study"),
            );
        }
    }

    pub(super) fn split(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, _) = declaration.head.list.first().and_then(name_of)?;
        let source = declaration.head.after(Preposition::From).first();
        let cohort = match source {
            Some(expr) => match self.rows_of(expr)? {
                Rows::Cohort(id) | Rows::Table(id) => id,
                Rows::Part { .. } => {
                    self.tell(
                        Fault::error("kind::wrong-name", expr.span, "a part is not split again: name its cohort")
                            .label("a part of a split"),
                    );
                    return None;
                }
            },
            None => self.default_cohort(declaration.head.span)?,
        };
        let table = self.table_under(cohort)?;
        let mut inputs = vec![cohort];
        let mut parts = Vec::new();
        let mut places: Vec<(Span, Option<Span>)> = Vec::new();
        let mut faulty = false;
        for clause in declaration.clauses("part") {
            match self.part(table, clause, &mut inputs) {
                Some((part, share)) => {
                    places.push((clause.list.first().map_or(clause.span, |expr| expr.span), share));
                    parts.push(part);
                }
                None => faulty = true,
            }
        }
        if faulty {
            return None;
        }
        self.shares(&parts, &places);
        let mut balance = Vec::new();
        for expr in listed(declaration, "balance") {
            let Some((word, span)) = name_of(expr) else { continue };
            match self.find(&word, span) {
                Found::Symbol(Symbol::Endpoint(id)) => {
                    inputs.push(id);
                    balance.push(Balance::Endpoint(id));
                }
                Found::Broken => {}
                _ => {
                    if let Some(typed) = self.row(table, Purpose::Population, expr) {
                        inputs.extend(typed.inputs);
                        balance.push(Balance::Column(word));
                    }
                }
            }
        }
        let mut sealed = Vec::new();
        for expr in listed(declaration, "seal") {
            let Some((word, span)) = name_of(expr) else { continue };
            if parts.iter().any(|part| part.name == word) {
                sealed.push(word);
            } else {
                let fault = Fault::error("name::unknown", span, format!("the split has no part `{word}`"))
                    .label("not a part of this split")
                    .nearest_of(&word, parts.iter().map(|part| part.name.clone()));
                self.tell(fault);
            }
        }
        let mut defaults = vec![spelt("rows of one key", "go to the same part")];
        if balance.is_empty() && parts.iter().any(|part| part.share.is_some()) {
            defaults.push(spelt("balance", "none: parts are drawn without strata"));
        }
        defaults.push(spelt("models are fitted on", parts.first().map_or("", |part| &part.name)));
        let id = self.add(
            declaration,
            format!("split {name}"),
            Operation::Split(Split { cohort, parts, balance, sealed }),
            inputs,
            Provenance::default(),
            defaults,
        );
        Some(Symbol::Split(id))
    }

    fn part(&mut self, table: NodeId, clause: &Line, inputs: &mut Vec<NodeId>) -> Option<(PartPlan, Option<Span>)> {
        let (name, _) = clause.list.first().and_then(name_of)?;
        let mut share = None;
        let mut share_span = None;
        if let Some(value) = &clause.value {
            // `part train = 70% where ...`: the predicate may stand behind the share.
            let value = self.resolved(value);
            share_span = Some(value.span);
            match literal_number(&value) {
                Some(number) if number > 0.0 && number <= 1.0 => share = Some(number),
                Some(number) => {
                    let fault = Fault::error(
                        "range::share",
                        value.span,
                        format!("a part is a share of the rows: {number} is not"),
                    )
                    .label("no share")
                    .help("a share lies above 0% and up to 100%: `70%`");
                    self.tell(fault);
                    return None;
                }
                None => {
                    self.tell(
                        Fault::error("kind::share", value.span, "a part is a share of the rows, such as 70%")
                            .label("no share"),
                    );
                    return None;
                }
            }
        }
        let predicate = match clause.after(Preposition::Where).first() {
            Some(expr) => {
                let typed = self.condition(table, Purpose::Population, expr)?;
                inputs.extend(typed.inputs);
                Some(typed.expression)
            }
            None => None,
        };
        Some((PartPlan { name, share, predicate }, share_span))
    }

    /// Shares of the same rows add up to at most one, and parts without a share leave no overlap.
    fn shares(&mut self, parts: &[PartPlan], places: &[(Span, Option<Span>)]) {
        let mut told = false;
        for (index, part) in parts.iter().enumerate() {
            let same: f64 = parts[..=index]
                .iter()
                .filter(|other| other.predicate == part.predicate)
                .filter_map(|other| other.share)
                .sum();
            if same > 1.0 + 1e-9 && !told {
                told = true;
                let span = places[index].1.unwrap_or(places[index].0);
                self.tell(
                    Fault::error("range::share", span, format!("the parts take {:.0}% of the same rows", same * 100.0))
                        .label("more than there is"),
                );
            }
            for (other, (place, _)) in parts[..index].iter().zip(places) {
                let _ = place;
                if part.predicate == other.predicate && part.share.is_some() && other.share.is_some() {
                    continue;
                }
                let (mut left, mut right) = (Constraints::default(), Constraints::default());
                if let Some(predicate) = &part.predicate {
                    left.hold(predicate);
                }
                if let Some(predicate) = &other.predicate {
                    right.hold(predicate);
                }
                if left.disjoint(&right) {
                    continue;
                }
                let surely = left.holds_all_of(&right) || right.holds_all_of(&left);
                // `part test` without share and predicate takes what the others leave.
                let rest = part.predicate.is_none() && part.share.is_none()
                    || other.predicate.is_none() && other.share.is_none();
                if surely && !rest {
                    let fault = Fault::error(
                        "leak::overlapping-parts",
                        places[index].0,
                        format!("`{}` and `{}` hold the same patients", part.name, other.name),
                    )
                    .label("overlaps")
                    .help("give them shares of the same rows, or conditions that exclude each other");
                    self.tell(fault);
                }
            }
        }
    }

    /// Rows by name: a part, a cohort, a table, or a split (all its rows).
    pub(super) fn rows_of(&mut self, expr: &Expr) -> Option<Rows> {
        if let ExprKind::Name(path) = &expr.kind
            && let [split, part] = path.as_slice()
            && let Found::Symbol(Symbol::Split(id)) = self.find(&split.text, split.span)
        {
            let rows = Rows::Part { split: id, part: part.text.clone() };
            if self.part_plan(&rows).is_some() {
                return Some(rows);
            }
            let names = self.part_names(id);
            self.tell(
                Fault::error("name::unknown", part.span, format!("`{}` has no part `{}`", split.text, part.text))
                    .label("no such part")
                    .nearest_of(&part.text, names),
            );
            return None;
        }
        let Some((name, span)) = name_of(expr) else {
            self.tell(
                Fault::error("kind::rows", expr.span, "rows are named: a part of a split, a cohort or a table")
                    .label("not a name of rows"),
            );
            return None;
        };
        match self.find(&name, span) {
            Found::Symbol(Symbol::Table(id)) => Some(Rows::Table(id)),
            Found::Symbol(Symbol::Cohort(id)) => Some(Rows::Cohort(id)),
            Found::Symbol(Symbol::Part { split, name }) => Some(Rows::Part { split, part: name }),
            Found::Symbol(Symbol::Split(id)) => match &self.plan.node(id).operation {
                Operation::Split(split) => Some(match &self.plan.node(split.cohort).operation {
                    Operation::Table(_) => Rows::Table(split.cohort),
                    _ => Rows::Cohort(split.cohort),
                }),
                _ => None,
            },
            Found::Symbol(other) => {
                self.wrong_kind(&name, span, &other, "a part, a cohort or a table");
                None
            }
            Found::Broken => None,
            Found::Unknown => {
                self.unknown(&name, span, "part, cohort or table", &["part", "cohort", "table", "split"]);
                None
            }
        }
    }

    fn part_names(&self, split: NodeId) -> Vec<String> {
        match &self.plan.node(split).operation {
            Operation::Split(split) => split.parts.iter().map(|part| part.name.clone()).collect(),
            _ => Vec::new(),
        }
    }

    pub(super) fn part_plan(&self, rows: &Rows) -> Option<&PartPlan> {
        let Rows::Part { split, part } = rows else { return None };
        match &self.plan.node(*split).operation {
            Operation::Split(split) => split.parts.iter().find(|known| known.name == *part),
            _ => None,
        }
    }

    /// The only cohort, or the only table.
    pub(super) fn default_cohort(&mut self, span: Span) -> Option<NodeId> {
        let cohorts = self.all("cohort");
        match cohorts.as_slice() {
            [(_, symbol)] => symbol.node(),
            [] => self.table_speaking(span, &[]),
            _ => {
                let names = super::fault::alternatives(cohorts.into_iter().map(|(name, _)| name));
                self.tell(
                    Fault::error(
                        "name::which-rows",
                        span,
                        format!("it is not said of which cohort this speaks: {names}"),
                    )
                    .label("which cohort?")
                    .help("name it: `from` and the cohort's name, or `on` in a question"),
                );
                None
            }
        }
    }

    /// Every row that a question without `on` is about: the cohort of the split, the only cohort,
    /// or the table.
    pub(super) fn whole_rows(&mut self, table: Option<NodeId>, span: Span) -> Option<Rows> {
        let splits = self.all("split");
        let of_table = |checker: &Self, id: NodeId| table.is_none_or(|table| checker.table_under(id) == Some(table));
        let splits: Vec<NodeId> =
            splits.iter().filter_map(|(_, symbol)| symbol.node()).filter(|id| of_table(self, *id)).collect();
        if let [split] = splits.as_slice()
            && let Operation::Split(split) = &self.plan.node(*split).operation
        {
            return Some(match &self.plan.node(split.cohort).operation {
                Operation::Table(_) => Rows::Table(split.cohort),
                _ => Rows::Cohort(split.cohort),
            });
        }
        let cohorts = self.all("cohort");
        let cohorts: Vec<NodeId> =
            cohorts.iter().filter_map(|(_, symbol)| symbol.node()).filter(|id| of_table(self, *id)).collect();
        match (cohorts.as_slice(), table) {
            ([cohort], _) => Some(Rows::Cohort(*cohort)),
            ([], Some(table)) => Some(Rows::Table(table)),
            ([], None) => self.table_speaking(span, &[]).map(Rows::Table),
            _ => match table {
                Some(table) => Some(Rows::Table(table)),
                None => self.default_cohort(span).map(Rows::Cohort),
            },
        }
    }

    /// The rows on which a model is fitted unless it says otherwise: the part `train`, or the
    /// first part of the only split, or else the cohort.
    pub(super) fn training_rows(&mut self, table: Option<NodeId>, span: Span) -> Option<Rows> {
        let splits = self.all("split");
        let splits: Vec<NodeId> = splits
            .iter()
            .filter_map(|(_, symbol)| symbol.node())
            .filter(|id| table.is_none_or(|table| self.table_under(*id) == Some(table)))
            .collect();
        // Of several splits the one with a part `train` is meant.
        let with_train: Vec<NodeId> =
            splits.iter().copied().filter(|split| self.part_names(*split).iter().any(|name| name == "train")).collect();
        let splits = if with_train.len() == 1 { with_train } else { splits };
        match splits.as_slice() {
            [split] => {
                let names = self.part_names(*split);
                let part = names.iter().find(|name| *name == "train").or(names.first())?.clone();
                Some(Rows::Part { split: *split, part })
            }
            [] => self.whole_rows(table, span),
            _ => {
                self.tell(
                    Fault::error(
                        "name::which-rows",
                        span,
                        "there is more than one split: it is not said which rows are fitted on",
                    )
                    .label("fitted on which rows?")
                    .help("add `on` and the part's name"),
                );
                None
            }
        }
    }

    /// What is known of the rows.
    pub(super) fn constraints(&self, rows: &Rows) -> Constraints {
        let mut constraints = Constraints::default();
        match rows {
            Rows::Table(_) => {}
            Rows::Cohort(id) => {
                if let Operation::Cohort(cohort) = &self.plan.node(*id).operation {
                    for condition in &cohort.conditions {
                        if condition.include {
                            constraints.hold(&condition.expression);
                        } else {
                            constraints.refuse(&condition.expression);
                        }
                    }
                }
            }
            Rows::Part { split, .. } => {
                if let Operation::Split(split) = &self.plan.node(*split).operation {
                    constraints = self.constraints(&Rows::Cohort(split.cohort));
                }
                if let Some(predicate) = self.part_plan(rows).and_then(|part| part.predicate.as_ref()) {
                    constraints.hold(predicate);
                }
            }
        }
        constraints
    }

    pub(super) fn rows_node(rows: &Rows) -> NodeId {
        match rows {
            Rows::Table(id) | Rows::Cohort(id) | Rows::Part { split: id, .. } => *id,
        }
    }

    pub(super) fn rows_table(&self, rows: &Rows) -> Option<NodeId> {
        self.table_under(Self::rows_node(rows))
    }

    /// Whether two sets of rows share patients.
    pub(super) fn overlap(&self, left: &Rows, right: &Rows) -> Overlap {
        if left == right {
            return Overlap::Surely;
        }
        if self.rows_table(left) != self.rows_table(right) {
            return Overlap::Unproved;
        }
        if let (Rows::Part { split: a, part: left }, Rows::Part { split: b, part: right }) = (left, right)
            && a == b
        {
            return if left == right { Overlap::Surely } else { Overlap::None };
        }
        let (a, b) = (self.constraints(left), self.constraints(right));
        if a.disjoint(&b) {
            Overlap::None
        } else if a.holds_all_of(&b) || b.holds_all_of(&a) {
            Overlap::Surely
        } else {
            Overlap::Unproved
        }
    }

    pub(super) fn is_sealed(&self, rows: &Rows) -> bool {
        let Rows::Part { split, part } = rows else { return false };
        matches!(&self.plan.node(*split).operation, Operation::Split(split) if split.sealed.contains(part))
    }

    /// The time that `predict at`, `known at` and the like name.
    pub(super) fn time(&mut self, expr: &Expr) -> Option<Known> {
        let text = self.words(expr.span);
        let known = super::typed::known_at(&text);
        if known.is_none() {
            self.tell(
                Fault::error(
                    "kind::time",
                    expr.span,
                    format!("`{text}` is no time such as `treatment_start + 1 month`"),
                )
                .label("no time"),
            );
        }
        known
    }

    /// A date column that a time starts from must be a date.
    pub(super) fn time_origin(&mut self, known: &Known, span: Span) {
        let Known::At { origin, .. } = known else { return };
        let tables: Vec<(String, Symbol)> = self.all("table");
        let mut any_closed = !tables.is_empty();
        for (_, symbol) in &tables {
            let Some(columns) = symbol.node().and_then(|id| self.tables.get(&id)) else { return };
            any_closed &= columns.closed;
            if let Some(ty) = columns.known.get(origin) {
                if ty.kind.is_some_and(|kind| kind != Type::Date) {
                    let kind = ty.kind.map_or("", super::typed::words);
                    self.tell(
                        Fault::error("kind::time", span, format!("time starts from a date; `{origin}` is {kind}"))
                            .label("not a date"),
                    );
                }
                return;
            }
        }
        if any_closed && !self.is_declared(origin) {
            let candidates: Vec<String> = tables
                .iter()
                .filter_map(|(_, symbol)| symbol.node().and_then(|id| self.tables.get(&id)))
                .flat_map(|columns| columns.known.iter())
                .filter(|(_, ty)| ty.kind == Some(Type::Date))
                .map(|(name, _)| name.clone())
                .collect();
            self.tell(
                Fault::error("name::unknown-column", span, format!("no table has a column `{origin}`"))
                    .label("no such date")
                    .nearest_of(origin, candidates),
            );
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Overlap {
    None,
    Surely,
    /// They may; the data will tell.
    Unproved,
}
