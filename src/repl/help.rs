//! `?rsf` and `??calibration`: everything that has documentation, gathered from where it stands:
//! keywords and clauses from the keyword table, learners, steps, rules, metrics, figures, filters,
//! feature classes, procedures and functions from their cards, diagnostics from their pages,
//! commands from their files. Completion and the manual read the same entries.

use std::fmt::Write;

use crate::card::{Card, EndpointKind, Initial, Parameter, Role};
use crate::plan::procedures;
use crate::syntax::Code;
use crate::syntax::diagnostic::nearest;
use crate::syntax::keywords::{self, Keyword};
use crate::{check, figures, frame, fuse, learn, radiomics, stats, survival};

use super::commands::{self, Command};
use super::reply::{Piece, Reply};

/// One thing with documentation.
#[derive(Clone, Copy)]
pub enum Entry {
    Declaration(&'static Keyword),
    /// With the declaration that it belongs to.
    Clause(&'static Keyword, &'static str),
    Qualifier(&'static str),
    Card(&'static Card),
    Code(&'static Code),
    Command(&'static Command),
}

/// Every card of every engine, without those that appear twice.
pub fn cards() -> impl Iterator<Item = &'static Card> {
    let learners = learn::learners().iter().chain(survival::learners()).map(|learner| learner.card());
    let steps = fuse::all_steps().map(|step| step.card());
    let rules = fuse::rules().iter().map(|rule| rule.card());
    let metrics = stats::metrics().iter().chain(survival::metrics()).map(|metric| metric.card());
    let procedures = procedures::all().iter().map(|procedure| procedure.card);
    let functions = frame::functions::functions().iter().map(|function| function.card);
    let filters = radiomics::filter::cards();
    let classes = radiomics::FeatureClass::ALL.into_iter().map(radiomics::FeatureClass::card);
    learners
        .chain(steps)
        .chain(rules)
        .chain(metrics)
        .chain(procedures)
        .chain(functions)
        .chain(filters)
        .chain(classes)
        .chain(figures::CARDS.iter().copied())
}

/// Everything that has documentation.
pub fn entries() -> Vec<Entry> {
    let mut entries: Vec<Entry> = Vec::new();
    for keyword in keywords::DECLARATIONS {
        entries.push(Entry::Declaration(keyword));
        entries.extend(keyword.clauses.iter().map(|clause| Entry::Clause(clause, keyword.word)));
    }
    entries.extend(keywords::qualifiers().map(Entry::Qualifier));
    entries.extend(cards().map(Entry::Card));
    entries.extend(check::codes::all().map(Entry::Code));
    entries.extend(commands::all().iter().map(|command| Entry::Command(command)));
    entries
}

impl Entry {
    /// The word that it is found by.
    pub fn name(&self) -> &'static str {
        match self {
            Entry::Declaration(keyword) | Entry::Clause(keyword, _) => keyword.word,
            Entry::Qualifier(word) => word,
            Entry::Card(card) => card.name,
            Entry::Code(code) => code.code,
            Entry::Command(command) => command.name,
        }
    }

    /// What it is: `learner`, `clause of model`.
    pub fn kind(&self) -> String {
        match self {
            Entry::Declaration(_) => "declaration".to_owned(),
            Entry::Clause(_, of) => format!("clause of {of}"),
            Entry::Qualifier(_) => "qualifier".to_owned(),
            Entry::Card(card) => role(card.role).to_owned(),
            Entry::Code(_) => "diagnostic".to_owned(),
            Entry::Command(_) => "command".to_owned(),
        }
    }

    /// One sentence.
    pub fn summary(&self) -> &'static str {
        match self {
            Entry::Declaration(keyword) | Entry::Clause(keyword, _) => keyword.summary,
            Entry::Qualifier(word) => keywords::qualifier(word).unwrap_or(""),
            Entry::Card(card) => card.summary,
            Entry::Code(code) => code.title,
            Entry::Command(command) => command.summary,
        }
    }

    /// The whole page, in Markdown.
    pub fn page(&self) -> String {
        let mut page = format!("# {}: {}\n\n", self.name(), self.kind());
        match self {
            Entry::Declaration(keyword) | Entry::Clause(keyword, _) => {
                let _ = write!(page, "{}\n\n    {}\n\n{}\n\n", keyword.summary, keyword.usage(), keyword.documentation);
                if !keyword.clauses.is_empty() {
                    page.push_str("Clauses:\n\n");
                    for clause in keyword.clauses {
                        let _ = writeln!(page, "- `{}` {}", clause.usage(), clause.summary);
                    }
                    page.push('\n');
                }
                example(&mut page, keyword.example);
            }
            Entry::Qualifier(word) => {
                let _ = writeln!(page, "{}\n", keywords::qualifier(word).unwrap_or(""));
            }
            Entry::Card(card) => card_page(&mut page, card),
            Entry::Code(code) => {
                let _ = write!(page, "{}\n\n{}\n\nWrong:\n\n", code.title, code.explanation);
                fenced(&mut page, code.bad);
                page.push_str("Right:\n\n");
                fenced(&mut page, code.good);
            }
            Entry::Command(command) => {
                let _ = write!(
                    page,
                    "{}\n\n    :{} {}\n\n{}\n\n",
                    command.summary, command.name, command.usage, command.documentation
                );
                example(&mut page, command.example);
            }
        }
        page
    }

    /// How well words fit, 0 for not at all: in the name, the summary, the text.
    fn fits(&self, words: &[String]) -> usize {
        let (name, summary) = (self.name().to_lowercase(), self.summary().to_lowercase());
        let title = match self {
            Entry::Card(card) => card.title.to_lowercase(),
            _ => String::new(),
        };
        let page = self.page().to_lowercase();
        let mut score = 0;
        for word in words {
            score += match () {
                () if name == *word => 100,
                () if name.contains(word) => 40,
                () if title.contains(word) => 30,
                () if summary.contains(word) => 20,
                () if page.contains(word) => 5,
                () => return 0,
            };
        }
        score
    }
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Learner => "learner",
        Role::Step => "preparation step",
        Role::Fusion => "fusion rule",
        Role::Metric => "metric",
        Role::Filter => "image filter",
        Role::FeatureClass => "feature class",
        Role::Figure => "figure",
        Role::Inference => "procedure of inference",
        Role::Enrichment => "enrichment method",
        Role::Function => "function",
    }
}

fn card_page(page: &mut String, card: &Card) {
    let _ = write!(page, "**{}**. {}\n\n", card.title, card.summary);
    if !card.endpoints.is_empty() {
        let kinds: Vec<String> = card.endpoints.iter().map(EndpointKind::to_string).collect();
        let _ = write!(page, "Endpoints: {}.\n\n", kinds.join(", "));
    }
    if !card.documentation.is_empty() {
        let _ = write!(page, "{}\n\n", card.documentation);
    }
    if !card.parameters.is_empty() {
        page.push_str("Settings:\n\n");
        for parameter in card.parameters {
            let _ = writeln!(page, "- `{}` {} {}", parameter.name, domain(parameter), parameter.summary);
        }
        page.push('\n');
    }
    example(page, card.example);
    for reference in card.references {
        let _ = writeln!(page, "{reference}\n");
    }
}

/// The values and the default of a parameter: `a whole number of at least 1; 500 unless given.`
pub fn domain(parameter: &Parameter) -> String {
    let default = match parameter.default {
        Initial::Integer(value) => format!("{value} unless given"),
        Initial::Real(value) => format!("{value} unless given"),
        Initial::Choice(value) => format!("{value} unless given"),
        Initial::Flag(value) => format!("{} unless given", if value { "yes" } else { "no" }),
        Initial::Derived(rule) => format!("{rule} unless given"),
        Initial::Required => "must be given".to_owned(),
    };
    format!("({}; {default}).", parameter.domain)
}

fn example(page: &mut String, text: &str) {
    if !text.is_empty() {
        page.push_str("Example:\n\n");
        fenced(page, text);
    }
}

fn fenced(page: &mut String, text: &str) {
    let _ = write!(page, "```\n{}\n```\n\n", text.trim_end());
}

/// `?word`: the page, or pages, of a word.
pub(super) fn page(word: &str) -> Reply {
    let word = word.trim_start_matches(':');
    if word.is_empty() {
        return commands::help::page();
    }
    let entries = entries();
    let mut found: Vec<&Entry> = entries.iter().filter(|entry| entry.name() == word).collect();
    if found.is_empty() {
        found = entries
            .iter()
            .filter(|entry| matches!(entry, Entry::Code(code) if code.code.rsplit("::").next() == Some(word)))
            .collect();
    }
    if found.is_empty() {
        let folded = word.to_lowercase();
        found = entries.iter().filter(|entry| entry.name().to_lowercase() == folded).collect();
    }
    if found.is_empty() {
        return Reply::caution(match nearest(word, entries.iter().map(Entry::name)) {
            Some(near) => format!("nothing is called `{word}`; did you mean `{near}`? `??{word}` searches"),
            None => format!("nothing is called `{word}`; `??{word}` searches"),
        });
    }
    // A clause of the same meaning in several declarations is told once.
    let mut seen: Vec<String> = Vec::new();
    let mut reply = Reply::default();
    for entry in found {
        let page = entry.page();
        let body = page.split_once('\n').map_or("", |(_, body)| body).to_owned();
        if !seen.contains(&body) {
            reply.push(Piece::Page(page));
            seen.push(body);
        }
    }
    reply
}

/// `??words`: what speaks of them, best first.
pub(super) fn search(words: &str) -> Reply {
    let wanted: Vec<String> = words.to_lowercase().split_whitespace().map(str::to_owned).collect();
    if wanted.is_empty() {
        return Reply::note("say what is searched: `??calibration`");
    }
    let mut found: Vec<(usize, Entry)> =
        entries().into_iter().map(|entry| (entry.fits(&wanted), entry)).filter(|(score, _)| *score > 0).collect();
    if found.is_empty() {
        return Reply::note(format!("nothing speaks of {words}"));
    }
    found.sort_by_key(|(score, entry)| (std::cmp::Reverse(*score), entry.name()));
    let total = found.len();
    let mut page = String::new();
    for (_, entry) in found.iter().take(20) {
        let _ = writeln!(page, "- `{}` ({}) {}", entry.name(), entry.kind(), entry.summary());
    }
    if total > 20 {
        let _ = writeln!(page, "\nand {} more; another word narrows it", total - 20);
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
            let reply = page(name);
            assert!(matches!(reply.pieces.first(), Some(Piece::Page(_))), "?{name} finds nothing");
        }
        // Nothing that an engine registers is missing.
        let names: Vec<&str> = entries().iter().map(Entry::name).collect();
        for learner in fuse::learners().filter(|learner| {
            crate::learn::learners()
                .iter()
                .chain(survival::learners())
                .any(|known| known.card().name == learner.card().name)
        }) {
            assert!(names.contains(&learner.card().name));
        }
        for role in [
            Role::Learner,
            Role::Step,
            Role::Fusion,
            Role::Metric,
            Role::Filter,
            Role::FeatureClass,
            Role::Figure,
            Role::Inference,
            Role::Function,
        ] {
            assert!(cards().any(|card| card.role == role), "no {role:?} is documented");
        }
        for word in [
            "model",
            "learn",
            "late",
            "rsf",
            "z-score",
            "bma",
            "C-index",
            "km",
            "log10",
            "LoG",
            "glcm",
            "leak::fitted-on-test",
            "what if",
        ] {
            assert!(names.contains(&word), "{word} is not documented");
        }
    }

    #[test]
    fn search_finds_by_meaning() {
        let Some(Piece::Page(found)) = search("random survival forest").pieces.into_iter().next() else {
            panic!("no page");
        };
        assert!(found.contains("`rsf`"), "{found}");
        let Some(Piece::Page(found)) = search("calibration").pieces.into_iter().next() else { panic!("no page") };
        assert!(found.starts_with("- `calibration"), "{found}");
        assert!(page("rfs").words().contains("did you mean `rsf`"));
    }
}
