//! The parts of YAML (and so JSON) that parameter files use: maps and lists by indentation or in brackets, plain and
//! quoted words, comments. Anchors, tags and block text are refused.

use super::parameters::ParameterFault;

/// A value of a parameter file.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Null,
    Flag(bool),
    /// The number and whether it was written as a whole one.
    Number(f64, bool),
    Text(String),
    List(Vec<Node>),
    Map(Vec<(String, Node)>),
}

struct Line<'a> {
    number: usize,
    indent: usize,
    text: &'a str,
}

/// A line without its comment, which starts with `#` after a blank and outside quotes.
fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut previous = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(q) if c == q => quote = None,
            Some(_) => {}
            None if c == '"' || (c == '\'' && !previous.is_alphanumeric()) => quote = Some(c),
            None if c == '#' && previous.is_whitespace() => return &line[..at],
            None => {}
        }
        previous = c;
    }
    line
}

/// Parses the text into nested values.
///
/// # Errors
/// [`ParameterFault::Syntax`].
pub fn parse(text: &str) -> Result<Node, ParameterFault> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Brackets may run over lines; such lines are joined.
    let mut joined: Vec<(usize, String)> = Vec::new();
    let mut depth = 0i64;
    for (number, raw) in text.lines().enumerate() {
        let line = without_comment(raw).trim_end();
        if line.trim().is_empty() || (depth == 0 && matches!(line.trim(), "---" | "...")) || line.starts_with('%') {
            continue;
        }
        if depth > 0 {
            if let Some((_, last)) = joined.last_mut() {
                last.push(' ');
                last.push_str(line.trim());
            }
        } else {
            joined.push((number + 1, line.to_owned()));
        }
        depth += brackets(line);
        if depth < 0 {
            return Err(ParameterFault::Syntax { line: number + 1, reason: "a bracket closes that was not opened" });
        }
    }
    if depth > 0 {
        let line = joined.last().map_or(0, |(line, _)| *line);
        return Err(ParameterFault::Syntax { line, reason: "a bracket is not closed" });
    }
    let mut lines = Vec::new();
    for (number, text) in &joined {
        let body = text.trim_start_matches(' ');
        if body.starts_with('\t') {
            return Err(ParameterFault::Syntax { line: *number, reason: "tabs cannot indent" });
        }
        lines.push(Line { number: *number, indent: text.len() - body.len(), text: body });
    }
    if lines.is_empty() {
        return Ok(Node::Map(Vec::new()));
    }
    let mut at = 0;
    let node = block(&lines, &mut at, lines[0].indent, 0)?;
    match lines.get(at) {
        None => Ok(node),
        Some(line) => Err(ParameterFault::Syntax { line: line.number, reason: "does not line up with what is above" }),
    }
}

fn brackets(line: &str) -> i64 {
    let mut quote = None;
    let mut depth = 0;
    for c in line.chars() {
        match (quote, c) {
            (Some(q), c) if c == q => quote = None,
            (None, '"') => quote = Some('"'),
            (None, '[' | '{') => depth += 1,
            (None, ']' | '}') => depth -= 1,
            _ => {}
        }
    }
    depth
}

const DEEPEST: usize = 32;

fn block(lines: &[Line<'_>], at: &mut usize, indent: usize, depth: usize) -> Result<Node, ParameterFault> {
    let first = &lines[*at];
    if depth > DEEPEST {
        return Err(ParameterFault::Syntax { line: first.number, reason: "is nested too deeply" });
    }
    if first.text.starts_with("- ") || first.text == "-" {
        let mut items = Vec::new();
        while let Some(line) =
            lines.get(*at).filter(|l| l.indent == indent && (l.text.starts_with("- ") || l.text == "-"))
        {
            let rest = line.text[1..].trim();
            *at += 1;
            if rest.is_empty() {
                match lines.get(*at).filter(|l| l.indent > indent) {
                    Some(next) => {
                        let inner = next.indent;
                        items.push(block(lines, at, inner, depth + 1)?);
                    }
                    None => items.push(Node::Null),
                }
            } else {
                items.push(flow(rest, line.number)?);
            }
        }
        return Ok(Node::List(items));
    }
    let Some(_) = key_of(first.text) else {
        *at += 1;
        return flow(first.text, first.number);
    };
    let mut map: Vec<(String, Node)> = Vec::new();
    while let Some(line) = lines.get(*at).filter(|l| l.indent == indent) {
        let Some((key, rest)) = key_of(line.text) else {
            return Err(ParameterFault::Syntax { line: line.number, reason: "is no `name: value`" });
        };
        *at += 1;
        let value = if rest.is_empty() {
            match lines.get(*at) {
                // A list may stand at the indentation of its key.
                Some(next) if next.indent > indent || (next.indent == indent && next.text.starts_with("- ")) => {
                    let inner = next.indent;
                    block(lines, at, inner, depth + 1)?
                }
                _ => Node::Null,
            }
        } else {
            flow(rest, line.number)?
        };
        if map.iter().any(|(known, _)| *known == key) {
            return Err(ParameterFault::Syntax { line: line.number, reason: "names something a second time" });
        }
        map.push((key, value));
    }
    Ok(Node::Map(map))
}

/// Splits `key: value`; the colon must be followed by a blank or end the line.
fn key_of(text: &str) -> Option<(String, &str)> {
    if text.starts_with(['[', '{']) {
        return None;
    }
    if let Some(q) = text.chars().next().filter(|c| *c == '"' || *c == '\'') {
        let (key, rest) = text[1..].split_once(q)?;
        return Some((key.to_owned(), rest.trim_start().strip_prefix(':')?.trim()));
    }
    let at = text.char_indices().find_map(|(i, c)| {
        let ends = text[i + c.len_utf8()..].chars().next().is_none_or(char::is_whitespace);
        (c == ':' && ends).then_some(i)
    })?;
    Some((text[..at].trim().to_owned(), text[at + 1..].trim()))
}

fn flow(text: &str, line: usize) -> Result<Node, ParameterFault> {
    let mut reader = Flow { rest: text, line };
    let node = reader.value(0)?;
    if reader.rest.trim().is_empty() {
        Ok(node)
    } else {
        Err(ParameterFault::Syntax { line, reason: "has something left over after its value" })
    }
}

struct Flow<'a> {
    rest: &'a str,
    line: usize,
}

impl Flow<'_> {
    fn fault(&self, reason: &'static str) -> ParameterFault {
        ParameterFault::Syntax { line: self.line, reason }
    }

    fn value(&mut self, depth: usize) -> Result<Node, ParameterFault> {
        if depth > DEEPEST {
            return Err(self.fault("is nested too deeply"));
        }
        self.rest = self.rest.trim_start();
        match self.rest.chars().next() {
            Some('[') => {
                self.rest = &self.rest[1..];
                let mut items = Vec::new();
                while !self.closes(']')? {
                    items.push(self.value(depth + 1)?);
                    self.comma(']')?;
                }
                Ok(Node::List(items))
            }
            Some('{') => {
                self.rest = &self.rest[1..];
                let mut map = Vec::new();
                while !self.closes('}')? {
                    let key = match self.word(true)? {
                        Node::Text(key) => key,
                        Node::Number(value, _) => value.to_string(),
                        _ => return Err(self.fault("has a name that is no word")),
                    };
                    self.rest = self.rest.trim_start();
                    let value = match self.rest.strip_prefix(':') {
                        Some(rest) => {
                            self.rest = rest.trim_start();
                            if self.rest.starts_with([',', '}']) { Node::Null } else { self.value(depth + 1)? }
                        }
                        None => Node::Null,
                    };
                    map.push((key, value));
                    self.comma('}')?;
                }
                Ok(Node::Map(map))
            }
            Some('&' | '*' | '!' | '|' | '>') => Err(self.fault("uses a part of YAML that is not read here")),
            _ => self.word(depth > 0),
        }
    }

    fn closes(&mut self, bracket: char) -> Result<bool, ParameterFault> {
        self.rest = self.rest.trim_start();
        match self.rest.strip_prefix(bracket) {
            Some(rest) => {
                self.rest = rest;
                Ok(true)
            }
            None if self.rest.is_empty() => Err(self.fault("lacks a closing bracket")),
            None => Ok(false),
        }
    }

    fn comma(&mut self, bracket: char) -> Result<(), ParameterFault> {
        self.rest = self.rest.trim_start();
        if let Some(rest) = self.rest.strip_prefix(',') {
            self.rest = rest;
            Ok(())
        } else if self.rest.starts_with(bracket) {
            Ok(())
        } else {
            Err(self.fault("lacks a comma or a closing bracket"))
        }
    }

    /// One word; inside brackets it ends at a comma, a bracket or a colon.
    fn word(&mut self, bracketed: bool) -> Result<Node, ParameterFault> {
        self.rest = self.rest.trim_start();
        if let Some(quote) = self.rest.chars().next().filter(|c| *c == '"' || *c == '\'') {
            let inner = &self.rest[1..];
            let (word, rest) = inner.split_once(quote).ok_or_else(|| self.fault("has a quote that is not closed"))?;
            self.rest = rest;
            return Ok(Node::Text(word.to_owned()));
        }
        let end = if bracketed {
            self.rest
                .char_indices()
                .find(|(i, c)| {
                    matches!(c, ',' | ']' | '}' | '[' | '{')
                        || (*c == ':' && self.rest[i + 1..].chars().next().is_none_or(|n| n == ' ' || n == ','))
                })
                .map_or(self.rest.len(), |(i, _)| i)
        } else {
            self.rest.len()
        };
        let word = self.rest[..end].trim();
        self.rest = &self.rest[end..];
        Ok(match word {
            "" | "~" | "null" | "Null" | "NULL" | "None" => Node::Null,
            "true" | "True" | "TRUE" | "yes" | "Yes" | "on" | "On" => Node::Flag(true),
            "false" | "False" | "FALSE" | "no" | "No" | "off" | "Off" => Node::Flag(false),
            _ => match word.parse::<f64>() {
                Ok(number) if number.is_finite() => Node::Number(number, word.parse::<i64>().is_ok()),
                _ => Node::Text(word.to_owned()),
            },
        })
    }
}
