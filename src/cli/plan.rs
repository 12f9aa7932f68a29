//! `diptych plan`.

use std::path::Path;

use clap::ValueEnum;

use crate::plan::{describe, graph};

use super::{Exit, Parameters, open, show};

/// How the plan is written.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For reading and signing.
    Tree,
    Json,
    /// For Graphviz.
    Dot,
}

pub fn plan(path: &Path, parameters: &Parameters, form: Form) -> Exit {
    let study = match open(path, parameters) {
        Ok(study) => study,
        Err(exit) => return exit,
    };
    let review = study.check();
    show::diagnostics(&review.checked.diagnostics, &review.sources);
    let Some(plan) = &review.checked.plan else { return Exit::StudyRejected };
    show::print(&match form {
        Form::Tree => describe::describe(plan),
        Form::Json => format!("{}\n", serde_json::to_string_pretty(&graph::json(plan)).unwrap_or_default()),
        Form::Dot => graph::dot(plan),
    });
    Exit::Done
}
