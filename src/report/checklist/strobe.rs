//! STROBE for cohort studies: 22 items.

use super::Filled::{Author, Part, Told};
use super::{Guideline, Item};

pub static STROBE: Guideline = Guideline {
    name: "STROBE",
    title: "STROBE (cohort studies)",
    reference: "von Elm E, Altman DG, Egger M, et al. The Strengthening the Reporting of Observational Studies in \
        Epidemiology (STROBE) statement: guidelines for reporting observational studies. Lancet 2007;370:1453-1457",
    items: &[
        Item {
            number: "1a",
            topic: "Title and abstract",
            asks: "Name the design in title or abstract.",
            fill: |_| Author("name the design"),
        },
        Item {
            number: "1b",
            topic: "Title and abstract",
            asks: "A balanced abstract of what was done and found.",
            fill: |_| Part("<a href=\"#summary\">Summary</a>: headline results.".to_owned(), "write the abstract"),
        },
        Item {
            number: "2",
            topic: "Background",
            asks: "Scientific background and rationale.",
            fill: |_| Author("write the background"),
        },
        Item {
            number: "3",
            topic: "Objectives",
            asks: "Objectives and prespecified hypotheses.",
            fill: |facts| {
                if facts.results.study.documentation.trim().is_empty() {
                    Author("state the objectives (`##` before the study puts them at the head of the report)")
                } else {
                    Part("The head of the report.".to_owned(), "prespecified hypotheses")
                }
            },
        },
        Item {
            number: "4",
            topic: "Study design",
            asks: "Key elements of the design, early in the paper.",
            fill: |_| {
                Part("<a href=\"#study\">Study</a>: the whole analysis.".to_owned(), "how the cohort was assembled")
            },
        },
        Item {
            number: "5",
            topic: "Setting",
            asks: "Setting, places and dates of recruitment, exposure, follow-up and data collection.",
            fill: |_| Author("describe setting, places and dates"),
        },
        Item {
            number: "6a",
            topic: "Participants",
            asks: "Criteria of eligibility, sources and selection of participants, methods of follow-up.",
            fill: |facts| match facts.eligibility() {
                Told(text) => Part(text, "sources and selection of participants, methods of follow-up"),
                other => other,
            },
        },
        Item {
            number: "6b",
            topic: "Participants",
            asks: "For matched studies: criteria and numbers of the matching.",
            fill: |_| super::Filled::Absent("The plan matches no participants.".to_owned()),
        },
        Item {
            number: "7",
            topic: "Variables",
            asks: "Outcomes, exposures, predictors, confounders and effect modifiers.",
            fill: |facts| match (facts.methods("methods-outcomes"), facts.methods("methods-predictors")) {
                (Some(outcomes), Some(predictors)) => {
                    Part(format!("{outcomes}; {predictors}."), "which are confounders or effect modifiers")
                }
                (Some(at), None) | (None, Some(at)) => {
                    Part(format!("{at}."), "exposures, confounders and effect modifiers")
                }
                (None, None) => Author("define the variables"),
            },
        },
        Item {
            number: "8",
            topic: "Data sources and measurement",
            asks: "For each variable, source and method of measurement, alike between groups.",
            fill: |facts| match facts.methods("methods-data") {
                Some(at) => Part(format!("{at}."), "methods of measurement, and whether alike between groups"),
                None => Author("describe sources and measurement"),
            },
        },
        Item {
            number: "9",
            topic: "Bias",
            asks: "Efforts against sources of bias.",
            fill: |facts| match (facts.models().is_empty(), facts.methods("methods-models")) {
                (false, Some(at)) => Part(
                    format!(
                        "{at}: every fit on training rows only; <a href=\"#cautions\">Cautions</a>: accepted leaks."
                    ),
                    "other sources of bias",
                ),
                _ => Author("describe efforts against bias"),
            },
        },
        Item {
            number: "10",
            topic: "Study size",
            asks: "How the study size was arrived at.",
            fill: |facts| facts.sample_size(),
        },
        Item {
            number: "11",
            topic: "Quantitative variables",
            asks: "How quantitative variables were handled, groupings and why.",
            fill: |facts| match (facts.handling(), facts.methods("methods-groups")) {
                (Told(text), Some(at)) => Part(format!("{text} {at}."), "why these groupings"),
                (Told(text), None) => Part(text, "groupings of variables and why"),
                (other, _) => other,
            },
        },
        Item {
            number: "12a",
            topic: "Statistical methods",
            asks: "All statistical methods, control of confounding among them.",
            fill: |facts| {
                let at: Vec<String> = ["methods-models", "methods-evaluation", "methods-analysis"]
                    .iter()
                    .filter_map(|id| facts.methods(id))
                    .collect();
                if at.is_empty() {
                    Author("describe the statistical methods")
                } else {
                    match facts.confounders() {
                        Author(_) => {
                            Part(format!("{}.", at.join("; ")), "control of confounding; the plan adjusts for nothing")
                        }
                        _ => Told(format!("{}.", at.join("; "))),
                    }
                }
            },
        },
        Item {
            number: "12b",
            topic: "Statistical methods",
            asks: "Methods for subgroups and interactions.",
            fill: |facts| match (facts.subgroups(), facts.methods("methods-analysis")) {
                (Told(_), Some(at)) => Told(format!("{at}.")),
                (other, _) => other,
            },
        },
        Item {
            number: "12c",
            topic: "Statistical methods",
            asks: "How missing data were addressed.",
            fill: |facts| facts.missing_data(),
        },
        Item {
            number: "12d",
            topic: "Statistical methods",
            asks: "How loss to follow-up was addressed.",
            fill: |facts| match facts.methods("methods-outcomes") {
                Some(at)
                    if facts.models().iter().any(|(_, model)| {
                        crate::report::methods::kind(facts.plan, model.endpoint)
                            == Some(crate::card::EndpointKind::Survival)
                    }) || !facts
                        .nodes(|operation| {
                            matches!(operation, crate::plan::Operation::Endpoint(endpoint) if matches!(
                                endpoint.definition,
                                crate::plan::node::EndpointDefinition::SurvivalDates { .. }
                                    | crate::plan::node::EndpointDefinition::SurvivalDuration { .. }
                            ))
                        })
                        .is_empty() =>
                {
                    Part(
                        format!("{at}: where patients without the event are censored."),
                        "reasons for loss to follow-up",
                    )
                }
                _ => Author("say how loss to follow-up was addressed"),
            },
        },
        Item {
            number: "12e",
            topic: "Statistical methods",
            asks: "Sensitivity analyses.",
            fill: |_| Author("the plan marks no analysis as a sensitivity analysis"),
        },
        Item {
            number: "13a",
            topic: "Participants",
            asks: "Numbers at each stage: eligible, included, followed, analysed.",
            fill: |facts| facts.flow(),
        },
        Item {
            number: "13b",
            topic: "Participants",
            asks: "Reasons for leaving at each stage.",
            fill: |facts| facts.flow(),
        },
        Item {
            number: "13c",
            topic: "Participants",
            asks: "A flow diagram.",
            fill: |facts| {
                let drawn = facts.answers(|operation| matches!(operation, crate::plan::Operation::Flow(_)));
                match facts.links(&drawn) {
                    Some(at)
                        if drawn.iter().any(|answer| answer.figures.iter().any(|figure| figure.kind == "flow")) =>
                    {
                        Told(format!("{at}."))
                    }
                    _ => Author("consider a flow diagram (`flow`)"),
                }
            },
        },
        Item {
            number: "14a",
            topic: "Descriptive data",
            asks: "Characteristics of participants, exposures and confounders.",
            fill: |facts| facts.characteristics(),
        },
        Item {
            number: "14b",
            topic: "Descriptive data",
            asks: "Participants with missing data for each variable.",
            fill: |facts| facts.characteristics(),
        },
        Item {
            number: "14c",
            topic: "Descriptive data",
            asks: "Follow-up time, average and total.",
            fill: |facts| facts.follow_up(),
        },
        Item {
            number: "15",
            topic: "Outcome data",
            asks: "Numbers of events or summary measures over time.",
            fill: |facts| facts.numbers_analysed(),
        },
        Item {
            number: "16a",
            topic: "Main results",
            asks: "Unadjusted and adjusted estimates with their interval; which confounders and why.",
            fill: |facts| {
                let is = |operation: &crate::plan::Operation| {
                    matches!(
                        operation,
                        crate::plan::Operation::Infer(_)
                            | crate::plan::Operation::Evaluate(_)
                            | crate::plan::Operation::Stratify(_)
                    )
                };
                match facts.links(&facts.answers(is)) {
                    Some(at) => Part(
                        format!("{at}: estimates with intervals."),
                        "which are adjusted for confounders, and why those",
                    ),
                    None => Author("report the estimates"),
                }
            },
        },
        Item {
            number: "16b",
            topic: "Main results",
            asks: "Boundaries of categories where continuous variables were cut.",
            fill: |facts| match facts.methods("methods-groups") {
                Some(at) => Told(format!("{at}.")),
                None => super::Filled::Absent("The plan cuts no prediction into groups.".to_owned()),
            },
        },
        Item {
            number: "16c",
            topic: "Main results",
            asks: "Relative risks turned into absolute ones over a meaningful time, where relevant.",
            fill: |facts| {
                let is = |operation: &crate::plan::Operation| matches!(operation, crate::plan::Operation::Infer(infer) if matches!(infer.procedure.as_str(), "km" | "cif" | "rmst"));
                match facts.links(&facts.answers(is)) {
                    Some(at) => Told(format!("{at}: survival or incidence in time.")),
                    None => Author("consider absolute risks"),
                }
            },
        },
        Item {
            number: "17",
            topic: "Other analyses",
            asks: "Subgroups, interactions, sensitivity analyses.",
            fill: |facts| facts.subgroups(),
        },
        Item {
            number: "18",
            topic: "Key results",
            asks: "Key results against the objectives.",
            fill: |_| Part("<a href=\"#summary\">Summary</a>.".to_owned(), "against the objectives"),
        },
        Item {
            number: "19",
            topic: "Limitations",
            asks: "Limitations, direction and size of potential bias.",
            fill: |facts| {
                if facts.results.notices.is_empty() {
                    Author("discuss the limitations")
                } else {
                    Part("<a href=\"#cautions\">Cautions</a>: notices.".to_owned(), "discuss the limitations")
                }
            },
        },
        Item {
            number: "20",
            topic: "Interpretation",
            asks: "A cautious overall interpretation.",
            fill: |_| Author("write the interpretation"),
        },
        Item {
            number: "21",
            topic: "Generalisability",
            asks: "External validity of the results.",
            fill: |_| Author("discuss the external validity"),
        },
        Item {
            number: "22",
            topic: "Funding",
            asks: "Source of funding and the role of the funders.",
            fill: |_| Author("name the funding"),
        },
    ],
};
