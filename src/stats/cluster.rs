//! Hierarchical clustering, for the order and the trees of heat maps.

/// How far two clusters are apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Linkage {
    /// The farthest two of their members.
    Complete,
    /// All their members on average.
    Average,
}

/// Two clusters that join. Numbers below the number of leaves are leaves by their place in
/// [`Tree::order`], others the merges before, counted on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Merge {
    pub left: usize,
    pub right: usize,
    pub height: f64,
}

/// A dendrogram.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Tree {
    /// The items from left to right, so that no two branches cross.
    pub order: Vec<usize>,
    /// By height, the lowest first; one fewer than there are items.
    pub merges: Vec<Merge>,
}

/// Most items that are clustered; distances between more would not fit into the memory of a laptop.
pub const MOST: usize = 5000;

/// Clusters `items` (vectors of one length) by Euclidean distance, as R's `hclust(dist(x))` does; a
/// coordinate that is not finite in one of two items is left out of their distance, which is scaled
/// up for it, as `dist` does. Of the two sides of a merge the one with the lower mean stands left, as
/// `reorder` on row means has it, so that the drawing does not depend on the order of the input.
///
/// Nearest-neighbour chains (Murtagh F. Comput J 1983;26:354-359; Müllner D. J Stat Softw
/// 2013;53(9)): quadratic in time and memory. Items that share no coordinate are as far apart as
/// the farthest two that do. Above [`MOST`] items there is no tree, and the order is by means.
///
/// ```
/// use diptych::stats::cluster::{Linkage, cluster};
/// let tree = cluster(&[vec![9.0], vec![1.0], vec![1.5]], Linkage::Complete);
/// assert_eq!(tree.order, [1, 2, 0]);
/// assert_eq!(tree.merges[1].height, 8.0);
/// ```
pub fn cluster(items: &[Vec<f64>], linkage: Linkage) -> Tree {
    let n = items.len();
    let means: Vec<f64> = items.iter().map(|item| mean(item)).collect();
    if !(2..=MOST).contains(&n) {
        let mut order: Vec<usize> = (0..n).collect();
        order.sort_by(|a, b| means[*a].total_cmp(&means[*b]));
        return Tree { order, merges: Vec::new() };
    }
    let mut distances = Distances::new(items);
    let mut joined = chains(&mut distances, n, linkage);
    joined.sort_by(|a, b| a.2.total_cmp(&b.2));
    ordered(&joined, &means)
}

fn mean(values: &[f64]) -> f64 {
    let (sum, count) =
        values.iter().filter(|v| v.is_finite()).fold((0.0, 0usize), |(sum, count), v| (sum + v, count + 1));
    if count > 0 { sum / count as f64 } else { 0.0 }
}

/// The distances of all pairs, the lower triangle row by row.
struct Distances(Vec<f64>);

impl Distances {
    fn new(items: &[Vec<f64>]) -> Self {
        let mut all = Vec::with_capacity(items.len() * (items.len() - 1) / 2);
        for (place, item) in items.iter().enumerate() {
            all.extend(items[..place].iter().map(|other| distance(item, other)));
        }
        let farthest = all.iter().copied().filter(|d| d.is_finite()).fold(0.0, f64::max);
        all.iter_mut().filter(|d| !d.is_finite()).for_each(|d| *d = farthest);
        Distances(all)
    }

    fn at(a: usize, b: usize) -> usize {
        let (low, high) = (a.min(b), a.max(b));
        high * (high - 1) / 2 + low
    }

    fn get(&self, a: usize, b: usize) -> f64 {
        self.0[Self::at(a, b)]
    }
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    let both = a.iter().zip(b).filter(|(x, y)| x.is_finite() && y.is_finite());
    let (sum, count) = both.fold((0.0, 0usize), |(sum, count), (x, y)| (sum + (x - y).powi(2), count + 1));
    if count == 0 { f64::INFINITY } else { (sum * a.len() as f64 / count as f64).sqrt() }
}

/// Pairs of items that stand for the clusters which join, with the height; not sorted.
fn chains(distances: &mut Distances, n: usize, linkage: Linkage) -> Vec<(usize, usize, f64)> {
    let mut size = vec![1usize; n];
    let mut alive: Vec<usize> = (0..n).collect();
    let mut chain: Vec<usize> = Vec::new();
    let mut joined = Vec::with_capacity(n - 1);
    while alive.len() > 1 {
        if chain.is_empty() {
            chain.extend(alive.first());
        }
        let Some(top) = chain.last().copied() else { break };
        let before = chain.len().checked_sub(2).map(|place| chain[place]);
        // On a tie the one before, so that the chain ends.
        let mut nearest = before.map(|other| (other, distances.get(top, other)));
        for other in alive.iter().copied().filter(|other| *other != top) {
            let d = distances.get(top, other);
            if nearest.is_none_or(|(_, least)| d < least) {
                nearest = Some((other, d));
            }
        }
        let Some((other, height)) = nearest else { break };
        if before != Some(other) {
            chain.push(other);
            continue;
        }
        chain.truncate(chain.len() - 2);
        // The merged cluster takes the place of `other`.
        joined.push((top, other, height));
        alive.retain(|item| *item != top);
        let (a, b) = (size[top] as f64, size[other] as f64);
        for third in alive.iter().copied().filter(|third| *third != other) {
            let (x, y) = (distances.get(top, third), distances.get(other, third));
            distances.0[Distances::at(other, third)] = match linkage {
                Linkage::Complete => x.max(y),
                Linkage::Average => (a * x + b * y) / (a + b),
            };
        }
        size[other] += size[top];
    }
    joined
}

/// What stands below a merge.
struct Branch {
    items: Vec<usize>,
    /// Place of the merge, or the item.
    node: usize,
    mean: f64,
}

/// The merges with the lower mean left, and leaves numbered by their place.
fn ordered(joined: &[(usize, usize, f64)], means: &[f64]) -> Tree {
    let n = means.len();
    let mut branches: Vec<Option<Branch>> = means
        .iter()
        .enumerate()
        .map(|(item, mean)| Some(Branch { items: vec![item], node: item, mean: *mean }))
        .collect();
    // The branch that an item is in now.
    let mut within: Vec<usize> = (0..n).collect();
    let mut merges = Vec::with_capacity(joined.len());
    let mut order = Vec::new();
    for (a, b, height) in joined {
        let (Some(one), Some(other)) = (branches[within[*a]].take(), branches[within[*b]].take()) else { continue };
        let first = (one.mean, one.items.first()) <= (other.mean, other.items.first());
        let (left, right) = if first { (one, other) } else { (other, one) };
        merges.push(Merge { left: left.node, right: right.node, height: *height });
        let (p, q) = (left.items.len() as f64, right.items.len() as f64);
        let mean = (left.mean * p + right.mean * q) / (p + q);
        let mut items = left.items;
        items.extend(right.items);
        let place = branches.len();
        items.iter().for_each(|item| within[*item] = place);
        if items.len() == n {
            order.clone_from(&items);
        }
        branches.push(Some(Branch { items, node: n + merges.len() - 1, mean }));
    }
    let mut place = vec![0; n];
    order.iter().enumerate().for_each(|(at, item)| place[*item] = at);
    for merge in &mut merges {
        for side in [&mut merge.left, &mut merge.right] {
            if *side < n {
                *side = place[*side];
            }
        }
    }
    Tree { order, merges }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Twelve points of four coordinates without ties: `scripts/reference/stats_values.R` has the same.
    fn twelve() -> Vec<Vec<f64>> {
        (0..12)
            .map(|i| (0..4).map(|j| f64::from((i * i * 7 + j * 13 + i * j * 5) % 31) + f64::from(i) * 0.01).collect())
            .collect()
    }

    #[test]
    fn heights_are_those_of_hclust() {
        let heights = |linkage| cluster(&twelve(), linkage).merges.iter().map(|m| m.height).collect::<Vec<_>>();
        let complete = [
            5.3679046191228,
            5.5869848755836,
            11.2232080975094,
            13.0726584901465,
            15.1579550071901,
            18.5495660326596,
            21.9982635678364,
            22.8924791143292,
            27.7400432587983,
            35.778200066521,
            36.9770252995019,
        ];
        let average = [
            5.3679046191228,
            5.5869848755836,
            10.9580888752552,
            13.0726584901465,
            15.1579550071901,
            17.0690245158589,
            20.0602049622495,
            20.7033009910168,
            21.6791160510908,
            25.5562870215183,
            29.8698392588193,
        ];
        let close = |a: &[f64], b: &[f64]| a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-10);
        assert!(close(&heights(Linkage::Complete), &complete), "{:?}", heights(Linkage::Complete));
        assert!(close(&heights(Linkage::Average), &average), "{:?}", heights(Linkage::Average));
    }

    #[test]
    fn branches_do_not_cross_and_the_input_order_does_not_matter() {
        let items = twelve();
        let tree = cluster(&items, Linkage::Average);
        let mut sorted = tree.order.clone();
        sorted.sort_unstable();
        assert_eq!(sorted, (0..12).collect::<Vec<_>>());
        // Every merge joins neighbouring spans, the left one first.
        let mut spans: Vec<(usize, usize)> = (0..12).map(|leaf| (leaf, leaf)).collect();
        for merge in &tree.merges {
            let (left, right) = (spans[merge.left], spans[merge.right]);
            assert_eq!(left.1 + 1, right.0);
            spans.push((left.0, right.1));
        }
        let turned: Vec<Vec<f64>> = items.iter().rev().cloned().collect();
        let other: Vec<usize> = cluster(&turned, Linkage::Average).order.iter().map(|item| 11 - item).collect();
        assert_eq!(tree.order, other);
    }

    #[test]
    fn few_equal_and_missing_items_are_lawful() {
        assert_eq!(cluster(&[], Linkage::Complete), Tree::default());
        assert_eq!(cluster(&[vec![1.0]], Linkage::Complete).order, [0]);
        let same = cluster(&vec![vec![1.0, 2.0]; 5], Linkage::Complete);
        assert!(same.order.len() == 5 && same.merges.len() == 4 && same.merges.iter().all(|m| m.height == 0.0));
        let gaps = cluster(&[vec![f64::NAN, 1.0], vec![2.0, f64::NAN], vec![2.0, 1.0]], Linkage::Average);
        assert!(gaps.order.len() == 3 && gaps.merges.iter().all(|m| m.height.is_finite()));
        let many =
            cluster(&(0..MOST + 1).map(|i| vec![(i * 7919 % 100) as f64]).collect::<Vec<_>>(), Linkage::Complete);
        assert!(many.merges.is_empty() && many.order.len() == MOST + 1);
    }
}
