//! Logical lines to declarations. Each line is read on its own, so one fault never hides another.

use std::num::NonZeroUsize;
use std::sync::Once;

use pest::Parser;
use pest::iterators::Pair;
use pest_derive::Parser;

use super::ast::{Declaration, Expr, ExprKind, Label, Line, Phrase, Preposition, SourceId, Span, Study, Word};
use super::diagnostic::Diagnostic;
use super::expression::Builder;
use super::failure::told;
use super::keywords::{self, Kind, List};
use super::scanner::{self, Comment, LogicalLine, begins_line, leading_word};

#[derive(Parser)]
#[grammar = "grammar/study.pest"]
pub(super) struct Grammar;

/// Rule calls of one line; a sound line of the greatest length needs a tenth.
const CALL_LIMIT: usize = 50_000_000;

/// What a text says, and what is wrong with it.
#[derive(Clone, Debug, Default)]
pub struct Parsed {
    pub study: Study,
    /// In the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    pub comments: Vec<Comment>,
    /// Declarations of which a line could not be read. What is missing from them, or from the
    /// names that they would have introduced, has been told.
    pub lost: Vec<Lost>,
    /// Of every logical line, whether it is a head, and whether a blank line stands before it.
    layout: Vec<(bool, bool)>,
}

/// A declaration of which at least one line could not be read.
#[derive(Clone, Debug, PartialEq)]
pub struct Lost {
    /// Names that its lines introduce, as far as they can be made out.
    pub names: Vec<Word>,
    pub span: Span,
    /// Whether the declaration is in the tree, without the lines at fault.
    pub in_study: bool,
}

impl Parsed {
    pub fn is_sound(&self) -> bool {
        !self.diagnostics.iter().any(Diagnostic::is_error)
    }

    /// Whether the logical line of this place in the text begins a declaration.
    pub(super) fn is_head(&self, line: usize) -> bool {
        self.layout.get(line).is_some_and(|(is_head, _)| *is_head)
    }

    pub(super) fn blank_before(&self, line: usize) -> bool {
        self.layout.get(line).is_some_and(|(_, blank_before)| *blank_before)
    }
}

/// Reads a study. Never fails and never panics: every fault is a diagnostic, one per fault, and
/// what could be read is in the tree. Whether keywords exist and are rightly used is told by
/// [`check_shape`](super::check_shape).
pub fn parse(text: &str, source: SourceId) -> Parsed {
    static LIMIT: Once = Once::new();
    LIMIT.call_once(|| pest::set_call_limit(NonZeroUsize::new(CALL_LIMIT)));

    let mut scan = scanner::scan(text, source);
    let mut parsed = Parsed { diagnostics: std::mem::take(&mut scan.diagnostics), ..Parsed::default() };
    let mut lines = scan.lines.iter().peekable();
    while let Some(head) = lines.next() {
        let mut reader = Reader { text, masked: &scan.masked, source, diagnostics: &mut parsed.diagnostics };
        let head_word = leading_word(&scan.masked[head.start..head.end]);
        let mut lost = Vec::new();
        let mut is_lost = false;
        let mut span = Span::new(source, head.start, head.end);
        let head_line = reader.line(head, None);
        if head_line.is_none() {
            is_lost = true;
            lost.extend(reader.introduced(head, keywords::declaration(head_word).map(|keyword| keyword.list)));
        }
        let mut clauses = Vec::new();
        while let Some(clause) = lines.next_if(|line| !line.is_head) {
            span.end = clause.end;
            match reader.line(clause, Some(head_word)) {
                Some(line) => clauses.push(line),
                None => {
                    is_lost = true;
                    let word = leading_word(&scan.masked[clause.start..clause.end]);
                    let keyword = keywords::clause(head_word, word);
                    lost.extend(reader.introduced(clause, keyword.map(|keyword| keyword.list)));
                }
            }
        }
        if is_lost {
            parsed.lost.push(Lost { names: lost, span, in_study: head_line.is_some() });
        }
        if let Some(head_line) = head_line {
            let documentation = head.documentation.clone();
            parsed.study.declarations.push(Declaration { documentation, head: head_line, clauses, span });
        }
    }
    parsed.layout = scan.lines.iter().map(|line| (line.is_head, line.blank_before)).collect();
    parsed.comments = scan.comments;
    parsed.diagnostics.sort_by_key(|diagnostic| diagnostic.span.start);
    parsed
}

/// Reads one expression, such as the value of `--set NAME=VALUE`.
///
/// # Errors
/// The first fault.
pub fn expression(text: &str, source: SourceId) -> Result<Expr, Box<Diagnostic>> {
    let mut parsed = parse(text, source);
    if !parsed.diagnostics.is_empty() {
        return Err(Box::new(parsed.diagnostics.swap_remove(0)));
    }
    let whole = Span::new(source, 0, text.len());
    let plain = |line: &Line| line.keyword.is_none() && line.phrases.is_empty() && line.value.is_none();
    match parsed.study.declarations.pop() {
        Some(mut declaration)
            if parsed.study.declarations.is_empty()
                && declaration.clauses.is_empty()
                && declaration.head.list.len() == 1
                && plain(&declaration.head) =>
        {
            Ok(declaration.head.list.swap_remove(0))
        }
        _ => Err(Box::new(
            Diagnostic::error("syntax::no-value", whole, "this is not one value")
                .label("more than a value, or none")
                .help("write one value, such as `0.75`, `12 months` or `\"TACE\"`"),
        )),
    }
}

/// Whether a text at the prompt is whole: no bracket is open, the last line does not end in an
/// operator, and a declaration that takes clauses was ended by a blank line.
pub fn is_complete(text: &str) -> bool {
    let scan = scanner::scan(text, SourceId::default());
    let Some(last) = scan.lines.last() else { return true };
    let ended = text.rsplit('\n').next().is_some_and(|line| line.trim().is_empty()) && text.contains('\n');
    if ended {
        return true;
    }
    if goes_on(text) {
        return false;
    }
    let Some(head) = scan.lines.iter().rev().find(|line| line.is_head) else { return true };
    let is_open = keywords::declaration(leading_word(&scan.masked[head.start..head.end]))
        .is_some_and(|keyword| keyword.expects_clauses && !scan.masked[head.start..head.end].contains('='));
    last.is_head && !is_open
}

/// Whether the last line of a text is continued by the next: a bracket is open, or it ends in an
/// operator.
pub fn goes_on(text: &str) -> bool {
    let scan = scanner::scan(text, SourceId::default());
    scan.lines.last().is_some_and(|last| scan.open_at_end || scanner::ends_open(&scan.masked[last.start..last.end]))
}

struct Reader<'a> {
    text: &'a str,
    masked: &'a str,
    source: SourceId,
    diagnostics: &'a mut Vec<Diagnostic>,
}

/// How the grammar reads a line.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Keyword,
    /// The clause `unit g/L`, whose list is a unit.
    Unit,
    Bare,
}

impl Reader<'_> {
    /// One line; `None` if it was told as faulty. `declaration` is the keyword of the head, for
    /// a clause.
    fn line(&mut self, line: &LogicalLine, declaration: Option<&str>) -> Option<Line> {
        if line.faulty {
            return None;
        }
        let words = &self.masked[line.start..line.end];
        let form = match declaration {
            Some(declaration) => clause_form(words, declaration),
            None => head_form(words),
        };
        let rule = match form {
            Form::Keyword => Rule::keyword_line,
            Form::Unit => Rule::unit_line,
            Form::Bare => Rule::bare_line,
        };
        let pair = match Grammar::parse(rule, words) {
            Ok(mut pairs) => pairs.next()?,
            Err(error) => {
                self.diagnostics.push(told(&error, words, line, self.source, declaration));
                return None;
            }
        };
        let mut builder = Builder::new(self.source, line.start);
        let read = build(&mut builder, pair, form, Span::new(self.source, line.start, line.end));
        if builder.faults.is_empty() {
            return Some(read);
        }
        self.diagnostics.append(&mut builder.faults);
        None
    }

    /// The names that a faulty line would have introduced, read off its first words.
    fn introduced(&self, line: &LogicalLine, list: Option<List>) -> Vec<Word> {
        if !list.is_some_and(|list| list.kind() == Some(Kind::NewName)) {
            return Vec::new();
        }
        let words = &self.text[line.start..line.end];
        let keyword = leading_word(words).len();
        let rest = words[keyword..].trim_start();
        let start = words.len() - rest.len();
        let name = match rest.strip_prefix('`') {
            Some(quoted) => quoted.split(['`', '\n']).next().unwrap_or(""),
            None => leading_word(rest),
        };
        if name.is_empty() {
            return Vec::new();
        }
        let start = line.start + start + usize::from(rest.starts_with('`'));
        vec![Word { text: name.to_owned(), span: Span::new(self.source, start, start + name.len()) }]
    }
}

fn clause_form(words: &str, declaration: &str) -> Form {
    let word = leading_word(words);
    let takes_unit = keywords::clause(declaration, word).is_some_and(|clause| clause.list.kind() == Some(Kind::Unit));
    if takes_unit {
        return Form::Unit;
    }
    // A clause is never a bare expression, so that a misspelt keyword is told as that.
    if word.is_empty() { Form::Bare } else { Form::Keyword }
}

/// Whether a line at the margin begins with a keyword: one of the table, unless what follows
/// shows it to be a name; or an unknown word before another value, which is a misspelt keyword.
fn head_form(words: &str) -> Form {
    let word = leading_word(words);
    let after = &words[word.len()..];
    let next = after.trim_start();
    let next_word = leading_word(next);
    let is_keyword = if word.is_empty() || keywords::is_qualifier(word) {
        false
    } else if keywords::declaration(word).is_some() {
        begins_line(after)
    } else if let Some(clause) = keywords::any_clause(word) {
        // `survival from a to b` misplaced, against `unit by centre` asked of a column.
        let takes = Preposition::ALL.into_iter().find(|preposition| preposition.word() == next_word);
        begins_line(after)
            && !next.is_empty()
            && takes.is_none_or(|preposition| clause.phrases.iter().any(|slot| slot.preposition == preposition))
    } else if keywords::is_reserved(word) {
        false
    } else {
        after.starts_with(char::is_whitespace)
            && !keywords::is_reserved(next_word)
            && next.starts_with(|sign: char| {
                sign == '"' || sign == '`' || sign.is_ascii_digit() || scanner::is_name_start(sign)
            })
    };
    if is_keyword { Form::Keyword } else { Form::Bare }
}

fn build(builder: &mut Builder, pair: Pair<Rule>, form: Form, span: Span) -> Line {
    let mut line = Line { keyword: None, label: None, list: Vec::new(), phrases: Vec::new(), value: None, span };
    for part in pair.into_inner() {
        match part.as_rule() {
            Rule::ident => line.keyword = Some(builder.word(&part)),
            Rule::label => {
                line.label = part.into_inner().next().map(|inner| {
                    if inner.as_rule() == Rule::text {
                        Label::Text(builder.text(&inner))
                    } else {
                        Label::Code(builder.word(&inner))
                    }
                });
            }
            Rule::unit | Rule::text if form == Form::Unit => {
                let word = if part.as_rule() == Rule::text { builder.text(&part) } else { builder.word(&part) };
                line.list.push(Expr { span: word.span, kind: ExprKind::Name(vec![word]) });
            }
            Rule::list => line.list = builder.list(part),
            Rule::phrase => {
                if let Some(phrase) = phrase(builder, part) {
                    line.phrases.push(phrase);
                }
            }
            Rule::value => line.value = part.into_inner().next().map(|inner| builder.expr(inner)),
            _ => {}
        }
    }
    line
}

fn phrase(builder: &mut Builder, pair: Pair<Rule>) -> Option<Phrase> {
    let span = builder.span(&pair);
    let mut inner = pair.into_inner();
    let word = inner.next()?;
    let preposition = Preposition::ALL.into_iter().find(|preposition| preposition.word() == word.as_str())?;
    let preposition_span = builder.span(&word);
    let list = inner.next().map(|list| builder.list(list)).unwrap_or_default();
    Some(Phrase { preposition, list, span, preposition_span })
}
