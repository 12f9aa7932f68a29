//! The Results section: every declaration that answers, in the order of the study, with its
//! documentation, tables, figures and notes.

use std::fmt::Write;

use crate::plan::{Operation, Plan};
use crate::run::{Answer, Results};

use super::carried::Beside;
use super::drawing;
use super::escape::{code, html, line, prose, slug};
use super::folder::{self, Names};
use super::sheet::{Sheet, sentence};
use super::timings::{Circumstances, timed};

/// The anchor of a declaration's answer.
pub fn anchor(declaration: &str) -> String {
    format!("result-{}", slug(declaration))
}

/// What a declaration is called above its answer: the keyword and the names as they are written.
fn heading(plan: &Plan, declaration: &str) -> String {
    let verb = plan.find(declaration).map(|node| match &node.operation {
        Operation::Model(_) => "Model",
        Operation::Groups(_) => "Groups",
        Operation::Flow(_) => "Flow of patients",
        Operation::Describe(_) => "Description",
        Operation::Correlate(_) => "Correlation",
        Operation::Evaluate(_) => "Evaluation",
        Operation::Explain(_) => "Explanation",
        Operation::Quadrants(_) => "Profiles",
        Operation::Stratify(_) => "Stratification",
        Operation::Contrast(_) => "Contrast",
        Operation::Recalibrate(_) => "Recalibration",
        Operation::Extraction(_) => "Extraction",
        _ => "",
    });
    match (verb, declaration.split_once(' ')) {
        (Some(verb), Some((_, rest))) if !verb.is_empty() => format!("{verb}: {}", code(rest)),
        _ => code(declaration),
    }
}

/// Whether an answer has anything to show.
pub fn tells(answer: &Answer) -> bool {
    !answer.tables.is_empty() || !answer.figures.is_empty() || !answer.notes.is_empty()
}

/// All answers, tables and figures numbered through.
pub fn html_of(plan: &Plan, results: &Results, circumstances: &Circumstances) -> String {
    let mut out = String::new();
    let (mut tables, mut figures) = (0, 0);
    for (answer, names) in results.answers.iter().zip(folder::names(&results.answers)) {
        if tells(answer) {
            out.push_str(&one(
                plan,
                results,
                answer,
                &names,
                Beside::Folder,
                (&mut tables, &mut figures),
                circumstances,
            ));
        }
    }
    if out.is_empty() {
        out.push_str("<p>The study asks for no result yet.</p>\n");
    }
    out
}

/// One answer with the names of its files; its tables and figures are numbered on from those before.
pub fn one(
    plan: &Plan,
    results: &Results,
    answer: &Answer,
    names: &Names,
    beside: Beside,
    (tables, figures): (&mut usize, &mut usize),
    circumstances: &Circumstances,
) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "<section id=\"{0}\" aria-labelledby=\"{0}-title\">\n<h3 id=\"{0}-title\">{1}</h3>",
        anchor(&answer.declaration),
        heading(plan, &answer.declaration)
    );
    out.push_str(&prose(&answer.documentation));
    // What has been said of an earlier answer in the same words is called to mind in few.
    let earlier = || results.answers.iter().take_while(|other| other.declaration != answer.declaration);
    let above = |other: &Answer| format!("<a href=\"#{}\">above</a>", anchor(&other.declaration));
    for (accepted, reason) in &answer.accepted {
        let before =
            earlier().find(|other| other.accepted.iter().any(|(label, why)| label == accepted && why == reason));
        let why =
            before.map_or_else(|| line(&sentence(reason)), |other| format!("for the reason given {}.", above(other)));
        let _ = writeln!(
            out,
            "<p class=\"warn\"><b>Accepted {}:</b> {why} Every number below carries this label.</p>",
            code(accepted),
        );
    }
    for notice in results.notices.iter().filter(|notice| notice.declaration == answer.declaration) {
        let same = |other: &&Answer| {
            results.notices.iter().any(|told| told.declaration == other.declaration && told.message == notice.message)
        };
        let words = match earlier().find(same) {
            Some(other) => format!("what is noted {} holds here, too.", above(other)),
            None => line(&sentence(&notice.message)),
        };
        let _ = writeln!(out, "<p class=\"warn\"><b>Note:</b> {words}</p>");
    }
    for look in results.looks.iter().filter(|look| look.declaration == answer.declaration) {
        let _ = writeln!(
            out,
            "<p class=\"warn\"><b>Look at a sealed part:</b> the outcomes of {} were seen here.</p>",
            code(&look.part)
        );
    }
    // A sentence that a table already carries as its note need not be said twice, be it with its cohort before it.
    let told = |note: &str| {
        let plain = |text: &str| text.trim_end_matches('.').to_lowercase();
        answer.tables.iter().flat_map(|table| &table.notes).any(|known| plain(note).ends_with(&plain(known)))
    };
    // What a model's note holds is its design, in the words of the study.
    let design = plan.find(&answer.declaration).is_some_and(|node| matches!(node.operation, Operation::Model(_)));
    if design {
        for note in &answer.notes {
            let _ = writeln!(out, "<p class=\"note\">Design: {}</p>", code(note));
        }
    }
    let notes: Vec<String> = answer
        .notes
        .iter()
        .filter(|_| !design)
        .filter(|note| !note.is_empty() && !told(note))
        .map(|note| format!("<li>{}</li>", line(&sentence(note))))
        .collect();
    if !notes.is_empty() {
        let _ = writeln!(out, "<ul class=\"told\">{}</ul>", notes.join("\n"));
    }
    for (table, name) in answer.tables.iter().zip(&names.tables) {
        *tables += 1;
        let table = timed(table, &circumstances.candidates);
        out.push_str(&Sheet::titled(&table, &answer.declaration).html(*tables, &table, name, beside));
    }
    for (figure, name) in answer.figures.iter().zip(&names.figures) {
        *figures += 1;
        out.push_str(&drawing::html_of(figure, name, *figures, &answer.declaration, beside));
    }
    out.push_str("</section>\n");
    out
}

/// An estimate in words, as a sentence of a paper has it: `0.61 (95% CI 0.50–0.70)`.
pub fn estimate_words(estimate: &crate::run::EstimateRecord, digits: usize) -> String {
    use crate::run::results::{fixed, interval, open_interval};
    match (estimate.value, estimate.lower, estimate.upper, estimate.level) {
        (Some(value), Some(lower), Some(upper), Some(level)) => html(&super::escape::minus(&format!(
            "{} ({}% CI {})",
            fixed(value, digits),
            super::methods::percent(level),
            interval(lower, upper, digits)
        ))),
        (Some(value), Some(lower), None, Some(level)) => html(&super::escape::minus(&format!(
            "{} ({}% CI {})",
            fixed(value, digits),
            super::methods::percent(level),
            open_interval(lower, digits)
        ))),
        (None, lower, _, Some(level)) => html(&lower.map_or("not reached".to_owned(), |lower| {
            format!("not reached ({}% CI {})", super::methods::percent(level), open_interval(lower, digits))
        })),
        (Some(value), ..) => html(&super::escape::minus(&fixed(value, digits))),
        (None, ..) => "not estimable".to_owned(),
    }
}
