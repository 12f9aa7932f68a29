//! A fitted design: predicts any rows, names its parts, freezes to JSON.

use std::collections::BTreeMap;

use ndarray::Array2;
use serde_json::{Value as Json, json};

use crate::card::{EndpointKind, Value};
use crate::learn::Block;
use crate::stats::{Prediction, SurvivalCurves};

use super::learned::Learned;
use super::prepare::{TraceStep, broken, read};
use super::rule::{Combiner, Rule};
use super::work::FuseError;

/// Predictions of some rows of a table.
#[derive(Clone, Debug, PartialEq)]
pub struct Predicted {
    /// Row numbers of the table, in the order asked for, without those left out.
    pub rows: Vec<usize>,
    /// Of those rows.
    pub prediction: Prediction,
    /// Rows asked for that have no prediction: without the modality, or not a complete case.
    pub left_out: Vec<usize>,
}

impl Predicted {
    pub(super) fn from_positions(asked: &[usize], positions: &[usize], prediction: Prediction) -> Self {
        let mut inside = vec![false; asked.len()];
        for position in positions {
            inside[*position] = true;
        }
        let rows = positions.iter().map(|position| asked[*position]).collect();
        let left_out = (0..asked.len()).filter(|index| !inside[*index]).map(|index| asked[index]).collect();
        Predicted { rows, prediction, left_out }
    }
}

/// One part of a late fusion.
pub struct FusedPart {
    pub name: String,
    pub design: FittedDesign,
    /// What the combiner has learned from: out-of-fold predictions of the training rows. Empty
    /// after [`FittedDesign::thaw`], for a frozen design holds no patient.
    pub out_of_fold: Option<Predicted>,
}

/// Parts and their combiner.
pub struct Fused {
    pub(super) rule: &'static dyn Rule,
    pub(super) settings: Vec<(String, Value)>,
    pub(super) parts: Vec<FusedPart>,
    /// For each set of parts (by their indices) that a patient may have, its combiner or why there is none.
    pub(super) combiners: Vec<(Vec<usize>, Result<Box<dyn Combiner>, String>)>,
}

impl Fused {
    pub fn rule(&self) -> &'static dyn Rule {
        self.rule
    }

    pub fn settings(&self) -> &[(String, Value)] {
        &self.settings
    }

    pub fn parts(&self) -> &[FusedPart] {
        &self.parts
    }

    /// The combiner of patients who have every part.
    pub fn combiner(&self) -> Option<&dyn Combiner> {
        self.combiner_of(&(0..self.parts.len()).collect::<Vec<_>>()).ok()
    }

    /// The combiner of patients who have these parts (ascending indices).
    ///
    /// # Errors
    /// Why there is none.
    pub fn combiner_of(&self, parts: &[usize]) -> Result<&dyn Combiner, String> {
        match self.combiners.iter().find(|(set, _)| set == parts) {
            Some((_, Ok(combiner))) => Ok(combiner.as_ref()),
            Some((_, Err(reason))) => Err(reason.clone()),
            None => Err("no combiner was fitted for these parts".to_owned()),
        }
    }
}

pub(super) enum Fitted {
    Learned(Box<Learned>),
    Fused(Box<Fused>),
}

/// A design fitted on training rows.
pub struct FittedDesign {
    pub(super) kind: EndpointKind,
    /// Rows asked to fit on, and those of them that were not used.
    pub(super) rows: usize,
    pub(super) left_out: usize,
    pub(super) events: Option<usize>,
    pub(super) fitted: Fitted,
}

impl FittedDesign {
    pub fn kind(&self) -> EndpointKind {
        self.kind
    }

    /// Rows it was fitted on, left-out ones apart.
    pub fn rows(&self) -> usize {
        self.rows - self.left_out
    }

    /// Training rows that were left out: without a modality, or not complete.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// Events among the rows that it was fitted on.
    pub fn events(&self) -> Option<usize> {
        self.events
    }

    /// The learner and its preparation, where this is not a fusion.
    pub fn learned(&self) -> Option<&Learned> {
        match &self.fitted {
            Fitted::Learned(learned) => Some(learned),
            Fitted::Fused(_) => None,
        }
    }

    /// The fusion, where this is one.
    pub fn fused(&self) -> Option<&Fused> {
        match &self.fitted {
            Fitted::Learned(_) => None,
            Fitted::Fused(fused) => Some(fused),
        }
    }

    /// A part by name; a part of a part by `outer.inner`.
    pub fn part(&self, name: &str) -> Option<&FittedDesign> {
        let fused = self.fused()?;
        fused.parts.iter().find_map(|part| {
            if part.name == name {
                return Some(&part.design);
            }
            part.design.part(name.strip_prefix(part.name.as_str())?.strip_prefix('.')?)
        })
    }

    /// All parts with their dotted names, outer ones before their own parts.
    pub fn parts(&self) -> Vec<(String, &FittedDesign)> {
        let mut parts = Vec::new();
        if let Some(fused) = self.fused() {
            for part in &fused.parts {
                parts.push((part.name.clone(), &part.design));
                let inner = part.design.parts().into_iter();
                parts.extend(inner.map(|(name, design)| (format!("{}.{name}", part.name), design)));
            }
        }
        parts
    }

    /// What every preparation step did, by part name (empty for the design itself).
    pub fn trace(&self) -> Vec<(String, Vec<TraceStep>)> {
        let own = self.learned().map(|learned| {
            let steps = learned.pipelines().iter().flat_map(|pipeline| pipeline.trace().iter().cloned()).collect();
            (String::new(), steps)
        });
        let of_parts = self.parts().into_iter().filter_map(|(name, design)| {
            let learned = design.learned()?;
            Some((name, learned.pipelines().iter().flat_map(|pipeline| pipeline.trace().iter().cloned()).collect()))
        });
        own.into_iter().chain(of_parts).collect()
    }

    /// Predicts `rows` of a table that has the blocks of the fit.
    ///
    /// # Errors
    /// A block or column that is absent, a missing value that the learner does not take, or
    /// [`FuseError::Pattern`] where no combiner serves the modalities of a patient.
    pub fn predict(&self, blocks: &BTreeMap<String, Block>, rows: &[usize]) -> Result<Predicted, FuseError> {
        let (positions, prediction) = self.predict_positions(blocks, rows)?;
        Ok(Predicted::from_positions(rows, &positions, prediction))
    }

    /// Positions among `rows` that have a prediction, ascending, with their predictions.
    fn predict_positions(
        &self,
        blocks: &BTreeMap<String, Block>,
        rows: &[usize],
    ) -> Result<(Vec<usize>, Prediction), FuseError> {
        match &self.fitted {
            Fitted::Learned(learned) => learned.predict(blocks, rows),
            Fitted::Fused(fused) => {
                let scores = fused.scores(blocks, rows)?;
                let mut values = vec![None; rows.len()];
                // A rule says whether it predicts a probability or only ranks.
                let mut template = super::rule::prediction(self.kind, Vec::new());
                for (set, members) in patterns(&scores) {
                    if set.is_empty() {
                        continue;
                    }
                    let combiner = fused.combiner_for(&set, members.len())?;
                    let combined =
                        combiner.combine(matrix_of(&scores, &set, &members).view()).map_err(FuseError::at("fusion"))?;
                    for (row, value) in members.iter().zip(combined.scores()) {
                        values[*row] = Some(*value);
                    }
                    template = combined.with_scores(Vec::new());
                }
                let positions = (0..rows.len()).filter(|index| values[*index].is_some()).collect();
                Ok((positions, template.with_scores(values.into_iter().flatten().collect())))
            }
        }
    }

    /// Predictions of this design and of all its parts by dotted name; the design itself is first
    /// and has the empty name.
    ///
    /// # Errors
    /// As [`FittedDesign::predict`].
    pub fn predict_parts(
        &self,
        blocks: &BTreeMap<String, Block>,
        rows: &[usize],
    ) -> Result<Vec<(String, Predicted)>, FuseError> {
        let mut all = vec![(String::new(), self.predict(blocks, rows)?)];
        for (name, design) in self.parts() {
            all.push((name, design.predict(blocks, rows)?));
        }
        Ok(all)
    }

    /// Survival curves at ascending `times` with the rows they belong to; `None` where the
    /// learner or the rule has only a ranking.
    ///
    /// # Errors
    /// As [`FittedDesign::predict`].
    pub fn curves(
        &self,
        blocks: &BTreeMap<String, Block>,
        rows: &[usize],
        times: &[f64],
    ) -> Result<Option<(Vec<usize>, SurvivalCurves)>, FuseError> {
        match &self.fitted {
            Fitted::Learned(learned) => Ok(learned
                .curves(blocks, rows, times)?
                .map(|(positions, curves)| (positions.iter().map(|position| rows[*position]).collect(), curves))),
            Fitted::Fused(fused) => {
                let scores = fused.scores(blocks, rows)?;
                let mut survival = Array2::zeros((rows.len(), times.len()));
                let mut positions = Vec::new();
                for (set, members) in patterns(&scores) {
                    if set.is_empty() {
                        continue;
                    }
                    let combiner = fused.combiner_for(&set, members.len())?;
                    let x = matrix_of(&scores, &set, &members);
                    let Some(curves) = combiner.curves(x.view(), times).map_err(FuseError::at("fusion"))? else {
                        return Ok(None);
                    };
                    for (index, row) in members.iter().enumerate() {
                        survival.row_mut(*row).assign(&curves.survival.row(index));
                    }
                    positions.extend(members);
                }
                positions.sort_unstable();
                let survival = survival.select(ndarray::Axis(0), &positions);
                let rows = positions.iter().map(|position| rows[*position]).collect();
                Ok(Some((rows, SurvivalCurves { times: times.to_vec(), survival })))
            }
        }
    }

    /// The fitted design as JSON, enough to predict exactly the same; it holds no patient.
    pub fn freeze(&self) -> Json {
        let fitted = match &self.fitted {
            Fitted::Learned(learned) => json!({ "learned": learned.freeze() }),
            Fitted::Fused(fused) => {
                let parts: Vec<Json> = fused
                    .parts
                    .iter()
                    .map(|part| json!({ "name": part.name, "design": part.design.freeze() }))
                    .collect();
                let combiners: Vec<Json> = fused
                    .combiners
                    .iter()
                    .map(|(set, combiner)| match combiner {
                        Ok(combiner) => json!({ "parts": set, "combiner": combiner.freeze() }),
                        Err(reason) => json!({ "parts": set, "reason": reason }),
                    })
                    .collect();
                json!({ "fused": {
                    "rule": fused.rule.card().name,
                    "settings": fused.settings,
                    "parts": parts,
                    "combiners": combiners,
                }})
            }
        };
        json!({
            "kind": self.kind, "rows": self.rows, "left_out": self.left_out, "events": self.events, "fitted": fitted,
        })
    }

    /// The design that [`FittedDesign::freeze`] wrote.
    ///
    /// # Errors
    /// [`FuseError::Frozen`].
    pub fn thaw(frozen: &Json) -> Result<Self, FuseError> {
        let kind: EndpointKind = read(frozen, "kind")?;
        let body = &frozen["fitted"];
        let fitted = if body["learned"].is_object() {
            Fitted::Learned(Box::new(Learned::thaw(&body["learned"], kind)?))
        } else if body["fused"].is_object() {
            let body = &body["fused"];
            let name: String = read(body, "rule")?;
            let rule = super::rule(&name).ok_or_else(|| broken(&format!("fusion rule `{name}`")))?;
            let mut parts = Vec::new();
            for part in body["parts"].as_array().ok_or_else(|| broken("parts"))? {
                let design = FittedDesign::thaw(&part["design"])?;
                parts.push(FusedPart { name: read(part, "name")?, design, out_of_fold: None });
            }
            let mut combiners = Vec::new();
            for entry in body["combiners"].as_array().ok_or_else(|| broken("combiners"))? {
                let combiner = match entry["reason"].as_str() {
                    Some(reason) => Err(reason.to_owned()),
                    None => Ok(rule.thaw(&entry["combiner"]).map_err(FuseError::at(name.as_str()))?),
                };
                combiners.push((read(entry, "parts")?, combiner));
            }
            Fitted::Fused(Box::new(Fused { rule, settings: read(body, "settings")?, parts, combiners }))
        } else {
            return Err(broken("fitted"));
        };
        Ok(FittedDesign {
            kind,
            rows: read(frozen, "rows")?,
            left_out: read(frozen, "left_out")?,
            events: read(frozen, "events")?,
            fitted,
        })
    }
}

impl Fused {
    /// Scores of each part by position, `None` where the part has no prediction.
    fn scores(&self, blocks: &BTreeMap<String, Block>, rows: &[usize]) -> Result<Vec<Vec<Option<f64>>>, FuseError> {
        self.parts
            .iter()
            .map(|part| {
                let (positions, prediction) = part.design.predict_positions(blocks, rows)?;
                let mut values = vec![None; rows.len()];
                for (position, value) in positions.iter().zip(prediction.scores()) {
                    values[*position] = Some(*value);
                }
                Ok(values)
            })
            .collect()
    }

    fn combiner_for(&self, set: &[usize], rows: usize) -> Result<&dyn Combiner, FuseError> {
        self.combiner_of(set).map_err(|reason| {
            let present: Vec<&str> = set.iter().map(|part| self.parts[*part].name.as_str()).collect();
            FuseError::Pattern { rows, present: present.join(", "), reason }
        })
    }
}

/// Rows grouped by the set of parts that have a score, in ascending order of the sets.
pub(super) fn patterns(scores: &[Vec<Option<f64>>]) -> BTreeMap<Vec<usize>, Vec<usize>> {
    let rows = scores.first().map_or(0, Vec::len);
    let mut patterns: BTreeMap<Vec<usize>, Vec<usize>> = BTreeMap::new();
    for row in 0..rows {
        let set = (0..scores.len()).filter(|part| scores[*part][row].is_some()).collect();
        patterns.entry(set).or_default().push(row);
    }
    patterns
}

/// Rows by parts, for rows that have these parts.
pub(super) fn matrix_of(scores: &[Vec<Option<f64>>], set: &[usize], members: &[usize]) -> Array2<f64> {
    Array2::from_shape_fn((members.len(), set.len()), |(row, part)| scores[set[part]][members[row]].unwrap_or(0.0))
}
