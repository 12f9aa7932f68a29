//! `split centres from eligible`: parts in the shares asked for, balanced, patients kept whole.

use std::collections::BTreeMap;

use rand::seq::SliceRandom;

use crate::frame::expression::Expression;
use crate::plan::node::{Balance, Operation, PartPlan, Split};
use crate::plan::{Node, Rows};
use crate::random::Stream;
use crate::run::fault::Fault;
use crate::run::world::{RowSet, SplitValue, World, word};
use crate::stats::Outcome;

/// Numbers with more distinct values are balanced by their quartiles.
const MOST_LEVELS: usize = 10;

/// # Errors
/// An empty part; a patient who belongs to two parts.
pub fn run(world: &mut World<'_>, node: &Node, spec: &Split, stream: &Stream) -> Result<(), Fault> {
    // A split may be of a table itself.
    let from = match &world.plan.node(spec.cohort).operation {
        Operation::Table(_) => Rows::Table(spec.cohort),
        _ => Rows::Cohort(spec.cohort),
    };
    let RowSet { table, rows, .. } = world.rows(&from)?;
    let keys = std::sync::Arc::clone(&world.table(table)?.keys);
    let strata = strata(world, spec, table, &rows)?;
    let mut parts: Vec<(String, Vec<usize>)> = spec.parts.iter().map(|part| (part.name.clone(), Vec::new())).collect();

    // Parts under the same predicate share its patients; those under different ones must not meet.
    let mut families: Vec<(Option<&Expression>, Vec<usize>)> = Vec::new();
    for (place, part) in spec.parts.iter().enumerate() {
        match families.iter_mut().find(|(predicate, _)| *predicate == part.predicate.as_ref()) {
            Some((_, members)) => members.push(place),
            None => families.push((part.predicate.as_ref(), vec![place])),
        }
    }
    for (predicate, members) in families {
        let candidates: Vec<usize> = match predicate {
            None => rows.clone(),
            Some(predicate) => {
                let holds = world.evaluate(predicate, table)?.flags().ok_or_else(|| {
                    Fault::data("data::type", "the condition of a part is neither true nor false".to_owned())
                })?;
                rows.iter().copied().filter(|row| holds[*row] == Some(true)).collect()
            }
        };
        // Patients, not rows, are dealt: rows of one patient stay together.
        let mut patients: Vec<(&str, Vec<usize>)> = Vec::new();
        let mut place_of: BTreeMap<&str, usize> = BTreeMap::new();
        for row in candidates {
            let key = keys.name(row);
            match place_of.get(key) {
                Some(place) => patients[*place].1.push(row),
                None => {
                    place_of.insert(key, patients.len());
                    patients.push((key, vec![row]));
                }
            }
        }
        let shares: Vec<f64> = members.iter().map(|place| share(&spec.parts[*place])).collect();
        let stratum =
            |patient: &(&str, Vec<usize>)| patient.1.first().and_then(|row| strata.get(row)).map_or("", String::as_str);
        let mut by_stratum: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        for (place, patient) in patients.iter().enumerate() {
            by_stratum.entry(stratum(patient).to_owned()).or_default().push(place);
        }
        let dealt = deal(by_stratum, &shares, stream);
        for (patient, part) in patients.iter().zip(dealt) {
            if let Some(part) = part {
                parts[members[part]].1.extend(&patient.1);
            }
        }
    }

    let mut owner: BTreeMap<&str, &str> = BTreeMap::new();
    let mut shared: Vec<String> = Vec::new();
    for (name, rows) in &mut parts {
        rows.sort_unstable();
        for row in rows.iter() {
            let key = keys.name(*row);
            if let Some(other) = owner.insert(key, name)
                && other != name.as_str()
            {
                shared.push(format!("{key} (`{other}` and `{name}`)"));
            }
        }
    }
    if !shared.is_empty() {
        return Err(Fault::data(
            "data::patient-in-two-parts",
            format!(
                "{} patients are in two parts of `{}`: {}",
                shared.len(),
                word(node),
                crate::frame::fault::list(&shared)
            ),
        )
        .helped("the conditions of two parts overlap, or a patient has rows in several centres"));
    }
    if let Some((name, _)) = parts.iter().find(|(_, rows)| rows.is_empty()) {
        return Err(Fault::data("data::empty-part", format!("the part `{name}` of `{}` has no patient", word(node))));
    }
    let unused = rows.len() - parts.iter().map(|(_, rows)| rows.len()).sum::<usize>();
    world.splits.insert(node.id, SplitValue { cohort: spec.cohort, table, parts, unused });
    if unused > 0 {
        world.notice(node, "data::in-no-part", format!("{unused} of {} patients are in no part", rows.len()));
    }
    Ok(())
}

fn share(part: &PartPlan) -> f64 {
    part.share.unwrap_or(1.0)
}

/// The part of each unit, `None` where the shares leave it out. Within a stratum units are
/// shuffled; over strata, every unit goes to the part that is furthest behind its share, so that
/// parts have their shares of every stratum and of the whole within one unit.
fn deal(by_stratum: BTreeMap<String, Vec<usize>>, shares: &[f64], stream: &Stream) -> Vec<Option<usize>> {
    let total: usize = by_stratum.values().map(Vec::len).sum();
    let mut dealt = vec![None; total];
    let rest = (1.0 - shares.iter().sum::<f64>()).max(0.0);
    let mut targets = shares.to_vec();
    targets.push(if rest > 1e-9 { rest } else { 0.0 });
    let mut given = vec![0usize; targets.len()];
    let mut seen = 0usize;
    for (name, mut units) in by_stratum {
        units.shuffle(&mut stream.named(&name).rng());
        for unit in units {
            seen += 1;
            let behind = |part: usize| targets[part] * seen as f64 - given[part] as f64;
            let part = (0..targets.len())
                .filter(|part| targets[*part] > 0.0)
                .max_by(|a, b| behind(*a).total_cmp(&behind(*b)).then(b.cmp(a)));
            if let Some(part) = part {
                given[part] += 1;
                dealt[unit] = (part < shares.len()).then_some(part);
            }
        }
    }
    dealt
}

/// The stratum of each row, as words.
fn strata(
    world: &World<'_>,
    spec: &Split,
    table: crate::plan::NodeId,
    rows: &[usize],
) -> Result<BTreeMap<usize, String>, Fault> {
    let mut strata: BTreeMap<usize, String> = rows.iter().map(|row| (*row, String::new())).collect();
    for balance in &spec.balance {
        let level: Box<dyn Fn(usize) -> String> = match balance {
            Balance::Endpoint(id) => {
                let endpoint = world.endpoint_on(*id, table)?;
                Box::new(move |row| match (&endpoint.outcome, endpoint.known[row]) {
                    (_, false) => "unknown".to_owned(),
                    (Outcome::Binary(values), true) => values[row].to_string(),
                    (Outcome::Survival(censored), true) => censored.event[row].to_string(),
                    (Outcome::Continuous(_), true) => "known".to_owned(),
                    (Outcome::Nominal(classes), true) => classes.class[row].to_string(),
                })
            }
            Balance::Column(name) => {
                let cells = std::sync::Arc::clone(world.table(table)?.table.column(name)?);
                let quartiles = quartiles(&cells, rows);
                Box::new(move |row| match (&quartiles, cells.numbers()) {
                    (Some(cuts), Some(numbers)) if !numbers[row].is_nan() => {
                        cuts.iter().filter(|cut| numbers[row] > **cut).count().to_string()
                    }
                    _ => cells.text(row).unwrap_or_else(|| "missing".to_owned()),
                })
            }
        };
        for (row, stratum) in &mut strata {
            stratum.push('\u{1f}');
            stratum.push_str(&level(*row));
        }
    }
    Ok(strata)
}

/// Cuts at the quartiles of a number with many values.
fn quartiles(cells: &crate::frame::Cells, rows: &[usize]) -> Option<[f64; 3]> {
    let numbers = cells.numbers()?;
    let mut values: Vec<f64> = rows.iter().map(|row| numbers[*row]).filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    let mut distinct = values.clone();
    distinct.dedup();
    if distinct.len() <= MOST_LEVELS {
        return None;
    }
    let at = |share: f64| values[((values.len() as f64 * share) as usize).min(values.len() - 1)];
    Some([at(0.25), at(0.5), at(0.75)])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_have_their_shares_of_every_stratum_and_of_the_whole() {
        let strata: BTreeMap<String, Vec<usize>> =
            [("a".to_owned(), (0..50).collect()), ("b".to_owned(), (50..73).collect())].into();
        let dealt = deal(strata.clone(), &[0.7, 0.3], &Stream::root(1));
        let count = |range: std::ops::Range<usize>, part| dealt[range].iter().filter(|d| **d == Some(part)).count();
        assert_eq!((count(0..50, 0), count(0..50, 1)), (35, 15));
        assert_eq!(count(0..73, 0), 51);
        assert_eq!(dealt, deal(strata.clone(), &[0.7, 0.3], &Stream::root(1)));
        assert_ne!(dealt, deal(strata.clone(), &[0.7, 0.3], &Stream::root(2)));
        let partial = deal(strata, &[0.5], &Stream::root(1));
        assert_eq!(partial.iter().filter(|part| part.is_none()).count(), 36);
    }
}
