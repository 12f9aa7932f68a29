//! Interventional TreeSHAP: an unknown feature takes its value from background rows, one at a
//! time; equal to shap's `interventional`.
//!
//! For a row `x`, a background row `b` and a leaf, let `A` be the features on whose conditions
//! only `x` reaches the leaf and `B` those on which only `b` does. A leaf of value `v` gives
//! `v (|A| - 1)! |B|! / (|A| + |B|)!` to each feature of `A` and takes
//! `v |A|! (|B| - 1)! / (|A| + |B|)!` from each of `B`. The walk only enters leaves that a mixture
//! of the two rows reaches, and carries the sums of the weights up instead of the features down.

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::{ExplainError, Explanation, Tree, TreeEnsemble};
use crate::progress::Watch;

/// Interventional Shapley values of the rows of `x` against `background`.
///
/// # Errors
/// A malformed tree, rows of another number of features, no background, stopped.
pub fn interventional(
    ensemble: &TreeEnsemble,
    x: ArrayView2<'_, f64>,
    background: ArrayView2<'_, f64>,
    watch: &Watch,
) -> Result<Explanation, ExplainError> {
    ensemble.check(x)?;
    if background.nrows() == 0 {
        return Err(ExplainError::NoBackground);
    }
    ensemble.check(background)?;
    let features = ensemble.features;
    let rows = ensemble.compared_rows(x);
    let reference = ensemble.compared_rows(background);
    let most = ensemble.trees.iter().map(super::tree_path::most_features_on_a_path).max().unwrap_or(0);
    let weights = Weights::new(most + 1);
    let mut values = vec![0.0; x.nrows() * features];
    values.par_chunks_mut(features.max(1)).zip(rows.par_chunks(features.max(1))).try_for_each(|(values, row)| {
        let mut side = vec![Side::Either; features];
        for tree in &ensemble.trees {
            watch.check()?;
            for other in reference.chunks(features.max(1)) {
                let mut walk = Walk { ensemble, tree, row, other, side: &mut side, weights: &weights, values };
                walk.below(0, 0, 0);
            }
        }
        watch.advance("explain", 1);
        Ok::<(), ExplainError>(())
    })?;
    let n = x.nrows();
    let scale = ensemble.scale / background.nrows() as f64;
    let values = Array2::from_shape_vec((n, features), values)
        .map_err(|fault| ExplainError::Tree { reason: fault.to_string() })?
        * scale;
    let base =
        background.rows().into_iter().map(|row| ensemble.predict_row(row)).sum::<f64>() / background.nrows() as f64;
    Ok(Explanation {
        base: vec![base; n],
        values,
        predictions: x.rows().into_iter().map(|row| ensemble.predict_row(row)).collect(),
        errors: None,
    })
}

/// Whose value of a feature the path has taken.
#[derive(Clone, Copy, PartialEq)]
enum Side {
    Either,
    Row,
    Background,
}

/// `(a - 1)! b! / (a + b)!` by `a` and `b`.
struct Weights {
    width: usize,
    values: Vec<f64>,
}

impl Weights {
    fn new(width: usize) -> Self {
        let mut values = vec![0.0; width * width];
        for a in 1..width {
            for b in 0..width {
                // 1 / (a * C(a + b, b)).
                let choose: f64 = (1..=b).map(|i| (a + i) as f64 / i as f64).product();
                values[a * width + b] = 1.0 / (a as f64 * choose);
            }
        }
        Weights { width, values }
    }

    fn of(&self, a: usize, b: usize) -> f64 {
        self.values[a * self.width + b]
    }
}

struct Walk<'a> {
    ensemble: &'a TreeEnsemble,
    tree: &'a Tree,
    row: &'a [f64],
    other: &'a [f64],
    side: &'a mut [Side],
    weights: &'a Weights,
    values: &'a mut [f64],
}

impl Walk<'_> {
    /// What the leaves below give to each feature taken from the row, and take from each feature
    /// taken from the background, with `a` and `b` of them on the way down.
    fn below(&mut self, mut node: usize, a: usize, b: usize) -> (f64, f64) {
        loop {
            if self.tree.is_leaf(node) {
                let value = self.tree.value[node];
                let gives = if a > 0 { value * self.weights.of(a, b) } else { 0.0 };
                let takes = if b > 0 { value * self.weights.of(b, a) } else { 0.0 };
                return (gives, takes);
            }
            let feature = self.tree.feature[node] as usize;
            let (left, right) = (self.tree.left[node] as usize, self.tree.right[node] as usize);
            let mine = if self.ensemble.goes_left(self.tree, node, self.row[feature]) { left } else { right };
            let theirs = if self.ensemble.goes_left(self.tree, node, self.other[feature]) { left } else { right };
            match self.side[feature] {
                _ if mine == theirs => node = mine,
                Side::Row => node = mine,
                Side::Background => node = theirs,
                Side::Either => {
                    self.side[feature] = Side::Row;
                    let with = self.below(mine, a + 1, b);
                    self.side[feature] = Side::Background;
                    let without = self.below(theirs, a, b + 1);
                    self.side[feature] = Side::Either;
                    self.values[feature] += with.0 - without.1;
                    return (with.0 + without.0, with.1 + without.1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tree::tests::random_ensemble;
    use super::*;
    use ndarray::s;

    #[test]
    fn equals_enumeration_on_random_trees() {
        let (ensemble, x) = random_ensemble(6, 3, 6, 50);
        let (rows, background) = (x.slice(s![..4, ..]), x.slice(s![20..29, ..]));
        let ours = interventional(&ensemble, rows, background, &Watch::silent()).unwrap();
        assert!(ours.additivity_gap() < 1e-10);
        let model = |rows: ArrayView2<'_, f64>| -> Result<Vec<f64>, ExplainError> {
            Ok(rows.rows().into_iter().map(|row| ensemble.predict_row(row)).collect())
        };
        let theirs = super::super::exact(&model, rows, background, &Watch::silent()).unwrap();
        for (a, b) in ours.values.iter().zip(&theirs.values) {
            assert!((a - b).abs() < 1e-10, "{a} is not {b}");
        }
        assert_eq!(
            interventional(&ensemble, rows, x.slice(s![..0, ..]), &Watch::silent()),
            Err(ExplainError::NoBackground)
        );
    }
}
