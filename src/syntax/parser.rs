//! Logical lines to the tree. The parser never fails: a line that cannot be read is told in a
//! diagnostic and left out, and the lines after it are read all the same.

use std::num::NonZeroUsize;
use std::sync::Once;

use pest::Parser;
use pest::error::{ErrorVariant, InputLocation};
use pest_derive::Parser;

use super::ast::{Declaration, Label, Line, Phrase, Preposition, SourceId, Span, Study};
use super::diagnostic::Diagnostic;
use super::expression::Place;
use super::keywords;
use super::scanner::{Comment, Stretch, scan};

#[derive(Parser)]
#[grammar = "../grammar/study.pest"]
struct Grammar;

/// What was read of a text.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    pub study: Study,
    pub diagnostics: Vec<Diagnostic>,
    /// Every comment, for the formatter.
    pub comments: Vec<Comment>,
}

/// Steps of the parser on one line beyond this are refused; lines are short, and honest ones stay
/// far below.
const CALL_LIMIT: usize = 5_000_000;

static LIMIT: Once = Once::new();

/// Reads a study, or what is typed at the prompt.
pub fn parse(text: &str, source: SourceId) -> Parsed {
    LIMIT.call_once(|| pest::set_call_limit(NonZeroUsize::new(CALL_LIMIT)));
    let scanned = scan(text, source);
    let mut parsed = Parsed { diagnostics: scanned.diagnostics, comments: scanned.comments, ..Parsed::default() };
    for unit in scanned.units {
        let mut read = |stretch: Stretch, clause: bool| {
            if !stretch.sound {
                return None;
            }
            match line(&scanned.masked, stretch, source, clause) {
                Ok(line) => Some(line),
                Err(fault) => {
                    parsed.diagnostics.push(fault);
                    None
                }
            }
        };
        let head = read(unit.head, false);
        let clauses: Vec<Line> = unit.clauses.iter().filter_map(|clause| read(*clause, true)).collect();
        // Clauses of a head that could not be read would each be told as misplaced.
        if let Some(head) = head {
            let span = clauses.last().map_or(head.span, |last| head.span.to(last.span));
            parsed.study.declarations.push(Declaration { documentation: unit.documentation, head, clauses, span });
        }
    }
    parsed.diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    parsed
}

/// Whether a text typed at the prompt is a whole: no bracket or quote open, no operator waiting
/// for its right side. `false` asks for another line.
pub fn is_complete(text: &str) -> bool {
    let scanned = scan(text, SourceId::default());
    let waits = scanned
        .diagnostics
        .iter()
        .any(|fault| fault.code == "syntax::bracket" && text.get(fault.span.start..fault.span.end) == Some("("));
    let last = scanned.masked.trim_end();
    let hangs =
        [",", "=", "+", "*", "/", "~", " then", " and", " or", " in", " from", " by", " on", " for", " over", " at"]
            .iter()
            .any(|joiner| last.ends_with(joiner));
    !waits && !hangs
}

fn line(text: &str, stretch: Stretch, source: SourceId, clause: bool) -> Result<Line, Diagnostic> {
    let input = text.get(stretch.start..stretch.end).unwrap_or("");
    let place = Place { source, base: stretch.start };
    let rule = if clause || starts_with_keyword(input) { Rule::line } else { Rule::bare };
    let mut pairs = Grammar::parse(rule, input).map_err(|error| refuse(&error, input, place, clause))?;
    let mut line = Line {
        keyword: None,
        label: None,
        list: Vec::new(),
        phrases: Vec::new(),
        value: None,
        span: Span::new(source, stretch.start, stretch.end),
    };
    let parts = pairs.next().map(pest::iterators::Pair::into_inner).into_iter().flatten();
    for part in parts {
        match part.as_rule() {
            Rule::keyword => line.keyword = Some(place.word(&part)),
            Rule::label => {
                line.label = part.into_inner().next().map(|inner| match inner.as_rule() {
                    Rule::text => Label::Text(place.unquoted(&inner)),
                    Rule::quoted => Label::Code(place.unquoted(&inner)),
                    _ => Label::Code(place.word(&inner)),
                });
            }
            Rule::list => line.list = place.list(part),
            Rule::phrase => {
                let span = place.span(&part);
                let mut inner = part.into_inner();
                let Some(word) = inner.next() else { continue };
                let Some(preposition) =
                    Preposition::ALL.into_iter().find(|preposition| preposition.word() == word.as_str().trim())
                else {
                    continue;
                };
                let phrase = Phrase {
                    preposition,
                    list: inner.next().map_or_else(Vec::new, |list| place.list(list)),
                    span,
                    preposition_span: place.span(&word),
                };
                if line.phrase(preposition).is_some() {
                    let message = format!("`{}` stands twice in one line", preposition.word());
                    return Err(Diagnostic::error("syntax::repeated", phrase.preposition_span, message)
                        .help("a comma joins what belongs to the same preposition"));
                }
                line.phrases.push(phrase);
            }
            Rule::value => {
                if line.value.is_some() {
                    let message = "a line has one `=`";
                    return Err(Diagnostic::error("syntax::repeated", place.span(&part), message));
                }
                line.value = part.into_inner().next().map(|value| place.expression(value));
            }
            _ => {}
        }
    }
    Ok(line)
}

/// Whether a line at column 0 begins with a keyword, known or meant: a word that no operator,
/// bracket, dot or preposition follows.
fn starts_with_keyword(line: &str) -> bool {
    let end = line
        .char_indices()
        .find(|(place, character)| {
            !(character.is_alphanumeric()
                || *character == '_'
                || (*character == '-'
                    && line[place + 1..].starts_with(|next: char| next.is_alphanumeric() || next == '_')))
        })
        .map_or(line.len(), |(place, _)| place);
    let (word, rest) = line.split_at(end);
    let rest = rest.trim_start();
    if word.is_empty() || !word.starts_with(|first: char| first.is_alphabetic() || first == '_') {
        return false;
    }
    let next: String = rest.chars().take_while(|character| character.is_alphanumeric() || *character == '_').collect();
    let begins_name = rest
        .starts_with(|first: char| first.is_alphabetic() || first == '_' || first == '"' || first == '`')
        || rest.starts_with(|first: char| first.is_ascii_digit());
    let is_preposition = Preposition::ALL.iter().any(|preposition| preposition.word() == next);
    let is_operator = ["and", "or", "not", "in", "is", "then", "as", "step"].contains(&next.as_str());
    if keywords::declaration(word).is_some() {
        // `flow` alone asks; `derive` alone is an unfinished declaration; `groups by x` is told.
        return !is_operator && (rest.is_empty() || begins_name);
    }
    begins_name && !is_preposition && !is_operator && !["early", "late", "leave-out"].contains(&word)
}

/// The grammar's refusal in the reader's words.
fn refuse(error: &pest::error::Error<Rule>, input: &str, place: Place, clause: bool) -> Diagnostic {
    let at = match error.location {
        InputLocation::Pos(at) | InputLocation::Span((at, _)) => at.min(input.len()),
    };
    let span = |from: usize, to: usize| Span::new(place.source, place.base + from, place.base + to);
    if let ErrorVariant::CustomError { .. } = error.variant {
        return Diagnostic::error("syntax::long", span(0, input.len()), "the line is too long to be one expression")
            .help("name its parts by `derive` declarations");
    }
    let rest = input.get(at..).unwrap_or("");
    let rest_trimmed = rest.trim_start();
    let from = at + (rest.len() - rest_trimmed.len());
    let found: String = {
        let first = rest_trimmed.chars().next();
        match first {
            Some(first) if first.is_alphanumeric() || first == '_' => rest_trimmed
                .chars()
                .take_while(|character| character.is_alphanumeric() || *character == '_' || *character == '-')
                .collect(),
            Some('"') | Some('`') => rest_trimmed
                .chars()
                .take(rest_trimmed[1..].find(first.unwrap_or('"')).map_or(1, |end| end + 2))
                .collect(),
            Some(first) => {
                let doubled = ["&&", "||", "==", "!=", "<=", ">=", "->", "..", "::"];
                doubled
                    .iter()
                    .find(|pair| rest_trimmed.starts_with(**pair))
                    .map_or(first.to_string(), |pair| (*pair).to_owned())
            }
            None => String::new(),
        }
    };
    if found.is_empty() {
        let last_start = input.trim_end().rfind(char::is_whitespace).map_or(0, |blank| blank + 1);
        let last = &input[last_start..];
        return Diagnostic::error(
            "syntax::unfinished",
            span(last_start, input.len()),
            format!("the line ends after `{}` where something is still expected", last.trim()),
        )
        .label("nothing follows")
        .help(if clause { "finish the clause, or remove it" } else { "finish the line, or remove it" });
    }
    let words = span(from, from + found.len());
    let before = input[..from].trim_end();
    let fault = Diagnostic::error("syntax::unexpected", words, format!("`{found}` cannot stand here"));
    match found.as_str() {
        "=" => fault.help("a comparison is written `==`; a line has one `=`, before its value"),
        "&&" | "&" => fault.help("write `and`"),
        "||" | "|" => fault.help("write `or`"),
        "!" => fault.help("write `not`"),
        "'" => fault.help("texts stand in double quotes: \"CR\""),
        "," => fault.help("a comma joins two things; one of them is not there"),
        "%" => fault.help("a percentage is written without a blank: `70%`"),
        ":" => fault.help("a colon ends a label at the beginning of a clause"),
        "->" => fault.help("a sequence is written with `then`"),
        "and" | "or" | "then" | "in" | "is" | "as" | "step" => {
            fault.help(format!("something has to stand before `{found}`"))
        }
        _ if before.ends_with(|last: char| last.is_alphanumeric() || matches!(last, '"' | '`' | ')' | '_' | '%')) => {
            fault
                .label("an operator, a comma or a preposition is expected before it")
                .help("a comma joins two things; a column name with blanks stands in backticks: `tumour size`")
        }
        _ => fault.help("a name, a number, a text or a bracket is expected"),
    }
}
