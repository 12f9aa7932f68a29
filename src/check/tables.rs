//! `table`, `images`, `expression`, `parameter` and `derive`: where values come from.

use crate::frame::dictionary::{self, Dictionary};
use crate::frame::expression::Type;
use crate::plan::node::{Derive, Genes, Images, Operation, Table};
use crate::plan::{Known, NodeId, Provenance};
use crate::syntax::ast::{Declaration, Expr, ExprKind, Preposition, Span};

use super::checker::{Checker, Columns, Found, Symbol, listed, name_of, spelt};
use super::fault::{Fault, NearestOf};
use super::row::Purpose;
use super::typed::{self, Ty};
use super::units;

impl<'a> Checker<'a> {
    pub(super) fn table(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, _) = declaration.head.list.first().and_then(name_of)?;
        let path = self.path(declaration);
        let mut described = self.dictionary(declaration);
        // A dictionary that could not be read says nothing, and what it would have said is not
        // told as unknown.
        let wants_dictionary = declaration.clauses("dictionary").next().is_some();
        let dictionary_given = wants_dictionary && !described.columns.is_empty();
        let only = self.names(&["table"]).len() == 1;
        self.column_declarations(&name, only, &mut described);
        let keys = listed(declaration, "key");
        let mut key = keys.first().and_then(|expr| name_of(expr));
        // `key patient, lesion`: several rows of one patient, kept together everywhere.
        let mut repeated = keys.len() > 1;
        for clause in &declaration.clauses {
            if clause.keyword() == "repeated" || clause.keyword() == "rows" {
                repeated = true;
            }
        }
        let mut defaults = Vec::new();
        if key.is_none()
            && let Some((column, _)) = described.columns.iter().find(|(_, entry)| entry.role.as_deref() == Some("key"))
        {
            defaults.push(spelt("key", format!("{column}, by its role in the dictionary")));
            key = Some((column.clone(), declaration.head.span));
        }
        if key.is_none() {
            defaults.push(spelt("key", "none: each row is one patient"));
        }
        let schema = self.options.tables.get(&name);
        let columns = self.describe_columns(&name, &described, dictionary_given, schema);
        if let Some((key, span)) = &key
            && columns.closed
            && !columns.known.contains_key(key)
        {
            let fault =
                Fault::error("name::unknown-column", *span, format!("`{name}` has no column `{key}` to be its key"))
                    .label("no such column")
                    .nearest_of(key, columns.known.keys().cloned());
            self.tell(fault);
        }
        if !columns.closed && !wants_dictionary {
            self.tell(
                Fault::note(
                    "data::no-dictionary",
                    declaration.head.span,
                    format!(
                        "`{name}` has no dictionary: names, kinds, units, levels, missing values and times of \
                         knowledge of its columns are proved only when the data is read, the times not at all"
                    ),
                )
                .label("not proved before data is read")
                .help("add `dictionary \"dictionary.csv\"` or `column` clauses"),
            );
        }
        let id = self.add(
            declaration,
            format!("table {name}"),
            Operation::Table(Table {
                path,
                key: key.map(|(key, _)| key),
                repeated,
                dictionary: described,
                expression: None,
            }),
            Vec::new(),
            Provenance::default(),
            defaults,
        );
        self.tables.insert(id, columns);
        Some(Symbol::Table(id))
    }

    /// The columns as the dictionary, the clauses and the data tell them.
    fn describe_columns(
        &mut self,
        name: &str,
        described: &Dictionary,
        dictionary_given: bool,
        schema: Option<&Dictionary>,
    ) -> Columns {
        let mut columns =
            Columns { name: name.to_owned(), closed: dictionary_given || schema.is_some(), ..Columns::default() };
        for (column, entry) in &described.columns {
            let known = entry.known_at.as_deref().and_then(typed::known_at).unwrap_or(Known::Unknown);
            columns.known.insert(column.clone(), Ty::column(column, entry, known));
        }
        for (column, entry) in schema.into_iter().flat_map(|schema| &schema.columns) {
            match columns.known.get_mut(column) {
                // What the dictionary says of a column holds; the data adds what it does not say.
                Some(ty) => {
                    if described.columns.get(column).is_some_and(|entry| entry.nullable.is_none()) {
                        ty.nullable = entry.nullable;
                    }
                    if ty.levels.is_empty() && ty.kind == Some(entry.kind) {
                        ty.levels.clone_from(&entry.levels);
                        ty.levels_seen = true;
                    }
                }
                None => {
                    let mut ty = Ty::column(column, entry, Known::Unknown);
                    ty.nullable = entry.nullable;
                    ty.levels_seen = true;
                    // A range seen in data is no law, except that of a column of 0 and 1.
                    ty.range = entry.range.filter(|range| *range == (0.0, 1.0));
                    columns.known.insert(column.clone(), ty);
                }
            }
        }
        columns
    }

    /// The file of a `from "..."`.
    fn path(&mut self, declaration: &Declaration) -> Option<String> {
        let source = declaration.head.after(Preposition::From).first()?;
        match &self.resolved(source).kind {
            ExprKind::Text(path) => Some(path.clone()),
            _ => {
                self.tell(
                    Fault::error("kind::path", source.span, "a file's name stands in quotes")
                        .label("not a file name")
                        .help(format!("`from \"{}\"`", self.words(source.span))),
                );
                None
            }
        }
    }

    fn dictionary(&mut self, declaration: &Declaration) -> Dictionary {
        let mut whole = Dictionary::default();
        for expr in listed(declaration, "dictionary") {
            let ExprKind::Text(path) = &expr.kind else {
                self.tell(
                    Fault::error("kind::path", expr.span, "a file's name stands in quotes").label("not a file name"),
                );
                continue;
            };
            let text = match self.world.read(path) {
                Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
                Err(reason) => {
                    self.tell(
                        Fault::error(
                            "dictionary::unreadable",
                            expr.span,
                            format!("the dictionary `{path}` cannot be read: {reason}"),
                        )
                        .label("not read"),
                    );
                    continue;
                }
            };
            match dictionary::parse(&text) {
                Ok(dictionary) => {
                    self.dictionary_words(&dictionary, path, expr.span);
                    whole.columns.extend(dictionary.columns);
                }
                Err(faults) => {
                    for fault in faults {
                        self.tell(
                            Fault::error("dictionary::line", expr.span, format!("{path}, {fault}"))
                                .label("read from here"),
                        );
                    }
                }
            }
        }
        whole
    }

    /// Words of a dictionary that only the language knows: units and times.
    fn dictionary_words(&mut self, dictionary: &Dictionary, path: &str, span: Span) {
        for (column, entry) in &dictionary.columns {
            if let Some(known) = &entry.known_at
                && typed::known_at(known).is_none()
            {
                self.tell(
                    Fault::error("dictionary::line",
                        span,
                        format!("{path}: `{column}` is known at `{known}`, which is no time such as `treatment_start - 1 month`"),
                    )
                    .label("read from here"),
                );
            }
            if let Some(unit) = &entry.unit
                && entry.kind != Type::Text
                && units::parse(unit).is_none()
            {
                self.tell(
                    Fault::note(
                        "unit::unconvertible",
                        span,
                        format!("{path}: `{column}` is in `{unit}`, a unit that is not converted here"),
                    )
                    .label("read from here"),
                );
            }
        }
    }

    pub(super) fn expression_table(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, _) = declaration.head.list.first().and_then(name_of)?;
        let path = self.path(declaration);
        let key = listed(declaration, "key").first().and_then(|expr| name_of(expr)).map(|(key, _)| key);
        let scale = listed(declaration, "scale").first().and_then(|expr| name_of(expr)).map(|(scale, _)| scale);
        let names = listed(declaration, "genes").first().and_then(|expr| match &self.resolved(expr).kind {
            ExprKind::Text(path) => Some(path.clone()),
            _ => None,
        });
        // The keys of the tables say which way round the matrix is: they are read before it.
        self.all("table");
        let mut defaults = vec![
            spelt("several rows of one gene", "the one with the highest mean; counts are summed"),
            spelt("versions of Ensembl identifiers", "not looked at"),
        ];
        if scale.is_none() {
            defaults.push(spelt("scale", "by the values, and asked where they do not say"));
        }
        let id = self.add(
            declaration,
            format!("expression {name}"),
            Operation::Table(Table {
                path,
                key,
                repeated: false,
                dictionary: Dictionary::default(),
                expression: Some(Genes { scale, names }),
            }),
            Vec::new(),
            Provenance::default(),
            defaults,
        );
        self.tables.insert(id, Columns { name, ..Columns::default() });
        Some(Symbol::Expression(id))
    }

    pub(super) fn images(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, _) = declaration.head.list.first().and_then(name_of)?;
        let pattern = self.path(declaration)?;
        let phases: Vec<String> =
            listed(declaration, "phases").into_iter().filter_map(name_of).map(|(phase, _)| phase).collect();
        let mut masks = Vec::new();
        for clause in declaration.clauses("masks") {
            let reader = clause.list.first().and_then(name_of).map_or_else(|| "reader".to_owned(), |(name, _)| name);
            let pattern = clause.value.as_ref().or_else(|| clause.after(Preposition::From).first());
            let pattern = pattern.map(|expr| (self.resolved(expr).kind, expr.span));
            match pattern {
                Some((ExprKind::Text(pattern), _)) => masks.push((reader, pattern)),
                Some((_, span)) => {
                    self.tell(
                        Fault::error("kind::path", span, "a file's name stands in quotes").label("not a file name"),
                    );
                }
                None => {}
            }
        }
        let defaults = match masks.first() {
            Some((reader, _)) if masks.len() > 1 => vec![spelt("masks extracted", format!("those of {reader}"))],
            _ => Vec::new(),
        };
        let id = self.add(
            declaration,
            format!("images {name}"),
            Operation::Images(Images { pattern, phases, masks }),
            Vec::new(),
            Provenance::default(),
            defaults,
        );
        Some(Symbol::Images(id))
    }

    pub(super) fn parameter(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        name_of(declaration.head.list.first()?)?;
        declaration.head.value.as_ref()?;
        let place = self.declarations.iter().position(|other| std::ptr::eq(other, declaration))?;
        Some(Symbol::Parameter(place))
    }

    pub(super) fn is_parameter(&self, name: &str) -> bool {
        self.names(&["parameter"]).iter().any(|known| known == name)
    }

    /// The value of a parameter, which the command line may have set.
    pub(super) fn parameter_value(&self, place: usize) -> Option<Expr> {
        let declaration = self.declarations.get(place)?;
        let (name, _) = name_of(declaration.head.list.first()?)?;
        self.set.get(&name).or(declaration.head.value.as_ref()).cloned()
    }

    pub(super) fn parameter_of(&mut self, name: &str, span: Span) -> Option<Expr> {
        match self.find(name, span) {
            Found::Symbol(Symbol::Parameter(place)) => self.parameter_value(place),
            _ => None,
        }
    }

    /// An expression in which a lone parameter's name is replaced by its value.
    pub(super) fn resolved(&mut self, expr: &Expr) -> Expr {
        match name_of(expr) {
            Some((name, span)) if self.is_parameter(&name) => {
                self.parameter_of(&name, span).unwrap_or_else(|| expr.clone())
            }
            _ => expr.clone(),
        }
    }

    pub(super) fn derive(&mut self, declaration: &'a Declaration) -> Option<Symbol> {
        let (name, span) = declaration.head.list.first().and_then(name_of)?;
        let value = declaration.head.value.as_ref()?;
        let table = self.table_of(declaration, &[value])?;
        if self.tables.get(&table).is_some_and(|columns| columns.known.contains_key(&name)) {
            let table = self.table_name(table);
            self.tell(
                Fault::error("name::declared-twice", span, format!("`{table}` already has a column `{name}`"))
                    .label("a column of the table")
                    .help("give the derived column another name"),
            );
            return None;
        }
        let typed = self.row(table, Purpose::Derive, value)?;
        let mut inputs = vec![table];
        inputs.extend(typed.inputs.iter().copied());
        let mut defaults = Vec::new();
        if let Some(unit) = &typed.ty.unit {
            defaults.push(spelt("unit", unit.clone()));
        }
        let provenance = Provenance { known: typed.ty.known.clone(), ..Provenance::default() };
        let id = self.add(
            declaration,
            format!("derive {name}"),
            Operation::Derive(Derive { table, column: name.clone(), expression: typed.expression }),
            inputs,
            provenance,
            defaults,
        );
        self.derived.insert(name, (id, table, typed.ty));
        Some(Symbol::Derive(id))
    }

    /// The table that a declaration is about: the one it names after `from`, the only one, or the
    /// only one that has the columns it speaks of.
    pub(super) fn table_of(&mut self, declaration: &Declaration, speaking: &[&Expr]) -> Option<NodeId> {
        if let Some(source) = declaration.head.after(Preposition::From).first()
            && let Some((name, span)) = name_of(source)
        {
            return match self.find(&name, span) {
                Found::Symbol(Symbol::Table(id)) => Some(id),
                Found::Symbol(Symbol::Cohort(id)) => self.table_under(id),
                Found::Symbol(other) => {
                    self.wrong_kind(&name, span, &other, "a table");
                    None
                }
                Found::Broken => None,
                Found::Unknown => {
                    self.unknown(&name, span, "table", &["table", "cohort"]);
                    None
                }
            };
        }
        self.table_speaking(declaration.head.span, speaking)
    }

    pub(super) fn table_speaking(&mut self, span: Span, speaking: &[&Expr]) -> Option<NodeId> {
        let tables = self.all("table");
        if let [(_, Symbol::Table(id))] = tables.as_slice() {
            return Some(*id);
        }
        if tables.is_empty() {
            if !self.declarations.iter().any(|declaration| declaration.head.keyword() == "table") {
                self.tell(
                    Fault::error("name::no-table", span, "the study has no table to take columns from")
                        .label("no data")
                        .help("declare it: `table patients from \"patients.csv\"`"),
                );
            }
            return None;
        }
        let mut names = Vec::new();
        for expr in speaking {
            column_words(expr, &mut names);
        }
        // A derived column stands for its table.
        for name in &names {
            if self.is_declared(name)
                && !self.is_own(name)
                && let Found::Symbol(Symbol::Derive(_)) = self.find(name, span)
                && let Some((_, table, _)) = self.derived.get(name)
            {
                return Some(*table);
            }
        }
        let has = |checker: &Self, id: NodeId| {
            checker
                .tables
                .get(&id)
                .map_or(0, |columns| names.iter().filter(|name| columns.known.contains_key(*name)).count())
        };
        let mut ranked: Vec<(usize, NodeId)> =
            tables.iter().filter_map(|(_, symbol)| symbol.node()).map(|id| (has(self, id), id)).collect();
        ranked.sort_by(|left, right| right.0.cmp(&left.0).then(left.1.cmp(&right.1)));
        match ranked.as_slice() {
            [(best, id), (second, _), ..] if best > second => Some(*id),
            _ => {
                let tables = super::fault::alternatives(tables.into_iter().map(|(name, _)| name));
                self.tell(
                    Fault::error(
                        "name::which-table",
                        span,
                        format!("it is not said of which table this speaks: {tables}"),
                    )
                    .label("which table?")
                    .help("add `from` and the table's name"),
                );
                None
            }
        }
    }

    /// The table below a cohort or a split.
    pub(super) fn table_under(&self, id: NodeId) -> Option<NodeId> {
        match &self.plan.node(id).operation {
            Operation::Table(_) => Some(id),
            Operation::Cohort(cohort) => Some(cohort.table),
            Operation::Split(split) => self.table_under(split.cohort),
            Operation::Derive(derive) => Some(derive.table),
            _ => None,
        }
    }
}

/// A number as it stands in the text.
pub(super) fn literal_number(expr: &Expr) -> Option<f64> {
    match &expr.kind {
        ExprKind::Number(value) => Some(*value),
        ExprKind::Percent(value) => Some(value / 100.0),
        ExprKind::Group(inner) => literal_number(inner),
        ExprKind::Unary { operator: crate::syntax::ast::Unary::Negate, operand } => {
            literal_number(operand).map(|value| -value)
        }
        _ => None,
    }
}

/// Every single word of an expression that may be a column.
pub(super) fn column_words(expr: &Expr, found: &mut Vec<String>) {
    use crate::syntax::ast::Argument;
    match &expr.kind {
        ExprKind::Name(words) => {
            if let [word] = words.as_slice() {
                found.push(word.text.clone());
            }
        }
        ExprKind::Quoted(name) => found.push(name.clone()),
        ExprKind::Call { arguments, .. } => {
            for argument in arguments {
                if let Argument::Data(data) = argument {
                    column_words(data, found);
                }
            }
        }
        ExprKind::Qualified { of: inner, .. }
        | ExprKind::Group(inner)
        | ExprKind::Unary { operand: inner, .. }
        | ExprKind::Is { value: inner, .. }
        | ExprKind::As { value: inner, .. } => column_words(inner, found),
        ExprKind::Binary { left, right, .. } => {
            column_words(left, found);
            column_words(right, found);
        }
        ExprKind::In { value, set, .. } => {
            column_words(value, found);
            column_words(set, found);
        }
        ExprKind::Range { low, high, .. } => {
            column_words(low, found);
            column_words(high, found);
        }
        ExprKind::Set(elements) | ExprKind::Then(elements) => {
            elements.iter().for_each(|element| column_words(element, found));
        }
        ExprKind::Formula { left, right } => {
            if let Some(left) = left {
                column_words(left, found);
            }
            column_words(right, found);
        }
        ExprKind::Number(_)
        | ExprKind::Percent(_)
        | ExprKind::Quantity { .. }
        | ExprKind::Text(_)
        | ExprKind::Date { .. }
        | ExprKind::Missing => {}
    }
}
