use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{classified, proportion_estimate, proportion_score};

/// Specificity.
pub struct Specificity;

static CARD: Card = Card {
    name: "specificity",
    title: "Specificity",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Share of patients without the event that the threshold clears.",
    documentation: r"$\mathrm{TN} / (\mathrm{TN} + \mathrm{FP})$. Scores at or above the threshold are called positive. The interval is Wilson's. Not estimable when everybody has the event.

Needs a threshold.",
    references: &[
        "Altman DG, Bland JM. Diagnostic tests 1: sensitivity and specificity. BMJ 1994;308:1552.",
        "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927;22:209-212.",
    ],
    example: "evaluate PRIME_R on test by specificity at 0.5",
};

impl Metric for Specificity {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        proportion_score(classified(judged)?.specificity(), "everybody has the event")
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        proportion_estimate(
            CARD.name,
            judged,
            plan,
            classified(judged).map(|counts| counts.specificity()),
            "everybody has the event",
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
            assert!((Specificity.score(judged).unwrap() - 2.0 / 3.0).abs() < 1e-15);
            let estimate = Specificity.estimate(judged, &IntervalPlan::default(), &Stream::root(1));
            assert_eq!((estimate.n, estimate.events), (5, Some(2)));
            let without = Judged { threshold: None, ..*judged };
            assert!(Specificity.score(&without).is_err());
        });
    }
}
