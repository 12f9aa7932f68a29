//! What plan and run can say to an item, each fact in one place. Items of several guidelines that
//! ask for the same thing share its answer.
//!
//! [`design`] answers from what Methods say, [`found`] from what the run found.

mod design;
mod found;

use crate::plan::node::{Evaluate, Infer, Model, Operation};
use crate::plan::{Node, Plan};
use crate::report::answers::{anchor, tells};
use crate::report::escape::{code, html, listed};
use crate::report::methods::{Section, bare};
use crate::run::results::Kind;
use crate::run::{Answer, EstimateRecord, Results};

/// Plan and results as the items ask for them.
pub struct Facts<'a> {
    pub plan: &'a Plan,
    pub results: &'a Results,
    methods: Vec<(&'a str, &'a str)>,
}

impl<'a> Facts<'a> {
    pub fn new(plan: &'a Plan, results: &'a Results, methods: &'a [Section]) -> Self {
        Facts { plan, results, methods: methods.iter().map(|section| (section.id, section.title)).collect() }
    }

    /// A link to a part of Methods, if there is one.
    pub fn methods(&self, id: &str) -> Option<String> {
        let (id, title) = self.methods.iter().find(|(known, _)| *known == id)?;
        Some(format!("<a href=\"#{id}\">Methods, {}</a>", html(title)))
    }

    pub fn nodes(&self, is: impl Fn(&Operation) -> bool) -> Vec<&'a Node> {
        self.plan.nodes().iter().filter(|node| is(&node.operation)).collect()
    }

    /// The answers that some nodes have in this run.
    pub fn answers(&self, is: impl Fn(&Operation) -> bool) -> Vec<&'a Answer> {
        let nodes = self.nodes(is);
        self.results
            .answers
            .iter()
            .filter(|answer| tells(answer) && nodes.iter().any(|node| node.name == answer.declaration))
            .collect()
    }

    /// Links to answers; `None` where there are none.
    pub fn links(&self, answers: &[&Answer]) -> Option<String> {
        let links: Vec<String> = answers
            .iter()
            .map(|answer| format!("<a href=\"#{}\">{}</a>", anchor(&answer.declaration), html(&answer.declaration)))
            .collect();
        (!links.is_empty()).then(|| format!("Results, {}", listed(&links)))
    }

    fn answered(&self, is: impl Fn(&Operation) -> bool) -> Option<String> {
        self.links(&self.answers(is))
    }

    /// Answers that hold a table of this name.
    fn with_table(&self, name: &str) -> Vec<&'a Answer> {
        self.results.answers.iter().filter(|answer| answer.tables.iter().any(|table| table.name == name)).collect()
    }

    /// Declared models with their names, comparators apart.
    pub fn models(&self) -> Vec<(&'a Node, &'a Model)> {
        self.plan
            .nodes()
            .iter()
            .filter_map(|node| match &node.operation {
                Operation::Model(model) => Some((node, model)),
                _ => None,
            })
            .collect()
    }

    fn evaluations(&self) -> Vec<&'a Evaluate> {
        self.plan
            .nodes()
            .iter()
            .filter_map(|node| match &node.operation {
                Operation::Evaluate(evaluate) => Some(evaluate),
                _ => None,
            })
            .collect()
    }

    fn inferences(&self) -> Vec<&'a Infer> {
        self.plan
            .nodes()
            .iter()
            .filter_map(|node| match &node.operation {
                Operation::Infer(infer) => Some(infer),
                _ => None,
            })
            .collect()
    }

    /// Estimates of how a model predicts.
    fn judged(&self) -> Vec<&'a EstimateRecord> {
        self.results.estimates().filter(|estimate| estimate.kind != Kind::Descriptive).collect()
    }

    fn names(nodes: &[&Node]) -> String {
        listed(&nodes.iter().map(|node| code(bare(&node.name))).collect::<Vec<_>>())
    }
}
