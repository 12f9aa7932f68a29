//! What is predicted.

use crate::plan::node::{EndpointDefinition, Operation};
use crate::report::escape::{code, html, listed};

use super::Writer;
use super::participants::documented;
use super::words::{bare, expression, time};

pub(super) fn outcomes(writer: &mut Writer<'_>) -> Vec<String> {
    let mut paragraphs = Vec::new();
    for node in writer.nodes() {
        let Operation::Endpoint(endpoint) = &node.operation else { continue };
        let name = code(bare(&node.name));
        let list = |of: &[crate::frame::expression::Expression]| -> String {
            listed(&of.iter().map(expression).collect::<Vec<_>>())
        };
        let mut text = match &endpoint.definition {
            EndpointDefinition::Binary { event } => {
                format!("The outcome {name} is binary; the event is {}.", expression(event))
            }
            EndpointDefinition::Continuous { value } => {
                format!("The outcome {name} is the number {}.", expression(value))
            }
            EndpointDefinition::Nominal { value, levels } => {
                let classes: Vec<String> = levels.iter().map(|level| code(level)).collect();
                let classes = if classes.is_empty() { String::new() } else { format!(": {}", listed(&classes)) };
                format!("The outcome {name} is nominal, the class {}{classes}.", expression(value))
            }
            EndpointDefinition::SurvivalDates { from, to, censor } => {
                let mut text =
                    format!("The outcome {name} is the time from {} to {}.", expression(from), expression(to));
                if !censor.is_empty() {
                    text.push_str(&format!(
                        " Patients without the event were censored at the earliest of {} that was present.",
                        list(censor)
                    ));
                }
                text.push_str(" Times are in days; a month is 30.4375 days.");
                text
            }
            EndpointDefinition::SurvivalDuration { time, event, competing, entry, unit } => {
                let mut text = format!(
                    "The outcome {name} is a time to an event: the follow-up is {}, the event is {}, and all others \
                     are censored at the end of their follow-up.",
                    expression(time),
                    expression(event)
                );
                if !competing.is_empty() {
                    text.push_str(&format!(" Competing events are {}.", list(competing)));
                }
                if let Some(entry) = entry {
                    text.push_str(&format!(" Patients enter observation at {}.", expression(entry)));
                }
                match writer.default(node, "unit of follow-up") {
                    Some(said) => text.push_str(&format!(" Unit of follow-up: {}.", html(said))),
                    None => {
                        if let Some(unit) = unit {
                            text.push_str(&format!(" Follow-up is in {unit}."));
                        }
                    }
                }
                text
            }
        };
        let known = &node.provenance.known;
        if matches!(known, crate::plan::Known::At { .. }) {
            text.push_str(&format!(" It is known at {}.", time(known, writer.plan)));
        }
        paragraphs.push(documented(text, &node.documentation));
    }
    paragraphs
}
