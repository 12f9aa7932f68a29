//! Faults of meaning, told in the type of `syntax`, with owned candidates for a misspelling.

use crate::syntax::diagnostic;

pub(super) use crate::syntax::diagnostic::{Diagnostic as Fault, Severity};

/// Offers the nearest of owned names.
pub(super) trait NearestOf: Sized {
    #[must_use]
    fn nearest_of(self, word: &str, candidates: impl IntoIterator<Item = String>) -> Self;
}

impl NearestOf for Fault {
    fn nearest_of(self, word: &str, candidates: impl IntoIterator<Item = String>) -> Self {
        match nearest(word, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// The candidate that a typing error most likely meant.
pub(super) fn nearest(word: &str, candidates: impl IntoIterator<Item = String>) -> Option<String> {
    let candidates: Vec<String> = candidates.into_iter().collect();
    diagnostic::nearest(word, candidates.iter().map(String::as_str)).map(str::to_owned)
}

/// `a`, `a or b`, `a, b or c`, each in backticks.
pub(super) fn alternatives(words: impl IntoIterator<Item = String>) -> String {
    let words: Vec<String> = words.into_iter().collect();
    diagnostic::alternatives(words.iter().map(String::as_str))
}
