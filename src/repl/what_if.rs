//! `what if keep ICC > 0.9 between readers`: a change on a branch of its own, the plan's
//! difference, and the results of both side by side.

use std::sync::Arc;

use crate::plan::{NodeId, Operation};
use crate::run::results::EstimateRecord;
use crate::syntax::ast::{ExprKind, Line, SourceId};
use crate::syntax::{self, keywords};

use super::branches::{Branch, Cells};
use super::cells::{self, Subject};
use super::compare::{self, Difference};
use super::reply::{Piece, Reply, Sound};
use super::session::Session;

/// The change that a line asks for, if it begins with `what if`.
pub(super) fn change(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("what")?.trim_start().strip_prefix("if")?;
    rest.starts_with(char::is_whitespace).then(|| rest.trim()).filter(|rest| !rest.is_empty())
}

/// Tries the change.
pub(super) fn run(session: &mut Session, change: &str) -> Reply {
    let Some(before) = session.sound.clone() else {
        return Reply::note("there is nothing yet that could be otherwise");
    };
    let base = session.cells().clone();
    let candidates = match candidates(session, &base, change) {
        Ok(candidates) => candidates,
        Err(reply) => return reply,
    };
    // What is sound together is taken together; what is not is left as it was, if something is.
    let mut after = base.clone();
    let mut taken = Vec::new();
    let mut refused: Option<Reply> = None;
    for (words, new) in candidates {
        let (tried, entered) = session.placed(&after, new);
        let looked = session.examine(&tried, &entered);
        if looked.examined.checked.plan.is_some() && looked.faults.is_empty() && looked.broken.is_empty() {
            if tried.iter().zip(&after).any(|(new, old)| new.text != old.text) || tried.len() != after.len() {
                after = tried;
                taken.push(words);
            }
        } else {
            let sources = Arc::new(looked.examined.sources.clone());
            let mut told = looked.examined.checked.diagnostics;
            told.extend(looked.broken.into_values());
            told.retain(syntax::Diagnostic::is_error);
            let mut reply = Reply { pieces: vec![Piece::Diagnostics(told, Arc::clone(&sources))] };
            if !looked.faults.is_empty() {
                reply.push(Piece::Faults(looked.faults, sources));
            }
            refused.get_or_insert(reply);
        }
    }
    if taken.is_empty() {
        session.refresh();
        return refused.unwrap_or_else(|| Reply::note("nothing would change"));
    }
    let name = free_name(session);
    let looked = session.examine(&after, &[]);
    let sources = Arc::new(looked.examined.sources.clone());
    let Some(plan) = looked.examined.checked.plan else { return Reply::note("nothing would change") };
    let changed = Sound { plan, sources };
    let here = session.branch().to_owned();
    session.branches.push(Branch::new(name.clone(), after.clone()));

    let difference = Difference::of(&before.plan, &changed.plan);
    let mut reply = Reply::note(format!("branch `{name}`: {}", taken.join(", ")));
    reply.push(Piece::Text(format!("{}{}", compare::texts(&base, &after), difference.words())));

    let touched = |name: &String| {
        difference.changed.contains(name) || difference.following.contains(name) || difference.added.contains(name)
    };
    let asks = |sound: &Sound, session: &Session| -> Vec<NodeId> {
        let judged = |id: &NodeId| {
            matches!(
                sound.plan.node(*id).operation,
                Operation::Evaluate(_) | Operation::Infer(_) | Operation::Recalibrate(_)
            )
        };
        session.questions(sound).into_iter().filter(judged).collect()
    };
    let new: Vec<NodeId> =
        asks(&changed, session).into_iter().filter(|id| touched(&changed.plan.node(*id).name)).collect();
    let names: Vec<String> = new.iter().map(|id| changed.plan.node(*id).name.clone()).collect();
    let old: Vec<NodeId> =
        asks(&before, session).into_iter().filter(|id| names.contains(&before.plan.node(*id).name)).collect();

    let (left, right, faults) = if new.is_empty() {
        // Nothing judges what changed: the models are asked alone.
        let models: Vec<String> = changed
            .plan
            .nodes()
            .iter()
            .filter(|node| matches!(node.operation, Operation::Model(_)) && touched(&node.name))
            .filter_map(|node| node.name.strip_prefix("model ").map(str::to_owned))
            .filter(|model| after.iter().any(|cell| cell.subject.name() == Some(model)))
            .collect();
        if models.is_empty() {
            reply.push(Piece::Note("no question of the study is touched by it".to_owned()));
            session.refresh();
            return reply;
        }
        let (left, mut faults) = alone(session, &base, &models);
        let (right, more) = alone(session, &after, &models);
        faults.extend(more);
        (left, right, faults)
    } else {
        let (left, mut faults) = estimates(session, &before, &old);
        let (right, more) = estimates(session, &changed, &new);
        faults.extend(more);
        (left, right, faults)
    };
    if !left.is_empty() || !right.is_empty() {
        let tables = compare::side_by_side((&here, &name), &left, &right);
        session.last.tables = vec![tables.whole];
        for table in tables.shown {
            reply.push(Piece::Table(table));
        }
    }
    // What is to be heeded in both branches is said once.
    let mut cautions: Vec<String> = Vec::new();
    for piece in faults.pieces {
        match piece {
            Piece::Caution(line) if cautions.contains(&line) => {}
            Piece::Caution(line) => {
                cautions.push(line.clone());
                reply.push(Piece::Caution(line));
            }
            other => reply.push(other),
        }
    }
    reply.push(Piece::Note(format!("`:switch {name}` goes on from there; here is still `{here}`")));
    session.refresh();
    reply
}

/// Estimates of questions, and what went wrong.
fn estimates(session: &mut Session, sound: &Sound, asked: &[NodeId]) -> (Vec<EstimateRecord>, Reply) {
    let mut told = session.ask(sound, asked);
    let estimates = told
        .answers()
        .flat_map(|answer| {
            answer.estimates.iter().cloned().map(|mut record| {
                record.declaration.clone_from(&answer.declaration);
                record
            })
        })
        .collect();
    told.pieces.retain(|piece| matches!(piece, Piece::Faults(..) | Piece::Caution(_)));
    (estimates, told)
}

/// The out-of-fold performance of models that no question judges.
fn alone(session: &mut Session, cells: &Cells, models: &[String]) -> (Vec<EstimateRecord>, Reply) {
    let (mut all, mut faults) = (Vec::new(), Reply::default());
    for model in models {
        let question = super::session::quoted(model);
        let (with, entered) = session.placed(cells, vec![(Subject::Asked(question.clone()), question.clone(), false)]);
        let looked = session.examine(&with, &entered);
        let sources = Arc::new(looked.examined.sources.clone());
        let Some(plan) = looked.examined.checked.plan else { continue };
        let sound = Sound { plan, sources };
        let asked: Vec<NodeId> =
            sound.plan.find(&format!("evaluate {model}")).map(|node| vec![node.id]).unwrap_or_default();
        let (records, more) = estimates(session, &sound, &asked);
        all.extend(records);
        faults.extend(more);
    }
    (all, faults)
}

fn free_name(session: &Session) -> String {
    let taken = |name: &str| session.branches.iter().any(|branch| branch.name == name);
    (1..).map(|number| format!("what-if-{number}")).find(|name| !taken(name)).unwrap_or_default()
}

type Changed = (String, Vec<(Subject, String, bool)>);

/// The declarations that the change could be of, each with its new text.
fn candidates(session: &Session, base: &Cells, change: &str) -> Result<Vec<Changed>, Reply> {
    // `SURVIVAL: learn rsf` speaks of one declaration.
    let (of, clause) = match change.split_once(':') {
        Some((name, rest)) if base.iter().any(|cell| cell.subject.name() == Some(name.trim())) => {
            (Some(name.trim()), rest.trim())
        }
        _ => (None, change),
    };
    let word = clause.split_whitespace().next().unwrap_or("");
    if of.is_none() && keywords::declaration(word).is_some() {
        let is_clause_too = keywords::any_clause(word).is_some() && !clause.contains('=');
        let whole = cells::cut(clause).ok().filter(|cut| {
            cut.cells.iter().any(|(subject, ..)| base.iter().any(|cell| subject.replaces(&cell.subject)))
                || !is_clause_too
        });
        if let Some(cut) = whole {
            let words = cut.cells.iter().map(|(subject, ..)| subject.words()).collect::<Vec<_>>().join(", ");
            return Ok(vec![(words, cut.cells)]);
        }
    }
    let mut found = Vec::new();
    for cell in base {
        if session.broken.contains_key(&cell.number) || of.is_some_and(|name| cell.subject.name() != Some(name)) {
            continue;
        }
        let Some(known) = keywords::clause(cell.subject.keyword(), word) else { continue };
        if of.is_none() && cell.subject.is_question() {
            continue;
        }
        if let Some(text) = with_clause(&cell.text, word, clause, known.count, of.is_some())
            && let Ok(cut) = cells::cut(&text)
        {
            let new = cut.cells.into_iter().map(|(_, text, blank)| (cell.subject.clone(), text, blank)).collect();
            found.push((format!("{} with `{}`", cell.subject.words(), shown(&text, word)), new));
        }
    }
    if !found.is_empty() {
        return Ok(found);
    }
    Err(Reply::caution(match keywords::homes(word).collect::<Vec<_>>().as_slice() {
        [] => format!(
            "`what if` wants a clause or a declaration, and none begins with `{word}`: `what if learn cox`, \
             `what if SURVIVAL: learn rsf`"
        ),
        homes => {
            let homes = homes.join(" or ");
            format!("no declaration of this study has a `{word}` clause that could be another; it belongs to {homes}")
        }
    }))
}

/// The new clause as it stands in the text.
fn shown(text: &str, word: &str) -> String {
    let line = text.lines().rfind(|line| line.trim_start().split(' ').next() == Some(word));
    line.unwrap_or("").trim().to_owned()
}

/// The text of a declaration with `clause` in the place of the one of its keyword (of its keyword
/// and name, where there may be several); where it has none, `may_add` puts it last.
fn with_clause(text: &str, word: &str, clause: &str, count: keywords::Count, may_add: bool) -> Option<String> {
    let parsed = syntax::parse(text, SourceId::default());
    let declaration = parsed.study.declarations.first()?;
    let new = parsed_clause(declaration.head.keyword(), clause);
    let same: Vec<&Line> = declaration
        .clauses
        .iter()
        .filter(|line| line.keyword() == word)
        .filter(|line| match count {
            keywords::Count::Named | keywords::Count::Labelled => {
                let first = |line: &Line| line.list.first().map(|expr| words(text, expr.span.start, expr.span.end));
                let label = |line: &Line| line.label.clone().map(|label| format!("{label:?}"));
                new.as_ref().is_none_or(|(new, source)| {
                    let own = new.list.first().and_then(|expr| source.get(expr.span.start..expr.span.end));
                    match count {
                        keywords::Count::Labelled => label(line).is_some() && label(line) == label(new),
                        _ => first(line).as_deref() == own,
                    }
                })
            }
            _ => true,
        })
        .collect();
    match same.as_slice() {
        [old] => {
            let clause = completed(text, old, declaration.head.keyword(), clause);
            let mut changed = text.to_owned();
            changed.replace_range(old.span.start..old.span.end, &clause);
            Some(changed)
        }
        [] if may_add => Some(format!("{text}\n  {clause}")),
        _ => None,
    }
}

fn words(text: &str, start: usize, end: usize) -> String {
    text.get(start..end).unwrap_or("").to_owned()
}

/// The clause read under its declaration, with the text that its spans point into.
fn parsed_clause(keyword: &str, clause: &str) -> Option<(Line, String)> {
    let source = format!("{keyword} x\n  {clause}");
    let parsed = syntax::parse(&source, SourceId::default());
    let line = parsed.study.declarations.into_iter().next()?.clauses.into_iter().next()?;
    parsed.diagnostics.is_empty().then_some((line, source))
}

/// The new clause with what it leaves out taken from the old one: the preposition before its
/// condition, the arguments of a measure, who the readers are.
fn completed(text: &str, old: &Line, declaration: &str, clause: &str) -> String {
    let mut clause = clause.to_owned();
    let word = old.keyword();
    let known = keywords::clause(declaration, word);
    // `keep ICC > 0.9`: the condition stands after `where`.
    if let (Some(known), Some((line, _))) = (known, parsed_clause(declaration, &clause))
        && known.list == keywords::List::Nothing
        && !line.list.is_empty()
        && let Some(first) = old.phrases.first()
    {
        let rest = clause.strip_prefix(word).unwrap_or("").trim_start().to_owned();
        clause = format!("{word} {} {rest}", first.preposition.word());
    }
    let Some((line, source)) = parsed_clause(declaration, &clause) else { return clause };
    // From the end, so that earlier places stay true.
    let mut edits: Vec<(usize, usize, String)> = Vec::new();
    for phrase in &line.phrases {
        let Some(before) = old.phrases.iter().find(|other| other.preposition == phrase.preposition) else { continue };
        // `between readers`: a plural names those that stood there.
        let plural = match phrase.list.as_slice() {
            [one] => match &one.kind {
                ExprKind::Name(path) if path.len() == 1 => path.first().filter(|word| word.text.ends_with('s')),
                _ => None,
            },
            _ => None,
        };
        if plural.is_some_and(|plural| !text.contains(&plural.text)) && before.list.len() > 1 {
            let (Some(first), Some(last)) = (before.list.first(), before.list.last()) else { continue };
            let Some(place) = phrase.list.first() else { continue };
            edits.push((place.span.start, place.span.end, words(text, first.span.start, last.span.end)));
        }
    }
    for phrase in &old.phrases {
        if !line.phrases.iter().any(|other| other.preposition == phrase.preposition) {
            edits.push((source.len(), source.len(), format!(" {}", words(text, phrase.span.start, phrase.span.end))));
        }
    }
    // `ICC > 0.9`: with the arguments that it had.
    for (name, call) in calls(text, old) {
        let mut from = 0;
        while let Some(at) = source.get(from..).and_then(|rest| rest.find(&name)).map(|at| from + at) {
            let end = at + name.len();
            let apart =
                |sign: Option<char>| sign.is_none_or(|sign| !(sign.is_alphanumeric() || sign == '_' || sign == '-'));
            let follows = source.get(end..).and_then(|rest| rest.chars().next());
            let leads = source.get(..at).and_then(|lead| lead.chars().next_back());
            let is_call = source.get(end..).is_some_and(|rest| rest.trim_start().starts_with('('));
            if apart(follows) && apart(leads) && !is_call {
                edits.push((at, end, call.clone()));
            }
            from = end;
        }
    }
    edits.sort_by_key(|(start, ..)| std::cmp::Reverse(*start));
    let mut source = source;
    for (start, end, new) in edits {
        if source.is_char_boundary(start) && source.is_char_boundary(end) {
            source.replace_range(start..end, &new);
        }
    }
    source.split_once('\n').map_or(clause, |(_, clause)| clause.trim().to_owned())
}

/// Calls with plain numbers in a condition of the old clause: `ICC` with `ICC(2, 1)`.
fn calls(text: &str, old: &Line) -> Vec<(String, String)> {
    fn walk(expr: &crate::syntax::ast::Expr, text: &str, found: &mut Vec<(String, String)>) {
        match &expr.kind {
            ExprKind::Call { function, .. } => {
                found.push((function.text.clone(), words(text, expr.span.start, expr.span.end)));
            }
            ExprKind::Binary { left, right, .. } => {
                walk(left, text, found);
                walk(right, text, found);
            }
            ExprKind::Group(inner) => walk(inner, text, found),
            _ => {}
        }
    }
    let mut found = Vec::new();
    for phrase in old.phrases.iter().filter(|phrase| phrase.preposition == crate::syntax::ast::Preposition::Where) {
        for expr in &phrase.list {
            walk(expr, text, &mut found);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use keywords::Count;

    #[test]
    fn what_is_left_out_is_taken_from_the_old_clause() {
        let old = "features radiomics from ct\n  keep where ICC(2, 1) > 0.75 between reader_1, reader_2";
        let new = with_clause(old, "keep", "keep ICC > 0.9 between readers", Count::Repeated, false).unwrap();
        assert_eq!(new, "features radiomics from ct\n  keep where ICC(2, 1) > 0.9 between reader_1, reader_2");
        let new = with_clause(old, "keep", "keep where ICC(3, 1) > 0.9", Count::Repeated, false).unwrap();
        assert!(new.ends_with("keep where ICC(3, 1) > 0.9 between reader_1, reader_2"), "{new}");
        let old = "model A for os\n  choose by C-index over 5 folds\n  learn rsf, cox";
        assert!(with_clause(old, "learn", "learn cox", Count::Single, false).unwrap().ends_with("learn cox"));
        let new = with_clause(old, "choose", "choose by IBS", Count::Single, false).unwrap();
        assert!(new.contains("choose by IBS over 5 folds"), "{new}");
    }

    #[test]
    fn a_named_clause_replaces_that_of_its_name() {
        let old = "model A for os\n  prepare a by median\n  prepare b by mean";
        let new = with_clause(old, "prepare", "prepare b by z-score", Count::Named, false).unwrap();
        assert_eq!(new, "model A for os\n  prepare a by median\n  prepare b by z-score");
        assert_eq!(with_clause(old, "prepare", "prepare c by z-score", Count::Named, false), None);
    }

    #[test]
    fn what_if_is_two_words() {
        assert_eq!(change("what if learn cox"), Some("learn cox"));
        assert_eq!(change("whatif learn"), Some("learn"));
        assert_eq!(change("what iffy"), None);
        assert_eq!(change("what if"), None);
    }
}
