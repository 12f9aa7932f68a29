use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::{Direction, Estimate, IntervalPlan, Judged, Metric, NotEstimable};

use super::{mean_estimate, mean_score, probabilities};

/// Logarithmic loss.
pub struct LogLoss;

static CARD: Card = Card {
    name: "log_loss",
    title: "Logarithmic loss",
    role: Role::Metric,
    endpoints: &[EndpointKind::Binary],
    parameters: &[],
    summary: "Mean negative log-likelihood of the outcomes under the predicted probabilities; lower is better.",
    documentation: r"$$-\frac1N \sum_i y_i \ln p_i + (1 - y_i) \ln (1 - p_i)$$

in natural logarithms. Probabilities are kept at least $2^{-52}$ away from 0 and 1, as scikit-learn does, so that a single
certain and wrong prediction costs about 36 and not infinity. The interval is the normal one of a mean.",
    references: &["Good IJ. Rational decisions. J R Stat Soc B 1952;14:107-114."],
    example: "evaluate PRIME_R on test by log_loss",
};

fn losses(judged: &Judged<'_>) -> Result<Vec<f64>, NotEstimable> {
    let (events, p) = probabilities(judged)?;
    Ok(events
        .iter()
        .zip(p)
        .map(|(event, p)| {
            let p = p.clamp(f64::EPSILON, 1.0 - f64::EPSILON);
            if *event { -p.ln() } else { -(-p).ln_1p() }
        })
        .collect())
}

impl Metric for LogLoss {
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

#[cfg(test)]
mod tests {
    use super::super::tests::judge;
    use super::*;

    #[test]
    fn certain_and_wrong_is_finite() {
        judge(&[true, false], &[0.5, 0.5], |judged| {
            assert!((LogLoss.score(judged).unwrap() - std::f64::consts::LN_2).abs() < 1e-15);
        });
        judge(&[true, false], &[0.0, 1.0], |judged| {
            assert!((LogLoss.score(judged).unwrap() - 36.04365338911715).abs() < 1e-9);
        });
    }
}
