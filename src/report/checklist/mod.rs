//! Checklists of reporting guidelines, one file a guideline, filled from the plan and the run.
//!
//! An item says where in the report it is answered, or that the study does not do it, or that it
//! is the author's to write. The code that fills an item looks at the plan and at the results: it
//! never claims what is not there. The wording of the items is our own and short; the published
//! guideline is what counts.

mod clear;
mod facts;
mod strobe;
mod tripod_ai;

use std::fmt::Write;

use crate::plan::Plan;
use crate::run::Results;

use super::escape::{html, slug};
use super::methods::Section;
use super::record::table;
use super::references::References;

pub use facts::Facts;

/// A guideline with its items.
pub struct Guideline {
    /// The word after `report`: `TRIPOD-AI`.
    pub name: &'static str,
    /// As it is published: `TRIPOD+AI`.
    pub title: &'static str,
    /// Where it is published.
    pub reference: &'static str,
    pub items: &'static [Item],
}

/// One item of a guideline.
pub struct Item {
    /// `5a`.
    pub number: &'static str,
    pub topic: &'static str,
    /// What is asked, in our words.
    pub asks: &'static str,
    pub fill: fn(&Facts<'_>) -> Filled,
}

/// How an item is answered; texts are HTML with links into the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Filled {
    /// The report holds what is asked.
    Told(String),
    /// The report holds a part, the author adds the rest.
    Part(String, &'static str),
    /// The study does not do this, and says so.
    Absent(String),
    /// Nothing in plan or run answers this.
    Author(&'static str),
}

/// Every guideline that can be asked for.
pub fn guidelines() -> &'static [&'static Guideline] {
    static ALL: [&Guideline; 3] = [&tripod_ai::TRIPOD_AI, &strobe::STROBE, &clear::CLEAR];
    &ALL
}

/// A guideline by the word after `report`; capitals, hyphens and plus signs do not matter.
pub fn guideline(name: &str) -> Option<&'static Guideline> {
    let plain = |name: &str| -> String {
        name.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    guidelines().iter().copied().find(|guideline| plain(guideline.name) == plain(name))
}

/// A guideline filled for a study.
pub struct Checklist {
    pub guideline: &'static Guideline,
    pub items: Vec<(&'static Item, Filled)>,
}

/// The checklists that the study asks for.
pub fn filled(plan: &Plan, results: &Results, methods: &[Section]) -> Vec<Checklist> {
    let facts = Facts::new(plan, results, methods);
    let mut lists: Vec<Checklist> = Vec::new();
    for guideline in plan.study.report.iter().filter_map(|name| guideline(name)) {
        if lists.iter().any(|list| list.guideline.name == guideline.name) {
            continue;
        }
        let items = guideline.items.iter().map(|item| (item, (item.fill)(&facts))).collect();
        lists.push(Checklist { guideline, items });
    }
    lists
}

impl Filled {
    pub fn status(&self) -> &'static str {
        match self {
            Filled::Told(_) => "reported",
            Filled::Part(..) => "in part",
            Filled::Absent(_) => "not done",
            Filled::Author(_) => "for the author",
        }
    }
}

impl Checklist {
    pub fn html(&self, references: &mut References) -> String {
        let id = slug(self.guideline.name);
        let mut rows = String::new();
        for (item, filled) in &self.items {
            let text = match filled {
                Filled::Told(text) | Filled::Absent(text) => text.clone(),
                Filled::Part(text, rest) => format!("{text} <i>For the author: {}</i>", html(rest)),
                Filled::Author(rest) => format!("<i>{}</i>", html(rest)),
            };
            let _ = writeln!(
                rows,
                "<tr id=\"{id}-{0}\"><th scope=\"row\">{0}</th><td>{1}</td><td>{2}</td><td class=\"status\">{3}</td><td>{text}</td></tr>",
                item.number,
                html(item.topic),
                html(item.asks),
                filled.status()
            );
        }
        let count = |status: &str| self.items.iter().filter(|(_, filled)| filled.status() == status).count();
        format!(
            "<section id=\"checklist-{id}\" aria-labelledby=\"checklist-{id}-title\"><h3 id=\"checklist-{id}-title\">{}</h3>\n\
             <p>Of {} items {} are reported, {} in part, {} say what was not done, and {} are for the author. The wording \
             of the items is shortened; the published guideline counts{}.</p>\n{}</section>\n",
            html(self.guideline.title),
            self.items.len(),
            count("reported"),
            count("in part"),
            count("not done"),
            count("for the author"),
            references.cite(&[self.guideline.reference]),
            table(
                &format!("checklist-{id}-caption"),
                &format!("{}, filled from the plan and the run", self.guideline.title),
                &[
                    ("Item", false),
                    ("Topic", false),
                    ("What is asked", false),
                    ("Status", false),
                    ("Where, or what", false)
                ],
                &rows,
            )
        )
    }
}
