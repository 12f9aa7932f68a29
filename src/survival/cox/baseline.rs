//! Baseline hazard and predicted survival of a Cox regression.

use ndarray::Array2;
use serde::{Deserialize, Serialize};

use super::CoxFit;
use super::events::EventTime;
use crate::stats::SurvivalCurves;
use crate::stats::distribution::normal_multiplier;
use crate::survival::kaplan_meier::Transform;

/// A cumulative hazard as a step function: 0 before the first time.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct CumulativeHazard {
    /// Ascending event times.
    pub times: Vec<f64>,
    pub values: Vec<f64>,
}

impl CumulativeHazard {
    /// From the increments at `times`.
    pub fn accumulated(times: Vec<f64>, increments: &[f64]) -> Self {
        let mut sum = 0.0;
        let values = increments
            .iter()
            .map(|increment| {
                sum += increment;
                sum
            })
            .collect();
        CumulativeHazard { times, values }
    }

    pub fn is_finite(&self) -> bool {
        self.values.iter().all(|value| value.is_finite())
    }

    /// What one read from a file must show before it is walked.
    pub fn is_sound(&self) -> bool {
        self.times.len() == self.values.len()
    }

    /// Survival `exp(-H0(t) exp(eta))` of each log hazard ratio.
    pub fn curves(&self, log_ratios: &[f64], times: &[f64]) -> SurvivalCurves {
        let hazard: Vec<f64> = times.iter().map(|time| self.at(*time)).collect();
        let survival = Array2::from_shape_fn((log_ratios.len(), times.len()), |(row, at)| {
            // A baseline of 0 leaves everybody alive, whatever the hazard ratio.
            if hazard[at] == 0.0 { 1.0 } else { (-hazard[at] * log_ratios[row].exp()).exp() }
        });
        SurvivalCurves { times: times.to_vec(), survival }
    }

    /// The value just after `time`.
    pub fn at(&self, time: f64) -> f64 {
        match self.times.partition_point(|event| *event <= time) {
            0 => 0.0,
            k => self.values[k - 1],
        }
    }
}

/// The cumulative baseline hazard of a stratum (0 where there are no strata) for a patient at
/// the covariate means (`centred`) or with all covariates 0.
pub fn baseline(fit: &CoxFit, stratum: usize, centred: bool) -> CumulativeHazard {
    let factor =
        if centred { 1.0 } else { (-fit.means.iter().zip(&fit.beta).map(|(mean, b)| mean * b).sum::<f64>()).exp() };
    let mut sum = 0.0;
    let (times, values) = stratum_events(fit, stratum)
        .map(|event| {
            sum += event.hazard;
            (event.time, sum * factor)
        })
        .unzip();
    CumulativeHazard { times, values }
}

/// The predicted survival of one patient with its interval.
#[derive(Clone, Debug, PartialEq)]
pub struct PredictedSurvival {
    /// Event times of the stratum, ascending.
    pub times: Vec<f64>,
    pub survival: Vec<f64>,
    pub cumulative_hazard: Vec<f64>,
    /// Standard error of the cumulative hazard, which is that of log survival.
    pub se: Vec<f64>,
    pub lower: Vec<f64>,
    pub upper: Vec<f64>,
}

/// Survival `exp(-H0(t) exp(x'beta))` of a patient with covariates `x`, with Tsiatis' variance:
/// that of the baseline plus that of the coefficients. Bounds on the scale of `transform`.
pub fn predict(fit: &CoxFit, stratum: usize, x: &[f64], transform: Transform, level: f64) -> PredictedSurvival {
    let p = fit.beta.len();
    let centred: Vec<f64> = x.iter().zip(&fit.means).map(|(x, mean)| x - mean).collect();
    let risk = centred.iter().zip(&fit.beta).map(|(x, b)| x * b).sum::<f64>().exp();
    let (mut hazard, mut variance, mut drift) = (0.0, 0.0, vec![0.0; p]);
    let mut curve = PredictedSurvival {
        times: Vec::new(),
        survival: Vec::new(),
        cumulative_hazard: Vec::new(),
        se: Vec::new(),
        lower: Vec::new(),
        upper: Vec::new(),
    };
    let quantile = normal_multiplier(level);
    for event in stratum_events(fit, stratum) {
        hazard += event.hazard;
        variance += event.variance;
        for j in 0..p {
            drift[j] += event.hazard * centred[j] - event.hazard_mean[j];
        }
        let mut uncertain = 0.0;
        for i in 0..p {
            for j in 0..p {
                uncertain += drift[i] * fit.variance()[[i, j]] * drift[j];
            }
        }
        let se = risk * (variance + uncertain).max(0.0).sqrt();
        let survival = (-hazard * risk).exp();
        let (lower, upper) = transform.bounds(survival, se, quantile);
        curve.times.push(event.time);
        curve.survival.push(survival);
        curve.cumulative_hazard.push(hazard * risk);
        curve.se.push(se);
        curve.lower.push(lower);
        curve.upper.push(upper);
    }
    curve
}

fn stratum_events(fit: &CoxFit, stratum: usize) -> impl Iterator<Item = &EventTime> {
    fit.event_times.iter().filter(move |event| event.stratum == stratum)
}
