use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{classified, proportion_estimate, proportion_score};

/// Positive predictive value.
pub struct PositivePredictiveValue;

static CARD: Card = Card {
    name: "PPV",
    title: "Positive predictive value",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Share of those called positive who have the event.",
    documentation: r"$\mathrm{TP} / (\mathrm{TP} + \mathrm{FP})$, at the prevalence of the judged rows. Scores at or above the threshold are called positive. The interval is Wilson's. Not estimable when nobody is called positive.

Needs a threshold.",
    references: &[
        "Altman DG, Bland JM. Diagnostic tests 2: predictive values. BMJ 1994;309:102.",
        "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927;22:209-212.",
    ],
    example: "evaluate PRIME_R on test by PPV at 0.5",
};

impl Metric for PositivePredictiveValue {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        proportion_score(classified(judged)?.positive_predictive_value(), "nobody is called positive")
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        proportion_estimate(
            CARD.name,
            judged,
            plan,
            classified(judged).map(|counts| counts.positive_predictive_value()),
            "nobody is called positive",
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    #[test]
    fn small_example() {
        judge(&[true, true, false, false, false], &[0.9, 0.2, 0.5, 0.1, 0.3], |judged| {
            assert!((PositivePredictiveValue.score(judged).unwrap() - 0.5).abs() < 1e-15);
            let estimate = PositivePredictiveValue.estimate(judged, &IntervalPlan::default(), &Stream::root(1));
            assert_eq!((estimate.n, estimate.events), (5, Some(2)));
            let without = Judged { threshold: None, ..*judged };
            assert!(PositivePredictiveValue.score(&without).is_err());
        });
    }
}
