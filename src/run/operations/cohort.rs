//! `cohort eligible from patients`: conditions in order, each with its counts.

use crate::frame::Cells;
use crate::plan::Node;
use crate::plan::node::{Cohort, MissingCondition};
use crate::run::fault::Fault;
use crate::run::world::{CohortValue, FlowStep, World, word};

/// # Errors
/// A condition that cannot be evaluated; a cohort without patients.
pub fn run(world: &mut World<'_>, node: &Node, spec: &Cohort) -> Result<(), Fault> {
    let start = world.table(spec.table)?.table.rows();
    let mut rows: Vec<usize> = (0..start).collect();
    let mut steps = Vec::new();
    let mut unknown_total = 0;
    for condition in &spec.conditions {
        let cells = world.evaluate(&condition.expression, spec.table)?;
        let holds = cells.flags().ok_or_else(|| not_a_condition(&condition.label, &cells))?;
        let before = rows.len();
        let unknown_stays = condition.missing == MissingCondition::Stays;
        let (mut removed, mut unknown) = (0, 0);
        rows.retain(|row| match holds[*row] {
            Some(holds) => {
                let stays = holds == condition.include;
                removed += usize::from(!stays);
                stays
            }
            None => {
                unknown += 1;
                unknown_stays
            }
        });
        unknown_total += unknown;
        steps.push(FlowStep {
            include: condition.include,
            label: condition.label.clone(),
            before,
            removed,
            unknown,
            unknown_stays,
            after: rows.len(),
        });
    }
    if rows.is_empty() {
        let emptied = steps.iter().find(|step| step.after == 0);
        let by = emptied.map_or(String::new(), |step| format!(": \"{}\" leaves none of {}", step.label, step.before));
        return Err(Fault::data("data::empty-cohort", format!("the cohort `{}` has no patient{by}", word(node))));
    }
    if unknown_total > 0 {
        world.notice(
            node,
            "data::unknown-condition",
            format!("a condition was unknown (missing) {unknown_total} times; the flow counts them apart"),
        );
    }
    world.cohorts.insert(node.id, CohortValue { table: spec.table, rows, start, steps });
    Ok(())
}

fn not_a_condition(label: &str, cells: &Cells) -> Fault {
    let found = crate::frame::fault::words(cells.kind());
    Fault::data("data::type", format!("the condition \"{label}\" is neither true nor false: it gives {found}"))
}
