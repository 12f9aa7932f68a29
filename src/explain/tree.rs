//! Trees as the explainer sees them: arrays of nodes, whatever learner grew them.

use ndarray::{ArrayView1, ArrayView2};

use super::ExplainError;

/// When a row goes left at a split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitRule {
    /// `x <= threshold` (CART, scikit-learn).
    AtMost,
    /// `x < threshold` (XGBoost).
    Below,
}

/// A binary regression tree. All arrays have one entry a node, the root first; entries of a leaf
/// in `right`, `feature` and `threshold` are ignored.
#[derive(Clone, Debug, PartialEq, Default)]
pub struct Tree {
    /// Left child; [`Tree::LEAF`] marks a leaf.
    pub left: Vec<u32>,
    pub right: Vec<u32>,
    pub feature: Vec<u32>,
    pub threshold: Vec<f64>,
    /// Prediction of a leaf.
    pub value: Vec<f64>,
    /// Training weight that reached the node.
    pub cover: Vec<f64>,
    /// Whether a missing value goes left; empty where the learner takes none (missing then goes
    /// right, as any failed comparison).
    pub missing_left: Vec<bool>,
}

/// `f(x) = base + scale * sum over trees`.
#[derive(Clone, Debug, PartialEq)]
pub struct TreeEnsemble {
    /// Number of features a row has.
    pub features: usize,
    pub trees: Vec<Tree>,
    /// 1 / number of trees for a forest, the learning rate for boosting (or 1 where the leaves
    /// hold it).
    pub scale: f64,
    /// Added to every prediction: the initial score of boosting.
    pub base: f64,
    pub rule: SplitRule,
    /// Whether features are rounded to single precision before they are compared, as
    /// scikit-learn does.
    pub single_precision: bool,
}

impl Tree {
    /// In `left`: the node is a leaf.
    pub const LEAF: u32 = u32::MAX;

    pub fn is_leaf(&self, node: usize) -> bool {
        self.left[node] == Self::LEAF
    }

    /// Checks what the explainers rely on: every array has one entry a node, children come after
    /// their parent and have one parent each, features exist, covers are not negative and leaves
    /// are numbers.
    ///
    /// # Errors
    /// The first fault.
    pub fn check(&self, features: usize) -> Result<(), ExplainError> {
        let n = self.left.len();
        let fault = |reason: &str| Err(ExplainError::Tree { reason: reason.to_owned() });
        if n == 0 {
            return fault("it has no node");
        }
        let lengths = [self.right.len(), self.feature.len(), self.threshold.len(), self.value.len(), self.cover.len()];
        if lengths.iter().any(|length| *length != n) || !(self.missing_left.is_empty() || self.missing_left.len() == n)
        {
            return fault("its arrays are of different lengths");
        }
        let mut parents = vec![0u8; n];
        for node in 0..n {
            if self.is_leaf(node) {
                if !self.value[node].is_finite() {
                    return fault("a leaf has no finite value");
                }
                continue;
            }
            for child in [self.left[node] as usize, self.right[node] as usize] {
                if child <= node || child >= n || parents[child] > 0 {
                    return fault("a child does not come after its only parent");
                }
                parents[child] = 1;
            }
            if self.feature[node] as usize >= features {
                return fault("a split is on a feature that does not exist");
            }
            if self.cover[node].is_nan() || self.cover[node] <= 0.0 {
                return fault("a split has no cover");
            }
        }
        if self.cover.iter().any(|cover| !(*cover >= 0.0 && cover.is_finite())) {
            return fault("a cover is negative or not finite");
        }
        Ok(())
    }

    /// Share of a node's cover that goes to `child`.
    pub(super) fn share(&self, node: usize, child: usize) -> f64 {
        self.cover[child] / self.cover[node]
    }
}

impl TreeEnsemble {
    /// Whether the row whose value of the split's feature is `value` goes left at `node`.
    #[inline]
    pub(super) fn goes_left(&self, tree: &Tree, node: usize, value: f64) -> bool {
        if value.is_nan() {
            return tree.missing_left.get(node).copied().unwrap_or(false);
        }
        match self.rule {
            SplitRule::AtMost => value <= tree.threshold[node],
            SplitRule::Below => value < tree.threshold[node],
        }
    }

    /// The value as splits compare it.
    #[inline]
    pub(super) fn compared(&self, value: f64) -> f64 {
        if self.single_precision { f64::from(value as f32) } else { value }
    }

    /// Every value of `x` as splits compare it, rows by features.
    pub(super) fn compared_rows(&self, x: ArrayView2<'_, f64>) -> Vec<f64> {
        x.rows().into_iter().flat_map(|row| row.to_vec()).map(|value| self.compared(value)).collect()
    }

    /// Checks every tree and the shape of the data.
    ///
    /// # Errors
    /// A malformed tree, or rows of another number of features.
    pub fn check(&self, x: ArrayView2<'_, f64>) -> Result<(), ExplainError> {
        if x.ncols() != self.features {
            return Err(ExplainError::Shape { expected: self.features, given: x.ncols() });
        }
        self.trees.iter().try_for_each(|tree| tree.check(self.features))
    }

    /// The prediction of one row.
    pub fn predict_row(&self, row: ArrayView1<'_, f64>) -> f64 {
        let sum: f64 = self
            .trees
            .iter()
            .map(|tree| {
                let mut node = 0;
                while !tree.is_leaf(node) {
                    let value = self.compared(row[tree.feature[node] as usize]);
                    let left = self.goes_left(tree, node, value);
                    node = if left { tree.left[node] } else { tree.right[node] } as usize;
                }
                tree.value[node]
            })
            .sum();
        self.base + self.scale * sum
    }

    /// Mean prediction over the training rows, weighted by cover: the base of path-dependent
    /// Shapley values.
    pub fn expected_value(&self) -> f64 {
        let sum: f64 = self
            .trees
            .iter()
            .map(|tree| {
                // Children come after their parents, so one pass down has every reach.
                let mut reach = vec![0.0; tree.left.len()];
                reach[0] = 1.0;
                let mut mean = 0.0;
                for node in 0..tree.left.len() {
                    if tree.is_leaf(node) {
                        mean += reach[node] * tree.value[node];
                        continue;
                    }
                    for child in [tree.left[node] as usize, tree.right[node] as usize] {
                        reach[child] = reach[node] * tree.share(node, child);
                    }
                }
                mean
            })
            .sum();
        self.base + self.scale * sum
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use crate::random::Stream;
    use crate::stats::bootstrap::below;
    use ndarray::{Array2, array};
    use rand_xoshiro::rand_core::Rng;

    /// A random ensemble over random rows, with covers from those rows.
    pub fn random_ensemble(features: usize, trees: usize, depth: usize, rows: usize) -> (TreeEnsemble, Array2<f64>) {
        let mut rng = Stream::root(11).rng();
        let mut unit = move || (rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64;
        let x = Array2::from_shape_fn((rows, features), |_| unit());
        let mut rng = Stream::root(12).rng();
        let mut ensemble = TreeEnsemble {
            features,
            trees: Vec::new(),
            scale: 0.5,
            base: 0.25,
            rule: SplitRule::AtMost,
            single_precision: false,
        };
        for _ in 0..trees {
            let mut tree = Tree::default();
            let mut open = vec![((0..rows).collect::<Vec<usize>>(), 0usize, None::<(usize, bool)>)];
            while let Some((members, level, parent)) = open.pop() {
                let node = tree.left.len();
                if let Some((parent, left)) = parent {
                    if left { tree.left[parent] = node as u32 } else { tree.right[parent] = node as u32 }
                }
                tree.left.push(Tree::LEAF);
                tree.right.push(0);
                tree.feature.push(0);
                tree.threshold.push(0.0);
                tree.value.push(below(&mut rng, 1000) as f64 / 100.0);
                tree.cover.push(members.len() as f64);
                if level == depth || members.len() < 2 {
                    continue;
                }
                let feature = below(&mut rng, features);
                let threshold = x[[members[below(&mut rng, members.len())], feature]] - 1e-9;
                let (left, right): (Vec<usize>, Vec<usize>) =
                    members.into_iter().partition(|row| x[[*row, feature]] <= threshold);
                tree.feature[node] = feature as u32;
                tree.threshold[node] = threshold;
                tree.left[node] = 0;
                open.push((left, level + 1, Some((node, true))));
                open.push((right, level + 1, Some((node, false))));
            }
            ensemble.trees.push(tree);
        }
        (ensemble, x)
    }

    #[test]
    fn malformed_trees_are_told() {
        let leaf = Tree {
            left: vec![Tree::LEAF],
            right: vec![0],
            feature: vec![0],
            threshold: vec![0.0],
            value: vec![2.0],
            cover: vec![3.0],
            missing_left: Vec::new(),
        };
        assert!(leaf.check(1).is_ok());
        assert!(Tree { value: vec![f64::NAN], ..leaf.clone() }.check(1).is_err());
        assert!(Tree { left: vec![0], ..leaf.clone() }.check(1).is_err());
        assert!(Tree::default().check(1).is_err());
        let ensemble = TreeEnsemble {
            features: 1,
            trees: vec![leaf],
            scale: 2.0,
            base: 1.0,
            rule: SplitRule::AtMost,
            single_precision: false,
        };
        assert_eq!(ensemble.expected_value(), 5.0);
        assert!(ensemble.check(array![[1.0, 2.0]].view()).is_err());
    }
}
