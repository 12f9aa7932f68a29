//! `groups risk from PRIME_S at median on train`: patients cut by a model's prediction; the cut is
//! taken from the rows that the study names and from nowhere else.

use std::collections::BTreeMap;

use crate::learn::threshold::{self, Threshold};
use crate::plan::node::{Cut, Groups};
use crate::run::fault::{Fault, FaultKind};
use crate::run::results::{Answer, Cell, ResultTable};
use crate::run::step::{Done, Made, Step};
use crate::stats::Outcome;
use crate::stats::bootstrap::ResampleFault;
use crate::stats::stratify::{CutoffRule, cutoffs};

use super::evaluate::predicted;

/// Group of each row of a table that has a prediction.
pub struct GroupsValue {
    pub name: String,
    /// Low to high.
    pub labels: Vec<String>,
    pub cuts: Vec<f64>,
    pub table: crate::plan::NodeId,
    pub group: BTreeMap<usize, u32>,
    /// The prediction that was cut: `PRIME_R`.
    pub model: String,
    pub score: BTreeMap<usize, f64>,
}

/// # Errors
/// Nobody to take the cut from. A group that stays empty is told.
pub fn run(step: &Step<'_>, spec: &Groups) -> Result<Done, Fault> {
    let model = step.model(spec.model.model)?;
    let label = step.label(&spec.model);
    let source = match &spec.from {
        Some(rows) => step.world.rows(rows)?.rows,
        None => model.rows.clone(),
    };
    let known: Vec<usize> = source.into_iter().filter(|row| model.data.endpoint.known[*row]).collect();
    let held = predicted(&model, spec.model.part.as_deref(), &known)?;
    let mut scores = held.prediction.scores().to_vec();
    if scores.is_empty() {
        return Err(Fault::run("run::not-estimable", format!("{label} predicts nobody to take a cut from")));
    }
    scores.sort_by(f64::total_cmp);
    let at = |share: f64| {
        let place = share * (scores.len() - 1) as f64;
        let (low, high) = (scores[place.floor() as usize], scores[place.ceil() as usize]);
        low + (high - low) * place.fract()
    };
    let mut selected = None;
    let mut chosen: Option<Threshold> = None;
    let cuts = match &spec.cut {
        Cut::At(values) => values.clone(),
        Cut::Median => vec![at(0.5)],
        Cut::Tertiles => vec![at(1.0 / 3.0), at(2.0 / 3.0)],
        Cut::Youden => match model.data.endpoint.outcome.select(&held.rows) {
            Outcome::Binary(events) => vec![crate::stats::roc::youden(&events, held.prediction.scores())?.threshold],
            _ => {
                return Err(Fault::run("run::not-estimable", "Youden's cut wants a binary endpoint")
                    .helped("cut at `median` or `tertiles`"));
            }
        },
        Cut::Threshold(criterion) => match model.data.endpoint.outcome.select(&held.rows) {
            Outcome::Binary(events) => {
                let found = threshold::choose(held.prediction.scores(), &events, *criterion)?;
                chosen = Some(found);
                vec![between(&scores, found.value).ok_or_else(|| {
                    Fault::run("run::not-estimable", format!("{criterion} puts every patient in one group"))
                })?]
            }
            _ => {
                return Err(Fault::run("run::not-estimable", "a cut by sensitivity or cost wants a binary endpoint")
                    .helped("cut at `median` or `tertiles`"));
            }
        },
        Cut::MaximallySelected => {
            let outcome = model.data.endpoint.outcome.select(&held.rows);
            let rule = CutoffRule::MaximallySelected { smallest: 0.1 };
            let found = cutoffs(held.prediction.scores(), &outcome, rule, 1000, &step.stream.named("cut"), step.watch)
                .map_err(|fault| match fault {
                    ResampleFault::Cancelled(cancelled) => Fault::from(cancelled),
                    ResampleFault::NotEstimable(reason) => Fault::from(reason),
                })?;
            selected = found.selection;
            found.cuts
        }
    };
    let labels: Vec<String> = match cuts.len() {
        1 => vec!["low".to_owned(), "high".to_owned()],
        2 => vec!["low".to_owned(), "middle".to_owned(), "high".to_owned()],
        n => (1..=n + 1).map(|group| format!("group {group}")).collect(),
    };
    // Everybody of the table with a prediction; training rows by their out-of-fold one. Outside the
    // study's cohorts a patient may lack what the model needs; such a one has no group.
    let all: Vec<usize> = (0..model.data.endpoint.known.len()).collect();
    let (inside, outside): (Vec<usize>, Vec<usize>) = all.into_iter().partition(|row| model.rows.contains(row));
    let part = spec.model.part.as_deref();
    let mut group = BTreeMap::new();
    let mut all_scores = BTreeMap::new();
    let mut place = |held: &crate::fuse::Predicted| {
        for (row, score) in held.rows.iter().zip(held.prediction.scores()) {
            all_scores.insert(*row, *score);
            group.insert(*row, cuts.iter().filter(|cut| score > cut).count() as u32);
        }
    };
    place(&predicted(&model, part, &inside)?);
    match predicted(&model, part, &outside) {
        Ok(held) => place(&held),
        Err(fault) if fault.kind == FaultKind::Stopped => return Err(fault),
        Err(_) => outside.iter().filter_map(|row| predicted(&model, part, &[*row]).ok()).for_each(|held| place(&held)),
    }
    let shown = |cut: f64| crate::figures::words::signed(cut, 4);
    let mut notes = Vec::new();
    let mut table = ResultTable::new("groups", format!("Groups by {label}"), ["group", "prediction", "patients"]);
    for (place, name) in labels.iter().enumerate() {
        let low = place.checked_sub(1).map(|place| cuts[place]);
        let high = cuts.get(place);
        let range = match (low, high) {
            (None, Some(high)) => format!("up to {}", shown(*high)),
            (Some(low), Some(high)) => format!("above {}, up to {}", shown(low), shown(*high)),
            (Some(low), None) => format!("above {}", shown(low)),
            (None, None) => String::new(),
        };
        let count = held
            .prediction
            .scores()
            .iter()
            .filter(|score| cuts.iter().filter(|cut| score > cut).count() == place)
            .count();
        table.push([Cell::text(name.as_str()), Cell::text(range), Cell::count(count)]);
    }
    let empty: Vec<&str> = table
        .rows
        .iter()
        .zip(&labels)
        .filter(|(row, _)| matches!(row.last(), Some(Cell::Count(0))))
        .map(|(_, name)| name.as_str())
        .collect();
    if !empty.is_empty() {
        let why = if held.prediction.is_constant() {
            format!("{label} gives all {} patients the same score", held.rows.len())
        } else {
            "no prediction lies there".to_owned()
        };
        notes.push(format!("Nobody is in the group {}: {why}.", empty.join(", ")));
    }
    let taken = if matches!(spec.cut, Cut::At(_)) { "cut set by the study; it divides" } else { "cut taken from" };
    table.notes.push(format!(
        "{taken} {} patients by their out-of-fold predictions where they are of the fit",
        held.rows.len()
    ));
    if let (Some(found), Cut::Threshold(criterion)) = (chosen, &spec.cut) {
        table.notes.push(format!(
            "{criterion}: sensitivity {:.1}%, specificity {:.1}% on the {} patients ({} events) it was chosen on",
            found.sensitivity * 100.0,
            found.specificity * 100.0,
            found.n,
            found.events
        ));
    }
    if let Some(selection) = selected {
        table.notes.push(format!(
            "the cut separates the outcome most among {} candidates; {} by permutation, corrected for the search",
            selection.candidates,
            crate::figures::words::p_is(selection.p_permutation),
        ));
    }
    let name = crate::run::world::word(step.node).to_owned();
    let value =
        GroupsValue { name, labels, cuts, table: model.data.table, group, model: label.clone(), score: all_scores };
    Ok(Done {
        answer: Answer { tables: vec![table], notes, ..Answer::default() },
        made: Made::Groups(std::sync::Arc::new(value)),
    })
}

/// Half way between the scores on both sides of a threshold, so that a new score beside it falls to
/// the nearer side; `None` where one side is empty. `scores` ascend.
fn between(scores: &[f64], threshold: f64) -> Option<f64> {
    let place = scores.partition_point(|score| *score < threshold);
    let below = scores.get(place.checked_sub(1)?)?;
    let above = scores.get(place)?;
    Some(below + (above - below) / 2.0)
}
