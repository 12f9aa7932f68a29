//! A study that contrasts expression by a frozen model and by a column, from text to results.

use std::fmt::Write as _;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value as Json;

const STUDY: &str = r#"study T
  seed 5

table patients from "patients.csv"
  key patient

expression rna from "rna.csv"
  key patient

cohort first from patients
  include "first centre": centre == "A"

cohort second from patients
  include "second centre, with RNA": centre == "B" and rna is present

endpoint response = binary(responded == 1)

features marks from patients
  columns mark

model R for response on first
  learn logistic(marks)

groups profile from R at median on first

contrast rna by R, mark on second
  enrich GSEA("sets.gmt", min = 5), ssGSEA("sets.gmt")

contrast rna by profile on second
  enrich ORA("sets.gmt")
  adjust for age

contrast rna by sex == "f" on second
  test wilcoxon
  enrich GSEA("sets.gmt", min = 5)
"#;

/// Numbers that look random and are the same everywhere.
fn dice() -> impl FnMut(u64) -> f64 {
    let mut state = 20_260_620_u64;
    move |sides| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((state >> 33) % sides) as f64
    }
}

fn write(folder: &Path, study: &str) {
    let mut next = dice();
    let mut patients = String::from("patient,centre,sex,age,mark,responded\n");
    let mut rna: Vec<String> = (0..60).map(|gene| format!("G{gene}")).collect();
    let mut header = String::from("gene");
    for row in 0..120 {
        let centre = if row < 80 { "A" } else { "B" };
        let mark = next(100);
        let responded = u8::from(mark + next(60) > 75.0);
        let sex = if next(2) == 0.0 { "f" } else { "m" };
        let _ = writeln!(patients, "P{row},{centre},{sex},{},{mark},{responded}", 40.0 + next(40));
        // Patient 119 has no RNA; the first centre has some, whom nobody asks.
        if row > 70 && row < 119 {
            let _ = write!(header, ",P{row}");
            for (gene, line) in rna.iter_mut().enumerate() {
                let signal = if gene < 12 { mark / 30.0 } else { 0.0 };
                let _ = write!(line, ",{:.3}", 4.0 + gene as f64 / 20.0 + signal + next(1000) / 500.0);
            }
        }
    }
    let list = |from: usize, to: usize| (from..to).map(|g| format!("G{g}")).collect::<Vec<_>>().join("\t");
    let sets = format!("DRIVEN\t\t{}\nOTHER\t\t{}\nSMALL\t\tG1\tX1\tX2\n", list(0, 12), list(30, 45));
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("a file can be written");
    write("t.study", study);
    write("patients.csv", &patients);
    write("rna.csv", &format!("{header}\n{}\n", rna.join("\n")));
    write("sets.gmt", &sets);
}

fn diptych(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_diptych"));
    command.current_dir(folder).args(arguments).env("NO_COLOR", "1").output().expect("diptych starts")
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn results(folder: &Path, out: &str) -> Json {
    let text = std::fs::read_to_string(folder.join(out).join("results.json")).expect("results.json was written");
    serde_json::from_str(&text).expect("JSON")
}

fn answers(results: &Json) -> Vec<&Json> {
    results["answers"].as_array().expect("answers").iter().filter(|a| is_contrast(a)).collect()
}

fn is_contrast(answer: &Json) -> bool {
    answer["declaration"].as_str().is_some_and(|name| name.starts_with("contrast"))
}

fn names<'j>(answer: &'j Json, list: &str, field: &str) -> Vec<&'j str> {
    answer[list].as_array().into_iter().flatten().filter_map(|item| item[field].as_str()).collect()
}

#[test]
fn a_frozen_model_is_contrasted_and_everything_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), STUDY);
    let first = diptych(folder.path(), &["run", "t.study", "--out", "one", "--threads", "1"]);
    assert_eq!(first.status.code(), Some(0), "{}", told(&first));
    let one = results(folder.path(), "one");
    let all = answers(&one);
    assert_eq!(all.len(), 3);

    let model = all[0];
    let notes: Vec<&str> = model["notes"].as_array().into_iter().flatten().filter_map(Json::as_str).collect();
    assert!(
        notes.iter().any(|note| note.starts_with("R: along the score") && note.contains("are higher")),
        "{notes:?}"
    );
    assert!(notes.iter().any(|note| note.contains("as groups and as a slope")), "{notes:?}");
    let samples = &model["tables"][0];
    assert_eq!(samples["name"], "samples");
    let words = samples["notes"].to_string();
    // The cohort asks for RNA, so that nobody asked is without it.
    assert!(
        words.contains("of 39 asked in second, 39 have expression and 0 do not; 9 samples are of others"),
        "{words}"
    );
    assert!(words.contains("by the frozen model") && words.contains("80 training patients"), "{words}");
    let tables = names(model, "tables", "name");
    for wanted in ["genes-r-high-against-low", "genes-r-along-the-score", "gsea-1-r-along-the-score", "gsea-1-refused"]
    {
        assert!(tables.contains(&wanted), "{wanted} is not among {tables:?}");
    }
    assert!(tables.iter().any(|name| name.starts_with("compared-1-r-along-the-score-along-mark")), "{tables:?}");
    let figures = names(model, "figures", "kind");
    for kind in ["volcano", "enrichment", "running-score", "leading-edge", "boxes"] {
        assert!(figures.contains(&kind), "no {kind} among {figures:?}");
    }
    for figure in model["figures"].as_array().into_iter().flatten() {
        let kind = figure["kind"].as_str().expect("a kind");
        let read = diptych::figures::read(kind, &figure["data"]).unwrap_or_else(|error| panic!("{kind}: {error}"));
        read.draw(read.width()).unwrap_or_else(|error| panic!("{kind}: {error}"));
    }
    for estimate in model["estimates"].as_array().into_iter().flatten() {
        assert!(estimate["value"].is_number() || estimate["why"].is_string(), "{estimate}");
        assert!(estimate["n"].as_u64() > Some(10), "{estimate}");
    }
    // The set that the mark drives leads.
    let gsea = model["tables"].as_array().into_iter().flatten().find(|t| t["name"] == "gsea-1-r-along-the-score");
    assert_eq!(gsea.expect("a table")["rows"][0][0]["text"], "DRIVEN");

    assert!(all[1]["notes"].to_string().contains("ORA"), "{}", all[1]["notes"]);
    let sexes = all[2]["notes"].to_string();
    assert!(sexes.contains("no gene of 60 passes a false discovery rate of 5%"), "{sexes}");

    // Again from the store, and again with two threads and an empty one: the same bytes.
    let second = diptych(folder.path(), &["run", "t.study", "--out", "two"]);
    assert!(told(&second).contains("Nothing was computed"), "{}", told(&second));
    let third = diptych(folder.path(), &["run", "t.study", "--out", "three", "--threads", "2", "--store", "fresh"]);
    assert_eq!(third.status.code(), Some(0), "{}", told(&third));
    assert_eq!(one, results(folder.path(), "three"));
}

#[test]
fn what_the_data_does_not_allow_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = |study: &str| {
        write(folder.path(), study);
        let output = diptych(folder.path(), &["run", "t.study", "--out", "out"]);
        (output.status.code(), told(&output))
    };
    let head = &STUDY[..STUDY.find("contrast").expect("a contrast")];
    // Nine patients of the first centre have RNA: the model has seen them.
    let (code, words) = run(&format!("{head}contrast rna by R on patients\n"));
    assert_eq!(code, Some(1), "{words}");
    assert!(words.contains("leak::fitted-on-test"), "{words}");
    let (code, words) = run(&format!("{head}contrast rna by sex on second\n  enrich GSEA(\"none.gmt\")\n"));
    assert_eq!(code, Some(2), "{words}");
    assert!(words.contains("none.gmt"), "{words}");
    let (code, words) = run(&format!("{head}contrast rna by age > 300 on second\n"));
    // What cannot be estimated is an answer, with its reason.
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("one group is empty"), "{words}");
    let declared = head.replace("key patient\n\ncohort", "key patient\n  scale TPM\n\ncohort");
    assert_ne!(declared, head);
    let (code, words) = run(&format!("{declared}contrast rna by sex on second\n"));
    assert_eq!(code, Some(0), "{words}");
    assert!(words.contains("log2(TPM + 1)"), "{words}");
}

/// The public studies, where their data are beside the project.
#[test]
fn the_public_studies_run() {
    let root = std::env::var("DIPTYCH_SHARED")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../shared").to_owned());
    let data = Path::new(&root).join("data/omics");
    if !data.exists() {
        println!("skipped: no ../shared");
        return;
    }
    let folder = tempfile::tempdir().expect("a folder");
    for (name, files) in [
        ("leukemia", ["leukemia_samples.csv", "leukemia_log2_floor20.csv"]),
        ("lihc", ["lihc_samples.csv", "stacked_sgl_LIHC_counts_5183x100.csv"]),
    ] {
        let study = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("examples/{name}/{name}.study"));
        let set: Vec<String> = [
            ("annotation", files[0]),
            ("matrix", files[1]),
            ("hallmark", "h.all.v7.0.symbols.gmt"),
            ("immune", "charoentong28.gmt"),
        ]
        .iter()
        .map(|(parameter, file)| format!("{parameter}=\"{}\"", data.join(file).display()))
        .collect();
        let study = study.to_string_lossy().into_owned();
        let mut arguments = vec!["run", study.as_str(), "--out", name, "--store", "store"];
        for set in &set {
            arguments.extend(["--set", set.as_str()]);
        }
        let output = diptych(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(0), "{}", told(&output));
        let results = results(folder.path(), name);
        for answer in answers(&results) {
            for note in answer["notes"].as_array().into_iter().flatten().filter_map(Json::as_str).take(3) {
                println!("{name}: {note}");
            }
        }
        let words = results.to_string();
        if name == "lihc" {
            assert!(words.contains("passes a false discovery rate of 5%, but these gene sets do"), "no plain word");
            assert!(words.contains("of 28 sets are not scored"), "coverage is not told");
        }
    }
}
