//! The results folder: `results.json`, `report.html`, and each table as CSV, LaTeX and for a word
//! processor. Each file is whole or not there.

use std::collections::HashSet;
use std::path::Path;

use crate::plan::Plan;
use crate::run::Results;
use crate::run::store::write_whole;
use crate::syntax::ast::Sources;

use super::escape::slug;
use super::sheet::Sheet;
use super::timings::Circumstances;

/// Writes everything that a run leaves.
///
/// # Errors
/// A file that cannot be written.
pub fn write(
    plan: &Plan,
    results: &Results,
    sources: &Sources,
    circumstances: &Circumstances,
    out: &Path,
) -> std::io::Result<()> {
    write_whole(&out.join("results.json"), results.json().as_bytes())?;
    tables(results, &out.join("tables"))?;
    write_whole(&out.join("report.html"), super::html(plan, results, sources, circumstances).as_bytes())
}

/// Each table as CSV at full precision, and rounded as LaTeX and as a page that Word opens.
fn tables(results: &Results, out: &Path) -> std::io::Result<()> {
    let mut taken = HashSet::new();
    for answer in &results.answers {
        for table in &answer.tables {
            let name = unique(&file_name(&format!("{} {}", answer.declaration, table.name)), &mut taken);
            let sheet = Sheet::new(table);
            write_whole(&out.join(format!("{name}.csv")), table.csv().as_bytes())?;
            write_whole(&out.join(format!("{name}.tex")), sheet.latex(&slug(&name)).as_bytes())?;
            write_whole(&out.join(format!("{name}.html")), sheet.word().as_bytes())?;
        }
    }
    Ok(())
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
