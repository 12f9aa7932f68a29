//! Replies on a terminal: tables fitted to it, help, diagnostics, pictures; plain text where there
//! is no terminal. What the terminal can do is found out once ([`Terminal::found`]) and passed in.

pub mod drawing;
pub mod iterm;
pub mod kitty;
mod page;
mod rows;
pub mod sixel;
pub mod table;
pub mod terminal;

pub use terminal::{Colour, Pictures, Terminal};

use crate::cli::show;
use crate::run::Answer;

use super::reply::{Piece, Reply};

/// Styles of what the session says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    Heading,
    Note,
    Caution,
    Code,
    Added,
    Removed,
}

impl Terminal {
    /// Text in a style; as it is where there are no colours.
    pub fn styled(&self, text: &str, style: Style) -> String {
        if self.colour == Colour::None {
            return text.to_owned();
        }
        let code = match style {
            Style::Heading => "1",
            Style::Note => "2",
            Style::Caution => {
                if self.dark {
                    "33"
                } else {
                    "38;5;130"
                }
            }
            Style::Code => "36",
            Style::Added => "32",
            Style::Removed => "31",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }
}

/// A reply as text for this terminal.
pub fn shown(reply: &Reply, terminal: &Terminal) -> String {
    let mut text = String::new();
    for piece in &reply.pieces {
        match piece {
            Piece::Answer(answer) => text.push_str(&answered(answer, terminal)),
            Piece::Table(table) => text.push_str(&titled(table, terminal)),
            Piece::Figure(figure) => text.push_str(&super::pictures::shown(figure, terminal)),
            Piece::Text(lines) => text.push_str(&coloured(lines, terminal)),
            Piece::Manual(page) => {
                let page = page.plain(terminal.width);
                let (heading, body) = page.split_once('\n').unwrap_or((&page, ""));
                text.push_str(&format!("{}\n{body}", terminal.styled(heading, Style::Heading)));
            }
            Piece::Page(markdown) => text.push_str(&page::shown(markdown, terminal)),
            Piece::Note(line) => {
                text.push_str(&format!("{}\n", terminal.styled(&folded(line, terminal.width), Style::Note)))
            }
            Piece::Caution(line) => {
                let line = folded(&format!("! {line}"), terminal.width);
                text.push_str(&format!("{}\n", terminal.styled(&line, Style::Caution)));
            }
            Piece::Diagnostics(diagnostics, sources) => {
                text.push_str(&show::diagnostics_text(
                    diagnostics,
                    sources,
                    terminal.width,
                    terminal.colour == Colour::None,
                ));
            }
            Piece::Faults(faults, sources) => {
                let told = show::told(faults);
                text.push_str(&show::diagnostics_text(&told, sources, terminal.width, terminal.colour == Colour::None));
            }
            Piece::Edit(_) | Piece::Open(_) | Piece::Set { .. } | Piece::Leave => {}
        }
    }
    text
}

fn titled(table: &crate::run::results::ResultTable, terminal: &Terminal) -> String {
    let title = terminal.styled(&folded(&table.title, terminal.width), Style::Heading);
    let mut text = format!("{title}\n{}\n", table::drawn(table, terminal));
    for note in &table.notes {
        text.push_str(&format!("{}\n", terminal.styled(&folded(note, terminal.width), Style::Note)));
    }
    for reason in table.reasons() {
        let words = format!("not estimable: {reason}");
        text.push_str(&format!("{}\n", terminal.styled(&folded(&words, terminal.width), Style::Note)));
    }
    text
}

fn answered(answer: &Answer, terminal: &Terminal) -> String {
    let mut text = format!("{}\n", terminal.styled(&folded(&answer.declaration, terminal.width), Style::Heading));
    for (code, reason) in &answer.accepted {
        text.push_str(&format!("{}\n", terminal.styled(&format!("accepted {code}: {reason}"), Style::Caution)));
    }
    for table in &answer.tables {
        text.push('\n');
        text.push_str(&titled(table, terminal));
    }
    for figure in &answer.figures {
        let picture = super::pictures::shown(figure, terminal);
        if !picture.is_empty() {
            text.push('\n');
            text.push_str(&picture);
        }
    }
    for note in &answer.notes {
        text.push_str(&format!("{}\n", terminal.styled(&folded(note, terminal.width), Style::Note)));
    }
    text.push('\n');
    text
}

/// Lines that begin with `+` or `-` stand out; what is too long goes on in a deeper line.
fn coloured(lines: &str, terminal: &Terminal) -> String {
    let mut text = String::new();
    for line in lines.lines() {
        let trimmed = line.trim_start();
        let line = &if terminal.is_terminal { continued(line, terminal.width) } else { line.to_owned() };
        let line = if trimmed.starts_with("+ ") {
            terminal.styled(line, Style::Added)
        } else if trimmed.starts_with("- ") {
            terminal.styled(line, Style::Removed)
        } else {
            line.to_owned()
        };
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// A line broken at blanks so that it fits; what follows is indented two deeper than the line, and
/// goes on with the branches of a tree that it stands in.
fn continued(line: &str, width: usize) -> String {
    if table::width(line) <= width {
        return line.to_owned();
    }
    let lead: String =
        line.chars().take_while(|sign| matches!(sign, ' ' | '│' | '├' | '└' | '─' | '+' | '-')).collect();
    let below: String = lead.chars().map(|sign| if matches!(sign, '│' | '├') { '│' } else { ' ' }).collect();
    let body = line.get(lead.len()..).unwrap_or("");
    let room = width.saturating_sub(table::width(&below) + 2).max(20);
    folded(body, room).replace("\n  ", &format!("\n{below}  ")).replacen("", &lead, 1)
}

/// A sentence broken at blanks so that it fits; the lines after the first are indented by two.
pub(super) fn folded(line: &str, width: usize) -> String {
    let mut text = String::new();
    let mut used = 0;
    for (place, word) in line.split(' ').enumerate() {
        let length = table::width(word);
        if place > 0 && used + 1 + length > width {
            text.push_str("\n  ");
            used = 2;
        } else if place > 0 {
            text.push(' ');
            used += 1;
        }
        text.push_str(word);
        used += length;
    }
    text
}
