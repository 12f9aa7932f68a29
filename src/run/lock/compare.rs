//! Where two locks differ, in words: which column of which row, which step of the plan, which
//! estimate.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::figures::words;
use crate::frame::fault::list;

use super::{EstimateLock, FileLock, Lock, NodeLock, TableLock};

/// What a difference is a difference of; it decides who has to act.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cause {
    Version,
    Plan,
    Data,
    Results,
}

/// One difference between what was locked and what is now.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    pub cause: Cause,
    pub message: String,
}

impl Cause {
    pub fn words(self) -> &'static str {
        match self {
            Cause::Version => "Version",
            Cause::Plan => "Plan",
            Cause::Data => "Data",
            Cause::Results => "Results",
        }
    }
}

/// Every difference: versions, plan and data first, then the estimates that moved. Results are
/// compared where both locks have them.
pub fn differences(was: &Lock, is: &Lock) -> Vec<Difference> {
    let mut found = Vec::new();
    let mut tell = |cause, message: String| found.push(Difference { cause, message });
    if was.diptych != is.diptych {
        tell(Cause::Version, format!("locked by Diptych {}, this is {}", was.diptych, is.diptych));
    }
    if was.plan.hash != is.plan.hash {
        plan(was, is, &mut |message| tell(Cause::Plan, message));
    }
    tables(was, is, &mut |message| tell(Cause::Data, message));
    files(was, is, &mut |message| tell(Cause::Data, message));
    if let (Some(before), Some(now)) = (&was.results, &is.results)
        && before.hash != now.hash
    {
        let mut moved = 0;
        estimates(&before.estimates, &now.estimates, &mut |message| {
            moved += 1;
            tell(Cause::Results, message);
        });
        if moved == 0 {
            tell(Cause::Results, "no estimate moved, but tables, figures or notes of results.json differ".to_owned());
        }
    }
    found
}

fn plan(was: &Lock, is: &Lock, tell: &mut dyn FnMut(String)) {
    let before: BTreeMap<&str, &NodeLock> = was.plan.nodes.iter().map(|node| (node.name.as_str(), node)).collect();
    let now: BTreeMap<&str, &NodeLock> = is.plan.nodes.iter().map(|node| (node.name.as_str(), node)).collect();
    let mut told = false;
    for node in &was.plan.nodes {
        if !now.contains_key(node.name.as_str()) {
            tell(format!("`{}` is gone", node.name));
            told = true;
        }
    }
    let mut follow = Vec::new();
    for node in &is.plan.nodes {
        let Some(old) = before.get(node.name.as_str()) else {
            tell(format!("`{}` is new", node.name));
            told = true;
            continue;
        };
        let mut changed = Vec::new();
        if old.operation != node.operation {
            changed.push(format!("it was of the kind {} and is {}", old.operation, node.operation));
        }
        parameters(&old.parameters, &node.parameters, "", &mut changed);
        if old.inputs != node.inputs {
            changed.push(format!("it stood on {} and stands on {}", list(&old.inputs), list(&node.inputs)));
        }
        if old.accepted != node.accepted {
            changed.push(format!("accepted was {:?} and is {:?}", old.accepted, node.accepted));
        }
        if !changed.is_empty() {
            tell(format!("`{}` changed: {}", node.name, changed.join("; ")));
            told = true;
        } else if old.hash != node.hash {
            follow.push(format!("`{}`", node.name));
        }
    }
    if !follow.is_empty() && told {
        tell(format!("what stands on it follows: {}", list(&follow)));
    } else if !told {
        tell("the seed, the level of intervals or the number of resamples changed".to_owned());
    }
}

/// The fields in which two parameters differ, as `design.tune.over.folds was 5 and is 10`.
fn parameters(was: &Json, is: &Json, path: &str, changed: &mut Vec<String>) {
    if was == is {
        return;
    }
    let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
    match (was, is) {
        (Json::Object(before), Json::Object(now)) => {
            let names: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
            for name in names {
                let (before, now) = (before.get(name).unwrap_or(&Json::Null), now.get(name).unwrap_or(&Json::Null));
                parameters(before, now, &below(name), changed);
            }
        }
        (Json::Array(before), Json::Array(now)) if before.len() == now.len() => {
            for (place, (before, now)) in before.iter().zip(now).enumerate() {
                parameters(before, now, &below(&(place + 1).to_string()), changed);
            }
        }
        _ => {
            let path = if path.is_empty() { "it" } else { path };
            changed.push(format!("{path} was {} and is {}", shown(was), shown(is)));
        }
    }
}

fn shown(value: &Json) -> String {
    const LONGEST: usize = 80;
    match value {
        Json::Null => "nothing".to_owned(),
        value => {
            let text = value.to_string();
            if text.chars().count() <= LONGEST {
                return text;
            }
            format!("{} ...", text.chars().take(LONGEST).collect::<String>())
        }
    }
}

fn tables(was: &Lock, is: &Lock, tell: &mut dyn FnMut(String)) {
    for old in &was.tables {
        match is.tables.iter().find(|table| table.table == old.table) {
            None => tell(format!("the table `{}` is gone", old.table)),
            Some(new) if new.hash != old.hash => table(old, new, tell),
            Some(_) => {}
        }
    }
    for new in &is.tables {
        if !was.tables.iter().any(|table| table.table == new.table) {
            tell(format!("the table `{}` is new", new.table));
        }
    }
}

fn table(was: &TableLock, is: &TableLock, tell: &mut dyn FnMut(String)) {
    let name = match &is.path {
        Some(path) => format!("`{}` ({path})", is.table),
        None => format!("`{}`", is.table),
    };
    let columns = Sides::of(&was.columns, &is.columns);
    let rows = Sides::of(&was.row_hashes, &is.row_hashes);
    let has_rows = was.row_hashes.len() == was.rows && is.row_hashes.len() == is.rows;
    for (names, words) in [(&columns.gone, "gone"), (&columns.new, "new")] {
        if !names.is_empty() {
            tell(format!("{name}: column {} {} {words}", list(&quoted(names)), are(names.len())));
        }
    }
    if !has_rows {
        if was.rows != is.rows {
            tell(format!("{name}: {} rows, where there were {}", is.rows, was.rows));
        } else if !columns.changed.is_empty() {
            tell(format!("{name}: values changed in column {}", list(&quoted(&columns.changed))));
        }
        return;
    }
    for (names, words) in [(&rows.gone, "gone"), (&rows.new, "new")] {
        if !names.is_empty() {
            tell(format!("{name}: row {} {} {words}", list(names), are(names.len())));
        }
    }
    let same_rows = rows.gone.is_empty() && rows.new.is_empty();
    let same_columns = columns.gone.is_empty() && columns.new.is_empty();
    if !same_columns {
        // Every row's hash holds the column that came or went.
        if same_rows && !columns.changed.is_empty() {
            tell(format!("{name}: values changed in column {}", list(&quoted(&columns.changed))));
        }
        return;
    }
    match (same_rows, rows.changed.len(), columns.changed.len()) {
        (true, 0, 0) => tell(format!("{name}: the columns stand in another order")),
        (true, 0, _) => tell(format!("{name}: the rows stand in another order")),
        (false, 0, _) => {}
        // Rows that came or went change the hash of every column.
        (false, ..) => tell(format!("{name}: values changed in row {}", list(&rows.changed))),
        (true, r, c) => {
            let cells = match (r, c) {
                (1, 1) => "1 cell".to_owned(),
                (1, n) | (n, 1) => format!("{n} cells"),
                (r, c) => format!("{} to {} cells", r.max(c), r * c),
            };
            let row = match &is.key {
                Some(key) => format!("{key} {}", list(&rows.changed)),
                None => format!("row {}", list(&rows.changed)),
            };
            tell(format!("{name}: {cells} changed: column {} of {row}", list(&quoted(&columns.changed))));
        }
    }
}

/// Names with hashes, two sides held against each other.
pub(super) struct Sides {
    pub gone: Vec<String>,
    pub new: Vec<String>,
    pub changed: Vec<String>,
}

impl Sides {
    pub fn of(was: &[(String, String)], is: &[(String, String)]) -> Self {
        // Several rows may have one key.
        let gather = |side: &[(String, String)]| {
            let mut map: BTreeMap<String, Vec<String>> = BTreeMap::new();
            for (name, hash) in side {
                map.entry(name.clone()).or_default().push(hash.clone());
            }
            map.values_mut().for_each(|hashes| hashes.sort());
            map
        };
        let (before, now) = (gather(was), gather(is));
        let mut seen = BTreeSet::new();
        let in_order = |side: &[(String, String)], seen: &mut BTreeSet<String>| -> Vec<String> {
            seen.clear();
            side.iter().filter(|(name, _)| seen.insert(name.clone())).map(|(name, _)| name.clone()).collect()
        };
        let old = in_order(was, &mut seen);
        let new = in_order(is, &mut seen);
        Sides {
            gone: old.into_iter().filter(|name| !now.contains_key(name)).collect(),
            changed: new
                .iter()
                .filter(|name| before.get(*name).is_some_and(|hashes| Some(hashes) != now.get(*name)))
                .cloned()
                .collect(),
            new: new.into_iter().filter(|name| !before.contains_key(name)).collect(),
        }
    }
}

fn quoted(names: &[String]) -> Vec<String> {
    names.iter().map(|name| format!("`{name}`")).collect()
}

fn are(count: usize) -> &'static str {
    if count == 1 { "is" } else { "are" }
}

fn files(was: &Lock, is: &Lock, tell: &mut dyn FnMut(String)) {
    let before: BTreeMap<&str, &FileLock> = was.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let now: BTreeMap<&str, &FileLock> = is.files.iter().map(|file| (file.path.as_str(), file)).collect();
    let mut told = |what: &str, paths: Vec<String>| {
        if !paths.is_empty() {
            tell(format!("{what}: {}", list(&paths)));
        }
    };
    let of = |side: &BTreeMap<&str, &FileLock>, other: &BTreeMap<&str, &FileLock>| -> Vec<String> {
        side.keys().filter(|path| !other.contains_key(*path)).map(|path| format!("`{path}`")).collect()
    };
    told("file gone", of(&before, &now));
    told("file new", of(&now, &before));
    // What is known of its parts stands on a line of its own.
    let mut whole = Vec::new();
    for (path, new) in &now {
        let Some(old) = before.get(path).filter(|old| old.hash != new.hash) else { continue };
        match parts(old, new) {
            Some(words) => told("content changed", vec![format!("`{path}`, {words}")]),
            None => whole.push(format!("`{path}`")),
        }
    }
    told("content changed", whole);
}

/// `file slice0011.dcm`: the parts in which two states of a file differ, where both know theirs.
fn parts(was: &FileLock, is: &FileLock) -> Option<String> {
    if was.parts.is_empty() || is.parts.is_empty() {
        return None;
    }
    let word = match is.what.as_str() {
        "image" | "mask" => "file ",
        "gene sets" => "set ",
        "expression" => "",
        _ => "line ",
    };
    let sides = Sides::of(&was.parts, &is.parts);
    let mut words = Vec::new();
    for (names, state) in [(&sides.changed, ""), (&sides.gone, " gone"), (&sides.new, " new")] {
        if !names.is_empty() {
            words.push(format!("{word}{}{state}", list(names)));
        }
    }
    // The parts are the same, in another order or with other blank lines.
    (!words.is_empty()).then(|| words.join("; "))
}

fn estimates(was: &[EstimateLock], is: &[EstimateLock], tell: &mut dyn FnMut(String)) {
    // The same words may stand several times; the first is held against the first.
    let numbered = |side: &[EstimateLock]| {
        let mut count: BTreeMap<String, usize> = BTreeMap::new();
        side.iter()
            .map(|estimate| {
                let name = named(estimate);
                let number = count.entry(name.clone()).or_default();
                *number += 1;
                ((name, *number), estimate.clone())
            })
            .collect::<Vec<_>>()
    };
    let (was, is) = (numbered(was), numbered(is));
    let now: BTreeMap<&(String, usize), &EstimateLock> = is.iter().map(|(key, estimate)| (key, estimate)).collect();
    let before: BTreeSet<&(String, usize)> = was.iter().map(|(key, _)| key).collect();
    for (key, old) in &was {
        match now.get(key) {
            None => tell(format!("{} is no longer estimated (it was {})", key.0, value(old.value))),
            Some(new) if *new != old => {
                let mut words = Vec::new();
                if old.value != new.value {
                    words.push(format!("was {} and is {}", value(old.value), value(new.value)));
                }
                if (old.lower, old.upper) != (new.lower, new.upper) {
                    words.push(format!(
                        "interval {} to {}, now {} to {}",
                        value(old.lower),
                        value(old.upper),
                        value(new.lower),
                        value(new.upper)
                    ));
                }
                if (old.n, old.events) != (new.n, new.events) {
                    let events = |events: Option<usize>| events.map_or(String::new(), |n| format!(", {n} events"));
                    words.push(format!(
                        "of {} patients{}, now of {}{}",
                        old.n,
                        events(old.events),
                        new.n,
                        events(new.events)
                    ));
                }
                tell(format!("{} {}", key.0, words.join("; ")));
            }
            Some(_) => {}
        }
    }
    for (key, new) in &is {
        if !before.contains(key) {
            tell(format!("{} is new: {}", key.0, value(new.value)));
        }
    }
}

/// `AUC of PRIME_R on external (evaluate PRIME_R)`.
fn named(estimate: &EstimateLock) -> String {
    let mut name = format!("{}{}", estimate.metric, words::at(estimate.horizon.as_deref()));
    if !estimate.model.is_empty() {
        name.push_str(&format!(" of {}", estimate.model));
    }
    if !estimate.cohort.is_empty() {
        name.push_str(&format!(" on {}", estimate.cohort));
    }
    format!("{name} ({})", estimate.declaration)
}

fn value(value: Option<f64>) -> String {
    value.map_or("not estimable".to_owned(), |value| value.to_string())
}
