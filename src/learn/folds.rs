//! How rows are dealt into folds: stratified, grouped, repeated, leave-one-level-out, bootstrap.
//!
//! Every draw comes from the [`Stream`] that is passed in, so that the same study has the same
//! folds on any machine and any number of threads. Folds are made once and shared by every
//! candidate that is compared on them.

use std::collections::{BTreeMap, BTreeSet};

use rand::RngExt;
use rand::seq::SliceRandom;

use crate::random::Stream;
use crate::stats::Outcome;

use super::recipe::Resampling;

/// One partition of rows: fit on `train`, judge on `test`. Both hold row numbers of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Which repeat it belongs to, from 0. Every bootstrap resample is a repeat of its own.
    pub repeat: usize,
    /// Its number within the repeat, from 0.
    pub index: usize,
    /// Rows to fit on; under the bootstrap a row may stand in it more than once.
    pub train: Vec<usize>,
    /// Rows to judge on; never one of `train`, nor of the same group.
    pub test: Vec<usize>,
}

/// What dealing needs to know of the table; everything is in row order of the whole table.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    pub outcome: &'a Outcome,
    /// Group of each row, such as the patient of a lesion; a group is never torn apart.
    pub groups: Option<&'a [u32]>,
    /// Levels of the columns that [`Resampling::LeaveOut`] may name.
    pub columns: &'a BTreeMap<String, Vec<Option<String>>>,
}

/// Why rows cannot be dealt into folds.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FoldError {
    #[error("{folds} folds of {units} {what} leave a fold empty")]
    TooFewRows { folds: usize, units: usize, what: &'static str },
    #[error("resampling wants at least two folds, not {folds}")]
    TooFewFolds { folds: usize },
    #[error("resampling wants at least one repeat")]
    NoRepeat,
    #[error("{n} rows with {reason}: some fold could not be fitted")]
    OneClass { n: usize, reason: String },
    #[error("column `{column}` is not there to leave out its levels")]
    NoColumn { column: String },
    #[error("column `{column}` has a single level (`{level}`) in these rows; leaving it out leaves nothing")]
    OneLevel { column: String, level: String },
    #[error("column `{column}` is missing in {rows} rows, so no fold can leave them out")]
    MissingLevel { column: String, rows: usize },
}

/// Deals `rows` (row numbers of the table) into folds.
///
/// - Folds: rows of each class are dealt evenly, the classes of a binary endpoint and the events
///   of a censored one; within an event class rows go in order of time (of value for a
///   continuous endpoint), so that every fold covers early and late. Fold sizes differ by at
///   most one, as do the counts of each class. Whole groups stay together and are dealt, largest
///   first, to the fold that keeps the class counts most even.
/// - Leave-out: one fold a level, in alphabetical order.
/// - Bootstrap: as many rows (groups) with replacement as there are; the test rows are those not
///   drawn. A resample without both classes, without an event or without a test row is drawn again.
///
/// Where `rows` holds a row more than once, as inside a bootstrap resample, its copies count as
/// one group: a copy in the test rows would leak.
///
/// # Errors
/// [`FoldError`] with the reason; for instance fewer rows than folds.
pub fn deal(
    resampling: &Resampling,
    layout: &Layout<'_>,
    rows: &[usize],
    stream: &Stream,
) -> Result<Vec<Fold>, FoldError> {
    let classes = classes(layout.outcome, rows);
    enough(layout.outcome, rows)?;
    match resampling {
        Resampling::Folds { folds, repeats } => {
            if *folds < 2 {
                return Err(FoldError::TooFewFolds { folds: *folds });
            }
            if *repeats == 0 {
                return Err(FoldError::NoRepeat);
            }
            let units = units(layout, rows);
            let count = units.as_ref().map_or(rows.len(), Vec::len);
            if count < *folds {
                let what = if units.is_some() { "groups" } else { "rows" };
                return Err(FoldError::TooFewRows { folds: *folds, units: count, what });
            }
            let mut dealt = Vec::with_capacity(folds * repeats);
            for repeat in 0..*repeats {
                let stream = stream.indexed(repeat as u64);
                let fold_of = match &units {
                    None => stratified(layout.outcome, rows, &classes, *folds, &stream),
                    Some(units) => grouped(units, &classes, rows.len(), *folds, &stream),
                };
                for index in 0..*folds {
                    let (test, train) = parted(rows, |position| fold_of[position] == index);
                    dealt.push(Fold { repeat, index, train, test });
                }
            }
            for fold in &dealt {
                enough(layout.outcome, &fold.train)?;
            }
            Ok(dealt)
        }
        Resampling::LeaveOut { column } => leave_out(column, layout, rows),
        Resampling::Bootstraps { resamples } => {
            if *resamples == 0 {
                return Err(FoldError::NoRepeat);
            }
            (0..*resamples).map(|repeat| bootstrap(layout, rows, repeat, &stream.indexed(repeat as u64))).collect()
        }
    }
}

/// Positions for which `chosen` holds, then the others, as row numbers.
fn parted(rows: &[usize], chosen: impl Fn(usize) -> bool) -> (Vec<usize>, Vec<usize>) {
    let mut inside = Vec::new();
    let mut outside = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        if chosen(position) { inside.push(*row) } else { outside.push(*row) }
    }
    (inside, outside)
}

/// Class of each position: 0 and 1, the event code, or 0 for a number.
fn classes(outcome: &Outcome, rows: &[usize]) -> Vec<usize> {
    match outcome {
        Outcome::Binary(values) => rows.iter().map(|row| usize::from(values[*row])).collect(),
        Outcome::Survival(censored) => rows.iter().map(|row| usize::from(censored.event[*row])).collect(),
        Outcome::Continuous(_) => vec![0; rows.len()],
        Outcome::Nominal(classes) => rows.iter().map(|row| classes.class[*row]).collect(),
    }
}

/// What orders rows within a class, if anything does.
fn order_within(outcome: &Outcome) -> Option<&[f64]> {
    match outcome {
        Outcome::Binary(_) | Outcome::Nominal(_) => None,
        Outcome::Survival(censored) => Some(&censored.time),
        Outcome::Continuous(values) => Some(values),
    }
}

/// A model can be fitted on `rows` at all.
fn enough(outcome: &Outcome, rows: &[usize]) -> Result<(), FoldError> {
    let fail = |reason: String| Err(FoldError::OneClass { n: rows.len(), reason });
    match outcome {
        Outcome::Binary(values) => {
            let events = rows.iter().filter(|row| values[**row]).count();
            if events == 0 || events == rows.len() {
                return fail(format!("{events} events and {} non-events", rows.len() - events));
            }
        }
        Outcome::Survival(censored) => {
            if !rows.iter().any(|row| censored.event[*row] == 1) {
                return fail("no event and all censored".to_owned());
            }
        }
        Outcome::Nominal(classes) => {
            let counts = classes.select(rows).counts();
            if let Some(none) = counts.iter().position(|count| *count == 0) {
                let level = classes.levels.get(none).cloned().unwrap_or_default();
                return fail(format!("none of class `{level}`"));
            }
        }
        Outcome::Continuous(_) => {}
    }
    Ok(())
}

/// Groups as lists of positions in order of first appearance; `None` where every row stands alone.
fn units(layout: &Layout<'_>, rows: &[usize]) -> Option<Vec<Vec<usize>>> {
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut order = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        let unit = layout.groups.map_or(*row, |groups| groups[*row] as usize);
        let list = members.entry(unit).or_default();
        if list.is_empty() {
            order.push(unit);
        }
        list.push(position);
    }
    if members.len() == rows.len() {
        return None;
    }
    Some(order.iter().filter_map(|unit| members.remove(unit)).collect())
}

/// Fold of each position, classes dealt evenly.
fn stratified(outcome: &Outcome, rows: &[usize], classes: &[usize], folds: usize, stream: &Stream) -> Vec<usize> {
    let mut rng = stream.rng();
    let mut fold_of = vec![0; rows.len()];
    let mut sizes = vec![0usize; folds];
    for class in classes.iter().copied().collect::<BTreeSet<_>>() {
        let mut members: Vec<usize> = (0..rows.len()).filter(|position| classes[*position] == class).collect();
        members.shuffle(&mut rng);
        if let Some(values) = order_within(outcome) {
            // Stable: ties keep their shuffled order.
            members.sort_by(|a, b| values[rows[*a]].total_cmp(&values[rows[*b]]));
        }
        for chunk in members.chunks(folds) {
            let mut order: Vec<usize> = (0..folds).collect();
            order.shuffle(&mut rng);
            if chunk.len() < folds {
                order.sort_by_key(|fold| sizes[*fold]);
            }
            for (position, fold) in chunk.iter().zip(order) {
                fold_of[*position] = fold;
                sizes[fold] += 1;
            }
        }
    }
    fold_of
}

/// Fold of each position, whole groups together: the group goes where the shares of the classes
/// stay most even, then where there are fewest rows.
fn grouped(units: &[Vec<usize>], classes: &[usize], n: usize, folds: usize, stream: &Stream) -> Vec<usize> {
    let kinds: Vec<usize> = classes.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    let kind_of = |position: usize| kinds.iter().position(|kind| *kind == classes[position]).unwrap_or(0);
    let mut totals = vec![0.0f64; kinds.len()];
    for position in 0..n {
        totals[kind_of(position)] += 1.0;
    }
    let mut order: Vec<usize> = (0..units.len()).collect();
    order.shuffle(&mut stream.rng());
    order.sort_by_key(|unit| std::cmp::Reverse(units[*unit].len()));

    let mut counts = vec![vec![0.0f64; kinds.len()]; folds];
    let mut sizes = vec![0usize; folds];
    let mut fold_of = vec![0; n];
    for (placed, unit) in order.iter().enumerate() {
        let mut add = vec![0.0f64; kinds.len()];
        for position in &units[*unit] {
            add[kind_of(*position)] += 1.0;
        }
        let empty = sizes.iter().filter(|size| **size == 0).count();
        let must_fill = units.len() - placed <= empty;
        let mut best = (f64::INFINITY, usize::MAX, 0);
        for fold in 0..folds {
            if must_fill && sizes[fold] > 0 {
                continue;
            }
            let spread: f64 = (0..kinds.len())
                .map(|kind| {
                    let share = |other: usize| {
                        let extra = if other == fold { add[kind] } else { 0.0 };
                        (counts[other][kind] + extra) / totals[kind]
                    };
                    let mean = (0..folds).map(share).sum::<f64>() / folds as f64;
                    (0..folds).map(|other| (share(other) - mean).powi(2)).sum::<f64>()
                })
                .sum();
            if spread < best.0 - 1e-12 || (spread <= best.0 + 1e-12 && sizes[fold] < best.1) {
                best = (spread, sizes[fold], fold);
            }
        }
        let fold = best.2;
        for (count, add) in counts[fold].iter_mut().zip(&add) {
            *count += add;
        }
        sizes[fold] += units[*unit].len();
        for position in &units[*unit] {
            fold_of[*position] = fold;
        }
    }
    fold_of
}

fn leave_out(column: &str, layout: &Layout<'_>, rows: &[usize]) -> Result<Vec<Fold>, FoldError> {
    let values = layout.columns.get(column).ok_or_else(|| FoldError::NoColumn { column: column.to_owned() })?;
    let missing = rows.iter().filter(|row| values[**row].is_none()).count();
    if missing > 0 {
        return Err(FoldError::MissingLevel { column: column.to_owned(), rows: missing });
    }
    let levels: BTreeSet<&str> = rows.iter().filter_map(|row| values[*row].as_deref()).collect();
    if levels.len() < 2 {
        let level = levels.first().copied().unwrap_or_default().to_owned();
        return Err(FoldError::OneLevel { column: column.to_owned(), level });
    }
    let mut dealt = Vec::with_capacity(levels.len());
    for (index, level) in levels.into_iter().enumerate() {
        let (test, mut train) = parted(rows, |position| values[rows[position]].as_deref() == Some(level));
        if let Some(groups) = layout.groups {
            // A group that is seen on both sides of the level is judged, not learned from.
            let tested: BTreeSet<u32> = test.iter().map(|row| groups[*row]).collect();
            train.retain(|row| !tested.contains(&groups[*row]));
        }
        enough(layout.outcome, &train)?;
        dealt.push(Fold { repeat: 0, index, train, test });
    }
    Ok(dealt)
}

/// How often a resample that cannot be fitted is drawn again before giving up.
const REDRAWS: usize = 1000;

fn bootstrap(layout: &Layout<'_>, rows: &[usize], repeat: usize, stream: &Stream) -> Result<Fold, FoldError> {
    let units = units(layout, rows).unwrap_or_else(|| (0..rows.len()).map(|position| vec![position]).collect());
    let mut rng = stream.rng();
    let mut reason = FoldError::TooFewRows { folds: 2, units: units.len(), what: "rows" };
    for _ in 0..REDRAWS {
        let mut times = vec![0usize; units.len()];
        for _ in 0..units.len() {
            times[rng.random_range(0..units.len())] += 1;
        }
        let mut train = Vec::with_capacity(rows.len());
        let mut test = Vec::new();
        for (unit, times) in units.iter().zip(&times) {
            for _ in 0..*times {
                train.extend(unit.iter().map(|position| rows[*position]));
            }
            if *times == 0 {
                test.extend(unit.iter().map(|position| rows[*position]));
            }
        }
        if test.is_empty() {
            continue;
        }
        match enough(layout.outcome, &train) {
            Ok(()) => return Ok(Fold { repeat, index: 0, train, test }),
            Err(error) => reason = error,
        }
    }
    Err(reason)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::stats::Censored;

    fn none() -> BTreeMap<String, Vec<Option<String>>> {
        BTreeMap::new()
    }

    #[test]
    fn every_row_is_tested_once_a_repeat_and_classes_are_even() {
        let outcome = Outcome::Binary((0..53).map(|row| row % 4 == 0).collect());
        let columns = none();
        let layout = Layout { outcome: &outcome, groups: None, columns: &columns };
        let rows: Vec<usize> = (0..53).collect();
        let folds = deal(&Resampling::Folds { folds: 5, repeats: 3 }, &layout, &rows, &Stream::root(1)).unwrap();
        assert_eq!(folds.len(), 15);
        for repeat in 0..3 {
            let mut seen: Vec<usize> =
                folds.iter().filter(|fold| fold.repeat == repeat).flat_map(|fold| fold.test.clone()).collect();
            seen.sort_unstable();
            assert_eq!(seen, rows);
        }
        for fold in &folds {
            let events = fold.test.iter().filter(|row| **row % 4 == 0).count();
            assert!((2..=3).contains(&events), "{events}");
            assert!((10..=11).contains(&fold.test.len()));
        }
    }

    #[test]
    fn groups_stay_together_and_copies_of_a_row_are_a_group() {
        let outcome = Outcome::Binary((0..40).map(|row| row % 2 == 0).collect());
        let groups: Vec<u32> = (0..40).map(|row| row / 3).collect();
        let columns = none();
        let layout = Layout { outcome: &outcome, groups: Some(&groups), columns: &columns };
        let rows: Vec<usize> = (0..40).collect();
        for resampling in [Resampling::Folds { folds: 4, repeats: 2 }, Resampling::Bootstraps { resamples: 7 }] {
            for fold in deal(&resampling, &layout, &rows, &Stream::root(2)).unwrap() {
                let train: BTreeSet<u32> = fold.train.iter().map(|row| groups[*row]).collect();
                assert!(fold.test.iter().all(|row| !train.contains(&groups[*row])));
            }
        }
        let layout = Layout { groups: None, ..layout };
        let copies: Vec<usize> = (0..40).map(|row| row / 2).collect();
        for fold in deal(&Resampling::Folds { folds: 4, repeats: 1 }, &layout, &copies, &Stream::root(2)).unwrap() {
            assert!(fold.test.iter().all(|row| !fold.train.contains(row)));
        }
    }

    #[test]
    fn events_are_spread_over_time() {
        let time: Vec<f64> = (0..60).map(f64::from).collect();
        let event: Vec<u8> = (0..60).map(|row| u8::from(row % 3 == 0)).collect();
        let outcome = Outcome::Survival(Censored::new(time, event));
        let columns = none();
        let layout = Layout { outcome: &outcome, groups: None, columns: &columns };
        let rows: Vec<usize> = (0..60).collect();
        for fold in deal(&Resampling::Folds { folds: 5, repeats: 1 }, &layout, &rows, &Stream::root(3)).unwrap() {
            let events: Vec<usize> = fold.test.iter().copied().filter(|row| row % 3 == 0).collect();
            assert_eq!(events.len(), 4);
            // One event of each consecutive block of five.
            assert!(events.iter().enumerate().all(|(block, row)| row / 15 == block));
        }
    }

    #[test]
    fn leaves_out_levels_and_refuses_what_cannot_be_dealt() {
        let outcome = Outcome::Binary(vec![true, false, true, false, true, false]);
        let centre = ["B", "A", "B", "A", "A", "B"].map(|level| Some(level.to_owned())).to_vec();
        let columns = BTreeMap::from([("centre".to_owned(), centre)]);
        let layout = Layout { outcome: &outcome, groups: None, columns: &columns };
        let rows: Vec<usize> = (0..6).collect();
        let by_centre = Resampling::LeaveOut { column: "centre".to_owned() };
        let folds = deal(&by_centre, &layout, &rows, &Stream::root(1)).unwrap();
        assert_eq!(folds[0].test, [1, 3, 4]);
        assert_eq!(folds[1].train, [1, 3, 4]);
        assert!(matches!(deal(&by_centre, &layout, &[0, 5], &Stream::root(1)), Err(FoldError::OneLevel { .. })));
        let stream = Stream::root(1);
        let five = Resampling::Folds { folds: 5, repeats: 1 };
        assert!(matches!(deal(&five, &layout, &[0, 1, 2], &stream), Err(FoldError::TooFewRows { .. })));
        assert!(matches!(deal(&five, &layout, &[0, 2, 4], &stream), Err(FoldError::OneClass { .. })));
        let two = Resampling::Folds { folds: 2, repeats: 1 };
        assert!(matches!(deal(&two, &layout, &[0, 1, 3], &stream), Err(FoldError::OneClass { .. })));
    }

    proptest! {
        #[test]
        fn train_and_test_partition_the_rows(n in 12usize..80, folds in 2usize..6, seed in 0u64..1000) {
            let outcome = Outcome::Binary((0..n).map(|row| row % 3 == 0).collect());
            let columns = none();
            let layout = Layout { outcome: &outcome, groups: None, columns: &columns };
            let rows: Vec<usize> = (0..n).rev().collect();
            let resampling = Resampling::Folds { folds, repeats: 1 };
            for fold in deal(&resampling, &layout, &rows, &Stream::root(seed)).unwrap() {
                let mut all = [fold.train.clone(), fold.test.clone()].concat();
                all.sort_unstable();
                prop_assert_eq!(all, (0..n).collect::<Vec<_>>());
                prop_assert!(!fold.test.is_empty());
            }
        }
    }
}
