//! `flow eligible`: who came in, who left at which step and why, and where they went.

use crate::figures::flow::{Condition, Flow as Chart, Part, Split};
use crate::plan::node::Flow;
use crate::run::fault::Fault;
use crate::run::results::{Answer, Cell, FigureData, ResultTable};
use crate::run::step::Step;
use crate::run::world::word;

/// # Errors
/// The cohort has no value.
pub fn run(step: &Step<'_>, spec: &Flow) -> Result<Answer, Fault> {
    let world = step.world;
    let cohort = world.cohort(spec.cohort)?;
    let name = word(step.plan().node(spec.cohort));
    let source = &world.table(cohort.table)?.name;
    let mut table =
        ResultTable::new("flow", format!("Flow of {name}"), ["step", "before", "left", "unknown", "remain"]);
    table.push([
        Cell::text(format!("rows of {source}")),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
        Cell::count(cohort.start),
    ]);
    for line in &cohort.steps {
        let verb = if line.include { "include" } else { "exclude" };
        table.push([
            Cell::text(format!("{verb}: {}", line.label)),
            Cell::count(line.before),
            Cell::count(line.removed),
            Cell::count(line.unknown),
            Cell::count(line.after),
        ]);
    }
    table.push([
        Cell::text(format!("in {name}")),
        Cell::Empty,
        Cell::Empty,
        Cell::Empty,
        Cell::count(cohort.rows.len()),
    ]);
    if cohort.steps.iter().any(|line| line.unknown > 0) {
        let stays = cohort.steps.iter().any(|line| line.unknown > 0 && line.unknown_stays);
        let leaves = cohort.steps.iter().any(|line| line.unknown > 0 && !line.unknown_stays);
        let words = match (stays, leaves) {
            (true, true) => "leave or stay as the condition says",
            (true, false) => "stay",
            _ => "leave",
        };
        table.notes.push(format!("rows on which a condition is missing are counted as unknown; they {words}"));
    }
    let mut tables = vec![table];
    let mut splits = Vec::new();
    for id in &spec.splits {
        let split = world.split(*id)?;
        let split_name = word(step.plan().node(*id));
        let mut parts = ResultTable::new("parts", format!("Parts of {split_name}"), ["part", "patients"]);
        for (part, rows) in &split.parts {
            let sealed = step.sealed(&crate::plan::Rows::Part { split: *id, part: part.clone() });
            let label = if sealed { format!("{part} (sealed)") } else { part.clone() };
            parts.push([Cell::text(label), Cell::count_of(rows.len(), cohort.rows.len())]);
        }
        if split.unused > 0 {
            parts.push([Cell::text("in no part"), Cell::count_of(split.unused, cohort.rows.len())]);
        }
        splits.push(Split {
            name: split_name.to_owned(),
            parts: split
                .parts
                .iter()
                .map(|(part, rows)| Part { name: part.clone(), n: rows.len() as u64, remark: String::new() })
                .collect(),
            unused: split.unused as u64,
        });
        tables.push(parts);
    }
    let conditions = cohort.steps.iter().map(|line| Condition {
        include: line.include,
        label: line.label.clone(),
        before: line.before as u64,
        removed: line.removed as u64,
        unknown: line.unknown as u64,
        unknown_stays: line.unknown_stays,
        after: line.after as u64,
    });
    let chart = Chart {
        source: source.clone(),
        start: cohort.start as u64,
        conditions: conditions.collect(),
        cohort: name.to_owned(),
        end: cohort.rows.len() as u64,
        splits,
    };
    let figure = FigureData::new(format!("Flow of {name}"), &chart);
    Ok(Answer { tables, figures: vec![figure], ..Answer::default() })
}
