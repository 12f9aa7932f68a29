//! The words of a study by their kind, for highlighting. Every sign of the text is in a token or is
//! blank, faulty texts included: what cannot be told is a name or an operator.

use super::ast::SourceId;
use super::keywords;
use super::scanner::{self, LogicalLine, begins_line, closing, is_name_sign, is_name_start, leading_word};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TokenKind {
    /// Begins a declaration or a clause: `cohort`, `include`.
    Keyword,
    /// A preposition or a word operator: `from`, `and`.
    Reserved,
    /// `early`, `late`, `leave-out`.
    Qualifier,
    /// A name before a bracket: `rsf(`.
    Function,
    /// A name before `=` inside a bracket: `trees =`.
    Setting,
    Name,
    /// In backticks.
    Column,
    /// Numbers, percentages and dates.
    Number,
    /// After a number: `months`, `mm`.
    Unit,
    /// `missing`, `present`.
    Constant,
    Text,
    Operator,
    Comment,
    /// A `##` comment that documents a declaration.
    Documentation,
}

/// A token, in bytes of its text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    pub kind: TokenKind,
    pub start: usize,
    pub end: usize,
}

/// Every token of a text, in order.
pub fn tokens(text: &str) -> Vec<Token> {
    let scan = scanner::scan(text, SourceId::default());
    let mut tokens: Vec<Token> = scan
        .comments
        .iter()
        .map(|comment| Token {
            kind: if comment.is_documentation { TokenKind::Documentation } else { TokenKind::Comment },
            start: comment.span.start,
            end: comment.span.end,
        })
        .collect();
    let mut head = "";
    for (place, line) in scan.lines.iter().enumerate() {
        // A faulty line ends where its fault was seen; what follows is shown all the same.
        let limit = scan.lines.get(place + 1).map_or(scan.masked.len(), |next| next.start);
        let Some(words) = scan.masked.get(line.start..limit) else { continue };
        let word = leading_word(words);
        if line.is_head {
            head = word;
        }
        Lexer { text: words, offset: line.start, depth: 0, tokens: &mut tokens }.line(line, word, head);
    }
    tokens.sort_by_key(|token| token.start);
    tokens
}

struct Lexer<'a, 't> {
    text: &'a str,
    offset: usize,
    depth: usize,
    tokens: &'t mut Vec<Token>,
}

impl Lexer<'_, '_> {
    fn push(&mut self, kind: TokenKind, start: usize, end: usize) {
        self.tokens.push(Token { kind, start: self.offset + start, end: self.offset + end });
    }

    fn line(&mut self, line: &LogicalLine, word: &str, head: &str) {
        let known = if line.is_head {
            keywords::declaration(word).is_some()
        } else {
            keywords::clause(head, word).is_some() || keywords::any_clause(word).is_some()
        };
        let mut at = 0;
        if !word.is_empty() && known && begins_line(&self.text[word.len()..]) {
            self.push(TokenKind::Keyword, 0, word.len());
            at = word.len();
        }
        let mut after_number = false;
        while let Some(sign) = self.text[at..].chars().next() {
            let next = at + sign.len_utf8();
            let was_number = std::mem::take(&mut after_number);
            if sign.is_whitespace() {
                after_number = was_number;
                at = next;
            } else if sign == '"' || sign == '`' {
                let rest = &self.text[next..];
                let to_line_end = || rest.find('\n').unwrap_or(rest.len());
                let end = next + closing(rest, sign).filter(|end| *end <= to_line_end()).unwrap_or_else(to_line_end);
                self.push(if sign == '"' { TokenKind::Text } else { TokenKind::Column }, at, end);
                at = end;
            } else if sign.is_ascii_digit() {
                let end = at + number(&self.text[at..]);
                self.push(TokenKind::Number, at, end);
                after_number = true;
                at = end;
            } else if is_name_start(sign) {
                let word = leading_word(&self.text[at..]);
                let end = at + word.len();
                let kind = self.word(word, &self.text[end..], was_number);
                self.push(kind, at, end);
                at = end;
            } else {
                match sign {
                    '(' => self.depth += 1,
                    ')' => self.depth = self.depth.saturating_sub(1),
                    _ => {}
                }
                self.push(TokenKind::Operator, at, next);
                at = next;
            }
        }
    }

    fn word(&self, word: &str, after: &str, after_number: bool) -> TokenKind {
        let rest = after.trim_start();
        if matches!(word, "missing" | "present") {
            TokenKind::Constant
        } else if keywords::is_reserved(word) || word == "step" {
            TokenKind::Reserved
        } else if after_number {
            TokenKind::Unit
        } else if keywords::is_qualifier(word) && rest.starts_with(is_name_start) {
            TokenKind::Qualifier
        } else if after.starts_with('(') {
            TokenKind::Function
        } else if self.depth > 0
            && (rest.starts_with('=') && !rest.starts_with("==") || rest.starts_with("in ") && after.starts_with(' '))
            && !rest.starts_with("in (\"")
        {
            TokenKind::Setting
        } else {
            TokenKind::Name
        }
    }
}

/// Length of a number, a percentage or a date at the beginning of a text.
fn number(text: &str) -> usize {
    let bytes = text.as_bytes();
    let digits = |from: usize| bytes.iter().skip(from).take_while(|byte| byte.is_ascii_digit()).count();
    let at = |place: usize| bytes.get(place).copied();
    let whole = digits(0);
    if whole == 4 && at(4) == Some(b'-') && digits(5) == 2 && at(7) == Some(b'-') && digits(8) == 2 {
        return 10;
    }
    let mut end = whole;
    if at(end) == Some(b'.') && digits(end + 1) > 0 {
        end += 1 + digits(end + 1);
    }
    if matches!(at(end), Some(b'e' | b'E')) {
        let sign = usize::from(matches!(at(end + 1), Some(b'+' | b'-')));
        let exponent = digits(end + 1 + sign);
        if exponent > 0 && !text[end + 1 + sign + exponent..].starts_with(is_name_sign) {
            end += 1 + sign + exponent;
        }
    }
    if at(end) == Some(b'%') { end + 1 } else { end }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Vec<(TokenKind, &str)> {
        tokens(text).into_iter().map(|token| (token.kind, &text[token.start..token.end])).collect()
    }

    #[test]
    fn words_are_told_by_their_place() {
        use TokenKind::{
            Column, Comment, Documentation, Function, Keyword, Name, Number, Operator, Qualifier, Reserved, Setting,
            Text, Unit,
        };
        let text = "## Doc\nmodel A for os on all  # why\n  learn rsf(trees = 500)\n  fuse late bma(a)\n";
        assert_eq!(
            shown(text),
            [
                (Documentation, "## Doc"),
                (Keyword, "model"),
                (Name, "A"),
                (Reserved, "for"),
                (Name, "os"),
                (Reserved, "on"),
                (Name, "all"),
                (Comment, "# why"),
                (Keyword, "learn"),
                (Function, "rsf"),
                (Operator, "("),
                (Setting, "trees"),
                (Operator, "="),
                (Number, "500"),
                (Operator, ")"),
                (Keyword, "fuse"),
                (Qualifier, "late"),
                (Function, "bma"),
                (Operator, "("),
                (Name, "a"),
                (Operator, ")"),
            ]
        );
        let text = "cohort c from t\n  include \"x\": `1_a` >= 18 years and d < 2021-01-31\n";
        let kinds: Vec<TokenKind> = shown(text).into_iter().map(|(kind, _)| kind).collect();
        assert_eq!(
            kinds[4..],
            [Keyword, Text, Operator, Column, Operator, Operator, Number, Unit, Reserved, Name, Operator, Number]
        );
    }

    #[test]
    fn every_sign_is_in_a_token_or_blank_whatever_the_text() {
        for text in ["table \"unclosed\n  key `x\n)(\n", "é = 3e\n", "\u{feff}study X\n", "a in 1 .. 2e5 step 70%", "#"]
        {
            let mut covered = vec![false; text.len()];
            for token in tokens(text) {
                assert!(text.get(token.start..token.end).is_some(), "{text:?} {token:?}");
                assert!(!covered[token.start..token.end].contains(&true), "{text:?} {token:?}");
                covered[token.start..token.end].fill(true);
            }
            for (at, sign) in text.char_indices() {
                assert!(covered[at] || sign.is_whitespace() || sign == '\u{feff}', "{text:?} at {at}");
            }
        }
    }
}
