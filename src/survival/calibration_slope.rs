//! The calibration slope of a predicted log hazard.

use ndarray::Array2;

use super::concordance::follow_up_of;
use super::cox::{Coefficient, CoxData, CoxOptions, fit};
use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

/// Calibration slope of a censored endpoint.
pub struct CalibrationSlope;

static CARD: Card = Card {
    name: "calibration_slope",
    title: "Calibration slope of a risk score",
    role: Role::Metric,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "Coefficient of the predicted log hazard in a Cox regression; 1 is right, below 1 is overfitted.",
    documentation: "\
The coefficient of the risk score as the only covariate of a Cox regression (Efron's ties) on the judged rows, with \
its Wald interval: 1 where the predicted log hazard ratios hold, below 1 where they are too extreme. It means that only \
for learners whose risk score is a log hazard (`cox`, `coxnet`, `gbsa`); for `rsf` or `fsvm` it is the change of the log \
hazard by one unit of the score. Not estimable without an event, or where the score does not vary.",
    references: &[
        "van Houwelingen HC. Validation, calibration, revision and combination of prognostic survival models. Stat Med 2000;19:3401-15.",
        "Royston P, Altman DG. External validation of a Cox prognostic model: principles and methods. BMC Med Res Methodol 2013;13:33.",
    ],
    example: "evaluate cox(os ~ age + stage) over 500 bootstraps",
};

/// The regression on the score.
fn regress(judged: &Judged<'_>, level: f64) -> Result<Coefficient, NotEstimable> {
    let outcome = follow_up_of(judged)?;
    let scores = judged.prediction.scores();
    let x = Array2::from_shape_fn((scores.len(), 1), |(row, _)| scores[row]);
    let names = ["risk score".to_owned()];
    let options = CoxOptions { level, ..CoxOptions::default() };
    let fitted = fit(&CoxData::new(x.view(), &names, outcome), &options)
        .map_err(|error| NotEstimable::new(error.to_string()))?;
    fitted.coefficients.into_iter().next().unwrap_or_else(|| Err(NotEstimable::new("there is no score")))
}

impl Metric for CalibrationSlope {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Lower
    }

    fn target(&self) -> Option<f64> {
        Some(1.0)
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        Ok(regress(judged, 0.95)?.value)
    }

    fn estimate(&self, judged: &Judged<'_>, intervals: &IntervalPlan, _stream: &Stream) -> Estimate {
        let n = judged.outcome.len();
        match regress(judged, intervals.level) {
            Ok(found) => Estimate::new(CARD.name, found.value, n, "Cox regression on the risk score; Wald").within(
                found.lower.ln(),
                found.upper.ln(),
                intervals.level,
            ),
            Err(reason) => Estimate::not_estimable(CARD.name, n, reason.reason),
        }
        .with_events(judged.outcome.events())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::{Censored, Outcome, Prediction};

    #[test]
    fn doubling_the_score_halves_the_slope() {
        let outcome = Outcome::Survival(Censored::new(
            (0..40).map(|i| 1.0 + f64::from((i * 17) % 41)).collect(),
            (0..40).map(|i| u8::from(i % 4 != 0)).collect(),
        ));
        let scores: Vec<f64> =
            (0..40).map(|i| f64::from((i * 7) % 13) / 6.0 - f64::from((i * 17) % 41) / 40.0).collect();
        let slope = |factor: f64| {
            let prediction = Prediction::Risk(scores.iter().map(|score| factor * score).collect());
            let judged = Judged {
                outcome: &outcome,
                prediction: &prediction,
                held: None,
                patients: None,
                curves: None,
                training: None,
                horizon: None,
                threshold: None,
            };
            CalibrationSlope.estimate(&judged, &IntervalPlan::default(), &Stream::root(1))
        };
        let (once, twice) = (slope(1.0), slope(2.0));
        assert!((once.value.clone().unwrap() - 2.0 * twice.value.unwrap()).abs() < 1e-6);
        let interval = once.interval.unwrap();
        assert!(interval.lower < once.value.clone().unwrap() && once.value.unwrap() < interval.upper);
        assert!(slope(0.0).value.is_err());
    }
}
