use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::ranks::{each_tie, order};
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{bootstrapped, ranked};

/// Average precision.
pub struct AveragePrecision;

static CARD: Card = Card {
    name: "average_precision",
    title: "Average precision",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Precision averaged over the recall it buys; chance is the prevalence.",
    documentation: r"$$\mathrm{AP} = \sum_k (R_k - R_{k-1})\,P_k$$

over the distinct scores from the highest down, with recall $R$ and precision $P$ of calling everybody at or above the score
positive: the step-wise area under the precision-recall curve, without interpolation, as in scikit-learn. A useless model
has the prevalence, not 0.5. The interval is a percentile bootstrap over patients. Not estimable without an event.",
    references: &[
        "Davis J, Goadrich M. The relationship between precision-recall and ROC curves. ICML 2006:233-240.",
        "Saito T, Rehmsmeier M. The precision-recall plot is more informative than the ROC plot when evaluating binary classifiers on imbalanced datasets. PLoS One 2015;10:e0118432.",
    ],
    example: "evaluate PRIME_R on test by average_precision",
};

impl Metric for AveragePrecision {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        let (events, scores) = ranked(judged)?;
        let total = events.iter().filter(|event| **event).count() as f64;
        if total == 0.0 {
            return Err(NotEstimable::new(format!("no events among {} patients", events.len())));
        }
        let mut order = order(scores);
        order.reverse();
        let (mut found, mut sum) = (0.0, 0.0);
        each_tie(&order, scores, |start, end| {
            let here = order[start..end].iter().filter(|row| events[**row]).count() as f64;
            found += here;
            sum += here / total * (found / end as f64);
        });
        Ok(sum)
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, stream: &Stream) -> Estimate {
        bootstrapped(judged, plan, stream, self, "steps of the precision-recall curve")
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    // average_precision_score of scikit-learn.
    #[test]
    fn agrees_with_scikit_learn() {
        judge(&[false, false, true, true], &[0.1, 0.4, 0.35, 0.8], |judged| {
            assert!((AveragePrecision.score(judged).unwrap() - 0.8333333333333333).abs() < 1e-15);
        });
        judge(&[true, false, true], &[0.5, 0.5, 0.5], |judged| {
            assert!((AveragePrecision.score(judged).unwrap() - 2.0 / 3.0).abs() < 1e-15);
        });
    }
}
