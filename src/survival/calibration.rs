//! Calibration of predicted survival at a horizon: in the large, slope, groups, and the
//! integrated calibration index.

use ndarray::{Array2, ArrayView1};

use super::cox::baseline::baseline;
use super::cox::{Coefficient, CoxData, CoxOptions, fit};
use super::design::{Design, harrell_knots};
use super::error::{SurvivalError, check_follow_up, same_length};
use super::kaplan_meier::{Transform, kaplan_meier};
use super::life_table::Counted;
use crate::stats::distribution::normal_multiplier;
use crate::stats::{Censored, Estimate, Interval};

/// Patients of similar predicted risk.
#[derive(Clone, Debug, PartialEq)]
pub struct CalibrationGroup {
    pub n: usize,
    pub events: usize,
    /// Mean predicted risk of the event by the horizon.
    pub predicted: f64,
    /// One minus Kaplan-Meier, with its interval.
    pub observed: Estimate,
}

/// Calibration at one horizon.
#[derive(Clone, Debug)]
pub struct Calibration {
    pub horizon: f64,
    /// Observed (Kaplan-Meier) over mean predicted risk.
    pub ratio: Estimate,
    /// Coefficient of the complementary log-log of the predicted risk in a Cox regression: 1 is
    /// ideal, below 1 too extreme.
    pub slope: Result<Coefficient, SurvivalError>,
    pub groups: Vec<CalibrationGroup>,
    /// Smoothed observed risk of each patient (Austin, Harrell and van Klaveren 2020), and the
    /// mean, median and 0.9 quantile of its distance from the predicted one.
    pub smoothed: Result<Smoothed, SurvivalError>,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Smoothed {
    pub observed: Vec<f64>,
    pub ici: f64,
    pub e50: f64,
    pub e90: f64,
}

/// Judges predicted `risk` of the event by `horizon`, one a patient, in `groups` quantile groups.
///
/// # Errors
/// Input that does not fit; risks outside 0 to 1; a horizon beyond follow-up.
pub fn calibration(
    outcome: &Censored,
    risk: ArrayView1<'_, f64>,
    horizon: f64,
    groups: usize,
    level: f64,
) -> Result<Calibration, SurvivalError> {
    check_follow_up(outcome)?;
    let n = outcome.len();
    same_length("the predicted risk", n, risk.len())?;
    if let Some(row) = risk.iter().position(|value| !(0.0..=1.0).contains(value)) {
        return Err(SurvivalError::because(format!("the predicted risk of row {row} is not between 0 and 1")));
    }
    let last = outcome.time.iter().copied().fold(0.0, f64::max);
    if horizon > last {
        return Err(SurvivalError::because(format!("follow-up ends at {last}, before the horizon {horizon}")));
    }
    let mean = risk.sum() / n as f64;
    let observed = observed_risk(outcome, horizon, level)?;
    let ratio = match (&observed.value, mean > 0.0) {
        (Ok(value), true) if *value > 0.0 => {
            let km = kaplan_meier(outcome, None, Counted::Event, Transform::Log, level)?;
            let s = 1.0 - value;
            let se = km.table.time.iter().rposition(|time| *time <= horizon).map_or(0.0, |at| km.se_log[at]);
            // Standard error of log risk by the delta method.
            let width = (normal_multiplier(level) * se * s / value).exp();
            let how = "Kaplan-Meier over mean predicted risk; normal interval of its logarithm";
            Estimate::new("observed / expected", value / mean, n, how).with_events(observed.events).within(
                value / mean / width,
                value / mean * width,
                level,
            )
        }
        (Ok(_), _) => Estimate::not_estimable("observed / expected", n, "no event was observed or none is expected"),
        (Err(reason), _) => Estimate::not_estimable("observed / expected", n, reason.reason.clone()),
    };
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|a, b| risk[*a].total_cmp(&risk[*b]));
    let mut parts = Vec::new();
    let groups = groups.clamp(1, n);
    let mut start = 0;
    for group in 0..groups {
        let mut end = ((group + 1) * n) / groups;
        // Equal predictions stay together.
        while end > start && end < n && risk[order[end]] == risk[order[end - 1]] {
            end += 1;
        }
        if end <= start {
            continue;
        }
        let rows = &order[start..end];
        let own = outcome.select(rows);
        let predicted = rows.iter().map(|row| risk[*row]).sum::<f64>() / rows.len() as f64;
        parts.push(CalibrationGroup {
            n: rows.len(),
            events: (0..own.len()).filter(|row| own.event[*row] == 1 && own.time[*row] <= horizon).count(),
            predicted,
            observed: observed_risk(&own, horizon, level)?,
        });
        start = end;
    }
    let linear: Vec<f64> = risk.iter().map(|risk| cloglog(*risk)).collect();
    Ok(Calibration {
        horizon,
        ratio,
        slope: slope(outcome, &linear, level),
        groups: parts,
        smoothed: smooth(outcome, risk, &linear, horizon),
    })
}

/// The integrated calibration index alone, for resampling.
///
/// # Errors
/// A spline that cannot be fitted.
pub fn integrated_index(outcome: &Censored, risk: ArrayView1<'_, f64>, horizon: f64) -> Result<f64, SurvivalError> {
    let linear: Vec<f64> = risk.iter().map(|risk| cloglog(*risk)).collect();
    Ok(smooth(outcome, risk, &linear, horizon)?.ici)
}

/// Complementary log-log of a risk, kept finite at 0 and 1.
fn cloglog(risk: f64) -> f64 {
    let risk = risk.clamp(1e-10, 1.0 - 1e-10);
    (-(1.0 - risk).ln()).ln()
}

fn observed_risk(outcome: &Censored, horizon: f64, level: f64) -> Result<Estimate, SurvivalError> {
    let km = kaplan_meier(outcome, None, Counted::Event, Transform::LogLog, level)?;
    let mut estimate = km.estimate_at(horizon);
    estimate.name = format!("risk by {horizon}");
    estimate.value = estimate.value.map(|s| 1.0 - s);
    estimate.interval =
        estimate.interval.map(|i| Interval { lower: 1.0 - i.upper, upper: 1.0 - i.lower, level: i.level });
    Ok(estimate)
}

fn slope(outcome: &Censored, linear: &[f64], level: f64) -> Result<Coefficient, SurvivalError> {
    let x = Array2::from_shape_fn((linear.len(), 1), |(row, _)| linear[row]);
    let names = ["cloglog of the predicted risk".to_owned()];
    let options = CoxOptions { level, ..CoxOptions::default() };
    let fitted = fit(&CoxData::new(x.view(), &names, outcome), &options)?;
    match fitted.coefficients.into_iter().next() {
        Some(Ok(coefficient)) => Ok(coefficient),
        Some(Err(reason)) => Err(SurvivalError::because(reason.reason)),
        None => Err(SurvivalError::NoCovariates),
    }
}

fn smooth(
    outcome: &Censored,
    risk: ArrayView1<'_, f64>,
    linear: &[f64],
    horizon: f64,
) -> Result<Smoothed, SurvivalError> {
    let mut design = Design::new(linear.len());
    design.spline("cloglog", linear, &harrell_knots(linear, 3)?)?;
    let complete = design.complete();
    let fitted = fit(&CoxData::new(complete.view(), &complete.names, outcome), &CoxOptions::default())?;
    if let Some(Err(reason)) = fitted.coefficients.iter().find(|coefficient| coefficient.is_err()) {
        return Err(SurvivalError::because(reason.reason.clone()));
    }
    let hazard = baseline(&fitted, 0, true).at(horizon);
    let observed: Vec<f64> =
        fitted.linear_predictor(complete.view()).into_iter().map(|lp| 1.0 - (-hazard * lp.exp()).exp()).collect();
    let mut distance: Vec<f64> = observed.iter().zip(risk).map(|(observed, risk)| (observed - risk).abs()).collect();
    distance.sort_by(f64::total_cmp);
    let quantile = |p: f64| crate::stats::ranks::quantile_of_sorted(&distance, p).unwrap_or(0.0);
    Ok(Smoothed {
        ici: distance.iter().sum::<f64>() / distance.len() as f64,
        e50: quantile(0.5),
        e90: quantile(0.9),
        observed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::Array1;

    #[test]
    fn a_true_model_is_calibrated() {
        // Exponential survival at its quantiles: 40 patients at each of 10 rates.
        let (mut time, mut risk) = (Vec::new(), Vec::new());
        for rate in 1..=10 {
            for k in 0..40 {
                let rate = 0.05 * f64::from(rate);
                time.push(-(1.0 - (f64::from(k) + 0.5) / 40.0).ln() / rate);
                risk.push(1.0 - (-rate).exp());
            }
        }
        let outcome = Censored::new(time, vec![1; 400]);
        let result = calibration(&outcome, Array1::from(risk).view(), 1.0, 5, 0.95).unwrap();
        assert!((result.ratio.value.unwrap() - 1.0).abs() < 0.02);
        assert!((result.slope.unwrap().value - 1.0).abs() < 0.05);
        assert!(result.smoothed.unwrap().ici < 0.01);
        assert_eq!(result.groups.len(), 5);
    }

    #[test]
    fn degenerate_risks_are_told() {
        let outcome = Censored::new(vec![1.0, 2.0, 3.0], vec![1, 0, 0]);
        let flat = calibration(&outcome, Array1::from(vec![0.3; 3]).view(), 2.0, 3, 0.95).unwrap();
        assert_eq!(flat.groups.len(), 1);
        assert!(flat.slope.is_err() && flat.smoothed.is_err());
        assert!(calibration(&outcome, Array1::from(vec![1.3; 3]).view(), 2.0, 3, 0.95).is_err());
        assert!(calibration(&outcome, Array1::from(vec![0.3; 3]).view(), 9.0, 3, 0.95).is_err());
    }
}
