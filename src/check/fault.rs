//! Faults of meaning: where, why in the statistician's words, and what would be right.

use crate::syntax::ast::Span;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Severity {
    /// What could not be proved; the study runs.
    Note,
    /// The study runs, and the report tells it.
    Warning,
    /// The study is rejected, unless it accepts the fault with a reason.
    Error,
}

/// One fault, before it is told.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub severity: Severity,
    pub code: &'static str,
    pub span: Span,
    /// One sentence that a statistician reads: the fault and its reason.
    pub message: String,
    /// What stands under the words.
    pub label: String,
    /// What would be right.
    pub hint: Option<String>,
}

impl Fault {
    fn new(severity: Severity, code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Fault { severity, code, span, message: message.into(), label: String::new(), hint: None }
    }

    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, span, message)
    }

    pub fn warning(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, span, message)
    }

    pub fn note(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, code, span, message)
    }

    /// The same fault as an error: many may share one place and differ in words.
    pub fn as_error(mut self) -> Self {
        self.severity = Severity::Error;
        self
    }

    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Adds the nearest spelling, if one is near.
    pub fn near(self, word: &str, candidates: impl IntoIterator<Item = String>) -> Self {
        match nearest(word, candidates) {
            Some(near) => self.hint(format!("did you mean `{near}`?")),
            None => self,
        }
    }
}

/// The candidate that a typing error most likely meant.
pub(super) fn nearest(word: &str, candidates: impl IntoIterator<Item = String>) -> Option<String> {
    let folded = |text: &str| text.to_lowercase().replace(['-', ' ', '.'], "_");
    let wanted = folded(word);
    candidates
        .into_iter()
        .map(|candidate| {
            let distance = strsim::damerau_levenshtein(&wanted, &folded(&candidate));
            (distance, candidate)
        })
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count().min(wanted.chars().count()) / 4)
        .min_by(|left, right| left.cmp(right))
        .map(|(_, candidate)| candidate)
}

/// `a`, `a or b`, `a, b or c`.
pub(super) fn alternatives(words: impl IntoIterator<Item = String>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => "none".to_owned(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_spelling_is_found_and_nonsense_is_not() {
        let names = || ["albumin", "bilirubin", "z-score"].map(str::to_owned);
        assert_eq!(nearest("albumn", names()).as_deref(), Some("albumin"));
        assert_eq!(nearest("z_score", names()).as_deref(), Some("z-score"));
        assert_eq!(nearest("platelets", names()), None);
    }
}
