//! What rustyline asks while a line is typed: whether it is complete, how it is coloured, what it
//! could go on with. All of it comes from the session's catalogue; nothing is decided here.

use std::borrow::Cow;
use std::path::PathBuf;

use rustyline::completion::{Candidate, Completer};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter, HistoryHinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context, Helper};

use crate::syntax::{self, keywords};

use super::catalogue::Catalogue;
use super::complete::{Suggestion, complete};
use super::display::{Colour, Terminal, table};
use super::enter::LastKey;
use super::help;
use super::place::{PlaceKind, place};
use super::tokens::{Kind, Token, lex};

/// The line being typed, with what is known around it.
pub struct Line {
    pub catalogue: Catalogue,
    pub folder: PathBuf,
    pub terminal: Terminal,
    pub history: HistoryHinter,
    pub last_key: LastKey,
}

/// A suggestion as it is listed: the word, and its documentation beside it.
pub struct Listed {
    text: String,
    shown: String,
}

impl Candidate for Listed {
    fn display(&self) -> &str {
        &self.shown
    }

    fn replacement(&self) -> &str {
        &self.text
    }
}

/// What could follow: from the history, or what a call takes.
pub struct Ghost {
    shown: String,
    taken: Option<String>,
}

impl Hint for Ghost {
    fn display(&self) -> &str {
        &self.shown
    }

    fn completion(&self) -> Option<&str> {
        self.taken.as_deref()
    }
}

/// Suggestions in lines of one width, so that they stand below each other.
fn listed(found: Vec<Suggestion>, width: usize) -> Vec<Listed> {
    let longest = found.iter().map(|one| table::width(&one.text)).max().unwrap_or(0).min(width / 2);
    let alone = found.len() == 1;
    found
        .into_iter()
        .map(|Suggestion { text, about }| {
            let blanks = " ".repeat(longest.saturating_sub(table::width(&text)) + 2);
            let room = width.saturating_sub(longest + 4).max(10);
            let about = table::cut(&about.split_whitespace().collect::<Vec<_>>().join(" "), room);
            let shown = if about.is_empty() || alone { text.clone() } else { format!("{text}{blanks}{about}") };
            // Every line as wide as the terminal, so that each stands alone.
            let fill = " ".repeat(width.saturating_sub(table::width(&shown) + 2));
            Listed { text, shown: if alone { shown } else { format!("{shown}{fill}") } }
        })
        .collect()
}

impl Completer for Line {
    type Candidate = Listed;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Listed>)> {
        let before = line.get(..at).unwrap_or(line);
        let (start, found) = complete(before, &self.catalogue, &self.folder);
        Ok((start, listed(found, self.terminal.width)))
    }
}

impl Hinter for Line {
    type Hint = Ghost;

    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<Ghost> {
        // Every key asks for a hint.
        self.last_key.heard();
        if at < line.len() || line.is_empty() {
            return None;
        }
        // Just inside a call: what it takes.
        if line.ends_with('(')
            && let PlaceKind::Argument { function, .. } = place(line).kind
            && let Some(card) = help::cards().find(|card| card.name == function)
            && !card.parameters.is_empty()
        {
            let names: Vec<&str> = card.parameters.iter().map(|parameter| parameter.name).collect();
            let room = self.terminal.width.saturating_sub(table::width(line.rsplit('\n').next().unwrap_or("")) + 16);
            return Some(Ghost { shown: table::cut(&format!("  {}", names.join(", ")), room), taken: None });
        }
        let hint = self.history.hint(line, at, context)?;
        // Of a cell of many lines the first is enough to know it by.
        let first = hint.lines().next().unwrap_or("").to_owned();
        let shown = if first.len() < hint.len() { format!("{first} …") } else { first };
        Some(Ghost { shown, taken: Some(hint) })
    }
}

impl Validator for Line {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        let whole = is_whole(context.input());
        Ok(if whole { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}

/// Whether Enter ends what is typed.
pub fn is_whole(input: &str) -> bool {
    let first = input.trim_start();
    let is_command = first.starts_with([':', '?']) || super::what_if::change(first).is_some();
    is_command || first.is_empty() || syntax::is_complete(input)
}

impl Line {
    fn code(&self, token: &Token<'_>, first: bool, within: Option<&str>) -> &'static str {
        let light = !self.terminal.dark;
        match token.kind {
            Kind::Comment => "2",
            Kind::Text { .. } => "32",
            Kind::Quoted { .. } => "",
            Kind::Number => {
                if light {
                    "34"
                } else {
                    "36"
                }
            }
            Kind::Sign => "",
            Kind::Word if first && keywords::declaration(token.text).is_some() => "1;34",
            Kind::Word if first && within.is_some_and(|within| keywords::clause(within, token.text).is_some()) => "34",
            Kind::Word if keywords::is_reserved(token.text) || keywords::is_qualifier(token.text) => "35",
            Kind::Word if help::cards().any(|card| card.name == token.text) => "1",
            Kind::Word => "",
        }
    }

    fn coloured(&self, line: &str) -> String {
        let mut out = String::new();
        let mut at = 0;
        let mut declaration: Option<&str> = None;
        for token in lex(line) {
            let lead = &line[at..token.start];
            let physical = line[..token.start].rfind('\n').map_or(0, |newline| newline + 1);
            let first = line[physical..token.start].chars().all(char::is_whitespace);
            if first && physical == token.start {
                declaration = Some(token.text);
            }
            let code = self.code(&token, first, declaration);
            out.push_str(lead);
            if code.is_empty() {
                out.push_str(token.text);
            } else {
                out.push_str(&format!("\x1b[{code}m{}\x1b[0m", token.text));
            }
            at = token.end();
        }
        out.push_str(&line[at..]);
        out
    }
}

impl Highlighter for Line {
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        self.last_key.heard();
        if self.terminal.colour == Colour::None || line.starts_with([':', '?']) || line.len() > 20_000 {
            return Cow::Borrowed(line);
        }
        Cow::Owned(self.coloured(line))
    }

    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        if self.terminal.colour == Colour::None {
            return Cow::Borrowed(prompt);
        }
        Cow::Owned(format!("\x1b[1m{prompt}\x1b[0m"))
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        if self.terminal.colour == Colour::None {
            return Cow::Borrowed(hint);
        }
        Cow::Owned(format!("\x1b[2m{hint}\x1b[0m"))
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        Cow::Borrowed(candidate)
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.terminal.colour != Colour::None && kind != CmdKind::MoveCursor
    }
}

impl Helper for Line {}
