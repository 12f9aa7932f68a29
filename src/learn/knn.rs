//! `knn`: nearest neighbours as a learner.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{ClassProbabilities, Outcome, Prediction};

use super::forest::responses;
use super::training::{freeze, nominal, same_columns, thaw};

use super::seam::{FitError, Learner, Model, Task};

pub struct Knn;

static CARD: Card = Card {
    name: "knn",
    title: "Nearest neighbours",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary, EndpointKind::Continuous, EndpointKind::Nominal],
    parameters: &[
        Parameter {
            name: "k",
            domain: Domain::Integer { low: 1, high: 10_000 },
            default: Initial::Integer(5),
            summary: "Neighbours.",
        },
        Parameter {
            name: "weight",
            domain: Domain::Choice(&["uniform", "distance"]),
            default: Initial::Choice("uniform"),
            summary: "How neighbours count: alike, or by the inverse of their distance.",
        },
    ],
    summary: "Share of events among the nearest training patients.",
    documentation: "\
The probability is the weighted share of events (the mean, for a continuous endpoint) among the `k` training rows with
the smallest Euclidean distance; of equal distances the earlier row is nearer. With `weight = distance` a neighbour counts
by the inverse of its distance, and rows at distance zero alone count where there are any. More neighbours than rows means
all rows. Of a nominal endpoint each class has its weighted share. It is not invariant to the scale of the features: put `z-score` before it.

Importance is ReliefF's: for each training row, by how much the feature differs from the nearest rows of the other class
more than from the nearest rows of its own, in units of the feature's range, averaged. A continuous endpoint has none.",
    references: &[
        "Cover TM, Hart PE. Nearest neighbor pattern classification. IEEE Trans Inf Theory 1967;13:21-7.",
        "Kononenko I. Estimating attributes: analysis and extensions of RELIEF. ECML 1994:171-82.",
    ],
    example: "learn knn(k in (3, 5, 9, 15))",
};

/// The fitted model: the training rows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct KnnModel {
    pub k: usize,
    pub by_distance: bool,
    pub features: usize,
    /// Row after row.
    pub rows: Vec<f64>,
    pub y: Vec<f64>,
    pub weights: Vec<f64>,
    pub binary: bool,
    /// Of a nominal endpoint, whose `y` are numbers of levels.
    #[serde(default)]
    levels: Option<Vec<String>>,
    importance: Option<Vec<f64>>,
}

impl KnnModel {
    /// Squared distances and numbers of the nearest training rows that `admit` lets pass, nearest first.
    fn nearest(&self, row: &[f64], count: usize, admit: impl Fn(usize) -> bool) -> Vec<(f64, usize)> {
        let mut found: Vec<(f64, usize)> = self
            .rows
            .chunks_exact(self.features)
            .enumerate()
            .filter(|(other, _)| admit(*other))
            .map(|(other, values)| (values.iter().zip(row).map(|(a, b)| (a - b) * (a - b)).sum(), other))
            .collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if count < found.len() {
            found.select_nth_unstable_by(count, order);
            found.truncate(count);
        }
        found.sort_unstable_by(order);
        found
    }

    fn relief(&self, watch: &Watch) -> Result<Vec<f64>, FitError> {
        let mut ranges = vec![(f64::INFINITY, f64::NEG_INFINITY); self.features];
        for row in self.rows.chunks_exact(self.features) {
            for (range, value) in ranges.iter_mut().zip(row) {
                *range = (range.0.min(*value), range.1.max(*value));
            }
        }
        let mut sum = vec![0.0; self.features];
        for (place, row) in self.rows.chunks_exact(self.features).enumerate() {
            watch.check()?;
            for same in [true, false] {
                let near =
                    self.nearest(row, self.k, |other| other != place && (self.y[other] == self.y[place]) == same);
                let share = if same { -1.0 } else { 1.0 } / near.len().max(1) as f64;
                for (_, other) in near {
                    let other = &self.rows[other * self.features..(other + 1) * self.features];
                    for (sum, (a, b)) in sum.iter_mut().zip(row.iter().zip(other)) {
                        *sum += share * (a - b).abs();
                    }
                }
            }
        }
        let rows = self.y.len() as f64;
        Ok(sum
            .into_iter()
            .zip(ranges)
            .map(|(sum, (low, high))| if high > low { sum / rows / (high - low) } else { 0.0 })
            .collect())
    }
}

impl Knn {
    fn thawed(frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        let model: KnnModel = thaw(frozen)?;
        let rows = model.y.len();
        if rows == 0 || model.rows.len() != rows * model.features || model.weights.len() != rows {
            return Err(FitError::Frozen { reason: "its training rows are not a rectangle".to_owned() });
        }
        Ok(Box::new(model))
    }
}

impl Model for KnnModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        same_columns(x, self.features, CARD.name)?;
        // The neighbours of a row with their weights.
        let near = |row: Vec<f64>| -> Vec<(f64, usize)> {
            let near = self.nearest(&row, self.k, |_| true);
            let exact = self.by_distance && near.first().is_some_and(|(distance, _)| *distance == 0.0);
            let weigh = |(distance, other): (f64, usize)| {
                let weight = match (self.by_distance, exact) {
                    (false, _) => 1.0,
                    (true, true) => f64::from(u8::from(distance == 0.0)),
                    (true, false) => 1.0 / distance.sqrt(),
                };
                (weight * self.weights[other], other)
            };
            near.into_iter().map(weigh).collect()
        };
        if let Some(levels) = &self.levels {
            let rows = x.rows().into_iter().map(|row| {
                let mut shares = vec![0.0; levels.len()];
                for (weight, other) in near(row.to_vec()) {
                    if let Some(share) = shares.get_mut(self.y[other] as usize) {
                        *share += weight;
                    }
                }
                let total: f64 = shares.iter().sum();
                shares.into_iter().map(|share| share / total).collect()
            });
            return Ok(Prediction::Classes(ClassProbabilities::new(levels.clone().into(), rows)));
        }
        let values = x
            .rows()
            .into_iter()
            .map(|row| {
                let near = near(row.to_vec());
                let total: f64 = near.iter().map(|(weight, _)| weight).sum();
                near.iter().map(|(weight, other)| weight * self.y[*other]).sum::<f64>() / total
            })
            .collect();
        Ok(if self.binary { Prediction::Probability(values) } else { Prediction::Value(values) })
    }

    fn importance(&self) -> Option<Vec<f64>> {
        self.importance.clone()
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl Learner for Knn {
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
        let (y, binary, levels) = match task.outcome {
            Outcome::Nominal(_) => {
                let classes = nominal(task, CARD.name)?;
                let y = classes.class.iter().map(|class| *class as f64).collect();
                (y, false, Some(classes.levels.to_vec()))
            }
            _ => {
                let (y, binary) = responses(task, CARD.name)?;
                (y, binary, None)
            }
        };
        let _ = stream;
        let rows = task.x.nrows();
        let weights = task.weights.map_or_else(|| vec![1.0; rows], <[f64]>::to_vec);
        // Rows of weight zero are no neighbours.
        let used: Vec<usize> = (0..rows).filter(|row| weights[*row] > 0.0).collect();
        let mut model = KnnModel {
            k: settings.count("k"),
            by_distance: settings.choice("weight") == "distance",
            features: task.x.ncols(),
            rows: used.iter().flat_map(|row| task.x.row(*row).to_vec()).collect(),
            y: used.iter().map(|row| y[*row]).collect(),
            weights: used.iter().map(|row| weights[*row]).collect(),
            binary,
            levels,
            importance: None,
        };
        if binary || model.levels.is_some() {
            model.importance = Some(model.relief(watch)?);
        }
        Ok(Box::new(model))
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
            pool.install(|| Knn.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.62, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = Knn.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }
}
