use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{bootstrapped, classified};

/// F1 score.
pub struct F1;

static CARD: Card = Card {
    name: "F1",
    title: "F1 score",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Harmonic mean of sensitivity and positive predictive value.",
    documentation: r"$2\,\mathrm{TP} / (2\,\mathrm{TP} + \mathrm{FP} + \mathrm{FN})$. Scores at or above the threshold are called positive. The interval is a percentile bootstrap over patients.

Needs a threshold.",
    references: &["van Rijsbergen CJ. Information Retrieval. 2nd ed. Butterworths, 1979."],
    example: "evaluate PRIME_R on test by F1 at 0.5",
};

impl Metric for F1 {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        classified(judged)?.f1()
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, stream: &Stream) -> Estimate {
        bootstrapped(judged, plan, stream, self, "counts at the threshold")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    #[test]
    fn small_example() {
        judge(&[true, true, false, false, false], &[0.9, 0.2, 0.5, 0.1, 0.3], |judged| {
            assert!((F1.score(judged).unwrap() - 0.5).abs() < 1e-15);
            let estimate = F1.estimate(judged, &IntervalPlan::default(), &Stream::root(1));
            assert_eq!(estimate.n, 5);
            let without = Judged { threshold: None, ..*judged };
            assert!(F1.score(&without).is_err());
        });
    }
}
