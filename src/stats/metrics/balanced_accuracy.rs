use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{bootstrapped, classified};

/// Balanced accuracy.
pub struct BalancedAccuracy;

static CARD: Card = Card {
    name: "balanced_accuracy",
    title: "Balanced accuracy",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Mean of sensitivity and specificity; 0.5 is chance.",
    documentation: r"$\tfrac12 (\mathrm{sensitivity} + \mathrm{specificity})$. Not estimable with one class. Scores at or above the threshold are called positive. The interval is a percentile bootstrap over patients.

Needs a threshold.",
    references: &["Brodersen KH et al. The balanced accuracy and its posterior distribution. ICPR 2010:3121-3124."],
    example: "evaluate PRIME_R on test by balanced_accuracy at 0.5",
};

impl Metric for BalancedAccuracy {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        classified(judged)?.balanced_accuracy()
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
            assert!((BalancedAccuracy.score(judged).unwrap() - (0.5 + 2.0 / 3.0) / 2.0).abs() < 1e-15);
            let estimate = BalancedAccuracy.estimate(judged, &IntervalPlan::default(), &Stream::root(1));
            assert_eq!(estimate.n, 5);
            let without = Judged { threshold: None, ..*judged };
            assert!(BalancedAccuracy.score(&without).is_err());
        });
    }
}
