//! Ensembles of survival trees: what `rsf`, `extra_survival_trees` and `survival_tree` share.

use std::any::Any;

use ndarray::{Array2, ArrayView2};
use rand::RngExt;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{EndpointKind, Settings};
use crate::learn::{FitError, Model, Task};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Outcome, Prediction, SurvivalCurves};

use super::tree::fitted::{LEAF, Steps};
use super::tree::{Growth, Predictors, Splitter, SurvivalTree, TimeAxis, grow};

/// Fitted survival trees over one axis of times.
///
/// The risk of a row is the mean over trees of its leaf's cumulative hazard, summed over the
/// training set's distinct event times; curves are means of the leaves' curves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SurvivalForest {
    /// Columns of the fit.
    pub features: usize,
    /// Distinct times of the training set, ascending.
    pub times: Vec<f64>,
    pub trees: Vec<SurvivalTree>,
    /// Risk of each training row by the trees that did not see it; `None` where every tree did,
    /// empty without bootstrap.
    #[serde(skip)]
    pub out_of_bag: Vec<Option<f64>>,
}

/// How a forest is grown.
#[derive(Clone, Copy, Debug)]
pub struct ForestPlan {
    pub learner: &'static str,
    pub trees: usize,
    pub bootstrap: bool,
    pub splitter: Splitter,
    pub max_depth: Option<usize>,
    pub min_split: usize,
    pub min_leaf: usize,
    /// Features drawn at each node; `None` takes the integer part of the square root.
    pub features: Option<usize>,
}

impl ForestPlan {
    /// From the settings that the tree learners have in common.
    pub fn from_settings(learner: &'static str, settings: &Settings, splitter: Splitter) -> Self {
        ForestPlan {
            learner,
            trees: settings.count("trees"),
            bootstrap: settings.flag("bootstrap"),
            splitter,
            max_depth: settings.count_if_given("depth"),
            min_split: settings.count("split"),
            min_leaf: settings.count("leaf"),
            features: settings.count_if_given("features"),
        }
    }
}

impl SurvivalForest {
    /// Grows the trees in parallel, each from its own stream.
    ///
    /// # Errors
    /// See [`TimeAxis::new`] and [`Predictors::new`]; an endpoint that is not censored.
    pub fn fit(plan: &ForestPlan, task: &Task<'_>, stream: &Stream, watch: &Watch) -> Result<Self, FitError> {
        let Outcome::Survival(outcome) = task.outcome else {
            return Err(FitError::WrongEndpoint { learner: plan.learner, kind: task.outcome.kind() });
        };
        let axis = TimeAxis::new(plan.learner, outcome)?;
        let predictors = Predictors::new(plan.learner, task.x, task.names)?;
        let columns = predictors.len();
        let drawn = plan.features.unwrap_or_else(|| (columns as f64).sqrt() as usize).clamp(1, columns);
        let growth = Growth {
            splitter: plan.splitter,
            max_depth: plan.max_depth,
            min_split: plan.min_split,
            min_leaf: plan.min_leaf,
            features: drawn,
        };
        let rows = task.x.nrows();
        let base: Vec<f64> = task.weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
        watch.begin(plan.learner, Some(plan.trees as u64));
        let grown: Result<Vec<_>, FitError> = (0..plan.trees)
            .into_par_iter()
            .map(|tree| {
                let mut random = stream.indexed(tree as u64).rng();
                let mut weights = base.clone();
                if plan.bootstrap {
                    let mut drawn = vec![0.0; rows];
                    for _ in 0..rows {
                        drawn[random.random_range(0..rows)] += 1.0;
                    }
                    for (weight, drawn) in weights.iter_mut().zip(&drawn) {
                        *weight *= drawn;
                    }
                }
                let tree = grow(&axis, &predictors, &weights, growth, random, watch)?;
                // At once, while the tree is in the cache.
                let unseen = if plan.bootstrap { risk_of_unseen(&tree, &weights, task.x) } else { Vec::new() };
                watch.advance(plan.learner, 1);
                Ok((tree, unseen))
            })
            .collect();
        watch.end(plan.learner);
        let grown = grown?;
        let out_of_bag = if plan.bootstrap { out_of_bag(&grown, rows) } else { Vec::new() };
        let trees = grown.into_iter().map(|(tree, _)| tree).collect();
        Ok(SurvivalForest { features: columns, times: axis.times, trees, out_of_bag })
    }

    /// The forest that [`Model::freeze`] wrote, checked before it is walked.
    ///
    /// # Errors
    /// [`FitError::Frozen`] where the JSON is no sound forest.
    pub fn thaw(frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let forest =
            SurvivalForest::deserialize(frozen).map_err(|error| FitError::Frozen { reason: error.to_string() })?;
        let sound = !forest.trees.is_empty()
            && forest.trees.iter().all(|tree| tree.is_sound(forest.features, forest.times.len()));
        if sound {
            Ok(Box::new(forest))
        } else {
            Err(FitError::Frozen { reason: "the arrays of a tree do not fit together".to_owned() })
        }
    }

    /// One number a row: the mean over trees of the leaf's risk.
    ///
    /// # Errors
    /// [`FitError::Shape`] for other columns than those of the fit.
    pub fn risk(&self, x: ArrayView2<'_, f64>) -> Result<Vec<f64>, FitError> {
        self.check(x)?;
        let mut risks = vec![0.0; x.nrows()];
        // Tree by tree over a stretch of rows: a tree stays in the cache for all of them.
        risks.par_chunks_mut(STRETCH).enumerate().for_each(|(stretch, risks)| {
            for tree in &self.trees {
                for (place, risk) in risks.iter_mut().enumerate() {
                    *risk += tree.risk[tree.leaf(x.row(stretch * STRETCH + place))];
                }
            }
            risks.iter_mut().for_each(|risk| *risk /= self.trees.len() as f64);
        });
        Ok(risks)
    }

    /// Mean step functions of the rows' leaves at `times`, rows by times.
    ///
    /// # Errors
    /// As [`SurvivalForest::risk`].
    pub fn steps(&self, x: ArrayView2<'_, f64>, kind: Steps, times: &[f64]) -> Result<Array2<f64>, FitError> {
        self.check(x)?;
        let places: Vec<u32> =
            times.iter().map(|time| self.times.partition_point(|known| known <= time) as u32).collect();
        let mut flat = vec![0.0; x.nrows() * times.len()];
        flat.par_chunks_mut(times.len().max(1)).enumerate().for_each(|(row, sums)| {
            for tree in &self.trees {
                tree.add_steps(tree.leaf(x.row(row)), kind, &places, sums);
            }
            sums.iter_mut().for_each(|sum| *sum /= self.trees.len() as f64);
        });
        Array2::from_shape_vec((x.nrows(), times.len()), flat)
            .map_err(|_| FitError::Shape { expected: self.features, given: x.ncols() })
    }

    fn check(&self, x: ArrayView2<'_, f64>) -> Result<(), FitError> {
        if x.ncols() == self.features {
            Ok(())
        } else {
            Err(FitError::Shape { expected: self.features, given: x.ncols() })
        }
    }
}

/// Rows that are predicted together.
const STRETCH: usize = 512;

/// The risk of the rows that a tree did not draw.
fn risk_of_unseen(tree: &SurvivalTree, weights: &[f64], x: ArrayView2<'_, f64>) -> Vec<(u32, f64)> {
    let unseen = (0..weights.len()).filter(|row| weights[*row] == 0.0);
    unseen.map(|row| (row as u32, tree.risk[tree.leaf(x.row(row))])).collect()
}

/// Mean risk of each row over the trees that did not draw it, in the order of the trees.
fn out_of_bag(grown: &[(SurvivalTree, Vec<(u32, f64)>)], rows: usize) -> Vec<Option<f64>> {
    let mut sums = vec![(0.0, 0_u32); rows];
    for (row, risk) in grown.iter().flat_map(|(_, unseen)| unseen) {
        let sum = &mut sums[*row as usize];
        sum.0 += risk;
        sum.1 += 1;
    }
    sums.into_iter().map(|(sum, trees)| (trees > 0).then(|| sum / f64::from(trees))).collect()
}

impl Model for SurvivalForest {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        self.risk(x).map(Prediction::Risk)
    }

    fn curves(&self, x: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        let survival = self.steps(x, Steps::Survival, times)?;
        Ok(Some(SurvivalCurves { times: times.to_vec(), survival }))
    }

    /// Log-rank chi-square of each split, weighted by the node's share of the rows and summed by
    /// feature over all trees, scaled to a sum of 1.
    fn importance(&self) -> Option<Vec<f64>> {
        let mut sums = vec![0.0; self.features];
        for tree in &self.trees {
            for node in 0..tree.len() {
                if tree.feature[node] != LEAF {
                    sums[tree.feature[node] as usize] += tree.statistic[node] * tree.cover[node] / tree.cover[0];
                }
            }
        }
        let total: f64 = sums.iter().sum();
        if total > 0.0 {
            sums.iter_mut().for_each(|sum| *sum /= total);
        }
        Some(sums)
    }

    fn freeze(&self) -> Json {
        serde_json::to_value(self).unwrap_or(Json::Null)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The endpoints that survival trees serve.
pub const ENDPOINTS: &[EndpointKind] = &[EndpointKind::Survival];
