use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::calibration::logistic_calibration;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{calibration_estimate, probabilities};

/// Calibration slope.
pub struct CalibrationSlope;

static CARD: Card = Card {
    name: "calibration_slope",
    title: "Calibration slope",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Slope of the outcome on the predicted log-odds; 1 is right, below 1 is overfitted.",
    documentation: r"$b$ of $\mathrm{logit}\,P(y = 1) = a + b\,\mathrm{logit}\,p$ by maximum likelihood, with its Wald interval. Predictions of exactly 0 or 1 have no log-odds; they are left out and counted as missing, as in `val.prob` of rms. Not estimable when the logits do not vary or separate the classes.",
    references: &[
        "Cox DR. Two further applications of a model for binary regression. Biometrika 1958;45:562-565.",
        "Van Calster B, McLernon DJ, van Smeden M, Wynants L, Steyerberg EW. Calibration: the Achilles heel of predictive analytics. BMC Med 2019;17:230.",
    ],
    example: "evaluate PRIME_R on test by calibration_slope",
};

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
        let (events, p) = probabilities(judged)?;
        Ok(logistic_calibration(events, p)?.slope)
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        calibration_estimate(
            CARD.name,
            judged,
            probabilities(judged).and_then(|(events, p)| logistic_calibration(events, p)),
            |fit| (fit.slope, fit.slope_error),
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
            let estimate = CalibrationSlope.estimate(
                judged,
                &IntervalPlan { resamples: 50, ..IntervalPlan::default() },
                &Stream::root(1),
            );
            let value = estimate.value.unwrap();
            let interval = estimate.interval.unwrap();
            assert!(interval.lower <= value && value <= interval.upper);
            assert_eq!(CalibrationSlope.score(judged), Ok(value));
        });
    }
}
