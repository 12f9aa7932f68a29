//! Holds the tree against the keyword table: keywords that exist, clauses where they belong,
//! slots that are filled and no others.

use std::collections::BTreeMap;

use super::ast::{Declaration, Expr, ExprKind, Label, Line, Phrase, Span, Study};
use super::diagnostic::{Diagnostic, alternatives, nearest};
use super::keywords::{self, Count, Keyword, Kind, Labels, List};

/// Every fault of shape, in the order of the text.
pub fn check_shape(study: &Study) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for declaration in &study.declarations {
        check_declaration(declaration, &mut diagnostics);
    }
    let mut first: Option<Span> = None;
    for declaration in &study.declarations {
        let Some(word) = declaration.head.keyword.as_ref().filter(|word| word.text == "study") else { continue };
        match first {
            None => first = Some(word.span),
            Some(first) => diagnostics.push(
                Diagnostic::error("shape::repeated", word.span, "a file has one `study`, and this is a second")
                    .label("a second one")
                    .related(first, "the first stands here")
                    .help("put its clauses under the first"),
            ),
        }
    }
    diagnostics.sort_by_key(|diagnostic| (diagnostic.span.source, diagnostic.span.start));
    diagnostics
}

fn check_declaration(declaration: &Declaration, diagnostics: &mut Vec<Diagnostic>) {
    let Some(word) = &declaration.head.keyword else {
        check_bare(declaration, diagnostics);
        return;
    };
    if let Some(keyword) = keywords::declaration(&word.text) {
        check_line(&declaration.head, keyword, diagnostics);
        check_clauses(declaration, keyword, diagnostics);
        return;
    }
    if word.text == "fuse" {
        // Typed alone at the prompt, a fusion answers.
        return;
    }
    let homes: Vec<&str> = keywords::homes(&word.text).collect();
    if homes.is_empty() {
        let known = keywords::DECLARATIONS.iter().map(|keyword| keyword.word).chain(keywords::qualifiers());
        let fault =
            Diagnostic::error("shape::unknown-keyword", word.span, format!("no declaration begins with `{word}`"))
                .label("unknown keyword");
        diagnostics.push(match nearest(&word.text, known) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help(format!(
                "declarations begin with {}",
                alternatives(keywords::DECLARATIONS.iter().map(|keyword| keyword.word))
            )),
        });
    } else {
        let clause = if homes.len() > 6 { "a declaration".to_owned() } else { alternatives(homes) };
        diagnostics.push(
            Diagnostic::error(
                "shape::misplaced-clause",
                word.span,
                format!("`{word}` is a clause, and stands here under no declaration"),
            )
            .label("at the left margin")
            .help(format!("indent it below {clause}")),
        );
    }
}

/// An expression asked for by itself takes the clauses of `evaluate`.
fn check_bare(declaration: &Declaration, diagnostics: &mut Vec<Diagnostic>) {
    let head = &declaration.head;
    if head.value.is_some() {
        let fault =
            Diagnostic::error("shape::no-keyword", head.span, "this line gives a value, but no keyword says to what")
                .label("no keyword before it");
        let name = head.list.first().and_then(Expr::as_word);
        diagnostics.push(match (name, name.and_then(|name| keywords::declaration(&name.text))) {
            (_, Some(keyword)) => fault.help(format!("it is written `{}`", keyword.usage())),
            (Some(name), None) => fault.help(format!(
                "a new column is `derive {name} = ...`, a setting `parameter {name} = ...`; to compare, write `==`"
            )),
            (None, None) => fault.help("to compare, write `==`"),
        });
        return;
    }
    if head.list.is_empty() {
        diagnostics.push(
            Diagnostic::error(
                "shape::no-keyword",
                head.span,
                "this line begins with a preposition, and says not what it asks",
            )
            .label("nothing before the preposition")
            .help("put what is asked before it, or indent it below its declaration"),
        );
        return;
    }
    if let Some(keyword) = keywords::declaration("evaluate") {
        check_clauses(declaration, keyword, diagnostics);
    }
}

fn check_clauses(declaration: &Declaration, keyword: &Keyword, diagnostics: &mut Vec<Diagnostic>) {
    let mut seen: BTreeMap<(String, String), Span> = BTreeMap::new();
    for line in &declaration.clauses {
        let Some(word) = &line.keyword else {
            diagnostics.push(
                Diagnostic::error(
                    "shape::no-keyword",
                    line.span,
                    "a clause begins with a keyword, and this line does not",
                )
                .label("no keyword")
                .help(clauses_of(keyword)),
            );
            continue;
        };
        let Some(clause) = keyword.clause(&word.text) else {
            diagnostics.push(unknown_clause(line, keyword));
            continue;
        };
        check_line(line, clause, diagnostics);
        let (identity, what) = match clause.count {
            Count::Repeated => continue,
            Count::Single => (String::new(), format!("`{word}` stands once under `{}`", keyword.word)),
            Count::Named => match line.list.first().and_then(introduced) {
                Some(name) => (name.to_owned(), format!("`{word} {name}` stands once under `{}`", keyword.word)),
                None => continue,
            },
            Count::Labelled => match &line.label {
                Some(Label::Text(label) | Label::Code(label)) => {
                    (label.text.clone(), format!("`{word}` has another label each time, for the flow and the report"))
                }
                None => continue,
            },
        };
        if let Some(first) = seen.get(&(word.text.clone(), identity.clone())) {
            diagnostics.push(
                Diagnostic::error("shape::repeated", word.span, format!("{what}, and this is a second"))
                    .label("a second one")
                    .related(*first, "the first stands here")
                    .help("remove one, or join the two"),
            );
        } else {
            seen.insert((word.text.clone(), identity), word.span);
        }
    }
}

fn clauses_of(keyword: &Keyword) -> String {
    if keyword.clauses.is_empty() {
        format!("`{}` has no clauses", keyword.word)
    } else {
        format!("`{}` takes {}", keyword.word, alternatives(keyword.clauses.iter().map(|clause| clause.word)))
    }
}

fn unknown_clause(line: &Line, keyword: &Keyword) -> Diagnostic {
    let (word, span) = line.keyword.as_ref().map_or(("", line.span), |word| (word.text.as_str(), word.span));
    let homes: Vec<&str> = keywords::homes(word).collect();
    if !homes.is_empty() {
        return Diagnostic::error(
            "shape::misplaced-clause",
            span,
            format!("`{word}` is no clause of `{}`", keyword.word),
        )
        .label(format!("a clause of {}", alternatives(homes)))
        .help(clauses_of(keyword));
    }
    if keywords::declaration(word).is_some() {
        return Diagnostic::error(
            "shape::misplaced-clause",
            span,
            format!("`{word}` begins a declaration, and stands here below `{}`", keyword.word),
        )
        .label("indented")
        .help("move it to the left margin");
    }
    let fault = Diagnostic::error("shape::unknown-clause", span, format!("`{}` has no clause `{word}`", keyword.word))
        .label("unknown clause");
    match nearest(word, keyword.clauses.iter().map(|clause| clause.word)) {
        Some(near) => fault.help(format!("did you mean `{near}`?")),
        None => fault.help(clauses_of(keyword)),
    }
}

/// The slots of one line.
fn check_line(line: &Line, keyword: &Keyword, diagnostics: &mut Vec<Diagnostic>) {
    let word = keyword.word;
    let keyword_span = line.keyword.as_ref().map_or(line.span, |word| word.span);
    let usage = || format!("it is written `{}`", keyword.usage());

    match (&line.label, keyword.label) {
        (None, Labels::No) | (Some(Label::Text(_)), Labels::Text) | (Some(Label::Code(_)), Labels::Code) => {}
        (Some(Label::Text(label) | Label::Code(label)), Labels::No) => diagnostics.push(
            Diagnostic::error("shape::label", label.span, format!("`{word}` takes no label"))
                .label("a label")
                .help(usage()),
        ),
        (None, wanted) => {
            let what = if wanted == Labels::Text { "a label in double quotes" } else { "the code of what is accepted" };
            diagnostics.push(
                Diagnostic::error(
                    "shape::label",
                    keyword_span,
                    format!("`{word}` wants {what}, and a colon behind it"),
                )
                .label("no label follows")
                .help(format!("for example `{}`", keyword.example)),
            );
        }
        (Some(Label::Text(label) | Label::Code(label)), wanted) => {
            let what = if wanted == Labels::Text { "a text in double quotes" } else { "a code, without quotes" };
            diagnostics.push(
                Diagnostic::error("shape::label", label.span, format!("the label of `{word}` is {what}"))
                    .label("not such a label")
                    .help(format!("for example `{}`", keyword.example)),
            );
        }
    }

    let at = Place { word, keyword, anchor: keyword_span };
    at.check(&line.list, keyword.list, "", diagnostics);

    let mut seen: Vec<&Phrase> = Vec::new();
    for phrase in &line.phrases {
        let preposition = phrase.preposition.word();
        if let Some(first) = seen.iter().find(|seen| seen.preposition == phrase.preposition) {
            diagnostics.push(
                Diagnostic::error(
                    "shape::repeated",
                    phrase.preposition_span,
                    format!("`{preposition}` stands twice in this line"),
                )
                .label("a second one")
                .related(first.span, "the first stands here")
                .help("join the two with a comma"),
            );
            continue;
        }
        seen.push(phrase);
        match keyword.slot(phrase.preposition) {
            Some(slot) => {
                let at = Place { word, keyword, anchor: phrase.preposition_span };
                at.check(&phrase.list, slot.list, preposition, diagnostics);
            }
            None => {
                let taken = keyword.phrases.iter().map(|slot| slot.preposition.word());
                let fault =
                    Diagnostic::error("shape::extra", phrase.span, format!("`{word}` takes no `{preposition}`"))
                        .label("not taken here");
                diagnostics.push(if keyword.phrases.is_empty() {
                    fault.help(usage())
                } else {
                    fault.help(format!("it takes {}: `{}`", alternatives(taken), keyword.usage()))
                });
            }
        }
    }
    for slot in keyword.phrases {
        if slot.list.is_required() && !line.phrases.iter().any(|phrase| phrase.preposition == slot.preposition) {
            let kind = slot.list.kind().map_or("more", Kind::noun);
            diagnostics.push(
                Diagnostic::error(
                    "shape::missing",
                    keyword_span,
                    format!("`{word}` wants `{}` and {kind}", slot.preposition.word()),
                )
                .label(format!("no `{}` in this line", slot.preposition.word()))
                .help(usage()),
            );
        }
    }

    match (&line.value, keyword.value) {
        (Some(value), List::Nothing) => {
            let fault = Diagnostic::error("shape::extra", value.span, format!("`{word}` takes no value after `=`"))
                .label("not taken here");
            let compares = keyword.list.kind() == Some(Kind::Condition);
            diagnostics.push(fault.help(if compares { "to compare, write `==`".to_owned() } else { usage() }));
        }
        (None, wanted) if wanted.is_required() => {
            diagnostics.push(
                Diagnostic::error(
                    "shape::missing",
                    keyword_span,
                    format!("`{word}` wants `=` and {}", wanted.kind().map_or("a value", Kind::noun)),
                )
                .label("no value in this line")
                .help(usage()),
            );
        }
        (Some(value), wanted) => {
            if let Some(kind) = wanted.kind() {
                diagnostics.extend(misfit(value, kind, word));
            }
        }
        (None, _) => {}
    }
}

/// One slot of a line: after the keyword or after a preposition.
struct Place<'a> {
    word: &'a str,
    keyword: &'a Keyword,
    /// Where something that is missing would follow.
    anchor: Span,
}

impl Place<'_> {
    fn check(&self, list: &[Expr], wanted: List, preposition: &str, diagnostics: &mut Vec<Diagnostic>) {
        let usage = || format!("it is written `{}`", self.keyword.usage());
        let behind = if preposition.is_empty() { format!("`{}`", self.word) } else { format!("`{preposition}`") };
        let Some(kind) = wanted.kind() else {
            if let (Some(first), Some(last)) = (list.first(), list.last()) {
                diagnostics.push(
                    Diagnostic::error(
                        "shape::extra",
                        first.span.to(last.span),
                        format!("{behind} takes nothing directly behind it"),
                    )
                    .label("not taken here")
                    .help(usage()),
                );
            }
            return;
        };
        if list.is_empty() && wanted.is_required() {
            diagnostics.push(
                Diagnostic::error("shape::missing", self.anchor, format!("{behind} wants {} behind it", kind.noun()))
                    .label("nothing follows")
                    .help(usage()),
            );
        }
        if let ([_, second, ..], false) = (list, wanted.is_many()) {
            let last = list.last().unwrap_or(second);
            diagnostics.push(
                Diagnostic::error(
                    "shape::extra",
                    second.span.to(last.span),
                    format!("{behind} takes one thing, and here are {}", list.len()),
                )
                .label("not taken here")
                .help(usage()),
            );
        }
        let checked = if wanted.is_many() { list } else { &list[..list.len().min(1)] };
        for item in checked {
            diagnostics.extend(misfit(item, kind, self.word));
        }
    }
}

/// What can be seen in the text to be of the wrong kind.
fn misfit(item: &Expr, kind: Kind, word: &str) -> Option<Diagnostic> {
    let fits = match kind {
        Kind::NewName => introduced(item).is_some(),
        Kind::Text => matches!(item.kind, ExprKind::Text(_)),
        // A parameter may name a file.
        Kind::File => matches!(item.kind, ExprKind::Text(_)) || item.as_word().is_some(),
        Kind::Number => matches!(item.kind, ExprKind::Number(_) | ExprKind::Name(_)),
        Kind::Quantity => matches!(item.kind, ExprKind::Quantity { .. } | ExprKind::Number(_) | ExprKind::Name(_)),
        Kind::Word => matches!(item.kind, ExprKind::Name(_) | ExprKind::Call { .. }),
        Kind::Choice(words) => {
            let found = item.as_word()?;
            if words.contains(&found.text.as_str()) {
                return None;
            }
            let fault = Diagnostic::error(
                "shape::choice",
                item.span,
                format!("`{word}` is {}, not `{found}`", alternatives(words.iter().copied())),
            )
            .label("not one of these");
            return Some(fault.near(&found.text, words.iter().copied()));
        }
        Kind::Pipeline
        | Kind::Learner
        | Kind::Fusion
        | Kind::Block
        | Kind::Endpoint
        | Kind::Model
        | Kind::Table
        | Kind::Images
        | Kind::Cohort
        | Kind::Split
        | Kind::Rows
        | Kind::Measured
        | Kind::Groups
        | Kind::Expression
        | Kind::Metric
        | Kind::Filter
        | Kind::FeatureClass
        | Kind::Perturbation
        | Kind::Enrichment => {
            !matches!(item.kind, ExprKind::Text(_) | ExprKind::Number(_) | ExprKind::Date { .. } | ExprKind::Missing)
        }
        Kind::Column
        | Kind::Condition
        | Kind::Value
        | Kind::Time
        | Kind::Cut
        | Kind::Resampling
        | Kind::Inference
        | Kind::Asked
        | Kind::Unit => true,
    };
    if fits {
        return None;
    }
    let fault = Diagnostic::error("shape::kind", item.span, format!("`{word}` wants {} here", kind.noun()))
        .label(format!("not {}", kind.noun()));
    Some(match (&item.kind, kind) {
        (ExprKind::Text(text), kind) if kind != Kind::Number => {
            let shown = if kind == Kind::NewName && !is_plain(text) {
                format!("`{text}` in backticks")
            } else {
                format!("`{text}`")
            };
            fault.help(format!("quotes are data, bare words are names: write {shown}"))
        }
        (ExprKind::Name(_) | ExprKind::Quoted(_), Kind::Text | Kind::File) => {
            fault.help("quotes are data: put it in double quotes")
        }
        (ExprKind::Name(_), Kind::NewName) => fault.help("a new name has no dot"),
        _ => fault,
    })
}

fn is_plain(text: &str) -> bool {
    !text.is_empty() && super::scanner::leading_word(text) == text && !keywords::is_reserved(text)
}

/// The name that an expression can introduce.
fn introduced(expr: &Expr) -> Option<&str> {
    match &expr.kind {
        ExprKind::Name(words) if words.len() == 1 => words.first().map(|word| word.text.as_str()),
        ExprKind::Quoted(name) => Some(name),
        _ => None,
    }
}
