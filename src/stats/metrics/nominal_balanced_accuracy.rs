use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{bootstrapped, classes};

/// Balanced accuracy of a nominal endpoint.
pub struct NominalBalancedAccuracy;

static CARD: Card = Card {
    name: "balanced_accuracy",
    title: "Balanced accuracy",
    role: Role::Metric,
    endpoints: &[EndpointKind::Nominal],
    parameters: &[],
    summary: "Mean over the classes of the share that is called rightly; one over the number of classes is chance.",
    documentation: r"$$\frac1c \sum_k \frac{1}{N_k} \sum_{i: y_i = k} [\hat y_i = k]$$

The mean of the classes' sensitivities, where the class $\hat y_i$ with the highest predicted probability is called, as scikit-learn's `balanced_accuracy_score`. The interval is a percentile bootstrap over patients. Not estimable
when a class has no patient.",
    references: &["Brodersen KH et al. The balanced accuracy and its posterior distribution. ICPR 2010:3121-3124."],
    example: "evaluate TYPE on test by balanced_accuracy",
};

impl Metric for NominalBalancedAccuracy {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        let ranked = classes(judged)?;
        let counts = ranked.classes.counts();
        let mut right = vec![0usize; counts.len()];
        for (called, class) in ranked.p.called().iter().zip(&ranked.classes.class) {
            if *called as usize == *class {
                right[*class] += 1;
            }
        }
        if let Some(none) = counts.iter().position(|count| *count == 0) {
            return Err(NotEstimable::new(format!("no patient is of class {}", ranked.classes.levels[none])));
        }
        let shares = right.iter().zip(&counts).map(|(right, count)| *right as f64 / *count as f64);
        Ok(shares.sum::<f64>() / counts.len() as f64)
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, stream: &Stream) -> Estimate {
        bootstrapped(judged, plan, stream, self, "most probable class")
    }
}
