//! What a run keeps of a model and of groups beside their answers: predictions of every patient of
//! the table, out of fold where the patient was in the fit, and cuts.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::card::EndpointKind;
use crate::run::fault::{Fault, FaultKind};
use crate::run::operations::judge::{design, predicted};
use crate::run::operations::model::ModelValue;
use crate::run::step::Made;
use crate::stats::Outcome;

/// Beside an answer, for files.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Record {
    Model(Scores),
    Groups { cuts: Vec<f64>, labels: Vec<String> },
}

/// Predictions of the rows of a model's table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Whether each row of the table was in the fit, so that its prediction is out of fold.
    pub in_fit: Vec<bool>,
    /// The whole under the empty name, then the parts; `None` without a prediction.
    pub parts: Vec<(String, Vec<Option<f64>>)>,
    /// Survival of the whole at each horizon.
    pub survival: Vec<Vec<Option<f64>>>,
}

/// What is kept of what a step made.
///
/// # Errors
/// Stopped.
pub fn record(made: &Made, horizons: &[f64]) -> Result<Option<Record>, Fault> {
    match made {
        Made::Model(model) => Ok(Some(Record::Model(scores(model, horizons)?))),
        Made::Groups(groups) => Ok(Some(Record::Groups { cuts: groups.cuts.clone(), labels: groups.labels.clone() })),
        _ => Ok(None),
    }
}

fn scores(model: &ModelValue, horizons: &[f64]) -> Result<Scores, Fault> {
    let rows = model.data.endpoint.known.len();
    let fitted: BTreeSet<usize> = model.rows.iter().copied().collect();
    let outside: Vec<usize> = (0..rows).filter(|row| !fitted.contains(row)).collect();
    let mut names = vec![String::new()];
    names.extend(model.fitted.parts().into_iter().map(|(name, _)| name));
    let mut parts = Vec::with_capacity(names.len());
    for name in names {
        let part = (!name.is_empty()).then_some(name.as_str());
        let mut values = vec![None; rows];
        // Of several classes the probability of each stands beside the number of the one that is called.
        let levels: &[String] = match &model.data.endpoint.outcome {
            Outcome::Nominal(classes) if name.is_empty() => &classes.levels,
            _ => &[],
        };
        let mut classes = vec![vec![None; rows]; levels.len()];
        let mut place = |held: crate::fuse::Predicted| {
            for (at, (row, score)) in held.rows.iter().zip(held.prediction.scores()).enumerate() {
                values[*row] = Some(*score);
                classes.iter_mut().zip(held.prediction.row(at)).for_each(|(class, p)| class[*row] = Some(p));
            }
        };
        place(predicted(model, part, &model.rows)?);
        // Outside the study's cohorts a patient may lack what the model needs.
        match predicted(model, part, &outside) {
            Ok(held) => place(held),
            Err(fault) if fault.kind == FaultKind::Stopped => return Err(fault),
            Err(_) => outside.iter().filter_map(|row| predicted(model, part, &[*row]).ok()).for_each(&mut place),
        }
        parts.push((name, values));
        parts.extend(levels.iter().cloned().zip(classes));
    }
    let mut survival = vec![vec![None; rows]; horizons.len()];
    if model.data.endpoint.outcome.kind() == EndpointKind::Survival && !horizons.is_empty() {
        let blocks = &model.data.blocks;
        let mut place = |found: Option<(Vec<usize>, crate::stats::SurvivalCurves)>| {
            let Some((rows, curves)) = found else { return };
            for (index, row) in rows.into_iter().enumerate() {
                for (time, values) in survival.iter_mut().enumerate() {
                    values[row] = Some(curves.survival[[index, time]]);
                }
            }
        };
        match &model.cross {
            Some(cross) => place(cross.curves(blocks, "", 0, horizons)?),
            None => place(model.fitted.curves(blocks, &model.rows, horizons)?),
        }
        let whole = design(model, None)?;
        match whole.curves(blocks, &outside, horizons) {
            Ok(found) => place(found),
            Err(_) => {
                outside.iter().filter_map(|row| whole.curves(blocks, &[*row], horizons).ok()).for_each(place);
            }
        }
    }
    let has_cross = model.cross.is_some();
    Ok(Scores { in_fit: (0..rows).map(|row| has_cross && fitted.contains(&row)).collect(), parts, survival })
}
