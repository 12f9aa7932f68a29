//! The reference part of the manual as Markdown files, in the form that mdBook reads.

use std::fmt::Write as _;

use super::{Page, Topic, pages};
use crate::card::Role;

/// One file of the manual.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chapter {
    /// Below the folder of the manual: `reference/learners.md`.
    pub file: String,
    pub title: String,
    pub text: String,
}

/// Chapters of the reference: the file, the title, an introduction, and what belongs to it.
const CHAPTERS: [(&str, &str, &str, &[Topic]); 12] = [
    (
        "language",
        "The language",
        "A declaration begins at column 0 with a keyword; its clauses are indented lines. Every line has one shape: \
         `keyword [label:] [list] {preposition list} [= value]`.",
        &[Topic::Declaration, Topic::Clause],
    ),
    (
        "functions",
        "Functions of row expressions",
        "They see one row at a time, so none of them can leak.",
        &[Topic::Thing(Role::Function)],
    ),
    (
        "steps",
        "Steps of preparation",
        "Each is fitted on training rows, and again inside every fold.",
        &[Topic::Thing(Role::Step)],
    ),
    (
        "learners",
        "Learners",
        "Positional arguments are blocks of features, named arguments are settings; `in (...)` makes a grid.",
        &[Topic::Thing(Role::Learner)],
    ),
    (
        "fusion",
        "Fusion rules",
        "`early L(a, b)` joins features before learning; `late RULE(a, b)` joins out-of-fold predictions.",
        &[Topic::Thing(Role::Fusion)],
    ),
    ("metrics", "Metrics", "Each is told with n, events and an interval.", &[Topic::Thing(Role::Metric)]),
    (
        "inference",
        "Inference by formula",
        "`cox(os ~ age + strata(centre))`: the formulas are those of R.",
        &[Topic::Thing(Role::Inference)],
    ),
    (
        "explanations",
        "Explanations of a model",
        "`explain RESPONSE by SHAP over 5 folds`: patients of the fit are explained by models that did not see them.",
        &[Topic::Thing(Role::Explanation)],
    ),
    (
        "radiomics",
        "Radiomics: filters, feature classes, perturbations",
        "",
        &[Topic::Thing(Role::Filter), Topic::Thing(Role::FeatureClass), Topic::Thing(Role::Perturbation)],
    ),
    ("omics", "Genes: tests and enrichment", "", &[Topic::Thing(Role::Differential), Topic::Thing(Role::Enrichment)]),
    ("figures", "Figures", "", &[Topic::Thing(Role::Figure)]),
    (
        "diagnostics",
        "Diagnostics",
        "Every fault has a stable code; `diptych explain CODE` prints its page.",
        &[Topic::Diagnostic],
    ),
];

/// Chapters written by hand, in `docs/`.
const WRITTEN: [(&str, &str); 6] = [
    ("introduction.md", "Diptych"),
    ("first_study.md", "A first study"),
    ("prompt.md", "The prompt"),
    ("an-hour-at-the-prompt.md", "An hour at the prompt"),
    ("numbers.md", "How each number is computed"),
    ("comparison.md", "The same study in Python and R"),
];

/// The reference chapters and `SUMMARY.md`.
pub fn book() -> Vec<Chapter> {
    let mut summary = String::from("# Summary\n\n");
    for (file, title) in WRITTEN {
        writeln!(summary, "- [{title}]({file})").ok();
    }
    summary.push_str("\n# Reference\n\n");
    let mut chapters = Vec::new();
    for (name, title, introduction, topics) in CHAPTERS {
        let found: Vec<&Page> = pages().iter().filter(|page| topics.contains(&page.topic)).collect();
        if found.is_empty() {
            continue;
        }
        let file = format!("reference/{name}.md");
        writeln!(summary, "- [{title}]({file})").ok();
        let mut text = format!("# {title}\n\n<!-- Made by `diptych manual` from the code: change it there. -->\n");
        if !introduction.is_empty() {
            write!(text, "\n{introduction}\n").ok();
        }
        text.push('\n');
        for page in &found {
            writeln!(text, "- [{}](#{}): {}", page.heading(), page.anchor(), page.summary).ok();
        }
        for page in &found {
            write!(text, "\n{}", page.markdown()).ok();
        }
        chapters.push(Chapter { file, title: title.to_owned(), text });
    }
    chapters.insert(0, Chapter { file: "SUMMARY.md".to_owned(), title: "Summary".to_owned(), text: summary });
    chapters
}
