//! A fault as a statistician reads it: what, where, why, and what would be right.
//!
//! The checker tells its faults in the same type. Drawing a diagnostic on a terminal is the
//! command line's business; here it is data, with line and column on demand.

use serde::Serialize;

use super::ast::{Sources, Span};

/// How much a fault weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// What could not be proved; the study runs.
    Note,
    /// The study runs, and the report tells it.
    Warning,
    /// The study is rejected.
    Error,
}

impl Severity {
    pub fn word(self) -> &'static str {
        match self {
            Severity::Note => "note",
            Severity::Warning => "warning",
            Severity::Error => "error",
        }
    }
}

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Stable: `syntax::unclosed-bracket`; `diptych explain CODE` prints its page.
    pub code: &'static str,
    pub severity: Severity,
    /// One sentence: the fault and its reason.
    pub message: String,
    /// The exact words at fault.
    pub span: Span,
    /// What stands under the words; may be empty.
    pub label: String,
    /// What would be right.
    pub help: Option<String>,
    /// Other places that the fault speaks of, each with its words.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    pub fn new(severity: Severity, code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Diagnostic {
            code,
            severity,
            message: message.into(),
            span,
            label: String::new(),
            help: None,
            related: Vec::new(),
        }
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

    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Points at another place that the fault speaks of.
    #[must_use]
    pub fn related(mut self, span: Span, words: impl Into<String>) -> Self {
        self.related.push((span, words.into()));
        self
    }

    /// Offers the nearest spelling, if one is near; otherwise leaves the help as it is.
    #[must_use]
    pub fn near<'a>(self, word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(word, candidates) {
            Some(near) => self.help(format!("did you mean `{near}`?")),
            None => self,
        }
    }

    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The diagnostic with its file, lines and columns, as `check --format json` prints it.
    pub fn located<'a>(&'a self, sources: &'a Sources) -> Located<'a> {
        let start = sources.place(self.span.source, self.span.start);
        let end = sources.place(self.span.source, self.span.end);
        Located {
            code: self.code,
            severity: self.severity,
            file: sources.get(self.span.source).map_or("", |source| &source.name),
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            message: &self.message,
            label: &self.label,
            help: self.help.as_deref(),
        }
    }
}

/// A [`Diagnostic`] with its place in lines and columns, both from 1, columns in characters.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Located<'a> {
    pub code: &'static str,
    pub severity: Severity,
    pub file: &'a str,
    pub line: usize,
    pub column: usize,
    pub end_line: usize,
    pub end_column: usize,
    pub message: &'a str,
    pub label: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<&'a str>,
}

/// The page of a code: what `diptych explain CODE` prints.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Code {
    pub code: &'static str,
    /// One line.
    pub title: &'static str,
    /// Why it is a fault, in Markdown.
    pub explanation: &'static str,
    /// A study, or the part of one, that has the fault.
    pub bad: &'static str,
    /// The same, sound.
    pub good: &'static str,
}

/// The candidate that a typing error most likely meant: case, hyphens and underscores do not
/// count, and about one letter in four may be wrong.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let folded = |text: &str| text.to_lowercase().replace(['-', ' ', '.'], "_");
    let wanted = folded(word);
    // Distances are quadratic in the length, and no word of a study is that long.
    if wanted.len() > 100 {
        return None;
    }
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &folded(candidate)), candidate))
        .filter(|(distance, candidate)| {
            *distance <= 1 + candidate.chars().count().min(wanted.chars().count()).saturating_sub(1) / 4
        })
        .min()
        .map(|(_, candidate)| candidate)
}

/// A name with inner hyphens as the subtraction that it may have been meant as: `age-1` as
/// `age - 1`. For the hint of an unknown name.
pub fn as_subtraction(name: &str) -> Option<String> {
    name.contains('-').then(|| name.split('-').collect::<Vec<_>>().join(" - "))
}

/// `a`, `a or b`, `a, b or c`, each in backticks.
pub fn alternatives<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_spelling_is_found_and_nonsense_is_not() {
        let names = ["albumin", "bilirubin", "z-score"];
        assert_eq!(nearest("albumn", names), Some("albumin"));
        assert_eq!(nearest("z_score", names), Some("z-score"));
        assert_eq!(nearest("platelets", names), None);
    }

    #[test]
    fn a_hyphen_may_have_been_a_minus() {
        assert_eq!(as_subtraction("age-1").as_deref(), Some("age - 1"));
        assert_eq!(as_subtraction("age"), None);
    }

    #[test]
    fn places_count_characters() {
        let mut sources = Sources::default();
        let id = sources.add("a.study", "é = 1\r\nβ-blocker");
        let diagnostic = Diagnostic::error("syntax::sign", Span::new(id, 10, 17), "a");
        let located = diagnostic.located(&sources);
        assert_eq!((located.line, located.column), (2, 2));
        assert_eq!(located.file, "a.study");
    }
}
