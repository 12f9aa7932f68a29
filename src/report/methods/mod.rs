//! The Methods section in prose, written from the plan: what is said here is what was run.
//!
//! One file per part of a Methods section. Numbers of patients come from the run, everything else
//! from the typed nodes, defaults included.

mod analysis;
mod evaluation;
mod models;
mod outcomes;
mod participants;
mod predictors;
mod words;

use crate::plan::{Node, Operation, Plan};
use crate::run::Results;

use super::escape::{code, listed};
use super::references::References;

/// A part of Methods with its paragraphs in HTML.
pub struct Section {
    /// Its anchor: `methods-outcomes`.
    pub id: &'static str,
    pub title: &'static str,
    pub paragraphs: Vec<String>,
}

/// What the parts are written from.
pub(super) struct Writer<'a> {
    plan: &'a Plan,
    results: &'a Results,
    references: &'a mut References,
}

/// All parts that have something to say, in the order of a paper.
pub fn sections(plan: &Plan, results: &Results, references: &mut References) -> Vec<Section> {
    let mut writer = Writer { plan, results, references };
    let mut sections = Vec::new();
    let mut add = |id, title, paragraphs: Vec<String>| {
        let paragraphs: Vec<String> = paragraphs.into_iter().filter(|paragraph| !paragraph.is_empty()).collect();
        if !paragraphs.is_empty() {
            sections.push(Section { id, title, paragraphs });
        }
    };
    add("methods-data", "Source of data", participants::data(&mut writer));
    add("methods-participants", "Participants", participants::participants(&mut writer));
    add("methods-outcomes", "Outcomes", outcomes::outcomes(&mut writer));
    add("methods-predictors", "Predictors", predictors::predictors(&mut writer));
    add("methods-missing", "Missing data", predictors::missing(&mut writer));
    add("methods-models", "Model development", models::models(&mut writer));
    add("methods-groups", "Risk groups", models::groups(&mut writer));
    add("methods-evaluation", "Model evaluation", evaluation::evaluation(&mut writer));
    add("methods-analysis", "Statistical analysis", analysis::analysis(&mut writer));
    add("methods-software", "Software and reproducibility", vec![software(&mut writer)]);
    sections
}

impl<'a> Writer<'a> {
    fn nodes(&self) -> impl Iterator<Item = &'a Node> + use<'a> {
        self.plan.nodes().iter()
    }

    /// The name of a node without its keyword, as code.
    fn name(&self, id: crate::plan::NodeId) -> String {
        code(words::bare(&self.plan.node(id).name))
    }

    fn rows(&self, rows: &crate::plan::Rows) -> String {
        match rows {
            crate::plan::Rows::Table(id) => format!("all patients of {}", self.name(*id)),
            crate::plan::Rows::Cohort(id) => format!("the cohort {}", self.name(*id)),
            crate::plan::Rows::Part { split, part } => format!("the part {} of {}", code(part), self.name(*split)),
        }
    }

    /// Several rows; the parts of one split together.
    fn all_rows(&self, rows: &[crate::plan::Rows]) -> String {
        use crate::plan::Rows;
        let mut splits: Vec<(crate::plan::NodeId, Vec<String>)> = Vec::new();
        let mut others: Vec<String> = Vec::new();
        for one in rows {
            match one {
                Rows::Part { split, part } => match splits.iter_mut().find(|(known, _)| known == split) {
                    Some((_, parts)) => parts.push(code(part)),
                    None => splits.push((*split, vec![code(part)])),
                },
                other => others.push(self.rows(other)),
            }
        }
        let parts = splits.into_iter().map(|(split, parts)| {
            let word = if parts.len() == 1 { "part" } else { "parts" };
            format!("the {word} {} of {}", listed(&parts), self.name(split))
        });
        let all: Vec<String> = parts.chain(others).collect();
        listed(&all)
    }

    fn model(&self, model: &crate::plan::node::ModelRef) -> String {
        let name = words::bare(&self.plan.node(model.model).name);
        code(&model.part.as_ref().map_or_else(|| name.to_owned(), |part| format!("{name}.{part}")))
    }

    fn models(&self, models: &[crate::plan::node::ModelRef]) -> String {
        let names: Vec<String> = models.iter().map(|model| self.model(model)).collect();
        listed(&names)
    }

    /// A default that the checker spelt out for this node.
    fn default(&self, node: &'a Node, what: &str) -> Option<&'a str> {
        node.defaults.iter().find(|spelt| spelt.what == what).map(|spelt| spelt.value.as_str())
    }

    fn has(&self, is: impl Fn(&Operation) -> bool) -> bool {
        self.plan.nodes().iter().any(|node| is(&node.operation))
    }
}

/// The parts as they stand below the heading Methods.
pub fn html_of(sections: &[Section]) -> String {
    sections
        .iter()
        .map(|section| {
            let paragraphs: String =
                section.paragraphs.iter().map(|paragraph| format!("<p>{paragraph}</p>\n")).collect();
            format!(
                "<section id=\"{0}\" aria-labelledby=\"{0}-title\"><h3 id=\"{0}-title\">{1}</h3>\n{paragraphs}</section>\n",
                section.id, section.title
            )
        })
        .collect()
}

pub(super) use evaluation::kind;
pub(super) use words::{bare, percent_number as percent};

fn software(writer: &mut Writer<'_>) -> String {
    let study = &writer.results.study;
    let mut text = format!(
        "The analysis was written as a study in the language of Diptych (version {}), checked before any data was \
         read, and run by it; this section was generated from the checked plan. ",
        super::escape::html(&study.version)
    );
    text.push_str(&format!(
        "Random steps draw from streams named by the seed {} and by their own place in the study, so that the results \
         do not depend on the number of threads. ",
        study.seed
    ));
    text.push_str(&format!(
        "Intervals are {}% confidence intervals{}.",
        words::percent_number(study.level),
        if writer.has(|operation| matches!(operation, Operation::Evaluate(_))) {
            format!("; where an interval needs resampling, {} bootstrap resamples were drawn", study.resamples)
        } else {
            String::new()
        }
    ));
    text
}
