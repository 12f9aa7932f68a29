use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::calibration::expected_to_observed;
use crate::stats::distribution::normal_multiplier;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::probabilities;

/// Expected to observed ratio.
pub struct ExpectedToObserved;

static CARD: Card = Card {
    name: "EO",
    title: "Expected to observed ratio",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Events expected by the predictions over events observed; 1 is right, above 1 predicts too many.",
    documentation: r"$\sum_i p_i / \sum_i y_i$. The interval is that of $\ln$ of the ratio with $\mathrm{SE} = \sqrt{(1 - \bar y) / \sum_i y_i}$ (Debray et al. 2017). Not estimable without an event.",
    references: &[
        "Debray TPA et al. A guide to systematic review and meta-analysis of prediction model performance. BMJ 2017;356:i6460.",
    ],
    example: "evaluate PRIME_R on test by EO",
};

impl Metric for ExpectedToObserved {
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
        Ok(expected_to_observed(events, p)?.0)
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        let n = judged.outcome.len();
        match probabilities(judged).and_then(|(events, p)| expected_to_observed(events, p)) {
            Ok((ratio, error)) => {
                let factor = (normal_multiplier(plan.level) * error).exp();
                Estimate::new(CARD.name, ratio, n, "ratio of sums; interval on the log scale")
                    .with_events(judged.outcome.events())
                    .within(ratio / factor, ratio * factor, plan.level)
            }
            Err(fault) => Estimate::not_estimable(CARD.name, n, fault.reason),
        }
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
            let estimate = ExpectedToObserved.estimate(
                judged,
                &IntervalPlan { resamples: 50, ..IntervalPlan::default() },
                &Stream::root(1),
            );
            let value = estimate.value.unwrap();
            let interval = estimate.interval.unwrap();
            assert!(interval.lower <= value && value <= interval.upper);
            assert_eq!(ExpectedToObserved.score(judged), Ok(value));
        });
    }
}
