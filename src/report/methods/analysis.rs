//! Descriptions, inference over formulas, explanations and what else is asked of the data.

use crate::card::{Card, Value};
use crate::plan::describe;
use crate::plan::node::{Along, Competing, Contrast, Describe, Grouping, Infer, Operation};
use crate::plan::procedures::{self, Right};
use crate::report::escape::{code, html, listed};

use super::Writer;
use super::participants::documented;
use super::words::{expression, inside, resampling, with_settings};

pub(super) fn analysis(writer: &mut Writer<'_>) -> Vec<String> {
    let mut paragraphs = Vec::new();
    for node in writer.nodes() {
        let text = match &node.operation {
            Operation::Describe(describe) => described(writer, describe),
            Operation::Infer(infer) => inferred(writer, infer),
            Operation::Correlate(correlate) => {
                let mut what: Vec<String> = correlate.models.iter().map(|model| writer.model(model)).collect();
                what.extend(correlate.columns.iter().map(|(label, _)| code(label)));
                let blocks: Vec<String> = correlate.blocks.iter().map(|(name, _)| code(name)).collect();
                let method = html(&capital(&correlate.method));
                let redundancy = if blocks.len() > 1 {
                    format!(
                        "Each feature of the blocks {} was set beside the feature of the other that is nearest to it on {} \
                         by {method}'s coefficient, the p values adjusted after Bonferroni over all pairs.",
                        listed(&blocks),
                        writer.rows(&correlate.rows)
                    )
                } else {
                    String::new()
                };
                if what.len() < 2 {
                    paragraphs.push(redundancy);
                    continue;
                }
                if !redundancy.is_empty() {
                    paragraphs.push(redundancy);
                }
                let bh = writer.references.cite(&[
                    "Benjamini Y, Hochberg Y. Controlling the false discovery rate. J R Stat Soc B 1995;57:289-300",
                ]);
                format!(
                    "{} were correlated on {} by {}'s coefficient, the p values adjusted after Benjamini and Hochberg{bh}.",
                    listed(&what),
                    writer.rows(&correlate.rows),
                    method
                )
            }
            Operation::Explain(explain) => {
                let (method, cited) = if explain.method == "SHAP" {
                    ("Shapley values", writer.references.cite(&[
                        "Lundberg SM, Lee SI. A unified approach to interpreting model predictions. NeurIPS 2017;30:4765-4774",
                    ]))
                } else {
                    (explain.method.as_str(), String::new())
                };
                format!(
                    "Predictions of {} were explained on {} by {}{cited}, each patient by a model fitted without them ({}).",
                    writer.models(&explain.models),
                    writer.rows(&explain.rows),
                    html(&method.replace('_', " ")),
                    resampling(&explain.over)
                )
            }
            Operation::Quadrants(quadrants) => {
                let on = writer.all_rows(&quadrants.on);
                format!(
                    "Patients were cross-classified by the groups {} and {} on {on}, and their observed outcomes are reported for each quadrant.",
                    writer.name(quadrants.first),
                    writer.name(quadrants.second),
                )
            }
            Operation::Stratify(stratify) => {
                let mut text = format!(
                    "The outcome {} was compared between the groups {} on {} by Kaplan-Meier curves, the log-rank test{} and \
                     the hazard ratio of Cox regression{}.",
                    writer.name(stratify.endpoint),
                    writer.name(stratify.by),
                    writer.all_rows(&stratify.on),
                    cited(writer, "km"),
                    cited(writer, "cox"),
                );
                let labels = |list: &[(String, crate::frame::expression::Expression)]| -> String {
                    listed(&list.iter().map(|(label, _)| code(label)).collect::<Vec<_>>())
                };
                if !stratify.within.is_empty() {
                    text.push_str(&format!(
                        " The hazard ratio was also estimated within levels of {}, with a test of interaction for each.",
                        labels(&stratify.within)
                    ));
                }
                if !stratify.adjust_for.is_empty() {
                    text.push_str(&format!(" Estimates were adjusted for {}.", labels(&stratify.adjust_for)));
                }
                text
            }
            Operation::Contrast(contrast) => contrasted(writer, contrast),
            _ => continue,
        };
        paragraphs.push(documented(text, &node.documentation));
    }
    paragraphs
}

/// The sources of a procedure by its name.
fn cited(writer: &mut Writer<'_>, procedure: &str) -> String {
    let known = procedures::all().iter().find(|known| known.card.name == procedure);
    known.map_or(String::new(), |known| writer.references.cite(known.card.references))
}

fn contrasted(writer: &mut Writer<'_>, contrast: &Contrast) -> String {
    let by: Vec<String> = contrast
        .by
        .iter()
        .map(|along| match along {
            Along::Model(model) => {
                format!(
                    "the frozen prediction of {} (as groups cut at the median of the training rows, and along the score)",
                    writer.model(model)
                )
            }
            Along::Groups(id) => format!("the groups {}", writer.name(*id)),
            Along::Column { label, .. } => code(label),
        })
        .collect();
    let test = crate::omics::tests().iter().map(|test| test.card()).find(|card| card.name == contrast.test);
    let mut text = format!(
        "Gene expression in {} was contrasted by {} on {}, gene by gene with the test {}{}",
        writer.name(contrast.expression),
        listed(&by),
        writer.rows(&contrast.rows),
        code(&contrast.test),
        test.map_or(String::new(), |card| writer.references.cite(card.references)),
    );
    if !contrast.adjust_for.is_empty() {
        let labels: Vec<String> = contrast.adjust_for.iter().map(|(label, _)| code(label)).collect();
        text.push_str(&format!(", adjusted for {}", listed(&labels)));
    }
    let enrich: Vec<String> = contrast
        .enrich
        .iter()
        .map(|enrich| {
            let cards = crate::omics::enrichments().iter().map(|method| method.card());
            let card = cards.into_iter().find(|card| card.name == enrich.method);
            let cited = card.map_or(String::new(), |card| writer.references.cite(card.references));
            html(&format!("{} ({})", enrich.method, enrich.files.join(", "))) + &cited
        })
        .collect();
    if !enrich.is_empty() {
        text.push_str(&format!("; gene sets were tested by {}", listed(&enrich)));
    }
    text.push('.');
    text
}

fn described(writer: &Writer<'_>, describe: &Describe) -> String {
    let by = match &describe.by {
        Some(Grouping::Expression { label, .. }) => format!(" by {}", code(label)),
        Some(Grouping::Parts(id)) => format!(" by the parts of {}", writer.name(*id)),
        Some(Grouping::Groups(id)) => format!(" by {}", writer.name(*id)),
        None => String::new(),
    };
    let table = describe.show.is_empty() || describe.show.iter().any(|shown| shown == "table");
    let mut text = String::new();
    if table {
        text.push_str(&format!(
            "Characteristics of {} were described{by}: numbers by mean (SD) where the Shapiro-Wilk test did not reject \
             normality and by median (interquartile range) otherwise, levels by n (%), with missing values counted.",
            writer.rows(&describe.rows)
        ));
        if describe.by.is_some() {
            text.push_str(" Groups were compared by the test that each row of the table names and by standardised mean differences.");
        }
    }
    let endpoints: Vec<String> = describe.endpoints.iter().map(|id| writer.name(*id)).collect();
    for (word, phrase) in [
        ("response_rates", "Rates of events have exact (Clopper-Pearson) intervals."),
        ("follow_up", "Median follow-up was estimated by the reverse Kaplan-Meier method."),
        ("median_survival", "Median survival was estimated by the Kaplan-Meier method."),
    ] {
        if describe.show.iter().any(|shown| shown == word) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(phrase);
        }
    }
    if !table && !endpoints.is_empty() {
        text.push_str(&format!(
            " These were estimated{by} on {} for {}.",
            writer.rows(&describe.rows),
            listed(&endpoints)
        ));
    }
    text
}

/// An option that was left aside.
fn is_off(value: &Value) -> bool {
    match value {
        Value::Flag(asked) => !asked,
        Value::Integer(value) => *value == 0,
        Value::Real(value) => *value == 0.0,
        Value::Text(word) => matches!(word.as_str(), "no" | "none"),
        Value::List(values) => values.is_empty(),
    }
}

fn inferred(writer: &mut Writer<'_>, infer: &Infer) -> String {
    let procedure = procedures::all().iter().find(|procedure| procedure.card.name == infer.procedure);
    let card: Option<&'static Card> = procedure.map(|procedure| procedure.card);
    let title = card.map_or_else(|| html(&infer.procedure), |card| inside(card.title));
    // What was not asked of a procedure is not part of the method.
    let is_off = |name: &str| infer.settings.get(name).is_some_and(is_off);
    let title =
        with_settings(&title, None, &infer.settings, |name| matches!(name, "level" | "landmark") || is_off(name));
    let cited = card.map_or(String::new(), |card| writer.references.cite(card.references));
    let joins = match procedure.map(|procedure| procedure.right) {
        Some(Right::Groups) => "by",
        Some(Right::Markers) => "of",
        _ => "with",
    };
    let formula = &infer.formula;
    let labels: Vec<String> = formula.terms.iter().map(|term| code(&term.label)).collect();
    let each: Vec<String> = formula.each.iter().map(|term| code(&term.label)).collect();
    let outcome = infer.endpoint.map_or_else(
        || if formula.response_label.is_empty() { String::new() } else { code(&formula.response_label) },
        |id| writer.name(id),
    );
    let mut text = format!("On {}, {outcome} was analysed by {title}{cited}", writer.rows(&infer.rows));
    if outcome.is_empty() {
        text = format!("On {}, {title} was computed{cited}", writer.rows(&infer.rows));
    }
    if !each.is_empty() {
        text.push_str(&format!(", one fit for each of {}", listed(&each)));
        if !labels.is_empty() {
            text.push_str(&format!(", adjusted for {}", listed(&labels)));
        }
    } else if !labels.is_empty() {
        text.push_str(&format!(" {joins} {}", listed(&labels)));
    }
    if !formula.strata.is_empty() {
        let strata: Vec<String> = formula.strata.iter().map(|(label, _)| code(label)).collect();
        text.push_str(&format!(", stratified by {}", listed(&strata)));
    }
    if let Some((label, _)) = &formula.cluster {
        text.push_str(&format!(", with a variance that is robust to clustering by {}", code(label)));
    }
    if let Some((label, _)) = &formula.weights {
        text.push_str(&format!(", with case weights {}", code(label)));
    }
    if !infer.competing.is_empty() {
        let competing: Vec<String> = infer
            .competing
            .iter()
            .map(|one| match one {
                Competing::Endpoint(id) => writer.name(*id),
                Competing::Event(event) => expression(event),
            })
            .collect();
        text.push_str(&format!("; {} competes", listed(&competing)));
    }
    if let Some(days) = infer.settings.real_if_given("landmark") {
        text.push_str(&format!(", from a landmark at {} on", describe::duration(days)));
    }
    text.push('.');
    text
}

fn capital(word: &str) -> String {
    let mut signs = word.chars();
    signs.next().map_or(String::new(), |first| first.to_uppercase().collect::<String>() + signs.as_str())
}
