use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{mean_estimate, mean_score, probabilities};

/// Brier score.
pub struct Brier;

static CARD: Card = Card {
    name: "Brier",
    title: "Brier score",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Mean squared difference between predicted probability and outcome; lower is better.",
    documentation: r"$$\mathrm{BS} = \frac1N \sum_i (p_i - y_i)^2$$

0 is perfect; predicting the prevalence $\bar y$ for everybody gives $\bar y (1 - \bar y)$. The interval is the normal one
of a mean, bounded below by 0. Needs probabilities; estimable also when only one class is present.",
    references: &[
        "Brier GW. Verification of forecasts expressed in terms of probability. Mon Weather Rev 1950;78:1-3.",
    ],
    example: "evaluate PRIME_R on test by Brier",
};

fn losses(judged: &Judged<'_>) -> Result<Vec<f64>, NotEstimable> {
    let (events, p) = probabilities(judged)?;
    Ok(events.iter().zip(p).map(|(event, p)| (p - f64::from(u8::from(*event))).powi(2)).collect())
}

impl Metric for Brier {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Lower
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        mean_score(losses(judged))
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        mean_estimate(judged, plan, CARD.name, losses(judged))
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    #[test]
    fn is_the_mean_squared_error() {
        judge(&[true, false], &[0.75, 0.5], |judged| {
            assert_eq!(Brier.score(judged), Ok((0.0625 + 0.25) / 2.0));
        });
    }
}
