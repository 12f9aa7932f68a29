//! `?rsf` and `??calibration`: the pages of the manual, and beside them what only the prompt has,
//! its commands, and the words that qualify others. Completion reads the same entries.

use std::fmt::Write;

use crate::card::{Card, Initial, Parameter};
use crate::manual::{self, Page};
use crate::syntax::diagnostic::nearest;
use crate::syntax::keywords;

use super::commands::{self, Command};
use super::reply::{Piece, Reply};

/// One thing with documentation.
#[derive(Clone, Copy)]
pub enum Entry {
    Page(&'static Page),
    Qualifier(&'static str),
    Command(&'static Command),
}

/// Every card of every engine.
pub fn cards() -> impl Iterator<Item = &'static Card> {
    manual::cards()
}

/// Everything that has documentation.
pub fn entries() -> impl Iterator<Item = Entry> {
    let pages = manual::pages().iter().map(Entry::Page);
    let qualifiers = keywords::qualifiers().map(Entry::Qualifier);
    pages.chain(qualifiers).chain(commands::all().iter().map(|command| Entry::Command(command)))
}

impl Entry {
    /// The word that it is found by.
    pub fn name(&self) -> &'static str {
        match self {
            Entry::Page(page) => &page.name,
            Entry::Qualifier(word) => word,
            Entry::Command(command) => command.name,
        }
    }

    /// What it is: `learner`, `clause of model`.
    pub fn kind(&self) -> String {
        match self {
            Entry::Page(page) => match page.of {
                Some(of) => format!("{} of {of}", page.topic.noun()),
                None => page.topic.noun().to_owned(),
            },
            Entry::Qualifier(_) => "qualifier".to_owned(),
            Entry::Command(_) => "command".to_owned(),
        }
    }

    /// One sentence.
    pub fn summary(&self) -> &'static str {
        match self {
            Entry::Page(page) => &page.summary,
            Entry::Qualifier(word) => keywords::qualifier(word).unwrap_or(""),
            Entry::Command(command) => command.summary,
        }
    }

    fn piece(&self) -> Piece {
        match self {
            Entry::Page(page) => Piece::Manual(page),
            Entry::Qualifier(word) => Piece::Page(format!("# {word}: qualifier\n\n{}\n", self.summary())),
            Entry::Command(command) => Piece::Page(format!(
                "# :{}: command\n\n{}\n\n    :{} {}\n\n{}\n\nExample:\n\n    {}\n",
                command.name, command.summary, command.name, command.usage, command.documentation, command.example
            )),
        }
    }

    /// Whether it speaks of all the words; pages are searched by the manual.
    fn speaks(&self, words: &[String]) -> bool {
        let text = match self {
            Entry::Page(_) => return false,
            Entry::Qualifier(word) => format!("{word} {}", self.summary()),
            Entry::Command(command) => format!("{} {} {}", command.name, command.summary, command.documentation),
        };
        let text = text.to_lowercase();
        words.iter().all(|word| text.contains(word))
    }
}

/// The values and the default of a parameter: `(a whole number of at least 1; 500 unless given)`.
pub fn domain(parameter: &Parameter) -> String {
    let default = match parameter.default {
        Initial::Integer(value) => format!("{value} unless given"),
        Initial::Real(value) => format!("{value} unless given"),
        Initial::Choice(value) => format!("{value} unless given"),
        Initial::Flag(value) => format!("{} unless given", if value { "yes" } else { "no" }),
        Initial::Derived(rule) => format!("{rule} unless given"),
        Initial::Required => "must be given".to_owned(),
    };
    format!("({}; {default})", parameter.domain)
}

/// `?word`: the page, or pages, of a word.
pub(super) fn page(word: &str) -> Reply {
    let word = word.trim_start_matches(':').trim_matches('`');
    if word.is_empty() {
        return commands::help::page();
    }
    let mut pieces: Vec<Piece> = entries().filter(|entry| entry.name() == word).map(|entry| entry.piece()).collect();
    if pieces.is_empty() {
        pieces = manual::find(word).into_iter().map(Piece::Manual).collect();
    }
    if pieces.is_empty() {
        // The last part of a code serves where it is said without its family.
        let last = |entry: &Entry| entry.name().rsplit("::").next() == Some(word);
        pieces = entries().filter(last).map(|entry| entry.piece()).collect();
    }
    if pieces.is_empty() {
        let names: Vec<&str> = entries().map(|entry| entry.name()).collect();
        return Reply::caution(match nearest(word, names) {
            Some(near) => format!("nothing is called `{word}`; did you mean `{near}`? `??{word}` searches"),
            None => format!("nothing is called `{word}`; `??{word}` searches"),
        });
    }
    // A clause that says the same in several declarations is told once.
    let mut seen: Vec<String> = Vec::new();
    pieces.retain(|piece| {
        let Piece::Manual(page) = piece else { return true };
        let body = page.markdown().split_once('\n').map_or(String::new(), |(_, body)| body.to_owned());
        let is_new = !seen.contains(&body);
        seen.push(body);
        is_new
    });
    Reply { pieces }
}

/// `??words`: what speaks of them, best first.
pub(super) fn search(words: &str) -> Reply {
    let wanted: Vec<String> = words.to_lowercase().split_whitespace().map(str::to_owned).collect();
    if wanted.is_empty() {
        return Reply::note("say what is searched: `??calibration`");
    }
    let found: Vec<Entry> = manual::search(words)
        .into_iter()
        .map(Entry::Page)
        .chain(entries().filter(|entry| entry.speaks(&wanted)))
        .collect();
    if found.is_empty() {
        return Reply::note(format!("nothing speaks of {words}"));
    }
    let mut page = String::new();
    for entry in found.iter().take(20) {
        let _ = writeln!(page, "- `{}` ({}) {}", entry.name(), entry.kind(), entry.summary());
    }
    if found.len() > 20 {
        let _ = writeln!(page, "\nand {} more; another word narrows it", found.len() - 20);
    }
    Reply { pieces: vec![Piece::Page(page)] }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_has_a_page() {
        for entry in entries() {
            let name = entry.name();
            assert!(!entry.summary().is_empty(), "{name} ({}) has no summary", entry.kind());
            let found = page(name);
            assert!(!found.pieces.is_empty() && !found.words().contains("nothing is called"), "?{name}");
        }
        assert!(page("what if").words().contains("command"));
        assert!(page("late").words().contains("qualifier"));
        assert!(page("fitted-on-test").pieces.iter().any(|piece| matches!(piece, Piece::Manual(_))));
    }

    #[test]
    fn search_finds_by_meaning() {
        assert!(search("random survival forest").words().contains("`rsf`"));
        assert!(search("branch").words().contains("`switch` (command)"));
        assert!(page("rfs").words().contains("did you mean `rsf`"));
    }
}
