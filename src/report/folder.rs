//! The files that a run leaves: `results.json`, `report.html`, and each table as CSV, LaTeX and for
//! a word processor.

use std::collections::HashSet;

use crate::plan::Plan;
use crate::run::Results;
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
    let mut taken = HashSet::new();
    for answer in &results.answers {
        for table in &answer.tables {
            let name = unique(&file_name(&format!("{} {}", answer.declaration, table.name)), &mut taken);
            let sheet = Sheet::titled(table, &answer.declaration);
            // CSV at full precision; what people read is rounded.
            files.push((format!("tables/{name}.csv"), table.csv().into_bytes()));
            files.push((format!("tables/{name}.tex"), sheet.latex(&slug(&name)).into_bytes()));
            files.push((format!("tables/{name}.html"), sheet.word().into_bytes()));
        }
    }
    files
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

    #[test]
    fn two_tables_never_share_a_file() {
        let mut taken = HashSet::new();
        let names: Vec<String> = ["a b", "A_B", "<>"].map(|name| unique(&file_name(name), &mut taken)).into();
        assert_eq!(names, ["a_b", "A_B_2", "table"]);
    }
}
