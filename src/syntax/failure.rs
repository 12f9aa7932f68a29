//! A line that the grammar cannot read, in words.
//!
//! The grammar tells only how far it came; what stands there, and before it, tells the reason.

use pest::error::{Error, InputLocation};

use super::ast::{SourceId, Span};
use super::diagnostic::Diagnostic;
use super::keywords;
use super::parser::Rule;
use super::scanner::{LogicalLine, begins_line, is_name_sign, is_name_start, leading_word};

/// Signs that other languages have, with what is meant here. Longer ones stand first.
const FOREIGN: [(&str, &str); 38] = [
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("<>", "write `!=` for *not equal*"),
    ("=<", "write `<=`"),
    ("=>", "write `>=`"),
    ("<-", "a value is given with `=`"),
    (":=", "a value is given with `=`"),
    ("**", "write `^` for a power"),
    ("|>", "steps are joined by `then`"),
    ("%>%", "steps are joined by `then`"),
    ("%in%", "write `in (\"A\", \"B\")`"),
    ("->", "steps are joined by `then`"),
    ("&", "write `and`"),
    ("|", "write `or`"),
    ("!", "write `not`, or `!=` for *not equal*"),
    ("{", "there are no braces: clauses are indented below their declaration"),
    ("}", "there are no braces: clauses are indented below their declaration"),
    (";", "there are no semicolons: a line ends where it ends"),
    ("[", "lists stand in round brackets: `in (3, 6, 15)`"),
    ("]", "lists stand in round brackets: `in (3, 6, 15)`"),
    ("'", "texts stand in double quotes: `\"TACE\"`"),
    ("\u{201c}", "write the straight quote `\"`"),
    ("\u{201d}", "write the straight quote `\"`"),
    ("\u{201e}", "write the straight quote `\"`"),
    ("\u{2018}", "texts stand in straight double quotes: `\"TACE\"`"),
    ("\u{2019}", "texts stand in straight double quotes: `\"TACE\"`"),
    ("\u{2264}", "write `<=`"),
    ("\u{2265}", "write `>=`"),
    ("\u{2260}", "write `!=`"),
    ("\u{2212}", "write the plain minus `-`, with spaces around it"),
    ("\u{2013}", "write the plain minus `-`, with spaces around it"),
    ("\u{2014}", "write the plain minus `-`, with spaces around it"),
    ("\u{00d7}", "write `*`"),
    ("\u{00f7}", "write `/`"),
    ("\u{2026}", "a range is written with two dots: `1 .. 5`"),
    ("$", "a column of a table is written with a dot: `ct.arterial`"),
    ("@", "a column of a table is written with a dot: `ct.arterial`"),
    ("\\", "a line needs no sign to run on: indent the next one deeper"),
];

/// Puts an error of the grammar into words. `declaration` is the keyword above a clause.
pub(super) fn told(
    error: &Error<Rule>,
    words: &str,
    line: &LogicalLine,
    source: SourceId,
    declaration: Option<&str>,
) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at.min(words.len()),
    };
    let at = at + (words[at..].len() - words[at..].trim_start().len());
    let rest = &words[at..];
    let before = words[..at].trim_end();
    let word = leading_word(rest);
    let span = |length: usize| Span::new(source, line.start + at, line.start + at + length);

    if rest.is_empty() {
        return at_end(words, line, source, before);
    }
    if let Some(fault) = deeper_clause(words, at, line, source, declaration) {
        return fault;
    }
    if let Some((sign, help)) = foreign(words, at) {
        let start = words[..at].len() - if words[at..].starts_with(sign) { 0 } else { 1 };
        let span = Span::new(source, line.start + start, line.start + start + sign.len());
        return Diagnostic::error("syntax::sign", span, format!("`{sign}` has no meaning here"))
            .label("not a sign of the language")
            .help(help);
    }
    if rest.starts_with('=') && !rest.starts_with("==") {
        return Diagnostic::error("syntax::equals", span(1), "`=` gives a name its value, which cannot be done here")
            .label("not a comparison")
            .help("write `==` to compare");
    }
    if rest.starts_with('.') && rest[1..].starts_with(|sign: char| sign.is_ascii_digit()) {
        return Diagnostic::error("syntax::number", span(1), "a number begins with a digit")
            .label("nothing before the point")
            .help("write `0.5`");
    }
    let wants_value = wants_value(before);
    let preposition = keywords::is_preposition(word);
    if wants_value && (preposition || starts_operator(rest) || keywords::is_reserved(word)) {
        let (sign, last) = (brief(rest), last_sign(before));
        return Diagnostic::error(
            "syntax::missing-value",
            span(sign.len()),
            format!("a value is missing between `{last}` and `{sign}`"),
        )
        .label("a value is expected before this")
        .help("put a value between them, or remove one of the two");
    }
    if starts_operator(rest) || keywords::is_reserved(word) {
        let sign = brief(rest);
        let fault = Diagnostic::error("syntax::misplaced", span(sign.len()), format!("`{sign}` cannot stand here"));
        return match sign {
            "," => fault.label("a comma is *and*: it stands between two things").help("remove it"),
            ":" => fault
                .label("a colon stands behind a label")
                .help("a label is a text in double quotes, or a code: `include \"adults\": age >= 18`"),
            _ => fault.label("misplaced").help("is a value, a comma or a bracket missing before it?"),
        };
    }
    let thing = brief(rest);
    let is_value = rest.starts_with(|sign: char| sign.is_alphanumeric() || "_\"`(".contains(sign));
    if is_value {
        let fault = Diagnostic::error(
            "syntax::side-by-side",
            span(thing.len()),
            format!("`{thing}` stands beside what is before it, with nothing between them"),
        )
        .label("a comma or an operator is missing before this");
        return match help_for_neighbours(before, rest) {
            Some(help) => fault.help(help),
            None => fault.help("write a comma for *and*, `then` for a sequence"),
        };
    }
    Diagnostic::error("syntax::sign", span(thing.len()), format!("`{thing}` has no meaning here"))
        .label("not a sign of the language")
        .help("names of other spellings stand in backticks, data in double quotes")
}

/// The line ends where more is expected.
fn at_end(words: &str, line: &LogicalLine, source: SourceId, before: &str) -> Diagnostic {
    let last = last_sign(before);
    let start = before.len() - last.len();
    let span = Span::new(source, line.start + start, line.start + before.len());
    if before == leading_word(words) {
        return Diagnostic::error("syntax::incomplete", span, format!("`{last}` stands alone"))
            .label("more is expected after this")
            .help("an operator or a preposition cannot stand by itself");
    }
    Diagnostic::error("syntax::incomplete", span, format!("the line ends after `{last}`, where a value is expected"))
        .label("nothing follows")
        .help("write the value; a line runs on where the next is indented deeper")
}

/// A clause that was indented deeper than the one above, and so reads as its continuation.
fn deeper_clause(
    words: &str,
    at: usize,
    line: &LogicalLine,
    source: SourceId,
    declaration: Option<&str>,
) -> Option<Diagnostic> {
    let start = line.continuations.iter().rev().map(|start| start - line.start).find(|start| *start <= at)?;
    let word = leading_word(&words[start..]);
    keywords::clause(declaration?, word)?;
    if !begins_line(&words[start + word.len()..]) {
        return None;
    }
    let span = Span::new(source, line.start + start, line.start + start + word.len());
    Some(
        Diagnostic::error(
            "syntax::indent",
            span,
            format!("this `{word}` continues the clause above it, for it is indented deeper"),
        )
        .label("not a clause of its own")
        .help("indent all clauses of a declaration alike"),
    )
}

fn foreign(words: &str, at: usize) -> Option<(&'static str, &'static str)> {
    let rest = &words[at..];
    // `=<` and `<>` are found at their second sign.
    let earlier = words[..at].chars().next_back().filter(char::is_ascii).map(|_| &words[at - 1..]);
    let doubled = earlier.and_then(|earlier| {
        FOREIGN.iter().find(|(sign, _)| sign.len() == 2 && sign.is_ascii() && earlier.starts_with(sign))
    });
    doubled
        .filter(|(sign, _)| !matches!(*sign, "&&" | "||") || rest.starts_with(['&', '|']))
        .or_else(|| FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign) && !rest.starts_with("!=")))
        .copied()
}

/// Whether what stands before asks for a value.
fn wants_value(before: &str) -> bool {
    let last = last_sign(before);
    last.chars().next().is_some_and(|sign| "+-*/^=<>!~,(:.".contains(sign)) || keywords::is_reserved(last)
}

fn starts_operator(rest: &str) -> bool {
    rest.starts_with(['+', '-', '*', '/', '^', '=', '<', '>', '!', '~', ',', ')', ':', '.'])
}

/// The sign or word that a text begins with.
fn brief(rest: &str) -> &str {
    let word = leading_word(rest);
    if !word.is_empty() {
        return word;
    }
    for sign in ["==", "!=", "<=", ">=", ".."] {
        if rest.starts_with(sign) {
            return &rest[..2];
        }
    }
    let Some(first) = rest.chars().next() else { return rest };
    let end = match first {
        '"' | '`' => rest[1..].find(first).map_or(rest.len(), |end| end + 2),
        '0'..='9' => rest.find(|sign: char| !is_name_sign(sign) && sign != '.').unwrap_or(rest.len()),
        _ => first.len_utf8(),
    };
    &rest[..end]
}

/// The sign or word that a text ends with.
fn last_sign(before: &str) -> &str {
    let start = before.rfind(|sign: char| !is_name_sign(sign) && sign != '-');
    match start {
        None => before,
        Some(at) => {
            let sign = before[at..].chars().next().map_or(1, char::len_utf8);
            if at + sign < before.len() {
                return &before[at + sign..];
            }
            for double in ["==", "!=", "<=", ">=", ".."] {
                if before.ends_with(double) {
                    return &before[before.len() - 2..];
                }
            }
            &before[at..]
        }
    }
}

fn help_for_neighbours(before: &str, rest: &str) -> Option<&'static str> {
    let number_before = before.ends_with(|sign: char| sign.is_ascii_digit());
    if number_before && rest.starts_with(|sign: char| sign.is_ascii_digit()) {
        return Some("numbers have a point for decimals, and no spaces inside");
    }
    if before.ends_with('"') && rest.starts_with(is_name_start) {
        return Some("behind a label stands a colon: `include \"adults\": age >= 18`");
    }
    None
}
