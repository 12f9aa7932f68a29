//! Declarations to a typed plan: names, kinds, units, rows seen, time.
//!
//! The checker reads no data: a dictionary, or the schema of data as it was read, tells it what
//! columns are. It proves what `language.md` promises (no leak, the right kind of endpoint, time,
//! missing values, units, levels, nothing vacuous) or says what it could not prove. Every fault is
//! told once, on its exact words, all of them in one run; each code has its page in [`codes`].
//!
//! One file per family of declarations (`tables`, `population`, `endpoint`, `features`, `model`,
//! `evaluate`, `questions`, `contrast`, `infer`), over `checker` (names and nodes), `row` (row expressions),
//! `algebra` (models) and `registry` (what the engines offer, by their cards).
//!
//! May import: `syntax`, `plan`, `frame`'s dictionary, expressions and functions, and the cards of
//! the engines. Deliberately absent: reading data, fitting, and any list of learners.

use std::collections::BTreeMap;

use crate::frame::dictionary::Dictionary;
use crate::plan::node::Acceptance;
use crate::plan::{Plan, hash};
use crate::syntax::ast::{Sources, Study};
use crate::syntax::{self, Diagnostic, Lost};

mod agreement;
mod algebra;
mod alone;
mod arithmetic;
mod checker;
pub mod codes;
mod compare;
mod constraints;
mod contrast;
mod endpoint;
mod evaluate;
mod extraction;
mod extraction_clauses;
mod fault;
mod features;
mod formula;
mod groups;
mod infer;
mod learner;
mod model;
mod pipeline;
mod population;
mod questions;
pub(crate) mod registry;
mod row;
mod search;
mod settings;
mod study;
mod tables;
mod typed;
mod units;

use checker::Checker;
use fault::{Fault, Severity};

/// Where the files that a study names are read from, relative to the study's folder.
pub trait World {
    /// # Errors
    /// Why the file cannot be read, in words.
    fn read(&self, path: &str) -> Result<Vec<u8>, String>;
}

/// Files below a folder.
#[derive(Clone, Debug)]
pub struct Folder(pub std::path::PathBuf);

impl World for Folder {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        std::fs::read(self.0.join(path)).map_err(|error| match error.kind() {
            std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
            _ => error.to_string(),
        })
    }
}

/// A world without files: studies that name none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoFiles;

impl World for NoFiles {
    fn read(&self, _: &str) -> Result<Vec<u8>, String> {
        Err("no files are at hand".to_owned())
    }
}

/// Files held in memory, by path.
impl World for BTreeMap<String, Vec<u8>> {
    fn read(&self, path: &str) -> Result<Vec<u8>, String> {
        self.get(path).cloned().ok_or_else(|| "there is no such file".to_owned())
    }
}

/// What else the check is told.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// `--set NAME=VALUE`, in order.
    pub set: Vec<(String, String)>,
    /// Columns of data as read, by table name: their kinds, whether values are missing, and the
    /// levels of text. What a dictionary says of a column stands before it.
    pub tables: BTreeMap<String, Dictionary>,
    /// Declarations of the study that could not be read, as the parser tells them; what they would
    /// have declared is not told as unknown.
    pub lost: Vec<Lost>,
}

/// What came of a check.
#[derive(Clone)]
pub struct Checked {
    /// Absent if the study is rejected.
    pub plan: Option<Plan>,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
}

impl Checked {
    pub fn is_sound(&self) -> bool {
        self.plan.is_some()
    }
}

/// Parses and checks a text: every fault of words, shape and meaning.
pub fn check_text(name: &str, text: &str, sources: &mut Sources, world: &dyn World, options: &Options) -> Checked {
    let id = sources.add(name, text);
    let parsed = syntax::parse(text, id);
    let options = Options { lost: parsed.lost, ..options.clone() };
    let mut checked = check(&parsed.study, sources, world, &options);
    if parsed.diagnostics.iter().any(Diagnostic::is_error) {
        checked.plan = None;
    }
    checked.diagnostics.extend(parsed.diagnostics);
    sort(&mut checked.diagnostics);
    checked
}

/// Checks a parsed study, its shape among it, and makes its plan. Texts that it uses are added to
/// `sources`.
pub fn check(study: &Study, sources: &mut Sources, world: &dyn World, options: &Options) -> Checked {
    let shape = syntax::check_shape(study);
    let mut loaded = study::Loaded { lost: options.lost.clone(), ..study::Loaded::default() };
    let mut path = vec![sources.get(study::own_source(study)).map_or_else(String::new, |source| source.name.clone())];
    study::load(study, sources, world, &mut loaded, &mut path);
    let study::Loaded { mut declarations, mut faults, lost } = loaded;
    declarations.extend(study.declarations.iter().filter(|declaration| declaration.head.keyword() != "use").cloned());
    faults.extend(shape);

    let plan = Plan::new(study::study_of(&declarations));
    let mut checker = Checker::new(&declarations, options, world, sources, plan);
    checker.wound(&faults, &lost);
    checker.index(&lost);
    checker.set_parameters(options);
    checker.study();
    checker.columns_have_tables();
    checker.walk();
    checker.study_origin();
    let told = std::mem::take(&mut checker.faults);
    let mut accepted: Vec<(usize, Acceptance)> = Vec::new();
    let mut used: Vec<(usize, String)> = Vec::new();
    let mut meaning: Vec<Fault> = Vec::new();
    for (owner, mut fault) in told {
        if study::acceptable(fault.code)
            && let Some((place, reason)) = checker.acceptance(owner, &fault)
        {
            let acceptance = Acceptance { code: fault.code.to_owned(), reason: reason.clone() };
            accepted.push((place, acceptance.clone()));
            if owner != place {
                accepted.push((owner, acceptance));
            }
            used.push((place, fault.code.to_owned()));
            fault.severity = fault.severity.min(Severity::Warning);
            fault = fault.help(format!("accepted: {reason}"));
        }
        meaning.push(fault);
    }
    checker.accepts_answer(&used, &mut meaning);
    let (mut plan, owner) = (checker.plan, checker.owner);
    faults = one_per_fault(faults, meaning);
    sort(&mut faults);
    let rejected = faults.iter().any(Diagnostic::is_error);
    if rejected {
        return Checked { plan: None, diagnostics: faults };
    }
    plan.accept(|node| {
        accepted.iter().filter(|(place, _)| owner.get(node.0 as usize) == Some(place)).map(|(_, a)| a.clone()).collect()
    });
    hash::seal(&mut plan);
    Checked { plan: Some(plan), diagnostics: faults }
}

/// A fault of shape and one of meaning on the same words are one fault: the meaning says more of
/// a phrase that does not belong, the shape says more of whatever else is amiss in its line.
fn one_per_fault(shape: Vec<Fault>, meaning: Vec<Fault>) -> Vec<Fault> {
    let within = |inner: &Fault, outer: &Fault| {
        inner.span.source == outer.span.source
            && outer.span.start <= inner.span.start
            && inner.span.end <= outer.span.end
    };
    let mut told: Vec<Fault> = shape
        .iter()
        .filter(|fault| {
            fault.code != "shape::extra" || !meaning.iter().any(|other| other.is_error() && within(other, fault))
        })
        .cloned()
        .collect();
    told.extend(meaning.into_iter().filter(|fault| {
        !shape.iter().any(|other| {
            other.code != "shape::extra" && (within(fault, other) || within(other, fault)) && fault.is_error()
        })
    }));
    told
}

fn sort(faults: &mut [Diagnostic]) {
    faults.sort_by(|left, right| {
        let key = |fault: &Diagnostic| (fault.span.source.0, fault.span.start, std::cmp::Reverse(fault.severity));
        key(left).cmp(&key(right))
    });
}
