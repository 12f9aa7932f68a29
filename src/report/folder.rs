//! The files that a run leaves: `results.json`, `report.html`, and each table as CSV, LaTeX and for
//! a word processor.

use std::collections::HashSet;

use crate::plan::Plan;
use crate::run::{Answer, Results};
use crate::syntax::ast::Sources;

use super::escape::slug;
use super::sheet::Sheet;
use super::timings::Circumstances;

/// Every file with its name in the results folder.
pub fn files(
    plan: &Plan,
    results: &Results,
    sources: &Sources,
    circumstances: &Circumstances,
) -> Vec<(String, Vec<u8>)> {
    let mut files = vec![
        ("results.json".to_owned(), results.json().into_bytes()),
        ("report.html".to_owned(), super::html(plan, results, sources, circumstances).into_bytes()),
    ];
    for (answer, names) in results.answers.iter().zip(names(&results.answers)) {
        for (table, name) in answer.tables.iter().zip(names.tables) {
            let sheet = Sheet::titled(table, &answer.declaration);
            // CSV at full precision; what people read is rounded.
            files.push((format!("tables/{name}.csv"), table.csv().into_bytes()));
            files.push((format!("tables/{name}.tex"), sheet.latex(&slug(&name)).into_bytes()));
            files.push((format!("tables/{name}.html"), sheet.word().into_bytes()));
        }
    }
    files
}

/// The names of an answer's files, without their endings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Names {
    pub tables: Vec<String>,
    pub figures: Vec<String>,
}

/// The names of the files of every answer.
pub fn names(answers: &[Answer]) -> Vec<Names> {
    let mut taken = HashSet::new();
    let mut tables = |answer: &Answer| -> Vec<String> {
        let tables = answer.tables.iter();
        tables.map(|table| unique(&file_name(&format!("{} {}", answer.declaration, table.name)), &mut taken)).collect()
    };
    let figures = figure_names(answers);
    answers.iter().zip(figures).map(|(answer, figures)| Names { tables: tables(answer), figures }).collect()
}

/// A name for every figure of every answer, by its declaration, its kind and what sets it apart from
/// the others of its kind there: `evaluate_RESPONSE_calibration_RESPONSE_clinical_external`.
pub fn figure_names(answers: &[Answer]) -> Vec<Vec<String>> {
    let mut taken = HashSet::new();
    answers.iter().map(|answer| names_in(answer, &mut taken)).collect()
}

fn names_in(answer: &Answer, taken: &mut HashSet<String>) -> Vec<String> {
    // What stands in brackets is one word: `(out of fold)`.
    let words = |title: &str| -> Vec<String> {
        let mut depth = 0i32;
        let apart = |sign: char| {
            depth += i32::from(sign == '(') - i32::from(sign == ')');
            (depth <= 0 && sign.is_whitespace()) || sign == ','
        };
        title.split(apart).map(str::to_owned).collect()
    };
    answer
        .figures
        .iter()
        .map(|figure| {
            let alike = || answer.figures.iter().filter(|other| other.kind == figure.kind);
            let base: String = file_name(&answer.declaration).chars().take(60).collect();
            let mut name = format!("{}_{}", base.trim_end_matches('_'), figure.kind);
            if alike().count() > 1 {
                let others: Vec<Vec<String>> = alike().map(|other| words(&other.title)).collect();
                let own = words(&figure.title);
                let apart: Vec<&str> = own
                    .iter()
                    .filter(|word| !word.is_empty() && !others.iter().all(|other| other.contains(word)))
                    .map(String::as_str)
                    .collect();
                let apart: String = file_name(&apart.join(" ")).chars().take(60).collect();
                if !apart.is_empty() {
                    name = format!("{name}_{}", apart.trim_end_matches('_'));
                }
            }
            unique(&name, taken)
        })
        .collect()
}

/// The name, with a number where it is taken; file systems differ about capitals.
fn unique(name: &str, taken: &mut HashSet<String>) -> String {
    (1..)
        .map(|count| if count == 1 { name.to_owned() } else { format!("{name}_{count}") })
        .find(|name| taken.insert(name.to_lowercase()))
        .unwrap_or_else(|| name.to_owned())
}

/// A name that every file system takes.
pub fn file_name(words: &str) -> String {
    let mut name = String::new();
    for character in words.chars() {
        if character.is_alphanumeric() || character == '-' {
            name.push(character);
        } else if !name.ends_with('_') {
            name.push('_');
        }
    }
    let name: String = name.trim_matches('_').chars().take(100).collect();
    if name.is_empty() { "table".to_owned() } else { name }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::results::FigureData;

    #[test]
    fn figures_are_named_by_what_sets_them_apart() {
        let figure = |kind: &str, title: &str| FigureData {
            kind: kind.to_owned(),
            title: title.to_owned(),
            data: serde_json::Value::Null,
        };
        let answer = Answer {
            declaration: "evaluate R, S".to_owned(),
            figures: vec![
                figure("calibration", "Calibration of R on train (out of fold)"),
                figure("calibration", "Calibration of R.clinical on external (external) at 52 weeks"),
                figure("roc", "ROC curves"),
                figure("calibration", "Calibration of R on train (out of fold)"),
            ],
            ..Answer::default()
        };
        assert_eq!(
            figure_names(&[answer])[0],
            [
                "evaluate_R_S_calibration_R_train_out_of_fold",
                "evaluate_R_S_calibration_R_clinical_external_external_at_52_weeks",
                "evaluate_R_S_roc",
                "evaluate_R_S_calibration_R_train_out_of_fold_2"
            ]
        );
    }

    #[test]
    fn two_tables_never_share_a_file() {
        let mut taken = HashSet::new();
        let names: Vec<String> = ["a b", "A_B", "<>"].map(|name| unique(&file_name(name), &mut taken)).into();
        assert_eq!(names, ["a_b", "A_B_2", "table"]);
    }
}
