//! Every kind of figure comes out of some line of a study.

use std::collections::BTreeSet;
use std::fmt::Write;

use crate::Study;
use crate::figures::KINDS;
use crate::progress::Watch;
use crate::run::Store;

/// Lines that ask for something to draw; `every_kind_is_drawn_by_a_study` says what of.
const CLINIC: &str = r#"study CLINIC
  seed 5

table patients from "patients.csv"
  key patient

derive left_first = gone == 1

cohort adults from patients
  include "adults": age >= 18

split parts from adults
  part train = 70%
  part test = 30%

endpoint response = binary(responded == 1)
endpoint os = survival(months as months, died == 1)

endpoint relapse = survival(months as months, relapsed == 1)

features host from patients
  columns age, arm, noise

features tumour from patients
  columns size, marker, twin

model R for response on train
  prepare host by median then one_hot then z-score
  prepare tumour by median then z-score then elastic_net(l1_ratio = 0.5, folds = 3, top = 2)
  learn logistic(penalty = L2), naive_bayes
  choose by AUC over 3 folds
  fuse late logistic(host, tumour)

model S for os on train
  learn coxnet(tumour, l1_ratio = 1, folds = 3)

groups high from R at median on train
groups risk from S at median on train
groups third from S at tertiles on train

flow adults
correlate R, S, age
evaluate R on train, test
  show AUC, roc, precision-recall, calibration, decision-curve, scores
evaluate S on test
  against early cox(tumour)
  at 1, 2 years
  show C-index, AUC, Brier, IBS, scores, calibration
explain R by SHAP
quadrants high, risk on test
stratify os by risk on train
  within arm
stratify os by third on train
  within arm
km(os ~ arm)
cox(os ~ age + arm)
cif(relapse ~ arm, competing = left_first)
bland_altman(marker ~ twin)
"#;

const GENES: &str = r#"study GENES
  seed 5

table samples from "patients.csv"
  key patient

expression rna from "rna.csv"
  key patient

contrast rna by arm == "a", age
  enrich GSEA("sets.gmt", min = 5, permutations = 200), ssGSEA("sets.gmt")
"#;

const IMAGES: &str = r#"study IMAGES
  seed 6

table patients from "patients.csv"
  key patient

images ct from "{patient}.nrrd"
  masks tumour = "{patient}_tumour.nrrd"

endpoint response = binary(responded == 1)

features radiomics from ct
  discretize to 25 HU
  filter original
  show slices
"#;

/// Two small images with a block as their tumour.
fn images(folder: &std::path::Path) {
    let sizes = [9usize, 8, 6];
    for (patient, shade) in [("P0", 3), ("P1", 5)] {
        let mut voxels: [Vec<u8>; 2] = Default::default();
        for at in 0..sizes.iter().product() {
            let (x, y, z) = (at % sizes[0], at / sizes[0] % sizes[1], at / sizes[0] / sizes[1]);
            let inside = (2..7).contains(&x) && (2..6).contains(&y) && (1..5).contains(&z);
            let value = (x * 11 + y * 7 * shade + z * 13) % 90;
            voxels[0].extend((value as i16).to_le_bytes());
            voxels[1].extend(i16::from(inside).to_le_bytes());
        }
        for (ending, voxels) in ["", "_tumour"].iter().zip(&voxels) {
            let mut file = format!(
                "NRRD0004\ntype: short\ndimension: 3\nspace: left-posterior-superior\nsizes: {} {} {}\n\
                 space directions: (1,0,0) (0,1,0) (0,0,2)\nkinds: domain domain domain\nendian: little\n\
                 encoding: raw\nspace origin: (0,0,0)\n\n",
                sizes[0], sizes[1], sizes[2]
            )
            .into_bytes();
            file.extend_from_slice(voxels);
            std::fs::write(folder.join(format!("{patient}{ending}.nrrd")), file).expect("an image can be written");
        }
    }
}

fn dice() -> impl FnMut(u64) -> f64 {
    let mut state = 20_260_620_u64;
    move |sides| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % sides) as f64
    }
}

fn write(folder: &std::path::Path) {
    let mut next = dice();
    let mut patients = String::from("patient,age,arm,noise,size,marker,twin,responded,months,died,relapsed,gone\n");
    let mut header = String::from("gene");
    let mut rna: Vec<String> = (0..40).map(|gene| format!("G{gene}")).collect();
    for row in 0..90 {
        let (age, size, marker) = (40.0 + next(40), next(100), next(100));
        let arm = if next(2) == 0.0 { "a" } else { "b" };
        let responded = u8::from(size + next(80) > 90.0);
        let months = 1.0 + next(30) * (140.0 - size) / 100.0;
        let (died, twin) = (u8::from(next(10) < 7.0), marker + next(20));
        let (relapsed, gone) = [(1, 0), (0, 1), (0, 0)][next(3) as usize];
        let noise = next(1000);
        let _ = writeln!(
            patients,
            "P{row},{age},{arm},{noise},{size},{marker},{twin},{responded},{months},{died},{relapsed},{gone}"
        );
        if row < 40 {
            let _ = write!(header, ",P{row}");
            for (gene, line) in rna.iter_mut().enumerate() {
                let signal = if gene < 10 && arm == "a" { 2.0 } else { 0.0 };
                let _ = write!(line, ",{:.3}", 4.0 + gene as f64 / 20.0 + signal + next(1000) / 500.0);
            }
        }
    }
    let list = |from: usize, to: usize| (from..to).map(|g| format!("G{g}")).collect::<Vec<_>>().join("\t");
    let sets = format!("DRIVEN\t\t{}\nOTHER\t\t{}\n", list(0, 10), list(20, 32));
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file can be written");
    write("patients.csv", &patients);
    write("rna.csv", &format!("{header}\n{}\n", rna.join("\n")));
    write("sets.gmt", &sets);
}

#[test]
fn every_kind_is_drawn_by_a_study() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path());
    images(folder.path());
    let mut drawn: BTreeSet<String> = BTreeSet::new();
    for text in [CLINIC, GENES, IMAGES] {
        let study = Study::new("t.study", text).in_folder(folder.path());
        let finished = study.run(&Store::none(), &Watch::silent()).unwrap_or_else(|no| panic!("{:?}", no.words()));
        let mut titles: BTreeSet<&str> = BTreeSet::new();
        for figure in finished.report.results.answers.iter().flat_map(|answer| &answer.figures) {
            assert!(titles.insert(&figure.title), "two figures are called `{}`", figure.title);
            assert!(!figure.title.contains("1 years"), "{}", figure.title);
            let read = crate::figures::read(&figure.kind, &figure.data);
            let read = read.unwrap_or_else(|error| panic!("{}: {error}", figure.title));
            read.draw(read.width()).unwrap_or_else(|error| panic!("{}: {error}", figure.title));
            drawn.insert(figure.kind.clone());
        }
        if text == CLINIC {
            let said = titles.iter().filter(|title| title.ends_with(" at 1 year")).count();
            let apart = ["middle", "high"]
                .map(|group| format!("Hazard ratios by third, {group} against low, within subgroups on train"));
            assert!(said > 0 && apart.iter().all(|title| titles.contains(title.as_str())), "{titles:?}");
        }
    }
    let missing: Vec<&str> = KINDS.iter().map(|kind| kind.card.name).filter(|name| !drawn.contains(*name)).collect();
    assert!(missing.is_empty(), "no line of a study draws {}", missing.join(", "));
}

/// Lines in which the two numbers of an out-of-fold area must be one.
const FOLDS: &str = r#"study FOLDS
  seed 5

table patients from "patients.csv"
  key patient

endpoint response = binary(responded == 1)

features tumour from patients
  columns size, marker, twin

model R for response
  learn naive_bayes(tumour)

evaluate R
  show AUC, roc
"#;

#[test]
fn the_curve_drawn_out_of_fold_has_the_area_that_is_told() {
    use crate::figures::roc::RocCurves;
    use crate::run::results::Kind;
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path());
    for (over, within) in [("", "within each of 5 folds"), (" over 4 folds, 3 repeats", "mean over 3 repeats")] {
        let text = FOLDS.replace("evaluate R", &format!("evaluate R{over}"));
        let study = Study::new("t.study", text.as_str()).in_folder(folder.path());
        let finished = study.run(&Store::none(), &Watch::silent()).unwrap_or_else(|no| panic!("{:?}", no.words()));
        let results = &finished.report.results;
        let told = results.estimates().find(|e| e.metric == "AUC" && e.kind == Kind::OutOfFold).expect("an area");
        assert!(told.how.contains(within) && told.lower.is_some(), "{}", told.how);
        let figures = results.answers.iter().flat_map(|answer| &answer.figures).filter(|figure| figure.kind == "roc");
        let curves: Vec<RocCurves> =
            figures.map(|figure| serde_json::from_value(figure.data.clone()).expect("a figure")).collect();
        let curve = curves.iter().flat_map(|figure| &figure.curves).find(|curve| curve.name.contains("out of fold"));
        let points = &curve.expect("a curve").points;
        let area: f64 = points.windows(2).map(|two| (two[1].0 - two[0].0) * 0.5 * (two[0].1 + two[1].1)).sum();
        assert!((area - told.value.expect("a value")).abs() < 1e-9, "{area} {:?}", told.value);
    }
}

/// Where every patient is a fold there is nothing to rank within one.
#[test]
fn leaving_out_one_patient_at_a_time_ranks_all_together_and_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path());
    let text = FOLDS.replace("evaluate R", "evaluate R over leave-out patient");
    let study = Study::new("t.study", text.as_str()).in_folder(folder.path());
    let finished = study.run(&Store::none(), &Watch::silent()).unwrap_or_else(|no| panic!("{:?}", no.words()));
    let told = finished.report.results.estimates().find(|e| e.metric == "AUC" && e.cohort.contains("all"));
    let told = told.expect("an area over all");
    assert!(told.value.is_some() && told.how.contains("ranked together"), "{told:?}");
}

#[test]
fn several_classes_are_learned_judged_and_told() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path());
    let patients = std::fs::read_to_string(folder.path().join("patients.csv")).expect("patients");
    let mut kinds = String::from("patient,kind\n");
    for line in patients.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        let (size, marker): (f64, f64) = (cells[4].parse().expect("a size"), cells[5].parse().expect("a marker"));
        let kind = if size > 60.0 {
            "large"
        } else if marker > 50.0 {
            "marked"
        } else {
            "other"
        };
        let _ = writeln!(kinds, "{},{kind}", cells[0]);
    }
    std::fs::write(folder.path().join("kinds.csv"), kinds).expect("a file can be written");
    let text = r#"study KINDS
  seed 5

table patients from "patients.csv"
  key patient

table kinds from "kinds.csv"
  key patient

endpoint kind from kinds
  nominal kind

features tumour from patients
  columns size, marker, noise

model K for kind on patients
  prepare tumour by z-score
  learn lasso(folds = 3), decision_tree(depth = 3)
  choose by AUC over 3 folds
  fuse tumour

model N for kind on patients
  learn naive_bayes(tumour)

evaluate K
  against N
  show AUC, AUC-ovr, accuracy, balanced_accuracy, Brier, log_loss, confusion
"#;
    let study = Study::new("t.study", text).in_folder(folder.path());
    let finished = study.run(&Store::none(), &Watch::silent()).unwrap_or_else(|no| panic!("{:?}", no.words()));
    let results = &finished.report.results;
    for (metric, least) in [("AUC", 0.9), ("AUC-ovr", 0.9), ("accuracy", 0.8), ("AUC of marked against the rest", 0.85)]
    {
        let told = results.estimates().find(|e| e.metric == metric && e.model == "K").expect(metric);
        assert!(told.value.is_some_and(|value| value > least) && told.lower.is_some(), "{told:?}");
        assert_eq!(told.n, 90);
    }
    let difference = results.estimates().find(|e| e.metric == "difference in AUC").expect("a comparison");
    assert!(difference.lower.is_some(), "{difference:?}");
    let tables = || results.answers.iter().flat_map(|answer| &answer.tables);
    let confusion = tables().find(|table| table.name.starts_with("confusion-K")).expect("a table of what is called");
    assert_eq!((confusion.rows.len(), confusion.columns.len()), (3, 5));
    assert!(tables().any(|table| table.name.starts_with("classes-K") && table.rows.len() == 3));
    let terms = tables().find(|table| table.name == "terms").expect("coefficients");
    assert!(terms.rows.iter().flatten().any(|cell| cell.shown().contains("class marked")), "{terms:?}");
}
