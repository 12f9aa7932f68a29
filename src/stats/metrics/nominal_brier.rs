use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{classes, mean_estimate, mean_score};

/// Brier score of a nominal endpoint.
pub struct NominalBrier;

static CARD: Card = Card {
    name: "Brier",
    title: "Brier score",
    role: Role::Metric,
    endpoints: &[EndpointKind::Nominal],
    parameters: &[],
    summary: "Mean squared difference between the predicted probabilities of all classes and the observed one; lower is better.",
    documentation: r"$$\mathrm{BS} = \frac1N \sum_i \sum_k (p_{ik} - y_{ik})^2,$$

Brier's original form: 0 is perfect, 2 the worst. With two classes it is twice the score of a binary endpoint. The interval
is the normal one of a mean, bounded below by 0.",
    references: &[
        "Brier GW. Verification of forecasts expressed in terms of probability. Mon Weather Rev 1950;78:1-3.",
    ],
    example: "evaluate TYPE on test by Brier",
};

impl Metric for NominalBrier {
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
        p.iter().enumerate().map(|(level, p)| (p - f64::from(u8::from(level == *class))).powi(2)).sum()
    };
    Ok(ranked.classes.class.iter().enumerate().map(loss).collect())
}
