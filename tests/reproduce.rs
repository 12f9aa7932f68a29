//! Reproducibility from the command line: a lock verifies, a changed number is caught and named, an
//! archive runs elsewhere to the same results, and a model file predicts the next patient.

use std::path::Path;
use std::process::{Command, Output};

fn diptych(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_diptych"));
    command.current_dir(folder).args(arguments).env("NO_COLOR", "1").output().expect("diptych starts")
}

fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn demo() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/demo");
    for name in ["demo.study", "patients.csv", "dictionary.csv"] {
        std::fs::copy(source.join(name), folder.path().join(name)).expect("a copy");
    }
    folder
}

#[test]
fn a_lock_verifies_and_one_changed_number_is_named() {
    let folder = demo();
    let lock = diptych(folder.path(), &["lock", "demo.study", "--threads", "1"]);
    assert_eq!(lock.status.code(), Some(0), "{}", told(&lock));
    let same = diptych(folder.path(), &["verify", "demo.study", "--threads", "2"]);
    assert_eq!(same.status.code(), Some(0), "{}", told(&same));
    assert!(told(&same).contains("to the last digit"), "{}", told(&same));

    let table = std::fs::read_to_string(folder.path().join("patients.csv")).expect("the table");
    let line = table.lines().nth(7).expect("a patient").to_owned();
    let mut fields: Vec<String> = line.split(',').map(str::to_owned).collect();
    let key = fields[0].clone();
    fields[5] = "41.3".to_owned();
    std::fs::write(folder.path().join("patients.csv"), table.replace(&line, &fields.join(","))).expect("a table");
    let caught = diptych(folder.path(), &["verify", "demo.study"]);
    assert_eq!(caught.status.code(), Some(2), "{}", told(&caught));
    let words = format!("`patients` (patients.csv): 1 cell changed: column `albumin` of patient {key}");
    assert!(told(&caught).contains(&words), "{}", told(&caught));
    assert!(told(&caught).contains(&format!("`albumin` of patient {key} is 41.3 now")), "{}", told(&caught));
    assert!(told(&caught).contains("Results"), "{}", told(&caught));

    // A line of the dictionary is named as well.
    let dictionary = std::fs::read_to_string(folder.path().join("dictionary.csv")).expect("the dictionary");
    let line = dictionary.lines().find(|line| line.starts_with("bilirubin,")).expect("a column").to_owned();
    std::fs::write(folder.path().join("patients.csv"), &table).expect("a table");
    std::fs::write(folder.path().join("dictionary.csv"), dictionary.replace(&line, &format!("{line} again")))
        .expect("a dictionary");
    let described = diptych(folder.path(), &["verify", "demo.study"]);
    assert_eq!(described.status.code(), Some(2), "{}", told(&described));
    let words = "content changed: `dictionary.csv`, line bilirubin";
    assert!(told(&described).contains(words), "{}", told(&described));
    std::fs::write(folder.path().join("dictionary.csv"), &dictionary).expect("a dictionary");

    std::fs::write(folder.path().join("patients.csv"), &table).expect("a table");
    let study = std::fs::read_to_string(folder.path().join("demo.study")).expect("the study");
    std::fs::write(folder.path().join("demo.study"), study.replace("age >= 18", "age >= 50")).expect("a study");
    let planned = diptych(folder.path(), &["verify", "demo.study"]);
    assert_eq!(planned.status.code(), Some(1), "{}", told(&planned));
    assert!(told(&planned).contains("`cohort treated` changed"), "{}", told(&planned));
}

#[test]
fn an_archive_runs_elsewhere_and_its_models_predict() {
    let folder = demo();
    let export = diptych(folder.path(), &["export", "demo.study", "--out", "elsewhere/demo.zip"]);
    assert_eq!(export.status.code(), Some(0), "{}", told(&export));
    let elsewhere = folder.path().join("elsewhere");
    let run = diptych(&elsewhere, &["run", "demo.zip", "--out", "results"]);
    assert_eq!(run.status.code(), Some(0), "{}", told(&run));
    assert!(told(&run).contains("those of the archive's lock to the last digit"), "{}", told(&run));

    let new: Vec<String> = std::fs::read_to_string(folder.path().join("patients.csv"))
        .expect("the table")
        .lines()
        .take(3)
        .map(str::to_owned)
        .collect();
    std::fs::write(elsewhere.join("new.csv"), new.join("\n")).expect("a table");
    let models = ["results/models/RESPONSE.json", "results/models/SURVIVAL.json"];
    let mut arguments = vec!["predict"];
    arguments.extend(models);
    arguments.extend(["--data", "new.csv", "--out", "told.csv"]);
    let predict = diptych(&elsewhere, &arguments);
    assert_eq!(predict.status.code(), Some(0), "{}", told(&predict));
    let table = std::fs::read_to_string(elsewhere.join("told.csv")).expect("predictions");
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(elsewhere.join("told_explanations.csv").exists());

    // Against the archive, verification knows what a changed value was.
    let table = std::fs::read_to_string(folder.path().join("patients.csv")).expect("the table");
    let line = table.lines().nth(7).expect("a patient").to_owned();
    let mut fields: Vec<&str> = line.split(',').collect();
    let (key, was) = (fields[0], std::mem::replace(&mut fields[5], "41.3"));
    std::fs::write(folder.path().join("patients.csv"), table.replace(&line, &fields.join(","))).expect("a table");
    let caught =
        diptych(folder.path(), &["verify", "demo.study", "--lock", "elsewhere/demo.zip", "--store", ".diptych"]);
    assert_eq!(caught.status.code(), Some(2), "{}", told(&caught));
    let words = format!("`albumin` of patient {key} was {was} and is 41.3\n");
    assert!(told(&caught).contains(&words), "{}", told(&caught));
    std::fs::write(folder.path().join("patients.csv"), &table).expect("a table");

    std::fs::write(elsewhere.join("new.csv"), new.join("\n").replace(",male,", ",other,")).expect("a table");
    let refused = diptych(&elsewhere, &arguments);
    assert_eq!(refused.status.code(), Some(2), "{}", told(&refused));
    assert!(told(&refused).contains("data::level"), "{}", told(&refused));

    // Without its data, an archive says what to bring.
    let bare = diptych(folder.path(), &["export", "demo.study", "--without-data", "--out", "bare/demo.zip"]);
    assert_eq!(bare.status.code(), Some(0), "{}", told(&bare));
    let place = folder.path().join("bare");
    let absent = diptych(&place, &["run", "demo.zip"]);
    assert_eq!(absent.status.code(), Some(2), "{}", told(&absent));
    assert!(told(&absent).contains("patients.csv"), "{}", told(&absent));
    std::fs::copy(folder.path().join("patients.csv"), place.join("demo/study/patients.csv")).expect("a copy");
    let brought = diptych(&place, &["run", "demo.zip"]);
    assert_eq!(brought.status.code(), Some(0), "{}", told(&brought));
}

#[test]
fn the_first_study_of_the_manual_runs_as_it_is_written() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let manual = std::fs::read_to_string(root.join("docs/first_study.md")).expect("the page");
    let studies: Vec<&str> = manual.split("```study\n").skip(1).filter_map(|block| block.split("```").next()).collect();
    let folder = tempfile::tempdir().expect("a folder");
    let first = folder.path().join("first");
    std::fs::create_dir(&first).expect("a folder");
    for name in ["patients.csv", "dictionary.csv"] {
        std::fs::copy(root.join("examples/demo").join(name), first.join(name)).expect("a copy");
    }
    std::fs::write(first.join("first.study"), studies[0]).expect("a study");
    std::fs::write(first.join("response.study"), studies[1..].join("\n")).expect("a study");
    let commands: Vec<Vec<&str>> = manual
        .lines()
        .filter_map(|line| line.strip_prefix("| `diptych ")?.split('`').next())
        .map(|command| command.split(' ').collect())
        .collect();
    assert!(studies.len() > 3 && commands.len() > 5, "the page has its studies and commands");
    for command in std::iter::once(vec!["run", "first/first.study"]).chain(commands) {
        let output = diptych(folder.path(), &command);
        assert_eq!(output.status.code(), Some(0), "{command:?}: {}", told(&output));
    }
}
