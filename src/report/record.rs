//! What another person needs to get the same numbers: versions, seed, hashes, defaults, timings.

use std::fmt::Write;

use crate::plan::node::Selection;
use crate::plan::{Operation, Plan, hash};
use crate::run::Results;

use super::escape::{code, html, line};
use super::sheet::sentence;
use super::timings::{Circumstances, shown};

/// Longer blocks are told in Methods by their number, and here column by column.
pub const LONG: usize = 15;

/// The columns of the blocks that are too long for a sentence.
fn blocks(plan: &Plan) -> String {
    let mut out = String::new();
    for node in plan.nodes() {
        let Operation::Columns(columns) = &node.operation else { continue };
        for selection in &columns.selections {
            let Selection::Named(names) = selection else { continue };
            if names.len() > LONG {
                let names: Vec<String> = names.iter().map(|name| code(name)).collect();
                out.push_str(&format!("<p>{}: {}.</p>\n", code(super::methods::bare(&node.name)), names.join(", ")));
            }
        }
    }
    if out.is_empty() { out } else { format!("<h3 id=\"record-blocks\">Columns of long blocks</h3>\n{out}") }
}

pub fn html_of(plan: &Plan, results: &Results, circumstances: &Circumstances) -> String {
    let study = &results.study;
    let mut out = String::from("<h3>Versions and seed</h3>\n<dl>");
    let mut say = |what: &str, value: String| {
        let _ = write!(out, "<dt>{what}</dt><dd>{value}</dd>");
    };
    say("Diptych", html(&study.version));
    say("Seed", study.seed.to_string());
    say("Plan", code(&hash::of_plan(plan).to_string()));
    say("Intervals", format!("{}%, {} bootstrap resamples", super::methods::percent(study.level), study.resamples));
    say("Format of <code>results.json</code>", results.format.to_string());
    if let Some(system) = &circumstances.system {
        say("Ran on", html(system));
    }
    out.push_str("</dl>\n<h3>Data</h3>\n");
    let rows: String = results
        .data
        .iter()
        .map(|record| {
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td class=\"n\">{}</td><td class=\"n\">{}</td>\
                 <td class=\"n\">{}</td><td class=\"hash\"><code>{}</code></td></tr>\n",
                html(&record.table),
                record.path.as_ref().map_or_else(|| "bound by name".to_owned(), |path| html(path)),
                record.rows,
                record.columns,
                record.patients,
                html(&record.hash)
            )
        })
        .collect();
    out.push_str(&table(
        "record-data",
        "Tables as they were read; the hash is of names, types and values",
        &[
            ("Table", false),
            ("File", false),
            ("Rows", true),
            ("Columns", true),
            ("Patients", true),
            ("Hash (BLAKE3)", false),
        ],
        &rows,
    ));
    let notes: String = results
        .data
        .iter()
        .flat_map(|record| {
            record.notes.iter().map(|note| format!("<li>{}: {}</li>", code(&record.table), line(&sentence(note))))
        })
        .collect();
    if !notes.is_empty() {
        let _ = writeln!(out, "<ul>{notes}</ul>");
    }
    out.push_str(&blocks(plan));
    let rows: String = plan
        .nodes()
        .iter()
        .flat_map(|node| node.defaults.iter().map(move |default| (node, default)))
        .map(|(node, default)| {
            format!(
                "<tr><th scope=\"row\">{}</th><td>{}</td><td>{}</td></tr>\n",
                html(&node.name),
                html(&default.what),
                html(&default.value)
            )
        })
        .collect();
    if !rows.is_empty() {
        out.push_str("<h3>Defaults</h3>\n");
        out.push_str(&table(
            "record-defaults",
            "What the study does not write and the plan spells out",
            &[("Declaration", false), ("What", false), ("Value", false)],
            &rows,
        ));
    }
    out.push_str(&timings(circumstances));
    out
}

fn timings(circumstances: &Circumstances) -> String {
    if circumstances.steps.is_empty() && circumstances.whole.is_none() && circumstances.stored.is_empty() {
        return String::new();
    }
    let mut out = String::from("<h3>Timings</h3>\n");
    let mut words = Vec::new();
    if let Some(whole) = circumstances.whole {
        words.push(format!("the whole run took {}", shown(whole)));
    }
    if let Some(threads) = circumstances.threads {
        words.push(format!("on {threads} thread{}", if threads == 1 { "" } else { "s" }));
    }
    if !circumstances.stored.is_empty() {
        words.push(format!("{} answers were taken from the store", circumstances.stored.len()));
    }
    if !words.is_empty() {
        let _ = writeln!(out, "<p>{}</p>", html(&sentence(&words.join(", "))));
    }
    let mut steps = circumstances.steps.clone();
    steps.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let rows: String = steps
        .iter()
        .map(|(step, took)| {
            format!(
                "<tr><th scope=\"row\">{}</th><td class=\"n\" data-v=\"{}\">{}</td></tr>\n",
                html(step),
                took.as_secs_f64(),
                shown(*took)
            )
        })
        .collect();
    if !rows.is_empty() {
        out.push_str(&table(
            "record-timings",
            "Steps that were computed; several run at a time",
            &[("Step", false), ("Time", true)],
            &rows,
        ));
    }
    out
}

/// A table of the report's own, whose cells are HTML already.
pub fn table(id: &str, caption: &str, columns: &[(&str, bool)], rows: &str) -> String {
    let heads: String = columns
        .iter()
        .map(|(name, numeric)| {
            format!("<th scope=\"col\"{}>{}</th>", if *numeric { " class=\"n\"" } else { "" }, html(name))
        })
        .collect();
    format!(
        "<div class=\"table\"><div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-labelledby=\"{id}\">\
         <table class=\"few\"><caption id=\"{id}\">{}</caption><thead><tr>{heads}</tr></thead>\n<tbody>{rows}</tbody></table></div></div>\n",
        html(caption)
    )
}
