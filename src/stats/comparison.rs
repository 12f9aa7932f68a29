//! Comparison of models on the same patients.

use serde::{Deserialize, Serialize};

use crate::progress::Watch;
use crate::random::Stream;

use super::bootstrap::{ResampleFault, Units, described, percentile, replicates};
use super::delong::{Placements, paired, placements, placements_within};
use super::estimate::{Estimate, NotEstimable};
use super::metric::{IntervalPlan, Judged, Metric};
use super::multiplicity::{Adjustment, adjust_present};
use super::outcome::Outcome;

/// The difference of a metric between two models, first minus second.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    pub metric: String,
    pub first: String,
    pub second: String,
    pub difference: Estimate,
    /// Two-sided; `None` when it cannot be told.
    pub p: Option<f64>,
    /// Adjusted within the family of comparisons.
    pub p_adjusted: Option<f64>,
}

/// Compares two models on the same patients: by DeLong's test for the AUC where each has one row,
/// otherwise by resampling patients with all their rows, whose p-value is twice the smaller share of
/// resampled differences on either side of 0 (`(1 + count) / (1 + resamples)`).
///
/// # Errors
/// The outcomes of the two are not the same; stopped. A difference that is not estimable is told
/// in the estimate.
pub fn compare(
    metric: &dyn Metric,
    first: (&str, &Judged<'_>),
    second: (&str, &Judged<'_>),
    plan: &IntervalPlan,
    stream: &Stream,
    watch: &Watch,
) -> Result<Comparison, ResampleFault> {
    let (a, b) = (first.1, second.1);
    if a.outcome != b.outcome {
        return Err(NotEstimable::new("the two models were judged on different patients or outcomes").into());
    }
    let name = metric.card().name;
    let n = a.outcome.len();
    let title = format!("difference in {name}");
    let told = |difference: Estimate, p: Option<f64>| Comparison {
        metric: name.to_owned(),
        first: first.0.to_owned(),
        second: second.0.to_owned(),
        difference: difference.with_events(a.outcome.events()),
        p,
        p_adjusted: None,
    };
    let (score_a, score_b) = match (metric.score(a), metric.score(b)) {
        (Ok(a), Ok(b)) => (a, b),
        (Err(fault), _) | (_, Err(fault)) => {
            return Ok(told(Estimate::not_estimable(title, n, fault.reason), None));
        }
    };
    if let (true, None, Outcome::Binary(events)) = (name == "AUC", a.patients, a.outcome) {
        let how = if a.held.is_some() || b.held.is_some() {
            "paired DeLong, of pairs within a fold"
        } else {
            "paired DeLong"
        };
        let placed = |judged: &Judged<'_>| -> Result<Placements, NotEstimable> {
            match judged.held {
                Some(strata) => Ok(placements_within(events, strata)?.0),
                None => placements(events, judged.prediction.scores()),
            }
        };
        let constant = (a.prediction.is_constant(), b.prediction.is_constant());
        let test = placed(a).and_then(|first| paired(&first, &placed(b)?, constant, plan.level));
        return Ok(match test {
            Ok(test) => {
                let estimate = Estimate::new(title, score_a - score_b, n, how);
                let interval = test.effect.and_then(|effect| effect.interval);
                let estimate = match interval {
                    Some(interval) => estimate.within(interval.lower, interval.upper, plan.level),
                    None => estimate,
                };
                told(estimate, Some(test.p))
            }
            Err(fault) => {
                let estimate = Estimate::new(title, score_a - score_b, n, how);
                told(Estimate { no_interval: Some(fault.reason), ..estimate }, None)
            }
        });
    }
    let units = a.patients.map_or_else(|| Units::rows(n), Units::of);
    let values = replicates(&units, plan.resamples, &stream.named("comparison"), watch, |rows| {
        a.score_on(metric, rows) - b.score_on(metric, rows)
    })?;
    let how = format!("paired by patient; {}", described("percentile", &values));
    let estimate = Estimate::new(title, score_a - score_b, n, how);
    Ok(match percentile(&values, plan.level) {
        Some((lower, upper)) => {
            let finite = values.iter().filter(|value| value.is_finite()).count() as f64;
            let below = values.iter().filter(|value| **value <= 0.0).count() as f64;
            let above = values.iter().filter(|value| **value >= 0.0).count() as f64;
            let p = (2.0 * (1.0 + below.min(above)) / (1.0 + finite)).min(1.0);
            told(estimate.within(lower, upper, plan.level), Some(p))
        }
        None => {
            let reason = "fewer than ten resamples could be estimated".to_owned();
            told(Estimate { no_interval: Some(reason), ..estimate }, None)
        }
    })
}

/// Adjusts the p-values of a family of comparisons.
pub fn adjust_family(comparisons: &mut [Comparison], how: Adjustment) {
    let p: Vec<Option<f64>> = comparisons.iter().map(|comparison| comparison.p).collect();
    for (comparison, p) in comparisons.iter_mut().zip(adjust_present(&p, how)) {
        comparison.p_adjusted = p;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::Prediction;
    use crate::stats::metrics::{Auc, Brier};

    #[test]
    fn a_better_model_is_found_and_a_model_equals_itself() {
        let n = 120;
        let events: Vec<bool> = (0..n).map(|i| i % 3 == 0).collect();
        let good: Vec<f64> =
            (0..n).map(|i| if i % 3 == 0 { 0.6 } else { 0.2 } + 0.3 * ((i * 7) % 11) as f64 / 11.0).collect();
        let poor: Vec<f64> = (0..n).map(|i| 0.2 + 0.3 * ((i * 5) % 13) as f64 / 13.0).collect();
        let outcome = Outcome::Binary(events);
        let (good, poor) = (Prediction::Probability(good), Prediction::Probability(poor));
        let judged = |prediction| Judged {
            outcome: &outcome,
            prediction,
            held: None,
            patients: None,
            curves: None,
            training: None,
            horizon: None,
            threshold: None,
        };
        let plan = IntervalPlan { resamples: 200, ..IntervalPlan::default() };
        let (stream, watch) = (Stream::root(1), Watch::silent());
        let mut family: Vec<Comparison> = [&Auc as &dyn Metric, &Brier]
            .into_iter()
            .map(|metric| {
                compare(metric, ("good", &judged(&good)), ("poor", &judged(&poor)), &plan, &stream, &watch).unwrap()
            })
            .collect();
        assert!(family.iter().all(|comparison| comparison.p.unwrap() < 0.05));
        adjust_family(&mut family, Adjustment::Holm);
        assert!(family[0].p_adjusted >= family[0].p);
        let same = compare(&Auc, ("a", &judged(&good)), ("b", &judged(&good)), &plan, &stream, &watch).unwrap();
        assert_eq!(same.difference.value, Ok(0.0));
        assert!(same.p.is_none() && same.difference.no_interval.is_some());
    }
}
