//! Looks at sealed parts: every different question that saw the outcome of one counts, over all
//! sessions of the project. Asked again, the same question on the same definitions is the same look.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::run::store::write_whole;

/// The looks of a project, in a file of tab-separated lines: part, question, hash of its plan.
#[derive(Clone, Debug, Default)]
pub struct Looks {
    file: Option<PathBuf>,
    seen: BTreeSet<(String, String, String)>,
}

impl Looks {
    /// Those that are written down in this folder.
    pub fn at(home: &Path) -> Self {
        let file = home.join("looks.tsv");
        let text = std::fs::read_to_string(&file).unwrap_or_default();
        let seen = text
            .lines()
            .filter_map(|line| {
                let mut fields = line.splitn(3, '\t').map(str::to_owned);
                Some((fields.next()?, fields.next()?, fields.next()?))
            })
            .collect();
        Looks { file: Some(file), seen }
    }

    /// Counts a look, unless it was had before, and writes it down at once.
    ///
    /// # Errors
    /// It could not be written down.
    pub fn add(&mut self, part: &str, question: &str, plan: &str) -> std::io::Result<bool> {
        let question = question.replace(['\t', '\n'], " ");
        let is_new = self.seen.insert((part.to_owned(), question, plan.to_owned()));
        if let (true, Some(file)) = (is_new, &self.file) {
            let lines: Vec<String> =
                self.seen.iter().map(|(part, question, plan)| format!("{part}\t{question}\t{plan}\n")).collect();
            write_whole(file, lines.concat().as_bytes())?;
        }
        Ok(is_new)
    }

    /// Parts with their number of looks.
    pub fn counts(&self) -> BTreeMap<&str, usize> {
        let mut counts = BTreeMap::new();
        for (part, ..) in &self.seen {
            *counts.entry(part.as_str()).or_insert(0) += 1;
        }
        counts
    }

    /// Part and question of every look.
    pub fn all(&self) -> impl Iterator<Item = (&str, &str)> {
        self.seen.iter().map(|(part, question, _)| (part.as_str(), question.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn looks_are_counted_once_and_kept() {
        let folder = tempfile::tempdir().unwrap();
        let mut looks = Looks::at(folder.path());
        assert!(looks.add("external", "evaluate M", "1").unwrap());
        assert!(!looks.add("external", "evaluate M", "1").unwrap());
        assert!(looks.add("external", "evaluate M", "2").unwrap());
        assert_eq!(Looks::at(folder.path()).counts().get("external"), Some(&2));
    }
}
