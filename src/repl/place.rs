//! Where the cursor stands in what is being typed: which declaration, which clause, which slot of
//! it, inside which call.

use crate::syntax::ast::Preposition;
use crate::syntax::keywords::{self, Keyword};

use super::tokens::{Kind, Token, lex};

/// The place of the cursor.
#[derive(Clone, Debug)]
pub struct Place<'a> {
    /// What is typed of the word at the cursor, and where it begins; with its quote or backtick.
    pub prefix: &'a str,
    pub start: usize,
    pub kind: PlaceKind<'a>,
    /// The declaration around the cursor and what its first line says.
    pub declaration: Option<&'static Keyword>,
    pub head: Vec<Token<'a>>,
}

#[derive(Clone, Debug)]
pub enum PlaceKind<'a> {
    /// After the colon of a command: its name.
    Command,
    /// After a command's name.
    CommandArgument(&'a str),
    /// After `?`.
    Help,
    /// The first word at the margin.
    LineStart,
    /// The first word of an indented line.
    ClauseStart,
    /// After `what if`: a clause of anything.
    AnyClause,
    /// A slot that takes this kind of thing.
    Slot(Option<keywords::Kind>, Option<&'static Keyword>),
    /// An operand stands before the cursor: prepositions and operators may follow.
    After(Option<keywords::Kind>, Option<&'static Keyword>),
    /// Inside the brackets of a call; `of` is the slot that the call stands in.
    Argument { function: &'a str, of: Option<keywords::Kind>, after_tilde: bool },
    /// After `trees =` inside a call.
    Setting { function: &'a str, name: &'a str, of: Option<keywords::Kind> },
    /// Between double quotes, after a comparison with this column.
    Level(&'a str),
    /// Between double quotes where a file is named.
    File,
    /// Between other double quotes, in a comment, after a number: nothing to offer.
    Nothing,
}

/// Finds the place at the end of `text`, which is what stands before the cursor.
pub fn place(text: &str) -> Place<'_> {
    let line = text.trim_start_matches('\n');
    let offset = text.len() - line.len();
    let plain = |prefix: &'static str| prefix;
    let none = |kind, start: usize, prefix| Place { prefix, start, kind, declaration: None, head: Vec::new() };
    if let Some(rest) = line.strip_prefix(':') {
        let rest_start = offset + 1;
        return match rest.strip_prefix("what if ") {
            Some(_) => clause_of_anything(text, rest_start + 8),
            None => match rest.split_once(' ') {
                Some((command, argument)) => {
                    let start = argument.rfind(' ').map_or(0, |at| at + 1);
                    let at = rest_start + command.len() + 1 + start;
                    none(PlaceKind::CommandArgument(command), at, &text[at..])
                }
                None => none(PlaceKind::Command, rest_start, rest),
            },
        };
    }
    if line.starts_with('?') {
        let start = text.len() - line.trim_start_matches('?').trim_start().len();
        return none(PlaceKind::Help, start, &text[start..]);
    }
    if line.starts_with("what if ") {
        return clause_of_anything(text, offset + 8);
    }
    // The declaration around the cursor begins at the last line that is not indented.
    let mut begin = 0;
    let mut at = 0;
    for physical in text.split_inclusive('\n') {
        if physical.starts_with(|sign: char| !sign.is_whitespace() && sign != '#') {
            begin = at;
        }
        at += physical.len();
    }
    let last_line = text.rfind('\n').map_or(0, |newline| newline + 1);
    if last_line == text.len() && last_line > 0 {
        // Nothing typed yet on a new line: it may be a declaration or an indented clause.
        begin = begin.min(last_line);
    }
    let tokens = lex_from(text, begin);
    if let Some(last) = tokens.last()
        && last.kind == Kind::Comment
        && !text.ends_with('\n')
    {
        return none(PlaceKind::Nothing, text.len(), plain(""));
    }
    let (before, prefix, start) = split_prefix(text, &tokens);
    let lines = text.get(begin..).unwrap_or("");
    let head_end = begin + lines.find('\n').unwrap_or(lines.len());
    let head: Vec<Token<'_>> = tokens.iter().filter(|token| token.start < head_end).copied().collect();
    let declaration = before.first().and_then(|first| keywords::declaration(first.text));
    let make = |kind| Place { prefix, start, kind, declaration, head: head.clone() };

    let indented = text[last_line..start].chars().all(char::is_whitespace) && last_line < start;
    if before.is_empty() || (start == last_line && text[..start].ends_with('\n')) {
        return make(PlaceKind::LineStart);
    }
    if indented && last_line > begin && depth(before) == 0 {
        return make(PlaceKind::ClauseStart);
    }
    // The line of the cursor begins at the last physical line that a clause's keyword begins.
    let mut own = begin;
    let mut keyword = declaration;
    let mut at = begin;
    for physical in lines.split_inclusive('\n') {
        if at > begin && at < start {
            let word = physical.split_whitespace().next().unwrap_or("");
            if let Some(clause) = declaration.and_then(|declaration| declaration.clause(word)) {
                own = at;
                keyword = Some(clause);
            }
        }
        at += physical.len();
    }
    let line: Vec<Token<'_>> = before.iter().filter(|token| token.start >= own).copied().collect();
    make(in_line(&line, keyword, prefix))
}

fn clause_of_anything(text: &str, from: usize) -> Place<'_> {
    let tokens = lex_from(text, from);
    let (before, prefix, start) = split_prefix(text, &tokens);
    // `SURVIVAL: learn rsf` speaks of one declaration.
    let line: Vec<Token<'_>> = match before {
        [_, colon, rest @ ..] if colon.text == ":" => rest.to_vec(),
        all => all.to_vec(),
    };
    let kind = match line.first() {
        None => PlaceKind::AnyClause,
        Some(first) => {
            let keyword = keywords::any_clause(first.text).or_else(|| keywords::declaration(first.text));
            in_line(&line, keyword, prefix)
        }
    };
    Place { prefix, start, kind, declaration: keywords::declaration("model"), head: Vec::new() }
}

fn lex_from(text: &str, from: usize) -> Vec<Token<'_>> {
    let mut tokens = lex(text.get(from..).unwrap_or(""));
    for token in &mut tokens {
        token.start += from;
    }
    tokens
}

/// The tokens before the word at the cursor, that word, and where it begins.
fn split_prefix<'t, 'a>(text: &'a str, tokens: &'t [Token<'a>]) -> (&'t [Token<'a>], &'a str, usize) {
    if let Some((last, before)) = tokens.split_last() {
        let is_open = match last.kind {
            Kind::Word => true,
            Kind::Text { closed } | Kind::Quoted { closed } => !closed,
            _ => false,
        };
        // `PRIME_S.` and `leak::` go on.
        let joins = matches!(last.text, "." | "::") && last.kind == Kind::Sign && last.end() == text.len();
        if is_open && last.end() == text.len() {
            return (before, last.text, last.start);
        }
        if joins
            && let Some((word, earlier)) = before.split_last()
            && word.kind == Kind::Word
            && word.end() == last.start
        {
            return (earlier, &text[word.start..], word.start);
        }
    }
    (tokens, "", text.len())
}

fn depth(tokens: &[Token<'_>]) -> usize {
    let mut depth = 0usize;
    for token in tokens.iter().filter(|token| token.kind == Kind::Sign) {
        match token.text {
            "(" => depth += 1,
            ")" => depth = depth.saturating_sub(1),
            _ => {}
        }
    }
    depth
}

/// The slot of a line whose tokens up to the cursor's word are `line`.
fn in_line<'a>(line: &[Token<'a>], keyword: Option<&'static Keyword>, prefix: &'a str) -> PlaceKind<'a> {
    let from = usize::from(keyword.is_some_and(|keyword| line.first().is_some_and(|first| first.text == keyword.word)));
    let mut slot = match keyword {
        Some(keyword) => keyword.list.kind(),
        None => Some(keywords::Kind::Asked),
    };
    // Calls that are open, each with what stands left of a tilde told apart.
    let mut open: Vec<(&'a str, usize, Option<keywords::Kind>)> = Vec::new();
    for (place, token) in line.iter().enumerate().skip(from) {
        match (token.kind, token.text) {
            (Kind::Sign, "(") => {
                let function = line
                    .get(place.wrapping_sub(1))
                    .filter(|word| word.kind == Kind::Word && !keywords::is_reserved(word.text));
                open.push((function.map_or("", |word| word.text), place, slot));
            }
            (Kind::Sign, ")") => {
                open.pop();
            }
            (Kind::Word, word) if open.is_empty() => {
                if let Some(preposition) = Preposition::ALL.into_iter().find(|known| known.word() == word) {
                    slot = match keyword {
                        Some(keyword) => keyword.slot(preposition).and_then(|slot| slot.list.kind()),
                        None => match preposition {
                            Preposition::On => Some(keywords::Kind::Rows),
                            Preposition::By => Some(keywords::Kind::Value),
                            Preposition::At => Some(keywords::Kind::Time),
                            _ => None,
                        },
                    };
                }
            }
            (Kind::Sign, "=") if open.is_empty() => {
                slot = keyword.and_then(|keyword| keyword.value.kind());
            }
            _ => {}
        }
    }
    let last = line.last();
    if prefix.starts_with('"') {
        if matches!(slot, Some(keywords::Kind::File)) && open.is_empty() {
            return PlaceKind::File;
        }
        let names = line.iter().rev().skip_while(|token| token.kind != Kind::Sign && token.text != "in");
        let compares = line.iter().rev().find(|token| matches!(token.text, "==" | "!=" | "in"));
        if let (Some(_), Some(column)) = (
            compares,
            names.clone().find(|token| {
                matches!(token.kind, Kind::Word | Kind::Quoted { .. }) && !keywords::is_reserved(token.text)
            }),
        ) {
            return PlaceKind::Level(column.text.trim_matches('`'));
        }
        if open
            .last()
            .is_some_and(|(function, ..)| function.is_empty() || matches!(slot, Some(keywords::Kind::Enrichment)))
        {
            return PlaceKind::File;
        }
        return if line.last().is_some_and(|token| token.text == "from") {
            PlaceKind::File
        } else {
            PlaceKind::Nothing
        };
    }
    if let Some((function, at, of)) = open.iter().rev().find(|(function, ..)| !function.is_empty()).copied() {
        let inside = line.get(at + 1..).unwrap_or(&[]);
        if let [.., name, sign] = inside
            && (sign.text == "=" || sign.text == "in")
            && name.kind == Kind::Word
        {
            return PlaceKind::Setting { function, name: name.text, of };
        }
        if last.is_some_and(Token::ends_operand) && last.is_some_and(|last| last.text != "(") {
            return PlaceKind::After(of, keyword);
        }
        let after_tilde = inside.iter().any(|token| token.text == "~");
        return PlaceKind::Argument { function, of, after_tilde };
    }
    if matches!(slot, Some(keywords::Kind::NewName)) && line.len() == from {
        return PlaceKind::Nothing;
    }
    let qualified = last.is_some_and(|last| keywords::is_qualifier(last.text));
    if line.len() > from && last.is_some_and(Token::ends_operand) && !qualified {
        return PlaceKind::After(slot, keyword);
    }
    PlaceKind::Slot(slot, keyword)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> String {
        let place = place(text);
        let kind = match place.kind {
            PlaceKind::Slot(kind, _) => format!("slot {kind:?}"),
            PlaceKind::After(kind, _) => format!("after {kind:?}"),
            other => format!("{other:?}"),
        };
        format!("{}|{kind}", place.prefix)
    }

    #[test]
    fn the_place_is_known() {
        for (text, wanted) in [
            ("", "|LineStart"),
            ("mod", "mod|LineStart"),
            (":sw", "sw|Command"),
            (":switch ma", "ma|CommandArgument(\"switch\")"),
            ("?rs", "rs|Help"),
            ("what if le", "le|AnyClause"),
            ("what if learn r", "r|slot Some(Learner)"),
            ("model A for o", "o|slot Some(Endpoint)"),
            ("model A for os\n  ", "|ClauseStart"),
            ("model A for os\n  le", "le|ClauseStart"),
            (
                "model A for os\n  learn rsf(tr",
                "tr|Argument { function: \"rsf\", of: Some(Learner), after_tilde: false }",
            ),
            (
                "model A for os\n  learn rsf(trees = ",
                "|Setting { function: \"rsf\", name: \"trees\", of: Some(Learner) }",
            ),
            ("model A for os\n  choose by C", "C|slot Some(Metric)"),
            ("model A for os\n  prepare x by median then z", "z|slot Some(Pipeline)"),
            ("table t from \"pat", "\"pat|File"),
            ("evaluate A o", "o|after Some(Asked)"),
            ("evaluate A on tr", "tr|slot Some(Rows)"),
            ("km(o", "o|Argument { function: \"km\", of: Some(Asked), after_tilde: false }"),
            ("km(os ~ a", "a|Argument { function: \"km\", of: Some(Asked), after_tilde: true }"),
            ("cohort e from t\n  include \"a\": child_pugh in (\"A\", \"", "\"|Level(\"child_pugh\")"),
            ("albi by c", "c|slot Some(Value)"),
            ("derive x = log", "log|slot Some(Value)"),
            ("# com", "|Nothing"),
        ] {
            assert_eq!(told(text), wanted, "{text:?}");
        }
    }
}
