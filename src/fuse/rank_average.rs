//! Late fusion by the mean of ranks.

use std::any::Any;

use ndarray::ArrayView2;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::card::{Card, EndpointKind, Role, Settings};
use crate::learn::seam::FitError;
use crate::learn::steps::columns;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::Prediction;

use super::rule::{Combiner, CombinerSummary, FusionTask, Rule, shape};

static CARD: Card = Card {
    name: "rank_average",
    title: "Late fusion by the mean of ranks",
    role: Role::Fusion,
    endpoints: &[EndpointKind::Binary, EndpointKind::Survival],
    parameters: &[],
    summary: "The mean of the percentiles of the parts among their out-of-fold predictions.",
    documentation: "Each prediction becomes its percentile among the out-of-fold predictions of the same part in the \
training rows, (number below + half the number equal) / n, and the percentiles are averaged. The result ranks patients \
and is a risk between 0 and 1, not a probability: it has no calibration. A new patient is ranked among the training \
rows, so the prediction does not depend on who else is predicted. For a patient without one modality, the mean of the \
others.",
    references: &[],
    example: "fuse late rank_average(clinical, radiomics)",
};

/// Mean of percentiles.
pub struct RankAverage;

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Percentiles {
    names: Vec<String>,
    /// Sorted out-of-fold scores of each part.
    sorted: Vec<Vec<f64>>,
}

impl Rule for RankAverage {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &FusionTask<'_>,
        _settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Combiner>, FitError> {
        watch.check()?;
        if task.outcome.is_empty() {
            return Err(FitError::NotEstimable { learner: CARD.name, reason: "no row has these parts".to_owned() });
        }
        let sorted = task
            .scores
            .columns()
            .into_iter()
            .map(|column| {
                let mut sorted = column.to_vec();
                sorted.sort_by(f64::total_cmp);
                sorted
            })
            .collect();
        Ok(Box::new(Percentiles { names: task.names.to_vec(), sorted }))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Combiner>, FitError> {
        Ok(Box::new(columns::thaw::<Percentiles>(frozen)?))
    }
}

fn percentile(sorted: &[f64], value: f64) -> f64 {
    let below = sorted.partition_point(|other| *other < value);
    let up_to = sorted.partition_point(|other| *other <= value);
    (below + up_to) as f64 / (2 * sorted.len()) as f64
}

impl Combiner for Percentiles {
    fn combine(&self, scores: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        shape(&scores, self.sorted.len())?;
        let parts = self.sorted.len() as f64;
        let mean = |row: ndarray::ArrayView1<'_, f64>| {
            row.iter().zip(&self.sorted).map(|(score, sorted)| percentile(sorted, *score)).sum::<f64>() / parts
        };
        Ok(Prediction::Risk(scores.rows().into_iter().map(mean).collect()))
    }

    fn summary(&self) -> CombinerSummary {
        let weight = 1.0 / self.names.len() as f64;
        CombinerSummary {
            weights: self.names.iter().map(|name| (name.clone(), weight)).collect(),
            intercept: None,
            how: "mean of percentiles among the out-of-fold predictions".to_owned(),
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
    use super::*;

    #[test]
    fn ties_share_their_percentile() {
        let sorted = [1.0, 2.0, 2.0, 3.0];
        assert_eq!(percentile(&sorted, 2.0), 0.5);
        assert_eq!(percentile(&sorted, 0.0), 0.0);
        assert_eq!(percentile(&sorted, 9.0), 1.0);
    }
}
