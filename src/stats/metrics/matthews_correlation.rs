use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{bootstrapped, classified};

/// Matthews correlation coefficient.
pub struct MatthewsCorrelation;

static CARD: Card = Card {
    name: "MCC",
    title: "Matthews correlation coefficient",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Correlation of the called with the observed class; 0 is chance.",
    documentation: r"$$\frac{\mathrm{TP}\,\mathrm{TN} - \mathrm{FP}\,\mathrm{FN}}{\sqrt{(\mathrm{TP}+\mathrm{FP})(\mathrm{TP}+\mathrm{FN})(\mathrm{TN}+\mathrm{FP})(\mathrm{TN}+\mathrm{FN})}}$$ Not estimable when only one class is observed or called (scikit-learn tells 0). Scores at or above the threshold are called positive. The interval is a percentile bootstrap over patients.

Needs a threshold.",
    references: &[
        "Matthews BW. Comparison of the predicted and observed secondary structure of T4 phage lysozyme. Biochim Biophys Acta 1975;405:442-451.",
    ],
    example: "evaluate PRIME_R on test by MCC at 0.5",
};

impl Metric for MatthewsCorrelation {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        classified(judged)?.matthews()
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
            assert!((MatthewsCorrelation.score(judged).unwrap() - 1.0 / 6.0).abs() < 1e-15);
            let estimate = MatthewsCorrelation.estimate(judged, &IntervalPlan::default(), &Stream::root(1));
            assert_eq!(estimate.n, 5);
            let without = Judged { threshold: None, ..*judged };
            assert!(MatthewsCorrelation.score(&without).is_err());
        });
    }
}
