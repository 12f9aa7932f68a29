//! Text to logical lines: declarations begin at column 0, clauses are indented, a line indented
//! deeper continues the one above.
//!
//! Comments and odd blanks are masked by spaces of equal length, so that every offset stays true.
//! Brackets are balanced and their depth is capped here, so that no nesting overflows a stack
//! further on. A faulty line never swallows the next: column 0 always starts a declaration.

use super::ast::{SourceId, Span};
use super::diagnostic::Diagnostic;
use super::keywords;

/// Brackets nested deeper than this are rejected.
pub const MAX_DEPTH: usize = 64;
/// Bytes of one logical line; a study has no such line.
const MAX_LINE: usize = 256 * 1024;

/// A declaration's first line or one of its clauses, with what continues it.
#[derive(Clone, Debug)]
pub(super) struct LogicalLine {
    pub is_head: bool,
    pub start: usize,
    pub end: usize,
    /// Where each physical line after the first begins.
    pub continuations: Vec<usize>,
    /// Already told as faulty: the parser leaves it alone.
    pub faulty: bool,
    /// Whether a blank line stands before it (or before the comments that lead it).
    pub blank_before: bool,
    pub documentation: Vec<String>,
    open: Vec<usize>,
}

/// A comment with the logical line that it speaks of, for the formatter.
#[derive(Clone, Debug, PartialEq)]
pub struct Comment {
    /// With its `#`, without the blanks after it.
    pub text: String,
    pub span: Span,
    pub anchor: Anchor,
    pub blank_before: bool,
    /// A `##` line at the left margin before a declaration, which it documents.
    pub is_documentation: bool,
}

/// Where a comment stands; lines are counted through the study, heads and clauses alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Anchor {
    /// On a line of its own before logical line `.0`.
    Before(usize),
    /// Behind logical line `.0`.
    Trailing(usize),
    /// On a line of its own below the last clause of a declaration.
    After(usize),
    /// Below everything.
    End,
}

#[derive(Debug)]
pub(super) struct Scan {
    /// The text with comments, odd blanks and the byte order mark as spaces.
    pub masked: String,
    pub lines: Vec<LogicalLine>,
    pub comments: Vec<Comment>,
    pub diagnostics: Vec<Diagnostic>,
    /// Brackets open at the end of the last line.
    pub open_at_end: bool,
}

struct Pending {
    text: String,
    span: Span,
    at_margin: bool,
    blank_before: bool,
}

struct Scanner<'a> {
    text: &'a str,
    source: SourceId,
    masked: Vec<u8>,
    lines: Vec<LogicalLine>,
    comments: Vec<Comment>,
    pending: Vec<Pending>,
    diagnostics: Vec<Diagnostic>,
    /// Indent of the clauses of the declaration at hand; `None` before the first.
    clause_indent: Option<usize>,
    blank: bool,
}

pub(super) fn scan(text: &str, source: SourceId) -> Scan {
    let mut scanner = Scanner {
        text,
        source,
        masked: text.as_bytes().to_vec(),
        lines: Vec::new(),
        comments: Vec::new(),
        pending: Vec::new(),
        diagnostics: Vec::new(),
        clause_indent: None,
        blank: false,
    };
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.strip_suffix('\n').unwrap_or(line).len();
        scanner.physical_line(start, end);
        start += line.len();
    }
    scanner.finish()
}

impl Scanner<'_> {
    fn span(&self, start: usize, end: usize) -> Span {
        Span::new(self.source, start, end)
    }

    fn mask(&mut self, start: usize, end: usize) {
        self.masked[start..end].fill(b' ');
    }

    fn physical_line(&mut self, start: usize, end: usize) {
        let (indent, first) = self.indent(start, end);
        let Some(first) = first else {
            self.mask(start, end);
            self.blank = true;
            return;
        };
        let rest = &self.text[first..end];
        if rest.starts_with('#') {
            let text = rest.trim_end().to_owned();
            let span = self.span(first, first + text.len());
            self.mask(first, end);
            let blank_before = std::mem::take(&mut self.blank);
            self.pending.push(Pending { text, span, at_margin: indent == 0, blank_before });
            return;
        }
        self.place(indent, first, end);
        self.content(first, end);
        self.blank = false;
    }

    /// Width of the indent, and where the content begins; blanks other than space become spaces.
    fn indent(&mut self, start: usize, end: usize) -> (usize, Option<usize>) {
        let mut width = 0;
        let text = self.text;
        for (offset, sign) in text[start..end].char_indices() {
            let at = start + offset;
            match sign {
                ' ' => width += 1,
                '\t' => width = (width / 4 + 1) * 4,
                // Neither a byte order mark nor a zero-width space moves what follows.
                '\u{feff}' | '\u{200b}' => self.mask(at, at + sign.len_utf8()),
                sign if sign.is_whitespace() => {
                    width += 1;
                    self.mask(at, at + sign.len_utf8());
                }
                _ => return (width, Some(at)),
            }
        }
        (width, None)
    }

    /// Decides whether the line begins a declaration, begins a clause or continues.
    fn place(&mut self, indent: usize, first: usize, end: usize) {
        let rest = &self.text[first..end];
        let continues = match (indent, self.lines.last()) {
            (0, _) => false,
            (_, None) => false,
            (_, Some(current)) => match self.clause_indent {
                None => self.continues_head(current, rest),
                Some(clause_indent) => indent > clause_indent || starts_with_operator(rest),
            },
        };
        if continues {
            self.continue_line(first);
            return;
        }
        self.close();
        let stray = indent > 0 && self.lines.is_empty();
        if stray {
            self.diagnostics.push(
                Diagnostic::error(
                    "syntax::stray-clause",
                    self.span(first, first + rest.trim_end().len()),
                    "this line is indented, but it stands under no declaration",
                )
                .label("indented")
                .help("begin a declaration at the left margin, such as `cohort eligible from patients`"),
            );
        }
        self.attach(indent == 0);
        if indent == 0 {
            self.clause_indent = None;
        } else if !stray {
            self.clause_indent = Some(indent);
        }
        let documentation = if indent == 0 { self.documentation() } else { Vec::new() };
        self.lines.push(LogicalLine {
            is_head: indent == 0 || stray,
            start: first,
            end: first,
            continuations: Vec::new(),
            faulty: stray,
            blank_before: std::mem::take(&mut self.blank),
            documentation,
            open: Vec::new(),
        });
    }

    /// Whether an indented line below a declaration's head, before any clause, continues the head.
    fn continues_head(&self, head: &LogicalLine, rest: &str) -> bool {
        if starts_with_operator(rest) {
            return true;
        }
        let word = leading_word(rest);
        let above = std::str::from_utf8(&self.masked[head.start..head.end]).unwrap_or("");
        let clauses = keywords::declaration(leading_word(above)).map_or(&[][..], |keyword| keyword.clauses);
        let begins_clause = clauses.iter().any(|clause| clause.word == word) && begins_line(&rest[word.len()..]);
        !begins_clause && (!head.open.is_empty() || ends_open(above) || keywords::is_preposition(word))
    }

    fn continue_line(&mut self, first: usize) {
        let index = self.lines.len() - 1;
        // Comments inside a line are lifted above it, for the line may be laid out anew.
        let mut lifted: Vec<Comment> = Vec::new();
        if let Some(last) = self.comments.pop_if(|comment| comment.anchor == Anchor::Trailing(index)) {
            lifted.push(Comment { anchor: Anchor::Before(index), ..last });
        }
        lifted.extend(self.pending.drain(..).map(|pending| Comment {
            text: pending.text,
            span: pending.span,
            anchor: Anchor::Before(index),
            blank_before: false,
            is_documentation: false,
        }));
        let leads = self.comments.iter().any(|comment| comment.anchor == Anchor::Before(index));
        if let (Some(first), Some(line), false) = (lifted.first_mut(), self.lines.last_mut(), leads) {
            first.blank_before = std::mem::take(&mut line.blank_before);
        }
        self.comments.extend(lifted);
        if let Some(line) = self.lines.last_mut() {
            line.continuations.push(first);
        }
    }

    /// Gives the waiting comments their place: before the line to come, or, indented below a
    /// declaration that ends here, after its last line.
    fn attach(&mut self, head_comes: bool) {
        let next = self.lines.len();
        let mut below = head_comes && next > 0;
        for pending in &self.pending {
            below &= !pending.at_margin;
            let is_documentation = head_comes && pending.at_margin && is_documentation(&pending.text);
            self.comments.push(Comment {
                is_documentation,
                text: pending.text.clone(),
                span: pending.span,
                anchor: if below { Anchor::After(next - 1) } else { Anchor::Before(next) },
                blank_before: pending.blank_before,
            });
        }
    }

    /// The `##` lines among the waiting comments, without their marks.
    fn documentation(&mut self) -> Vec<String> {
        self.pending
            .drain(..)
            .filter(|pending| pending.at_margin && is_documentation(&pending.text))
            .map(|pending| {
                let text = &pending.text[2..];
                text.strip_prefix(' ').unwrap_or(text).to_owned()
            })
            .collect()
    }

    /// Walks one physical line from its first sign: texts, comments, brackets.
    fn content(&mut self, first: usize, end: usize) {
        self.pending.clear();
        let index = self.lines.len() - 1;
        let text = self.text;
        let mut last = first;
        let mut at = first;
        while let Some(sign) = text[at..end].chars().next() {
            let next = at + sign.len_utf8();
            match sign {
                '#' => {
                    let comment = text[at..end].trim_end();
                    let span = self.span(at, at + comment.len());
                    self.mask(at, end);
                    self.comments.push(Comment {
                        text: comment.to_owned(),
                        span,
                        anchor: Anchor::Trailing(index),
                        blank_before: false,
                        is_documentation: false,
                    });
                    break;
                }
                '"' | '`' => match closing(&text[next..end], sign) {
                    Some(length) => {
                        at = next + length;
                        last = at;
                        continue;
                    }
                    None => {
                        self.unclosed_text(sign, at, end);
                        self.lines[index].end = end;
                        return;
                    }
                },
                '(' => {
                    let line = &mut self.lines[index];
                    line.open.push(at);
                    if line.open.len() == MAX_DEPTH + 1 && !line.faulty {
                        line.faulty = true;
                        self.diagnostics.push(
                            Diagnostic::error(
                                "syntax::too-deep",
                                self.span(at, next),
                                format!("brackets are nested more than {MAX_DEPTH} deep"),
                            )
                            .label("one too many")
                            .help("give the inner part a name of its own with `derive` or `model`"),
                        );
                    }
                }
                ')' => {
                    let line = &mut self.lines[index];
                    if line.open.pop().is_none() && !line.faulty {
                        line.faulty = true;
                        self.diagnostics.push(
                            Diagnostic::error(
                                "syntax::unopened-bracket",
                                self.span(at, next),
                                "this bracket closes nothing: none is open in this line",
                            )
                            .label("no `(` before it")
                            .help("remove it, or open a bracket before it"),
                        );
                    }
                }
                '\u{feff}' | '\u{200b}' => self.mask(at, next),
                sign if sign.is_whitespace() => {
                    if sign != ' ' && sign != '\t' && sign != '\r' {
                        self.mask(at, next);
                    }
                    at = next;
                    continue;
                }
                _ => {}
            }
            at = next;
            last = next;
        }
        self.lines[index].end = last;
    }

    fn unclosed_text(&mut self, sign: char, at: usize, end: usize) {
        let line = self.lines.len() - 1;
        if std::mem::replace(&mut self.lines[line].faulty, true) {
            return;
        }
        let span = self.span(at, at + self.text[at..end].trim_end().len());
        self.diagnostics.push(if sign == '"' {
            Diagnostic::error("syntax::unclosed-text", span, "this text is not closed before the line ends")
                .label("opened here")
                .help("close it with `\"`; a text stands on one line")
        } else {
            Diagnostic::error("syntax::unclosed-name", span, "this column name is not closed before the line ends")
                .label("opened here")
                .help("close it with a backtick")
        });
    }

    /// Ends the line at hand: whatever is still open in it is a fault of its own.
    fn close(&mut self) {
        let source = self.source;
        let Some(line) = self.lines.last_mut() else { return };
        if line.faulty {
            return;
        }
        if let Some(open) = line.open.last().copied() {
            line.faulty = true;
            self.diagnostics.push(
                Diagnostic::error(
                    "syntax::unclosed-bracket",
                    Span::new(source, open, open + 1),
                    "this bracket is not closed",
                )
                .label("opened here")
                .help("close it with `)`; a bracket may run on over lines that are indented deeper"),
            );
        } else if line.end - line.start > MAX_LINE {
            line.faulty = true;
            let first = self.text[line.start..].chars().next().map_or(0, char::len_utf8);
            self.diagnostics.push(
                Diagnostic::error(
                    "syntax::too-long",
                    Span::new(source, line.start, line.start + first),
                    format!("this line is longer than {} thousand signs", MAX_LINE / 1024),
                )
                .label("begins here")
                .help("is this file a study? put long lists of columns into a dictionary"),
            );
        }
    }

    fn finish(mut self) -> Scan {
        let open_at_end = self.lines.last().is_some_and(|line| !line.open.is_empty());
        self.close();
        let mut below = !self.lines.is_empty();
        for pending in std::mem::take(&mut self.pending) {
            below &= !pending.at_margin;
            self.comments.push(Comment {
                text: pending.text,
                span: pending.span,
                anchor: if below { Anchor::After(self.lines.len() - 1) } else { Anchor::End },
                blank_before: pending.blank_before,
                is_documentation: false,
            });
        }
        // Only whole characters were replaced, by spaces: this is valid UTF-8.
        let masked = String::from_utf8(self.masked)
            .unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned());
        Scan { masked, lines: self.lines, comments: self.comments, diagnostics: self.diagnostics, open_at_end }
    }
}

fn is_documentation(comment: &str) -> bool {
    comment.starts_with("##") && !comment.starts_with("###")
}

/// Length of what follows up to and with the closing sign.
pub(super) fn closing(rest: &str, sign: char) -> Option<usize> {
    let mut escaped = false;
    for (offset, found) in rest.char_indices() {
        if escaped {
            escaped = false;
            // Only these two are escapes; any other backslash is itself, as in a Windows path.
            if found == '"' || found == '\\' {
                continue;
            }
        }
        if found == '\\' && sign == '"' {
            escaped = true;
        } else if found == sign {
            return Some(offset + found.len_utf8());
        }
    }
    None
}

/// The word that a line begins with, inner hyphens and all; empty if it begins with none.
pub(super) fn leading_word(text: &str) -> &str {
    let mut end = 0;
    let mut signs = text.char_indices().peekable();
    while let Some((offset, sign)) = signs.next() {
        let inside = if offset == 0 {
            is_name_start(sign)
        } else {
            is_name_sign(sign) || (sign == '-' && signs.peek().is_some_and(|(_, following)| is_name_sign(*following)))
        };
        if !inside {
            break;
        }
        end = offset + sign.len_utf8();
    }
    &text[..end]
}

pub(super) fn is_name_start(sign: char) -> bool {
    sign == '_' || pest::unicode::XID_START(sign)
}

pub(super) fn is_name_sign(sign: char) -> bool {
    pest::unicode::XID_CONTINUE(sign)
}

/// Operators that no clause begins with.
fn starts_with_operator(text: &str) -> bool {
    const WORDS: [&str; 7] = ["and", "or", "then", "not", "in", "is", "as"];
    match text.chars().next() {
        Some('+' | '-' | '*' | '/' | '^' | '=' | '<' | '>' | '!' | '~' | ',' | ')' | ':' | '.') => true,
        _ => {
            let word = leading_word(text);
            WORDS.contains(&word) && !text[word.len()..].trim_start().starts_with('=')
        }
    }
}

/// Whether a line cannot end here: an operator, a comma, an opening bracket or a preposition.
pub(super) fn ends_open(text: &str) -> bool {
    let text = text.trim_end();
    if text.ends_with(['+', '-', '*', '/', '^', '=', '<', '>', '!', '~', ',', '(', ':']) || text.ends_with("..") {
        return true;
    }
    let start = text
        .rfind(|sign: char| !is_name_sign(sign) && sign != '-')
        .map_or(0, |at| at + text[at..].chars().next().map_or(1, char::len_utf8));
    let word = &text[start..];
    // A dot before it makes it part of a name.
    start > 0 && !text[..start].ends_with('.') && keywords::is_reserved(word)
}

/// Whether what follows a first word lets that word be a keyword: neither an operator nor a
/// bracket nor a dot, as after a name.
pub(super) fn begins_line(after: &str) -> bool {
    let spaced = after.starts_with(char::is_whitespace);
    let rest = after.trim_start();
    match rest.chars().next() {
        None | Some('"' | '`') => true,
        // `prepare (` is no clause, `show -x` is, `a - x` is not.
        Some('-') => spaced && !rest[1..].starts_with(char::is_whitespace),
        Some('(' | '.' | ',' | ')' | '+' | '*' | '/' | '^' | '<' | '>' | '!' | '=' | ':') => false,
        Some(_) => {
            let word = leading_word(rest);
            !matches!(word, "and" | "or" | "then" | "in" | "is" | "as" | "step")
                || rest[word.len()..].trim_start().starts_with(['(', '='])
        }
    }
}
