//! Expressions: how tightly operators bind, and the tree of what the grammar read.
//!
//! From loosest to tightest: `~`, `then`, `or`, `and`, `not`, comparison with `in` and `is`,
//! `step`, `..`, `+ -`, `* / :`, the sign, `^`, `as` with a unit.

use std::sync::LazyLock;

use pest::iterators::Pair;
use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::ast::{Argument, Binary, Expr, ExprKind, SourceId, Span, State, Unary, Word};
use super::diagnostic::{Diagnostic, alternatives};
use super::keywords;
use super::parser::Rule;

/// Operators of one expression, and the depth of its tree: a deeper one would overflow a stack
/// somewhere further on.
const MAX_OPERATORS: usize = 250;
const MAX_TREE: usize = 300;

static PRATT: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(Rule::formula) | Op::prefix(Rule::one_sided))
        .op(left(Rule::then))
        .op(left(Rule::or))
        .op(left(Rule::and))
        .op(Op::prefix(Rule::not))
        .op(left(Rule::equal)
            | left(Rule::not_equal)
            | left(Rule::less)
            | left(Rule::at_most)
            | left(Rule::greater)
            | left(Rule::at_least)
            | left(Rule::member)
            | left(Rule::not_in)
            | Op::postfix(Rule::is_state))
        .op(left(Rule::step))
        .op(left(Rule::range))
        .op(left(Rule::add) | left(Rule::subtract))
        .op(left(Rule::multiply) | left(Rule::divide) | left(Rule::interact))
        .op(Op::prefix(Rule::negate))
        .op(Op::infix(Rule::power, Assoc::Right))
        .op(Op::postfix(Rule::as_unit))
});

/// An expression and the height of its tree.
struct Tall {
    expr: Expr,
    height: usize,
}

/// Makes the tree of one line; what is wrong with its expressions gathers in `faults`.
pub(super) struct Builder {
    source: SourceId,
    /// Where the line begins in its text.
    base: usize,
    pub faults: Vec<Diagnostic>,
}

impl Builder {
    pub fn new(source: SourceId, base: usize) -> Self {
        Builder { source, base, faults: Vec::new() }
    }

    pub fn span(&self, pair: &Pair<Rule>) -> Span {
        let words = pair.as_span();
        // Implicit blanks at the end of a rule belong to what follows.
        let end = words.start() + words.as_str().trim_end().len();
        Span::new(self.source, self.base + words.start(), self.base + end)
    }

    pub fn word(&self, pair: &Pair<Rule>) -> Word {
        Word { text: pair.as_str().to_owned(), span: self.span(pair) }
    }

    /// A text between quotes, unescaped.
    pub fn text(&self, pair: &Pair<Rule>) -> Word {
        let inner = pair.as_str().strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default();
        let mut text = String::with_capacity(inner.len());
        let mut signs = inner.chars().peekable();
        while let Some(sign) = signs.next() {
            match signs.next_if(|next| sign == '\\' && (*next == '"' || *next == '\\')) {
                Some(escaped) => text.push(escaped),
                None => text.push(sign),
            }
        }
        Word { text, span: self.span(pair) }
    }

    pub fn list(&mut self, pair: Pair<Rule>) -> Vec<Expr> {
        pair.into_inner().map(|item| self.expr(item)).collect()
    }

    pub fn expr(&mut self, pair: Pair<Rule>) -> Expr {
        self.tall(pair).expr
    }

    fn fault(&mut self, diagnostic: Diagnostic) {
        self.faults.push(diagnostic);
    }

    fn tall(&mut self, pair: Pair<Rule>) -> Tall {
        let span = self.span(&pair);
        let inner = pair.into_inner();
        let operators = inner.clone().filter(|part| is_operator(part.as_rule())).count();
        if operators > MAX_OPERATORS {
            return self.too_long(span);
        }
        // The Pratt parser takes closures, each of which makes trees: the builder is shared.
        let builder = std::cell::RefCell::new(self);
        PRATT
            .map_primary(|primary| builder.borrow_mut().primary(primary))
            .map_prefix(|operator, operand| builder.borrow_mut().prefix(&operator, operand))
            .map_postfix(|operand, operator| builder.borrow_mut().postfix(operand, operator))
            .map_infix(|left, operator, right| builder.borrow_mut().infix(left, &operator, right))
            .parse(inner)
    }

    fn too_long(&mut self, span: Span) -> Tall {
        self.fault(
            Diagnostic::error(
                "syntax::too-many-operators",
                span,
                format!("this expression has more than {MAX_OPERATORS} operators"),
            )
            .label("too long")
            .help("name its parts with `derive`, or use a set: `x in (1, 2, 3)`"),
        );
        Tall { expr: Expr { kind: ExprKind::Missing, span }, height: 1 }
    }

    fn make(&mut self, kind: ExprKind, span: Span, below: usize) -> Tall {
        if below >= MAX_TREE {
            // Told once per expression is enough.
            if self.faults.iter().any(|fault| fault.code == "syntax::too-many-operators") {
                return Tall { expr: Expr { kind: ExprKind::Missing, span }, height: 1 };
            }
            return self.too_long(span);
        }
        Tall { expr: Expr { kind, span }, height: below + 1 }
    }

    fn number(&mut self, pair: &Pair<Rule>) -> f64 {
        match pair.as_str().trim_end().parse::<f64>() {
            Ok(value) if value.is_finite() => value,
            _ => {
                let span = self.span(pair);
                self.fault(
                    Diagnostic::error("syntax::number", span, "this number is too large to be held")
                        .label("beyond 1.8e308"),
                );
                0.0
            }
        }
    }

    fn primary(&mut self, pair: Pair<Rule>) -> Tall {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::text => ExprKind::Text(self.text(&pair).text),
            Rule::date => self.date(&pair),
            Rule::number => ExprKind::Number(self.number(&pair)),
            Rule::percent => match pair.into_inner().next() {
                Some(number) => ExprKind::Percent(self.number(&number)),
                None => ExprKind::Missing,
            },
            Rule::quantity => {
                let mut inner = pair.into_inner();
                match (inner.next(), inner.next()) {
                    (Some(number), Some(unit)) => {
                        ExprKind::Quantity { value: self.number(&number), unit: self.word(&unit) }
                    }
                    _ => ExprKind::Missing,
                }
            }
            Rule::missing => ExprKind::Missing,
            Rule::group => {
                let mut items: Vec<Tall> = pair.into_inner().map(|item| self.tall(item)).collect();
                let below = items.iter().map(|item| item.height).max().unwrap_or(0);
                let kind = if items.len() == 1 {
                    ExprKind::Group(Box::new(items.swap_remove(0).expr))
                } else {
                    ExprKind::Set(items.into_iter().map(|item| item.expr).collect())
                };
                return self.make(kind, span, below);
            }
            Rule::words => return self.words(pair, span),
            _ => ExprKind::Missing,
        };
        self.make(kind, span, 0)
    }

    fn date(&mut self, pair: &Pair<Rule>) -> ExprKind {
        let mut parts = pair.as_str().split('-');
        let year = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        let month = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        let day = parts.next().and_then(|part| part.parse().ok()).unwrap_or(0);
        let leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
        let days = match month {
            1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
            4 | 6 | 9 | 11 => 30,
            2 if leap => 29,
            2 => 28,
            _ => 0,
        };
        if day < 1 || day > days {
            let span = self.span(pair);
            let reason =
                if days == 0 { "months run from 01 to 12".to_owned() } else { format!("that month has {days} days") };
            self.fault(
                Diagnostic::error("syntax::date", span, format!("there is no day {}", pair.as_str()))
                    .label(reason)
                    .help("dates are written year-month-day: `2021-01-31`"),
            );
        }
        ExprKind::Date { year, month, day }
    }

    /// One thing, or a thing behind its qualifiers: `early rsf(...)`.
    fn words(&mut self, pair: Pair<Rule>, span: Span) -> Tall {
        let mut atoms: Vec<Pair<Rule>> = pair.into_inner().collect();
        let Some(last) = atoms.pop() else { return self.make(ExprKind::Missing, span, 0) };
        if let Some(position) = atoms.iter().position(|atom| !is_qualifier(atom)) {
            let wrong = &atoms[position];
            let next = atoms.get(position + 1).unwrap_or(&last);
            let fault = Diagnostic::error(
                "syntax::side-by-side",
                self.span(wrong).to(self.span(next)),
                format!("`{}` and `{}` stand side by side with nothing between them", brief(wrong), brief(next)),
            )
            .label("a comma or an operator is missing");
            let fault = match super::diagnostic::nearest(wrong.as_str().trim(), keywords::qualifiers()) {
                Some(near) => fault.help(format!("did you mean `{near}`?")),
                None => fault.help(format!(
                    "write a comma for *and*, `then` for a sequence; only {} stand before what they qualify",
                    alternatives(keywords::qualifiers())
                )),
            };
            self.fault(fault);
            return self.make(ExprKind::Missing, span, 0);
        }
        if atoms.len() > 4 {
            return self.too_long(span);
        }
        let mut tall = self.atom(last);
        for atom in atoms.into_iter().rev() {
            let word = self.word(&atom);
            let span = word.span.to(tall.expr.span);
            tall = self.make(ExprKind::Qualified { word, of: Box::new(tall.expr) }, span, tall.height);
        }
        tall
    }

    fn atom(&mut self, pair: Pair<Rule>) -> Tall {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::quoted => ExprKind::Quoted(pair.as_str().trim_matches('`').to_owned()),
            Rule::call => return self.call(pair, span),
            _ => ExprKind::Name(pair.into_inner().map(|word| self.word(&word)).collect()),
        };
        self.make(kind, span, 0)
    }

    fn call(&mut self, pair: Pair<Rule>, span: Span) -> Tall {
        let mut inner = pair.into_inner();
        let Some(function) = inner.next().map(|word| self.word(&word)) else {
            return self.make(ExprKind::Missing, span, 0);
        };
        let conditions = keywords::takes_conditions(&function.text);
        let mut below = 0;
        let mut arguments = Vec::new();
        for argument in inner {
            let mut parts = argument.into_inner();
            let Some(first) = parts.next() else { continue };
            if first.as_rule() == Rule::setting {
                let Some(name) = first.into_inner().next().map(|word| self.word(&word)) else { continue };
                let Some(value) = parts.next() else { continue };
                let value = self.tall(value);
                below = below.max(value.height);
                arguments.push(Argument::Setting { name, value: value.expr });
            } else {
                let data = self.tall(first);
                below = below.max(data.height);
                arguments.push(if conditions { Argument::Data(data.expr) } else { grid(data.expr) });
            }
        }
        self.make(ExprKind::Call { function, arguments }, span, below)
    }

    fn prefix(&mut self, operator: &Pair<Rule>, operand: Tall) -> Tall {
        let span = self.span(operator).to(operand.expr.span);
        let boxed = Box::new(operand.expr);
        let kind = match operator.as_rule() {
            Rule::one_sided => {
                self.nested(&boxed);
                ExprKind::Formula { left: None, right: boxed }
            }
            Rule::not => ExprKind::Unary { operator: Unary::Not, operand: boxed },
            _ => ExprKind::Unary { operator: Unary::Negate, operand: boxed },
        };
        self.make(kind, span, operand.height)
    }

    fn postfix(&mut self, operand: Tall, operator: Pair<Rule>) -> Tall {
        let span = operand.expr.span.to(self.span(&operator));
        let value = Box::new(operand.expr);
        let is_unit = operator.as_rule() == Rule::as_unit;
        let mut inner = operator.into_inner().skip(1);
        let kind = if is_unit {
            match inner.next() {
                Some(unit) if unit.as_rule() == Rule::text => ExprKind::As { value, unit: self.text(&unit) },
                Some(unit) => ExprKind::As { value, unit: self.word(&unit) },
                None => ExprKind::Missing,
            }
        } else {
            let mut negated = false;
            let mut state = State::Missing;
            for part in inner {
                match part.as_rule() {
                    Rule::not => negated = true,
                    _ if part.as_str() == "present" => state = State::Present,
                    _ => {}
                }
            }
            ExprKind::Is { value, state, negated }
        };
        self.make(kind, span, operand.height)
    }

    fn infix(&mut self, left: Tall, operator: &Pair<Rule>, right: Tall) -> Tall {
        let span = left.expr.span.to(right.expr.span);
        let below = left.height.max(right.height);
        let rule = operator.as_rule();
        if let Some(binary) = binary(rule) {
            if is_comparison(binary) {
                self.chained(&left.expr, &right.expr, operator);
            }
            let kind = ExprKind::Binary { operator: binary, left: Box::new(left.expr), right: Box::new(right.expr) };
            return self.make(kind, span, below);
        }
        let kind = match rule {
            Rule::member | Rule::not_in => {
                ExprKind::In { value: Box::new(left.expr), set: Box::new(right.expr), negated: rule == Rule::not_in }
            }
            Rule::then => match left.expr.kind {
                // Flat, so that it grows in width and not in height.
                ExprKind::Then(mut steps) => {
                    steps.push(right.expr);
                    return Tall {
                        expr: Expr { kind: ExprKind::Then(steps), span },
                        height: left.height.max(right.height + 1),
                    };
                }
                kind => ExprKind::Then(vec![Expr { kind, span: left.expr.span }, right.expr]),
            },
            Rule::range => {
                if matches!(left.expr.kind, ExprKind::Range { .. }) {
                    let span = self.span(operator);
                    self.fault(
                        Diagnostic::error("syntax::range", span, "a range has two ends, and this is a third")
                            .label("a second `..`")
                            .help("write `low .. high`, and `step` for the distance: `100 .. 500 step 100`"),
                    );
                }
                ExprKind::Range { low: Box::new(left.expr), high: Box::new(right.expr), step: None }
            }
            Rule::step => match left.expr.kind {
                ExprKind::Range { low, high, step: None } => {
                    ExprKind::Range { low, high, step: Some(Box::new(right.expr)) }
                }
                kind => {
                    let span = self.span(operator);
                    self.fault(
                        Diagnostic::error("syntax::range", span, "`step` stands after a range")
                            .label("no range before it")
                            .help("write `100 .. 500 step 100`"),
                    );
                    kind
                }
            },
            _ => {
                self.nested(&left.expr);
                ExprKind::Formula { left: Some(Box::new(left.expr)), right: Box::new(right.expr) }
            }
        };
        self.make(kind, span, below)
    }

    fn nested(&mut self, side: &Expr) {
        if matches!(side.kind, ExprKind::Formula { .. }) {
            self.fault(
                Diagnostic::error("syntax::formula", side.span, "a formula has one `~`, and this is a second")
                    .label("already a formula")
                    .help("write `endpoint ~ term + term`"),
            );
        }
    }

    /// `1 < x < 5` would compare a truth with a number.
    fn chained(&mut self, left: &Expr, right: &Expr, operator: &Pair<Rule>) {
        let compares = |expr: &Expr| match expr.kind {
            ExprKind::Binary { operator, .. } => is_comparison(operator),
            _ => false,
        };
        if compares(left) || compares(right) {
            let span = self.span(operator);
            self.fault(
                Diagnostic::error("syntax::chained-comparison", span, "comparisons do not chain")
                    .label("a second comparison")
                    .help("write `x in 1 .. 5`, or join two comparisons with `and`"),
            );
        }
    }
}

fn is_qualifier(atom: &Pair<Rule>) -> bool {
    keywords::is_qualifier(atom.as_str().trim_end())
}

/// The beginning of a thing, for a message.
fn brief(pair: &Pair<Rule>) -> String {
    let words = pair.as_str().trim_end();
    match words.find('(') {
        Some(bracket) => format!("{}(...)", words[..bracket].trim_end()),
        None => words.to_owned(),
    }
}

/// `leaf in (3, 6, 15)` as an argument is a grid of settings, unless the set holds data.
fn grid(data: Expr) -> Argument {
    let is_data = |expr: &Expr| matches!(expr.kind, ExprKind::Text(_) | ExprKind::Date { .. } | ExprKind::Missing);
    match data.kind {
        ExprKind::In { value, set, negated: false } => {
            let holds_data = match &set.kind {
                ExprKind::Set(items) => items.iter().any(is_data),
                ExprKind::Group(item) => is_data(item),
                ExprKind::Range { low, high, .. } => is_data(low) || is_data(high),
                _ => true,
            };
            match value.as_word() {
                Some(name) if !holds_data => Argument::Grid { name: name.clone(), values: *set },
                _ => Argument::Data(Expr { kind: ExprKind::In { value, set, negated: false }, span: data.span }),
            }
        }
        kind => Argument::Data(Expr { kind, span: data.span }),
    }
}

fn binary(rule: Rule) -> Option<Binary> {
    Some(match rule {
        Rule::or => Binary::Or,
        Rule::and => Binary::And,
        Rule::equal => Binary::Equal,
        Rule::not_equal => Binary::NotEqual,
        Rule::less => Binary::Less,
        Rule::at_most => Binary::LessOrEqual,
        Rule::greater => Binary::Greater,
        Rule::at_least => Binary::GreaterOrEqual,
        Rule::add => Binary::Add,
        Rule::subtract => Binary::Subtract,
        Rule::multiply => Binary::Multiply,
        Rule::divide => Binary::Divide,
        Rule::power => Binary::Power,
        Rule::interact => Binary::Interact,
        _ => return None,
    })
}

fn is_operator(rule: Rule) -> bool {
    !matches!(
        rule,
        Rule::words
            | Rule::text
            | Rule::date
            | Rule::number
            | Rule::percent
            | Rule::quantity
            | Rule::missing
            | Rule::group
    )
}

fn is_comparison(operator: Binary) -> bool {
    matches!(
        operator,
        Binary::Equal
            | Binary::NotEqual
            | Binary::Less
            | Binary::LessOrEqual
            | Binary::Greater
            | Binary::GreaterOrEqual
    )
}
