//! The report of the demonstration study, whole.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use polars::prelude::*;

use super::{Circumstances, checklist, html, methods, references::References};
use crate::progress::Watch;
use crate::run::Store;
use crate::{Finished, Study};

const TEXT: &str = include_str!("../../examples/demo/demo.study");

/// The demonstration, run once, without fits that would take long; it asks for every checklist.
pub(super) fn finished() -> &'static Finished {
    static FINISHED: OnceLock<Finished> = OnceLock::new();
    FINISHED.get_or_init(|| {
        let text = TEXT.replace("  seed 20260620", "  report TRIPOD-AI, STROBE, CLEAR\n  seed 20260620");
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/demo");
        Study::new("demo.study", text).in_folder(folder).run(&Store::none(), &Watch::silent()).expect("the demo runs")
    })
}

fn report_of(finished: &Finished) -> String {
    let plan = finished.review.checked.plan.as_ref().expect("a plan");
    html(plan, &finished.report.results, &finished.review.sources, &Circumstances::default())
}

/// What stands between tags of this name, tags inside it left out.
fn texts(page: &str, tag: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = page;
    while let Some(at) = rest.find(&format!("<{tag}")) {
        rest = &rest[at..];
        let Some(open) = rest.find('>') else { break };
        let Some(end) = rest.find(&format!("</{tag}>")) else { break };
        if open < end {
            found.push(bare(&rest[open + 1..end]));
        }
        rest = &rest[end..];
    }
    found
}

fn bare(html: &str) -> String {
    let mut out = String::new();
    let mut inside = false;
    for sign in html.chars() {
        match sign {
            '<' => inside = true,
            '>' => inside = false,
            sign if !inside => out.push(sign),
            _ => {}
        }
    }
    out.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&#39;", "'").replace("&amp;", "&")
}

#[test]
fn the_structure_of_the_report_holds() {
    // Three answers stand for all: what others tell is theirs to change.
    let mut some = finished().clone();
    let kept = ["groups risk", "flow treated", "describe treated"];
    some.report.results.answers.retain(|answer| kept.contains(&answer.declaration.as_str()));
    let page = report_of(&some);
    let mut lines: Vec<String> = Vec::new();
    let mut rest = page.as_str();
    while let Some(at) = rest.find('<') {
        rest = &rest[at..];
        for (tag, indent) in [("h1", ""), ("h2", "  "), ("h3", "    "), ("caption", "      "), ("figcaption", "      ")]
        {
            let opens = rest[1..].strip_prefix(tag).is_some_and(|after| after.starts_with(['>', ' ']));
            if opens && let (Some(open), Some(end)) = (rest.find('>'), rest.find(&format!("</{tag}>"))) {
                lines.push(format!("{indent}{}", bare(&rest[open + 1..end])));
            }
        }
        rest = &rest[1..];
    }
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn methods_of_the_demonstration_read_as_prose() {
    let finished = finished();
    let plan = finished.review.checked.plan.as_ref().expect("a plan");
    let mut references = References::default();
    let sections = methods::sections(plan, &finished.report.results, &mut references);
    let text: Vec<String> = sections
        .iter()
        .flat_map(|section| {
            std::iter::once(format!("# {}", section.title)).chain(section.paragraphs.iter().map(|one| bare(one)))
        })
        .collect();
    insta::assert_snapshot!(text.join("\n"));
}

#[test]
fn every_link_leads_somewhere_and_no_anchor_is_double() {
    let page = report_of(finished());
    let of = |attribute: &str| -> Vec<String> {
        page.match_indices(attribute)
            .filter_map(|(at, _)| page[at + attribute.len()..].split('"').next())
            .map(str::to_owned)
            .collect()
    };
    let ids = of(" id=\"");
    let set: BTreeSet<&String> = ids.iter().collect();
    assert_eq!(set.len(), ids.len(), "an anchor stands twice");
    for link in of("href=\"#").into_iter().filter(|link| !link.is_empty()) {
        assert!(set.contains(&link), "#{link} leads nowhere");
    }
    for label in of("aria-labelledby=\"") {
        assert!(set.contains(&label), "the label {label} is nowhere");
    }
    assert_eq!(page.matches("<h1").count(), 1);
}

#[test]
fn nothing_is_fetched_and_no_number_is_none() {
    let page = report_of(finished());
    for word in ["src=\"http", "href=\"//", "@import", "url(", "<link", "<iframe", "fetch("] {
        assert!(!page.contains(word), "{word}");
    }
    let words = bare(&page[page.find("<main").unwrap_or(0)..page.find("<script").unwrap_or(page.len())]);
    for word in ["NaN", "inf ", "None", "Some("] {
        assert!(!words.contains(word), "{word}");
    }
}

#[test]
fn every_item_of_every_checklist_is_there_and_answered() {
    let page = report_of(finished());
    let numbers: BTreeMap<&str, usize> = [("TRIPOD-AI", 27), ("STROBE", 22), ("CLEAR", 58)].into();
    for guideline in checklist::guidelines() {
        let most = numbers[guideline.name];
        let mut whole: Vec<usize> = Vec::new();
        let mut seen = BTreeSet::new();
        for item in guideline.items {
            assert!(seen.insert(item.number), "{} {} stands twice", guideline.name, item.number);
            assert!(!item.asks.is_empty() && !item.topic.is_empty());
            whole.push(item.number.trim_end_matches(char::is_alphabetic).parse().unwrap());
            let id = format!("<tr id=\"{}-{}\">", super::escape::slug(guideline.name), item.number);
            assert_eq!(page.matches(&id).count(), 1, "{id}");
        }
        whole.dedup();
        assert_eq!(whole, (1..=most).collect::<Vec<_>>(), "{}", guideline.name);
    }
}

#[test]
fn an_item_claims_only_what_the_study_does() {
    let bare_study = "study S\n  report TRIPOD-AI, STROBE, CLEAR\ntable patients\ndescribe patients\n";
    let frame = df!("age" => [61.0, 54.0, 70.0, 48.0, 66.0], "sex" => ["f", "m", "f", "f", "m"]).unwrap();
    let small = Study::new("s.study", bare_study)
        .bind("patients", &frame)
        .unwrap()
        .run(&Store::none(), &Watch::silent())
        .unwrap();
    let statuses = |finished: &Finished| -> BTreeMap<String, &'static str> {
        let plan = finished.review.checked.plan.as_ref().unwrap();
        let sections = methods::sections(plan, &finished.report.results, &mut References::default());
        checklist::filled(plan, &finished.report.results, &sections)
            .iter()
            .flat_map(|list| {
                list.items
                    .iter()
                    .map(|(item, filled)| (format!("{} {}", list.guideline.name, item.number), filled.status()))
            })
            .collect()
    };
    let (small, demo) = (statuses(&small), statuses(finished()));
    for item in [
        "TRIPOD-AI 12c",
        "TRIPOD-AI 12e",
        "TRIPOD-AI 22",
        "TRIPOD-AI 23a",
        "TRIPOD-AI 24",
        "CLEAR 38",
        "CLEAR 41",
        "CLEAR 47",
    ] {
        assert_eq!(small[item], "not done", "{item}");
    }
    for item in ["TRIPOD-AI 6b", "TRIPOD-AI 8a", "TRIPOD-AI 20a", "TRIPOD-AI 11", "STROBE 13a", "CLEAR 22", "CLEAR 45"]
    {
        assert_eq!(small[item], "for the author", "{item}");
    }
    assert_eq!(small["TRIPOD-AI 20b"], "in part");
    assert_eq!(small["CLEAR 44"], "reported");
    for item in [
        "TRIPOD-AI 6b",
        "TRIPOD-AI 11",
        "TRIPOD-AI 12a",
        "CLEAR 45",
        "TRIPOD-AI 21",
        "STROBE 13a",
        "CLEAR 40",
        "CLEAR 41",
    ] {
        assert_eq!(demo[item], "reported", "{item}");
    }
    assert_eq!(demo["TRIPOD-AI 20a"], "in part");
    assert_eq!(demo["CLEAR 32"], "reported");
    assert_eq!(demo["CLEAR 33"], "not done");
    // The demonstration neither extracts features, nor updates a model, nor cuts subgroups.
    assert_eq!(demo["CLEAR 22"], "for the author");
    assert_eq!(demo["TRIPOD-AI 24"], "not done");
    assert_eq!(demo["STROBE 17"], "not done");
}

#[test]
fn a_column_that_is_markup_survives_as_text() {
    let name = "<b>&\"'";
    let study = format!(
        "table patients\nendpoint response = binary(r == 1)\nlogistic(response ~ `{name}`)\ndescribe patients\n"
    );
    let frame = df!(
        name => [61.0, 54.0, 70.0, 48.0, 66.0, 59.0, 73.0, 51.0],
        "r" => [1, 0, 0, 1, 1, 0, 0, 1],
    )
    .unwrap();
    let finished =
        Study::new("s.study", study).bind("patients", &frame).unwrap().run(&Store::none(), &Watch::silent()).unwrap();
    let page = report_of(&finished);
    assert!(!page.contains("<b>&"), "a column reached the page as markup");
    assert!(page.contains("&lt;b&gt;&amp;&quot;&#39;"));
    let cells: Vec<String> = texts(&page, "th").into_iter().chain(texts(&page, "td")).collect();
    assert!(cells.iter().any(|cell| cell.contains(name)), "no table names the column");
    let plan = finished.review.checked.plan.as_ref().unwrap();
    let files = super::files(plan, &finished.report.results, &finished.review.sources, &Circumstances::default());
    let mut kinds = BTreeMap::new();
    for (name, content) in &files {
        let content = String::from_utf8_lossy(content);
        let Some((_, kind)) = name.strip_prefix("tables/").and_then(|name| name.rsplit_once('.')) else { continue };
        if kind == "html" {
            assert!(!content.contains("<b>&"), "{name}");
        }
        *kinds.entry(kind).or_insert(0) += 1;
    }
    assert_eq!(kinds.keys().copied().collect::<Vec<_>>(), ["csv", "html", "tex"]);
    assert!(kinds.values().all(|count| *count == kinds["csv"]));
    assert!(
        files.iter().any(|(name, _)| name == "report.html") && files.iter().any(|(name, _)| name == "results.json")
    );
}

/// Draws the figures of the results file `FIGURE_RESULTS` into the folder `FIGURE_GALLERY`: what has
/// changed in a drawing can be seen without running the study again.
#[test]
#[ignore = "writes a gallery to look at"]
fn gallery_of_results() {
    let (Some(results), Some(folder)) = (std::env::var_os("FIGURE_RESULTS"), std::env::var_os("FIGURE_GALLERY")) else {
        return;
    };
    let text = std::fs::read_to_string(results).expect("results.json");
    all_of(&serde_json::from_str(&text).expect("results"), std::path::Path::new(&folder));
}

/// Runs the study `FIGURE_STUDY`, and writes its figures and its report into the folder `FIGURE_GALLERY`.
#[test]
#[ignore = "writes a gallery to look at"]
fn gallery_of_a_study() {
    let (Some(study), Some(folder)) = (std::env::var_os("FIGURE_STUDY"), std::env::var_os("FIGURE_GALLERY")) else {
        return;
    };
    let study = Study::open(std::path::Path::new(&study)).expect("a study");
    let finished = study.run(&Store::none(), &Watch::silent()).expect("it runs");
    let folder = std::path::Path::new(&folder);
    all_of(&finished.report.results, folder);
    let plan = finished.review.checked.plan.as_ref().expect("a plan");
    let circumstances = Circumstances::default();
    let page = html(plan, &finished.report.results, &finished.review.sources, &circumstances);
    std::fs::write(folder.join("report.html"), page).expect("written");
}

/// Writes the report of the study `REPORT_STUDY` from the results file `REPORT_RESULTS` into the folder `REPORT_FOLDER`,
/// with its tables: what has changed in them can be seen without running the study again.
#[test]
#[ignore = "writes a report to look at"]
fn report_of_results() {
    let of = |name: &str| std::env::var_os(name).map(std::path::PathBuf::from);
    let (Some(study), Some(results), Some(folder)) = (of("REPORT_STUDY"), of("REPORT_RESULTS"), of("REPORT_FOLDER"))
    else {
        return;
    };
    let text = std::fs::read_to_string(results).expect("results.json");
    let results: crate::run::Results = serde_json::from_str(&text).expect("results");
    let review = Study::open(&study).expect("a study").prepare().expect("a sound study");
    let plan = review.checked.plan.as_ref().expect("a plan");
    for (name, content) in super::files(plan, &results, &review.sources, &Circumstances::default()) {
        crate::run::store::write_whole(&folder.join(name), &content).expect("written");
    }
}

fn all_of(results: &crate::run::Results, folder: &std::path::Path) {
    let names = super::figure_names(&results.answers);
    for (answer, names) in results.answers.iter().zip(names) {
        for (figure, name) in answer.figures.iter().zip(names) {
            match crate::figures::read(&figure.kind, &figure.data) {
                Ok(drawn) => {
                    crate::figures::write(folder, &name, drawn.as_ref()).expect("written");
                }
                Err(error) => println!("{name}: {error}"),
            }
        }
    }
}
