//! What the reader must know beside the numbers: notices, accepted leaks, looks at sealed parts,
//! what could not be estimated, and what failed.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::run::Results;
use crate::run::results::Cell;

use super::answers::{anchor, tells};
use super::escape::{code, html, line};
use super::sheet::sentence;
use super::timings::Circumstances;

/// The parts, each with a heading; says so where there is nothing to tell.
pub fn html_of(results: &Results, circumstances: &Circumstances) -> String {
    let answered =
        |declaration: &str| results.answers.iter().any(|answer| answer.declaration == declaration && tells(answer));
    let place = |declaration: &str| {
        if answered(declaration) {
            format!("<a href=\"#{}\">{}</a>", anchor(declaration), code(declaration))
        } else {
            code(declaration)
        }
    };
    let mut out = String::new();
    let mut part = |title: &str, items: Vec<String>, nothing: &str| {
        let _ = writeln!(out, "<h3>{title}</h3>");
        if items.is_empty() {
            let _ = writeln!(out, "<p>{nothing}</p>");
        } else {
            let _ =
                writeln!(out, "<ul>{}</ul>", items.iter().map(|item| format!("<li>{item}</li>")).collect::<String>());
        }
    };
    if !circumstances.faults.is_empty() {
        part(
            "What failed",
            circumstances
                .faults
                .iter()
                .map(|(declaration, message)| format!("{}: {}", place(declaration), line(&sentence(message))))
                .collect(),
            "",
        );
    }
    part(
        "Notices",
        results
            .notices
            .iter()
            .filter(|notice| {
                // What failed has been told above.
                !circumstances.faults.iter().any(|(of, why)| *of == notice.declaration && *why == notice.message)
            })
            .map(|notice| {
                format!("{}: {} ({})", place(&notice.declaration), line(&sentence(&notice.message)), code(&notice.code))
            })
            .collect(),
        "The data showed nothing that the study did not foresee.",
    );
    part(
        "Accepted leaks",
        results
            .answers
            .iter()
            .flat_map(|answer| answer.accepted.iter().map(move |accepted| (answer, accepted)))
            .map(|(answer, (label, reason))| {
                format!("{}: {}: {}", place(&answer.declaration), code(label), line(&sentence(reason)))
            })
            .collect(),
        "The study accepted none.",
    );
    part(
        "Looks at sealed parts",
        results
            .looks
            .iter()
            .enumerate()
            .map(|(count, look)| {
                format!("Look {}: the outcomes of {} by {}.", count + 1, code(&look.part), place(&look.declaration))
            })
            .collect(),
        "No sealed part was looked at.",
    );
    part("Not estimable", inestimable(results, &place), "Everything that was asked for could be estimated.");
    out
}

/// Each reason with what it concerns.
fn inestimable(results: &Results, place: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut items = Vec::new();
    for answer in &results.answers {
        let mut by_reason: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for estimate in &answer.estimates {
            if let (None, Some(why)) = (estimate.value, &estimate.why) {
                let of = [estimate.model.as_str(), estimate.cohort.as_str()];
                let of: Vec<&str> = of.into_iter().filter(|word| !word.is_empty()).collect();
                let at = estimate.horizon.as_ref().map_or(String::new(), |at| format!(" at {at}"));
                by_reason.entry(why).or_default().push(format!("{}{at} of {}", estimate.metric, of.join(" on ")));
            }
        }
        let told: Vec<String> = by_reason.keys().map(|reason| (*reason).to_owned()).collect();
        for table in &answer.tables {
            for row in &table.rows {
                for (column, cell) in row.iter().enumerate() {
                    let Cell::NotEstimable(reason) = cell else { continue };
                    if told.contains(reason) {
                        continue;
                    }
                    let of = row.first().map_or(String::new(), Cell::shown);
                    let column = table.columns.get(column).map_or("", String::as_str);
                    by_reason.entry(reason).or_default().push(format!("{column} of {}", of.trim()));
                }
            }
        }
        for (reason, what) in by_reason {
            let reason = if reason.is_empty() { "no reason was given" } else { reason };
            items.push(format!(
                "{}: {}: {}",
                place(&answer.declaration),
                html(&what.join("; ")),
                line(&sentence(reason))
            ));
        }
    }
    items
}
