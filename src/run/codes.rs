//! The pages of what only the data can tell: codes of faults and notices of a run. `diptych explain CODE` prints them.

use crate::syntax::Code;

/// Every code that a run tells, in alphabetical order.
pub static CODES: &[Code] = &[
    Code {
        code: "data::ambiguous-date",
        title: "A date may be read in two ways",
        explanation: "`03/04/2021` is the third of April or the fourth of March. Where every value of a column can be read both ways, it is not guessed.",
        bad: "visit\n03/04/2021\n05/06/2021",
        good: "visit\n2021-04-03\n2021-06-05",
    },
    Code {
        code: "data::classes",
        title: "A nominal endpoint has fewer than three classes, or more than can be told apart",
        explanation: "One class predicts nothing and two are a binary endpoint; of many classes none has patients enough.",
        bad: "endpoint kind\n  nominal sex",
        good: "endpoint kind = binary(sex == \"female\")",
    },
    Code {
        code: "data::constant",
        title: "A covariate does not vary",
        explanation: "Among the rows that are complete for the formula it has a single value, so that its effect cannot be told from the intercept. Often a filter or the missing values of another term have done this.",
        bad: "cox(os ~ age + enrolled)",
        good: "cox(os ~ age)",
    },
    Code {
        code: "data::duplicate-key",
        title: "A patient stands in several rows",
        explanation: "A key names one row. Where patients have several rows on purpose, such as two lesions, `repeated` says so, and their rows stay together in folds and resamples.",
        bad: "table eyes from \"eyes.csv\"\n  key id",
        good: "table eyes from \"eyes.csv\"\n  key id\n  repeated",
    },
    Code {
        code: "data::empty",
        title: "A table has no row, or none that is complete",
        explanation: "A file without rows, or a formula in which each row lacks some term, has nothing to estimate from.",
        bad: "cox(os ~ rare_marker)",
        good: "cox(os ~ age)",
    },
    Code {
        code: "data::empty-cohort",
        title: "A cohort has no patient",
        explanation: "The conditions leave nobody, or the endpoint is known of nobody who is left. The flow chart tells at which condition they go.",
        bad: "cohort treated from patients\n  include \"adults\": age >= 180",
        good: "cohort treated from patients\n  include \"adults\": age >= 18",
    },
    Code {
        code: "data::empty-column",
        title: "A column holds no value",
        explanation: "It is read, and can serve nothing. A mistaken delimiter or a column of a later version of the form are the usual reasons.",
        bad: "id,age,afp\n1,54,\n2,61,",
        good: "id,age,afp\n1,54,12.5\n2,61,880",
    },
    Code {
        code: "data::empty-part",
        title: "A part of a split has no patient",
        explanation: "Nothing can be fitted or judged on it: the condition of the part holds for nobody, or its share of few rows is less than one.",
        bad: "part external where centre == \"none\"",
        good: "part external where centre == \"QL\"",
    },
    Code {
        code: "data::endpoint",
        title: "An endpoint was read with something that a reader should know",
        explanation: "Such as follow-up of length 0, or events after the day on which follow-up was closed. The rows are kept or left out as the message says, and counted.",
        bad: "months,died\n0,1",
        good: "months,died\n0.1,1",
    },
    Code {
        code: "data::few-events",
        title: "There are few events for so many candidate predictors",
        explanation: "Below ten events a predictor, coefficients are unstable and apparent performance flatters. It is a notice: penalties, selection inside the folds and out-of-fold estimates are made for this, and the reader should know the number.",
        bad: "features radiomics from patients\n  columns where starts_with(name, \"original_\")",
        good: "features clinical from patients\n  columns age, afp, stage",
    },
    Code {
        code: "data::few-events-per-fold",
        title: "A fold holds few events",
        explanation: "Below five events a fold, the estimate of a fold jumps from fold to fold, and some folds may hold none. Fewer folds with repeats are steadier.",
        bad: "evaluate A over 10 folds",
        good: "evaluate A over 5 folds, 10 repeats",
    },
    Code {
        code: "data::format",
        title: "A file is not of the format that it seems to be",
        explanation: "Rows of different lengths, a column twice, a file of gene names with one column. The message names the first place.",
        bad: "id,age\n1,54,3\n2",
        good: "id,age\n1,54\n2,61",
    },
    Code {
        code: "data::in-no-part",
        title: "Patients are in no part of a split",
        explanation: "Shares that do not sum to 100%, or conditions that leave somebody out. It is a notice: they are counted and used nowhere.",
        bad: "split halves from all\n  part train = 50%\n  part test = 30%",
        good: "split halves from all\n  part train = 70%\n  part test = 30%",
    },
    Code {
        code: "data::level",
        title: "A value is none of the levels",
        explanation: "The dictionary, or a fitted model, knows the levels of the column, and the data holds another. A model has no coefficient for it.",
        bad: "child_pugh\nA\nB7",
        good: "child_pugh\nA\nB",
    },
    Code {
        code: "data::many-groups",
        title: "A grouping has too many values",
        explanation: "Curves and tests by group want a few groups; a number as it was measured has as many values as patients.",
        bad: "km(os ~ age)",
        good: "km(os ~ age >= 65)",
    },
    Code {
        code: "data::missing",
        title: "A value is missing where the dictionary allows none",
        explanation: "`nullable` is `no` for the column. Either the value is to be found, or the dictionary is to allow its absence and the study to say how it is handled.",
        bad: "column,type,nullable\nage,number,no",
        good: "column,type,nullable\nage,number,yes",
    },
    Code {
        code: "data::missing-key",
        title: "A row names no patient",
        explanation: "Its cell in the key is empty, so that it can be brought together with nothing and may be somebody who stands elsewhere.",
        bad: "id,age\n,54",
        good: "id,age\n1,54",
    },
    Code {
        code: "data::negative-time",
        title: "Follow-up ends before it begins",
        explanation: "The last date lies before the first one in the patients named: dates were exchanged or mistyped.",
        bad: "treatment_start,last_contact\n2021-05-01,2020-06-01",
        good: "treatment_start,last_contact\n2021-05-01,2022-06-01",
    },
    Code {
        code: "data::no-column",
        title: "There is no such column",
        explanation: "The file has not the column that the study, its dictionary or a fitted model speaks of. Names count as they are written, case included.",
        bad: "id,Age\n1,54",
        good: "id,age\n1,54",
    },
    Code {
        code: "data::no-events",
        title: "Nobody has the event",
        explanation: "On these rows every patient is censored: neither a model nor a curve of the event can be estimated.",
        bad: "model A for os on early\n  learn cox",
        good: "model A for os on all\n  learn cox",
    },
    Code {
        code: "data::no-features",
        title: "A block has no feature",
        explanation: "No column fulfils its condition, or `keep` left none because the readings agree too little.",
        bad: "features radiomics from patients\n  columns where starts_with(name, \"orignal_\")",
        good: "features radiomics from patients\n  columns where starts_with(name, \"original_\")",
    },
    Code {
        code: "data::no-images",
        title: "Images are wanted and no folder is given",
        explanation: "The model measures images itself. Their paths start from the folder that `--images` names.",
        bad: "diptych predict PRIME_R.model.json new.csv",
        good: "diptych predict PRIME_R.model.json new.csv --images scans",
    },
    Code {
        code: "data::no-key",
        title: "Two tables can be brought together only by a key",
        explanation: "Both need a column that names the patient; the order of rows is no such thing.",
        bad: "table patients from \"patients.csv\"\ntable laboratory from \"laboratory.csv\"",
        good: "table patients from \"patients.csv\"\n  key id\ntable laboratory from \"laboratory.csv\"\n  key id",
    },
    Code {
        code: "data::no-match",
        title: "Two tables share no patient",
        explanation: "No key of one stands in the other. Often one has leading zeros, a prefix or an aliquot's barcode.",
        bad: "patients: P001, P002    rna: TCGA-01A, TCGA-02A",
        good: "patients: P001, P002    rna: P001, P002",
    },
    Code {
        code: "data::no-readings",
        title: "Too few patients have every reading",
        explanation: "An agreement is estimated from patients whom all readers segmented, and takes two or more of them in each phase.",
        bad: "keep where ICC(2, 1) > 0.75 between reader_1, reader_3",
        good: "keep where ICC(2, 1) > 0.75 between reader_1, reader_2",
    },
    Code {
        code: "data::not-measured",
        title: "Images of patients could not be measured",
        explanation: "An unreadable series, an empty mask, a mask on another grid. By default such patients have missing values and are counted; `failures stop` makes it an error.",
        bad: "features radiomics from ct\n  failures stop",
        good: "features radiomics from ct",
    },
    Code {
        code: "data::one-class",
        title: "All patients are of one class",
        explanation: "On these rows everybody has the endpoint, or nobody: nothing tells two classes apart.",
        bad: "endpoint response = binary(mrecist in (\"CR\", \"PR\", \"SD\", \"PD\"))",
        good: "endpoint response = binary(mrecist in (\"CR\", \"PR\"))",
    },
    Code {
        code: "data::one-level",
        title: "A factor has a single level",
        explanation: "Among the rows that are complete for the formula there is nothing to compare.",
        bad: "cox(os ~ centre)",
        good: "cox(os ~ age)",
    },
    Code {
        code: "data::one-reading",
        title: "Every patient has a single reading",
        explanation: "Agreement compares readings of the same patient: one row for each patient and reader with `repeated`, or the second reading on the right.",
        bad: "icc(volume ~ reader)",
        good: "icc(volume_1 ~ volume_2)",
    },
    Code {
        code: "data::overlapping-cohorts",
        title: "Patients are judged who were fitted on",
        explanation: "Some of the rows are among those of the fit, or stand under the same key in another table. An estimate on them is neither out of fold nor external. Judge on rows apart, or accept it with a reason.",
        bad: "evaluate A on everybody",
        good: "evaluate A on external",
    },
    Code {
        code: "data::patient-in-two-parts",
        title: "A patient is in two parts",
        explanation: "Conditions of parts overlap, so that what is learned on one part is judged on the same patient in the other.",
        bad: "part old where age >= 60\npart all where age >= 18",
        good: "part old where age >= 60\npart young where age < 60",
    },
    Code {
        code: "data::range",
        title: "A value lies outside the range of its column",
        explanation: "The dictionary states the range, and the value is impossible under it: a typing error or another unit.",
        bad: "age\n540",
        good: "age\n54",
    },
    Code {
        code: "data::rows-of-one-patient",
        title: "Rows of one patient are taken as independent",
        explanation: "The table is `repeated`, and intervals and p of this analysis take each row for a patient of its own; they are too narrow or too wide. `cox` has `cluster(id)`; `evaluate` resamples patients with all their rows by itself; elsewhere take one row of each patient by a cohort.",
        bad: "cox(loss ~ laser)",
        good: "cox(loss ~ laser + cluster(id))",
    },
    Code {
        code: "data::type",
        title: "Values are of another type than is wanted",
        explanation: "Text where a number is wanted, a date where a level is; often one cell such as `< 5` or `n/a` turns a column of numbers into text.",
        bad: "afp\n12.5\n< 5",
        good: "afp\n12.5\n2.5",
    },
    Code {
        code: "data::unbound",
        title: "A table was not given",
        explanation: "The study or the model wants a table by this name; bind a frame to it, or name a file.",
        bad: "table trial",
        good: "table trial from \"trial.csv\"",
    },
    Code {
        code: "data::undefined",
        title: "A derived value is undefined",
        explanation: "Its parts are known and the arithmetic has no result, such as the logarithm of 0 or a division by 0. It counts as missing. It is a notice.",
        bad: "derive log_afp = log10(afp)",
        good: "derive log_afp = log10(afp + 1)",
    },
    Code {
        code: "data::unit",
        title: "A column is in another unit than the model wants",
        explanation: "The dictionary of the new data says so, and a model does not convert what it was not told to convert.",
        bad: "column,type,unit\nbilirubin,number,mg/dL",
        good: "column,type,unit\nbilirubin,number,umol/L",
    },
    Code {
        code: "data::unknown-condition",
        title: "A condition could not be decided",
        explanation: "A value that it asks for is missing. Who is not known to fulfil a condition is not included, and is counted apart in the flow. It is a notice.",
        bad: "include \"Child-Pugh A\": child_pugh == \"A\"",
        good: "include \"Child-Pugh known\": child_pugh is present\ninclude \"Child-Pugh A\": child_pugh == \"A\"",
    },
    Code {
        code: "data::unreadable",
        title: "A file cannot be read",
        explanation: "It is absent, of no known format, or not permitted. Paths start from the folder of the study.",
        bad: "table trial from \"tria.csv\"",
        good: "table trial from \"trial.csv\"",
    },
    Code {
        code: "data::weight",
        title: "A case weight is not above 0",
        explanation: "A weight of 0 or below, or a missing one, has no meaning in a likelihood; rows are left out by a cohort.",
        bad: "cox(os ~ age, weights = w)",
        good: "cohort weighted from patients\n  include \"weight\": w > 0",
    },
    Code {
        code: "run::internal",
        title: "An error inside Diptych",
        explanation: "A step met what its author held for impossible. Only this step is lost; please report it with the study.",
        bad: "",
        good: "",
    },
    Code {
        code: "run::model-file",
        title: "A model file is not understood",
        explanation: "It was written by another version, was changed by hand, or is none.",
        bad: "diptych predict results.json new.csv",
        good: "diptych predict PRIME_R.model.json new.csv",
    },
    Code {
        code: "run::no-horizon",
        title: "A measure is asked at a time, and none is given",
        explanation: "Brier score, time-dependent AUC and calibration of survival are of a time.",
        bad: "evaluate S on external\n  show Brier",
        good: "evaluate S on external\n  at 12, 24 months\n  show Brier",
    },
    Code {
        code: "run::no-part",
        title: "A model has no such part",
        explanation: "Parts are those of a late fusion, by the names of their blocks or learners.",
        bad: "evaluate A against A.genes",
        good: "evaluate A against A.clinical",
    },
    Code {
        code: "run::not-estimable",
        title: "There is nothing to estimate from",
        explanation: "The message says what is missing: groups of another table, a single class, no event. What else was asked is answered.",
        bad: "stratify os by risk on external",
        good: "groups risk from S at median on train\nstratify os by risk on external",
    },
    Code {
        code: "run::not-explained",
        title: "Predictions cannot be explained",
        explanation: "The model predicts none of the patients, or a part has no prediction where the explanation needs one.",
        bad: "explain S on nobody",
        good: "explain S on external",
    },
    Code {
        code: "run::not-fitted",
        title: "A model could not be fitted",
        explanation: "The message says at which step and why: collinear covariates, a likelihood without a maximum, a centre without training rows. What does not depend on the model is answered.",
        bad: "model A for response\n  learn logistic\n  fuse radiomics",
        good: "model A for response\n  learn logistic(penalty = L2)\n  fuse radiomics",
    },
    Code {
        code: "run::skipped",
        title: "A step was not run",
        explanation: "Something that it stands on has no value, and that was told. After the fault is mended the same command takes the run up again.",
        bad: "",
        good: "",
    },
    Code {
        code: "run::stopped",
        title: "The run was stopped",
        explanation: "By Ctrl-C or by whoever runs it. What is finished is kept, and the same command goes on from there.",
        bad: "",
        good: "",
    },
    Code {
        code: "run::unavailable",
        title: "That is not built",
        explanation: "The language can say it, and no engine does it yet; the message names what is there instead.",
        bad: "",
        good: "",
    },
    Code {
        code: "run::wrong-endpoint",
        title: "The procedure wants another kind of endpoint",
        explanation: "`cox` and `km` want a time to an event, `logistic` and `roc` a binary endpoint, `linear` a number.",
        bad: "cox(response ~ age)",
        good: "logistic(response ~ age)",
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    /// Every `data::` and `run::` code that stands in the sources of a run has its page, and every page its code.
    #[test]
    fn every_code_has_its_page() {
        fn sources(folder: &std::path::Path, text: &mut String) {
            for entry in std::fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    sources(&path, text);
                } else if path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("codes.rs") {
                    text.push_str(&std::fs::read_to_string(&path).unwrap());
                }
            }
        }
        let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
        let mut text = String::new();
        for folder in ["run", "frame", "cli", "imaging"] {
            sources(&root.join(folder), &mut text);
        }
        text.push_str(&std::fs::read_to_string(root.join("predict.rs")).unwrap());
        let pages: Vec<&str> =
            CODES.iter().map(|page| page.code).chain(crate::check::codes::all().map(|page| page.code)).collect();
        let is_code = |piece: &&str| {
            (piece.starts_with("data::") || piece.starts_with("run::"))
                && !piece.ends_with(':')
                && piece.chars().all(|sign| sign.is_ascii_lowercase() || sign == ':' || sign == '-')
        };
        let mut told: Vec<&str> = text.split('"').filter(is_code).collect();
        told.sort_unstable();
        told.dedup();
        let without: Vec<&&str> = told.iter().filter(|code| !pages.contains(code)).collect();
        assert!(without.is_empty(), "codes without a page: {without:?}");
        let idle: Vec<&str> = CODES.iter().map(|page| page.code).filter(|code| !told.contains(code)).collect();
        assert!(idle.is_empty(), "pages without a code: {idle:?}");
        assert!(CODES.is_sorted_by_key(|page| page.code));
    }
}
