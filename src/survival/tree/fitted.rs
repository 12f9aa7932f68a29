//! A grown survival tree.

use ndarray::ArrayView1;
use serde::{Deserialize, Serialize};

/// Marks a leaf in [`SurvivalTree::feature`].
pub const LEAF: u32 = u32::MAX;

/// A tree in flat arrays, one entry a node, the root first, a parent before its children.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SurvivalTree {
    /// Feature that the node splits by; [`LEAF`] in a leaf.
    pub feature: Vec<u32>,
    /// A row goes left when its value, in single precision, is at most this.
    pub threshold: Vec<f64>,
    pub left: Vec<u32>,
    pub right: Vec<u32>,
    /// Training rows in the node, each counted once.
    pub rows: Vec<u32>,
    /// Their weight (how often the bootstrap drew them).
    pub cover: Vec<f64>,
    /// Log-rank chi-square of the split; 0 in a leaf.
    pub statistic: Vec<f64>,
    /// Of a leaf: the sum of its cumulative hazard over all event times of the training set.
    pub risk: Vec<f64>,
    /// Of a leaf: where its steps begin in the three arrays below; they end where the next
    /// leaf's begin. One entry more than nodes.
    pub steps: Vec<u32>,
    /// Index of the event time on the training set's axis.
    pub step_time: Vec<u32>,
    /// Nelson-Aalen cumulative hazard after the step.
    pub hazard: Vec<f64>,
    /// Kaplan-Meier survival after the step.
    pub survival: Vec<f64>,
}

impl SurvivalTree {
    pub fn len(&self) -> usize {
        self.feature.len()
    }

    pub fn is_empty(&self) -> bool {
        self.feature.is_empty()
    }

    /// The leaf that a row falls into.
    pub fn leaf(&self, row: ArrayView1<'_, f64>) -> usize {
        let mut node = 0;
        while self.feature[node] != LEAF {
            let value = f64::from(row[self.feature[node] as usize] as f32);
            node = if value <= self.threshold[node] { self.left[node] } else { self.right[node] } as usize;
        }
        node
    }

    /// Whether every index stays inside the arrays and every path ends: what a tree read from a
    /// file must show before it is walked.
    pub fn is_sound(&self, features: usize, times: usize) -> bool {
        let nodes = self.len();
        let lengths = [
            self.threshold.len(),
            self.left.len(),
            self.right.len(),
            self.rows.len(),
            self.cover.len(),
            self.statistic.len(),
            self.risk.len(),
        ];
        nodes > 0
            && lengths.iter().all(|length| *length == nodes)
            && self.steps.len() == nodes + 1
            && self.steps.windows(2).all(|pair| pair[0] <= pair[1])
            && self.steps[nodes] as usize == self.step_time.len()
            && self.hazard.len() == self.step_time.len()
            && self.survival.len() == self.step_time.len()
            && self.step_time.iter().all(|time| (*time as usize) < times)
            && (0..nodes).all(|node| {
                self.feature[node] == LEAF || {
                    let (left, right) = (self.left[node] as usize, self.right[node] as usize);
                    (self.feature[node] as usize) < features
                        && left > node
                        && right > node
                        && left < nodes
                        && right < nodes
                }
            })
    }

    /// Adds `weight` times the leaf's step function at each of `places` to `sums`. A place is the
    /// number of axis times at or before the time wanted.
    pub fn add_steps(&self, leaf: usize, kind: Steps, places: &[u32], sums: &mut [f64]) {
        let (values, before): (&[f64], f64) = match kind {
            Steps::Hazard => (&self.hazard, 0.0),
            Steps::Survival => (&self.survival, 1.0),
        };
        let mut step = self.steps[leaf] as usize;
        let end = self.steps[leaf + 1] as usize;
        let mut value = before;
        for (place, sum) in places.iter().zip(sums) {
            while step < end && self.step_time[step] < *place {
                value = values[step];
                step += 1;
            }
            *sum += value;
        }
    }
}

/// Which of a leaf's step functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Steps {
    Hazard,
    Survival,
}
