//! Brier score of predicted survival, weighted for censoring; at a horizon, integrated, and
//! beside the Kaplan-Meier null model.

use ndarray::ArrayView1;

use super::censoring::{CensoringSurvival, Side};
use super::concordance::follow_up_of;
use super::error::{SurvivalError, check_follow_up, same_length};
use super::influence::Influenced;
use super::kaplan_meier::{Transform, kaplan_meier};
use super::life_table::{Counted, step_at};
use super::uno::{told, training_of};
use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::metric::IntervalPlan;
use crate::stats::{Censored, Direction, Estimate, Judged, Metric, NotEstimable, SurvivalCurves};

/// Brier score at `time` of the predicted `survival` at that time, one a patient:
/// the mean of `S^2 / G(T)` over those with the event by then and `(1 - S)^2 / G(t)` over those
/// followed beyond it.
///
/// # Errors
/// Input that does not fit, or weights that do not exist at `time`.
pub fn brier_at(
    training: &Censored,
    outcome: &Censored,
    survival: ArrayView1<'_, f64>,
    time: f64,
    side: Side,
) -> Result<Influenced, SurvivalError> {
    let free = CensoringSurvival::new(training)?;
    brier_with(&free, outcome, survival, time, side)
}

fn brier_with(
    free: &CensoringSurvival,
    outcome: &Censored,
    survival: ArrayView1<'_, f64>,
    time: f64,
    side: Side,
) -> Result<Influenced, SurvivalError> {
    check_follow_up(outcome)?;
    same_length("the predicted survival", outcome.len(), survival.len())?;
    if let Some(row) = survival.iter().position(|s| !(0.0..=1.0).contains(s)) {
        return Err(SurvivalError::because(format!("the predicted survival of row {row} is not between 0 and 1")));
    }
    let n = outcome.len() as f64;
    let weight = |time: f64, side: Side| {
        free.at(time, side).map_err(|reason| SurvivalError::NotEstimable { reason: reason.reason })
    };
    let beyond = if outcome.time.iter().any(|other| *other > time) { weight(time, Side::At)? } else { 1.0 };
    let mut losses = Vec::with_capacity(outcome.len());
    for (row, s) in survival.iter().enumerate() {
        losses.push(if outcome.time[row] > time {
            (1.0 - s).powi(2) / beyond
        } else if outcome.event[row] == 1 {
            s * s / weight(outcome.time[row], side)?
        } else if outcome.event[row] > 1 {
            // A competing event by then: the event will not come.
            (1.0 - s).powi(2) / weight(outcome.time[row], side)?
        } else {
            0.0
        });
    }
    let value = losses.iter().sum::<f64>() / n;
    let influence = losses.into_iter().map(|loss| (loss - value) / n).collect();
    let events = (0..outcome.len()).filter(|row| outcome.event[*row] == 1 && outcome.time[*row] <= time).count();
    Ok(Influenced { value, influence, events })
}

/// Brier score at each time of the curves that is in `[low, high]`, and its mean over time by the
/// trapezoidal rule, as scikit-survival's `integrated_brier_score`.
///
/// # Errors
/// As [`brier_at`]; fewer than two times.
pub fn integrated_brier(
    training: &Censored,
    outcome: &Censored,
    curves: &SurvivalCurves,
    (low, high): (f64, f64),
    side: Side,
) -> Result<(Vec<(f64, f64)>, Influenced), SurvivalError> {
    let free = CensoringSurvival::new(training)?;
    let inside: Vec<usize> = (0..curves.times.len()).filter(|at| (low..=high).contains(&curves.times[*at])).collect();
    let (Some(first), Some(last)) = (inside.first(), inside.last()) else {
        return Err(SurvivalError::because(format!("the predicted curves have no time between {low} and {high}")));
    };
    let span = curves.times[*last] - curves.times[*first];
    if span.is_nan() || span <= 0.0 {
        return Err(SurvivalError::because("an integral needs predicted survival at two times or more"));
    }
    let mut mean = Influenced { value: 0.0, influence: vec![0.0; outcome.len()], events: outcome.events() };
    let mut values = Vec::with_capacity(inside.len());
    for (index, at) in inside.iter().enumerate() {
        let time = curves.times[*at];
        let left = if index > 0 { time - curves.times[inside[index - 1]] } else { 0.0 };
        let right = inside.get(index + 1).map_or(0.0, |next| curves.times[*next] - time);
        let weight = 0.5 * (left + right) / span;
        let score = brier_with(&free, outcome, curves.survival.column(*at), time, side)?;
        mean.value += weight * score.value;
        mean.influence.iter_mut().zip(&score.influence).for_each(|(sum, value)| *sum += weight * value);
        values.push((time, score.value));
    }
    Ok((values, mean))
}

/// The null model: everybody has the Kaplan-Meier estimate of `training`.
///
/// # Errors
/// Follow-up that does not fit.
pub fn null_curves(training: &Censored, n: usize, times: &[f64]) -> Result<SurvivalCurves, SurvivalError> {
    let km = kaplan_meier(training, None, Counted::Event, Transform::Log, 0.95)?;
    let values: Vec<f64> = times.iter().map(|time| km.at(*time)).collect();
    let survival = ndarray::Array2::from_shape_fn((n, times.len()), |(_, at)| values[at]);
    Ok(SurvivalCurves { times: times.to_vec(), survival })
}

/// Predicted survival of each patient just after `time`, by the last step not after it.
///
/// # Errors
/// The curves end before `time`.
pub fn survival_at(curves: &SurvivalCurves, time: f64) -> Result<ndarray::Array1<f64>, NotEstimable> {
    match curves.times.last() {
        Some(last) if *last >= time => {
            Ok(curves.survival.rows().into_iter().map(|row| step_at(&curves.times, &row.to_vec(), 1.0, time)).collect())
        }
        _ => Err(NotEstimable::new(format!("the predicted curves end before {time}"))),
    }
}

fn curves_of<'a>(judged: &Judged<'a>) -> Result<&'a SurvivalCurves, NotEstimable> {
    judged.curves.ok_or_else(|| NotEstimable::new("the model predicts a ranking, not survival"))
}

/// The metric `Brier` of a censored endpoint.
pub struct BrierAtHorizon;

static CARD: Card = Card {
    name: "Brier",
    title: "Brier score at a horizon",
    role: Role::Metric,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "Mean squared error of the predicted survival at a horizon, weighted for censoring.",
    documentation: "\
At the horizon `t`, `(1/n) sum [ S_i(t)^2 1(T_i <= t, event) / G(T_i) + (1 - S_i(t))^2 1(T_i > t) / G(t) ]`, with `G` the \
reverse Kaplan-Meier estimate on the training rows (on the judged rows where there are none). 0 is perfect; the \
Kaplan-Meier null model has about `S(t) (1 - S(t))`. Values are those of scikit-survival's `brier_score`; the interval \
is normal with the variance of the mean, weights taken as known. Needs predicted survival.",
    references: &[
        "Graf E, Schmoor C, Sauerbrei W, Schumacher M. Assessment and comparison of prognostic classification schemes for \
survival data. Statistics in Medicine 1999;18:2529-2545.",
    ],
    example: "evaluate PRIME_S on test by Brier at 24",
};

fn judge(judged: &Judged<'_>) -> Result<Influenced, NotEstimable> {
    let outcome = follow_up_of(judged)?;
    let horizon = judged.horizon.ok_or_else(|| NotEstimable::new("no horizon was given"))?;
    let survival = survival_at(curves_of(judged)?, horizon)?;
    Ok(brier_at(training_of(judged)?, outcome, survival.view(), horizon, Side::At)?)
}

impl Metric for BrierAtHorizon {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Lower
    }

    fn needs_curves(&self) -> bool {
        true
    }

    fn needs_horizon(&self) -> bool {
        true
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        judge(judged).map(|result| result.value)
    }

    fn estimate(&self, judged: &Judged<'_>, intervals: &IntervalPlan, _stream: &Stream) -> Estimate {
        told(judge(judged), judged, CARD.name, "IPCW; normal interval of the mean, weights as known", intervals.level)
    }
}

/// The metric `IBS`.
pub struct IntegratedBrier;

static INTEGRATED: Card = Card {
    name: "IBS",
    title: "Integrated Brier score",
    role: Role::Metric,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "Mean over time of the Brier score of predicted survival, weighted for censoring.",
    documentation: "\
The Brier score (see `Brier`) at the times of the predicted curves that lie within the follow-up of the judged rows \
and before the end of the training follow-up (up to the horizon, if one is given), integrated by the trapezoidal rule \
and divided by the span. Values are those of scikit-survival's `integrated_brier_score` on the same times; the interval \
is normal, weights taken as known. Needs predicted survival at two times or more.",
    references: &[
        "Graf E, Schmoor C, Sauerbrei W, Schumacher M. Assessment and comparison of prognostic classification schemes for \
survival data. Statistics in Medicine 1999;18:2529-2545.",
    ],
    example: "evaluate PRIME_S on test by IBS",
};

/// The times over which the metrics integrate: followed by patients of both sets.
fn window(training: &Censored, outcome: &Censored, horizon: Option<f64>) -> (f64, f64) {
    let first = outcome.time.iter().copied().fold(f64::INFINITY, f64::min);
    let last = outcome.time.iter().copied().fold(0.0, f64::max);
    let known = training.time.iter().copied().fold(0.0, f64::max);
    // The end itself has no weight where the last patient is censored.
    let end = last.min(known).next_down();
    (first, horizon.map_or(end, |horizon| horizon.min(end)))
}

fn judge_integrated(judged: &Judged<'_>) -> Result<Influenced, NotEstimable> {
    let (training, outcome) = (training_of(judged)?, follow_up_of(judged)?);
    let window = window(training, outcome, judged.horizon);
    Ok(integrated_brier(training, outcome, curves_of(judged)?, window, Side::At)?.1)
}

impl Metric for IntegratedBrier {
    fn card(&self) -> &'static Card {
        &INTEGRATED
    }

    fn direction(&self) -> Direction {
        Direction::Lower
    }

    fn needs_curves(&self) -> bool {
        true
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        judge_integrated(judged).map(|result| result.value)
    }

    fn estimate(&self, judged: &Judged<'_>, intervals: &IntervalPlan, _stream: &Stream) -> Estimate {
        let how = "IPCW, trapezoidal over time; normal interval of the mean, weights as known";
        told(judge_integrated(judged), judged, INTEGRATED.name, how, intervals.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::array;

    #[test]
    fn without_censoring_it_is_the_mean_squared_error() {
        let outcome = Censored::new(vec![1.0, 2.0, 3.0], vec![1, 1, 1]);
        let score = brier_at(&outcome, &outcome, array![0.2, 0.5, 0.7].view(), 2.0, Side::At).unwrap();
        assert!((score.value - (0.04 + 0.25 + 0.09) / 3.0).abs() < 1e-15);
    }

    #[test]
    fn degenerate_input_is_named() {
        let outcome = Censored::new(vec![1.0, 2.0, 3.0], vec![1, 0, 0]);
        assert!(brier_at(&outcome, &outcome, array![2.0, 0.5, 0.7].view(), 2.0, Side::At).is_err());
        assert!(brier_at(&outcome, &outcome, array![0.5, 0.7].view(), 2.0, Side::At).is_err());
        let short = Censored::new(vec![1.0, 1.5], vec![1, 0]);
        let error = brier_at(&short, &outcome, array![0.1, 0.5, 0.7].view(), 2.0, Side::At).unwrap_err();
        assert!(error.to_string().contains("followed"), "{error}");
        let curves = null_curves(&outcome, 3, &[2.0]).unwrap();
        assert!(integrated_brier(&outcome, &outcome, &curves, (0.0, 9.0), Side::At).is_err());
        assert!(survival_at(&curves, 2.5).is_err());
    }
}
