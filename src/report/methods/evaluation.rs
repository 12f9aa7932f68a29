//! How models are judged: on whom, by which metrics, against what.

use crate::card::{Card, EndpointKind};
use crate::learn::recipe::Resampling;
use crate::plan::node::{EndpointDefinition, Evaluate, Operation};
use crate::plan::{NodeId, Plan, Rows};
use crate::report::escape::{html, listed};

use super::Writer;
use super::participants::documented;
use super::words::{inside, resampling};

/// The kind of an endpoint of the plan.
pub fn kind(plan: &Plan, endpoint: NodeId) -> Option<EndpointKind> {
    match &plan.node(endpoint).operation {
        Operation::Endpoint(endpoint) => Some(match endpoint.definition {
            EndpointDefinition::Binary { .. } => EndpointKind::Binary,
            EndpointDefinition::Continuous { .. } => EndpointKind::Continuous,
            EndpointDefinition::Nominal { .. } => EndpointKind::Nominal,
            EndpointDefinition::SurvivalDates { .. } | EndpointDefinition::SurvivalDuration { .. } => {
                EndpointKind::Survival
            }
        }),
        _ => None,
    }
}

/// The card of a metric for the endpoint that an evaluation judges.
fn metric(plan: &Plan, evaluate: &Evaluate, name: &str) -> Option<&'static Card> {
    let model = evaluate.models.first()?;
    let Operation::Model(model) = &plan.node(model.model).operation else { return None };
    crate::fuse::metric(name, kind(plan, model.endpoint)?).map(|metric| metric.card())
}

pub(super) fn evaluation(writer: &mut Writer<'_>) -> Vec<String> {
    let mut paragraphs = Vec::new();
    for node in writer.nodes() {
        match &node.operation {
            Operation::Evaluate(evaluate) => {
                let text = evaluated(writer, evaluate);
                paragraphs.push(documented(text, &node.documentation));
            }
            Operation::Recalibrate(recalibrate) => {
                let text = format!(
                    "The model {} was recalibrated on {} ({}); the result is an updated model and is reported as such.",
                    writer.model(&recalibrate.model),
                    writer.rows(&recalibrate.on),
                    html(&recalibrate.method)
                );
                paragraphs.push(documented(text, &node.documentation));
            }
            _ => {}
        }
    }
    paragraphs
}

fn evaluated(writer: &mut Writer<'_>, evaluate: &Evaluate) -> String {
    let on = writer.all_rows(&evaluate.on);
    let verb = if evaluate.models.len() == 1 { "was" } else { "were" };
    let mut text = format!("{} {verb} evaluated on {on}", writer.models(&evaluate.models));
    let metrics: Vec<String> = evaluate
        .metrics
        .iter()
        .map(|name| match metric(writer.plan, evaluate, name) {
            Some(card) => {
                let title = inside(card.title);
                let known = title.to_lowercase().contains(&name.to_lowercase());
                let short = if known { String::new() } else { format!(" ({})", html(name)) };
                format!("{title}{short}{}", writer.references.cite(card.references))
            }
            None => html(name),
        })
        .collect();
    if !metrics.is_empty() {
        text.push_str(&format!(" by {}", listed(&metrics)));
    }
    if !evaluate.horizon_labels.is_empty() {
        let labels: Vec<String> = evaluate.horizon_labels.iter().map(|label| html(label)).collect();
        text.push_str(&format!(", at {}", listed(&labels)));
    }
    if let Some(threshold) = evaluate.threshold {
        text.push_str(&format!(", with a threshold of {threshold} where a metric needs one"));
    }
    text.push('.');
    let further: Vec<String> = evaluate.figures.iter().map(|figure| html(further(figure))).collect();
    if !further.is_empty() {
        let verb = if further.len() == 1 { "was" } else { "were" };
        text.push_str(&format!(
            " {} {verb} examined as well.",
            crate::report::sheet::sentence(&listed(&further)).trim_end_matches('.')
        ));
    }
    text.push_str(&rows(writer, evaluate));
    text.push_str(&pairs(writer, evaluate));
    if !evaluate.against.is_empty() {
        text.push_str(&format!(
            " It was compared with {}, pairwise and on the patients that both predict",
            writer.models(&evaluate.against)
        ));
        if let Some(first) = evaluate.metrics.first() {
            text.push_str(&format!(", by the difference in {}", html(first)));
        }
        text.push('.');
    }
    text
}

/// What `show` asks for beside metrics, in words.
fn further(word: &str) -> &str {
    match word {
        "calibration" => "calibration (intercept, slope, curve)",
        "decision-curve" => "the decision curve",
        "Hosmer-Lemeshow" => "the Hosmer-Lemeshow test",
        other => other,
    }
}

/// Which pairs a rank statistic counts out of fold.
fn pairs(writer: &mut Writer<'_>, evaluate: &Evaluate) -> String {
    let Some(Operation::Model(model)) = evaluate.models.first().map(|model| &writer.plan.node(model.model).operation)
    else {
        return String::new();
    };
    let out_of_fold = match &evaluate.over {
        Some(Resampling::Bootstraps { .. }) => false,
        Some(_) => true,
        None => !evaluate.apparent && evaluate.on.contains(&model.rows),
    };
    let classes = matches!(kind(writer.plan, model.endpoint), Some(EndpointKind::Binary | EndpointKind::Nominal));
    let paired = |name: &&String| {
        matches!(name.as_str(), "C-index" | "Uno-C" | "AUC-ovr") || (classes && name.as_str() == "AUC")
    };
    let metrics: Vec<String> = evaluate.metrics.iter().filter(paired).map(|name| html(name)).collect();
    if !out_of_fold || metrics.is_empty() {
        return String::new();
    }
    let (verb, pooled) = if metrics.len() == 1 { ("counts", "it") } else { ("count", "they") };
    format!(
        " Out of fold {} {verb} pairs of patients of one fold only, since each fold has a model of its own and \
         {pooled} would otherwise be biased below chance{}; other metrics take all out-of-fold predictions together.",
        listed(&metrics),
        writer.references.cite(&[
            "Airola A, Pahikkala T, Waegeman W, De Baets B, Salakoski T. An experimental comparison of cross-validation \
             techniques for estimating the area under the ROC curve. Comput Stat Data Anal 2011;55:1828-1844.",
            "LeDell E, Petersen M, van der Laan M. Computationally efficient confidence intervals for cross-validated \
             area under the ROC curve estimates. Electron J Stat 2015;9:1583-1607.",
        ])
    )
}

/// Whether predictions are out of fold, frozen or corrected for optimism.
fn rows(writer: &Writer<'_>, evaluate: &Evaluate) -> String {
    let fitted: Option<&Rows> =
        evaluate.models.first().and_then(|model| match &writer.plan.node(model.model).operation {
            Operation::Model(model) => Some(&model.rows),
            _ => None,
        });
    let training = evaluate.on.iter().any(|rows| Some(rows) == fitted);
    let elsewhere = evaluate.on.iter().any(|rows| Some(rows) != fitted);
    let mut text = String::new();
    match &evaluate.over {
        Some(Resampling::Bootstraps { resamples }) => text.push_str(&format!(
            " The apparent estimates were corrected for optimism: all of the fitting was repeated in {resamples} \
             bootstrap resamples."
        )),
        Some(over) => {
            text.push_str(&format!(" Each patient was predicted out of fold, by {}.", resampling(over)));
            text.push_str(" The apparent estimate, on the rows of the fit, stands beside it and flatters the model.");
        }
        None => {
            if training && evaluate.apparent {
                text.push_str(" On the rows of the fit the estimate is apparent and flatters the model.");
            } else if training {
                text.push_str(
                    " On the rows of the fit each patient was predicted out of fold; the apparent estimate stands \
                     beside it and flatters the model.",
                );
            }
            if elsewhere {
                text.push_str(" On other patients the model was used frozen, as it was fitted.");
            }
        }
    }
    text
}
