//! Residuals of a Cox regression, and the robust variance made of them.

use std::collections::BTreeMap;

use ndarray::Array2;

use super::{CoxData, CoxFit};
use crate::survival::error::SurvivalError;

/// Cumulative sums of the event table for one stratum: what a patient collects up to a time.
struct Cumulative<'f> {
    events: &'f [super::events::EventTime],
    /// `hazard[k]` is the sum over the first `k` event times; `hazard_mean` by `k * p`.
    hazard: Vec<f64>,
    hazard_mean: Vec<f64>,
}

impl<'f> Cumulative<'f> {
    fn new(events: &'f [super::events::EventTime], p: usize) -> Self {
        let mut hazard = vec![0.0];
        let mut hazard_mean = vec![0.0; p];
        for (k, event) in events.iter().enumerate() {
            hazard.push(hazard[k] + event.hazard);
            for j in 0..p {
                hazard_mean.push(hazard_mean[k * p + j] + event.hazard_mean[j]);
            }
        }
        Cumulative { events, hazard, hazard_mean }
    }

    /// Number of event times at or before `time`.
    fn until(&self, time: f64) -> usize {
        self.events.partition_point(|event| event.time <= time)
    }
}

/// Index of each row's stratum in the order of its label.
pub(crate) fn stratum_index(strata: Option<&[u32]>, n: usize) -> Vec<usize> {
    let Some(strata) = strata else { return vec![0; n] };
    let mut labels = strata.to_vec();
    labels.sort_unstable();
    labels.dedup();
    strata.iter().map(|label| labels.partition_point(|other| other < label)).collect()
}

fn by_stratum<'f>(fit: &'f CoxFit, p: usize, strata: usize) -> Vec<Cumulative<'f>> {
    (0..strata)
        .map(|stratum| {
            let from = fit.event_times.partition_point(|event| event.stratum < stratum);
            let to = fit.event_times.partition_point(|event| event.stratum <= stratum);
            Cumulative::new(&fit.event_times[from..to], p)
        })
        .collect()
}

/// Hazard ratios against the covariate means, offset included.
fn hazard_ratios(fit: &CoxFit, data: &CoxData<'_>) -> Vec<f64> {
    fit.linear_predictor(data.x)
        .iter()
        .enumerate()
        .map(|(row, eta)| (eta + data.offset.map_or(0.0, |offset| offset[row])).exp())
        .collect()
}

/// Martingale residuals: events minus expected events. `data` is that of the fit.
pub fn martingale(fit: &CoxFit, data: &CoxData<'_>) -> Vec<f64> {
    let index = stratum_index(data.strata, data.outcome.len());
    let cumulative = by_stratum(fit, 0, index.iter().max().map_or(0, |most| most + 1));
    hazard_ratios(fit, data)
        .into_iter()
        .enumerate()
        .map(|(row, risk)| {
            let table = &cumulative[index[row]];
            let until = table.until(data.outcome.time[row]);
            let from = data.outcome.entry.as_ref().map_or(0, |entry| table.until(entry[row]));
            let mut expected = table.hazard[until] - table.hazard[from];
            let dead = data.outcome.event[row] == 1;
            if dead && until > 0 {
                let own = &table.events[until - 1];
                expected += own.hazard_dead - own.hazard;
            }
            f64::from(u8::from(dead)) - risk * expected
        })
        .collect()
}

/// Deviance residuals: `sign(m) sqrt(-2 (m + d log(d - m)))` of the martingale residual `m`.
pub fn deviance(fit: &CoxFit, data: &CoxData<'_>) -> Vec<f64> {
    martingale(fit, data)
        .into_iter()
        .zip(&data.outcome.event)
        .map(|(m, event)| {
            let d = f64::from(u8::from(*event == 1));
            let log = if d > 0.0 { d * (d - m).ln() } else { 0.0 };
            m.signum() * (-2.0 * (m + log)).max(0.0).sqrt()
        })
        .collect()
}

/// Schoenfeld residuals: the covariates of each event minus their mean over the risk set.
#[derive(Clone, Debug)]
pub struct Schoenfeld {
    /// Row, time and stratum of each event, by stratum and ascending time.
    pub rows: Vec<usize>,
    pub times: Vec<f64>,
    pub strata: Vec<usize>,
    /// Events by covariates.
    pub values: Array2<f64>,
}

/// Schoenfeld residuals, unscaled and unweighted. `data` is that of the fit.
pub fn schoenfeld(fit: &CoxFit, data: &CoxData<'_>) -> Schoenfeld {
    let p = fit.beta.len();
    let index = stratum_index(data.strata, data.outcome.len());
    let cumulative = by_stratum(fit, 0, index.iter().max().map_or(0, |most| most + 1));
    let mut rows: Vec<usize> = (0..data.outcome.len()).filter(|row| data.outcome.event[*row] == 1).collect();
    rows.sort_by(|a, b| index[*a].cmp(&index[*b]).then(data.outcome.time[*a].total_cmp(&data.outcome.time[*b])));
    let mut values = Array2::zeros((rows.len(), p));
    for (at, row) in rows.iter().enumerate() {
        let table = &cumulative[index[*row]];
        let until = table.until(data.outcome.time[*row]);
        let Some(own) = until.checked_sub(1).map(|at| &table.events[at]) else { continue };
        for j in 0..p {
            values[[at, j]] = data.x[[*row, j]] - fit.means[j] - own.mean[j];
        }
    }
    let times = rows.iter().map(|row| data.outcome.time[*row]).collect();
    let strata = rows.iter().map(|row| index[*row]).collect();
    Schoenfeld { rows, times, strata, values }
}

/// Score residuals, rows by covariates: each patient's share of the score, unweighted.
pub fn score(fit: &CoxFit, data: &CoxData<'_>) -> Array2<f64> {
    let (n, p) = data.x.dim();
    let index = stratum_index(data.strata, n);
    let cumulative = by_stratum(fit, p, index.iter().max().map_or(0, |most| most + 1));
    let risk = hazard_ratios(fit, data);
    let mut values = Array2::zeros((n, p));
    for row in 0..n {
        let table = &cumulative[index[row]];
        let until = table.until(data.outcome.time[row]);
        let from = data.outcome.entry.as_ref().map_or(0, |entry| table.until(entry[row]));
        let own = (data.outcome.event[row] == 1 && until > 0).then(|| &table.events[until - 1]);
        for j in 0..p {
            let x = data.x[[row, j]] - fit.means[j];
            let mut hazard = table.hazard[until] - table.hazard[from];
            let mut mean = table.hazard_mean[until * p + j] - table.hazard_mean[from * p + j];
            if let Some(own) = own {
                hazard += own.hazard_dead - own.hazard;
                mean += own.hazard_mean_dead[j] - own.hazard_mean[j];
            }
            values[[row, j]] = -risk[row] * (x * hazard - mean) + own.map_or(0.0, |own| x - own.mean[j]);
        }
    }
    values
}

/// Approximate change of each coefficient when a patient is left out (dfbeta), rows by
/// covariates: score residuals times the inverse information, times the case weight.
pub fn dfbeta(fit: &CoxFit, data: &CoxData<'_>) -> Array2<f64> {
    let mut values = score(fit, data).dot(&fit.naive_variance);
    if let Some(weights) = data.weights {
        for (mut row, weight) in values.rows_mut().into_iter().zip(weights) {
            row *= *weight;
        }
    }
    values
}

/// The sandwich `D'D` of the dfbetas, summed by cluster first (Lin and Wei 1989).
pub(super) fn sandwich(fit: &CoxFit, data: &CoxData<'_>) -> Result<Array2<f64>, SurvivalError> {
    let values = dfbeta(fit, data);
    let p = values.ncols();
    let mut sums: BTreeMap<u64, Vec<f64>> = BTreeMap::new();
    for (row, value) in values.rows().into_iter().enumerate() {
        let cluster = data.cluster.map_or(row as u64, |cluster| u64::from(cluster[row]));
        let sum = sums.entry(cluster).or_insert_with(|| vec![0.0; p]);
        sum.iter_mut().zip(value).for_each(|(sum, value)| *sum += value);
    }
    if data.cluster.is_some() && sums.len() < 2 {
        return Err(SurvivalError::because("robust errors need at least two clusters"));
    }
    let mut variance = Array2::zeros((p, p));
    for sum in sums.values() {
        for i in 0..p {
            for j in 0..p {
                variance[[i, j]] += sum[i] * sum[j];
            }
        }
    }
    Ok(variance)
}
