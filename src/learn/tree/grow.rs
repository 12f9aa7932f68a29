//! Growing one tree, depth first, by the exact best split of every drawn feature.
//!
//! A large node walks the feature's order of all rows and picks its own; a small one sorts the
//! ranks of its rows, packed with their place in the node into one integer. Weights and responses
//! of the node's rows lie side by side, so the scan of a feature touches little memory.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use super::fitted::{NONE, Tree};
use super::ranks::Ranks;

/// What a split reduces.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Criterion {
    /// Gini index of a 0/1 response.
    Gini,
    /// Entropy of a 0/1 response, in bits.
    Entropy,
    /// Variance of the response. Friedman's improvement score chooses the same split.
    SquaredError,
}

/// When to stop, and what to try.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Growth {
    pub criterion: Criterion,
    /// Splits on the way to a leaf, at most.
    pub depth: usize,
    /// Rows without which a node is not split.
    pub split: usize,
    /// Rows that each side of a split must keep.
    pub leaf: usize,
    /// Features drawn for each split, without replacement; features that do not vary in the node
    /// count, but drawing goes on until one varies.
    pub features: usize,
}

impl Default for Growth {
    fn default() -> Self {
        Growth { criterion: Criterion::Gini, depth: usize::MAX, split: 2, leaf: 1, features: usize::MAX }
    }
}

/// A node that waits to be made: a range of the permuted rows, and whose child it is.
struct Waiting {
    start: usize,
    end: usize,
    depth: usize,
    /// Parent, and whether it is the left child.
    parent: Option<(usize, bool)>,
}

struct Split {
    feature: usize,
    lower: u32,
    upper: u32,
    score: f64,
}

struct Grower<'a> {
    ranks: &'a Ranks,
    response: &'a [f64],
    weights: &'a [f64],
    growth: Growth,
    rows: Vec<u32>,
    /// The node's rows: weight, and weight times the response less the node's mean.
    weight: Vec<f64>,
    moment: Vec<f64>,
    /// Where a row stands in the node, plus one; zero for rows outside it.
    place: Vec<u32>,
    keys: Vec<u64>,
    features: Vec<u32>,
}

/// Grows a tree of `response` on the rows with a positive weight, trying the features in
/// `candidates`. At least one row must have a positive weight.
pub fn grow(
    ranks: &Ranks,
    response: &[f64],
    weights: &[f64],
    candidates: &[u32],
    growth: &Growth,
    rng: &mut Xoshiro256PlusPlus,
) -> Tree {
    let rows: Vec<u32> = (0..ranks.rows() as u32).filter(|row| weights[*row as usize] > 0.0).collect();
    let mut grower = Grower {
        ranks,
        response,
        weights,
        growth: *growth,
        weight: Vec::with_capacity(rows.len()),
        moment: Vec::with_capacity(rows.len()),
        place: vec![0; ranks.rows()],
        keys: Vec::with_capacity(rows.len()),
        features: candidates.to_vec(),
        rows,
    };
    let mut tree = Tree::default();
    let mut waiting = vec![Waiting { start: 0, end: grower.rows.len(), depth: 0, parent: None }];
    while let Some(at) = waiting.pop() {
        let (node, divisible) = grower.enter(&mut tree, &at);
        let Some(split) = (if divisible { grower.best(&at, rng) } else { None }) else { continue };
        let rank = ranks.rank(split.feature);
        let rows = &mut grower.rows[at.start..at.end];
        let middle = at.start + partition(rows, |row| rank[row as usize] <= split.lower);
        tree.feature[node] = split.feature as i32;
        tree.threshold[node] = ranks.threshold(split.feature, split.lower, split.upper);
        let depth = at.depth + 1;
        waiting.push(Waiting { start: middle, end: at.end, depth, parent: Some((node, false)) });
        waiting.push(Waiting { start: at.start, end: middle, depth, parent: Some((node, true)) });
    }
    tree
}

/// Moves the rows that go left to the front; their number.
fn partition(rows: &mut [u32], left: impl Fn(u32) -> bool) -> usize {
    let (mut front, mut back) = (0, rows.len());
    while front < back {
        if left(rows[front]) {
            front += 1;
        } else {
            back -= 1;
            rows.swap(front, back);
        }
    }
    front
}

/// Entropy in bits times the weight, of a part with `events` out of `weight`.
fn weighted_entropy(events: f64, weight: f64) -> f64 {
    let part = |share: f64| if share > 0.0 && share < 1.0 { -share * share.log2() } else { 0.0 };
    let share = events / weight;
    weight * (part(share) + part(1.0 - share))
}

impl Grower<'_> {
    /// Makes the node and lays out its rows; its number, and whether it may be split.
    fn enter(&mut self, tree: &mut Tree, at: &Waiting) -> (usize, bool) {
        let rows = &self.rows[at.start..at.end];
        let (mut cover, mut sum) = (0.0, 0.0);
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for row in rows {
            let (weight, response) = (self.weights[*row as usize], self.response[*row as usize]);
            cover += weight;
            sum += weight * response;
            low = low.min(response);
            high = high.max(response);
        }
        let mean = sum / cover;
        self.weight.clear();
        self.moment.clear();
        let mut square = 0.0;
        for row in rows {
            let weight = self.weights[*row as usize];
            let distance = self.response[*row as usize] - mean;
            self.weight.push(weight);
            self.moment.push(weight * distance);
            square += weight * distance * distance;
        }
        let pure = low == high;
        let impurity = match self.growth.criterion {
            _ if pure => 0.0,
            Criterion::Gini => 2.0 * mean * (1.0 - mean),
            Criterion::Entropy => weighted_entropy(sum, cover) / cover,
            Criterion::SquaredError => square / cover,
        };
        let node = tree.len();
        tree.left.push(NONE);
        tree.right.push(NONE);
        tree.feature.push(NONE);
        tree.threshold.push(0.0);
        tree.value.push(if pure { low } else { mean });
        tree.cover.push(cover);
        tree.impurity.push(impurity);
        tree.samples.push(rows.len() as u32);
        match at.parent {
            Some((parent, true)) => tree.left[parent] = node as i32,
            Some((parent, false)) => tree.right[parent] = node as i32,
            None => {}
        }
        let growth = &self.growth;
        let large = rows.len() >= growth.split.max(2) && rows.len() >= growth.leaf.saturating_mul(2);
        (node, !pure && large && at.depth < growth.depth)
    }

    fn best(&mut self, at: &Waiting, rng: &mut Xoshiro256PlusPlus) -> Option<Split> {
        let size = at.end - at.start;
        let walk = size * 6 > self.ranks.rows();
        if walk {
            for (place, row) in self.rows[at.start..at.end].iter().enumerate() {
                self.place[*row as usize] = place as u32 + 1;
            }
        }
        let count = self.features.len();
        let drawing = self.growth.features < count;
        let (cover, events): (f64, f64) = match self.growth.criterion {
            Criterion::Entropy => {
                let rows = &self.rows[at.start..at.end];
                let sum = |f: &dyn Fn(usize) -> f64| rows.iter().map(|row| f(*row as usize)).sum::<f64>();
                (sum(&|row| self.weights[row]), sum(&|row| self.weights[row] * self.response[row]))
            }
            _ => (self.weight.iter().sum(), 0.0),
        };
        let mut best: Option<Split> = None;
        let mut varying = 0;
        for visited in 0..count {
            if visited >= self.growth.features && varying > 0 {
                break;
            }
            if drawing {
                self.features.swap(visited, rng.random_range(visited..count));
            }
            let feature = self.features[visited] as usize;
            if !self.sort(feature, at, walk) {
                continue;
            }
            varying += 1;
            let found = match self.growth.criterion {
                Criterion::Entropy => self.scan_entropy(cover, events),
                _ => self.scan_variance(cover),
            };
            if let Some((place, score)) = found
                && best.as_ref().is_none_or(|best| score > best.score)
            {
                let (lower, upper) = ((self.keys[place] >> 32) as u32, (self.keys[place + 1] >> 32) as u32);
                best = Some(Split { feature, lower, upper, score });
            }
        }
        if walk {
            for row in &self.rows[at.start..at.end] {
                self.place[*row as usize] = 0;
            }
        }
        best
    }

    /// Puts the node's rows in ascending order of the feature; false if it does not vary there.
    fn sort(&mut self, feature: usize, at: &Waiting, walk: bool) -> bool {
        let rank = self.ranks.rank(feature);
        self.keys.clear();
        if walk {
            for row in self.ranks.order(feature) {
                let place = self.place[*row as usize];
                if place > 0 {
                    self.keys.push((u64::from(rank[*row as usize]) << 32) | u64::from(place - 1));
                }
            }
        } else {
            let (mut low, mut high) = (u32::MAX, 0);
            for (place, row) in self.rows[at.start..at.end].iter().enumerate() {
                let rank = rank[*row as usize];
                low = low.min(rank);
                high = high.max(rank);
                self.keys.push((u64::from(rank) << 32) | place as u64);
            }
            if low == high {
                return false;
            }
            self.keys.sort_unstable();
        }
        match (self.keys.first(), self.keys.last()) {
            (Some(first), Some(last)) => first >> 32 != last >> 32,
            _ => false,
        }
    }

    /// The best place to split after, and the weighted variance that goes: with `S` the left sum of
    /// centred responses, `S^2 / (W_left W_right)`, the same for all features up to a constant.
    fn scan_variance(&self, cover: f64) -> Option<(usize, f64)> {
        let (mut weight, mut moment) = (0.0, 0.0);
        let mut best = None;
        let mut top = f64::NEG_INFINITY;
        let leaf = self.growth.leaf.max(1);
        let last = self.keys.len() - leaf;
        for (place, pair) in self.keys.windows(2).enumerate().take(last) {
            let own = (pair[0] & 0xffff_ffff) as usize;
            weight += self.weight[own];
            moment += self.moment[own];
            if pair[0] >> 32 == pair[1] >> 32 || place + 1 < leaf {
                continue;
            }
            let score = moment * moment / (weight * (cover - weight));
            if score > top {
                top = score;
                best = Some((place, score));
            }
        }
        best
    }

    fn scan_entropy(&self, cover: f64, events: f64) -> Option<(usize, f64)> {
        let (mut weight, mut moment) = (0.0, 0.0);
        let mut best = None;
        let mut top = f64::NEG_INFINITY;
        let mean = events / cover;
        let leaf = self.growth.leaf.max(1);
        let last = self.keys.len() - leaf;
        for (place, pair) in self.keys.windows(2).enumerate().take(last) {
            let own = (pair[0] & 0xffff_ffff) as usize;
            weight += self.weight[own];
            moment += self.moment[own];
            if pair[0] >> 32 == pair[1] >> 32 || place + 1 < leaf {
                continue;
            }
            let left = (moment + mean * weight).clamp(0.0, weight);
            let score = -weighted_entropy(left, weight) - weighted_entropy((events - left).max(0.0), cover - weight);
            if score > top {
                top = score;
                best = Some((place, score));
            }
        }
        best
    }
}

#[cfg(test)]
mod tests {
    use ndarray::Array2;
    use proptest::prelude::*;

    use super::*;
    use crate::random::Stream;

    fn all(features: usize) -> Vec<u32> {
        (0..features as u32).collect()
    }

    #[test]
    fn an_exclusive_or_is_learned_though_its_first_split_gains_nothing() {
        let x = Array2::from_shape_fn((8, 2), |(row, column)| ((row >> column) & 1) as f64);
        let y: Vec<f64> = (0..8).map(|row| ((row ^ (row >> 1)) & 1) as f64).collect();
        let growth = Growth::default();
        let tree = grow(&Ranks::new(x.view()), &y, &[1.0; 8], &all(2), &growth, &mut Stream::root(1).rng());
        for (row, y) in x.rows().into_iter().zip(&y) {
            assert_eq!(tree.predict(&row.to_vec()), *y);
        }
        assert_eq!(tree.threshold[0], 0.5);
    }

    #[test]
    fn leaf_and_depth_limits_hold_and_criteria_differ() {
        let x = Array2::from_shape_fn((60, 3), |(i, j)| ((i * (7 + j)) % 23) as f64);
        let y: Vec<f64> = (0..60).map(|i| f64::from(u8::from((i * 11) % 7 < 3))).collect();
        for criterion in [Criterion::Gini, Criterion::Entropy, Criterion::SquaredError] {
            let growth = Growth { criterion, depth: 3, leaf: 5, ..Growth::default() };
            let tree = grow(&Ranks::new(x.view()), &y, &[1.0; 60], &all(3), &growth, &mut Stream::root(1).rng());
            assert!(tree.len() <= 15);
            assert!(tree.samples.iter().all(|samples| *samples >= 5));
            assert!(tree.is_sound(3));
        }
    }

    proptest! {
        // Every split is the best: no other threshold of any feature reduces the Gini index more.
        #[test]
        fn the_root_split_is_the_best_of_all(seed in 0_u64..200) {
            let mut rng = Stream::root(seed).rng();
            let x = Array2::from_shape_simple_fn((25, 3), || (rng.random::<f64>() * 8.0).floor());
            let y: Vec<f64> = (0..25).map(|_| f64::from(u8::from(rng.random::<f64>() < 0.4))).collect();
            let weights: Vec<f64> = (0..25).map(|_| (rng.random::<f64>() * 3.0).floor()).collect();
            prop_assume!(weights.iter().any(|weight| *weight > 0.0));
            let growth = Growth { depth: 1, ..Growth::default() };
            let tree = grow(&Ranks::new(x.view()), &y, &weights, &all(3), &growth, &mut rng);
            let sum_gini = |side: &dyn Fn(usize) -> bool| -> Option<f64> {
                let rows: Vec<usize> = (0..25).filter(|row| weights[*row] > 0.0 && side(*row)).collect();
                let w: f64 = rows.iter().map(|row| weights[*row]).sum();
                let e: f64 = rows.iter().map(|row| weights[*row] * y[*row]).sum();
                (w > 0.0).then(|| 2.0 * e * (w - e) / w)
            };
            if tree.len() == 1 {
                return Ok(());
            }
            let found = tree.cover[1] * tree.impurity[1] + tree.cover[2] * tree.impurity[2];
            for feature in 0..3 {
                for cut in 0..8 {
                    let cut = f64::from(cut) + 0.5;
                    let left = sum_gini(&|row| x[[row, feature]] <= cut);
                    let right = sum_gini(&|row| x[[row, feature]] > cut);
                    if let (Some(left), Some(right)) = (left, right) {
                        prop_assert!(found <= left + right + 1e-9);
                    }
                }
            }
        }
    }
}
