//! Trees of several classes: splits that reduce the Gini index or the entropy of all classes
//! together, as scikit-learn's `DecisionTreeClassifier`; the prediction is the average of the
//! leaves' shares.
//!
//! A tree of a binary endpoint needs one number a leaf and its scan keeps one sum; here both keep one
//! for each class.

use std::sync::Arc;

use ndarray::ArrayView2;
use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::super::seam::{FitError, Model};
use super::super::training::{freeze, same_columns};
use super::fitted::{NONE, Tree, importance};
use super::grow::{Criterion, Growth};
use super::ranks::Ranks;
use crate::stats::{ClassProbabilities, Prediction};

/// A tree with the share of every class in every node, node after node.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassTree {
    /// Its values are the number of the node's commonest class.
    pub tree: Tree,
    pub shares: Vec<f64>,
}

/// What is left to grow: a range of the rows, its depth, its parent and side.
struct Waiting {
    rows: Vec<u32>,
    depth: usize,
    parent: Option<(usize, bool)>,
}

fn impurity(criterion: Criterion, counts: &[f64], total: f64) -> f64 {
    if total <= 0.0 {
        return 0.0;
    }
    let shares = counts.iter().map(|count| count / total);
    match criterion {
        Criterion::Entropy => shares.filter(|share| *share > 0.0).map(|share| -share * share.log2()).sum(),
        _ => 1.0 - shares.map(|share| share * share).sum::<f64>(),
    }
}

/// Grows a tree of classes below `count` on the rows with a positive weight, trying `candidates`.
pub fn grow(
    ranks: &Ranks,
    (class, count): (&[usize], usize),
    weights: &[f64],
    candidates: &[u32],
    growth: &Growth,
    rng: &mut Xoshiro256PlusPlus,
) -> ClassTree {
    let rows: Vec<u32> = (0..ranks.rows() as u32).filter(|row| weights[*row as usize] > 0.0).collect();
    let mut grown = ClassTree { tree: Tree::default(), shares: Vec::new() };
    let mut features = candidates.to_vec();
    let mut waiting = vec![Waiting { rows, depth: 0, parent: None }];
    while let Some(at) = waiting.pop() {
        let mut counts = vec![0.0; count];
        at.rows.iter().for_each(|row| counts[class[*row as usize]] += weights[*row as usize]);
        let total: f64 = counts.iter().sum();
        let node = grown.enter(&counts, total, at.rows.len(), growth.criterion, at.parent);
        let pure = counts.iter().filter(|count| **count > 0.0).count() < 2;
        let large = at.rows.len() >= growth.split.max(2) && at.rows.len() >= growth.leaf.saturating_mul(2);
        if pure || !large || at.depth >= growth.depth {
            continue;
        }
        let node_of = Node { ranks, class, weights, growth, rows: &at.rows, counts: &counts, total };
        let Some((feature, lower, upper)) = node_of.best(&mut features, rng) else { continue };
        let rank = ranks.rank(feature);
        let (left, right): (Vec<u32>, Vec<u32>) = at.rows.iter().partition(|row| rank[**row as usize] <= lower);
        grown.tree.feature[node] = feature as i32;
        grown.tree.threshold[node] = ranks.threshold(feature, lower, upper);
        let depth = at.depth + 1;
        waiting.push(Waiting { rows: right, depth, parent: Some((node, false)) });
        waiting.push(Waiting { rows: left, depth, parent: Some((node, true)) });
    }
    grown
}

/// A node that is to be split.
struct Node<'a> {
    ranks: &'a Ranks,
    class: &'a [usize],
    weights: &'a [f64],
    growth: &'a Growth,
    rows: &'a [u32],
    counts: &'a [f64],
    total: f64,
}

impl Node<'_> {
    /// The feature and the two ranks between which the impurity falls most.
    fn best(&self, features: &mut [u32], rng: &mut Xoshiro256PlusPlus) -> Option<(usize, u32, u32)> {
        let drawing = self.growth.features < features.len();
        let mut best: Option<(f64, usize, u32, u32)> = None;
        let mut varying = 0;
        for visited in 0..features.len() {
            if visited >= self.growth.features && varying > 0 {
                break;
            }
            if drawing {
                features.swap(visited, rng.random_range(visited..features.len()));
            }
            let feature = features[visited] as usize;
            let rank = self.ranks.rank(feature);
            let mut order: Vec<(u32, u32)> = self.rows.iter().map(|row| (rank[*row as usize], *row)).collect();
            order.sort_unstable();
            if order.first().map(|first| first.0) == order.last().map(|last| last.0) {
                continue;
            }
            varying += 1;
            if let Some((score, lower, upper)) = self.scan(&order)
                && best.is_none_or(|(top, ..)| score < top)
            {
                best = Some((score, feature, lower, upper));
            }
        }
        best.map(|(_, feature, lower, upper)| (feature, lower, upper))
    }

    /// The least weighted impurity of both sides, and the ranks that part them.
    fn scan(&self, order: &[(u32, u32)]) -> Option<(f64, u32, u32)> {
        let leaf = self.growth.leaf.max(1);
        let mut left = vec![0.0; self.counts.len()];
        let mut weight = 0.0;
        let mut best: Option<(f64, u32, u32)> = None;
        for (place, pair) in order.windows(2).enumerate().take(order.len().saturating_sub(leaf)) {
            let row = pair[0].1 as usize;
            left[self.class[row]] += self.weights[row];
            weight += self.weights[row];
            if pair[0].0 == pair[1].0 || place + 1 < leaf {
                continue;
            }
            let rest = self.total - weight;
            let right: Vec<f64> = self.counts.iter().zip(&left).map(|(all, left)| (all - left).max(0.0)).collect();
            let score = weight * impurity(self.growth.criterion, &left, weight)
                + rest * impurity(self.growth.criterion, &right, rest);
            if best.is_none_or(|(top, ..)| score < top) {
                best = Some((score, pair[0].0, pair[1].0));
            }
        }
        best
    }
}

impl ClassTree {
    fn enter(
        &mut self,
        counts: &[f64],
        total: f64,
        samples: usize,
        criterion: Criterion,
        parent: Option<(usize, bool)>,
    ) -> usize {
        let tree = &mut self.tree;
        let node = tree.len();
        let commonest =
            (0..counts.len()).fold(0, |best, class| if counts[class] > counts[best] { class } else { best });
        tree.left.push(NONE);
        tree.right.push(NONE);
        tree.feature.push(NONE);
        tree.threshold.push(0.0);
        tree.value.push(commonest as f64);
        tree.cover.push(total);
        tree.impurity.push(impurity(criterion, counts, total));
        tree.samples.push(samples as u32);
        match parent {
            Some((parent, true)) => tree.left[parent] = node as i32,
            Some((parent, false)) => tree.right[parent] = node as i32,
            None => {}
        }
        self.shares.extend(counts.iter().map(|count| if total > 0.0 { count / total } else { 0.0 }));
        node
    }
}

/// The fitted model of a nominal endpoint: an average of trees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassForest {
    pub levels: Vec<String>,
    pub features: usize,
    pub trees: Vec<ClassTree>,
}

impl ClassForest {
    /// The model of a frozen fit of a nominal endpoint, or none where it is of another kind.
    ///
    /// # Errors
    /// [`FitError::Frozen`] where the arrays make no trees.
    pub(in super::super) fn thaw(frozen: &Json) -> Result<Option<Box<dyn Model>>, FitError> {
        if !frozen["levels"].is_array() {
            return Ok(None);
        }
        let model: ClassForest = super::super::training::thaw(frozen)?;
        let count = model.levels.len();
        let sound =
            |tree: &ClassTree| tree.tree.is_sound(model.features) && tree.shares.len() == tree.tree.len() * count;
        if model.trees.is_empty() || !model.trees.iter().all(sound) {
            return Err(FitError::Frozen { reason: "a tree is not one".to_owned() });
        }
        Ok(Some(Box::new(model)))
    }
}

impl Model for ClassForest {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        same_columns(x, self.features, "random_forest")?;
        let count = self.levels.len();
        let levels: Arc<[String]> = self.levels.clone().into();
        let rows = x.rows().into_iter().map(|row| {
            let row = row.to_vec();
            let mut sum = vec![0.0; count];
            for tree in &self.trees {
                let leaf = tree.tree.leaf(&row);
                sum.iter_mut().zip(&tree.shares[leaf * count..]).for_each(|(sum, share)| *sum += share);
            }
            sum.into_iter().map(|sum| sum / self.trees.len() as f64).collect()
        });
        Ok(Prediction::Classes(ClassProbabilities::new(levels, rows)))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        Some(importance(self.trees.iter().map(|tree| &tree.tree), self.features))
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}
