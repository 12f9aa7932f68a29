//! What the session answers to a line: data, which `display` sets on a terminal.

use std::sync::Arc;

use crate::plan::Plan;
use crate::run::results::{FigureData, ResultTable};
use crate::run::{Answer, Fault};
use crate::syntax::Diagnostic;
use crate::syntax::ast::Sources;

/// The pieces of an answer, in order.
#[derive(Clone, Default)]
pub struct Reply {
    pub pieces: Vec<Piece>,
}

/// One piece of an answer.
#[derive(Clone)]
pub enum Piece {
    /// What a question of the study answers: tables, figures, notes.
    Answer(Box<Answer>),
    Table(ResultTable),
    Figure(FigureData),
    /// Lines of text as they are.
    Text(String),
    /// Text in Markdown, for help.
    Page(String),
    /// A page of the manual.
    Manual(&'static crate::manual::Page),
    /// A sentence of the session itself.
    Note(String),
    /// Something that the user should see: a look at a sealed part, a stale answer.
    Caution(String),
    Diagnostics(Vec<Diagnostic>, Arc<Sources>),
    Faults(Vec<Fault>, Arc<Sources>),
    /// Text that the next line begins with, for editing.
    Edit(String),
    /// A file to be shown by the desktop.
    Open(std::path::PathBuf),
    /// A setting of the display.
    Set {
        name: String,
        value: String,
    },
    /// The prompt ends.
    Leave,
}

impl Reply {
    pub fn note(text: impl Into<String>) -> Self {
        Reply { pieces: vec![Piece::Note(text.into())] }
    }

    pub fn caution(text: impl Into<String>) -> Self {
        Reply { pieces: vec![Piece::Caution(text.into())] }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Reply { pieces: vec![Piece::Text(text.into())] }
    }

    pub fn table(table: ResultTable) -> Self {
        Reply { pieces: vec![Piece::Table(table)] }
    }

    pub fn push(&mut self, piece: Piece) {
        self.pieces.push(piece);
    }

    pub fn extend(&mut self, other: Reply) {
        self.pieces.extend(other.pieces);
    }

    /// Whether something was refused or failed.
    pub fn has_faults(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Diagnostics(diagnostics, _) => diagnostics.iter().any(Diagnostic::is_error),
            Piece::Faults(..) => true,
            _ => false,
        })
    }

    /// Every answer of a question.
    pub fn answers(&self) -> impl Iterator<Item = &Answer> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Answer(answer) => Some(answer.as_ref()),
            _ => None,
        })
    }

    /// Codes of what was refused or failed.
    pub fn codes(&self) -> Vec<&'static str> {
        self.pieces
            .iter()
            .flat_map(|piece| match piece {
                Piece::Diagnostics(diagnostics, _) => diagnostics.iter().map(|one| one.code).collect::<Vec<_>>(),
                Piece::Faults(faults, _) => faults.iter().map(|one| one.code).collect(),
                _ => Vec::new(),
            })
            .collect()
    }

    /// The words of its notes, cautions and texts.
    pub fn words(&self) -> String {
        let mut words = String::new();
        for piece in &self.pieces {
            if let Piece::Text(text) | Piece::Page(text) | Piece::Note(text) | Piece::Caution(text) = piece {
                words.push_str(text);
                words.push('\n');
            }
        }
        words
    }
}

/// A sound study as it stands: its plan with the texts that its spans point into.
#[derive(Clone)]
pub struct Sound {
    pub plan: Plan,
    pub sources: Arc<Sources>,
}
