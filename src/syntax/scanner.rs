//! Text to logical lines, before any grammar: declarations at column 0, clauses indented, deeper
//! lines joined to the one above, comments blanked to spaces of the same length so that every
//! span stays true. Also the caps that keep the parser's stack safe.

use super::ast::{SourceId, Span};
use super::diagnostic::Diagnostic;

/// Nesting of brackets beyond this is refused.
pub const MAX_DEPTH: usize = 64;

/// Operators in one line beyond this are refused: a tree is as deep as its chain of operators.
pub const MAX_OPERATORS: usize = 1000;

/// A comment with its place; documentation (`##`) is among them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// With its marks: `# from dictionary`.
    pub text: String,
    pub span: Span,
    /// Whether something else stands before it on its line.
    pub trailing: bool,
    /// Blank lines before it, for comments of their own line.
    pub after_blank: bool,
}

/// A line to parse: keyword and all that continues it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stretch {
    pub start: usize,
    pub end: usize,
    /// Too deep, too long or with an open quote: told, and not parsed.
    pub sound: bool,
}

/// A declaration's lines, and the documentation before it.
#[derive(Clone, Debug, PartialEq)]
pub struct Unit {
    pub documentation: Vec<String>,
    pub head: Stretch,
    pub clauses: Vec<Stretch>,
}

/// What the scanner made of a text.
#[derive(Clone, Debug, Default)]
pub struct Scanned {
    /// The text with comments blanked: same bytes, same places.
    pub masked: String,
    pub units: Vec<Unit>,
    pub comments: Vec<Comment>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Words that join what follows to what stands before.
const JOINERS: [&str; 8] = ["then", "and", "or", "not", "in", "is", "as", "step"];

pub fn scan(text: &str, source: SourceId) -> Scanned {
    let mut scanned = Scanned { masked: mask(text, source), ..Scanned::default() };
    collect_comments(text, source, &mut scanned);
    let masked = std::mem::take(&mut scanned.masked);
    let mut documentation: Vec<String> = Vec::new();
    // Column of the clauses of the declaration at hand.
    let mut clause_column: Option<usize> = None;
    let mut open = 0_usize;
    let mut at = 0;
    for line in masked.split_inclusive('\n') {
        let (start, content) = (at, line.trim());
        at += line.len();
        if content.is_empty() {
            if let Some(comment) = text[start..at].trim().strip_prefix("##")
                && !text[start..at].starts_with([' ', '\t'])
            {
                documentation.push(comment.trim_start_matches('#').trim().to_owned());
            }
            continue;
        }
        let indent = line.len() - line.trim_start().len();
        let column = columns(&line[..indent]);
        let stretch = Stretch { start: start + indent, end: start + line.trim_end().len(), sound: true };
        if column == 0 || scanned.units.is_empty() {
            scanned.units.push(Unit {
                documentation: std::mem::take(&mut documentation),
                head: stretch,
                clauses: Vec::new(),
            });
            clause_column = None;
        } else if let Some(unit) = scanned.units.last_mut() {
            let above = unit.clauses.last_mut().unwrap_or(&mut unit.head);
            let deeper = clause_column.is_some_and(|clause| column > clause);
            if open > 0 || deeper || is_joined(&masked[above.start..above.end], content) {
                above.end = stretch.end;
            } else {
                clause_column = Some(clause_column.unwrap_or(column));
                unit.clauses.push(stretch);
            }
        }
        open = scanned.units.last().map_or(0, |unit| {
            let line = unit.clauses.last().unwrap_or(&unit.head);
            depth_at_end(&masked[line.start..line.end])
        });
    }
    for unit in &mut scanned.units {
        for line in std::iter::once(&mut unit.head).chain(&mut unit.clauses) {
            if let Some(fault) = inspect(&masked[line.start..line.end], line.start, source) {
                line.sound = false;
                scanned.diagnostics.push(fault);
            }
        }
    }
    scanned.masked = masked;
    scanned
}

/// Columns of an indentation; a tab reaches to the next multiple of 8.
fn columns(indent: &str) -> usize {
    indent.chars().fold(0, |column, character| if character == '\t' { (column / 8 + 1) * 8 } else { column + 1 })
}

/// Whether `next` continues `above` without being deeper: one of them ends or begins with an
/// operator or a comma.
fn is_joined(above: &str, next: &str) -> bool {
    let ends = above.ends_with([',', '+', '*', '/', '~', '^', '=', '<', '>'])
        || above.ends_with(" -")
        || last_word(above).is_some_and(|word| JOINERS.contains(&word) && word != "missing");
    let first = next.split(|character: char| !character.is_alphanumeric() && character != '_').next().unwrap_or("");
    let begins =
        ["then", "and", "or"].contains(&first) || next.starts_with(['+', '*', '/', ')', ',']) || next.starts_with("- ");
    ends || begins
}

fn last_word(text: &str) -> Option<&str> {
    text.rsplit(|character: char| character.is_whitespace()).next()
}

/// Replaces comments by blanks, byte by byte, and a byte-order mark likewise.
fn mask(text: &str, _source: SourceId) -> String {
    let mut masked = String::with_capacity(text.len());
    for line in text.split_inclusive('\n') {
        let cut = comment_start(line).unwrap_or(line.len());
        for character in line[..cut].chars() {
            if character == '\u{feff}' { masked.push_str("   ") } else { masked.push(character) }
        }
        for character in line[cut..].chars() {
            if character == '\n' {
                masked.push('\n');
            } else {
                (0..character.len_utf8()).for_each(|_| masked.push(' '));
            }
        }
    }
    masked
}

/// Where the comment of a physical line starts: at a `#` outside quotes.
fn comment_start(line: &str) -> Option<usize> {
    let mut quote: Option<char> = None;
    let mut escaped = false;
    for (place, character) in line.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if character == '\\' => escaped = true,
            Some(open) if character == open => quote = None,
            Some(_) => {}
            None if character == '"' || character == '`' => quote = Some(character),
            None if character == '#' => return Some(place),
            None => {}
        }
    }
    None
}

fn collect_comments(text: &str, source: SourceId, scanned: &mut Scanned) {
    let mut at = 0;
    let mut blank = false;
    for line in text.split_inclusive('\n') {
        if let Some(cut) = comment_start(line) {
            let words = line[cut..].trim_end();
            scanned.comments.push(Comment {
                text: words.to_owned(),
                span: Span::new(source, at + cut, at + cut + words.len()),
                trailing: !line[..cut].trim().is_empty(),
                after_blank: blank,
            });
        }
        blank = line.trim().is_empty();
        at += line.len();
    }
}

/// What is outside quotes, character by character.
fn unquoted(text: &str) -> impl Iterator<Item = (usize, char)> {
    let mut quote: Option<char> = None;
    let mut escaped = false;
    text.char_indices().filter(move |(_, character)| match quote {
        Some('"') if escaped => {
            escaped = false;
            false
        }
        Some('"') if *character == '\\' => {
            escaped = true;
            false
        }
        Some(open) => {
            // A quote does not reach beyond its physical line.
            if *character == open || *character == '\n' {
                quote = None;
            }
            false
        }
        None if *character == '"' || *character == '`' => {
            quote = Some(*character);
            false
        }
        None => true,
    })
}

fn depth_at_end(line: &str) -> usize {
    unquoted(line).fold(0_usize, |depth, (_, character)| match character {
        '(' | '[' | '{' => depth + 1,
        ')' | ']' | '}' => depth.saturating_sub(1),
        _ => depth,
    })
}

/// The first fault that keeps a line from being parsed at all.
fn inspect(line: &str, start: usize, source: SourceId) -> Option<Diagnostic> {
    let span = |from: usize, length: usize| Span::new(source, start + from, start + from + length);
    if let Some(fault) = open_quote(line, start, source) {
        return Some(fault);
    }
    let mut brackets: Vec<usize> = Vec::new();
    let mut operators = 0_usize;
    for (place, character) in unquoted(line) {
        match character {
            '(' => {
                brackets.push(place);
                if brackets.len() > MAX_DEPTH {
                    let message = format!("brackets are nested more than {MAX_DEPTH} deep");
                    return Some(
                        Diagnostic::error("syntax::depth", span(place, 1), message)
                            .help("name the inner part by a declaration of its own"),
                    );
                }
            }
            ')' if brackets.pop().is_none() => {
                return Some(
                    Diagnostic::error("syntax::bracket", span(place, 1), "a `)` closes nothing")
                        .label("no `(` is open here"),
                );
            }
            '{' | '}' | '[' | ']' | ';' => {
                let message = format!("`{character}` has no meaning in a study");
                return Some(
                    Diagnostic::error("syntax::character", span(place, 1), message).help(
                        "lists stand in round brackets, clauses are indented lines, and a line ends where it ends",
                    ),
                );
            }
            '“' | '”' | '„' | '‘' | '’' => {
                let message = "typographic quotation marks do not quote";
                return Some(
                    Diagnostic::error("syntax::character", span(place, character.len_utf8()), message)
                        .help("write straight ones: \"CR\""),
                );
            }
            '+' | '-' | '*' | '/' | '^' | '~' | ':' | '<' | '>' | '=' | '!' | '.' => operators += 1,
            ' ' | '\n' | '\t' => operators += usize::from(begins_with_operator(&line[place + 1..])),
            _ => {}
        }
        // Numbers, dates and names carry such characters too, so the cap is generous.
        if operators > MAX_OPERATORS {
            let message = "the line is too long to be one expression";
            return Some(
                Diagnostic::error("syntax::long", span(place, character.len_utf8()), message)
                    .help("name its parts by `derive` declarations"),
            );
        }
    }
    brackets.last().map(|place| {
        Diagnostic::error("syntax::bracket", span(*place, 1), "this `(` is never closed")
            .label("opened here")
            .help("the line ends before its `)`")
    })
}

fn begins_with_operator(text: &str) -> bool {
    let word = text.split(|character: char| !character.is_alphanumeric() && character != '-').next().unwrap_or("");
    JOINERS.contains(&word) || ["early", "late", "leave-out"].contains(&word)
}

fn open_quote(line: &str, start: usize, source: SourceId) -> Option<Diagnostic> {
    let mut at = 0;
    for physical in line.split_inclusive('\n') {
        let mut quote: Option<(char, usize)> = None;
        let mut escaped = false;
        for (place, character) in physical.char_indices() {
            match quote {
                Some(('"', _)) if escaped => escaped = false,
                Some(('"', _)) if character == '\\' => escaped = true,
                Some((open, _)) if character == open => quote = None,
                None if character == '"' || character == '`' => quote = Some((character, place)),
                _ => {}
            }
        }
        if let Some((open, place)) = quote {
            let span = Span::new(source, start + at + place, start + at + physical.trim_end().len());
            let what = if open == '"' { "text" } else { "column name" };
            return Some(
                Diagnostic::error("syntax::quote", span, format!("this {what} has no closing {open}"))
                    .help(format!("a {what} ends on its own line, with a {open}")),
            );
        }
        at += physical.len();
    }
    None
}
