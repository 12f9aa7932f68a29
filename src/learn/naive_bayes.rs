//! `naive_bayes`: gaussian naive Bayes as a learner.

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Prediction;

use super::training::{binary, freeze, logistic, same_columns, thaw};

use super::seam::{FitError, Learner, Model, Task};

pub struct NaiveBayes;

static CARD: Card = Card {
    name: "naive_bayes",
    title: "Gaussian naive Bayes",
    role: Role::Learner,
    endpoints: &[EndpointKind::Binary],
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

Importance is the standardised difference of means, `(m1 - m0) / sqrt((s1^2 + s0^2) / 2)`.",
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
        Ok(Box::new(thaw::<NaiveBayesModel>(frozen)?))
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
