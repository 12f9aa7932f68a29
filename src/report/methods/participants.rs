//! Where the data came from, who was eligible, and how patients were divided.

use crate::plan::node::{Balance, Condition, MissingCondition, Operation, PartPlan};
use crate::report::escape::{code, html, line, listed};
use crate::report::sheet::sentence;

use super::Writer;
use super::words::{bare, expression, percent_number, time};

/// A file without the folders that it lay in.
fn file(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

pub(super) fn data(writer: &mut Writer<'_>) -> Vec<String> {
    let mut paragraphs = Vec::new();
    for node in writer.nodes() {
        match &node.operation {
            Operation::Table(table) => {
                let name = bare(&node.name);
                let kind = if table.expression.is_some() { "expression table" } else { "table" };
                let mut text = match &table.path {
                    Some(path) => format!("The {kind} {} was read from the file {}", code(name), code(file(path))),
                    None => format!("The {kind} {} was bound from a data frame", code(name)),
                };
                if let Some(record) = writer.results.data.iter().find(|record| record.table == name) {
                    text.push_str(&format!(
                        " ({} rows, {} columns, {} patients)",
                        record.rows, record.columns, record.patients
                    ));
                }
                text.push_str(&match (&table.key, table.repeated) {
                    (Some(key), false) => format!(", one row per patient, identified by {}", code(key)),
                    (Some(key), true) => format!(
                        ", with several rows per patient, identified by {}; the rows of one patient were kept together \
                         in every part and fold, and resampled together for intervals",
                        code(key)
                    ),
                    (None, _) => ", each row taken as one patient".to_owned(),
                });
                text.push('.');
                if !table.dictionary.columns.is_empty() && table.path.is_some() {
                    text.push_str(" Types, units and roles of columns were checked before the analysis.");
                }
                paragraphs.push(documented(text, &node.documentation));
            }
            Operation::Images(images) => {
                let phases: Vec<String> = images.phases.iter().map(|phase| code(phase)).collect();
                let mut text = format!("Images were read from {}", code(&images.pattern));
                if !phases.is_empty() {
                    text.push_str(&format!(" (phases {})", listed(&phases)));
                }
                let masks: Vec<String> = images
                    .masks
                    .iter()
                    .map(|(reader, pattern)| format!("{} ({})", code(reader), code(pattern)))
                    .collect();
                if !masks.is_empty() {
                    text.push_str(&format!("; segmentations were those of {}", listed(&masks)));
                }
                text.push('.');
                paragraphs.push(documented(text, &node.documentation));
            }
            _ => {}
        }
    }
    paragraphs
}

/// A paragraph with the author's own words of the declaration after it.
pub(super) fn documented(mut text: String, documentation: &str) -> String {
    let own = documentation.split_whitespace().collect::<Vec<_>>().join(" ");
    if !own.is_empty() {
        text.push(' ');
        text.push_str(&line(&sentence(&own)));
    }
    text
}

pub(super) fn participants(writer: &mut Writer<'_>) -> Vec<String> {
    let mut paragraphs = Vec::new();
    for node in writer.nodes() {
        match &node.operation {
            Operation::Cohort(cohort) => {
                let words = |include: bool| -> Vec<String> {
                    cohort.conditions.iter().filter(|one| one.include == include).map(condition).collect()
                };
                let (included, excluded) = (words(true), words(false));
                let mut text =
                    format!("The cohort {} was drawn from {}.", code(bare(&node.name)), writer.name(cohort.table));
                if !included.is_empty() {
                    text.push_str(&format!(" Patients were eligible if all of these held: {}.", included.join("; ")));
                }
                if !excluded.is_empty() {
                    text.push_str(&format!(" Patients were excluded for: {}.", excluded.join("; ")));
                }
                if included.is_empty() && excluded.is_empty() {
                    text.push_str(" There were no criteria of eligibility.");
                } else if cohort.conditions.iter().all(|one| one.missing == MissingCondition::Leaves) {
                    text.push_str(
                        " A patient of whom a criterion was not known left the cohort and was counted apart.",
                    );
                }
                paragraphs.push(documented(text, &node.documentation));
            }
            Operation::Split(split) => {
                let drawn = split.parts.iter().any(|part| part.share.is_some_and(|share| share < 1.0));
                let parts: Vec<String> = split.parts.iter().map(part).collect();
                let mut text = format!(
                    "The cohort {} was divided into {}{}.",
                    writer.name(split.cohort),
                    listed(&parts),
                    if drawn { ", shares being drawn at random" } else { "" }
                );
                let balance: Vec<String> = split
                    .balance
                    .iter()
                    .map(|balance| match balance {
                        Balance::Endpoint(id) => writer.name(*id),
                        Balance::Column(column) => code(column),
                    })
                    .collect();
                if !balance.is_empty() {
                    text.push_str(&format!(" The draw was balanced for {}.", listed(&balance)));
                }
                text.push_str(" Rows of one patient went to the same part.");
                let sealed: Vec<String> = split.sealed.iter().map(|part| code(part)).collect();
                if !sealed.is_empty() {
                    text.push_str(&format!(
                        " The outcomes of {} were sealed: each look at them is counted and listed in this report.",
                        listed(&sealed)
                    ));
                }
                paragraphs.push(documented(text, &node.documentation));
            }
            _ => {}
        }
    }
    if let Some(at) = &writer.plan.study.predict_at {
        paragraphs.push(format!("The moment of prediction was {}.", time(at, writer.plan)));
    }
    paragraphs
}

fn condition(condition: &Condition) -> String {
    let stays = if condition.missing == MissingCondition::Stays { "; not known: stays" } else { "" };
    let formula = expression(&condition.expression);
    if condition.label.is_empty() {
        format!("{formula}{stays}")
    } else {
        format!("{} ({formula}{stays})", html(&condition.label))
    }
}

fn part(part: &PartPlan) -> String {
    let place = part.predicate.as_ref().map(|of| format!(" where {}", expression(of))).unwrap_or_default();
    let share = match part.share {
        Some(share) => format!("{}% of the patients", percent_number(share)),
        None => "the patients".to_owned(),
    };
    format!("{} ({share}{place})", code(&part.name))
}
