//! Cells: a study cut into its declarations, each with the comments that lead it, and put together
//! again. A cell is kept in the canonical layout, because steps take their names, and so their
//! random streams, from the words of the study: what is saved runs to the same numbers.

use std::sync::Arc;

use crate::check::{self, Checked, Options, World};
use crate::syntax::ast::{Declaration, ExprKind, SourceId, Sources, Study};
use crate::syntax::{self, Diagnostic, Lost};

/// Keywords whose declaration introduces a name.
const NOUNS: [&str; 12] = [
    "table",
    "images",
    "expression",
    "derive",
    "cohort",
    "split",
    "endpoint",
    "features",
    "model",
    "groups",
    "parameter",
    "column",
];

/// One declaration with its comments.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Counted through the session; a definition that replaces another takes a new number.
    pub number: usize,
    /// Canonical, without the last line's end.
    pub text: String,
    pub blank_before: bool,
    pub subject: Subject,
}

/// What a cell is about: there is one cell for each.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Subject {
    Study,
    Use(String),
    Noun {
        keyword: String,
        name: String,
    },
    /// A question, by its first line.
    Asked(String),
}

impl Subject {
    fn of(declaration: &Declaration, words: &str) -> Self {
        let keyword = declaration.head.keyword();
        let first = declaration.head.list.first().map(|expr| &expr.kind);
        let head = || words.split_whitespace().collect::<Vec<_>>().join(" ");
        match (keyword, first) {
            ("study", _) => Subject::Study,
            ("use", Some(ExprKind::Text(file))) => Subject::Use(file.clone()),
            // Columns of two tables may share their name.
            ("column", _) => Subject::Noun {
                keyword: keyword.to_owned(),
                name: head().strip_prefix("column ").unwrap_or("").to_owned(),
            },
            (keyword, Some(ExprKind::Name(name))) if NOUNS.contains(&keyword) => Subject::Noun {
                keyword: keyword.to_owned(),
                name: name.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join("."),
            },
            (keyword, Some(ExprKind::Quoted(name))) if NOUNS.contains(&keyword) => {
                Subject::Noun { keyword: keyword.to_owned(), name: name.clone() }
            }
            // `table patients from ...` needs no list to be told apart from its neighbours.
            _ => Subject::Asked(head()),
        }
    }

    /// Whether a cell of `other` has to go where one of this is declared.
    pub fn replaces(&self, other: &Subject) -> bool {
        match (self, other) {
            (Subject::Noun { keyword, name }, Subject::Noun { keyword: other, name: same }) => {
                // A column is described, not declared: it stands beside a table or a model of its name.
                name == same && (keyword == "column") == (other == "column")
            }
            _ => self == other,
        }
    }

    pub fn is_question(&self) -> bool {
        matches!(self, Subject::Asked(_))
    }

    /// `model RESPONSE`, `evaluate RESPONSE on train`.
    pub fn words(&self) -> String {
        match self {
            Subject::Study => "study".to_owned(),
            Subject::Use(file) => format!("use \"{file}\""),
            Subject::Noun { keyword, name } => format!("{keyword} {name}"),
            Subject::Asked(words) => words.clone(),
        }
    }

    /// The name that it introduces.
    pub fn name(&self) -> Option<&str> {
        match self {
            Subject::Noun { name, .. } => Some(name),
            _ => None,
        }
    }

    pub fn keyword(&self) -> &str {
        match self {
            Subject::Study => "study",
            Subject::Use(_) => "use",
            Subject::Noun { keyword, .. } => keyword,
            Subject::Asked(words) => words.split(' ').next().unwrap_or(""),
        }
    }
}

/// A text cut into cells, and the comments below the last.
pub struct Cut {
    pub cells: Vec<(Subject, String, bool)>,
    pub tail: String,
}

/// Lays a text out and cuts it into its declarations.
///
/// # Errors
/// The faults of its syntax, in the text as it was given.
pub fn cut(text: &str) -> Result<Cut, Vec<Diagnostic>> {
    let laid_out = syntax::format(text, SourceId::default())?;
    let parsed = syntax::parse(&laid_out, SourceId::default());
    let lines: Vec<&str> = laid_out.lines().collect();
    let line_of = |offset: usize| laid_out.get(..offset).map_or(0, |before| before.matches('\n').count());
    let mut cells = Vec::new();
    let mut next = 0;
    for declaration in &parsed.study.declarations {
        let mut end = line_of(declaration.span.end) + 1;
        while lines.get(end).is_some_and(|line| line.starts_with(' ') && line.trim_start().starts_with('#')) {
            end += 1;
        }
        let own = lines.get(next..end).unwrap_or(&[]);
        let blank_before = own.first().is_some_and(|line| line.trim().is_empty());
        let own = own.join("\n");
        let own = own.trim_matches('\n').to_owned();
        let head = declaration.head.span;
        let words = laid_out.get(head.start..head.end).unwrap_or("");
        cells.push((Subject::of(declaration, words), own, blank_before));
        next = end;
    }
    let tail = lines.get(next..).unwrap_or(&[]).join("\n").trim_matches('\n').to_owned();
    Ok(Cut { cells, tail })
}

/// The study that the cells are, in the canonical layout.
pub fn join(cells: &[Arc<Cell>]) -> String {
    let mut text = String::new();
    for (place, cell) in cells.iter().enumerate() {
        let apart = cells.get(place.wrapping_sub(1)).is_some_and(|above| stands_apart(above, cell));
        if place > 0 && (cell.blank_before || apart) {
            text.push('\n');
        }
        text.push_str(&cell.text);
        text.push('\n');
    }
    syntax::format(&text, SourceId::default()).unwrap_or(text)
}

/// Whether a blank line stands between two cells that were typed one after the other.
fn stands_apart(above: &Cell, cell: &Cell) -> bool {
    above.text.contains('\n') || cell.text.contains('\n') || above.subject.keyword() != cell.subject.keyword()
}

/// Cells checked together.
pub struct Examined {
    pub sources: Sources,
    pub checked: Checked,
    /// The text of each cell, in their order.
    pub ids: Vec<SourceId>,
}

/// Checks cells as one study; each has a text of its own, so that faults are told in it.
pub fn examine(cells: &[Arc<Cell>], world: &dyn World, options: &Options) -> Examined {
    let mut sources = Sources::default();
    let mut study = Study::default();
    let mut lost: Vec<Lost> = Vec::new();
    let mut told = Vec::new();
    let mut ids = Vec::new();
    for cell in cells {
        let name = match &cell.subject {
            Subject::Asked(_) => format!("[{}]", cell.number),
            subject => format!("[{}] {}", cell.number, subject.words()),
        };
        let id = sources.add(name, cell.text.as_str());
        let parsed = syntax::parse(&cell.text, id);
        study.declarations.extend(parsed.study.declarations);
        lost.extend(parsed.lost);
        told.extend(parsed.diagnostics);
        ids.push(id);
    }
    let options = Options { lost, ..options.clone() };
    let mut checked = check::check(&study, &mut sources, world, &options);
    if told.iter().any(Diagnostic::is_error) {
        checked.plan = None;
    }
    checked.diagnostics.extend(told);
    Examined { sources, checked, ids }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "## A study.\nstudy T\n  seed 7\n\n# Data ---\n\ntable t from \"t.csv\"\n  key id\n  # of patients\n\nderive a = x+1   # one more\nderive b = x\n\nevaluate M on train,\n    test\n\n# the end\n";

    #[test]
    fn what_is_cut_is_joined_to_the_same_text() {
        let cut = cut(TEXT).unwrap();
        let subjects: Vec<String> = cut.cells.iter().map(|(subject, ..)| subject.words()).collect();
        assert_eq!(subjects, ["study", "table t", "derive a", "derive b", "evaluate M on train, test"]);
        assert_eq!(cut.tail, "# the end");
        let cells: Vec<Arc<Cell>> = cut
            .cells
            .into_iter()
            .enumerate()
            .map(|(number, (subject, text, blank_before))| Arc::new(Cell { number, text, blank_before, subject }))
            .collect();
        let whole = format!("{}\n{}\n", join(&cells), cut.tail);
        assert_eq!(whole, syntax::format(TEXT, SourceId::default()).unwrap());
    }

    #[test]
    fn a_definition_replaces_one_of_its_name_only() {
        let noun = |keyword: &str, name: &str| Subject::Noun { keyword: keyword.into(), name: name.into() };
        assert!(noun("model", "A").replaces(&noun("groups", "A")));
        assert!(!noun("model", "A").replaces(&noun("model", "B")));
        assert!(!noun("column", "A").replaces(&noun("derive", "A")));
        assert!(Subject::Asked("km(os ~ arm)".into()).replaces(&Subject::Asked("km(os ~ arm)".into())));
    }
}
