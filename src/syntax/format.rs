//! One canonical layout: clauses indented by two, long lines continued by four more, one blank
//! line between declarations, comments kept. Formatting twice changes nothing, and the meaning
//! stays.

use super::ast::SourceId;
use super::ast::{Argument, Declaration, Expr, ExprKind, Line, Span, State, Unary};
use super::diagnostic::{Diagnostic, Severity};
use super::parser::parse;
use super::scanner::Comment;

/// Lines longer than this are continued on the next.
pub const WIDTH: usize = 100;

const CLAUSE: &str = "  ";

/// The text in canonical layout.
///
/// # Errors
/// The faults that keep it from being read: nothing is written of a text that is not understood.
pub fn format(text: &str) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(text, SourceId::default());
    if parsed.diagnostics.iter().any(|fault| fault.severity == Severity::Error) {
        return Err(parsed.diagnostics);
    }
    let mut writer = Writer { text, out: String::with_capacity(text.len()), comments: &parsed.comments, next: 0 };
    let mut above: Option<&Declaration> = None;
    for declaration in &parsed.study.declarations {
        writer.declaration(declaration, above);
        above = Some(declaration);
    }
    writer.own_comments(text.len(), "", above.is_some());
    Ok(writer.out)
}

struct Writer<'a> {
    text: &'a str,
    out: String,
    comments: &'a [Comment],
    /// The first comment not yet written.
    next: usize,
}

impl Writer<'_> {
    fn declaration(&mut self, declaration: &Declaration, above: Option<&Declaration>) {
        let before = self.next;
        self.own_comments(declaration.head.span.start, "", above.is_some());
        let commented = self.next > before;
        if let Some(above) = above
            && !commented
            && !(is_short(above) && is_short(declaration) && !self.has_blank(above.span.end, declaration.span.start))
        {
            self.out.push('\n');
        }
        self.line(&declaration.head, "", true);
        for clause in &declaration.clauses {
            self.own_comments(clause.span.start, CLAUSE, false);
            self.line(clause, CLAUSE, false);
        }
    }

    /// Whether a blank line stands between two places.
    fn has_blank(&self, from: usize, to: usize) -> bool {
        let between = self.text.get(from..to).unwrap_or("");
        let rows: Vec<&str> = between.split('\n').collect();
        rows.len() > 2 && rows[1..rows.len() - 1].iter().any(|row| row.trim().is_empty())
    }

    /// Writes the comments before `end`, each on a line of its own.
    fn own_comments(&mut self, end: usize, indent: &str, apart: bool) {
        let mut first = true;
        while let Some(comment) = self.comments.get(self.next).filter(|comment| comment.span.start < end) {
            let blank = if first { apart && indent.is_empty() } else { comment.after_blank && indent.is_empty() };
            if blank && !self.out.is_empty() {
                self.out.push('\n');
            }
            self.out.push_str(indent);
            self.out.push_str(comment.text.trim());
            self.out.push('\n');
            self.next += 1;
            first = false;
        }
        // A blank line that set a comment apart from what follows stays.
        let last_end = self.comments.get(self.next.wrapping_sub(1)).map_or(0, |comment| comment.span.end);
        if !first && indent.is_empty() && end < self.text.len() && self.has_blank(last_end, end) {
            self.out.push('\n');
        }
    }

    fn line(&mut self, line: &Line, indent: &str, head: bool) {
        let end = self
            .text
            .get(line.span.end..)
            .and_then(|rest| rest.find('\n'))
            .map_or(self.text.len(), |at| line.span.end + at);
        let from = self.next;
        while self.comments.get(self.next).is_some_and(|comment| comment.span.start < end) {
            self.next += 1;
        }
        let inside = &self.comments[from..self.next];
        let (trailing, others) = match inside.split_last() {
            Some((last, others)) if last.trailing => (Some(last), others),
            _ => (None, inside),
        };
        for comment in others {
            self.out.push_str(indent);
            self.out.push_str(&comment.text);
            self.out.push('\n');
        }
        let words = self.words(line);
        let rows = if indent.len() + words.chars().count() > WIDTH {
            broken(&words, indent, head)
        } else {
            vec![format!("{indent}{words}")]
        };
        self.out.push_str(&rows.join("\n"));
        if let Some(comment) = trailing {
            self.out.push_str("  ");
            self.out.push_str(&comment.text);
        }
        self.out.push('\n');
    }

    fn words(&self, line: &Line) -> String {
        let mut words = line.keyword().to_owned();
        let mut add = |part: String| {
            if !words.is_empty() {
                words.push(' ');
            }
            words.push_str(&part);
        };
        if let Some(label) = &line.label {
            let span = match label {
                super::ast::Label::Text(word) | super::ast::Label::Code(word) => word.span,
            };
            add(format!("{}:", self.source(span)));
        }
        if !line.list.is_empty() {
            add(self.list(&line.list));
        }
        let mut parts: Vec<(usize, String)> = line
            .phrases
            .iter()
            .map(|phrase| (phrase.span.start, format!("{} {}", phrase.preposition.word(), self.list(&phrase.list))))
            .collect();
        parts.extend(line.value.iter().map(|value| (value.span.start, format!("= {}", self.expression(value)))));
        parts.sort_by_key(|(start, _)| *start);
        parts.into_iter().for_each(|(_, part)| add(part));
        words
    }

    fn source(&self, span: Span) -> String {
        self.text.get(span.start..span.end).unwrap_or("").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    fn list(&self, list: &[Expr]) -> String {
        list.iter().map(|expr| self.expression(expr)).collect::<Vec<_>>().join(", ")
    }

    fn expression(&self, expr: &Expr) -> String {
        let show = |expr: &Expr| self.expression(expr);
        match &expr.kind {
            ExprKind::Name(words) => words.iter().map(|word| word.text.as_str()).collect::<Vec<_>>().join("."),
            // Quotes are kept to the letter.
            ExprKind::Text(_) | ExprKind::Quoted(_) => {
                self.text.get(expr.span.start..expr.span.end).unwrap_or("").to_owned()
            }
            ExprKind::Number(_)
            | ExprKind::Percent(_)
            | ExprKind::Quantity { .. }
            | ExprKind::Date { .. }
            | ExprKind::Missing => self.source(expr.span),
            ExprKind::Call { function, arguments } => {
                let arguments: Vec<String> = arguments
                    .iter()
                    .map(|argument| match argument {
                        Argument::Data(expr) => show(expr),
                        Argument::Setting { name, value } => format!("{name} = {}", show(value)),
                        Argument::Grid { name, values } => format!("{name} in {}", show(values)),
                    })
                    .collect();
                format!("{function}({})", arguments.join(", "))
            }
            ExprKind::Qualified { word, of } => format!("{word} {}", show(of)),
            ExprKind::Unary { operator: Unary::Negate, operand } => format!("-{}", show(operand)),
            ExprKind::Unary { operator: Unary::Not, operand } => format!("not {}", show(operand)),
            ExprKind::Binary { operator: super::ast::Binary::Interact, left, right } => {
                format!("{}:{}", show(left), show(right))
            }
            ExprKind::Binary { operator, left, right } => {
                format!("{} {} {}", show(left), operator.symbol(), show(right))
            }
            ExprKind::In { value, set, negated } => {
                format!("{} {}in {}", show(value), if *negated { "not " } else { "" }, show(set))
            }
            ExprKind::Is { value, state, negated } => format!(
                "{} is {}{}",
                show(value),
                if *negated { "not " } else { "" },
                if *state == State::Missing { "missing" } else { "present" }
            ),
            ExprKind::As { value, unit } => format!("{} as {unit}", show(value)),
            ExprKind::Range { low, high, step } => {
                let step = step.as_ref().map_or_else(String::new, |step| format!(" step {}", show(step)));
                format!("{} .. {}{step}", show(low), show(high))
            }
            ExprKind::Set(list) => format!("({})", self.list(list)),
            ExprKind::Group(inner) => format!("({})", show(inner)),
            ExprKind::Then(steps) => steps.iter().map(show).collect::<Vec<_>>().join(" then "),
            ExprKind::Formula { left, right } => match left {
                Some(left) => format!("{} ~ {}", show(left), show(right)),
                None => format!("~{}", show(right)),
            },
        }
    }
}

fn is_short(declaration: &Declaration) -> bool {
    declaration.clauses.is_empty()
}

/// A long line in rows: broken where the outermost bracket allows, as late as fits.
fn broken(words: &str, indent: &str, head: bool) -> Vec<String> {
    let breaks = opportunities(words, head);
    let continuation = format!("{indent}    ");
    let mut rows = Vec::new();
    let mut start = 0;
    loop {
        let lead = if rows.is_empty() { indent } else { &continuation };
        let room = WIDTH.saturating_sub(lead.len());
        let rest = &words[start..];
        if rest.chars().count() <= room {
            rows.push(format!("{lead}{}", rest.trim()));
            return rows;
        }
        let fits = |at: &usize| words[start..*at].trim_end().chars().count() <= room;
        let here = || breaks.iter().filter(|(at, _)| *at > start);
        // The label's colon first; then the least deep break that fits, the last of its depth.
        let best = here()
            .filter(|(at, _)| fits(at))
            .min_by_key(|(at, depth)| (*depth, std::cmp::Reverse(*at)))
            .or_else(|| here().next())
            .map(|(at, _)| *at);
        let Some(at) = best else {
            rows.push(format!("{lead}{}", rest.trim()));
            return rows;
        };
        rows.push(format!("{lead}{}", words[start..at].trim()));
        start = at;
    }
}

/// Places where a line may break, with their depth: after commas, before `then`, `and`, `or`, `+`,
/// and, in clauses, before prepositions; a label's colon counts as the shallowest.
fn opportunities(words: &str, head: bool) -> Vec<(usize, usize)> {
    let mut breaks = Vec::new();
    let (mut depth, mut quote, mut escaped, mut label) = (1_usize, None, false, !head);
    for (place, character) in words.char_indices() {
        match quote {
            Some('"') if escaped => escaped = false,
            Some('"') if character == '\\' => escaped = true,
            Some(open) => {
                if character == open {
                    quote = None;
                }
            }
            None => match character {
                '"' | '`' => quote = Some(character),
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1).max(1),
                ':' if label && depth == 1 && words[place + 1..].starts_with(' ') => {
                    label = false;
                    breaks.push((place + 2, 0));
                }
                ',' if words[place + 1..].starts_with(' ') => breaks.push((place + 2, depth)),
                ' ' => {
                    let rest = &words[place + 1..];
                    let joins = ["then ", "and ", "or ", "+ "].iter().any(|word| rest.starts_with(word));
                    let phrase = !head
                        && depth == 1
                        && super::ast::Preposition::ALL.iter().any(|preposition| {
                            rest.strip_prefix(preposition.word()).is_some_and(|rest| rest.starts_with(' '))
                        });
                    if joins || phrase {
                        breaks.push((place + 1, depth));
                    }
                }
                _ => {}
            },
        }
    }
    breaks
}
