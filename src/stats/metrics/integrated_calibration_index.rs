use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::bootstrap::BootstrapInterval;
use crate::stats::calibration::calibration_errors;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{bootstrapped, probabilities};

/// Integrated calibration index.
pub struct IntegratedCalibrationIndex;

static CARD: Card = Card {
    name: "ICI",
    title: "Integrated calibration index",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Mean distance between predicted and smoothed observed risk; 0 is right.",
    documentation: r"$\frac1N \sum_i |\hat f(p_i) - p_i|$ with $\hat f$ a lowess smoother (local lines, tricube weights, span 2/3, no robustness iterations), which is Eavg of `val.prob` in rms. Austin and Steyerberg smooth by loess with span 0.75 and local parabolas; values differ a little. The interval is a percentile bootstrap over patients. The index is at least 0, so its interval is about its size, not a test of 0. Not estimable below ten patients.",
    references: &[
        "Austin PC, Steyerberg EW. The Integrated Calibration Index (ICI) and related metrics for quantifying the calibration of logistic regression models. Stat Med 2019;38:4051-4065.",
    ],
    example: "evaluate PRIME_R on test by ICI",
};

impl Metric for IntegratedCalibrationIndex {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Lower
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        let (events, p) = probabilities(judged)?;
        Ok(calibration_errors(events, p)?.mean)
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, stream: &Stream) -> Estimate {
        // BCa would take for bias what is the noise of a distance.
        let plan = IntervalPlan { bootstrap: BootstrapInterval::Percentile, ..*plan };
        bootstrapped(judged, &plan, stream, self, "lowess, span 2/3").enclosed()
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    #[test]
    fn has_an_interval_about_its_size() {
        let events: Vec<bool> = (0..60).map(|i| i % 3 == 0 || i > 45).collect();
        let p: Vec<f64> = (0..60).map(|i| 0.15 + f64::from(i) / 90.0).collect();
        judge(&events, &p, |judged| {
            let estimate = IntegratedCalibrationIndex.estimate(
                judged,
                &IntervalPlan { resamples: 50, ..IntervalPlan::default() },
                &Stream::root(1),
            );
            let value = estimate.value.unwrap();
            let interval = estimate.interval.unwrap();
            assert!(interval.lower > 0.0 && value < 1.0);
            assert_eq!(IntegratedCalibrationIndex.score(judged), Ok(value));
        });
    }
}
