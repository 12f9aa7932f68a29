//! What a user is told of a fault: one diagnostic per fault, with a stable code.

use serde::Serialize;

use super::ast::{Sources, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Told, and nothing depends on it: what could not be proved.
    Note,
    /// The study runs, and the report tells it.
    Warning,
    /// The study is rejected.
    Error,
}

/// One fault.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Stable: `leak::fitted-on-test`. `diptych explain CODE` documents it.
    pub code: &'static str,
    pub severity: Severity,
    /// The fault and its reason in the statistician's vocabulary.
    pub message: String,
    /// The exact words.
    pub span: Span,
    /// What stands under the words; empty where the message says it all.
    pub label: String,
    /// What would be right.
    pub help: Option<String>,
    /// Other places that belong to it.
    pub related: Vec<(Span, String)>,
}

impl Diagnostic {
    pub fn error(code: &'static str, span: Span, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, span, message)
    }

    pub fn new(code: &'static str, severity: Severity, span: Span, message: impl Into<String>) -> Self {
        let message = message.into();
        Diagnostic { code, severity, message, span, label: String::new(), help: None, related: Vec::new() }
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

    #[must_use]
    pub fn related(mut self, span: Span, label: impl Into<String>) -> Self {
        self.related.push((span, label.into()));
        self
    }

    /// The diagnostic as one JSON object: code, severity, file, line, column, message, help.
    pub fn to_json(&self, sources: &Sources) -> serde_json::Value {
        let (file, line, column) = self.place(sources);
        serde_json::json!({
            "code": self.code,
            "severity": self.severity,
            "file": file,
            "line": line,
            "column": column,
            "words": sources.words(self.span),
            "message": self.message,
            "label": self.label,
            "help": self.help,
        })
    }

    /// File, line and column (both from 1, the column in characters).
    pub fn place<'a>(&self, sources: &'a Sources) -> (&'a str, usize, usize) {
        let Some(source) = sources.get(self.span.source) else { return ("", 1, 1) };
        let before = source.text.get(..self.span.start).unwrap_or(&source.text);
        let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
        (&source.name, line, column)
    }
}

/// The candidate that a typing error most likely meant; `_`, `-` and blanks count as one, so
/// `z_score` finds `z-score`.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let fold = |text: &str| text.to_lowercase().replace(['-', ' ', '.'], "_");
    let wanted = fold(word);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(&wanted, &fold(candidate)), candidate))
        .filter(|(distance, candidate)| *distance <= 1 + candidate.chars().count().min(wanted.chars().count()) / 4)
        .min()
        .map(|(_, candidate)| candidate)
}
