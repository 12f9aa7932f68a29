//! The prediction of the parts, calibrated on out-of-fold predictions: what `late platt(...)` and
//! `late isotonic(...)` share.

use std::any::Any;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::Card;
use crate::learn::calibration::{self, Calibrator, Method};
use crate::learn::seam::FitError;
use crate::learn::steps::columns;
use crate::progress::Watch;
use crate::stats::{Outcome, Prediction};

use super::rule::{Combiner, CombinerSummary, FusionTask, shape};

/// A mean of probabilities put through a calibrator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Calibrated {
    names: Vec<String>,
    calibrator: Calibrator,
}

fn means(scores: ArrayView2<'_, f64>) -> Vec<f64> {
    scores.rows().into_iter().map(|row| row.sum() / row.len().max(1) as f64).collect()
}

pub(super) fn calibrated(
    card: &'static Card,
    task: &FusionTask<'_>,
    method: Method,
    watch: &Watch,
) -> Result<Box<dyn Combiner>, FitError> {
    let Outcome::Binary(events) = task.outcome else {
        return Err(FitError::WrongEndpoint { learner: card.name, kind: task.outcome.kind() });
    };
    let calibrator = calibration::fit(&means(task.scores), events, method, watch)?;
    Ok(Box::new(Calibrated { names: task.names.to_vec(), calibrator }))
}

impl Combiner for Calibrated {
    fn combine(&self, scores: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        shape(&scores, self.names.len())?;
        Ok(Prediction::Probability(means(scores).into_iter().map(|p| self.calibrator.apply(p)).collect()))
    }

    fn summary(&self) -> CombinerSummary {
        let parts = if self.names.len() == 1 { "the" } else { "the mean of the" };
        let share = 1.0 / self.names.len().max(1) as f64;
        let weights = self.names.iter().map(|name| (name.clone(), share)).collect();
        match &self.calibrator {
            Calibrator::Sigmoid { intercept, slope, .. } => CombinerSummary {
                weights,
                intercept: Some(*intercept),
                how: format!(
                    "{parts} out-of-fold probabilities calibrated by a sigmoid, slope {slope:.3} of the logit"
                ),
            },
            Calibrator::Steps { given, .. } => CombinerSummary {
                weights,
                intercept: None,
                how: format!(
                    "{parts} out-of-fold probabilities calibrated by isotonic regression, {} corners",
                    given.len()
                ),
            },
        }
    }

    fn freeze(&self) -> Json {
        columns::freeze(self)
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use super::super::isotonic::Isotonic;
    use super::super::platt::Platt;
    use super::super::rule::Rule;
    use super::*;
    use crate::card::Settings;
    use crate::random::Stream;
    use ndarray::array;

    #[test]
    fn probabilities_that_are_too_extreme_are_pulled_in() {
        let names = ["a".to_owned()];
        let events: Vec<bool> = (0..40).map(|row| row % 10 < if row < 20 { 4 } else { 6 }).collect();
        let outcome = Outcome::Binary(events);
        let scores = ndarray::Array2::from_shape_fn((40, 1), |(row, _)| if row < 20 { 0.05 } else { 0.95 });
        let task = FusionTask { scores: scores.view(), names: &names, parts: &[0], outcome: &outcome };
        for rule in [&Platt as &dyn Rule, &Isotonic] {
            let settings = Settings::defaults(rule.card());
            let combiner = rule.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap();
            let told = combiner.combine(array![[0.05], [0.95]].view()).unwrap();
            let told = told.scores();
            assert!((told[0] - 0.4).abs() < 1e-6 && (told[1] - 0.6).abs() < 1e-6, "{told:?}");
            assert!(combiner.combine(array![[0.05, 0.1]].view()).is_err());
            let again = rule.thaw(&combiner.freeze()).unwrap();
            assert_eq!(again.combine(scores.view()), combiner.combine(scores.view()));
        }
    }
}
