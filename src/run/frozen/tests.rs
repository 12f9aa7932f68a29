//! Model files of the small study that comes with Diptych: what they predict is what the study
//! predicted, to the last bit, and what does not fit is refused.

use std::path::PathBuf;
use std::sync::OnceLock;

use crate::Study;
use crate::frame::dictionary;
use crate::progress::Watch;
use crate::run::Store;
use crate::run::results::{Cell, ResultTable};

use super::{Asked, ModelFile, NewData, Predictions, card};

const EXTRA: &str = "\ngroups profile from RESPONSE at 0.5\nquadrants profile, risk\n\
    model FOREST for os\n  prepare host by median then one_hot\n  prepare tumour by median\n  \
    fuse early rsf(host, tumour, trees = 20)\n\
    model HARMONISED for response\n  prepare host by combat(by = centre, unseen = as_is) then median then one_hot then z-score\n  \
    prepare tumour by median\n  learn logistic\n  fuse early(host, tumour)\n\
    evaluate FOREST on external\n  at 12, 24 months\n  show C-index, AUC\n";

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("examples/demo")
}

/// The models of the study as their files say them, with the predictions in the study.
fn models() -> &'static [(ModelFile, ResultTable)] {
    static MODELS: OnceLock<Vec<(ModelFile, ResultTable)>> = OnceLock::new();
    MODELS.get_or_init(|| {
        let text = std::fs::read_to_string(folder().join("demo.study")).unwrap() + EXTRA;
        let study = Study::new("demo.study", text).in_folder(folder()).with_models();
        let finished = study.run(&Store::none(), &Watch::silent()).unwrap();
        finished
            .report
            .models
            .into_iter()
            .map(|(model, table)| (ModelFile::parse(&model.text()).unwrap(), table))
            .collect()
    })
}

fn files() -> Vec<ModelFile> {
    models().iter().map(|(model, _)| model.clone()).collect()
}

fn patients() -> Vec<String> {
    std::fs::read_to_string(folder().join("patients.csv")).unwrap().lines().map(str::to_owned).collect()
}

fn on(lines: &[String], dictionary: Option<&str>) -> Result<Predictions, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.csv");
    std::fs::write(&path, lines.join("\n") + "\n").unwrap();
    let data = NewData {
        tables: [(String::new(), path)].into(),
        dictionary: dictionary.map(|text| dictionary::parse(text).unwrap()),
        ..NewData::default()
    };
    crate::predict(&files(), &data, Asked { explanations: false, curves: false }, &Watch::silent())
        .map_err(|faults| faults.into_iter().map(|fault| format!("{}: {}", fault.code, fault.message)).collect())
}

fn edited(edit: impl Fn(usize, &str) -> String) -> Vec<String> {
    patients().iter().take(6).enumerate().map(|(row, line)| edit(row, line)).collect()
}

fn number(cell: &Cell) -> Option<u64> {
    match cell {
        Cell::Number { value, .. } => Some(value.to_bits()),
        _ => None,
    }
}

#[test]
fn a_centre_that_is_harmonised_away_is_asked_for_and_is_no_feature() {
    let files = files();
    let model = files.iter().find(|model| model.name == "HARMONISED").unwrap();
    let host = model.blocks.iter().find(|block| block.name == "host").unwrap();
    assert_eq!(host.used_up, ["centre"]);
    assert!(model.tables[0].columns["centre"].needed);
    let without = edited(|_, line| {
        let cells: Vec<&str> = line.split(',').collect();
        [&cells[..1], &cells[2..]].concat().join(",")
    });
    assert!(on(&without, None).unwrap_err().iter().any(|fault| fault.contains("centre")));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.csv");
    std::fs::write(&path, patients()[..4].join("\n") + "\n").unwrap();
    let data = NewData { tables: [(String::new(), path)].into(), ..NewData::default() };
    let asked = Asked { explanations: true, curves: false };
    let told = crate::predict(std::slice::from_ref(model), &data, asked, &Watch::silent()).unwrap();
    for patient in &told.patients {
        let forecast = &patient.forecasts[0];
        let explained = forecast.explanation.as_ref().unwrap();
        assert!(explained.values.iter().all(|(_, name, _, _)| name != "centre"));
        let sum: f64 = explained.base + explained.values.iter().map(|(.., value)| value).sum::<f64>();
        assert!((sum - forecast.value.unwrap()).abs() < 1e-9, "{sum}");
    }
}

#[test]
fn a_model_file_predicts_what_the_study_predicted_to_the_last_bit() {
    let predictions = on(&patients(), None).unwrap();
    let mut compared = 0;
    for (place, (model, table)) in models().iter().enumerate() {
        assert_eq!(card(model).lines().next(), Some(format!("# {}", model.name).as_str()));
        for row in &table.rows {
            if row[2] != Cell::text("frozen model") {
                continue;
            }
            let Cell::Text(key) = &row[0] else { panic!("no key") };
            let patient = predictions.patients.iter().find(|patient| patient.key == *key).unwrap();
            let forecast = &patient.forecasts[place];
            assert_eq!(forecast.model, model.name);
            let mut told = vec![forecast.value.map(f64::to_bits)];
            told.extend(forecast.parts.iter().map(|(_, value)| value.map(f64::to_bits)));
            let mut cells: Vec<Option<u64>> = row[3..3 + told.len()].iter().map(number).collect();
            let groups = &row[3 + told.len()..3 + told.len() + forecast.groups.len()];
            for ((_, label), cell) in forecast.groups.iter().zip(groups) {
                assert_eq!(*cell, Cell::text(label.as_str()));
            }
            told.extend(forecast.survival.iter().map(|(_, value)| value.map(f64::to_bits)));
            cells.extend(row[3 + groups.len() + cells.len()..].iter().map(number));
            assert_eq!(told, cells, "{} of {key}", model.name);
            compared += told.len();
        }
    }
    assert!(compared > 800, "{compared}");
}

#[test]
fn other_patients_of_the_table_do_not_change_a_prediction() {
    let all = patients();
    let whole = on(&all, None).unwrap();
    let few = on(&[all[0].clone(), all[9].clone(), all[4].clone()], None).unwrap();
    for patient in &few.patients {
        assert_eq!(Some(patient), whole.patients.iter().find(|other| other.key == patient.key));
    }
}

#[test]
fn patients_are_explained_grouped_and_put_into_profiles() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new.csv");
    std::fs::write(&path, edited(|_, line| line.to_owned()).join("\n")).unwrap();
    let data = NewData { tables: [(String::new(), path)].into(), ..NewData::default() };
    let asked = Asked { explanations: true, curves: true };
    let told = crate::predict(&files()[..2], &data, asked, &Watch::silent()).unwrap();
    for patient in &told.patients {
        let quadrant = patient.quadrant.as_deref().unwrap();
        assert!(quadrant.starts_with("profile ") && quadrant.contains(", risk "), "{quadrant}");
        for forecast in &patient.forecasts {
            let explained = forecast.explanation.as_ref().unwrap();
            let sum: f64 = explained.values.iter().map(|(.., value)| value).sum();
            assert!((explained.base + sum - forecast.value.unwrap()).abs() < 1e-9);
        }
    }
    let again = crate::predict(&files()[..2], &data, asked, &Watch::silent()).unwrap();
    assert_eq!(told, again);
    assert!(!told.explanations().rows.is_empty());
}

#[test]
fn who_lacks_what_a_model_needs_is_named() {
    let keys = ["P1".to_owned(), "P2".to_owned(), "P3".to_owned()];
    let part = |name: &str, rows: &[usize]| (name.to_owned(), rows.iter().map(|row| (*row, 0.5)).collect());
    let parts = [part("", &[0, 1]), part("clinical", &[0, 1]), part("radiomics", &[1])];
    assert_eq!(
        super::apply::lacking("M", &parts, &keys),
        ["M predicts nothing of who lacks what it needs: P3", "M predicts without `radiomics`, by its other parts: P1"]
    );
}

#[test]
fn what_is_out_of_the_dictionary_is_refused_each_for_itself() {
    let header = &patients()[0];
    let place = |column: &str| header.split(',').position(|name| name == column).unwrap();
    let (sex, albumin) = (place("sex"), place("albumin"));
    let with = |row: usize, line: &str, column: usize, value: &str| {
        let mut fields: Vec<&str> = line.split(',').collect();
        if row == 2 {
            fields[column] = value;
        }
        fields.join(",")
    };
    let broken = edited(|row, line| with(row, &with(row, line, sex, "X"), albumin, "99"));
    let told = on(&broken, None).unwrap_err();
    assert_eq!(told.len(), 2, "{told:?}");
    assert!(told.iter().any(|fault| fault.starts_with("data::level: column `sex`")), "{told:?}");
    assert!(told.iter().any(|fault| fault.starts_with("data::range: column `albumin`")), "{told:?}");

    // A value that is no number hides neither another of its column nor another column.
    let unread = edited(|row, line| {
        if row == 3 { with(2, line, albumin, "high") } else { with(row, &with(row, line, sex, "X"), albumin, "99") }
    });
    let told = on(&unread, None).unwrap_err();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told.iter().any(|fault| fault.starts_with("data::type: column `albumin`")), "{told:?}");
    assert!(told.iter().any(|fault| fault.starts_with("data::range: column `albumin`")), "{told:?}");
    assert!(told.iter().any(|fault| fault.starts_with("data::level: column `sex`")), "{told:?}");

    let renamed = edited(|row, line| if row == 0 { line.replace("albumin", "albumine") } else { line.to_owned() });
    assert_eq!(
        on(&renamed, None).unwrap_err(),
        ["data::no-column: there is no column `albumin`; did you mean `albumine`?"]
    );
    let in_grams =
        edited(|row, line| if row == 0 { line.replace("albumin", "albumin [mg/L]") } else { line.to_owned() });
    let told = on(&in_grams, None).unwrap_err();
    assert!(told[0].starts_with("data::unit: column `albumin` is in mg/L, and the model wants "), "{told:?}");
    let told = on(&edited(|_, line| line.to_owned()), Some("column,type,unit\nalbumin,number,mg/L\n")).unwrap_err();
    assert!(told[0].starts_with("data::unit: column `albumin`"), "{told:?}");
}

#[test]
fn what_is_no_model_file_is_told() {
    assert!(ModelFile::parse("{}").unwrap_err().contains("no model file"));
    let later = files()[0].text().replacen("\"format\":1", "\"format\":2", 1);
    assert!(ModelFile::parse(&later).unwrap_err().contains("format 2"));
}

#[test]
fn the_schema_names_what_a_model_file_holds() {
    let schema: serde_json::Value = serde_json::from_str(include_str!("../../../docs/model.schema.json")).unwrap();
    let file = serde_json::to_value(&files()[0]).unwrap();
    let names = |value: &serde_json::Value| value.as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(names(&schema["properties"]), names(&file));
    let mut required: Vec<&str> =
        schema["required"].as_array().unwrap().iter().filter_map(|name| name.as_str()).collect();
    required.sort_unstable();
    assert_eq!(required, names(&file));
    let column = &file["tables"][0]["columns"]["albumin"];
    assert_eq!(names(&schema["$defs"]["column"]["properties"]), names(column));
}
