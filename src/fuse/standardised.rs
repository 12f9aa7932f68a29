//! A ranking in units of its training rows, so that rankings of several learners can be pooled.

use std::any::Any;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::learn::seam::{FitError, Model};
use crate::stats::{Prediction, SurvivalCurves};

/// Mean and standard deviation of the risk of the training rows.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Scale {
    mean: f64,
    sd: f64,
}

impl Scale {
    /// Of a ranking; `None` of a probability or a value, which have a unit of their own.
    pub fn of(prediction: &Prediction) -> Option<Self> {
        let Prediction::Risk(risk) = prediction else { return None };
        let n = risk.len() as f64;
        let mean = risk.iter().sum::<f64>() / n;
        let sd = (risk.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / n).sqrt();
        // A model that says the same of everybody stays as it is.
        (sd > 0.0 && sd.is_finite()).then_some(Scale { mean, sd })
    }

    pub fn apply(self, model: Box<dyn Model>) -> Box<dyn Model> {
        Box::new(Standardised { model, scale: self })
    }
}

/// A risk has no unit: one learner counts expected deaths, another log hazards. Where a design
/// chooses among learners, the folds of a cross-fit may choose differently, and their out-of-fold
/// risks are pooled by a combiner, a cut-off and a concordance; so each is told in standard
/// deviations of the rows that it was fitted on. Ranks and curves stay what they were.
struct Standardised {
    model: Box<dyn Model>,
    scale: Scale,
}

impl Model for Standardised {
    fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        let raw = self.model.predict(x)?;
        let scaled = raw.scores().iter().map(|value| (value - self.scale.mean) / self.scale.sd).collect();
        Ok(raw.with_scores(scaled))
    }

    fn curves(&self, x: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        self.model.curves(x, times)
    }

    fn importance(&self) -> Option<Vec<f64>> {
        self.model.importance()
    }

    /// That of the model within: the scale is kept beside it.
    fn freeze(&self) -> Json {
        self.model.freeze()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

#[cfg(test)]
mod tests {
    use ndarray::{Array2, ArrayView2};

    use super::*;

    struct First;

    impl Model for First {
        fn predict(&self, x: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
            Ok(Prediction::Risk(x.column(0).to_vec()))
        }

        fn freeze(&self) -> Json {
            Json::Null
        }

        fn as_any(&self) -> &dyn Any {
            self
        }
    }

    #[test]
    fn a_ranking_is_told_in_standard_deviations_and_keeps_its_order() {
        let x = Array2::from_shape_fn((5, 1), |(row, _)| 10.0 + 20.0 * row as f64);
        let raw = First.predict(x.view()).unwrap();
        let model = Scale::of(&raw).unwrap().apply(Box::new(First));
        let told = model.predict(x.view()).unwrap();
        let scores = told.scores();
        assert!(scores.windows(2).all(|pair| pair[0] < pair[1]));
        assert!(scores.iter().sum::<f64>().abs() < 1e-12);
        assert!((scores.iter().map(|z| z * z).sum::<f64>() / 5.0 - 1.0).abs() < 1e-12);
        assert!(Scale::of(&Prediction::Risk(vec![2.0; 4])).is_none());
        assert!(Scale::of(&Prediction::Probability(vec![0.1, 0.9])).is_none());
    }
}
