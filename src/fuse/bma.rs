//! Late fusion by Bayesian model averaging, for a censored endpoint.

use std::any::Any;

use ndarray::ArrayView2;
use serde_json::Value as Json;

use crate::card::{Card, Domain, EndpointKind, Initial, Parameter, Role, Settings};
use crate::learn::seam::FitError;
use crate::learn::steps::columns;
use crate::progress::Watch;
use crate::random::Stream;
use crate::stats::{Outcome, Prediction, SurvivalCurves};
use crate::survival::SurvivalError;
use crate::survival::bma::{AverageOptions, Averaged, Signs, Weighting, average};

use super::rule::{Combiner, CombinerSummary, FusionTask, Rule, SIGNS, shape};

static CARD: Card = Card {
    name: "bma",
    title: "Late fusion by Bayesian model averaging",
    role: Role::Fusion,
    endpoints: &[EndpointKind::Survival],
    parameters: &[
        Parameter {
            name: "weights",
            domain: Domain::Choice(&["BIC", "AIC", "C-index"]),
            default: Initial::Choice("BIC"),
            summary: "Posterior probabilities by BIC, or one of two heuristics.",
        },
        Parameter {
            name: "horizon",
            domain: Domain::RealOpen { low: 0.0, high: f64::INFINITY },
            default: Initial::Derived("the median event time of the training rows"),
            summary: "Time by which the averaged risk of the event is told.",
        },
        SIGNS,
    ],
    summary: "Averages Cox regressions on all subsets of the out-of-fold risks, by their posterior probability.",
    documentation: "\
Each part's out-of-fold risk enters a Cox regression as a covariate, which calibrates it; all 2^k subsets of the parts \
are fitted on the same patients (Efron's ties). A subset with a negative coefficient is left out (`signs = nonnegative`): \
it would turn a part round, which out of fold is what a part that knows nothing asks for; under the constraint it is the \
same model as a smaller subset (Breiman 1996). The weight of subset s is proportional to exp(-BIC_s / 2) with \
BIC_s = -2 l_s + k_s log(events): its posterior probability when all subsets are equally likely before. The survival \
curve is the weighted mean of the subsets' curves, and the risk is one minus it at the horizon; so Brier and IBS exist \
even where a part only ranks. `weights = AIC` uses exp(-AIC_s / 2), `weights = \"C-index\"` the subset's concordance \
above one half: heuristics, and named so in the result. The weight told of a part is the weight of all subsets that \
contain it (its probability of inclusion), so the weights of parts do not sum to 1. A part that chooses among several \
learners tells its risk in standard deviations of its training rows, so that folds which chose differently can be \
pooled. At most 12 parts. A patient without \
one modality is predicted by the average over the other parts, fitted on the rows that have them.",
    references: &[
        "Breiman L. Stacked regressions. Machine Learning 1996;24:49-64.",
        "Volinsky CT, Madigan D, Raftery AE, Kronmal RA. Bayesian model averaging in proportional hazard models: assessing the risk of a stroke. Appl Stat 1997;46:433-448.",
        "Volinsky CT, Raftery AE. Bayesian information criterion for censored survival models. Biometrics \
2000;56:256-262.",
    ],
    example: "fuse late bma(clinical, radiomics)",
};

/// Bayesian model averaging.
pub struct Bma;

impl Rule for Bma {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn fit(
        &self,
        task: &FusionTask<'_>,
        settings: &Settings,
        _stream: &Stream,
        watch: &Watch,
    ) -> Result<Box<dyn Combiner>, FitError> {
        let Outcome::Survival(outcome) = task.outcome else {
            return Err(FitError::WrongEndpoint { learner: CARD.name, kind: task.outcome.kind() });
        };
        let weighting = match settings.choice("weights") {
            "AIC" => Weighting::Aic,
            "C-index" => Weighting::Concordance,
            _ => Weighting::Bic,
        };
        let signs = if settings.choice("signs") == "free" { Signs::Free } else { Signs::Nonnegative };
        let options = AverageOptions { weighting, signs, horizon: settings.real_if_given("horizon") };
        let averaged = average(task.scores, task.names, outcome, &options, watch).map_err(|error| match error {
            SurvivalError::Cancelled(cancelled) => FitError::Cancelled(cancelled),
            other => FitError::NotEstimable { learner: CARD.name, reason: other.to_string() },
        })?;
        Ok(Box::new(averaged))
    }

    fn thaw(&self, frozen: &Json) -> Result<Box<dyn Combiner>, FitError> {
        Ok(Box::new(columns::thaw::<Averaged>(frozen)?))
    }
}

impl Combiner for Averaged {
    fn combine(&self, scores: ArrayView2<'_, f64>) -> Result<Prediction, FitError> {
        shape(&scores, self.names.len())?;
        Ok(Prediction::Risk(self.risk(scores).unwrap_or_default()))
    }

    fn curves(&self, scores: ArrayView2<'_, f64>, times: &[f64]) -> Result<Option<SurvivalCurves>, FitError> {
        shape(&scores, self.names.len())?;
        Ok(self.survival(scores, times).map(|survival| SurvivalCurves { times: times.to_vec(), survival }))
    }

    fn summary(&self) -> CombinerSummary {
        CombinerSummary {
            weights: self.names.iter().cloned().zip(self.inclusion.iter().copied()).collect(),
            intercept: None,
            how: self.how(),
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
    use crate::stats::Censored;
    use ndarray::Array2;

    #[test]
    fn a_ranking_gets_curves_and_a_thawed_average_is_the_same() {
        let names = ["a".to_owned(), "b".to_owned()];
        let scores = Array2::from_shape_fn((30, 2), |(row, part)| ((row * (7 + part) + 3) % 11) as f64);
        let outcome = Outcome::Survival(Censored::new(
            (0..30).map(|row| 1.0 + ((row * 13) % 29) as f64).collect(),
            (0..30).map(|row| u8::from(row % 3 > 0)).collect(),
        ));
        let task = FusionTask { scores: scores.view(), names: &names, parts: &[0, 1], outcome: &outcome };
        let settings = Settings::defaults(&CARD);
        let combiner = Bma.fit(&task, &settings, &Stream::root(1), &Watch::silent()).unwrap();
        let curves = combiner.curves(scores.view(), &[2.0, 9.0]).unwrap().unwrap();
        assert!(curves.survival.iter().all(|s| (0.0..=1.0).contains(s)));
        let again = Bma.thaw(&combiner.freeze()).unwrap();
        assert_eq!(again.combine(scores.view()), combiner.combine(scores.view()));
        assert!(combiner.combine(scores.slice(ndarray::s![.., ..1])).is_err());
        assert!(combiner.summary().how.contains("posterior"));
        let binary = Outcome::Binary(vec![true; 30]);
        let wrong = FusionTask { outcome: &binary, ..task };
        assert!(Bma.fit(&wrong, &settings, &Stream::root(1), &Watch::silent()).is_err());
    }
}
