use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{classes, mean_estimate, mean_score};

/// Logarithmic loss of a nominal endpoint.
pub struct NominalLogLoss;

static CARD: Card = Card {
    name: "log_loss",
    title: "Logarithmic loss",
    role: Role::Metric,
    endpoints: &[EndpointKind::Nominal],
    parameters: &[],
    summary: "Mean negative logarithm of the predicted probability of the observed class; lower is better.",
    documentation: r"$$-\frac1N \sum_i \log p_{i, y_i}$$

Probabilities below 2.2e-16 are raised to that, so that one that is certain and wrong is finite, as scikit-learn's
`log_loss`. Predicting the classes' shares for everybody gives their entropy. The interval is the normal one of a mean,
bounded below by 0.",
    references: &["Good IJ. Rational decisions. J R Stat Soc B 1952;14:107-114."],
    example: "evaluate TYPE on test by log_loss",
};

impl Metric for NominalLogLoss {
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

fn losses(judged: &Judged<'_>) -> Result<Vec<f64>, NotEstimable> {
    let ranked = classes(judged)?;
    let loss = |(row, class): (usize, &usize)| {
        let p = ranked.p.row(row);
        -p.get(*class).copied().unwrap_or(0.0).clamp(f64::EPSILON, 1.0).ln()
    };
    Ok(ranked.classes.class.iter().enumerate().map(loss).collect())
}
