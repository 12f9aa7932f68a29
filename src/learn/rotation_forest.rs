//! `rotation_forest`: rotation forest as a learner.

use linfa_linalg::eigh::Eigh;
use ndarray::{Array2, ArrayView2};
use rand::RngExt;
use rand::seq::SliceRandom;
use rayon::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Prediction;

use super::forest::{DEPTH, LEAF, SPLIT};
use super::training::{binary, freeze, refuse, same_columns, thaw};
use super::tree::fitted::NONE;
use super::tree::{Criterion, Growth, Ranks, Tree, grow};

use super::seam::{FitError, Learner, Model, Task};

pub struct RotationForest;

static CARD: Card = Card {
    name: "rotation_forest",
    title: "Rotation forest",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary],
    parameters: &[
        Parameter {
            name: "trees",
            domain: Domain::Integer { low: 1, high: 100_000 },
            default: Initial::Integer(100),
            summary: "Number of trees.",
        },
        Parameter {
            name: "group",
            domain: Domain::Integer { low: 1, high: 100 },
            default: Initial::Integer(3),
            summary: "Features that are rotated together.",
        },
        Parameter {
            name: "rows",
            domain: Domain::RealOpen { low: 0.0, high: 1.0001 },
            default: Initial::Real(0.75),
            summary: "Patients drawn for each rotation, as a share of those of the drawn classes.",
        },
        DEPTH,
        SPLIT,
        LEAF,
    ],
    summary: "Trees on features rotated by principal components of random groups.",
    documentation: "\
For each tree the features, divided by their standard deviations, are dealt at random into groups of `group` (the last
may be smaller). For each group a random non-empty set of classes is drawn, a bootstrap sample of a share `rows` of their
patients is taken, and the principal components of the group on these patients, all of them kept, replace the group's
features for all patients. The tree is then grown on all patients by entropy, without limit unless one is given. The
prediction is the mean of the trees' leaf probabilities.

Principal components are the eigenvectors of the group's covariance, each with the sign that makes its largest loading
positive. Features that do not vary are left out. Importance is the decrease of impurity by a rotated feature, shared
among its features by their squared loadings, averaged over trees and scaled to sum 1.",
    references: &[
        "Rodriguez JJ, Kuncheva LI, Alonso CJ. Rotation forest: a new classifier ensemble method. IEEE Trans Pattern Anal Mach Intell 2006;28:1619-30.",
    ],
    example: "learn rotation_forest(trees = 100)",
};

/// A tree whose features are directions: weighted sums of features.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RotatedTree {
    pub tree: Tree,
    /// Feature and weight, a direction each; a split's feature is the number of a direction.
    pub directions: Vec<Vec<(u32, f64)>>,
}

/// The fitted model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RotationForestModel {
    pub trees: Vec<RotatedTree>,
    /// Standard deviation of each feature.
    pub scale: Vec<f64>,
    pub features: usize,
}

impl RotatedTree {
    fn predict(&self, row: &[f64]) -> f64 {
        let tree = &self.tree;
        let mut node = 0;
        while tree.left[node] != NONE {
            let direction = &self.directions[tree.feature[node] as usize];
            let value: f64 = direction.iter().map(|(feature, weight)| weight * row[*feature as usize]).sum();
            node = if value <= tree.threshold[node] { tree.left[node] } else { tree.right[node] } as usize;
        }
        tree.value[node]
    }
}

/// The principal components of the columns `members` on the rows `drawn`: as many unit vectors as
/// members, by decreasing variance.
///
/// By the covariance's eigenvectors, since linfa-reduction's iterative PCA leaves out the components
/// without variance, and a rotation needs them all.
fn components(columns: &[Vec<f64>], members: &[usize], drawn: &[usize]) -> Result<Vec<Vec<f64>>, FitError> {
    let size = members.len();
    let mean: Vec<f64> = members
        .iter()
        .map(|member| drawn.iter().map(|row| columns[*member][*row]).sum::<f64>() / drawn.len() as f64)
        .collect();
    let covariance = Array2::from_shape_fn((size, size), |(a, b)| {
        let (x, y) = (&columns[members[a]], &columns[members[b]]);
        drawn.iter().map(|row| (x[*row] - mean[a]) * (y[*row] - mean[b])).sum::<f64>() / drawn.len() as f64
    });
    let (values, vectors) =
        covariance.eigh().map_err(|error| refuse(CARD.name, format!("a rotation failed: {error}")))?;
    let mut order: Vec<usize> = (0..size).collect();
    order.sort_by(|a, b| values[*b].total_cmp(&values[*a]));
    Ok(order
        .into_iter()
        .map(|index| {
            let vector = vectors.column(index).to_vec();
            let largest =
                vector.iter().fold(0.0_f64, |best, value| if value.abs() > best.abs() { *value } else { best });
            vector.into_iter().map(|value| value * largest.signum()).collect()
        })
        .collect())
}

impl RotationForest {
    fn thawed(frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let model: RotationForestModel = thaw(frozen)?;
        let sound = |own: &RotatedTree| {
            let inside = |(feature, _): &(u32, f64)| (*feature as usize) < model.features;
            own.tree.is_sound(own.directions.len()) && own.directions.iter().flatten().all(inside)
        };
        if model.trees.is_empty() || model.scale.len() != model.features || !model.trees.iter().all(sound) {
            return Err(FitError::Frozen { reason: "its trees are not trees".to_owned() });
        }
        Ok(Box::new(model))
    }
}

impl Model for RotationForestModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        same_columns(x, self.features, CARD.name)?;
        let mean = |row: &[f64]| self.trees.iter().map(|tree| tree.predict(row)).sum::<f64>() / self.trees.len() as f64;
        Ok(Prediction::Probability(x.rows().into_iter().map(|row| mean(&row.to_vec())).collect()))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        let mut sum = vec![0.0; self.features];
        for own in &self.trees {
            let mut rotated = vec![0.0; own.directions.len()];
            own.tree.add_importance(&mut rotated);
            let total: f64 = rotated.iter().sum();
            for (value, direction) in rotated.iter().zip(&own.directions).filter(|_| total > 0.0) {
                for (feature, weight) in direction {
                    let feature = *feature as usize;
                    sum[feature] += value / total * (weight * self.scale[feature]).powi(2);
                }
            }
        }
        let total: f64 = sum.iter().sum();
        if total > 0.0 {
            sum.iter_mut().for_each(|value| *value /= total);
        }
        Some(sum)
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl Learner for RotationForest {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &Task<'_>,
        settings: &Settings,
        stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Model>, FitError> {
        let labels = binary(task, CARD.name)?;
        let (rows, features) = task.x.dim();
        let y: Vec<f64> = labels.iter().map(|label| f64::from(u8::from(*label))).collect();
        let weights = task.weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
        let scale: Vec<f64> = task.x.columns().into_iter().map(|column| column.std(0.0)).collect();
        let largest = |feature: usize| task.x.column(feature).iter().fold(0.0_f64, |max, x| max.max(x.abs()));
        let usable: Vec<usize> = (0..features).filter(|feature| scale[*feature] > 1e-13 * largest(*feature)).collect();
        if usable.is_empty() {
            return Err(refuse(CARD.name, "no feature varies"));
        }
        // Column after column, scaled.
        let columns: Vec<Vec<f64>> = usable
            .iter()
            .map(|feature| task.x.column(*feature).iter().map(|value| value / scale[*feature]).collect())
            .collect();
        let growth = Growth {
            criterion: Criterion::Entropy,
            depth: settings.count_if_given("depth").unwrap_or(usize::MAX),
            split: settings.count("split"),
            leaf: settings.count("leaf"),
            features: usize::MAX,
        };
        let (group, share) = (settings.count("group"), settings.real("rows").min(1.0));
        let by_class = [false, true].map(|class| (0..rows).filter(|row| labels[*row] == class).collect::<Vec<_>>());
        let trees: Result<Vec<RotatedTree>, FitError> = (0..settings.count("trees"))
            .into_par_iter()
            .map(|number| {
                watch.check()?;
                let mut rng = stream.indexed(number as u64).rng();
                let mut order: Vec<usize> = (0..usable.len()).collect();
                order.shuffle(&mut rng);
                let mut directions: Vec<Vec<(u32, f64)>> = Vec::with_capacity(usable.len());
                let mut rotated = Array2::zeros((usable.len(), rows));
                for members in order.chunks(group) {
                    let pool: Vec<usize> = match rng.random_range(0..3) {
                        0 => by_class[0].clone(),
                        1 => by_class[1].clone(),
                        _ => (0..rows).collect(),
                    };
                    let draws = ((share * pool.len() as f64).round() as usize).max(1);
                    let drawn: Vec<usize> = (0..draws).map(|_| pool[rng.random_range(0..pool.len())]).collect();
                    for component in components(&columns, members, &drawn)? {
                        let mut target = rotated.row_mut(directions.len());
                        for (member, loading) in members.iter().zip(&component) {
                            target.iter_mut().zip(&columns[*member]).for_each(|(to, from)| *to += loading * from);
                        }
                        let terms = members.iter().zip(&component);
                        directions
                            .push(terms.map(|(m, loading)| (usable[*m] as u32, loading / scale[usable[*m]])).collect());
                    }
                }
                let ranks = Ranks::new(rotated.t());
                let candidates: Vec<u32> = (0..usable.len() as u32).collect();
                let mut tree = grow(&ranks, &y, &weights, &candidates, &growth, &mut rng);
                // Keep the directions that splits use, and number them anew.
                let mut kept: Vec<i32> = tree.feature.iter().copied().filter(|feature| *feature >= 0).collect();
                kept.sort_unstable();
                kept.dedup();
                for feature in tree.feature.iter_mut().filter(|feature| **feature >= 0) {
                    *feature = kept.partition_point(|own| own < feature) as i32;
                }
                let directions = kept.iter().map(|feature| directions[*feature as usize].clone()).collect();
                watch.advance(CARD.name, 1);
                Ok(RotatedTree { tree, directions })
            })
            .collect();
        Ok(Box::new(RotationForestModel { trees: trees?, scale, features }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        Self::thawed(frozen)
    }
}

#[cfg(test)]
mod tests {
    use super::super::training::testing::{auc, two_classes};
    use super::*;

    #[test]
    fn learns_comes_back_and_does_not_mind_threads() {
        let (x, names, outcome) = two_classes(150, 6, 4);
        let task = Task { x: x.view(), names: &names, outcome: &outcome, weights: None };
        let settings = Settings::defaults(&CARD);
        let fit = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| RotationForest.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.7, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = RotationForest.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }

    #[test]
    fn components_are_those_of_linfa() {
        use linfa::prelude::*;
        let (x, _, _) = two_classes(40, 3, 8);
        let columns: Vec<Vec<f64>> = x.columns().into_iter().map(|column| column.to_vec()).collect();
        let rows: Vec<usize> = (0..40).collect();
        let ours = components(&columns, &[0, 1, 2], &rows).unwrap();
        let peer = linfa_reduction::Pca::params(3).fit(&linfa::DatasetBase::from(x)).unwrap();
        for (ours, theirs) in ours.iter().zip(peer.components().rows()) {
            let cosine: f64 = ours.iter().zip(theirs).map(|(a, b)| a * b).sum();
            assert!((cosine.abs() - 1.0).abs() < 1e-6, "{cosine}");
        }
        // No variance at all: still a rotation.
        let flat = components(&[vec![1.0; 5], vec![2.0; 5]], &[0, 1], &[0, 1, 2]).unwrap();
        assert_eq!(flat.len(), 2);
    }
}
