//! The test of proportional hazards: whether a coefficient changes with time.
//!
//! The score test of adding `x g(t)` to the fitted model, for each term and for all of them, as
//! `cox.zph` of R's `survival` from version 3 does.

use ndarray::Array2;

use super::ldl::Ldl;
use super::likelihood::{PartialLikelihood, RiskOrder};
use super::{ChiSquared, CoxData, CoxFit, Ties};
use crate::survival::error::SurvivalError;
use crate::survival::kaplan_meier::{Transform, kaplan_meier};
use crate::survival::life_table::{Counted, step_at};

/// The function of time along which coefficients may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TimeScale {
    /// `1 - S(t-)` of the Kaplan-Meier estimate: R's default.
    #[default]
    KaplanMeier,
    Identity,
    /// `log t`; not for events at time 0.
    Log,
}

/// Tests of terms, in the order given, and of all together.
#[derive(Clone, Debug)]
pub struct ProportionalHazards {
    /// Absent for a term whose columns have no estimate.
    pub terms: Vec<(String, Option<ChiSquared>)>,
    pub global: ChiSquared,
}

/// Tests the terms of `fit`; each is a name with the columns it has. `data` is that of the fit.
///
/// # Errors
/// A monotone likelihood, an event at time 0 under a log scale, or a column out of range.
pub fn proportional_hazards(
    fit: &CoxFit,
    data: &CoxData<'_>,
    terms: &[(String, Vec<usize>)],
    scale: TimeScale,
) -> Result<ProportionalHazards, SurvivalError> {
    if !fit.monotone.is_empty() {
        return Err(SurvivalError::because("proportional hazards cannot be tested under a monotone likelihood"));
    }
    let (n, p) = data.x.dim();
    if terms.iter().flat_map(|(_, columns)| columns).any(|column| *column >= p) {
        return Err(SurvivalError::because("a term has a column that the model does not have"));
    }
    let at_zero = |row: usize| data.outcome.event[row] == 1 && data.outcome.time[row] <= 0.0;
    if scale == TimeScale::Log && (0..n).any(at_zero) {
        return Err(SurvivalError::because("an event at time 0 has no place on a logarithmic scale"));
    }
    // Standardised columns keep the information well conditioned.
    let sd: Vec<f64> = (0..p)
        .map(|j| {
            let spread = (0..n).map(|row| (data.x[[row, j]] - fit.means[j]).powi(2)).sum::<f64>() / n as f64;
            if fit.coefficients[j].is_ok() { spread.sqrt() } else { 0.0 }
        })
        .collect();
    let z = Array2::from_shape_fn(
        (n, p),
        |(row, j)| {
            if sd[j] > 0.0 { (data.x[[row, j]] - fit.means[j]) / sd[j] } else { 0.0 }
        },
    );
    let beta: Vec<f64> = (0..p).map(|j| fit.beta[j] * sd[j]).collect();
    let order = RiskOrder::new(data.outcome, data.strata);
    let likelihood = PartialLikelihood {
        x: z.view(),
        outcome: data.outcome,
        weights: data.weights,
        offset: data.offset,
        order: &order,
        // R has no exact version of this test and uses Breslow's sums.
        ties: if fit.ties == Ties::Exact { Ties::Breslow } else { fit.ties },
    };
    let km = kaplan_meier(data.outcome, None, Counted::Event, Transform::Log, 0.95)?;
    let times: Vec<f64> =
        (0..n).filter(|row| data.outcome.event[*row] == 1).map(|row| data.outcome.time[row]).collect();
    let raw = |time: f64| match scale {
        TimeScale::KaplanMeier => 1.0 - step_at(&km.table.time, &km.survival, 1.0, time.next_down()),
        TimeScale::Identity => time,
        TimeScale::Log => time.ln(),
    };
    let mean = times.iter().map(|time| raw(*time)).sum::<f64>() / times.len().max(1) as f64;
    let g = |time: f64| raw(time) - mean;
    let plain = likelihood.at(&beta);
    let once = likelihood.at_with(&beta, g);
    let twice = likelihood.at_with(&beta, |time| g(time).powi(2));
    let test = |columns: &[usize]| -> ChiSquared {
        let size = p + columns.len();
        let information = Array2::from_shape_fn((size, size), |(i, j)| match (i < p, j < p) {
            (true, true) => plain.information[[i, j]],
            (true, false) => once.information[[i, columns[j - p]]],
            (false, true) => once.information[[columns[i - p], j]],
            (false, false) => twice.information[[columns[i - p], columns[j - p]]],
        });
        // 0 at the maximum; under exact ties it is not 0 for the sums in use, and R takes it so.
        let mut score = vec![0.0; p];
        score.extend(columns.iter().map(|column| once.score[*column]));
        let factor = Ldl::new(&information, 1e-12);
        let statistic: f64 = score.iter().zip(factor.solve(&score)).map(|(a, b)| a * b).sum();
        let base = (0..p).filter(|j| sd[*j] > 0.0).count();
        ChiSquared::new(statistic.max(0.0), factor.rank().saturating_sub(base))
    };
    let estimated = |columns: &[usize]| -> Vec<usize> { columns.iter().copied().filter(|j| sd[*j] > 0.0).collect() };
    let results = terms
        .iter()
        .map(|(name, columns)| {
            let columns = estimated(columns);
            (name.clone(), (!columns.is_empty()).then(|| test(&columns)))
        })
        .collect();
    let global = test(&estimated(&(0..p).collect::<Vec<_>>()));
    Ok(ProportionalHazards { terms: results, global })
}
