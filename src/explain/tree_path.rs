//! Path-dependent TreeSHAP: Shapley values of trees where an unknown feature follows the cover of
//! the training rows (Lundberg et al. 2020), equal to shap's `tree_path_dependent`.
//!
//! For a leaf of value `v` whose path holds the features `D`, with `o_k` in {0, 1} for whether the
//! row satisfies the path's conditions on `k` and `z_k` the share of cover that follows them,
//!
//! `phi_i = v (o_i - z_i) * integral over t in [0, 1] of prod_{k in D \ i} (o_k t + z_k (1 - t))`,
//!
//! because the Shapley weight of `s` among `d - 1` others is `integral t^s (1 - t)^(d - 1 - s)`.
//! The integrand is a polynomial of degree below `d`, so Gauss-Legendre quadrature with `d / 2`
//! points is exact, and every term is positive: nothing cancels. One walk down each tree carries
//! the product at the quadrature points, one walk up the sums over leaves; the cost of a row is
//! nodes x points, not leaves x depth^2 (the linear-time idea of Yu et al. 2022).

use ndarray::{Array2, ArrayView2};
use rayon::prelude::*;

use super::quadrature::gauss_legendre;
use super::{ExplainError, Explanation, Tree, TreeEnsemble};
use crate::progress::Watch;

/// Rows that go through a tree before the next tree is fetched.
const CHUNK: usize = 64;

/// Path-dependent Shapley values of the rows of `x`.
///
/// # Errors
/// A malformed tree, rows of another number of features, stopped.
pub fn path_dependent(
    ensemble: &TreeEnsemble,
    x: ArrayView2<'_, f64>,
    watch: &Watch,
) -> Result<Explanation, ExplainError> {
    ensemble.check(x)?;
    let degree = ensemble.trees.iter().map(most_features_on_a_path).max().unwrap_or(0);
    match degree.div_ceil(2) {
        0..=2 => explain::<2>(ensemble, x, watch),
        3..=4 => explain::<4>(ensemble, x, watch),
        5..=6 => explain::<6>(ensemble, x, watch),
        7..=8 => explain::<8>(ensemble, x, watch),
        9..=12 => explain::<12>(ensemble, x, watch),
        13..=16 => explain::<16>(ensemble, x, watch),
        17..=32 => explain::<32>(ensemble, x, watch),
        33..=128 => explain::<128>(ensemble, x, watch),
        _ => Err(ExplainError::Tree { reason: format!("a path splits on {degree} features; 256 is the most") }),
    }
}

/// Largest number of distinct features between the root and a leaf.
pub(super) fn most_features_on_a_path(tree: &Tree) -> usize {
    fn walk(tree: &Tree, node: usize, seen: &mut Vec<u32>) -> usize {
        if tree.is_leaf(node) {
            return seen.len();
        }
        let new = !seen.contains(&tree.feature[node]);
        if new {
            seen.push(tree.feature[node]);
        }
        let most = walk(tree, tree.left[node] as usize, seen).max(walk(tree, tree.right[node] as usize, seen));
        if new {
            seen.pop();
        }
        most
    }
    walk(tree, 0, &mut Vec::new())
}

/// What the edge into a node does to the product and to the feature of its split.
struct Edge<const Q: usize> {
    /// Factor when the row satisfies the path's conditions on the feature, the old factor of the
    /// same feature divided out.
    kept: [f64; Q],
    /// Factor when this edge is the first condition that the row fails.
    lost: [f64; Q],
    /// Contribution to the feature for each unit of a satisfied path's sum:
    /// `weight (1 - z) / (t + z (1 - t))`.
    gain: [f64; Q],
    /// Factor when an earlier condition on the feature failed already.
    shrink: f64,
    /// The node that the last edge before this one on the same feature enters; 0 for none.
    before: u32,
}

struct Node {
    left: u32,
    right: u32,
    feature: u32,
    value: f64,
}

struct Walk<'a, const Q: usize> {
    ensemble: &'a TreeEnsemble,
    tree: &'a Tree,
    nodes: &'a [Node],
    edges: &'a [Edge<Q>],
    /// `weight / (1 - t)`: what a failed path takes from the feature.
    loss: &'a [f64; Q],
    row: &'a [f64],
    /// Whether the row satisfies every condition on the edge's feature up to the edge.
    satisfied: &'a mut [bool],
    values: &'a mut [f64],
}

#[allow(clippy::needless_range_loop, reason = "a fixed count of lanes over several arrays")]
impl<const Q: usize> Walk<'_, Q> {
    /// Sum over the leaves below `node` of value times product, where `product` is that of the
    /// path to `node`.
    fn below(&mut self, node: usize, product: &[f64; Q]) -> [f64; Q] {
        let Node { left, right, feature, .. } = self.nodes[node];
        let goes_left = self.ensemble.goes_left(self.tree, node, self.row[feature as usize]);
        let mut sum = self.edge(left as usize, feature as usize, goes_left, product);
        let other = self.edge(right as usize, feature as usize, !goes_left, product);
        for q in 0..Q {
            sum[q] += other[q];
        }
        sum
    }

    #[inline]
    fn edge(&mut self, child: usize, feature: usize, here: bool, product: &[f64; Q]) -> [f64; Q] {
        let edges = self.edges;
        let edge = &edges[child];
        let before = edge.before as usize;
        let earlier = before == 0 || self.satisfied[before];
        let satisfied = here && earlier;
        self.satisfied[child] = satisfied;
        let mut next = [0.0; Q];
        if satisfied {
            for q in 0..Q {
                next[q] = product[q] * edge.kept[q];
            }
        } else if earlier {
            for q in 0..Q {
                next[q] = product[q] * edge.lost[q];
            }
        } else {
            for q in 0..Q {
                next[q] = product[q] * edge.shrink;
            }
        }
        let value = self.nodes[child].value;
        let sum = if self.nodes[child].left == Tree::LEAF {
            for slot in &mut next {
                *slot *= value;
            }
            next
        } else {
            self.below(child, &next)
        };
        // The last condition on a feature decides what the leaves below give it; what an earlier
        // edge will add for the same leaves is taken back here.
        let mut contribution = 0.0;
        if satisfied {
            for q in 0..Q {
                contribution += edge.gain[q] * sum[q];
            }
        } else {
            for q in 0..Q {
                contribution -= self.loss[q] * sum[q];
            }
        }
        if before != 0 {
            if self.satisfied[before] {
                let gain = &edges[before].gain;
                for q in 0..Q {
                    contribution -= gain[q] * sum[q];
                }
            } else {
                for q in 0..Q {
                    contribution += self.loss[q] * sum[q];
                }
            }
        }
        self.values[feature] += contribution;
        sum
    }
}

fn edges<const Q: usize>(tree: &Tree, nodes: &[f64; Q], weights: &[f64; Q]) -> Vec<Edge<Q>> {
    let n = tree.left.len();
    let mut edges: Vec<Edge<Q>> =
        (0..n).map(|_| Edge { kept: [1.0; Q], lost: [1.0; Q], gain: [0.0; Q], shrink: 1.0, before: 0 }).collect();
    // Depth first, with the last edge of each feature on the way down.
    let mut shares = vec![1.0; n];
    let mut open: Vec<(usize, Vec<(u32, u32)>)> = vec![(0, Vec::new())];
    while let Some((node, path)) = open.pop() {
        if tree.is_leaf(node) {
            continue;
        }
        let feature = tree.feature[node];
        let before = path.iter().rev().find(|(f, _)| *f == feature).map_or(0, |(_, edge)| *edge);
        let old = if before == 0 { None } else { Some(shares[before as usize]) };
        for child in [tree.left[node] as usize, tree.right[node] as usize] {
            let share = tree.share(node, child) * old.unwrap_or(1.0);
            shares[child] = share;
            let edge = &mut edges[child];
            edge.before = before;
            for q in 0..Q {
                let t = nodes[q];
                let factor = t + share * (1.0 - t);
                let divided = old.map_or(1.0, |old| t + old * (1.0 - t));
                edge.kept[q] = factor / divided;
                edge.lost[q] = share * (1.0 - t) / divided;
                edge.gain[q] = weights[q] * (1.0 - share) / factor;
            }
            // Without cover the product is 0 already, and stays so.
            edge.shrink = tree.share(node, child);
            let mut path = path.clone();
            path.push((feature, child as u32));
            open.push((child, path));
        }
    }
    edges
}

fn explain<const Q: usize>(
    ensemble: &TreeEnsemble,
    x: ArrayView2<'_, f64>,
    watch: &Watch,
) -> Result<Explanation, ExplainError> {
    let (nodes, weights) = gauss_legendre::<Q>();
    let mut loss = [0.0; Q];
    for q in 0..Q {
        loss[q] = weights[q] / (1.0 - nodes[q]);
    }
    let features = ensemble.features;
    let compared = ensemble.compared_rows(x);
    let n = x.nrows();
    let mut values = vec![0.0; n * features];
    let width = CHUNK * features.max(1);
    for tree in &ensemble.trees {
        watch.check()?;
        if !tree.is_leaf(0) {
            let edges = edges(tree, &nodes, &weights);
            let flat: Vec<Node> = (0..tree.left.len())
                .map(|node| Node {
                    left: tree.left[node],
                    right: tree.right[node],
                    feature: tree.feature[node],
                    value: tree.value[node],
                })
                .collect();
            // Rows are apart from each other, so threads cannot change a sum.
            values.par_chunks_mut(width).zip(compared.par_chunks(width)).for_each_init(
                || vec![true; flat.len()],
                |satisfied, (values, rows)| {
                    for (values, row) in values.chunks_mut(features).zip(rows.chunks(features)) {
                        let mut walk =
                            Walk { ensemble, tree, nodes: &flat, edges: &edges, loss: &loss, row, satisfied, values };
                        walk.below(0, &[1.0; Q]);
                    }
                },
            );
        }
        watch.advance("explain", 1);
    }
    let values = Array2::from_shape_vec((n, features), values)
        .map_err(|fault| ExplainError::Tree { reason: fault.to_string() })?
        * ensemble.scale;
    Ok(Explanation {
        base: vec![ensemble.expected_value(); n],
        values,
        predictions: x.rows().into_iter().map(|row| ensemble.predict_row(row)).collect(),
        errors: None,
    })
}

#[cfg(test)]
mod tests {
    use super::super::tree::tests::random_ensemble;
    use super::*;
    use ndarray::ArrayView1;

    /// Prediction of a tree when only the features of `known` are known.
    fn conditional(ensemble: &TreeEnsemble, tree: &Tree, node: usize, row: ArrayView1<'_, f64>, known: usize) -> f64 {
        if tree.is_leaf(node) {
            return tree.value[node];
        }
        let (left, right) = (tree.left[node] as usize, tree.right[node] as usize);
        let feature = tree.feature[node] as usize;
        let go = |child| conditional(ensemble, tree, child, row, known);
        if known >> feature & 1 == 1 {
            if ensemble.goes_left(tree, node, row[feature]) { go(left) } else { go(right) }
        } else {
            tree.share(node, left) * go(left) + tree.share(node, right) * go(right)
        }
    }

    fn by_definition(ensemble: &TreeEnsemble, row: ArrayView1<'_, f64>) -> Vec<f64> {
        let m = ensemble.features;
        let value = |known| -> f64 {
            ensemble.scale * ensemble.trees.iter().map(|tree| conditional(ensemble, tree, 0, row, known)).sum::<f64>()
        };
        let all: Vec<f64> = (0..1usize << m).map(value).collect();
        let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
        (0..m)
            .map(|i| {
                (0..1usize << m)
                    .filter(|set| set >> i & 1 == 0)
                    .map(|set| {
                        let s = set.count_ones() as usize;
                        factorial(s) * factorial(m - 1 - s) / factorial(m) * (all[set | 1 << i] - all[set])
                    })
                    .sum()
            })
            .collect()
    }

    #[test]
    fn equals_the_definition_on_random_trees() {
        for (features, depth) in [(1, 3), (3, 8), (6, 5), (7, 12)] {
            let (ensemble, x) = random_ensemble(features, 4, depth, 60);
            let explanation = path_dependent(&ensemble, x.view(), &Watch::silent()).unwrap();
            assert!(explanation.additivity_gap() < 1e-10);
            for row in [0, 7, 33] {
                for (ours, theirs) in explanation.values.row(row).iter().zip(by_definition(&ensemble, x.row(row))) {
                    assert!((ours - theirs).abs() < 1e-10, "{ours} is not {theirs}");
                }
            }
        }
    }

    #[test]
    fn deep_trees_and_stumps_add_up() {
        let (ensemble, x) = random_ensemble(80, 2, 60, 400);
        let explanation = path_dependent(&ensemble, x.view(), &Watch::silent()).unwrap();
        assert!(explanation.additivity_gap() < 1e-9, "{}", explanation.additivity_gap());
        let (stump, x) = random_ensemble(2, 1, 0, 5);
        let explanation = path_dependent(&stump, x.view(), &Watch::silent()).unwrap();
        assert!(explanation.values.iter().all(|value| *value == 0.0));
        assert!(path_dependent(&stump, x.slice(ndarray::s![.., ..1]), &Watch::silent()).is_err());
    }
}
