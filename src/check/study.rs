//! `study`, `use`, `--set` and `column`: what holds for the whole study, and where its parts lie.

use crate::frame::dictionary::{ColumnEntry, Dictionary};
use crate::frame::expression::Type;
use crate::plan;
use crate::syntax::ast::{Declaration, Expr, ExprKind, Label, Preposition, SourceId, Span, Study, Unary};
use crate::syntax::{self, Lost};

use super::checker::{Checker, name_of};
use super::fault::{Fault, NearestOf};
use super::tables::literal_number;
use super::typed;
use super::{Options, World};
use crate::syntax::ast::Sources;

/// Everything that is read before names are looked up.
#[derive(Default)]
pub(super) struct Loaded {
    pub declarations: Vec<Declaration>,
    pub faults: Vec<Fault>,
    pub lost: Vec<Lost>,
}

/// The declarations of a study and of the files that it uses, those files first.
pub(super) fn load(
    study: &Study,
    sources: &mut Sources,
    world: &dyn World,
    loaded: &mut Loaded,
    path: &mut Vec<String>,
) {
    for declaration in &study.declarations {
        if declaration.head.keyword() != "use" {
            continue;
        }
        let Some(expr) = declaration.head.list.first() else { continue };
        let ExprKind::Text(file) = &expr.kind else { continue };
        if path.contains(file) {
            loaded.faults.push(
                Fault::error("cycle::use", expr.span, format!("`{file}` uses itself"))
                    .label(path.iter().chain([file]).cloned().collect::<Vec<_>>().join(" -> ")),
            );
            continue;
        }
        let text = match world.read(file).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => {
                loaded.faults.push(
                    Fault::error("use::unreadable", expr.span, format!("`{file}` is not text in UTF-8"))
                        .label("not read"),
                );
                continue;
            }
            Err(reason) => {
                loaded.faults.push(
                    Fault::error("use::unreadable", expr.span, format!("`{file}` cannot be read: {reason}"))
                        .label("not read"),
                );
                continue;
            }
        };
        let id = sources.add(file.clone(), text.clone());
        let parsed = syntax::parse(&text, id);
        loaded.lost.extend(parsed.lost);
        loaded.faults.extend(parsed.diagnostics);
        loaded.faults.extend(syntax::check_shape(&parsed.study));
        path.push(file.clone());
        load(&parsed.study, sources, world, loaded, path);
        path.pop();
        // Its own `study` line is that of another study.
        loaded.declarations.extend(
            parsed
                .study
                .declarations
                .into_iter()
                .filter(|declaration| !matches!(declaration.head.keyword(), "study" | "use")),
        );
    }
}

/// What the `study` declaration says, with defaults.
pub(super) fn study_of(declarations: &[Declaration]) -> plan::Study {
    let study = declarations.iter().find(|declaration| declaration.head.keyword() == "study");
    let name = study.and_then(|study| study.head.list.first()).and_then(name_of).map(|(name, _)| name);
    let clause =
        |word: &str| study.into_iter().flat_map(|study| &study.clauses).find(move |clause| clause.keyword() == word);
    plan::Study {
        name: name.unwrap_or_else(|| "study".to_owned()),
        documentation: study.map(|study| study.documentation.join("\n")).unwrap_or_default(),
        seed: clause("seed")
            .and_then(|clause| clause.list.first())
            .and_then(literal_number)
            .map_or(1, |seed| seed.abs() as u64),
        predict_at: None,
        report: clause("report")
            .map(|clause| clause.list.iter().filter_map(name_of).map(|(word, _)| word).collect())
            .unwrap_or_default(),
        level: 0.95,
        resamples: 1000,
    }
}

impl Checker<'_> {
    /// Faults of the `study` declaration, and the time of prediction.
    pub(super) fn study(&mut self) {
        let declarations = self.declarations;
        let Some((place, study)) =
            declarations.iter().enumerate().find(|(_, declaration)| declaration.head.keyword() == "study")
        else {
            return;
        };
        let before = self.faults.len();
        for clause in &study.clauses {
            match clause.keyword() {
                "seed" => {
                    if let Some(expr) = clause.list.first()
                        && literal_number(expr).is_none_or(|seed| seed.fract() != 0.0 || !(0.0..=9e15).contains(&seed))
                    {
                        self.tell(
                            Fault::error("range::seed", expr.span, "a seed is a whole number from 0").label("no seed"),
                        );
                    }
                }
                "predict" => {
                    if let Some(expr) = clause.after(Preposition::At).first()
                        && let Some(time) = self.time(expr)
                    {
                        self.plan.study.predict_at = Some(time);
                    }
                }
                _ => {}
            }
        }
        for (owner, _) in &mut self.faults[before..] {
            *owner = place;
        }
    }

    /// Whether the origin of `predict at` is a date of a table: asked once tables are known.
    pub(super) fn study_origin(&mut self) {
        let declarations = self.declarations;
        let place = declarations
            .iter()
            .find(|declaration| declaration.head.keyword() == "study")
            .and_then(|study| study.clauses.iter().find(|clause| clause.keyword() == "predict"))
            .and_then(|clause| clause.after(Preposition::At).first());
        if let (Some(expr), Some(time)) = (place, self.plan.study.predict_at.clone()) {
            self.time_origin(&time, expr.span);
        }
    }

    /// `--set icc=0.8`: values from the command line for declared parameters.
    pub(super) fn set_parameters(&mut self, options: &Options) {
        for (name, text) in &options.set {
            let id = self.sources.add(format!("--set {name}"), text.as_str());
            let span = Span::new(id, 0, text.len());
            if !self.is_parameter(name) {
                let names = self.names(&["parameter"]);
                self.tell(
                    Fault::error("name::unknown", span, format!("the study has no parameter `{name}` to set"))
                        .label("not declared")
                        .nearest_of(name, names),
                );
                continue;
            }
            let declared = self
                .declarations
                .iter()
                .find(|declaration| {
                    declaration.head.keyword() == "parameter"
                        && declaration.head.list.first().and_then(name_of).is_some_and(|(known, _)| known == *name)
                })
                .and_then(|declaration| declaration.head.value.as_ref());
            // A shell takes quotes away: what a text is set to needs none.
            let is_text = declared.is_some_and(|declared| matches!(declared.kind, ExprKind::Text(_)));
            if is_text && !text.starts_with('"') {
                self.set.insert(name.clone(), Expr { kind: ExprKind::Text(text.clone()), span });
                continue;
            }
            match syntax::expression(text, id) {
                Ok(value) => {
                    if let Some(declared) = declared
                        && sort(&value) != sort(declared)
                    {
                        self.tell(
                            Fault::error(
                                "kind::parameter",
                                span,
                                format!("`{name}` is {}, and is set to {}", sort(declared), sort(&value)),
                            )
                            .label(sort(&value)),
                        );
                        continue;
                    }
                    self.set.insert(name.clone(), value);
                }
                Err(fault) => self.tell(*fault),
            }
        }
    }

    /// The `column` declarations of a table, as a dictionary; `only` tells that there is no other
    /// table.
    pub(super) fn column_declarations(&mut self, table: &str, only: bool, described: &mut Dictionary) {
        let declarations = self.declarations;
        for declaration in declarations.iter().filter(|declaration| declaration.head.keyword() == "column") {
            let of = declaration.head.after(Preposition::From).first().and_then(name_of);
            let ours = match &of {
                Some((name, _)) => name == table,
                None => only,
            };
            if !ours {
                continue;
            }
            for (column, _) in declaration.head.list.iter().filter_map(name_of) {
                let entry = described.columns.entry(column).or_insert_with(|| ColumnEntry {
                    kind: Type::Number,
                    unit: None,
                    role: None,
                    levels: Vec::new(),
                    range: None,
                    known_at: None,
                    nullable: None,
                });
                let faults = describe_entry(declaration, entry, |span| self.words(span));
                for fault in faults {
                    self.tell(fault);
                }
            }
        }
    }

    /// `column` declarations of tables that do not exist, or of no table.
    pub(super) fn columns_have_tables(&mut self) {
        let declarations = self.declarations;
        let tables = self.names(&["table"]);
        for declaration in declarations.iter().filter(|declaration| declaration.head.keyword() == "column") {
            match declaration.head.after(Preposition::From).first().and_then(name_of) {
                Some((name, span)) if !tables.contains(&name) => {
                    self.unknown(&name, span, "table", &["table"]);
                }
                None if tables.len() != 1 => {
                    self.tell(
                        Fault::error(
                            "name::which-table",
                            declaration.head.span,
                            "it is not said of which table this column is",
                        )
                        .label("which table?")
                        .help("add `from` and the table's name"),
                    );
                }
                _ => {}
            }
        }
    }

    /// Whether the study accepts this fault, with its reason.
    pub(super) fn acceptance(&self, owner: usize, fault: &Fault) -> Option<(usize, String)> {
        let inside = |declaration: &Declaration| {
            declaration.span.source == fault.span.source
                && declaration.span.start <= fault.span.start
                && fault.span.end <= declaration.span.end
        };
        self.declarations
            .iter()
            .enumerate()
            .filter(|(place, declaration)| *place == owner || inside(declaration))
            .find_map(|(place, declaration)| {
                declaration.clauses("accept").find_map(|clause| {
                    let Some(Label::Code(code) | Label::Text(code)) = &clause.label else { return None };
                    let short = fault.code.rsplit("::").next().unwrap_or(fault.code);
                    let reason = match clause.list.first().map(|expr| &expr.kind) {
                        Some(ExprKind::Text(reason)) => reason.clone(),
                        _ => String::new(),
                    };
                    (code.text == fault.code || code.text == short).then_some((place, reason))
                })
            })
    }

    /// An `accept` that answers no fault is itself one: the reason would be printed for nothing.
    pub(super) fn accepts_answer(&self, used: &[(usize, String)], faults: &mut Vec<Fault>) {
        for (place, declaration) in self.declarations.iter().enumerate() {
            for clause in declaration.clauses("accept") {
                let Some(Label::Code(code) | Label::Text(code)) = &clause.label else { continue };
                let answers = |known: &str| known == code.text || known.rsplit("::").next() == Some(&code.text);
                if used.iter().any(|(owner, known)| *owner == place && answers(known)) {
                    continue;
                }
                let known: Vec<String> = super::codes::all().map(|page| page.code.to_owned()).collect();
                let fault = match known.iter().find(|known| answers(known)) {
                    None => {
                        let fault = Fault::error(
                            "name::unknown-code",
                            code.span,
                            format!("there is no fault `{code}` to accept"),
                        )
                        .label("no such code");
                        let short = known.iter().map(|known| known.rsplit("::").next().unwrap_or(known).to_owned());
                        let candidates: Vec<String> = known.iter().cloned().chain(short).collect();
                        fault.nearest_of(&code.text, candidates)
                    }
                    Some(known) if !acceptable(known) => Fault::error(
                        "accept::not-acceptable",
                        code.span,
                        format!("`{code}` cannot be answered by a reason"),
                    )
                    .label("must be put right"),
                    Some(_) => Fault::warning(
                        "accept::unused",
                        code.span,
                        format!("nothing here is at fault with `{code}`: the reason answers nothing"),
                    )
                    .label("accepts nothing")
                    .help("take the line out"),
                };
                faults.push(fault);
            }
        }
    }

    pub(super) fn is_accepted(&self, owner: usize, fault: &Fault) -> bool {
        acceptable(fault.code) && self.acceptance(owner, fault).is_some()
    }
}

/// Families of faults that a reason can answer; a name that does not exist has none.
pub(super) fn acceptable(code: &str) -> bool {
    ["leak::", "time::", "vacuous::", "missing::", "range::outside"].iter().any(|family| code.starts_with(family))
}

/// The clauses of a `column` declaration.
fn describe_entry(declaration: &Declaration, entry: &mut ColumnEntry, words: impl Fn(Span) -> String) -> Vec<Fault> {
    let mut faults = Vec::new();
    for clause in &declaration.clauses {
        let first = clause.list.first();
        let word = first.and_then(name_of).map(|(word, _)| word);
        match clause.keyword() {
            "type" => {
                entry.kind = match word.as_deref() {
                    Some("text") => Type::Text,
                    Some("date") => Type::Date,
                    Some("flag") => Type::Flag,
                    // The shape of the clause tells any other word.
                    _ => Type::Number,
                };
            }
            "unit" => {
                entry.unit = first.map(|expr| match &expr.kind {
                    ExprKind::Name(parts) => parts.iter().map(|part| part.text.as_str()).collect::<Vec<_>>().join("."),
                    _ => words(expr.span),
                });
                if let (Some(unit), Some(expr)) = (&entry.unit, first)
                    && super::units::parse(unit).is_none()
                {
                    faults.push(
                        Fault::error("unit::unknown", expr.span, format!("`{unit}` is no unit that is known here"))
                            .label("unknown unit")
                            .nearest_of(unit, super::units::common()),
                    );
                }
            }
            "role" => entry.role = word,
            "levels" => {
                entry.kind = Type::Text;
                entry.levels = clause
                    .list
                    .iter()
                    .filter_map(|expr| match &expr.kind {
                        ExprKind::Text(level) => Some(level.clone()),
                        _ => None,
                    })
                    .collect();
            }
            "range" => {
                if let Some(expr) = first {
                    let bounds = match &expr.kind {
                        ExprKind::Range { low, high, .. } => bound(low).zip(bound(high)),
                        _ => None,
                    };
                    match bounds {
                        Some((low, high)) if low <= high => entry.range = Some((low, high)),
                        _ => faults.push(
                            Fault::error(
                                "range::empty",
                                expr.span,
                                "a column's range goes from a number up to another",
                            )
                            .label("no range")
                            .help("`range 0 .. 120`"),
                        ),
                    }
                }
            }
            "known" => {
                if let Some(expr) = clause.after(Preposition::At).first() {
                    let text = words(expr.span);
                    if typed::known_at(&text).is_none() {
                        faults.push(
                            Fault::error(
                                "kind::time",
                                expr.span,
                                format!("`{text}` is no time such as `treatment_start - 1 month`"),
                            )
                            .label("no time"),
                        );
                    }
                    entry.known_at = Some(text);
                }
            }
            "missing" => entry.nullable = Some(word.as_deref() != Some("never")),
            _ => {}
        }
    }
    faults
}

fn bound(expr: &Expr) -> Option<f64> {
    literal_number(expr).or(match &expr.kind {
        ExprKind::Quantity { value, .. } => Some(*value),
        ExprKind::Unary { operator: Unary::Negate, operand } => bound(operand).map(|value| -value),
        _ => None,
    })
}

/// What sort of value an expression is, in words.
fn sort(expr: &Expr) -> &'static str {
    match &expr.kind {
        ExprKind::Number(_) | ExprKind::Percent(_) | ExprKind::Unary { .. } => "a number",
        ExprKind::Quantity { .. } => "a number with a unit",
        ExprKind::Text(_) => "a text",
        ExprKind::Date { .. } => "a date",
        ExprKind::Set(_) => "a set",
        ExprKind::Range { .. } => "a range",
        ExprKind::Name(_) => "a word",
        ExprKind::Group(inner) => sort(inner),
        _ => "an expression",
    }
}

/// The text of a source that is not read from a file.
pub(super) fn own_source(study: &Study) -> SourceId {
    study.declarations.first().map_or(SourceId::default(), |declaration| declaration.span.source)
}
