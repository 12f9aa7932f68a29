use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{classified, proportion_estimate, proportion_score};

/// Accuracy.
pub struct Accuracy;

static CARD: Card = Card {
    name: "accuracy",
    title: "Accuracy",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Share of patients classified rightly.",
    documentation: r"$(\mathrm{TP} + \mathrm{TN}) / N$; read it beside the prevalence, which a constant answer reaches. Scores at or above the threshold are called positive. The interval is Wilson's. Not estimable when no patients.

Needs a threshold.",
    references: &[
        "Altman DG, Bland JM. Diagnostic tests 1: sensitivity and specificity. BMJ 1994;308:1552.",
        "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927;22:209-212.",
    ],
    example: "evaluate PRIME_R on test by accuracy at 0.5",
};

impl Metric for Accuracy {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        proportion_score(classified(judged)?.accuracy(), "no patients")
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        proportion_estimate(CARD.name, judged, plan, classified(judged).map(|counts| counts.accuracy()), "no patients")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    #[test]
    fn small_example() {
        judge(&[true, true, false, false, false], &[0.9, 0.2, 0.5, 0.1, 0.3], |judged| {
            assert!((Accuracy.score(judged).unwrap() - 0.6).abs() < 1e-15);
            let estimate = Accuracy.estimate(judged, &IntervalPlan::default(), &Stream::root(1));
            assert_eq!(estimate.n, 5);
            let without = Judged { threshold: None, ..*judged };
            assert!(Accuracy.score(&without).is_err());
        });
    }
}
