//! The words of a line as it is being typed: unlike the parser it never waits for the rest. The
//! highlighter and completion read it.

use crate::syntax::keywords;

/// A stretch of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    pub start: usize,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Comment,
    /// Between double quotes; the second may be absent yet.
    Text {
        closed: bool,
    },
    /// Between backticks.
    Quoted {
        closed: bool,
    },
    Number,
    Word,
    /// One sign, or two that belong together.
    Sign,
}

impl Token<'_> {
    pub fn end(&self) -> usize {
        self.start + self.text.len()
    }

    /// Whether something may follow it that is no operand: it ends one.
    pub fn ends_operand(&self) -> bool {
        match self.kind {
            Kind::Text { closed } | Kind::Quoted { closed } => closed,
            Kind::Number => true,
            Kind::Word => !keywords::is_reserved(self.text),
            Kind::Sign => self.text == ")",
            Kind::Comment => false,
        }
    }
}

fn starts_word(sign: char) -> bool {
    sign.is_alphabetic() || sign == '_'
}

fn in_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

/// Cuts a line into tokens; blanks are left out.
pub fn lex(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(sign) = text[at..].chars().next() {
        let (kind, length) = match sign {
            sign if sign.is_whitespace() => {
                at += sign.len_utf8();
                continue;
            }
            '#' => (Kind::Comment, text[at..].find('\n').unwrap_or(text.len() - at)),
            '"' | '`' => {
                let rest = &text[at + 1..];
                let line = rest.find('\n').unwrap_or(rest.len());
                let close = closing(&rest[..line], sign);
                let length = 1 + close.unwrap_or(line);
                let closed = close.is_some();
                (if sign == '"' { Kind::Text { closed } } else { Kind::Quoted { closed } }, length)
            }
            sign if sign.is_ascii_digit() => {
                let mut length = 0;
                let mut is_word = false;
                for (offset, inner) in text[at..].char_indices() {
                    let more = in_word(inner)
                        || (inner == '.' && text[at + offset + 1..].starts_with(|next: char| next.is_ascii_digit()));
                    if !more {
                        break;
                    }
                    is_word |= inner == '_';
                    length = offset + inner.len_utf8();
                }
                (if is_word { Kind::Word } else { Kind::Number }, length)
            }
            sign if starts_word(sign) => (Kind::Word, word_length(&text[at..])),
            _ => {
                let two = ["==", "!=", "<=", ">=", "..", "::"].iter().find(|two| text[at..].starts_with(**two));
                (Kind::Sign, two.map_or(sign.len_utf8(), |two| two.len()))
            }
        };
        tokens.push(Token { kind, text: &text[at..at + length], start: at });
        at += length;
    }
    tokens
}

fn closing(rest: &str, sign: char) -> Option<usize> {
    let mut escaped = false;
    for (offset, found) in rest.char_indices() {
        if found == sign && !escaped {
            return Some(offset + found.len_utf8());
        }
        escaped = found == '\\' && !escaped && sign == '"';
    }
    None
}

/// Letters, digits, inner hyphens, dots before a letter, `::` before a letter.
fn word_length(text: &str) -> usize {
    let mut length = 0;
    let mut rest = text;
    while let Some(sign) = rest.chars().next() {
        let taken = if in_word(sign) {
            sign.len_utf8()
        } else {
            let joined = ["::", "-", "."].iter().find(|join| rest.starts_with(**join)).map_or(0, |join| join.len());
            if joined == 0 || length == 0 || !rest[joined..].starts_with(in_word) {
                break;
            }
            joined
        };
        length += taken;
        rest = &rest[taken..];
    }
    length
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_half_typed_is_cut() {
        let cut = |text| lex(text).iter().map(|token| token.text).collect::<Vec<_>>();
        assert_eq!(cut("show C-index, x-1"), ["show", "C-index", ",", "x-1"]);
        assert_eq!(cut("a <= 3.5 .. 4"), ["a", "<=", "3.5", "..", "4"]);
        assert_eq!(cut("`1_mRECIST` == \"a b"), ["`1_mRECIST`", "==", "\"a b"]);
        assert_eq!(cut("leak::fitted # why\nM.part"), ["leak::fitted", "# why", "M.part"]);
        assert_eq!(cut("1_mRE"), ["1_mRE"]);
        assert_eq!(lex("x \"a")[1].kind, Kind::Text { closed: false });
        assert_eq!(cut("é = β-2"), ["é", "=", "β-2"]);
    }
}
