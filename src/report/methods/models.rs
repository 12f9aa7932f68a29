//! How models are prepared, learned, chosen, tuned and fused, and how patients are grouped by them.

use crate::learn::recipe::{Candidate, Design, Recipe, Search};
use crate::plan::node::{Along, Cut, Model, Operation};
use crate::plan::{Node, Rows};
use crate::report::escape::{code, html, listed};

use super::Writer;
use super::participants::documented;
use super::predictors::step;
use super::words::{bare, inside, resampling, with_settings};

pub(super) fn models(writer: &mut Writer<'_>) -> Vec<String> {
    let mut paragraphs = Vec::new();
    let mut fitted = 0;
    for node in writer.nodes() {
        let Operation::Model(model) = &node.operation else { continue };
        fitted += 1;
        // Comparators are declared beside the model whose clauses they take over.
        let beside = node.defaults.iter().find(|spelt| spelt.what == "clauses").map(|spelt| spelt.value.clone());
        paragraphs.push(one(writer, node, model, beside.as_deref()));
    }
    if fitted > 0 {
        let mut text =
            "Every step that sees data, that is preparation, selection, choice between learners, tuning and \
                        fusion, was fitted on training rows only and repeated inside each fold of the cross-fitting."
                .to_owned();
        if fitted > 1 {
            text.push_str(" Models of the same patients and outcome were cross-fitted on the same folds.");
        }
        paragraphs.push(text);
    }
    paragraphs
}

fn one(writer: &mut Writer<'_>, node: &Node, model: &Model, beside: Option<&str>) -> String {
    let name = code(bare(&node.name));
    let endpoint = writer.name(model.endpoint);
    let rows = writer.rows(&model.rows);
    let mut text = match beside {
        Some(clauses) => {
            let clauses = clauses.strip_prefix("as ").unwrap_or(clauses);
            format!("The comparator {name} predicts {endpoint} with the clauses of {}", code(clauses))
        }
        None => format!("The model {name} predicts {endpoint} and was fitted on {rows}"),
    };
    text.push('.');
    if beside.is_none() {
        text.push_str(&preparation(writer, &model.design));
    }
    text.push(' ');
    let learned = recipe(writer, &model.design.recipe, "");
    text.push_str(&learned);
    if beside.is_none() {
        if let Some(choose) = &model.design.choose {
            text.push_str(&format!(" The learner was chosen {}.", search(choose)));
        }
        if let Some(tune) = &model.design.tune {
            text.push_str(&format!(" Settings with several values were tuned {}.", search(tune)));
        }
        let for_what = if matches!(model.design.recipe, Recipe::Late { .. }) {
            "Predictions of training patients, for the fusion and for the estimates on them, were made out of fold by"
        } else {
            "Predictions of training patients were made out of fold by"
        };
        text.push_str(&format!(" {for_what} {}.", resampling(&model.design.cross_fit)));
    }
    documented(text, if beside.is_none() { &node.documentation } else { "" })
}

fn preparation(writer: &mut Writer<'_>, design: &Design) -> String {
    let mut text = String::new();
    for (block, steps) in &design.prepare {
        if steps.is_empty() {
            continue;
        }
        let words: Vec<String> = steps.iter().map(|plan| step(writer, plan)).collect();
        text.push_str(&format!(" The block {} was prepared by {}", code(block), listed(&words)));
        text.push_str(if words.len() > 1 { ", in this order." } else { "." });
    }
    text
}

fn recipe(writer: &mut Writer<'_>, of: &Recipe, name: &str) -> String {
    let of_part = if name.is_empty() { String::new() } else { format!("For the part {}, ", code(name)) };
    match of {
        Recipe::Learn { blocks, candidates } => {
            let (from, how) = (from(blocks), learners(writer, candidates));
            let begin = if of_part.is_empty() { "The prediction was learned" } else { "the prediction was learned" };
            format!("{of_part}{begin}{from} {how}.")
        }
        Recipe::Late { rule, settings: given, parts } => {
            // Parts that try the same learners say which once.
            let mut told: Vec<String> = Vec::new();
            let mut before: Option<String> = None;
            for part in parts {
                let Recipe::Learn { blocks, candidates } = &part.recipe else {
                    told.push(recipe(writer, &part.recipe, &part.name));
                    continue;
                };
                let how = learners(writer, candidates);
                if candidates.len() > 1 && before.as_ref() == Some(&how) {
                    let (name, from) = (code(&part.name), from(blocks));
                    told.push(format!(
                        "For the part {name}, the prediction was learned{from} by the best of the same learners."
                    ));
                } else {
                    told.push(recipe(writer, &part.recipe, &part.name));
                }
                before = Some(how);
            }
            let names: Vec<String> = parts.iter().map(|part| code(&part.name)).collect();
            let card = crate::fuse::rule(rule).map(|rule| rule.card());
            let title = card.map_or_else(|| html(rule), |card| inside(card.title));
            let title = with_settings(&title, card, given, |_| false);
            let cited = card.map_or(String::new(), |card| writer.references.cite(card.references));
            let begin = if of_part.is_empty() { "The predictions" } else { "the predictions" };
            format!(
                "{} {of_part}{begin} of {} were combined by {title}{cited}, learned from their out-of-fold predictions.",
                told.join(" "),
                listed(&names),
            )
        }
    }
}

fn from(blocks: &[String]) -> String {
    let names: Vec<String> = blocks.iter().map(|block| code(block)).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => format!(" from the block {one}"),
        _ => format!(" from the blocks {} together (early fusion)", listed(&names)),
    }
}

fn learners(writer: &mut Writer<'_>, candidates: &[Candidate]) -> String {
    let learners: Vec<String> = candidates.iter().map(|one| candidate(writer, one)).collect();
    match learners.as_slice() {
        [one] => format!("by {one}"),
        many => format!("by the best of {} learners: {}", many.len(), many.join("; ")),
    }
}

fn candidate(writer: &mut Writer<'_>, candidate: &Candidate) -> String {
    let card = candidate.learner.card();
    let gridded = |name: &str| candidate.grid.iter().any(|(known, _)| *known == name);
    let written: Vec<&str> =
        candidate.settings.iter().map(|(name, _)| name).chain(candidate.grid.iter().map(|(name, _)| *name)).collect();
    let unread = candidate.learner.unread(&candidate.settings, &written).settings;
    let left_out = |name: &str| gridded(name) || unread.contains(&name);
    let mut text = with_settings(&inside(card.title), Some(card), &candidate.settings, left_out);
    let grid: Vec<String> = candidate
        .grid
        .iter()
        .map(|(name, values)| {
            let values: Vec<String> = values.iter().map(ToString::to_string).collect();
            html(&format!("{name} in {{{}}}", values.join(", ")))
        })
        .collect();
    if !grid.is_empty() {
        text.push_str(&format!(", tuned over {}", grid.join(", ")));
    }
    text.push_str(&writer.references.cite(card.references));
    text
}

fn search(search: &Search) -> String {
    let mut text = format!("by {} over {}", html(&search.metric), resampling(&search.over));
    if search.one_standard_error {
        text.push_str(", taking the simplest within one standard error of the best");
    }
    text.push_str(&match search.draws {
        Some(draws) => format!(", {draws} points of the grid being drawn at random"),
        None => String::new(),
    });
    text
}

pub(super) fn groups(writer: &mut Writer<'_>) -> Vec<String> {
    let mut paragraphs = Vec::new();
    for node in writer.nodes() {
        let Operation::Groups(groups) = &node.operation else { continue };
        let cut = match &groups.cut {
            Cut::At(values) => {
                let values: Vec<String> = values.iter().map(ToString::to_string).collect();
                format!("at {}", listed(&values))
            }
            Cut::Median => "at its median".to_owned(),
            Cut::Tertiles => "at its tertiles".to_owned(),
            Cut::MaximallySelected => {
                let cited = writer
                    .references
                    .cite(&["Lausen B, Schumacher M. Maximally selected rank statistics. Biometrics 1992;48:73-85"]);
                format!(
                    "at the cut that maximises the log-rank statistic, its p value corrected for the selection{cited}"
                )
            }
            Cut::Threshold(criterion) => format!("at {criterion}"),
            Cut::Youden => {
                let cited =
                    writer.references.cite(&["Youden WJ. Index for rating diagnostic tests. Cancer 1950;3:32-35"]);
                format!("at the cut that maximises Youden's index{cited}")
            }
        };
        let mut text = format!(
            "The groups {} cut the prediction of {} {cut}",
            code(bare(&node.name)),
            writer.model(&groups.model)
        );
        if let Some(from) = &groups.from {
            let out_of_fold = node.defaults.iter().any(|spelt| spelt.what == "predictions of the rows of the cut");
            let how = if out_of_fold { ", from out-of-fold predictions" } else { "" };
            let rows: &Rows = from;
            text.push_str(&format!("; the cut was taken on {}{how}", writer.rows(rows)));
            // Other rows that the groups are asked on.
            let elsewhere = writer.nodes().any(|other| match &other.operation {
                Operation::Stratify(stratify) => stratify.by == node.id && stratify.on.iter().any(|on| on != rows),
                Operation::Quadrants(of) => {
                    (of.first == node.id || of.second == node.id) && of.on.iter().any(|on| on != rows)
                }
                Operation::Contrast(contrast) => {
                    contrast.rows != *rows
                        && contrast.by.iter().any(|by| matches!(by, Along::Groups(id) if *id == node.id))
                }
                _ => false,
            });
            if elsewhere {
                text.push_str(", and applied elsewhere as it was");
            }
        }
        text.push('.');
        paragraphs.push(documented(text, &node.documentation));
    }
    paragraphs
}
