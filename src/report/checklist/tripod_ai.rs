//! TRIPOD+AI: 27 items on prediction models, development and evaluation.

use super::Filled::{Author, Part, Told};
use super::{Guideline, Item};

pub static TRIPOD_AI: Guideline = Guideline {
    name: "TRIPOD-AI",
    title: "TRIPOD+AI",
    reference: "Collins GS, Moons KGM, Dhiman P, et al. TRIPOD+AI statement: updated guidance for reporting clinical \
        prediction models that use regression or machine learning methods. BMJ 2024;385:e078378",
    items: &[
        Item {
            number: "1",
            topic: "Title",
            asks: "Name it as development or evaluation of a prediction model, with population and outcome.",
            fill: |_| Author("write the title"),
        },
        Item {
            number: "2",
            topic: "Abstract",
            asks: "Follow TRIPOD+AI for Abstracts.",
            fill: |_| Part("<a href=\"#summary\">Summary</a>: headline results.".to_owned(), "write the abstract"),
        },
        Item {
            number: "3a",
            topic: "Background",
            asks: "Healthcare context, whether diagnostic or prognostic, why a model, which models exist.",
            fill: |_| Author("write the background"),
        },
        Item {
            number: "3b",
            topic: "Background",
            asks: "Target population, purpose in the care pathway, intended users.",
            fill: |_| Author("describe population, purpose and users"),
        },
        Item {
            number: "3c",
            topic: "Background",
            asks: "Known health inequalities between sociodemographic groups.",
            fill: |_| Author("describe known inequalities"),
        },
        Item {
            number: "4",
            topic: "Objectives",
            asks: "Objectives, and whether the study develops or evaluates a model or both.",
            fill: |facts| {
                let text = &facts.results.study.documentation;
                if text.trim().is_empty() {
                    Author("state the objectives (`##` before the study puts them at the head of the report)")
                } else {
                    Part("The head of the report.".to_owned(), "whether development, evaluation or both")
                }
            },
        },
        Item {
            number: "5a",
            topic: "Data",
            asks: "Sources of data for development and evaluation, why these, how representative.",
            fill: |facts| facts.data_source(),
        },
        Item {
            number: "5b",
            topic: "Data",
            asks: "Dates: begin and end of accrual, end of follow-up.",
            fill: |facts| facts.dates(),
        },
        Item {
            number: "6a",
            topic: "Participants",
            asks: "Setting, number and place of centres.",
            fill: |_| Author("describe the setting and the centres"),
        },
        Item {
            number: "6b",
            topic: "Participants",
            asks: "Criteria of eligibility.",
            fill: |facts| facts.eligibility(),
        },
        Item {
            number: "6c",
            topic: "Participants",
            asks: "Treatments received and how they were handled.",
            fill: |_| Author("describe treatments, and how the models handle them"),
        },
        Item {
            number: "7",
            topic: "Data preparation",
            asks: "Preprocessing and checks of quality, and whether alike across groups.",
            fill: |facts| facts.quality_checks(),
        },
        Item {
            number: "8a",
            topic: "Outcome",
            asks: "Outcome and its horizon, how and when assessed, why chosen, whether alike across groups.",
            fill: |facts| facts.outcome(),
        },
        Item {
            number: "8b",
            topic: "Outcome",
            asks: "Where assessment is subjective: who assessed.",
            fill: |_| Author("describe the assessors of the outcome"),
        },
        Item {
            number: "8c",
            topic: "Outcome",
            asks: "Blinding of the assessment of the outcome.",
            fill: |_| Author("say whether the outcome was assessed blind"),
        },
        Item {
            number: "9a",
            topic: "Predictors",
            asks: "Choice of the initial predictors and any selection before model building.",
            fill: |facts| match facts.methods("methods-predictors") {
                Some(at) => Part(format!("{at}: which columns entered."), "why these predictors"),
                None => Author("say how predictors were chosen"),
            },
        },
        Item {
            number: "9b",
            topic: "Predictors",
            asks: "Definition of all predictors, how and when measured, blinding.",
            fill: |facts| facts.predictors(),
        },
        Item {
            number: "9c",
            topic: "Predictors",
            asks: "Where measurement is subjective: who measured.",
            fill: |_| Author("describe who measured subjective predictors"),
        },
        Item {
            number: "10",
            topic: "Sample size",
            asks: "How the size was arrived at, for development and evaluation, and whether it suffices.",
            fill: |facts| facts.sample_size(),
        },
        Item {
            number: "11",
            topic: "Missing data",
            asks: "How missing data were handled; reasons for leaving data out.",
            fill: |facts| facts.missing_data(),
        },
        Item {
            number: "12a",
            topic: "Analytical methods",
            asks: "How the data were used for development and evaluation, and how divided.",
            fill: |facts| facts.use_of_data(),
        },
        Item {
            number: "12b",
            topic: "Analytical methods",
            asks: "How predictors entered: form, rescaling, transformation, standardisation.",
            fill: |facts| facts.handling(),
        },
        Item {
            number: "12c",
            topic: "Analytical methods",
            asks: "Type of model and why, all steps of building, tuning, internal validation.",
            fill: |facts| facts.model_building(),
        },
        Item {
            number: "12d",
            topic: "Analytical methods",
            asks: "Whether and how differences between clusters were handled.",
            fill: |facts| facts.clusters(),
        },
        Item {
            number: "12e",
            topic: "Analytical methods",
            asks: "Measures and plots of performance and why; comparison of models.",
            fill: |facts| facts.measures(),
        },
        Item {
            number: "12f",
            topic: "Analytical methods",
            asks: "Any updating of the model after its evaluation.",
            fill: |facts| facts.updating(),
        },
        Item {
            number: "12g",
            topic: "Analytical methods",
            asks: "For an evaluation: how predictions were calculated.",
            fill: |facts| facts.predictions(),
        },
        Item {
            number: "13",
            topic: "Class imbalance",
            asks: "Methods for imbalance, why, and recalibration after them.",
            fill: |facts| facts.class_imbalance(),
        },
        Item {
            number: "14",
            topic: "Fairness",
            asks: "Approaches to fairness and why.",
            fill: |facts| match facts.subgroups() {
                Told(text) => Part(text, "which subgroups bear on fairness, and what was done about it"),
                _ => Author("describe approaches to fairness; the plan holds no subgroup analysis"),
            },
        },
        Item {
            number: "15",
            topic: "Model output",
            asks: "What the model puts out; classes and how thresholds were found.",
            fill: |facts| facts.output(),
        },
        Item {
            number: "16",
            topic: "Training versus evaluation",
            asks: "Differences between development and evaluation data.",
            fill: |facts| facts.training_against_evaluation(),
        },
        Item {
            number: "17",
            topic: "Ethical approval",
            asks: "Committee that approved the study, consent or its waiver.",
            fill: |_| Author("name the committee and the kind of consent"),
        },
        Item {
            number: "18a",
            topic: "Open science: funding",
            asks: "Sources of funding and the role of the funders.",
            fill: |_| Author("name the funding"),
        },
        Item {
            number: "18b",
            topic: "Open science: conflicts of interest",
            asks: "Conflicts of interest and financial disclosures of all authors.",
            fill: |_| Author("declare conflicts of interest"),
        },
        Item {
            number: "18c",
            topic: "Open science: protocol",
            asks: "Where the protocol is, or that there is none.",
            fill: |_| {
                Part(
                    "<a href=\"#study\">Study</a>: the text that was run, with the hash of its plan under \
                     <a href=\"#reproducibility\">Reproducibility</a>."
                        .to_owned(),
                    "where the protocol is",
                )
            },
        },
        Item {
            number: "18d",
            topic: "Open science: registration",
            asks: "Registry and number, or that the study is not registered.",
            fill: |_| Author("give the registration"),
        },
        Item {
            number: "18e",
            topic: "Open science: data sharing",
            asks: "Availability of the data.",
            fill: |facts| facts.data(),
        },
        Item {
            number: "18f",
            topic: "Open science: code sharing",
            asks: "Availability of the code of the analysis.",
            fill: |facts| facts.code(),
        },
        Item {
            number: "19",
            topic: "Patient and public involvement",
            asks: "Involvement in design, conduct, reporting or dissemination, or that there was none.",
            fill: |_| Author("describe the involvement of patients and the public"),
        },
        Item {
            number: "20a",
            topic: "Participants",
            asks: "Flow of participants, with and without the outcome, follow-up.",
            fill: |facts| facts.flow_with_outcome(),
        },
        Item {
            number: "20b",
            topic: "Participants",
            asks: "Characteristics by source: dates, predictors, treatments, size, events, follow-up, missing data.",
            fill: |facts| match facts.characteristics() {
                Told(text) => Part(text, "key dates, treatments and follow-up where the table does not hold them"),
                other => other,
            },
        },
        Item {
            number: "20c",
            topic: "Participants",
            asks: "For an evaluation: important predictors beside those of the development data.",
            fill: |facts| facts.compared_with_development(),
        },
        Item {
            number: "21",
            topic: "Model development",
            asks: "Participants and events in each analysis.",
            fill: |facts| facts.numbers_analysed(),
        },
        Item {
            number: "22",
            topic: "Model specification",
            asks: "The full model, so that others can predict with it, and restrictions of its use.",
            fill: |facts| facts.specification(),
        },
        Item {
            number: "23a",
            topic: "Model performance",
            asks: "Performance with intervals, also in key subgroups.",
            fill: |facts| match (facts.performance(), facts.subgroups()) {
                (Told(text), Told(groups)) => Told(format!("{text} {groups}")),
                (Told(text), _) => Part(text, "performance in key subgroups was not asked for"),
                (other, _) => other,
            },
        },
        Item {
            number: "23b",
            topic: "Model performance",
            asks: "Differences of performance between clusters, if studied.",
            fill: |facts| facts.clusters_found(),
        },
        Item {
            number: "24",
            topic: "Model updating",
            asks: "Results of any updating: the new model and its performance.",
            fill: |facts| facts.updated(),
        },
        Item {
            number: "25",
            topic: "Interpretation",
            asks: "Overall interpretation, fairness among it, against objectives and earlier studies.",
            fill: |_| Author("write the interpretation"),
        },
        Item {
            number: "26",
            topic: "Limitations",
            asks: "Limitations and their effect on bias, uncertainty and generalisability.",
            fill: |facts| {
                if facts.results.notices.is_empty() {
                    Author("discuss the limitations")
                } else {
                    Part(
                        "<a href=\"#cautions\">Cautions</a>: what the data showed and the study did not foresee."
                            .to_owned(),
                        "discuss the limitations",
                    )
                }
            },
        },
        Item {
            number: "27a",
            topic: "Usability",
            asks: "How poor or unavailable input is to be assessed and handled in use.",
            fill: |facts| match (facts.models().is_empty(), facts.methods("methods-missing")) {
                (false, Some(at)) => Part(
                    format!("{at}: how the fitted models fill missing predictors."),
                    "how poor input is to be recognised in use",
                ),
                _ => Author("say how poor or missing input is handled in use"),
            },
        },
        Item {
            number: "27b",
            topic: "Usability",
            asks: "Whether users interact with input or model, and what expertise they need.",
            fill: |_| Author("describe what users have to do and to know"),
        },
        Item {
            number: "27c",
            topic: "Usability",
            asks: "Next steps for research, applicability and generalisability in view.",
            fill: |_| Author("describe the next steps"),
        },
    ],
};
