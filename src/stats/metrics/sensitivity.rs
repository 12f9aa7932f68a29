use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{classified, proportion_estimate, proportion_score};

/// Sensitivity.
pub struct Sensitivity;

static CARD: Card = Card {
    name: "sensitivity",
    title: "Sensitivity",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Share of patients with the event that the threshold finds.",
    documentation: r"$\mathrm{TP} / (\mathrm{TP} + \mathrm{FN})$. Scores at or above the threshold are called positive. The interval is Wilson's. Not estimable when nobody has the event.

Needs a threshold.",
    references: &[
        "Altman DG, Bland JM. Diagnostic tests 1: sensitivity and specificity. BMJ 1994;308:1552.",
        "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927;22:209-212.",
    ],
    example: "evaluate PRIME_R on test by sensitivity at 0.5",
};

impl Metric for Sensitivity {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        proportion_score(classified(judged)?.sensitivity(), "nobody has the event")
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        proportion_estimate(
            CARD.name,
            judged,
            plan,
            classified(judged).map(|counts| counts.sensitivity()),
            "nobody has the event",
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
            assert!((Sensitivity.score(judged).unwrap() - 0.5).abs() < 1e-15);
            let estimate = Sensitivity.estimate(judged, &IntervalPlan::default(), &Stream::root(1));
            assert_eq!((estimate.n, estimate.events), (5, Some(2)));
            let without = Judged { threshold: None, ..*judged };
            assert!(Sensitivity.score(&without).is_err());
        });
    }
}
