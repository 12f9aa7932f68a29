//! Lines against the keyword table: does the keyword exist, does it stand where it may, are its
//! slots filled.

use super::ast::{Declaration, Label, Line, Span, Study};
use super::diagnostic::{Diagnostic, nearest};
use super::keywords::{self, Keyword, LabelSlot, Place, Slot};

/// Every fault of shape.
pub fn check_shape(study: &Study) -> Vec<Diagnostic> {
    let mut faults = Vec::new();
    for declaration in &study.declarations {
        check_declaration(declaration, &mut faults);
    }
    faults
}

fn check_declaration(declaration: &Declaration, faults: &mut Vec<Diagnostic>) {
    let head = &declaration.head;
    let Some(word) = &head.keyword else {
        for clause in &declaration.clauses {
            // A bare question takes the clauses of `evaluate`: `against`, `at`, `show`.
            check_clause(clause, "evaluate", faults);
        }
        return;
    };
    let Some(keyword) = keywords::declaration(&word.text) else {
        faults.push(unknown_declaration(word));
        return;
    };
    check_line(head, keyword, faults);
    let mut seen: Vec<(&str, Span)> = Vec::new();
    for clause in &declaration.clauses {
        let Some(known) = check_clause(clause, keyword.word, faults) else { continue };
        if let Some((_, first)) = seen.iter().find(|(word, _)| *word == known.word && !known.repeated) {
            let message = format!("`{}` has one `{}`, and this is a second", keyword.word, known.word);
            faults.push(
                Diagnostic::error("syntax::repeated", keyword_span(clause), message)
                    .help("join them by a comma, or remove one")
                    .related(*first, "the first"),
            );
        }
        seen.push((known.word, keyword_span(clause)));
    }
}

fn unknown_declaration(word: &super::ast::Word) -> Diagnostic {
    let fault = Diagnostic::error("syntax::keyword", word.span, format!("`{word}` is no keyword of a declaration"));
    let owners = keywords::owners(&word.text);
    if owners.is_empty() {
        let words = keywords::KEYWORDS
            .iter()
            .filter(|keyword| !matches!(keyword.place, Place::Clause(_)))
            .map(|keyword| keyword.word);
        match nearest(&word.text, words) {
            Some(near) => fault.help(format!("did you mean `{near}`?")),
            None => fault.help("a declaration begins with a keyword such as `table`, `cohort`, `model` or `evaluate`"),
        }
    } else {
        fault.help(format!("`{word}` is a clause of {}: indent it under one", listed(owners)))
    }
}

fn check_clause(clause: &Line, owner: &'static str, faults: &mut Vec<Diagnostic>) -> Option<&'static Keyword> {
    let word = clause.keyword.as_ref()?;
    if let Some(keyword) = keywords::clause_of(&word.text, owner) {
        check_line(clause, keyword, faults);
        return Some(keyword);
    }
    let fault = Diagnostic::error("syntax::clause", word.span, format!("`{owner}` has no clause `{word}`"));
    let mine = || keywords::clauses(owner).map(|keyword| keyword.word);
    let others = keywords::owners(&word.text);
    faults.push(if let Some(near) = nearest(&word.text, mine()).filter(|_| others.is_empty()) {
        fault.help(format!("did you mean `{near}`?"))
    } else if !others.is_empty() {
        fault.help(format!("`{word}` is a clause of {}", listed(others)))
    } else if keywords::declaration(&word.text).is_some() {
        fault.help(format!("`{word}` is a declaration: it starts at column 0"))
    } else {
        fault.help(format!("its clauses are {}", listed(&mine().collect::<Vec<_>>())))
    });
    None
}

fn keyword_span(line: &Line) -> Span {
    line.keyword.as_ref().map_or(line.span, |word| word.span)
}

fn check_line(line: &Line, keyword: &Keyword, faults: &mut Vec<Diagnostic>) {
    let at = keyword_span(line);
    let word = keyword.word;
    let example = || format!("for example: {}", keyword.example);
    let mut wrong = |span: Span, message: String| {
        faults.push(Diagnostic::error("syntax::slot", span, message).help(example()));
    };
    match (&line.label, keyword.label) {
        (Some(Label::Text(label) | Label::Code(label)), LabelSlot::Never) => {
            wrong(label.span, format!("`{word}` takes no label before a colon"));
        }
        (None, LabelSlot::Code) => wrong(at, format!("`{word}` needs a name and a colon")),
        (Some(Label::Text(label)), LabelSlot::Code) => {
            wrong(label.span, format!("the label of `{word}` is a name, not a text"));
        }
        (Some(Label::Code(label)), LabelSlot::OptionalText) => {
            wrong(label.span, format!("the label of `{word}` is a text in quotes"));
        }
        _ => {}
    }
    let (least, most) = keyword.list;
    if line.list.len() < least {
        let what = if keyword.names {
            "a name"
        } else if least == 2 {
            "two things"
        } else {
            "something"
        };
        wrong(at, format!("`{word}` needs {what} after it"));
    } else if line.list.len() > most {
        let first = line.list.get(most).map_or(at, |expr| expr.span);
        wrong(
            first,
            if most == 0 {
                format!("`{word}` takes nothing before its preposition")
            } else {
                format!("`{word}` takes {most}, and this is one more")
            },
        );
    } else if keyword.names
        && let Some(first) = line.list.first()
        && first.as_word().is_none()
    {
        wrong(first.span, format!("`{word}` introduces a name here: letters, digits, `_` and inner hyphens"));
    }
    for phrase in &line.phrases {
        if !keyword.prepositions.iter().any(|(preposition, _)| *preposition == phrase.preposition) {
            let lawful: Vec<&str> = keyword.prepositions.iter().map(|(preposition, _)| preposition.word()).collect();
            let message = format!("`{word}` takes no `{}`", phrase.preposition.word());
            let fault = Diagnostic::error("syntax::slot", phrase.preposition_span, message);
            faults.push(if lawful.is_empty() {
                fault.help(example())
            } else {
                fault.help(format!("it takes {}; {}", listed(&lawful), example()))
            });
        }
    }
    let mut missing = |span: Span, message: String| {
        faults.push(Diagnostic::error("syntax::slot", span, message).help(example()));
    };
    for (preposition, slot) in keyword.prepositions {
        if *slot == Slot::Required && line.phrase(*preposition).is_none() {
            missing(at, format!("`{word}` needs `{} ...`", preposition.word()));
        }
    }
    match (&line.value, keyword.value) {
        (Some(value), Slot::Never) => missing(value.span, format!("`{word}` takes no `=`")),
        (None, Slot::Required) => missing(at, format!("`{word}` needs `= ...`")),
        _ => {}
    }
}

/// `a`, `a` or `b`.
fn listed(words: &[&str]) -> String {
    let words: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
    match words.as_slice() {
        [] => "nothing".to_owned(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} or {last}", head.join(", ")),
    }
}
