//! Results to a report: one HTML file without a network, tables for papers, Methods text,
//! checklists.
//!
//! [`html()`] is the whole report of a run. [`sheet`] writes a table as HTML, LaTeX and for a word
//! processor; [`methods`] writes prose from the plan; [`checklist`] fills the items of reporting
//! guidelines from plan and run, one file a guideline; [`files`] names what a results folder holds;
//! [`schema`] describes `results.json`.
//!
//! May import: `plan`, `run`'s results, `figures`, `syntax` and the cards of the engines.
//! Deliberately absent: any estimation, and reading the clock, except for [`Stopwatch`], which a
//! front end hangs onto its watch.

mod answers;
mod carried;
mod cautions;
pub mod checklist;
mod drawing;
pub mod escape;
mod folder;
mod highlight;
pub mod methods;
mod notebook;
mod record;
mod references;
pub mod schema;
pub mod sheet;
mod summary;
mod timings;

#[cfg(test)]
mod tests;

pub use folder::{figure_names, file_name, files};
pub use highlight::highlighted;
pub use notebook::notebook;
pub use timings::{Circumstances, Stopwatch};

use std::fmt::Write;

use crate::plan::Plan;
use crate::run::Results;
use crate::syntax::ast::{SourceId, Sources};

use references::References;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// A part of the page below its second-level heading.
struct Part {
    id: &'static str,
    title: &'static str,
    body: String,
}

/// The report of a run as one file that needs nothing beside it.
pub fn html(plan: &Plan, results: &Results, sources: &Sources, circumstances: &Circumstances) -> String {
    let mut references = References::default();
    let methods = methods::sections(plan, results, &mut references);
    let checklists = checklist::filled(plan, results, &methods);
    let mut parts = vec![
        Part { id: "summary", title: "Summary", body: summary::html_of(plan, results) },
        Part { id: "study", title: "Study", body: texts(sources) },
        Part { id: "methods", title: "Methods", body: methods::html_of(&methods) },
        Part { id: "results", title: "Results", body: answers::html_of(plan, results, circumstances) },
        Part { id: "cautions", title: "Cautions", body: cautions::html_of(results, circumstances) },
    ];
    if !checklists.is_empty() {
        let body = checklists.iter().map(|list| list.html(&mut references)).collect();
        parts.push(Part { id: "checklists", title: "Reporting checklists", body });
    }
    parts.push(Part {
        id: "reproducibility",
        title: "Reproducibility",
        body: record::html_of(plan, results, circumstances),
    });
    parts.push(Part { id: "references", title: "References", body: references.html() });
    page(results, circumstances, &parts)
}

/// Says before all else that answers are lacking, and of which steps.
fn unfinished(circumstances: &Circumstances) -> String {
    if circumstances.faults.is_empty() {
        return String::new();
    }
    let steps: Vec<String> = circumstances.faults.iter().map(|(step, _)| escape::code(step)).collect();
    format!(
        "<p class=\"warn\"><b>This run did not come to its end:</b> there is no answer of {}. \
         <a href=\"#cautions\">Cautions</a> says why; all other answers are whole.</p>\n",
        steps.join(", ")
    )
}

fn texts(sources: &Sources) -> String {
    let mut out = String::new();
    let texts: Vec<_> = (0..).map_while(|id| sources.get(SourceId(id))).collect();
    for (place, source) in texts.iter().enumerate() {
        // The reader needs the file's name, not where it lay.
        let name = source.name.rsplit(['/', '\\']).next().unwrap_or(&source.name);
        if texts.len() > 1 {
            let _ = writeln!(out, "<h3>{}</h3>", escape::html(name));
        }
        let _ = writeln!(
            out,
            "<pre class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Text of {} ({})\"><code>{}</code></pre>",
            escape::html(name),
            place + 1,
            highlighted(source.text.trim_end())
        );
    }
    out
}

fn page(results: &Results, circumstances: &Circumstances, parts: &[Part]) -> String {
    let study = &results.study;
    let title = if study.name.is_empty() { "Study" } else { &study.name };
    let parts: Vec<&Part> = parts.iter().filter(|part| !part.body.is_empty()).collect();
    let mut out = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src \
         'unsafe-inline'; script-src 'unsafe-inline'\">\n\
         <title>{0}: report</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#main\">Skip to the report</a>\n<header>\n<h1>{0}</h1>\n",
        escape::html(title)
    );
    out.push_str(&escape::prose(&study.documentation));
    let _ = writeln!(
        out,
        "<p class=\"meta\">Diptych {}, seed {}</p>\n{}</header>\n<nav aria-label=\"Contents\"><ol>",
        escape::html(&study.version),
        study.seed,
        unfinished(circumstances)
    );
    for part in &parts {
        let _ = write!(out, "<li><a href=\"#{}\">{}</a></li>", part.id, part.title);
    }
    out.push_str("</ol></nav>\n<main id=\"main\">\n");
    for part in &parts {
        let _ = writeln!(
            out,
            "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h2 id=\"{0}-title\">{1}</h2>\n{2}</section>",
            part.id, part.title, part.body
        );
    }
    let _ = write!(
        out,
        "</main>\n<footer><p>Written by Diptych {}. Times, threads and what came from the store are in this page only; \
         <code>results.json</code> holds what is the same every time.</p></footer>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        escape::html(&study.version)
    );
    out
}
