//! A grown tree as flat arrays, node after node in preorder, and the average of several.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};

use super::super::seam::FitError;
use super::super::training::same_columns;
use crate::stats::Prediction;

/// Child of a leaf.
pub const NONE: i32 = -1;

/// A binary tree; a row goes left where its feature is not above the threshold.
#[derive(Clone, Debug, PartialEq, Default, Serialize, Deserialize)]
pub struct Tree {
    /// Node number of the left child, [`NONE`] for a leaf.
    pub left: Vec<i32>,
    pub right: Vec<i32>,
    /// Feature of the split, [`NONE`] for a leaf.
    pub feature: Vec<i32>,
    /// Zero for a leaf.
    pub threshold: Vec<f64>,
    /// Weighted share of events, or weighted mean of the endpoint, of the node's training rows.
    pub value: Vec<f64>,
    /// Summed weight of the node's training rows.
    pub cover: Vec<f64>,
    /// Gini index, entropy (bits) or variance of the node.
    pub impurity: Vec<f64>,
    /// Number of the node's training rows.
    pub samples: Vec<u32>,
}

impl Tree {
    pub fn len(&self) -> usize {
        self.left.len()
    }

    pub fn is_empty(&self) -> bool {
        self.left.is_empty()
    }

    /// Number of the leaf of a row of features.
    pub fn leaf(&self, row: &[f64]) -> usize {
        let mut node = 0;
        while self.left[node] != NONE {
            let below = row[self.feature[node] as usize] <= self.threshold[node];
            node = if below { self.left[node] } else { self.right[node] } as usize;
        }
        node
    }

    /// Value of the leaf of a row of features.
    pub fn predict(&self, row: &[f64]) -> f64 {
        self.value[self.leaf(row)]
    }

    /// Adds each split's decrease of impurity, weighted by the node's share of the rows.
    pub fn add_importance(&self, importance: &mut [f64]) {
        let total = self.cover[0];
        for node in 0..self.len() {
            if self.left[node] == NONE {
                continue;
            }
            let weighted = |node: usize| self.cover[node] * self.impurity[node];
            let decrease = weighted(node) - weighted(self.left[node] as usize) - weighted(self.right[node] as usize);
            importance[self.feature[node] as usize] += decrease.max(0.0) / total;
        }
    }

    /// Whether the arrays make a tree over so many features, for what comes from a file.
    pub fn is_sound(&self, features: usize) -> bool {
        let size = self.len();
        let even = [self.right.len(), self.feature.len(), self.threshold.len(), self.value.len(), self.cover.len()];
        size > 0
            && even.iter().all(|length| *length == size)
            && (0..size).all(|node| {
                let child = |child: i32| child > node as i32 && (child as usize) < size;
                if self.left[node] == NONE {
                    self.right[node] == NONE
                } else {
                    child(self.left[node])
                        && child(self.right[node])
                        && self.feature[node] >= 0
                        && (self.feature[node] as usize) < features
                }
            })
    }
}

/// Impurity decrease of each feature, averaged over trees and scaled to sum 1 (all zero if no tree
/// splits), as scikit-learn's `feature_importances_`.
pub fn importance<'a>(trees: impl Iterator<Item = &'a Tree>, features: usize) -> Vec<f64> {
    let mut sum = vec![0.0; features];
    for tree in trees {
        let mut own = vec![0.0; features];
        tree.add_importance(&mut own);
        let total: f64 = own.iter().sum();
        if total > 0.0 {
            for (sum, own) in sum.iter_mut().zip(&own) {
                *sum += own / total;
            }
        }
    }
    let total: f64 = sum.iter().sum();
    if total > 0.0 {
        for value in &mut sum {
            *value /= total;
        }
    }
    sum
}

/// What the explainer needs of any model made of trees: a score `base + sum of scale x tree`.
pub trait TreeEnsemble {
    fn trees(&self) -> &[Tree];
    /// Added to the sum of the trees.
    fn base(&self) -> f64;
    /// Factor of each tree's leaf values.
    fn scale(&self) -> f64;
}

/// The model of `decision_tree`, `bagging` and `random_forest`: the mean of its trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AveragedTrees {
    pub trees: Vec<Tree>,
    pub features: usize,
    /// Whether leaves hold probabilities of the event rather than values.
    pub binary: bool,
}

impl AveragedTrees {
    /// Mean over trees of each row.
    ///
    /// # Errors
    /// [`FitError::Shape`], [`FitError::Missing`].
    pub fn predicted(&self, x: ArrayView2<'_, f64>, learner: &'static str) -> Result<Prediction, FitError> {
        same_columns(x, self.features, learner)?;
        let mut row = vec![0.0; self.features];
        let values = x
            .rows()
            .into_iter()
            .map(|values| {
                row.iter_mut().zip(values).for_each(|(to, from)| *to = *from);
                self.trees.iter().map(|tree| tree.predict(&row)).sum::<f64>() / self.trees.len() as f64
            })
            .collect();
        Ok(if self.binary { Prediction::Probability(values) } else { Prediction::Value(values) })
    }

    /// # Errors
    /// [`FitError::Frozen`] if a tree is none.
    pub fn sound(self) -> Result<Self, FitError> {
        if self.trees.is_empty() || !self.trees.iter().all(|tree| tree.is_sound(self.features)) {
            return Err(FitError::Frozen { reason: "its trees are not trees".to_owned() });
        }
        Ok(self)
    }
}

impl TreeEnsemble for AveragedTrees {
    fn trees(&self) -> &[Tree] {
        &self.trees
    }

    fn base(&self) -> f64 {
        0.0
    }

    fn scale(&self) -> f64 {
        1.0 / self.trees.len() as f64
    }
}
