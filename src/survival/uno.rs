//! Uno's concordance index: Harrell's pairs, weighted so that the limit does not depend on the
//! distribution of censoring.

use super::censoring::{CensoringSurvival, Side};
use super::concordance::{Weights, follow_up_of, weighted_by_event, within};
use super::error::SurvivalError;
use super::influence::Influenced;
use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::estimate::SAME_SCORE;
use crate::stats::metric::IntervalPlan;
use crate::stats::{Censored, Direction, Estimate, Judged, Metric, NotEstimable, Outcome};

/// Uno's C up to `limit` (pairs whose event is before it; all if absent), with `G` from
/// `training`. Weights are taken as known in the influence.
///
/// # Errors
/// Input that does not fit, no events before the limit, no comparable pair, or an event beyond
/// the training follow-up.
pub fn uno(
    training: &Censored,
    outcome: &Censored,
    scores: &[f64],
    limit: Option<f64>,
    side: Side,
) -> Result<Influenced, SurvivalError> {
    let weights = by_censoring(training, outcome, limit, side)?;
    let result = weighted_by_event(outcome, scores, &weights)?;
    Ok(Influenced { value: result.c, influence: result.influence, events: result.events })
}

/// `1 / G(T)^2` of each event before the limit.
fn by_censoring(
    training: &Censored,
    outcome: &Censored,
    limit: Option<f64>,
    side: Side,
) -> Result<Vec<f64>, SurvivalError> {
    let free = CensoringSurvival::new(training)?;
    let mut weights = vec![0.0; outcome.len()];
    let mut any = false;
    for row in (0..outcome.len()).filter(|row| outcome.event[*row] == 1) {
        if limit.is_none_or(|limit| outcome.time[row] < limit) {
            let g = free
                .at(outcome.time[row], side)
                .map_err(|reason| SurvivalError::NotEstimable { reason: reason.reason })?;
            weights[row] = 1.0 / (g * g);
            any = true;
        }
    }
    if let (false, Some(limit)) = (any, limit) {
        return Err(SurvivalError::because(format!("no events before {limit}")));
    }
    Ok(weights)
}

/// The follow-up that gives the censoring distribution.
pub(crate) fn training_of<'a>(judged: &Judged<'a>) -> Result<&'a Censored, NotEstimable> {
    match judged.training {
        None => follow_up_of(judged),
        Some(Outcome::Survival(censored)) => Ok(censored),
        Some(_) => Err(NotEstimable::new("the training endpoint is not a time to an event")),
    }
}

/// The metric `Uno-C`.
pub struct UnoC;

static CARD: Card = Card {
    name: "Uno-C",
    title: "Uno's concordance index",
    role: Role::Metric,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "Concordance of comparable pairs, weighted by the inverse probability of censoring.",
    documentation: "\
Pairs as in `C-index`, each weighted by `1 / G(T)^2` where `T` is the time of its event and `G` the reverse \
Kaplan-Meier estimate on the training rows (on the judged rows where there are none). With a horizon only events \
before it count. Values are those of scikit-survival's `concordance_index_ipcw`; the interval is normal with the \
infinitesimal jackknife variance, weights taken as known. Not estimable when an event lies beyond the training \
follow-up: ask for a horizon. Out of fold only pairs of patients of one fold are counted, as for `C-index`.",
    references: &[
        "Uno H, Cai T, Pencina MJ, D'Agostino RB, Wei LJ. On the C-statistics for evaluating overall adequacy of risk \
prediction procedures with censored survival data. Statistics in Medicine 2011;30:1105-1117.",
    ],
    example: "evaluate PRIME_S on test by Uno-C",
};

fn judge(judged: &Judged<'_>) -> Result<Influenced, NotEstimable> {
    let outcome = follow_up_of(judged)?;
    if let Some(strata) = judged.held {
        let weights = by_censoring(training_of(judged)?, outcome, judged.horizon, Side::At)?;
        return Ok(within(outcome, strata, &Weights::ByEvent(weights))?.0);
    }
    Ok(uno(training_of(judged)?, outcome, judged.prediction.scores(), judged.horizon, Side::At)?)
}

impl Metric for UnoC {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        judge(judged).map(|result| result.value)
    }

    fn estimate(&self, judged: &Judged<'_>, intervals: &IntervalPlan, _stream: &Stream) -> Estimate {
        let how = match judged.held {
            Some(_) => "Uno's C, pairs within a fold; infinitesimal jackknife, weights as known",
            None => "Uno's C; infinitesimal jackknife, weights as known",
        };
        told(judge(judged), judged, CARD.name, how, intervals.level)
    }
}

/// The estimate of a statistic within 0 and 1, or why there is none.
pub(crate) fn told(
    result: Result<Influenced, NotEstimable>,
    judged: &Judged<'_>,
    name: &str,
    how: &str,
    level: f64,
) -> Estimate {
    match result {
        Ok(result) => {
            let mut estimate = result.estimate(name, how, level, 0.0, 1.0);
            if estimate.interval.is_none() && judged.prediction.is_constant() {
                estimate.no_interval = Some(SAME_SCORE.to_owned());
            }
            estimate
        }
        Err(reason) => {
            Estimate::not_estimable(name, judged.outcome.len(), reason.reason).with_events(judged.outcome.events())
        }
    }
}
