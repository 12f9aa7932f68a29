//! `naive_bayes`: gaussian naive Bayes as a learner.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{ClassProbabilities, Outcome, Prediction};

use super::training::{binary, freeze, logistic, nominal, same_columns, thaw};

use super::seam::{FitError, Learner, Model, Task};

pub struct NaiveBayes;

static CARD: Card = Card {
    name: "naive_bayes",
    title: "Gaussian naive Bayes",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary, EndpointKind::Nominal],
    parameters: &[
        Parameter {
            name: "smoothing",
            domain: Domain::Real { low: 0.0, high: 1.0 },
            default: Initial::Real(1e-9),
            summary: "Share of the largest variance that is added to every variance.",
        },
    ],
    summary: "Independent normal densities of each feature in each class.",
    documentation: "\
`log odds = log(w1 / w0) + sum_j [log N(x_j; m1j, s1j^2) - log N(x_j; m0j, s0j^2)]` with the weighted share `w`, mean and
variance (divisor n) of each class; `smoothing` times the largest variance of a feature is added to every variance, as
scikit-learn's `GaussianNB`. A feature that does not vary in either class says nothing and is left out.

A nominal endpoint has the same of each class, with the shares of the classes as prior probabilities.

Importance is the standardised difference of means, `(m1 - m0) / sqrt((s1^2 + s0^2) / 2)`; of several classes the range of
their means in units of the root mean variance within a class.",
    references: &[
        "Hand DJ, Yu K. Idiot's Bayes: not so stupid after all? Int Stat Rev 2001;69:385-98.",
    ],
    example: "learn naive_bayes",
};

/// The fitted model; index 0 is the class without the event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct NaiveBayesModel {
    /// Log odds of the event before the features.
    pub log_prior: f64,
    pub mean: [Vec<f64>; 2],
    pub variance: [Vec<f64>; 2],
}

impl NaiveBayes {
    fn thawed(frozen: &Json) -> Result<Box<dyn Model>, FitError> {
        if frozen["levels"].is_array() {
            let model: ClassNaiveBayes = thaw(frozen)?;
            let (count, features) = (model.levels.len(), model.mean.first().map_or(0, Vec::len));
            let all = |numbers: &[Vec<f64>]| numbers.len() == count && numbers.iter().all(|own| own.len() == features);
            if model.log_prior.len() != count || !all(&model.mean) || !all(&model.variance) {
                return Err(FitError::Frozen { reason: "its classes do not have as many features each".to_owned() });
            }
            return Ok(Box::new(model));
        }
        Ok(Box::new(thaw::<NaiveBayesModel>(frozen)?))
    }
}

/// The fitted model of a nominal endpoint.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ClassNaiveBayes {
    pub levels: Vec<String>,
    /// By class; minus infinity of a class without a training row, which JSON cannot hold, is absent.
    pub log_prior: Vec<Option<f64>>,
    pub mean: Vec<Vec<f64>>,
    pub variance: Vec<Vec<f64>>,
}

impl ClassNaiveBayes {
    fn fit(task: &Task<'_>, smoothing: f64) -> Result<Self, FitError> {
        let classes = nominal(task, CARD.name)?;
        let (rows, features) = task.x.dim();
        let count = classes.levels.len();
        let weight = |row: usize| task.weights.map_or(1.0, |weights| weights[row]);
        let mut totals = vec![0.0; count];
        (0..rows).for_each(|row| totals[classes.class[row]] += weight(row));
        let all: f64 = totals.iter().sum();
        let prior = totals.iter().map(|total| (*total > 0.0).then(|| (total / all).ln()));
        let mut model = ClassNaiveBayes {
            levels: classes.levels.to_vec(),
            log_prior: prior.collect(),
            mean: vec![vec![0.0; features]; count],
            variance: vec![vec![0.0; features]; count],
        };
        let mut largest = 0.0_f64;
        for (feature, column) in task.x.columns().into_iter().enumerate() {
            let mean = (0..rows).map(|row| weight(row) * column[row]).sum::<f64>() / all;
            largest = largest.max((0..rows).map(|row| weight(row) * (column[row] - mean).powi(2)).sum::<f64>() / all);
            for class in (0..count).filter(|class| totals[*class] > 0.0) {
                let own = || (0..rows).filter(|row| classes.class[*row] == class);
                let mean = own().map(|row| weight(row) * column[row]).sum::<f64>() / totals[class];
                let square = own().map(|row| weight(row) * (column[row] - mean).powi(2)).sum::<f64>();
                model.mean[class][feature] = mean;
                model.variance[class][feature] = square / totals[class];
            }
        }
        model.variance.iter_mut().flatten().for_each(|variance| *variance += smoothing * largest);
        Ok(model)
    }

    /// Features that vary in every class that has training rows.
    fn usable(&self) -> Vec<usize> {
        let features = self.mean.first().map_or(0, Vec::len);
        let varies = |feature: &usize| {
            (0..self.levels.len()).all(|class| self.log_prior[class].is_none() || self.variance[class][*feature] > 0.0)
        };
        (0..features).filter(varies).collect()
    }
}

impl Model for ClassNaiveBayes {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        same_columns(x, self.mean.first().map_or(0, Vec::len), CARD.name)?;
        let usable = self.usable();
        let rows = x.rows().into_iter().map(|row| {
            let density = |(class, prior): (usize, &Option<f64>)| {
                let terms = usable.iter().map(|feature| {
                    let variance = self.variance[class][*feature];
                    -0.5 * (variance.ln() + (row[*feature] - self.mean[class][*feature]).powi(2) / variance)
                });
                prior.map_or(f64::NEG_INFINITY, |prior| prior + terms.sum::<f64>())
            };
            let logs: Vec<f64> = self.log_prior.iter().enumerate().map(density).collect();
            let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let odds: Vec<f64> = logs.iter().map(|log| (log - largest).exp()).collect();
            let total: f64 = odds.iter().sum();
            odds.into_iter().map(|odds| odds / total).collect()
        });
        Ok(Prediction::Classes(ClassProbabilities::new(self.levels.clone().into(), rows)))
    }

    /// The range of the classes' means, in units of the mean standard deviation within a class.
    fn importance(&self) -> Option<Vec<f64>> {
        let present: Vec<usize> = (0..self.levels.len()).filter(|class| self.log_prior[*class].is_some()).collect();
        let one = |feature: usize| {
            let means = present.iter().map(|class| self.mean[*class][feature]);
            let range = means.clone().fold(f64::NEG_INFINITY, f64::max) - means.fold(f64::INFINITY, f64::min);
            let variance: f64 = present.iter().map(|class| self.variance[*class][feature]).sum();
            let spread = (variance / present.len().max(1) as f64).sqrt();
            if spread > 0.0 { range / spread } else { 0.0 }
        };
        Some((0..self.mean.first().map_or(0, Vec::len)).map(one).collect())
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl Model for NaiveBayesModel {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        let features = self.mean[0].len();
        same_columns(x, features, CARD.name)?;
        let density = |class: usize, feature: usize, value: f64| {
            let variance = self.variance[class][feature];
            -0.5 * (variance.ln() + (value - self.mean[class][feature]).powi(2) / variance)
        };
        let usable: Vec<usize> =
            (0..features).filter(|f| self.variance[0][*f] > 0.0 && self.variance[1][*f] > 0.0).collect();
        let odds = x.rows().into_iter().map(|row| {
            let terms = usable.iter().map(|f| density(1, *f, row[*f]) - density(0, *f, row[*f]));
            logistic(self.log_prior + terms.sum::<f64>())
        });
        Ok(Prediction::Probability(odds.collect()))
    }

    fn importance(&self) -> Option<Vec<f64>> {
        let difference = |feature: usize| {
            let spread = (0.5 * (self.variance[0][feature] + self.variance[1][feature])).sqrt();
            if spread > 0.0 { (self.mean[1][feature] - self.mean[0][feature]) / spread } else { 0.0 }
        };
        Some((0..self.mean[0].len()).map(difference).collect())
    }

    fn freeze(&self) -> Json {
        freeze(self)
    }

    fn as_any(&self) -> &dyn std::any::Any {
        self
    }
}

impl Learner for NaiveBayes {
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
        if matches!(task.outcome, Outcome::Nominal(_)) {
            watch.check()?;
            return Ok(Box::new(ClassNaiveBayes::fit(task, settings.real("smoothing"))?));
        }
        let labels = binary(task, CARD.name)?;
        watch.check()?;
        let _ = stream;
        let (rows, features) = task.x.dim();
        let weight = |row: usize| task.weights.map_or(1.0, |weights| weights[row]);
        let total = |class: bool| (0..rows).filter(|row| labels[*row] == class).map(weight).sum::<f64>();
        let totals = [total(false), total(true)];
        let mut model = NaiveBayesModel {
            log_prior: (totals[1] / totals[0]).ln(),
            mean: [vec![0.0; features], vec![0.0; features]],
            variance: [vec![0.0; features], vec![0.0; features]],
        };
        let mut largest = 0.0_f64;
        for (feature, column) in task.x.columns().into_iter().enumerate() {
            let all = totals[0] + totals[1];
            let mean = (0..rows).map(|row| weight(row) * column[row]).sum::<f64>() / all;
            largest = largest.max((0..rows).map(|row| weight(row) * (column[row] - mean).powi(2)).sum::<f64>() / all);
            for class in [0, 1] {
                let own = || (0..rows).filter(|row| usize::from(labels[*row]) == class);
                let mean = own().map(|row| weight(row) * column[row]).sum::<f64>() / totals[class];
                let square = own().map(|row| weight(row) * (column[row] - mean).powi(2)).sum::<f64>();
                model.mean[class][feature] = mean;
                model.variance[class][feature] = square / totals[class];
            }
        }
        let added = settings.real("smoothing") * largest;
        model.variance.iter_mut().flatten().for_each(|variance| *variance += added);
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
            pool.install(|| NaiveBayes.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap())
        };
        let model = fit(1);
        let (fresh, _, observed) = two_classes(150, 6, 5);
        let prediction = model.predict(fresh.view()).unwrap();
        assert!(auc(prediction.scores(), &observed) > 0.7, "{}", auc(prediction.scores(), &observed));
        assert!(prediction.scores().iter().all(|p| (0.0..=1.0).contains(p)));
        let thawed = NaiveBayes.thaw(&serde_json::from_str(&model.freeze().to_string()).unwrap()).unwrap();
        assert_eq!(thawed.predict(fresh.view()).unwrap(), prediction);
        assert_eq!(fit(3).predict(fresh.view()).unwrap(), prediction);
        let importance = model.importance().unwrap();
        assert!(importance[0] > importance[5]);
        assert!(matches!(model.predict(fresh.slice(ndarray::s![.., ..2])), Err(FitError::Shape { .. })));
    }

    // scripts/reference/learn.py: GaussianNB.
    #[test]
    fn agrees_with_scikit_learn_on_twelve() {
        let expected = [
            0.008725089374748033,
            0.07263563567295991,
            0.6818419399795645,
            0.00027385779736627426,
            0.9057011749699546,
            0.8467922729270603,
            0.3028089732660598,
            0.04494912469371815,
            0.5066945488106983,
            0.742302392211063,
            0.0014906629295563542,
            0.9017706368608529,
        ];
        let given = [];
        let ours = super::super::training::testing::fitted_to_twelve(&NaiveBayes, &given, 2);
        for (ours, theirs) in ours.iter().zip(expected) {
            assert!((ours - theirs).abs() < 1e-12, "{ours} {theirs}");
        }
    }
}
