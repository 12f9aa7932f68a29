//! What stands on the terminal: diagnostics, tables, results.

use std::fmt;
use std::io::{IsTerminal, Write};

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use miette::{GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource};

use crate::run::results::{Cell, ResultTable};
use crate::run::{Answer, Fault, Results};
use crate::syntax::ast::Sources;
use crate::syntax::{Diagnostic, Severity};

/// Writes to standard output; a closed pipe ends the process quietly, as other tools do.
pub fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    if out.write_all(text.as_bytes()).and_then(|()| out.flush()).is_err() {
        std::process::exit(0);
    }
}

/// A complaint without a place in a study.
pub fn complain(message: &str) {
    // Nobody is left to hear of it if standard error is closed.
    let _ = writeln!(std::io::stderr().lock(), "diptych: {message}");
}

/// A diagnostic in miette's terms.
struct Shown<'a> {
    diagnostic: &'a Diagnostic,
    source: NamedSource<String>,
}

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.diagnostic, f)
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.diagnostic.message)
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new(self.diagnostic.code))
    }

    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.diagnostic.severity {
            Severity::Error => miette::Severity::Error,
            Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.diagnostic.help.as_ref().map(|help| Box::new(help) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn miette::SourceCode> {
        Some(&self.source)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let words = Some(self.diagnostic.label.clone()).filter(|label| !label.is_empty());
        let span = self.diagnostic.span;
        let own = LabeledSpan::new_primary_with_span(words, (span.start, span.end.saturating_sub(span.start)));
        let related = self.diagnostic.related.iter().filter(move |(other, _)| other.source == span.source).map(
            |(span, words)| LabeledSpan::new(Some(words.clone()), span.start, span.end.saturating_sub(span.start)),
        );
        Some(Box::new(std::iter::once(own).chain(related)))
    }
}

/// Whether colours and drawing belong on standard error.
fn is_plain() -> bool {
    std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty()) || !std::io::stderr().is_terminal()
}

/// Characters in a line of the terminal; 100 where there is none.
pub fn width() -> usize {
    comfy_table::Table::new().width().map_or(100, usize::from).clamp(40, 400)
}

/// Every diagnostic with its source line.
pub fn diagnostics_text(diagnostics: &[Diagnostic], sources: &Sources, width: usize, plain: bool) -> String {
    let theme = if plain { GraphicalTheme::unicode_nocolor() } else { GraphicalTheme::unicode() };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(width).with_links(false);
    let mut text = String::new();
    for diagnostic in diagnostics {
        text.push_str(&rendered(&handler, diagnostic, sources));
        text.push('\n');
    }
    text
}

/// Every diagnostic with its source line, on standard error.
pub fn diagnostics(diagnostics: &[Diagnostic], sources: &Sources) {
    let text = diagnostics_text(diagnostics, sources, width(), is_plain());
    // Nobody is left to hear of it if standard error is closed.
    let _ = std::io::stderr().lock().write_all(text.as_bytes());
}

fn rendered(handler: &GraphicalReportHandler, diagnostic: &Diagnostic, sources: &Sources) -> String {
    let (name, text) = sources
        .get(diagnostic.span.source)
        .map_or((String::new(), String::new()), |source| (source.name.clone(), source.text.to_string()));
    let shown = Shown { diagnostic, source: NamedSource::new(name, text) };
    let mut out = String::new();
    if handler.render_report(&mut out, &shown).is_err() {
        let at = diagnostic.located(sources);
        out = format!("{}:{}:{}: {}: {}\n", at.file, at.line, at.column, diagnostic.code, diagnostic.message);
    }
    out
}

/// Faults of the data or of a run, each at its declaration.
pub fn faults(faults: &[Fault], sources: &Sources) {
    diagnostics(&told(faults), sources);
}

/// Faults of the data or of a run as diagnostics of their declarations.
pub fn told(faults: &[Fault]) -> Vec<Diagnostic> {
    faults
        .iter()
        .map(|fault| {
            let mut diagnostic = Diagnostic::error(fault.code, fault.span, fault.message.clone());
            diagnostic.help.clone_from(&fault.help);
            diagnostic
        })
        .collect()
}

/// `2 errors, 1 warning`, or that the study is sound.
pub fn tally(diagnostics: &[Diagnostic]) -> String {
    let count = |severity: Severity| diagnostics.iter().filter(|one| one.severity == severity).count();
    let words = |count: usize, word: &str| match count {
        0 => None,
        1 => Some(format!("1 {word}")),
        count => Some(format!("{count} {word}s")),
    };
    let found: Vec<String> = [
        words(count(Severity::Error), "error"),
        words(count(Severity::Warning), "warning"),
        words(count(Severity::Note), "note"),
    ]
    .into_iter()
    .flatten()
    .collect();
    match (count(Severity::Error), found.is_empty()) {
        (0, true) => "The study is sound.".to_owned(),
        (0, false) => format!("The study is sound, with {}.", found.join(" and ")),
        _ => format!("The study is rejected: {}.", found.join(", ")),
    }
}

/// Everything that a run answers.
pub fn results(results: &Results) {
    let mut text = String::new();
    for answer in &results.answers {
        text.push_str(&self::answer(answer));
    }
    for notice in &results.notices {
        text.push_str(&format!("! {}: {} ({})\n", notice.declaration, notice.message, notice.code));
    }
    for look in &results.looks {
        text.push_str(&format!("! the sealed part `{}` was looked at by {}\n", look.part, look.declaration));
    }
    if !results.notices.is_empty() || !results.looks.is_empty() {
        text.push('\n');
    }
    print(&text);
}

/// One answer: heading, tables, notes.
pub fn answer(answer: &Answer) -> String {
    let mut text = format!("{}\n{}\n", answer.declaration, "─".repeat(answer.declaration.chars().count()));
    if !answer.documentation.is_empty() {
        text.push_str(&format!("{}\n", answer.documentation));
    }
    for (code, reason) in &answer.accepted {
        text.push_str(&format!("accepted {code}: {reason}\n"));
    }
    for table in &answer.tables {
        text.push_str(&format!("\n{}\n{}\n", table.title, drawn(table)));
        for reason in table.reasons() {
            text.push_str(&format!("not estimable: {reason}\n"));
        }
        for note in &table.notes {
            text.push_str(&format!("{note}\n"));
        }
    }
    for note in &answer.notes {
        text.push_str(&format!("{note}\n"));
    }
    text.push('\n');
    text
}

/// Rows of a table on the terminal; its file holds all.
const MOST_ROWS: usize = 60;

/// A table fitted to the terminal; at its full width when the output is no terminal.
pub fn drawn(table: &ResultTable) -> String {
    let mut drawn = Table::new();
    drawn.load_style(TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─')));
    if std::io::stdout().is_terminal() {
        drawn.set_content_arrangement(ContentArrangement::Dynamic);
    } else {
        drawn.set_content_arrangement(ContentArrangement::Disabled);
    }
    drawn.set_header(&table.columns);
    for row in table.rows.iter().take(MOST_ROWS) {
        drawn.add_row(row.iter().map(Cell::shown));
    }
    for (place, column) in drawn.column_iter_mut().enumerate() {
        let numeric = table.rows.iter().filter_map(|row| row.get(place)).all(|cell| !matches!(cell, Cell::Text(_)));
        if numeric && !table.rows.is_empty() {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let mut lines: Vec<String> = drawn.lines().map(|line| line.trim_end().to_owned()).collect();
    if table.rows.len() > MOST_ROWS {
        lines.push(format!("({} more rows in {}.csv)", table.rows.len() - MOST_ROWS, table.name));
    }
    lines.join("\n")
}
