//! A study that is being written: cells in branches and versions, examined as one study at every
//! change and answered piece by piece. Knows no terminal; the prompt is thin over it.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::check::{Folder, Options};
use crate::frame::dictionary::Dictionary;
use crate::frame::{self, read::Files};
use crate::plan::{Hash, NodeId, Operation};
use crate::progress::{Event, Watch};
use crate::run::results::{FigureData, ResultTable};
use crate::run::{Fault, Store, world};
use crate::syntax::Diagnostic;

use super::branches::{Branch, Cells};
use super::catalogue::Catalogue;
use super::cells::{self, Cell, Examined, Subject};
use super::clock::Clock;
use super::commands;
use super::help;
use super::looks::Looks;
use super::reply::{Piece, Reply, Sound};
use super::what_if;

/// Where finished work, history and looks are kept, beside the study.
pub const HOME: &str = ".diptych";

/// A study at the prompt.
pub struct Session {
    pub(super) folder: PathBuf,
    pub(super) home: Option<PathBuf>,
    pub(super) store: Option<Store>,
    pub(super) files: Files,
    pub(super) watch: Watch,
    pub(super) clock: Clock,
    pub(super) branches: Vec<Branch>,
    pub(super) current: usize,
    next: usize,
    /// Parameters of the study that were set.
    pub(super) set: Vec<(String, String)>,
    schemas: BTreeMap<String, Dictionary>,
    /// Plans of the questions that were answered, by their names.
    pub(super) asked: HashMap<String, HashSet<Hash>>,
    pub(super) looks: Looks,
    pub(super) last: Last,
    /// The file that the study came from or was saved to.
    pub(super) file: Option<PathBuf>,
    /// Comments below the last declaration of that file.
    pub(super) tail: String,
    /// Notices that were told in this session.
    pub(super) told: HashSet<String>,
    /// Comments that were entered alone: they lead what is entered next.
    prose: String,
    pub(super) sound: Option<Sound>,
    /// Cells that a later definition left without what they stand on, with the first fault of each.
    pub(super) broken: BTreeMap<usize, Diagnostic>,
    pub(super) answers_declarations: bool,
}

/// What the last computation did and showed.
#[derive(Clone, Default)]
pub struct Last {
    pub computed: Vec<String>,
    pub stored: Vec<String>,
    pub figures: Vec<FigureData>,
    pub tables: Vec<ResultTable>,
}

impl Session {
    /// A session in `folder`; what it computes is kept in the folder's `.diptych`.
    pub fn in_folder(folder: impl Into<PathBuf>) -> Self {
        let folder = folder.into();
        let home = folder.join(HOME);
        Session { home: Some(home.clone()), looks: Looks::at(&home), ..Session::in_memory(folder) }
    }

    /// A session that leaves nothing behind; paths start from `folder`.
    pub fn in_memory(folder: impl Into<PathBuf>) -> Self {
        let clock = Clock::default();
        Session {
            folder: folder.into(),
            home: None,
            store: None,
            files: Files::remembered(),
            watch: clock.watch(|_| {}),
            clock,
            branches: vec![Branch::new("main", Vec::new())],
            current: 0,
            next: 1,
            set: Vec::new(),
            schemas: BTreeMap::new(),
            asked: HashMap::new(),
            looks: Looks::default(),
            last: Last::default(),
            file: None,
            tail: String::new(),
            told: HashSet::new(),
            prose: String::new(),
            sound: None,
            broken: BTreeMap::new(),
            answers_declarations: true,
        }
    }

    /// Tells `listener` of the progress of every computation.
    #[must_use]
    pub fn told(mut self, listener: impl Fn(Event<'_>) + Send + Sync + 'static) -> Self {
        self.watch = self.clock.watch(listener);
        self
    }

    /// Values of parameters, as `--set` gives them.
    pub fn set_parameters(&mut self, set: Vec<(String, String)>) {
        self.set = set;
    }

    /// What stops the computation at hand.
    pub fn watch(&self) -> Watch {
        self.watch.clone()
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn home(&self) -> Option<&Path> {
        self.home.as_deref()
    }

    /// Name of the branch at hand.
    pub fn branch(&self) -> &str {
        &self.branches[self.current].name
    }

    /// Whether a cell was set aside.
    pub fn is_broken(&self) -> bool {
        !self.broken.is_empty()
    }

    pub fn cells(&self) -> &Cells {
        self.branches[self.current].cells()
    }

    /// The study as it would be saved.
    pub fn text(&self) -> String {
        let mut text = cells::join(self.cells());
        for below in [self.tail.as_str(), self.prose.trim_end()] {
            if !below.is_empty() {
                text.push('\n');
                text.push_str(below);
                text.push('\n');
            }
        }
        text
    }

    /// What can be named at the prompt, for completion.
    pub fn catalogue(&self) -> Catalogue {
        Catalogue::of(self.sound.as_ref().map(|sound| &sound.plan), &self.schemas, self.cells(), &self.branches)
    }

    /// Answers one line of the prompt, or a buffer of declarations.
    pub fn enter(&mut self, input: &str) -> Reply {
        self.watch.renew();
        let line = input.trim();
        if line.is_empty() {
            return Reply::default();
        }
        if let Some(command) = line.strip_prefix(':') {
            return commands::run(self, command.trim());
        }
        if let Some(words) = line.strip_prefix("??") {
            return help::search(words.trim());
        }
        if let Some(word) = line.strip_prefix('?') {
            return help::page(word.trim());
        }
        if let Some(change) = what_if::change(line) {
            return what_if::run(self, change);
        }
        // A word that is no name of the study may be a command without its colon.
        let first = line.split_whitespace().next().unwrap_or("");
        if matches!(first, "open" | "quit" | "exit" | "help" | "undo") && !self.catalogue().knows(first) {
            let rest = line[first.len()..].trim();
            if matches!(first, "open" | "help") || rest.is_empty() {
                return commands::run(self, if first == "exit" { "quit" } else { line });
            }
        }
        self.declare(input.trim_end())
    }

    /// Takes declarations and questions into the study, and answers them.
    fn declare(&mut self, text: &str) -> Reply {
        let cut = match cells::cut(text) {
            Ok(cut) => cut,
            Err(faults) => {
                let mut sources = crate::syntax::ast::Sources::default();
                sources.add("prompt", text);
                return Reply { pieces: vec![Piece::Diagnostics(faults, Arc::new(sources))] };
            }
        };
        let mut new = cut.cells;
        let Some((_, first, _)) = new.first_mut() else {
            self.prose.push_str(&cut.tail);
            self.prose.push('\n');
            return Reply::note("this stands above what is entered next");
        };
        let prose = std::mem::take(&mut self.prose);
        first.insert_str(0, &prose);
        let before = self.cells().clone();
        let (after, entered) = self.placed(&before, new);
        let reply = self.take_in(after, &entered);
        // What was refused or only looked at leaves the words to what comes next.
        if !prose.is_empty() && !self.cells().iter().any(|cell| cell.text.starts_with(&prose)) {
            self.prose = prose;
        }
        reply
    }

    /// The cells with `new` ones among them, each in the place of what it replaces, or last; and
    /// the numbers of the new ones.
    pub(super) fn placed(&mut self, before: &Cells, new: Vec<(Subject, String, bool)>) -> (Cells, Vec<usize>) {
        let mut after = before.clone();
        let mut entered = Vec::new();
        for (subject, text, blank_before) in new {
            let number = self.next;
            self.next += 1;
            entered.push(number);
            let old = after.iter().position(|cell| subject.replaces(&cell.subject));
            let blank_before = old.map_or(blank_before, |place| after[place].blank_before);
            let cell = Arc::new(Cell { number, text, blank_before, subject });
            match old {
                Some(place) => after[place] = cell,
                // Declarations stand before the questions, unless the study already mixes them.
                None => {
                    let last_noun = after.iter().rposition(|cell| !cell.subject.is_question());
                    let mixed = after.iter().take(last_noun.unwrap_or(0)).any(|cell| cell.subject.is_question());
                    match last_noun {
                        _ if cell.subject == Subject::Study => after.insert(0, cell),
                        Some(last) if !cell.subject.is_question() && !mixed => after.insert(last + 1, cell),
                        None if !cell.subject.is_question() => after.insert(0, cell),
                        _ => after.push(cell),
                    }
                }
            }
        }
        (after, entered)
    }

    /// Makes `after` the study, unless a new cell is at fault, and answers the new cells.
    fn take_in(&mut self, after: Cells, entered: &[usize]) -> Reply {
        let mut examined = self.examine(&after, entered);
        let sources = Arc::new(examined.examined.sources.clone());
        let is_new = |span: crate::syntax::ast::Span| {
            let place = examined.examined.ids.iter().position(|id| *id == span.source);
            place.and_then(|place| examined.cells.get(place)).is_none_or(|cell| entered.contains(&cell.number))
        };
        let own: Vec<Diagnostic> =
            examined.examined.checked.diagnostics.iter().filter(|one| is_new(one.span)).cloned().collect();
        if examined.examined.checked.plan.is_none() || !examined.faults.is_empty() {
            let mut reply = Reply::default();
            let errors: Vec<Diagnostic> = own.into_iter().filter(Diagnostic::is_error).collect();
            if !errors.is_empty() {
                reply.push(Piece::Diagnostics(errors, Arc::clone(&sources)));
            } else if examined.faults.is_empty() {
                reply.push(Piece::Diagnostics(examined.examined.checked.diagnostics.clone(), Arc::clone(&sources)));
            }
            if !examined.faults.is_empty() {
                reply.push(Piece::Faults(std::mem::take(&mut examined.faults), sources));
            }
            return reply;
        }
        let mut reply = Reply::default();
        if !own.is_empty() {
            reply.push(Piece::Diagnostics(own, Arc::clone(&sources)));
        }
        let Some(plan) = examined.examined.checked.plan.clone() else { return reply };
        let cells = after;
        let sound = Sound { plan, sources };
        let broken = examined.broken;
        for (number, fault) in &broken {
            if !self.broken.contains_key(number) {
                let words = cells.iter().find(|cell| cell.number == *number).map(|cell| cell.subject.words());
                reply.push(Piece::Caution(format!(
                    "set aside: [{number}] {}: {} ({})",
                    words.unwrap_or_default(),
                    fault.message,
                    fault.code
                )));
            }
        }
        let was_stale = self.stale();
        let passing = passing(&examined.cells, entered, &examined.examined, &sound);
        // Looking at a table or a column is no part of the study.
        let kept: Cells = cells.iter().filter(|cell| !passing.contains(&cell.number)).cloned().collect();
        let is_changed = kept != *self.cells();
        if is_changed {
            self.branches[self.current].commit(kept);
        }
        self.broken = broken;
        self.sound = Some(sound.clone());
        let stale: Vec<String> = self.stale().into_iter().filter(|name| !was_stale.contains(name)).collect();
        let ids = &examined.examined.ids;
        let place = |number: usize| {
            examined.cells.iter().position(|cell| cell.number == number).and_then(|place| ids.get(place)).copied()
        };
        let new: Vec<(Arc<Cell>, Vec<NodeId>)> = cells
            .iter()
            .filter(|cell| entered.contains(&cell.number))
            .map(|cell| {
                let source = place(cell.number);
                let nodes =
                    sound.plan.nodes().iter().filter(|node| Some(node.span.source) == source).map(|node| node.id);
                (Arc::clone(cell), nodes.collect())
            })
            .collect();
        let single = new.len() == 1;
        let mut declared = Vec::new();
        let mut questions: Vec<NodeId> = Vec::new();
        for (cell, nodes) in &new {
            if cell.subject.is_question() {
                questions.extend(self.questions_of(&sound, cell, nodes));
            } else {
                declared.push(cell.subject.words());
            }
        }
        if !declared.is_empty() && !single {
            reply.push(Piece::Note(format!("declared: {}", declared.join(", "))));
        }
        if !stale.is_empty() {
            reply.push(Piece::Caution(format!(
                "stale: {}; `:run` computes {} again, and nothing else",
                stale.join(", "),
                if stale.len() == 1 { "it" } else { "them" }
            )));
        }
        if !questions.is_empty() {
            let told = self.ask(&sound, &questions);
            let without_answer = told.answers().next().is_none();
            reply.extend(told);
            if without_answer && is_changed && declared.is_empty() {
                self.branches[self.current].take_back();
                self.refresh();
                reply.push(Piece::Note("without an answer it is no part of the study".to_owned()));
                return reply;
            }
        }
        if let (true, Some((cell, _))) = (single, new.first())
            && !cell.subject.is_question()
        {
            reply.extend(self.told_of(&sound, cell));
        }
        // What was asked in passing is forgotten: the plan is again that of the study.
        if !passing.is_empty() {
            self.refresh();
        }
        reply
    }

    /// Nodes of a question that answer; the models that it brings are answered through it.
    fn questions_of(&self, sound: &Sound, cell: &Cell, nodes: &[NodeId]) -> Vec<NodeId> {
        let asks = |id: &NodeId| {
            !matches!(
                sound.plan.node(*id).operation,
                Operation::Model(_) | Operation::Derive(_) | Operation::Columns(_) | Operation::Extraction(_)
            )
        };
        let asked: Vec<NodeId> = nodes.iter().copied().filter(asks).collect();
        if !asked.is_empty() {
            return asked;
        }
        // A grouping typed alone answers for itself.
        let name = format!("groups {}", cell.subject.words());
        sound.plan.find(&name).map(|node| vec![node.id]).unwrap_or_default()
    }

    /// A declaration typed alone is shown by the question that fits it.
    fn told_of(&mut self, sound: &Sound, cell: &Cell) -> Reply {
        let Some(name) = cell.subject.name() else { return Reply::note(format!("{} declared", cell.subject.words())) };
        let written = quoted(name);
        let question = match cell.subject.keyword() {
            _ if !self.answers_declarations => None,
            "table" => return commands::data::table(self, sound, name),
            "cohort" => Some(format!("flow {written}")),
            "split" => sound
                .plan
                .nodes()
                .iter()
                .find_map(|node| match &node.operation {
                    Operation::Split(split) if world::word(node) == name => Some(split.cohort),
                    _ => None,
                })
                .and_then(|cohort| match &sound.plan.node(cohort).operation {
                    Operation::Cohort(_) => Some(format!("flow {}", quoted(world::word(sound.plan.node(cohort))))),
                    _ => None,
                }),
            "derive" | "endpoint" | "model" | "groups" => Some(written.clone()),
            "features" => match sound.plan.find(&format!("features {name}")).map(|node| &node.operation) {
                Some(Operation::Columns(_)) => Some(written.clone()),
                _ => None,
            },
            _ => None,
        };
        let declared = format!("{} declared", cell.subject.words());
        match question {
            Some(question) => {
                let mut reply = self.asked_in_passing(&question);
                if reply.pieces.is_empty() {
                    reply = Reply::note(declared);
                }
                reply
            }
            None => Reply::note(declared),
        }
    }

    /// Answers a line without taking it into the study.
    pub(super) fn asked_in_passing(&mut self, line: &str) -> Reply {
        let Ok(cut) = cells::cut(line) else { return Reply::default() };
        let before = self.cells().clone();
        let (after, entered) = self.placed(&before, cut.cells);
        let examined = self.examine(&after, &entered);
        let sources = Arc::new(examined.examined.sources.clone());
        let Some(plan) = examined.examined.checked.plan.clone() else {
            return Reply { pieces: vec![Piece::Diagnostics(examined.examined.checked.diagnostics, sources)] };
        };
        let sound = Sound { plan, sources };
        let mut nodes = Vec::new();
        for (cell, id) in examined.cells.iter().zip(&examined.examined.ids) {
            if entered.contains(&cell.number) {
                let own: Vec<NodeId> =
                    sound.plan.nodes().iter().filter(|node| node.span.source == *id).map(|node| node.id).collect();
                nodes.extend(self.questions_of(&sound, cell, &own));
            }
        }
        let known = self.asked.clone();
        let reply = self.ask(&sound, &nodes);
        // What was asked in passing cannot grow stale; the models behind it can.
        let asked = std::mem::replace(&mut self.asked, known);
        if let Some(own) = &self.sound {
            for node in own.plan.nodes().iter().filter(|node| matches!(node.operation, Operation::Model(_))) {
                if let (Some(hash), Some(hashes)) = (own.plan.hash(node.id), asked.get(&node.name))
                    && hashes.contains(&hash)
                {
                    self.asked.entry(node.name.clone()).or_default().insert(hash);
                }
            }
        }
        reply
    }

    /// Examines the study as it stands, after an undo or a switch.
    pub(super) fn refresh(&mut self) {
        let cells = self.cells().clone();
        let looked = self.examine(&cells, &[]);
        let sources = Arc::new(looked.examined.sources.clone());
        self.broken = looked.broken;
        self.sound = looked.examined.checked.plan.map(|plan| Sound { plan, sources });
    }

    /// Checks cells as one study, with the schema of every table that no dictionary describes.
    /// Old cells that are at fault are set aside, one after the other, until the rest is sound.
    pub(super) fn examine(&mut self, cells: &Cells, entered: &[usize]) -> Looked {
        let mut active: Cells = cells.clone();
        let mut broken = BTreeMap::new();
        loop {
            let (examined, faults) = self.examine_once(&active);
            if examined.checked.plan.is_some() || !faults.is_empty() {
                return Looked { examined, cells: active, broken, faults };
            }
            let at_fault: Vec<(usize, Diagnostic)> = examined
                .checked
                .diagnostics
                .iter()
                .filter(|one| one.is_error())
                .filter_map(|one| {
                    let place = examined.ids.iter().position(|id| *id == one.span.source)?;
                    Some((active.get(place)?.number, one.clone()))
                })
                .collect();
            let is_new = at_fault.iter().any(|(number, _)| entered.contains(number));
            if is_new || at_fault.is_empty() {
                return Looked { examined, cells: active, broken, faults };
            }
            for (number, fault) in at_fault {
                active.retain(|cell| cell.number != number);
                broken.entry(number).or_insert(fault);
            }
        }
    }

    fn examine_once(&mut self, cells: &[Arc<Cell>]) -> (Examined, Vec<Fault>) {
        let folder = Folder(self.folder.clone());
        let options = |tables: &BTreeMap<String, Dictionary>, set: &[(String, String)]| Options {
            set: set.to_vec(),
            tables: tables.clone(),
            ..Options::default()
        };
        let examined = cells::examine(cells, &folder, &options(&self.schemas, &self.set));
        let mut schemas = BTreeMap::new();
        let mut faults = Vec::new();
        match &examined.checked.plan {
            Some(plan) => {
                for node in plan.nodes() {
                    let Operation::Table(table) = &node.operation else { continue };
                    let Some(path) = &table.path else { continue };
                    if !table.dictionary.columns.is_empty() || table.expression.is_some() {
                        continue;
                    }
                    match self.files.read(&self.folder.join(path), &table.dictionary, table.key.as_deref()) {
                        Ok(read) => {
                            schemas.insert(world::word(node).to_owned(), frame::schema::schema(&read));
                        }
                        Err(error) => {
                            let mut fault = Fault::from(error);
                            fault.declaration.clone_from(&node.name);
                            fault.span = node.span;
                            faults.push(fault);
                        }
                    }
                }
            }
            // A table whose file is another now must not be judged by the columns that it had.
            None if !self.schemas.is_empty() => {
                let bare = cells::examine(cells, &folder, &options(&BTreeMap::new(), &self.set));
                if bare.checked.plan.is_some() {
                    self.schemas.clear();
                    return self.examine_once(cells);
                }
                return (examined, faults);
            }
            None => return (examined, faults),
        }
        if schemas == self.schemas {
            return (examined, faults);
        }
        self.schemas = schemas;
        (cells::examine(cells, &folder, &options(&self.schemas, &self.set)), faults)
    }

    /// Paths start from `folder` from now on, and what is computed is kept there.
    pub(super) fn move_to(&mut self, folder: PathBuf) {
        if self.home.is_some() {
            let home = folder.join(HOME);
            self.looks = Looks::at(&home);
            self.home = Some(home);
            self.store = None;
        }
        self.folder = if folder.as_os_str().is_empty() { PathBuf::from(".") } else { folder };
    }
}

/// What an examination of the whole study found.
pub(super) struct Looked {
    pub examined: Examined,
    /// The cells that were examined in the end.
    pub cells: Cells,
    pub broken: BTreeMap<usize, Diagnostic>,
    /// Files that cannot be read.
    pub faults: Vec<Fault>,
}

/// New questions that only look at a table, a column or a block: answered, and not kept.
fn passing(cells: &Cells, entered: &[usize], examined: &Examined, sound: &Sound) -> HashSet<usize> {
    let mut passing = HashSet::new();
    for (cell, id) in cells.iter().zip(&examined.ids) {
        if !entered.contains(&cell.number) || !cell.subject.is_question() {
            continue;
        }
        let is_bare = crate::syntax::keywords::declaration(cell.subject.keyword()).is_none();
        let looks = sound.plan.nodes().iter().filter(|node| node.span.source == *id).all(|node| {
            matches!(node.operation, Operation::Describe(_) | Operation::Derive(_) | Operation::Columns(_))
        });
        if is_bare && looks {
            passing.insert(cell.number);
        }
    }
    passing
}

/// A name as it is written, in backticks where it is no plain word.
pub(super) fn quoted(name: &str) -> String {
    // A name may hold inner hyphens.
    let plain = name.starts_with(|sign: char| sign.is_alphabetic() || sign == '_')
        && name
            .split('-')
            .all(|part| !part.is_empty() && part.chars().all(|sign| sign.is_alphanumeric() || sign == '_'))
        && !crate::syntax::keywords::is_reserved(name);
    if plain { name.to_owned() } else { format!("`{name}`") }
}

/// `RESPONSE.host`, each of its words quoted where it must be.
pub(super) fn quoted_path(name: &str) -> String {
    name.split('.').map(quoted).collect::<Vec<_>>().join(".")
}
