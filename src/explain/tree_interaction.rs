//! Path-dependent Shapley interaction values of trees, equal to shap's
//! `shap_interaction_values`: off the diagonal half of the pairwise Shapley interaction index each
//! way, on it what is left of the feature's value, so that rows sum to the Shapley values.
//!
//! With the terms of [`super::tree_path`], a leaf gives the pair `(i, j)`
//! `v (o_i - z_i)(o_j - z_j) / 2 * integral of prod_{k in D \ {i, j}} (o_k t + z_k (1 - t))`.

use ndarray::{Array2, Array3, ArrayView2, Axis};
use rayon::prelude::*;

use super::quadrature::gauss_legendre;
use super::tree_path::path_dependent;
use super::{ExplainError, Tree, TreeEnsemble};
use crate::progress::Watch;

/// Points of the quadrature: exact up to 32 features on a path.
const POINTS: usize = 16;

/// One feature's conditions on the way to a leaf.
struct Condition {
    feature: usize,
    /// Nodes that split on it and whether the path goes left there.
    turns: Vec<(usize, bool)>,
    share: f64,
}

/// Interaction values, rows by features by features.
///
/// # Errors
/// As [`path_dependent`]; a path with more than 32 features.
pub fn interactions(
    ensemble: &TreeEnsemble,
    x: ArrayView2<'_, f64>,
    watch: &Watch,
) -> Result<Array3<f64>, ExplainError> {
    let main = path_dependent(ensemble, x, watch)?;
    let features = ensemble.features;
    let (nodes, weights) = gauss_legendre::<POINTS>();
    let leaves: Vec<(usize, f64, Vec<Condition>)> =
        ensemble.trees.iter().enumerate().flat_map(|(index, tree)| paths(index, tree)).collect();
    if leaves.iter().any(|(_, _, conditions)| conditions.len() > 2 * POINTS) {
        return Err(ExplainError::Tree { reason: "a path splits on more than 32 features".to_owned() });
    }
    let rows: Vec<Array2<f64>> = (0..x.nrows())
        .into_par_iter()
        .map(|row| {
            watch.check()?;
            let mut matrix = Array2::<f64>::zeros((features, features));
            let mut satisfied = Vec::new();
            for (tree, value, conditions) in &leaves {
                let tree = &ensemble.trees[*tree];
                satisfied.clear();
                satisfied.extend(conditions.iter().map(|condition| {
                    let value = ensemble.compared(x[[row, condition.feature]]);
                    condition.turns.iter().all(|(node, left)| ensemble.goes_left(tree, *node, value) == *left)
                }));
                let factor = |k: usize, t: f64| conditions[k].share * (1.0 - t) + if satisfied[k] { t } else { 0.0 };
                let lean = |k: usize| f64::from(u8::from(satisfied[k])) - conditions[k].share;
                // A condition without cover that the row fails leaves the leaf out of every set.
                if (0..conditions.len()).any(|k| !satisfied[k] && conditions[k].share == 0.0) {
                    continue;
                }
                for (t, weight) in nodes.iter().zip(&weights) {
                    let product: f64 = (0..conditions.len()).map(|k| factor(k, *t)).product();
                    for i in 0..conditions.len() {
                        let of_i = 0.5 * value * weight * product * lean(i) / factor(i, *t);
                        for j in 0..i {
                            let pair = of_i * lean(j) / factor(j, *t);
                            matrix[[conditions[i].feature, conditions[j].feature]] += pair;
                            matrix[[conditions[j].feature, conditions[i].feature]] += pair;
                        }
                    }
                }
            }
            matrix *= ensemble.scale;
            for feature in 0..features {
                let others = matrix.row(feature).sum();
                matrix[[feature, feature]] = main.values[[row, feature]] - others;
            }
            Ok(matrix)
        })
        .collect::<Result<_, ExplainError>>()?;
    let mut all = Array3::zeros((x.nrows(), features, features));
    for (mut target, matrix) in all.axis_iter_mut(Axis(0)).zip(rows) {
        target.assign(&matrix);
    }
    Ok(all)
}

/// Every leaf of a tree with the conditions on its way, one a feature.
fn paths(index: usize, tree: &Tree) -> Vec<(usize, f64, Vec<Condition>)> {
    let mut leaves = Vec::new();
    let mut open: Vec<(usize, Vec<(usize, bool)>)> = vec![(0, Vec::new())];
    while let Some((node, turns)) = open.pop() {
        if !tree.is_leaf(node) {
            for (child, left) in [(tree.left[node] as usize, true), (tree.right[node] as usize, false)] {
                let mut turns = turns.clone();
                turns.push((node, left));
                open.push((child, turns));
            }
            continue;
        }
        let mut conditions: Vec<Condition> = Vec::new();
        for (at, left) in turns {
            let feature = tree.feature[at] as usize;
            let child = if left { tree.left[at] } else { tree.right[at] } as usize;
            let share = tree.share(at, child);
            match conditions.iter_mut().find(|condition| condition.feature == feature) {
                Some(condition) => {
                    condition.turns.push((at, left));
                    condition.share *= share;
                }
                None => conditions.push(Condition { feature, turns: vec![(at, left)], share }),
            }
        }
        leaves.push((index, tree.value[node], conditions));
    }
    leaves
}

#[cfg(test)]
mod tests {
    use super::super::tree::tests::random_ensemble;
    use super::*;

    #[test]
    fn rows_sum_to_the_values_and_pairs_are_symmetric() {
        let (ensemble, x) = random_ensemble(5, 3, 6, 40);
        let watch = Watch::silent();
        let pairs = interactions(&ensemble, x.view(), &watch).unwrap();
        let main = path_dependent(&ensemble, x.view(), &watch).unwrap();
        for row in 0..5 {
            for i in 0..5 {
                let sum: f64 = (0..5).map(|j| pairs[[row, i, j]]).sum();
                assert!((sum - main.values[[row, i]]).abs() < 1e-10);
                for j in 0..5 {
                    assert_eq!(pairs[[row, i, j]], pairs[[row, j, i]]);
                }
            }
        }
    }
}
