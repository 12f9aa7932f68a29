//! One page, and how it is written.

use std::fmt::Write as _;

use crate::card::{Card, EndpointKind, Initial, Role};
use crate::syntax::Code;
use crate::syntax::keywords::{Count, Keyword};

/// What a page is about; the order is that of the manual.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Topic {
    /// A keyword at the beginning of a declaration.
    Declaration,
    /// A keyword at the beginning of an indented line.
    Clause,
    /// Something with a card.
    Thing(Role),
    /// A code of a fault.
    Diagnostic,
}

impl Topic {
    /// What such a thing is called: `learner`.
    pub fn noun(self) -> &'static str {
        match self {
            Topic::Declaration => "declaration",
            Topic::Clause => "clause",
            Topic::Diagnostic => "diagnostic",
            Topic::Thing(role) => match role {
                Role::Learner => "learner",
                Role::Step => "step",
                Role::Fusion => "fusion rule",
                Role::Metric => "metric",
                Role::Filter => "image filter",
                Role::FeatureClass => "feature class",
                Role::Perturbation => "perturbation of masks",
                Role::Figure => "figure",
                Role::Inference => "inference",
                Role::Differential => "test of genes",
                Role::Enrichment => "enrichment",
                Role::Explanation => "explanation",
                Role::Function => "function",
            },
        }
    }
}

/// A page of the manual.
#[derive(Clone, Debug)]
pub struct Page {
    /// The word in a study, or the code: `rsf`, `split`, `leak::fitted-on-test`.
    pub name: String,
    pub topic: Topic,
    /// The declaration that a clause belongs to.
    pub of: Option<&'static str>,
    pub title: String,
    /// One sentence.
    pub summary: String,
    /// Markdown without heading.
    body: String,
    /// Parameters as `name`, range, default, meaning.
    pub parameters: Vec<[String; 4]>,
    pub references: Vec<&'static str>,
    /// Kinds of endpoint that a card serves.
    pub serves: Vec<String>,
    pub example: String,
}

impl Page {
    pub(super) fn of_keyword(keyword: &'static Keyword, of: Option<&'static str>) -> Page {
        let mut body = format!("    {}\n\n{}", keyword.usage(), keyword.documentation);
        if of.is_some() {
            let count = match keyword.count {
                Count::Single => "May stand once in its declaration.",
                Count::Repeated => "May be repeated.",
                Count::Named => "May be repeated, each with another name.",
                Count::Labelled => "May be repeated, each with another label.",
            };
            write!(body, "\n\n{count}").ok();
        } else if !keyword.clauses.is_empty() {
            body.push_str("\n\nClauses:\n");
            for clause in keyword.clauses {
                write!(body, "\n- `{}`: {}", clause.usage(), clause.summary).ok();
            }
        }
        Page {
            name: keyword.word.to_owned(),
            topic: if of.is_some() { Topic::Clause } else { Topic::Declaration },
            of,
            title: of.map_or_else(|| keyword.word.to_owned(), |of| format!("{} (in {of})", keyword.word)),
            summary: keyword.summary.to_owned(),
            body,
            parameters: Vec::new(),
            references: Vec::new(),
            serves: Vec::new(),
            example: keyword.example.to_owned(),
        }
    }

    pub(super) fn of_card(card: &'static Card) -> Page {
        let mut body = card.documentation.trim().to_owned();
        if !card.endpoints.is_empty() && matches!(card.role, Role::Learner | Role::Metric | Role::Fusion) {
            let kinds: Vec<String> = card.endpoints.iter().map(EndpointKind::to_string).collect();
            write!(body, "\n\nServes: {} endpoints.", kinds.join(", ")).ok();
        }
        let parameters = card
            .parameters
            .iter()
            .map(|parameter| {
                let default = match parameter.default {
                    Initial::Integer(value) => value.to_string(),
                    Initial::Real(value) => value.to_string(),
                    Initial::Choice(word) => word.to_owned(),
                    Initial::Flag(flag) => if flag { "yes" } else { "no" }.to_owned(),
                    Initial::Derived(rule) => rule.to_owned(),
                    Initial::Required => "must be given".to_owned(),
                };
                [parameter.name.to_owned(), parameter.domain.to_string(), default, parameter.summary.to_owned()]
            })
            .collect();
        Page {
            name: card.name.to_owned(),
            topic: Topic::Thing(card.role),
            of: None,
            title: card.title.to_owned(),
            summary: card.summary.to_owned(),
            body,
            parameters,
            references: card.references.to_vec(),
            serves: card.endpoints.iter().map(EndpointKind::to_string).collect(),
            example: card.example.to_owned(),
        }
    }

    pub(super) fn of_code(code: &'static Code) -> Page {
        let block = |text: &str| text.lines().map(|line| format!("    {line}")).collect::<Vec<_>>().join("\n");
        Page {
            name: code.code.to_owned(),
            topic: Topic::Diagnostic,
            of: None,
            title: code.title.to_owned(),
            summary: code.title.to_owned(),
            body: match (code.bad, code.good) {
                ("", "") => code.explanation.to_owned(),
                (bad, good) => {
                    format!("{}\n\nWrong:\n\n{}\n\nRight:\n\n{}", code.explanation, block(bad), block(good))
                }
            },
            parameters: Vec::new(),
            references: Vec::new(),
            serves: Vec::new(),
            example: String::new(),
        }
    }

    /// `rsf: Random survival forest`.
    pub fn heading(&self) -> String {
        match self.topic {
            Topic::Declaration => format!("`{}`", self.name),
            Topic::Clause => format!("`{}` (in {})", self.name, self.of.unwrap_or_default()),
            _ => format!("`{}`: {}", self.name, self.title),
        }
    }

    /// For a link within a chapter.
    pub fn anchor(&self) -> String {
        let mut anchor = String::new();
        for character in self.heading().chars().flat_map(char::to_lowercase) {
            match character {
                ' ' => anchor.push('-'),
                c if c.is_alphanumeric() || c == '-' || c == '_' => anchor.push(c),
                _ => {}
            }
        }
        anchor
    }

    /// The page as Markdown below a second-level heading.
    pub fn markdown(&self) -> String {
        let mut text = format!("## {}\n\n", self.heading());
        if self.topic != Topic::Diagnostic {
            write!(text, "{}\n\n", self.summary).ok();
        }
        writeln!(text, "{}", self.body.trim_end()).ok();
        if !self.parameters.is_empty() {
            text.push_str("\n| setting | values | default | meaning |\n|---|---|---|---|\n");
            for [name, domain, default, meaning] in &self.parameters {
                let cell = |text: &str| text.replace('|', "\\|");
                writeln!(text, "| `{name}` | {} | {} | {} |", cell(domain), cell(default), cell(meaning)).ok();
            }
        }
        if !self.example.is_empty() {
            write!(text, "\n```\n{}\n```\n", self.example).ok();
        }
        if !self.references.is_empty() {
            text.push('\n');
            for reference in &self.references {
                writeln!(text, "- {reference}").ok();
            }
        }
        text
    }

    /// The page for a terminal of so many characters: paragraphs wrapped, settings in columns.
    pub fn plain(&self, width: usize) -> String {
        let width = width.clamp(40, 100);
        let mut text = format!("{} ({})\n", self.heading().replace('`', ""), self.topic.noun());
        if self.topic != Topic::Diagnostic {
            writeln!(text, "{}", wrapped(&self.summary, width, "")).ok();
        }
        text.push('\n');
        for paragraph in self.body.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            let listed = paragraph.lines().any(|line| line.starts_with("    ") || line.starts_with("- "));
            if listed {
                for line in paragraph.lines() {
                    match line.strip_prefix("- ") {
                        Some(item) => writeln!(text, "- {}", wrapped(item, width - 2, "  ").trim_start()).ok(),
                        None => writeln!(text, "{line}").ok(),
                    };
                }
            } else {
                let joined = paragraph.split_whitespace().collect::<Vec<_>>().join(" ");
                writeln!(text, "{}", wrapped(&joined, width, "")).ok();
            }
            text.push('\n');
        }
        if !self.parameters.is_empty() {
            text.push_str("Settings\n");
            for [name, domain, default, meaning] in &self.parameters {
                let line = format!("{meaning} {}{}; default {default}.", capital(domain), "");
                write!(text, "  {name}\n{}\n", wrapped(&line, width, "      ")).ok();
            }
            text.push('\n');
        }
        if !self.example.is_empty() {
            text.push_str("Example\n");
            for line in self.example.lines() {
                writeln!(text, "    {line}").ok();
            }
            text.push('\n');
        }
        for reference in &self.references {
            writeln!(text, "{}", wrapped(reference, width, "")).ok();
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
        text
    }
}

fn capital(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| first.to_uppercase().chain(characters).collect())
}

/// Words in lines of at most `width` characters, each after `indent`.
fn wrapped(text: &str, width: usize, indent: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut line = String::from(indent);
    let mut empty = true;
    for word in text.split_whitespace() {
        if !empty && line.chars().count() + 1 + word.chars().count() > width {
            lines.push(std::mem::replace(&mut line, indent.to_owned()));
            empty = true;
        }
        if !empty {
            line.push(' ');
        }
        line.push_str(word);
        empty = false;
    }
    lines.push(line);
    lines.join("\n")
}
