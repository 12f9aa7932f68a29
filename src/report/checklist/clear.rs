//! CLEAR: 58 items on radiomic research.

use super::Filled::{Author, Part, Told};
use super::{Guideline, Item};

pub static CLEAR: Guideline = Guideline {
    name: "CLEAR",
    title: "CLEAR",
    reference: "Kocak B, Baessler B, Bakas S, et al. CheckList for EvaluAtion of Radiomics research (CLEAR): a \
        step-by-step reporting guideline for authors and reviewers endorsed by ESR and EuSoMII. Insights Imaging \
        2023;14:75",
    items: &[
        Item {
            number: "1",
            topic: "Title",
            asks: "Name the radiomic method in the title.",
            fill: |_| Author("write the title"),
        },
        Item {
            number: "2",
            topic: "Abstract",
            asks: "A structured summary.",
            fill: |_| Part("<a href=\"#summary\">Summary</a>: headline results.".to_owned(), "write the abstract"),
        },
        Item {
            number: "3",
            topic: "Keywords",
            asks: "Keywords that find a radiomic study.",
            fill: |_| Author("give keywords"),
        },
        Item {
            number: "4",
            topic: "Introduction",
            asks: "Scientific or clinical background.",
            fill: |_| Author("write the background"),
        },
        Item {
            number: "5",
            topic: "Introduction",
            asks: "Why a radiomic approach.",
            fill: |_| Author("say why radiomics"),
        },
        Item {
            number: "6",
            topic: "Introduction",
            asks: "Objectives.",
            fill: |facts| {
                if facts.results.study.documentation.trim().is_empty() {
                    Author("state the objectives")
                } else {
                    Part("The head of the report.".to_owned(), "write them out")
                }
            },
        },
        Item {
            number: "7",
            topic: "Study design",
            asks: "Which guidelines or checklists were followed.",
            fill: |facts| {
                Told(format!("This page: {}.", crate::report::escape::html(&facts.plan.study.report.join(", "))))
            },
        },
        Item {
            number: "8",
            topic: "Study design",
            asks: "Ethical approval, consent, protection of data.",
            fill: |_| Author("describe approval, consent and protection of data"),
        },
        Item {
            number: "9",
            topic: "Study design",
            asks: "Calculation of sample size or power.",
            fill: |facts| facts.sample_size(),
        },
        Item {
            number: "10",
            topic: "Study design",
            asks: "Retrospective or prospective, kind of study.",
            fill: |_| Author("say whether the study is retrospective or prospective"),
        },
        Item {
            number: "11",
            topic: "Study design",
            asks: "Criteria of eligibility.",
            fill: |facts| facts.eligibility(),
        },
        Item {
            number: "12",
            topic: "Study design",
            asks: "A flow chart of the technical pipeline.",
            fill: |facts| match facts.methods("methods-models") {
                Some(at) => Part(format!("{at}: the steps in their order, in words."), "a flow chart of them"),
                None => Author("draw the technical pipeline"),
            },
        },
        Item {
            number: "13",
            topic: "Data",
            asks: "Source: private, public or both, for each part.",
            fill: |facts| facts.data_source(),
        },
        Item {
            number: "14",
            topic: "Data",
            asks: "Overlap with data of earlier studies.",
            fill: |_| Author("say whether patients were part of earlier studies"),
        },
        Item { number: "15", topic: "Data", asks: "How data were split.", fill: |facts| facts.use_of_data() },
        Item {
            number: "16",
            topic: "Data",
            asks: "Imaging protocol: acquisition and processing.",
            fill: |_| Author("describe scanners, acquisition and reconstruction"),
        },
        Item {
            number: "17",
            topic: "Data",
            asks: "Definition of predictors that are not radiomic.",
            fill: |facts| facts.predictors(),
        },
        Item { number: "18", topic: "Data", asks: "Definition of the outcome.", fill: |facts| facts.outcome() },
        Item {
            number: "19",
            topic: "Segmentation",
            asks: "Strategy of segmentation.",
            fill: |_| Author("describe how regions were segmented"),
        },
        Item {
            number: "20",
            topic: "Segmentation",
            asks: "Who segmented, with what experience.",
            fill: |_| Author("describe who segmented"),
        },
        Item {
            number: "21",
            topic: "Preprocessing",
            asks: "Details of image preprocessing.",
            fill: |facts| {
                facts.extraction(
                    "settings of the extraction",
                    "features came as a table; describe the preprocessing of images",
                )
            },
        },
        Item {
            number: "22",
            topic: "Preprocessing",
            asks: "Resampling and its parameters.",
            fill: |facts| facts.extraction("resampling", "features came as a table; describe the resampling of images"),
        },
        Item {
            number: "23",
            topic: "Preprocessing",
            asks: "Discretisation and its parameters.",
            fill: |facts| {
                facts.extraction(
                    "discretisation",
                    "features came as a table; describe the discretisation of intensities",
                )
            },
        },
        Item {
            number: "24",
            topic: "Preprocessing",
            asks: "Types of images: original, filtered, transformed.",
            fill: |facts| facts.extraction("filters", "features came as a table; name the types of images"),
        },
        Item {
            number: "25",
            topic: "Feature extraction",
            asks: "Method or software of extraction.",
            fill: |facts| match facts
                .extraction("extraction by Diptych", "features came as a table; name the software of extraction")
            {
                Told(text) => Told(format!("{text} Version under <a href=\"#reproducibility\">Reproducibility</a>.")),
                other => other,
            },
        },
        Item {
            number: "26",
            topic: "Feature extraction",
            asks: "Classes of features.",
            fill: |facts| facts.extraction("classes", "features came as a table; name the classes of features"),
        },
        Item {
            number: "27",
            topic: "Feature extraction",
            asks: "Number of features.",
            fill: |facts| match facts.selection() {
                Told(text) => Told(text),
                _ => Author("give the number of features"),
            },
        },
        Item {
            number: "28",
            topic: "Feature extraction",
            asks: "That remaining parameters have their defaults.",
            fill: |facts| {
                if facts.extracts() {
                    Told(
                        "<a href=\"#reproducibility\">Reproducibility</a>: every default of the extraction is listed."
                            .to_owned(),
                    )
                } else {
                    Author("features came as a table; say which parameters had their defaults")
                }
            },
        },
        Item {
            number: "29",
            topic: "Data preparation",
            asks: "Handling of missing data.",
            fill: |facts| facts.missing_data(),
        },
        Item {
            number: "30",
            topic: "Data preparation",
            asks: "Class imbalance and what was done about it.",
            fill: |facts| facts.class_imbalance(),
        },
        Item {
            number: "31",
            topic: "Data preparation",
            asks: "Reliability of segmentation.",
            fill: |facts| {
                let kept = !facts
                    .nodes(
                        |operation| matches!(operation, crate::plan::Operation::Extraction(of) if !of.keep.is_empty()),
                    )
                    .is_empty();
                match (kept, facts.methods("methods-predictors")) {
                    (true, Some(at)) => Told(format!("{at}: agreement between readers that features had to reach.")),
                    _ => super::Filled::Absent(
                        "The plan holds no analysis of the reliability of segmentation.".to_owned(),
                    ),
                }
            },
        },
        Item { number: "32", topic: "Data preparation", asks: "Scaling of features.", fill: |facts| facts.scaling() },
        Item {
            number: "33",
            topic: "Data preparation",
            asks: "Reduction of dimension.",
            fill: |facts| facts.reduction(),
        },
        Item {
            number: "34",
            topic: "Modelling",
            asks: "Details of the algorithms.",
            fill: |facts| facts.model_building(),
        },
        Item { number: "35", topic: "Modelling", asks: "Training and tuning.", fill: |facts| facts.tuning() },
        Item { number: "36", topic: "Modelling", asks: "Handling of confounders.", fill: |facts| facts.confounders() },
        Item {
            number: "37",
            topic: "Modelling",
            asks: "How models were chosen.",
            fill: |facts| facts.choice_of_model(),
        },
        Item {
            number: "38",
            topic: "Evaluation",
            asks: "Technique of testing: internal, external.",
            fill: |facts| facts.testing(),
        },
        Item {
            number: "39",
            topic: "Evaluation",
            asks: "Measures of performance and why.",
            fill: |facts| facts.measures(),
        },
        Item {
            number: "40",
            topic: "Evaluation",
            asks: "Uncertainty of the estimates.",
            fill: |facts| facts.intervals(),
        },
        Item {
            number: "41",
            topic: "Evaluation",
            asks: "Statistical comparison of performance.",
            fill: |facts| facts.comparisons(),
        },
        Item {
            number: "42",
            topic: "Evaluation",
            asks: "Comparison with approaches that are not radiomic or combined.",
            fill: |facts| facts.blocks_compared(),
        },
        Item {
            number: "43",
            topic: "Evaluation",
            asks: "Interpretability and explanation.",
            fill: |facts| facts.explained(),
        },
        Item {
            number: "44",
            topic: "Results",
            asks: "Baseline characteristics.",
            fill: |facts| facts.characteristics(),
        },
        Item { number: "45", topic: "Results", asks: "A flow chart of eligibility.", fill: |facts| facts.flow() },
        Item {
            number: "46",
            topic: "Results",
            asks: "Statistics of features: reproducibility, selection.",
            fill: |facts| facts.selection(),
        },
        Item { number: "47", topic: "Results", asks: "Performance of the models.", fill: |facts| facts.performance() },
        Item {
            number: "48",
            topic: "Results",
            asks: "Results beside approaches that are not radiomic or combined.",
            fill: |facts| facts.blocks_compared(),
        },
        Item {
            number: "49",
            topic: "Discussion",
            asks: "Overview of the findings.",
            fill: |_| Author("write the overview"),
        },
        Item {
            number: "50",
            topic: "Discussion",
            asks: "Earlier work and how this differs.",
            fill: |_| Author("compare with earlier work"),
        },
        Item {
            number: "51",
            topic: "Discussion",
            asks: "Practical implications.",
            fill: |_| Author("discuss the implications"),
        },
        Item {
            number: "52",
            topic: "Discussion",
            asks: "Strengths and limitations.",
            fill: |_| Author("discuss strengths and limitations"),
        },
        Item {
            number: "53",
            topic: "Open science: data",
            asks: "Images with their segmentations shared.",
            fill: |_| Author("say where images and segmentations can be had"),
        },
        Item {
            number: "54",
            topic: "Open science: data",
            asks: "Radiomic features shared.",
            fill: |facts| facts.data(),
        },
        Item {
            number: "55",
            topic: "Open science: code",
            asks: "Scripts or settings of preprocessing shared.",
            fill: |facts| facts.code(),
        },
        Item {
            number: "56",
            topic: "Open science: code",
            asks: "Source code of the modelling shared.",
            fill: |facts| facts.code(),
        },
        Item {
            number: "57",
            topic: "Open science: model",
            asks: "Files of the final models shared.",
            fill: |_| Author("say where the fitted models can be had"),
        },
        Item {
            number: "58",
            topic: "Open science: model",
            asks: "A system that is ready to use shared.",
            fill: |_| Author("say whether there is a system that others can use"),
        },
    ],
};
