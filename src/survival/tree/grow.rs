//! Growth of one survival tree.
//!
//! The log-rank statistic of a split is `U² / V` with, over the node's event times `t`,
//! `U = Σ (d_L − Y_L d / Y)` and `V = Σ d (Y − d) / (Y − 1) · Y_L / Y · (1 − Y_L / Y)`.
//! `U` is a sum over the rows on the left of `δ_i − Λ(t_i)`, where `Λ` is the node's
//! Nelson-Aalen estimator, and `V` is quadratic in `Y_L`, so both follow a row that moves from
//! right to left: `U` in constant time and `V` through a Fenwick tree in the logarithm of the
//! number of event times. A feature costs `O(n log n)` in a node, where recomputing the
//! statistic at every cut costs `O(n · times)`.

use rand::RngExt;
use rand_xoshiro::Xoshiro256PlusPlus;

use crate::progress::{Cancelled, Watch};

use super::TimeAxis;
use super::fitted::{LEAF, SurvivalTree};
use super::predictors::{Predictors, Ranked};

/// How cuts are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Splitter {
    /// Every cut of a feature is tried.
    Best,
    /// One cut a feature, drawn uniformly between its least and greatest value in the node
    /// (extremely randomised trees).
    Random,
}

/// When to split and when to stop.
#[derive(Clone, Copy, Debug)]
pub struct Growth {
    pub splitter: Splitter,
    /// `None` grows until the other rules stop it.
    pub max_depth: Option<usize>,
    /// A node of fewer rows is a leaf.
    pub min_split: usize,
    /// Each side of a split keeps at least so many rows.
    pub min_leaf: usize,
    /// Features drawn at each node.
    pub features: usize,
}

/// Values closer than this do not separate rows, as in scikit-learn.
const SAME_VALUE: f32 = 1e-7;

/// Variances below this share of their largest possible rounding error count as zero.
const NO_VARIANCE: f64 = 1e-10;

/// Sums over groups of event times, each a Fenwick tree: weight, and weight times `B`.
struct Fenwick {
    nodes: Vec<(f64, f64)>,
}

impl Fenwick {
    fn reset(&mut self, groups: usize) {
        self.nodes.clear();
        self.nodes.resize(groups + 1, (0.0, 0.0));
    }

    fn add(&mut self, group: usize, weight: f64, product: f64) {
        let mut place = group;
        while place < self.nodes.len() {
            let node = &mut self.nodes[place];
            node.0 += weight;
            node.1 += product;
            place += place & place.wrapping_neg();
        }
    }

    /// Sums over groups `1..=group`.
    fn up_to(&self, group: usize) -> (f64, f64) {
        let mut sums = (0.0, 0.0);
        let mut place = group;
        while place > 0 {
            let node = self.nodes[place];
            sums.0 += node.0;
            sums.1 += node.1;
            place &= place - 1;
        }
        sums
    }
}

/// A row of a node, in the order of time: what a scan over a feature reads.
#[derive(Clone, Copy, Default)]
struct Member {
    /// Number of the node's event times at or before the row's time.
    group: u32,
    weight: f64,
    /// `w (δ − Λ(t))`.
    score: f64,
}

/// A cut with its statistic.
#[derive(Clone, Copy)]
struct Cut {
    feature: usize,
    threshold: f64,
    /// Rows of at most this rank go left.
    rank: u32,
    statistic: f64,
}

struct Grower<'a> {
    axis: &'a TimeAxis,
    predictors: &'a Predictors,
    weights: &'a [f64],
    growth: Growth,
    watch: &'a Watch,
    random: Xoshiro256PlusPlus,
    tree: SurvivalTree,
    /// Rows in bag; a node is a stretch of it, always in the order of time.
    rows: Vec<u32>,
    features: Vec<u32>,
    // Buffers of the node at work.
    members: Vec<Member>,
    /// By group, from 1: cumulated `a` and `b` of the variance, and cumulated hazard.
    first: Vec<f64>,
    second: Vec<f64>,
    fenwick: Fenwick,
    keys: Vec<u64>,
    counts: Vec<u32>,
    right: Vec<u32>,
}

/// Grows a tree on the rows whose weight is positive.
///
/// # Errors
/// [`Cancelled`] when the watch was told to stop.
pub fn grow(
    axis: &TimeAxis,
    predictors: &Predictors,
    weights: &[f64],
    growth: Growth,
    random: Xoshiro256PlusPlus,
    watch: &Watch,
) -> Result<SurvivalTree, Cancelled> {
    let rows: Vec<u32> = axis.order.iter().copied().filter(|row| weights[*row as usize] > 0.0).collect();
    let all = rows.len();
    let mut grower = Grower {
        axis,
        predictors,
        weights,
        growth,
        watch,
        random,
        tree: SurvivalTree { steps: vec![0], ..SurvivalTree::default() },
        rows,
        features: (0..predictors.len() as u32).collect(),
        members: Vec::with_capacity(all),
        first: Vec::new(),
        second: Vec::new(),
        fenwick: Fenwick { nodes: Vec::new() },
        keys: Vec::with_capacity(all),
        counts: Vec::new(),
        right: Vec::with_capacity(all),
    };
    grower.grow(all)?;
    Ok(grower.tree)
}

impl Grower<'_> {
    /// Depth first, left before right, on an explicit stack.
    fn grow(&mut self, all: usize) -> Result<(), Cancelled> {
        // Start, end, depth, and the parent with the side that it hangs on.
        let mut stack: Vec<(usize, usize, usize, Option<(usize, bool)>)> = vec![(0, all, 0, None)];
        while let Some((start, end, depth, parent)) = stack.pop() {
            self.watch.check()?;
            let node = self.tree.len();
            if let Some((parent, left)) = parent {
                let children = if left { &mut self.tree.left } else { &mut self.tree.right };
                children[parent] = node as u32;
            }
            self.prepare(start, end);
            let rows = end - start;
            let may_split = rows >= self.growth.min_split
                && rows >= 2 * self.growth.min_leaf
                && self.growth.max_depth.is_none_or(|depth_limit| depth < depth_limit);
            let cut = if may_split { self.best_cut(start, end) } else { None };
            self.push_node(start, end, cut);
            if let Some(cut) = cut {
                let middle = self.partition(start, end, cut);
                stack.push((middle, end, depth + 1, Some((node, false))));
                stack.push((start, middle, depth + 1, Some((node, true))));
            }
        }
        Ok(())
    }

    /// Fills the buffers of a node: groups of event times, cumulated terms, scores.
    fn prepare(&mut self, start: usize, end: usize) {
        let rows = &self.rows[start..end];
        self.members.clear();
        self.first.clear();
        self.second.clear();
        self.first.push(0.0);
        self.second.push(0.0);
        let mut at_risk: f64 = rows.iter().map(|row| self.weights[*row as usize]).sum();
        let mut hazard = 0.0;
        let mut from = 0;
        while from < rows.len() {
            let time = self.axis.index[rows[from] as usize];
            let (mut to, mut weight, mut deaths) = (from, 0.0, 0.0);
            while to < rows.len() && self.axis.index[rows[to] as usize] == time {
                let row = rows[to] as usize;
                weight += self.weights[row];
                if self.axis.event[row] {
                    deaths += self.weights[row];
                }
                to += 1;
            }
            if deaths > 0.0 {
                hazard += deaths / at_risk;
                let a = if at_risk > 1.0 { deaths * (at_risk - deaths) / ((at_risk - 1.0) * at_risk) } else { 0.0 };
                self.first.push(self.first[self.first.len() - 1] + a);
                self.second.push(self.second[self.second.len() - 1] + a / at_risk);
            }
            let group = (self.first.len() - 1) as u32;
            for row in &rows[from..to] {
                let row = *row as usize;
                let weight = self.weights[row];
                let event = f64::from(u8::from(self.axis.event[row]));
                self.members.push(Member { group, weight, score: weight * (event - hazard) });
            }
            at_risk -= weight;
            from = to;
        }
    }

    fn best_cut(&mut self, start: usize, end: usize) -> Option<Cut> {
        if self.first.len() == 1 {
            // No event in the node: every split has the statistic 0.
            return None;
        }
        let mut best: Option<Cut> = None;
        let (mut visited, mut varying, total) = (0, 0, self.features.len());
        // Features without spread do not use up the draw unless all drawn so far have none.
        while visited < total && (visited < self.growth.features || varying == 0) {
            let drawn = self.random.random_range(visited..total);
            self.features.swap(visited, drawn);
            let feature = self.features[visited] as usize;
            visited += 1;
            let cut = match self.growth.splitter {
                Splitter::Best => self.scan(start, end, feature, &mut varying),
                Splitter::Random => self.draw(start, end, feature, &mut varying),
            };
            if let Some(cut) = cut
                && best.is_none_or(|best| cut.statistic > best.statistic)
            {
                best = Some(cut);
            }
        }
        best
    }

    /// Orders the node's members by rank: by counting where the node holds most ranks, else by
    /// sorting.
    fn order(&mut self, start: usize, end: usize, column: &Ranked) {
        let rows = &self.rows[start..end];
        self.keys.clear();
        let ranks = column.distinct.len();
        if ranks <= 2 * rows.len() {
            self.counts.clear();
            self.counts.resize(ranks + 1, 0);
            for row in rows {
                self.counts[column.ranks[*row as usize] as usize + 1] += 1;
            }
            for rank in 0..ranks {
                self.counts[rank + 1] += self.counts[rank];
            }
            self.keys.resize(rows.len(), 0);
            for (member, row) in rows.iter().enumerate() {
                let rank = column.ranks[*row as usize];
                let place = &mut self.counts[rank as usize];
                self.keys[*place as usize] = u64::from(rank) << 32 | member as u64;
                *place += 1;
            }
        } else {
            self.keys.extend(
                rows.iter()
                    .enumerate()
                    .map(|(member, row)| u64::from(column.ranks[*row as usize]) << 32 | member as u64),
            );
            self.keys.sort_unstable();
        }
    }

    /// The best cut of a feature.
    fn scan(&mut self, start: usize, end: usize, feature: usize, varying: &mut usize) -> Option<Cut> {
        let predictors = self.predictors;
        let column = predictors.column(feature);
        self.order(start, end, column);
        let rank_of = |key: u64| (key >> 32) as u32;
        let value_of = |rank: u32| column.distinct[rank as usize];
        let (lowest, highest) = (rank_of(*self.keys.first()?), rank_of(*self.keys.last()?));
        if value_of(highest) <= value_of(lowest) + SAME_VALUE {
            return None;
        }
        *varying += 1;
        self.fenwick.reset(self.first.len() - 1);
        let rows = self.keys.len();
        let (mut score, mut variance, mut moved_weight, mut scale) = (0.0, 0.0, 0.0, 0.0_f64);
        let mut best: Option<Cut> = None;
        for moved in 1..rows {
            let key = self.keys[moved - 1];
            let member = self.members[(key & 0xffff_ffff) as usize];
            let group = member.group as usize;
            score += member.score;
            // A row that leaves before the first event shares no event time with anybody.
            if group > 0 {
                let (below, product) = self.fenwick.up_to(group);
                let (a, b) = (self.first[group], self.second[group]);
                let shared = product + b * (moved_weight - below);
                variance += member.weight * (a - member.weight * b - 2.0 * shared);
                self.fenwick.add(group, member.weight, member.weight * b);
                moved_weight += member.weight;
                scale = scale.max(variance);
            }
            let (below, above) = (rank_of(key), rank_of(self.keys[moved]));
            if below == above
                || moved < self.growth.min_leaf
                || rows - moved < self.growth.min_leaf
                || value_of(above) <= value_of(below) + SAME_VALUE
            {
                continue;
            }
            let statistic = chi_square(score, variance, scale);
            // A cut that separates nothing is none.
            if statistic > best.map_or(0.0, |best| best.statistic) {
                best = Some(Cut { feature, threshold: column.threshold(below, above), rank: below, statistic });
            }
        }
        best
    }

    /// One cut of a feature at random, judged in one pass over the node.
    fn draw(&mut self, start: usize, end: usize, feature: usize, varying: &mut usize) -> Option<Cut> {
        let predictors = self.predictors;
        let column = predictors.column(feature);
        let ranks = || self.rows[start..end].iter().map(|row| column.ranks[*row as usize]);
        let (lowest, highest) = (ranks().min()?, ranks().max()?);
        let (low, high) = (column.distinct[lowest as usize], column.distinct[highest as usize]);
        if high <= low + SAME_VALUE {
            return None;
        }
        *varying += 1;
        let drawn = f64::from(low) + self.random.random::<f64>() * (f64::from(high) - f64::from(low));
        let threshold = if drawn >= f64::from(high) { f64::from(low) } else { drawn };
        let rank = (column.distinct.partition_point(|value| f64::from(*value) <= threshold) - 1) as u32;
        let on_left = |row: &u32| column.ranks[*row as usize] <= rank;
        let left = self.rows[start..end].iter().filter(|row| on_left(row)).count();
        if left < self.growth.min_leaf || end - start - left < self.growth.min_leaf {
            return None;
        }
        // Left at-risk set at each event time, from the last to the first.
        let (mut score, mut variance, mut at_risk) = (0.0, 0.0, 0.0);
        let mut group = self.first.len() - 1;
        for (row, member) in self.rows[start..end].iter().zip(&self.members).rev() {
            while group > member.group as usize {
                variance += self.increment(group, at_risk);
                group -= 1;
            }
            if on_left(row) {
                score += member.score;
                at_risk += member.weight;
            }
        }
        while group > 0 {
            variance += self.increment(group, at_risk);
            group -= 1;
        }
        let statistic = chi_square(score, variance, variance);
        (statistic > 0.0).then_some(Cut { feature, threshold, rank, statistic })
    }

    /// The variance's term of one event time.
    fn increment(&self, group: usize, at_risk: f64) -> f64 {
        let (a, b) = (self.first[group] - self.first[group - 1], self.second[group] - self.second[group - 1]);
        at_risk * (a - b * at_risk)
    }

    /// Moves the rows of the left side before those of the right, both in the order of time.
    fn partition(&mut self, start: usize, end: usize, cut: Cut) -> usize {
        let ranks = &self.predictors.column(cut.feature).ranks;
        self.right.clear();
        let mut middle = start;
        for place in start..end {
            let row = self.rows[place];
            if ranks[row as usize] <= cut.rank {
                self.rows[middle] = row;
                middle += 1;
            } else {
                self.right.push(row);
            }
        }
        self.rows[middle..end].copy_from_slice(&self.right);
        middle
    }

    fn push_node(&mut self, start: usize, end: usize, cut: Option<Cut>) {
        let tree = &mut self.tree;
        tree.feature.push(cut.map_or(LEAF, |cut| cut.feature as u32));
        tree.threshold.push(cut.map_or(0.0, |cut| cut.threshold));
        tree.statistic.push(cut.map_or(0.0, |cut| cut.statistic));
        tree.left.push(0);
        tree.right.push(0);
        tree.rows.push((end - start) as u32);
        let cover: f64 = self.members.iter().map(|member| member.weight).sum();
        tree.cover.push(cover);
        let mut risk = 0.0;
        if cut.is_none() {
            let rows = &self.rows[start..end];
            let (mut at_risk, mut hazard, mut survival) = (cover, 0.0, 1.0);
            let mut from = 0;
            while from < rows.len() {
                let time = self.axis.index[rows[from] as usize];
                let (mut to, mut weight, mut deaths) = (from, 0.0, 0.0);
                while to < rows.len() && self.axis.index[rows[to] as usize] == time {
                    let row = rows[to] as usize;
                    weight += self.weights[row];
                    if self.axis.event[row] {
                        deaths += self.weights[row];
                    }
                    to += 1;
                }
                if deaths > 0.0 {
                    let step = deaths / at_risk;
                    hazard += step;
                    survival *= 1.0 - step;
                    risk += step * f64::from(self.axis.event_times_from[time as usize]);
                    tree.step_time.push(time);
                    tree.hazard.push(hazard);
                    tree.survival.push(survival);
                }
                at_risk -= weight;
                from = to;
            }
        }
        tree.risk.push(risk);
        tree.steps.push(tree.step_time.len() as u32);
    }
}

/// `U² / V`; 0 where the variance is 0 but for rounding.
fn chi_square(score: f64, variance: f64, scale: f64) -> f64 {
    if variance > NO_VARIANCE * scale.max(1.0) { score * score / variance } else { 0.0 }
}
