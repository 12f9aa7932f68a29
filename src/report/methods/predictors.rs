//! From what is predicted, and what became of missing values.

use crate::card::Card;
use crate::learn::recipe::StepPlan;
use crate::plan::describe;
use crate::plan::node::{Agreement, Infer, Keep, Operation, Selection};
use crate::report::escape::{code, html, listed};
use crate::report::record::LONG;

use super::Writer;
use super::participants::documented;
use super::words::{bare, expression, inside, json, with_settings};

pub(super) fn predictors(writer: &mut Writer<'_>) -> Vec<String> {
    let mut paragraphs = Vec::new();
    let mut derived = Vec::new();
    let mut documents = Vec::new();
    for node in writer.nodes() {
        if let Operation::Derive(derive) = &node.operation {
            let formula = describe::expression(&derive.expression);
            derived.push(format!("{} = {}", code(&derive.column), code(&formula)));
            if !node.documentation.is_empty() {
                documents.push(node.documentation.clone());
            }
        }
    }
    if !derived.is_empty() {
        let text = format!("These variables were derived from the columns of the data: {}.", derived.join("; "));
        paragraphs.push(documented(text, &documents.join(" ")));
    }
    for node in writer.nodes() {
        match &node.operation {
            Operation::Columns(columns) => {
                let what: Vec<String> = columns
                    .selections
                    .iter()
                    .map(|selection| match selection {
                        Selection::Named(names) if names.len() > LONG => {
                            let prefix = common(names);
                            let begin = if prefix.len() > 2 {
                                format!(" whose names begin with {}", code(prefix))
                            } else {
                                String::new()
                            };
                            format!("{} columns{begin} (<a href=\"#record-blocks\">listed</a>)", names.len())
                        }
                        Selection::Named(names) => {
                            let names: Vec<String> = names.iter().map(|name| code(name)).collect();
                            let word = if names.len() == 1 { "the column" } else { "the columns" };
                            format!("{word} {}", listed(&names))
                        }
                        Selection::Where(predicate) => format!("every column for which {}", expression(predicate)),
                    })
                    .collect();
                let text = format!(
                    "The block {} of predictors holds {} of {}.",
                    code(bare(&node.name)),
                    listed(&what),
                    writer.name(columns.table)
                );
                paragraphs.push(documented(text, &node.documentation));
            }
            Operation::Extraction(extraction) => {
                let phases: Vec<String> = extraction.phases.iter().map(|phase| code(phase)).collect();
                let mut text = format!(
                    "The block {} of predictors holds radiomic features of the segmented regions of {}",
                    code(bare(&node.name)),
                    writer.name(extraction.images)
                );
                if !phases.is_empty() {
                    text.push_str(&format!(" (phases {})", listed(&phases)));
                }
                text.push('.');
                let steps: Vec<String> = extraction
                    .settings
                    .iter()
                    .map(|(keyword, value)| html(&setting(keyword, value)))
                    .chain(node.defaults.iter().map(|spelt| html(&format!("{}: {}", spelt.what, spelt.value))))
                    .collect();
                if !steps.is_empty() {
                    text.push_str(&format!(" Settings of the extraction: {}.", steps.join("; ")));
                }
                for Keep { measure, above, between } in &extraction.keep {
                    let between = match between {
                        Agreement::Readers(readers) => {
                            let readers: Vec<String> = readers.iter().map(|reader| code(reader)).collect();
                            format!("between the segmentations of {}", listed(&readers))
                        }
                        Agreement::Perturbations(_) => html(&format!("of the segmentation {between}")),
                    };
                    let cited = crate::plan::procedures::all()
                        .iter()
                        .find(|procedure| procedure.card.name == "icc")
                        .map_or(String::new(), |procedure| writer.references.cite(procedure.card.references));
                    text.push_str(&format!(
                        " Only features with {} above {above} {between} were kept{cited}.",
                        html(measure.name())
                    ));
                }
                paragraphs.push(documented(text, &node.documentation));
            }
            _ => {}
        }
    }
    paragraphs
}

/// A clause of an extraction as people say it.
fn setting(keyword: &str, value: &serde_json::Value) -> String {
    let number = |name: &str| value.get(name).and_then(serde_json::Value::as_f64);
    let numbers =
        |name: &str| value.get(name).and_then(serde_json::Value::as_array).map(|all| all.iter().map(json).collect());
    let told = match keyword {
        "resample" => numbers("spacing_mm").map(|sides: Vec<String>| {
            let by = value.get("by").map_or(String::new(), |by| format!(" by {}", json(by)));
            format!("voxels resampled to {} mm{by}", sides.join(" × "))
        }),
        "normalize" => {
            number("scale").map(|scale| format!("intensities normalised to mean 0 and standard deviation {scale}"))
        }
        "discretize" => number("bins")
            .map(|bins| format!("intensities discretised into {bins} bins"))
            .or_else(|| number("width").map(|width| format!("intensities discretised into bins of width {width}"))),
        "filter" => value.as_array().map(|filters| {
            let filters: Vec<String> = filters.iter().map(filter).collect();
            format!("images: {}", filters.join(", "))
        }),
        _ => None,
    };
    told.unwrap_or_else(|| format!("{keyword} {}", json(value)))
}

/// `LoG (sigma = 4)`.
fn filter(value: &serde_json::Value) -> String {
    let Some(fields) = value.as_object() else { return json(value) };
    let name = fields.get("filter").map(json).unwrap_or_default();
    let rest: Vec<String> = fields
        .iter()
        .filter(|(key, _)| *key != "filter")
        .map(|(key, value)| format!("{key} = {}", json(value)))
        .collect();
    if rest.is_empty() { name } else { format!("{name} ({})", rest.join(", ")) }
}

/// What all names begin with.
fn common(names: &[String]) -> &str {
    let Some((first, rest)) = names.split_first() else { return "" };
    let shared = |end: usize| first.get(..end).is_some_and(|prefix| rest.iter().all(|name| name.starts_with(prefix)));
    (0..=first.len()).rev().find(|end| shared(*end)).and_then(|end| first.get(..end)).unwrap_or("")
}

/// A step with its settings and sources: `median imputation [3]`.
pub(super) fn step(writer: &mut Writer<'_>, plan: &StepPlan) -> String {
    let card: &'static Card = plan.step.card();
    let words = with_settings(&inside(card.title), Some(card), &plan.settings, |_| false);
    format!("{words}{}", writer.references.cite(card.references))
}

pub(super) fn missing(writer: &mut Writer<'_>) -> Vec<String> {
    let mut paragraphs = Vec::new();
    let mut blocks: Vec<String> = Vec::new();
    for node in writer.nodes() {
        let Operation::Model(model) = &node.operation else { continue };
        for (block, _) in &model.blocks {
            let steps = model.design.prepare.get(block).map_or(&[][..], Vec::as_slice);
            let policies: Vec<&StepPlan> = steps
                .iter()
                .filter(|plan| {
                    plan.step.fills_missing() || plan.step.drops_incomplete_rows() || plan.step.card().name == "missing"
                })
                .collect();
            let words: Vec<String> = policies.into_iter().map(|plan| step(writer, plan)).collect();
            let sentence = if words.is_empty() {
                format!("no step for missing values stood before the learner in the block {}", code(block))
            } else {
                format!("in the block {}, missing values were handled by {}", code(block), listed(&words))
            };
            if !blocks.contains(&sentence) {
                blocks.push(sentence);
            }
        }
    }
    if !blocks.is_empty() {
        let mut text = blocks.join("; ");
        if let Some(first) = text.chars().next() {
            text = format!("{}{}", first.to_uppercase(), &text[first.len_utf8()..]);
        }
        paragraphs.push(format!(
            "{text}. These steps were fitted on training rows only and fitted again inside every fold. Patients of whom \
             the outcome was not known were left out of the fits and of the evaluation, and are counted with each estimate."
        ));
    }
    let infers = writer.nodes().any(|node| match &node.operation {
        Operation::Infer(Infer { formula, .. }) => !formula.terms.is_empty() || !formula.each.is_empty(),
        _ => false,
    });
    if infers {
        paragraphs.push(
            "Regressions, survival curves and tests of a formula used complete cases: rows with a missing value in the \
             formula were left out and are counted beside each estimate."
                .to_owned(),
        );
    }
    paragraphs
}
