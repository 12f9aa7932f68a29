//! The one canonical layout of a study.
//!
//! Clauses are indented by 2, lines longer than 100 columns run on at an indent of 4, operators
//! and commas have their spaces, and at most one blank line stands between two lines. Literals
//! keep their spelling, comments their words: a comment inside a line that runs on is lifted
//! above it. The layout depends on the tree and the comments alone, so it is idempotent, and it
//! changes no meaning.

use super::ast::{Argument, Binary, Expr, ExprKind, Label, Line, Phrase, SourceId, Span, State, Unary, Word};
use super::diagnostic::Diagnostic;
use super::keywords;
use super::parser::{Parsed, parse};
use super::scanner::{Anchor, Comment, leading_word};

const WIDTH: usize = 100;
const CLAUSE_INDENT: usize = 2;
const CONTINUATION_INDENT: usize = 4;

/// Lays a study out. A study with faults of syntax is left alone; misused keywords do not matter.
///
/// # Errors
/// The faults of syntax.
pub fn format(text: &str, source: SourceId) -> Result<String, Vec<Diagnostic>> {
    let parsed = parse(text, source);
    if !parsed.is_sound() {
        return Err(parsed.diagnostics);
    }
    Ok(Layout::new(text, &parsed).write())
}

struct Layout<'a> {
    text: &'a str,
    parsed: &'a Parsed,
    out: String,
    /// The next comment not written; they stand in the order of the lines that they speak of.
    comments: Vec<&'a Comment>,
}

impl<'a> Layout<'a> {
    fn new(text: &'a str, parsed: &'a Parsed) -> Self {
        Layout { text, parsed, out: String::with_capacity(text.len()), comments: parsed.comments.iter().collect() }
    }

    fn write(mut self) -> String {
        let mut index = 0;
        for declaration in &self.parsed.study.declarations {
            let head = &declaration.head;
            // As the scanner sees it, which reads no further than the first word.
            let first = self.text.get(head.span.start..head.span.end).map_or("", leading_word);
            self.line(head, index, 0, keywords::declaration(first));
            index += 1;
            for clause in &declaration.clauses {
                self.line(clause, index, CLAUSE_INDENT, None);
                index += 1;
            }
        }
        for comment in self.take(Anchor::End) {
            self.comment(comment, 0, true);
        }
        self.out
    }

    /// The comments of an anchor, in order.
    fn take(&mut self, anchor: Anchor) -> Vec<&'a Comment> {
        self.comments.extract_if(.., |comment| comment.anchor == anchor).collect()
    }

    fn blank(&mut self) {
        if !self.out.is_empty() && !self.out.ends_with("\n\n") {
            self.out.push('\n');
        }
    }

    fn comment(&mut self, comment: &Comment, indent: usize, may_be_documentation: bool) {
        if comment.blank_before {
            self.blank();
        }
        self.out.push_str(&" ".repeat(indent));
        let text = &comment.text;
        // Lifted before a declaration, it must not begin to document it.
        let documents = text.starts_with("##") && !text.starts_with("###");
        self.out.push_str(if documents && !may_be_documentation { &text[1..] } else { text });
        self.out.push('\n');
    }

    fn line(&mut self, line: &Line, index: usize, indent: usize, keyword: Option<&keywords::Keyword>) {
        let leads = self.take(Anchor::Before(index));
        let is_clause = indent > 0;
        // No blank line between a head and its first clause.
        let after_head = is_clause && self.parsed.is_head(index.wrapping_sub(1));
        for (place, comment) in leads.iter().enumerate() {
            let mut comment = (*comment).clone();
            comment.blank_before &= !(after_head && place == 0);
            self.comment(&comment, indent, is_clause || comment.is_documentation);
        }
        if self.parsed.blank_before(index) && !(after_head && leads.is_empty()) {
            self.blank();
        }
        let mut printer = Printer { text: self.text, pieces: Vec::new(), gap: Gap::Tight, depth: 0 };
        printer.line(line, is_clause, keyword);
        fill(&printer.pieces, indent, &mut self.out);
        for comment in self.take(Anchor::Trailing(index)) {
            self.out.push_str("  ");
            self.out.push_str(&comment.text);
        }
        self.out.push('\n');
        for comment in self.take(Anchor::After(index)) {
            self.comment(comment, CLAUSE_INDENT, true);
        }
    }
}

/// What stands before a piece.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Gap {
    #[default]
    Tight,
    Space,
    /// A space, or a new line where the line is too long; the lowest rank breaks first.
    Break(usize),
}

struct Piece {
    gap: Gap,
    text: String,
    width: usize,
}

/// Ranks of breaks, within one depth of brackets.
mod rank {
    pub const LABEL: usize = 0;
    pub const THEN: usize = 1;
    pub const PHRASE: usize = 2;
    pub const OR: usize = 3;
    pub const AND: usize = 4;
    pub const VALUE: usize = 5;
    pub const COMMA: usize = 6;
    pub const SUM: usize = 7;
    pub const PRODUCT: usize = 8;
    pub const COMPARISON: usize = 9;
    /// Of one depth more.
    pub const DEPTH: usize = 10;
}

/// Writes pieces into lines of at most [`WIDTH`] columns, breaking at the lowest rank that fits,
/// as late as can be. Conditions joined by `and` or `or` stand one on a line, once they break.
fn fill(pieces: &[Piece], indent: usize, out: &mut String) {
    let mut start = 0;
    let mut column = indent;
    let mut one_a_line = None;
    loop {
        out.push_str(&" ".repeat(column));
        let mut best: Option<(usize, usize)> = None;
        let mut fits = true;
        let mut width = column;
        for (place, piece) in pieces.iter().enumerate().skip(start) {
            if place > start {
                if let Gap::Break(rank) = piece.gap {
                    if one_a_line == Some(rank) {
                        fits = false;
                        best = Some((rank, place));
                        break;
                    }
                    let joins = rank == rank::AND || rank == rank::OR;
                    if best.is_none_or(|(known, _)| rank < known || rank == known && !joins) {
                        best = Some((rank, place));
                    }
                }
                width += usize::from(piece.gap != Gap::Tight);
            }
            width += piece.width;
            if width > WIDTH {
                fits = false;
                if best.is_some() {
                    break;
                }
            }
        }
        let end = match best {
            Some((rank, place)) if !fits => {
                if rank == rank::AND || rank == rank::OR {
                    one_a_line = Some(rank);
                }
                place
            }
            _ => pieces.len(),
        };
        for (place, piece) in pieces[start..end].iter().enumerate() {
            if place > 0 && piece.gap != Gap::Tight {
                out.push(' ');
            }
            out.push_str(&piece.text);
        }
        if end == pieces.len() {
            return;
        }
        out.push('\n');
        start = end;
        column = CONTINUATION_INDENT;
    }
}

struct Printer<'a> {
    text: &'a str,
    pieces: Vec<Piece>,
    /// Before the next piece.
    gap: Gap,
    /// Brackets around.
    depth: usize,
}

impl Printer<'_> {
    fn put(&mut self, text: &str) {
        let gap = std::mem::take(&mut self.gap);
        self.pieces.push(Piece { gap, text: text.to_owned(), width: text.chars().count() });
    }

    /// Appends to the piece before: nothing breaks there.
    fn append(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(piece) => {
                piece.text.push_str(text);
                piece.width += text.chars().count();
            }
            None => self.put(text),
        }
    }

    fn space(&mut self) {
        self.gap = Gap::Space;
    }

    fn may_break(&mut self, rank: usize) {
        self.gap = Gap::Break(rank + rank::DEPTH * self.depth);
    }

    fn slice(&self, span: Span) -> String {
        self.text.get(span.start..span.end).unwrap_or_default().to_owned()
    }

    fn word(&mut self, word: &Word) {
        self.put(&self.slice(word.span));
    }

    fn line(&mut self, line: &Line, is_clause: bool, keyword: Option<&keywords::Keyword>) {
        if let Some(word) = &line.keyword {
            self.word(word);
            self.space();
        }
        if let Some(Label::Text(label) | Label::Code(label)) = &line.label {
            self.word(label);
            self.append(":");
            if is_clause {
                self.may_break(rank::LABEL);
            } else {
                self.space();
            }
        }
        self.list(&line.list);
        let value_start = line.value.as_ref().map_or(usize::MAX, |value| value.span.start);
        let (before, after): (Vec<&Phrase>, Vec<&Phrase>) =
            line.phrases.iter().partition(|phrase| phrase.span.start < value_start);
        for phrase in before {
            self.phrase(phrase, is_clause, keyword);
        }
        if let Some(value) = &line.value {
            self.space_unless_first();
            self.put("=");
            self.may_break(rank::VALUE);
            self.expr(value);
        }
        for phrase in after {
            self.phrase(phrase, is_clause, keyword);
        }
    }

    fn space_unless_first(&mut self) {
        if !self.pieces.is_empty() {
            self.space();
        }
    }

    fn phrase(&mut self, phrase: &Phrase, is_clause: bool, keyword: Option<&keywords::Keyword>) {
        let word = phrase.preposition.word();
        if !self.pieces.is_empty() {
            // Below a head, a line beginning with this word would be a clause.
            if is_clause || keyword.is_none_or(|keyword| keyword.clause(word).is_none()) {
                self.may_break(rank::PHRASE);
            } else {
                self.space();
            }
        }
        self.put(word);
        self.space();
        self.list(&phrase.list);
    }

    fn list(&mut self, list: &[Expr]) {
        for (index, item) in list.iter().enumerate() {
            if index > 0 {
                self.append(",");
                self.may_break(rank::COMMA);
            }
            self.expr(item);
        }
    }

    fn brackets(&mut self, list: &[Expr]) {
        self.put("(");
        self.depth += 1;
        self.list(list);
        self.depth -= 1;
        self.append(")");
    }

    fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Name(words) => {
                for (index, word) in words.iter().enumerate() {
                    if index > 0 {
                        self.append(".");
                        self.append(&self.slice(word.span));
                    } else {
                        self.word(word);
                    }
                }
            }
            ExprKind::Quoted(_) | ExprKind::Number(_) | ExprKind::Text(_) | ExprKind::Date { .. } => {
                self.put(&self.slice(expr.span));
            }
            ExprKind::Missing => self.put("missing"),
            ExprKind::Percent(_) => {
                let words = self.slice(expr.span);
                self.put(words.trim_end_matches('%').trim_end());
                self.append("%");
            }
            ExprKind::Quantity { unit, .. } => {
                let number = self.slice(Span { end: unit.span.start, ..expr.span });
                self.put(number.trim_end());
                self.append(" ");
                self.append(&self.slice(unit.span));
            }
            ExprKind::Call { function, arguments } => {
                self.word(function);
                self.append("(");
                self.depth += 1;
                for (index, argument) in arguments.iter().enumerate() {
                    if index > 0 {
                        self.append(",");
                        self.may_break(rank::COMMA);
                    }
                    self.argument(argument);
                }
                self.depth -= 1;
                self.append(")");
            }
            ExprKind::Qualified { word, of } => {
                self.word(word);
                self.space();
                self.expr(of);
            }
            ExprKind::Unary { operator: Unary::Negate, operand } => {
                self.put("-");
                self.expr(operand);
            }
            ExprKind::Unary { operator: Unary::Not, operand } => {
                self.put("not");
                self.space();
                self.expr(operand);
            }
            ExprKind::Binary { operator, left, right } => self.binary(*operator, left, right),
            ExprKind::In { value, set, negated } => {
                self.expr(value);
                self.space();
                self.put(if *negated { "not in" } else { "in" });
                self.space();
                self.expr(set);
            }
            ExprKind::Is { value, state, negated } => {
                self.expr(value);
                self.append(" is");
                self.append(if *negated { " not" } else { "" });
                self.append(if *state == State::Missing { " missing" } else { " present" });
            }
            ExprKind::As { value, unit } => {
                self.expr(value);
                self.append(" as ");
                self.append(&self.slice(unit.span));
            }
            ExprKind::Range { low, high, step } => {
                self.expr(low);
                self.space();
                self.put("..");
                self.space();
                self.expr(high);
                if let Some(step) = step {
                    self.space();
                    self.put("step");
                    self.space();
                    self.expr(step);
                }
            }
            ExprKind::Set(items) => self.brackets(items),
            ExprKind::Group(inner) => self.brackets(std::slice::from_ref(inner)),
            ExprKind::Then(steps) => {
                for (index, step) in steps.iter().enumerate() {
                    if index > 0 {
                        self.may_break(rank::THEN);
                        self.put("then");
                        self.space();
                    }
                    self.expr(step);
                }
            }
            ExprKind::Formula { left, right } => {
                if let Some(left) = left {
                    self.expr(left);
                    self.space();
                }
                self.put("~");
                self.space();
                self.expr(right);
            }
        }
    }

    fn argument(&mut self, argument: &Argument) {
        let (name, sign, value) = match argument {
            Argument::Data(data) => return self.expr(data),
            Argument::Setting { name, value } => (name, "=", value),
            Argument::Grid { name, values } => (name, "in", values),
        };
        self.word(name);
        self.append(" ");
        self.append(sign);
        self.space();
        self.expr(value);
    }

    fn binary(&mut self, operator: Binary, left: &Expr, right: &Expr) {
        self.expr(left);
        let rank = match operator {
            Binary::Interact => None,
            // Behind a unit, a tight `^` would be the unit's.
            Binary::Power if !ends_in_unit(left) => None,
            Binary::Or => Some(rank::OR),
            Binary::And => Some(rank::AND),
            Binary::Add | Binary::Subtract => Some(rank::SUM),
            Binary::Multiply | Binary::Divide | Binary::Power => Some(rank::PRODUCT),
            _ => Some(rank::COMPARISON),
        };
        match rank {
            None => {
                self.append(operator.symbol());
                self.expr(right);
            }
            Some(rank) => {
                self.may_break(rank);
                self.put(operator.symbol());
                self.space();
                self.expr(right);
            }
        }
    }
}

fn ends_in_unit(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Quantity { .. } | ExprKind::As { .. } => true,
        ExprKind::Binary { right, .. } => ends_in_unit(right),
        ExprKind::Unary { operand, .. } => ends_in_unit(operand),
        _ => false,
    }
}
