//! `:why X`.

use std::fmt::Write;

use crate::plan::{NodeId, Plan, describe};
use crate::repl::reply::{Piece, Reply};
use crate::repl::session::Session;
use crate::run::world;
use crate::syntax::diagnostic::nearest;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "why",
    usage: "NAME",
    summary: "What a name is made of, what stands on it, and whether its answer still holds.",
    documentation: "Follows the plan from the data to the name: every step with its defaults, the rows it was fitted \
        on, and what was accepted with a reason. Of a cell that was set aside it tells the fault.",
    example: ":why RESPONSE",
    run,
};

fn run(session: &mut Session, name: &str) -> Reply {
    if name.is_empty() {
        return Reply::note("name what is asked: `:why RESPONSE`");
    }
    let aside = session.cells().iter().find(|cell| {
        cell.subject.name() == Some(name) || cell.subject.words() == name || format!("[{}]", cell.number) == name
    });
    if let Some(fault) = aside.and_then(|cell| session.broken.get(&cell.number)) {
        let mut sources = crate::syntax::ast::Sources::default();
        let text = aside.map_or("", |cell| cell.text.as_str());
        for _ in 0..fault.span.source.0 {
            sources.add("", "");
        }
        sources.add(name, text);
        return Reply { pieces: vec![Piece::Diagnostics(vec![fault.clone()], std::sync::Arc::new(sources))] };
    }
    let Some(sound) = &session.sound else { return super::nothing_yet() };
    let nodes = named(&sound.plan, name);
    if nodes.is_empty() {
        return unknown(session, name);
    }
    let mut text = String::new();
    for id in nodes {
        text.push_str(&describe::node(&sound.plan, id));
        let of =
            |ids: Vec<NodeId>| ids.iter().map(|id| sound.plan.node(*id).name.clone()).collect::<Vec<_>>().join(", ");
        let above = below(&sound.plan, id);
        if !above.is_empty() {
            let _ = writeln!(text, "  stands on: {}", of(above));
        }
        let users: Vec<NodeId> = sound
            .plan
            .nodes()
            .iter()
            .filter(|node| below(&sound.plan, node.id).contains(&id))
            .map(|node| node.id)
            .collect();
        if !users.is_empty() {
            let _ = writeln!(text, "  stands under: {}", of(users));
        }
        if session.is_stale(sound, id) {
            text.push_str("  answered before, and defined otherwise since: `:run` computes it again\n");
        } else if session.is_answered(sound, id) {
            text.push_str("  answered as it is defined\n");
        }
    }
    Reply::text(text)
}

/// All that a node stands on, in the order of the plan.
fn below(plan: &Plan, id: NodeId) -> Vec<NodeId> {
    let mut found = vec![id];
    for node in plan.nodes().iter().rev() {
        if found.contains(&node.id) {
            for input in &node.inputs {
                if !found.contains(input) {
                    found.push(*input);
                }
            }
        }
    }
    found.retain(|found| *found != id);
    found.sort();
    found
}

/// The nodes that a word means: by its own name, or by its whole line.
pub(super) fn named(plan: &Plan, name: &str) -> Vec<NodeId> {
    let exact: Vec<NodeId> =
        plan.nodes().iter().filter(|node| node.name == name || world::word(node) == name).map(|node| node.id).collect();
    if exact.len() > 1 {
        // A model and its evaluation share their word: the definition is meant.
        let nouns: Vec<NodeId> =
            exact.iter().copied().filter(|id| !plan.node(*id).name.starts_with("evaluate ")).collect();
        return if nouns.is_empty() { exact } else { nouns };
    }
    exact
}

pub(super) fn unknown(session: &Session, name: &str) -> Reply {
    let names: Vec<String> =
        session.sound.iter().flat_map(|sound| sound.plan.nodes()).map(|node| world::word(node).to_owned()).collect();
    Reply::caution(match nearest(name, names.iter().map(String::as_str)) {
        Some(near) => format!("the plan has no step `{name}`; did you mean `{near}`?"),
        None => format!("the plan has no step `{name}`; `:plan` shows them all"),
    })
}
