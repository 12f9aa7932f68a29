use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::calibration::calibration_in_the_large;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{calibration_estimate, probabilities};

/// Calibration in the large.
pub struct CalibrationIntercept;

static CARD: Card = Card {
    name: "calibration_intercept",
    title: "Calibration in the large",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Intercept with the predicted log-odds as offset; 0 is right, below 0 is too high a risk predicted.",
    documentation: r"$a$ of $\mathrm{logit}\,P(y = 1) = a + \mathrm{logit}\,p$ by maximum likelihood, with its Wald interval. Predictions of exactly 0 or 1 are left out and counted as missing. Not estimable when only one class is observed.",
    references: &[
        "Cox DR. Two further applications of a model for binary regression. Biometrika 1958;45:562-565.",
        "Van Calster B, McLernon DJ, van Smeden M, Wynants L, Steyerberg EW. Calibration: the Achilles heel of predictive analytics. BMC Med 2019;17:230.",
    ],
    example: "evaluate PRIME_R on test by calibration_intercept",
};

impl Metric for CalibrationIntercept {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Lower
    }

    fn target(&self) -> Option<f64> {
        Some(0.0)
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        let (events, p) = probabilities(judged)?;
        Ok(calibration_in_the_large(events, p)?.intercept)
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        calibration_estimate(
            CARD.name,
            judged,
            probabilities(judged).and_then(|(events, p)| calibration_in_the_large(events, p)),
            |fit| (fit.intercept, fit.intercept_error),
            plan,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    #[test]
    fn has_an_interval_about_its_value() {
        let events: Vec<bool> = (0..60).map(|i| i % 3 == 0 || i > 45).collect();
        let p: Vec<f64> = (0..60).map(|i| 0.15 + f64::from(i) / 90.0).collect();
        judge(&events, &p, |judged| {
            let estimate = CalibrationIntercept.estimate(
                judged,
                &IntervalPlan { resamples: 50, ..IntervalPlan::default() },
                &Stream::root(1),
            );
            let value = estimate.value.unwrap();
            let interval = estimate.interval.unwrap();
            assert!(interval.lower <= value && value <= interval.upper);
            assert_eq!(CalibrationIntercept.score(judged), Ok(value));
        });
    }
}
