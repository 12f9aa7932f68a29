//! The embedding API: a study in text, bound to data, checked and run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use polars::frame::DataFrame;

use crate::check::{self, Checked, Folder, Options};
use crate::frame::dictionary::Dictionary;
use crate::frame::{self, DataError, Table};
use crate::plan::{Operation, Plan};
use crate::predict;
use crate::progress::Watch;
use crate::run::frozen::{BlockSource, ModelFile};
use crate::run::lock::{FileLock, Lock, StudyLock};
use crate::run::{self, Failure, Fault, Inputs, Report, Store, world};
use crate::syntax::Diagnostic;
use crate::syntax::ast::Sources;

/// A study as text, with the folder that its paths start from, its parameters and its bound
/// tables. Nothing is read before [`Study::run`] but dictionaries and studies that it uses.
#[derive(Clone)]
pub struct Study {
    name: String,
    text: Arc<str>,
    folder: PathBuf,
    set: Vec<(String, String)>,
    tables: BTreeMap<String, Table>,
    models: bool,
}

/// A study checked: the texts, for showing diagnostics, and what was found.
#[derive(Clone)]
pub struct Review {
    pub sources: Sources,
    pub checked: Checked,
    /// Dictionaries and used studies that the check has read.
    pub read: Vec<FileLock>,
}

/// The study's folder, and what was read from it.
struct Reading {
    folder: Folder,
    read: Mutex<Vec<FileLock>>,
}

impl check::World for Reading {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        let content = self.folder.read(path)?;
        if let Ok(mut read) = self.read.lock() {
            read.push(FileLock::of_text(path, &content));
        }
        Ok(content)
    }
}

/// A study that ran to its end.
#[derive(Clone)]
pub struct Finished {
    pub review: Review,
    pub report: Report,
}

/// Why a study did not run to its end.
// A rejection ends the run; its size costs nothing.
#[allow(clippy::large_enum_variant)]
#[derive(Clone)]
pub enum Rejected {
    /// The study is wrong: see its diagnostics.
    Study(Review),
    /// The data is wrong, or a step failed; answers of the steps that succeeded are kept.
    Run { review: Box<Review>, failure: Failure },
}

impl Study {
    /// A study from text; `name` stands in diagnostics. Paths start from the working folder.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Self {
        Study {
            name: name.into(),
            text: text.into(),
            folder: PathBuf::from("."),
            set: Vec::new(),
            tables: BTreeMap::new(),
            models: false,
        }
    }

    /// A study file; its paths start from its own folder.
    ///
    /// # Errors
    /// If the file cannot be read as UTF-8 text.
    pub fn open(path: &Path) -> std::io::Result<Self> {
        let text = std::fs::read_to_string(path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        Ok(Study::new(path.display().to_string(), text).in_folder(folder))
    }

    /// Paths of the study start from `folder`.
    #[must_use]
    pub fn in_folder(mut self, folder: impl Into<PathBuf>) -> Self {
        self.folder = folder.into();
        self
    }

    /// Gives a parameter its value, as `--set` does.
    #[must_use]
    pub fn set(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.set.push((name.into(), value.into()));
        self
    }

    /// Asks for the fitted models as files ([`Report::models`]), with predictions of every patient.
    #[must_use]
    pub fn with_models(mut self) -> Self {
        self.models = true;
        self
    }

    /// Takes `frame` for the table of that name, in place of its file.
    ///
    /// # Errors
    /// A column of a type that no study has.
    pub fn bind(mut self, table: impl Into<String>, frame: &DataFrame) -> Result<Self, DataError> {
        self.tables.insert(table.into(), Table::from_frame(frame)?);
        Ok(self)
    }

    pub fn text(&self) -> &str {
        &self.text
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Checks the study before any data is read: types come from dictionaries, and what could not
    /// be proved without one is told in notes.
    pub fn check(&self) -> Review {
        self.review(self.tables.iter().map(|(name, table)| (name.clone(), frame::schema::schema(table))).collect())
    }

    fn review(&self, tables: BTreeMap<String, Dictionary>) -> Review {
        let mut sources = Sources::default();
        let options = Options { set: self.set.clone(), tables, ..Options::default() };
        let world = Reading { folder: Folder(self.folder.clone()), read: Mutex::default() };
        let checked = check::check_text(&self.name, &self.text, &mut sources, &world, &options);
        Review { sources, checked, read: world.read.into_inner().unwrap_or_default() }
    }

    /// Checks the study, reads the schema of tables that no dictionary describes and checks again.
    ///
    /// # Errors
    /// [`Rejected`], by the study or by its data.
    pub fn prepare(&self) -> Result<Review, Rejected> {
        let mut review = self.check();
        let Some(plan) = &review.checked.plan else { return Err(Rejected::Study(review)) };
        let schemas = match self.schemas(plan) {
            Ok(schemas) => schemas,
            Err(faults) => {
                let failure = Failure { faults, skipped: Vec::new(), report: None };
                return Err(Rejected::Run { review: Box::new(review), failure });
            }
        };
        if !schemas.is_empty() {
            review = self.review(schemas);
        }
        if review.checked.plan.is_none() {
            return Err(Rejected::Study(review));
        }
        Ok(review)
    }

    /// Prepares the study, then runs. What is finished goes into `store` at once; what is there
    /// already is taken.
    ///
    /// # Errors
    /// [`Rejected`], with all faults of the stage at which it ended.
    pub fn run(&self, store: &Store, watch: &Watch) -> Result<Finished, Rejected> {
        let review = self.prepare()?;
        let Some(plan) = &review.checked.plan else { return Err(Rejected::Study(review)) };
        match run::run(plan, &self.inputs(), store, watch) {
            Ok(mut report) => {
                for (model, _) in &mut report.models {
                    self.in_words(&review, model);
                }
                Ok(Finished { review, report })
            }
            Err(failure) => Err(Rejected::Run { review: Box::new(review), failure }),
        }
    }

    /// Adds to a model file how the study declares the images that it measures.
    fn in_words(&self, review: &Review, model: &mut ModelFile) {
        for block in &mut model.blocks {
            let BlockSource::Images { images, declarations, set, files, .. } = &mut block.source else { continue };
            *declarations = predict::declarations(&review.sources, images, &block.name);
            set.clone_from(&self.set);
            let named = review.read.iter().filter(|file| declarations.contains(&file.path));
            *files = named
                .filter_map(|file| {
                    Some((file.path.clone(), std::fs::read_to_string(self.folder.join(&file.path)).ok()?))
                })
                .collect();
        }
    }

    /// What a run is given beside the plan.
    pub fn inputs(&self) -> Inputs {
        Inputs { folder: self.folder.clone(), tables: self.tables.clone(), models: self.models, ..Inputs::default() }
    }

    /// The lock of a finished run.
    ///
    /// # Errors
    /// Data that cannot be read any more.
    pub fn lock(&self, finished: &Finished) -> Result<Lock, Vec<Fault>> {
        Ok(self.lock_inputs(&finished.review)?.with_results(&finished.report.results))
    }

    /// The lock of a prepared study before it runs: its text, its plan and its data.
    ///
    /// # Errors
    /// Data that cannot be read, or a review that rejected the study.
    pub fn lock_inputs(&self, review: &Review) -> Result<Lock, Vec<Fault>> {
        let Some(plan) = &review.checked.plan else {
            return Err(vec![Fault::run("run::rejected", "a rejected study has no lock")]);
        };
        let study = StudyLock {
            name: plan.study.name.clone(),
            hash: blake3::hash(self.text.as_bytes()).to_hex()[..16].to_owned(),
            set: self.set.clone(),
        };
        Lock::new(study, plan, &self.inputs(), review.read.clone())
    }

    /// What the tables hold that no dictionary describes, with the ranges of their numbers; without
    /// those that cannot be read.
    pub fn observed(&self, plan: &Plan) -> BTreeMap<String, Dictionary> {
        let mut observed = BTreeMap::new();
        for node in plan.nodes() {
            let Operation::Table(table) = &node.operation else { continue };
            let name = world::word(node);
            let own = table.dictionary.columns.is_empty() && table.expression.is_none();
            let read = match (self.tables.get(name), &table.path) {
                (Some(bound), _) => Ok(bound.clone()),
                (None, Some(path)) => {
                    frame::read::read(&self.folder.join(path), &table.dictionary, table.key.as_deref())
                }
                (None, None) => continue,
            };
            if let (true, Ok(table)) = (own, read) {
                observed.insert(name.to_owned(), frame::schema::observed(&table));
            }
        }
        observed
    }

    /// Schemas of the tables of the plan that are bound, or that no dictionary describes.
    fn schemas(&self, plan: &Plan) -> Result<BTreeMap<String, Dictionary>, Vec<Fault>> {
        let mut schemas = BTreeMap::new();
        let mut faults = Vec::new();
        for node in plan.nodes() {
            let Operation::Table(table) = &node.operation else { continue };
            let name = world::word(node);
            let schema = match (self.tables.get(name), &table.path) {
                (Some(_), _) if table.expression.is_some() => continue,
                (Some(bound), _) => frame::schema::schema(bound),
                (None, Some(path)) if table.dictionary.columns.is_empty() && table.expression.is_none() => {
                    let path = self.folder.join(path);
                    match frame::read::read(&path, &table.dictionary, table.key.as_deref()) {
                        Ok(table) => frame::schema::schema(&table),
                        Err(error) => {
                            let mut fault = Fault::from(error);
                            fault.declaration.clone_from(&node.name);
                            fault.span = node.span;
                            faults.push(fault);
                            continue;
                        }
                    }
                }
                _ => continue,
            };
            schemas.insert(name.to_owned(), schema);
        }
        if faults.is_empty() { Ok(schemas) } else { Err(faults) }
    }
}

impl Rejected {
    pub fn review(&self) -> &Review {
        match self {
            Rejected::Study(review) => review,
            Rejected::Run { review, .. } => review,
        }
    }

    /// Every fault in words, one a line.
    pub fn words(&self) -> Vec<String> {
        match self {
            Rejected::Study(review) => review
                .checked
                .diagnostics
                .iter()
                .filter(|diagnostic| diagnostic.is_error())
                .map(|Diagnostic { code, message, .. }| format!("{code}: {message}"))
                .collect(),
            Rejected::Run { failure, .. } => {
                failure.faults.iter().map(|fault| format!("{}: {}", fault.code, fault.message)).collect()
            }
        }
    }
}

impl std::fmt::Debug for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Rejected").field(&self.words()).finish()
    }
}
