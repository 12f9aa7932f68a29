//! A study as a notebook: each declaration as it is written, the prose of its comments above it,
//! what it answers below.

use std::fmt::Write;

use crate::plan::Plan;
use crate::run::Results;
use crate::syntax::ast::{SourceId, Sources};

use super::carried::Beside;
use super::references::References;
use super::timings::Circumstances;
use super::{Part, answers, cautions, escape, folder, highlight, page, record};

/// The notebook of a run, as one file that needs nothing beside it; every text of `sources` is a
/// cell, in their order.
pub fn notebook(plan: &Plan, results: &Results, sources: &Sources, circumstances: &Circumstances) -> String {
    let (mut tables, mut figures) = (0, 0);
    let names = folder::names(&results.answers);
    let mut body = String::new();
    for (place, source) in (0..).map_while(|place| sources.get(SourceId(place)).map(|source| (place, source))) {
        let (prose, code) = parts(&source.text);
        // What the study says of itself stands under its title already.
        if !code.starts_with("study ") {
            body.push_str(&prose);
        }
        if !code.trim().is_empty() {
            let _ = writeln!(
                body,
                "<pre class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"Cell {}\"><code>{}</code></pre>",
                place + 1,
                highlight::highlighted(code.trim_end())
            );
        }
        let of_cell =
            |declaration: &str| plan.find(declaration).is_some_and(|node| node.span.source == SourceId(place));
        for (answer, names) in results.answers.iter().zip(&names) {
            if of_cell(&answer.declaration) && answers::tells(answer) {
                // The prose of the cell stands above it already.
                let told = crate::run::Answer { documentation: String::new(), ..answer.clone() };
                body.push_str(&answers::one(
                    plan,
                    results,
                    &told,
                    names,
                    Beside::Nothing,
                    (&mut tables, &mut figures),
                    circumstances,
                ));
            }
        }
    }
    let parts = vec![
        Part { id: "notebook", title: "Notebook", body },
        Part { id: "cautions", title: "Cautions", body: cautions::html_of(results, circumstances) },
        Part { id: "reproducibility", title: "Reproducibility", body: record::html_of(plan, results, circumstances) },
        Part { id: "references", title: "References", body: References::default().html() },
    ];
    page(results, circumstances, &parts)
}

/// The comments that lead a cell as prose, and the rest as code. `##` is text in Markdown, a `#`
/// that ends in dashes is a heading.
fn parts(text: &str) -> (String, &str) {
    let mut prose = String::new();
    let mut paragraphs = String::new();
    let mut rest = text;
    let flush = |paragraphs: &mut String, prose: &mut String| {
        prose.push_str(&escape::prose(paragraphs));
        paragraphs.clear();
    };
    while let Some(line) = rest.lines().next() {
        if let Some(words) = line.strip_prefix("##") {
            paragraphs.push_str(words.trim());
            paragraphs.push('\n');
        } else if let Some(words) = line.strip_prefix('#') {
            flush(&mut paragraphs, &mut prose);
            let bare = words.trim().trim_end_matches(['-', '=']).trim();
            let tag = if bare.len() < words.trim().len() { "h3" } else { "p" };
            if !bare.is_empty() {
                let _ = writeln!(prose, "<{tag}>{}</{tag}>", escape::line(bare));
            }
        } else if line.trim().is_empty() {
            flush(&mut paragraphs, &mut prose);
        } else {
            break;
        }
        rest = rest.get(line.len()..).unwrap_or("").trim_start_matches('\r');
        rest = rest.strip_prefix('\n').unwrap_or(rest);
    }
    flush(&mut paragraphs, &mut prose);
    (prose, rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_are_prose_and_the_rest_is_code() {
        let (prose, code) = parts(
            "# Models ----\n\n## What follows is `fitted`\n## on train.\n##\n## - a\n## - b\nmodel A\n  # inner\n",
        );
        assert_eq!(code, "model A\n  # inner\n");
        assert!(prose.contains("<h3>Models</h3>"), "{prose}");
        assert!(prose.contains("<p>What follows is <code>fitted</code> on train.</p>"), "{prose}");
        assert!(prose.contains("<li>a</li>"), "{prose}");
        assert_eq!(parts("km(os ~ 1)").0, "");
    }
}
