//! `:data`.

use std::path::Path;

use crate::plan::{NodeId, Operation};
use crate::repl::reply::{Piece, Reply, Sound};
use crate::repl::session::Session;
use crate::run::results::{Cell, ResultTable};
use crate::run::world;

use super::Command;

pub(super) static COMMAND: Command = Command {
    name: "data",
    usage: "[TABLE]",
    summary: "The tables of the study: rows, columns, missing values; with a name, its columns.",
    documentation: "No outcome is looked at: only kinds, missing values and units are told.",
    example: ":data patients",
    run,
};

fn run(session: &mut Session, name: &str) -> Reply {
    let Some(sound) = session.sound.clone() else { return super::nothing_yet() };
    if !name.is_empty() {
        return columns(session, &sound, name);
    }
    let names: Vec<String> = tables(&sound).map(|(_, name)| name.to_owned()).collect();
    if names.is_empty() {
        return Reply::note("the study has no table yet; `table patients from \"patients.csv\"`");
    }
    let mut reply = Reply::default();
    for name in names {
        reply.extend(table(session, &sound, &name));
    }
    reply
}

fn tables(sound: &Sound) -> impl Iterator<Item = (NodeId, &str)> {
    sound.plan.nodes().iter().filter_map(|node| match node.operation {
        Operation::Table(_) => Some((node.id, world::word(node))),
        _ => None,
    })
}

/// One line on a table.
pub(in crate::repl) fn table(session: &mut Session, sound: &Sound, name: &str) -> Reply {
    let Some((spec, read)) = read(session, sound, name) else {
        return Reply::caution(format!("there is no table `{name}` that could be read"));
    };
    let incomplete: Vec<String> = read
        .columns()
        .filter(|(_, cells)| cells.missing() > 0)
        .map(|(column, cells)| format!("{column} {}", cells.missing()))
        .collect();
    let mut text = format!("{name}: {} rows, {} columns", read.rows(), read.names().count());
    if let Some(key) = spec {
        text.push_str(&format!(", key {key}"));
    }
    let mut reply = Reply::note(text);
    if !incomplete.is_empty() {
        let shown: Vec<&str> = incomplete.iter().take(12).map(String::as_str).collect();
        let more = incomplete.len().saturating_sub(12);
        let more = if more > 0 { format!(" and {more} more columns") } else { String::new() };
        reply.push(Piece::Note(format!("missing: {}{more}; `:data {name}` lists the columns", shown.join(", "))));
    }
    for note in &read.notes {
        reply.push(Piece::Note(note.clone()));
    }
    reply
}

fn read(session: &Session, sound: &Sound, name: &str) -> Option<(Option<String>, crate::frame::Table)> {
    let (id, _) = tables(sound).find(|(_, known)| *known == name)?;
    let Operation::Table(table) = &sound.plan.node(id).operation else { return None };
    let path = session.folder().join(Path::new(table.path.as_deref()?));
    let read = session.files.read(&path, &table.dictionary, table.key.as_deref()).ok()?;
    Some((table.key.clone(), read))
}

fn columns(session: &Session, sound: &Sound, name: &str) -> Reply {
    let Some((_, read)) = read(session, sound, name) else {
        return Reply::caution(format!("there is no table `{name}` that could be read"));
    };
    let dictionary = tables(sound)
        .find(|(_, known)| *known == name)
        .and_then(|(id, _)| match &sound.plan.node(id).operation {
            Operation::Table(table) => Some(table.dictionary.clone()),
            _ => None,
        })
        .unwrap_or_default();
    let mut table = ResultTable::new(
        "columns",
        format!("Columns of {name}, {} rows", read.rows()),
        ["column", "type", "unit", "role", "missing", "values"],
    );
    for (column, cells) in read.columns() {
        let entry = dictionary.columns.get(column);
        let kind = crate::repl::catalogue::kind_word(cells.kind());
        let levels = cells.levels();
        let values = match levels.len() {
            0 => String::new(),
            1..=6 => levels.join(", "),
            count => format!("{count} different"),
        };
        table.push([
            Cell::text(column),
            Cell::text(kind),
            Cell::text(entry.and_then(|entry| entry.unit.clone()).unwrap_or_default()),
            Cell::text(entry.and_then(|entry| entry.role.clone()).unwrap_or_default()),
            Cell::count_of(cells.missing(), read.rows()),
            Cell::text(values),
        ]);
    }
    Reply::table(table)
}
