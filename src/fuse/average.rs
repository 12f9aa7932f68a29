//! Late fusion by the mean.

use serde_json::Value as Json;

use crate::card::{Card, Role, Settings};
use crate::learn::seam::FitError;
use crate::learn::steps::columns;
use crate::progress::Watch;
use crate::random::Stream;

use super::rule::{Combiner, FusionTask, Rule};
use super::weighted::Mean;

static CARD: Card = Card {
    name: "average",
    title: "Late fusion by the mean",
    role: Role::Fusion,
    endpoints: &[],
    parameters: &[],
    summary: "The mean of the predictions of the parts.",
    documentation: "The mean of the probabilities (values) of the parts. Risks of a censored endpoint have no unit: \
each part is first standardised by the mean and the standard deviation of its out-of-fold risks in the training rows. \
For a patient without one modality, the mean of the others.",
    references: &["Kittler J, et al. IEEE Trans Pattern Anal Mach Intell 1998;20:226-39."],
    example: "fuse late average(clinical, radiomics)",
};

/// Mean of the parts.
pub struct Average;

impl Rule for Average {
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
        let parts = task.names.len().max(1);
        let weights = vec![1.0 / parts as f64; parts];
        Ok(Box::new(Mean::new(task, &weights, "equal weights".to_owned())))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Combiner>, FitError> {
        Ok(Box::new(columns::thaw::<Mean>(frozen)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Censored, Outcome, Prediction};
    use ndarray::array;

    #[test]
    fn risks_are_standardised_first() {
        let names = ["a".to_owned(), "b".to_owned()];
        let outcome = Outcome::Survival(Censored::new(vec![1.0, 2.0], vec![1, 0]));
        let scores = array![[100.0, 1.0], [300.0, 0.0]];
        let task = FusionTask { scores: scores.view(), names: &names, parts: &[0, 1], outcome: &outcome };
        let mean = Average.fit(&task, &Settings::defaults(&CARD), &Stream::root(1), &Watch::silent()).unwrap();
        assert_eq!(mean.combine(scores.view()).unwrap(), Prediction::Risk(vec![0.0, 0.0]));
        assert_eq!(mean.combine(array![[300.0, 1.0]].view()).unwrap(), Prediction::Risk(vec![1.0]));
        assert!(mean.combine(array![[300.0]].view()).is_err());
    }
}
