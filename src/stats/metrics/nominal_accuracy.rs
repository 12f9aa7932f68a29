use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{classes, proportion_estimate, proportion_score};

/// Accuracy of a nominal endpoint.
pub struct NominalAccuracy;

static CARD: Card = Card {
    name: "accuracy",
    title: "Accuracy",
    role: Role::Metric,
    endpoints: &[EndpointKind::Nominal],
    parameters: &[],
    summary: "Share of patients whose most probable class is the observed one.",
    documentation: r"$$\frac1N \sum_i [\hat y_i = y_i]$$

The class $\hat y_i$ with the highest predicted probability is called, the first of equals. Read it beside the share of the commonest
class, which a constant answer reaches. The interval is Wilson's. No threshold is needed.",
    references: &[
        "Wilson EB. Probable inference, the law of succession, and statistical inference. J Am Stat Assoc 1927;22:209-212.",
    ],
    example: "evaluate TYPE on test by accuracy",
};

impl Metric for NominalAccuracy {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        proportion_score(right(judged)?, "no patients")
    }

    fn estimate(&self, judged: &Judged<'_>, plan: &IntervalPlan, _: &Stream) -> Estimate {
        // What is called rightly is no event of the endpoint.
        proportion_estimate(CARD.name, judged, plan, right(judged), "no patients").with_events(None)
    }
}

/// Patients called rightly, of how many.
fn right(judged: &Judged<'_>) -> Result<(usize, usize), NotEstimable> {
    let ranked = classes(judged)?;
    let called = ranked.p.called().iter().zip(&ranked.classes.class);
    Ok((called.filter(|(called, class)| **called as usize == **class).count(), ranked.classes.len()))
}
