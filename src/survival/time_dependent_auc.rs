//! Time-dependent AUC, cumulative cases and dynamic controls, weighted for censoring; at a
//! horizon and integrated over time.

use super::censoring::{CensoringSurvival, Side};
use super::concordance::follow_up_of;
use super::error::{SurvivalError, check_follow_up, same_length};
use super::influence::Influenced;
use super::kaplan_meier::{Transform, kaplan_meier};
use super::life_table::Counted;
use super::uno::{told, training_of};
use crate::card::{Card, EndpointKind, Role};
use crate::random::Stream;
use crate::stats::metric::IntervalPlan;
use crate::stats::{Censored, Direction, Estimate, Judged, Metric, NotEstimable};

/// AUC at `time`: the weighted share of pairs of a case (event up to `time`) and a control
/// (followed beyond it) in which the case has the higher score, ties one half. Cases weigh
/// `1 / G(T)`; a competing event up to `time` makes neither case nor control.
///
/// # Errors
/// Input that does not fit, no case or no control at `time`, or weights that do not exist.
pub fn auc_at(
    training: &Censored,
    outcome: &Censored,
    scores: &[f64],
    time: f64,
    side: Side,
) -> Result<Influenced, SurvivalError> {
    let prepared = Prepared::new(training, outcome, scores, side)?;
    prepared.at(time)
}

/// Scores in order and weights, for many times.
struct Prepared<'a> {
    outcome: &'a Censored,
    scores: &'a [f64],
    /// Rows by ascending score.
    order: Vec<usize>,
    free: CensoringSurvival,
    side: Side,
}

impl<'a> Prepared<'a> {
    fn new(training: &Censored, outcome: &'a Censored, scores: &'a [f64], side: Side) -> Result<Self, SurvivalError> {
        check_follow_up(outcome)?;
        same_length("the risk score", outcome.len(), scores.len())?;
        if let Some(row) = scores.iter().position(|score| score.is_nan()) {
            return Err(SurvivalError::Covariate { column: "risk score".to_owned(), row });
        }
        let mut order: Vec<usize> = (0..outcome.len()).collect();
        order.sort_by(|a, b| scores[*a].total_cmp(&scores[*b]));
        Ok(Prepared { outcome, scores, order, free: CensoringSurvival::new(training)?, side })
    }

    fn at(&self, time: f64) -> Result<Influenced, SurvivalError> {
        let n = self.outcome.len();
        let mut weight = vec![0.0; n];
        let mut cases = 0usize;
        let mut case_weight = 0.0;
        let mut controls = 0.0;
        for (row, weight) in weight.iter_mut().enumerate() {
            if self.outcome.time[row] > time {
                controls += 1.0;
            } else if self.outcome.event[row] == 1 {
                let g = self
                    .free
                    .at(self.outcome.time[row], self.side)
                    .map_err(|reason| SurvivalError::NotEstimable { reason: reason.reason })?;
                *weight = 1.0 / g;
                case_weight += *weight;
                cases += 1;
            }
        }
        if cases == 0 {
            return Err(SurvivalError::because(format!("no events up to {time} among {n} patients")));
        }
        if controls == 0.0 {
            return Err(SurvivalError::because(format!("nobody of {n} patients is followed beyond {time}")));
        }
        // Share of controls below each case, and weighted share of cases above each control.
        let mut share = vec![0.0; n];
        let (mut controls_below, mut cases_below, mut sum) = (0.0, 0.0, 0.0);
        let mut at = 0;
        while at < n {
            let first = at;
            let score = self.scores[self.order[at]];
            let (mut tied_controls, mut tied_cases) = (0.0, 0.0);
            while at < n && self.scores[self.order[at]] == score {
                let row = self.order[at];
                if self.outcome.time[row] > time {
                    tied_controls += 1.0;
                } else {
                    tied_cases += weight[row];
                }
                at += 1;
            }
            for row in &self.order[first..at] {
                if self.outcome.time[*row] > time {
                    share[*row] = (case_weight - cases_below - 0.5 * tied_cases) / case_weight;
                } else if weight[*row] > 0.0 {
                    share[*row] = (controls_below + 0.5 * tied_controls) / controls;
                    sum += weight[*row] * share[*row];
                }
            }
            controls_below += tied_controls;
            cases_below += tied_cases;
        }
        let value = sum / case_weight;
        let influence = (0..n)
            .map(|row| {
                if self.outcome.time[row] > time {
                    (share[row] - value) / controls
                } else {
                    weight[row] * (share[row] - value) / case_weight
                }
            })
            .collect();
        Ok(Influenced { value, influence, events: cases })
    }
}

/// AUC at each of ascending `times`, and their mean weighted by the drops of the Kaplan-Meier
/// estimate of `outcome` between them, as scikit-survival's `cumulative_dynamic_auc` does.
///
/// # Errors
/// As [`auc_at`] for any of the times; no times.
pub fn integrated_auc(
    training: &Censored,
    outcome: &Censored,
    scores: &[f64],
    times: &[f64],
    side: Side,
) -> Result<(Vec<f64>, Influenced), SurvivalError> {
    let prepared = Prepared::new(training, outcome, scores, side)?;
    let km = kaplan_meier(outcome, None, Counted::Event, Transform::Log, 0.95)?;
    let mut last = 1.0;
    let mut mean = Influenced { value: 0.0, influence: vec![0.0; outcome.len()], events: outcome.events() };
    let mut values = Vec::with_capacity(times.len());
    let mut total = 0.0;
    for time in times {
        let auc = prepared.at(*time)?;
        let survival = km.at(*time);
        let drop = last - survival;
        last = survival;
        total += drop;
        mean.value += drop * auc.value;
        mean.influence.iter_mut().zip(&auc.influence).for_each(|(sum, value)| *sum += drop * value);
        values.push(auc.value);
    }
    if total.is_nan() || total <= 0.0 {
        return Err(SurvivalError::because("no event falls between the times of the integral"));
    }
    mean.value /= total;
    mean.influence.iter_mut().for_each(|value| *value /= total);
    Ok((values, mean))
}

/// Distinct event times at which there are cases, controls and weights: the grid of the
/// integrated metrics, up to `limit` if given.
pub fn event_grid(training: &Censored, outcome: &Censored, limit: Option<f64>) -> Vec<f64> {
    let last = outcome.time.iter().copied().fold(0.0, f64::max);
    let known = training.time.iter().copied().fold(0.0, f64::max);
    let mut times: Vec<f64> = (0..outcome.len())
        .filter(|row| outcome.event[*row] == 1)
        .map(|row| outcome.time[row])
        .filter(|time| *time < last && *time < known && limit.is_none_or(|limit| *time <= limit))
        .collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

/// The metric `AUC` of a censored endpoint.
pub struct AucAtHorizon;

static CARD: Card = Card {
    name: "AUC",
    title: "Time-dependent AUC",
    role: Role::Metric,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "Area under the ROC curve of the event up to a horizon against survival beyond it.",
    documentation: "\
Cumulative cases and dynamic controls: a case had the event up to the horizon `t`, a control was followed beyond it. \
Cases weigh `1 / G(T)` with `G` the reverse Kaplan-Meier estimate on the training rows (on the judged rows where there \
are none); patients censored before `t` are represented by those weights. \
`AUC(t) = sum_cases w_i (controls below + half of those equal) / (sum w_i * controls)`. Values are those of \
scikit-survival's `cumulative_dynamic_auc`; the interval is normal with the infinitesimal jackknife variance, weights \
taken as known. Not estimable without cases or controls at the horizon.",
    references: &[
        "Uno H, Cai T, Tian L, Wei LJ. Evaluating prediction rules for t-year survivors with censored regression models. \
JASA 2007;102:527-537.",
    ],
    example: "evaluate PRIME_S on test by AUC at 24",
};

fn judge(judged: &Judged<'_>) -> Result<Influenced, NotEstimable> {
    let outcome = follow_up_of(judged)?;
    let horizon = judged.horizon.ok_or_else(|| NotEstimable::new("no horizon was given"))?;
    Ok(auc_at(training_of(judged)?, outcome, judged.prediction.scores(), horizon, Side::At)?)
}

impl Metric for AucAtHorizon {
    fn card(&self) -> &'static Card {
        &CARD
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn needs_horizon(&self) -> bool {
        true
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        judge(judged).map(|result| result.value)
    }

    fn estimate(&self, judged: &Judged<'_>, intervals: &IntervalPlan, _stream: &Stream) -> Estimate {
        let how = "cumulative/dynamic, IPCW; infinitesimal jackknife, weights as known";
        told(judge(judged), judged, CARD.name, how, intervals.level)
    }
}

/// The metric `iAUC`.
pub struct IntegratedAuc;

static INTEGRATED: Card = Card {
    name: "iAUC",
    title: "Integrated time-dependent AUC",
    role: Role::Metric,
    endpoints: &[EndpointKind::Survival],
    parameters: &[],
    summary: "Mean of the time-dependent AUC over event times, weighted by the drops of survival.",
    documentation: "\
`sum AUC(t_k) (S(t_{k-1}) - S(t_k)) / (1 - S(t_last))` over the distinct event times of the judged rows before the end \
of follow-up (up to the horizon, if one is given), with `S` their Kaplan-Meier estimate. `AUC(t)` as in `AUC`. \
scikit-survival's `cumulative_dynamic_auc` gives the same mean on the same times.",
    references: &[
        "Lambert J, Chevret S. Summary measure of discrimination in survival models based on cumulative/dynamic \
time-dependent ROC curves. Statistical Methods in Medical Research 2016;25:2088-2102.",
    ],
    example: "evaluate PRIME_S on test by iAUC",
};

fn judge_integrated(judged: &Judged<'_>) -> Result<Influenced, NotEstimable> {
    let (training, outcome) = (training_of(judged)?, follow_up_of(judged)?);
    let times = event_grid(training, outcome, judged.horizon);
    Ok(integrated_auc(training, outcome, judged.prediction.scores(), &times, Side::At)?.1)
}

impl Metric for IntegratedAuc {
    fn card(&self) -> &'static Card {
        &INTEGRATED
    }

    fn direction(&self) -> Direction {
        Direction::Higher
    }

    fn score(&self, judged: &Judged<'_>) -> Result<f64, NotEstimable> {
        judge_integrated(judged).map(|result| result.value)
    }

    fn estimate(&self, judged: &Judged<'_>, intervals: &IntervalPlan, _stream: &Stream) -> Estimate {
        let how = "mean over event times; infinitesimal jackknife, weights as known";
        told(judge_integrated(judged), judged, INTEGRATED.name, how, intervals.level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_censoring_it_is_the_auc_of_the_event_by_then() {
        let outcome = Censored::new(vec![1.0, 2.0, 3.0, 4.0, 5.0], vec![1, 1, 1, 1, 1]);
        let scores = [5.0, 1.0, 3.0, 3.0, 0.0];
        let auc = auc_at(&outcome, &outcome, &scores, 3.0, Side::At).unwrap();
        // Cases 5, 1, 3 against controls 3, 0: 2 + 1 + 1.5 of 6.
        assert!((auc.value - 4.5 / 6.0).abs() < 1e-15);
        assert!(auc.influence.iter().sum::<f64>().abs() < 1e-15);
    }

    #[test]
    fn degenerate_times_are_named() {
        let outcome = Censored::new(vec![1.0, 2.0, 3.0], vec![0, 1, 0]);
        let scores = [1.0, 2.0, 3.0];
        let fails = |time: f64| auc_at(&outcome, &outcome, &scores, time, Side::At).unwrap_err().to_string();
        assert!(fails(1.0).contains("no events"));
        assert!(fails(3.0).contains("beyond"));
        let grid = event_grid(&outcome, &outcome, Some(1.5));
        assert!(integrated_auc(&outcome, &outcome, &scores, &grid, Side::At).is_err());
    }
}
