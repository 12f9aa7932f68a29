//! Pairs of the grammar to expressions with spans.

use std::sync::LazyLock;

use pest::iterators::{Pair, Pairs};
use pest::pratt_parser::{Assoc, Op, PrattParser};

use super::ast::{Argument, Binary, Expr, ExprKind, SourceId, Span, State, Unary, Word};
use super::parser::Rule;

/// Loosest first.
static PRATT: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    PrattParser::new()
        .op(Op::infix(Rule::formula, Assoc::Left) | Op::prefix(Rule::left_out))
        .op(Op::infix(Rule::then, Assoc::Left))
        .op(Op::infix(Rule::or, Assoc::Left))
        .op(Op::infix(Rule::and, Assoc::Left))
        .op(Op::prefix(Rule::not))
        .op(Op::infix(Rule::equal, Assoc::Left)
            | Op::infix(Rule::not_equal, Assoc::Left)
            | Op::infix(Rule::less, Assoc::Left)
            | Op::infix(Rule::at_most, Assoc::Left)
            | Op::infix(Rule::greater, Assoc::Left)
            | Op::infix(Rule::at_least, Assoc::Left)
            | Op::infix(Rule::within, Assoc::Left)
            | Op::infix(Rule::not_in, Assoc::Left)
            | Op::postfix(Rule::state))
        .op(Op::infix(Rule::step, Assoc::Left))
        .op(Op::infix(Rule::range, Assoc::Left))
        .op(Op::infix(Rule::add, Assoc::Left) | Op::infix(Rule::subtract, Assoc::Left))
        .op(Op::infix(Rule::multiply, Assoc::Left)
            | Op::infix(Rule::divide, Assoc::Left)
            | Op::infix(Rule::interact, Assoc::Left))
        .op(Op::prefix(Rule::negate))
        .op(Op::infix(Rule::power, Assoc::Left))
        .op(Op::postfix(Rule::unit_of))
});

/// Calls whose arguments are conditions on columns, never settings to try.
const TAKES_CONDITIONS: [&str; 5] = ["binary", "survival", "continuous", "each", "linear"];

/// Where the parsed piece stands in its source.
#[derive(Clone, Copy)]
pub struct Place {
    pub source: SourceId,
    /// Byte at which the parsed piece begins.
    pub base: usize,
}

impl Place {
    pub fn span(self, pair: &Pair<'_, Rule>) -> Span {
        let span = pair.as_span();
        // A rule may have swallowed blanks at its end.
        let length = span.as_str().trim_end().len();
        Span::new(self.source, self.base + span.start(), self.base + span.start() + length)
    }

    pub fn word(self, pair: &Pair<'_, Rule>) -> Word {
        Word { text: pair.as_str().trim().to_owned(), span: self.span(pair) }
    }

    /// A column name in backticks, or a text in quotes, without them.
    pub fn unquoted(self, pair: &Pair<'_, Rule>) -> Word {
        let inner = pair.as_str();
        let inner = inner.get(1..inner.len().saturating_sub(1)).unwrap_or("");
        let text = if pair.as_rule() == Rule::text { unescape(inner) } else { inner.to_owned() };
        Word { text, span: self.span(pair) }
    }

    /// The expressions of a `list`.
    pub fn list(self, pair: Pair<'_, Rule>) -> Vec<Expr> {
        pair.into_inner().map(|expr| self.expression(expr)).collect()
    }

    /// An `expr`.
    pub fn expression(self, pair: Pair<'_, Rule>) -> Expr {
        self.pratt(pair.into_inner())
    }

    fn pratt(self, pairs: Pairs<'_, Rule>) -> Expr {
        PRATT
            .map_primary(|pair| self.primary(pair))
            .map_prefix(|operator, operand| {
                let span = self.span(&operator).to(operand.span);
                let kind = match operator.as_rule() {
                    Rule::left_out => ExprKind::Formula { left: None, right: Box::new(operand) },
                    Rule::negate => Unary::Negate.of(operand),
                    _ => Unary::Not.of(operand),
                };
                Expr { kind, span }
            })
            .map_postfix(|operand, operator| {
                let span = operand.span.to(self.span(&operator));
                let kind = match operator.as_rule() {
                    Rule::unit_of => {
                        let unit = operator.into_inner().find(|pair| pair.as_rule() == Rule::unit);
                        let unit = unit.map_or(Word { text: String::new(), span }, |unit| self.word(&unit));
                        ExprKind::As { value: Box::new(operand), unit }
                    }
                    _ => {
                        let (mut negated, mut state) = (false, State::Missing);
                        for part in operator.into_inner() {
                            match part.as_rule() {
                                Rule::negated => negated = true,
                                Rule::is_present => state = State::Present,
                                _ => {}
                            }
                        }
                        ExprKind::Is { value: Box::new(operand), state, negated }
                    }
                };
                Expr { kind, span }
            })
            .map_infix(|left, operator, right| {
                let span = left.span.to(right.span);
                Expr { kind: infix(operator.as_rule(), left, right), span }
            })
            .parse(pairs)
    }

    fn primary(self, pair: Pair<'_, Rule>) -> Expr {
        let span = self.span(&pair);
        let kind = match pair.as_rule() {
            Rule::date => date(pair.as_str()),
            Rule::number => ExprKind::Number(number(pair.as_str())),
            Rule::percent => ExprKind::Percent(number(pair.as_str().trim_end_matches('%'))),
            Rule::quantity => {
                let mut parts = pair.into_inner();
                let value = parts.next().map_or(f64::NAN, |part| number(part.as_str()));
                match parts.next() {
                    Some(unit) => ExprKind::Quantity { value, unit: self.word(&unit) },
                    None => ExprKind::Number(value),
                }
            }
            Rule::text => ExprKind::Text(self.unquoted(&pair).text),
            Rule::quoted => ExprKind::Quoted(self.unquoted(&pair).text),
            Rule::missing => ExprKind::Missing,
            Rule::call => {
                let mut parts = pair.into_inner();
                let function = parts.next().map_or(Word { text: String::new(), span }, |word| self.word(&word));
                let conditions = TAKES_CONDITIONS.contains(&function.text.as_str());
                ExprKind::Call { arguments: parts.map(|part| self.argument(part, conditions)).collect(), function }
            }
            Rule::qualified => {
                let mut parts = pair.into_inner();
                let word = parts.next().map_or(Word { text: String::new(), span }, |word| self.word(&word));
                match parts.next() {
                    Some(of) => ExprKind::Qualified { word, of: Box::new(self.primary(of)) },
                    None => ExprKind::Name(vec![word]),
                }
            }
            Rule::set => ExprKind::Set(pair.into_inner().map(|expr| self.expression(expr)).collect()),
            Rule::group => match pair.into_inner().next() {
                Some(inner) => ExprKind::Group(Box::new(self.expression(inner))),
                None => ExprKind::Set(Vec::new()),
            },
            Rule::expr => return self.expression(pair),
            _ => ExprKind::Name(pair.into_inner().map(|word| self.word(&word)).collect()),
        };
        Expr { kind, span }
    }

    fn argument(self, pair: Pair<'_, Rule>, conditions: bool) -> Argument {
        let Some(inner) = pair.clone().into_inner().next() else {
            return Argument::Data(Expr { kind: ExprKind::Set(Vec::new()), span: self.span(&pair) });
        };
        let rule = inner.as_rule();
        if rule == Rule::expr {
            return Argument::Data(self.expression(inner));
        }
        let span = self.span(&inner);
        let mut name: Option<Word> = None;
        let mut value: Option<Expr> = None;
        for part in inner.into_inner() {
            match part.as_rule() {
                Rule::any_word | Rule::word => name = Some(self.word(&part)),
                Rule::expr => value = Some(self.expression(part)),
                _ => {}
            }
        }
        match (name, value) {
            (Some(name), Some(value)) if rule == Rule::setting => Argument::Setting { name, value },
            (Some(name), Some(values)) if conditions => {
                let column = Expr { span: name.span, kind: ExprKind::Name(vec![name]) };
                let kind = ExprKind::In { value: Box::new(column), set: Box::new(values), negated: false };
                Argument::Data(Expr { kind, span })
            }
            (Some(name), Some(values)) => Argument::Grid { name, values },
            _ => Argument::Data(Expr { kind: ExprKind::Set(Vec::new()), span }),
        }
    }
}

impl Unary {
    fn of(self, operand: Expr) -> ExprKind {
        ExprKind::Unary { operator: self, operand: Box::new(operand) }
    }
}

fn infix(rule: Rule, left: Expr, right: Expr) -> ExprKind {
    let operator = match rule {
        Rule::formula => return ExprKind::Formula { left: Some(Box::new(left)), right: Box::new(right) },
        Rule::then => {
            let mut steps = match left {
                Expr { kind: ExprKind::Then(steps), .. } => steps,
                first => vec![first],
            };
            steps.push(right);
            return ExprKind::Then(steps);
        }
        Rule::within | Rule::not_in => {
            let negated = rule == Rule::not_in;
            return ExprKind::In { value: Box::new(left), set: Box::new(right), negated };
        }
        Rule::range => return ExprKind::Range { low: Box::new(left), high: Box::new(right), step: None },
        Rule::step => {
            return match left.kind {
                ExprKind::Range { low, high, step: None } => ExprKind::Range { low, high, step: Some(Box::new(right)) },
                // Without a range the word has no meaning; the checker sees a range of one.
                kind => {
                    let low = Box::new(Expr { kind, span: left.span });
                    ExprKind::Range { high: low.clone(), low, step: Some(Box::new(right)) }
                }
            };
        }
        Rule::or => Binary::Or,
        Rule::and => Binary::And,
        Rule::equal => Binary::Equal,
        Rule::not_equal => Binary::NotEqual,
        Rule::less => Binary::Less,
        Rule::at_most => Binary::LessOrEqual,
        Rule::greater => Binary::Greater,
        Rule::at_least => Binary::GreaterOrEqual,
        Rule::subtract => Binary::Subtract,
        Rule::multiply => Binary::Multiply,
        Rule::divide => Binary::Divide,
        Rule::power => Binary::Power,
        Rule::interact => Binary::Interact,
        _ => Binary::Add,
    };
    ExprKind::Binary { operator, left: Box::new(left), right: Box::new(right) }
}

fn number(text: &str) -> f64 {
    text.trim().parse().unwrap_or(f64::NAN)
}

fn date(text: &str) -> ExprKind {
    let part = |range: std::ops::Range<usize>| text.get(range).and_then(|part| part.parse::<i32>().ok()).unwrap_or(0);
    ExprKind::Date { year: part(0..4), month: part(5..7) as u8, day: part(8..10) as u8 }
}

fn unescape(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        plain.push(if character == '\\' { characters.next().unwrap_or('\\') } else { character });
    }
    plain
}
