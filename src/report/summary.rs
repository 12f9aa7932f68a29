//! The headline results: what a reader sees first.

use std::fmt::Write;

use crate::figures::words;
use crate::plan::node::{ModelRef, Operation};
use crate::plan::{Node, Plan};
use crate::run::results::{Cell, Kind};
use crate::run::{Answer, EstimateRecord, Results};

use super::answers::{anchor, estimate_words};
use super::escape::{code, html, line};
use super::sheet::sentence;

/// Estimates of one inference that are worth a line here.
const MOST: usize = 8;

/// A line of the summary.
struct Line<'a> {
    what: String,
    estimate: &'a EstimateRecord,
    digits: usize,
}

/// The estimates that answer an evaluation: its first metric, at its first time, of each model on
/// each cohort, on patients that the model was not fitted on wherever there are such.
fn headline<'a>(node: &Node, answer: &'a Answer) -> Vec<Line<'a>> {
    match &node.operation {
        Operation::Evaluate(evaluate) => {
            let first = evaluate.metrics.first();
            let horizon = answer
                .estimates
                .iter()
                .find(|estimate| Some(&estimate.metric) == first)
                .and_then(|estimate| estimate.horizon.clone());
            let of_metric = |estimate: &&EstimateRecord| Some(&estimate.metric) == first && estimate.horizon == horizon;
            let honest = answer.estimates.iter().filter(of_metric).any(|estimate| estimate.kind != Kind::Apparent);
            answer
                .estimates
                .iter()
                .filter(of_metric)
                .filter(|estimate| !honest || estimate.kind != Kind::Apparent)
                .map(|estimate| Line {
                    what: format!(
                        "{}, {} on {}",
                        html(&estimate.measure()),
                        code(&estimate.model),
                        html(&estimate.kind.on(&estimate.cohort))
                    ),
                    estimate,
                    digits: 3,
                })
                .collect()
        }
        Operation::Infer(_) => answer
            .estimates
            .iter()
            .take(MOST)
            .map(|estimate| {
                let group = estimate.cohort.split_once(", ").map(|(_, group)| format!(", {}", html(group)));
                let of = sentence(&estimate.metric);
                let unit = unit(answer).filter(|_| estimate.metric.contains("median"));
                Line {
                    what: format!(
                        "{}{}{}",
                        html(&of.trim_end_matches('.').replace('`', "")),
                        unit.map_or(String::new(), |unit| format!(" in {}", html(unit))),
                        group.unwrap_or_default()
                    ),
                    estimate,
                    digits: if estimate.metric.contains("median") { 1 } else { 2 },
                }
            })
            .collect(),
        _ => Vec::new(),
    }
}

/// `PRIME_R`, `PRIME_R.clinical`.
fn label(plan: &Plan, model: &ModelRef) -> String {
    let name = super::methods::bare(&plan.node(model.model).name);
    model.part.as_ref().map_or_else(|| name.to_owned(), |part| format!("{name}.{part}"))
}

/// What was accepted, in the words of its page: `Accepted: follow-up starts before its predictors are known`.
fn accepted(codes: &[String]) -> String {
    let title = |code: &String| crate::check::codes::page(code).map_or(code.clone(), |page| words::within(page.title));
    format!("Accepted: {}", codes.iter().map(title).collect::<Vec<_>>().join(", "))
}

/// `a`, `b`, of a note below a table.
fn mark(place: usize) -> char {
    char::from(b'a' + (place % 26) as u8)
}

/// As tables and figures have it: long times whole, ratios near 1 with what keeps their limits apart.
fn digits(line: &Line<'_>) -> usize {
    let estimate = line.estimate;
    match (estimate.value, estimate.lower, estimate.upper) {
        (Some(value), ..) if line.digits == 1 && value.abs() >= 1000.0 => 0,
        (Some(_), Some(lower), Some(upper)) if estimate.metric.contains(" ratio of ") => {
            words::digits_apart(lower, upper, 1.0, line.digits)
        }
        _ => line.digits,
    }
}

/// The unit of a table's column `median, months`.
fn unit(answer: &Answer) -> Option<&str> {
    answer.tables.iter().flat_map(|table| &table.columns).find_map(|column| column.strip_prefix("median, "))
}

/// Patients that remain at the end of a flow.
fn remaining(answer: &Answer) -> Option<u64> {
    let table = answer.tables.iter().find(|table| table.name == "flow")?;
    let place = table.columns.iter().position(|column| column == "remain")?;
    match table.rows.last()?.get(place)? {
        Cell::Count(count) => Some(*count),
        _ => None,
    }
}

pub fn html_of(plan: &Plan, results: &Results) -> String {
    let mut out = String::new();
    for record in &results.data {
        let _ = write!(out, "<p>{}: {} patients in {} rows.", code(&record.table), record.patients, record.rows);
        for node in plan.nodes() {
            let Operation::Flow(flow) = &node.operation else { continue };
            let of_table = match &plan.node(flow.cohort).operation {
                Operation::Cohort(cohort) => super::methods::bare(&plan.node(cohort.table).name) == record.table,
                _ => false,
            };
            let kept = results.answer(&node.name).and_then(remaining);
            if let (true, Some(kept)) = (of_table, kept) {
                let _ = write!(
                    out,
                    " <a href=\"#{}\">{kept} of them</a> are in the cohort {}.",
                    anchor(&node.name),
                    code(super::methods::bare(&plan.node(flow.cohort).name))
                );
            }
        }
        out.push_str("</p>\n");
    }
    let mut rows = String::new();
    let (mut told, mut notes) = (Vec::new(), Vec::new());
    for answer in &results.answers {
        let Some(node) = plan.find(&answer.declaration) else { continue };
        for line in headline(node, answer) {
            let events = line.estimate.events.map_or(String::new(), |events| events.to_string());
            // What was accepted is said once below, and marked.
            let labels = &line.estimate.labels;
            let label = if labels.is_empty() {
                String::new()
            } else {
                let said = accepted(labels);
                let place = notes.iter().position(|known| *known == said).unwrap_or_else(|| {
                    notes.push(said);
                    notes.len() - 1
                });
                format!(" <sup>{}</sup>", mark(place))
            };
            let _ = writeln!(
                rows,
                "<tr><th scope=\"row\"><a href=\"#{}\">{}</a>{label}</th><td class=\"n\">{}</td><td class=\"n\">{}</td>\
                 <td class=\"n\">{events}</td></tr>",
                anchor(&answer.declaration),
                line.what,
                estimate_words(line.estimate, digits(&line)),
                line.estimate.n,
            );
        }
        if let Operation::Evaluate(evaluate) = &node.operation {
            // The models that were asked about; what their comparators do stands in the results.
            let names: Vec<String> = evaluate.models.iter().map(|model| format!("{} ", label(plan, model))).collect();
            // Where models were judged on other patients, what resampling says of their own stands in the results.
            let resampled = format!("({}):", Kind::OutOfFold.words());
            let others = answer.estimates.iter().any(|one| matches!(one.kind, Kind::HeldOut | Kind::External));
            let own = |note: &&String| {
                names.iter().any(|name| note.starts_with(name.as_str())) && !(others && note.contains(&resampled))
            };
            told.extend(answer.notes.iter().filter(own).map(|note| format!("<li>{}</li>", line(&sentence(note)))));
        }
    }
    if !rows.is_empty() {
        let _ = writeln!(
            out,
            "<div class=\"table\"><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"headline\">\
             <table><caption id=\"headline\"><b>Headline results.</b> Estimate with its interval, patients and \
             events</caption><thead><tr><th scope=\"col\">What</th><th scope=\"col\" class=\"n\">Estimate</th>\
             <th scope=\"col\" class=\"n\">Patients</th><th scope=\"col\" class=\"n\">Events</th></tr></thead>\
             <tbody>{rows}</tbody></table></div>"
        );
        for (place, note) in notes.iter().enumerate() {
            let _ = writeln!(out, "<p class=\"note\"><sup>{}</sup> {}</p>", mark(place), html(&sentence(note)));
        }
        out.push_str("</div>\n");
    }
    if !told.is_empty() {
        let _ = writeln!(out, "<ul class=\"told\">{}</ul>", told.join("\n"));
    }
    let cautions = results.notices.len() + results.looks.len();
    let accepted = results.answers.iter().filter(|answer| !answer.accepted.is_empty()).count();
    if cautions + accepted > 0 {
        let mut words = Vec::new();
        for (count, one, many) in [
            (results.notices.len(), "notice", "notices"),
            (accepted, "answer with something accepted", "answers with something accepted"),
            (results.looks.len(), "look at a sealed part", "looks at sealed parts"),
        ] {
            if count > 0 {
                words.push(format!("{count} {}", if count == 1 { one } else { many }));
            }
        }
        let _ = writeln!(
            out,
            "<p class=\"warn\">To be read with <a href=\"#cautions\">cautions</a>: {}.</p>",
            super::escape::listed(&words)
        );
    }
    out
}
