//! What `decision_tree`, `bagging` and `random_forest` share: averages of trees, each grown on its
//! own stream, so that threads do not matter.

use rand::RngExt;
use rand::seq::index::sample;
use rand_xoshiro::Xoshiro256PlusPlus;
use rayon::prelude::*;

use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Outcome;

use super::seam::{FitError, Task};
use super::training::{binary, continuous, nominal};
use super::tree::classes::ClassForest;
use super::tree::{AveragedTrees, Growth, Ranks, grow};

/// An ensemble to grow.
#[derive(Clone, Copy, Debug)]
pub struct ForestPlan {
    pub trees: usize,
    pub growth: Growth,
    /// Rows drawn with replacement for each tree, as a share of all; `None` takes every row once.
    pub bootstrap: Option<f64>,
    /// Features drawn once for each tree; `usize::MAX` takes all.
    pub features: usize,
}

/// The responses of a binary (0 and 1) or continuous task, and whether it is binary.
///
/// # Errors
/// As [`binary`] and [`continuous`].
pub(super) fn responses(task: &Task<'_>, learner: &'static str) -> Result<(Vec<f64>, bool), FitError> {
    Ok(match task.outcome {
        Outcome::Continuous(_) => (continuous(task, learner)?.to_vec(), false),
        _ => (binary(task, learner)?.iter().map(|label| f64::from(u8::from(*label))).collect(), true),
    })
}

/// Rows drawn with replacement, as weights: how often each was drawn times its case weight. A draw
/// of weight-zero rows only is repeated.
pub(super) fn bootstrap(weights: Option<&[f64]>, rows: usize, draws: usize, rng: &mut impl rand::Rng) -> Vec<f64> {
    loop {
        let mut drawn = vec![0.0; rows];
        for _ in 0..draws.max(1) {
            drawn[rng.random_range(0..rows)] += 1.0;
        }
        if let Some(weights) = weights {
            drawn.iter_mut().zip(weights).for_each(|(drawn, weight)| *drawn *= weight);
        }
        if drawn.iter().any(|weight| *weight > 0.0) {
            return drawn;
        }
    }
}

/// Grows the ensemble.
///
/// # Errors
/// As [`responses`]; [`FitError::Cancelled`].
pub(super) fn fit(
    task: &Task<'_>,
    plan: &ForestPlan,
    learner: &'static str,
    stream: &Stream,
    watch: &Watch,
) -> Result<AveragedTrees, FitError> {
    let (y, binary) = responses(task, learner)?;
    let trees = grown(task, plan, learner, stream, watch, |ranks, weights, candidates, growth, rng| {
        grow(ranks, &y, weights, candidates, growth, rng)
    })?;
    Ok(AveragedTrees { trees, features: task.x.ncols(), binary })
}

/// Grows the ensemble of a nominal endpoint.
///
/// # Errors
/// As [`nominal`]; [`FitError::Cancelled`].
pub(super) fn fit_classes(
    task: &Task<'_>,
    plan: &ForestPlan,
    learner: &'static str,
    stream: &Stream,
    watch: &Watch,
) -> Result<ClassForest, FitError> {
    let classes = nominal(task, learner)?;
    let of = (classes.class.as_slice(), classes.levels.len());
    let trees = grown(task, plan, learner, stream, watch, |ranks, weights, candidates, growth, rng| {
        super::tree::classes::grow(ranks, of, weights, candidates, growth, rng)
    })?;
    Ok(ClassForest { levels: classes.levels.to_vec(), features: task.x.ncols(), trees })
}

/// Every tree on its resample and its features, each grown by `one`.
fn grown<T: Send>(
    task: &Task<'_>,
    plan: &ForestPlan,
    learner: &'static str,
    stream: &Stream,
    watch: &Watch,
    one: impl Fn(&Ranks, &[f64], &[u32], &Growth, &mut Xoshiro256PlusPlus) -> T + Sync,
) -> Result<Vec<T>, FitError> {
    let (rows, features) = task.x.dim();
    let ranks = Ranks::new(task.x);
    let growth = Growth { features: plan.growth.features.clamp(1, features), ..plan.growth };
    (0..plan.trees)
        .into_par_iter()
        .map(|tree| {
            watch.check()?;
            let mut rng = stream.indexed(tree as u64).rng();
            let candidates = candidates(plan, features, &mut rng);
            let weights = match plan.bootstrap {
                Some(share) => bootstrap(task.weights, rows, (share * rows as f64).round() as usize, &mut rng),
                None => task.weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec),
            };
            let tree = one(&ranks, &weights, &candidates, &growth, &mut rng);
            watch.advance(learner, 1);
            Ok(tree)
        })
        .collect()
}

/// The features that one tree may use.
fn candidates(plan: &ForestPlan, features: usize, rng: &mut impl rand::Rng) -> Vec<u32> {
    if plan.features >= features {
        return (0..features as u32).collect();
    }
    let drawn = sample(rng, features, plan.features.max(1));
    let mut drawn: Vec<u32> = drawn.into_iter().map(|feature| feature as u32).collect();
    drawn.sort_unstable();
    drawn
}

/// The three models differ in their learner only.
macro_rules! averaged_model {
    ($model:ident, $learner:ident) => {
        /// The fitted model: an average of trees.
        #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
        pub struct $model(pub crate::learn::tree::AveragedTrees);

        impl crate::learn::seam::Model for $model {
            fn predict(
                &self,
                x: ndarray::ArrayView2<'_, f64>,
            ) -> Result<crate::stats::Prediction, crate::learn::seam::FitError> {
                self.0.predicted(x, CARD.name)
            }

            fn importance(&self) -> Option<Vec<f64>> {
                Some(crate::learn::tree::fitted::importance(self.0.trees.iter(), self.0.features))
            }

            fn freeze(&self) -> serde_json::Value {
                crate::learn::training::freeze(self)
            }

            fn as_any(&self) -> &dyn std::any::Any {
                &self.0
            }
        }

        impl $learner {
            fn thawed(
                frozen: &serde_json::Value,
            ) -> Result<Box<dyn crate::learn::seam::Model>, crate::learn::seam::FitError> {
                if let Some(model) = crate::learn::tree::classes::ClassForest::thaw(frozen)? {
                    return Ok(model);
                }
                let model: $model = crate::learn::training::thaw(frozen)?;
                Ok(Box::new($model(model.0.sound()?)))
            }
        }
    };
}
pub(super) use averaged_model;

use crate::card::{Domain, Initial, Parameter};

pub(super) const DEPTH: Parameter = Parameter {
    name: "depth",
    domain: Domain::Integer { low: 1, high: 1000 },
    default: Initial::Derived("no limit"),
    summary: "Splits on the way to a leaf, at most.",
};
pub(super) const LEAF: Parameter = Parameter {
    name: "leaf",
    domain: Domain::Integer { low: 1, high: 100_000 },
    default: Initial::Integer(1),
    summary: "Patients that each leaf must keep.",
};
pub(super) const SPLIT: Parameter = Parameter {
    name: "split",
    domain: Domain::Integer { low: 2, high: 100_000 },
    default: Initial::Integer(2),
    summary: "Patients without which a node is not split.",
};
pub(super) const CRITERION: Parameter = Parameter {
    name: "criterion",
    domain: Domain::Choice(&["gini", "entropy"]),
    default: Initial::Choice("gini"),
    summary: "Impurity that splits reduce for a binary endpoint; a continuous one takes the variance.",
};
