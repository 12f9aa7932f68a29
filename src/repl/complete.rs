//! Completion: what fits at the cursor, each with a line of its documentation. Everything comes
//! from the keyword table, the cards and the catalogue of the study; there is no list of its own.

use std::path::Path;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role};
use crate::check::registry;
use crate::syntax::ast::Preposition;
use crate::syntax::keywords::{self, Keyword, Kind};

use super::catalogue::{Catalogue, What, kind_word};
use super::commands;
use super::help;
use super::place::{Place, PlaceKind, place};

/// Something that fits at the cursor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    /// What takes the place of the word at the cursor.
    pub text: String,
    /// A line of documentation.
    pub about: String,
}

/// What fits at the end of `before`, and where the word that it replaces begins.
pub fn complete(before: &str, catalogue: &Catalogue, folder: &Path) -> (usize, Vec<Suggestion>) {
    let place = place(before);
    let mut offer = Offer { place: &place, catalogue, found: Vec::new() };
    offer.gather(folder);
    let mut found = offer.found;
    found.sort_by(|left, right| left.0.cmp(&right.0).then_with(|| left.1.text.cmp(&right.1.text)));
    let mut seen: Vec<Suggestion> = Vec::new();
    for (_, suggestion) in found {
        if !seen.iter().any(|known| known.text == suggestion.text) {
            seen.push(suggestion);
        }
    }
    (place.start, seen)
}

struct Offer<'a, 'p> {
    place: &'a Place<'p>,
    catalogue: &'a Catalogue,
    /// Rank and suggestion.
    found: Vec<(u8, Suggestion)>,
}

impl Offer<'_, '_> {
    /// Offers a word if what is typed is its beginning; a beginning in the other case serves too.
    fn word(&mut self, rank: u8, text: &str, about: impl Into<String>) {
        let typed = self.place.prefix.trim_start_matches(['`', '"']);
        let bare = text.trim_start_matches(['`', '"']);
        let fits = bare.starts_with(typed)
            || bare.get(..typed.len()).is_some_and(|lead| lead.eq_ignore_ascii_case(typed) && !typed.is_empty());
        if fits {
            self.found.push((rank, Suggestion { text: text.to_owned(), about: about.into() }));
        }
    }

    fn cards(&mut self, rank: u8, role: Role, kind: Option<EndpointKind>) {
        for card in help::cards() {
            if card.role == role && kind.is_none_or(|kind| card.serves(kind)) {
                self.word(rank, card.name, card.summary);
            }
        }
    }

    fn names(&mut self, rank: u8, is: impl Fn(What) -> bool) {
        for named in &self.catalogue.names {
            if is(named.what) {
                self.word(rank, &super::session::quoted_path(&named.name), named.about.as_str());
            }
        }
    }

    fn columns(&mut self, rank: u8, table: Option<&str>) {
        for (table, column) in self.catalogue.columns(table) {
            let mut about = kind_word(column.kind).to_owned();
            if let Some(unit) = &column.unit {
                about.push_str(&format!(", {unit}"));
            }
            if column.derived {
                "derived".clone_into(&mut about);
            } else if !column.levels.is_empty() && column.levels.len() <= 6 {
                about = column.levels.join(", ");
            }
            self.word(rank, &super::session::quoted(&column.name), format!("{about} of {}", table.name));
        }
    }

    fn functions(&mut self, rank: u8) {
        self.cards(rank, Role::Function, None);
    }

    fn gather(&mut self, folder: &Path) {
        match self.place.kind.clone() {
            PlaceKind::Command => {
                for command in commands::all() {
                    self.word(0, command.name, command.summary);
                }
            }
            PlaceKind::CommandArgument(command) => self.command(command, folder),
            PlaceKind::Help => {
                for entry in help::entries() {
                    self.word(0, entry.name(), format!("{}: {}", entry.kind(), entry.summary()));
                }
            }
            PlaceKind::LineStart => {
                for keyword in keywords::DECLARATIONS {
                    self.word(0, keyword.word, keyword.summary);
                }
                self.asked(1);
                self.word(2, "what if ", "tries a change on a branch, and shows both results");
                self.word(2, "fuse ", "a fusion asked alone");
            }
            PlaceKind::ClauseStart => {
                for clause in self.place.declaration.map_or(&[][..], |declaration| declaration.clauses) {
                    self.word(0, clause.word, clause.summary);
                }
            }
            PlaceKind::AnyClause => {
                for keyword in keywords::DECLARATIONS {
                    for clause in keyword.clauses {
                        self.word(0, clause.word, clause.summary);
                    }
                    self.word(1, keyword.word, keyword.summary);
                }
                for named in self.catalogue.names.clone() {
                    if matches!(named.what, What::Model(_) | What::Block) && !named.name.contains('.') {
                        self.word(1, &format!("{}: ", named.name), named.about);
                    }
                }
            }
            PlaceKind::Slot(kind, keyword) => {
                self.slot(kind, keyword);
                // Before a list that may be absent, a preposition fits as well.
                if keyword.is_some_and(|keyword| !keyword.list.is_required()) {
                    self.prepositions(keyword);
                }
            }
            PlaceKind::After(kind, keyword) => self.after(kind, keyword),
            PlaceKind::Argument { function, of, after_tilde } => self.argument(function, of, after_tilde),
            PlaceKind::Setting { function, name, of } => self.setting(function, name, of),
            PlaceKind::Level(column) => {
                let levels = self.catalogue.column(column).map(|column| column.levels.clone()).unwrap_or_default();
                for level in levels {
                    self.word(0, &format!("\"{level}\""), format!("level of {column}"));
                }
            }
            PlaceKind::File => self.files(folder, true),
            PlaceKind::Nothing => {}
        }
    }

    fn command(&mut self, command: &str, folder: &Path) {
        match command {
            "switch" | "diff" => {
                for name in self.catalogue.branches.clone() {
                    self.word(0, &name, "branch");
                }
            }
            "load" | "save" | "report" => self.files(folder, false),
            "help" => {
                for entry in help::entries() {
                    self.word(0, entry.name(), format!("{}: {}", entry.kind(), entry.summary()));
                }
            }
            "set" => {
                self.names(0, |what| what == What::Parameter);
                for (name, values) in commands::set::DISPLAY {
                    self.word(0, name, values);
                }
            }
            "plan" | "why" | "edit" | "drop" | "run" => {
                self.names(0, |_| true);
                for (number, words) in self.catalogue.cells.clone() {
                    self.word(1, &format!("[{number}]"), words);
                }
            }
            "data" => self.names(0, |what| what == What::Table),
            "flow" => self.names(0, |what| what == What::Cohort),
            _ => {}
        }
    }

    /// The endpoint's kind that the declaration at hand speaks of.
    fn endpoint(&self) -> Option<EndpointKind> {
        let words = self.place.head.iter().map(|token| token.text);
        let mut found = None;
        for word in words {
            if let Some(What::Endpoint(kind) | What::Model(kind)) = self.catalogue.named(word).map(|named| named.what) {
                found = found.or(Some(kind));
            }
        }
        found.or_else(|| {
            let mut kinds: Vec<EndpointKind> = self
                .catalogue
                .names
                .iter()
                .filter_map(|named| match named.what {
                    What::Endpoint(kind) => Some(kind),
                    _ => None,
                })
                .collect();
            kinds.dedup();
            if let [one] = kinds.as_slice() { Some(*one) } else { None }
        })
    }

    /// What a line without a keyword may ask.
    fn asked(&mut self, rank: u8) {
        self.names(rank, |what| !matches!(what, What::Images | What::Expression | What::Parameter));
        self.cards(rank, Role::Inference, None);
        self.model_expressions(rank, None);
        self.columns(rank + 1, None);
    }

    fn model_expressions(&mut self, rank: u8, kind: Option<EndpointKind>) {
        self.cards(rank, Role::Learner, kind);
        for word in ["early", "late"] {
            self.word(rank, word, keywords::qualifier(word).unwrap_or(""));
        }
    }

    fn slot(&mut self, kind: Option<Kind>, keyword: Option<&'static Keyword>) {
        let endpoint = self.endpoint();
        let table = self.place.head.iter().find_map(|token| {
            self.catalogue.tables.iter().find(|table| table.name == token.text).map(|table| table.name.clone())
        });
        let table = table.as_deref();
        let qualifier = self.place.head.last().map(|token| token.text);
        match kind {
            Some(Kind::Table) => self.names(0, |what| what == What::Table),
            Some(Kind::Images) => self.names(0, |what| what == What::Images),
            Some(Kind::Measured) => self.names(0, |what| matches!(what, What::Table | What::Images)),
            Some(Kind::Cohort) => self.names(0, |what| matches!(what, What::Cohort | What::Table)),
            Some(Kind::Split) => self.names(0, |what| what == What::Split),
            Some(Kind::Rows) => {
                self.names(0, |what| matches!(what, What::Part | What::Cohort | What::Table | What::Split));
            }
            Some(Kind::Endpoint) => self.names(0, |what| matches!(what, What::Endpoint(_))),
            Some(Kind::Block) => self.names(0, |what| what == What::Block),
            Some(Kind::Model) => {
                self.names(0, |what| matches!(what, What::Model(_)));
                if keyword.is_some_and(|keyword| keyword.word != "model") {
                    self.model_expressions(1, endpoint);
                }
            }
            Some(Kind::Groups) => self.names(0, |what| what == What::Groups),
            Some(Kind::Expression) => self.names(0, |what| what == What::Expression),
            Some(Kind::Column) => self.columns(0, table),
            Some(Kind::Condition | Kind::Value | Kind::Time) => {
                self.columns(0, table);
                self.names(1, |what| matches!(what, What::Endpoint(_) | What::Groups | What::Parameter | What::Split));
                self.functions(1);
                self.word(2, "not", "not");
                self.word(2, "missing", "the value that is not there");
                if keyword.is_some_and(|keyword| matches!(keyword.word, "endpoint")) {
                    for form in ["binary(", "survival(", "continuous(", "nominal("] {
                        self.word(0, form, "form of an endpoint");
                    }
                }
            }
            Some(Kind::Cut) => {
                for cut in registry::CUTS {
                    let form = match *cut {
                        "sensitivity" | "specificity" => format!("{cut}(90%)"),
                        "cost" => "cost(miss = 5, alarm = 1)".to_owned(),
                        other => other.to_owned(),
                    };
                    self.word(0, &form, "cut");
                }
            }
            Some(Kind::Pipeline) => self.cards(0, Role::Step, endpoint),
            Some(Kind::Learner) => self.cards(0, Role::Learner, endpoint),
            Some(Kind::Metric) => {
                self.cards(0, Role::Metric, endpoint);
                if keyword.is_some_and(|keyword| matches!(keyword.word, "choose" | "tune")) {
                    self.word(1, "one-standard-error", "the simplest within one standard error of the best");
                }
            }
            Some(Kind::Fusion) => {
                if qualifier == Some("late") {
                    self.cards(0, Role::Fusion, endpoint);
                } else {
                    self.model_expressions(0, endpoint);
                    self.cards(1, Role::Fusion, endpoint);
                }
            }
            Some(Kind::Resampling) => {
                for (text, about) in [
                    ("5 folds", "stratified, whole patients together"),
                    ("10 repeats", "of the folds"),
                    ("500 bootstraps", "of the whole fit"),
                ] {
                    self.word(0, text, about);
                }
                self.word(0, "leave-out", keywords::qualifier("leave-out").unwrap_or(""));
            }
            Some(Kind::Filter) => self.cards(0, Role::Filter, None),
            Some(Kind::Perturbation) => self.cards(0, Role::Perturbation, None),
            Some(Kind::FeatureClass) => self.cards(0, Role::FeatureClass, None),
            Some(Kind::Enrichment) => {
                for method in registry::enrichments() {
                    self.word(0, method.name, method.summary);
                }
            }
            Some(Kind::Inference) => self.cards(0, Role::Inference, None),
            Some(Kind::Asked) => {
                self.asked(0);
            }
            Some(Kind::Choice(words)) => {
                for word in words {
                    self.word(0, word, "");
                }
            }
            Some(Kind::Word) => self.shown(endpoint),
            Some(Kind::Text | Kind::File) => self.word(0, "\"", "begins a text"),
            Some(Kind::NewName | Kind::Number | Kind::Quantity | Kind::Unit) | None => {}
        }
        if matches!(qualifier, Some("early" | "late")) {
            self.model_expressions(0, endpoint);
            if qualifier == Some("late") {
                self.cards(0, Role::Fusion, endpoint);
            }
        }
    }

    /// Bare words: what can be shown, which method, which checklist.
    fn shown(&mut self, endpoint: Option<EndpointKind>) {
        let first = self.place.head.first().map_or("", |token| token.text);
        let words: &[&str] = match first {
            "describe" => registry::DESCRIPTIONS,
            "correlate" => registry::CORRELATIONS,
            _ => &[],
        };
        if first == "explain" {
            for method in registry::explanations() {
                self.word(0, method.name, method.summary);
            }
        }
        for word in words {
            self.word(0, word, "");
        }
        if first == "evaluate" {
            self.cards(0, Role::Metric, endpoint);
            for (figure, kinds) in registry::FIGURES {
                if kinds.is_empty() || endpoint.is_none_or(|kind| kinds.contains(&kind)) {
                    self.word(0, figure, "figure");
                }
            }
        }
    }

    fn prepositions(&mut self, keyword: Option<&'static Keyword>) {
        match keyword {
            Some(keyword) => {
                for slot in keyword.phrases {
                    let takes = slot.list.kind().map_or("", Kind::noun);
                    self.word(3, slot.preposition.word(), takes);
                }
            }
            None => {
                for (preposition, about) in [
                    (Preposition::On, "which rows"),
                    (Preposition::By, "which groups"),
                    (Preposition::At, "which times"),
                ] {
                    self.word(0, preposition.word(), about);
                }
            }
        }
    }

    /// What may follow an operand.
    fn after(&mut self, kind: Option<Kind>, keyword: Option<&'static Keyword>) {
        self.prepositions(keyword);
        match kind {
            Some(Kind::Pipeline) => self.word(0, "then", "the next step"),
            Some(Kind::Condition | Kind::Value | Kind::Asked) => {
                for (word, about) in [
                    ("and", "both"),
                    ("or", "either"),
                    ("in", "one of a set, or a range"),
                    ("is", "missing or present"),
                ] {
                    self.word(1, word, about);
                }
                self.word(1, "as", "in another unit");
                self.word(1, "missing", "is missing");
                self.word(1, "present", "is present");
            }
            _ => {}
        }
        // Clauses may go on with a preposition of their declaration: `against` under `evaluate`.
        if let Some(declaration) = self.place.declaration
            && keyword.is_some_and(|keyword| keyword.word == declaration.word)
        {
            for clause in declaration.clauses.iter().filter(|clause| keywords::is_preposition(clause.word)) {
                self.word(0, clause.word, clause.summary);
            }
        }
    }

    fn card(&self, function: &str, of: Option<Kind>, after_tilde: bool) -> Option<&'static Card> {
        let wanted: &[Role] = match of {
            Some(Kind::Pipeline) => &[Role::Step],
            Some(Kind::Learner) => &[Role::Learner],
            Some(Kind::Filter) => &[Role::Filter],
            Some(Kind::Inference) => &[Role::Inference],
            Some(Kind::Fusion | Kind::Model) => &[Role::Fusion, Role::Learner],
            Some(Kind::Condition | Kind::Value | Kind::Column) => &[Role::Function],
            _ if after_tilde => &[Role::Inference, Role::Function],
            _ => &[Role::Learner, Role::Inference, Role::Fusion, Role::Function],
        };
        wanted.iter().find_map(|role| help::cards().find(|card| card.name == function && card.role == *role))
    }

    fn argument(&mut self, function: &str, of: Option<Kind>, after_tilde: bool) {
        let card = self.card(function, of, after_tilde);
        // `cox(` alone may learn or infer: both say what they take.
        let infers = of == Some(Kind::Asked) || of == Some(Kind::Inference);
        let procedure = help::cards().find(|card| infers && card.role == Role::Inference && card.name == function);
        for parameter in [card, procedure].into_iter().flatten().flat_map(|card| card.parameters) {
            self.word(1, &format!("{} = ", parameter.name), help::domain(parameter) + " " + parameter.summary);
        }
        match card.map(|card| card.role) {
            Some(Role::Learner | Role::Fusion) => {
                self.names(0, |what| matches!(what, What::Block | What::Model(_)));
                if card.is_some_and(|card| card.role == Role::Fusion) {
                    self.model_expressions(1, self.endpoint());
                }
                // `logistic(response ~ age)` infers, `logistic(clinical)` learns.
                if of == Some(Kind::Asked)
                    && help::cards().any(|other| other.name == function && other.role == Role::Inference)
                {
                    self.formula(after_tilde);
                }
            }
            Some(Role::Inference) => self.formula(after_tilde),
            Some(Role::Step | Role::Filter) => {}
            _ => {
                self.columns(0, None);
                self.functions(1);
            }
        }
    }

    fn formula(&mut self, after_tilde: bool) {
        if after_tilde {
            self.columns(0, None);
            for (form, about) in [
                ("each(", "one fit for each"),
                ("strata(", "a baseline of its own for each level"),
                ("rcs(", "restricted cubic spline"),
                ("cluster(", "robust variance"),
            ] {
                self.word(1, form, about);
            }
        } else {
            self.names(0, |what| matches!(what, What::Endpoint(_)));
            self.columns(1, None);
        }
    }

    fn setting(&mut self, function: &str, name: &str, of: Option<Kind>) {
        let Some(parameter) = self.card(function, of, false).and_then(|card| card.parameter(name)) else {
            match name {
                "competing" => self.names(0, |what| matches!(what, What::Endpoint(_))),
                "weights" => self.columns(0, None),
                _ => {}
            }
            return;
        };
        match parameter.domain {
            Domain::Choice(words) => {
                for word in words {
                    self.word(0, word, parameter.summary);
                }
            }
            Domain::Flag => {
                self.word(0, "yes", parameter.summary);
                self.word(0, "no", parameter.summary);
            }
            _ => {
                if let Some(text) = default(parameter) {
                    self.word(0, &text, format!("{} {}", help::domain(parameter), parameter.summary));
                }
            }
        }
    }

    /// Files and folders that the path at the cursor may go on with.
    fn files(&mut self, folder: &Path, quotes: bool) {
        let typed = self.place.prefix.trim_start_matches('"');
        let (inside, _) = typed.rsplit_once('/').map_or(("", typed), |(inside, name)| (inside, name));
        let Ok(entries) = std::fs::read_dir(folder.join(inside)) else { return };
        let quote = if quotes || self.place.prefix.starts_with('"') { "\"" } else { "" };
        for entry in entries.flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with('.') {
                continue;
            }
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let path = if inside.is_empty() { name } else { format!("{inside}/{name}") };
            if is_folder {
                self.word(1, &format!("{quote}{path}/"), "folder");
            } else {
                self.word(0, &format!("{quote}{path}{quote}"), "file");
            }
        }
    }
}

fn default(parameter: &Parameter) -> Option<String> {
    match parameter.default {
        Initial::Integer(value) => Some(value.to_string()),
        Initial::Real(value) => Some(value.to_string()),
        Initial::Choice(value) => Some(value.to_owned()),
        Initial::Flag(value) => Some(if value { "yes" } else { "no" }.to_owned()),
        Initial::Derived(_) | Initial::Required => None,
    }
}
