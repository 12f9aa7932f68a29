//! What the reader must know beside the numbers: notices, accepted leaks, looks at sealed parts,
//! what could not be estimated, and what failed.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::run::results::{Cell, Kind};
use crate::run::{EstimateRecord, Results};

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
        together(results.notices.iter().filter_map(|notice| {
            // What failed has been told above.
            let failed =
                circumstances.faults.iter().any(|(of, why)| *of == notice.declaration && *why == notice.message);
            let words = || format!("{} ({})", line(&sentence(&notice.message)), code(&notice.code));
            (!failed).then(|| (place(&notice.declaration), words()))
        })),
        "The data showed nothing that the study did not foresee.",
    );
    part(
        "Accepted leaks",
        together(
            results
                .answers
                .iter()
                .flat_map(|answer| {
                    let said =
                        |(label, reason): &(String, String)| format!("{}: {}", code(label), line(&sentence(reason)));
                    answer.accepted.iter().map(move |accepted| (answer, said(accepted)))
                })
                .map(|(answer, words)| (place(&answer.declaration), words)),
        ),
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

/// What is said of several declarations in the same words, said once.
fn together(told: impl Iterator<Item = (String, String)>) -> Vec<String> {
    let mut items: Vec<(Vec<String>, String)> = Vec::new();
    for (of, words) in told {
        match items.iter_mut().find(|(_, known)| *known == words) {
            Some((declarations, _)) => declarations.push(of),
            None => items.push((vec![of], words)),
        }
    }
    items.into_iter().map(|(of, words)| format!("{}: {words}", of.join("; "))).collect()
}

/// Estimates that have one reason, the metrics of a model on its cohorts taken together.
fn gathered(estimates: &[&EstimateRecord]) -> Vec<String> {
    let mut models: Vec<(&str, Vec<String>, Vec<String>)> = Vec::new();
    for estimate in estimates {
        let (model, metric) = (estimate.model.as_str(), estimate.measure());
        // The same patients may be judged twice, and out of fold be estimable.
        let cohort = match estimate.kind {
            Kind::Apparent | Kind::OutOfFold => estimate.kind.on(&estimate.cohort),
            _ => estimate.cohort.clone(),
        };
        // A row of the cohorts, each with all of its metrics: only what is alike is taken together.
        match models.iter_mut().find(|(known, cohorts, _)| *known == model && cohorts.as_slice() == [cohort.as_str()]) {
            Some((_, _, metrics)) if metrics.contains(&metric) => {}
            Some((_, _, metrics)) => metrics.push(metric),
            None => models.push((model, vec![cohort], vec![metric])),
        }
    }
    let mut merged: Vec<(&str, Vec<String>, Vec<String>)> = Vec::new();
    for (model, cohorts, metrics) in models {
        match merged.iter_mut().find(|(known, _, alike)| *known == model && *alike == metrics) {
            Some((_, of, _)) => of.extend(cohorts),
            None => merged.push((model, cohorts, metrics)),
        }
    }
    merged
        .into_iter()
        .map(|(model, cohorts, metrics)| {
            let cohorts = cohorts.join(", ");
            let of: Vec<&str> = [model, cohorts.as_str()].into_iter().filter(|word| !word.is_empty()).collect();
            format!("{} of {}", metrics.join(", "), of.join(" on "))
        })
        .collect()
}

/// Each reason with what it concerns.
fn inestimable(results: &Results, place: &dyn Fn(&str) -> String) -> Vec<String> {
    let mut items = Vec::new();
    for answer in &results.answers {
        let mut estimates: BTreeMap<&str, Vec<&EstimateRecord>> = BTreeMap::new();
        for estimate in &answer.estimates {
            if let (None, Some(why)) = (estimate.value, &estimate.why) {
                estimates.entry(why).or_default().push(estimate);
            }
        }
        let mut by_reason: BTreeMap<&str, Vec<String>> =
            estimates.into_iter().map(|(why, of)| (why, gathered(&of))).collect();
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
                    let what = format!("{column} of {}", of.trim());
                    let known = by_reason.entry(reason).or_default();
                    if !known.contains(&what) {
                        known.push(what);
                    }
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
