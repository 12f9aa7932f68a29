//! A fitted design over rows that are prepared once, so that predictions with one feature replaced
//! prepare nothing again: what permutation importance and partial dependence ask thousands of times.

use ndarray::{Array2, ArrayView2, Axis};

use super::super::form::{Margin, form};
use super::super::{ExplainError, Predictor};
use super::chain::Chain;
use super::leaf::{LeafView, leaves, origins};
use super::{Features, Patients, Scale, failed};
use crate::fuse::{FittedDesign, Learned};

/// Prepared rows of a design, and the prepared values that may take their place.
pub struct Prepared<'a> {
    design: &'a FittedDesign,
    models: Vec<(&'a Learned, Vec<usize>)>,
    /// Columns of all models, one model after the other.
    x: Array2<f64>,
    donors: Array2<f64>,
    /// Whether any model's prediction can change with each feature.
    moves: Vec<bool>,
}

impl<'a> Prepared<'a> {
    /// Prepares `patients` and `donors`. `None` where replacing prepared values is not the same as
    /// preparing replaced ones: a step fills values from other columns, a column of a model has no
    /// single feature behind it, or a row lacks what a model needs.
    ///
    /// # Errors
    /// A step that fails.
    pub fn new(
        design: &'a FittedDesign,
        features: &Features,
        patients: Patients<'_>,
        donors: Patients<'_>,
    ) -> Result<Option<Self>, ExplainError> {
        let mut models = Vec::new();
        let (mut own, mut others) = (Vec::new(), Vec::new());
        let mut moves = vec![false; features.len()];
        for learned in leaves(design) {
            let from = origins(learned, patients.blocks, features);
            let Some(owner) = from.into_iter().collect::<Option<Vec<usize>>>() else { return Ok(None) };
            if learned.pipelines().iter().any(|pipeline| pipeline.mixes_columns()) {
                return Ok(None);
            }
            let (x, positions) = learned.features(patients.blocks, patients.rows).map_err(failed)?;
            let (given, present) = learned.features(donors.blocks, donors.rows).map_err(failed)?;
            if positions.len() < patients.rows.len() || present.len() < donors.rows.len() {
                return Ok(None);
            }
            for (column, moving) in moving(learned, owner.len()).into_iter().enumerate() {
                moves[owner[column]] |= moving;
            }
            models.push((learned, owner));
            own.push(x);
            others.push(given);
        }
        let joined = |all: &[Array2<f64>]| {
            let views: Vec<ArrayView2<'_, f64>> = all.iter().map(Array2::view).collect();
            ndarray::concatenate(Axis(1), &views).ok()
        };
        let (Some(x), Some(donors)) = (joined(&own), joined(&others)) else { return Ok(None) };
        Ok(Some(Prepared { design, models, x, donors, moves }))
    }

    /// Whether a prediction can change with the feature at all.
    pub fn moves(&self, feature: usize) -> bool {
        self.moves.get(feature).copied().unwrap_or(false)
    }

    /// Predictions of the patients, a feature's values replaced by those of the donors at the given
    /// rows, one a patient.
    ///
    /// # Errors
    /// A model that cannot predict.
    pub fn predict(&self, change: Option<(usize, &[usize])>) -> Result<Vec<f64>, ExplainError> {
        let nothing = Array2::zeros((0, 0));
        let views: Vec<LeafView<'_>> = self
            .models
            .iter()
            .enumerate()
            .map(|(number, (learned, owner))| LeafView {
                number,
                learned,
                owner,
                x: nothing.clone(),
                background: nothing.clone(),
            })
            .collect();
        let chain = Chain { design: self.design, leaves: &views, scale: Scale::Prediction, all: self.models.len() };
        let Some((feature, from)) = change else { return chain.predict(self.x.view()) };
        let mut x = self.x.clone();
        let owners = self.models.iter().flat_map(|(_, owner)| owner.iter());
        for (column, _) in owners.enumerate().filter(|(_, owner)| **owner == feature) {
            for (row, donor) in from.iter().enumerate() {
                x[[row, column]] = self.donors[[*donor, column]];
            }
        }
        chain.predict(x.view())
    }
}

/// Whether each column of a model can change its prediction: a slope that is not 0, a split on it;
/// of a model of another form every column may.
fn moving(learned: &Learned, columns: usize) -> Vec<bool> {
    match form(learned.model()).map(|form| form.margin) {
        Some(Margin::Constant) => vec![false; columns],
        Some(Margin::Linear { slopes, .. }) if slopes.len() == columns => {
            slopes.iter().map(|slope| *slope != 0.0).collect()
        }
        Some(Margin::Trees(ensemble)) => {
            let mut split = vec![false; columns];
            for tree in &ensemble.trees {
                for node in (0..tree.left.len()).filter(|node| !tree.is_leaf(*node)) {
                    if let Some(of) = split.get_mut(tree.feature[node] as usize) {
                        *of = true;
                    }
                }
            }
            split
        }
        _ => vec![true; columns],
    }
}
